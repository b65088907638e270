"""What every format gives: a stream of tables, the lines that are no records, and how far it has come."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Final

import pyarrow as pa

from bureau.errors import DeliveryRefused
from bureau.formats.lines import BadLine

__all__ = ["FORM_RULES", "LINE", "MAX_BAD_LINES", "NOTE_RULES", "Note", "Records"]

LINE: Final = "line of the file"
"""Name of the column with the number of the line (or row, from 1) that a record came from."""

_CHUNK_BYTES: Final = 256 << 20

MAX_BAD_LINES: Final = 1_000_000
"""A file with more lines that are no records is refused rather than kept in memory."""


FORM_RULES: Final = {
    "fields": "a line has as many fields as the header",
    "quotes": "a quote is closed in its line",
    "characters": "no NUL characters occur",
    "encoding": "the text is UTF-8",
    "json": "a line is one JSON object",
    "value": "a field of a JSON object holds a text or a number",
}
"""Rules that a line must keep to be a record at all, for people."""

NOTE_RULES: Final = {
    "trailer-totals": "the totals of a Metro 2 trailer are those of the records before it",
    "record-length": "the descriptor word of a Metro 2 record tells its length",
}
"""Rules that a format checks by itself and that set nothing aside, for people."""


@dataclass(frozen=True)
class Note:
    """Something the format itself tells about a delivery as a whole, such as totals that do not add up.

    Parameters
    ----------
    rule : str
        Id of the rule that is broken.
    evidence : mapping of str to object
        What contradicts what; no personal data.
    line : int, optional
        The line it is about.
    """

    rule: str
    evidence: Mapping[str, object]
    line: int | None = None


class Records(ABC):
    """A delivery being read.

    Attributes
    ----------
    name : str
        Name of the file.
    size : int
        Its bytes, packed or not.
    """

    def __init__(self, name: str, size: int, raw: IO[bytes]) -> None:
        self.name = name
        self.size = size
        self._raw = raw
        self._bad_lines: list[BadLine] = []
        self._bad_count = 0
        self._notes: list[Note] = []

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The columns of the file; for a format without a header those found in its first records."""

    @property
    def paths(self) -> Iterable[str]:
        """The columns of the file and what lies in them, as far as it has been read (``person.address``)."""
        return self.names

    @property
    def kinds(self) -> Mapping[str, str]:
        """Columns that are not text, each with its DuckDB type."""
        return {}

    @property
    def names_all_columns(self) -> bool:
        """Whether a column that is not among the names is absent from the file."""
        return True

    @abstractmethod
    def batches(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """The records in order, a block at a time: the columns asked for, and :data:`LINE`.

        Raises
        ------
        DeliveryRefused
            If the file cannot be read to its end.
        """

    def chunks(self, columns: Sequence[str], rows: int) -> Iterator[pa.Table | str]:
        """The same in larger pieces of about so many rows: tables, or SQL that DuckDB reads a piece with itself.

        A table is smaller where its records are long, so that memory does not grow with them.
        """
        waiting: list[pa.Table] = []
        count = size = 0
        for batch in self.batches(columns):
            waiting.append(batch)
            count += batch.num_rows
            size += batch.nbytes
            if count >= rows or size >= _CHUNK_BYTES:
                yield pa.concat_tables(waiting)
                waiting, count, size = [], 0, 0
        if count:
            yield pa.concat_tables(waiting)

    @property
    def position(self) -> int:
        """Bytes of the file read so far, for progress."""
        return self.size if self._raw.closed else self._raw.tell()

    def take_bad_lines(self) -> list[BadLine]:
        """The lines that are no records, met since the last call."""
        taken, self._bad_lines = self._bad_lines, []
        return taken

    def take_notes(self) -> list[Note]:
        """What the format told about the delivery as a whole since the last call."""
        taken, self._notes = self._notes, []
        return taken

    def _set_aside(self, bad_lines: Sequence[BadLine]) -> None:
        self._bad_lines.extend(bad_lines)
        self._bad_count += len(bad_lines)
        if self._bad_count > MAX_BAD_LINES:
            raise DeliveryRefused(
                self.name,
                f"over {MAX_BAD_LINES:,} lines are no records, most lately by the rule {bad_lines[-1].rules[0]!r}",
                "check that the file is of the format of its contract",
            )
