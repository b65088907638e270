"""Feast's objects, all derived from the catalogue."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource
from feast.types import Float64
from feast.value_type import ValueType

from feature_repo.packed import DEFINITION_TAG
from features.catalogue import Catalogue
from features.declaration import View
from features.sets import FeatureSet

__all__ = ["CONSUMER", "feature_service", "feature_views", "push_source"]

CONSUMER: Final = Entity(
    name="consumer",
    join_keys=["consumer_id"],
    value_type=ValueType.INT64,
    description="A person, under the bureau's own identifier",
)


def feature_views(catalogue: Catalogue, tables: Path, views: tuple[str, ...]) -> dict[str, FeatureView]:
    """A feature view for each view of the catalogue, over its folder of Parquet tables.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue.
    tables : Path
        Folder of the feature tables, one folder a view.
    views : tuple of str
        The views wanted.

    Returns
    -------
    dict of str to FeatureView
        By name, with the permitted features of each: what may not be used is not served either.

    Raises
    ------
    UnknownFeature
        If there is no such view.
    """
    return {name: _feature_view(catalogue, catalogue.view(name), tables) for name in views}


def push_source(view: str) -> str:
    """Name of the source to which values of a view are pushed; Feast's ``FeatureStore.push`` asks for it."""
    return f"{view}_push"


def _feature_view(catalogue: Catalogue, view: View, tables: Path) -> FeatureView:
    permitted = [item for item in catalogue.of_view(view.name) if item.use[0] == "permitted"]
    return FeatureView(
        name=view.name,
        entities=[CONSUMER],
        # A vector does not expire by itself: a fetch tells as of when it is, and policy judges that.
        ttl=timedelta(0),
        schema=[Field(name=item.name, dtype=Float64, description=item.meaning) for item in permitted],
        source=PushSource(
            name=push_source(view.name),
            batch_source=FileSource(
                name=f"{view.name}_table",
                path=str(tables / catalogue.table_folder(view.name) / "*.parquet"),
                timestamp_field="event_timestamp",
                created_timestamp_column="created_timestamp",
            ),
        ),
        description=view.title,
        online=True,
        tags={DEFINITION_TAG: catalogue.fingerprint(item.name for item in permitted)},
    )


def feature_service(features: FeatureSet, views: dict[str, FeatureView]) -> FeatureService:
    """The feature service of a portfolio, named after the fingerprint of its definitions."""
    wanted = set(features.counted)
    return FeatureService(
        name=features.service,
        features=[
            views[view][[item.name for item in features.catalogue.of_view(view) if item.name in wanted]]
            for view in features.views
        ],
        description=f"Features of {features.portfolio}, definitions {features.fingerprint}",
    )
