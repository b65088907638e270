"""Who is the same person, as far as it is known when a delivery is checked.

References that were resolved before are one person. A reference that the delivery is the first to
tell is not resolved yet: the same national number with the same birth date will do for its checks.
"""

from __future__ import annotations

import duckdb

from bureau.contracts import Contract
from bureau.identity.consumers import CURRENT

__all__ = ["make_person_of"]


def make_person_of(connection: duckdb.DuckDBPyConnection, contract: Contract, delivery_no: int) -> None:  # noqa: ARG001
    """Make the table ``person_of``: ``consumer_id`` to ``person_id``; who is missing is a person of its own.

    Parameters
    ----------
    connection, contract, delivery_no
        As for :func:`bureau.onfile.check`.
    """
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE person_of AS
        WITH known AS (FROM {CURRENT}),
        fresh AS (
            SELECT DISTINCT consumer_id, national_number_token, birth_date_token
            FROM identity ANTI JOIN known USING (consumer_id) WHERE delivery_no = {delivery_no}),
        alike AS (
            SELECT fresh.consumer_id, min(coalesce(known.resolved_id, old.consumer_id)) AS person_id
            FROM fresh JOIN identity AS old USING (national_number_token, birth_date_token)
            LEFT JOIN known ON known.consumer_id = old.consumer_id GROUP BY fresh.consumer_id)
        SELECT consumer_id, resolved_id AS person_id FROM known
        UNION ALL
        SELECT consumer_id, person_id FROM alike WHERE person_id <> consumer_id""")
