"""The history as it was known at a moment.

Who is who is known as of the moment, too: in ``known.<fact>`` every ``consumer_id`` is the consumer
to whom a reference belonged by then.

A record is known at a moment t when it was recorded by then, not yet superseded by a later record
of the same fact, and speaks of a date not after that of t. A tradeline that its furnisher has
withdrawn by then is not known any more, and neither is anything told about it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final

import duckdb
import pandas as pd
import pyarrow as pa

from bureau.facts import FACTS, IDENTITY_FIELDS, Fact
from bureau.vault import Vault

__all__ = ["Known"]

_HIDDEN: Final = ("superseded_at",)
"""It lies in the future of the moment."""


class Known:
    """A connection on which every fact can be read as it was known at one moment.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A reading connection of the history.
    vault : Vault
        The vault of the same home.
    moment : datetime
        The moment; without a time zone it is UTC.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        It has a view ``known.<fact>`` for each fact, with its columns, ``effective_on``,
        ``recorded_at``, ``delivery_no`` and ``line_no``; ``known.told.<fact>`` is the same under the
        identifiers of the references by which it was told.
    moment : datetime
        The moment (UTC, naive).

    Notes
    -----
    From :meth:`bureau.history.History.as_of`; valid until that block ends.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, vault: Vault, moment: datetime) -> None:
        self.connection = connection
        self._vault = vault
        self.moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo is not None else moment
        self._last_roles: tuple[int, dict[int, str]] = (-1, {})
        connection.execute("ATTACH IF NOT EXISTS ':memory:' AS known")
        visible = self._visible()
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE withdrawn_tradeline AS SELECT tradeline_id FROM history.association "
            f"WHERE {visible} GROUP BY tradeline_id HAVING bool_and(coalesce(withdrawn, false))"
        )
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE resolved AS SELECT consumer_id, resolved_id FROM history.resolution WHERE "
            f"{self._recorded()} AND resolved_id <> consumer_id"
        )
        connection.execute("CREATE SCHEMA IF NOT EXISTS known.told")
        for fact in FACTS.values():
            connection.execute(
                f"CREATE OR REPLACE VIEW known.told.{fact.name} AS SELECT * EXCLUDE ({', '.join(_HIDDEN)}) "
                f"FROM history.{fact.name} WHERE {visible}{_standing(fact)}"
            )
            connection.execute(f"CREATE OR REPLACE VIEW known.main.{fact.name} AS {_resolved(fact)}")

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

    def consumer(self, consumer_id: int) -> int:
        """The consumer to whom an identifier belonged: it stays good when references are joined or parted."""
        row = self.connection.execute(
            f"SELECT resolved_id FROM temp.resolved WHERE consumer_id = {int(consumer_id)}"
        ).fetchone()
        return int(consumer_id) if row is None else int(row[0])

    def references(self, consumer_id: int) -> tuple[int, ...]:
        """The identifiers of all references that belonged to a consumer, its own among them."""
        own = self.consumer(consumer_id)
        rows = self.connection.execute(
            f"SELECT consumer_id FROM temp.resolved WHERE resolved_id = {own} ORDER BY consumer_id"
        ).fetchall()
        return (own, *(row[0] for row in rows))

    def identities(self, consumer_id: int) -> pd.DataFrame:
        """What was told of who a consumer is, from the vault: personal data.

        Returns
        -------
        pandas.DataFrame
            ``furnisher_id``, the fields of :data:`bureau.facts.IDENTITY_FIELDS` and the columns that
            every fact has; of somebody who was erased the fields are missing.
        """
        rows = self.connection.execute(
            "SELECT consumer_id, told_as, furnisher_id, effective_on, recorded_at, delivery_no, line_no "
            f"FROM known.told.identity WHERE {self._of(consumer_id)} ORDER BY effective_on DESC, consumer_id, told_as"
        ).df()
        names = list(zip(rows.pop("consumer_id").tolist(), rows.pop("told_as").tolist(), strict=True))
        told = {
            (entry.number, entry.name): json.loads(entry.content)
            for entry in self._vault.open_named("consumer", names)
            if entry.field == "identity"
        }
        fields = pd.DataFrame([told.get(name, {}) for name in names], columns=list(IDENTITY_FIELDS), dtype=object)
        fields["birth_date"] = pd.to_datetime(fields["birth_date"])
        return pd.concat([rows[["furnisher_id"]], fields, rows.drop(columns="furnisher_id")], axis=1)

    def roles(self, consumer_id: int) -> dict[int, str]:
        """The tradelines of a consumer and its role in each, in the order of their identifiers."""
        if self._last_roles[0] == consumer_id:  # all tables of one credit file ask in a row
            return self._last_roles[1]
        rows = self.connection.execute(
            f"SELECT tradeline_id, min(role) FROM known.told.association WHERE {self._of(consumer_id)} "
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
                f"SELECT * REPLACE ({self.consumer(consumer_id)}::BIGINT AS consumer_id) FROM known.told.{name} "
                f"WHERE {self._of(consumer_id)} ORDER BY effective_on DESC"
            )
        roles = self.roles(consumer_id)
        # Identifiers as literals, so that DuckDB passes over the blocks that cannot hold them.
        listed = ", ".join(str(each) for each in roles) or "NULL"
        return self.connection.execute(
            f"SELECT *, ($roles::MAP(BIGINT, VARCHAR))[tradeline_id] AS role FROM known.{name} "
            f"WHERE tradeline_id IN ({listed}) ORDER BY effective_on DESC, tradeline_id",
            {"roles": {"key": list(roles), "value": list(roles.values())}},
        )

    def _of(self, consumer_id: int) -> str:
        """SQL for what is told of a consumer, under any of its references."""
        return f"consumer_id IN ({', '.join(map(str, self.references(consumer_id)))})"

    def _visible(self) -> str:
        return f"{self._recorded()} AND effective_on <= DATE '{self.moment.date()}'"

    def _recorded(self) -> str:
        moment = f"TIMESTAMP '{self.moment.isoformat(sep=' ')}'"
        return f"recorded_at <= {moment} AND (superseded_at IS NULL OR superseded_at > {moment})"


def _resolved(fact: Fact) -> str:
    """A query for a fact under the identifiers of the consumers."""
    told = f"known.told.{fact.name} AS fact"
    if "consumer_id" not in fact.columns:
        return f"FROM {told}"
    return (
        "SELECT fact.* REPLACE (coalesce(resolved_id, fact.consumer_id) AS consumer_id) "
        f"FROM {told} LEFT JOIN temp.resolved ON resolved.consumer_id = fact.consumer_id"
    )


def _standing(fact: Fact) -> str:
    """SQL that leaves out what was withdrawn."""
    if fact.name == "association":
        return " AND NOT coalesce(withdrawn, false)"
    if "tradeline_id" in fact.columns:
        return " AND tradeline_id NOT IN (SELECT tradeline_id FROM temp.withdrawn_tradeline)"
    return ""
