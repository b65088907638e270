"""``tradeline self-test``: a file in, counts out, and nothing about a single person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from erasing import teller

from bureau.history import open_history
from bureau.home import open_home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which one furnisher tells of one person; one test loads attributes into it."""
    root = tmp_path_factory.mktemp("self-test") / "home"
    history = open_history(open_home(root, create=True), memory_limit="500MB")
    teller(history)("lender_customers", {"customer_ref": "P-1"})
    history.vault.close()
    return root


def test_attributes_are_loaded_and_counted(command: Any, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "groups.csv"
    file.write_text("ref,SEX,AGE\nP-1,2,44\nP-9,1,30\n", encoding="utf-8")
    where = ("--home", home)
    assert "no self-test attributes" in command("self-test", "show", *where).out
    loaded = command(
        "self-test", "load", file, "--furnisher", "f-lender_customers", "--band", "AGE:25,62",
        "--names", "SEX:1=male,2=female", *where,
    )  # fmt: skip
    assert loaded.code == 0, loaded.err
    assert loaded.out == "groups.csv: sex, age of 1 consumers kept; 1 references unknown, 0 consumers without a value\n"
    shown = command("self-test", "show", "--json", *where).json
    assert shown == {"consumers": 1, "attributes": {"age": {"25 to under 62": 1}, "sex": {"female": 1}}}
    assert "1  female" in command("self-test", "show", *where).out


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ((), "one of --portfolio and --furnisher"),
        (("--portfolio", "a", "--furnisher", "b"), "one of --portfolio and --furnisher"),
        (("--portfolio", "a", "--band", "AGE:62,25"), "the edges of bands are rising numbers"),
        (("--portfolio", "a", "--band", "AGE"), "is not of the form AGE:25,40,62"),
        (("--portfolio", "a", "--names", "SEX:1"), "is not of the form SEX:1=male,2=female"),
    ],
)
def test_wrong_usage(command: Any, home: Path, tmp_path: Path, options: tuple[str, ...], match: str) -> None:
    file = tmp_path / "groups.csv"
    file.write_text("ref,SEX\nP-1,2\n", encoding="utf-8")
    refused = command("self-test", "load", file, *options, "--home", home)
    assert refused.code == 2
    assert match in " ".join(refused.err.split())


def test_references_of_nobody_are_one_clear_line(command: Any, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "groups.csv"
    file.write_text("ref,SEX\nP-77,2\n", encoding="utf-8")
    refused = command("self-test", "load", file, "--portfolio", "taiwan", "--home", home)
    assert refused.code == 1
    assert "none of its 1 references belongs to a consumer of taiwan" in refused.err
    assert "P-77" not in refused.err
