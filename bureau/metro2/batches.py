"""Metro 2 records in bulk: matrices of bytes, one row a segment, whatever format the file is in.

Lines of one length become a matrix without being copied; others are gathered from their places. What
is no plain base segment (headers, trailers, lines that are refused) goes the exact way of
:mod:`bureau.metro2.records`, so both come to the same judgement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from bureau.errors import NotMetro2
from bureau.metro2.arrays import Mask, Matrix, Places
from bureau.metro2.framing import BLOCK_BYTES, Frames, Readable, frames
from bureau.metro2.layout import ACCOUNT_STATUSES, APPENDED, BASE, MAX_RECORD, PORTFOLIO_TYPES
from bureau.metro2.packed import unpack_all
from bureau.metro2.records import Record, Refused, judge

__all__ = ["Batch", "Part", "read_batches"]

_LOOKED_AT: Final = 1 << 20
_BLANK: Final = ord(" ")
_DEL: Final = 127
_ASCII: Final = 128
_ZERO: Final = np.uint8(ord("0"))
_TYPES: Final = np.isin(np.arange(256), [ord(code) for code in (" ", *PORTFOLIO_TYPES)])
_STATUSES: Final = np.isin(np.arange(1 << 16), [int.from_bytes(code.encode()) for code in ("  ", *ACCOUNT_STATUSES)])
_SURE: Final = tuple(
    slice(BASE[first].start, BASE[last].place.stop)
    for first, last in (("credit_limit", "highest_credit"), ("current_balance", "last_payment_date"))
)
"""Stretches that hold more than half of the base's fields of digits."""


@dataclass(frozen=True)
class Part:
    """Appended segments of one kind.

    Parameters
    ----------
    owners : numpy.ndarray
        Row of the base segment that each belongs to, in order.
    order : numpy.ndarray
        Its place among the segments appended to that base, from 0.
    rows : numpy.ndarray
        Their bytes in the character format.
    """

    owners: Places
    order: Places
    rows: Matrix


@dataclass(frozen=True)
class Batch:
    """Some consecutive records of a file.

    Parameters
    ----------
    lines : numpy.ndarray
        Line of each base segment.
    base : numpy.ndarray
        The base segments in the character format, a row each; the record descriptor words mean nothing.
    told : numpy.ndarray
        Whether the record descriptor word of each tells the length of its record.
    appended : dict of str to Part
        What is appended to them, by kind.
    others : list of Record
        Headers and trailers.
    refused : list of Refused
        Lines that are no records.
    blocks : numpy.ndarray
        Lines of the records with a block descriptor word.
    is_ascii : bool
        Whether all bytes are ASCII.
    """

    lines: Places
    base: Matrix
    told: Mask
    appended: dict[str, Part]
    others: list[Record]
    refused: list[Refused]
    blocks: Places
    is_ascii: bool

    @property
    def accepted(self) -> int:
        """How many records were accepted, headers and trailers among them."""
        return len(self.lines) + len(self.others)


def read_batches(file: Readable, *, name: str = "the file", block_bytes: int = BLOCK_BYTES) -> Iterator[Batch]:
    """The records of a file, some at a time.

    Parameters
    ----------
    file : Readable
        Its unpacked content, from the beginning.
    name : str
        What errors call it.
    block_bytes : int
        How much is read at a time.

    Raises
    ------
    NotMetro2
        If it holds no record at all, or none among its first lines.
    """
    accepted = seen = 0
    for cut in frames(file, block_bytes=block_bytes):
        batch = _batch(cut)
        accepted += batch.accepted
        seen += len(cut.text)
        if not accepted and seen >= _LOOKED_AT:
            raise NotMetro2(name, "no Metro 2 record stands in its first megabyte")
        yield batch
    if not accepted:
        raise NotMetro2(name, "it holds no Metro 2 record" if seen else "it is empty")


