"""What is given beside the table: it is taken for what it is, or refused in one sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from training import CreditRiskModel
from training.arguments import boosting_of, groups_of, labels_of
from training.boosting import BoostingParameters
from training.errors import UnfitTable

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
    with pytest.raises(UnfitTable, match="parameters has n_leaves, which is none of rounds, learning_rate"):
        boosting_of({"n_leaves": 3})
    with pytest.raises(UnfitTable, match="parameters is a list; give BoostingParameters, or a mapping"):
        boosting_of([3])  # type: ignore[arg-type]


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
    ],
)
def test_settings_that_are_none(setting: str, value: Any, words: str) -> None:
    with pytest.raises(UnfitTable, match=words):
        CreditRiskModel(**{setting: value}).fit(FRAME, IS_BAD)
