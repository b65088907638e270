"""Files of persons, whoever wrote them: any table of text with a header line, its own column names mapped to ours."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final

from bureau.errors import BureauError
from bureau.identity.people_encoding import encoding_of
from bureau.identity.standard import TOLD_COLUMNS
from bureau.quoting import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["PeopleFileError", "parse_map", "read_people"]

_BATCH: Final = 50_000
_JOINED: Final = "address"
"""The target that several columns may be mapped to: house number and street often stand apart."""
_LONGEST: Final = 16_000
"""Characters of a field that are kept; nothing of a person is longer."""
_MOST_READ: Final = 10_000_000
"""Characters of a field that are read; what is longer is a quote that is never closed."""
_PARTING: Final = ",;\t|"
"""What may part the fields."""
_SEPARATOR_LINE: Final = re.compile(r'"?sep=([,;|:\t])"?[\r\n]*', re.IGNORECASE)
"""What spreadsheets put before the header to say what parts the fields."""
_NOTHING: Final = frozenset(("nan", "NaN", "NaT", "<NA>", "None", "NULL", "null", "\\N", "N/A", "n/a", "#N/A"))
"""What programs write where there is nothing."""
_NO_HEADER: Final = re.compile(r"\d{4}|@|^$")
"""What the names of columns do not look like: the first line may be a person, and is then not shown."""


class PeopleFileError(BureauError):
    """A file of persons cannot be read as it was described."""


def parse_map(texts: Sequence[str]) -> list[tuple[str, str]]:
    """What ``--map`` says: pairs of a column and what it is with us.

    Parameters
    ----------
    texts : sequence of str
        ``column=target,column=target``, split over as many texts as one likes. A column with a comma in its name is
        put into double quotes; one with an equals sign needs none.

    Raises
    ------
    PeopleFileError
        A part is no such pair, a target is unknown or (``address`` apart) named twice.

    Examples
    --------
    >>> parse_map(["given_name=first_name, no=address", "street=address"])
    [('given_name', 'first_name'), ('no', 'address'), ('street', 'address')]
    >>> parse_map(['"Name, last"=last_name,a=b=city'])
    [('Name, last', 'last_name'), ('a=b', 'city')]
    """
    try:
        parts = [part for row in csv.reader(texts, skipinitialspace=True) for part in row if part.strip()]
    except csv.Error as error:
        raise PeopleFileError(f"--map: {error}; write for example surname=last_name,dob=birth_date") from None
    pairs: list[tuple[str, str]] = []
    for part in parts:
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
    connection: DuckDBPyConnection,
    file: Path,
    into: str,
    mapping: Sequence[tuple[str, str]],
    *,
    encoding: str | None,
    note: Callable[[str], object] = str,
) -> int:
    """Read a file of persons into a table.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the table is made.
    file : Path
        Text with a header line; commas, semicolons, tabs or upright strokes part the fields, whichever of them gives
        the columns that are mapped. A line ``sep=;`` and blank lines may come before it.
    into : str
        The table: ``record`` (BIGINT, the row from 0) and those of our columns that are mapped, as text; an empty field
        is null, and so is what programs write for nothing (``nan``, ``NULL``). A row with too few fields lacks the last
        ones, what a row has too many is left out. A blank line is skipped; in a file of one column it is a row with
        nothing told, unless only blank lines follow.
    mapping : sequence of (str, str)
        Of :func:`parse_map`; where it is empty, columns that are called as ours are taken.
    encoding : str, optional
        Of the file; without it the file itself says it (:func:`bureau.identity.people_encoding.encoding_of`).
    note : callable
        Told in a sentence when the encoding is a guess.

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

    rows = 0
    with _seekable(file) as raw:
        chosen = encoding or encoding_of(raw)
        if encoding is None and chosen in {"gb18030", "cp1252"}:
            note(f"{file.name} is not UTF-8; it is read as {chosen}, and --encoding names another")
        try:
            with _decoded(raw, chosen) as text:
                lines = _fields(file.name, text, [column for column, _ in mapping] or TOLD_COLUMNS)
                places = _places(file.name, [name.strip() for name in next(lines, [])], mapping)
                columns = ", ".join(f"{quoted(column)} VARCHAR" for column in places)
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
            what = f"not {chosen}" if encoding or chosen.startswith("utf") else f"neither UTF-8 nor {chosen}"
            raise PeopleFileError(
                f"{file.name} is {what}; name its encoding with --encoding, such as gb18030"
            ) from None
    return rows