def _batch(cut: Frames) -> Batch:
    text = np.frombuffer(cut.text, dtype=np.uint8)
    plain = _plain(text, cut)
    others, refused = _read_exactly(cut, np.flatnonzero(~plain))
    indices = np.flatnonzero(plain)
    length = cut.style.base_length
    starts, ends = cut.starts[indices], cut.ends[indices]
    found, good = _walk(text, starts + length, ends)
    base = _gather(text, starts, ends, length)
    if cut.style.packed:
        base = unpack_all(base, BASE, cut.style.numbers)
    parts = {
        kind: (owners, order, _gather(text, places, ends[owners], APPENDED[kind].length))
        for kind, (owners, order, places) in found.items()
    }
    good &= _is_base(base)
    if cut.style.packed:
        base[:, :4] = _BLANK
        is_ascii = all((rows < _ASCII).all() for rows in (base, *(part[2] for part in parts.values())))
        good &= ~_has_controls(base)
        for owners, _, rows in parts.values():
            good[owners[_has_controls(rows)]] = False
    else:
        is_ascii = cut.text.isascii()
        good[_with_controls(text, cut, indices, is_ascii=is_ascii)] = False
    told = _words(text, starts) == ends - starts
    if not good.all():
        refused += _read_exactly(cut, indices[~good])[1]
        refused.sort(key=lambda each: each.line)
        base, told, indices = base[good], told[good], indices[good]
        parts = _kept(parts, good)
    return Batch(
        lines=cut.first_line + indices,
        base=base,
        told=told,
        appended={kind: Part(*part) for kind, part in parts.items()},
        others=others,
        refused=refused,
        blocks=cut.first_line + np.flatnonzero(cut.starts > cut.bounds[:-1]),
        is_ascii=is_ascii,
    )


def _read_exactly(cut: Frames, indices: Places) -> tuple[list[Record], list[Refused]]:
    records, refused = [], []
    for index in indices.tolist():
        judged = judge(cut, index)
        if isinstance(judged, Refused):
            refused.append(judged)
        else:
            records.append(judged)
    return records, refused


# -- which records are base segments ------------------------------------------------------------


def _plain(text: Matrix, cut: Frames) -> Mask:
    """Records that may be base segments: long enough, with a descriptor word, no header or trailer."""
    lengths = cut.ends - cut.starts
    least = BASE.packed_length if cut.style.packed else BASE.least
    plain = (lengths >= least) & (lengths <= MAX_RECORD)
    plain[plain] = _words(text, cut.starts[plain]) >= 0
    at = cut.starts[plain] + 4
    for index in np.flatnonzero(plain)[(text[at] == ord("H")) | (text[at] == ord("T"))].tolist():
        begin = int(cut.starts[index]) + 4
        plain[index] = not cut.text.startswith((b"HEADER", b"TRAILER"), begin)
    return plain


def _words(text: Matrix, starts: Places) -> Places:
    """What the record descriptor words tell; -1 where they tell nothing."""
    if not len(starts):
        return np.empty(0, dtype=np.int64)
    word = np.lib.stride_tricks.sliding_window_view(text, 4)[starts].astype(np.int64)
    digits = word - ord("0")
    told = digits @ np.array([1000, 100, 10, 1])
    told[((digits < 0) | (digits > 9)).any(axis=1)] = -1
    halves = word[:, 0] << 8 | word[:, 1]
    binary = (word[:, 2] == 0) & (word[:, 3] == 0) & (halves > 0)
    return np.where(binary, halves, told)


def _is_base(base: Matrix) -> Mask:
    """Whether base segments may be such: digits where they belong, and one of two codes."""
    kinds = base[:, BASE["portfolio_type"].start]
    statuses = base[:, BASE["account_status"].place].astype(np.intp)
    likely: Mask = _TYPES[kinds] | _STATUSES[statuses[:, 0] << 8 | statuses[:, 1]]
    sure = np.ones(len(base), dtype=np.bool_)
    for stretch in _SURE:
        if len(base) and (base[:, stretch] - _ZERO).max() > 9:
            sure &= ((base[:, stretch] - _ZERO) <= 9).all(axis=1)
    unsure = np.flatnonzero(~sure)
    if len(unsure):
        wrong = np.zeros(len(unsure), dtype=np.int64)
        for each in BASE.digits:
            data = base[unsure, each.place]
            wrong += ~(((data - _ZERO) <= 9).all(axis=1) | (data == _BLANK).all(axis=1))
        likely[unsure] &= wrong * 2 <= len(BASE.digits)
    return likely


