"""Records to the bytes of a format: JSON lines, CSV and Metro 2.

Each format is written in two ways that give the same bytes: many records together, as columns, and
single ones, as mappings whose values may be of a kind that the format does not want.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bureau.metro2.encode import Appended, encode_records
from bureau.metro2.layout import APPENDED
from bureau.metro2.totals import Totals
from bureau.simulator.batch import Records

__all__ = ["Single", "csv_lines", "json_lines", "metro2_lines", "single_csv", "single_json", "single_metro2"]

Single = Mapping[str, Any]
"""One record: field to value."""


def json_lines(records: Records) -> bytes:
    """Records as JSON, one a line; missing values are null."""
    parts: list[Any] = []
    lead = "{"
    for name, values in records.columns.items():
        parts += [pa.scalar(f'{lead}"{name}":'), _json_values(values)]
        lead = ","
    lines = pc.binary_join_element_wise(*parts, pa.scalar("}\n"), "")
    return _joined(lines)


def single_json(records: Iterable[Single]) -> list[bytes]:
    """As :func:`json_lines`, one by one."""
    return [
        json.dumps(
            {name: _plain(value) for name, value in record.items()}, ensure_ascii=False, separators=(",", ":")
        ).encode()
        for record in records
    ]


def csv_lines(records: Records) -> bytes:
    """Records as CSV, one a line; missing values are empty."""
    return b"".join(line + b"\n" for line in single_csv(records.rows()))


def single_csv(records: Iterable[Single]) -> list[bytes]:
    """As :func:`csv_lines`, one by one."""
    lines = []
    for record in records:
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow([_plain(value) for value in record.values()])
        lines.append(text.getvalue().encode())
    return lines


def metro2_lines(records: Records, totals: Totals) -> bytes:
    """Records in Metro 2's character format, one a line."""
    return encode_records(records.columns, records.appended, totals=totals)


def single_metro2(records: Sequence[Single], totals: Totals) -> list[bytes]:
    """As :func:`metro2_lines`; every value is written as text, as it stands."""
    if not records:
        return []
    columns = _text_columns([{name: record[name] for name in record if name not in APPENDED} for record in records])
    appended = {}
    for kind in APPENDED:
        rows = [row for row, record in enumerate(records) if kind in record]
        if rows:
            appended[kind] = Appended(np.array(rows), _text_columns([records[row][kind] for row in rows]))
    return encode_records(columns, appended, totals=totals).split(b"\n")[:-1]


def _text_columns(records: Sequence[Single]) -> dict[str, pa.Array]:
    names = dict.fromkeys(name for record in records for name in record)
    return {name: pa.array([_metro2_text(record.get(name)) for record in records], pa.string()) for name in names}


def _metro2_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%m%d%Y%H%M%S")
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(value: Any) -> Any:
    """A value as JSON and CSV write it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _json_values(values: pa.Array) -> pa.Array:
    """Each value as JSON text; no text of the world holds a character that would have to be escaped."""
    kind = values.type
    text = values if pa.types.is_string(kind) else values.cast(pa.string())
    if pa.types.is_string(kind) or pa.types.is_temporal(kind):
        text = pc.binary_join_element_wise(pa.scalar('"'), text, pa.scalar('"'), "")
    return pc.fill_null(text, "null") if text.null_count else text


def _joined(lines: pa.Array) -> bytes:
    """The texts of an array, one after another."""
    if not len(lines):
        return b""
    offsets = np.frombuffer(lines.buffers()[1], dtype=np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return bytes(memoryview(lines.buffers()[2])[int(offsets[0]) : int(offsets[-1])])
