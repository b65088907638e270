"""What was measured of a drift, held against its thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

from training.drift.alarms import Alarm, Level, Thresholds
from training.drift.estimated import Estimated
from training.drift.grades import Concentration, Migration
from training.drift.performance import Performance

if TYPE_CHECKING:
    from training.drift.drift import Drift

__all__ = ["judge"]


def judge(drift: Drift) -> tuple[Alarm, ...]:
    """Everything that is looked at, in a fixed order."""
    thresholds, shifts = drift.thresholds, drift.shifts
    z = float(norm.ppf(1 - thresholds.level / 2))
    spread = 1 / drift.expected_before.count + 1 / drift.expected_now.count
    grows = shifts.index.isin(drift.growing)
    return (
        _shift("score_shift", pd.DataFrame([drift.score.rename("score")]), thresholds, spread),
        *((_shift("input_shift", shifts[~grows], thresholds, spread),) if not grows.all() else ()),
        *((_growth(shifts[grows], thresholds, spread),) if grows.any() else ()),
        _expected_fall(drift.expected_before, drift.expected_now, thresholds),
        _fall(drift.before, drift.now, thresholds, z),
        _large(drift.before, drift.now, thresholds, z),
        _slope(drift.now, thresholds, z),
        _concentrated(drift.grades, thresholds),
        _migrated(drift.moved, thresholds),
    )


def _shift(key: str, shifts: pd.DataFrame, thresholds: Thresholds, spread: float) -> Alarm:
    """The largest shift, held against what the largest of so many exceeds by chance at the level (Bonferroni)."""
    largest = shifts.iloc[0]
    value = float(largest["psi"])
    by_chance = _chance(float(largest["by_chance"]), spread, thresholds.level / len(shifts))
    level: Level = "fine"
    if value > max(thresholds.watch_psi, by_chance):
        level = "alarm" if value > thresholds.alarm_psi else "watch"
    return Alarm(
        key,
        level,
        value,
        f"PSI of {largest.name} {value:.3f} (by chance up to {by_chance:.3f}; watch above {thresholds.watch_psi:g}, "
        f"alarm above {thresholds.alarm_psi:g})",
    )


def _growth(shifts: pd.DataFrame, thresholds: Thresholds, spread: float) -> Alarm:
    """The shifts of what has grown with the record: expected, hence watched at most."""
    level = thresholds.level / len(shifts)
    limits = [max(thresholds.alarm_psi, _chance(float(each), spread, level)) for each in shifts["by_chance"]]
    told = shifts["psi"][shifts["psi"] > limits]
    shown = shifts["psi"].iloc[:1] if told.empty else told
    return Alarm(
        "input_growth",
        "fine" if told.empty else "watch",
        float(shifts["psi"].iloc[0]),
        f"PSI of {', '.join(f'{name} {value:.3f}' for name, value in shown.items())}, of {len(shifts)} features that "
        "count over more months than the record told of in development, so that they have grown with it (watch above "
        f"{thresholds.alarm_psi:g})",
    )


def _chance(once_in_twenty: float, spread: float, level: float) -> float:
    """What a stability index exceeds by chance at a level, from what it exceeds once in twenty times.

    Over 1/n + 1/m it is about chi-squared (:mod:`features.analysis.shift`); its degrees of freedom are those whose 95
    per cent point was given.
    """
    if not once_in_twenty > 0:
        return 0.0
    freedom = np.arange(1, 200)
    likely = int(freedom[np.argmin(np.abs(chi2.ppf(0.95, freedom) - once_in_twenty / spread))])
    return float(chi2.ppf(1 - level, likely)) * spread


def _expected_fall(before: Estimated, now: Estimated, thresholds: Thresholds) -> Alarm:
    fall = before.auc - now.auc
    level: Level = "not assessed" if np.isnan(fall) else "watch" if fall > thresholds.auc_fall else "fine"
    return Alarm(
        "expected_auc",
        level,
        fall,
        f"AUC expected from the probabilities {now.auc:.4f}, {before.auc:.4f} in development (watch if lower by more "
        f"than {thresholds.auc_fall:g}); rate of bad expected {now.bad_rate:.2%}, {before.bad_rate:.2%} in development",
    )


def _not_matured(key: str, what: str) -> Alarm:
    return Alarm(key, "not assessed", float("nan"), f"{what}: too few outcomes have matured")


def _fall(before: Performance | None, now: Performance | None, thresholds: Thresholds, z: float) -> Alarm:
    if before is None or now is None:
        return _not_matured("auc", "AUC")
    fall, error = before.auc - now.auc, float(np.hypot(before.auc_error, now.auc_error))
    far = fall > thresholds.auc_fall
    level: Level = "alarm" if far and fall > z * error else "watch" if far else "fine"
    return Alarm(
        "auc",
        level,
        fall,
        f"AUC {now.auc:.4f} (standard error {now.auc_error:.4f}), {before.auc:.4f} in development (alarm if lower by "
        f"more than {thresholds.auc_fall:g} and by more than chance)",
    )


def _large(before: Performance | None, now: Performance | None, thresholds: Thresholds, z: float) -> Alarm:
    """The rate of bad in development, to which the model was calibrated, was found in a sample, too."""
    if now is None:
        return _not_matured("calibration_in_the_large", "calibration in the large")
    value = now.in_the_large
    error = float(np.hypot(now.in_the_large_error, 0.0 if before is None else before.in_the_large_error))
    level: Level = "fine"
    if abs(value) > thresholds.watch_large and abs(value) > z * error:
        level = "alarm" if abs(value) > thresholds.alarm_large else "watch"
    return Alarm(
        "calibration_in_the_large",
        level,
        value,
        f"calibration in the large {value:+.3f} log-odds (standard error {error:.3f}): {now.observed:.2%} went bad, "
        f"{now.predicted:.2%} were predicted (watch beyond {thresholds.watch_large:g}, alarm beyond "
        f"{thresholds.alarm_large:g}, and by more than chance)",
    )


def _slope(now: Performance | None, thresholds: Thresholds, z: float) -> Alarm:
    if now is None or not now.slope > 0:
        return _not_matured("calibration_slope", "calibration slope")
    far = abs(np.log(now.slope)) > thresholds.slope_error
    level: Level = "alarm" if far and abs(now.slope - 1) > z * now.slope_error else "watch" if far else "fine"
    low, high = np.exp(-thresholds.slope_error), np.exp(thresholds.slope_error)
    return Alarm(
        "calibration_slope",
        level,
        now.slope,
        f"calibration slope {now.slope:.3f} (standard error {now.slope_error:.3f}; alarm outside {low:.2f} to "
        f"{high:.2f}, and by more than chance)",
    )


def _concentrated(grades: Concentration, thresholds: Thresholds) -> Alarm:
    rise = grades.now - grades.before
    level: Level = "not assessed" if np.isnan(rise) else "watch" if rise > thresholds.concentration_rise else "fine"
    return Alarm(
        "concentration",
        level,
        rise,
        f"concentration of {len(grades.names)} grades {grades.now:.3f}, {grades.before:.3f} in development (watch if "
        f"higher by more than {thresholds.concentration_rise:g}; p {grades.p:.3f})",
    )


def _migrated(moved: Migration | None, thresholds: Thresholds) -> Alarm:
    if moved is None:
        return Alarm("migration", "not assessed", float("nan"), "migration: nobody is in both populations")
    level: Level = "watch" if moved.moved_far > thresholds.moved_far else "fine"
    return Alarm(
        "migration",
        level,
        moved.moved_far,
        f"{moved.moved_far:.1%} of {int(moved.counts.sum()):,} people moved by two grades or more, {moved.worse:.1%} "
        f"to a worse one (watch above {thresholds.moved_far:.0%})",
    )
