"""Metro 2 records one at a time, exactly: what is read is written back byte for byte.

This is the plain way, for tests, repairs and small files; :mod:`bureau.metro2.batches` reads the same
files in bulk and comes to the same judgement about every record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Final

from bureau.metro2.framing import BLOCK_BYTES, Frames, Readable, Style, frames, read_descriptor
from bureau.metro2.layout import (
    ACCOUNT_STATUSES,
    APPENDED,
    BASE,
    HEADER,
    LAYOUTS,
    MAX_RECORD,
    PORTFOLIO_TYPES,
    TRAILER,
    Field,
    FieldKind,
    Layout,
)
from bureau.metro2.packed import Numbers, pack, unpack

__all__ = ["Record", "Refused", "Segment", "judge", "read_records", "write_records"]

_IDENTIFIERS: Final = {"HEADER": b"HEADER", "TRAILER": b"TRAILER"}
_CONTROLS: Final = bytes((*range(32), 127))


@dataclass(frozen=True)
class Segment:
    """One segment: header, base, trailer, or one that is appended to a base.

    Parameters
    ----------
    layout : Layout
        Its fields.
    data : bytes
        Its bytes, as they stand in the file; never shown by ``repr``.
    numbers : Numbers
        How its numbers are written; appended segments and headers are always characters.
    """

    layout: Layout
    data: bytes = field(repr=False)
    numbers: Numbers = Numbers.CHARACTERS

    @classmethod
    def make(cls, kind: str, numbers: Numbers = Numbers.CHARACTERS, **values: str) -> Segment:
        """A new segment; fields that are not named are blank, or zero where digits are expected.

        Examples
        --------
        >>> Segment.make("K1", original_creditor="HARBOUR BANK").data
        b'K1HARBOUR BANK                    '
        """
        layout = LAYOUTS[kind]
        numbers = numbers if kind not in APPENDED else Numbers.CHARACTERS
        empty = cls(layout, b" " * (layout.length if numbers is Numbers.CHARACTERS else layout.packed_length), numbers)
        filled = {each.name: each.filled_with for each in layout.digits}
        made = empty.with_values(**(filled | values))
        identifier = _IDENTIFIERS.get(kind, b"" if kind == "BASE" else kind.encode())
        at = 0 if kind in APPENDED else 4
        return replace(made, data=made.data[:at] + identifier + made.data[at + len(identifier) :])

    @property
    def kind(self) -> str:
        """``HEADER``, ``BASE``, ``TRAILER``, or its two characters."""
        return self.layout.kind

    def text(self, name: str) -> str:
        """A field in its full width, in the character format; see :mod:`bureau.metro2.packed`."""
        which = self.layout[name]
        data = self.data[self._place(which)]
        if self._packs(which):
            return unpack(data.ljust(which.packed_length), which, self.numbers)
        return data[: which.length].ljust(which.length).decode("latin-1")

    def __getitem__(self, name: str) -> str:
        """A field without the blanks on its right."""
        return self.text(name).rstrip(" ")

    def values(self) -> dict[str, str]:
        """Every field that carries something, by name."""
        return {name: self[name] for name in self.layout.columns}

    def with_values(self, **values: str) -> Segment:
        """The same with other values: text is filled with blanks, digits with zeros on the left.

        Raises
        ------
        ValueError
            If a value is too long, or a packed field is given something else than digits.
        """
        place = slice(0, self.layout.length if self.numbers is Numbers.CHARACTERS else self.layout.packed_length)
        data = bytearray(self.data.ljust(place.stop))
        for name, value in values.items():
            which = self.layout[name]
            text = value.rjust(which.length, "0") if which.is_digits and value.strip() else value.ljust(which.length)
            if len(text) > which.length:
                raise ValueError(f"{self.kind}, {name}: longer than {which.length} characters")
            data[self._place(which)] = pack(text, which, self.numbers) if self._packs(which) else text.encode("latin-1")
        return replace(self, data=bytes(data))

    def recoded(self, numbers: Numbers) -> Segment:
        """The same in another format; what a header or trailer reserves is filled with blanks."""
        if self.kind in APPENDED or numbers is self.numbers:
            return self
        kept = {each.name: self.text(each.name) for each in self.layout.fields if _is_carried(each)}
        return Segment.make(self.kind, numbers, **kept)

    def not_digits(self) -> list[str]:
        """Names of the fields that should hold digits, or blanks all through, and do not."""
        texts = ((each.name, self.text(each.name)) for each in self.layout.digits)
        return [name for name, text in texts if text.strip(" ") and not (text.isascii() and text.isdigit())]

    def plain(self) -> bytes:
        """The bytes of its fields that are characters in this format, descriptor left out."""
        return b"".join(
            self.data[self._place(each)]
            for each in self.layout.fields
            if each.kind is not FieldKind.DESCRIPTOR and not self._packs(each)
        )

    def _packs(self, which: Field) -> bool:
        return which.is_packed and self.numbers is not Numbers.CHARACTERS

    def _place(self, which: Field) -> slice:
        return which.place if self.numbers is Numbers.CHARACTERS else which.packed_place


def _is_carried(which: Field) -> bool:
    """Whether a field has the same meaning in both formats."""
    silent = which.kind in (FieldKind.DESCRIPTOR, FieldKind.CONSTANT)
    return not silent and not (which.kind is FieldKind.RESERVED and which.length != which.packed_length)


@dataclass(frozen=True)
class Record:
    """A record that was accepted: a header, a trailer, or a base segment with what is appended.

    Parameters
    ----------
    line : int
        Its place in the file, from 1.
    segments : tuple of Segment
        The segments in order; the first is the header, base or trailer.
    fillers : tuple of bytes
        Blanks after each of them, which fill records up to a fixed length.
    before, after : bytes
        What sets it apart in the file: the block descriptor word; the line end, further filling.
    """

    line: int
    segments: tuple[Segment, ...]
    fillers: tuple[bytes, ...] = ()
    before: bytes = b""
    after: bytes = b""

    @classmethod
    def build(cls, line: int, segments: Sequence[Segment], *, blocked: bool = False, line_end: bytes = b"\n") -> Record:
        """A new record with its descriptor words; the first segment tells the format."""
        length = sum(len(each.data) for each in segments)
        binary = segments[0].numbers is not Numbers.CHARACTERS
        first = replace(segments[0], data=_word(length, binary=binary) + segments[0].data[4:])
        before = _word(length + 4, binary=binary) if blocked else b""
        return cls(line, (first, *segments[1:]), (b"",) * len(segments), before, line_end)

    @property
    def kind(self) -> str:
        """``HEADER``, ``BASE`` or ``TRAILER``."""
        return self.segments[0].kind

    @property
    def body(self) -> bytes:
        """Its bytes without what sets it apart."""
        return b"".join(segment.data + filler for segment, filler in zip(self.segments, self.fillers, strict=True))

    @property
    def raw(self) -> bytes:
        """Its bytes as they stand in the file."""
        return self.before + self.body + self.after

    @property
    def tells_its_length(self) -> bool:
        """Whether its record descriptor word is right."""
        return read_descriptor(self.segments[0].data[:4]) == len(self.body)

    def appended(self, kind: str) -> list[Segment]:
        """The segments of a kind that are appended to it."""
        return [segment for segment in self.segments[1:] if segment.kind == kind]


@dataclass(frozen=True)
class Refused:
    """A line that is no record.

    Parameters
    ----------
    line : int
        Its place in the file, from 1.
    rules : tuple of str
        What is wrong with it: rules of :mod:`bureau.metro2.rules` with the severity ``refused``.
    raw : bytes
        Its bytes as they stand in the file; never shown by ``repr``.
    """

    line: int
    rules: tuple[str, ...]
    raw: bytes = field(repr=False)


def read_records(file: Readable, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Record | Refused]:
    """Every record of a file in order, good or not.

    Parameters
    ----------
    file : Readable
        Its unpacked content, from the beginning.
    block_bytes : int
        How much is read at a time.
    """
    for cut in frames(file, block_bytes=block_bytes):
        for index in range(len(cut)):
            yield judge(cut, index)


def judge(cut: Frames, index: int) -> Record | Refused:
    """One of the frames of a file as a record, or why it is none."""
    begin, end = int(cut.starts[index]), int(cut.ends[index])
    found = _parse(cut.text[begin:end], cut.style)
    if found.rules:
        return Refused(cut.first_line + index, tuple(found.rules), cut.raw(index))
    before, after = cut.text[cut.bounds[index] : begin], cut.text[end : cut.bounds[index + 1]]
    return Record(cut.first_line + index, tuple(found.segments), tuple(found.fillers), before, after)


def write_records(records: Iterable[Record | Refused], file: IO[bytes]) -> None:
    """Write records as they stand, refused ones too."""
    for record in records:
        file.write(record.raw)


@dataclass
class _Parsed:
    rules: list[str]
    segments: list[Segment] = field(default_factory=list)
    fillers: list[bytes] = field(default_factory=list)


def _parse(body: bytes, style: Style) -> _Parsed:
    if not body.strip(b" "):
        return _Parsed(["blank"])
    if read_descriptor(body[:4]) is None:
        return _Parsed(["descriptor"])
    layout = HEADER if body[4:10] == b"HEADER" else TRAILER if body[4:11] == b"TRAILER" else BASE
    length = layout.packed_length if style.packed else layout.length
    if not (length if style.packed else layout.least) <= len(body) <= MAX_RECORD:
        return _Parsed(["length"])
    found = _Parsed([], [Segment(layout, body[:length], style.numbers)])
    rest = _split(body, min(length, len(body)), found)
    if rest:
        found.rules.append("segment")
    if not _is_likely(found.segments[0]):
        found.rules.append("record")
    if any(byte in _CONTROLS for byte in b"".join([*(each.plain() for each in found.segments), rest])):
        found.rules.append("characters")
    return found


def _is_likely(segment: Segment) -> bool:
    """Whether a segment may be what it seems: digits where they belong, and for a base one code of two."""
    if len(segment.not_digits()) * 2 > len(segment.layout.digits):
        return False
    return segment.kind != "BASE" or (
        segment["portfolio_type"] in ("", *PORTFOLIO_TYPES) or segment["account_status"] in ("", *ACCOUNT_STATUSES)
    )


def _split(body: bytes, place: int, found: _Parsed) -> bytes:
    """Split off appended segments and the blanks between them; what is left could not be read."""
    while True:
        filled = len(body) - len(body[place:].lstrip(b" "))
        found.fillers.append(body[place:filled])
        rest = body[filled:]
        layout = APPENDED.get(rest[:2].decode("latin-1")) if found.segments[0].layout is BASE else None
        if layout is None or len(rest) < layout.least:
            return rest
        found.segments.append(Segment(layout, rest[: layout.length]))
        place = filled + min(layout.length, len(rest))


def _word(length: int, *, binary: bool) -> bytes:
    if length > MAX_RECORD:
        raise ValueError(f"a record cannot be longer than {MAX_RECORD} bytes")
    return length.to_bytes(2) + b"\0\0" if binary else b"%04d" % length
