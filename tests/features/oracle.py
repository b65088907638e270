# ruff: noqa: DTZ001 (the history keeps its moments without a zone: they are UTC)
"""What every counted feature should be, computed in plain Python from the records of one consumer.

Written from the meanings in the catalogue, with loops over lists of dicts: no SQL, no frames. A
credit file here is a mapping of fact to the list of all its records about one consumer, whenever
they were recorded. ``None`` is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from oracle_arithmetic import (
    count,
    deviation,
    largest,
    mean,
    months_between,
    months_since,
    over,
    present,
    ratio,
    share,
    slope,
    smallest,
    total,
    whole_months,
)

from bureau.facts import FACTS

Record = dict[str, Any]
File = Mapping[str, list[Record]]
Values = dict[str, float | None]

RECORD_KIND = {
    "application": "application",
    "protected": "application",
    "card_months": "card_month",
    "instalment_months": "instalment_month",
    "tradelines": "tradeline",
    "tradeline_months": "tradeline_month",
    "inquiries": "inquiry",
}


def features_of(view: str, file: File, observed_on: date, currency: str, levels: Mapping[str, Any]) -> Values:
    """Every feature of a view, as known at the beginning of the observation date."""
    moment = datetime(observed_on.year, observed_on.month, observed_on.day)
    known = {fact: as_known(fact, records, moment, observed_on) for fact, records in file.items()}
    delivered = any(
        record["record_kind"] == RECORD_KIND[view] and record["recorded_at"] <= moment for record in file["coverage"]
    )
    for line in known["tradeline"]:
        line["was_past_due"] = over(line["amount_past_due"], 0) or over(line["max_amount_past_due"], 0)
    for records in known.values():
        for record in records:
            if record.get("currency") != currency:
                record.update((name, None) for name in MONEY if name in record)
    values = _VIEWS[view](known, observed_on, levels)
    return values if delivered else dict.fromkeys(values)


def as_known(fact: str, records: Iterable[Record], moment: datetime, observed_on: date) -> list[Record]:
    """Of each fact the version that was known last, if it speaks of a day that has come."""
    versions: dict[tuple[Any, ...], list[Record]] = {}
    for record in records:
        if record["recorded_at"] <= moment:
            versions.setdefault(tuple(record[name] for name in FACTS[fact].key), []).append(record)
    newest = [max(same, key=lambda r: (r["recorded_at"], r["delivery_no"])) for same in versions.values()]
    return [dict(record) for record in newest if record["effective_on"] <= observed_on]


MONEY = (
    "credit_amount", "credit_limit", "balance", "amount_past_due", "max_amount_past_due", "instalment", "payment",
    "minimum_payment", "drawings", "cash_drawings", "amount_asked", "amount_granted", "goods_price", "down_payment",
    "income",
)  # fmt: skip


# -- applications ---------------------------------------------------------------------------------

_STATED = {
    "amount_asked": "amount_asked", "instalment": "instalment", "goods_price": "goods_price", "income": "income",
    "owns_car": "owns_car", "car_age_years": "car_age_years", "region_population": "region_population",
    "region_city_rating": "region_city_rating", "external_score_1": "external_score_1",
    "external_score_2": "external_score_2", "external_score_3": "external_score_3",
    "circle_observed": "circle_observed", "circle_defaulted": "circle_defaulted_30",
    "inquiries_quarter": "inquiries_quarter", "inquiries_year": "inquiries_year", "applicant_age": "age_years",
}  # fmt: skip
_SINCE = {
    "employment_months": "employed_since", "registration_months": "registered_since",
    "identity_document_months": "identity_document_since", "telephone_months": "telephone_since",
}  # fmt: skip
_WORDS = {
    "education_level": "education", "occupation_level": "occupation", "employer_level": "employer_kind",
    "housing_level": "housing",
}  # fmt: skip


def _application(known: File, observed_on: date, levels: Mapping[str, Any]) -> Values:
    newest: Record = max(known["application"], key=lambda record: record["effective_on"], default={})
    values: Values = {name: newest.get(column) for name, column in _STATED.items()}
    values |= {name: months_since(newest.get(column), observed_on) for name, column in _SINCE.items()}
    values |= {name: levels[name].get(newest.get(column)) for name, column in _WORDS.items()}
    return values


def _protected(known: File, observed_on: date, levels: Mapping[str, Any]) -> Values:
    newest: Record = max(known["protected_attribute"], key=lambda record: record["effective_on"], default={})
    return {
        "applicant_sex": {"male": 1.0, "female": 0.0}.get(newest.get("sex", "")),
        "applicant_married": levels["applicant_married"].get(newest.get("marital_status")),
        "applicant_children": newest.get("children"),
    }


# -- months of cards ------------------------------------------------------------------------------


def _months(known: File, product: str, observed_on: date) -> list[Record]:
    """The months of the accounts a consumer stands on, each once, with how long ago they were."""
    accounts = {record["tradeline_id"] for record in known["association"]}
    months = [
        month for month in known["tradeline_month"] if month["tradeline_id"] in accounts and month["product"] == product
    ]
    for month in months:
        month["ago"] = whole_months(month["effective_on"], observed_on)
    return months


def _standing(month: Record) -> float | None:
    if over(month["days_past_due"], 0):
        return float(math.ceil(month["days_past_due"] / 30))
    if month["payment_status"] in ("unused", "paid_in_full"):
        return -2.0 if month["payment_status"] == "unused" else -1.0
    return 0.0 if month["days_past_due"] == 0 else None


def _complete_cards(months: list[Record]) -> None:
    """What a statement says together with the one before it."""
    for month in months:
        month["used"] = ratio(month["balance"], month["credit_limit"])
        month["standing"] = _standing(month)
        before = [m for m in months if m["tradeline_id"] == month["tradeline_id"]]
        before = [m for m in before if m["effective_on"] < month["effective_on"]]
        last = max(before, key=lambda m: m["effective_on"], default=None)
        bill = last["balance"] if last is not None and last["ago"] == month["ago"] + 1 else None
        month["bill"] = None if bill is None else max(bill, 0.0)
        told = None not in (month["balance"], month["bill"], month["payment"])
        month["spent"] = max(month["balance"] - month["bill"] + month["payment"], 0.0) if told else None


def _card_months(known: File, observed_on: date, levels: Mapping[str, Any]) -> Values:
    months = _months(known, "card", observed_on)
    _complete_cards(months)
    newest = min((m["ago"] for m in months), default=None)
    latest = [m for m in months if m["ago"] == newest]
    now = [m for m in months if m["ago"] == 0]
    within = {n: [m for m in months if m["ago"] < n] for n in (3, 6, 12)}
    values: Values = {
        "card_utilisation_latest": largest(m["used"] for m in latest),
        "card_utilisation_max_12m": largest(m["used"] for m in within[12]),
        "card_utilisation_min_12m": smallest(m["used"] for m in within[12]),
        "card_utilisation_spread_12m": deviation(m["used"] for m in within[12]),
        "card_utilisation_high_share_12m": share(None if m["used"] is None else m["used"] > 0.9 for m in within[12]),
        "card_days_past_due_latest": largest(m["days_past_due"] for m in latest),
        "card_days_past_due_max": largest(m["days_past_due"] for m in months),
        "card_late_60_months_6m": count(over(m["days_past_due"], 59) for m in within[6]),
        "card_days_past_due_tolerated_max": largest(m["days_past_due_tolerated"] for m in months),
        "card_months_since_late": smallest(m["ago"] for m in months if over(m["days_past_due"], 0)),
        "card_months_since_late_60": smallest(m["ago"] for m in months if over(m["days_past_due"], 59)),
        "card_standing_latest": largest(m["standing"] for m in latest),
        "card_standing_slope_6m": slope((-m["ago"], m["standing"]) for m in within[6]),
        "card_paid_in_full_months_6m": count(m["standing"] == -1 for m in within[6]),
        "card_balance_mean_6m": mean(m["balance"] for m in within[6]),
        "card_balance_max_6m": largest(m["balance"] for m in within[6]),
        "card_headroom_latest": total(_less(m["credit_limit"], m["balance"]) for m in now),
        "card_limit_latest": total(m["credit_limit"] for m in latest),
        "card_months_known": largest(m["ago"] for m in months),
        "card_drawings_mean": mean(m["drawings_count"] for m in months),
        "card_drawings_mean_12m": mean(m["drawings_count"] for m in within[12]),
        "card_cash_share_12m": _by_sum(within[12], "cash_drawings", "drawings"),
        "card_spend_share_latest": ratio(total(m["spent"] for m in now), largest(m["credit_limit"] for m in now)),
        "card_spend_share_3m": ratio(
            total(m["spent"] for m in within[3]), largest(m["credit_limit"] for m in within[3])
        ),
        "card_paid_share_min_6m": _at_most_five(smallest(ratio(m["payment"], m["bill"]) for m in within[6])),
        "card_full_payment_share_6m": share(
            None if m["payment"] is None else m["payment"] >= 0.95 * m["bill"] for m in within[6] if over(m["bill"], 0)
        ),
        "card_payment_min_6m": smallest(m["payment"] for m in within[6]),
        "card_payment_max_6m": largest(m["payment"] for m in within[6]),
        "card_payment_spread_6m": deviation(m["payment"] for m in within[6]),
        "card_payment_slope_6m": slope((-m["ago"], m["payment"]) for m in within[6]),
    }
    for n in (1, 2):
        values[f"card_utilisation_{n}_month{'s' * (n - 1)}_ago"] = mean(m["used"] for m in months if m["ago"] == n)
    for n in (3, 6, 12):
        values[f"card_utilisation_mean_{n}m"] = mean(m["used"] for m in within[n])
        values[f"card_days_past_due_max_{n}m"] = largest(m["days_past_due"] for m in within[n])
        values[f"card_late_months_{n}m"] = count(over(m["days_past_due"], 0) for m in within[n])
    for n in (3, 6):
        values[f"card_days_past_due_sum_{n}m"] = total(m["days_past_due"] for m in within[n])
        values[f"card_standing_mean_{n}m"] = mean(m["standing"] for m in within[n])
        values[f"card_payment_sum_{n}m"] = total(m["payment"] for m in within[n])
        values[f"card_paid_share_{n}m"] = _at_most_five(_by_sum(within[n], "payment", "bill"))
    for n in (6, 12):
        values[f"card_utilisation_slope_{n}m"] = slope((-m["ago"], m["used"]) for m in within[n])
    for n in (0, 1, 2, 3, 5):
        values[f"card_payment_{n}_months_ago"] = total(m["payment"] for m in months if m["ago"] == n)
    bills = [total(m["balance"] for m in months if m["ago"] == n) for n in range(3)]
    names = ("card_balance_latest", "card_balance_1_month_ago", "card_balance_2_months_ago")
    values |= dict(zip(names, bills, strict=True))
    values["card_balance_change_1m"] = _less(bills[0], bills[1])
    return values


def _less(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other


def _at_most_five(value: float | None) -> float | None:
    return None if value is None else min(value, 5.0)


def _by_sum(months: list[Record], above: str, below: str) -> float | None:
    """The sum of one column by that of another, over the records that tell both."""
    both = [m for m in months if m[above] is not None and m[below] is not None]
    return ratio(total(m[above] for m in both), total(m[below] for m in both))


# -- months of instalment loans, and of accounts at other lenders ------------------------------------


def _instalment_months(known: File, observed_on: date, levels: Mapping[str, Any]) -> Values:
    months = _months(known, "instalment", observed_on)
    loans = {m["tradeline_id"] for m in months}
    newest = [
        max((m for m in months if m["tradeline_id"] == loan), key=lambda m: m["effective_on"]) for loan in sorted(loans)
    ]
    running = [m for m in newest if m["payment_status"] == "active" and m["ago"] < 3]
    latest = min((m["ago"] for m in months), default=None)
    completed = count(m["payment_status"] == "completed" for m in newest)
    values: Values = {
        "loan_months": float(len(months)),
        "loan_months_known": largest(m["ago"] for m in months),
        "loan_count": float(len(loans)),
        "loan_completed_share": ratio(completed, len(loans)),
        "loan_term_latest": largest(m["instalments_total"] for m in months if m["ago"] == latest),
        "loan_term_mean": mean(m["instalments_total"] for m in months),
        "loan_term_max": largest(m["instalments_total"] for m in newest),
        "loan_running_count": float(len(running)),
        "loan_instalments_remaining": total(m["instalments_remaining"] for m in running),
        "loan_remaining_share": mean(ratio(m["instalments_remaining"], m["instalments_total"]) for m in running),
        "loan_days_past_due_max": largest(m["days_past_due_tolerated"] for m in months),
        "loan_late_share": share(None if m["days_past_due"] is None else m["days_past_due"] > 0 for m in months),
        "loan_late_tolerated_share": share(
            None if m["days_past_due_tolerated"] is None else m["days_past_due_tolerated"] > 0 for m in months
        ),
        "loan_months_since_late": smallest(m["ago"] for m in months if over(m["days_past_due_tolerated"], 0)),
    }
    for n in (12, 24):
        values[f"loan_days_past_due_max_{n}m"] = largest(m["days_past_due_tolerated"] for m in months if m["ago"] < n)
    return values


def _tradeline_months(known: File, observed_on: date, levels: Mapping[str, Any]) -> Values:
    months = _months(known, "reported", observed_on)
    late = [m for m in months if over(m["days_past_due"], 0)]
    return {
        "reported_late_share": share(None if m["days_past_due"] is None else m["days_past_due"] > 0 for m in months),
        "reported_late_months_12m": count(m["ago"] < 12 for m in late),
        "reported_late_months_24m": count(m["ago"] < 24 for m in late),
        "reported_days_past_due_max_24m": largest(m["days_past_due"] for m in months if m["ago"] < 24),
        "reported_months_since_late": smallest(m["ago"] for m in late),
        "reported_closed_share": share(
            None if m["payment_status"] is None else m["payment_status"] == "closed" for m in months
        ),
    }


# -- accounts at other lenders ------------------------------------------------------------------------


def _tradelines(known: File, observed_on: date, levels: Mapping[str, Any]) -> Values:
    accounts = {record["tradeline_id"] for record in known["association"]}
    newest: dict[int, Record] = {}
    for line in known["tradeline"]:
        before = newest.get(line["tradeline_id"])
        if line["tradeline_id"] in accounts and (before is None or before["effective_on"] < line["effective_on"]):
            newest[line["tradeline_id"]] = line
    lines = list(newest.values())
    for line in lines:
        line["age"] = months_since(line["opened_on"], observed_on)
        line["left"] = months_between(observed_on, line["due_on"])
        line["early"] = months_between(line["closed_on"], line["due_on"])
        line["young"] = line["age"] is not None and line["age"] <= 12
        line["past_due"] = any(line[n] for n in ("was_past_due", "days_past_due") if line[n] is not None)
    active = [line for line in lines if line["status"] == "active"]
    closed = [line for line in lines if line["status"] == "closed"]
    young = [line for line in lines if line["young"]]
    old = [line for line in lines if line["age"] is not None and not line["young"]]
    ages = present(line["age"] for line in lines)
    loans = [line for line in active if line["product"] not in ("mortgage", "card", None)]
    running = [line["left"] for line in active if over(line["left"], 0)]
    values: Values = {
        "tradeline_owed_share": _by_sum(active, "balance", "credit_amount"),
        "tradeline_owed_share_max": largest(ratio(line["balance"], line["credit_amount"]) for line in active),
        "tradeline_card_owed_share": _by_sum(_of(active, "card"), "balance", "credit_amount"),
        "tradeline_loan_owed_share": _by_sum(loans, "balance", "credit_amount"),
        "tradeline_debt": total(line["balance"] for line in lines),
        "tradeline_active_debt": total(line["balance"] for line in active),
        "tradeline_new_debt_12m": total(line["balance"] for line in young),
        "tradeline_amount_max": largest(line["credit_amount"] for line in lines),
        "tradeline_amount_mean": mean(line["credit_amount"] for line in lines),
        "tradeline_active_amount": total(line["credit_amount"] for line in active),
        "tradeline_closed_amount_max": largest(line["credit_amount"] for line in closed),
        "tradeline_amount_12m": total(line["credit_amount"] for line in young),
        "tradeline_amount_trend": ratio(
            mean(line["credit_amount"] for line in young), mean(line["credit_amount"] for line in old)
        ),
        "tradeline_instalments": total(line["instalment"] for line in active),
        "tradeline_age_max": largest(ages),
        "tradeline_age_mean": mean(ages),
        "tradeline_active_age_mean": mean(line["age"] for line in active),
        "tradeline_age_min": smallest(ages),
        "tradeline_card_age_min": smallest(line["age"] for line in _of(lines, "card")),
        "tradeline_loan_age_min": smallest(line["age"] for line in _of(lines, "consumer")),
        "tradeline_gap_mean": ratio(max(ages) - min(ages), len(ages) - 1) if ages else None,
        "tradeline_new_share_12m": ratio(len(young), len(ages)),
        "tradeline_new_6m": count(age <= 6 for age in ages),
        "tradeline_new_12m": count(age <= 12 for age in ages),
        "tradeline_past_due": total(line["amount_past_due"] for line in lines),
        "tradeline_past_due_max": largest(line["max_amount_past_due"] for line in lines),
        "tradeline_past_due_max_24m": largest(
            line["max_amount_past_due"] for line in lines if line["age"] is not None and line["age"] <= 24
        ),
        "tradeline_past_due_share": share(line["past_due"] for line in lines),
        "tradeline_days_past_due_max": largest(line["days_past_due"] for line in lines),
        "tradeline_prolongations": total(line["prolongations"] for line in lines),
        "tradeline_count": float(len(lines)),
        "tradeline_active_count": float(len(active)),
        "tradeline_active_share": share(
            None if line["status"] is None else line["status"] == "active" for line in lines
        ),
        "tradeline_card_count": float(len(_of(active, "card"))),
        "tradeline_micro_count": float(len(_of(lines, "micro"))),
        "tradeline_mortgage_count": float(len(_of(lines, "mortgage"))),
        "tradeline_product_count": float(len({line["product"] for line in lines} - {None})),
        "tradeline_months_since_closed": smallest(months_since(line["closed_on"], observed_on) for line in lines),
        "tradeline_closed_early_mean": mean(line["early"] for line in closed),
        "tradeline_closed_early_min": smallest(line["early"] for line in closed),
        "tradeline_loan_term_mean": mean(
            months_between(line["opened_on"], line["due_on"]) for line in _of(lines, "consumer")
        ),
        "tradeline_remaining_max": largest(running),
        "tradeline_remaining_min": smallest(running),
        "tradeline_remaining_mean": mean(left for left in running if left <= 240),
    }
    return values


def _of(lines: list[Record], product: str) -> list[Record]:
    return [line for line in lines if line["product"] == product]


# -- earlier applications -----------------------------------------------------------------------------


def _complete_inquiry(ask: Record, observed_on: date) -> None:
    ask["age"] = months_between(ask["effective_on"], observed_on)
    for name in ("amount_asked", "amount_granted", "instalment"):
        ask[name] = ask[name] or None
    factors = (ask["instalment"], ask["term_months"] or None, ask["amount_granted"])
    ask["cost"] = None if None in factors else factors[0] * factors[1] / factors[2] - 1
    ask["yearly"] = None if ask["cost"] is None else ask["cost"] / ask["term_months"] * 12
    ask["price_ratio"] = ratio(ask["amount_asked"], ask["amount_granted"])
    ask["down"] = ratio(ask["down_payment"], ask["amount_asked"])
    ask["early"] = months_between(ask["last_due_on"], ask["last_due_first_version_on"])
    ask["to_end"] = months_between(observed_on, ask["last_due_first_version_on"])
    last = ask["last_due_on"]
    ask["running"] = ask["first_due_on"] is not None and (last is None or last > observed_on)


def _newest(asks: list[Record], name: str) -> float | None:
    """The value on the newest day that has one, the largest of that day."""
    told = [ask for ask in asks if ask[name] is not None]
    return max(told, key=lambda ask: (ask["effective_on"], ask[name]))[name] if told else None


def _inquiries(known: File, observed_on: date, levels: Mapping[str, Any]) -> Values:
    asks = [ask for ask in known["inquiry"] if ask["kind"] == "hard"]
    for ask in asks:
        _complete_inquiry(ask, observed_on)
        ask["refused"] = None if ask["decision"] is None else float(ask["decision"] == "refused")
    approved = [ask for ask in asks if ask["decision"] == "approved"]
    refused = [ask for ask in asks if ask["decision"] == "refused"]
    running = [ask for ask in approved if ask["running"]]
    get: Callable[[list[Record], str], list[Any]] = lambda these, name: [ask[name] for ask in these]  # noqa: E731
    return {
        "inquiry_count": float(len(asks)),
        "inquiry_count_6m": count(ask["age"] <= 6 for ask in asks),
        "inquiry_count_12m": count(ask["age"] <= 12 for ask in asks),
        "inquiry_refused_share": mean(get(asks, "refused")),
        "inquiry_approved_share": share(
            None if ask["decision"] is None else ask["decision"] == "approved" for ask in asks
        ),
        "inquiry_refused_12m": count(ask["age"] <= 12 for ask in refused),
        "inquiry_refused_latest": _newest(asks, "refused"),
        "inquiry_refused_by_score": count(ask["refusal_reason"] in ("sco", "scofr", "limit") for ask in asks),
        "inquiry_refused_asked_mean": mean(get(refused, "amount_asked")),
        "inquiry_months_since_last": smallest(get(asks, "age")),
        "inquiry_months_since_first": largest(get(asks, "age")),
        "inquiry_months_since_last_approved": smallest(get(approved, "age")),
        "inquiry_months_since_first_approved": largest(get(approved, "age")),
        "inquiry_months_since_first_due": largest(months_since(day, observed_on) for day in get(asks, "first_due_on")),
        "inquiry_months_since_end": smallest(months_since(day, observed_on) for day in get(asks, "terminated_on")),
        "inquiry_asked_mean": mean(get(approved, "amount_asked")),
        "inquiry_granted_max": largest(get(approved, "amount_granted")),
        "inquiry_asked_by_granted_mean": mean(get(approved, "price_ratio")),
        "inquiry_asked_by_granted_min": smallest(get(approved, "price_ratio")),
        "inquiry_instalment_mean": mean(get(approved, "instalment")),
        "inquiry_instalment_max": largest(get(approved, "instalment")),
        "inquiry_term_mean": mean(get(approved, "term_months")),
        "inquiry_term_max": largest(get(approved, "term_months")),
        "inquiry_term_latest": _newest(approved, "term_months"),
        "inquiry_running_granted": total(get(running, "amount_granted")),
        "inquiry_running_instalments": total(get(running, "instalment")),
        "inquiry_agreed_end_max": largest(get(approved, "to_end")),
        "inquiry_ended_early_mean": mean(get(approved, "early")),
        "inquiry_ended_early_max": largest(get(approved, "early")),
        "inquiry_cost_mean": mean(get(approved, "cost")),
        "inquiry_cost_latest": _newest(approved, "cost"),
        "inquiry_yearly_cost_mean": mean(get(approved, "yearly")),
        "inquiry_yearly_cost_max": largest(get(approved, "yearly")),
        "inquiry_high_yield_share": share(
            None if ask["yield_group"] is None else ask["yield_group"] == "high" for ask in asks
        ),
        "inquiry_down_payment_max": largest(get(approved, "down")),
        "inquiry_down_payment_mean": mean(ask["down"] for ask in approved if ask["product"] == "consumer"),
    }


_VIEWS = {
    "application": _application,
    "protected": _protected,
    "card_months": _card_months,
    "instalment_months": _instalment_months,
    "tradelines": _tradelines,
    "tradeline_months": _tradeline_months,
    "inquiries": _inquiries,
}
