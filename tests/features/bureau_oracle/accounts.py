"""Accounts as last known: one record each, with what its months tell of the past; and what is counted over them."""

from __future__ import annotations

from collections.abc import Iterable

from bureau_oracle.account_months import by_sum, used
from bureau_oracle.arithmetic import (
    at_least,
    count,
    largest,
    mean,
    months_ago,
    over,
    ratio,
    share,
    smallest,
    total,
    within,
)
from bureau_oracle.holdings import LOST, OVER, SOLD, holdings
from bureau_oracle.known import Known, Record, Values

EVENTS = {
    "charge_off": ("charged_off", "paid_charge_off"),
    "repossession": ("repossession", "surrender", "paid_repossession"),
    "foreclosure": ("foreclosure", "deed_in_lieu", "paid_foreclosure"),
}
GROUPS = ("revolving", "instalment", "mortgage")
PRODUCTS = ("card", "line", "consumer", "car", "student", "mortgage")


def features(file: Known) -> Values:
    every = [_account(file, months) for months in holdings(file).values()]
    own = [account for account in every if account["is_liable"] and account["group"] != "collection"]
    lent = [account for account in every if not account["is_liable"] and account["group"] != "collection"]
    debts = [account for account in every if account["is_liable"] and account["group"] == "collection"]
    return {
        **_use(own, lent),
        **_owed(own),
        **_schedules(own),
        **_late_now(own),
        **_late_before(own),
        **_steps(own),
        **_ages(own),
        **_numbers(own),
        **_lent(lent),
        **_collections(debts),
    }


def _account(file: Known, months: list[Record]) -> Record:
    """What the newest month tells, and what all months tell of the past."""
    account = dict(months[-1])
    status = account["payment_status"]
    account["opened_ago"] = months_ago(account["opened_on"], file.observed_on)
    account["closed_ago"] = months_ago(account["closed_on"], file.observed_on)
    account["is_sold"] = status in SOLD or bool(account["sold_to"])
    account["is_lost"] = status in LOST and not account["is_sold"]
    account["is_over"] = status in OVER and not account["is_sold"]
    account["is_owing"] = not account["is_sold"] and status not in OVER and account["ago"] < 12
    account["is_open"] = account["is_owing"] and status not in LOST and account["closed_on"] is None
    account["levels"] = [largest(m["level"] for m in months if m["ago"] == ago) for ago in range(13)]
    for n in (6, 12, 24):
        account[f"worst_{n}m"] = largest(m["level"] for m in months if within(m["ago"], n))
    for event, statuses in EVENTS.items():
        account[f"{event}_ago"] = largest(m["ago"] for m in months if m["payment_status"] in statuses)
    term, age = account["term_months"], account["opened_ago"]
    account["remaining"] = None if term is None or age is None else max(term - age, 0)
    return account


def _of(accounts: Iterable[Record], name: str) -> list[Record]:
    """Those of a group or a product."""
    return [account for account in accounts if name in (account["group"], account["product"])]


def _open(accounts: Iterable[Record]) -> list[Record]:
    return [account for account in accounts if account["is_open"]]


def _owing(accounts: Iterable[Record]) -> list[Record]:
    return [account for account in accounts if account["is_owing"]]


# -- credit in use --------------------------------------------------------------------------------


