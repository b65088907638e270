"""An online store for Feast in one SQLite file, one packed row a consumer and view.

Feast's own SQLite store keeps one row for each single value, which makes filling it slow and large
(``docs/decisions/0005-feast-stores.md``). Here a row holds all values of a view as doubles. Feast
reaches it through its public ``OnlineStore`` interface, so every Feast client works unchanged.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from feast import Entity, FeatureView, RepoConfig
from feast.repo_config import FeastConfigBaseModel
from pydantic import field_validator

from feature_repo.packed import DIGEST_BYTES, Layout, Packed
from feature_repo.packed_store import PackedOnlineStore

__all__ = ["PackedSqliteOnlineStore", "PackedSqliteOnlineStoreConfig"]


class PackedSqliteOnlineStoreConfig(FeastConfigBaseModel):
    """Where the file is.

    Attributes
    ----------
    path : str
        Absolute path of the SQLite file; made when first written.
    """

    type: Literal["feature_repo.online.PackedSqliteOnlineStore"] = "feature_repo.online.PackedSqliteOnlineStore"
    path: str

    @field_validator("path")
    @classmethod
    def _require_absolute(cls, path: str) -> str:
        """Refuse a path that depends on where Feast runs, or has a variable left in it."""
        if not Path(path).is_absolute():
            raise ValueError("an absolute path is wanted; set TRADELINE_HOME to the absolute path of the home")
        return path


class PackedSqliteOnlineStore(PackedOnlineStore):
    """The pieces in a table a view; a generation that is not read yet in tables of its own beside them."""

    def __init__(self) -> None:
        self._local = threading.local()

    def put(self, config: RepoConfig, layout: Layout, rows: Iterable[tuple[int, int, bytes]]) -> None:
        """Write pieces that are read at once."""
        with self._connection(config) as connection, connection:
            connection.execute(_CREATE.format(layout.view))
            connection.executemany(_NEWER.format(layout.view, "VALUES (?, ?, ?)"), rows)

    def fetch(self, config: RepoConfig, views: Sequence[str], consumer_ids: Sequence[int]) -> list[list[Packed | None]]:
        """The pieces of consumers, all read by one statement: a promotion is seen in whole or not at all."""
        found: dict[tuple[int, int], Packed] = {}
        one = len(consumer_ids) == 1
        statement = _BOTH.join((_ONE if one else _MANY).format(place, view) for place, view in enumerate(views))
        asked = consumer_ids[0] if one else json.dumps(list(consumer_ids))
        with self._connection(config) as connection:
            for place, consumer_id, moment, piece in connection.execute(statement, {"asked": asked}):
                found[consumer_id, place] = (moment, piece)
        return [[found.get((each, place)) for place in range(len(views))] for each in consumer_ids]

    def stage(
        self, config: RepoConfig, generation: str, layout: Layout, rows: Iterable[tuple[int, int, bytes]]
    ) -> None:
        """Write pieces of a generation that is not read yet."""
        table = _staged(generation, layout.view)
        with self._connection(config) as connection, connection:
            connection.execute(_CREATE.format(table))
            connection.executemany(_NEWER.format(table, "VALUES (?, ?, ?)"), rows)

    def staged(
        self, config: RepoConfig, generation: str, view: str, consumer_ids: Sequence[int]
    ) -> list[Packed | None]:
        """The pieces of a generation that is not read yet, for each consumer."""
        return [row for (row,) in self.fetch(config, [_staged(generation, view)], consumer_ids)]

    def promote(
        self,
        config: RepoConfig,
        generation: str,
        views: Sequence[str],
        consumer_ids: Iterable[int],  # noqa: ARG002 (whoever stands in the tables)
    ) -> None:
        """Make a generation the one that is read, in one transaction; readers do not wait for it."""
        with self._connection(config) as connection:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                for view in views:
                    table = _staged(generation, view)
                    connection.execute(_CREATE.format(view))
                    connection.execute(_CREATE.format(table))
                    connection.execute(_NEWER.format(view, f'SELECT * FROM "{table}" WHERE true'))
                    connection.execute(f'DROP TABLE "{table}"')

    def remove(
        self,
        config: RepoConfig,
        consumer_ids: Iterable[int],
    ) -> None:
        """Remove the pieces of consumers; their bytes are overwritten."""
        asked = json.dumps(list(consumer_ids))
        with self._connection(config) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            with connection:
                for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                    connection.execute(
                        f'DELETE FROM "{table}" WHERE consumer_id IN (SELECT value FROM json_each(?))', [asked]
                    )
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def discard(
        self,
        config: RepoConfig,
        generation: str,
        views: Sequence[str],
        consumer_ids: Iterable[int],  # noqa: ARG002 (whoever stands in the tables)
    ) -> None:
        """Throw a generation away."""
        with self._connection(config) as connection, connection:
            for view in views:
                connection.execute(f'DROP TABLE IF EXISTS "{_staged(generation, view)}"')

    def update(
        self,
        config: RepoConfig,
        tables_to_delete: Sequence[FeatureView],
        tables_to_keep: Sequence[FeatureView],
        entities_to_delete: Sequence[Entity],  # noqa: ARG002 (Feast's interface)
        entities_to_keep: Sequence[Entity],  # noqa: ARG002
        partial: bool,  # noqa: ARG002
    ) -> None:
        """Make the tables of new views, drop those of views that are gone."""
        with self._connection(config) as connection, connection:
            for table in tables_to_keep:
                if isinstance(table, FeatureView):  # a view that is computed on demand keeps nothing
                    connection.execute(_CREATE.format(table.name))
            for table in tables_to_delete:
                connection.execute(f'DROP TABLE IF EXISTS "{table.name}"')

    def teardown(
        self,
        config: RepoConfig,
        tables: Sequence[FeatureView],  # noqa: ARG002
        entities: Sequence[Entity],  # noqa: ARG002
    ) -> None:
        """Remove the file."""
        self._close()
        path = Path(config.online_store.path)
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)

    @contextmanager
    def _connection(self, config: RepoConfig) -> Iterator[sqlite3.Connection]:
        """The thread's own connection, kept open between requests."""
        path = str(config.online_store.path)
        if getattr(self._local, "path", None) != path:
            self._close()
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._local.connection = sqlite3.connect(path, timeout=30.0)
            self._local.connection.execute("PRAGMA journal_mode = WAL")
            self._local.connection.execute("PRAGMA synchronous = NORMAL")
            self._local.path = path
        yield self._local.connection

    def _close(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
        self._local.path = None


_CREATE: Final = 'CREATE TABLE IF NOT EXISTS "{}" (consumer_id INTEGER PRIMARY KEY, moment INTEGER, packed BLOB)'
_NEWER: Final = (
    'INSERT INTO "{}" {} ON CONFLICT (consumer_id) DO UPDATE SET '
    "moment = excluded.moment, packed = excluded.packed WHERE excluded.moment >= moment "
    f"OR substr(excluded.packed, 1, {DIGEST_BYTES}) <> substr(packed, 1, {DIGEST_BYTES})"
)
_ONE: Final = 'SELECT {}, consumer_id, moment, packed FROM "{}" WHERE consumer_id = :asked'
_MANY: Final = (
    'SELECT {}, consumer_id, moment, packed FROM "{}" WHERE consumer_id IN (SELECT value FROM json_each(:asked))'
)
_BOTH: Final = " UNION ALL "


def _staged(generation: str, view: str) -> str:
    """Name of a table beside a view's; no view has a blank in its name."""
    return f"{view} {generation}"
