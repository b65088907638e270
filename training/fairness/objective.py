"""The objective beside the AUC in a search for alternatives: how alike groups are approved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from training.fairness.groups import Groups

__all__ = ["LEAST_TO_STEER", "ImpactAtApproval", "lowest_share", "steering"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]

LEAST_TO_STEER: Final = 200
"""A group with fewer people in the search does not steer it: the lowest ratio of many would be that of the
smallest group's luck (own standard)."""


@dataclass(frozen=True, eq=False)
class ImpactAtApproval:
    """The third objective of the tuning: the lowest impact ratio of all groups that steer the search.

    In each fold the share with the lowest margins is approved; counts are added up over the folds.

    Parameters
    ----------
    groups_by_fold : tuple of tuple of Groups
        By fold, the attributes of the people that are judged.
    judged : tuple of tuple of int
        By attribute, the groups that steer.
    approval_rate : float
        Share that is approved.
    """

    groups_by_fold: tuple[tuple[Groups, ...], ...]
    judged: tuple[tuple[int, ...], ...]
    approval_rate: float

    def __call__(self, margins: Sequence[_Values]) -> float:
        """The ratio, from the margins of each fold's people (higher is riskier)."""
        approved = [lowest_share(margin, self.approval_rate) for margin in margins]
        lowest = np.inf
        for place, judged in enumerate(self.judged):
            parts = [of_fold[place] for of_fold in self.groups_by_fold]
            size = len(parts[0].names)
            passed = sum(
                np.bincount(part.codes[rows], minlength=size) for part, rows in zip(parts, approved, strict=True)
            )
            rates = passed / np.maximum(sum(part.counts for part in parts), 1)
            base = rates[parts[0].reference]
            lowest = min([lowest, *(rates[number] / base if base else 0.0 for number in judged)])
        return float(lowest)


def steering(groups: Groups) -> tuple[int, ...]:
    """Numbers of the groups whose impact the search looks at; none where the reference itself is too small."""
    counts = groups.counts
    if counts[groups.reference] < LEAST_TO_STEER:
        return ()
    return tuple(number for number in groups.others if counts[number] >= LEAST_TO_STEER)


def lowest_share(margin: _Values, share: float) -> _Flags:
    """The share of rows with the lowest margins, rounded to whole people; of equal ones the first."""
    approved = np.zeros(len(margin), dtype=np.bool_)
    approved[np.argsort(margin, kind="stable")[: round(share * len(margin))]] = True
    return approved
