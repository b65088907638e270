"""Whom a person works for, as two furnishers tell it of one time.

People change their employer, and not everybody hears of it. Two furnishers contradict each other
only about one time: what both tell in one month, or what was told after the day since which an
applicant says to work where it does. A bank that tells an employer tells it again with every month of
the account (Metro 2), and a lender with every application; an identity that says nothing new is not
kept anew, so that these are looked up.
"""

from __future__ import annotations

from typing import Final

import duckdb

from bureau.contracts import Contract, FileCheck
from bureau.onfile.evidence import sealed, witness

__all__ = ["EMPLOYER_CHECK", "make_told_employer"]

_DAYS_APART: Final = 20
"""Days within which two tellings are of one time, across the end of a month too."""


def _is_one_time(first: str, second: str) -> str:
    """SQL for whether two days lie in one month, or close together."""
    return f"(abs({first} - {second}) <= {_DAYS_APART} OR last_day({first}) = last_day({second}))"


_DIFFERING: Final = f"""
WITH told AS (
    SELECT now_line, {sealed("employer", "now")} AS now_employer, now.effective_on AS now_on, now.furnisher_id AS me,
        now.employer_token AS now_name, employer_token AS name, {sealed("employer", "person_before")} AS employer,
        coalesce(person_id, person_before.consumer_id) AS consumer_id, furnisher_id,
        told_in = 'metro2' AS is_monthly, effective_on, delivery_no, line_no
    FROM person_before LEFT JOIN person_of ON person_of.consumer_id = person_before.consumer_id
    WHERE now.employer_token IS NOT NULL AND is_same_person),
borne_out AS (FROM told WHERE name = now_name AND abs(effective_on - now_on) <= 366),
latest AS (
    FROM told WHERE furnisher_id <> me
    QUALIFY row_number() OVER (
        PARTITION BY now_line, consumer_id, furnisher_id, is_monthly ORDER BY effective_on DESC, delivery_no DESC) = 1)
SELECT * FROM latest ANTI JOIN borne_out USING (now_line, consumer_id) WHERE name <> now_name"""
"""What others told last of an employer, where it is another one and nobody bears out what is told now."""

_AT_ONE_TIME: Final = f"""
WITH told AS (
    SELECT coalesce(person_id, application.consumer_id) AS consumer_id, effective_on, delivery_no, false AS is_monthly
    FROM application LEFT JOIN person_of USING (consumer_id)
    UNION ALL
    SELECT person.consumer_id, month.effective_on, month.delivery_no, true
    FROM (SELECT tradeline_id, coalesce(person_id, association.consumer_id) AS consumer_id
        FROM association LEFT JOIN person_of USING (consumer_id)) AS person
    JOIN tradeline_month AS month USING (tradeline_id)
    WHERE person.consumer_id IN (SELECT consumer_id FROM differing)
        AND month.effective_on >= (SELECT min(now_on) - {_DAYS_APART + 31} FROM differing)),
again AS (
    SELECT DISTINCT now_line, consumer_id, differing.furnisher_id, is_monthly
    FROM differing JOIN told USING (consumer_id, is_monthly)
    JOIN (SELECT delivery_no, furnisher_id FROM delivery) AS by_whom
        ON by_whom.delivery_no = told.delivery_no AND by_whom.furnisher_id = differing.furnisher_id
    WHERE told.effective_on >= differing.effective_on AND {_is_one_time("now_on", "told.effective_on")}),
dated AS (
    SELECT differing.*, mine.employed_since AS my_since, theirs.employed_since AS their_since,
        again.now_line IS NOT NULL AS is_told_again
    FROM differing
    LEFT JOIN again USING (now_line, consumer_id, furnisher_id, is_monthly)
    LEFT JOIN application AS mine ON mine.delivery_no = getvariable('delivery_no') AND mine.line_no = now_line
    LEFT JOIN application AS theirs
        ON theirs.delivery_no = differing.delivery_no AND theirs.line_no = differing.line_no)
FROM dated
WHERE coalesce(their_since <= now_on, true) AND CASE WHEN my_since IS NOT NULL THEN my_since <= effective_on
    ELSE is_told_again OR {_is_one_time("now_on", "effective_on")} END"""
"""Which of these speak of one time."""


def make_told_employer(connection: duckdb.DuckDBPyConnection, contract: Contract, delivery_no: int) -> None:  # noqa: ARG001
    """Make the table ``told_employer``: who is told to work elsewhere than another furnisher tells of the same time.

    It reads ``person_before`` (:func:`bureau.onfile.persons.make_told_person`) and ``person_of``.

    Parameters
    ----------
    connection, contract, delivery_no
        As for :func:`bureau.onfile.check`.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE differing AS {_DIFFERING}")
    (differ,) = connection.execute("SELECT count(*) > 0 FROM differing").fetchall()[0]
    judged = _AT_ONE_TIME if differ else "FROM differing"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE told_employer AS {judged}")


EMPLOYER_CHECK: Final = FileCheck(
    "other-employer",
    "two furnishers tell the same employer of one person at one time: in one month, or since the date from which an "
    "applicant says to work there",
    "finding",
    f"""
SELECT now_line AS line_no, {{'now': any_value(now_employer), 'of': any_value(now_on),
    'before': max_by({witness("employer", furnisher="furnisher_id")}, delivery_no)}} AS evidence
FROM told_employer GROUP BY now_line""",
)
"""For kinds that tell the employer."""
