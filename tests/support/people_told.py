"""People whom made-up lenders tell among their customers."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from bureau.content import BytesContent
from bureau.delivery import Delivery, Receipt
from bureau.history import History
from bureau.ingest import ingest
from bureau.kinds.lender import CUSTOMERS

__all__ = ["PERSON", "partition", "tell", "who_is_who"]

PERSON: Final = {
    "told_on": "2024-01-31",
    "surname": "Okafor",
    "first_name": "Winifred",
    "middle_name": None,
    "generation": None,
    "birth_date": "1979-03-14",
    "national_number": "123456789",
    "phone": "3125550147",
    "email": "w.okafor@example.org",
    "address": "17 Larch Ave Apt 3",
    "city": "Joliet",
    "region": "IL",
    "postcode": "60432",
    "country": "US",
    "employer": None,
}
"""A person as a lender tells her."""


def tell(history: History, furnisher: str, people: Mapping[str, Mapping[str, Any]], received_at: datetime) -> Receipt:
    """Deliver customers: reference to what is other than in :data:`PERSON`."""
    rows: Sequence[dict[str, Any]] = [{"customer_ref": ref, **PERSON, **told} for ref, told in people.items()]
    schema = pa.schema([(name, pa.string()) for name in ("customer_ref", *PERSON)])
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), buffer)
    content = BytesContent(f"{furnisher}-{received_at:%Y%m%d}.parquet", buffer.getvalue())
    receipt = ingest(history, Delivery(CUSTOMERS, content, received_at, furnisher_id=furnisher))
    assert receipt.accepted == len(rows), receipt
    return receipt


def who_is_who(history: History, moment: datetime | None = None) -> dict[tuple[str, str], int]:
    """Furnisher and reference to the consumer it belonged to at a moment; in the end by default."""
    with history.as_of(moment or datetime.fromisoformat("2100-01-01")) as known:
        rows = known.connection.execute("SELECT reference_space, consumer_ref, consumer_id FROM consumer").fetchall()
        return {(space, ref): known.consumer(consumer) for space, ref, consumer in rows}


def partition(who: Mapping[tuple[str, str], int]) -> set[frozenset[tuple[str, str]]]:
    """The references that are one person each, whatever the identifiers."""
    groups: dict[int, set[tuple[str, str]]] = {}
    for reference, consumer in who.items():
        groups.setdefault(consumer, set()).add(reference)
    return {frozenset(group) for group in groups.values()}