def _seekable(file: Path) -> BinaryIO:
    """The bytes of a file from their beginning; a pipe is read as a whole, since it can be read but once."""
    opened = file.open("rb")
    if opened.seekable():
        return opened
    with opened:
        return io.BytesIO(opened.read())


def _decoded(raw: BinaryIO, encoding: str) -> IO[str]:
    try:
        return io.TextIOWrapper(raw, encoding=encoding, newline="")
    except (LookupError, ValueError):
        raise PeopleFileError(
            f"--encoding: {encoding!r} is unknown; name one that Python knows, such as utf-8, latin-1 or gb18030"
        ) from None


def _fields(name: str, text: IO[str], wanted: Collection[str]) -> Iterator[list[str]]:
    """The rows as fields; the header decides what parts them."""
    above, start = 0, text.readline().removeprefix("\ufeff")
    parted = None
    while start and (not start.strip() or (found := _SEPARATOR_LINE.fullmatch(start))):
        parted = found[1] if start.strip() and found else parted
        above, start = above + 1, text.readline()
    if not start:
        raise PeopleFileError(f"{name} is empty, or has no header line; its first line must name the columns")
    csv.field_size_limit(max(_MOST_READ, csv.field_size_limit()))  # of the whole process: never lowered
    parted = parted or max(_PARTING, key=lambda sign: (_found(start, sign, wanted), start.count(sign)))
    reader = csv.reader(_tidy(start, text, parted), delimiter=parted, skipinitialspace=True, strict=True)
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


def _found(header: str, sign: str, wanted: Collection[str]) -> int:
    """How many of the columns wanted a header line has, if this sign parts it."""
    names = {name.strip() for row in csv.reader([header], delimiter=sign, skipinitialspace=True) for name in row}
    return sum(column in names for column in wanted)


def _tidy(start: str, text: IO[str], sign: str) -> Iterator[str]:
    """The lines, without the blanks between a closing quote and what parts the fields."""
    blanks = re.compile(rf'" +(?=[{re.escape(sign)}\r\n]|\Z)')
    yield blanks.sub('"', start)
    for line in text:
        yield blanks.sub('"', line) if '" ' in line else line


def _places(file: str, names: list[str], mapping: Sequence[tuple[str, str]]) -> dict[str, list[int]]:
    """Target to the places of its columns in a row."""
    wanted: Sequence[tuple[str, str]] = mapping or [(name, name) for name in names if name in TOLD_COLUMNS]
    if not wanted:
        raise PeopleFileError(f"{file}: no column is called as one of ours; name them with --map column=target,...")
    places: dict[str, list[int]] = {}
    for column, target in wanted:
        found = [place for place, name in enumerate(names) if name == column]
        if not found:
            shown = not any(_NO_HEADER.search(name) for name in names)
            known = f"its columns are {', '.join(names)}" if shown else "check its header line"
            raise PeopleFileError(f"{file} has no column {column!r}, which --map names; {known}")
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
    return " ".join(part for place in places if place < len(row) and (part := _told(row[place]))) or None


def _told(field: str) -> str:
    text = field[:_LONGEST].strip()
    if not text.isascii():
        # Half of a pair of UTF-16 would stop the table: what no text can hold is dropped.
        text = text.encode("utf-8", "ignore").decode()
    if "\0" in text:
        text = text.replace("\0", "").strip()
    if text in _NOTHING:
        return ""
    if text.startswith("'") and text[1:2].isdigit():
        text = text[1:]  # so spreadsheets keep a number as text
    whole, point, part = text.partition(".")
    # What was a number once: pandas writes 1234.0 where a value of the column is missing.
    return whole if point and part and not part.strip("0") and whole.isdecimal() else text
