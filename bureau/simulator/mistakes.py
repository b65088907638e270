"""Mistakes that are made in one record, whatever kind of record it is.

Whether a mistake can be noticed is decided by a criterion that is written down here and in
``docs/simulator.md``. It speaks of a careful person who has every delivery received so far, from
every furnisher, and the written format of each (:mod:`bureau.simulator.definitions`); it knows
nothing of the bureau's rules. A mistake is detectable if

D1
    the record breaks the written format: a value outside a closed list, a text where a number or a
    date is asked for, a negative amount, a line that cannot be split into its fields, an empty
    mandatory field, a check digit that does not fit;
D2
    the record contradicts itself: two of its fields cannot both be true by their definition;
D3
    the record contradicts what the same furnisher said before about something that cannot change,
    or not in that direction: birth date, national number, name against first name, date opened and
    original amount of an account, first delinquency of a delinquency that goes on, a month of the
    payment history, a limit that the balance exceeds for the third month running;
D4
    the record contradicts what another furnisher said about the same person (under one valid
    national number that both told) or the same account or case;
D5
    the record says again what was said under the same key, in the same or an earlier delivery;
D6
    the delivery as a whole cannot be what it claims: its records are those of an earlier period.

Otherwise it is not detectable: a plausible wrong amount, say, or a birth date that nobody told
before. "Said before" means: in a record without a mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from bureau.simulator.definitions import Definition, Record
from bureau.simulator.numbers import is_social_security_number

__all__ = [
    "COMMON",
    "Case",
    "Change",
    "amount_negative",
    "amount_shifted",
    "amount_text",
    "amount_wrong",
    "as_text",
    "birth_date_contradiction",
    "broken_line",
    "code_unknown",
    "date_impossible",
    "draw_birth_date",
    "later",
    "mandatory_missing",
    "national_number_typed",
]


@dataclass(frozen=True)
class Case:
    """A record in which a mistake is to be made, with what the criterion asks for.

    Parameters
    ----------
    record : dict
        The record as it should be.
    contract : str
        Its kind.
    definition : Definition
        Its written format.
    rng : numpy.random.Generator
        What is drawn is drawn from here.
    day : date
        Last day of the month.
    months : int
        In which months the same furnisher told the same unit rightly: bit k stands for k + 1 months ago.
    told_elsewhere : bool
        Whether this record tells a valid national number that another furnisher told with the birth date.
    is_number_taken : callable
        Whether somebody else has a social security number.
    """

    record: Record
    contract: str
    definition: Definition
    rng: np.random.Generator
    day: date
    months: int
    told_elsewhere: bool
    is_number_taken: Callable[[int], bool]

    @property
    def was_told(self) -> bool:
        """Whether the same furnisher told of it before."""
        return self.months > 0

    def pick(self, choices: Any) -> Any:
        """One of some choices; None if there is none."""
        listed = list(choices)
        return listed[int(self.rng.integers(len(listed)))] if listed else None

    def changed(self, field: str, values: Mapping[str, Any], criterion: str | None, doubt: str | None = None) -> Change:
        """A change of some fields.

        If no other criterion holds, it is looked whether the record contradicts itself now.
        """
        record = {**self.record, **values}
        if criterion != "D1" and self.definition.contradicts(record):
            criterion = "D2"
        doubt = None if criterion in ("D1", "D2") else doubt
        first = next(iter(values))
        return Change(field, record, criterion, as_text(self.record[first]), as_text(values[first]), doubt)


@dataclass(frozen=True)
class Change:
    """A record with a mistake.

    Parameters
    ----------
    field : str
        Where it was made.
    record : dict
        The record as it is delivered.
    criterion : str or None
        Why it can be noticed (D1 to D6); None if it cannot.
    true_value, faulty_value : str
        What should stand there, and what does.
    doubt : str, optional
        Of what a correct record will contradict it: ``unit`` or ``person``.
    mangle : callable, optional
        What happens to the line.
    """

    field: str
    record: Record
    criterion: str | None
    true_value: str
    faulty_value: str
    doubt: str | None = None
    mangle: Callable[[bytes], bytes] | None = None


def as_text(value: Any) -> str:
    """A value as the key tells it."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def later(day: date, rng: np.random.Generator, least: int, most: int) -> date:
    """A day so many days later; earlier if the numbers are negative."""
    return day + timedelta(days=int(rng.integers(least, most + 1)))


