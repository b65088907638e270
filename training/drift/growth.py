"""Which features grow with a bureau's record, so that they differ from development be the people the same.

A feature that looks back 24 months counts on a record of 6 what there is of 6; a year later, with the same people, it
counts more. So does whatever keeps all that was ever told. Such a shift says how old the bureau is and nothing of the
people, and no retraining on the same dates would remove it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from features.catalogue import Catalogue
from features.declaration import Derived

__all__ = ["growing", "reach_of", "whole_months"]


def reach_of(catalogue: Catalogue, name: str) -> float:
    """Months of record from which a feature no longer grows with it; infinite where it keeps what was ever told.

    0 where the newest state alone is told. That of a derived feature is the longest of what it is computed from.

    Raises
    ------
    KeyError
        If the catalogue has no such feature.
    """
    item = catalogue[name]
    if isinstance(item, Derived):
        return max((reach_of(catalogue, each) for each in item.expression.operands), default=0.0)
    return float("inf") if item.accumulates else float(item.window or 0)


def growing(catalogue: Catalogue, names: Iterable[str], months: int) -> frozenset[str]:
    """The features that reach further back than a record of so many months.

    Parameters
    ----------
    catalogue : Catalogue
        Where they are declared.
    names : iterable of str
        The features.
    months : int
        Whole months that the record reached back at the first observation of development.
    """
    return frozenset(name for name in names if reach_of(catalogue, name) > months)


def whole_months(since: date, until: date) -> int:
    """Whole months from one date to another; 0 where the second is not later.

    Examples
    --------
    >>> whole_months(date(2019, 1, 31), date(2019, 6, 30)), whole_months(date(2019, 1, 31), date(2019, 7, 31))
    (4, 6)
    """
    months = 12 * (until.year - since.year) + until.month - since.month - (until.day < since.day)
    return max(months, 0)
