"""``tradeline policy`` as people use it: look, copy, change, check, try."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bureau.home import open_home
from features.permitted import JURISDICTIONS
from features.sets import FEATURE_SETS
from tradeline.policy_command import Jurisdiction


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("policy") / "home"
    open_home(root, create=True)
    return root


def test_without_a_command_every_version_is_listed(command: Any, tmp_path: Path) -> None:
    listed = command("policy", "--home", tmp_path / "nowhere", "--json").json
    assert [book["portfolio"] for book in listed] == sorted(FEATURE_SETS)
    told = command("policy", "--home", tmp_path / "nowhere")
    assert told.code == 0, told.err
    assert "bureau-1" in told.out
    assert "in us, us-ca, eu, cn" in told.out


def test_rules_are_shown_as_they_hold_in_a_jurisdiction(command: Any, home: Path) -> None:
    shown = {
        place: command("policy", "show", "bureau", "--jurisdiction", place, "--home", home, "--json").json
        for place in ("us", "us-ca")
    }
    outcome = {place: {rule["name"]: rule["outcome"] for rule in each["rules"]} for place, each in shown.items()}
    assert (outcome["us"]["address differs"], outcome["us-ca"]["address differs"]) == ("note", "refer")
    told = command("policy", "show", "bureau", "--home", home).out
    assert "frozen file" in told
    assert "when: flag (flags frozen)" in told
    before = command("policy", "show", "bureau", "--on", "1999-12-31", "--home", home)
    assert (before.code, "no policy in force on 1999-12-31" in before.err) == (1, True)


def test_a_changed_copy_holds_from_its_day(command: Any, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", create=True).root
    copied = command("policy", "copy", "taiwan").out
    assert command("policy", "check", "--home", home).out.startswith("the home has no policies of its own")
    (home / "policies").mkdir()
    mine = home / "policies" / "mine.toml"
    mine.write_text(copied.replace('"taiwan-1"', '"mine-1"').replace("2005-01-01", "2026-07-01").replace("502", "510"))
    checked = command("policy", "check", "--home", home, "--json")
    assert (checked.code, checked.json[0]["version"]) == (0, "mine-1")
    for on, version, cut_off in (("2026-06-30", "taiwan-1", 502), ("2026-07-01", "mine-1", 510)):
        shown = command("policy", "show", "taiwan", "--on", on, "--home", home, "--json").json
        assert (shown["version"], shown["decline_below"]) == (version, cut_off)
    mine.write_text(copied.replace('outcome = "refer"', 'outcome = "ignore"'))
    refused = command("policy", "check", mine, "--home", home)
    assert refused.code == 1
    assert "mine.toml, rules no. 1 (incomplete): no outcome is called 'ignore'" in refused.err
    assert refused.err.count("\n") == 1


def test_a_portfolio_that_nobody_knows_is_refused(command: Any, home: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(command("policy", "copy", "taiwan").out.replace('portfolio = "taiwan"', 'portfolio = "formosa"'))
    refused = command("policy", "check", mine, "--home", home)
    assert (refused.code, "'formosa' is no portfolio; choose one of bureau, home-credit" in refused.err) == (1, True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--score", 600), {"decision": "approve", "decided_by": "score", "rule": None}),
        (("--flag", "frozen"), {"decision": "refer", "rule": "frozen file", "score_withheld": True}),
        (("--flag", "fraud_alert", "--score", 600), {"decision": "refer", "decided_by": "rule"}),
        (("--flag", "fraud_alert", "--score", 550), {"decision": "refer", "decided_by": "both"}),
        (("--age", 18, "--region", "AL"), {"decision": "decline", "reason_codes_of_rules": ["R08"]}),
        (("--identity", "no match"), {"decision": "refer", "reason_codes_of_rules": ["R03"]}),
        (("--not-stated", "birth_date", "--score", 600), {"decision": "refer", "reason_codes_of_rules": ["R10"]}),
        (("--address-differs", "--score", 600), {"decision": "approve", "notes": ["R05"]}),
        (("--thin-file",), {"decision": "refer", "reason_codes_of_rules": ["R12"]}),
        (("--features-age", 93, "--score", 600), {"decision": "refer", "reason_codes_of_rules": ["R11"]}),
    ],
    ids=str,
)
def test_what_would_be_decided(command: Any, home: Path, options: tuple[object, ...], told: dict[str, object]) -> None:
    tried = command("policy", "try", "bureau", *options, "--home", home, "--json")
    assert tried.code == 0, tried.err
    assert {name: tried.json[name] for name in told} == told


def test_what_would_be_decided_in_words(command: Any, home: Path) -> None:
    tried = command(
        "policy", "try", "bureau", "--flag", "fraud_alert", "--score", 550, "--address-differs", "--home", home
    )
    assert tried.out.splitlines() == [
        "refer, by rule and score",
        "  R06  A fraud alert on the credit file asks for the identity to be verified",
        "  noted: R05  The address stated differs from those on file",
    ]
    assert "no score is used or told" in command("policy", "try", "bureau", "--flag", "deceased", "--home", home).out


@pytest.mark.parametrize(
    "wrong", [("--flag", "thawed", "--score", 600), (), ("--jurisdiction", "moon")], ids=["flag", "no score", "place"]
)
def test_wrong_usage(command: Any, home: Path, wrong: tuple[object, ...]) -> None:
    assert command("policy", "try", "bureau", *wrong, "--home", home).code == 2


def test_the_jurisdictions_are_those_that_are_carried() -> None:
    assert tuple(Jurisdiction) == JURISDICTIONS


def test_unknown_portfolios_are_told(command: Any, home: Path) -> None:
    for name in ("show", "copy"):
        asked = command("policy", name, "mars", *(("--home", home) if name == "show" else ()))
        assert (asked.code, "mars: no policy of this portfolio is there" in asked.err) == (1, True)
