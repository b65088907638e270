"""The feature repository of a home: applying definitions, training sets, the online store."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import repeat
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from feast import FeatureService, FeatureStore, RepoConfig
from feast.repo_config import FeastConfigBaseModel
from pydantic import SecretStr, ValidationError

from feature_repo.errors import FeatureRepoError
from feature_repo.materialising import Materialisation, materialise, packed_store, records, values_of
from feature_repo.objects import CONSUMER, feature_service, feature_views
from feature_repo.offline import AsOfOfflineStore, write_table
from feature_repo.on_demand import stated_ratios
from feature_repo.online import PackedSqliteOnlineStore
from feature_repo.packed import Layout, Packed, microseconds, moment_of
from feature_repo.valkey_store import PackedValkeyOnlineStoreConfig
from feature_repo.vector import OnlineVector
from features.changes import few
from features.sets import FeatureSet

if TYPE_CHECKING:
    from bureau.history import History

__all__ = ["Repository", "open_repository", "repo_config"]

_KEYS: Final = ("consumer_id", "event_timestamp")


def repo_config(folder: Path, online_store: FeastConfigBaseModel | None = None) -> RepoConfig:
    """Feast's configuration with its registry in `folder`.

    Parameters
    ----------
    folder : Path
        The folder.
    online_store : FeastConfigBaseModel, optional
        Configuration of another online store, such as
        :class:`feature_repo.valkey_store.PackedValkeyOnlineStoreConfig`; by default a SQLite file in
        `folder`. As an object, not as a dict: Feast shows a dict as it is, passwords included.
    """
    return RepoConfig(
        project="tradeline",
        provider="local",
        registry={"registry_type": "file", "path": str(folder / "registry.db"), "cache_ttl_seconds": 0},
        online_store=online_store or {"type": _class_path(PackedSqliteOnlineStore), "path": str(folder / "online.db")},
        offline_store={"type": _class_path(AsOfOfflineStore)},
        entity_key_serialization_version=3,
        coerce_tz_aware=False,
    )


def _class_path(store: type) -> str:
    return f"{store.__module__}.{store.__qualname__}"


@dataclass(frozen=True)
class Repository:
    """Feast over the feature tables of one home.

    Parameters
    ----------
    folder : Path
        Where Feast's registry and online store are.
    tables : Path
        Folder of the feature tables, one folder a view.
    online_store : FeastConfigBaseModel, optional
        Configuration of an online store elsewhere (:func:`repo_config`).
    """

    folder: Path
    tables: Path
    online_store: FeastConfigBaseModel | None = None
    _plans: dict[str, _Plan] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def store(self) -> FeatureStore:
        """Feast's own client."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return FeatureStore(config=repo_config(self.folder, self.online_store))

    def apply(self, features: FeatureSet) -> FeatureService:
        """Bring Feast's registry up to the catalogue for a portfolio; its feature service."""
        views = feature_views(features.catalogue, self.tables, features.views)
        service = feature_service(features, views)
        on_demand = stated_ratios(features)
        objects = [CONSUMER, *views.values(), service, *([] if on_demand is None else [on_demand])]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "On demand feature view is an experimental feature")
            self.store.apply(objects)
        self._plans.clear()
        return service

    # -- training sets --------------------------------------------------------------------------------

    def training_frame(self, features: FeatureSet, spine: pd.DataFrame, now: datetime | None = None) -> pd.DataFrame:
        """The counted features of each row of a spine, as known at its moment.

        Parameters
        ----------
        features : FeatureSet
            Whose features.
        spine : DataFrame
            ``consumer_id`` (whole numbers) and ``event_timestamp`` (with a time zone), and any
            other columns.
        now : datetime, optional
            The present, with a time zone; a later moment is refused.

        Returns
        -------
        DataFrame
            The spine, row for row and in its order, with one float column a counted feature.
            A consumer of whom nothing was known by then has missing values; values whose created
            timestamp lies after the row's moment are not used.

        Raises
        ------
        FeatureRepoError
            If the spine lacks a column or has one of another type, or a moment is missing or is still to come.
        """
        _require_spine(spine, now)
        job = self.store.get_historical_features(
            entity_df=spine[list(_KEYS)],
            features=self.store.get_feature_service(features.service),
            filter_by_created_timestamp=True,
        )
        frame: pd.DataFrame = job.to_df()
        return pd.concat([spine, frame[list(features.counted)].set_axis(spine.index)], axis="columns")

    # -- the online store -----------------------------------------------------------------------------

    def materialise(self, features: FeatureSet, tables: Mapping[str, Path], **how: int) -> Materialisation:
        """Write computed feature tables to the online store, where they are read once they pass the parity check.

        A row older than the one there is left out.

        Parameters
        ----------
        features : FeatureSet
            Whose features; they were applied.
        tables : mapping of str to Path
            View to the Parquet table that was computed.
        **how : int
            ``sample`` and ``seed`` of the check (:func:`feature_repo.materialising.materialise`).

        Raises
        ------
        ParityBroken
            If a value online is not, bit for bit, that of the offline store; nothing is changed then.
        """
        wanted = {view: tables[view] for view in features.views}
        return materialise(self.store, features.service, wanted, self.folder, **how)

    @property
    def materialisations(self) -> list[Materialisation]:
        """The record of all materialisations, the oldest first."""
        return records(self.folder)

    def online_vector(self, features: FeatureSet, consumer_id: int) -> OnlineVector | None:
        """What the online store knows of a consumer; None if nothing.

        The rows are read through our own store class, without the answer that Feast builds value
        by value; :meth:`feast_vector` asks Feast for the same.

        Raises
        ------
        FeatureRepoError
            If a row was written under another definition of its view, or the store cannot be reached.
        """
        return self.online_vectors(features, [consumer_id])[0]

    def online_vectors(self, features: FeatureSet, consumer_ids: Sequence[int]) -> list[OnlineVector | None]:
        """The same for many consumers, in their order, read in one go."""
        plan = self._plan(features)
        rows = packed_store(self.store).fetch(self.store.config, plan.views, consumer_ids)
        return [plan.vector(row) for row in rows]

    def feast_vector(self, features: FeatureSet, consumer_id: int) -> OnlineVector | None:
        """The same as :meth:`online_vector`, as Feast answers; missing values become NaN."""
        plan = self._plan(features)
        response = self.store.get_online_features(features=plan.service, entity_rows=[{"consumer_id": consumer_id}])
        values: dict[str, float] = {}
        moments: dict[str, datetime] = {}
        for name, result in zip(response.proto.metadata.feature_names.val, response.proto.results, strict=True):
            if name == "consumer_id":
                continue
            value, stamp = result.values[0], result.event_timestamps[0]
            values[name] = value.double_val if value.WhichOneof("val") else float("nan")
            if stamp.seconds or stamp.nanos:
                moments[plan.view_of[name]] = stamp.ToDatetime(UTC)
        return OnlineVector(values, moments) if moments else None

    def remove(self, consumer_ids: Iterable[int]) -> None:
        """Take consumers out of the online store, for example those who were erased.

        Raises
        ------
        FeatureRepoError
            If the store cannot be reached.
        """
        packed_store(self.store).remove(self.store.config, consumer_ids)

    def refresh(
        self, history: History, features: FeatureSet, consumer_ids: Iterable[int], at: datetime, currency: str
    ) -> int:
        """Compute the features of a few consumers anew from the history, and write them offline and online.

        What follows an event that concerns them: a payment, a correction, a dispute. After an ingest,
        :func:`features.changes.changed_since` says of whom something became known. The rows are kept
        beside the tables of the views, so that a training set as of `at` sees what was served.

        Parameters
        ----------
        history : History
            The credit history.
        features : FeatureSet
            Whose features; they were applied.
        consumer_ids : iterable of int
            The consumers; one that nobody knows gets missing values.
        at : datetime
            As of when, with a time zone; the present, as a rule. A newer row online stays.
        currency : str
            Currency of the amounts.

        Returns
        -------
        int
            Number of rows written, one a consumer and view.
        """
        tables = few(history, features, consumer_ids, at, currency, self.tables)
        online, moment = packed_store(self.store), microseconds(at)
        for place in self._plan(features).places:
            path, rows = tables[place.layout.view]
            path.parent.mkdir(parents=True, exist_ok=True)
            write_table(rows, path)
            pieces = place.layout.pack(values_of(rows, place.layout.names))
            ids = rows["consumer_id"].to_pylist()
            online.put(self.store.config, place.layout, zip(ids, repeat(moment, len(ids)), pieces, strict=True))
        return sum(rows.num_rows for _, rows in tables.values())

    def _plan(self, features: FeatureSet) -> _Plan:
        if features.service not in self._plans:
            service = self.store.get_feature_service(features.service)
            places = []
            for projection in service.feature_view_projections:
                layout = Layout.of(self.store.get_feature_view(projection.name))
                places.append(_Place(layout, tuple(field.name for field in projection.features)))
            self._plans[features.service] = _Plan(service, tuple(places))
        return self._plans[features.service]


