"""Online stores under test: ours and Feast's own, on a file or on a real Valkey server, and what is asked of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig
from feast.types import Float64
from feast.value_type import ValueType

MOMENT = datetime(2024, 3, 31, tzinfo=UTC)
CONSUMER = Entity(name="consumer", join_keys=["consumer_id"], value_type=ValueType.INT64)
PACKED = ("packed sqlite", "packed valkey")
ONLINE_STORES = (*PACKED, "feast sqlite", "feast redis")


def online_store(kind: str, folder: Path, address: str) -> dict[str, Any]:
    """A configuration as it stands in ``feature_store.yaml``."""
    return {
        "packed sqlite": {"type": "feature_repo.online.PackedSqliteOnlineStore", "path": str(folder / "online.db")},
        "packed valkey": {
            "type": "feature_repo.valkey_store.PackedValkeyOnlineStore",
            "connection_string": f"redis://{address}/0",
        },
        "feast sqlite": {"type": "sqlite", "path": str(folder / "online.db")},
        "feast redis": {"type": "redis", "connection_string": f"{address},db=1"},
    }[kind]


def view(name: str, *features: str, folder: Path, dtype: Any = Float64, **tags: str) -> FeatureView:
    source = FileSource(name=f"{name}_table", path=str(folder / f"{name}.parquet"), timestamp_field="event_timestamp")
    return FeatureView(
        name=name,
        entities=[CONSUMER],
        ttl=timedelta(0),
        schema=[Field(name=feature, dtype=dtype) for feature in features],
        source=source,
        tags=tags,
    )


def open_store(folder: Path, online: dict[str, Any]) -> FeatureStore:
    config = RepoConfig(
        project="contract",
        provider="local",
        registry=str(folder / "registry.db"),
        online_store=online,
        offline_store={"type": "duckdb"},
        entity_key_serialization_version=3,
    )
    return FeatureStore(config=config)


def write(store: FeatureStore, name: str, moment: datetime = MOMENT, **columns: list[Any]) -> None:
    frame = pd.DataFrame(columns)
    frame["event_timestamp"] = pd.Series(moment, index=frame.index, dtype="datetime64[us, UTC]")
    store.write_to_online_store(name, frame)


def read(store: FeatureStore, features: list[str], consumers: list[int]) -> dict[str, list[Any]]:
    answer = store.get_online_features(features, [{"consumer_id": consumer} for consumer in consumers]).to_dict()
    return {name: [None if value is None or value != value else value for value in answer[name]] for name in answer}  # noqa: PLR0124
