"""Accounts that should not be told at all, or not so: taken back before, sold, or of nobody that is known."""

from __future__ import annotations

from typing import Final

import duckdb

from bureau.contracts import Contract, FileCheck
from bureau.onfile.evidence import witness

__all__ = [
    "BUYER_CHECK",
    "SELLER_CHECK",
    "UNKNOWN_CUSTOMER",
    "WITHDRAWN_CHECK",
    "make_stranger",
    "make_told_again",
    "make_told_sale",
]


def make_told_again(connection: duckdb.DuckDBPyConnection, contract: Contract, delivery_no: int) -> None:  # noqa: ARG001
    """Make the tables of what is told again after it was taken back.

    ``told_again`` has who was taken back from a tradeline, and is told to answer for it again;
    ``told_again_month`` the months of these tradelines.

    Parameters
    ----------
    connection, contract, delivery_no
        As for :func:`bureau.onfile.check`.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE told_again AS SELECT min(now.line_no) AS now_line, tradeline_id, "
        "any_value(old.role) AS role, max(old.effective_on) AS effective_on, max(old.delivery_no) AS delivery_no, "
        "max_by(old.line_no, old.delivery_no) AS line_no "
        f"FROM (FROM association WHERE delivery_no = {delivery_no} AND NOT coalesce(withdrawn, false)) AS now "
        f"JOIN (FROM association WHERE delivery_no <> {delivery_no} AND superseded_at IS NULL) AS old "
        "USING (tradeline_id, consumer_id) GROUP BY tradeline_id, consumer_id "
        "HAVING bool_and(coalesce(old.withdrawn, false))"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE told_again_month AS FROM tradeline_month LIMIT 0"
        if _is_empty(connection, "told_again")
        else "CREATE OR REPLACE TEMP TABLE told_again_month AS "
        f"FROM tradeline_month SEMI JOIN told_again USING (tradeline_id) WHERE delivery_no = {delivery_no}"
    )


def make_stranger(connection: duckdb.DuckDBPyConnection, contract: Contract, delivery_no: int) -> None:  # noqa: ARG001
    """Make the tables of those whom the furnisher has not told among its customers.

    ``stranger`` has the associations of the delivery with a customer who neither was told before nor
    waits for review; ``stranger_month`` the months of accounts that nobody else answers for.

    Parameters
    ----------
    connection, contract, delivery_no
        As for :func:`bureau.onfile.check`.
    """
    me = "getvariable('furnisher_id')"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE stranger AS
        SELECT * FROM association WHERE delivery_no = {delivery_no}
            AND consumer_id NOT IN (SELECT consumer_id FROM identity WHERE furnisher_id = {me})
            AND NOT EXISTS (FROM delivery WHERE delivery.furnisher_id = {me} AND status = 'held')""")
    connection.execute(f"""
        DELETE FROM stranger WHERE consumer_id IN (
            SELECT consumer_id FROM consumer SEMI JOIN stranger USING (consumer_id)
            WHERE token('reference', consumer_ref) IN (
                SELECT reference_token FROM quarantine JOIN delivery USING (delivery_no)
                WHERE delivery.furnisher_id = {me}))""")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE stranger_month AS FROM tradeline_month LIMIT 0"
        if _is_empty(connection, "stranger")
        else "CREATE OR REPLACE TEMP TABLE stranger_month AS FROM tradeline_month "
        f"WHERE delivery_no = {delivery_no} AND tradeline_id IN (SELECT tradeline_id FROM stranger) "
        "AND tradeline_id NOT IN (SELECT tradeline_id FROM association ANTI JOIN stranger USING (consumer_id))"
    )


