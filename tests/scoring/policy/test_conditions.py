"""Conditions: when each holds, by a table of cases."""

from __future__ import annotations

import pytest

from scoring.errors import PolicyRefused
from scoring.policy.circumstances import Circumstances
from scoring.policy.conditions import (
    CONDITIONS,
    AddressDiffers,
    Condition,
    FeaturesTooOld,
    Flagged,
    Found,
    NotStated,
    ThinFile,
    UnderAge,
)
from scoring.policy.table import Table

ADULT = UnderAge(18, (("AL", 19),))

HOLDING: list[tuple[Condition, Circumstances, bool]] = [
    (Flagged(("frozen", "sanctions")), Circumstances(flags=frozenset({"sanctions"})), True),
    (Flagged(("frozen",)), Circumstances(flags=frozenset({"sanctions"})), False),
    (Found(("no match", "ambiguous")), Circumstances(identity="ambiguous"), True),
    (Found(("no match", "ambiguous")), Circumstances(identity="match"), False),
    (AddressDiffers(), Circumstances(address_mismatch=True), True),
    (AddressDiffers(), Circumstances(), False),
    (ADULT, Circumstances(age=17), True),
    (ADULT, Circumstances(age=18), False),
    (ADULT, Circumstances(age=18, region="AL"), True),
    (ADULT, Circumstances(age=19, region="AL"), False),
    (ADULT, Circumstances(age=None), False),
    (NotStated(("income",)), Circumstances(not_stated=("income",)), True),
    (NotStated(("income",)), Circumstances(not_stated=("term_months",)), False),
    (NotStated((), ("birth_date",)), Circumstances("match", not_stated=("birth_date",)), True),
    (NotStated((), ("birth_date",)), Circumstances("given", not_stated=("birth_date",)), False),
    (FeaturesTooOld(92), Circumstances(features_age_days=92), False),
    (FeaturesTooOld(92), Circumstances(features_age_days=93), True),
    (FeaturesTooOld(92), Circumstances(features_age_days=None), True),
    (FeaturesTooOld(92), Circumstances("no match", features_age_days=None), False),
    (ThinFile(), Circumstances(thin_file=True), True),
    (ThinFile(), Circumstances(), False),
]


@pytest.mark.parametrize("case", range(len(HOLDING)), ids=lambda case: f"{HOLDING[case][0].when}-{case}")
def test_holds(case: int) -> None:
    condition, circumstances, holds = HOLDING[case]
    assert condition.holds(circumstances) is holds


@pytest.mark.parametrize("case", range(len(HOLDING)), ids=lambda case: f"{HOLDING[case][0].when}-{case}")
def test_reads_what_it_writes(case: int) -> None:
    condition = HOLDING[case][0]
    table = Table(condition.plain(), "here")
    assert CONDITIONS[condition.when].of(table) == condition
    table.done()


def test_every_condition_is_tried() -> None:
    assert {condition.when for condition, _, _ in HOLDING} == set(CONDITIONS)


@pytest.mark.parametrize(
    ("when", "stated", "told"),
    [
        ("flag", {"flags": ["thawed"]}, "here: 'thawed' is none of the flags known: active_duty, "),
        ("flag", {"flags": []}, "here: 'flags' is not a list of texts"),
        ("flag", {"flags": ["frozen", "frozen"]}, "here: 'flags' is not a list of texts, each once"),
        ("flag", {}, "here: 'flags' is missing"),
        ("identity", {"identities": ["perhaps"]}, "here: 'perhaps' is none of the identities known"),
        ("under age", {"least": "18"}, "here: 'least' is not a whole number from 0 to 150"),
        ("under age", {"least": True}, "here: 'least' is not a whole number"),
        ("under age", {"least": 18, "least_in": {"AL": 1900}}, "here, least_in: 'AL' is not a whole number"),
        ("not stated", {}, "here: nothing is required"),
        ("too old", {"days": -1}, "here: 'days' is not a whole number from 0 to 36500"),
    ],
    ids=str,
)
def test_wrong_parameters_are_refused(when: str, stated: dict[str, object], told: str) -> None:
    with pytest.raises(PolicyRefused, match=told):
        CONDITIONS[when].of(Table(stated, "here"))
