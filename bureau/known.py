"""The history as it was known at a moment.

A record is known at a moment t when it was recorded by then, not yet superseded by a later record
of the same fact, and speaks of a date not after that of t. A tradeline that its furnisher has
withdrawn by then is not known any more, and neither is anything told about it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import duckdb
import pandas as pd
import pyarrow as pa

from bureau.facts import FACTS, Fact

__all__ = ["Known"]

_HIDDEN: Final = ("superseded_at",)
"""It lies in the future of the moment."""


class Known:
    """A connection on which every fact can be read as it was known at one moment.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A reading connection of the history.
    moment : datetime
        The moment; without a time zone it is UTC.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        It has a view ``known.<fact>`` for each fact, with its columns, ``effective_on``,
        ``recorded_at``, ``delivery_no`` and ``line_no``.
    moment : datetime
        The moment (UTC, naive).

    Notes
    -----
    From :meth:`bureau.history.History.as_of`; valid until that block ends.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, moment: datetime) -> None:
        self.connection = connection
        self.moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo is not None else moment
        self._last_roles: tuple[int, dict[int, str]] = (-1, {})
        connection.execute("ATTACH IF NOT EXISTS ':memory:' AS known")
        visible = self._visible()
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE withdrawn_tradeline AS SELECT tradeline_id FROM history.association "
            f"WHERE {visible} GROUP BY tradeline_id HAVING bool_and(coalesce(withdrawn, false))"
        )
        for fact in FACTS.values():
            hidden = ", ".join(_HIDDEN)
            connection.execute(
                f"CREATE OR REPLACE VIEW known.main.{fact.name} AS SELECT * EXCLUDE ({hidden}) "
                f"FROM history.{fact.name} WHERE {visible}{_standing(fact)}"
            )

    def facts(self, name: str, consumer_id: int | None = None) -> pa.Table:
        """One kind of fact as it was known, as an Arrow table.

        Parameters
        ----------
        name : str
            Name of the fact (:data:`bureau.facts.FACTS`).
        consumer_id : int, optional
            Of this consumer alone; facts about its tradelines come with its ``role`` in them.

        Raises
        ------
        KeyError
            If there is no such fact.
        """
        return self._result(name, consumer_id).to_arrow_table()

    def frame(self, name: str, consumer_id: int | None = None) -> pd.DataFrame:
        """The same as :meth:`facts`, as a data frame with dates as ``datetime64``."""
        frame: pd.DataFrame = self._result(name, consumer_id).df()
        return frame

    def roles(self, consumer_id: int) -> dict[int, str]:
        """The tradelines of a consumer and its role in each, in the order of their identifiers."""
        if self._last_roles[0] == consumer_id:  # all tables of one credit file ask in a row
            return self._last_roles[1]
        rows = self.connection.execute(
            f"SELECT tradeline_id, min(role) FROM known.association WHERE consumer_id = {int(consumer_id)} "
            "GROUP BY tradeline_id ORDER BY tradeline_id"
        ).fetchall()
        self._last_roles = (consumer_id, dict(rows))
        return self._last_roles[1]

    def _result(self, name: str, consumer_id: int | None) -> duckdb.DuckDBPyConnection:
        fact = FACTS[name]
        if consumer_id is None:
            return self.connection.execute(f"FROM known.{name}")
        if "consumer_id" in fact.columns:
            return self.connection.execute(
                f"FROM known.{name} WHERE consumer_id = {int(consumer_id)} ORDER BY effective_on DESC"
            )
        roles = self.roles(consumer_id)
        # Identifiers as literals, so that DuckDB passes over the blocks that cannot hold them.
        listed = ", ".join(str(each) for each in roles) or "NULL"
        return self.connection.execute(
            f"SELECT *, ($roles::MAP(BIGINT, VARCHAR))[tradeline_id] AS role FROM known.{name} "
            f"WHERE tradeline_id IN ({listed}) ORDER BY effective_on DESC, tradeline_id",
            {"roles": {"key": list(roles), "value": list(roles.values())}},
        )

    def _visible(self) -> str:
        moment = f"TIMESTAMP '{self.moment.isoformat(sep=' ')}'"
        return (
            f"recorded_at <= {moment} AND (superseded_at IS NULL OR superseded_at > {moment}) "
            f"AND effective_on <= {moment}::DATE"
        )


def _standing(fact: Fact) -> str:
    """SQL that leaves out what was withdrawn."""
    if fact.name == "association":
        return " AND NOT coalesce(withdrawn, false)"
    if "tradeline_id" in fact.columns:
        return " AND tradeline_id NOT IN (SELECT tradeline_id FROM temp.withdrawn_tradeline)"
    return ""
