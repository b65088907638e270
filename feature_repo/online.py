"""An online store for Feast in one SQLite file, one packed row a consumer and view.

Feast's own SQLite store keeps one row for each single value, which makes filling it slow and large
(``docs/decisions/0005-feast-stores.md``). Here a row holds all values of a view as doubles. Feast
reaches it through its public ``OnlineStore`` interface, so every Feast client works unchanged.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from feast import Entity, FeatureView, RepoConfig
from feast.infra.online_stores.online_store import OnlineStore
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from feast.repo_config import FeastConfigBaseModel
from pydantic import field_validator

from feature_repo.errors import FeatureRepoError

__all__ = [
    "DEFINITION_TAG",
    "PackedSqliteOnlineStore",
    "PackedSqliteOnlineStoreConfig",
    "definition_digest",
    "packed_names",
]

DEFINITION_TAG: Final = "definition"
"""Tag of a feature view that tells the fingerprint of its definitions."""

_DIGEST_BYTES: Final = 8
_MICROSECOND: Final = 1_000_000


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


def definition_digest(table: FeatureView) -> bytes:
    """A digest of a view's columns and definitions, kept in every row so that one of other definitions is noticed.

    The view's tag ``definition`` tells the definitions; a view without it is told by its columns alone.
    """
    parts = (table.tags.get(DEFINITION_TAG, ""), *packed_names(table))
    return hashlib.blake2b("\x00".join(parts).encode(), digest_size=_DIGEST_BYTES).digest()


class PackedSqliteOnlineStore(OnlineStore):
    """Feast's view of the packed file; values are doubles, a missing value is NaN."""

    def __init__(self) -> None:
        self._local = threading.local()

    def online_write_batch(
        self,
        config: RepoConfig,
        table: FeatureView,
        data: list[tuple[EntityKey, dict[str, Value], datetime, datetime | None]],
        progress: Callable[[int], Any] | None,
    ) -> None:
        """Write rows that Feast brings, one a consumer.

        Raises
        ------
        FeatureRepoError
            If a consumer is not known by a whole number, or a value is no double.
        """
        names = packed_names(table)
        ids = np.array([_consumer_id(key) for key, *_ in data], dtype=np.int64)
        moments = np.array([_microseconds(moment) for _, _, moment, _ in data], dtype=np.int64)
        values = np.array([[_number(name, row.get(name)) for name in names] for _, row, _, _ in data], dtype=np.float64)
        self.write(config, table, ids, moments, values.reshape(len(data), len(names)))
        if progress is not None:
            progress(len(data))

    def write(
        self,
        config: RepoConfig,
        table: FeatureView,
        consumer_ids: npt.NDArray[np.int64],
        moments: npt.NDArray[np.int64],
        values: npt.NDArray[np.float64],
    ) -> None:
        """Write many rows at once; a row older than the one there is left out.

        Parameters
        ----------
        config : RepoConfig
            Feast's configuration.
        table : FeatureView
            The view.
        consumer_ids, moments : ndarray of shape (rows,)
            Whose values, and as of when (microseconds since 1970, UTC).
        values : ndarray of shape (rows, features)
            In the order of the view's fields sorted by name.
        """
        digest = definition_digest(table)
        rows = (
            (int(consumer_id), int(moment), digest + row.tobytes())
            for consumer_id, moment, row in zip(consumer_ids, moments, np.ascontiguousarray(values), strict=True)
        )
        with self._connection(config) as connection, connection:
            connection.execute(_CREATE.format(table.name))
            connection.executemany(_UPSERT.format(table.name), rows)

    def online_read(
        self,
        config: RepoConfig,
        table: FeatureView,
        entity_keys: list[EntityKey],
        requested_features: list[str] | None = None,
    ) -> list[tuple[datetime | None, dict[str, Value] | None]]:
        """The rows of these consumers, in their order; ``(None, None)`` where there is none.

        Raises
        ------
        FeatureRepoError
            If a row was written under another definition of the view.
        """
        names = packed_names(table)
        digest = definition_digest(table)
        wanted = [(name, names.index(name)) for name in (requested_features or names)]
        results: list[tuple[datetime | None, dict[str, Value] | None]] = []
        for key in entity_keys:
            row = self.read_row(config, table.name, digest, _consumer_id(key))
            if row is None:
                results.append((None, None))
                continue
            moment, values = row
            results.append((_moment(moment), {name: _value(values[place]) for name, place in wanted}))
        return results

    def read_row(
        self, config: RepoConfig, view: str, digest: bytes, consumer_id: int
    ) -> tuple[int, list[float]] | None:
        """One consumer's row as it stands in the file, for who does not need Feast's own answer.

        Parameters
        ----------
        config : RepoConfig
            Feast's configuration.
        view : str
            Name of the view.
        digest : bytes
            The :func:`definition_digest` that the row must have.
        consumer_id : int
            Whose row.

        Returns
        -------
        tuple of int and list of float, or None
            As of when (microseconds since 1970, UTC), and the values in the order of the view's
            fields sorted by name; None where there is no row.

        Raises
        ------
        FeatureRepoError
            If the row was written under another definition of the view.
        """
        with self._connection(config) as connection:
            row = _fetch(connection, view, consumer_id)
        if row is None:
            return None
        moment, packed = row
        if packed[:_DIGEST_BYTES] != digest:
            raise FeatureRepoError(
                f"{view}: the online store holds values of another definition; "
                "compute them anew with `tradeline run` or `tradeline score`"
            )
        return moment, np.frombuffer(packed, dtype=np.float64, offset=_DIGEST_BYTES).tolist()

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


_CREATE = 'CREATE TABLE IF NOT EXISTS "{}" (consumer_id INTEGER PRIMARY KEY, moment INTEGER, packed BLOB)'
_UPSERT = (
    'INSERT INTO "{}" VALUES (?, ?, ?) ON CONFLICT (consumer_id) DO UPDATE SET '
    "moment = excluded.moment, packed = excluded.packed WHERE excluded.moment >= moment"
)


def _fetch(connection: sqlite3.Connection, table: str, consumer_id: int) -> tuple[int, bytes] | None:
    row: tuple[int, bytes] | None = connection.execute(
        f'SELECT moment, packed FROM "{table}" WHERE consumer_id = ?',  # noqa: S608 (a view's name)
        (consumer_id,),
    ).fetchone()
    return row


def packed_names(table: FeatureView) -> list[str]:
    """The names of a row's values, in their order."""
    keys = frozenset(table.join_keys)  # asked for once: Feast builds and checks the list at every call
    return sorted(field.name for field in table.schema if field.name not in keys)


def _consumer_id(key: EntityKey) -> int:
    value = key.entity_values[0]
    if value.WhichOneof("val") != "int64_val":
        raise FeatureRepoError("consumer_id: a whole number is wanted; ask with the bureau's own identifier")
    return int(value.int64_val)


def _number(name: str, value: Value | None) -> float:
    kind = None if value is None else value.WhichOneof("val")
    if value is None or kind in (None, "null_val"):
        return float("nan")
    if kind != "double_val":
        raise FeatureRepoError(f"{name}: the online store holds doubles, not {kind}; declare the feature as Float64")
    return float(value.double_val)


def _value(number: float) -> Value:
    return Value() if number != number else Value(double_val=number)  # noqa: PLR0124 (NaN)


def _microseconds(moment: datetime) -> int:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * _MICROSECOND)


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / _MICROSECOND, tz=UTC)
