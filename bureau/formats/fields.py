"""A single record by its fields: how a corrected record comes in, whatever format it first came in."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, Final

import pyarrow as pa

from bureau.content import BytesContent
from bureau.contracts import Contract, Format
from bureau.errors import DeliveryRefused, NotMetro2
from bureau.formats.records import LINE, Records

__all__ = ["FieldsRecords", "fields_content", "fields_of"]


class FieldsRecords(Records):
    """One record, from the JSON object of its fields.

    Parameters
    ----------
    name : str
        What it is called among the deliveries.
    raw : IO
        The JSON object.
    """

    def __init__(self, name: str, raw: IO[bytes]) -> None:
        text = raw.read()
        super().__init__(name, len(text), raw)
        self._fields: dict[str, Any] = json.loads(text)

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that are told."""
        return tuple(self._fields)

    @property
    def names_all_columns(self) -> bool:
        """A field that is not told is one without a value."""
        return False

    def batches(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """The record, as line 1."""
        yield pa.table({**{name: _array(self._fields.get(name)) for name in columns}, LINE: pa.array([1], pa.int64())})


def fields_content(name: str, fields: Mapping[str, Any]) -> BytesContent:
    """The bytes of a record that is told by its fields."""
    return BytesContent(name, json.dumps(fields, ensure_ascii=False).encode())


def fields_of(record: str, form: Format, contract: Contract, columns: Sequence[str]) -> dict[str, Any]:
    """The fields of a record as it came, under the contract's names; none where it cannot be taken apart.

    Parameters
    ----------
    record : str
        The record as it came.
    form : {'csv', 'jsonl', 'parquet', 'metro2', 'fields'}
        The format it came in.
    contract : Contract
        Its contract.
    columns : sequence of str
        The columns of its file.
    """
    try:
        told = _READERS[form](record, columns)
    except (ValueError, csv.Error, DeliveryRefused, NotMetro2):
        return {}
    fields = {}
    for column in contract.columns:
        name = next((each for each in (column.name, *column.aliases) if each in told), None)
        if name is not None:
            fields[column.name] = told[name]
    return fields


def _array(value: Any) -> pa.Array:
    if isinstance(value, list):
        from bureau.metro2.columns import ASSOCIATED_TYPE

        return pa.array([value], pa.list_(ASSOCIATED_TYPE))
    return pa.array([None if value is None else str(value)], pa.string())


def _of_csv(record: str, columns: Sequence[str]) -> dict[str, Any]:
    return dict(zip(columns, next(csv.reader([record], strict=True)), strict=True))


def _of_json(record: str, _columns: Sequence[str]) -> dict[str, Any]:
    told = json.loads(record)
    if not isinstance(told, dict):
        raise ValueError("no object")  # noqa: TRY004 - the caller treats both alike
    return told


def _of_metro2(record: str, _columns: Sequence[str]) -> dict[str, Any]:
    from bureau.metro2.columns import read_columns

    rows = [row for block in read_columns(io.BytesIO(record.encode("latin-1"))) for row in block.table.to_pylist()]
    if len(rows) != 1:
        raise ValueError("not one record")
    return dict(rows[0])


def _of_parquet(record: str, columns: Sequence[str]) -> dict[str, Any]:
    """As ingest reads them: a whole number has no ``.0``, and a midnight is a date."""
    return {name: _as_read(value) for name, value in _of_json(record, columns).items()}


def _as_read(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _MIDNIGHT.fullmatch(value):
        return value[:10]
    return value


_MIDNIGHT: Final = re.compile(r"\d{4}-\d{2}-\d{2}[ T]00:00:00(\.0+)?")
_READERS = {"csv": _of_csv, "jsonl": _of_json, "parquet": _of_parquet, "fields": _of_json, "metro2": _of_metro2}
