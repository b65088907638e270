"""Files of persons, whoever wrote them: any table of text with a header line, its own column names mapped to ours."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from bureau.errors import BureauError
from bureau.identity.standard import TOLD_COLUMNS
from bureau.quoting import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["PeopleFileError", "parse_map", "read_people"]

_BATCH: Final = 50_000
_JOINED: Final = "address"
"""The target that several columns may be mapped to: house number and street often stand apart."""
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LONGEST: Final = 16_000
"""Characters of a field that are kept; nothing of a person is longer."""
_MOST_READ: Final = 10_000_000
"""Characters of a field that are read; what is longer is a quote that is never closed."""
_SEPARATOR_LINE: Final = re.compile(r'"?sep=([,;|:\t])"?[\r\n]*', re.IGNORECASE)
"""What spreadsheets put before the header to say what parts the fields."""


class PeopleFileError(BureauError):
    """A file of persons cannot be read as it was described."""


def parse_map(texts: Sequence[str]) -> list[tuple[str, str]]:
    """What ``--map`` says: pairs of a column and what it is with us.

    Parameters
    ----------
    texts : sequence of str
        ``column=target,column=target``, split over as many texts as one likes.

    Raises
    ------
    PeopleFileError
        A part is no such pair, a target is unknown or (``address`` apart) named twice.

    Examples
    --------
    >>> parse_map(["given_name=first_name, no=address", "street=address"])
    [('given_name', 'first_name'), ('no', 'address'), ('street', 'address')]
    """
    pairs: list[tuple[str, str]] = []
    for part in (part for text in texts for part in text.split(",") if part.strip()):
        column, sign, target = (piece.strip() for piece in part.rpartition("="))
        if not (sign and column and target):
            raise PeopleFileError(f"--map: {part.strip()!r} is not column=target; write for example surname=last_name")
        if target not in TOLD_COLUMNS:
            raise PeopleFileError(f"--map: {target!r} is none of our columns; they are {', '.join(TOLD_COLUMNS)}")
        if target != _JOINED and target in (other for _, other in pairs):
            raise PeopleFileError(f"--map: two columns are mapped to {target}; leave one out")
        pairs.append((column, target))
    return pairs


def read_people(
    connection: DuckDBPyConnection, file: Path, into: str, mapping: Sequence[tuple[str, str]], *, encoding: str | None
) -> int:
    """Read a file of persons into a table.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the table is made.
    file : Path
        Text with a header line; commas, semicolons or tabs part the fields. A line ``sep=;`` may come before it.
    into : str
        The table: ``record`` (BIGINT, the row from 0) and those of our columns that are mapped, as text; an empty field
        is null. A row with too few fields lacks the last ones, what a row has too many is left out. A blank
        line is skipped; in a file of one column it is a row with nothing told, unless only blank lines follow.
    mapping : sequence of (str, str)
        Of :func:`parse_map`; where it is empty, columns that are called as ours are taken.
    encoding : str, optional
        Of the file; without it the byte order mark says it, or else it is UTF-8.

    Returns
    -------
    int
        Rows.

    Raises
    ------
    PeopleFileError
        The file is empty, of another encoding, has a quote that is not closed, a column twice, or lacks one that is
        mapped; or the encoding is unknown.
    """
    import pyarrow as pa

    schema: list[str] = []
    rows = 0
    try:
        with _open(file, encoding) as text:
            lines = _fields(file.name, text)
            names = [name.strip() for name in next(lines, [])]
            places = _places(file.name, names, mapping)
            schema = list(places)
            columns = ", ".join(f"{quoted(column)} VARCHAR" for column in schema)
            connection.execute(f"CREATE OR REPLACE TABLE {quoted(into)} (record BIGINT, {columns})")
            for batch in _batches(lines):
                table = {"record": pa.array(range(rows, rows + len(batch)), pa.int64())}
                for column, found in places.items():
                    table[column] = pa.array([_value(row, found) for row in batch], pa.string())
                connection.register("people_given", pa.table(table))
                connection.execute(f"INSERT INTO {quoted(into)} SELECT * FROM people_given")
                connection.unregister("people_given")
                rows += len(batch)
    except UnicodeError:
        told = encoding or "UTF-8"
        raise PeopleFileError(
            f"{file.name} is not {told}; name its encoding with --encoding, such as gb18030"
        ) from None
    return rows


def _open(file: Path, encoding: str | None) -> IO[str]:
    if encoding is None:
        with file.open("rb") as raw:
            start = raw.read(4)
        encoding = next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")
    opened = file.open("rb")
    try:
        return io.TextIOWrapper(opened, encoding=encoding, newline="")
    except (LookupError, ValueError):
        opened.close()
        raise PeopleFileError(
            f"--encoding: {encoding!r} is unknown; name one that Python knows, such as utf-8, latin-1 or gb18030"
        ) from None


def _fields(name: str, text: IO[str]) -> Iterator[list[str]]:
    """The rows as fields; the header decides what parts them."""
    start = text.readline()
    above = 0
    parted = None
    if found := _SEPARATOR_LINE.fullmatch(start):
        parted = found[1]
        start = text.readline()
        above = 1
    if not start.strip():
        raise PeopleFileError(f"{name} is empty, or has no header line; its first line must name the columns")
    csv.field_size_limit(max(_MOST_READ, csv.field_size_limit()))  # of the whole process: never lowered
    reader = csv.reader(
        _chained(start, text), delimiter=parted or max(",;\t", key=start.count), skipinitialspace=True, strict=True
    )
    count, begun, blank, columns = -1, 0, 0, 0
    try:
        for row in reader:
            begun = reader.line_num
            if not row:
                blank += columns == 1
                continue
            columns = columns or len(row)
            for _ in range(blank):
                yield []
            yield row
            count += blank + 1
            blank = 0
    except csv.Error as error:
        which = f"row {count + blank} (from 0)" if columns else "the header"
        raise PeopleFileError(
            f"{name}: {which}, from line {above + begun + 1}, is no row of fields ({error}); "
            "a quote in it is stray or never ends"
        ) from None


def _chained(start: str, text: IO[str]) -> Iterator[str]:
    yield start
    yield from text


def _places(file: str, names: list[str], mapping: Sequence[tuple[str, str]]) -> dict[str, list[int]]:
    """Target to the places of its columns in a row."""
    wanted: Sequence[tuple[str, str]] = mapping or [(name, name) for name in names if name in TOLD_COLUMNS]
    if not wanted:
        raise PeopleFileError(f"{file}: no column is called as one of ours; name them with --map column=target,...")
    places: dict[str, list[int]] = {}
    for column, target in wanted:
        found = [place for place, name in enumerate(names) if name == column]
        if not found:
            raise PeopleFileError(f"{file} has no column {column!r}, which --map names; check its header line")
        if len(found) > 1:
            raise PeopleFileError(f"{file}: the column {column!r} stands twice in the header; rename one of them")
        places.setdefault(target, []).extend(found)
    return places


def _batches(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _value(row: list[str], places: list[int]) -> str | None:
    parts = [row[place][:_LONGEST].strip() for place in places if place < len(row)]
    # Half of a pair of UTF-16 would stop the table: what no text can hold is dropped.
    text = " ".join(part for part in parts if part).encode("utf-8", "ignore").decode()
    return text.replace("\0", "") or None
