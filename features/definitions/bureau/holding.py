"""Features of how long, how many and which accounts, over the view of accounts; collections, too."""

from __future__ import annotations

from typing import Final

from features.declaration import Feature
from features.definitions.bureau.accounts import VIEW
from features.definitions.bureau.pieces import declared_over

__all__ = ["FEATURES"]

_declare = declared_over(VIEW)

_CREDIT: Final = "is_liable AND product_group <> 'collection'"
_OPEN: Final = f"{_CREDIT} AND is_open"
_COLLECTION: Final = "is_liable AND product_group = 'collection'"
_USER: Final = "NOT is_liable AND product_group <> 'collection'"

_GROUPS: Final = {
    "revolving": "cards and credit lines",
    "instalment": "instalment loans",
    "mortgage": "mortgages",
}
_PRODUCTS: Final = {
    "card": "cards",
    "line": "credit lines",
    "consumer": "consumer loans",
    "car": "car loans",
    "student": "student loans",
    "mortgage": "mortgages",
}


def _age() -> list[Feature]:
    def age(name: str, call: str, where: str, meaning: str, reason: str) -> Feature:
        keeps_closed = where != _OPEN and call != "min"
        sql = f"{call}(opened_ago) FILTER ({where})"
        return _declare(name, sql, meaning, "months", reason, -1, grows=keeps_closed)

    return [
        age("age_oldest", "max", _CREDIT, "months since the oldest account was opened", "T02"),
        age("age_newest", "min", _CREDIT, "months since the newest account was opened", "T03"),
        age("age_mean", "avg", _CREDIT, "mean of the months since accounts were opened", "T02"),
        age("age_open_mean", "avg", _OPEN, "mean of the months since the open accounts were opened", "T02"),
        *(
            age(
                f"age_oldest_{group}",
                "max",
                f"{_CREDIT} AND product_group = '{group}'",
                f"months since the oldest of the {of} was opened",
                "T02",
            )
            for group, of in _GROUPS.items()
        ),
        *(
            age(
                f"age_newest_{group}",
                "min",
                f"{_CREDIT} AND product_group = '{group}'",
                f"months since the newest of the {of} was opened",
                "T03",
            )
            for group, of in _GROUPS.items()
        ),
        *(
            _declare(
                f"opened_{months}m",
                f"count(*) FILTER ({_CREDIT} AND opened_ago < {months})",
                f"accounts opened in the last {months} months",
                "count",
                "T03",
                1,
                window=months,
            )
            for months in (3, 6, 12, 24)
        ),
        *(
            _declare(
                f"opened_{group}_12m",
                f"count(*) FILTER ({_CREDIT} AND product_group = '{group}' AND opened_ago < 12)",
                f"{of} opened in the last 12 months",
                "count",
                "T03",
                1,
                window=12,
            )
            for group, of in _GROUPS.items()
        ),
        _declare(
            "opened_share_24m",
            f"avg(CASE WHEN opened_ago < 24 THEN 1 ELSE 0 END) FILTER ({_CREDIT} AND opened_ago IS NOT NULL)",
            "share of the accounts that were opened in the last 24 months, of those that tell when",
            "share",
            "T03",
            1,
            window=24,
        ),
    ]


