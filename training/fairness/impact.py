"""Adverse impact ratio: a group's rate of approval over that of the group it is compared with, at every cut-off.

Below four fifths a ratio is generally taken as a sign of adverse impact (Uniform Guidelines on Employee Selection
Procedures, 29 CFR 1607.4(D)), which lenders' examiners use for credit as a rule of thumb; it proves nothing and
a ratio above it excuses nothing. Each ratio has Koopman's 95 % interval (:mod:`training.fairness.ratio`), so that
it is seen whether the count of people bears a verdict at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from training.fairness.groups import LEAST_IN_GROUP, Groups
from training.fairness.ratio import rate_ratio, ratio_interval

__all__ = ["FOUR_FIFTHS", "Impact", "Verdict", "impact", "impact_at", "verdict_of"]

FOUR_FIFTHS: Final = 0.8

Verdict = Literal["below four fifths", "not below four fifths", "open", "too few to judge"]
"""``open``: the interval holds four fifths."""

_Values = npt.NDArray[np.float64]
_Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Impact:
    """One group against the reference, at rising cut-offs.

    Parameters
    ----------
    attribute, group, reference : str
        The attribute, the group, and the one it is compared with.
    count, reference_count : int
        People in both.
    cut_offs : ndarray of shape (k,)
        Credit scores; who has one at least as high is approved.
    approved, reference_approved : ndarray of shape (k,)
        Approved people of both.
    ratio, low, high : ndarray of shape (k,)
        Adverse impact ratio and its 95 % interval; NaN where nobody of the reference is approved.
    """

    attribute: str
    group: str
    reference: str
    count: int
    reference_count: int
    cut_offs: _Counts
    approved: _Counts
    reference_approved: _Counts
    ratio: _Values
    low: _Values
    high: _Values

    @property
    def is_judged(self) -> bool:
        """Whether both groups are large enough."""
        return min(self.count, self.reference_count) >= LEAST_IN_GROUP

    @property
    def rate(self) -> _Values:
        """Share of the group that is approved; NaN where there is nobody."""
        return self.approved / (self.count or np.nan)

    @property
    def reference_rate(self) -> _Values:
        """Share of the reference that is approved; NaN where there is nobody."""
        return self.reference_approved / (self.reference_count or np.nan)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What each cut-off comes to."""
        return tuple(
            verdict_of(float(low), float(high)) if self.is_judged else "too few to judge"
            for low, high in zip(self.low, self.high, strict=True)
        )


def verdict_of(low: float, high: float) -> Verdict:
    """What an interval says of four fifths.

    Examples
    --------
    >>> verdict_of(0.5, 0.7), verdict_of(0.82, 0.97), verdict_of(0.7, 0.9)
    ('below four fifths', 'not below four fifths', 'open')
    """
    if high < FOUR_FIFTHS:
        return "below four fifths"
    return "not below four fifths" if low >= FOUR_FIFTHS else "open"


def impact(
    groups: Groups, credit_score: npt.NDArray[np.int64], cut_offs: Sequence[int] | _Counts | None = None
) -> tuple[Impact, ...]:
    """Every group but the reference, at every cut-off.

    Parameters
    ----------
    groups : Groups
        The groups of n people.
    credit_score : ndarray of shape (n,)
        Their scores.
    cut_offs : sequence of int, optional
        Rising; by default every score that somebody has: between two of them nothing changes.
    """
    places = np.unique(credit_score) if cut_offs is None else np.asarray(cut_offs, dtype=np.int64)
    approved = [_approved(credit_score[groups.rows(number)], places) for number in range(len(groups.names))]
    counts = groups.counts
    of_reference, reference_count = approved[groups.reference], int(counts[groups.reference])
    found = []
    for number in groups.others:
        pair = (approved[number], counts[number], of_reference, reference_count)
        low, high = ratio_interval(*pair)
        found.append(
            Impact(
                attribute=groups.attribute,
                group=groups.names[number],
                reference=groups.names[groups.reference],
                count=int(counts[number]),
                reference_count=reference_count,
                cut_offs=places,
                approved=approved[number],
                reference_approved=of_reference,
                ratio=rate_ratio(*pair),
                low=low,
                high=high,
            )
        )
    return tuple(found)


def impact_at(groups: Groups, credit_score: npt.NDArray[np.int64], cut_off: int) -> tuple[Impact, ...]:
    """The same at one cut-off."""
    return impact(groups, credit_score, [cut_off])


def _approved(credit_score: npt.NDArray[np.int64], cut_offs: _Counts) -> _Counts:
    ordered = np.sort(credit_score)
    return (len(ordered) - np.searchsorted(ordered, cut_offs, side="left")).astype(np.int64)
