"""Batches to files.

Almost all records of a file are written together, as columns. A few are written one by one, since
they are in some way special: changed, cut off, repeated, or of another month. They stand at given
places among the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bureau.metro2.encode import encode_header, encode_trailer
from bureau.metro2.totals import Totals
from bureau.simulator.arrays import Array
from bureau.simulator.batch import Batch, Records
from bureau.simulator.encoding import csv_lines, json_lines, metro2_lines, single_csv, single_json, single_metro2
from bureau.simulator.furnishers import FURNISHERS

__all__ = ["ROW_GROUP", "Layout", "Special", "metro2_header", "write"]

_BLOCK: Final = 32_768
ROW_GROUP: Final = 131_072
"""Records in a row group of a Parquet file."""


@dataclass(frozen=True)
class Special:
    """A record that is written by itself.

    Parameters
    ----------
    before : int
        It stands before the record at this place of the batch.
    record : mapping
        Its fields.
    mangle : callable, optional
        What happens to its line, which is without its end.
    """

    before: int
    record: Mapping[str, Any]
    mangle: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True)
class Layout:
    """Which records of a batch are written as they are, and what stands between them.

    Parameters
    ----------
    left_out : numpy.ndarray
        Rows that are not written as they are, in order.
    special : sequence of Special
        Records written by themselves, in the order of their places.
    """

    left_out: Array = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    special: Sequence[Special] = ()

    def lines(self, first: int) -> list[int]:
        """The line of each special record in a file whose first record stands on the given line."""
        places = np.array([one.before for one in self.special], dtype=np.int64)
        before = places - np.searchsorted(self.left_out, places)
        return list((first + before + np.arange(len(places))).tolist())


def write(batch: Batch, layout: Layout, path: Path, day: date) -> int:
    """Write one delivery.

    Parameters
    ----------
    batch : Batch
        Its records.
    layout : Layout
        What is special about them.
    path : Path
        The file, which does not exist.
    day : date
        The last day of the month it speaks of.

    Returns
    -------
    int
        The number of its bytes.
    """
    kept = np.setdiff1d(np.arange(len(batch)), layout.left_out, assume_unique=True)
    if batch.feed.extension == "parquet":
        _write_parquet(batch, kept, layout.special, path)
        return path.stat().st_size
    with path.open("wb") as file:
        if batch.feed.extension == "jsonl":
            _write_lines(batch, kept, layout.special, file, json_lines, single_json)
        elif batch.feed.extension == "csv":
            names = batch.build(np.zeros(1, dtype=np.int64) if len(batch) else np.empty(0, dtype=np.int64)).columns
            file.write(",".join(names).encode() + b"\n")
            _write_lines(batch, kept, layout.special, file, csv_lines, single_csv)
        else:
            totals = Totals()
            file.write(metro2_header(batch.feed.furnisher, day))
            _write_lines(
                batch, kept, layout.special, file,
                lambda records: metro2_lines(records, totals), lambda records: single_metro2(records, totals),
            )  # fmt: skip
            file.write(encode_trailer(totals))
        return file.tell()


def metro2_header(furnisher: int, day: date) -> bytes:
    """The header of a file that speaks of the month ending on a day, made on the day after."""
    one = FURNISHERS[furnisher]
    return encode_header(
        {
            "reporter_name": one.name.upper(),
            "reporter_address": "1 INVENTED PLAZA, GRAND PRAIRIE IL 60601",
            "activity_date": day.isoformat(),
            "created_date": (day + timedelta(days=1)).isoformat(),
            "program_date": "2018-01-01",
            "program_revision_date": "2018-01-01",
            "vendor_name": "TRADELINE SIMULATOR",
            "vendor_version": "1",
        }
    )


def _write_lines(
    batch: Batch,
    kept: Array,
    special: Sequence[Special],
    file: BinaryIO,
    many: Callable[[Records], bytes],
    single: Callable[[Sequence[Mapping[str, Any]]], list[bytes]],
) -> None:
    lines = single([one.record for one in special])
    lines = [line if one.mangle is None else one.mangle(line) for line, one in zip(lines, special, strict=True)]
    places = np.array([one.before for one in special], dtype=np.int64)
    blocks = range(0, max(len(batch), 1), _BLOCK)
    for at in blocks:
        rows = kept[np.searchsorted(kept, at) : np.searchsorted(kept, at + _BLOCK)]
        buffer = many(batch.build(rows)) if len(rows) else b""
        inside = np.flatnonzero((places >= at) & ((places < at + _BLOCK) | (at == blocks[-1])))
        view, written = memoryview(buffer), 0
        if len(inside):
            starts = np.concatenate([[0], np.flatnonzero(np.frombuffer(buffer, dtype=np.uint8) == ord("\n")) + 1])
            stops = starts[np.searchsorted(rows, places[inside])].tolist()
            for stop, number in zip(stops, inside.tolist(), strict=True):
                file.write(view[written:stop])
                file.write(lines[number] + b"\n")
                written = stop
        file.write(view[written:])


def _write_parquet(batch: Batch, kept: Array, special: Sequence[Special], path: Path) -> None:
    table = _table(batch.build(kept))
    if special:
        singles = {name: [one.record[name] for one in special] for name in table.column_names}
        extra = pa.table({name: pa.array(values, table.schema.field(name).type) for name, values in singles.items()})
        places = np.array([one.before for one in special], dtype=np.int64)
        order = np.insert(np.arange(len(kept)), np.searchsorted(kept, places), len(kept) + np.arange(len(special)))
        table = pa.concat_tables([table, extra]).take(pa.array(order)).combine_chunks()
    pq.write_table(
        table, path, row_group_size=ROW_GROUP, compression="zstd", compression_level=1, store_schema=False,
        use_dictionary=[name for name in table.column_names if name in _REPEATED],
    )  # fmt: skip


_REPEATED: Final = frozenset(
    {
        *("role", "month", "product", "currency", "opened_on", "closed_on", "term_months", "days_past_due", "status"),
        *("first_delinquency_on", "last_payment_on", "action", "told_on", "surname", "first_name", "middle_name"),
        *("generation", "birth_date", "city", "region", "country", "employer"),
    }
)


def _table(records: Records) -> pa.Table:
    return pa.table(dict(records.columns))
