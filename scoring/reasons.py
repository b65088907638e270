"""What is told of a decision: which reasons weighed against a person, in words, and the key factors of the score.

Only what raised the risk is a reason against; at most four are told (requirements AA-04), each specific and
with the person's own value (AA-03), and only factors that were scored (AA-05).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = [
    "LEAST_SHARE",
    "MAX_REASONS",
    "NOTHING",
    "Explanation",
    "ToldReason",
    "Weights",
    "agreement",
    "least_told",
    "principal",
]

MAX_REASONS: Final = 4
"""As many reasons are told (12 CFR 1002 Supplement I, comment 9(b)(2)-1)."""

NOTHING: Final = 1e-6
"""A weight up to this is none: contributions are exact to it (requirements AA-20)."""

LEAST_SHARE: Final = 0.02
"""What carries less of all that weighed against a person is no principal reason (own standard)."""


class Weights(Mapping[str, float]):
    """What each reason adds to the log-odds of one person, by code; a mapping that takes eight bytes a reason.

    Parameters
    ----------
    codes : tuple of str
        The reasons.
    values : iterable of float
        Their weights.

    Examples
    --------
    >>> dict(Weights(("B01", "Q01"), [0.5, -0.25]))
    {'B01': 0.5, 'Q01': -0.25}
    """

    __slots__ = ("_codes", "_values")

    def __init__(self, codes: tuple[str, ...], values: Iterable[float]) -> None:
        self._codes = codes
        self._values = array("d", values)

    def __getitem__(self, code: str) -> float:
        try:
            return self._values[self._codes.index(code)]
        except ValueError:
            raise KeyError(code) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)

    def __repr__(self) -> str:
        return f"Weights({dict(self)!r})"


@dataclass(frozen=True, slots=True)
class ToldReason:
    """A reason as a person is told it.

    Parameters
    ----------
    code, statement, statement_zh : str
        The reason, from the catalogue of reasons, in English and Chinese.
    contribution : float
        What the reason's features together add to the calibrated log-odds of bad, above the baseline.
    feature : str
        The feature by which it is told: of the reason's features the one that weighed most, or stands in for it.
    value : float or None
        The person's own value of it; None where nothing is on file.
    told, told_zh : str
        The whole sentence, with the person's own value and, where that does not seem to speak against the reason,
        what approved applicants typically show.
    """

    code: str
    statement: str
    statement_zh: str
    contribution: float
    feature: str
    value: float | None
    told: str
    told_zh: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a person has this score.

    Parameters
    ----------
    reasons : tuple of ToldReason
        What weighed against the person beside applicants just above the cut-off, most first, at most four.
    key_factors : tuple of ToldReason
        What weighed against the score beside all applicants, most first, at most four, and as a fifth that
        of inquiries if it is told by the same rule and is not among the four (FCRA 609(f)(9), 615(a)(2)(B)).
    agreement : int
        How many of `reasons` are among the four that weigh most beside all applicants too.
    base, base_all : float
        Mean log-odds of the applicants just above the cut-off, and of all applicants.
    contributions, contributions_all : mapping of str to float
        What each reason adds to those; with the base they add up to the person's log-odds.
    """

    reasons: tuple[ToldReason, ...]
    key_factors: tuple[ToldReason, ...]
    agreement: int
    base: float
    base_all: float
    contributions: Mapping[str, float]
    contributions_all: Mapping[str, float]

    @property
    def against(self) -> tuple[ToldReason, ...]:
        """What is told where the score did not approve, most first, at most four.

        These are `reasons`. Under a cut-off that the bundle holds no applicants of, because it was made before
        bundles did, nothing may weigh against a person beside those that it holds; then the key factors are told,
        for the other baseline is accepted as well (12 CFR 1002 Supplement I, comment 9(b)(2)-5).
        """
        return self.reasons or self.key_factors[:MAX_REASONS]


def principal(weights: npt.NDArray[np.float64]) -> list[list[int]]:
    """The reasons to tell each person: those that raised the risk most, most first, at most four.

    Of equal weight the first column comes first. What carries less than :data:`LEAST_SHARE` of all that
    weighed against the person is left out.

    Parameters
    ----------
    weights : ndarray of shape (people, reasons)
        Contributions to the log-odds of bad.

    Returns
    -------
    list of list of int
        Columns of the reasons of each person.

    Examples
    --------
    >>> principal(np.array([[0.1, 0.4, -1.0, 0.001], [-0.1, -0.2, 0.0, -0.3]]))
    [[1, 0], []]
    """
    most = np.argsort(-weights, axis=1, kind="stable")[:, :MAX_REASONS]
    least = least_told(weights)
    told = (np.take_along_axis(weights, most, axis=1) > least[:, np.newaxis]).sum(axis=1)  # the heaviest come first
    return [columns[:count] for columns, count in zip(most.tolist(), told.tolist(), strict=True)]


def least_told(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The weight above which a reason is told: :data:`LEAST_SHARE` of all that weighed against the person.

    Parameters
    ----------
    weights : ndarray of shape (..., reasons)
        Contributions to the log-odds of bad.
    """
    return np.asarray(np.maximum(LEAST_SHARE * np.maximum(weights, 0.0).sum(axis=-1), NOTHING))


def agreement(told: Iterable[int], again: Iterable[int]) -> int:
    """How many reasons are told both times."""
    return len(set(told) & set(again))
