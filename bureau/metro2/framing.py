"""Where one record ends and the next begins, whatever the file is: lines, blocks, or neither.

A file of characters with line ends is read by its lines: the line is the record, even where the
record descriptor word says otherwise. Any other file is read by its record descriptor words, with
or without block descriptor words before them. Where these lead nowhere, the next place that looks
like the beginning of a record is looked for, so a damaged record costs itself and nothing after it.

Nothing is lost: the frames of a file, put one after the other, are the file. A line longer than
16 MB, which no record can be, counts as several, so that memory stays bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from bureau.metro2.arrays import Matrix, Places
from bureau.metro2.layout import APPENDED, BASE, MAX_RECORD
from bureau.metro2.packed import Numbers, which_numbers

__all__ = ["BLOCK_BYTES", "Frames", "Readable", "Style", "detect", "frames", "read_descriptor"]

BLOCK_BYTES: Final = 4 << 20
"""How much of a file is looked at in one piece."""

_LONGEST_LINE: Final = 16 << 20
_LOOKED_AT: Final = 1 << 16
_LONGEST_FRAME: Final = 4 + MAX_RECORD + 2
_LONGEST_JUNK: Final = 1 << 16

_WORD: Final = rb"(?:[0-9]{4}|(?:[\x02-\x27].|\x01[\x6e-\xff])\x00\x00)"
_TIME_STAMP: Final = rb"(?:(?:0[1-9]|1[0-2])[0-3][0-9](?:19|20)[0-9]{8}|0{14}| {14})"
_CHARACTER_RECORD: Final = re.compile(
    _WORD + rb"(?:HEADER|TRAILER|[0-9 ]" + _TIME_STAMP + rb".{53}"
    rb"[CIMOR][0-9A-Z ]{2}[0-9]{8}[0-9 ]{18}.{4}[0-9 ]{18}[0-9D][0-9AF])",
    re.DOTALL,
)
_PACKED_RECORD: Final = re.compile(
    _WORD + rb"(?:HEADER|TRAILER|[0-9 ].{61}[CIMOR][0-9A-Z ]{2}.{29}[0-9D][0-9AF])",
    re.DOTALL,
)
_LONGEST_MATCH: Final = 125
_NOT_BLANK: Final = re.compile(rb"[^ ]")


class Readable(Protocol):
    """What can be read from: a file opened for bytes, seekable or not."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, that many at most; none at the end."""


@dataclass(frozen=True)
class Style:
    """How the records of a file are written and set apart.

    Parameters
    ----------
    numbers : Numbers
        How numbers and dates are written.
    line_end : bytes
        What ends a line where a record is a line, LF (CR LF is told with it) or CR; otherwise empty.
    blocked : bool
        Block descriptor words stand before records.
    """

    numbers: Numbers = Numbers.CHARACTERS
    line_end: bytes = b"\n"
    blocked: bool = False

    @property
    def packed(self) -> bool:
        """Whether numbers and dates are packed."""
        return self.numbers is not Numbers.CHARACTERS

    @property
    def base_length(self) -> int:
        """Length of a base segment."""
        return BASE.packed_length if self.packed else BASE.length

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """What the beginning of a record looks like."""
        return _PACKED_RECORD if self.packed else _CHARACTER_RECORD


@dataclass(frozen=True)
class Frames:
    """Some consecutive records of a file, good or not.

    Parameters
    ----------
    text : bytes
        Their bytes, with everything that sets them apart.
    bounds : numpy.ndarray
        Where each begins in the text, and the end of the last one.
    starts, ends : numpy.ndarray
        Where the record itself begins and ends, without block descriptor and line end.
    first_line : int
        Number of the first of them.
    style : Style
        How they are written.
    """

    text: bytes
    bounds: Places
    starts: Places
    ends: Places
    first_line: int
    style: Style

    def __len__(self) -> int:
        """How many records."""
        return len(self.starts)

    def raw(self, index: int) -> bytes:
        """A record with everything that sets it apart."""
        return self.text[self.bounds[index] : self.bounds[index + 1]]


def read_descriptor(word: bytes) -> int | None:
    r"""The length that four bytes tell, in digits or as a binary halfword and two zero bytes; None if none.

    Examples
    --------
    >>> read_descriptor(b"0426"), read_descriptor(b"\x01\x6e\0\0"), read_descriptor(b"HEAD")
    (426, 366, None)
    """
    if len(word) != 4:
        return None
    if word.isdigit():
        return int(word)
    return int.from_bytes(word[:2]) if word[2:] == b"\0\0" and word[:2] != b"\0\0" else None