def _use(own: list[Record], lent: list[Record]) -> Values:
    lines = _open(_of(own, "revolving"))
    limited = [account for account in lines if over(account["credit_limit"], 0)]
    shares = [used(account) for account in limited]
    left = [None if a["balance"] is None else max(a["credit_limit"] - a["balance"], 0.0) for a in limited]
    return {
        "revolving_utilisation": by_sum(lines, "balance", "credit_limit"),
        "cards_utilisation": by_sum(_of(lines, "card"), "balance", "credit_limit"),
        "lines_utilisation": by_sum(_of(lines, "line"), "balance", "credit_limit"),
        "authorised_utilisation": by_sum(_open(_of(lent, "revolving")), "balance", "credit_limit"),
        "revolving_utilisation_max": largest(shares),
        "revolving_utilisation_min": smallest(shares),
        "revolving_over_limit_count": count(over(value, 1) for value in shares),
        "revolving_90_percent_count": count(at_least(a["balance"], 0.9 * a["credit_limit"]) for a in limited),
        "revolving_75_percent_count": count(at_least(a["balance"], 0.75 * a["credit_limit"]) for a in limited),
        "revolving_50_percent_count": count(at_least(a["balance"], 0.5 * a["credit_limit"]) for a in limited),
        "revolving_unused_count": count(a["balance"] is not None and a["balance"] <= 0 for a in limited),
        "revolving_limit": total(account["credit_limit"] for account in limited),
        "revolving_limit_max": largest(account["credit_limit"] for account in limited),
        "revolving_available": total(left),
    }


def _owed(own: list[Record]) -> Values:
    values: Values = {"owed_total": total(account["balance"] for account in _owing(own))}
    for name in (*GROUPS, "consumer", "car", "student"):
        values[f"owed_{name}"] = total(account["balance"] for account in _owing(_of(own, name)))
    owing = [account for account in _owing(own) if account["balance"] is not None and account["balance"] > 0]
    revolving = total(account["balance"] for account in _of(owing, "revolving")) or 0.0
    values["owed_revolving_share"] = ratio(revolving, total(account["balance"] for account in owing))
    return values


def _schedules(own: list[Record]) -> Values:
    loans = _open(_of(own, "instalment"))
    values: Values = {
        "mortgage_remaining_max": largest(account["remaining"] for account in _open(_of(own, "mortgage"))),
        "instalment_amount_max": largest(account["credit_amount"] for account in loans),
        "scheduled_total": total(account["scheduled"] for account in _open(own)),
        "paid_by_scheduled_now": by_sum(_open(own), "payment", "scheduled"),
        "instalment_remaining_max": largest(account["remaining"] for account in loans),
        "instalment_remaining_min": smallest(account["remaining"] for account in loans),
        "instalment_remaining_mean": mean((account["remaining"] for account in loans), "whole"),
    }
    for group in GROUPS:
        values[f"scheduled_{group}"] = total(account["scheduled"] for account in _open(_of(own, group)))
    for name in ("instalment", "consumer", "car", "student", "mortgage"):
        left = by_sum(_open(_of(own, name)), "balance", "credit_amount")
        values[f"{name}_paid_down"] = None if left is None else 1 - left
    return values


# -- lateness -------------------------------------------------------------------------------------


def _late_now(own: list[Record]) -> Values:
    owing = _owing(own)
    told = [account for account in owing if account["level"] is not None and over(account["balance"], 0)]
    late = [account for account in told if account["level"] >= 1]
    values: Values = {
        "worst_level_now": largest(account["level"] for account in owing),
        "past_due_total": total(account["amount_past_due"] for account in owing),
        "past_due_by_owed": by_sum(owing, "amount_past_due", "balance"),
        "late_owed_share": ratio(total(a["balance"] for a in late) or 0.0, total(a["balance"] for a in told)),
        "lost_accounts_now": count(account["is_lost"] for account in own),
    }
    for days, level in ((30, 1), (60, 2), (90, 3)):
        values[f"late_{days}_accounts_now"] = count(at_least(account["level"], level) for account in owing)
    for group in GROUPS:
        values[f"worst_level_now_{group}"] = largest(account["level"] for account in _of(owing, group))
    return values


