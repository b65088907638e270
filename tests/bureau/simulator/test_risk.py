"""The default probability: against lives drawn with the same chances, and against what happened in a world."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from bureau.simulator import Options, simulate
from bureau.simulator.macro import Macro
from bureau.simulator.options import BURN_IN, HORIZON
from bureau.simulator.randomness import Chance
from bureau.simulator.risk import BAD, CLOSING, Risk

_LIVES = 200_000


@pytest.fixture(scope="module")
def risk() -> Risk:
    return Risk(Macro(Options(100, 12), Chance(5)))


@pytest.mark.parametrize(
    ("left", "closing", "job", "idle", "grade", "unpaid"),
    [
        (12, 0, 3, False, 30, 0),
        (5, 1, 4, True, 36, 1),
        (2, 1, 0, False, 40, 2),
        (12, 1, 2, True, 20, 3),
        (0, 1, 1, False, 45, 3),
    ],
)
def test_probability_is_the_share_of_lives_that_go_bad(
    risk: Risk, left: int, closing: int, job: int, idle: bool, grade: int, unpaid: int
) -> None:
    """A naive simulation, life by life in arrays, with the chances of each month."""
    rng = np.random.default_rng(1)
    out, owes = np.full(_LIVES, idle), np.full(_LIVES, unpaid)
    open_, bad = np.ones(_LIVES, dtype=bool), np.zeros(_LIVES, dtype=bool)
    for ahead in range(1, HORIZON + 1):
        at = BURN_IN + ahead
        draw = rng.random(_LIVES)
        out = np.where(out, draw >= risk.finds_job[at, job], draw < risk.loses_job[at, job])
        falls, holds = risk.falls[at, out.astype(int), grade, owes], risk.holds[at, out.astype(int), grade, owes]
        draw = rng.random(_LIVES)
        fallen = draw < falls
        held = ~fallen & (draw < falls + holds)
        is_due = ahead >= left and left < HORIZON + 1
        ends = open_ & ~fallen & (is_due | (~held & (rng.random(_LIVES) < CLOSING[closing])))
        owes = np.where(open_ & ~bad, np.where(fallen, owes + 1, np.where(held, owes, 0)), owes)
        bad |= open_ & (owes >= BAD)
        owes = np.minimum(owes, BAD)
        open_ &= ~ends
    told = risk.default_probability(
        0,
        months_left=np.array([left]),
        closing=np.array([closing], dtype=np.uint8),
        job_class=np.array([job], dtype=np.uint8),
        out_of_work=np.array([idle]),
        grade=np.array([grade], dtype=np.uint8),
        unpaid=np.array([unpaid], dtype=np.int8),
    )[0]
    error = np.sqrt(told * (1 - told) / _LIVES)
    assert abs(bad.mean() - told) < 4 * error + 1e-5


def test_outcomes_of_a_world_are_calibrated_to_the_true_probability(tmp_path: Path) -> None:
    simulate(Options(20_000, 26, seed=9, fault_rate=0), tmp_path / "world")
    table = pq.read_table(tmp_path / "world" / "answers" / "default_probability.parquet")
    months = [date(2019, 1, 31), date(2020, 1, 31)]
    known = table.filter(pc.is_in(table["month"], pc.cast(months, "date32"))).drop_null()
    probability, bad = known["default_probability"].to_numpy(), known["is_bad"].to_numpy()
    assert len(bad) > 40_000
    for rows in np.array_split(np.argsort(probability, kind="stable"), 10):
        expected, variance = probability[rows].mean(), (probability[rows] * (1 - probability[rows])).sum()
        # accounts of one person share their holder's job, hence a little wider than the binomial error
        assert abs(bad[rows].mean() - expected) < 4.5 * np.sqrt(variance) / len(rows) + 1e-4
    later = table.filter(pc.equal(table["month"], date(2021, 2, 28)))
    assert later["is_bad"].null_count == later.num_rows > 0


def test_cycle_moves_the_default_probability_and_zero_does_not() -> None:
    flat = Macro(Options(100, 60, cycle=0), Chance(2))
    assert not flat.strain.any()
    ranges = []
    for seed in range(8):
        macro = Macro(Options(100, 60), Chance(seed))
        average = Risk(macro).falls[:, 0, 24, 0]
        ranges.append(float(average.max() / average.min()))
    assert np.median(ranges) > 1.8
    wide = Macro(Options(100, 60, cycle=2), Chance(2)).strain
    np.testing.assert_allclose(wide, 2 * Macro(Options(100, 60), Chance(2)).strain)


def test_who_is_out_of_work_or_behind_is_riskier(risk: Risk) -> None:
    grades = np.arange(0, 48, 6, dtype=np.uint8)

    def probability(*, idle: bool, unpaid: int) -> np.ndarray:
        many = len(grades)
        return risk.default_probability(
            0, months_left=np.full(many, 12), closing=np.zeros(many, dtype=np.uint8),
            job_class=np.full(many, 2, dtype=np.uint8), out_of_work=np.full(many, idle), grade=grades,
            unpaid=np.full(many, unpaid, dtype=np.int8),
        )  # fmt: skip

    assert (probability(idle=True, unpaid=0) > probability(idle=False, unpaid=0)).all()
    for unpaid in range(BAD - 1):
        assert (probability(idle=False, unpaid=unpaid + 1) > probability(idle=False, unpaid=unpaid)).all()
    assert (np.diff(probability(idle=False, unpaid=1)) > 0).all()
