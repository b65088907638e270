"""Offers: what a lender grants at all, so that no one is told to ask for anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scoring.policy.table import Table

__all__ = ["Offers", "offers_of"]

_MOST = 10**12


@dataclass(frozen=True)
class Offers:
    """Bounds of what may be asked for; None where nothing is stated.

    Parameters
    ----------
    least_amount : int, optional
        The smallest amount that is lent, in the currency of the portfolio.
    most_instalments : int, optional
        As many times an instalment is the amount at most. At the longest term that is granted: the number of its
        instalments without interest, and fewer with it.
    """

    least_amount: int | None = None
    most_instalments: int | None = None

    def bounds(self) -> Mapping[str, float]:
        """The bounds by the names that actions know them by (:class:`features.action.Floor`)."""
        bounds = {}
        if self.least_amount is not None:
            bounds["amount"] = float(self.least_amount)
        if self.most_instalments is not None:
            bounds["instalment"] = 1.0 / self.most_instalments
        return bounds

    def plain(self) -> dict[str, int]:
        """As a table of configuration, which :func:`offers_of` reads."""
        told = {"least_amount": self.least_amount, "most_instalments": self.most_instalments}
        return {name: value for name, value in told.items() if value is not None}


def offers_of(table: Table) -> Offers:
    """The offers that a table states.

    Raises
    ------
    PolicyRefused
        If a key is unknown, or no whole number above zero.
    """
    stated = {name: table.whole(name, 1, _MOST) for name in ("least_amount", "most_instalments") if name in table}
    table.done()
    return Offers(**stated)
