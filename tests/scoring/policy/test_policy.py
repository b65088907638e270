"""Policy: cut-offs and their boundaries, rules and their order, and which component decided."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_policies import FROZEN, made_policy

from scoring.errors import PolicyRefused, ScoringError
from scoring.policy import RULE_REASONS, Circumstances, Policy
from scoring.policy.circumstances import FLAGS, IDENTITIES
from scoring.policy.conditions import NotStated
from scoring.policy.rules import OUTCOMES, Rule

BARE = Policy("p", "p-1", date(2024, 1, 1), refer_below=560, decline_below=540)
POLICY = made_policy()
WORST_FIRST = ("decline", "refer", "approve")

circumstances = st.builds(
    Circumstances,
    identity=st.sampled_from(IDENTITIES),
    address_mismatch=st.booleans(),
    flags=st.frozensets(st.sampled_from(FLAGS)),
    age=st.none() | st.integers(0, 110),
)


def flagged(*flags: str) -> Circumstances:
    return Circumstances(flags=frozenset(flags))


@pytest.mark.parametrize(
    ("score", "decision"),
    [(850, "approve"), (560, "approve"), (559, "refer"), (540, "refer"), (539, "decline"), (300, "decline")],
)
def test_boundaries(score: int, decision: str) -> None:
    assert BARE.decide(score) == decision
    assert BARE.rule(Circumstances(), score).decision == decision


def test_nobody_is_referred_where_the_cut_offs_meet() -> None:
    policy = Policy("p", "p-1", date(2024, 1, 1), refer_below=550, decline_below=550)
    assert [policy.decide(score) for score in (551, 550, 549)] == ["approve", "approve", "decline"]


@given(st.integers(300, 850), st.integers(300, 850), st.integers(300, 850), st.integers(300, 850))
def test_a_better_score_is_never_decided_worse(one: int, other: int, first: int, second: int) -> None:
    policy = Policy("p", "p", date(2024, 1, 1), refer_below=max(first, second), decline_below=min(first, second))
    low, high = sorted((one, other))
    assert WORST_FIRST.index(policy.decide(low)) <= WORST_FIRST.index(policy.decide(high))


# Requirement AA-07, the four paths: what holds of a rule, what the score asks for -> what is done, by what.
@pytest.mark.parametrize(
    ("flag", "score", "decision", "decided_by", "of_rules", "of_score"),
    [
        (None, 600, "approve", "score", [], []),  # neither
        ("fraud_alert", 600, "refer", "rule", ["R06"], []),  # the rule alone
        (None, 550, "refer", "score", [], ["a", "b", "c", "d"]),  # the score alone
        (None, 500, "decline", "score", [], ["a", "b", "c", "d"]),
        ("fraud_alert", 550, "refer", "both", ["R06"], ["a", "b", "c"]),  # each would have referred
        ("fraud_alert", 500, "decline", "score", [], ["a", "b", "c", "d"]),  # the score asked for worse
        ("deceased", 500, "decline", "rule", ["R02"], []),  # the rule decided before any score
        ("deceased", 600, "decline", "rule", ["R02"], []),
        ("frozen", 500, "refer", "rule", ["R01"], []),
    ],
)
def test_reasons_come_from_the_component_that_decided(
    flag: str | None, score: int, decision: str, decided_by: str, of_rules: list[str], of_score: list[str]
) -> None:
    ruling = POLICY.rule(flagged(flag) if flag else Circumstances(), score)
    assert (ruling.decision, ruling.decided_by) == (decision, decided_by)
    rules, scores = ruling.reasons(("a", "b", "c", "d"))
    assert ([each.code for each in rules], list(scores)) == (of_rules, of_score)
    assert ruling.tells_score_reasons == bool(of_score)


def test_the_rule_that_decided_is_named() -> None:
    assert POLICY.rule(flagged("deceased"), None).rule == "dead"
    assert POLICY.rule(flagged("active_duty"), 600).rule == "duty"
    assert POLICY.rule(Circumstances(), 500).rule is None


def test_all_rules_that_decided_give_their_reasons_in_the_order_of_the_policy() -> None:
    both = POLICY.rule(flagged("active_duty", "fraud_alert"), 600)
    assert (both.rule, both.reason_codes_of_rules) == ("alert", ("R06", "R07"))
    declined = POLICY.rule(Circumstances(age=17, flags=frozenset({"deceased", "fraud_alert"})), None)
    assert (declined.rule, declined.reason_codes_of_rules, declined.notes) == ("young", ("R08", "R02"), ("R06",))


def test_nothing_is_looked_at_beyond_a_frozen_file() -> None:
    ruling = POLICY.rule(flagged("frozen", "deceased", "fraud_alert"), None)
    assert (ruling.decision, ruling.reason_codes_of_rules, ruling.notes) == ("refer", ("R01",), ())
    # The age comes from the application and is looked at before: it declines, and no file is needed for that.
    assert POLICY.rule(Circumstances(age=17, flags=frozenset({"frozen"})), None).decision == "decline"


def test_notes_stand_beside_a_decision_and_leave_it() -> None:
    differs = Circumstances(address_mismatch=True)
    for score, decision in ((600, "approve"), (550, "refer"), (500, "decline")):
        ruling = POLICY.rule(differs, score)
        assert (ruling.decision, ruling.decided_by, ruling.notes) == (decision, "score", ("R05",))
    # A rule that would have referred is noted where the score declines.
    assert POLICY.rule(flagged("fraud_alert"), 500).notes == ("R06",)


def test_a_score_is_wanted_unless_rules_decide_without_one() -> None:
    assert POLICY.needs_score(flagged("fraud_alert"))
    with pytest.raises(ScoringError, match="policy p-1: a score is wanted here and none was given"):
        POLICY.rule(flagged("fraud_alert"), None)


@given(circumstances, st.integers(300, 850))
def test_a_ruling_fits_together(given_ones: Circumstances, score: int) -> None:
    ruling = POLICY.rule(given_ones, score)
    alone = POLICY.decide(score)
    assert ruling.score_withheld == (not POLICY.needs_score(given_ones))
    assert (ruling.rule is None) == (ruling.decided_by == "score") == (not ruling.reason_codes_of_rules)
    assert not set(ruling.notes) & set(ruling.reason_codes_of_rules)
    if ruling.score_withheld:
        assert ruling == POLICY.rule(given_ones, None)
    else:
        assert WORST_FIRST.index(ruling.decision) <= WORST_FIRST.index(alone)
    if "frozen" in given_ones.flags:
        assert ruling.score_withheld
    if ruling.decision != "approve":
        assert ruling.reason_codes_of_rules or ruling.tells_score_reasons


def test_at_most_four_reasons_are_told() -> None:
    rules = tuple(Rule(code, NotStated((code,)), "refer", code) for code in sorted(RULE_REASONS)[:6])
    every = Circumstances(not_stated=tuple(sorted(RULE_REASONS)))
    of_rules, of_score = made_policy(rules=rules).rule(every, 550).reasons("ab")
    assert ([each.code for each in of_rules], of_score) == (sorted(RULE_REASONS)[:4], ())


def test_required_fields_are_those_of_all_rules_each_once() -> None:
    rules = (
        Rule("one", NotStated(("income", "birth_date")), "refer", "R10"),
        Rule("two", NotStated(("income",), ("surname",)), "refer", "R10"),
    )
    assert made_policy(rules=rules).required_fields == ("income", "birth_date", "surname")
    assert BARE.required_fields == ()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"decline_below": 561}, "policy p-1: declines below 561, which lies above 560"),
        ({"effective_to": date(2023, 12, 31)}, "policy p-1: ends on 2023-12-31, before it begins on 2024-01-01"),
        ({"rules": (FROZEN, FROZEN)}, "policy p-1: two rules are called 'frozen'"),
    ],
)
def test_what_does_not_fit_together_is_refused(changed: dict[str, object], told: str) -> None:
    with pytest.raises(PolicyRefused, match=told):
        made_policy(**changed)


def test_the_worst_outcome_decides_whatever_else_holds() -> None:
    # By brute force over pairs of rules: the decision is the worse of the two of them alone.
    for one, other in combinations((rule for rule in POLICY.rules if rule.outcome != "note"), 2):
        pair = made_policy(rules=(one, other))
        both = Circumstances(
            identity="no match", age=17, address_mismatch=True, flags=frozenset(FLAGS)
        )  # every rule holds
        alone = [made_policy(rules=(rule,)).rule(both, 600).decision for rule in (one, other)]
        looked_at = alone[:1] if one.outcome == "no score" else alone
        assert pair.rule(both, 600).decision == min(looked_at, key=WORST_FIRST.index)
    assert {rule.outcome for rule in POLICY.rules} == set(OUTCOMES)
