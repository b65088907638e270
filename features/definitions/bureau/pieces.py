"""What the bureau's views share: whole months, who answers for an account, how late a month was told.

All of it is SQL that DuckDB and Spark read alike: no window functions, dates through the helpers here.

Words
-----
A **level** says how late an account was told to be: 0 for less than 30 days past due, 1 for 30 to
59 days, and so on to 6 for 180 days and more; 7 where the account is lost: charged off, in
collection, repossessed, surrendered, foreclosed, or claimed from a guarantor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from features.asof import known, months_before
from features.declaration import Direction, Feature, View, aggregate

__all__ = [
    "CLEAR_STATUSES",
    "HOLDINGS",
    "LEVEL",
    "LIABLE_ROLES",
    "LOST_STATUSES",
    "OVER_STATUSES",
    "PRODUCT_GROUP",
    "SHARED_ROLES",
    "SOLD_STATUSES",
    "amount",
    "declared_over",
    "listed",
    "months_ago",
    "share_of",
]

SHARED_ROLES: Final = ("joint", "co_maker", "maker", "guarantor")
"""Roles of a consumer who answers for an account together with others."""

LIABLE_ROLES: Final = ("individual", *SHARED_ROLES, "deceased")
"""Roles of a consumer who answers for an account; not so an authorised user or one of a business."""

LOST_STATUSES: Final = (
    "charged_off",
    "collection",
    "repossession",
    "surrender",
    "foreclosure",
    "deed_in_lieu",
    "government_claim",
)
"""The lender has given up to be paid as agreed."""

OVER_STATUSES: Final = (
    "paid",
    "closed",
    "completed",
    "paid_charge_off",
    "paid_collection",
    "paid_repossession",
    "paid_foreclosure",
)
"""Nothing is owed any more."""

SOLD_STATUSES: Final = ("sold", "transferred")
"""Somebody else has the account."""

CLEAR_STATUSES: Final = ("current", *OVER_STATUSES)
"""A month told so, and without days past due, has level 0."""


def listed(words: Iterable[str]) -> str:
    """SQL for a list of words.

    Examples
    --------
    >>> listed(("sold", "transferred"))
    "('sold', 'transferred')"
    """
    return "(" + ", ".join(f"'{word}'" for word in words) + ")"


def months_ago(day: str) -> str:
    """SQL for the whole months from a date to the observation; missing for a date that is still to come.

    Examples
    --------
    >>> months_ago("filed_on").startswith("CASE WHEN filed_on <= spine.observed_on THEN (")
    True
    """
    return f"CASE WHEN {day} <= spine.observed_on THEN {months_before(day)} END"


def amount(fact: str, column: str, name: str = "") -> str:
    """SQL for an amount under a name, by default its column's.

    Missing when it is in another currency than the spine's or in none that is told, and when it is a trillion or
    more: then somebody made a mistake, and no sum takes it (:mod:`features.exact`).
    """
    told = f"{fact}.currency = spine.currency AND abs({fact}.{column}) < 1e12"
    return f"CASE WHEN {told} THEN {fact}.{column} END AS {name or column}"


LEVEL: Final = (
    f"CASE WHEN month.payment_status IN {listed(LOST_STATUSES)} THEN 7 "
    + " ".join(f"WHEN month.days_past_due >= {30 * level} THEN {level}" for level in range(6, 0, -1))
    + f" WHEN month.days_past_due IS NOT NULL OR month.payment_status IN {listed(CLEAR_STATUSES)} THEN 0 END"
)
"""SQL for the level of ``month``; missing where neither days past due nor a status that says enough is told."""

PRODUCT_GROUP: Final = (
    "CASE WHEN month.original_creditor IS NOT NULL THEN 'collection' WHEN month.product IN ('card', 'line') "
    "THEN 'revolving' WHEN month.product IN ('consumer', 'car', 'student', 'instalment') THEN 'instalment' "
    "WHEN month.product = 'mortgage' THEN 'mortgage' ELSE 'other' END"
)
"""SQL for the group of ``month``'s product; whoever names another original creditor collects that one's debt."""

HOLDINGS: Final = f"""(
                SELECT spine.row_no, spine.observed_at, spine.observed_on, spine.currency, association.tradeline_id,
                    max(CASE WHEN association.role IN {listed(LIABLE_ROLES)} THEN 1 ELSE 0 END) = 1 AS is_liable,
                    max(CASE WHEN association.role IN {listed(SHARED_ROLES)} THEN 1 ELSE 0 END) = 1 AS is_shared
                FROM spine JOIN association ON association.consumer_id = spine.consumer_id
                WHERE {known("association")} AND NOT coalesce(association.withdrawn, false)
                GROUP BY spine.row_no, spine.observed_at, spine.observed_on, spine.currency, association.tradeline_id
                HAVING max(CASE WHEN association.role IN {listed((*LIABLE_ROLES, "authorised_user"))} THEN 1 ELSE 0
                    END) = 1 AND max(CASE WHEN association.role = 'terminated' THEN 1 ELSE 0 END) = 0
            ) AS spine"""
"""SQL for the spine with a row for each account that its consumer answers for or may use.

``is_liable`` where any known role is one of :data:`LIABLE_ROLES`; else the consumer is an authorised
user. An account of which any known role is ``terminated`` is left out, whatever the others say.
"""


def share_of(part: str, whole: str, where: str) -> str:
    """SQL for the sum of one column by that of another, over the records that tell both, the second above zero.

    Examples
    --------
    >>> share_of("balance", "credit_limit", "is_open").count("FILTER (is_open AND balance IS NOT NULL")
    2
    """
    both = f"FILTER ({where} AND {part} IS NOT NULL AND {whole} > 0)"
    return f"sum({part}) {both} / nullif(sum({whole}) {both}, 0)"


_EXPECTED: Final = {
    "count": (0.0, 1000.0),
    "share": (0.0, 1.0),
    "amount": (0.0, 1e8),
    "months": (0.0, 720.0),
    "level": (0.0, 7.0),
    "days": (0.0, 3650.0),
}
"""Between what values a feature over the bureau's views is expected, unless it says otherwise; by unit."""

_NOT_ON_FILE: Final = "the consumer is not on file"


def declared_over(view: View) -> Callable[..., Feature]:
    """How features over one of the bureau's views are declared: a count of nothing is zero, all else is missing."""

    def declare(
        name: str,
        sql: str,
        meaning: str,
        unit: str,
        reason: str,
        direction: Direction = 0,
        *,
        window: int | None = None,
        expected: tuple[float, float] | None = None,
        missing: str = "no record that counts",
        empty: float | None = None,
        grows: bool = False,
    ) -> Feature:
        zero = 0.0 if unit == "count" and empty is None else empty
        return aggregate(
            view,
            name,
            sql,
            meaning,
            unit=unit,
            reason=reason,
            direction=direction,
            empty=zero,
            null_means=_NOT_ON_FILE if zero is not None else f"{missing}, or {_NOT_ON_FILE}",
            window=window,
            expected=expected or _EXPECTED.get(unit),
            grows=grows,
        )

    return declare
