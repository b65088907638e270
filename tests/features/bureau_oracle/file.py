"""What is on file of a consumer at all."""

from __future__ import annotations

from collections.abc import Iterable

from bureau_oracle.arithmetic import count, largest, months_ago, smallest, within
from bureau_oracle.holdings import is_held, roles_of
from bureau_oracle.known import Known, Record, Values

KINDS = {"tradeline_month": "account", "public_record": "case", "recurring_payment": "bill", "shop_order": "order"}


def features(file: Known) -> Values:
    things = list(_things(file))
    accounts = [thing for thing in things if thing["kind"] == "account"]
    furnished = [thing for thing in things if thing["furnisher"] is not None]
    kinds = {thing["kind"] for thing in things}
    seasoned = any(thing["first_ago"] >= 6 for thing in accounts) and any(thing["last_ago"] < 6 for thing in accounts)
    return {
        "file_age": largest(thing["first_ago"] for thing in things),
        "months_since_report": smallest(thing["last_ago"] for thing in things),
        "months_since_account_report": smallest(thing["last_ago"] for thing in accounts),
        "furnishers_known": _different(furnished),
        "furnishers_12m": _different(thing for thing in furnished if within(thing["last_ago"], 12)),
        "account_furnishers": _different(thing for thing in furnished if thing["kind"] == "account"),
        "kinds_of_data": count(kinds),
        "things_on_file": count(things),
        "contracts_on_file": count(thing["kind"] == "bill" for thing in things),
        "orders_on_file": count(thing["kind"] == "order" for thing in things),
        "thin_file": float(len(accounts) < 3),
        "file_without_accounts": float(not accounts),
        "file_seasoned": float(seasoned),
    }


def _different(things: Iterable[Record]) -> float:
    return float(len({thing["furnisher"] for thing in things}))


def _things(file: Known) -> Iterable[Record]:
    """Everything on file, with the months ago of its oldest and its newest record."""
    held = {tradeline for tradeline, roles in roles_of(file).items() if is_held(roles)} & set(file.furnishers)
    for fact, kind in KINDS.items():
        told: dict[int, list[Record]] = {}
        for record in file.facts[fact]:
            if record["tradeline_id"] in held and record.get("payment_status") != "deleted":
                told.setdefault(record["tradeline_id"], []).append(record)
        for tradeline, records in told.items():
            yield _thing(file, kind, records, file.furnishers[tradeline])
    for inquiry in file.facts["inquiry"]:
        if inquiry["kind"] == "hard":
            yield _thing(file, "inquiry", [inquiry], None)


def _thing(file: Known, kind: str, records: list[Record], furnisher: str | None) -> Record:
    ago = [months_ago(record["effective_on"], file.observed_on) for record in records]
    return {"kind": kind, "furnisher": furnisher, "first_ago": largest(ago), "last_ago": smallest(ago)}
