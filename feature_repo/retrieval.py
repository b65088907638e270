"""What the offline store hands out: jobs that are done when their result is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from feast import FeatureView, OnDemandFeatureView, ValueType
from feast.errors import SavedDatasetLocationAlreadyExists
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage
from feast.infra.offline_stores.offline_store import RetrievalJob, RetrievalMetadata
from feast.saved_dataset import SavedDatasetStorage

from feature_repo.errors import FeatureRepoError
from feature_repo.historical import Asked, gather
from features.engine import opened

__all__ = ["AsOfJob", "TableJob", "asked_of"]

_EVENT: Final = "event_timestamp"
_WHOLE: Final = frozenset({ValueType.INT64, ValueType.INT32})


def asked_of(view: FeatureView, feature_refs: Sequence[str], path: str, *, full_names: bool) -> Asked:
    """What the references to features ask of one view.

    Raises
    ------
    FeatureRepoError
        If the view is not about an entity.
    """
    source = view.batch_source
    in_table = {new: old for old, new in source.field_mapping.items()}
    prefix = f"{view.projection.name_to_use()}:"
    names = [reference.removeprefix(prefix) for reference in feature_refs if reference.startswith(prefix)]
    keys = view.projection.join_key_map or {field.name: field.name for field in view.entity_columns}
    if not keys:
        raise FeatureRepoError(f"{view.name}: a view of no entity has no history; declare its entity")
    shown = f"{view.projection.name_alias or view.name}__" if full_names else ""
    return Asked(
        view=view.name,
        path=path,
        keys={in_table.get(key, key): column for key, column in keys.items()},
        features={f"{shown}{name}": in_table.get(name, name) for name in names},
        event=in_table.get(source.timestamp_field, source.timestamp_field),
        created=in_table.get(source.created_timestamp_column, source.created_timestamp_column or ""),
        ttl=view.ttl or None,
    )


class _Job(RetrievalJob):
    """A job whose result can be saved as a dataset."""

    def persist(
        self,
        storage: SavedDatasetStorage,
        allow_overwrite: bool = False,
        timeout: int | None = None,
    ) -> None:
        """Write the result to a Parquet file.

        Raises
        ------
        FeatureRepoError
            If the dataset is not to lie in a file.
        SavedDatasetLocationAlreadyExists
            If something is there and must not be overwritten.
        """
        if not isinstance(storage, SavedDatasetFileStorage):
            raise FeatureRepoError("datasets are saved as Parquet files; name a SavedDatasetFileStorage")
        path = Path(storage.file_options.uri)
        if path.exists() and not allow_overwrite:
            raise SavedDatasetLocationAlreadyExists(location=str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.unfinished")
        pq.write_table(self.to_arrow(timeout=timeout), unfinished)
        unfinished.replace(path)

    def _to_df_internal(self, timeout: int | None = None) -> pd.DataFrame:
        frame: pd.DataFrame = self._to_arrow_internal(timeout).to_pandas()
        return frame


class TableJob(_Job):
    """Rows of a table, by a statement of SQL.

    Parameters
    ----------
    limits : AsOfOfflineStoreConfig
        What may be used of the machine.
    sql : str
        The statement.
    """

    def __init__(self, limits: Any, sql: str) -> None:
        self._limits = limits
        self._sql = sql

    def _to_arrow_internal(self, timeout: int | None = None) -> pa.Table:  # noqa: ARG002 (Feast's interface)
        with opened(self._limits.memory_limit, self._limits.threads) as connection:
            return connection.execute(self._sql).to_arrow_table()

    def to_sql(self) -> str:
        """The statement."""
        return self._sql

    @property
    def full_feature_names(self) -> bool:
        """Whether names begin with their view's: they do not."""
        return False

    @property
    def on_demand_feature_views(self) -> list[OnDemandFeatureView]:
        """Views to be computed from the result: none."""
        return []

    @property
    def metadata(self) -> RetrievalMetadata | None:
        """What a saved dataset is described by: nothing here."""
        return None


