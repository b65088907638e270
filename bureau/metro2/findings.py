"""The rules of reporting, checked on Metro 2 records in bulk.

A check is a question put to all segments of a batch at once; the answer is a mask of those that
break its rule. The rules themselves stand in :mod:`bureau.metro2.rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from bureau.metro2.arrays import Mask, Matrix, Places
from bureau.metro2.batches import Batch
from bureau.metro2.dates import is_date, says_nothing, to_days
from bureau.metro2.layout import ACCOUNT_STATUSES, APPENDED, BASE, PORTFOLIO_TYPES, Field, FieldKind, Layout

__all__ = ["CHECKED", "Broken", "find"]

_RATED: Final = ("05", "13", "65", "88", "89", "94", "95")
_PAST_DUE: Final = ("71", "78", "80", "82", "83", "84")
_PAID: Final = ("13", "61", "62", "63", "64", "65")
_DEROGATORY: Final = (*_PAST_DUE, "61", "62", "63", "64", "65", "88", "89", "93", "94", "95", "96", "97")
_BANKRUPT: Final = (*"ABCDEFGHVWXYZ", "1A")


@dataclass(frozen=True)
class Broken:
    """A rule that some records break.

    Parameters
    ----------
    rule : str
        Its id, of :mod:`bureau.metro2.rules`.
    segment : str
        The kind of segment it is about.
    field : str or None
        The field it is about.
    lines : numpy.ndarray
        Lines of the records.
    """

    rule: str
    segment: str
    field: str | None
    lines: Places


class _Rows:
    """Segments of one kind, to be asked about their fields."""

    def __init__(self, layout: Layout, rows: Matrix) -> None:
        self.layout = layout
        self._rows = rows
        self._days: dict[str, npt.NDArray[np.int32]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def data(self, name: str) -> Matrix:
        return self._rows[:, self.layout[name].place]

    def tells(self, name: str) -> Mask:
        """Whether a field holds anything but blanks and zeros."""
        data = self.data(name)
        return _any((data != ord(" ")) & (data != ord("0")))

    def is_blank(self, name: str) -> Mask:
        return ~_any(self.data(name) != ord(" "))

    def is_filled_with(self, name: str, characters: str) -> Mask:
        """Whether a field holds nothing but these characters."""
        return ~_any(~_characters(characters)[self.data(name)])

    def is_one_of(self, name: str, *codes: str) -> Mask:
        """Whether a field of one or two characters holds one of these codes."""
        data = self.data(name)
        second = data[:, 1] if data.shape[1] > 1 else np.uint8(ord(" "))
        found: Mask = _codes(codes)[data[:, 0].astype(np.intp) << 8 | second]
        return found

    def holds(self, name: str, text: str) -> Mask:
        """Whether a field holds exactly that text."""
        return ~_any(self.data(name) != np.frombuffer(text.encode(), dtype=np.uint8))

    def day(self, name: str) -> npt.NDArray[np.int32]:
        """A date as a number that can be compared; 0 where there is none."""
        if name not in self._days:
            self._days[name] = to_days(self.data(name))
        return self._days[name]

    def is_current(self) -> Mask:
        """Whether an account is current, or was when it was paid or transferred."""
        return self.is_one_of("account_status", "11") | (
            self.is_one_of("account_status", "05", "13") & self.is_one_of("payment_rating", "0")
        )

    def is_derogatory(self) -> Mask:
        """Whether an account is delinquent, or was when it was paid or transferred."""
        return self.is_one_of("account_status", *_DEROGATORY) | (
            self.is_one_of("account_status", "05", "13") & self.is_one_of("payment_rating", *"123456GL")
        )


def _any(matrix: Mask) -> Mask:
    """Whether a row holds anything true."""
    found: Mask = np.logical_or.reduce(matrix, axis=1)
    return found


@cache
def _characters(characters: str) -> Mask:
    table = np.zeros(256, dtype=np.bool_)
    table[list(characters.encode("latin-1"))] = True
    return table


@cache
def _codes(codes: tuple[str, ...]) -> Mask:
    table = np.zeros(1 << 16, dtype=np.bool_)
    table[[int.from_bytes(code.ljust(2).encode()) for code in codes]] = True
    return table


def _is_padded_inside(rows: _Rows) -> Mask:
    """Whether a B stands before another character of the profile."""
    is_pad = rows.data("payment_history_profile") == ord("B")
    return _any(is_pad[:, :-1] & ~is_pad[:, 1:])


def _says(rows: _Rows, name: str, nothing: str) -> Mask:
    """Whether a number says something: neither blank nor filled with one of these characters."""
    said = ~rows.is_blank(name)
    for character in nothing:
        said &= ~rows.is_filled_with(name, character)
    return said


def _terms(rows: _Rows) -> Mask:
    of_line = rows.is_one_of("portfolio_type", "C") & ~rows.holds("terms_duration", "LOC")
    return of_line | (rows.is_one_of("portfolio_type", "R") & ~rows.holds("terms_duration", "REV"))


def _outside(rows: _Rows) -> Mask:
    """Whether the date of first delinquency lies before the opening or after the information."""
    first, opened, told = (
        rows.day(name) for name in ("first_delinquency_date", "date_opened", "account_information_date")
    )
    return (first > 0) & (((opened > 0) & (first < opened)) | ((told > 0) & (first > told)))


_Check = tuple[str, str, Callable[[_Rows], Mask]]

_ACCOUNT: Final[tuple[_Check, ...]] = (
    ("identification-number", "identification_number", lambda rows: ~_says(rows, "identification_number", "09")),
    ("account-number", "account_number", lambda rows: rows.is_blank("account_number")),
    ("portfolio-type", "portfolio_type", lambda rows: ~rows.is_one_of("portfolio_type", *PORTFOLIO_TYPES)),
    ("date-opened", "date_opened", lambda rows: ~rows.tells("date_opened")),
    ("account-information-date", "account_information_date", lambda rows: ~rows.tells("account_information_date")),
    (
        "opened-after",
        "date_opened",
        lambda rows: (
            (rows.day("account_information_date") > 0)
            & (rows.day("date_opened") > rows.day("account_information_date"))
        ),
    ),
    ("terms-duration", "terms_duration", _terms),
    ("account-status", "account_status", lambda rows: ~rows.is_one_of("account_status", *ACCOUNT_STATUSES)),
    (
        "payment-rating",
        "payment_rating",
        lambda rows: ~rows.is_blank("payment_rating") & ~rows.is_one_of("account_status", *_RATED),
    ),
    (
        "payment-rating-missing",
        "payment_rating",
        lambda rows: rows.is_blank("payment_rating") & rows.is_one_of("account_status", *_RATED[1:]),
    ),
    ("payment-rating-code", "payment_rating", lambda rows: ~rows.is_one_of("payment_rating", " ", *"0123456GL")),
    (
        "payment-history",
        "payment_history_profile",
        lambda rows: ~rows.is_filled_with("payment_history_profile", "0123456BDEGHJKL"),
    ),
    ("payment-history-gap", "payment_history_profile", _is_padded_inside),
    (
        "compliance-condition",
        "compliance_condition",
        lambda rows: ~rows.is_one_of("compliance_condition", "", *(f"X{each}" for each in "ABCDEFGHJR")),
    ),
    (
        "past-due-current",
        "amount_past_due",
        lambda rows: rows.is_one_of("account_status", "11") & rows.tells("amount_past_due"),
    ),
    (
        "past-due-missing",
        "amount_past_due",
        lambda rows: rows.is_one_of("account_status", *_PAST_DUE) & ~rows.tells("amount_past_due"),
    ),
    (
        "balance-of-paid",
        "current_balance",
        lambda rows: (
            rows.is_one_of("account_status", *_PAID) & (rows.tells("current_balance") | rows.tells("amount_past_due"))
        ),
    ),
    (
        "charge-off-missing",
        "charge_off_amount",
        lambda rows: rows.is_one_of("account_status", "64", "97") & ~rows.tells("charge_off_amount"),
    ),
    (
        "first-delinquency-current",
        "first_delinquency_date",
        lambda rows: (
            rows.is_current()
            & rows.tells("first_delinquency_date")
            & ~rows.is_one_of("consumer_information", *_BANKRUPT)
        ),
    ),
    (
        "first-delinquency-missing",
        "first_delinquency_date",
        lambda rows: rows.is_derogatory() & ~rows.tells("first_delinquency_date"),
    ),
    ("first-delinquency-range", "first_delinquency_date", _outside),
)

_CONSUMER: Final[tuple[_Check, ...]] = (
    ("name-missing", "surname", lambda rows: rows.is_blank("surname")),
    (
        "identity-missing",
        "ssn",
        lambda rows: ~_says(rows, "ssn", "09") & ~rows.tells("birth_date"),
    ),
    ("ecoa-obsolete", "ecoa", lambda rows: rows.is_one_of("ecoa", *"046")),
    ("ecoa", "ecoa", lambda rows: ~rows.is_one_of("ecoa", *"123570T46WXZ")),
)

_ADDRESS: Final[tuple[_Check, ...]] = (
    ("address-missing", "address_1", lambda rows: rows.is_blank("address_1") | rows.is_blank("city")),
)

_CHECKS: Final[dict[str, tuple[_Check, ...]]] = {
    "BASE": (*_ACCOUNT, *_CONSUMER, *_ADDRESS),
    "J1": _CONSUMER,
    "J2": (*_CONSUMER, *_ADDRESS),
    "K2": (("sale-indicator", "sale_indicator", lambda rows: ~rows.is_one_of("sale_indicator", *"129")),),
    "L1": (("change-indicator", "change_indicator", lambda rows: ~rows.is_one_of("change_indicator", *"123")),),
}

CHECKED: Final = frozenset(
    {name for checks in _CHECKS.values() for name, _, _ in checks}
    | {"record-length", "not-ascii", "segment-repeated", "digits", "date"}
)
"""Ids of the rules that :func:`find` checks."""


def find(batch: Batch) -> Iterator[Broken]:
    """The rules that the records of a batch break.

    Parameters
    ----------
    batch : Batch
        Some records of a file.

    Yields
    ------
    Broken
        A rule and a field, with the lines where it is broken; a line may stand there twice, for two
        segments.
    """
    if not batch.told.all():
        yield Broken("record-length", "BASE", None, batch.lines[~batch.told])
    yield from _in_segments(_Rows(BASE, batch.base), batch.lines, is_ascii=batch.is_ascii)
    for kind, part in batch.appended.items():
        yield from _in_segments(_Rows(APPENDED[kind], part.rows), batch.lines[part.owners], is_ascii=batch.is_ascii)
        again = np.flatnonzero(part.owners[1:] == part.owners[:-1])
        if len(again) and kind not in ("J1", "J2"):
            yield Broken("segment-repeated", kind, None, batch.lines[np.unique(part.owners[again])])
    for record in batch.others:
        segment = record.segments[0]
        line = np.array([record.line])
        if not record.tells_its_length:
            yield Broken("record-length", record.kind, None, line)
        text = "".join(segment.text(each.name) for each in segment.layout.fields)
        row = np.frombuffer(text.encode("latin-1"), dtype=np.uint8).reshape(1, -1)
        yield from _in_segments(_Rows(segment.layout, row), line, is_ascii=text.isascii())


def _in_segments(rows: _Rows, lines: Places, *, is_ascii: bool) -> Iterator[Broken]:
    kind = rows.layout.kind
    for rule, field, ask in _CHECKS.get(kind, ()):
        broken = ask(rows)
        if broken.any():
            yield Broken(rule, kind, field, lines[broken])
    for each in rows.layout.fields:
        if each.is_digits:
            for rule, broken in _in_digits(np.ascontiguousarray(rows.data(each.name)), each):
                yield Broken(rule, kind, each.name, lines[broken])
        elif not is_ascii and each.kind is not FieldKind.DESCRIPTOR:
            odd = _any(rows.data(each.name) >= 128)
            if odd.any():
                yield Broken("not-ascii", kind, each.name, lines[odd])


def _in_digits(data: Matrix, field: Field) -> Iterator[tuple[str, Mask]]:
    digits = data - np.uint8(ord("0"))
    wrong = np.zeros(len(data), dtype=np.bool_)
    if data.size and digits.max() > 9:
        wrong = _any(digits > 9) & _any(data != ord(" "))
        if wrong.any():
            yield "digits", wrong
    if field.kind is FieldKind.DATE:
        no_day = ~wrong & ~says_nothing(data) & ~is_date(data)
        if no_day.any():
            yield "date", no_day
