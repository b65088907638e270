"""What is counted over orders at shops, each as its newest record tells it."""

from __future__ import annotations

from bureau_oracle.arithmetic import count, largest, mean, months_ago, share, smallest, total, within
from bureau_oracle.known import Known, Record, Values, in_currency


def features(file: Known) -> Values:
    orders = _orders(file)
    credit = [order for order in orders if order["on_credit"]]
    placed = {n: [order for order in credit if within(order["ordered_ago"], n)] for n in (3, 6, 12, 24, 84)}
    values: Values = {f"credit_orders_{n}m": count(placed[n]) for n in (3, 6, 12, 24)}
    for kind in ("invoice", "instalments"):
        values[f"orders_{kind}_12m"] = count(order["payment_kind"] == kind for order in placed[12])
    recent = [order for order in orders if within(order["ordered_ago"], 24)]
    values |= {
        "orders_on_credit_share_24m": share(order["on_credit"] for order in recent),
        "months_since_credit_order": smallest(order["ordered_ago"] for order in credit),
        "credit_order_age": largest(order["ordered_ago"] for order in credit),
    }
    return values | _outcomes(credit, placed) | _amounts(credit, placed)


def _outcomes(credit: list[Record], placed: dict[int, list[Record]]) -> Values:
    values: Values = {
        f"orders_{status}_now": count(o["status"] == status for o in credit) for status in ("late", "open")
    }
    ended = [order for order in placed[24] if order["status"] in ("paid", "late", "written_off")]
    values["orders_late_share_24m"] = share(order["status"] != "paid" or order["paid_late"] for order in ended)
    for n in (12, 24):
        values[f"orders_paid_late_{n}m"] = count(order["paid_late"] for order in placed[n])
    for n in (12, 24, 84):
        values[f"orders_written_off_{n}m"] = count(order["status"] == "written_off" for order in placed[n])
    returned = [order["status"] == "returned" for order in placed[24] if order["status"] is not None]
    values["orders_returned_24m"] = count(returned)
    values["orders_returned_share_24m"] = share(returned)
    lost = [order["status_ago"] for order in credit if order["status"] == "written_off"]
    values["months_since_order_written_off"] = smallest(ago for ago in lost if within(ago, 84))
    return values


def _amounts(credit: list[Record], placed: dict[int, list[Record]]) -> Values:
    return {
        "orders_owed": total(order["owed"] for order in credit if order["status"] in ("open", "late")),
        "orders_late_owed": total(order["owed"] for order in credit if order["status"] == "late"),
        "orders_written_off_amount_84m": total(o["owed"] for o in placed[84] if o["status"] == "written_off"),
        "credit_order_amount_mean_12m": mean(order["amount"] for order in placed[12]),
        "credit_order_amount_max_12m": largest(order["amount"] for order in placed[12]),
        "credit_order_amount_12m": total(order["amount"] for order in placed[12]),
    }


def _orders(file: Known) -> list[Record]:
    """One record an order: that of the date from which it stands as it does."""
    newest: dict[int, Record] = {}
    for record in sorted(file.facts["shop_order"], key=lambda record: record["effective_on"]):
        newest[record["tradeline_id"]] = record
    for order in newest.values():
        kind = order["payment_kind"]
        order["on_credit"] = None if kind is None else kind in ("invoice", "instalments")
        dated = order["paid_on"] is not None and order["due_on"] is not None
        order["paid_late"] = order["status"] == "paid" and dated and order["paid_on"] > order["due_on"]
        order["amount"] = in_currency(file, order, "amount")
        paid = in_currency(file, order, "paid")
        order["owed"] = None if order["amount"] is None else order["amount"] - (paid or 0)
        order["ordered_ago"] = months_ago(order["ordered_on"], file.observed_on)
        order["status_ago"] = months_ago(order["effective_on"], file.observed_on)
    return list(newest.values())
