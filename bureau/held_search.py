"""Looking for a person in the bytes of a delivery that was held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import duckdb

from bureau.content import HeldContent
from bureau.deliveries import ReceivedDelivery
from bureau.errors import DeliveryRefused, NotMetro2
from bureau.formats.lines import cut, readable, unpack
from bureau.vault import Vault

__all__ = ["tells_of"]

_ROWS: Final = 1_000
_METRO2: Final = (
    "account_number",
    "surname",
    "first_name",
    "middle_name",
    "generation",
    "ssn",
    "birth_date",
    "telephone",
    "associated",
)
"""The columns of Metro 2 that are looked at: they may be packed numbers in the file."""


def tells_of(
    connection: duckdb.DuckDBPyConnection, vault: Vault, delivery: ReceivedDelivery, says: Callable[[str], bool]
) -> bool:
    """Whether the kept bytes of a delivery tell of a person; where none are kept they do not.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A connection of the history.
    vault : Vault
        The vault of the same home.
    delivery : ReceivedDelivery
        A delivery that was held.
    says : callable
        Whether a text tells of the person; asked for each line or row.
    """
    number, receipt = delivery.delivery_no, delivery.receipt
    ((size,),) = connection.execute("SELECT bytes FROM delivery WHERE delivery_no = ?", [number]).fetchall()
    content = HeldContent(receipt.file, size, vault, number)
    if not content.part(0):
        return False
    try:
        return any(says(text) for text in _texts(content, receipt.contract))
    except (DeliveryRefused, NotMetro2):
        return True  # it cannot be read: nobody can say that it does not


def _texts(content: HeldContent, contract: str) -> Iterator[str]:
    with content.open() as raw:
        if raw.read(4) == b"PAR1":
            yield from _rows(raw)
            return
        raw.seek(0)
        unpacked = unpack(content.name, raw)
        if contract == "metro2":
            yield from _metro2(unpacked, content.name)
            return
        for piece in cut(content.name, unpacked):
            yield from map(readable, piece.split(b"\n"))


def _rows(raw: Any) -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    raw.seek(0)
    try:
        for batch in pq.ParquetFile(raw).iter_batches(_ROWS):
            yield from map(_text, batch.to_pylist())
    except pa.ArrowException:
        raise DeliveryRefused("a held delivery", "it cannot be read as Parquet", "refuse it") from None


def _metro2(unpacked: Any, name: str) -> Iterator[str]:
    from bureau.metro2.columns import read_columns

    for block in read_columns(unpacked, columns=_METRO2, name=name):
        yield from map(_text, block.table.to_pylist())
        yield from (bad.raw.decode("latin-1") for bad in block.rejects)


def _text(told: Any) -> str:
    """The values of a row, apart from each other."""
    if isinstance(told, dict):
        return "|".join(map(_text, told.values()))
    if isinstance(told, list):
        return "|".join(map(_text, told))
    return "" if told is None else str(told)
