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

__all__ = ["PERSON_CHECKS", "make_told_person"]


_DOUBTFUL: Final = (
    "old.national_number <> now.national_number OR old.birth_date <> now.birth_date "
    # One name in the place of the other: few people are called Scott Scott.
    "OR upper(old.surname) = upper(now.first_name) OR upper(old.first_name) = upper(now.surname) "
    # As much of an employer's name as every format has room for.
    "OR upper(left(old.employer, 24)) <> upper(left(now.employer, 24))"
)
"""What makes it worth while to look at all that was told of somebody."""


def make_told_person(connection: duckdb.DuckDBPyConnection, contract: Contract, delivery_no: int) -> None:
    """Make the tables of persons.

    ``told_person`` has what the delivery tells anew. Of those of whom something doubtful is told,
    ``person_before`` has all that was told of the same consumer or under the same national number,
    by whomever; ``companion`` has what was told of those who already answered for an account to
    which the delivery adds a stranger. Both have in ``now_line`` the line that it is to be put
    beside, in ``now`` what that one tells, and in ``told_in`` the contract under which it was told.

    Parameters
    ----------
    connection, contract, delivery_no
        As for :func:`bureau.onfile.check`.
    """
    earlier = f"(old.delivery_no <> {delivery_no} OR old.effective_on < now.effective_on)"
    same_consumer = f"JOIN identity AS old ON old.consumer_id = now.consumer_id AND {earlier}"
    same_number = (
        "JOIN identity AS old ON old.national_number = now.national_number "
        f"AND old.consumer_id <> now.consumer_id AND {earlier}"
    )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW told_person AS FROM identity WHERE delivery_no = {delivery_no}")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE doubtful AS "
        f"SELECT now.line_no, now.consumer_id FROM told_person AS now {same_consumer} WHERE {_DOUBTFUL} UNION "
        f"SELECT now.line_no, now.consumer_id FROM told_person AS now {same_number} "
        "WHERE old.birth_date <> now.birth_date"
    )
    now = (
        "SELECT now.line_no AS now_line, now, old.* "
        "FROM (FROM told_person SEMI JOIN doubtful USING (line_no, consumer_id)) AS now"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE person_before AS "
        f"SELECT told.*, coalesce(contract, '{contract.name}') AS told_in, told_in = '{contract.name}' AS is_same_kind "
        f"FROM ({now} {same_consumer} UNION ALL {now} {same_number}) AS told "
        "LEFT JOIN (SELECT delivery_no, contract FROM delivery) USING (delivery_no)"
    )
    same = "old.surname = now.surname AND old.first_name = now.first_name"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE companion AS SELECT DISTINCT now.line_no AS now_line, now, old.* "
        f"FROM (FROM association WHERE delivery_no = {delivery_no}) AS added "
        "JOIN told_person AS now USING (consumer_id) "
        f"JOIN (FROM association WHERE delivery_no <> {delivery_no}) AS other "
        "ON other.tradeline_id = added.tradeline_id AND other.consumer_id <> added.consumer_id "
        "JOIN identity AS old ON old.consumer_id = other.consumer_id AND old.furnisher_id = now.furnisher_id "
        f"AND {same} AND old.generation IS NOT DISTINCT FROM now.generation AND old.birth_date = now.birth_date"
    )


_MINE: Final = "furnisher_id = now.furnisher_id"
_SAME_CONSUMER: Final = "consumer_id = now.consumer_id"
_ONE_PERSON: Final = "GROUP BY now_line, now.consumer_id"
"""A line may tell of several persons."""


def _contradicted(column: str, before: str, asked: str, borne_out: str = "false") -> str:
    """A query for the lines that tell otherwise than was told before, and that nobody bears out.

    Parameters
    ----------
    column : str
        What is told.
    before : str
        The relation of earlier tellings, each with the one (``now``) that it is put beside.
    asked : str
        SQL for which earlier tellings can be contradicted.
    borne_out : str
        SQL for which of the others bear out what is told now.
    """
    differs, agrees = f"{asked} AND {column} <> now.{column}", f"{asked} AND {column} = now.{column}"
    return (
        f"SELECT now_line AS line_no, {{'now': any_value(now.{column}), 'of': any_value(now.effective_on), "
        f"'before': max_by({witness(column, furnisher='furnisher_id')}, delivery_no) FILTER ({differs})}} AS evidence "
        f"FROM {before} {_ONE_PERSON} HAVING bool_or({differs}) "
        f"AND NOT coalesce(bool_or({agrees}), false) AND NOT coalesce(bool_or({borne_out}), false)"
    )


