"""The totals of a Metro 2 trailer, counted anew from the records.

What each field of the trailer counts:

- ``base``: base segments; ``j1`` ... ``n1``: appended segments of that kind that say something, so
  none whose fields are all blank or filled with nines.
- ``status_05`` ... ``status_df``: base segments with that account status.
- ``ecoa_z``: base, J1 and J2 segments with the code Z.
- ``ssn_base``, ``ssn_j1``, ``ssn_j2``, ``ssn_all``: social security numbers in each kind of segment
  and together; neither zeros nor nines all through count.
- ``birth_date_...``: birth dates likewise, zeros all through not counted; ``telephone_all`` likewise
  for telephone numbers, in all three kinds together.
- ``blocks``: block descriptor words, those of header and trailer included; not compared where the file
  has none, or the trailer tells none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from bureau.metro2.arrays import Mask, Matrix
from bureau.metro2.batches import Batch
from bureau.metro2.layout import APPENDED, BASE, TRAILER, FieldKind, Layout
from bureau.metro2.records import Record

__all__ = ["TOTALS", "Totals"]

TOTALS: Final = tuple(field.name for field in TRAILER.fields if field.kind is FieldKind.NUMBER)
"""Names of the trailer's totals, in order."""

_STATUSES: Final = tuple(name for name in TOTALS if name.startswith("status_"))
_CONSUMERS: Final = ("base", "j1", "j2")
_BLANK, _ZERO, _NINE = b" 09"


class Totals:
    """Counts of what a trailer tells, fed with the segments as they are read or written.

    Segments come as matrices of bytes in the character format, one row a segment.

    Attributes
    ----------
    counts : dict of str to int
        Trailer field to its total.

    Examples
    --------
    >>> totals = Totals()
    >>> totals.counts["base"], len(TOTALS)
    (0, 43)
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = dict.fromkeys(TOTALS, 0)

    def add(self, base: Matrix, appended: Mapping[str, Matrix]) -> None:
        """Count some records.

        Parameters
        ----------
        base : numpy.ndarray
            Their base segments.
        appended : mapping of str to numpy.ndarray
            The segments appended to them, by kind.
        """
        self.counts["base"] += len(base)
        at = BASE["account_status"].start
        statuses = np.bincount(base[:, at].astype(np.intp) << 8 | base[:, at + 1], minlength=1 << 16)
        for name in _STATUSES:
            code = name.removeprefix("status_").upper().encode()
            self.counts[name] += int(statuses[int.from_bytes(code)])
        self._add_consumers("base", BASE, base)
        for kind, rows in appended.items():
            layout = APPENDED[kind]
            said = rows[_any_but(rows[:, 2:], _BLANK, _NINE)]
            self.counts[kind.lower()] += len(said)
            if "ecoa" in layout:
                self._add_consumers(kind.lower(), layout, said)

    def follow(self, batch: Batch) -> Iterator[tuple[Record, dict[str, tuple[int | None, int]]]]:
        """Count the records of a file as they are read, and compare them with the trailers among them.

        Parameters
        ----------
        batch : Batch
            The next records.

        Yields
        ------
        tuple
            Each header and trailer, with the totals of a trailer that differ: told (None where it
            is no number), and counted. After a trailer the count begins anew.
        """
        begin, blocks = 0, 0
        for record in batch.others:
            end, blocks_end = np.searchsorted(batch.lines, record.line), np.searchsorted(batch.blocks, record.line + 1)
            self._add_slice(batch, begin, int(end))
            self.counts["blocks"] += int(blocks_end) - blocks
            begin, blocks = int(end), int(blocks_end)
            if record.kind == "TRAILER":
                yield record, self._differences(record)
                self.counts = dict.fromkeys(TOTALS, 0)
            else:
                yield record, {}
        self._add_slice(batch, begin, len(batch.lines))
        self.counts["blocks"] += len(batch.blocks) - blocks

    def _add_slice(self, batch: Batch, begin: int, end: int) -> None:
        parts = {}
        for kind, part in batch.appended.items():
            first, last = np.searchsorted(part.owners, (begin, end))
            parts[kind] = part.rows[first:last]
        self.add(batch.base[begin:end], parts)

    def _differences(self, trailer: Record) -> dict[str, tuple[int | None, int]]:
        differences = {}
        for name, counted in self.counts.items():
            text = trailer.segments[0][name]
            told = int(text) if text.isascii() and text.isdigit() else None if text else 0
            if told != counted and not (name == "blocks" and (told == 0 or counted == 0)):
                differences[name] = (told, counted)
        return differences

    def _add_consumers(self, where: str, layout: Layout, rows: Matrix) -> None:
        self.counts["ecoa_z"] += int(np.count_nonzero(rows[:, layout["ecoa"].start] == ord("Z")))
        ssn, birth, telephone = (rows[:, layout[name].place] for name in ("ssn", "birth_date", "telephone"))
        told = int(np.count_nonzero(_any_but(ssn, _BLANK, _ZERO) & _any_but(ssn, _BLANK, _NINE)))
        born = int(np.count_nonzero(_any_but(birth, _BLANK, _ZERO)))
        for name, number in (("ssn", told), ("birth_date", born)):
            self.counts[f"{name}_{where}"] += number
            self.counts[f"{name}_all"] += number
        self.counts["telephone_all"] += int(np.count_nonzero(_any_but(telephone, _BLANK, _ZERO)))


def _any_but(rows: Matrix, first: int, second: int) -> Mask:
    """The rows that hold a character other than the two."""
    found: Mask = ((rows != first) & (rows != second)).any(axis=1)
    return found
