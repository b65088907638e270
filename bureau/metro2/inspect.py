"""What a Metro 2 file holds, and what is wrong with it: the summary behind ``tradeline metro2 inspect``.

No personal data and no part of a record stands in it: lines, ids of rules, names of fields, counts.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from bureau.errors import NotMetro2
from bureau.formats.lines import file_errors, unpack
from bureau.metro2.arrays import Places
from bureau.metro2.batches import Batch, read_batches
from bureau.metro2.findings import Broken, find
from bureau.metro2.framing import Readable
from bureau.metro2.layout import LAYOUTS
from bureau.metro2.rules import RULES
from bureau.metro2.totals import Totals

__all__ = ["Findings", "Summary", "inspect_file", "inspect_records"]


class Findings:
    """Broken rules in the order of their lines, a few bytes each.

    A file may hold more of them than fit into memory as objects.
    """

    def __init__(self) -> None:
        self._lines = array("q")
        self._codes = array("H")
        self._names: list[tuple[str, str | None, str | None]] = []
        self._evidence: dict[int, dict[str, int | None]] = {}

    def __len__(self) -> int:
        """How many."""
        return len(self._lines)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Each as ``line``, ``rule``, ``severity``, and ``segment``, ``field`` and evidence where there are some."""
        for place, (line, code) in enumerate(zip(self._lines, self._codes, strict=True)):
            rule, segment, which = self._names[code]
            found: dict[str, Any] = {"line": line, "rule": rule, "severity": str(RULES[rule].severity)}
            if segment is not None:
                found["segment"] = segment
            if which is not None:
                found["field"] = which
            yield found | self._evidence.get(place, {})

    def by_rule(self) -> dict[str, tuple[int, int]]:
        """Each rule that is broken: how often, and the first line."""
        found: dict[str, tuple[int, int]] = {}
        for line, code in zip(self._lines, self._codes, strict=True):
            rule = self._names[code][0]
            count, first = found.get(rule, (0, line))
            found[rule] = (count + 1, first)
        return found

    def add(self, broken: Sequence[Broken]) -> None:
        """Add what some consecutive records break."""
        if not broken:
            return
        lines = np.concatenate([each.lines for each in broken])
        codes = np.repeat(
            [self._code(each.rule, each.segment, each.field) for each in broken], [len(each.lines) for each in broken]
        )
        order = np.argsort(lines, kind="stable")
        self._lines.frombytes(lines[order].astype(np.int64).tobytes())
        self._codes.frombytes(codes[order].astype(np.uint16).tobytes())

    def add_one(
        self, line: int, rule: str, segment: str | None = None, which: str | None = None, **evidence: int | None
    ) -> None:
        """Add a single one with its evidence."""
        if evidence:
            self._evidence[len(self)] = evidence
        self._lines.append(line)
        self._codes.append(self._code(rule, segment, which))

    def _code(self, *names: *tuple[str, str | None, str | None]) -> int:
        if names not in self._names:
            self._names.append(names)
        return self._names.index(names)


@dataclass
class Summary:
    """What a file holds.

    Parameters
    ----------
    records : int
        Records that were accepted, header and trailer among them.
    segments : dict of str to int
        How many of each kind, of those that are there.
    rejects : list of tuple
        The line and the broken rules of each line that is no record; with ``records`` they make up
        the lines of the file.
    findings : Findings
        Broken rules of accepted records.
    """

    records: int = 0
    segments: dict[str, int] = field(default_factory=dict)
    rejects: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)

    @property
    def lines(self) -> int:
        """Lines of the file."""
        return self.records + len(self.rejects)


def inspect_file(path: Path) -> Summary:
    """Look through a file, which may be packed with gzip or zip.

    Raises
    ------
    NotMetro2
        If it is no Metro 2 file, or cannot be unpacked.
    DeliveryRefused
        If it cannot be read.
    """
    with ExitStack() as opened:
        with file_errors(path.name):
            raw = opened.enter_context(path.open("rb"))
            if not raw.peek(1):
                raise NotMetro2(path.name, "it is empty")
            unpacked = unpack(path.name, raw)
        return inspect_records(_Careful(path.name, unpacked), name=path.name)


class _Careful:
    """Reads from a file, and turns what may go wrong there into one line that names it."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self._name = name
        self._file = file

    def read(self, size: int, /) -> bytes:
        with file_errors(self._name):
            return self._file.read(size)


def inspect_records(file: Readable, *, name: str = "the file") -> Summary:
    """Look through the unpacked content of a file.

    Parameters
    ----------
    file : Readable
        Its content, from the beginning.
    name : str
        What errors call it.

    Raises
    ------
    NotMetro2
        If it holds no Metro 2 record.
    """
    summary, totals = Summary(), Totals()
    counts: Counter[str] = Counter()
    begins_with_header = ends_with_trailer = False
    for batch in read_batches(file, name=name):
        if not summary.records and batch.accepted:
            begins_with_header = _kind_at(batch, first=True) == "HEADER"
        summary.records += batch.accepted
        summary.rejects += [(each.line, each.rules) for each in batch.refused]
        counts["BASE"] += len(batch.lines)
        counts.update({kind: len(part.owners) for kind, part in batch.appended.items()})
        counts.update(record.kind for record in batch.others)
        if batch.accepted:
            ends_with_trailer = _kind_at(batch, first=False) == "TRAILER"
        summary.findings.add(list(find(batch)))
        for record, differences in totals.follow(batch):
            for which, (told, counted) in differences.items():
                summary.findings.add_one(record.line, "trailer-total", "TRAILER", which, told=told, counted=counted)
    if not begins_with_header:
        summary.findings.add_one(1, "header-missing")
    if not ends_with_trailer:
        summary.findings.add_one(summary.lines, "trailer-missing")
    summary.segments = {kind: counts[kind] for kind in LAYOUTS if counts[kind]}
    return summary


def _kind_at(batch: Batch, *, first: bool) -> str:
    """Kind of the first or last record that was accepted."""
    place = 0 if first else -1
    others = {record.line: record.kind for record in batch.others[place:][:1]}
    lines: Places = np.concatenate([batch.lines, list(others)]).astype(np.int64)
    return others.get(int(lines.min() if first else lines.max()), "BASE")