class AsOfJob(_Job):
    """The features of each row of a spine.

    Parameters
    ----------
    limits : AsOfOfflineStoreConfig
        What may be used of the machine.
    spine : DataFrame or str
        The spine, or SQL that gives it.
    asked : sequence of Asked
        What is asked of each view.
    feature_refs : sequence of str
        The references to features, as Feast has them.
    on_demand : list of OnDemandFeatureView
        Views to be computed from the result.
    kinds : mapping of str to ValueType
        Type of each join key of the views.
    full_names : bool
        Whether names begin with their view's.
    creation_counts : bool
        Whether values are seen only once they were created.
    """

    def __init__(
        self,
        limits: Any,
        spine: pd.DataFrame | str,
        asked: Sequence[Asked],
        feature_refs: Sequence[str],
        on_demand: list[OnDemandFeatureView],
        *,
        kinds: Mapping[str, ValueType],
        full_names: bool,
        creation_counts: bool,
    ) -> None:
        self._limits = limits
        self._given = spine
        self._asked = asked
        self._refs = list(feature_refs)
        self._on_demand = on_demand
        self._kinds = kinds
        self._full_names = full_names
        self._creation_counts = creation_counts

    def _to_arrow_internal(self, timeout: int | None = None) -> pa.Table:  # noqa: ARG002 (Feast's interface)
        spine = self._spine
        result = spine
        with opened(self._limits.memory_limit, self._limits.threads) as connection:
            for asked in self._asked:
                found = gather(connection, spine, self._moment, asked, creation_counts=self._creation_counts)
                for name in found.column_names:
                    result = result.append_column(name, found[name])
        return result

    @cached_property
    def _spine(self) -> pa.Table:
        """The spine, looked through."""
        if isinstance(self._given, str):
            with opened(self._limits.memory_limit, self._limits.threads) as connection:
                spine = connection.execute(self._given).to_arrow_table()
        else:
            spine = pa.Table.from_pandas(self._given, preserve_index=False).replace_schema_metadata(None)
        for column in dict.fromkeys(column for asked in self._asked for column in asked.keys.values()):
            self._require_key(spine, column)
        return _in_microseconds(spine, _moments_of(spine))

    @cached_property
    def _moment(self) -> str:
        return _moments_of(self._spine)

    def _require_key(self, spine: pa.Table, column: str) -> None:
        if column not in spine.column_names:
            raise FeatureRepoError(f"{column}: the spine lacks this column")
        kind = spine.schema.field(column).type
        own = {new for asked in self._asked for old, new in asked.keys.items() if self._kinds.get(old) in _WHOLE}
        if column in own and not pa.types.is_integer(kind):
            raise FeatureRepoError(f"{column}: whole numbers are wanted, not {kind}; give the bureau's own identifiers")

    @property
    def full_feature_names(self) -> bool:
        """Whether names begin with their view's."""
        return self._full_names

    @property
    def on_demand_feature_views(self) -> list[OnDemandFeatureView]:
        """Views that Feast computes from the result."""
        return self._on_demand

    @property
    def metadata(self) -> RetrievalMetadata:
        """What a saved dataset is described by."""
        moments = self._spine[self._moment]
        ends = pc.min_max(moments).as_py()
        keys = [name for name in self._spine.column_names if name != self._moment]
        return RetrievalMetadata(self._refs, keys, ends["min"], ends["max"])


def _moments_of(spine: pa.Table) -> str:
    """The column of moments: ``event_timestamp``, or the only one of that type."""
    of_type = [field.name for field in spine.schema if pa.types.is_timestamp(field.type)]
    if _EVENT in spine.column_names:
        column = _EVENT
    elif len(of_type) == 1:
        column = of_type[0]
    else:
        raise FeatureRepoError(f"{_EVENT}: the spine lacks this column, and {len(of_type)} others have moments")
    kind = spine.schema.field(column).type
    if not pa.types.is_timestamp(kind) or kind.tz is None:
        raise FeatureRepoError(f"{column}: moments with a time zone are wanted, not {kind}; give them in UTC")
    if spine[column].null_count:
        raise FeatureRepoError(
            f"{column}: a moment is missing in {spine[column].null_count} of {spine.num_rows} rows; leave them out"
        )
    return column


def _in_microseconds(spine: pa.Table, column: str) -> pa.Table:
    """The spine with moments as DuckDB has them; parts of a microsecond are cut off."""
    kind = spine.schema.field(column).type
    place = spine.column_names.index(column)
    moments = spine[column]
    if kind.unit == "ns":
        moments = pc.floor_temporal(moments, unit="microsecond")
    return spine.set_column(place, column, moments.cast(pa.timestamp("us", tz=kind.tz)))
