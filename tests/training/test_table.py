"""Any table is read as numbers and texts, and what cannot be is told apart by name."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import sparse

from training.errors import UnfitTable
from training.table import as_frame, kind_of, numbers, texts

NUMBERS: dict[str, tuple[pd.Series[Any], list[float]]] = {
    "whole": (pd.Series([1, 2]), [1, 2]),
    "truth": (pd.Series([True, False]), [1, 0]),
    "nullable": (pd.Series([1, None], dtype="Int64"), [1, np.nan]),
    "nullable truth": (pd.Series([True, None], dtype="boolean"), [1, np.nan]),
    "objects": (pd.Series([1, None, 2.5], dtype=object), [1, np.nan, 2.5]),
    "decimals": (pd.Series([Decimal("1.5"), None], dtype=object), [1.5, np.nan]),
    "dates": (pd.Series(pd.to_datetime(["1970-01-02", None])), [1, np.nan]),
    "periods, from their first day": (pd.Series(pd.PeriodIndex(["1970-02", None], freq="M")), [31, np.nan]),
    "intervals, by their middle": (pd.Series(pd.IntervalIndex.from_tuples([(0, 10), (10, 30)])), [5, 20]),
    "dates with a zone": (pd.Series(pd.to_datetime(["1970-01-02 02:00"]).tz_localize("Asia/Shanghai")), [0.75]),
    "date objects": (pd.Series([date(1970, 1, 3), None], dtype=object), [2, np.nan]),
    "durations": (pd.Series(pd.to_timedelta(["36h", None])), [1.5, np.nan]),
    "nothing": (pd.Series([None, None], dtype=object), [np.nan, np.nan]),
    "written": (pd.Series([*map(str, range(30)), "?", " NA ", None]), [*range(30), np.nan, np.nan, np.nan]),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers(kind: str) -> None:
    column, expected = NUMBERS[kind]
    assert kind_of(column) == "number"
    np.testing.assert_array_equal(numbers(column), expected)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pd.Series(["a", None]), "category"),
        (pd.Series(["1", "2"] * 30), "category"),  # two written numbers are codes of categories
        (pd.Series([f"{number:05d}" for number in range(40)]), "category"),  # postal codes
        (pd.Series([1, 2]).astype("category"), "category"),
        (pd.Series(pd.Categorical(["low", "high"], ["low", "high"], ordered=True)), "rank"),
        (pd.Series(["a", 1], dtype=object), "category"),
        (pd.Series(["a"], dtype="string"), "category"),
    ],
)
def test_kinds(column: pd.Series[Any], kind: str) -> None:
    assert kind_of(column) == kind


def test_a_category_is_the_same_in_every_dtype() -> None:
    for same in ([3, 1], [3.0, 1.0], ["3", "1"]):
        assert texts(pd.Series(same, dtype=object)).tolist() == ["3", "1"]
        assert texts(pd.Series(same).astype("category")).tolist() == ["3", "1"]
    assert texts(pd.Series(["a", None, "", np.nan], dtype=object)).tolist() == ["a", "", "", ""]


def test_frames_of_other_kinds() -> None:
    columns = {"a": [1.0, None], "b": ["x", "y"]}
    pd.testing.assert_frame_equal(as_frame(pa.table(columns)), pd.DataFrame(columns))
    assert list(as_frame([[1, 2], [3, 4]]).columns) == ["x0", "x1"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "column 'a' is there more than once"),
        (pd.DataFrame({"a": []}), "Found array with 0 sample"),
        (pd.DataFrame(index=[0]), "0 feature"),
        (np.zeros(3), "Expected 2D array, got 1D array"),
        (np.zeros((2, 2), dtype=complex), "Complex data not supported"),
    ],
)
def test_no_tables(table: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        as_frame(table)


def test_sparse_tables_are_refused() -> None:
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        as_frame(sparse.eye_array(3).tocsr())


def test_infinities_and_text_among_numbers_are_told_by_column() -> None:
    with pytest.raises(UnfitTable, match="column 'ratio' contains infinity"):
        numbers(pd.Series([1.0, np.inf], name="ratio"))
    with pytest.raises(UnfitTable, match="column 'ratio' holds what can be read neither as numbers nor as dates"):
        numbers(pd.Series([1.0, "high"], name="ratio"))
    with pytest.raises(
        UnfitTable, match=r"column 'ratio' was one of numbers when .* something else now; give it as num"
    ):
        numbers(pd.Series([1.0, "high"], name="ratio"), "number")


@pytest.mark.parametrize("expected", [None, "number"])
def test_a_number_beyond_the_largest_float_is_told(expected: Any) -> None:
    column = pd.Series([1, 10**400], dtype=object, name="debt")
    assert kind_of(column) == "number"
    with pytest.raises(UnfitTable, match="column 'debt' holds a number too large for a float"):
        numbers(column, expected)


@pytest.mark.parametrize("expected", [None, "date"])
def test_a_date_beyond_all_years_is_told(expected: Any) -> None:
    with pytest.raises(
        UnfitTable, match="column 'due' holds a date of a year that is none of 1 to 9999; replace it, by a"
    ):
        numbers(pd.Series([np.datetime64("10000", "Y")], dtype=object, name="due"), expected)
    with pytest.raises(UnfitTable, match="column 'due' holds a duration of more than 292,000 years; replace it"):
        numbers(pd.Series([timedelta.max], name="due", dtype=object), expected and "duration")


@pytest.mark.parametrize("value", [[1, 2], {"a": 1}, {1}, np.zeros(2)], ids=["list", "dict", "set", "array"])
def test_values_of_several_parts_are_told(value: Any) -> None:
    column = pd.Series([value, value], dtype=object, name="parts")
    for read in (kind_of, texts):
        with pytest.raises(UnfitTable, match="column 'parts' holds values of several parts"):
            read(column)
    for expected in ("number", "date", "duration"):
        with pytest.raises(UnfitTable, match=f"column 'parts' was one of {expected}s"):
            numbers(column, expected)


DATES = pd.Series(pd.to_datetime(["2020-01-01", "2020-03-01"]), name="opened")


@pytest.mark.parametrize(
    ("column", "expected", "given"),
    [
        (DATES, "number", "numbers"),
        (DATES.dt.date, "number", "numbers"),
        (DATES.dt.to_period("M"), "number", "numbers"),
        (DATES - DATES.min(), "number", "numbers"),
        (pd.Series([20200101, 20200301]), "date", "dates, or texts such as 2024-01-31"),
        (pd.Series([18262.0, np.nan]), "date", "dates, or texts"),
        (DATES, "duration", "durations, or texts such as '3 days'"),
        (pd.Series([3, 4]), "duration", "durations"),
    ],
)
def test_what_measures_something_else_than_at_the_fit_is_told(
    column: pd.Series[Any], expected: Any, given: str
) -> None:
    with pytest.raises(UnfitTable, match=f"column 'at' was one of {expected}s when the model was fitted .* as {given}"):
        numbers(column.rename("at"), expected)


@pytest.mark.parametrize("nothing", [[None, None], [np.nan, np.nan], [pd.NaT, pd.NaT]])
@pytest.mark.parametrize("expected", ["number", "date", "duration"])
def test_a_column_without_a_value_measures_anything(nothing: list[Any], expected: Any) -> None:
    for column in (pd.Series(nothing), pd.Series(nothing, dtype=object)):
        assert np.isnan(numbers(column, expected)).all()
