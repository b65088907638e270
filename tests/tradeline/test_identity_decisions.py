"""What people decide about who is who, through the command line."""

from __future__ import annotations

import re
import shutil
import stat
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from people_told import PERSON, tell

from bureau.history import open_history
from bureau.home import open_home

START: Final = datetime.fromisoformat("2024-02-05T06:00:00")
WHO: Final = ("--reviewer", "Ines", "--reason", "compared both files")
ALONE: Final = {"national_number": None, "phone": None, "email": None}
MARRIED: Final = ALONE | {"surname": "Halloran", "address": "9 Elm St", "city": "Aurora", "postcode": "60505"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody who may have married and moved, and somebody who was certainly told twice."""
    root = tmp_path_factory.mktemp("told") / "home"
    history = open_history(open_home(root, create=True), memory_limit="500MB")
    other = {"surname": "<b>Castellano</b>", "first_name": "Umberto\x1b[31m", "birth_date": "1951-05-02"}
    tell(history, "harbour", {"W": ALONE, "X": other}, START)
    tell(history, "meridian", {"W": MARRIED, "X": other}, START + timedelta(1))
    return root


@pytest.fixture
def home(told: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(told, tmp_path / "home"))


def _waiting(command: Any, home: Path) -> dict[str, Any]:
    found: dict[str, Any] = command("identity", "review", "--json", "--home", home).json
    return found


def test_a_pair_is_listed_shown_and_decided(command: Any, home: Path) -> None:
    (pair,) = _waiting(command, home)["pairs"]
    left, right = pair["left"], pair["right"]
    assert pair["reason"] == "uncertain"
    listed = command("identity", "review", "--home", home).out
    assert f"{left} {right}" in listed
    assert not any(str(value) in listed for value in PERSON.values() if value)
    shown = command("identity", "review", "show", left, right, "--home", home)
    assert shown.code == 0
    assert "Okafor" in shown.out
    assert "Match weight" in shown.out
    told = command("identity", "review", "show", right, left, "--json", "--home", home).json
    assert {told["left_told"]["surname"], told["right_told"]["surname"]} == {"Okafor", "Halloran"}
    assert sum(step["weight"] for step in told["steps"]) == pytest.approx(told["weight"])
    assert told["weight"] == pytest.approx(pair["weight"])
    decided = command("identity", "review", "decide", left, right, "same", *WHO, "--home", home)
    assert decided.out.startswith(f"consumer {left}: 2 references ({left}, {right})")
    assert _waiting(command, home)["pairs"] == []
    assert "same by Ines" in command("identity", "review", "show", left, right, "--home", home).out


def test_the_page_is_complete_in_itself_and_holds_what_was_told_on_request_alone(
    command: Any, home: Path, tmp_path: Path
) -> None:
    page, full = tmp_path / "new" / "pair.html", tmp_path / "full.html"
    assert command("identity", "review", "show", 1, 3, "--html", page, "--home", home).code == 0
    assert command("identity", "review", "show", 1, 3, "--html", full, "--told", "--home", home).code == 0
    text, with_told = page.read_text(), full.read_text()
    for each in (text, with_told):
        assert "<svg" in each
        assert "First name" in each
        assert not re.search(r"<script|<link|src=|url\(http|\x1b", each)
    assert not any(str(value) in text for value in ("Okafor", "Winifred", "Castellano", "Umberto", "1951", "1979"))
    assert "Okafor" in with_told or "Castellano" in with_told
    assert "<b>Cast" not in with_told
    assert stat.S_IMODE(full.stat().st_mode) == 0o600
    refused = command("identity", "review", "show", 1, 3, "--told", "--home", home)
    assert refused.code == 2
    assert "name one with --html" in refused.err


def test_what_would_change_the_terminal_is_not_printed(command: Any, home: Path) -> None:
    for pair in ((1, 3), (2, 4)):
        assert "\x1b" not in command("identity", "review", "show", *pair, "--home", home).out


def test_merge_split_and_references(command: Any, home: Path) -> None:
    merged = command("identity", "merge", 1, 2, *WHO, "--json", "--home", home).json
    listed = merged["consumers"][0]["references"]
    assert {1, 2} <= set(listed)
    found = command("identity", "references", 2, "--json", "--home", home).json
    assert found["consumer"] == 1
    assert [each["reference"] for each in found["references"]] == listed
    assert "harbour" in command("identity", "references", 2, "--home", home).out
    parted = command("identity", "split", 1, 2, *WHO, "--home", home)
    assert parted.code == 0
    assert f"consumer 1: {len(listed) - 1} references" in parted.out
    assert "consumer 2: 1 reference (2)" in parted.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("merge", 1, 99, *WHO), "no consumer has the number 99"),
        (("merge", 1, 1, *WHO), "1 and 1 are one consumer already; name two"),
        (("split", 1, 99, *WHO), "no consumer has the number 99"),
        (("review", "decide", 1, 1, "same", *WHO), "1 and 1 are one reference"),
        (("merge", 1, 2, "--reviewer", " ", "--reason", "x"), "a decision needs a reviewer"),
        (("references", 99), "no consumer has the number 99"),
    ],
)
def test_errors_are_one_line(command: Any, home: Path, arguments: tuple[Any, ...], said: str) -> None:
    done = command("identity", *arguments, "--home", home)
    assert done.code == 1
    assert done.err.startswith("error: ")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_wrong_usage(command: Any, home: Path) -> None:
    assert command("identity", "review", "decide", 1, 2, "perhaps", *WHO, "--home", home).code == 2
    assert command("identity", "merge", 1, 2, "--home", home).code == 2
    assert command("identity", "review", "--home", home, "show", 1, 2).code == 2
