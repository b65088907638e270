"""Gates: what a model must pass to become the champion without a person, and whether it beats the champion.

Each gate has its limit here; a lender passes other :class:`Limits`. They stop what is broken. Judging
a model is the validation's part, and a person's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.analysis.bins import quantile_bins
from features.analysis.shift import psi_of_counts
from features.reasons import REASONS
from scoring.bundle import Bundle
from scoring.calibration import probability
from training.figures import CALIBRATION_BINS, expected_calibration_error
from training.report.resampling import bootstrap
from training.validation_record import Found

__all__ = [
    "Comparison",
    "Gate",
    "Held",
    "Limits",
    "calibration_gate",
    "compare",
    "discrimination_gate",
    "fairness_gate",
    "parity_gate",
    "reasons_gate",
    "stability_gate",
]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]

_TRUE_REASONS = frozenset(f"explanations.{key}" for key in ("brute_force", "directed", "exact", "faithful"))
"""Findings of the validation without which no reason is true."""


@dataclass(frozen=True)
class Limits:
    """Limits of the gates.

    Parameters
    ----------
    least_auc : float
        AUC on people the model has not seen; the upper end of its interval must reach it.
    most_auc_fall : float
        By how much the AUC may lie below that of the development sample (out of fold); the upper end of
        its interval must lie within it.
    most_calibration_error : float
        Expected calibration error over ten bins of equal count; 1.5 times what chance alone would show on average
        is allowed on top of it.
    most_psi : float
        Population stability index of the score between development and unseen people.
    least_gain : float
        The challenger is better if the lower end of the interval of its AUC less the champion's lies above.
    draws : int
        Draws of the bootstrap.
    """

    least_auc: float = 0.6
    most_auc_fall: float = 0.05
    most_calibration_error: float = 0.02
    most_psi: float = 0.25
    least_gain: float = 0.0
    draws: int = 1000


@dataclass(frozen=True)
class Gate:
    """One gate.

    Parameters
    ----------
    name : str
        Which.
    passed : bool or None
        Whether the model passed it; None where it could not be assessed, which stops nothing.
    text : str
        Why, with the figures.
    """

    name: str
    passed: bool | None
    text: str


@dataclass(frozen=True, eq=False)
class Held:
    """People of one sample, and what a model says of them.

    Parameters
    ----------
    log_odds : ndarray of shape (n,)
        Calibrated log-odds of bad.
    is_bad : ndarray of shape (n,)
        The outcome.
    """

    log_odds: _Values
    is_bad: _Flags

    def __len__(self) -> int:
        return len(self.is_bad)


@dataclass(frozen=True)
class Comparison:
    """A challenger beside the champion on the same people.

    Parameters
    ----------
    challenger_auc, champion_auc : float
        AUC of each.
    difference, low, high : float
        The challenger's AUC less the champion's, and its 95 % interval (paired stratified bootstrap).
    people : int
        How many people.
    sample : str
        Who they are.
    least_gain : float
        What the lower end must exceed.
    """

    challenger_auc: float
    champion_auc: float
    difference: float
    low: float
    high: float
    people: int
    sample: str
    least_gain: float = 0.0

    @property
    def is_better(self) -> bool:
        """Whether the challenger is better with confidence."""
        return self.low > self.least_gain

    @property
    def text(self) -> str:
        """The comparison in a sentence."""
        return (
            f"AUC {self.challenger_auc:.4f} against the champion's {self.champion_auc:.4f} on {self.people:,} people "
            f"({self.sample}): {self.difference:+.4f}, 95 % interval {self.low:+.4f} to {self.high:+.4f}"
        )


def compare(
    challenger: _Values, champion: _Values, is_bad: _Flags, *, sample: str, limits: Limits, seed: int
) -> Comparison:
    """Compare two models on the same people.

    Parameters
    ----------
    challenger, champion : ndarray of shape (n,)
        Log-odds by each.
    is_bad : ndarray of shape (n,)
        The outcome; both kinds must be there.
    sample : str
        Who they are, for the text.
    limits : Limits
        The limits.
    seed : int
        Seed of the draws.
    """
    drawn = bootstrap([challenger, champion], is_bad, draws=limits.draws, seed=seed)
    difference, interval = drawn.difference(0, 1)
    ours, theirs = (float(auc) for auc in drawn.point_auc)
    return Comparison(ours, theirs, difference, interval.low, interval.high, len(is_bad), sample, limits.least_gain)


def discrimination_gate(development: Held, unseen: Held, limits: Limits, *, seed: int) -> Gate:
    """Whether the model tells good from bad among people it has not seen."""
    drawn = bootstrap([unseen.log_odds], unseen.is_bad, draws=limits.draws, seed=seed)
    auc, interval = float(drawn.point_auc[0]), drawn.auc_interval()
    before = float(bootstrap([development.log_odds], development.is_bad, draws=1, seed=seed).point_auc[0])
    floor = max(limits.least_auc, before - limits.most_auc_fall)
    return Gate(
        "discrimination",
        interval.high >= floor,
        f"AUC {auc:.4f} ({interval.low:.4f} to {interval.high:.4f}) on {len(unseen):,} unseen people, "
        f"{before:.4f} in development; at least {floor:.4f} is asked for",
    )


def calibration_gate(unseen: Held, limits: Limits) -> Gate:
    """Whether the probabilities hold on people the model has not seen.

    By chance alone a perfect model shows an error of about sqrt(2 / pi) * mean of sqrt(p (1 - p) / m),
    with m people a bin (see :func:`training.figures.expected_calibration_error`); half as much again, which it
    exceeds once in forty times, is allowed on top of the limit.
    """
    chance = probability(unseen.log_odds)
    error = expected_calibration_error(chance, unseen.is_bad)
    a_bin = max(1.0, len(unseen) / CALIBRATION_BINS)
    by_chance = 1.5 * float(np.sqrt(2 / np.pi) * np.sqrt(chance * (1 - chance) / a_bin).mean())
    allowed = limits.most_calibration_error + by_chance
    return Gate(
        "calibration",
        error <= allowed,
        f"expected calibration error {error:.4f} on {len(unseen):,} unseen people; at most {allowed:.4f} is allowed, "
        f"{by_chance:.4f} of it for chance",
    )


def stability_gate(development: Held, unseen: Held, limits: Limits) -> Gate:
    """Whether scores of unseen people are spread as those of the development sample.

    Without any shift the index is on average near (bins - 1) (1 / n + 1 / m), and distributed nearly as chi-square:
    twice that, which it exceeds once in thirty times, is allowed on top of the limit.
    """
    bins = quantile_bins(development.log_odds)
    psi = psi_of_counts(bins.count(development.log_odds), bins.count(unseen.log_odds))
    by_chance = 2 * len(bins.edges) * (1 / len(development) + 1 / len(unseen))
    return Gate(
        "stability",
        psi <= limits.most_psi + by_chance,
        f"population stability index of the score {psi:.4f}; at most {limits.most_psi + by_chance:.4f} is allowed, "
        f"{by_chance:.4f} of it for chance",
    )


def fairness_gate(findings: Iterable[Found]) -> Gate:
    """Whether the validation's findings of fairness passed; not assessed without self-test attributes."""
    told = [each for each in findings if each.key.startswith("fairness")]
    failed = [each for each in told if each.passed is False]
    if failed:
        return Gate("fairness", False, "; ".join(each.text for each in failed))
    if not any(each.passed for each in told):
        return Gate("fairness", None, "no self-test attributes that it could be assessed on")
    return Gate("fairness", True, f"{sum(each.passed is True for each in told)} findings passed")