# -- what breaks the format ---------------------------------------------------------------------


def amount_text(case: Case) -> Change | None:
    """Letters or punctuation inside an amount."""
    field = case.pick(name for name in case.definition.amounts if case.record[name] is not None)
    if field is None:
        return None
    value = case.record[field]
    digits = list(f"{value:.2f}" if isinstance(value, float) else str(value))
    place = int(case.rng.integers(len(digits) if case.contract != "metro2" else min(len(digits), 7)))
    kind = int(case.rng.integers(3))
    if kind == 0:
        digits[place] = case.pick("OlISBZ")
    elif kind == 1:
        digits.insert(place, case.pick("$#?*/"))
    else:
        digits = list(case.pick(("N/A", "UNKNOWN", "?", "NONE", "TBD")))
    text = "".join(digits)
    return case.changed(field, {field: text[:9] if case.contract == "metro2" else text}, "D1")


def amount_negative(case: Case) -> Change | None:
    """An amount with the wrong sign."""
    field = case.pick(_positive(case))
    if field is None:
        return None
    return case.changed(field, {field: -case.record[field]}, "D1")


def code_unknown(case: Case) -> Change | None:
    """A code outside its closed list."""
    fields = [name for name in case.definition.codes if case.record.get(name)]
    profile = "payment_history_profile"
    if profile in case.record:
        fields.append(profile)
    if not fields:
        return None
    field = case.pick(fields)
    value = str(case.record[field])
    if field == profile:
        place = int(case.rng.integers(len(value)))
        return case.changed(field, {field: value[:place] + case.pick("789ACFIXZ*") + value[place + 1 :]}, "D1")
    known = case.definition.codes[field].split()
    while True:
        wrong = _misspelt(value, case)
        if wrong and wrong not in known:
            return case.changed(field, {field: wrong}, "D1")


def mandatory_missing(case: Case) -> Change | None:
    """A field that must be filled is empty."""
    field = case.pick(name for name in case.definition.mandatory if case.record[name] not in (None, ""))
    empty = "" if case.contract == "metro2" and field not in case.definition.dates else None
    return case.changed(field, {field: empty}, "D1")


def date_impossible(case: Case) -> Change | None:
    """The 31st of February, the 13th month."""
    fields = [name for name in case.definition.dates if case.record[name] is not None]
    if not fields:
        return None
    field = case.pick(fields)
    year = case.record[field].year
    month, day = case.pick(((2, 30), (2, 31), (4, 31), (6, 31), (9, 31), (11, 31), (13, 5), (14, 12), (0, 15), (3, 32)))
    return case.changed(field, {field: f"{year:04d}-{month:02d}-{day:02d}"}, "D1")


def broken_line(case: Case) -> Change | None:
    """A line that is cut off or garbled."""
    share = float(case.rng.uniform(0.05, 0.95))
    garbled = bool(case.rng.random() < 0.4)
    if case.contract == "metro2":
        junk = case.pick((b"04A6", b"####", b"    ", b"00Z0"))
        lost = int(case.rng.integers(5, 60))
        mangle = case.pick((_starting(junk), _losing(share, lost))) if garbled else _cut(share)
    elif case.contract == "court_records":
        mangle = _more_fields(case.pick((b",,,", b",x,y", b",?,"))) if garbled else _fewer_fields(share)
    else:
        mangle = _without(case.pick((b'":', b"{", b"}"))) if garbled else _cut(share)
    return Change("", case.record, "D1", "", "garbled" if garbled else "cut off", None, mangle)


# -- amounts ------------------------------------------------------------------------------------


def amount_wrong(case: Case) -> Change | None:
    """An amount that is off by a few per cent, and plausible."""
    field = case.definition.main_amount
    value = case.record[field]
    if not value:
        return None
    factor = 1 + float(case.rng.uniform(0.05, 0.3)) * case.pick((-1, 1))
    wrong = round(value * factor) if isinstance(value, int) else round(value * factor, 2)
    return case.changed(field, {field: wrong}, None) if wrong != value else None


def amount_shifted(case: Case) -> Change | None:
    """One zero too many."""
    field = case.pick(name for name in _positive(case) if case.record[name] < 10**7 and name != "charge_off_amount")
    if field is None:
        return None
    is_fixed = field == "credit_amount" or (field == "highest_credit" and case.record["portfolio_type"] in "IMO")
    criterion = "D3" if is_fixed and case.was_told else None
    return case.changed(field, {field: case.record[field] * 10}, criterion, "unit" if is_fixed else None)


