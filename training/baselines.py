"""Drawing the baselines of a model from its development sample, and what the approved typically show."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.baselines import Baselines, ReferenceGroup, intervals_of
from scoring.calibration import Calibration
from scoring.comparison import Comparison
from scoring.model import Model
from scoring.policy import Policy, PolicyBook
from scoring.scale import ScoreScale
from scoring.typical import typical_of

__all__ = ["LEAST_APPROVED", "ROWS", "draw_baselines", "draw_elsewhere"]

ROWS: Final = 500
"""As many applicants stand for each baseline, if there are so many."""

LEAST_APPROVED: Final = 20
"""Where fewer are approved, they are too few to speak for the approved: those of the lowest risk do."""

_NEAR: Final = 0.25
"""Share of the approved, those of the lowest scores, who count as slightly above the cut-off."""

_LEAST_NEAR: Final = 100
"""As many of them count at least, if there are so many."""


def draw_baselines(
    model: Model,
    calibration: Calibration,
    scale: ScoreScale,
    policy: Policy,
    values: npt.NDArray[np.float64],
    *,
    seed: int,
    rows: int = ROWS,
) -> Comparison:
    """Draw applicants for both baselines.

    Just above the cut-off are the quarter of the approved with the lowest scores, or a hundred of them where the
    quarter is fewer. Where fewer than :data:`LEAST_APPROVED` are approved, those of the lowest risk take the
    place of the approved: a tenth of the applicants, or `LEAST_APPROVED` where that is fewer.

    Parameters
    ----------
    model, calibration, scale, policy
        What scores and decides.
    values : ndarray of shape (applicants, features)
        The applicants of the development sample; missing values NaN.
    seed : int
        Same seed and applicants, same rows.
    rows : int
        The most that are drawn for each baseline.
    """
    log_odds = calibration.log_odds(model.margin(values))
    riskiest_first = np.argsort(-log_odds, kind="stable")
    approved = riskiest_first[scale.to_score(log_odds)[riskiest_first] >= policy.refer_below]
    group: ReferenceGroup = "approved"
    if len(approved) < LEAST_APPROVED:
        group, approved = "safest", riskiest_first[-max(len(values) // 10, LEAST_APPROVED) :]
    near = approved[: max(_LEAST_NEAR, int(_NEAR * len(approved)))]
    random = np.random.default_rng((seed, 20))
    drawn = [_some(chosen, rows, random) for chosen in (near, np.arange(len(values)))]
    near_rows, all_rows = (intervals_of(model.forest, values[chosen]) for chosen in drawn)
    return Comparison(Baselines(near_rows, all_rows, group), typical_of(values[np.sort(approved)], model.features))


def draw_elsewhere(
    model: Model,
    calibration: Calibration,
    scale: ScoreScale,
    book: PolicyBook,
    own: Policy,
    drawn: Comparison,
    values: npt.NDArray[np.float64],
    *,
    since: date,
    seed: int,
    rows: int = ROWS,
) -> dict[int, Comparison]:
    """Draw for every other cut-off that holds in some jurisdiction on a day or later, in the same way.

    Parameters
    ----------
    book : PolicyBook
        All policies.
    own : Policy
        The one whose cut-off has been drawn for.
    drawn : Comparison
        What was drawn for it: all applicants are the same everywhere.
    since : date
        That day.
    model, calibration, scale, values, seed, rows
        As for :func:`draw_baselines`.
    """
    others = [cut_off for cut_off in book.cut_offs(since) if cut_off != own.refer_below]
    found = {}
    for cut_off in others:
        policy = replace(own, refer_below=cut_off, decline_below=min(cut_off, own.decline_below))
        there = draw_baselines(model, calibration, scale, policy, values, seed=seed, rows=rows)
        baselines = replace(there.baselines, all_applicants=drawn.baselines.all_applicants)
        found[cut_off] = replace(there, baselines=baselines)
    return found


def _some(chosen: npt.NDArray[np.int64], rows: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """At most so many of them."""
    return random.choice(chosen, rows, replace=False) if len(chosen) > rows else chosen
