"""What is counted over the months of accounts for which a consumer answers."""

from __future__ import annotations

from collections.abc import Iterable

from bureau_oracle.arithmetic import at_least, count, largest, mean, over, ratio, share, smallest, total, within
from bureau_oracle.holdings import holdings
from bureau_oracle.known import Known, Record, Values

GROUPS = ("revolving", "instalment", "mortgage")
LEVELS = {30: 1, 60: 2, 90: 3}


def features(file: Known) -> Values:
    every = [month for months in holdings(file).values() for month in months]
    every = [month for month in every if month["is_liable"] and month["group"] != "collection"]
    of = {group: [month for month in every if month["group"] == group] for group in GROUPS}
    return {
        **_utilisation(of["revolving"]),
        **_balances(of),
        **_payments(every, of["revolving"]),
        **_lateness(every, of),
        "account_months_24m": count(last(every, 24)),
    }


def last(months: Iterable[Record], until: int, since: int = 0) -> list[Record]:
    return [month for month in months if within(month["ago"], until) and month["ago"] >= since]


def by_sum(months: Iterable[Record], above: str, below: str) -> float | None:
    """Sum of one thing by that of another, where both are told and the second is above zero."""
    both = [month for month in months if month[above] is not None and over(month[below], 0)]
    return ratio(total(month[above] for month in both), total(month[below] for month in both))


def used(month: Record) -> float | None:
    """Balance by limit, where there is a limit."""
    return ratio(month["balance"], month["credit_limit"]) if over(month["credit_limit"], 0) else None


def _utilisation(revolving: list[Record]) -> Values:
    values: Values = {}
    for n in (3, 6, 12, 24):
        values[f"revolving_utilisation_{n}m"] = by_sum(last(revolving, n), "balance", "credit_limit")
    now = values["revolving_utilisation_3m"]
    for n in (6, 12, 24):
        before = by_sum(last(revolving, n, 3), "balance", "credit_limit")
        values[f"revolving_utilisation_change_{n}m"] = None if now is None or before is None else now - before
        values[f"over_limit_months_{n}m"] = count(over(used(month), 1) for month in last(revolving, n))
    for n in (12, 24):
        values[f"revolving_utilisation_max_{n}m"] = largest(used(month) for month in last(revolving, n))
    return values


def _balances(of: dict[str, list[Record]]) -> Values:
    values: Values = {}
    for group in ("revolving", "instalment"):
        for n in (3, 12):
            values[f"{group}_balance_mean_{n}m"] = mean(month["balance"] for month in last(of[group], n))
        before = mean(month["balance"] for month in last(of[group], 12, 3))
        above = before if before is not None and before > 0 else None
        values[f"{group}_balance_growth"] = ratio(values[f"{group}_balance_mean_3m"], above)
    for n in (12, 24):
        values[f"revolving_balance_max_{n}m"] = largest(month["balance"] for month in last(of["revolving"], n))
    return values


def _payments(every: list[Record], revolving: list[Record]) -> Values:
    values: Values = {}
    for n in (3, 6, 12, 24):
        values[f"payments_{n}m"] = total(month["payment"] for month in last(every, n))
        values[f"paid_by_scheduled_{n}m"] = by_sum(last(every, n), "payment", "scheduled")
    for n in (3, 6, 12):
        values[f"revolving_paid_by_balance_{n}m"] = by_sum(last(revolving, n), "payment", "balance")
    for n in (6, 12, 24):
        told = [month for month in last(every, n) if month["payment"] is not None and month["scheduled"] is not None]
        values[f"underpaid_months_{n}m"] = count(month["payment"] < month["scheduled"] > 0 for month in told)
        values[f"unpaid_months_{n}m"] = count(month["scheduled"] > 0 and month["payment"] == 0 for month in told)
    return values


def _lateness(every: list[Record], of: dict[str, list[Record]]) -> Values:
    values: Values = {}
    for days, level in LEVELS.items():
        late = [month for month in every if at_least(month["level"], level)]
        values |= {f"late_{days}_months_{n}m": count(last(late, n)) for n in (6, 12, 24)}
        values[f"months_since_{days}_days_late"] = smallest(month["ago"] for month in last(late, 84))
    for group in GROUPS:
        late = [month for month in of[group] if at_least(month["level"], 1)]
        values |= {f"{group}_late_30_months_{n}m": count(last(late, n)) for n in (12, 24)}
        values[f"{group}_months_since_late"] = smallest(month["ago"] for month in last(late, 84))
    for n in (3, 6, 12, 24):
        values[f"worst_level_{n}m"] = largest(month["level"] for month in last(every, n))
        for group in GROUPS:
            values[f"{group}_worst_level_{n}m"] = largest(month["level"] for month in last(of[group], n))
        levels = [month["level"] for month in last(every, n)]
        values[f"on_time_months_share_{n}m"] = share(None if level is None else level == 0 for level in levels)
    for n in (12, 24):
        values[f"days_past_due_max_{n}m"] = largest(month["days_past_due"] for month in last(every, n))
        values[f"past_due_max_{n}m"] = largest(month["amount_past_due"] for month in last(every, n))
    return values
