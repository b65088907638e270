"""From served features to the vectors a model reads, and statements in a request."""

from __future__ import annotations

import numpy as np
import pytest

from features.definitions.all import CATALOGUE
from features.errors import FeatureError
from features.sets import FEATURE_SETS, FeatureSet, feature_set
from features.vectors import application_fields, from_application, matrix

HOME_CREDIT = feature_set("home-credit")
EVERY_SET = pytest.mark.parametrize("features", FEATURE_SETS.values(), ids=FEATURE_SETS)


@EVERY_SET
def test_matrix_holds_the_named_features_in_order(features: FeatureSet) -> None:
    rng = np.random.default_rng(1)
    counted = {name: rng.normal(size=5) for name in features.counted}
    names = features.names[::-1]
    values = matrix(features, counted, names)
    assert values.shape == (5, len(names))
    assert values.flags.c_contiguous
    for column, name in enumerate(names):
        item = CATALOGUE[name]
        wanted = counted[name] if name in counted else item.expression(counted)  # type: ignore[union-attr]
        np.testing.assert_array_equal(values[:, column], wanted)


def test_matrix_of_one_row_equals_the_row_of_a_table() -> None:
    rng = np.random.default_rng(2)
    counted = {name: np.where(rng.random(50) < 0.3, np.nan, rng.normal(size=50)) for name in HOME_CREDIT.counted}
    table = matrix(HOME_CREDIT, counted, HOME_CREDIT.names)
    for row in range(50):
        alone = {name: column[row : row + 1] for name, column in counted.items()}
        np.testing.assert_array_equal(matrix(HOME_CREDIT, alone, HOME_CREDIT.names)[0], table[row])


def test_statements_in_words_and_numbers() -> None:
    stated = {"education": " Higher Education ", "housing": "With parents", "income": 30_000, "employment_months": 12.5}
    assert from_application(HOME_CREDIT, stated) == {
        "education_level": 3.0,
        "housing_level": 0.0,
        "income": 30_000.0,
        "employment_months": 12.5,
    }


def test_unknown_word_counts_as_not_stated() -> None:
    values = from_application(HOME_CREDIT, {"education": "School of life", "occupation": None})
    assert np.isnan(values["education_level"])
    assert np.isnan(values["occupation_level"])


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf")])
def test_number_that_is_none_counts_as_not_stated(value: float | None) -> None:
    assert np.isnan(from_application(HOME_CREDIT, {"income": value})["income"])


def test_text_where_a_number_belongs_is_refused_without_its_value() -> None:
    with pytest.raises(FeatureError, match=r"^income: a number is wanted, not a text$"):
        from_application(HOME_CREDIT, {"income": "a lot"})


@pytest.mark.parametrize("name", ["shoe_size", "card_utilisation_latest", "education_level", "applicant_age", "sex"])
def test_unknown_field_is_refused_by_name(name: str) -> None:
    with pytest.raises(FeatureError, match=f"^{name}: no field of an application of home-credit$"):
        from_application(HOME_CREDIT, {name: 1.0})


def test_portfolio_without_an_application_takes_no_statement() -> None:
    assert application_fields(feature_set("taiwan")) == {}
    with pytest.raises(FeatureError, match="income: no field of an application of taiwan"):
        from_application(feature_set("taiwan"), {"income": 1.0})


def test_every_level_can_be_stated() -> None:
    for field, item in application_fields(HOME_CREDIT).items():
        for word, level in item.levels.items():
            assert from_application(HOME_CREDIT, {field: word.upper()}) == {item.name: level}
