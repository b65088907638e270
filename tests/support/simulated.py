"""Reads what a simulated world delivers, independently of the simulator and of the bureau, and checks it strictly.

The positions of Metro 2's fields are written down anew here, from the layout's table.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Record = dict[str, Any]
_ERRORS = (ValueError, LookupError, TypeError, AttributeError, AssertionError)

_BASE = {
    "rdw": (1, 4), "identification": (21, 40), "correction": (20, 20), "account_number": (43, 72),
    "portfolio_type": (73, 73),
    "account_type": (74, 75), "date_opened": (76, 83), "credit_limit": (84, 92), "highest_credit": (93, 101),
    "terms_duration": (102, 104), "scheduled_payment": (106, 114), "actual_payment": (115, 123),
    "account_status": (124, 125), "payment_rating": (126, 126), "profile": (127, 150), "special_comment": (151, 152),
    "compliance": (153, 154), "balance": (155, 163), "past_due": (164, 172), "charge_off": (173, 181),
    "told_on": (182, 189), "first_delinquency": (190, 197), "date_closed": (198, 205), "last_payment": (206, 213),
    "surname": (232, 256), "first_name": (257, 276), "generation": (297, 297), "ssn": (298, 306),
    "birth_date": (307, 314), "telephone": (315, 324), "ecoa": (325, 325), "consumer_information": (326, 327),
    "country": (328, 329), "address": (330, 361), "city": (394, 413), "state": (414, 415), "zip": (416, 424),
}  # fmt: skip
_AMOUNTS = {
    "credit_limit", "highest_credit", "scheduled_payment", "actual_payment", "balance", "past_due", "charge_off",
}  # fmt: skip
_DATES = {"date_opened", "told_on", "first_delinquency", "date_closed", "last_payment", "birth_date"}
_SEGMENTS = {"J1": 100, "J2": 200, "K1": 34, "K2": 34, "K3": 40, "K4": 30, "L1": 54, "N1": 146}


@dataclass(frozen=True)
class Delivery:
    """A file with its records by line."""

    file: str
    path: Path
    furnisher: str
    contract: str
    received_at: str
    covers: str

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """The lines of a text file, from 1."""
        yield from enumerate(self.path.read_bytes().split(b"\n")[:-1], start=1)

    def records(self) -> Iterator[tuple[int, Any]]:
        """The records with their lines; an exception in the place of one that cannot be read."""
        if self.contract == "metro2":
            for number, line in self.lines():
                if line[4:10] not in (b"HEADER", b"TRAILE"):
                    yield number, _or_error(lambda: metro2_record(line.decode("ascii")))  # noqa: B023
        elif self.path.suffix == ".parquet":
            yield from enumerate(pq.read_table(self.path).to_pylist(), start=1)
        elif self.path.suffix == ".csv":
            with self.path.open(newline="") as file:
                for number, row in enumerate(csv.DictReader(file), start=2):
                    yield number, _or_error(lambda: {name: _typed(name, value or None) for name, value in row.items()})  # noqa: B023
        else:
            for number, line in self.lines():
                yield (
                    number,
                    _or_error(
                        lambda: {name: _typed(name, value) for name, value in json.loads(line).items()}  # noqa: B023
                    ),
                )


def _or_error(read: Callable[[], Record]) -> Record | Exception:
    try:
        return read()
    except _ERRORS as error:
        return error


def read_deliveries(folder: Path) -> list[Delivery]:
    """The deliveries of a manifest."""
    manifest = json.loads((folder / "manifest.json").read_text())
    return [
        Delivery(
            one["file"], folder / one["file"], one["furnisher_id"], one["contract"], one["received_at"], one["covers"]
        )
        for one in manifest["deliveries"]
    ]


def metro2_record(line: str) -> Record:
    """A record of Metro 2 by its positions."""
    record: Record = {name: line[first - 1 : last].strip() for name, (first, last) in _BASE.items()}
    assert int(record["rdw"]) == len(line)
    for name in _AMOUNTS:
        record[name] = int(record[name])
    for name in _DATES:
        record[name] = metro2_date(record[name])
    record["segments"] = {}
    at = 426
    while at < len(line):
        kind = line[at : at + 2]
        record["segments"].setdefault(kind, []).append(line[at : at + _SEGMENTS[kind]])
        at += _SEGMENTS[kind]
    assert at == len(line)
    return record


def metro2_date(text: str) -> date | None:
    """MMDDYYYY; zeros are none."""
    return None if text == "00000000" else date(int(text[4:]), int(text[:2]), int(text[2:4]))


def _typed(name: str, value: Any) -> Any:
    if isinstance(value, str) and (name.endswith(("_on", "_date", "_since")) or name == "period"):
        return date.fromisoformat(value)
    return float(value) if name == "amount" and isinstance(value, str) else value


_PRODUCTS = {"card", "consumer", "mortgage", "car", "student", "line"}
_STATUSES = {
    *("05", "11", "13", "61", "62", "63", "64", "65", "71", "78", "80", "82", "83", "84", "88", "89", "93", "94"),
    *("95", "96", "97", "DA", "DF"),
}
_CODES: dict[str, dict[str, set[str]]] = {
    "metro2": {
        "portfolio_type": set("CIMOR"),
        "account_status": _STATUSES,
        "ecoa": set("12357TWXZ"),
        "payment_rating": {"", *"0123456GL"},
        "compliance": {"", "XA", "XB", "XC", "XD", "XE", "XF", "XG", "XH", "XJ", "XR"},
    },
    "lender_months": {
        "role": {"individual", "joint", "authorised_user", "co_maker", "guarantor"},
        "product": _PRODUCTS,
        "status": {"current", "late", "charged_off", "paid", "closed", "sold"},
        "action": {"report", "delete"},
        "currency": {"USD", "CNY"},
    },
    "lender_customers": {},
    "court_records": {
        "kind": {"bankruptcy_7", "bankruptcy_13", "civil_judgment", "tax_lien"},
        "status": {"filed", "discharged", "dismissed", "satisfied", "released"},
        "currency": {"USD"},
    },
    "recurring_payments": {
        "service": {"electricity", "gas", "water", "mobile", "internet", "rent"},
        "status": {"paid", "late", "unpaid", "closed"},
        "currency": {"USD", "CNY"},
    },
    "shop_orders": {
        "payment_kind": {"prepaid", "invoice", "instalments"},
        "status": {"paid", "open", "late", "returned", "written_off"},
        "currency": {"USD", "CNY"},
    },
    "applications": {
        "product": _PRODUCTS,
        "decision": {"approved", "declined", "withdrawn", "pending"},
        "income_kind": {"salary", "self_employed", "pension", "other"},
        "housing": {"own", "rent", "family", "other"},
        "currency": {"USD", "CNY"},
    },
}
_FILLED = {
    "metro2": "identification account_number account_type date_opened terms_duration profile told_on surname "
    "first_name address city state zip",
    "lender_months": "account_ref customer_ref month opened_on balance days_past_due",
    "lender_customers": "customer_ref told_on surname first_name birth_date",
    "court_records": "case_number court filed_on status_on amount surname first_name",
    "recurring_payments": "account_ref period billed paid days_late surname first_name",
    "shop_orders": "order_ref customer_ref ordered_on status_on amount paid surname first_name",
    "applications": "application_ref applied_on amount_asked surname first_name birth_date",
}
_UNIT = {
    "metro2": "account_number", "lender_customers": "customer_ref", "court_records": "case_number",
    "recurring_payments": "account_ref", "shop_orders": "customer_ref",
}  # fmt: skip


# -- the strict reader --------------------------------------------------------------------------

_LATE = {"71": (30, 1), "78": (60, 2), "80": (90, 3), "82": (120, 4), "83": (150, 5), "84": (180, 6)}
_LOSSES = {"93": "G", "96": "K", "97": "L"}
_ENDED = {"13", "62", "63", "64", "94"}


@dataclass
class StrictReader:
    """Reads deliveries in the order in which they come, and notes whatever does not fit."""

    alarms: list[str] = field(default_factory=list)
    read: int = 0
    _accounts: dict[tuple[str, str], dict[date, Record]] = field(default_factory=lambda: defaultdict(dict))
    _withdrawn: set[tuple[str, str]] = field(default_factory=set)
    _over: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    _people: dict[str, date] = field(default_factory=dict)
    _employers: dict[tuple[str, str], str] = field(default_factory=dict)
    _ends: dict[tuple[str, date], str] = field(default_factory=dict)
    _cases: dict[str, Record] = field(default_factory=dict)
    _persons: dict[tuple[str, ...], tuple[Any, Any, tuple[str, str]]] = field(default_factory=dict)
    _to_remember: list[Callable[[], Any]] = field(default_factory=list)
    _told: set[tuple[Any, ...]] = field(default_factory=set)
    _renumbered: dict[tuple[str, str], str] = field(default_factory=dict)

    def read_all(self, deliveries: list[Delivery]) -> None:
        """Read deliveries; a record that does not fit is not remembered."""
        for delivery in deliveries:
            for line, record in delivery.records():
                self.read += 1
                where, before = f"{delivery.file}:{line}", len(self.alarms)
                self._to_remember = []
                try:
                    if isinstance(record, Exception):
                        raise record
                    self._format(delivery.contract, where, record)
                    getattr(self, f"_{delivery.contract}")(delivery, where, record)
                except _ERRORS as error:
                    self.alarms.append(f"{where}: unreadable: {type(error).__name__}")
                if len(self.alarms) == before:
                    for remember in self._to_remember:
                        remember()

    def _check(self, holds: bool, where: str, what: str) -> None:
        if not holds:
            self.alarms.append(f"{where}: {what}")

    def _format(self, contract: str, where: str, one: Record) -> None:
        for name, codes in _CODES[contract].items():
            self._check(one[name] in codes, where, f"{name} unknown")
        for name in _FILLED[contract].split():
            self._check(one[name] not in (None, ""), where, f"{name} missing")
        for name, value in one.items():
            self._check(not isinstance(value, int | float) or value >= 0, where, f"{name} negative")

    def _same_person(self, where: str, contract: str, unit: tuple[str, str], one: Record) -> None:
        """What a furnisher says of one person: the same number and birth date, the names not swapped."""
        key, number = (contract, *unit), one.get("national_number") or one.get("ssn")
        number, born, names = number or None, one["birth_date"], (one["surname"], one["first_name"])
        before = self._persons.get(key, (number, born, names))
        self._check(before[0] == number, where, "another number than before")
        self._check(before[1] == born, where, "another birth date than before")
        swapped = names[0] == before[2][1] and names[1] != before[2][1]
        self._check(not swapped, where, "names swapped")
        self._to_remember.append(lambda: self._persons.__setitem__(key, (number, born, names)))

    def _once(self, where: str, *key: Any) -> None:
        self._check(key not in self._told, where, "told twice")
        self._to_remember.append(lambda: self._told.add(key))

    # -- banks ----------------------------------------------------------------------------------

    def _metro2(self, delivery: Delivery, where: str, one: Record) -> None:
        status, told_on = one["account_status"], one["told_on"]
        key = (delivery.furnisher, one["account_number"])
        key = (delivery.furnisher, self._renumbered.get(key, key[1]))
        self._once(where, *key, told_on)
        for segment in one["segments"].get("L1", []):
            self._renumbered[delivery.furnisher, segment[3:33].strip()] = key[1]
        if status in ("DA", "DF"):
            self._withdrawn.add(key)
            return
        check = lambda holds, what: self._check(bool(holds), where, what)  # noqa: E731
        check(one["date_opened"] <= told_on, "opened later")
        check(one["birth_date"] is not None and one["birth_date"] < one["date_opened"], "born later")
        check((one["date_opened"] - one["birth_date"]).days > 17.9 * 365.25, "opened as a child")
        for name in ("last_payment", "date_closed", "first_delinquency"):
            check(one[name] is None or one["date_opened"] <= one[name] or name == "first_delinquency", f"{name} early")
            check(one[name] is None or one[name] <= told_on, f"{name} late")
        check(one["past_due"] <= one["balance"], "more past due than owed")
        check(bool(one["payment_rating"]) == (status in ("13", "94")), "rating")
        if status == "11":
            check(one["past_due"] == 0 and one["first_delinquency"] is None, "current and late")
        if status in _LATE:
            least, _ = _LATE[status]
            check(one["past_due"] > 0 and one["scheduled_payment"] > 0, "late with nothing late")
            first = one["first_delinquency"]
            check(first is not None and (told_on - first).days + 30 >= least, "too early for the status")
        if status in _ENDED:
            check(one["balance"] == 0 and one["past_due"] == 0 and one["date_closed"] is not None, "ended and owed")
        if status in ("97", "64"):
            check(one["charge_off"] > 0, "no charge-off amount")
        check((one["charge_off"] > 0) == (status in ("97", "64")), "charge-off amount")
        if one["portfolio_type"] in "IM":
            check(one["balance"] <= one["highest_credit"] and one["terms_duration"].isdigit(), "closed end")
        else:
            check(one["balance"] <= one["highest_credit"], "more than ever")
        self._over_limit(key, where, one["portfolio_type"] in "RC" and one["balance"] > one["credit_limit"])
        self._history(key, where, one)
        self._same_person(where, "metro2", key, one)
        self._segments(delivery, where, one)
        self._person(where, one["ssn"] if one["ssn"] != "000000000" else None, one["birth_date"])
        check(one["surname"] and one["first_name"] and one["address"] and one["city"] and one["state"], "who")
        check(one["surname"].isascii() and one["zip"].isdigit(), "letters")

    def _history(self, key: tuple[str, str], where: str, one: Record) -> None:
        earlier = self._accounts[key]
        told_on, profile = one["told_on"], one["profile"]
        self._check(len(profile) == 24 and set(profile) <= set("0123456BEGKL"), where, "profile")
        self._check("B" not in profile.rstrip("B"), where, "profile has a gap")
        for month, before in earlier.items():
            ago = (told_on.year - month.year) * 12 + told_on.month - month.month
            if 1 <= ago <= 24:
                self._check(profile[ago - 1] == _code(before), where, f"profile against {month}")
            for name in ("date_opened", "birth_date", "ssn", "account_type", "portfolio_type", "generation"):
                self._check(one[name] == before[name], where, f"{name} changed")
            if one["portfolio_type"] in "IMO":
                self._check(one["highest_credit"] == before["highest_credit"], where, "amount changed")
            is_over = before["account_status"] in _ENDED or "K2 2" in _sale(before)
            self._check(not (is_over and month < told_on), where, "told after the end")
            if ago == 1 and "first_delinquency" in one and before["first_delinquency"] and one["first_delinquency"]:
                self._check(one["first_delinquency"] == before["first_delinquency"], where, "re-aged")
        self._to_remember.append(lambda: earlier.__setitem__(told_on, one))

    def _segments(self, delivery: Delivery, where: str, one: Record) -> None:
        segments = one["segments"]
        if delivery.furnisher == "cornerstone-recovery":
            self._check(set(segments) == {"K1", "K2"} and one["account_type"] == "0C", where, "collector's segments")
            self._check(segments["K2"][0][2] == "1", where, "bought from whom")
        for kind, first in (("J1", 3), ("J2", 3)):
            for segment in segments.get(kind, []):
                ssn, born = segment[first + 66 : first + 75], metro2_date(segment[first + 75 : first + 83])
                self._check(born is not None and segment[3:28].strip() != "", where, kind)
                self._check(segment[96] in "235", where, "association")
                self._person(where, ssn if ssn != "000000000" else None, born)
        for segment in segments.get("N1", []):
            self._employer(where, one["ssn"] if one["ssn"] != "000000000" else None, one["told_on"], segment[2:32])

    # -- the lender -----------------------------------------------------------------------------

    def _lender_customers(self, delivery: Delivery, where: str, one: Record) -> None:
        self._once(where, "customer", one["customer_ref"], one["told_on"])
        self._identity(delivery, where, one, one["told_on"])

    def _lender_months(self, delivery: Delivery, where: str, one: Record) -> None:
        key, month, status = (delivery.furnisher, one["account_ref"]), one["month"], one["status"]
        self._once(where, *key, month)
        if one["action"] == "delete":
            self._withdrawn.add(key)
            return
        check = lambda holds, what: self._check(bool(holds), where, what)  # noqa: E731
        check(one["opened_on"] <= month, "opened later")
        for name in ("closed_on", "last_payment_on"):
            check(one[name] is None or one["opened_on"] <= one[name] <= month, name)
        check(one["first_delinquency_on"] is None or one["first_delinquency_on"] <= month, "first delinquency")
        check(one["amount_past_due"] <= one["balance"], "more past due than owed")
        is_late = one["days_past_due"] > 0
        check(is_late == (one["amount_past_due"] > 0) == (status in ("late", "charged_off")), "late or not")
        check(not is_late or one["first_delinquency_on"] is not None, "late since when")
        check(not is_late or (month - one["first_delinquency_on"]).days >= one["days_past_due"], "late for longer")
        check(status not in ("paid", "closed", "sold") or one["balance"] == 0, "ended and owed")
        check((one["closed_on"] is None) == (status not in ("paid", "closed")), "closed or not")
        check((one["credit_limit"] is None) == (one["credit_amount"] is not None), "limit or amount")
        check(one["credit_amount"] is None or one["balance"] <= one["credit_amount"], "owes more than lent")
        over = one["credit_limit"] is not None and one["balance"] > one["credit_limit"]
        self._over_limit(key, where, over)
        earlier = self._accounts[key]
        for told, before in earlier.items():
            for name in ("opened_on", "credit_amount", "product", "currency", "customer_ref", "term_months"):
                check(one[name] == before[name], f"{name} changed")
            check(before["status"] not in ("paid", "closed", "sold") or told > month, "told after the end")
            ago = (month.year - told.year) * 12 + month.month - told.month
            if ago == 1 and is_late and before["days_past_due"] > 0:
                check(one["first_delinquency_on"] == before["first_delinquency_on"], "re-aged")
        self._to_remember.append(lambda: earlier.__setitem__(month, one))

    # -- the others -----------------------------------------------------------------------------

    def _court_records(self, delivery: Delivery, where: str, one: Record) -> None:
        self._once(where, delivery.furnisher, one["case_number"], one["status_on"])
        check = lambda holds, what: self._check(bool(holds), where, what)  # noqa: E731
        ends = {"bankruptcy_7": "discharged dismissed", "bankruptcy_13": "discharged dismissed"}
        allowed = {"civil_judgment": "satisfied", "tax_lien": "released"} | ends
        check(one["status"] == "filed" or one["status"] in allowed[one["kind"]].split(), "ends otherwise")
        check(one["filed_on"] <= one["status_on"] <= date.fromisoformat(delivery.covers), "order of days")
        check((one["status"] == "filed") == (one["filed_on"] == one["status_on"]), "filed when")
        check(one["amount"] > 0, "amount")
        self._event(where, one["case_number"], one["status_on"], one["status"])
        before = self._cases.get(one["case_number"], one)
        self._to_remember.append(lambda: self._cases.setdefault(one["case_number"], one))
        check(all(before[name] == one[name] for name in ("kind", "court", "filed_on", "amount")), "another case")
        self._identity(delivery, where, one, one["filed_on"])

    def _event(self, where: str, case: str, day: date, status: str) -> None:
        said = self._ends.get((case, day), status)
        self._check(said == status, where, "another end of the case")
        self._to_remember.append(lambda: self._ends.setdefault((case, day), status))

    def _recurring_payments(self, delivery: Delivery, where: str, one: Record) -> None:
        self._once(where, delivery.furnisher, one["account_ref"], one["period"])
        check = lambda holds, what: self._check(bool(holds), where, what)  # noqa: E731
        status = one["status"]
        if status == "paid":
            check(one["paid"] == one["billed"] and one["paid_on"] <= one["due_on"] and not one["days_late"], "paid")
        elif status == "late":
            check(one["paid"] == one["billed"], "late and unpaid")
            check((one["paid_on"] - one["due_on"]).days == one["days_late"] > 0, "days late")
        elif status == "unpaid":
            check(one["paid"] == 0 and one["paid_on"] is None and one["billed"] > 0, "unpaid and paid")
            check(one["days_late"] == (one["period"] - one["due_on"]).days, "days late")
        else:
            check(one["billed"] == one["paid"] == one["days_late"] == 0, "closed and billed")
        check(one["paid_on"] is None or one["paid_on"] <= one["period"], "paid later")
        self._identity(delivery, where, one, one["period"])

    def _shop_orders(self, delivery: Delivery, where: str, one: Record) -> None:
        self._once(where, one["order_ref"], one["status_on"])
        check = lambda holds, what: self._check(bool(holds), where, what)  # noqa: E731
        days = [one[name] for name in ("status_on", "due_on", "paid_on") if one[name] is not None]
        check(all(one["ordered_on"] <= day for day in days), "before the order")
        is_paid = one["status"] == "paid"
        check((one["paid"] >= one["amount"]) == is_paid == (one["paid_on"] is not None), "paid or not")
        check((one["due_on"] is None) == (one["payment_kind"] == "prepaid"), "due when")
        check((one["instalments"] is not None) == (one["payment_kind"] == "instalments"), "instalments")
        check(one["status"] != "late" or one["status_on"] > one["due_on"], "late before it is due")
        self._identity(delivery, where, one, one["ordered_on"])

    def _applications(self, delivery: Delivery, where: str, one: Record) -> None:
        self._once(where, one["application_ref"])
        self._check(one["amount_asked"] > 0 and one["income"] > 0, where, "amounts")
        since = one["employed_since"]
        self._check(since is None or since <= one["applied_on"], where, "employed later")
        self._identity(delivery, where, one, date.fromisoformat(delivery.covers))

    # -- persons --------------------------------------------------------------------------------

    def _identity(self, delivery: Delivery, where: str, one: Record, day: date) -> None:
        if delivery.contract in _UNIT:
            self._same_person(where, delivery.contract, (delivery.furnisher, one[_UNIT[delivery.contract]]), one)
        check = lambda holds, what: self._check(bool(holds), where, what)  # noqa: E731
        check(one["surname"] and one["first_name"] and one["address"] and one["postcode"], "who")
        check(one["birth_date"] < day, "born later")
        self._person(where, one["national_number"], one["birth_date"])
        if one.get("employer"):
            self._employer(where, one["national_number"], day, one["employer"])

    def _person(self, where: str, number: str | None, born: date | None) -> None:
        if number is None:
            return
        if len(number) == 18:
            weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
            total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
            self._check("10X98765432"[total % 11] == number[17], where, "check digit")
            self._check(born is not None and number[6:14] == born.strftime("%Y%m%d"), where, "number and birth")
        else:
            valid = number[:3] not in ("000", "666") and number[0] != "9" and number[3:5] != "00"
            self._check(valid and number[5:] != "0000" and len(number) == 9, where, "number")
        self._check(born is not None and self._people.get(number, born) == born, where, "another birth date")
        self._to_remember.append(lambda: self._people.setdefault(number, born))

    def _employer(self, where: str, number: str | None, day: date, employer: str) -> None:
        if number is not None:
            key, named = (number, day.strftime("%Y-%m")), employer.strip().upper()
            self._check(self._employers.get(key, named) == named, where, "another employer")
            self._to_remember.append(lambda: self._employers.setdefault(key, named))

    def _over_limit(self, key: tuple[str, str], where: str, is_over: bool) -> None:
        self._over[key] = self._over[key] + 1 if is_over else 0
        self._check(self._over[key] <= 2, where, "over the limit for a third month")


def _code(record: Record) -> str:
    """What a month's record says in later profiles."""
    status = record["account_status"]
    if status == "11":
        return "E" if record["balance"] == 0 else "0"
    return str(_LATE[status][1]) if status in _LATE else _LOSSES.get(status, "?")


def _sale(record: Record) -> str:
    return " ".join(f"K2 {segment[2]}" for segment in record["segments"].get("K2", []))
