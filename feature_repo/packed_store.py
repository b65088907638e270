"""What the packed online stores have in common: Feast's interface, over a few operations on pieces.

A store holds, for each consumer and view, one piece (:mod:`feature_repo.packed`). A whole new
generation of pieces can be written beside those that are read (:meth:`PackedOnlineStore.stage`),
looked at, and then made current for all its views in one step, or thrown away.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from feast import FeatureView, RepoConfig, utils
from feast.infra.online_stores.online_store import OnlineStore
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value

from feature_repo.errors import FeatureRepoError
from feature_repo.packed import Layout, Packed, microseconds, moment_of

__all__ = ["PackedOnlineStore"]

_Read = list[tuple[datetime | None, dict[str, Value] | None]]


class PackedOnlineStore(OnlineStore):
    """Feast's view of packed pieces; values are doubles, a missing value is NaN."""

    @abstractmethod
    def put(self, config: RepoConfig, layout: Layout, rows: Iterable[tuple[int, int, bytes]]) -> None:
        """Write pieces that are read at once.

        Parameters
        ----------
        config : RepoConfig
            Feast's configuration.
        layout : Layout
            The view's.
        rows : iterable of tuple
            Consumer, moment in microseconds, piece. One older than the piece that is there is left
            out, unless that one was written under another definition.
        """

    @abstractmethod
    def fetch(self, config: RepoConfig, views: Sequence[str], consumer_ids: Sequence[int]) -> list[list[Packed | None]]:
        """The pieces of consumers, all read in one go: for each consumer one a view, None where there is none."""

    @abstractmethod
    def stage(
        self, config: RepoConfig, generation: str, layout: Layout, rows: Iterable[tuple[int, int, bytes]]
    ) -> None:
        """Write pieces of a generation that is not read yet; parameters as for :meth:`put`."""

    @abstractmethod
    def staged(
        self, config: RepoConfig, generation: str, view: str, consumer_ids: Sequence[int]
    ) -> list[Packed | None]:
        """The pieces of a generation that is not read yet, for each consumer."""

    @abstractmethod
    def promote(self, config: RepoConfig, generation: str, views: Sequence[str], consumer_ids: Iterable[int]) -> None:
        """Make a generation the one that is read, for all its views in one step.

        Of two pieces the newer is kept, so what was written one by one in the meantime is not lost.

        Parameters
        ----------
        config : RepoConfig
            Feast's configuration.
        generation : str
            Its name.
        views : sequence of str
            The views it has pieces of.
        consumer_ids : iterable of int
            Whose.
        """

    @abstractmethod
    def remove(self, config: RepoConfig, consumer_ids: Iterable[int]) -> None:
        """Remove the pieces of consumers, those of generations that are not read yet too.

        Parameters
        ----------
        config : RepoConfig
            Feast's configuration.
        consumer_ids : iterable of int
            Whose.
        """

    @abstractmethod
    def discard(self, config: RepoConfig, generation: str, views: Sequence[str], consumer_ids: Iterable[int]) -> None:
        """Throw a generation away; parameters as for :meth:`promote`."""

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
        layout = Layout.of(table)
        self.put(config, layout, zip(consumer_ids.tolist(), moments.tolist(), layout.pack(values), strict=True))

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
        layout = Layout.of(table)
        values = [[_number(name, row.get(name)) for name in layout.names] for _, row, _, _ in data]
        pieces = layout.pack(np.array(values, dtype=np.float64).reshape(len(data), len(layout.names)))
        self.put(
            config,
            layout,
            [
                (_consumer_id(key), microseconds(moment), piece)
                for (key, _, moment, _), piece in zip(data, pieces, strict=True)
            ],
        )
        if progress is not None:
            progress(len(data))

    def online_read(
        self,
        config: RepoConfig,
        table: FeatureView,
        entity_keys: list[EntityKey],
        requested_features: list[str] | None = None,
    ) -> _Read:
        """The rows of these consumers, in their order; ``(None, None)`` where there is none.

        Raises
        ------
        FeatureRepoError
            If a row was written under another definition of the view.
        """
        layout = Layout.of(table)
        wanted = requested_features or list(layout.names)
        pieces = self.fetch(config, [layout.view], [_consumer_id(key) for key in entity_keys])
        return [_row(layout, wanted, piece) for (piece,) in pieces]

    def _read_features_per_fv(
        self,
        config: RepoConfig,
        grouped_refs: list[tuple[FeatureView, list[str]]],
        join_key_values: dict[str, list[Value]],
        entity_name_to_join_key_map: dict[str, str],
        online_features_response: Any,
        full_feature_names: bool,
        include_feature_view_version_metadata: bool,
    ) -> None:
        """Read all views of an answer in one go; Feast's own way asks for one view after the other.

        Feast offers this method for being overridden by stores that can read several views at once.
        """
        asked = []
        for table, _ in grouped_refs:
            rows, places, length = utils._get_unique_entities(table, join_key_values, entity_name_to_join_key_map)
            ids = [_consumer_id(key) for key in utils._get_entity_key_protos(rows)]
            asked.append((ids, places, length))
        if any(ids != asked[0][0] for ids, *_ in asked):  # views that are joined by different entities
            super()._read_features_per_fv(
                config,
                grouped_refs,
                join_key_values,
                entity_name_to_join_key_map,
                online_features_response,
                full_feature_names,
                include_feature_view_version_metadata,
            )
            return
        layouts = [Layout.of(table) for table, _ in grouped_refs]
        pieces = self.fetch(config, [layout.view for layout in layouts], asked[0][0]) if asked else []
        for number, (table, wanted) in enumerate(grouped_refs):
            _, places, length = asked[number]
            utils._populate_response_from_feature_data(
                wanted,
                [_row(layouts[number], wanted, row[number]) for row in pieces],
                places,
                online_features_response,
                full_feature_names,
                table,
                length,
                include_feature_view_version_metadata,
            )


def _row(layout: Layout, wanted: list[str], packed: Packed | None) -> tuple[datetime | None, dict[str, Value] | None]:
    if packed is None:
        return None, None
    moment, piece = packed
    values, places = layout.unpack(piece), layout.places
    return moment_of(moment), {name: _value(values[places[name]]) for name in wanted}


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
