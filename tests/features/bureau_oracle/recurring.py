"""What is counted over monthly bills."""

from __future__ import annotations

from bureau_oracle.arithmetic import count, largest, mean, months_ago, share, smallest, total, within
from bureau_oracle.known import Known, Record, Values, in_currency

SERVICES = {
    "electricity": "utility", "gas": "utility", "water": "utility", "mobile": "telecom", "internet": "telecom",
    "rent": "rent",
}  # fmt: skip
TOLD = ("paid", "late", "unpaid")
GROUPS = ("utility", "telecom", "rent")


def features(file: Known) -> Values:
    bills = [record for record in file.facts["recurring_payment"] if record["status"] in TOLD]
    for bill in bills:
        bill["ago"] = months_ago(bill["effective_on"], file.observed_on)
        bill["billed"] = in_currency(file, bill, "billed")
        bill["paid"] = in_currency(file, bill, "paid")
    of = {group: [bill for bill in bills if SERVICES.get(bill["service"]) == group] for group in GROUPS}
    values: Values = {"bills_12m": count(_last(bills, 12))}
    for n in (6, 12, 24):
        values[f"bills_on_time_share_{n}m"] = _on_time(_last(bills, n))
        for status in ("late", "unpaid"):
            values[f"bills_{status}_{n}m"] = count(bill["status"] == status for bill in _last(bills, n))
    for group in GROUPS:
        for n in (12, 24):
            values[f"{group}_on_time_share_{n}m"] = _on_time(_last(of[group], n))
        for status in ("late", "unpaid"):
            values[f"{group}_{status}_12m"] = count(bill["status"] == status for bill in _last(of[group], 12))
        values[f"{group}_billed_mean_12m"] = mean(bill["billed"] for bill in _last(of[group], 12))
    for group, some in (("bills", bills), *of.items()):
        values[f"{group}_age"] = largest(bill["ago"] for bill in some)
    for n in (12, 24):
        unpaid = [bill for bill in _last(bills, n) if bill["status"] == "unpaid" and bill["billed"] is not None]
        values[f"bills_unpaid_amount_{n}m"] = total(bill["billed"] - (bill["paid"] or 0) for bill in unpaid)
    for status in ("late", "unpaid"):
        told = [bill for bill in _last(bills, 24) if bill["status"] == status]
        values[f"months_since_bill_{status}"] = smallest(bill["ago"] for bill in told)
    values["bill_days_late_max_12m"] = largest(bill["days_late"] for bill in _last(bills, 12))
    values["bill_days_late_mean_12m"] = mean((bill["days_late"] for bill in _last(bills, 12)), "whole")
    return values


def _last(bills: list[Record], months: int) -> list[Record]:
    return [bill for bill in bills if within(bill["ago"], months)]


def _on_time(bills: list[Record]) -> float | None:
    return share(bill["status"] == "paid" for bill in bills)
