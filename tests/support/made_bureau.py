"""A small bureau whose facts are put straight into its history: quick, and the same every time."""

from __future__ import annotations

from pathlib import Path

from bureau.history import History, open_history
from bureau.home import open_home

_PEOPLE = """
CREATE TEMP TABLE person AS SELECT i AS consumer_id, (hash(i) % 1000) / 1000.0 AS uses,
    CASE WHEN (hash(i) % 1000) / 1000.0 > 0.4 AND hash(i * 7) % 3 = 0 THEN 4 + (hash(i * 11) % 18)::INTEGER END
    AS falls_at
FROM range(1, {people} + 1) AS people(i)"""

_MONTHS = """
INSERT INTO tradeline_month BY NAME
SELECT consumer_id AS tradeline_id, 'card' AS product, 'USD' AS currency, last_day(day) AS effective_on,
    last_day(day)::TIMESTAMP + INTERVAL 5 DAY AS recorded_at, 1000.0 AS credit_limit, DATE '2015-05-05' AS opened_on,
    round(1000 * least(1.2, uses + 0.01 * (hash(consumer_id * 13 + month) % 20)), 2) AS balance,
    CASE WHEN month >= falls_at THEN least(180, 30 * (month - falls_at + 1))::INTEGER ELSE 0 END AS days_past_due,
    CASE WHEN month >= falls_at THEN 'late' ELSE 'current' END AS payment_status, 1 AS delivery_no
FROM person, (SELECT i AS month, DATE '2020-01-01' + to_months(i::INTEGER) AS day FROM range({months}) AS months(i))"""

_REST = (
    "INSERT INTO consumer SELECT consumer_id, 'made', 'ref ' || consumer_id FROM person",
    "INSERT INTO association BY NAME SELECT consumer_id, consumer_id AS tradeline_id, 'individual' AS role, "
    "DATE '2020-01-31' AS effective_on, TIMESTAMP '2020-02-05' AS recorded_at, 1 AS delivery_no FROM person",
    "INSERT INTO inquiry BY NAME SELECT consumer_id, 'inquiry ' || consumer_id AS inquiry_ref, 'hard' AS kind, "
    "'card' AS product, 'approved' AS decision, DATE '2020-05-15' AS effective_on, "
    "TIMESTAMP '2020-06-01' AS recorded_at, 1 AS delivery_no FROM person WHERE consumer_id % 3 = 0",
    "INSERT INTO delivery (delivery_no, delivery_id, recorded_at) "
    "SELECT 1, 'made', max(recorded_at) FROM tradeline_month",
)


def made_bureau(root: Path, people: int = 300, months: int = 24) -> History:
    """A home with a card for each person, told at the end of each month from January 2020 on, five days later.

    Whoever uses much of the limit falls behind sooner or later in one of three cases: 30 days more a month, for
    good. Every third person has asked for credit once.
    """
    history = open_history(open_home(root, create=True), memory_limit="700MB")
    with history.write() as connection:
        connection.execute(_PEOPLE.format(people=people))
        connection.execute(_MONTHS.format(months=months))
        for statement in _REST:
            connection.execute(statement)
    return history
