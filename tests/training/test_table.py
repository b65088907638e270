"""Any table is read as numbers and texts, and what cannot be is told apart by name."""

from __future__ import annotations

from datetime import date
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
    with pytest.raises(UnfitTable, match="column 'ratio' was one of numbers"):
        numbers(pd.Series([1.0, "high"], name="ratio"))