def open_repository(folder: Path, tables: Path, online_at: str | None = None) -> Repository:
    """Feast over the feature tables of a home.

    Parameters
    ----------
    folder, tables : Path
        As for :class:`Repository`.
    online_at : str, optional
        The URL of a Valkey or Redis server for the online features
        (:class:`feature_repo.valkey_store.PackedValkeyOnlineStoreConfig`); by default a SQLite file in `folder`.

    Raises
    ------
    FeatureRepoError
        If it is the URL of something else; the error does not repeat it.
    """
    if online_at is None:
        return Repository(folder, tables)
    try:
        return Repository(folder, tables, PackedValkeyOnlineStoreConfig(connection_string=SecretStr(online_at)))
    except ValidationError:
        raise FeatureRepoError(
            "online features: the address is that of no Valkey or Redis server; "
            "write redis://[USER:PASSWORD@]HOST:PORT/DATABASE, or rediss:// for TLS"
        ) from None


def _require_spine(spine: pd.DataFrame, now: datetime | None) -> None:
    for name in _KEYS:
        if name not in spine:
            raise FeatureRepoError(f"{name}: the spine lacks this column; it needs {' and '.join(_KEYS)}")
    if not pd.api.types.is_integer_dtype(spine["consumer_id"]):
        raise FeatureRepoError("consumer_id: whole numbers are wanted; give the bureau's own identifiers")
    if not isinstance(spine["event_timestamp"].dtype, pd.DatetimeTZDtype):
        raise FeatureRepoError("event_timestamp: moments with a time zone are wanted; give them in UTC")
    if spine["event_timestamp"].isna().any():
        raise FeatureRepoError("event_timestamp: a moment is missing; leave out the rows without one")
    if now is not None and (later := int((spine["event_timestamp"] > now).sum())):
        raise FeatureRepoError(
            f"event_timestamp: after the present in {later} of {len(spine)} rows; ask for moments that have passed"
        )


