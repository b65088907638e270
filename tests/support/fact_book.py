# ruff: noqa: DTZ001 (the history keeps its moments without a zone: they are UTC)
"""A real encrypted history into which facts are put straight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bureau.facts import COMMON_COLUMNS, FACTS
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.settle import settle
from features.catalogue import Catalogue
from features.compute import compute_view
from features.definitions.all import CATALOGUE
from features.spine import Observation

TYPES = {
    "BIGINT": pa.int64(), "INTEGER": pa.int32(), "DOUBLE": pa.float64(), "VARCHAR": pa.string(),
    "DATE": pa.date32(), "TIMESTAMP": pa.timestamp("us"), "BOOLEAN": pa.bool_(), "UBIGINT": pa.uint64(),
}  # fmt: skip

Records = Mapping[str, Iterable[Mapping[str, Any]]]


class FactBook:
    """A history to write facts into and to compute features from.

    A record needs what its fact's key names, ``recorded_at`` and (for a fact whose key does not
    hold it) ``effective_on``; what is not named is null. Corrections come with a higher
    ``delivery_no``, and are put in order by the bureau's own `settle`.
    """

    def __init__(self, folder: Path) -> None:
        self.history: History = open_history(open_home(folder / "home", create=True), memory_limit="700MB")
        self.tables = folder / "tables"

    def record(self, facts: Records) -> None:
        with self.history.write() as connection:
            for name, given in facts.items():
                records = [{"delivery_no": 1} | dict(record) for record in given]
                fact = FACTS[name]
                kinds = {"superseded_at": "TIMESTAMP", **COMMON_COLUMNS, **fact.columns}
                schema = pa.schema([(column, TYPES[kind]) for column, kind in kinds.items()])
                for delivery_no in sorted({record["delivery_no"] for record in records}):
                    part = [record for record in records if record["delivery_no"] == delivery_no]
                    connection.register("given", pa.Table.from_pylist(part, schema))
                    connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM given")
                    settle(connection, fact, delivery_no)
                    connection.unregister("given")

    def observe(self, consumers: Iterable[int], observed_on: date, currency: str = "EUR") -> Observation:
        """Name who is observed, under a delivery of its own."""
        with self.history.write() as connection:
            row = connection.execute("SELECT count(*) FROM delivery").fetchone()
            number = 1000 + (row[0] if row else 0)
            connection.execute("INSERT INTO delivery (delivery_no, delivery_id) VALUES (?, ?)", [number, f"d{number}"])
            connection.execute(
                "INSERT INTO observed_consumer SELECT ?, unnest(?::BIGINT[])", [number, sorted(consumers)]
            )
        return Observation(f"d{number}", observed_on, currency)

    def compute(
        self, view: str, observation: Observation, catalogue: Catalogue = CATALOGUE
    ) -> dict[int, dict[str, float | None]]:
        """The features of a view by consumer; a missing one is None."""
        table = compute_view(self.history, catalogue, view, observation, self.tables)
        rows = pq.read_table(table.path).to_pylist()
        assert table.rows == len(rows)
        moment = datetime(observation.observed_on.year, observation.observed_on.month, observation.observed_on.day)
        for row in rows:
            assert row.pop("event_timestamp").replace(tzinfo=None) == moment
            assert row.pop("created_timestamp").replace(tzinfo=None) == moment
        return {row.pop("consumer_id"): row for row in rows}
