"""The fields of Metro 2 records as data, in the character and in the packed format.

A layout is written down once, as names, lengths and kinds in the order of the record; every position
follows from that. In the packed format a number or date of *n* digits takes *n* // 2 + 1 bytes; the
appended segments and the header are characters in both formats.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

__all__ = [
    "ACCOUNT_STATUSES",
    "APPENDED",
    "BASE",
    "BASE_COLUMNS",
    "CONSUMER_COLUMNS",
    "HEADER",
    "LAYOUTS",
    "MAX_RECORD",
    "PORTFOLIO_TYPES",
    "TRAILER",
    "Field",
    "FieldKind",
    "Layout",
]

MAX_RECORD: Final = 9_999
"""The longest record that a record descriptor word of four digits can tell."""

PORTFOLIO_TYPES: Final = ("C", "I", "M", "O", "R")
ACCOUNT_STATUSES: Final = (
    *("05", "11", "13", "61", "62", "63", "64", "65", "71", "78", "80", "82", "83", "84"),
    *("88", "89", "93", "94", "95", "96", "97", "DA", "DF"),
)


class FieldKind(StrEnum):
    """What a field holds."""

    DESCRIPTOR = "descriptor"
    CONSTANT = "constant"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    MOMENT = "moment"
    RESERVED = "reserved"


_DIGITS: Final = frozenset({FieldKind.NUMBER, FieldKind.DATE, FieldKind.MOMENT})


@dataclass(frozen=True)
class Field:
    """A field of a record or segment.

    Parameters
    ----------
    name : str
        Its name, which is the name of its column.
    kind : FieldKind
        What it holds.
    start, length : int
        Its place in the character format, counted from 0.
    packed_start, packed_length : int
        Its place in the packed format.
    """

    name: str
    kind: FieldKind
    start: int
    length: int
    packed_start: int
    packed_length: int

    @property
    def place(self) -> slice:
        """Where it stands in the character format."""
        return slice(self.start, self.start + self.length)

    @property
    def packed_place(self) -> slice:
        """Where it stands in the packed format."""
        return slice(self.packed_start, self.packed_start + self.packed_length)

    @property
    def is_digits(self) -> bool:
        """Whether nothing but digits (or blanks all through) may stand in it."""
        return self.kind in _DIGITS

    @property
    def is_packed(self) -> bool:
        """Whether the packed format writes it as packed digits."""
        return self.is_digits and self.packed_length != self.length

    @property
    def filled_with(self) -> str:
        """What stands in it where there is nothing to say: zeros, or blanks."""
        return ("0" if self.is_digits else " ") * self.length


@dataclass(frozen=True)
class Layout:
    """The fields of one kind of record or segment.

    Parameters
    ----------
    kind : str
        ``HEADER``, ``BASE``, ``TRAILER``, or the two characters of an appended segment.
    fields : tuple of Field
        Its fields in order; they cover it without a gap.
    """

    kind: str
    fields: tuple[Field, ...]

    @cached_property
    def length(self) -> int:
        """Its length in the character format."""
        return self.fields[-1].start + self.fields[-1].length

    @cached_property
    def packed_length(self) -> int:
        """Its length in the packed format."""
        return self.fields[-1].packed_start + self.fields[-1].packed_length

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the fields that carry something, in order."""
        silent = (FieldKind.DESCRIPTOR, FieldKind.CONSTANT, FieldKind.RESERVED)
        return tuple(field.name for field in self.fields if field.kind not in silent)

    @cached_property
    def digits(self) -> tuple[Field, ...]:
        """The fields that hold digits alone."""
        return tuple(field for field in self.fields if field.is_digits)

    @cached_property
    def least(self) -> int:
        """The length that a line keeps when an editor strips the blanks of its last, optional fields."""
        kept = [field for field in self.fields if field.kind is not FieldKind.RESERVED and field.name not in _OPTIONAL]
        return kept[-1].start + kept[-1].length

    def __getitem__(self, name: str) -> Field:
        """The field of that name; KeyError if there is none."""
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is a field of that name."""
        return name in self._by_name

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}


_OPTIONAL: Final = frozenset({"address_indicator", "residence"})

_Given = tuple[str, int] | tuple[str, int, FieldKind] | tuple[str, int, FieldKind, int]


def _layout(kind: str, *given: _Given, packs: bool = False) -> Layout:
    """Put fields side by side; a fourth item is a length in the packed format that follows no rule."""
    fields, start, packed_start = [], 0, 0
    for each in given:
        name, length = each[0], each[1]
        holds = each[2] if len(each) > 2 else FieldKind.TEXT
        packed = each[3] if len(each) > 3 else length
        if packs and holds in _DIGITS:
            packed = length // 2 + 1
        fields.append(Field(name, holds, start, length, packed_start, packed))
        start, packed_start = start + length, packed_start + packed
    return Layout(kind, tuple(fields))


_RDW: Final = ("record_descriptor", 4, FieldKind.DESCRIPTOR)
_ID: Final = ("segment_identifier", 2, FieldKind.CONSTANT)
_N: Final = FieldKind.NUMBER
_D: Final = FieldKind.DATE
_R: Final = FieldKind.RESERVED

HEADER: Final = _layout(
    "HEADER",
    _RDW,
    ("record_identifier", 6, FieldKind.CONSTANT),
    ("cycle_identifier", 2),
    ("innovis_id", 10),
    ("equifax_id", 10),
    ("experian_id", 5),
    ("transunion_id", 10),
    ("activity_date", 8, _D),
    ("created_date", 8, _D),
    ("program_date", 8, _D),
    ("program_revision_date", 8, _D),
    ("reporter_name", 40),
    ("reporter_address", 96),
    ("reporter_telephone", 10),
    ("vendor_name", 40),
    ("vendor_version", 5),
    ("prbc_id", 10),
    ("reserved", 146, _R, 86),
)

_PERSON: Final[tuple[_Given, ...]] = (
    ("surname", 25),
    ("first_name", 20),
    ("middle_name", 20),
    ("generation", 1),
    ("ssn", 9, _N),
    ("birth_date", 8, _D),
    ("telephone", 10, _N),
    ("ecoa", 1),
    ("consumer_information", 2),
)
_ADDRESS: Final[tuple[_Given, ...]] = (
    ("country", 2),
    ("address_1", 32),
    ("address_2", 32),
    ("city", 20),
    ("state", 2),
    ("zip", 9),
    ("address_indicator", 1),
    ("residence", 1),
)

BASE: Final = _layout(
    "BASE",
    _RDW,
    ("processing_indicator", 1),
    ("time_stamp", 14, FieldKind.MOMENT),
    ("correction_indicator", 1),
    ("identification_number", 20),
    ("cycle_identifier", 2),
    ("account_number", 30),
    ("portfolio_type", 1),
    ("account_type", 2),
    ("date_opened", 8, _D),
    ("credit_limit", 9, _N),
    ("highest_credit", 9, _N),
    ("terms_duration", 3),
    ("terms_frequency", 1),
    ("scheduled_payment", 9, _N),
    ("actual_payment", 9, _N),
    ("account_status", 2),
    ("payment_rating", 1),
    ("payment_history_profile", 24),
    ("special_comment", 2),
    ("compliance_condition", 2),
    ("current_balance", 9, _N),
    ("amount_past_due", 9, _N),
    ("charge_off_amount", 9, _N),
    ("account_information_date", 8, _D),
    ("first_delinquency_date", 8, _D),
    ("date_closed", 8, _D),
    ("last_payment_date", 8, _D),
    ("interest_type", 1),
    ("reserved", 17, _R),
    *_PERSON,
    *_ADDRESS,
    packs=True,
)

_TOTALS: Final = (
    *("status_da", "status_05", "status_11", "status_13", "status_61", "status_62", "status_63", "status_64"),
    *("status_65", "status_71", "status_78", "status_80", "status_82", "status_83", "status_84", "status_88"),
    *("status_89", "status_93", "status_94", "status_95", "status_96", "status_97", "ecoa_z"),
    *("n1", "k1", "k2", "k3", "k4", "l1"),
    *("ssn_all", "ssn_base", "ssn_j1", "ssn_j2"),
    *("birth_date_all", "birth_date_base", "birth_date_j1", "birth_date_j2", "telephone_all"),
)

TRAILER: Final = _layout(
    "TRAILER",
    _RDW,
    ("record_identifier", 7, FieldKind.CONSTANT),
    ("base", 9, _N),
    ("reserved_1", 9, _R, 5),
    ("status_df", 9, _N),
    ("j1", 9, _N),
    ("j2", 9, _N),
    ("blocks", 9, _N),
    *((name, 9, _N) for name in _TOTALS),
    ("reserved_2", 19, _R, 135),
    packs=True,
)

APPENDED: Final[dict[str, Layout]] = {
    layout.kind: layout
    for layout in (
        _layout("J1", _ID, ("reserved_1", 1, _R), *_PERSON, ("reserved_2", 1, _R)),
        _layout("J2", _ID, ("reserved_1", 1, _R), *_PERSON, *_ADDRESS, ("reserved_2", 2, _R)),
        _layout("K1", _ID, ("original_creditor", 30), ("creditor_classification", 2)),
        _layout("K2", _ID, ("sale_indicator", 1), ("sale_name", 30), ("reserved", 1, _R)),
        _layout("K3", _ID, ("agency", 2), ("agency_account", 18), ("mortgage_number", 18)),
        _layout(
            "K4",
            _ID,
            ("special_payment", 2),
            ("deferred_start", 8, _D),
            ("balloon_due", 8, _D),
            ("balloon_amount", 9, _N),
            ("reserved", 1, _R),
        ),
        _layout(
            "L1",
            _ID,
            ("change_indicator", 1),
            ("new_account_number", 30),
            ("new_identification_number", 20),
            ("reserved", 1, _R),
        ),
        _layout(
            "N1",
            _ID,
            ("employer", 30),
            ("address_1", 32),
            ("address_2", 32),
            ("city", 20),
            ("state", 2),
            ("zip", 9),
            ("occupation", 18),
            ("reserved", 1, _R),
        ),
    )
}
"""The segments that may follow a base segment, in the order in which they are written."""

LAYOUTS: Final[dict[str, Layout]] = {layout.kind: layout for layout in (HEADER, BASE, *APPENDED.values(), TRAILER)}

BASE_COLUMNS: Final = BASE.columns
"""Columns of a base segment, in order."""

CONSUMER_COLUMNS: Final = APPENDED["J2"].columns
"""Columns of an associated consumer, in order."""
