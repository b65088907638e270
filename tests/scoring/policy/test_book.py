"""Policy books: what files state, by day and jurisdiction, and what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from made_policies import made_policy, stated_policy

from features.permitted import JURISDICTIONS
from features.sets import FEATURE_SETS
from scoring.errors import PolicyRefused
from scoring.policy import RULE_REASONS, Circumstances, PolicyBook, policy_book, policy_of, shipped_book
from scoring.policy.book import read_version, shipped_text
from scoring.policy.circumstances import FLAGS
from scoring.policy.conditions import CONDITIONS, Flagged
from scoring.policy.rules import OUTCOMES
from scoring.policy.table import Table
from scoring.policy.version import PolicyVersion, version_of
from scoring.scale import ScoreScale

LAST_DAY = date(2025, 6, 30)
NEXT_DAY = LAST_DAY + timedelta(days=1)


def version(**others: Any) -> PolicyVersion:
    return version_of(Table(stated_policy(**others), "here"))


def book(*versions: PolicyVersion) -> PolicyBook:
    return PolicyBook("p", versions)


@pytest.mark.parametrize("ends", [None, LAST_DAY], ids=["open", "ended"])
def test_a_decision_takes_the_version_of_its_day(ends: date | None) -> None:
    first = version(effective_to=ends) if ends else version()
    both = book(first, version(version="p-2", effective_from=NEXT_DAY))
    for on, name in (
        (date(2024, 1, 1), "p-1"), (LAST_DAY, "p-1"), (NEXT_DAY, "p-2"), (date(2030, 1, 1), "p-2"),
    ):  # fmt: skip
        assert both.in_force(on, "us").version == name


def test_no_policy_before_the_first_nor_after_an_end() -> None:
    ended = book(version(effective_to=LAST_DAY))
    for on in (date(2023, 12, 31), NEXT_DAY):
        with pytest.raises(PolicyRefused, match=f"p: no policy in force on {on}"):
            ended.in_force(on, "us")


def test_a_policy_applies_where_it_says() -> None:
    with pytest.raises(PolicyRefused, match="policy p-1: does not apply in 'eu', only in us, us-ca"):
        book(version()).in_force(LAST_DAY, "eu")


def test_a_jurisdiction_has_rules_and_cut_offs_of_its_own_on_top_of_what_it_stands_on() -> None:
    older = {"name": "young", "when": "under age", "least": 21, "outcome": "decline", "reason": "R08"}
    thin = {"name": "thin", "when": "thin file", "outcome": "refer", "reason": "R12"}
    places = {
        "us": {"rules": [older], "cut_offs": {"refer_below": 570, "decline_below": 545}},
        "us-ca": {"without": ["address"], "rules": [thin]},
        "cn": {},
    }
    stated = version(jurisdictions=places)
    us, california, cn = (stated.of(place) for place in places)
    assert [rule.name for rule in us.rules] == ["frozen", "nobody", "young", "address", "several"]
    assert [rule.name for rule in california.rules] == ["frozen", "nobody", "young", "several", "thin"]
    assert (us.refer_below, california.decline_below, cn.refer_below) == (570, 545, 560)
    twenty = Circumstances(age=20)
    assert [each.needs_score(twenty) for each in (us, california, cn)] == [False, False, True]
    assert (us.jurisdiction, california.jurisdiction) == ("us", "us-ca")


@pytest.mark.parametrize("portfolio", sorted(FEATURE_SETS))
def test_shipped_books_survive_json(portfolio: str) -> None:
    shipped = shipped_book(portfolio)
    assert PolicyBook.of(json.loads(json.dumps(shipped.plain()))) == shipped


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
@pytest.mark.parametrize("portfolio", sorted(FEATURE_SETS))
def test_shipped_policies_decide_what_must_not_be_scored(portfolio: str, jurisdiction: str) -> None:
    policy = policy_of(portfolio, date(2026, 11, 25), jurisdiction)
    fresh = Circumstances("match", age=40, features_age_days=0)
    assert policy.rule(fresh, 850).decision == "approve"
    for changed, decision, code in (
        ({"flags": frozenset({"frozen"})}, "refer", "R01"),
        ({"flags": frozenset({"deceased"})}, "decline", "R02"),
        ({"identity": "no match"}, "refer", "R03"),
        ({"identity": "ambiguous"}, "refer", "R04"),
        ({"age": 17}, "decline", "R08"),
        ({"thin_file": True, "features_age_days": None}, "refer", "R12"),
    ):
        ruling = policy.rule(replace(fresh, **changed), None)  # type: ignore[arg-type]
        assert (ruling.decision, ruling.reason_codes_of_rules, ruling.score_withheld) == (decision, (code,), True)
    for changed, code in (
        ({"flags": frozenset({"fraud_alert"})}, "R06"),
        ({"flags": frozenset({"identity_theft"})}, "R06"),
        ({"flags": frozenset({"active_duty"})}, "R07"),
        ({"flags": frozenset({"sanctions"})}, "R09"),
        ({"not_stated": ("birth_date",), "age": None}, "R10"),
    ):
        ruling = policy.rule(replace(fresh, **changed), 850)  # type: ignore[arg-type]
        assert (ruling.decision, ruling.decided_by, ruling.reason_codes_of_rules) == ("refer", "rule", (code,))


def test_shipped_policies_differ_by_jurisdiction() -> None:
    moved = Circumstances("match", address_mismatch=True, age=18, features_age_days=0, region="AL")
    told = {place: policy_of("bureau", date(2026, 11, 25), place).rule(moved, 850) for place in JURISDICTIONS}
    assert (told["us"].decision, told["us"].rule) == ("decline", "under age")  # of age at 19 in Alabama
    grown = {
        place: policy_of("bureau", date(2026, 11, 25), place).rule(replace(moved, age=19), 850)
        for place in JURISDICTIONS
    }
    assert {place: ruling.decision for place, ruling in grown.items()} == {
        "us": "approve", "us-ca": "refer", "eu": "approve", "cn": "approve",
    }  # fmt: skip
    assert grown["us"].notes == ("R05",)


@pytest.mark.parametrize(("days", "decision"), [(92, "approve"), (93, "refer"), (None, "refer")])
def test_old_features_are_looked_at_by_a_person(days: int | None, decision: str) -> None:
    policy = policy_of("bureau", date(2026, 11, 25))
    assert policy.rule(Circumstances(features_age_days=days), 850).decision == decision


def test_every_flag_and_reason_is_of_some_use() -> None:
    rules = [rule for name in FEATURE_SETS for each in shipped_book(name).versions for rule in each.base.rules]
    flags = {flag for rule in rules if isinstance(rule.condition, Flagged) for flag in rule.condition.flags}
    assert flags == set(FLAGS)
    assert {rule.reason for rule in rules} == set(RULE_REASONS)


@pytest.mark.parametrize(("cut_off", "chance"), [(565, 0.10), (542, 0.20), (534, 0.25), (502, 0.50)])
def test_shipped_cut_offs_stand_at_the_probabilities_that_the_files_tell(cut_off: int, chance: float) -> None:
    told = "\n".join(shipped_text(name) for name in FEATURE_SETS)
    assert re.search(rf"{cut_off} (stands )?at (a default probability of )?{chance:.0%}".replace("%", " %"), told)
    assert ScoreScale().to_probability(cut_off) == pytest.approx(chance, abs=0.004)


@pytest.mark.parametrize("reason", RULE_REASONS.values(), ids=lambda reason: reason.code)
def test_reasons_of_rules_are_told_in_both_languages(reason: Any) -> None:
    assert re.fullmatch(r"R\d\d", reason.code)
    assert reason.statement
    assert reason.remedy
    for text in (reason.statement_zh, reason.remedy_zh):
        assert re.search(r"[\u4e00-\u9fff]", text)
        assert not re.search(r"[A-Za-z]", text)


DOCUMENT = (Path(__file__).parents[3] / "docs" / "policy.md").read_text(encoding="utf-8")


def test_the_example_of_the_documentation_is_a_policy(tmp_path: Path) -> None:
    path = tmp_path / "example.toml"
    path.write_text(DOCUMENT.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    stated = read_version(path)
    assert stated.jurisdictions == ("us", "us-ca")
    assert (stated.of("us").refer_below, stated.of("us-ca").refer_below) == (565, 570)


@pytest.mark.parametrize("name", [*CONDITIONS, *OUTCOMES, *FLAGS])
def test_the_documentation_names_what_may_be_written(name: str) -> None:
    assert f"`{name}`" in DOCUMENT


def test_the_documentation_tells_every_reason() -> None:
    for reason in RULE_REASONS.values():
        assert f"| {reason.code} | {reason.statement} |" in DOCUMENT


# -- a home's own ---------------------------------------------------------------------------------


def own(folder: Path, name: str, change: Callable[[str], str]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(change(shipped_text("taiwan")), encoding="utf-8")
    return folder


def test_policies_of_the_home_come_first(tmp_path: Path) -> None:
    folder = own(
        tmp_path / "policies",
        "mine.toml",
        lambda text: text.replace('"taiwan-1"', '"mine"').replace("2005-01-01", "2025-07-01").replace("534\n", "600\n"),
    )
    both = policy_book("taiwan", folder)
    assert [both.in_force(on, "us").version for on in (LAST_DAY, NEXT_DAY)] == ["taiwan-1", "mine"]
    assert both.in_force(NEXT_DAY, "us").refer_below == 600
    assert policy_book("home-credit", folder) == shipped_book("home-credit")
    assert policy_book("taiwan", tmp_path / "nowhere") == shipped_book("taiwan")


def test_a_home_may_take_the_place_of_the_shipped_one_from_its_first_day(tmp_path: Path) -> None:
    folder = own(tmp_path / "policies", "mine.toml", lambda text: text.replace('"taiwan-1"', '"mine"'))
    assert [each.base.version for each in policy_book("taiwan", folder).versions] == ["mine"]


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"colour": "red"}, "here: 'colour' is no key that is known here"),
        ({"portfolio": " "}, "here: 'portfolio' is not a text"),
        ({"effective_from": "July"}, "here: 'effective_from' is not a day like 2026-07-01"),
        ({"effective_from": 2024}, "here: 'effective_from' is not a day"),
        ({"effective_to": date(2023, 1, 1)}, "policy p-1: ends on 2023-01-01, before it begins"),
        ({"cut_offs": {"refer_below": 560}}, "here, cut_offs: 'decline_below' is missing"),
        ({"cut_offs": {"refer_below": 540, "decline_below": 560}}, "policy p-1: declines below 560, which lies above"),
        (
            {"cut_offs": {"refer_below": 5600, "decline_below": 540}},
            "'refer_below' is not a whole number from 300 to 851",
        ),
        ({"offers": {"least_amount": 0}}, "here, offers: 'least_amount' is not a whole number from 1"),
        ({"offers": {"rate": 5}}, "here, offers: 'rate' is no key that is known here"),
        ({"cut_offs": 560}, "here, cut_offs: a table is wanted here"),
        ({"rules": "none"}, "here: 'rules' is not a list of tables"),
        ({"rules": [{"name": "x"}]}, r"here, rules no. 1 \(x\): 'when' is missing"),
        ({"jurisdictions": {}}, "here: 'jurisdictions' is not at least one table by name"),
        ({"jurisdictions": {"moon": {}}}, "jurisdiction 'moon' is not carried; choose of us, us-ca, eu, cn"),
        ({"jurisdictions": {"us": {"without": ["ghost"]}}}, "policy p-1, us: leaves out 'ghost', and no rule has"),
        ({"jurisdictions": {"us": {"without": ["frozen"]}}}, "policy p-1, us: no rule .* when flag frozen"),
        ({"jurisdictions": {"us": {"because": 1}}}, "here, jurisdictions, us: 'because' is no key"),
        ({"rules": []}, "policy p-1, us: no rule declines or gives no score when flag frozen"),
        ({"rules": stated_policy()["rules"][:1]}, "no score when identity no match, but there is no file to score"),
    ],
    ids=str,
)
def test_what_is_no_policy_is_refused(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(PolicyRefused, match=told) as refused:
        version(**changed)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"outcome": "perhaps"}, r"here, rules no. 3 \(young\): no outcome is called 'perhaps'; choose one of decline"),
        ({"when": "full moon"}, r"\(young\): no condition is called 'full moon'; choose one of address differs"),
        ({"reason": "B01"}, r"\(young\): no reason of rules has the code 'B01'"),
        ({"reason": "R02"}, r"\(young\): R02 is not why the condition 'under age' decides; write R08: Under the age"),
        ({"flags": ["frozen"]}, r"\(young\): 'flags' is no key that is known here"),
        ({"name": "frozen"}, "policy p-1: two rules are called 'frozen'"),
    ],
    ids=str,
)
def test_what_is_no_rule_is_refused(changed: dict[str, Any], told: str) -> None:
    rules = stated_policy()["rules"]
    rules[2] = rules[2] | changed
    with pytest.raises(PolicyRefused, match=told):
        version(rules=rules)


@pytest.mark.parametrize(
    ("condition", "reason", "told"),
    [
        ({"when": "flag", "flags": ["fraud_alert"]}, "R07", "write R06: A fraud alert"),
        ({"when": "flag", "flags": ["fraud_alert", "identity_theft"]}, "R06", None),
        ({"when": "flag", "flags": ["fraud_alert", "active_duty"]}, "R06", "write a rule for each"),
        ({"when": "identity", "identities": ["no match", "ambiguous"]}, "R03", "write a rule for each"),
        ({"when": "identity", "identities": ["match"]}, "R03", "write a rule for each"),
        ({"when": "address differs"}, "R10", "write R05"),
        ({"when": "not stated", "fields": ["income"]}, "R12", "write R10"),
        ({"when": "not stated", "of_applicant": ["birthdate"]}, "R10", "'birthdate' is no field of an application"),
        ({"when": "too old", "days": 9}, "R12", "write R11"),
        ({"when": "thin file"}, "R11", "write R12"),
        ({"when": "under age", "least": 18, "least_in": {"Alabama": 19}}, "R08", "'Alabama' is no state"),
    ],
    ids=str,
)
def test_a_reason_is_that_of_its_condition(condition: dict[str, Any], reason: str, told: str | None) -> None:
    rules = [*stated_policy()["rules"], condition | {"name": "own", "outcome": "refer", "reason": reason}]
    if told is None:
        version(rules=rules)
        return
    with pytest.raises(PolicyRefused, match=told):
        version(rules=rules)


def test_a_version_is_a_name() -> None:
    for name in ("../../x\0", "", "two words", "v" * 65):
        with pytest.raises(PolicyRefused, match="'version' is not"):
            version(version=name)


def test_a_frozen_file_may_not_only_be_referred() -> None:
    rules = stated_policy()["rules"]
    rules[0] = rules[0] | {"outcome": "refer"}
    with pytest.raises(PolicyRefused, match="a frozen file yields no score"):
        version(rules=rules)


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        ([], "p: no version of its policy"),
        ([version(), version(effective_from=NEXT_DAY)], "policy p-1: stands twice"),
        ([version(), version(version="p-2")], "policy p-2: takes effect on 2024-01-01, as p-1 does"),
        (
            [version(effective_to=NEXT_DAY), version(version="p-2", effective_from=NEXT_DAY)],
            "policy p-1: holds until 2025-07-01, but p-2 takes effect on 2025-07-01",
        ),
        ([version(portfolio="q")], "policy p-1: is of q, not of p"),
    ],
    ids=["none", "twice", "one day", "overlap", "another's"],
)
def test_versions_that_do_not_fit_together_are_refused(versions: list[PolicyVersion], told: str) -> None:
    with pytest.raises(PolicyRefused, match=told):
        book(*versions)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"portfolio = ", "mine.toml: no TOML: "),
        (b"\xff\xfe", "mine.toml: not in UTF-8"),
        (b"a" * 1_000_001, "mine.toml: larger than 1,000,000 bytes"),
        (b"", "mine.toml: 'portfolio' is missing"),
        (b"x = " + b"[" * 5000 + b"]" * 5000, "mine.toml: (nested too deeply|no TOML)"),
    ],
    ids=["cut short", "not text", "large", "empty", "deep"],
)
def test_files_that_are_no_policy_are_refused(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(PolicyRefused, match=told):
        read_version(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyRefused, match=r"ghost\.toml: No such file or directory; name a file"):
        read_version(tmp_path / "ghost.toml")


@pytest.mark.parametrize("plain", [None, [], "book", {"portfolio": "p"}, {"portfolio": "p", "versions": [1]}], ids=repr)
def test_what_is_no_book_is_refused(plain: object) -> None:
    with pytest.raises(PolicyRefused, match=r"policy book|no version"):
        PolicyBook.of(plain)


def test_a_single_policy_makes_a_book() -> None:
    policy = made_policy()
    assert PolicyBook.single(policy).in_force(LAST_DAY, "us") == policy
    assert PolicyBook.single(policy).in_force(LAST_DAY, "cn").rules == policy.rules


def test_nothing_is_shipped_for_an_unknown_portfolio() -> None:
    with pytest.raises(PolicyRefused, match="another: no policy of this portfolio is there"):
        shipped_book("another")