def _is_empty(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether there is nothing to look for: finding that out by way of all months takes much longer."""
    return connection.execute(f"FROM {table} LIMIT 1").fetchone() is None


_PLAIN: Final = r"regexp_replace(upper({}), '[^\p{L}\p{N}]', '', 'g')"
"""A name without blanks and points."""

_LEAST_NAME: Final = 4
"""Letters that two names must share to be one: formats cut them, and people write Inc or not."""


def _is_named(told: str, name: str) -> str:
    """SQL for whether a furnisher is meant by a name, one being the beginning of the other."""
    first, second = _PLAIN.replace("{}", told), _PLAIN.replace("{}", name)
    return (
        f"(starts_with({first}, {second}) OR starts_with({second}, {first})) "
        f"AND least(length({first}), length({second})) >= {_LEAST_NAME}"
    )


def make_told_sale(connection: duckdb.DuckDBPyConnection, contract: Contract, delivery_no: int) -> None:  # noqa: ARG001
    """Make the tables of sales that the buyers tell.

    ``told_sale`` has each account that another furnisher says to have bought from this one beside
    the accounts of the same consumer; ``told_purchase`` each account that the delivery tells for the
    first time, as bought, beside the delinquencies that the seller told of the same consumer. Which
    account it was cannot be known for certain: all of the seller's bear witness. It reads ``person_of``
    (:func:`bureau.onfile.who.make_person_of`).

    Parameters
    ----------
    connection, contract, delivery_no
        As for :func:`bureau.onfile.check`.
    """
    bought = "FROM tradeline_month WHERE bought_from <> '' AND superseded_at IS NULL"
    seller = "(bought_from = '?' OR {} OR {})".format(
        _is_named("bought_from", "name"), _is_named("original_creditor", "name")
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE told_sale AS WITH bought AS ("
        "SELECT tradeline_id AS bought_id, min(effective_on) AS effective_on, min(opened_on) AS opened_on, "
        "min(first_delinquency_on) AS first_delinquency_on, min(delivery_no) AS delivery_no, "
        f"min_by(line_no, delivery_no) AS line_no {bought} AND delivery_no <> {delivery_no} AND EXISTS ("
        f"FROM furnisher WHERE furnisher_id = getvariable('furnisher_id') AND {seller}) GROUP BY tradeline_id) "
        "SELECT DISTINCT bought.*, delivery.furnisher_id, mine.tradeline_id FROM bought "
        f"JOIN {_ANSWERING} AS theirs ON theirs.tradeline_id = bought_id "
        f"JOIN {_ANSWERING} AS mine ON mine.person_id = theirs.person_id AND mine.tradeline_id <> bought_id "
        "JOIN delivery ON delivery.delivery_no = bought.delivery_no "
        "WHERE delivery.furnisher_id <> getvariable('furnisher_id')"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE purchased AS SELECT line_no AS now_line, effective_on AS now_on, bought_from, "
        "original_creditor, first_delinquency_on AS now_first_on, tradeline_id AS bought_id "
        f"{bought} AND delivery_no = {delivery_no} AND first_delinquency_on IS NOT NULL AND tradeline_id NOT IN ("
        f"SELECT tradeline_id {bought} AND delivery_no <> {delivery_no})"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE told_purchase AS WITH candidate AS (SELECT DISTINCT purchased.*, "
        f"theirs.tradeline_id FROM purchased JOIN {_ANSWERING} AS mine ON mine.tradeline_id = bought_id "
        f"JOIN {_ANSWERING} AS theirs ON theirs.person_id = mine.person_id AND theirs.tradeline_id <> bought_id), "
        "old AS (SELECT tradeline_id, first_delinquency_on, max(effective_on) AS effective_on, "
        "max(delivery_no) AS delivery_no, max_by(line_no, delivery_no) AS line_no FROM tradeline_month "
        f"WHERE first_delinquency_on IS NOT NULL AND superseded_at IS NULL AND delivery_no <> {delivery_no} "
        "AND tradeline_id IN (SELECT tradeline_id FROM candidate) GROUP BY ALL) "
        "SELECT candidate.*, old.* EXCLUDE (tradeline_id), delivery.furnisher_id FROM candidate "
        "JOIN old USING (tradeline_id) JOIN delivery ON delivery.delivery_no = old.delivery_no "
        f"JOIN furnisher ON furnisher.furnisher_id = delivery.furnisher_id WHERE {seller}"
    )


_ANSWERING: Final = (
    "(SELECT tradeline_id, coalesce(person_id, association.consumer_id) AS person_id "
    "FROM association LEFT JOIN person_of USING (consumer_id))"
)
"""Who answers for which account, by person."""

_COUNTED_APART: Final = 31
"""Days by which two furnishers may date one delinquency apart."""

WITHDRAWN_CHECK: Final = FileCheck(
    "withdrawn-before",
    "an account that its furnisher has taken back and tells again is noted: where it was taken back after a dispute, "
    "the furnisher has to certify that it is complete and accurate (15 U.S.C. 1681i(a)(5)(B))",
    "finding",
    f"""
WITH whole AS (
    FROM told_again WHERE tradeline_id NOT IN (
        SELECT tradeline_id FROM association
        WHERE delivery_no <> getvariable('delivery_no') AND superseded_at IS NULL AND NOT coalesce(withdrawn, false)))
SELECT now_line AS line_no, {{'now': 'told again', 'before': {witness("'taken back'")}}} AS evidence FROM told_again
UNION ALL
SELECT month.line_no, {{'now': 'told again', 'before': {witness("'taken back'", "whole")}}}
FROM told_again_month AS month JOIN whole USING (tradeline_id) WHERE month.payment_status IS DISTINCT FROM 'deleted'""",
)

SELLER_CHECK: Final = FileCheck(
    "sold-by-word-of-buyer",
    "an account that another furnisher says to have bought, of the same consumer and opened or first delinquent "
    "on the same day, has no balance with the seller any more",
    "finding",
    f"""
SELECT month.line_no, {{'now': month.balance, 'of': month.effective_on,
    'before': {witness("'bought'", "told_sale", "told_sale.furnisher_id")}}} AS evidence
FROM tradeline_month AS month JOIN told_sale USING (tradeline_id)
WHERE month.delivery_no = getvariable('delivery_no') AND month.balance > 0
    AND month.effective_on >= told_sale.effective_on
    AND (month.opened_on = told_sale.opened_on OR month.first_delinquency_on = told_sale.first_delinquency_on)""",
)
"""For every kind that tells the months of accounts."""

BUYER_CHECK: Final = FileCheck(
    "delinquency-moved-by-sale",
    "a sale does not move the date of first delinquency later (15 U.S.C. 1681c(c), 1681s-2(a)(5)), "
    "by more than a month at least: some date it from the day due, some from 30 days later",
    "finding",
    f"""
SELECT now_line AS line_no, {{'now': any_value(now_first_on), 'of': any_value(now_on),
    'before': max_by({witness("first_delinquency_on", furnisher="furnisher_id")}, first_delinquency_on)}} AS evidence
FROM told_purchase GROUP BY now_line HAVING max(first_delinquency_on) + {_COUNTED_APART} < any_value(now_first_on)""",
)
"""For kinds that tell from whom an account was bought."""

UNKNOWN_CUSTOMER: Final = FileCheck(
    "unknown-customer",
    "the customer of an account was told among the furnisher's customers before, or waits for review there",
    "set aside",
    """
SELECT line_no, {'now': 'a customer that is not known', 'of': effective_on} AS evidence FROM stranger
UNION ALL
SELECT line_no, {'now': 'a customer that is not known', 'of': effective_on} FROM stranger_month""",
)
"""For the months of a lender that tells its customers apart."""
