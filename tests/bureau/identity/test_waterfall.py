"""The steps of a match weight add up to it, whatever was told."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told_people import person, told_again

from bureau.identity.comparisons import COMPARISONS
from bureau.identity.model import default_model
from bureau.identity.scoring import pair_weight
from bureau.identity.standard import standard_record
from bureau.identity.waterfall import waterfall

MODEL = default_model(1_000).but(frequencies={"given": {"mary": 0.02}, "surname": {"smith": 0.01}}, rare={"born": 1e-4})


@given(seed=st.integers(0, 10_000), of_one=st.booleans())
def test_the_steps_add_up_to_the_weight(seed: int, of_one: bool) -> None:
    rng = random.Random(seed)  # noqa: S311 - invented people
    told = person(rng)
    left, right = standard_record(told), standard_record(told_again(told, rng) if of_one else person(rng))
    steps = waterfall(MODEL, left, right)
    assert [step.comparison for step in steps] == ["prior", *(comparison.name for comparison in COMPARISONS)]
    assert sum(step.weight for step in steps) == pytest.approx(pair_weight(MODEL, left, right).weight)


def test_the_more_frequent_term_counts_and_what_is_missing_weighs_nothing() -> None:
    mary = standard_record({"first_name": "Mary", "last_name": "Smith"})
    steps = {step.comparison: step for step in waterfall(MODEL, mary, mary)}
    # A level of 0.78 among one person's records, against 2 % who are called Mary: log2(39) bits.
    assert steps["given"].level == "same"
    assert steps["given"].weight == pytest.approx(5.285402)
    assert (steps["birth"].level, steps["birth"].weight) == ("missing", 0.0)
