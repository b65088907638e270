"""Shop orders: what is bought on invoice or by instalments (JSON Lines)."""

from __future__ import annotations

from typing import Final

from bureau.contracts import Contract, FactMapping, Rule
from bureau.kinds.columns import amount, code, count, currency, day, in_order, not_after_receipt, reference
from bureau.kinds.identity import identity_columns, identity_fact, identity_rules
from bureau.onfile.persons import PERSON_CHECKS

__all__ = ["SHOP_ORDERS"]

_IDENTITY: Final = identity_columns(without=("employer",))

SHOP_ORDERS: Final = Contract(
    name="shop_orders",
    furnisher_id="",
    record_kind="shop_order",
    format="jsonl",
    meaning="A shop's orders and how they were paid: one record for each order and status.",
    columns=(
        reference("order_ref", "the shop's reference to the order"),
        reference("customer_ref", "its reference to the customer"),
        day("ordered_on", "date of the order", filled=True),
        day("status_on", "date from which it stands so", filled=True),
        currency(),
        amount("amount", "what was ordered", filled=True),
        code("payment_kind", ("prepaid", "invoice", "instalments"), "how it is to be paid"),
        count("instalments", 120, "number of instalments"),
        day("due_on", "date on which it, or its last instalment, falls due"),
        day("paid_on", "date of the last payment"),
        amount("paid", "what was paid", filled=True),
        code("status", ("paid", "open", "late", "returned", "written_off"), "how the order stands"),
        *_IDENTITY,
    ),
    rules=(
        in_order("ordered_on", "status_on"),
        in_order("ordered_on", "due_on"),
        in_order("ordered_on", "paid_on"),
        in_order("paid_on", "status_on"),
        not_after_receipt("status_on"),
        Rule(
            "instalments-of-kind",
            "an order has instalments if and only if it is paid by instalments",
            "(payment_kind = 'instalments') <> (coalesce(instalments, 0) > 1)",
        ),
        Rule(
            "prepaid-owing",
            "an order that was paid before it was sent is never open, late or written off",
            "payment_kind = 'prepaid' AND status IN ('open', 'late', 'written_off')",
        ),
        Rule(
            "paid-in-part",
            "an order that is told as paid was paid in full",
            "status = 'paid' AND coalesce(paid, 0) < amount - 0.01",
        ),
        Rule(
            "owing-paid",
            "an order that is open, late or written off was not paid in full",
            "status IN ('open', 'late', 'written_off') AND amount > 0 AND paid >= amount",
        ),
        Rule("late-before-due", "an order is late only once it was due", "status = 'late' AND due_on >= status_on"),
        Rule("paid-over-amount", "no more is paid than was ordered", "paid > amount + 0.01"),
        *identity_rules("ordered_on"),
    ),
    unique=("tradeline_id", "effective_on"),
    checks=PERSON_CHECKS,
    facts=(
        FactMapping(
            "shop_order",
            {
                "tradeline_id": "order_ref",
                "effective_on": "status_on",
                "ordered_on": "ordered_on",
                "status": "status",
                "payment_kind": "payment_kind",
                "currency": "currency",
                "amount": "amount",
                "paid": "paid",
                "instalments": "instalments",
                "due_on": "due_on",
                "paid_on": "paid_on",
            },
        ),
        FactMapping(
            "association",
            {"consumer_id": "customer_ref", "tradeline_id": "order_ref", "role": "'individual'"},
            effective_on="status_on",
            distinct=True,
        ),
        identity_fact("customer_ref", "status_on", {column.name: column.name for column in _IDENTITY}),
    ),
    profiled=("status", "payment_kind", "amount", "paid", "instalments", "ordered_on", "status_on"),
)
