"""Feast's objects say what the catalogue says."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from pathlib import Path

import pytest
from feast.types import Float64

from feature_repo.objects import CONSUMER, feature_service, feature_views
from feature_repo.packed import DEFINITION_TAG, definition_digest
from features.catalogue import Catalogue
from features.definitions.all import CATALOGUE
from features.sets import FEATURE_SETS, FeatureSet

EVERY_SET = pytest.mark.parametrize("features", FEATURE_SETS.values(), ids=FEATURE_SETS)


@EVERY_SET
def test_views_hold_the_permitted_features_and_no_other(features: FeatureSet, tmp_path: Path) -> None:
    for name, view in feature_views(CATALOGUE, tmp_path, features.views).items():
        permitted = [item for item in CATALOGUE.of_view(name) if item.use[0] == "permitted"]
        fields = [field for field in view.schema if field.name != "consumer_id"]
        assert {field.name: (field.dtype, field.description) for field in fields} == {
            item.name: (Float64, item.meaning) for item in permitted
        }
        assert view.description == CATALOGUE.view(name).title


@EVERY_SET
def test_service_holds_the_counted_features_of_its_set(features: FeatureSet, tmp_path: Path) -> None:
    service = feature_service(features, feature_views(CATALOGUE, tmp_path, features.views))
    served = [field.name for projection in service.feature_view_projections for field in projection.features]
    assert served == list(features.counted)
    assert service.name == features.service
    assert service.name.startswith(features.portfolio)


def test_other_definitions_have_another_service_folder_and_digest(tmp_path: Path) -> None:
    features = FEATURE_SETS["taiwan"]
    first = CATALOGUE.features[CATALOGUE.features.index(CATALOGUE["card_limit_latest"])]  # type: ignore[arg-type]
    changed = dataclasses.replace(first, sql="min(credit_limit)")
    items = tuple(changed if item is first else item for item in CATALOGUE.features)
    other = dataclasses.replace(features, catalogue=Catalogue(CATALOGUE.views, items, CATALOGUE.derived))
    before, after = (feature_views(each.catalogue, tmp_path, each.views)["card_months"] for each in (features, other))
    assert features.service != other.service
    assert before.batch_source.path != after.batch_source.path
    assert before.tags[DEFINITION_TAG] != after.tags[DEFINITION_TAG]
    assert definition_digest(before) != definition_digest(after)


def test_consumers_are_known_by_number() -> None:
    assert CONSUMER.join_key == "consumer_id"
    assert CONSUMER.value_type.name == "INT64"


def test_no_file_of_the_folder_hides_a_package() -> None:
    folder = Path(__file__).parents[2] / "feature_repo"
    packages = {path.name for path in folder.parent.iterdir() if (path / "__init__.py").is_file()}
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert not files & (packages | set(sys.stdlib_module_names))
    assert not [path for path in folder.rglob("*") if "test" in path.name]
    ignored = {line for line in (folder / ".feastignore").read_text().splitlines() if not line.startswith("#")}
    assert ignored == {f"{name}.py" for name in files - {"registered"}}


def test_importing_what_is_registered_makes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRADELINE_HOME", raising=False)
    spec = importlib.util.find_spec("feature_repo.registered")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert {"consumer", "card_months", "home_credit_service", "taiwan_service"} <= set(dir(module))
    assert "protected" not in dir(module)
    with pytest.raises(AttributeError, match="no attribute 'horoscope'"):
        module.horoscope  # noqa: B018
