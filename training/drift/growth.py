"""Which features grow with a bureau's record, so that they differ from development be the people the same.

A feature that looks back 24 months counts on a record of 6 what there is of 6; a year later, with the same people, it
counts more. So does whatever keeps all that was ever told. Such a shift says how old the bureau is and nothing of the
people, and no retraining on the same dates would remove it. It is expected only while the record is much deeper than it
was in development: once the bureau is old beside the time that has passed, or older than a feature's window, the
feature is judged as all others are.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from bureau.history import History
from bureau.kinds.all import KINDS
from features.catalogue import Catalogue
from features.declaration import Derived

__all__ = ["LEAST_GROWTH", "growing", "grows_until", "months_told"]

LEAST_GROWTH: Final = 1.25
"""By what factor the record must be deeper than it was in development for growth to be expected (own standard).

What grows does so at most in proportion to the months told. Counts and ages of different people differ by far more than
a quarter, so that a growth below it is small beside them, and a large shift has another cause. An exception is the age
of what began with the record for nearly everybody: there even a small growth moves all people at once, and is told.
"""

_TOLD: Final = """
SELECT min(day), max(day) FROM (
    SELECT coalesce(covers, received_at::DATE) AS day FROM delivery
    WHERE recorded_at <= ? AND status IN ('taken in', 'released') AND list_contains(?, contract))"""


def grows_until(catalogue: Catalogue, name: str) -> float:
    """Months of record up to which a feature grows with it; infinite where it keeps what was ever told.

    0 where the newest state alone is told. That of a derived feature is the longest of what it is computed from, unless
    it is declared not to grow.

    Raises
    ------
    UnknownFeature
        If the catalogue has no such feature.
    """
    item = catalogue[name]
    if isinstance(item, Derived):
        if item.window is not None:
            return float(item.window)
        return max((grows_until(catalogue, each) for each in item.expression.operands), default=0.0)
    return float("inf") if item.grows else float(item.window or 0)


def growing(catalogue: Catalogue, names: Iterable[str], developed: int, now: int) -> frozenset[str]:
    """The features that have grown with the record since development, as is to be expected.

    They count over more months than the record told of in development; none, while it is not much deeper by now
    (:data:`LEAST_GROWTH`).

    Parameters
    ----------
    catalogue : Catalogue
        Where they are declared.
    names : iterable of str
        The features.
    developed : int
        Months that the record told of (:func:`months_told`) at the first observation of development, where it was
        shallowest: the mean over its observations would hide that a window was filled at the later of them alone.
    now : int
        The same of today.
    """
    if now <= LEAST_GROWTH * developed:
        return frozenset()
    return frozenset(name for name in names if grows_until(catalogue, name) > developed)


def months_told(history: History, moment: datetime) -> int:
    """Calendar months from the first to the newest that the bureau's deliveries told of by a moment, both counted.

    Deliveries that are held, and those of portfolios, which are no record of the bureau, do not count.

    Parameters
    ----------
    history : History
        The credit history.
    moment : datetime
        The moment (UTC, naive); deliveries recorded later are not known.

    Returns
    -------
    int
        0 without a delivery; 12 for month ends from 31 January to 31 December.
    """
    with history.read() as connection:
        first, newest = connection.execute(_TOLD, [moment, list(KINDS)]).fetchall()[0]
    return 0 if first is None else 12 * (newest.year - first.year) + newest.month - first.month + 1
