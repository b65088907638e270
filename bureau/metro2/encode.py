"""Columns to Metro 2 records: character format, a line each, millions at a time.

Every column becomes a matrix of bytes (one row a record) that is laid into the matrix of all base
segments; nothing is done for one record alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bureau.metro2.arrays import Matrix, Places, to_digits
from bureau.metro2.layout import APPENDED, BASE, HEADER, MAX_RECORD, TRAILER, Field, FieldKind, Layout
from bureau.metro2.totals import Totals

__all__ = ["Appended", "Values", "encode_header", "encode_records", "encode_trailer"]

Values: TypeAlias = npt.NDArray[Any] | pa.Array | pa.ChunkedArray | str | int | np.datetime64 | None
"""What a column may be given as: an array with one value a record, or one value for all of them."""

_FIRST_DAY: Final = np.datetime64("1800-01-01", "D")
_LAST_DAY: Final = np.datetime64("2199-12-31", "D")
_BLANK, _ZERO, _DASH = b" 0-"


@dataclass(frozen=True)
class Appended:
    """Segments of one kind to append to base segments.

    Parameters
    ----------
    rows : numpy.ndarray of int
        For each segment the place (from 0) of the base segment it belongs to. A base segment may
        have several; they are written in the order given.
    columns : mapping of str to values
        Its fields by name, as for :func:`encode_records`.
    """

    rows: Places
    columns: Mapping[str, Values]


def encode_records(
    columns: Mapping[str, Values],
    appended: Mapping[str, Appended] | None = None,
    *,
    totals: Totals | None = None,
    line_end: bytes = b"\n",
) -> bytes:
    r"""Base segments with what is appended to them, a line each.

    Parameters
    ----------
    columns : mapping of str to values
        Base fields by name (``BASE_COLUMNS``); what is not named is filled with zeros or blanks, and
        ``processing_indicator`` with 1. Text fields take text; amounts and other numbers take
        integers; dates take ``datetime64[D]``, Arrow dates or ISO text; the time stamp takes
        ``datetime64[s]``. Null, NaT and ``''`` become zeros or blanks. Where digits are expected,
        text is written as it stands (ISO dates turned round), filled with zeros on the left: so an
        impossible date or a letter among digits can be written on purpose.
    appended : mapping of str to Appended, optional
        Segments by kind (``J1`` ... ``N1``); each record gets them in the order of the layouts.
    totals : Totals, optional
        Counts the records, for :func:`encode_trailer`.
    line_end : bytes
        What ends a record.

    Returns
    -------
    bytes
        The lines.

    Raises
    ------
    ValueError
        If a column is unknown, its values are of the wrong kind, too long or too many, or a
        character is not printable ASCII. No value is shown.

    Examples
    --------
    >>> line = encode_records({"surname": pa.array(["DOE"]), "current_balance": np.array([1200])})
    >>> len(line), line[:5], line[154:163], line[231:234]
    (427, b'04261', b'000001200', b'DOE')
    """
    rows = _count(columns)
    base = _matrix(BASE, {"processing_indicator": "1", **columns}, rows)
    extra = {kind: each for kind in APPENDED if appended and (each := appended.get(kind)) is not None}
    if appended and len(extra) != len(appended):
        raise ValueError(f"no segment of the kind {min(set(appended) - set(APPENDED))!r} can be appended")
    matrices = {kind: _segments(kind, each, rows) for kind, each in extra.items()}
    if totals is not None:
        totals.add(base, matrices)
    if not extra:
        base[:, :4] = list(b"%04d" % BASE.length)
        end = np.broadcast_to(np.frombuffer(line_end, dtype=np.uint8), (rows, len(line_end)))
        return bytes(np.concatenate([base, end], axis=1).data)
    return _lines(base, {kind: (each.rows, matrices[kind]) for kind, each in extra.items()}, line_end)


def encode_header(columns: Mapping[str, Values], *, line_end: bytes = b"\n") -> bytes:
    """The header record; its fields by name, one value each (``HEADER.columns``).

    Examples
    --------
    >>> encode_header({"reporter_name": "HARBOUR BANK", "activity_date": "2019-01-31"})[:10]
    b'0426HEADER'
    """
    return _one(HEADER, b"HEADER", columns) + line_end


def encode_trailer(totals: Totals, *, line_end: bytes = b"\n") -> bytes:
    """The trailer record with these totals.

    Examples
    --------
    >>> encode_trailer(Totals())[:20]
    b'0426TRAILER000000000'
    """
    return _one(TRAILER, b"TRAILER", dict(totals.counts)) + line_end


def _one(layout: Layout, identifier: bytes, columns: Mapping[str, Values]) -> bytes:
    record = bytearray(_matrix(layout, columns, 1).tobytes())
    record[: 4 + len(identifier)] = b"%04d%s" % (layout.length, identifier)
    return bytes(record)


def _count(columns: Mapping[str, Values]) -> int:
    """The number of records: that of the first column that is an array."""
    for values in columns.values():
        if isinstance(values, np.ndarray | pa.Array | pa.ChunkedArray):
            return len(values)
    raise ValueError("no column is an array, so the number of records is not known")


def _segments(kind: str, appended: Appended, rows: int) -> Matrix:
    owners = np.asarray(appended.rows)
    if owners.ndim != 1 or owners.dtype.kind not in "iu":
        raise ValueError(f"{kind}: rows must be one whole number a segment")
    if len(owners) and (owners.min() < 0 or owners.max() >= rows):
        raise ValueError(f"{kind}: a segment belongs to a row that is not there")
    matrix = _matrix(APPENDED[kind], appended.columns, len(owners))
    matrix[:, :2] = list(kind.encode())
    return matrix


def _lines(base: Matrix, appended: Mapping[str, tuple[Places, Matrix]], line_end: bytes) -> bytes:
    """Lay base segments and what is appended to them into lines of their own lengths."""
    kinds = list(appended)
    owners = np.concatenate([np.asarray(rows, dtype=np.int64) for rows, _ in appended.values()])
    kind_of = np.repeat(np.arange(len(kinds)), [len(rows) for rows, _ in appended.values()])
    widths = np.array([APPENDED[kind].length for kind in kinds], dtype=np.int64)[kind_of]
    lengths = BASE.length + np.bincount(owners, weights=widths, minlength=len(base)).astype(np.int64)
    if lengths.max(initial=0) > MAX_RECORD:
        raise ValueError(f"a record with its segments is longer than {MAX_RECORD} characters")
    descriptors = to_digits(lengths, 4)
    starts = np.concatenate([[0], np.cumsum(lengths + len(line_end))])
    text = np.empty(int(starts[-1]), dtype=np.uint8)
    base[:, :4] = descriptors
    _lay(text, base, starts[:-1])
    for place, byte in enumerate(line_end):
        text[starts[:-1] + lengths + place] = byte
    order = np.argsort(owners, kind="stable")
    ends = np.cumsum(widths[order])
    before = np.concatenate([[0], ends])[np.searchsorted(owners[order], owners[order])]
    places = np.empty_like(owners)
    places[order] = starts[owners[order]] + BASE.length + ends - widths[order] - before
    for number, kind in enumerate(kinds):
        _lay(text, appended[kind][1], places[kind_of == number])
    return text.tobytes()


def _lay(text: Matrix, matrix: Matrix, starts: Places) -> None:
    """Write each row of a matrix into a text at its place."""
    if len(matrix):
        windows = np.lib.stride_tricks.sliding_window_view(text, matrix.shape[1], writeable=True)
        windows[starts] = matrix


# -- columns to matrices ------------------------------------------------------------------------


def _matrix(layout: Layout, columns: Mapping[str, Values], rows: int) -> Matrix:
    for name in columns:
        if name not in layout.columns:
            raise ValueError(f"{layout.kind} has no column {name!r}")
    matrix = np.empty((rows, layout.length), dtype=np.uint8)
    for field in layout.fields:
        values = columns.get(field.name)
        if values is None:
            matrix[:, field.place] = list(field.filled_with.encode())
        else:
            try:
                matrix[:, field.place] = _column(field, values, rows)
            except (ValueError, TypeError, OverflowError, pa.ArrowException) as error:
                reason = error.args[0] if type(error) is ValueError else f"not the values of a {field.kind} field"
                raise ValueError(f"{layout.kind}, column {field.name}: {reason}") from None
    return matrix


def _column(field: Field, values: Values, rows: int) -> Matrix:
    """The values of a field as a matrix of as many columns as it is long, or one row for all."""
    if values is None or isinstance(values, str | int | np.datetime64):
        return _array(field, np.array([values]))
    if len(values) != rows:
        raise ValueError(f"{len(values)} values for {rows} records")
    return _array(field, values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values)


def _array(field: Field, values: npt.NDArray[Any] | pa.Array) -> Matrix:
    if isinstance(values, pa.DictionaryArray):
        known = _array(field, values.dictionary)
        nothing = np.frombuffer(field.filled_with.encode(), dtype=np.uint8)
        places: Places = pc.fill_null(values.indices, len(known)).to_numpy(zero_copy_only=False)
        return np.vstack([known, nothing])[places]
    if isinstance(values, pa.Array) and pa.types.is_integer(values.type):
        values = pc.fill_null(values, 0)
    if isinstance(values, pa.Array) and (pa.types.is_integer(values.type) or pa.types.is_temporal(values.type)):
        values = values.to_numpy(zero_copy_only=False)
    if isinstance(values, np.ndarray):
        if values.dtype.kind == "M":
            return _moments(field, values)
        if values.dtype.kind in "iu":
            return _numbers(field, values)
        if values.dtype.kind == "S":
            values = pa.array(values, type=pa.binary()).cast(pa.string())
    return _texts(field, values)


def _numbers(field: Field, values: npt.NDArray[Any]) -> Matrix:
    if field.kind is not FieldKind.NUMBER:
        raise ValueError(f"numbers given for a {field.kind} field")
    if len(values) and (values.min() < 0 or values.max() >= 10**field.length):
        raise ValueError(f"a number is below zero or has more than {field.length} digits")
    return to_digits(values, field.length)


def _moments(field: Field, values: npt.NDArray[Any]) -> Matrix:
    if field.kind not in (FieldKind.DATE, FieldKind.MOMENT):
        raise ValueError(f"dates given for a {field.kind} field")
    days = values.astype("datetime64[D]")
    none = np.isnat(days)
    outside = ((days < _FIRST_DAY) | (days > _LAST_DAY)) & ~none
    if outside.any():
        raise ValueError(f"a date is not between {_FIRST_DAY} and {_LAST_DAY}")
    numbers = np.where(none, -1, (days - _FIRST_DAY).astype(np.int64))
    dates: Matrix = _calendar()[numbers]
    if field.kind is FieldKind.DATE:
        return dates
    seconds = np.where(none, 0, (values.astype("datetime64[s]") - days).astype(np.int64))
    clock = seconds // 3600 * 10_000 + seconds // 60 % 60 * 100 + seconds % 60
    return np.hstack([dates, to_digits(clock, 6)])


@cache
def _calendar() -> Matrix:
    """Every day as MMDDYYYY, and zeros in the last row."""
    days = np.arange(_FIRST_DAY, _LAST_DAY + 1)
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]")
    day = (days - months).astype(np.int64) + 1
    month = (months - years).astype(np.int64) + 1
    written = month * 1_000_000 + day * 10_000 + years.astype(np.int64) + 1970
    return to_digits(np.append(written, 0), 8)


def _texts(field: Field, values: npt.NDArray[Any] | pa.Array) -> Matrix:
    texts = values if isinstance(values, pa.Array) else pa.array(values, type=pa.string())
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        raise ValueError(f"{texts.type} given for a {field.kind} field")
    texts = pc.fill_null(texts, "")
    if not pc.all(pc.string_is_ascii(texts), min_count=0).as_py():
        raise ValueError("a character is not ASCII")
    turned = field.kind is FieldKind.DATE
    width = field.length + 2 if turned else field.length
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > width:
        raise ValueError(f"a text is longer than {field.length} characters")
    pad = pc.utf8_lpad if field.is_digits and not turned else pc.utf8_rpad
    matrix = _rows(pad(texts, width, padding="0" if field.is_digits and not turned else " "), width)
    if matrix.size and (matrix.min() < _BLANK or matrix.max() > ord("~")):
        raise ValueError("a character cannot be printed")
    return _turned(matrix, field.length) if turned else matrix


def _rows(texts: pa.Array, width: int) -> Matrix:
    """Texts that are all as long as that, as the rows of a matrix."""
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return np.empty((len(texts), width), dtype=np.uint8)
    kind = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    begin = int(np.frombuffer(offsets, dtype=kind)[texts.offset])
    return np.frombuffer(data, dtype=np.uint8, count=len(texts) * width, offset=begin).reshape(len(texts), width)


def _turned(matrix: Matrix, length: int) -> Matrix:
    """ISO dates to MMDDYYYY; what is none stays as it is, filled with zeros on the left."""
    iso = (matrix[:, 4] == _DASH) & (matrix[:, 7] == _DASH)
    turned = matrix[:, [5, 6, 8, 9, 0, 1, 2, 3]]
    empty = (matrix == _BLANK).all(axis=1)
    turned[empty] = _ZERO
    for row in np.flatnonzero(~iso & ~empty):
        text = bytes(matrix[row]).rstrip(b" ")
        if len(text) > length:
            raise ValueError(f"a text is longer than {length} characters and no ISO date")
        turned[row] = list(text.rjust(length, b"0"))
    return turned
