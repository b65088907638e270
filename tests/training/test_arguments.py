"""What is given beside the table: it is taken for what it is, or refused in one sentence."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from training import CreditRiskModel
from training.arguments import bad_label_among, boosting_of, directions_of, groups_of, labels_of, seed_of
from training.boosting import LIMITS, BoostingParameters
from training.errors import UnfitArgument, UnfitTable
from training.tuning.space import space_for

FRAME = pd.DataFrame({"a": np.random.default_rng(8).normal(size=160)})
IS_BAD = FRAME["a"] + np.random.default_rng(9).normal(size=160) > 0
SMALL = {"rounds": 5, "min_data_in_leaf": 10}


@pytest.mark.parametrize(
    ("outcomes", "kind"),
    [
        (pd.Series([True, False], dtype="boolean"), "bool"),
        (pd.Series([0, 1], dtype="Int8"), "int8"),
        (pd.Series([0, 1], dtype="Float64"), "float64"),
        (pd.array([True, False], dtype="boolean"), "bool"),
        (pd.Series([True, False], dtype="bool[pyarrow]"), "bool"),
        (pd.Series(["bad", "good"], dtype="string"), "object"),
        (pd.Series(["bad", "good"], dtype="category"), "object"),
        (np.array([0, 1]), "int64"),
        ([True, False], "bool"),
    ],
    ids=lambda value: str(getattr(value, "dtype", value)),
)
def test_outcomes_are_what_they_were(outcomes: Any, kind: str) -> None:
    labels = labels_of(outcomes)
    assert labels.dtype == np.dtype(kind)
    assert labels.tolist() == list(outcomes)


@pytest.mark.parametrize("kind", ["boolean", "Int64"])
def test_what_is_predicted_is_what_was_given(kind: Any) -> None:
    model = CreditRiskModel(parameters=SMALL).fit(FRAME, IS_BAD.astype(kind))
    assert model.classes_.dtype == model.predict(FRAME).dtype == ("bool" if kind == "boolean" else "int64")
    assert model.parameters_ == BoostingParameters(rounds=5, min_data_in_leaf=10)


@pytest.mark.parametrize(
    "outcomes",
    [pd.Series([1, None], dtype="Int64"), pd.Series(["a", None], dtype="string"), ["a", None], [1.0, np.nan]],
    ids=["Int64", "string", "objects", "floats"],
)
def test_an_outcome_that_is_missing_is_told(outcomes: Any) -> None:
    with pytest.raises(ValueError, match="Input y contains NaN"):
        labels_of(outcomes)


@pytest.mark.parametrize(
    ("outcomes", "types"),
    [
        (np.array(["good", 1], dtype=object), "int, str"),
        (pd.Series(pd.Categorical([1, "good"])), "int, str"),
        (np.array([True, "no"], dtype=object), "bool, str"),
        (pd.to_datetime(["2024-01-01", "2025-01-01"]), "Timestamp"),
        (pd.Series([date(2024, 1, 1), date(2025, 1, 1)]), "date"),
        (pd.to_timedelta([1, 2], unit="D"), "Timedelta"),
        (pd.PeriodIndex(["2024-01", "2024-02"], freq="M"), "Period"),
        ([b"good", b"bad"], "bytes"),
    ],
    ids=[
        "texts and numbers",
        "category",
        "truths and texts",
        "moments",
        "dates",
        "durations",
        "periods",
        "bytes",
    ],
)
def test_outcomes_that_are_no_labels(outcomes: Any, types: str) -> None:
    with pytest.raises(UnfitTable, match=f"y has labels of type {types}; give numbers, texts or truth values, all of"):
        labels_of(outcomes)


@pytest.mark.parametrize("wanted", [2, "1", [1], np.array([1]), (1,), pd.NA], ids=repr)
def test_a_label_of_bad_that_is_none(wanted: Any) -> None:
    assert bad_label_among(np.array([0, 1]), np.int64(0)) == 0
    with pytest.raises(UnfitArgument, match=r"bad_label .* is none of the labels in y; give one of them"):
        bad_label_among(np.array([0, 1]), wanted)


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (np.array(["a", None], dtype=object), "groups has 1 missing values"),
        (pd.Series([1, None], dtype="Int64"), "groups has 1 missing values"),
        ([np.nan, np.nan], "groups has 2 missing values"),
        (np.array(["a", 1], dtype=object), "groups has values that have no order"),
        ([1, 2, 3], "inconsistent numbers of samples"),
    ],
    ids=["texts", "nullable", "floats", "mixed", "more than rows"],
)
def test_groups_that_are_none(groups: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        groups_of(groups, FRAME.head(2))


def test_groups_may_be_nullable() -> None:
    assert groups_of(None, FRAME) is None
    groups = groups_of(pd.Series([7, 7], dtype="Int64"), FRAME.head(2))
    assert groups is not None
    assert (groups.dtype, groups.tolist()) == (np.dtype("int64"), [7, 7])


def test_parameters_may_be_a_mapping() -> None:
    assert boosting_of({"num_leaves": 3}) == BoostingParameters(num_leaves=3)
    assert boosting_of(BoostingParameters(rounds=7)) == BoostingParameters(rounds=7)
    with pytest.raises(UnfitArgument, match="parameters has n_leaves, which is none of rounds, learning_rate"):
        boosting_of({"n_leaves": 3})
    with pytest.raises(UnfitArgument, match="parameters is a list; give BoostingParameters, or a mapping"):
        boosting_of([3])  # type: ignore[arg-type]


def test_every_parameter_has_limits_and_all_that_is_tuned_is_within() -> None:
    default = BoostingParameters()
    assert list(LIMITS) == list(asdict(default))
    assert boosting_of(default) == default
    for rows, columns in ((100, 1), (10_000, 30), (10_000_000, 2_000)):
        for tuned in space_for(rows, columns).ranges:
            assert LIMITS[tuned.name].hold(tuned.low)
            assert LIMITS[tuned.name].hold(tuned.high)


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize(
    "value", ["x", None, True, -2, np.inf, np.nan, 1e9, 10**400, [0.5], np.array([1, 2])], ids=repr
)
def test_parameters_that_are_no_such_numbers(name: str, value: Any) -> None:
    words = rf"parameters: {name} is [^\n]*; give a (whole )?number (from|above) -?\d[^\n]*$"
    with pytest.raises(UnfitArgument, match=words):
        boosting_of({name: value})
    with pytest.raises(UnfitArgument, match=words):
        boosting_of(BoostingParameters(**{name: value}))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rounds": 0}, "rounds is 0; give a whole number from 1 to 100,000"),
        ({"rounds": 2.5}, "rounds is 2.5; give a whole number from 1 to"),
        ({"learning_rate": 0}, "learning_rate is 0; give a number above 0, up to 1"),
        ({"learning_rate": "a" * 999}, "learning_rate is 'a{59}...; give a number above 0"),
        ({"feature_fraction": 1.01}, "feature_fraction is 1.01; give a number above 0, up to 1"),
        ({"num_leaves": 1}, "num_leaves is 1; give a whole number from 2 to 131,072"),
        ({"lambda_l2": -1}, "lambda_l2 is -1; give a number from 0 to 1,000,000"),
        ({"bagging_fraction": 0.001}, "bagging_fraction is 0.001, of 160 rows, which draws none; give more"),
    ],
    ids=str,
)
def test_the_error_of_a_parameter_says_what_it_may_be(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UnfitArgument, match=f"^parameters: {words}"):
        CreditRiskModel(parameters=given).fit(FRAME, IS_BAD)


def test_parameters_may_be_numbers_of_any_library() -> None:
    given = {"rounds": np.int64(7), "max_depth": np.int8(-1), "learning_rate": 1, "lambda_l2": np.float32(0.5)}
    parameters = boosting_of(given)
    assert parameters == BoostingParameters(rounds=7, max_depth=-1, learning_rate=1.0, lambda_l2=0.5)
    assert {type(value) for value in asdict(parameters).values()} == {int, float}


def test_directions_may_be_of_numbered_columns() -> None:
    assert directions_of(None) == {}
    assert directions_of({0: 1, "a": np.int64(-1), "b": 0.0}) == {"0": 1, "a": -1, "b": 0}


@pytest.mark.parametrize(
    ("directions", "words"),
    [
        ([1], "directions is a list; give a mapping from the name of a column to 1, -1 or 0"),
        ("a", "directions is a str"),
        *(
            ({"a": value}, "direction .* of 'a' is none of -1, 0 and 1; give one")
            for value in (2, 0.5, "1", None, True, [1])
        ),
    ],
    ids=str,
)
def test_directions_that_are_none(directions: Any, words: str) -> None:
    with pytest.raises(UnfitArgument, match=words):
        CreditRiskModel(directions=directions).fit(FRAME, IS_BAD)


def test_seeds() -> None:
    assert seed_of(np.int64(7)) == 7
    for seed in (-1, 2**32):
        with pytest.raises(UnfitArgument, match=f"random_state is {seed}; give a whole number from 0 to 4,294,967,295"):
            seed_of(seed)


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        *(("n_trials", value, f"n_trials is {value!r}; give a whole number, 1 or more") for value in (0, -1, 2.5, "2")),
        ("n_trials", True, "n_trials is True"),
        ("n_averaged", 0, "n_averaged is 0; give a whole number, 1 or more"),
        ("n_processes", 0, "n_processes is 0; give a whole number above zero, or -1 for one a core"),
        ("n_processes", 1.5, "n_processes is 1.5"),
        ("max_seconds", "60", "max_seconds is '60'; give a number, 0 or more"),
        ("max_seconds", float("nan"), "max_seconds is nan"),
        ("base_odds", "x", "base_odds is 'x'; give a finite number above 0"),
        ("base_odds", 0, "base_odds is 0"),
        ("base_score", None, "base_score is None; give a finite number"),
        ("base_score", "600", "base_score is '600'"),
        ("base_score", float("inf"), "base_score is inf"),
        ("points_to_double", [20], r"points_to_double is \[20\]; give a finite number above 0"),
        ("points_to_double", -3, "points_to_double is -3"),
    ],
)
def test_settings_that_are_none(setting: str, value: Any, words: str) -> None:
    with pytest.raises(UnfitArgument, match=words):
        CreditRiskModel(**{setting: value}).fit(FRAME, IS_BAD)