def reasons_gate(bundle: Bundle, findings: Iterable[Found] = ()) -> Gate:
    """Whether every feature of the model counts towards a reason that can be told, and the reasons told are true.

    Parameters
    ----------
    bundle : Bundle
        The model.
    findings : iterable of Found
        Findings of its validation; of these count that reasons are exact, faithful to the model, and never
        against their direction.
    """
    without = [name for name, code in zip(bundle.model.features, bundle.reason_of, strict=True) if code not in REASONS]
    if without:
        return Gate("reasons", False, f"no reason is declared for {', '.join(without)}")
    failed = [each for each in findings if each.key in _TRUE_REASONS and each.passed is False]
    if failed:
        return Gate("reasons", False, "; ".join(each.text for each in failed))
    return Gate("reasons", True, f"{len(bundle.model.features)} features, {len(bundle.reason_codes)} reasons")


def parity_gate(offline: Sequence[_Values], online: Sequence[Mapping[str, float]], bundle: Bundle) -> Gate:
    """Whether the scoring service would see what the training saw.

    Parameters
    ----------
    offline : sequence of ndarray of shape (counted,)
        The portfolio's counted features of some people as the training reads them.
    online : sequence of mapping of str to float
        The same people's from the online store.
    bundle : Bundle
        The model.
    """
    if not offline:
        return Gate("parity", None, "nobody is online yet")
    names = bundle.features.counted
    differ = sorted(
        {
            name
            for row, served in zip(offline, online, strict=True)
            for name, value in zip(names, row, strict=True)
            if not np.array_equal(value, served[name], equal_nan=True)
        }
    )
    if differ:
        return Gate("parity", False, f"online and offline differ in {', '.join(differ[:5])}")
    return Gate("parity", True, f"{len(offline):,} people, {len(names)} features: online equals offline")
