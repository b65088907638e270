"""Random lives of accounts: on time, late, cured, charged off, collected, sold, bought again, closed, in error."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from bureau_file_telling import Record, Teller, later_by_months

__all__ = ["account"]

PRODUCTS: Final = ("card", "card", "line", "consumer", "consumer", "car", "student", "mortgage", "other")

STATUSES: Final = (
    "current", "late", "paid", "closed", "sold", "transferred", "charged_off", "collection", "paid_collection",
    "paid_charge_off", "paid_repossession", "paid_foreclosure", "foreclosure", "repossession", "surrender",
    "deed_in_lieu", "government_claim", "deleted",
)  # fmt: skip
"""How an account can stand."""

DISPUTES: Final = ("XA", "XB", "XC", "XD", "XE", "XF", "XG", "XH", "XJ", "XR")
"""Compliance condition codes."""

_ENDS: Final = ("paid", "closed", "sold", "transferred", "charged_off", "repossession", "foreclosure", "deleted")
_AFTER: Final = {
    "charged_off": ("charged_off", "charged_off", "collection", "paid_charge_off", "sold"),
    "collection": ("collection", "paid_collection"),
    "repossession": ("repossession", "charged_off", "paid_repossession"),
    "foreclosure": ("foreclosure", "paid_foreclosure"),
    "sold": ("sold", "current", "late"),
    "transferred": ("transferred", "current"),
    "closed": ("closed", "closed", "current"),
}
"""What an account may be a month after it is over; any other stays what it is."""


def account(teller: Teller, tradeline_id: int) -> None:
    """Tell the months of an account, at most three versions of each."""
    life = _Life(teller, tradeline_id)
    for day in sorted(set(_days(teller))):
        life.tell(day)


def _days(teller: Teller) -> Iterator[date]:
    """Days of reports, month ends mostly, with gaps, doubles within a month, and some after the observation."""
    rng = teller.rng
    cycle = rng.choice((31, 31, 31, 31, 31, 15, 28, 29, 30))
    newest = rng.choice((-2, -1, 0, 0, 1, 1, 1, 2, 4, 13, 30))
    for ago in range(newest, newest + rng.choice((1, 2, 4, 9, 14, 26, 40))):
        if rng.random() < 0.1:
            continue  # a gap
        month = later_by_months(teller.present.replace(day=1), -ago)
        end = later_by_months(month, 1) - timedelta(days=1)
        yield end.replace(day=min(cycle, end.day))
        if rng.random() < 0.03:
            yield teller.edge(rng.choice((12, 24, 83, 84, 85)))  # a month from long ago
        if rng.random() < 0.06:
            yield month + timedelta(days=rng.randrange(end.day))


class _Life:
    """An account that goes from month to month."""

    def __init__(self, teller: Teller, tradeline_id: int) -> None:
        rng = teller.rng
        self.teller = teller
        self.rng = rng
        self.tradeline_id = tradeline_id
        self.product: str | None = teller.one_of(*PRODUCTS)
        self.currency = teller.currency()
        self.opened_on = teller.day_or_none(0, 5000)
        self.closed_on: date | None = None
        self.first_late: date | None = None
        self.limit = teller.amount() if self.product in ("card", "line") or rng.random() < 0.1 else None
        self.credit = teller.amount() if self.product not in ("card", "line") or rng.random() < 0.3 else None
        self.collected_for = rng.choice((None, None, None, None, "Old Bank"))
        self.wildness = rng.choice((0.0, 0.02, 0.3))  # how much is told by chance alone
        self.trouble = rng.choice((0.02, 0.2, 0.5))
        self.tells_days = rng.random() < 0.85
        self.tells_status = rng.random() < 0.95
        self.level = 0
        self.status = "collection" if self.collected_for else "current"

    def tell(self, day: date) -> None:
        self._go_on(day)
        key = {"tradeline_id": self.tradeline_id, "effective_on": day}
        self.teller.tell("tradeline_month", key, self._month)

    def _go_on(self, day: date) -> None:
        rng = self.rng
        if self.status in ("current", "late"):
            if rng.random() < 0.04 or self.level > 5:
                self.status = rng.choice(_ENDS) if self.level < 4 else rng.choice(("charged_off", "collection"))
                self.closed_on = rng.choice((day, day, None, day - timedelta(days=10)))
            elif rng.random() < self.trouble:
                self.level += 1
            elif self.level and rng.random() < 0.5:
                self.level = rng.choice((0, self.level - 1))
        else:
            self.status = rng.choice(_AFTER.get(self.status, (self.status,)))
        if self.status in ("current", "late"):
            self.status = "late" if self.level else "current"
        if self.level and self.first_late is None:
            self.first_late = day - timedelta(days=30)

    def _month(self) -> Record:
        said = self._told()
        if not self.wildness:
            return said
        return said | {name: value for name, value in self._by_chance().items() if self.rng.random() < self.wildness}

    def _told(self) -> Record:
        rng, over = self.rng, self.status not in ("current", "late", "charged_off", "collection")
        balance = 0.0 if over and rng.random() < 0.8 else self.teller.amount()
        if self.limit is not None and rng.random() < 0.3:
            balance = self.limit * rng.choice((0.5, 0.75, 0.9, 1.0, 1.001))
        late_days = self.level * 30 + rng.choice((0, 0, 0, 5, -1)) if self.level else 0
        codes = {"charged_off": "L", "collection": "G", "foreclosure": "H", "surrender": "J", "repossession": "K"}
        return {
            "product": self.product,
            "currency": self.currency,
            "payment_status": self.status if self.tells_status else None,
            "days_past_due": late_days if self.tells_days else None,
            "balance": balance,
            "credit_limit": self.limit,
            "payment": self.teller.amount(),
            "minimum_payment": self.teller.amount(),
            "amount_past_due": self.teller.amount() if self.level else 0.0,
            "charge_off_amount": self.teller.amount() if self.status == "charged_off" else None,
            "credit_amount": self.credit,
            "term_months": None if self.product in ("card", "line") else rng.choice((12, 36, 60, 360)),
            "opened_on": self.opened_on,
            "closed_on": self.closed_on,
            "last_payment_on": self.teller.day_or_none(0, 900),
            "first_delinquency_on": self.first_late if self.level else None,
            "payment_code": codes.get(self.status, str(min(self.level, 6))),
            "payment_profile": rng.choice((None, "0" * 12 + "B" * 12, "012345600000BBBBBBBBBBBB")),
            "special_comment": rng.choice((None, None, None, "AH", "AU", "M")),
            "compliance_condition": rng.choice((None,) * 8 + DISPUTES),
            "sold_to": "Debt Buyer" if self.status == "sold" and rng.random() < 0.6 else None,
            "bought_from": rng.choice((None, None, None, "Old Bank")),
            "original_creditor": self.collected_for,
        }

    def _by_chance(self) -> Record:
        teller = self.teller
        amounts = (
            "balance", "credit_limit", "payment", "minimum_payment", "amount_past_due", "charge_off_amount",
            "credit_amount",
        )  # fmt: skip
        return {name: teller.amount() for name in amounts} | {
            "product": teller.one_of(*PRODUCTS, "instalment", "reported"),
            "currency": teller.currency(),
            "payment_status": teller.one_of(*STATUSES, "completed", "active"),
            "days_past_due": teller.late(),
            "payment_code": teller.one_of("0", "1", "2", "3", "4", "5", "6", "B", "D", "E", "G", "H", "J", "K", "L"),
            "term_months": teller.one_of(0, 6, 12, 48),
            "opened_on": teller.day_or_none(-30, 6000),
            "closed_on": teller.day_or_none(-30, 1500),
            "last_payment_on": teller.day_or_none(-30, 1500),
            "first_delinquency_on": teller.day_or_none(0, 1500),
            "sold_to": teller.rng.choice(("Debt Buyer", "", None, None)),
            "original_creditor": teller.rng.choice(("Old Bank", None)),
        }