@dataclass(frozen=True)
class _Place:
    """Where the features wanted of one view stand in a piece of the online store."""

    layout: Layout
    names: tuple[str, ...]

    @cached_property
    def missing(self) -> dict[str, float]:
        """The values of a consumer who has no row."""
        return dict.fromkeys(self.names, float("nan"))

    @cached_property
    def pick(self) -> Any:
        """Takes them out of the values of a piece."""
        columns = [self.layout.places[name] for name in self.names]
        return itemgetter(*columns) if len(columns) > 1 else lambda values: [values[column] for column in columns]


@dataclass(frozen=True)
class _Plan:
    """Where the features of a set stand in the online store, found out once."""

    service: FeatureService
    places: tuple[_Place, ...]

    @cached_property
    def views(self) -> list[str]:
        return [place.layout.view for place in self.places]

    @cached_property
    def view_of(self) -> dict[str, str]:
        return {name: place.layout.view for place in self.places for name in place.names}

    def vector(self, row: Sequence[Packed | None]) -> OnlineVector | None:
        """The vector in the pieces of a consumer; None if there is no piece."""
        values: dict[str, float] = {}
        moments: dict[str, datetime] = {}
        for place, packed in zip(self.places, row, strict=True):
            if packed is None:
                values.update(place.missing)
                continue
            moments[place.layout.view] = moment_of(packed[0])
            values.update(zip(place.names, place.pick(place.layout.unpack(packed[1])), strict=True))
        return OnlineVector(values, moments) if moments else None
