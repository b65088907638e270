"""Drift: alarms fire on a planted change, and on nothing else; figures by hand and against other implementations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from scoring.calibration import probability
from training.drift.alarms import Thresholds
from training.drift.drift import Drift, Watched, drift
from training.drift.grades import concentration, migration
from training.drift.performance import LEAST_BADS, auc_with_error, measure
from training.drift.section import drift_section
from training.errors import TrainingError
from training.report.drawing import to_svg


def world(seed: int, people: int = 3000, *, moved: float = 0.0, recession: float = 0.0, flat: float = 1.0) -> Watched:
    """People with true probabilities; `moved` shifts a feature, `recession` all log-odds, `flat` scales them."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(people, 3))
    values[:, 0] += moved
    log_odds = -1.8 + 0.8 * values[:, 0] + 0.5 * values[:, 1]
    is_bad = random.random(people) < probability(flat * log_odds + recession)
    return Watched({f"x{n}": values[:, n] for n in range(3)}, log_odds, is_bad)


def fired(found: Drift) -> set[str]:
    return {each.key for each in found.alarms if each.level == "alarm"}


def test_no_alarm_where_nothing_has_changed() -> None:
    """20 pairs of worlds: the level of each alarm is one in a hundred, and it needs a distance, too."""
    assert not any(fired(drift(world(seed), world(100 + seed))) for seed in range(20))


def test_a_handful_of_people_raises_no_alarm_by_chance() -> None:
    """With 60 people the PSI of two like samples is about 0.17 on average; the largest of three is larger still."""
    reference = world(1)
    shifts = [fired(drift(reference, world(100 + seed, 60))) & {"score_shift", "input_shift"} for seed in range(40)]
    assert sum(map(bool, shifts)) <= 2


