"""Evidence: everything that a validation reads, and what follows from it for everybody in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.declaration import Feature
from features.sets import FeatureSet
from scoring.bundle import Bundle
from scoring.calibration import probability
from training.boosting import BoostingParameters
from training.population import Population
from training.report.grades import Grades, grades_of
from training.samples import Samples
from training.validation.criteria import Criteria
from training.validation.use import IntendedUse

if TYPE_CHECKING:
    from training.labels import LabelCounts, LabelDefinition
    from training.tuning import Tuned
    from training.validation.vintages import Performance

__all__ = ["DEVELOPMENT", "OUT_OF_TIME", "TEST", "Evidence", "Judged"]

DEVELOPMENT: Final = "development"
TEST: Final = "test"
OUT_OF_TIME: Final = "out-of-time"

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]
_Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Judged:
    """One sample with its outcomes and predictions.

    Parameters
    ----------
    name : str
        Its name.
    rows : ndarray of int
        Rows of the population.
    is_bad : ndarray of bool
        Outcomes.
    log_odds : ndarray of float
        Calibrated log-odds of bad.
    """

    name: str
    rows: _Rows
    is_bad: _Flags
    log_odds: _Values

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def key(self) -> str:
        """Its name in figures and files, in snake_case."""
        return self.name.replace("-", "_")

    @property
    def default_probability(self) -> _Values:
        """Default probabilities."""
        return probability(self.log_odds)

    @property
    def has_both(self) -> bool:
        """Whether there are both good and bad consumers."""
        return bool(self.is_bad.any() and not self.is_bad.all())


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything that a validation reads.

    Parameters
    ----------
    bundle : Bundle
        The model that is validated, with calibration, scale and policy.
    people : Population
        Consumers of all samples, with the bundle's features in its order.
    samples : Samples
        Who is development, test and out of time.
    features : FeatureSet
        The portfolio's features: meaning, direction, reason and view of each.
    made_on : date
        Day of the validation; it stands on the title page and in the PDF's properties.
    parameters : BoostingParameters
        Parameters the booster was fitted with.
    label : LabelDefinition, optional
        What bad means.
    label_counts : LabelCounts, optional
        Good, bad, indeterminate and excluded consumers before the indeterminate ones were left out.
    out_of_fold_log_odds : ndarray, optional
        Calibrated log-odds of the development sample, each by a model that had not seen the person.
    tuned : Tuned, optional
        The tuning.
    champion : Bundle, optional
        The model in use.
    champion_values : ndarray, optional
        The champion's features of the same people; by default taken from `people`, when all are there.
    segments : mapping of str to ndarray of str
        Segment of each row of `people`, by the name of the division ("region").
    protected : DataFrame, optional
        Self-test attributes, a row of `people` each; the fairness section is made when they are given.
    performance : Performance, optional
        Vintage curves and roll rates of the portfolio's accounts.
    deliveries : tuple of mapping
        ``file``, ``furnisher_id``, ``contract``, ``read``, ``accepted``, ``quarantined``, ``duplicate`` and
        ``rules`` of every delivery.
    use : IntendedUse
        Purpose, owner, developer, limits of use and materiality.
    criteria : Criteria
        Thresholds.
    seed : int
        Seed of everything that is drawn.
    draws : int
        Draws of each bootstrap.

    Raises
    ------
    ValueError
        If the people's features are not the model's, an array has another number of rows than it should,
        or the test sample is empty or has one kind of people only.
    """

    bundle: Bundle
    people: Population
    samples: Samples
    features: FeatureSet
    made_on: date
    parameters: BoostingParameters
    label: LabelDefinition | None = None
    label_counts: LabelCounts | None = None
    out_of_fold_log_odds: _Values | None = None
    tuned: Tuned | None = None
    champion: Bundle | None = None
    champion_values: _Values | None = None
    segments: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    protected: pd.DataFrame | None = None
    performance: Performance | None = None
    deliveries: tuple[Mapping[str, Any], ...] = ()
    use: IntendedUse = field(default_factory=IntendedUse)
    criteria: Criteria = field(default_factory=Criteria)
    seed: int = 2026
    draws: int = 500

    def __post_init__(self) -> None:
        model = self.bundle.model_version
        if self.people.features != self.bundle.model.features:
            raise ValueError(f"{model}: the people's features are not the model's; fetch those the bundle names")
        rows = {f"segments {name!r}": len(groups) for name, groups in self.segments.items()}
        if self.protected is not None:
            rows["protected"] = len(self.protected)
        if self.champion_values is not None:
            rows["champion_values"] = len(self.champion_values)
        for name, count in rows.items():
            if count != len(self.people):
                raise ValueError(f"{name}: {count} rows for {len(self.people)} people; pass one each")
        if self.out_of_fold_log_odds is not None and len(self.out_of_fold_log_odds) != len(self.samples.development):
            raise ValueError("out_of_fold_log_odds: one is needed for each row of the development sample")
        for name, part in ((DEVELOPMENT, self.samples.development), (TEST, self.samples.test)):
            outcomes = self.people.is_bad[part]
            if not outcomes.any() or outcomes.all():
                raise ValueError(f"{model}: the {name} sample needs both good and bad people; draw a larger one")

    @cached_property
    def log_odds(self) -> _Values:
        """Calibrated log-odds of bad of all people, by the model as it serves."""
        return self.bundle.calibration.log_odds(self.bundle.model.margin(self.people.values))

    @cached_property
    def credit_score(self) -> npt.NDArray[np.int64]:
        """Credit score of all people."""
        return self.bundle.scale.to_score(self.log_odds)

    @cached_property
    def development(self) -> Judged:
        """The development sample, out of fold where that is known, else as fitted."""
        rows = self.samples.development
        known = self.out_of_fold_log_odds
        return self._judge(DEVELOPMENT, rows, self.log_odds[rows] if known is None else known)

    @cached_property
    def test(self) -> Judged:
        """The test sample."""
        return self._judge(TEST, self.samples.test, self.log_odds[self.samples.test])

    @cached_property
    def out_of_time(self) -> Judged | None:
        """The out-of-time sample; None where there is none, or only one kind of people in it."""
        rows = self.samples.out_of_time
        judged = self._judge(OUT_OF_TIME, rows, self.log_odds[rows])
        return judged if judged.has_both else None

    @property
    def judged(self) -> tuple[Judged, ...]:
        """The samples that can be judged: development, test, out of time."""
        later = self.out_of_time
        return (self.development, self.test) if later is None else (self.development, self.test, later)

    @property
    def latest(self) -> Judged:
        """The sample that speaks most for the future: out of time where there is one, else test."""
        return self.out_of_time or self.test

    @cached_property
    def grades(self) -> Grades:
        """Bands of the credit score over the development sample, each as wide as the points that double the odds."""
        width = max(1, round(self.bundle.scale.points_to_double))
        return grades_of(self.credit_score[self.samples.development], width)

    @cached_property
    def views(self) -> dict[str, tuple[int, ...]]:
        """Columns that are computed from each view, by the view's title, derived features with their operands."""
        catalogue, columns = self.features.catalogue, dict[str, list[int]]()
        for column, name in enumerate(self.people.features):
            item = catalogue[name]
            counted = [item] if isinstance(item, Feature) else [catalogue[each] for each in item.expression.operands]
            for view in sorted({each.view for each in counted if isinstance(each, Feature)}):
                columns.setdefault(catalogue.view(view).title, []).append(column)
        return {title: tuple(places) for title, places in columns.items()}

    @cached_property
    def weights(self) -> _Values:
        """Mean size of each feature's contribution to the log-odds, over a part of the development sample."""
        rows = self.sample_of(self.samples.development, 2_000, salt=1)
        contributions, _ = self.bundle.model.contributions(self.people.values[rows])
        means: _Values = np.abs(contributions).mean(axis=0) * self.bundle.calibration.slope
        return means

    @cached_property
    def main_columns(self) -> tuple[int, ...]:
        """Columns of the features that move predictions, those that move them most first."""
        order = np.argsort(-self.weights, kind="stable")
        return tuple(int(column) for column in order if self.weights[column] > 0)

    def sample_of(self, rows: _Rows, size: int, *, salt: int) -> _Rows:
        """At most `size` of some rows, drawn by the seed, ascending; another salt draws others."""
        if len(rows) <= size:
            return rows
        return np.sort(np.random.default_rng((self.seed, salt)).choice(rows, size, replace=False))

    def _judge(self, name: str, rows: _Rows, log_odds: _Values) -> Judged:
        return Judged(name, rows, self.people.is_bad[rows], log_odds)
