"""What ``feast apply`` registers: every view and feature service of the catalogue.

Feast imports the modules of this folder that ``.feastignore`` leaves, and takes the objects it
finds in them. They are made when Feast looks at them, from the home that ``feature_store.yaml``
names, so that importing this module does nothing.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from feature_repo.errors import FeatureRepoError
from features.sets import FEATURE_SETS


def __dir__() -> list[str]:
    """Names of the objects."""
    return sorted({"consumer", *_views(), *map(_attribute, FEATURE_SETS), *_objects_on_demand()})


def __getattr__(name: str) -> Any:
    """An object by its name."""
    if name not in __dir__():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    on_demand = _objects_on_demand()
    return on_demand[name] if name in on_demand else _objects()[name]


def _views() -> tuple[str, ...]:
    return tuple(dict.fromkeys(view for features in FEATURE_SETS.values() for view in features.views))


def _attribute(portfolio: str) -> str:
    return f"{portfolio.replace('-', '_')}_service"


@cache
def _objects_on_demand() -> dict[str, Any]:
    from feature_repo.on_demand import stated_ratios

    views = (stated_ratios(features) for features in FEATURE_SETS.values())
    return {view.name: view for view in views if view is not None}


@cache
def _objects() -> dict[str, Any]:
    from feast.repo_config import load_repo_config

    from feature_repo.objects import CONSUMER, feature_service, feature_views
    from features.definitions.all import CATALOGUE

    here = Path(__file__).resolve().parent
    home = Path(load_repo_config(here, here / "feature_store.yaml").online_store.path).parent.parent
    if not home.is_dir():
        raise FeatureRepoError(f"{home}: TRADELINE_HOME names no folder; make the home with `tradeline run`")
    views = feature_views(CATALOGUE, home / "features", _views())
    services = {_attribute(name): feature_service(features, views) for name, features in FEATURE_SETS.items()}
    return {"consumer": CONSUMER, **views, **services}
