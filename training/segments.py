"""Segments of a bureau's population: the divisions by which a validation looks at a model.

All three are known at the observation: how much is on file, what kinds of accounts are open, and under which
law the furnishers of the accounts report.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from bureau.history import History

__all__ = ["SEGMENT_FEATURES", "jurisdictions", "segments_of"]

_PRODUCTS: Final = MappingProxyType(
    {
        "revolving": ("open_card_count", "open_line_count"),
        "instalment": ("open_consumer_count", "open_car_count", "open_student_count"),
        "mortgage": ("open_mortgage_count",),
    }
)
"""Kind of account to the features that count the open ones."""

SEGMENT_FEATURES: Final = (
    "thin_file",
    "file_without_accounts",
    *(name for names in _PRODUCTS.values() for name in names),
)
"""Features of the bureau by which people are divided; a model need not use them."""

_Texts = npt.NDArray[np.object_]


def segments_of(counted: Mapping[str, npt.NDArray[np.float64]]) -> dict[str, _Texts]:
    """The segments that follow from features.

    Parameters
    ----------
    counted : mapping of str to ndarray
        Values of :data:`SEGMENT_FEATURES`; missing ones NaN.

    Returns
    -------
    dict of str to ndarray of str
        ``file``: no accounts, thin (fewer than three), full. ``products``: the kinds of accounts that are open,
        joined by ``+``; none.

    Examples
    --------
    >>> one = {name: np.array([0.0]) for name in SEGMENT_FEATURES}
    >>> segments_of(one | {"open_car_count": np.array([2.0]), "thin_file": np.array([1.0])})
    {'file': array(['thin'], dtype=object), 'products': array(['instalment'], dtype=object)}
    """
    nothing, thin = (counted[name] == 1 for name in ("file_without_accounts", "thin_file"))
    file = np.select([nothing, thin], ["no accounts", "thin"], default="full").astype(object)
    products = np.full(len(file), "", dtype=object)
    for kind, names in _PRODUCTS.items():
        open_accounts = np.nansum([counted[name] for name in names], axis=0) > 0
        products += np.where(open_accounts, np.where(products == "", kind, f"+{kind}"), "").astype(object)
    return {"file": file, "products": np.where(products == "", "none", products).astype(object)}


_JURISDICTIONS: Final = """
SELECT asked.row_no, string_agg(DISTINCT furnisher.jurisdiction, '+' ORDER BY furnisher.jurisdiction) AS jurisdiction
FROM asked
LEFT JOIN temp.resolved ON resolved.consumer_id = asked.consumer_id
LEFT JOIN known.association AS told ON told.consumer_id = coalesce(resolved.resolved_id, asked.consumer_id)
LEFT JOIN history.delivery AS delivery USING (delivery_no)
LEFT JOIN history.furnisher AS furnisher USING (furnisher_id)
GROUP BY row_no ORDER BY row_no"""


def jurisdictions(history: History, consumer_ids: npt.NDArray[Any], moment: datetime) -> _Texts:
    """Under which laws the furnishers of each consumer's accounts reported, as known at a moment (UTC).

    Returns
    -------
    ndarray of str
        Jurisdictions joined by ``+``; ``none`` where no furnisher with a jurisdiction tells an account.
    """
    asked = pd.DataFrame({"row_no": np.arange(len(consumer_ids)), "consumer_id": consumer_ids})
    with history.as_of(moment) as known:
        known.connection.register("asked", asked)
        try:
            found = known.connection.execute(_JURISDICTIONS).df()
        finally:
            known.connection.unregister("asked")
    return found["jurisdiction"].fillna("none").to_numpy(dtype=object)
