"""Opening a delivery in the format of its contract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bureau.content import Content, FileContent
from bureau.contracts import Format
from bureau.formats.delimited import DelimitedRecords
from bureau.formats.fields import FieldsRecords
from bureau.formats.jsonl import JsonLinesRecords
from bureau.formats.lines import file_errors, pick, unpack
from bureau.formats.parquet import ParquetRecords, pick_rows
from bureau.formats.records import Records

__all__ = ["open_records", "raw_records"]


@contextmanager
def open_records(content: Content, form: Format) -> Iterator[Records]:
    """Open a delivery as a stream of tables.

    Parameters
    ----------
    content : Content
        Its bytes; text formats may be packed with gzip or zip (one member), told by their first bytes.
    form : {'csv', 'jsonl', 'parquet', 'metro2', 'fields'}
        How it is written.

    Raises
    ------
    DeliveryRefused
        If it cannot be opened, is empty, or is not of that format.
    """
    with file_errors(content.name):
        raw = content.open()
    with raw:
        with file_errors(content.name):
            size = content.size
            unpacked = raw if form in ("parquet", "fields") else unpack(content.name, raw)
        match form:
            case "csv":
                yield DelimitedRecords(content.name, size, raw, unpacked)
            case "jsonl":
                yield JsonLinesRecords(content.name, size, raw, unpacked)
            case "parquet":
                path = content.path if isinstance(content, FileContent) else None
                yield ParquetRecords(content.name, size, raw, path)
            case "fields":
                yield FieldsRecords(content.name, raw)
            case "metro2":
                from bureau.formats.metro2 import Metro2Records

                yield Metro2Records(content.name, size, raw, unpacked)


def raw_records(content: Content, form: Format, lines: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Some records of a delivery as they came.

    Parameters
    ----------
    content : Content
        Its bytes.
    form : {'csv', 'jsonl', 'parquet', 'metro2', 'fields'}
        How it is written.
    lines : sequence of int
        Their numbers, in order. A row of Parquet comes as JSON.

    Raises
    ------
    DeliveryRefused
        If it cannot be read any more.
    """
    with file_errors(content.name):
        raw = content.open()
    with raw:
        if form == "parquet":
            yield from pick_rows(content.name, raw, lines)
            return
        if form == "fields":
            yield 1, raw.read().decode()
            return
        with file_errors(content.name):
            unpacked = unpack(content.name, raw)
        if form == "metro2":
            from bureau.formats.metro2 import pick_metro2

            yield from pick_metro2(content.name, unpacked, lines)
        else:
            yield from pick(content.name, unpacked, lines)