def _with_controls(text: Matrix, cut: Frames, indices: Places, *, is_ascii: bool) -> Places:
    """Places in ``indices`` of the records that hold a control character."""
    odd = (text - np.uint8(_BLANK)) >= _DEL - _BLANK
    apart = int((np.diff(cut.bounds) - (cut.ends - cut.starts)).sum())
    if cut.style.line_end and not cut.style.blocked and is_ascii and np.count_nonzero(odd) == apart:
        return np.empty(0, dtype=np.int64)
    where = np.flatnonzero((text < _BLANK) | (text == _DEL))
    owner = np.searchsorted(cut.bounds, where, side="right") - 1
    inside = (where >= cut.starts[owner] + 4) & (where < cut.ends[owner])
    hit = np.zeros(len(cut), dtype=np.bool_)
    hit[owner[inside]] = True
    return np.flatnonzero(hit[indices])


def _has_controls(rows: Matrix) -> Mask:
    found: Mask = ((rows < _BLANK) | (rows == _DEL)).any(axis=1)
    return found


# -- what is appended ---------------------------------------------------------------------------


def _walk(text: Matrix, places: Places, ends: Places) -> tuple[dict[str, tuple[Places, Places, Places]], Mask]:
    """Follow the segments appended to each base; the owners, order and places of each kind.

    Also whether each base is followed by whole segments and blanks alone.
    """
    good = np.ones(len(places), dtype=np.bool_)
    steps: dict[str, list[tuple[Places, int, Places]]] = {}
    owners = np.flatnonzero(places < ends)
    places, step = places[owners], 0
    while len(owners):
        owners, places = _skip_blanks(text, owners, places, ends)
        pair = text[places].astype(np.int64) << 8 | text[np.minimum(places + 1, len(text) - 1)]
        after = np.zeros_like(places)
        for kind, layout in APPENDED.items():
            hit = (pair == int.from_bytes(kind.encode())) & (places + layout.least <= ends[owners])
            if hit.any():
                steps.setdefault(kind, []).append((owners[hit], step, places[hit]))
                after[hit] = places[hit] + layout.length
        good[owners[after == 0]] = False
        more = (after > 0) & (after < ends[owners])
        owners, places, step = owners[more], after[more], step + 1
    return {kind: _in_order(found) for kind, found in steps.items()}, good


def _skip_blanks(text: Matrix, owners: Places, places: Places, ends: Places) -> tuple[Places, Places]:
    """Move to the next character that is not blank; records that have none are done."""
    blank = text[places] == _BLANK
    while blank.any():
        places = places + blank
        left = places < ends[owners]
        if not left.all():
            owners, places = owners[left], places[left]
        blank = text[places] == _BLANK
    return owners, places


def _in_order(found: list[tuple[Places, int, Places]]) -> tuple[Places, Places, Places]:
    owners = np.concatenate([each[0] for each in found])
    order = np.repeat([each[1] for each in found], [len(each[0]) for each in found])
    places = np.concatenate([each[2] for each in found])
    if len(found) > 1:
        sorting = np.lexsort((order, owners))
        owners, order, places = owners[sorting], order[sorting], places[sorting]
    return owners, order, places


def _kept(parts: dict[str, tuple[Places, Places, Matrix]], good: Mask) -> dict[str, tuple[Places, Places, Matrix]]:
    """The segments of the records that are kept, under the new numbers of these."""
    numbers = np.cumsum(good) - 1
    kept = {}
    for kind, (owners, order, rows) in parts.items():
        mine = good[owners]
        if mine.any():
            kept[kind] = (numbers[owners[mine]], order[mine], rows[mine])
    return kept


def _gather(text: Matrix, starts: Places, ends: Places, width: int) -> Matrix:
    """A matrix of that width from those places, blank behind the end of each record."""
    if not len(starts):
        return np.empty((0, width), dtype=np.uint8)
    last = int(starts.max()) + width
    if last > len(text):
        text = np.concatenate([text, np.full(last - len(text), _BLANK, dtype=np.uint8)])
    step = int(starts[1] - starts[0]) if len(starts) > 1 else width
    if step > 0 and (np.diff(starts) == step).all():
        tail = text[int(starts[0]) :]
        rows = np.lib.stride_tricks.as_strided(tail, (len(starts), width), (step, 1), writeable=False)
    else:
        rows = np.lib.stride_tricks.sliding_window_view(text, width)[starts]
    short = np.flatnonzero(ends - starts < width)
    if len(short):
        rows = rows.copy()
        for index in short.tolist():
            rows[index, ends[index] - starts[index] :] = _BLANK
    return rows