def _late_before(own: list[Record]) -> Values:
    values: Values = {}
    for n in (6, 12, 24):
        for days, level in ((30, 1), (60, 2), (90, 3)):
            values[f"late_{days}_accounts_{n}m"] = count(at_least(account[f"worst_{n}m"], level) for account in own)
    for n in (12, 24):
        worst = [account[f"worst_{n}m"] for account in own]
        values[f"never_late_accounts_share_{n}m"] = share(None if level is None else level == 0 for level in worst)
    for event in EVENTS:
        told = [account[f"{event}_ago"] for account in own if within(account[f"{event}_ago"], 84)]
        values[f"{event}_accounts_84m"] = count(True for _ in told)
        values[f"months_since_{event}"] = smallest(told)
    lost = [account for account in own if within(account["charge_off_ago"], 84)]
    still = [account for account in lost if account["is_lost"] and account["is_owing"]]
    values["charge_off_accounts_24m"] = count(within(account["charge_off_ago"], 24) for account in own)
    values["charge_off_owed"] = total(account["balance"] for account in still)
    values["charge_off_paid_accounts_84m"] = count(account["is_over"] for account in lost)
    return values


def _steps(own: list[Record]) -> Values:
    """From a month to the next, of the last twelve, where both tell how late the account was."""
    steps = [step for account in own for step in zip(account["levels"][1:], account["levels"][:-1], strict=True)]
    told = [(before, after) for before, after in steps if before is not None and after is not None and before < 7]
    late = [(before, after) for before, after in told if before >= 1]
    return {
        "rolls_12m": count(after > before for before, after in told),
        "cures_12m": count(after == 0 for _, after in late),
        "roll_share_12m": share(after > before for before, after in told),
        "roll_late_share_12m": share(after > before for before, after in late),
        "cure_share_12m": share(after == 0 for _, after in late),
    }


# -- how long, how many, which ----------------------------------------------------------------------


def _ages(own: list[Record]) -> Values:
    ages = [account["opened_ago"] for account in own]
    values: Values = {
        "age_oldest": largest(ages),
        "age_newest": smallest(ages),
        "age_mean": mean(ages, "whole"),
        "age_open_mean": mean((account["opened_ago"] for account in _open(own)), "whole"),
        "opened_share_24m": share(None if age is None else within(age, 24) for age in ages),
    }
    values |= {f"opened_{n}m": count(within(age, n) for age in ages) for n in (3, 6, 12, 24)}
    for group in GROUPS:
        of = [account["opened_ago"] for account in _of(own, group)]
        values[f"age_oldest_{group}"] = largest(of)
        values[f"age_newest_{group}"] = smallest(of)
        values[f"opened_{group}_12m"] = count(within(age, 12) for age in of)
    return values


def _numbers(own: list[Record]) -> Values:
    now, ended = _open(own), [account for account in own if account["is_over"]]
    values: Values = {
        "accounts_total": count(own),
        "accounts_open": count(now),
        "accounts_over": count(ended),
        "accounts_sold": count(account["is_sold"] for account in own),
        "open_product_kinds": count({account["product"] for account in now} - {None}),
        "open_revolving_share": share(account["group"] == "revolving" for account in now),
        "shared_accounts": count(account["is_shared"] for account in now),
        "shared_accounts_share": share(account["is_shared"] for account in now),
    }
    values |= {f"accounts_closed_{n}m": count(within(account["closed_ago"], n) for account in ended) for n in (12, 24)}
    return values | {f"open_{name}_count": count(a["product"] == name for a in now) for name in PRODUCTS}


def _lent(lent: list[Record]) -> Values:
    return {
        "authorised_accounts": count(_open(lent)),
        "authorised_age_oldest": largest(account["opened_ago"] for account in lent),
        "authorised_worst_12m": largest(account["worst_12m"] for account in lent),
    }


def _collections(debts: list[Record]) -> Values:
    kept = [debt for debt in debts if within(debt["opened_ago"], 84)]
    values: Values = {f"collections_{n}m": count(within(debt["opened_ago"], n) for debt in debts) for n in (12, 24, 84)}
    return values | {
        "collections_unpaid": count(_owing(kept)),
        "collections_paid": count(debt["is_over"] for debt in kept),
        "collections_owed": total(debt["balance"] for debt in _owing(kept)),
        "collections_amount": total(debt["credit_amount"] for debt in kept),
        "months_since_collection": smallest(debt["opened_ago"] for debt in kept),
    }
