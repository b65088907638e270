"""From contributions of features to reasons: what weighed against a person, most first.

Contributions are added up by reason, so that features that mean the same thing neither split nor
double it (requirements AA-22). Only what raised the risk is a reason against; at most four are told
(AA-04), and only factors that were scored (AA-05).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from features.reasons import REASONS

__all__ = ["MAX_REASONS", "Attribution", "ReasonWeight"]

MAX_REASONS: Final = 4


@dataclass(frozen=True)
class ReasonWeight:
    """A reason and its weight for one person.

    Parameters
    ----------
    code, statement, statement_zh : str
        The reason, from the catalogue.
    contribution : float
        What its features add to the calibrated log-odds of bad.
    """

    code: str
    statement: str
    statement_zh: str
    contribution: float


@dataclass(frozen=True)
class Attribution:
    """Which feature counts towards which reason.

    Parameters
    ----------
    reason_of : tuple of str
        Code of the reason of each feature, in the model's order.
    """

    reason_of: tuple[str, ...]

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The reasons, in order."""
        return tuple(sorted(set(self.reason_of)))

    @cached_property
    def _places(self) -> npt.NDArray[np.int64]:
        """Column of the reason of each feature."""
        return np.array([self.codes.index(code) for code in self.reason_of], dtype=np.int64)

    def by_reason(self, contributions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Contributions added up by reason, columns in the order of :attr:`codes`.

        A person's sums do not depend on who else is in the table, as those of a matrix product would.

        Examples
        --------
        >>> Attribution(("A", "B", "A")).by_reason(np.array([[1.0, 2.0, 3.0]])).tolist()
        [[4.0, 2.0]]
        """
        rows, reasons = len(contributions), len(self.codes)
        cells = (np.arange(rows)[:, np.newaxis] * reasons + self._places).ravel()
        sums = np.bincount(cells, contributions.ravel(), rows * reasons).astype(np.float64, copy=False)
        return sums.reshape(rows, reasons)

    def against(self, by_reason: Sequence[float] | npt.NDArray[np.float64]) -> tuple[ReasonWeight, ...]:
        """What weighed against one person, most first (of equal weight: by code), at most four.

        Examples
        --------
        >>> [reason.code for reason in Attribution(("C01", "C02", "C05")).against([0.1, 0.3, -0.2])]
        ['C02', 'C01']
        """
        weights = zip(self.codes, by_reason, strict=True)
        against = sorted((-float(weight), code) for code, weight in weights if weight > 0)
        return tuple(
            ReasonWeight(code, REASONS[code].statement, REASONS[code].statement_zh, -negative)
            for negative, code in against[:MAX_REASONS]
        )
