"""The feature repository of a home: applying definitions, training sets, the online store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from feast import FeatureService, FeatureStore, RepoConfig
from feast.infra.online_stores.online_store import OnlineStore

from feature_repo.errors import FeatureRepoError
from feature_repo.objects import CONSUMER, feature_service, feature_views
from feature_repo.online import PackedSqliteOnlineStore, definition_digest, packed_names
from features.sets import FeatureSet

__all__ = ["OnlineVector", "Repository", "repo_config"]

_ROW: Final = "row of the spine"
_KEYS: Final = ("consumer_id", "event_timestamp")


@dataclass(frozen=True)
class OnlineVector:
    """What the online store knows of one consumer.

    Parameters
    ----------
    values : dict of str to float
        Counted features by name; NaN where missing.
    as_of : datetime
        The oldest moment (UTC) that one of its views speaks of.
    """

    values: dict[str, float]
    as_of: datetime


def repo_config(folder: Path) -> RepoConfig:
    """Feast's configuration with its registry and online store in `folder`."""
    return RepoConfig(
        project="tradeline",
        provider="local",
        registry={"registry_type": "file", "path": str(folder / "registry.db"), "cache_ttl_seconds": 0},
        online_store={
            "type": f"{PackedSqliteOnlineStore.__module__}.{PackedSqliteOnlineStore.__qualname__}",
            "path": str(folder / "online.db"),
        },
        offline_store={"type": "duckdb"},
        entity_key_serialization_version=3,
    )


