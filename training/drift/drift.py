"""Drift of a model: the people of today against those it was developed on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.analysis.shift import compare_frames
from scoring.calibration import probability
from scoring.scale import ScoreScale
from training.drift.alarms import Alarm, Level, Thresholds
from training.drift.estimated import Estimated, estimate
from training.drift.grades import Concentration, Migration, concentration, migration
from training.drift.judging import judge
from training.drift.performance import Performance, measure
from training.errors import TrainingError
from training.report.grades import grades_of

__all__ = ["SCORE", "Drift", "Watched", "drift"]

_Values = npt.NDArray[np.float64]

SCORE: Final = "log-odds of bad"
"""Name under which the score itself is compared."""


@dataclass(frozen=True, eq=False)
class Watched:
    """A population as a model sees it.

    Parameters
    ----------
    inputs : mapping of str to ndarray of shape (n,)
        The model's features; missing values NaN.
    log_odds : ndarray of shape (n,)
        Calibrated log-odds of bad: of the people of development out of fold.
    is_bad : ndarray of shape (n,), optional
        Outcomes; None while they have not matured.
    consumer_ids : ndarray of shape (n,), optional
        Who; without it migration is not assessed.

    Raises
    ------
    TrainingError
        If there is nobody, or the arrays have different lengths.
    """

    inputs: Mapping[str, _Values]
    log_odds: _Values
    is_bad: npt.NDArray[np.bool_] | None = None
    consumer_ids: npt.NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        lengths = {"log_odds": len(self.log_odds)} | {name: len(each) for name, each in self.inputs.items()}
        for name, given in (("is_bad", self.is_bad), ("consumer_ids", self.consumer_ids)):
            if given is not None:
                lengths[name] = len(given)
        if not len(self.log_odds):
            raise TrainingError("drift: there is nobody in the population; choose a date with consumers on file")
        different = [name for name, length in lengths.items() if length != len(self.log_odds)]
        if different:
            raise TrainingError(f"drift: {different[0]} has another length than log_odds; give one value a person")

    @classmethod
    def of(
        cls,
        inputs: Mapping[str, _Values],
        default_probability: _Values,
        is_bad: npt.NDArray[np.bool_] | None = None,
        consumer_ids: npt.NDArray[np.int64] | None = None,
    ) -> Watched:
        """The same from calibrated default probabilities, strictly between 0 and 1."""
        p = np.asarray(default_probability, dtype=np.float64)
        return cls(inputs, np.log(p) - np.log1p(-p), is_bad, consumer_ids)

    @property
    def default_probability(self) -> _Values:
        """Default probabilities."""
        return probability(self.log_odds)


@dataclass(frozen=True, eq=False)
class Drift:
    """What has changed.

    Parameters
    ----------
    shifts : DataFrame
        From :func:`features.analysis.shift.compare_frames`: a row a feature, the largest PSI first (CSI).
    score : Series
        The same of the score, as log-odds.
    expected_before, expected_now, expected_matured : Estimated or None
        What the probabilities promise in both populations, and of the people whose outcomes have matured.
    before, now : Performance or None
        What outcomes show in development, and of the people whose outcomes have matured; None where too few have.
    grades : Concentration
        The grades.
    moved : Migration or None
        Of people in both populations; None where there are none.
    thresholds : Thresholds
        What the alarms are held against.
    growing : frozenset of str
        Features that have grown with the record, be the people the same; they are watched, and raise no alarm.
    """

    shifts: pd.DataFrame
    score: pd.Series
    expected_before: Estimated
    expected_now: Estimated
    expected_matured: Estimated | None
    before: Performance | None
    now: Performance | None
    grades: Concentration
    moved: Migration | None
    thresholds: Thresholds
    growing: frozenset[str] = frozenset()

    @cached_property
    def alarms(self) -> tuple[Alarm, ...]:
        """Everything that was looked at."""
        return judge(self)

    @property
    def level(self) -> Level:
        """The worst of all: ``alarm``, ``watch`` or ``fine``."""
        levels = {each.level for each in self.alarms}
        return "alarm" if "alarm" in levels else "watch" if "watch" in levels else "fine"


def drift(
    reference: Watched,
    current: Watched,
    *,
    matured: Watched | None = None,
    thresholds: Thresholds | None = None,
    scale: ScoreScale | None = None,
    growing: Collection[str] = (),
) -> Drift:
    """Compare a population with the reference.

    Parameters
    ----------
    reference : Watched
        The development sample, its log-odds out of fold.
    current : Watched
        The people of today, with the same features.
    matured : Watched, optional
        People with matured outcomes, later than those of development; by default the current ones.
    thresholds : Thresholds, optional
        When to raise an alarm.
    scale : ScoreScale, optional
        Of the model's credit score, on which its grades stand.
    growing : collection of str
        Features that have grown with the bureau's record since development (:func:`training.drift.growth.growing`).

    Raises
    ------
    TrainingError
        If a feature of the reference is not among those of the current population.
    """
    absent = [name for name in reference.inputs if name not in current.inputs]
    if absent:
        raise TrainingError(f"drift: the current population lacks the feature {absent[0]}; compute it first")
    chosen, scored = thresholds or Thresholds(), scale or ScoreScale()
    names = list(reference.inputs)
    frames = [
        pd.DataFrame({name: part.inputs[name] for name in names} | {SCORE: part.log_odds})
        for part in (reference, current)
    ]
    shifts = compare_frames(frames[0], frames[1], [*names, SCORE])
    scores = [scored.to_score(part.log_odds) for part in (reference, current)]
    grades = grades_of(scores[0], max(round(scored.points_to_double), 1))
    places = [grades.place(score) for score in scores]
    told = current if matured is None else matured
    before, now = (
        None if part.is_bad is None else measure(part.log_odds, part.is_bad, part.consumer_ids)
        for part in (reference, told)
    )
    return Drift(
        shifts=shifts.drop(index=SCORE),
        score=pd.Series(shifts.loc[SCORE]),
        expected_before=estimate(reference.default_probability),
        expected_now=estimate(current.default_probability),
        expected_matured=None if told.is_bad is None else estimate(told.default_probability),
        before=before,
        now=now,
        grades=concentration(places[0], places[1], grades.names),
        moved=_moved(reference, current, places, len(grades.names)),
        thresholds=chosen,
        growing=frozenset(growing) & frozenset(names),
    )


def _moved(reference: Watched, current: Watched, places: list[npt.NDArray[np.intp]], grades: int) -> Migration | None:
    if reference.consumer_ids is None or current.consumer_ids is None:
        return None
    return migration(reference.consumer_ids, places[0], current.consumer_ids, places[1], grades)
