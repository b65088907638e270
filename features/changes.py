"""Of whom something became known since a moment, and the features of a few consumers, computed anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from bureau.facts import FACTS
from bureau.history import History
from features.compute import compute
from features.errors import FeatureError
from features.sets import FeatureSet

__all__ = ["changed_since", "few"]

_NO_FEATURES: Final = frozenset({"outcome", "protected_attribute"})
"""Facts that no feature for a decision reads."""


def changed_since(history: History, since: datetime, until: datetime) -> list[int]:
    """The consumers of whom something was recorded after one moment and no later than another.

    Parameters
    ----------
    history : History
        The credit history.
    since, until : datetime
        The two moments, with a time zone. For what a delivery has brought: the moment before and the
        moment of its being recorded.

    Returns
    -------
    list of int
        Every reference of each of them, as the bureau knew at the later moment who is who, in
        ascending order. Corrections, withdrawals, merges and splits count; the mere passing of time,
        by which features change too, does not.

    Raises
    ------
    FeatureError
        If a moment has no time zone.
    """
    if since.tzinfo is None or until.tzinfo is None:
        raise FeatureError("since, until: moments with a time zone are wanted; give them in UTC")
    moments = {"since": _naive(since), "until": _naive(until)}
    with history.read() as connection:
        rows = connection.execute(_CHANGED, moments).fetchall()
    return [consumer_id for (consumer_id,) in rows]


def few(
    history: History, features: FeatureSet, consumer_ids: Iterable[int], at: datetime, currency: str, folder: Path
) -> dict[str, tuple[Path, pa.Table]]:
    """The tables of a few consumers, as :func:`features.compute.compute_view` makes them of all.

    Parameters
    ----------
    history : History
        The credit history.
    features : FeatureSet
        Whose views are wanted.
    consumer_ids : iterable of int
        The consumers; each once, whatever is given.
    at : datetime
        As of when, with a time zone.
    currency : str
        Currency of the amounts.
    folder : Path
        The folder of all feature tables.

    Returns
    -------
    dict of str to (Path, Table)
        By view: where the table belongs, named after the moment and the consumers, and its rows.
        Nothing is written.
    """
    ids = np.unique(np.fromiter(consumer_ids, dtype=np.int64))
    moments = pa.array([at] * len(ids), pa.timestamp("us", tz="UTC"))
    spine = pa.table({"consumer_id": ids, "event_timestamp": moments})
    found = compute(history, features.catalogue, features.views, spine, currency=currency, now=at)
    found = found.add_column(2, "created_timestamp", found["event_timestamp"])
    digest = hashlib.blake2b(ids.tobytes(), digest_size=8).hexdigest()
    name = f"refreshed-{digest}-{at.astimezone(UTC):%Y%m%dT%H%M%S.%f}.parquet"
    tables = {}
    for view in features.views:
        own = [item.name for item in features.catalogue.of_view(view)]
        path = folder / features.catalogue.table_folder(view) / name
        tables[view] = path, found.select(["consumer_id", "event_timestamp", "created_timestamp", *own])
    return tables


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


_NEW: Final = "recorded_at > $since AND recorded_at <= $until"

_TOLD: Final = tuple(
    f"SELECT consumer_id FROM {name} WHERE {_NEW}"
    if "consumer_id" in fact.columns
    else f"SELECT association.consumer_id FROM {name} AS told JOIN association USING (tradeline_id) "
    f"WHERE told.{_NEW.replace(' recorded_at', ' told.recorded_at')}"
    for name, fact in FACTS.items()
    if name not in _NO_FEATURES
)

_CHANGED: Final = f"""
WITH moved AS (
    SELECT consumer_id, resolved_id FROM resolution
    WHERE ({_NEW}) OR (superseded_at > $since AND superseded_at <= $until)
), touched AS (
    {" UNION ".join(_TOLD)} UNION SELECT consumer_id FROM moved UNION SELECT resolved_id FROM moved
), who AS (
    SELECT consumer_id, resolved_id FROM resolution
    WHERE recorded_at <= $until AND (superseded_at IS NULL OR superseded_at > $until)
), people AS (
    SELECT DISTINCT coalesce(who.resolved_id, touched.consumer_id) AS resolved_id
    FROM touched LEFT JOIN who USING (consumer_id)
)
SELECT resolved_id AS consumer_id FROM people
UNION
SELECT who.consumer_id FROM people JOIN who USING (resolved_id)
UNION
SELECT consumer_id FROM touched
ORDER BY 1
"""
