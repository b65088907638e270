"""``tradeline identity find``, run as people run it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from known_people import know

from bureau.history import open_history
from bureau.home import open_home

ADA = {
    "first_name": "Adelaide",
    "surname": "Quackenbush",
    "birth_date": "1971-03-04",
    "national_number": "657412008",
    "phone": "6174100013",
    "address": "12 Larkspur Lane",
    "postcode": "62701",
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that knows Ada under two references, 3 and 8, of one consumer."""
    root = tmp_path_factory.mktemp("known") / "home"
    know(open_history(open_home(root, create=True)), {3: [ADA], 8: [{**ADA, "phone": "6174100026"}]}, {8: 3})
    return root


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put text into the standard input."""

    def put(text: str | bytes) -> None:
        content = text if isinstance(text, bytes) else text.encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))

    return put


def test_an_applicant_is_found_by_options(command: Any, known: Path) -> None:
    told = command(
        "identity", "find", "--first-name", "Adelaide", "--last-name", "Quackenbush", "--birth-date", "03/04/1971",
        "--national-id", "657-41-2008", "--address", "1 Elsewhere Road", "--postcode", "10001", "--home", known,
    )  # fmt: skip
    assert told.code == 0, told.err
    assert told.out.startswith("match: consumer 3\nthe address fits none that was told of this consumer\n")


def test_an_applicant_is_found_by_json(command: Any, known: Path, say: Any) -> None:
    say(json.dumps(ADA))
    told = command("identity", "find", "--stdin", "--home", known, "--json")
    assert (told.json["outcome"], told.json["consumer_id"], told.json["address_mismatch"]) == ("match", 3, False)
    assert [each["consumer_id"] for each in told.json["candidates"]] == [3]
    log = (known / "tradeline.log").read_text() if (known / "tradeline.log").exists() else ""
    for value in ADA.values():
        assert value not in told.out + told.err + log


def test_a_stranger_is_no_failure(command: Any, known: Path) -> None:
    told = command("identity", "find", "--last-name", "Featherstone", "--home", known)
    assert (told.code, told.out) == (0, "no match\n")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", 2, "the standard input is no JSON object"),
        ("Quackenbush", 2, "the standard input is no JSON object"),
        ('["Quackenbush"]', 2, "the standard input is no JSON object"),
        (b"\xff\xfe\xff", 2, "the standard input is no JSON object"),
        ("[" * 100_000, 2, "the standard input is no JSON object"),
        ('{"sirname": "Quackenbush"}', 1, "there is no field 'sirname'"),
        ('{"phone": 6174100013}', 1, "phone is int, and must be text"),
    ],
)
def test_what_is_no_applicant_is_refused_in_one_line(
    command: Any, known: Path, say: Any, text: str | bytes, code: int, said: str
) -> None:
    say(text)
    told = command("identity", "find", "--stdin", "--home", known)
    assert told.code == code
    assert said in " ".join(told.err.replace("│", " ").split())
    assert "Quackenbush" not in told.out + told.err
    assert "6174100013" not in told.out + told.err


@pytest.mark.parametrize("arguments", [(), ("--stdin", "--last-name", "Moore")])
def test_an_applicant_is_told_in_one_way(command: Any, known: Path, say: Any, arguments: tuple[str, ...]) -> None:
    say("{}")
    told = command("identity", "find", *arguments, "--home", known)
    assert told.code == 2
    assert "by options such as --last-name" in " ".join(told.err.replace("│", " ").split())
