"""Evidence names a person's fields; the values are read from the vault, and gone with the person."""

from __future__ import annotations

import json
from datetime import datetime

from bureau.evidence import filled, named_in, revealed
from bureau.history import History

TOLD = {"consumer": 7, "told_as": 11, "sealed": "birth_date"}
OTHER = {"consumer": 8, "told_as": 12, "sealed": "surname"}
EVIDENCE = [{"now": TOLD, "of": "2024-01-31", "before": [{"told": OTHER, "line": 3}, None]}, {"now": 5}]


def test_what_is_named_is_found_wherever_it_stands() -> None:
    assert named_in(EVIDENCE) == {(7, 11), (8, 12)}
    assert named_in({"now": 5}) == set()


def test_what_is_not_given_stays_named() -> None:
    assert filled(EVIDENCE, {(7, 11): {"birth_date": "1980-02-29"}}) == [
        {"now": "1980-02-29", "of": "2024-01-31", "before": [{"told": OTHER, "line": 3}, None]},
        {"now": 5},
    ]


def test_values_come_from_the_vault_and_go_with_the_person(history: History) -> None:
    for consumer, told_as, fields in ((7, 11, {"birth_date": "1980-02-29"}), (8, 12, {"surname": "Okafor"})):
        history.vault.seal("consumer", [(consumer, told_as, "identity", json.dumps(fields).encode())])
    assert revealed(history.vault, EVIDENCE)[0]["now"] == "1980-02-29"
    assert revealed(history.vault, EVIDENCE)[0]["before"][0]["told"] == "Okafor"
    history.vault.erase("consumer", [8], "asked for", datetime.fromisoformat("2024-05-01"))
    shown = revealed(history.vault, EVIDENCE)[0]
    assert shown["now"] == "1980-02-29"
    assert shown["before"][0] == {"told": None, "line": 3}