_UNDER_REFERENCE: Final = f"{_MINE} AND {_SAME_CONSUMER}"
_BORNE_OUT: Final = f"NOT {_MINE} AND national_number = now.national_number AND birth_date = now.birth_date"
"""Another furnisher tells both as they are told now: what was told before under the reference was wrong."""

_SWAPPED: Final = (
    "(upper(surname) = upper(now.first_name) OR upper(first_name) = upper(now.surname)) "
    "AND upper(surname) <> upper(now.surname) AND upper(first_name) <> upper(now.first_name)"
)
"""One name in the place of the other; the other one may have changed since, by a marriage say."""

_NAMED_SO: Final = "upper(surname) = upper(now.surname) AND upper(first_name) = upper(now.first_name)"


def _swapped(who: str) -> str:
    """A query for the lines whose names somebody told the other way round, and nobody this way."""
    return (
        "SELECT now_line AS line_no, {'now': any_value([now.surname, now.first_name]), "
        "'of': any_value(now.effective_on), "
        f"'before': max_by({witness('[surname, first_name]', furnisher='furnisher_id')}, delivery_no) "
        f"FILTER ({_SWAPPED})}} AS evidence FROM person_before "
        f"{_ONE_PERSON} HAVING bool_or({_SWAPPED} AND {who}) AND NOT bool_or({_NAMED_SO})"
    )


_OTHER_BIRTH_DATE: Final = f"""
SELECT now_line AS line_no, {{'now': any_value(now.birth_date), 'of': any_value(now.effective_on),
    'before': max_by({witness("birth_date", furnisher="furnisher_id")}, delivery_no)
        FILTER (birth_date <> now.birth_date)}} AS evidence
FROM person_before
WHERE upper(national_number) = upper(now.national_number)
{_ONE_PERSON}
HAVING bool_or(birth_date <> now.birth_date AND NOT ({_UNDER_REFERENCE}))
    AND NOT bool_or(birth_date = now.birth_date AND NOT {_MINE})
    AND NOT coalesce(min(delivery_no) FILTER (birth_date = now.birth_date)
        < min(delivery_no) FILTER (birth_date <> now.birth_date), false)"""
"""Nobody else agrees, and whoever disagrees said so first."""

PERSON_CHECKS: Final = (
    FileCheck(
        "national-number-changed",
        "the national number of whom a furnisher tells under one reference, or of one who answers for one account, "
        "never changes, unless another furnisher tells number and birth date so too",
        "set aside",
        _contradicted("national_number", "person_before", _UNDER_REFERENCE, _BORNE_OUT)
        + " UNION ALL "
        + _contradicted("national_number", "companion", "true"),
    ),
    FileCheck(
        "birth-date-changed",
        "the birth date of whom a furnisher tells under one reference never changes, unless another furnisher tells it "
        "so too",
        "set aside",
        _contradicted("birth_date", "person_before", _UNDER_REFERENCE, _BORNE_OUT),
    ),
    FileCheck(
        "names-swapped",
        "surname and first name are not those that the same furnisher told in the same kind of delivery, the other way "
        "round",
        "set aside",
        _swapped(f"{_MINE} AND is_same_kind"),
    ),
    FileCheck(
        "names-swapped-elsewhere",
        "surname and first name are not those that another furnisher, or another kind of delivery, told of the same "
        "person, the other way round",
        "finding",
        _swapped(f"NOT ({_MINE} AND is_same_kind)"),
    ),
    FileCheck(
        "other-birth-date",
        "everybody tells the same birth date of one national number",
        "finding",
        _OTHER_BIRTH_DATE,
    ),
)
"""For every kind that tells who somebody is."""