def detect(head: bytes) -> Style:
    """How the records of a file are written, from its first bytes.

    Without any recognisable record among them it is taken for lines of characters.
    """
    for before in (0, 4):
        word = read_descriptor(head[before : before + 4])
        found = head[before + 4 : before + 10] == b"HEADER"
        if found or (word is not None and before == 4 and _begins_packed(head, before)):
            if _is_packed_word(head[before : before + 4], head):
                return Style(_packed_numbers(head), b"", blocked=before == 4)
            return Style(line_end=_line_end(head, before), blocked=before == 4)
    if _begins_packed(head, 0) and not _CHARACTER_RECORD.match(head):
        return Style(_packed_numbers(head), b"")
    first = _CHARACTER_RECORD.search(head)
    begin = first.start() if first else 0
    block, word = read_descriptor(head[begin - 4 : begin]), read_descriptor(head[begin : begin + 4])
    blocked = bool(first) and begin >= 4 and block is not None and word is not None and block >= word + 4
    return Style(line_end=_line_end(head, begin), blocked=blocked)


def frames(file: Readable, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Frames]:
    """The records of a file, some at a time.

    Parameters
    ----------
    file : Readable
        Its unpacked content, from the beginning.
    block_bytes : int
        How much is read at a time; memory is bounded by a small multiple of it.
    """
    block_bytes = max(block_bytes, _LOOKED_AT)
    text = _read(file, min(block_bytes, 1 << 20))
    if not text:
        return
    style = detect(text[:_LOOKED_AT])
    cut = _cut_lines if style.line_end else _cut_records
    line, at_end = 1, False
    while text:
        made, used = cut(text, style, line, at_end=at_end)
        if len(made):
            yield made
            line += len(made)
        more = _read(file, block_bytes)
        at_end = not more
        text = text[used:] + more