# -- persons ------------------------------------------------------------------------------------


def national_number_typed(case: Case) -> Change | None:
    """One digit of the national number is wrong."""
    field = case.definition.number
    value = case.record.get(field) if field else None
    if not value:
        return None
    digits = f"{value:09d}" if isinstance(value, int) else value
    while True:
        place = int(case.rng.integers(len(digits) - 1 if len(digits) == 18 else 9))
        wrong = digits[:place] + case.pick("0123456789") + digits[place + 1 :]
        if wrong == digits:
            continue
        if len(wrong) == 18:
            return case.changed(field, {field: wrong}, "D1")
        if is_social_security_number(wrong) and not case.is_number_taken(int(wrong)):
            typed = int(wrong) if isinstance(value, int) else wrong
            return case.changed(field, {field: typed}, "D3" if case.was_told else None, "unit")


def birth_date_contradiction(case: Case) -> Change | None:
    """Another birth date than the one that others told, or would tell."""
    born = case.record.get("birth_date")
    if born is None:
        return None
    wrong = draw_birth_date(born, case.rng)
    earliest = case.record.get("date_opened") or case.record.get("opened_on") or case.day
    if (earliest - wrong).days < 16 * 365.25 or wrong.year < 1915:
        return None
    told = "D4" if case.told_elsewhere else "D3" if case.was_told else None
    return case.changed("birth_date", {"birth_date": wrong}, told, "person")


def draw_birth_date(born: date, rng: np.random.Generator) -> date:
    """A birth date that was written down wrongly."""
    while True:
        kind = int(rng.integers(3))
        year, month, day = born.year, born.month, born.day
        if kind == 0 and day <= 12:
            month, day = day, month
        elif kind == 1:
            year += int(rng.integers(1, 10)) * (1 if rng.random() < 0.5 else -1)
        else:
            day = int(rng.integers(1, 29))
        if month == 2 and day == 29:
            continue
        wrong = date(year, month, day)
        if wrong != born:
            return wrong


# -- helpers ------------------------------------------------------------------------------------


def _positive(case: Case) -> list[str]:
    return [name for name in case.definition.amounts if case.record[name]]


def _misspelt(code: str, case: Case) -> str:
    """A code as somebody mistyped it."""
    if len(code) <= 2:
        letters = "0123456789ABDEFGHJKLNPQSUVXYZ"
        return "".join(case.pick(letters) for _ in code)
    place = int(case.rng.integers(len(code)))
    kind = int(case.rng.integers(3))
    if kind == 0:
        return code[:place] + code[place + 1 :]
    return code[:place] + code[place] + code[place:] if kind == 1 else case.pick(("unknown", "n/a", "other?", "x"))


def _cut(share: float) -> Callable[[bytes], bytes]:
    def cut(line: bytes) -> bytes:
        text = line.decode()
        return text[: max(int(len(text) * share), 4)].encode()

    return cut


def _starting(junk: bytes) -> Callable[[bytes], bytes]:
    return lambda line: junk + line[len(junk) :]


def _losing(share: float, count: int) -> Callable[[bytes], bytes]:
    def lose(line: bytes) -> bytes:
        at = 4 + int((len(line) - count - 4) * share)
        return line[:at] + line[at + count :]

    return lose


def _without(part: bytes) -> Callable[[bytes], bytes]:
    return lambda line: line.replace(part, b"", 1)


def _more_fields(part: bytes) -> Callable[[bytes], bytes]:
    return lambda line: line + part


def _fewer_fields(share: float) -> Callable[[bytes], bytes]:
    def cut(line: bytes) -> bytes:
        fields = line.split(b",")
        return b",".join(fields[: max(1, int((len(fields) - 1) * share))])

    return cut


COMMON: Final[Mapping[str, Callable[[Case], Change | None]]] = {
    "amount_text": amount_text,
    "amount_negative": amount_negative,
    "amount_wrong": amount_wrong,
    "amount_shifted": amount_shifted,
    "code_unknown": code_unknown,
    "mandatory_missing": mandatory_missing,
    "broken_line": broken_line,
    "date_impossible": date_impossible,
    "national_number_typed": national_number_typed,
    "birth_date_contradiction": birth_date_contradiction,
}
"""Mistakes that are made in the same way in every kind of record."""
