"""An offline store for Feast over Parquet files: training sets by a narrow as-of join in DuckDB.

Feast's default store loses and doubles rows, and its ``duckdb`` store takes more than twice as long
(``docs/decisions/0005-feast-stores.md``). This one keeps the rows of the spine as they are given, in
their order, and is reached through Feast's public ``OfflineStore`` interface, so that every Feast
client and command works unchanged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from feast import FeatureView, OnDemandFeatureView, RepoConfig
from feast.data_source import DataSource
from feast.feature_logging import LoggingConfig, LoggingSource
from feast.infra.offline_stores.file_source import FileLoggingDestination, FileSource
from feast.infra.offline_stores.offline_store import OfflineStore, RetrievalJob
from feast.infra.registry.base_registry import BaseRegistry
from feast.repo_config import FeastConfigBaseModel

from feature_repo.errors import FeatureRepoError
from feature_repo.historical import identifier, newest, read_parquet
from feature_repo.retrieval import AsOfJob, TableJob, asked_of

__all__ = ["AsOfOfflineStore", "AsOfOfflineStoreConfig", "path_of", "write_table"]

_NONE: Final = "filename, file_row_number"
"""Columns that tell where a row stands, and are no part of it."""


class AsOfOfflineStoreConfig(FeastConfigBaseModel):
    """What the store may use of the machine.

    Attributes
    ----------
    memory_limit : str
        What DuckDB may use before it spills (encrypted, into the system's folder for temporary files).
    threads : int, optional
        How many processors it may use; by default all.
    """

    type: Literal["feature_repo.offline.AsOfOfflineStore"] = "feature_repo.offline.AsOfOfflineStore"
    memory_limit: str = "3GB"
    threads: int | None = None


def path_of(config: RepoConfig, source: DataSource | None) -> str:
    """Path or pattern of the Parquet files behind a data source.

    Raises
    ------
    FeatureRepoError
        If it is no file, or nothing is there.
    """
    if not isinstance(source, FileSource):
        raise FeatureRepoError(
            f"{getattr(source, 'name', 'no source')}: the offline store reads Parquet files; declare a FileSource"
        )
    path = str(FileSource.get_uri_for_file_path(repo_path=config.repo_path, uri=source.path))
    with duckdb.connect() as connection:
        row = connection.execute("SELECT count(*) FROM glob($path)", {"path": _everything(path)}).fetchone()
    if row is None or row[0] == 0:
        raise FeatureRepoError(f"{source.name}: no table at {path}; compute the features of the view first")
    return _everything(path)


def _everything(path: str) -> str:
    """A folder means all tables in it."""
    return str(Path(path) / "*.parquet") if Path(path).is_dir() else path


class AsOfOfflineStore(OfflineStore):
    """Feast's view of the Parquet tables."""

    supports_filter_by_created_timestamp = True

    @staticmethod
    def get_historical_features(
        config: RepoConfig,
        feature_views: list[FeatureView],
        feature_refs: list[str],
        entity_df: pd.DataFrame | str | None,
        registry: BaseRegistry,
        project: str,
        full_feature_names: bool = False,
        filter_by_created_timestamp: bool = False,
        **_: Any,
    ) -> RetrievalJob:
        """The features of each row of a spine, as of its moment, in the spine's order.

        Parameters
        ----------
        config, feature_views, feature_refs, registry, project, full_feature_names
            As for Feast's interface.
        entity_df : DataFrame or str
            The spine, or SQL of DuckDB that gives it: join keys, moments with a time zone
            (``event_timestamp``, or the only column of moments), and any other columns.
        filter_by_created_timestamp : bool
            Whether values count only from their created timestamp on.

        Raises
        ------
        FeatureRepoError
            If there is no spine, it lacks a column or has one of another type, or a view has no table.
        """
        if entity_df is None:
            raise FeatureRepoError("entity_df: rows are wanted; a range of time alone says not whose features")
        asked = [
            asked_of(view, feature_refs, path_of(config, view.batch_source), full_names=full_feature_names)
            for view in feature_views
        ]
        on_demand = OnDemandFeatureView.get_requested_odfvs(feature_refs, project, registry)
        kinds = {field.name: field.dtype.to_value_type() for view in feature_views for field in view.entity_columns}
        return AsOfJob(
            config.offline_store,
            entity_df,
            asked,
            feature_refs,
            on_demand,
            kinds=kinds,
            full_names=full_feature_names,
            creation_counts=filter_by_created_timestamp,
        )

    @staticmethod
    def pull_latest_from_table_or_query(
        config: RepoConfig,
        data_source: DataSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None,
        start_date: datetime,
        end_date: datetime,
    ) -> RetrievalJob:
        """The newest row of each key in a range of time (both ends in it), for Feast's ``materialize``."""
        source = read_parquet(path_of(config, data_source))
        created = created_timestamp_column or ""
        columns = [*join_key_columns, *feature_name_columns, timestamp_field, *([created] if created else [])]
        order = newest(identifier(timestamp_field), identifier(created) if created else "")
        by = f"PARTITION BY {', '.join(map(identifier, join_key_columns))} " if join_key_columns else ""
        return TableJob(
            config.offline_store,
            f"""
            WITH chosen AS (
                SELECT {_NONE} FROM {source} WHERE {_between(timestamp_field, start_date, end_date)}
                QUALIFY row_number() OVER ({by}ORDER BY {order}) = 1)
            SELECT {", ".join(map(identifier, columns))} FROM {source} SEMI JOIN chosen USING ({_NONE})
            """,
        )

    @staticmethod
    def pull_all_from_table_or_query(
        config: RepoConfig,
        data_source: DataSource,
        join_key_columns: list[str],
        feature_name_columns: list[str],
        timestamp_field: str,
        created_timestamp_column: str | None = None,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
    ) -> RetrievalJob:
        """All rows in a range of time (both ends in it), for saved datasets and statistics."""
        created = [created_timestamp_column] if created_timestamp_column else []
        columns = dict.fromkeys([*join_key_columns, *feature_name_columns, timestamp_field, *created])
        return TableJob(
            config.offline_store,
            f"SELECT {', '.join(map(identifier, columns))} FROM {read_parquet(path_of(config, data_source))} "
            f"WHERE {_between(timestamp_field, start_date, end_date)} ORDER BY {_NONE}",
        )

    @staticmethod
    def offline_write_batch(
        config: RepoConfig,
        feature_view: FeatureView,
        table: pa.Table,
        progress: Callable[[int], Any] | None,
    ) -> None:
        """Write rows that were pushed: a file of their own beside the others, or anew with them if there is but one.

        Raises
        ------
        FeatureRepoError
            If the columns are not those of the tables that are there.
        """
        path = Path(path_of(config, feature_view.batch_source))
        is_file = path.is_file()
        older = pq.read_table(path) if is_file else None
        schema = older.schema if older is not None else pq.read_schema(next(path.parent.glob(path.name)))
        if sorted(table.column_names) != sorted(schema.names):
            odd = sorted(set(table.column_names) ^ set(schema.names))
            raise FeatureRepoError(
                f"{feature_view.name}: other columns than in its tables ({', '.join(odd)}); push exactly those"
            )
        rows = table.select(schema.names).cast(schema.remove_metadata(), safe=False)
        if older is not None:
            write_table(pa.concat_tables([older.replace_schema_metadata(None), rows]), path)
        else:
            write_table(rows, path.parent / f"pushed-{_digest(rows)}.parquet")
        if progress is not None:
            progress(table.num_rows)

    @staticmethod
    def write_logged_features(
        config: RepoConfig,
        data: pa.Table | Path,
        source: LoggingSource,  # noqa: ARG004 (Feast's interface)
        logging_config: LoggingConfig,
        registry: BaseRegistry,  # noqa: ARG004
    ) -> None:
        """Keep what a feature server logged: a file of its own in the folder that is named for it."""
        destination = logging_config.destination
        if not isinstance(destination, FileLoggingDestination):
            raise FeatureRepoError("logged features are kept in Parquet files; name a FileLoggingDestination")
        rows = pq.read_table(data) if isinstance(data, Path) else data
        folder = Path(FileSource.get_uri_for_file_path(repo_path=config.repo_path, uri=destination.path))
        folder.mkdir(parents=True, exist_ok=True)
        write_table(rows, folder / f"logged-{_digest(rows)}.parquet")

    def get_table_column_names_and_types_from_data_source(
        self, config: RepoConfig, data_source: DataSource
    ) -> Iterable[tuple[str, str]]:
        """Names and types of a source's columns; Feast's own way reads no pattern of paths."""
        path = Path(path_of(config, data_source))
        schema = pq.read_schema(path if path.is_file() else next(path.parent.glob(path.name)))
        return [(field.name, str(field.type)) for field in schema]


def write_table(rows: pa.Table, path: Path) -> None:
    """Write a Parquet file that is there in whole or not at all."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    pq.write_table(rows, unfinished)
    unfinished.replace(path)


def _digest(rows: pa.Table) -> str:
    """The same rows pushed twice are one file."""
    digest = hashlib.blake2b(digest_size=16)
    for batch in rows.to_batches():
        digest.update(batch.serialize())
    return digest.hexdigest()


def _between(column: str, start: datetime | None, end: datetime | None) -> str:
    moment = f"{identifier(column)}::TIMESTAMPTZ"
    parts = [f"{moment} >= '{start.isoformat()}'::TIMESTAMPTZ"] if start is not None else []
    parts += [f"{moment} <= '{end.isoformat()}'::TIMESTAMPTZ"] if end is not None else []
    return " AND ".join(parts) or "true"