def _read(file: Readable, size: int) -> bytes:
    """That many bytes, fewer only at the end of the file."""
    pieces, missing = [], size
    while missing > 0 and (piece := file.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _is_packed_word(word: bytes, head: bytes) -> bool:
    """Whether a record descriptor is one of the packed format."""
    if word[2:] == b"\0\0":
        return True
    return read_descriptor(word) == BASE.packed_length and b"\n" not in head[: BASE.length + 6]


def _begins_packed(head: bytes, at: int) -> bool:
    """Whether a packed record without ``HEADER`` begins there."""
    return head[at + 2 : at + 4] == b"\0\0" and _PACKED_RECORD.match(head, at) is not None


def _packed_numbers(head: bytes) -> Numbers:
    """How the numbers of a packed file are written, which its first base segment with a date tells."""
    for found in _PACKED_RECORD.finditer(head):
        told = None if found.group().endswith(b"ER") else which_numbers(head[found.start() :][: BASE.packed_length])
        if told is not None:
            return told
    return Numbers.DECIMAL


def _line_end(head: bytes, begin: int) -> bytes:
    """What ends a line, in a file of characters whose first line is one record; otherwise nothing."""
    ending = b"\n" if b"\n" in head else b"\r"
    end = head.find(ending, begin)
    return ending if end >= 0 and _CHARACTER_RECORD.search(head, begin + BASE.length, end) is None else b""


# -- lines --------------------------------------------------------------------------------------


def _cut_lines(text: bytes, style: Style, first_line: int, *, at_end: bool) -> tuple[Frames, int]:
    array = np.frombuffer(text, dtype=np.uint8)
    after = np.flatnonzero(array == ord(style.line_end)) + 1
    used = int(after[-1]) if len(after) else 0
    if (at_end and used < len(text)) or len(text) - used > _LONGEST_LINE:
        used = len(text)
        after = np.append(after, used)
    bounds = np.concatenate([[0], after])
    starts, ends = bounds[:-1], after.copy()
    if len(ends):
        ends -= array[ends - 1] == ord(style.line_end)
        ends -= (array[np.maximum(ends - 1, 0)] == ord("\r")) & (ends > starts)
    if style.blocked:
        starts = starts + _blocks_before(array, starts, ends)
    return Frames(text[:used], bounds, starts, ends, first_line, style), used


def _blocks_before(array: Matrix, starts: Places, ends: Places) -> Places:
    """4 for each line that a block descriptor word begins, 0 for the others."""
    before = np.zeros(len(starts), dtype=np.int64)
    for index in np.flatnonzero(ends - starts >= BASE.length):
        start, end = int(starts[index]), int(ends[index])
        line = array[start : start + 4 + _LONGEST_MATCH].tobytes()
        length = read_descriptor(line[4:8])
        begins = _CHARACTER_RECORD.match
        if (length is not None and length + 4 == end - start) or (begins(line, 4) and not begins(line)):
            before[index] = 4
    return before


# -- descriptor words ---------------------------------------------------------------------------


def _cut_records(text: bytes, style: Style, first_line: int, *, at_end: bool) -> tuple[Frames, int]:
    cutter = _Cutter(text, style)
    bounds, starts, ends = [0], [], []
    # A frame is cut where enough text follows to see how the next one begins.
    least = 1 if at_end else _LONGEST_FRAME + _LONGEST_JUNK + _LONGEST_MATCH
    while len(text) - bounds[-1] >= least:
        start, end, after = cutter.frame(bounds[-1])
        starts.append(start)
        ends.append(end)
        bounds.append(after)
    edges, begins, closes = (np.array(each, dtype=np.int64) for each in (bounds, starts, ends))
    return Frames(text[: bounds[-1]], edges, begins, closes, first_line, style), bounds[-1]


class _Cutter:
    """Finds the ends of records in a text without lines."""

    def __init__(self, text: bytes, style: Style) -> None:
        self._text = text
        self._style = style
        self._pattern = style.pattern
        self._before = 4 if style.blocked else 0
        self._searched = (0, -1)

    def frame(self, place: int) -> tuple[int, int, int]:
        """Begin and end of the record that stands there, and where the next one stands."""
        start = place + self._before
        length = self._word(start)
        if length is not None and self._is_regular(place, length):
            return start, start + length, start + length
        start = place + 4 if self._has_block(place) else place
        end = self._end(start)
        after = self._after_line_end(end)
        if self._text.startswith(b" ", after) and not self._begins(after):
            after = self._after_filler(after)
        return start, end, after

    def _is_regular(self, place: int, length: int) -> bool:
        """Whether a record stands there whose words are right, with the next one right behind it."""
        begin = self._pattern.match
        start = place + self._before
        if not self._style.base_length <= length <= MAX_RECORD or begin(self._text, start) is None:
            return False
        after = start + length
        if self._before and (self._word(place) != length + 4 or self._word(after) is None):
            return False
        return begin(self._text, after + self._before) is not None

    def _has_block(self, place: int) -> bool:
        """Whether a block descriptor word stands there, and not a record at once."""
        if not self._style.blocked:
            return False
        block, length = self._word(place), self._word(place + 4)
        if block is None or length is None:
            return False
        if self._pattern.match(self._text, place + 4):
            return self._pattern.match(self._text, place) is None or block >= length + 4 >= self._style.base_length
        return block == length + 4

    def _end(self, start: int) -> int:
        length = self._word(start)
        if length is None or not self._style.base_length <= length <= MAX_RECORD or start + length > len(self._text):
            return self._before_line_end(start, self._next(start + 1))
        told = start + length
        after = self._after_line_end(told)
        if after == len(self._text) or self._begins(after):
            return told
        found = self._next(start + 1)
        if found < told:
            return self._before_line_end(start, found)
        if self._fits(start, told) or not self._fits(start, found):
            return told
        return self._before_line_end(start, found)

    def _word(self, place: int) -> int | None:
        return read_descriptor(self._text[place : place + 4])

    def _begins(self, place: int) -> bool:
        """Whether a record seems to begin there, with or without a block descriptor word."""
        if self._pattern.match(self._text, place):
            return True
        return self._style.blocked and self._has_block(place)

    def _fits(self, start: int, end: int) -> bool:
        """Whether a base segment and whole segments after it, or blanks, fill that stretch."""
        place = start + self._style.base_length
        while place < end:
            if self._text.startswith(b" ", place):
                place += 1
            else:
                layout = APPENDED.get(self._text[place : place + 2].decode("latin-1"))
                if layout is None:
                    break
                place += layout.length
        return not self._text[place:end].strip(b"\r\n") and place <= end

    def _next(self, place: int) -> int:
        """Where the next record begins, no further than a bad stretch may be long."""
        limit = min(len(self._text), place + _LONGEST_JUNK)
        since, found = self._searched
        if not since <= place <= found:
            hit = self._pattern.search(self._text, place, min(len(self._text), limit + _LONGEST_MATCH))
            found = hit.start() if hit else limit
            self._searched = (place, found)
        begin = min(found, limit)
        if self._style.blocked and begin - 4 >= place and begin < limit and self._word(begin - 4) is not None:
            return begin - 4
        return begin

    def _after_line_end(self, place: int) -> int:
        """The place after a line end, where one stands there and no descriptor word does."""
        for end in (b"\r\n", b"\n", b"\r"):
            if self._text.startswith(end, place):
                bare = self._style.packed and self._begins(place)
                return place if bare else place + len(end)
        return place

    def _before_line_end(self, start: int, end: int) -> int:
        """The end of a record without the line end that stands before the next one."""
        if not self._style.packed:
            for ends in (b"\r\n", b"\n", b"\r"):
                if self._text.endswith(ends, start, end):
                    return end - len(ends)
        return end

    def _after_filler(self, place: int) -> int:
        """The place after blanks that fill a record up to the next one."""
        found = _NOT_BLANK.search(self._text, place, place + _LONGEST_FRAME)
        after = found.start() if found else min(len(self._text), place + _LONGEST_FRAME)
        return after if after == len(self._text) or self._begins(after) else place
