"""Accounts that a consumer answers for or may use, and how late each of their months was told to be."""

from __future__ import annotations

from bureau_oracle.arithmetic import months_ago
from bureau_oracle.known import Known, Record, in_currency

SHARED = {"joint", "co_maker", "maker", "guarantor"}
LIABLE = SHARED | {"individual", "deceased"}
LOST = {
    "charged_off", "collection", "repossession", "surrender", "foreclosure", "deed_in_lieu", "government_claim",
}  # fmt: skip
OVER = {
    "paid", "closed", "completed", "paid_charge_off", "paid_collection", "paid_repossession", "paid_foreclosure",
}  # fmt: skip
SOLD = {"sold", "transferred"}
CLEAR = OVER | {"current"}
GROUPS = {
    "card": "revolving", "line": "revolving", "consumer": "instalment", "car": "instalment", "student": "instalment",
    "instalment": "instalment", "mortgage": "mortgage",
}  # fmt: skip
AMOUNTS = ("balance", "credit_limit", "credit_amount", "amount_past_due", "payment", "charge_off_amount")


def roles_of(file: Known) -> dict[int, set[str]]:
    """Tradeline to the roles in which one of the consumer's references stands on it."""
    roles: dict[int, set[str]] = {}
    for record in file.facts["association"]:
        if not record["withdrawn"]:
            roles.setdefault(record["tradeline_id"], set()).add(record["role"])
    return roles


def is_held(roles: set[str]) -> bool:
    """Whether somebody in these roles answers for an account or may use it."""
    return "terminated" not in roles and bool(roles & (LIABLE | {"authorised_user"}))


def holdings(file: Known) -> dict[int, list[Record]]:
    """Tradeline to the months told of it, oldest first, where the consumer answers for the account or may use it."""
    months: dict[int, list[Record]] = {}
    roles = roles_of(file)
    for month in sorted(file.facts["tradeline_month"], key=lambda month: month["effective_on"]):
        held = roles[month["tradeline_id"]]
        if month["payment_status"] == "deleted" or not is_held(held):
            continue
        month |= {name: in_currency(file, month, name) for name in AMOUNTS}
        month["scheduled"] = in_currency(file, month, "minimum_payment")
        month["ago"] = months_ago(month["effective_on"], file.observed_on)
        month["level"] = level_of(month)
        month["group"] = group_of(month)
        month["is_liable"] = bool(held & LIABLE)
        month["is_shared"] = bool(held & SHARED)
        months.setdefault(month["tradeline_id"], []).append(month)
    return months


def level_of(month: Record) -> int | None:
    """How late: thirties of days past due up to 6; 7 where the account is lost."""
    status, days = month["payment_status"], month["days_past_due"]
    if status in LOST:
        return 7
    if days is not None:
        return min(days // 30, 6)
    return 0 if status in CLEAR else None


def group_of(month: Record) -> str:
    """The group of a product; whoever names another original creditor collects that one's debt."""
    if month["original_creditor"] is not None:
        return "collection"
    return GROUPS.get(month["product"], "other")
