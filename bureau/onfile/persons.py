"""Persons beside what was told of them before: under the same reference, or the same national number.

A change of name (a marriage), of address or of telephone is legitimate and never asked about; a
birth date and a national number do not change. Twins share a birth date and an address, father and
son a name: neither shares a number or a reference, and only what shares one of these is compared.
"""

from __future__ import annotations

from typing import Final

import duckdb

from bureau.contracts import Contract, FileCheck
from bureau.onfile.evidence import witness

__all__ = ["EMPLOYER_CHECK", "PERSON_CHECKS", "make_told_person"]


def make_told_person(connection: duckdb.DuckDBPyConnection, contract: Contract, delivery_no: int) -> None:  # noqa: ARG001
    """Make the tables of persons.

    ``told_person`` has what the delivery tells anew; ``person_before`` has what was told of the
    same consumers or under the same national numbers, by whomever, and ``companion`` what was told
    of those who already answered for an account to which the delivery adds a stranger. Both have
    in ``now_line`` the line that it is to be put beside, and in ``now`` what that one tells.

    Parameters
    ----------
    connection, contract, delivery_no
        As for :func:`bureau.onfile.check`.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE told_person AS FROM identity WHERE delivery_no = {delivery_no}")
    earlier = f"(old.delivery_no <> {delivery_no} OR old.effective_on < now.effective_on)"
    same = "old.surname = now.surname AND old.first_name = now.first_name"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE person_before AS "
        "SELECT now.line_no AS now_line, now, old.* FROM told_person AS now JOIN identity AS old "
        f"ON old.consumer_id = now.consumer_id AND {earlier} "
        "UNION ALL "
        "SELECT now.line_no AS now_line, now, old.* FROM told_person AS now JOIN identity AS old "
        f"ON old.national_number = now.national_number AND old.consumer_id <> now.consumer_id AND {earlier}"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE companion AS SELECT DISTINCT now.line_no AS now_line, now, old.* "
        f"FROM (FROM association WHERE delivery_no = {delivery_no}) AS added "
        "JOIN told_person AS now USING (consumer_id) "
        f"JOIN (FROM association WHERE delivery_no <> {delivery_no}) AS other "
        "ON other.tradeline_id = added.tradeline_id AND other.consumer_id <> added.consumer_id "
        "JOIN identity AS old ON old.consumer_id = other.consumer_id AND old.furnisher_id = now.furnisher_id "
        f"AND {same} AND old.generation IS NOT DISTINCT FROM now.generation AND old.birth_date = now.birth_date"
    )


def _contradicted(column: str, before: str, where: str) -> str:
    """A query for the lines that tell something that nobody told before, where something else was told.

    Parameters
    ----------
    column : str
        What is told.
    before : str
        The relation of earlier tellings, each with the one (``now``) that it is put beside.
    where : str
        Which earlier tellings bear witness.
    """
    return (
        f"SELECT now_line AS line_no, {{'now': any_value(now.{column}), 'of': any_value(now.effective_on), "
        f"'before': max_by({witness(column, furnisher='furnisher_id')}, delivery_no)}} AS evidence "
        f"FROM {before} WHERE {column} IS NOT NULL AND now.{column} IS NOT NULL AND {where} "
        f"GROUP BY now_line HAVING bool_and({column} <> now.{column})"
    )


_MINE: Final = "furnisher_id = now.furnisher_id"
_SAME_CONSUMER: Final = "consumer_id = now.consumer_id"
_SWAPPED: Final = (
    "upper(surname) = upper(now.first_name) AND upper(first_name) = upper(now.surname) "
    "AND upper(surname) <> upper(first_name)"
)
_NAMED_SO: Final = "upper(surname) = upper(now.surname) AND upper(first_name) = upper(now.first_name)"


def _swapped(who: str) -> str:
    """A query for the lines whose names somebody told the other way round, and nobody this way."""
    return (
        "SELECT now_line AS line_no, {'now': any_value([now.surname, now.first_name]), "
        "'of': any_value(now.effective_on), "
        f"'before': max_by({witness('[surname, first_name]', furnisher='furnisher_id')}, delivery_no) "
        f"FILTER ({_SWAPPED})}} AS evidence FROM person_before "
        f"GROUP BY now_line HAVING bool_or({_SWAPPED} AND {who}) AND NOT bool_or({_NAMED_SO})"
    )


_OTHER_BIRTH_DATE: Final = f"""
SELECT now_line AS line_no, {{'now': any_value(now.birth_date), 'of': any_value(now.effective_on),
    'before': max_by({witness("birth_date", furnisher="furnisher_id")}, delivery_no)
        FILTER (birth_date <> now.birth_date)}} AS evidence
