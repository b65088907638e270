"""Mistakes that depend on what kind of record it is: fields that no longer fit one another or what was said before.

The criterion that decides whether they can be noticed stands in :mod:`bureau.simulator.mistakes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from bureau.simulator.mistakes import COMMON, Case, Change, later
from bureau.simulator.names import EMPLOYERS

__all__ = [
    "KINDS",
    "contradictory_values",
    "date_contradiction",
    "employer_contradiction",
    "opened_changed",
    "profile_contradiction",
    "public_record_contradiction",
    "reaged",
    "status_contradiction",
    "swapped_fields",
]

_LATE: Final = frozenset({"71", "78", "80", "82", "83", "84"})
_FIRST_LATE: Final = {"metro2": "first_delinquency_date", "lender_months": "first_delinquency_on"}
_OPENED: Final = {"metro2": "date_opened", "lender_months": "opened_on"}
_ORIGINAL: Final = {"metro2": "highest_credit", "lender_months": "credit_amount"}

_AFTER: Final[Mapping[str, tuple[tuple[str, str, int, int], ...]]] = {
    "metro2": (
        ("date_opened", "account_information_date", 1, 400),
        ("date_closed", "date_opened", -700, -1),
        ("birth_date", "date_opened", 1, 2000),
        ("last_payment_date", "account_information_date", 5, 60),
        ("first_delinquency_date", "account_information_date", 5, 60),
    ),
    "lender_months": (
        ("opened_on", "month", 1, 400),
        ("closed_on", "opened_on", -700, -1),
        ("last_payment_on", "month", 5, 60),
        ("first_delinquency_on", "month", 5, 60),
    ),
    "lender_customers": (("birth_date", "told_on", 1, 2000),),
    "court_records": (("status_on", "filed_on", -400, -1), ("birth_date", "filed_on", 1, 2000)),
    "recurring_payments": (("paid_on", "period", 3, 60), ("birth_date", "period", 1, 2000)),
    "shop_orders": (
        ("status_on", "ordered_on", -200, -1),
        ("paid_on", "ordered_on", -200, -1),
        ("due_on", "ordered_on", -200, -1),
        ("birth_date", "ordered_on", 1, 2000),
    ),
    "applications": (("employed_since", "applied_on", 1, 600), ("birth_date", "applied_on", 1, 2000)),
}
"""For each kind which date is put so many days after (or before) which other, so that both cannot be true."""

_SWAPS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "metro2": (
        ("date_opened", "date_closed"),
        ("date_opened", "account_information_date"),
        ("current_balance", "amount_past_due"),
        ("surname", "first_name"),
    ),
    "lender_months": (("opened_on", "closed_on"), ("opened_on", "month"), ("balance", "amount_past_due")),
    "lender_customers": (("surname", "first_name"),),
    "court_records": (("filed_on", "status_on"), ("surname", "first_name")),
    "recurring_payments": (("billed", "paid"), ("surname", "first_name")),
    "shop_orders": (("ordered_on", "status_on"), ("amount", "paid"), ("surname", "first_name")),
    "applications": (("applied_on", "employed_since"), ("surname", "first_name")),
}


def date_contradiction(case: Case) -> Change | None:
    """A date after one that it cannot be after."""
    possible = [each for each in _AFTER[case.contract] if case.record[each[0]] is not None]
    if not possible:
        return None
    field, other, least, most = case.pick(possible)
    return case.changed(field, {field: later(case.record[other], case.rng, least, most)}, None)


def swapped_fields(case: Case) -> Change | None:
    """Two fields in each other's place."""
    record = case.record
    possible = [
        pair
        for pair in _SWAPS[case.contract]
        if None not in (record[pair[0]], record[pair[1]]) and record[pair[0]] != record[pair[1]]
    ]
    if "amount_past_due" in record and not record["amount_past_due"]:
        possible = [pair for pair in possible if "amount_past_due" not in pair]
    if not possible:
        return None
    one, other = case.pick(possible)
    names = one == "surname"
    told = "D3" if names and case.was_told else None
    return case.changed(f"{one}, {other}", {one: record[other], other: record[one]}, told, "person" if names else None)


