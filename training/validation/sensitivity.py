"""Sensitivity: what disturbed inputs, a missing furnisher and a stress do to scores and discrimination."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from sklearn.metrics import roc_auc_score

from features.analysis.style import COLOURS
from scoring.bundle import Bundle
from scoring.calibration import probability
from training.report.drawing import WIDE, labelled_rows
from training.report.section import Cell, Column, Finding, Picture, Section, Table
from training.report.shown import decimal, shared, signed
from training.validation.criteria import SOURCES
from training.validation.evidence import Evidence

__all__ = ["STRESSES", "Stress", "noise", "sensitivity_section"]

_Values = npt.NDArray[np.float64]
_PEOPLE: Final = 3_000
_FEATURES: Final = 25
_NOISE: Final = 0.1


@dataclass(frozen=True)
class Stress:
    """A change of circumstances that everybody meets at once.

    Parameters
    ----------
    title : str
        What happens.
    unit : str
        Unit of the features it changes.
    word : str
        What their names contain; empty for all of the unit.
    factor, shift : float
        Each present value becomes factor * value + shift.
    adverse : bool
        Whether it makes everybody worse off, so that scores must not rise by it.
    """

    title: str
    unit: str
    word: str
    factor: float = 1.0
    shift: float = 0.0
    adverse: bool = True


STRESSES: Final = (
    Stress("Utilisation up by 20 %", "share", "utilisation", factor=1.2),
    Stress("Balances up by 20 %", "amount", "balance", factor=1.2, adverse=False),
    Stress("Payments down by 20 %", "amount", "payment", factor=0.8),
    Stress("Incomes down by 20 %", "amount", "income", factor=0.8),
    Stress("One more month late", "days", "past_due", shift=30.0),
    Stress("Two more inquiries", "count", "inquir", shift=2.0),
)
"""The stresses that are tried, where the model has features that they change.

