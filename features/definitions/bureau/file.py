"""The view of what the bureau has on file of a consumer at all, and what is counted over it."""

from __future__ import annotations

from typing import Final

from features.asof import known, months_before
from features.declaration import Feature, View
from features.definitions.bureau.pieces import HOLDINGS, declared_over

__all__ = ["FEATURES", "VIEW"]

_KINDS: Final = {
    "tradeline_month": ("account", "coalesce(fact.payment_status, '') <> 'deleted'"),
    "public_record": ("case", "true"),
    "recurring_payment": ("bill", "true"),
    "shop_order": ("order", "true"),
}
_AGO: Final = months_before("fact.effective_on")


def _things(fact: str, kind: str, counts: str) -> str:
    """SQL for a row a tradeline of one kind of record."""
    return f"""
        SELECT spine.row_no, '{kind}' AS kind, reference.reference_space AS furnisher,
            max({_AGO}) AS first_ago, min({_AGO}) AS last_ago
        FROM {HOLDINGS}
        JOIN {fact} AS fact ON fact.tradeline_id = spine.tradeline_id
        JOIN tradeline_reference AS reference ON reference.tradeline_id = spine.tradeline_id
        WHERE {known("fact")} AND {counts}
        GROUP BY spine.row_no, spine.tradeline_id, reference.reference_space
    """


_INQUIRIES: Final = f"""
        SELECT spine.row_no, 'inquiry' AS kind, CAST(NULL AS VARCHAR) AS furnisher, {_AGO} AS first_ago,
            {_AGO} AS last_ago
        FROM spine JOIN inquiry AS fact ON fact.consumer_id = spine.consumer_id
        WHERE {known("fact")} AND fact.kind = 'hard'
    """

_DAYS: Final = (*(f"{fact}.effective_on" for fact in _KINDS), "inquiry.effective_on")

VIEW: Final = View(
    name="file",
    title="What is on file at all",
    record_kind=None,
    relation=" UNION ALL ".join((*(_things(fact, *how) for fact, how in _KINDS.items()), _INQUIRIES)),
    lineage={
        "*": _DAYS,
        "kind": _DAYS,
        "furnisher": ("tradeline_reference.reference_space",),
        "first_ago": _DAYS,
        "last_ago": _DAYS,
    },
    kinds={"kind": "text", "furnisher": "text", "first_ago": "whole", "last_ago": "whole"},
    rows=(
        "A row is one thing on file: an account, debts in the hands of collectors and accounts that the consumer "
        "may use included; a court's case as one court told it; a contract with monthly bills; an order; a hard "
        "inquiry. It says by which kind of record it is known, who furnishes it (nobody is named for inquiries) "
        "and how many months ago its first and its newest record speak of."
    ),
)

_declare = declared_over(VIEW)

FEATURES: Final[tuple[Feature, ...]] = (
    _declare(
        "file_age",
        "max(first_ago)",
        "months since the oldest record on file speaks of something, of any kind that the view counts",
        "months",
        "T02",
        -1,
        grows=True,
    ),
    _declare(
        "months_since_report",
        "min(last_ago)",
        "months since the newest record on file speaks of something, of any kind that the view counts",
        "months",
        "F02",
        expected=(0.0, 240.0),
    ),
    _declare(
        "months_since_account_report",
        "min(last_ago) FILTER (kind = 'account')",
        "months since the newest month told of an account; debts in the hands of collectors and accounts that the "
        "consumer may use included",
        "months",
        "F02",
        expected=(0.0, 240.0),
    ),
    _declare(
        "furnishers_known",
        "count(DISTINCT furnisher)",
        "furnishers that have told of an account, a case, a bill or an order",
        "count",
        "F03",
        grows=True,
    ),
    _declare(
        "furnishers_12m",
        "count(DISTINCT furnisher) FILTER (last_ago < 12)",
        "furnishers that have told of an account, a case, a bill or an order in the last 12 months",
        "count",
        "F03",
        window=12,
    ),
    _declare(
        "account_furnishers",
        "count(DISTINCT furnisher) FILTER (kind = 'account')",
        "furnishers that have told of an account or of a debt in the hands of a collector",
        "count",
        "F03",
        grows=True,
    ),
    _declare(
        "kinds_of_data",
        "count(DISTINCT kind)",
        "kinds of data on file, of account, case, bill, order and hard inquiry",
        "count",
        "F01",
        grows=True,
    ),
    _declare(
        "things_on_file",
        "count(*)",
        "accounts, cases, contracts with bills, orders and hard inquiries on file",
        "count",
        "F01",
        grows=True,
    ),
    *(
        _declare(
            f"{name}_on_file",
            f"count(*) FILTER (kind = '{kind}')",
            f"{of} on file",
            "count",
            "F01",
            grows=True,
        )
        for name, kind, of in (
            ("contracts", "bill", "contracts with monthly bills"),
            ("orders", "order", "orders at shops"),
        )
    ),
    _declare(
        "thin_file",
        "CASE WHEN count(*) FILTER (kind = 'account') < 3 THEN 1 ELSE 0 END",
        "1 where fewer than three accounts are on file, debts in the hands of collectors and accounts that the "
        "consumer may use included, else 0",
        "flag",
        "F01",
        1,
        empty=1.0,
        grows=True,
    ),
    _declare(
        "file_without_accounts",
        "CASE WHEN count(*) FILTER (kind = 'account') = 0 THEN 1 ELSE 0 END",
        "1 where no account is on file, else 0",
        "flag",
        "F01",
        empty=1.0,
        grows=True,
    ),
    _declare(
        "file_seasoned",
        "CASE WHEN count(*) FILTER (kind = 'account' AND first_ago >= 6) > 0 "
        "AND count(*) FILTER (kind = 'account' AND last_ago < 6) > 0 THEN 1 ELSE 0 END",
        "1 where some account has been told of for at least 6 months and some account in the last 6 months, else 0",
        "flag",
        "F01",
        -1,
        empty=0.0,
        grows=True,
    ),
)