# -- standing -----------------------------------------------------------------------------------


def status_contradiction(case: Case) -> Change | None:
    """A standing that does not fit the amounts or days beside it."""
    choices = _STANDINGS[case.contract](case.record, case)
    if not choices:
        return None
    values = case.pick(choices)
    return case.changed(next(iter(values)), values, None)


def _some(case: Case, most: float) -> int:
    """A whole amount of at most so much, and at least 1."""
    return int(case.rng.integers(1, max(2, int(min(most, 900)))))


def _metro2_standing(record: dict[str, Any], case: Case) -> list[dict[str, Any]]:
    status = record["account_status"]
    if status == "11":
        choices: list[dict[str, Any]] = [
            {"first_delinquency_date": later(case.day, case.rng, -90, -31)},
            {"payment_rating": case.pick("1234")},
        ]
        if record["current_balance"] > 1:
            choices += [{"amount_past_due": _some(case, record["current_balance"])}] * 3
        return choices
    if status in _LATE:
        return [{"amount_past_due": 0}, {"first_delinquency_date": None}, {"account_status": "11"}]
    if status == "13":
        return [{"current_balance": _some(case, 5_000)}]
    return [{"charge_off_amount": 0}] if status in ("97", "64") else []


def _lender_standing(record: dict[str, Any], case: Case) -> list[dict[str, Any]]:
    status = record["status"]
    if status == "current":
        days = {"days_past_due": int(case.rng.integers(31, 120))}
        return [days, {"amount_past_due": float(_some(case, record["balance"]))}] if record["balance"] > 2 else [days]
    if status == "late":
        return [{"days_past_due": 0, "amount_past_due": 0.0}, {"status": "current"}]
    return [{"balance": float(_some(case, 5_000))}] if status in ("paid", "closed") else []


def _court_standing(record: dict[str, Any], case: Case) -> list[dict[str, Any]]:
    if record["kind"].startswith("bankruptcy"):
        return [{"status": case.pick(("satisfied", "released"))}]
    if record["kind"] == "civil_judgment":
        return [{"status": case.pick(("discharged", "released"))}]
    return [{"status": case.pick(("discharged", "satisfied"))}]


def _recurring_standing(record: dict[str, Any], case: Case) -> list[dict[str, Any]]:
    status, billed = record["status"], record["billed"]
    if status == "paid" and billed:
        return [{"days_late": int(case.rng.integers(5, 60))}, {"paid": 0.0, "paid_on": None}]
    if status == "late":
        return [{"days_late": 0}]
    if status == "unpaid":
        return [{"paid": billed, "paid_on": record["due_on"]}, {"paid_on": record["due_on"]}]
    return []


def _order_standing(record: dict[str, Any], _: Case) -> list[dict[str, Any]]:
    if record["status"] == "paid":
        return [{"paid": 0.0}, {"paid": 0.0, "paid_on": None}]
    if record["status"] in ("open", "late", "written_off"):
        return [{"paid": record["amount"], "paid_on": record["status_on"]}, {"status": "paid"}]
    return []


_STANDINGS: Final[Mapping[str, Callable[[dict[str, Any], Case], list[dict[str, Any]]]]] = {
    "metro2": _metro2_standing,
    "lender_months": _lender_standing,
    "court_records": _court_standing,
    "recurring_payments": _recurring_standing,
    "shop_orders": _order_standing,
}


# -- what cannot change -------------------------------------------------------------------------


