"""Grades of a population: how concentrated they are, and how people have moved between them.

Concentration is the Herfindahl index as the European Central Bank asks for it (Instructions for reporting the
validation results of internal models, 2019, section 2.5.5.3): with R_k the share of grade k of K, ::

    CV = sqrt(K * sum over k of (R_k - 1 / K)^2),   HI = 1 + ln((CV^2 + 1) / K) / ln(K)

0 where all grades hold the same, 1 where one holds everybody. Whether it is higher than in development is tested
there by a normal distribution: p = 1 - Phi(sqrt(K - 1) (CV_now - CV_then) / sqrt(CV_now^2 (0.5 + CV_now^2))).

Migration is that of people who were in the population then and are now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

__all__ = ["Concentration", "Migration", "concentration", "migration"]

_Grades = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Concentration:
    """How a population is spread over grades, then and now.

    Parameters
    ----------
    names : tuple of str
        The grades, the best first.
    shares_before, shares_now : tuple of float
        Share of people in each.
    before, now : float
        Herfindahl index of both; NaN with a single grade.
    p : float
        That it is higher by chance; NaN with a single grade.
    """

    names: tuple[str, ...]
    shares_before: tuple[float, ...]
    shares_now: tuple[float, ...]
    before: float
    now: float
    p: float


@dataclass(frozen=True, eq=False)
class Migration:
    """How people have moved.

    Parameters
    ----------
    counts : ndarray of shape (grades, grades)
        People by grade then (rows) and now (columns).
    stayed, moved_far, worse : float
        Shares of people in the same grade, two grades away or more, and in a worse one.
    """

    counts: npt.NDArray[np.int64]
    stayed: float
    moved_far: float
    worse: float


def concentration(before: _Grades, now: _Grades, names: Sequence[str]) -> Concentration:
    """Compare two populations.

    Parameters
    ----------
    before, now : ndarray of int
        Number of each person's grade, 0 for the best; at least one person each.
    names : sequence of str
        The grades.

    Examples
    --------
    >>> found = concentration(np.array([0, 1]), np.array([0, 0]), ["A", "B"])
    >>> found.before, found.now
    (0.0, 1.0)
    """
    size = len(names)
    shares = [np.bincount(part, minlength=size) / len(part) for part in (before, now)]
    if size == 1:
        return Concentration(tuple(names), (1.0,), (1.0,), *[float("nan")] * 3)
    spreads = [float(np.sqrt(size * ((share - 1 / size) ** 2).sum())) for share in shares]
    indices = [float(1 + np.log((spread**2 + 1) / size) / np.log(size)) for spread in spreads]
    then, present = spreads
    error = present * np.sqrt(0.5 + present**2)
    p = float(norm.sf(np.sqrt(size - 1) * (present - then) / error)) if error else 1.0
    told = [tuple(map(float, share)) for share in shares]
    return Concentration(tuple(names), told[0], told[1], indices[0], indices[1], p)


def migration(
    ids_before: npt.NDArray[np.int64],
    before: _Grades,
    ids_now: npt.NDArray[np.int64],
    now: _Grades,
    grades: int,
) -> Migration | None:
    """How the people of two populations have moved; None where nobody is in both.

    Parameters
    ----------
    ids_before, ids_now : ndarray of int
        Who; somebody who stands there several times counts by the last row.
    before, now : ndarray of int
        Number of the grade, 0 for the best.
    grades : int
        How many there are.
    """
    then = dict(zip(ids_before.tolist(), before.tolist(), strict=True))
    present = dict(zip(ids_now.tolist(), now.tolist(), strict=True))
    pairs = np.array([(then[who], grade) for who, grade in present.items() if who in then], dtype=np.int64)
    if not len(pairs):
        return None
    counts = np.bincount(pairs[:, 0] * grades + pairs[:, 1], minlength=grades**2).reshape(grades, grades)
    steps = pairs[:, 1] - pairs[:, 0]
    return Migration(
        counts=counts.astype(np.int64),
        stayed=float((steps == 0).mean()),
        moved_far=float((np.abs(steps) > 1).mean()),
        worse=float((steps > 0).mean()),
    )
