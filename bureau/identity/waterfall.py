"""A match weight step by step: what each comparison adds to it, for people who decide."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bureau.identity.comparisons import COMPARISONS, Comparison, levels
from bureau.identity.model import Model

__all__ = ["Step", "waterfall"]


@dataclass(frozen=True)
class Step:
    """What one comparison says of two records.

    Parameters
    ----------
    comparison : str
        What is compared (:data:`bureau.identity.comparisons.COMPARISONS`); the first step is the ``prior``.
    level : str
        How the two stand to each other; ``missing`` where there is nothing to compare.
    weight : float
        What it adds to the match weight, in bits.
    """

    comparison: str
    level: str
    weight: float


def waterfall(model: Model, left: Mapping[str, Any], right: Mapping[str, Any]) -> tuple[Step, ...]:
    """The steps from the prior to the match weight of two standard records.

    Parameters
    ----------
    model : Model
        Whose weights.
    left, right : mapping
        Standard records (:func:`bureau.identity.standard.standard_record`).

    Returns
    -------
    tuple of Step
        The prior, then one for each comparison; their sum is the weight of
        :func:`bureau.identity.scoring.pair_weight`.
    """
    steps = [Step("prior", "two records of which nothing is known", model.prior_weight)]
    for comparison, number in zip(COMPARISONS, levels(left, right), strict=True):
        if number < 0:
            steps.append(Step(comparison.name, "missing", 0.0))
        else:
            weight = _level_weight(model, comparison, number, left, right)
            steps.append(Step(comparison.name, comparison.levels[number].name, weight))
    return tuple(steps)


def _level_weight(
    model: Model, comparison: Comparison, number: int, left: Mapping[str, Any], right: Mapping[str, Any]
) -> float:
    chance = model.chances[comparison.name][number]
    column = comparison.levels[number].frequency
    told = [] if column is None else [model.frequency(column, side[column]) for side in (left, right)]
    terms = [frequency for frequency in told if frequency is not None]
    # The more frequent of two terms counts: it is the easier to share by chance.
    return math.log2(chance.m) - math.log2(max(terms)) if terms else chance.weight