A larger balance is not adverse of itself: it grows with the limit that a lender grants.
"""

_COLUMNS = (
    Column("change", "Change"),
    Column("features", "Features", "count"),
    Column("mean_change", "Mean change of the score", "signed", 2),
    Column("mean_size", "Mean size of it", "figure", 2),
    Column("decisions", "Decisions that change", "share"),
    Column("default_probability", "Mean default probability", "share", 2),
    Column("auc_change", "Change of AUC", "signed"),
)


@dataclass(frozen=True)
class _Effect:
    """What a change of the inputs does."""

    title: str
    features: int
    mean_change: float
    mean_size: float
    decisions: float
    default_probability: float
    auc_change: float
    adverse: bool = False

    @property
    def row(self) -> tuple[Cell, ...]:
        return (self.title, self.features, self.mean_change, self.mean_size, self.decisions, self.default_probability,
                self.auc_change)  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Base:
    """Some unseen people as they are."""

    bundle: Bundle
    values: _Values
    is_bad: npt.NDArray[np.bool_]
    scores: npt.NDArray[np.int64]
    auc: float

    def effect(self, title: str, features: int, values: _Values) -> _Effect:
        """What changed values do."""
        log_odds = self.bundle.calibration.log_odds(self.bundle.model.margin(values))
        scores = self.bundle.scale.to_score(log_odds)
        change = (scores - self.scores).astype(np.float64)
        return _Effect(
            title=title,
            features=features,
            mean_change=float(change.mean()),
            mean_size=float(np.abs(change).mean()),
            decisions=float((self._decisions(scores) != self._decisions(self.scores)).mean()),
            default_probability=float(probability(log_odds).mean()),
            auc_change=float(roc_auc_score(self.is_bad, log_odds)) - self.auc,
        )

    def _decisions(self, scores: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
        return np.searchsorted([self.bundle.policy.decline_below, self.bundle.policy.refer_below], scores, side="right")


def sensitivity_section(evidence: Evidence) -> Section:
    """Noise in each feature and in all, each view missing, and stresses."""
    base = _base(evidence)
    everything, alone = _noisy(base, evidence)
    missing = [
        base.effect(f"Nothing known of: {title}", len(columns), _without(base.values, columns))
        for title, columns in sorted(evidence.views.items())
        if set(columns) & set(evidence.main_columns)
    ]
    stressed = _stressed(base, evidence)
    return Section(
        "sensitivity",
        "Sensitivity",
        (
            f"{len(base.values):,} people of the {evidence.latest.name} sample are scored again with changed inputs. "
            f"Noise: a normal deviate of {_NOISE:g} times the spread (standard deviation) of the feature is added to "
            "every value that is known, and the result kept within the range seen in development.",
            "A furnisher that fails: all features of one view, and those derived from them, are missing. A stress "
            "changes features as if circumstances had changed for everybody at once; its direct effect on the score "
            "is shown, not what would follow from it. A stress is judged where it is declared to be adverse and "
            "changes a feature whose direction of risk is declared.",
        ),
        tables=tuple(
            Table(key, title, _COLUMNS, tuple(effect.row for effect in effects))
            for key, title, effects in (
                ("noise", f"Noise of {_NOISE:g} spreads", [everything, *alone]),
                ("missing_views", "A view is missing", missing),
                ("stress", "Stress", stressed),
            )
            if effects
        ),
        pictures=(_picture(alone),) if alone else (),
        findings=_findings(evidence, everything, missing, stressed),
        figures={"auc_change_under_noise": everything.auc_change},
    )


def noise(
    values: _Values, columns: tuple[int, ...], seen: _Values, random: np.random.Generator, size: float = _NOISE
) -> _Values:
    """Values with noise in some columns, in units of the spread of the values seen and within their range.

    Parameters
    ----------
    values : ndarray of shape (n, features)
        The values; they are not changed.
    columns : tuple of int
        The columns that are disturbed.
    seen : ndarray of shape (m, features)
        What spread and range are taken from.
    random : Generator
        Where the noise comes from.
    size : float
        Size of the noise in spreads.
    """
    moved = values.copy()
    for column in columns:
        known = seen[~np.isnan(seen[:, column]), column]
        drawn = random.standard_normal(len(values))
        if known.size:
            disturbed = values[:, column] + size * known.std() * drawn
            moved[:, column] = np.clip(disturbed, known.min(), known.max())
    return moved


def _base(evidence: Evidence) -> _Base:
    rows = evidence.sample_of(evidence.latest.rows, _PEOPLE, salt=4)
    is_bad = evidence.people.is_bad[rows]
    if not is_bad.any() or is_bad.all():
        rows, is_bad = evidence.latest.rows, evidence.latest.is_bad
    auc = float(roc_auc_score(is_bad, evidence.log_odds[rows]))
    return _Base(evidence.bundle, evidence.people.values[rows], is_bad, evidence.credit_score[rows], auc)


def _noisy(base: _Base, evidence: Evidence) -> tuple[_Effect, list[_Effect]]:
    """Noise in all features at once, and in each of the main ones alone."""
    seen, columns = evidence.people.values[evidence.samples.development], evidence.main_columns

    def disturbed(chosen: tuple[int, ...]) -> _Values:
        return noise(base.values, chosen, seen, np.random.default_rng((evidence.seed, 5, *chosen[:1])))

    everything = base.effect("All features", len(columns), disturbed(columns))
    return everything, [
        base.effect(evidence.people.features[column], 1, disturbed((column,))) for column in columns[:_FEATURES]
    ]


def _without(values: _Values, columns: tuple[int, ...]) -> _Values:
    moved = values.copy()
    moved[:, list(columns)] = np.nan
    return moved


def _stressed(base: _Base, evidence: Evidence) -> list[_Effect]:
    names, catalogue = evidence.people.features, evidence.features.catalogue
    effects = []
    for stress in STRESSES:
        columns = [n for n, name in enumerate(names) if catalogue[name].unit == stress.unit and stress.word in name]
        if columns:
            moved = base.values.copy()
            moved[:, columns] = stress.factor * moved[:, columns] + stress.shift
            declared = any(catalogue[names[column]].direction for column in columns)
            effect = base.effect(stress.title, len(columns), moved)
            effects.append(replace(effect, adverse=stress.adverse and declared))
    return effects


def _findings(
    evidence: Evidence, everything: _Effect, missing: list[_Effect], stressed: list[_Effect]
) -> tuple[Finding, ...]:
    criteria = evidence.criteria
    worst = min(missing, key=lambda effect: effect.auc_change) if len(missing) > 1 else None
    return (
        Finding(
            "noise",
            -everything.auc_change <= criteria.most_auc_loss_from_noise,
            f"With noise in all features the AUC changes by {signed(everything.auc_change)}, the score by "
            f"{decimal(everything.mean_size, 1)} points; {shared(everything.decisions)} of decisions change.",
            f"a loss of AUC of at most {criteria.most_auc_loss_from_noise:g}",
            SOURCES["most_auc_loss_from_noise"],
        ),
        Finding(
            "missing_view",
            None if worst is None else -worst.auc_change <= criteria.most_auc_loss_from_view,
            "All features come from one view: without it there is no score to speak of."
            if worst is None
            else f"A missing view changes the AUC by {signed(worst.auc_change)} at worst ({worst.title}).",
            f"a loss of AUC of at most {criteria.most_auc_loss_from_view:g}",
            SOURCES["most_auc_loss_from_view"],
        ),
        *_stress_finding([effect for effect in stressed if effect.adverse]),
    )


def _stress_finding(adverse: list[_Effect]) -> tuple[Finding, ...]:
    """Whether any adverse stress raises the mean score; none where the model has no features they change."""
    if not adverse:
        return ()
    raised = sum(effect.mean_change > 0 for effect in adverse)
    told = "; ".join(
        f"{effect.title}: {signed(effect.mean_change, 2)} points, mean default probability "
        f"{shared(effect.default_probability, 2)}"
        for effect in adverse
    )
    return (
        Finding(
            "stress_sign",
            raised == 0,
            f"{raised} of {len(adverse)} adverse stresses raise the mean score. {told}.",
            "no adverse stress raises the mean score",
            "own standard",
        ),
    )


def _picture(effects: list[_Effect]) -> Picture:
    """How much noise in each feature alone moves the score."""

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        places = labelled_rows(axes, [effect.title for effect in effects])
        axes.barh(places, [effect.mean_size for effect in effects], height=0.62, color=COLOURS["good"], alpha=0.8)
        for place, effect in zip(places, effects, strict=True):
            axes.annotate(f"{shared(effect.decisions)} of decisions", (effect.mean_size, place), (5, 0), va="center",
                          textcoords="offset points", fontsize=7.5, color=COLOURS["muted"])  # fmt: skip
        axes.set_xlim(0, 1.18 * max(0.1, *(effect.mean_size for effect in effects)))
        axes.set_xlabel("mean size of the change of the score, in points")

    told = "; ".join(f"{effect.title}: {effect.mean_size:.2f} points" for effect in effects)
    return Picture("noise", f"Noise of {_NOISE:g} spreads in one feature at a time", told, paint,
                   (WIDE, 1.0 + 0.26 * len(effects)))  # fmt: skip