@pytest.mark.parametrize("seed", range(5))
def test_a_recession_shows_in_matured_outcomes(seed: int) -> None:
    found = drift(world(seed), world(100 + seed, recession=0.5))
    assert fired(found) == {"calibration_in_the_large"}
    assert found.now is not None
    assert found.now.in_the_large == pytest.approx(0.5, abs=0.2)
    before_maturity = world(100 + seed, recession=0.5)
    blind = drift(world(seed), Watched(before_maturity.inputs, before_maturity.log_odds))
    assert blind.level == "fine"
    assert {each.key for each in blind.alarms if each.level == "not assessed"} == {
        "auc", "calibration_in_the_large", "calibration_slope", "migration",
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_other_people_show_at_once(seed: int) -> None:
    later = world(100 + seed, moved=0.8)
    found = drift(world(seed), Watched(later.inputs, later.log_odds))
    assert fired(found) == {"score_shift", "input_shift"}
    assert found.shifts.index[0] == "x0"
    assert set(found.shifts.index) == {"x0", "x1", "x2"}


def test_a_model_that_tells_less_shows_in_auc_and_slope() -> None:
    found = drift(world(1), world(2, flat=0.3))
    assert fired(found) >= {"auc", "calibration_slope"}


def test_outcomes_of_others_are_held_against_development() -> None:
    now, matured = world(2), world(3, recession=0.6)
    found = drift(world(1), Watched(now.inputs, now.log_odds), matured=matured)
    assert found.now == measure(matured.log_odds, matured.is_bad)  # type: ignore[arg-type]
    assert fired(found) == {"calibration_in_the_large"}


def test_thresholds_are_the_callers() -> None:
    found = drift(world(1), world(2, recession=0.5), thresholds=Thresholds(alarm_large=0.9))
    assert found.level == "watch"


def test_few_outcomes_are_not_measured() -> None:
    part = world(1, 400)
    assert part.is_bad is not None
    bad = np.flatnonzero(part.is_bad)[: LEAST_BADS - 1]
    few = np.zeros(400, dtype=bool)
    few[bad] = True
    assert measure(part.log_odds, few) is None


def test_what_does_not_fit_is_refused() -> None:
    part = world(1, 100)
    with pytest.raises(TrainingError, match="the current population lacks the feature x2"):
        drift(part, Watched({name: part.inputs[name] for name in ("x0", "x1")}, part.log_odds))
    with pytest.raises(TrainingError, match="x0 has another length than log_odds"):
        Watched(part.inputs, part.log_odds[:50])
    with pytest.raises(TrainingError, match="there is nobody in the population"):
        Watched({}, np.empty(0))


def test_from_probabilities_it_is_the_same() -> None:
    one = world(1, 200)
    other = Watched.of(one.inputs, probability(one.log_odds), one.is_bad)
    np.testing.assert_allclose(other.log_odds, one.log_odds, atol=1e-9)


def test_error_of_the_auc_against_plain_delong() -> None:
    random = np.random.default_rng(5)
    is_bad, scores = random.random(60) < 0.4, random.integers(0, 12, 60).astype(float)
    bad, good = scores[is_bad].tolist(), scores[~is_bad].tolist()

    def wins(a: float, b: float) -> float:
        return 1.0 if a > b else 0.5 if a == b else 0.0

    of_bad = [sum(wins(a, b) for b in good) / len(good) for a in bad]
    of_good = [sum(wins(a, b) for a in bad) / len(bad) for b in good]
    auc, error = auc_with_error(scores, is_bad)
    assert auc == pytest.approx(np.mean(of_bad))
    assert error == pytest.approx(math.sqrt(np.var(of_bad, ddof=1) / len(bad) + np.var(of_good, ddof=1) / len(good)))


def test_concentration_by_hand() -> None:
    """Shares 1/2, 1/4, 1/4: CV^2 = 3 (1/36 + 2/144) = 1/8, HI = 1 + ln(1.125 / 3) / ln 3."""
    even, skewed = np.array([0, 1, 2]), np.array([0, 0, 1, 2])
    found = concentration(even, skewed, ("A", "B", "C"))
    assert found.before == pytest.approx(0)
    assert found.now == pytest.approx(1 + math.log(1.125 / 3) / math.log(3))
    spread = math.sqrt(0.125)
    assert found.p == pytest.approx(norm.sf(math.sqrt(2) * spread / math.sqrt(0.125 * 0.625)))
    assert math.isnan(concentration(np.zeros(3, int), np.zeros(3, int), ("A",)).now)


def test_migration_counts_those_in_both() -> None:
    ids, later = np.array([1, 2, 3, 4]), np.array([4, 3, 2, 9])
    found = migration(ids, np.array([0, 0, 1, 2]), later, np.array([0, 2, 0, 1]), 3)
    assert found is not None
    assert found.counts.tolist() == [[1, 0, 0], [0, 0, 1], [1, 0, 0]]  # 2 stayed, 3 fell by one, 4 rose by two
    assert (found.stayed, found.moved_far, found.worse) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert migration(ids, np.zeros(4, int), np.array([7]), np.zeros(1, int), 1) is None


def test_the_section_shows_everything_and_draws() -> None:
    found = drift(world(1), world(2, recession=0.5))
    section = drift_section(found, subject="toy-1 against toy-1's development.")
    assert [each.passed for each in section.findings if each.key == "calibration_in_the_large"] == [False]
    assert [each.key for each in section.tables] == ["alarms", "performance", "shifts", "grades"]
    assert len(section.tables[2].rows) == 4  # score and three features
    assert all(to_svg(each, "drift").startswith("<svg") for each in section.pictures)


def test_people_told_four_times_over_tell_no_more() -> None:
    rng = np.random.default_rng(3)
    log_odds = rng.normal(-2.0, 1.0, 3_000)
    is_bad = rng.random(3_000) < 1 / (1 + np.exp(-log_odds))
    once = measure(log_odds, is_bad, np.arange(3_000))
    often = measure(np.tile(log_odds, 4), np.tile(is_bad, 4), np.tile(np.arange(3_000), 4))
    assert once is not None
    assert often is not None
    for name in ("in_the_large_error", "slope_error", "auc_error"):
        assert getattr(often, name) == pytest.approx(getattr(once, name), rel=1e-3)


# -- what grows with the record -------------------------------------------------------------------


def test_what_grows_with_the_record_is_watched_and_raises_no_alarm() -> None:
    """x2 says nothing of anybody's risk; it moves as the age of a file does when a year has passed."""
    reference, later = world(1), world(2)
    aged = Watched(dict(later.inputs) | {"x2": later.inputs["x2"] + 1.0}, later.log_odds, later.is_bad)
    assert fired(drift(reference, aged)) == {"input_shift"}
    found = drift(reference, aged, growing=("x2", "not an input"))
    assert (fired(found), found.level, found.growing) == (set(), "watch", frozenset({"x2"}))
    levels = {each.key: each.level for each in found.alarms}
    assert (levels["input_shift"], levels["input_growth"]) == ("fine", "watch")
    told = {table.key: table.note for table in drift_section(found, subject="x").tables}["shifts"]
    assert told.endswith("raise no alarm: x2.")


def test_all_that_has_grown_far_is_named() -> None:
    reference, later = world(1), world(2)
    moved = {name: later.inputs[name] + by for name, by in (("x0", 0.0), ("x1", 1.5), ("x2", 1.0))}
    found = drift(reference, Watched(moved, later.log_odds), growing=tuple(moved))
    text = {each.key: each.text for each in found.alarms}["input_growth"]
    x1, x2 = (f"{name} {found.shifts['psi'][name]:.3f}" for name in ("x1", "x2"))
    assert text.startswith(f"PSI of {x1}, {x2}, of 3 features that count over more months")


def test_what_grows_hides_no_other_shift() -> None:
    found = drift(world(1), world(2, moved=0.8, recession=0.5), growing=("x2",))
    assert fired(found) == {"score_shift", "input_shift", "calibration_in_the_large"}
    assert {each.key: each.level for each in found.alarms}["input_growth"] == "fine"
    everything = drift(world(1), world(2), growing=("x0", "x1", "x2"))
    assert "input_shift" not in {each.key for each in everything.alarms}