@dataclass(frozen=True)
class Repository:
    """Feast over the feature tables of one home.

    Parameters
    ----------
    folder : Path
        Where Feast's registry and online store are.
    tables : Path
        Folder of the feature tables, one folder a view.
    """

    folder: Path
    tables: Path
    _plans: dict[str, _Plan] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def store(self) -> FeatureStore:
        """Feast's own client."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return FeatureStore(config=repo_config(self.folder))

    def apply(self, features: FeatureSet) -> FeatureService:
        """Bring Feast's registry up to the catalogue for a portfolio; its feature service."""
        views = feature_views(features.catalogue, self.tables, features.views)
        service = feature_service(features, views)
        self.store.apply([CONSUMER, *views.values(), service])
        self._plans.clear()
        return service

    def training_frame(self, features: FeatureSet, spine: pd.DataFrame) -> pd.DataFrame:
        """The counted features of each row of a spine, as known at its moment.

        Parameters
        ----------
        features : FeatureSet
            Whose features.
        spine : DataFrame
            ``consumer_id`` (whole numbers) and ``event_timestamp`` (with a time zone), and any
            other columns.

        Returns
        -------
        DataFrame
            The spine, row for row and in its order, with one float column a counted feature.
            A consumer of whom nothing was known by then has missing values; values whose created
            timestamp lies after the row's moment are not used.

        Raises
        ------
        FeatureRepoError
            If the spine lacks a column or has one of another type, or Feast gives back another
            number of rows.
        """
        _require_spine(spine)
        asked = spine.assign(**{_ROW: np.arange(len(spine))})
        job = self.store.get_historical_features(
            entity_df=asked, features=self.store.get_feature_service(features.service), filter_by_created_timestamp=True
        )
        frame: pd.DataFrame = job.to_df().sort_values(_ROW, ignore_index=True)
        if len(frame) != len(spine):
            raise FeatureRepoError(f"{features.service}: {len(frame)} rows came back for {len(spine)}")
        return pd.concat([spine, frame[list(features.counted)].set_axis(spine.index)], axis="columns")

    def materialise(self, features: FeatureSet, tables: Mapping[str, Path]) -> int:
        """Write computed feature tables to the online store; a row older than the one there is left out.

        Parameters
        ----------
        features : FeatureSet
            Whose features; they were applied.
        tables : mapping of str to Path
            View to the Parquet table that was computed.

        Returns
        -------
        int
            Number of rows read from the tables.
        """
        written = 0
        online = self.store.provider.online_store
        for view in features.views:
            table = self.store.get_feature_view(view)
            names = sorted(field.name for field in table.schema if field.name != "consumer_id")
            for batch in pq.ParquetFile(tables[view]).iter_batches(65536):
                columns = [batch.column(name).to_numpy(zero_copy_only=False) for name in names]
                moments = batch.column("event_timestamp").cast("int64").to_numpy()
                ids = batch.column("consumer_id").to_numpy()
                online.write(self.store.config, table, ids, moments, np.column_stack(columns).astype(np.float64))
                written += batch.num_rows
        return written

    def online_vector(self, features: FeatureSet, consumer_id: int) -> OnlineVector | None:
        """What the online store knows of a consumer; None if nothing.

        The rows are read through our own store class, without the answer that Feast builds value
        by value; :meth:`feast_vector` asks Feast for the same.

        Raises
        ------
        FeatureRepoError
            If a row was written under another definition of its view.
        """
        plan = self._plan(features)
        if not isinstance(plan.online, PackedSqliteOnlineStore):
            return self.feast_vector(features, consumer_id)
        values: dict[str, float] = {}
        moments: list[int] = []
        for place in plan.places:
            row = plan.online.read_row(self.store.config, place.view, place.digest, consumer_id)
            if row is None:
                values.update(place.missing)
                continue
            moments.append(row[0])
            values.update(zip(place.names, [row[1][column] for column in place.columns], strict=True))
        return OnlineVector(values, _whole_second(min(moments) / 1_000_000)) if moments else None

    def feast_vector(self, features: FeatureSet, consumer_id: int) -> OnlineVector | None:
        """The same, as Feast answers; missing values become NaN."""
        service = self._plan(features).service
        response = self.store.get_online_features(features=service, entity_rows=[{"consumer_id": consumer_id}])
        results = response.proto.results
        names = response.proto.metadata.feature_names.val
        values: dict[str, float] = {}
        moments: list[float] = []
        for name, result in zip(names, results, strict=True):
            if name == "consumer_id":
                continue
            value = result.values[0]
            values[name] = value.double_val if value.WhichOneof("val") else float("nan")
            seconds = result.event_timestamps[0].seconds
            if seconds > 0:
                moments.append(seconds)
        return OnlineVector(values, _whole_second(min(moments))) if moments else None

    def _plan(self, features: FeatureSet) -> _Plan:
        if features.service not in self._plans:
            service = self.store.get_feature_service(features.service)
            places = []
            for projection in service.feature_view_projections:
                view = self.store.get_feature_view(projection.name)
                stored = packed_names(view)
                names = tuple(field.name for field in projection.features)
                columns = tuple(stored.index(name) for name in names)
                places.append(_Place(projection.name, definition_digest(view), names, columns))
            self._plans[features.service] = _Plan(service, self.store.provider.online_store, tuple(places))
        return self._plans[features.service]


def _require_spine(spine: pd.DataFrame) -> None:
    for name in _KEYS:
        if name not in spine:
            raise FeatureRepoError(f"{name}: the spine lacks this column; it needs {' and '.join(_KEYS)}")
    if not pd.api.types.is_integer_dtype(spine["consumer_id"]):
        raise FeatureRepoError("consumer_id: whole numbers are wanted; give the bureau's own identifiers")
    if not isinstance(spine["event_timestamp"].dtype, pd.DatetimeTZDtype):
        raise FeatureRepoError("event_timestamp: moments with a time zone are wanted; give them in UTC")
    if spine["event_timestamp"].isna().any():
        raise FeatureRepoError("event_timestamp: a moment is missing; leave out the rows without one")


@dataclass(frozen=True)
class _Place:
    """Where the features wanted of one view stand in a row of the online store."""

    view: str
    digest: bytes
    names: tuple[str, ...]
    columns: tuple[int, ...]

    @cached_property
    def missing(self) -> dict[str, float]:
        """The values of a consumer who has no row."""
        return dict.fromkeys(self.names, float("nan"))


@dataclass(frozen=True)
class _Plan:
    """Where the features of a set stand in the online store, found out once."""

    service: FeatureService
    online: OnlineStore
    places: tuple[_Place, ...]


def _whole_second(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), tz=UTC)