FROM person_before
WHERE upper(national_number) = upper(now.national_number)
GROUP BY now_line
HAVING bool_or(birth_date <> now.birth_date AND NOT ({_MINE} AND {_SAME_CONSUMER}))
    AND NOT bool_or(birth_date = now.birth_date AND NOT {_MINE})
    AND NOT coalesce(min(delivery_no) FILTER (birth_date = now.birth_date)
        < min(delivery_no) FILTER (birth_date <> now.birth_date), false)"""
"""Nobody else agrees, and whoever disagrees said so first."""

_EMPLOYER: Final = r"left(regexp_replace(upper({}), '[^\p{L}\p{N}]', '', 'g'), 24)"
"""An employer's name without blanks and points, as much of it as every format has room for."""


def _employer(row: str) -> str:
    return _EMPLOYER.replace("{}", f"{row}employer")


_OTHER_EMPLOYER: Final = f"""
WITH dated AS (
    SELECT person_before.*, mine.employed_since, theirs.employed_since AS since_then,
        {_employer("now.")} AS employer_now, {_employer("person_before.")} AS employer_then
    FROM person_before
    LEFT JOIN application AS mine ON mine.delivery_no = getvariable('delivery_no') AND mine.line_no = now_line
    LEFT JOIN application AS theirs
        ON theirs.delivery_no = person_before.delivery_no AND theirs.line_no = person_before.line_no
    WHERE person_before.employer IS NOT NULL AND now.employer IS NOT NULL
        AND now.consumer_id = person_before.consumer_id),
judged AS (
    SELECT *, employer_then <> employer_now AS differs,
        (abs(effective_on - now.effective_on) <= 20 OR last_day(effective_on) = last_day(now.effective_on)
            OR coalesce(effective_on BETWEEN employed_since AND now.effective_on, false))
        AND coalesce(employed_since <= effective_on, true)
        AND coalesce(since_then <= now.effective_on, true) AS is_same_time
    FROM dated)
SELECT now_line AS line_no, {{'now': any_value(now.employer), 'of': any_value(now.effective_on),
    'before': max_by({witness("employer", furnisher="furnisher_id")}, delivery_no)
        FILTER (differs AND is_same_time)}} AS evidence
FROM judged GROUP BY now_line
HAVING bool_or(differs AND is_same_time AND NOT {_MINE})
    AND NOT bool_or(NOT differs AND abs(effective_on - now.effective_on) <= 366)"""

PERSON_CHECKS: Final = (
    FileCheck(
        "national-number-changed",
        "the national number of whom a furnisher tells under one reference, or of one who answers for one account, "
        "never changes",
        "set aside",
        _contradicted("national_number", "person_before", f"{_MINE} AND {_SAME_CONSUMER}")
        + " UNION ALL "
        + _contradicted("national_number", "companion", "true"),
    ),
    FileCheck(
        "birth-date-changed",
        "the birth date of whom a furnisher tells under one reference never changes",
        "set aside",
        _contradicted("birth_date", "person_before", f"{_MINE} AND {_SAME_CONSUMER}"),
    ),
    FileCheck(
        "names-swapped",
        "surname and first name are not those that the same furnisher told before, the other way round",
        "set aside",
        _swapped(f"{_MINE}"),
    ),
    FileCheck(
        "names-swapped-elsewhere",
        "surname and first name are not those that another furnisher told of the same person, the other way round",
        "finding",
        _swapped(f"NOT {_MINE}"),
    ),
    FileCheck(
        "other-birth-date",
        "everybody tells the same birth date of one national number",
        "finding",
        _OTHER_BIRTH_DATE,
    ),
)
"""For every kind that tells who somebody is."""

EMPLOYER_CHECK: Final = FileCheck(
    "other-employer",
    "two furnishers tell the same employer of one person at one time: within one month, twenty days of each other, or "
    "since the date from which an applicant says to work there",
    "finding",
    _OTHER_EMPLOYER,
)
"""For kinds that tell the employer."""
