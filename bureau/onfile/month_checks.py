"""Checks of months: what cannot change, or not in that direction, and the history that is told again.

They read the tables of :func:`bureau.onfile.months.make_told_month`.
"""

from __future__ import annotations

from typing import Final

from bureau.contracts import FileCheck
from bureau.onfile.evidence import ME, witness

__all__ = ["HISTORY_CHECK", "MONTH_CHECKS"]


def _disagreeing(saying: str, key: str) -> str:
    """A query for the lines of the delivery that say something else than was accepted.

    Accepted is whatever an earlier delivery said; where none said anything, what most records of
    the delivery itself say, the earliest where they are as many.

    Parameters
    ----------
    saying : str
        A query for who says what: the columns of `key`, ``value``, ``is_mine``, ``is_judged``,
        ``weight``, ``effective_on``, ``delivery_no``, ``line_no``.
    key : str
        The columns about which there is one truth, between commas.
    """
    return f"""
WITH saying AS MATERIALIZED ({saying}),
told AS (
    SELECT {key}, value, bool_or(NOT is_mine) AS is_known, sum(weight) AS weight, min(effective_on) AS since,
        max_by({witness("value")}, (NOT is_mine, effective_on)) AS witness
    FROM saying GROUP BY {key}, value),
accepted AS (
    SELECT {key}, value AS accepted, witness FROM told
    QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY is_known DESC, weight DESC, since) = 1)
SELECT line_no, {{'now': value, 'of': effective_on, 'before': accepted.witness}} AS evidence
FROM saying JOIN accepted USING ({key}) JOIN told USING ({key}, value)
WHERE is_judged AND value <> accepted AND NOT is_known"""


def _unchanging(value: str, where: str = "true") -> str:
    """A query for the lines that change what never changes in the life of an account."""
    return _disagreeing(
        f"SELECT tradeline_id, {value} AS value, is_mine, is_mine AS is_judged, 1 AS weight, effective_on, "
        f"delivery_no, line_no FROM account_month WHERE {value} IS NOT NULL AND {where}",
        "tradeline_id",
    )


_ONGOING: Final = """first_delinquency_on IS NOT NULL AND before.first_delinquency_on IS NOT NULL AND (
            month_no - before.month_no <= 1
            OR first_delinquency_on <= before.effective_on
            OR before.payment_code IN ('G', 'H', 'J', 'K', 'L')
            OR coalesce(regexp_full_match(
                left(payment_profile, (month_no - before.month_no - 1)::BIGINT), '[1-6GHJKL]+'), false))"""
"""Whether a delinquency is the one of the month known before.

It is where no month lies between, where it began by then, where the account was lost already (in
collection, foreclosed, surrendered, repossessed, charged off), or where the history tells the
months between as late."""

_DELINQUENCY_MOVED: Final = f"""
WITH linked AS (
    SELECT *, lag({{'first_delinquency_on': first_delinquency_on, 'effective_on': effective_on,
        'month_no': month_no, 'payment_code': payment_code}}) OVER life AS before
    FROM account_month WHERE is_current WINDOW life AS (PARTITION BY tradeline_id ORDER BY effective_on, line_no)),
spell AS (
    SELECT *, count(*) FILTER (NOT coalesce({_ONGOING}, false)) OVER (
        PARTITION BY tradeline_id ORDER BY effective_on, line_no) AS spell_no
    FROM linked)
SELECT now.line_no, {{'now': any_value(now.first_delinquency_on), 'of': any_value(now.effective_on),
    'before': min_by({witness("old.first_delinquency_on", "old")}, old.effective_on)}} AS evidence
FROM spell AS now JOIN spell AS old USING (tradeline_id, spell_no)
WHERE now.is_mine AND old.effective_on < now.effective_on AND old.first_delinquency_on < now.first_delinquency_on
    AND NOT EXISTS (
        FROM spell AS same WHERE same.tradeline_id = now.tradeline_id AND same.spell_no = now.spell_no
        AND same.first_delinquency_on = now.first_delinquency_on
        AND (NOT same.is_mine OR same.effective_on < old.effective_on))
GROUP BY now.line_no"""

_CODE: Final = (
    "replace(CASE WHEN month_no = about THEN payment_code ELSE payment_profile[month_no - about] END, 'E', '0')"
)
"""What a month says of month ``about``: by its own code, or by its history."""

_HISTORY_CONTRADICTS: Final = _disagreeing(
    f"""
    SELECT tradeline_id, about, {_CODE} AS value, is_mine, is_mine AND month_no > about AS is_judged,
        CASE WHEN month_no = about THEN 100 ELSE 1 END AS weight, effective_on, delivery_no, line_no
    FROM account_month JOIN (
        SELECT DISTINCT tradeline_id, month_no - gap - place + 1 AS about FROM (
            SELECT *, unnest(range(1, 25)) AS place FROM told_month WHERE history_differs)
        WHERE told[place] <> expected[place] AND place <= length(told) AND place <= length(expected)) AS clash
    USING (tradeline_id)
    WHERE month_no BETWEEN about AND about + 24 AND {_CODE} NOT IN ('B', 'D', '')""",
    "tradeline_id, about",
)

_OVER_LIMIT: Final = f"""
WITH run AS (
    SELECT *, lag(over, 1) OVER life AND lag(over, 2) OVER life AS two_before,
        month_no - lag(month_no, 2) OVER life AS months,
        lag({witness("balance")}, 1) OVER life AS before, lag({witness("balance")}, 2) OVER life AS before_that
    FROM account_month WHERE is_current WINDOW life AS (PARTITION BY tradeline_id ORDER BY effective_on, line_no))
SELECT line_no,
    {{'now': balance, 'limit': credit_limit, 'of': effective_on, 'before': [before, before_that]}} AS evidence
FROM run WHERE is_mine AND over AND two_before AND months <= 4"""

MONTH_CHECKS: Final = (
    FileCheck(
        "opened-changed",
        "an account was opened on one day, told once and for all",
        "set aside",
        _unchanging("opened_on"),
    ),
    FileCheck(
        "original-amount-changed",
        "the original amount of a closed-end account never changes",
        "set aside",
        _unchanging("credit_amount", "product NOT IN ('card', 'line')"),
    ),
    FileCheck(
        "delinquency-moved",
        "the date of first delinquency does not move later while the delinquency goes on",
        "set aside",
        _DELINQUENCY_MOVED,
    ),
    FileCheck(
        "over-limit",
        "the balance is not over the limit for three months running",
        "finding",
        _OVER_LIMIT,
    ),
    FileCheck(
        "reported-after-sale",
        "an account that its furnisher has told as sold has no balance any more",
        "set aside",
        f"""
SELECT line_no, {{'now': 'a balance', 'of': effective_on, 'before': {{'told': 'sold', 'furnisher': {ME},
    'of': old_on, 'delivery': old_delivery_no, 'line': old_line_no}}}} AS evidence
FROM told_month WHERE after_sale""",
    ),
)
"""For every kind that tells the months of accounts."""

HISTORY_CHECK: Final = FileCheck(
    "history-contradicts",
    "the payment history profile tells every month as it was told before: by the month itself, in any version, "
    "or by an earlier history; 0 and E are the same, B and D say nothing",
    "set aside",
    _HISTORY_CONTRADICTS,
)
"""For kinds that tell a payment history with every month."""
