"""A made-up bureau of any size, written straight into an encrypted history as the ingest writes it.

Three accounts a consumer, told month by month over three years; every hundredth month is corrected some weeks later,
and every thousandth once more long after; every fiftieth account has a second holder. Beside them inquiries,
applications, and who tells of whom. Chance is a hash, so that the same size gives the same bureau.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from bureau.history import History

__all__ = ["CURRENCY", "MONTHS", "OBSERVED", "build"]

MONTHS: Final = 36
OBSERVED: Final = datetime(2022, 1, 20, tzinfo=UTC)
"""After the last month was told, and before its corrections."""

CURRENCY: Final = "USD"
_MEAN_MONTHS: Final = 27
_ACCOUNTS: Final = 3

_OF_ACCOUNT: Final = """
    CREATE OR REPLACE TEMP TABLE account AS
    SELECT i AS tradeline_id, (i + 2) // 3 AS consumer_id, (hash(i, 1) % 20)::INTEGER AS first_month,
        (['card', 'card', 'line', 'consumer', 'car', 'student', 'instalment', 'mortgage', 'card'])[
            (1 + hash(i, 2) % 9)::BIGINT] AS product,
        hash(i, 3) % 12 < 3 AS is_weak, 500.0 + 500 * (hash(i, 4) % 40) AS size
    FROM range(1, {accounts} + 1) AS numbers(i)"""

_MONTH: Final = """
    INSERT INTO tradeline_month BY NAME
    SELECT tradeline_id, month_end AS effective_on, month_end::TIMESTAMP + INTERVAL 5 DAY AS recorded_at,
        CASE WHEN chance % 100 = 0 THEN month_end::TIMESTAMP + INTERVAL 40 DAY END AS superseded_at,
        {month} + 1 AS delivery_no, tradeline_id AS line_no, product, '{currency}' AS currency,
        CASE WHEN days >= 180 THEN 'charged_off' WHEN days > 0 THEN 'past_due' ELSE 'current' END AS payment_status,
        days AS days_past_due, round(size * (chance // 7 % 1000) / 1000, 2) AS balance,
        CASE WHEN product IN ('card', 'line') THEN size END AS credit_limit,
        CASE WHEN product NOT IN ('card', 'line') THEN size END AS credit_amount,
        CASE WHEN chance % 11 = 0 THEN NULL ELSE round(size * (chance // 13 % 100) / 1000, 2) END AS payment,
        round(size / 30, 2) AS minimum_payment, CASE WHEN days > 0 THEN round(size / 30, 2) * (days // 30 + 1) ELSE 0.0
            END AS amount_past_due,
        CASE WHEN product NOT IN ('card', 'line') THEN 48 END::INTEGER AS term_months,
        DATE '2018-12-15' + to_months(first_month) AS opened_on, month_end AS last_payment_on
    FROM (
        SELECT *, CASE WHEN is_weak AND chance // 17 % 5 = 0 THEN (chance // 19 % 8)::INTEGER * 30 ELSE 0 END AS days
        FROM (
            SELECT *, last_day(DATE '2019-01-01' + to_months({month})) AS month_end,
                (hash(tradeline_id, {month}, 5) // 3)::BIGINT & 9007199254740991 AS chance
            FROM account WHERE first_month <= {month}
        )
    )"""

_CORRECTED: Final = """
    INSERT INTO tradeline_month BY NAME
    SELECT * REPLACE (superseded_at AS recorded_at,
        CASE WHEN tradeline_id % 10 = 0 THEN TIMESTAMP '2023-01-01' END AS superseded_at, balance + 1 AS balance)
    FROM tradeline_month WHERE delivery_no = {month} + 1 AND superseded_at IS NOT NULL"""

_OTHERS: Final = (
    """INSERT INTO consumer SELECT i, 'bank', 'C' || i FROM range(1, {consumers} + 1) AS numbers(i)""",
    """INSERT INTO association BY NAME
    SELECT consumer_id, tradeline_id, 'individual' AS role, false AS withdrawn, DATE '2019-01-01' AS effective_on,
        TIMESTAMP '2019-01-05' AS recorded_at, 1 AS delivery_no, tradeline_id AS line_no FROM account
    UNION ALL BY NAME
    SELECT consumer_id % {consumers} + 1 AS consumer_id, tradeline_id, 'joint' AS role, false AS withdrawn,
        DATE '2019-01-01' AS effective_on, TIMESTAMP '2019-01-05' AS recorded_at, 1 AS delivery_no,
        tradeline_id AS line_no FROM account WHERE tradeline_id % 50 = 0""",
    """INSERT INTO identity BY NAME
    SELECT i AS consumer_id, 'bank' || (1 + i % 3) AS furnisher_id, (hash(i) // 3)::BIGINT AS told_as,
        (hash(i, 7) // 3)::BIGINT AS address_token, (hash(i, 8) // 3)::BIGINT AS employer_token,
        DATE '2019-01-01' AS effective_on, TIMESTAMP '2019-01-05' AS recorded_at, 1 AS delivery_no, i AS line_no
    FROM range(1, {consumers} + 1) AS numbers(i)""",
    """INSERT INTO inquiry BY NAME
    SELECT i AS consumer_id, i || '-' || j AS inquiry_ref, asked_on AS effective_on,
        CASE WHEN hash(i, j) % 5 = 0 THEN 'soft' ELSE 'hard' END AS kind,
        (['card', 'line', 'consumer', 'car', 'mortgage'])[(1 + hash(i, j, 2) % 5)::BIGINT] AS product,
        '{currency}' AS currency,
        (['approved', 'declined', 'withdrawn'])[(1 + hash(i, j, 3) % 3)::BIGINT] AS decision,
        100.0 * (hash(i, j, 4) % 300) AS amount_asked, asked_on::TIMESTAMP + INTERVAL 1 DAY AS recorded_at,
        2 AS delivery_no, i * 4 + j AS line_no
    FROM (SELECT i, j, DATE '2019-06-01' + (hash(i, j, 1) % 930)::INTEGER AS asked_on
        FROM range(1, {consumers} + 1) AS numbers(i), range(4) AS asked(j))""",
    """INSERT INTO application BY NAME
    SELECT i AS consumer_id, DATE '2021-03-01' AS effective_on, '{currency}' AS currency,
        1000.0 * (10 + hash(i, 9) % 90) AS income, DATE '2015-01-01' + (hash(i, 10) % 2000)::INTEGER AS employed_since,
        TIMESTAMP '2021-03-02' AS recorded_at, 3 AS delivery_no, i AS line_no
    FROM range(1, {consumers} + 1, 2) AS numbers(i)""",
)


def build(history: History, tradeline_months: int) -> int:
    """Fill an empty history with about so many tradeline-months; the number of consumers."""
    accounts = max(tradeline_months // _MEAN_MONTHS, _ACCOUNTS)
    consumers = (accounts + _ACCOUNTS - 1) // _ACCOUNTS
    sizes = {"accounts": accounts, "consumers": consumers, "currency": CURRENCY}
    with history.write() as connection:
        connection.execute(_OF_ACCOUNT.format(**sizes))
        for statement in _OTHERS:
            connection.execute(statement.format(**sizes))
    for month in range(MONTHS):
        with history.write() as connection:
            connection.execute(_OF_ACCOUNT.format(**sizes))
            connection.execute(_MONTH.format(month=month, **sizes))
            connection.execute(_CORRECTED.format(month=month))
    return consumers