def _mix() -> list[Feature]:
    return [
        _declare("accounts_total", f"count(*) FILTER ({_CREDIT})", "accounts, open or not", "count", "T06", grows=True),
        _declare("accounts_open", f"count(*) FILTER ({_OPEN})", "open accounts", "count", "T06"),
        _declare(
            "accounts_over",
            f"count(*) FILTER ({_CREDIT} AND is_over)",
            "accounts paid off or closed",
            "count",
            "T08",
            grows=True,
        ),
        *(
            _declare(
                f"accounts_closed_{months}m",
                f"count(*) FILTER ({_CREDIT} AND is_over AND closed_ago < {months})",
                f"accounts paid off or closed whose date of closing lies in the last {months} months",
                "count",
                "T08",
                window=months,
            )
            for months in (12, 24)
        ),
        _declare(
            "accounts_sold",
            f"count(*) FILTER ({_CREDIT} AND is_sold)",
            "accounts sold or transferred",
            "count",
            "T08",
            grows=True,
        ),
        *(
            _declare(
                f"open_{product}_count",
                f"count(*) FILTER ({_OPEN} AND product = '{product}')",
                f"open {of}",
                "count",
                "T06",
            )
            for product, of in _PRODUCTS.items()
        ),
        _declare(
            "open_product_kinds",
            f"count(DISTINCT product) FILTER ({_OPEN})",
            "kinds of product among the open accounts",
            "count",
            "T06",
        ),
        _declare(
            "open_revolving_share",
            f"avg(CASE WHEN product_group = 'revolving' THEN 1 ELSE 0 END) FILTER ({_OPEN})",
            "share of the open accounts that are cards or credit lines",
            "share",
            "T06",
        ),
    ]


def _roles() -> list[Feature]:
    return [
        _declare(
            "shared_accounts",
            f"count(*) FILTER ({_OPEN} AND is_shared)",
            "open accounts that others answer for as well",
            "count",
            "B27",
        ),
        _declare(
            "shared_accounts_share",
            f"avg(CASE WHEN is_shared THEN 1 ELSE 0 END) FILTER ({_OPEN})",
            "share of the open accounts that others answer for as well",
            "share",
            "B27",
        ),
        _declare(
            "authorised_accounts",
            f"count(*) FILTER ({_USER} AND is_open)",
            "open accounts that the consumer may use without answering for them",
            "count",
            "B26",
        ),
        _declare(
            "authorised_age_oldest",
            f"max(opened_ago) FILTER ({_USER})",
            "months since the oldest account was opened that the consumer may use without answering for it",
            "months",
            "B26",
            -1,
            grows=True,
        ),
        _declare(
            "authorised_worst_12m",
            f"max(worst_12m) FILTER ({_USER})",
            "worst level in the last 12 months of an account that the consumer may use without answering for it",
            "level",
            "B26",
            1,
            window=12,
        ),
    ]


def _collections() -> list[Feature]:
    recent = f"{_COLLECTION} AND opened_ago < 84"
    return [
        *(
            _declare(
                f"collections_{months}m",
                f"count(*) FILTER ({_COLLECTION} AND opened_ago < {months})",
                f"debts that collectors took over in the last {months} months",
                "count",
                "B30",
                1,
                window=months,
            )
            for months in (12, 24, 84)
        ),
        _declare(
            "collections_unpaid",
            f"count(*) FILTER ({recent} AND is_owing)",
            "debts that collectors took over in the last 84 months and that are still owing",
            "count",
            "B31",
            1,
            window=84,
        ),
        _declare(
            "collections_paid",
            f"count(*) FILTER ({recent} AND is_over)",
            "debts that collectors took over in the last 84 months and that are paid",
            "count",
            "B30",
            window=84,
        ),
        _declare(
            "collections_owed",
            f"sum(balance) FILTER ({recent} AND is_owing)",
            "balances of debts that collectors took over in the last 84 months and that are still owing",
            "amount",
            "B31",
            1,
            window=84,
        ),
        _declare(
            "collections_amount",
            f"sum(credit_amount) FILTER ({recent})",
            "original amounts of the debts that collectors took over in the last 84 months",
            "amount",
            "B30",
            1,
            window=84,
        ),
        _declare(
            "months_since_collection",
            f"min(opened_ago) FILTER ({recent})",
            "months since a collector last took over a debt, in the last 84",
            "months",
            "B32",
            -1,
            window=84,
            missing="none in 84 months",
            expected=(0.0, 83.0),
        ),
    ]


FEATURES: Final = (*_age(), *_mix(), *_roles(), *_collections())