def opened_changed(case: Case) -> Change | None:
    """Another date opened, or another original amount."""
    field, original = _OPENED[case.contract], _ORIGINAL[case.contract]
    told = "D3" if case.was_told else None
    has_original = case.record[original] and (case.contract != "metro2" or case.record["portfolio_type"] in "IMO")
    if has_original and case.rng.random() < 0.4:
        factor = 1 + float(case.rng.uniform(0.1, 0.5)) * case.pick((-1, 1))
        value = case.record[original]
        wrong = round(value * factor) if isinstance(value, int) else round(value * factor, 2)
        return case.changed(original, {original: wrong}, told, "unit") if wrong != value else None
    opened: date = case.record[field]
    born = case.record.get("birth_date")
    wrong_day = later(opened, case.rng, 20, 800) if case.rng.random() < 0.5 else later(opened, case.rng, -800, -20)
    if wrong_day > case.day or (born is not None and (wrong_day - born).days < 16 * 365):
        return None
    return case.changed(field, {field: wrong_day}, told, "unit")


def reaged(case: Case) -> Change | None:
    """The first delinquency of one that goes on moves later."""
    field = _FIRST_LATE[case.contract]
    first = case.record[field]
    if first is None or first >= case.day.replace(day=1) or not case.months & 1:
        return None  # it was not told a month ago
    room = (case.day - first).days - 1
    if room < 15:
        return None
    return case.changed(field, {field: later(first, case.rng, 15, min(room, 240))}, "D3", "unit")


def profile_contradiction(case: Case) -> Change | None:
    """The payment history says something else of a month than was said in that month."""
    field = "payment_history_profile"
    profile = case.record[field]
    places = [place for place in range(len(profile)) if case.months >> place & 1]
    if not places:
        return None
    place = case.pick(places)
    old = profile[place]
    new = case.pick("123456") if old in "0E" else case.pick(code for code in "0123456" if code != old)
    return case.changed(field, {field: profile[:place] + new + profile[place + 1 :]}, "D3", "unit")


def public_record_contradiction(case: Case) -> Change | None:
    """A vendor says another amount, day or end of a case than the court."""
    record, rng = case.record, case.rng
    choices: list[dict[str, Any]] = [{"amount": round(record["amount"] * float(rng.uniform(1.2, 1.9)), 2)}]
    choices.append({"filed_on": later(record["filed_on"], rng, -200, -5)})
    if record["status"] in ("discharged", "satisfied"):
        choices.append({"status": "dismissed"})
    values = case.pick(choices)
    return case.changed(next(iter(values)), values, "D4", "case")


def employer_contradiction(case: Case) -> Change | None:
    """Another employer than the one told elsewhere in the same month; ``told_elsewhere`` speaks of that."""
    segment = case.record.get("N1")
    old = segment["employer"] if segment is not None else case.record.get("employer")
    if not old:
        return None
    wrong = case.pick(name for name in EMPLOYERS if name.upper() != old.upper())
    criterion = "D4" if case.told_elsewhere else None
    if segment is not None:
        record = case.record | {"N1": segment | {"employer": wrong.upper()}}
        return Change("employer", record, criterion, old, wrong.upper(), "employer")
    return case.changed("employer", {"employer": wrong}, criterion, "employer")


def contradictory_values(case: Case) -> Change | None:
    """Another amount, for a second record under the same key."""
    field = case.definition.main_amount
    value = case.record[field]
    factor = 1 + float(case.rng.uniform(0.02, 0.2))
    wrong = round(value * factor) + 1 if isinstance(value, int) else round(value * factor + 1, 2)
    change = case.changed(field, {field: wrong}, "D5")
    return Change(field, change.record, "D5", change.true_value, change.faulty_value)


KINDS: Final[Mapping[str, Callable[[Case], Change | None]]] = {
    **COMMON,
    "date_contradiction": date_contradiction,
    "status_contradiction": status_contradiction,
    "swapped_fields": swapped_fields,
    "opened_changed": opened_changed,
    "reaged": reaged,
    "profile_contradiction": profile_contradiction,
    "public_record_contradiction": public_record_contradiction,
    "employer_contradiction": employer_contradiction,
    "contradictory_duplicate": contradictory_values,
}
"""Mistakes in one record, by name."""
