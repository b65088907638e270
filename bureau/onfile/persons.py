"""Persons beside what was told of them before: under the same reference, or the same national number.

A change of name (a marriage), of address or of telephone is legitimate and never asked about; a
birth date and a national number do not change. Twins share a birth date and an address, father and
son a name: neither shares a number or a reference, and only what shares one of these is compared.
"""

from __future__ import annotations

from typing import Final

import duckdb

from bureau.contracts import Contract, FileCheck
from bureau.onfile.evidence import sealed, witness

__all__ = ["PERSON_CHECKS", "make_told_person"]


_DOUBTFUL: Final = (
    "old.national_number_token <> now.national_number_token OR old.birth_date_token <> now.birth_date_token "
    # One name in the place of the other: few people are called Scott Scott.
    "OR old.surname_token = now.first_name_token OR old.first_name_token = now.surname_token "
    "OR old.employer_token <> now.employer_token"
)
"""What makes it worth while to look at all that was told of somebody."""


def make_told_person(connection: duckdb.DuckDBPyConnection, contract: Contract, delivery_no: int) -> None:
    """Make the tables of persons.

    ``told_person`` has what the delivery tells anew. Of those of whom something doubtful is told,
    ``person_before`` has all that was told of the same person (``is_same_person``) or under the same
    national number, by whomever; ``companion`` has what was told of those who already answered for
    an account to which the delivery adds a stranger. Both have in ``now_line`` the line that it is
    to be put beside, in ``now`` what that one tells, and in ``told_in`` the contract under which it
    was told. It reads ``person_of`` (:func:`bureau.onfile.who.make_person_of`).

    Parameters
    ----------
    connection, contract, delivery_no
        As for :func:`bureau.onfile.check`.
    """
    earlier = f"(old.delivery_no <> {delivery_no} OR old.effective_on < now.effective_on)"
    same_person = (
        "JOIN related ON related.now_id = now.consumer_id "
        f"JOIN identity AS old ON old.consumer_id = related.old_id AND {earlier}"
    )
    same_number = f"JOIN identity AS old ON old.national_number_token = now.national_number_token AND {earlier}"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW told_person AS FROM identity WHERE delivery_no = {delivery_no}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE related AS {_RELATED}")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE doubtful AS "
        f"SELECT now.line_no, now.consumer_id FROM told_person AS now {same_person} WHERE {_DOUBTFUL} UNION "
        f"SELECT now.line_no, now.consumer_id FROM told_person AS now {same_number} "
        "WHERE old.birth_date_token <> now.birth_date_token"
    )
    now = (
        "SELECT now.line_no AS now_line, now, {} AS is_same_person, old.* "
        "FROM (FROM told_person SEMI JOIN doubtful USING (line_no, consumer_id)) AS now"
    )
    other = "ANTI JOIN related ON related.now_id = now.consumer_id AND related.old_id = old.consumer_id"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE person_before AS "
        f"SELECT told.*, coalesce(contract, '{contract.name}') AS told_in, told_in = '{contract.name}' AS is_same_kind "
        f"FROM ({now.format('true')} {same_person} UNION ALL {now.format('false')} {same_number} {other}) AS told "
        "LEFT JOIN (SELECT delivery_no, contract FROM delivery) USING (delivery_no)"
    )
    same = "old.surname_token = now.surname_token AND old.first_name_token = now.first_name_token"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE companion AS SELECT DISTINCT now.line_no AS now_line, now, old.* "
        f"FROM (FROM association WHERE delivery_no = {delivery_no}) AS added "
        "JOIN told_person AS now USING (consumer_id) "
        f"JOIN (FROM association WHERE delivery_no <> {delivery_no}) AS other "
        "ON other.tradeline_id = added.tradeline_id AND other.consumer_id <> added.consumer_id "
        "JOIN identity AS old ON old.consumer_id = other.consumer_id AND old.furnisher_id = now.furnisher_id "
        f"AND {same} AND old.generation_token IS NOT DISTINCT FROM now.generation_token "
        "AND old.birth_date_token = now.birth_date_token"
    )


_RELATED: Final = """
WITH mine AS (
    SELECT DISTINCT told_person.consumer_id AS now_id, coalesce(person_id, told_person.consumer_id) AS person_id
    FROM told_person LEFT JOIN person_of USING (consumer_id))
SELECT now_id, now_id AS old_id FROM mine UNION
SELECT now_id, person_id FROM mine UNION
SELECT now_id, person_of.consumer_id FROM mine JOIN person_of USING (person_id)"""
"""Whom the delivery tells of, beside everybody who is the same person."""


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
    differs, agrees = (f"{asked} AND {column}_token {how} now.{column}_token" for how in ("<>", "="))
    told = witness(sealed(column), furnisher="furnisher_id")
    return (
        f"SELECT now_line AS line_no, {{'now': any_value({sealed(column, 'now')}), 'of': any_value(now.effective_on), "
        f"'before': max_by({told}, delivery_no) FILTER ({differs})}} AS evidence "
        f"FROM {before} {_ONE_PERSON} HAVING bool_or({differs}) "
        f"AND NOT coalesce(bool_or({agrees}), false) AND NOT coalesce(bool_or({borne_out}), false)"
    )


_UNDER_REFERENCE: Final = f"{_MINE} AND {_SAME_CONSUMER}"
_BORNE_OUT: Final = (
    f"NOT {_MINE} AND national_number_token = now.national_number_token AND birth_date_token = now.birth_date_token"
)
"""Another furnisher tells both as they are told now: what was told before under the reference was wrong."""

_SWAPPED: Final = (
    "(surname_token = now.first_name_token OR first_name_token = now.surname_token) "
    "AND surname_token <> now.surname_token AND first_name_token <> now.first_name_token"
)
"""One name in the place of the other; the other one may have changed since, by a marriage say."""

_NAMED_SO: Final = "surname_token = now.surname_token AND first_name_token = now.first_name_token"


def _swapped(who: str) -> str:
    """A query for the lines whose names somebody told the other way round, and nobody this way."""
    now = f"[{sealed('surname', 'now')}, {sealed('first_name', 'now')}]"
    before = witness(f"[{sealed('surname')}, {sealed('first_name')}]", furnisher="furnisher_id")
    return (
        f"SELECT now_line AS line_no, {{'now': any_value({now}), 'of': any_value(now.effective_on), "
        f"'before': max_by({before}, delivery_no) "
        f"FILTER ({_SWAPPED})}} AS evidence FROM person_before "
        f"{_ONE_PERSON} HAVING bool_or({_SWAPPED} AND {who}) AND NOT bool_or({_NAMED_SO})"
    )


_OTHER_BIRTH_DATE: Final = f"""
SELECT now_line AS line_no, {{'now': any_value({sealed("birth_date", "now")}), 'of': any_value(now.effective_on),
    'before': max_by({witness(sealed("birth_date"), furnisher="furnisher_id")}, delivery_no)
        FILTER (birth_date_token <> now.birth_date_token)}} AS evidence
FROM person_before
WHERE national_number_token = now.national_number_token
{_ONE_PERSON}
HAVING bool_or(birth_date_token <> now.birth_date_token AND NOT ({_UNDER_REFERENCE}))
    AND NOT bool_or(birth_date_token = now.birth_date_token AND NOT {_MINE})
    AND NOT coalesce(min(delivery_no) FILTER (birth_date_token = now.birth_date_token)
        < min(delivery_no) FILTER (birth_date_token <> now.birth_date_token), false)"""
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
