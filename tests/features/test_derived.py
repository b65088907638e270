"""Derived features: values computed by hand, and plain Python on random vectors."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.declaration import Derived
from features.definitions.all import CATALOGUE
from features.derived import Difference, Expression, Maximum, Mean, Minimum, Product, Ratio, Spread, Sum

NAN = float("nan")
Plain = Callable[[list[float]], float]


def compute(expression: Expression, values: dict[str, float]) -> float:
    return float(expression({name: np.array([value]) for name, value in values.items()})[0])


@pytest.mark.parametrize(
    ("expression", "a", "b", "wanted"),
    [
        (Ratio("a", "b"), 3.0, 4.0, 0.75),
        (Ratio("a", "b"), 3.0, 0.0, NAN),
        (Ratio("a", "b"), 0.0, 0.0, NAN),
        (Ratio("a", "b"), NAN, 4.0, NAN),
        (Ratio("a", "b"), 3.0, NAN, NAN),
        (Difference("a", "b"), 3.0, 4.0, -1.0),
        (Difference("a", "b"), 3.0, NAN, NAN),
        (Mean(("a", "b")), 3.0, 4.0, 3.5),
        (Mean(("a", "b")), 3.0, NAN, 3.0),
        (Minimum(("a", "b")), NAN, 4.0, 4.0),
        (Maximum(("a", "b")), 3.0, 4.0, 4.0),
        (Spread(("a", "b")), 3.0, 4.0, 0.5),
        (Spread(("a", "b")), 3.0, NAN, 0.0),
        (Product(("a", "b")), 0.5, 0.5, 0.25),
        (Product(("a", "b")), 0.4, NAN, 0.2),
        (Sum(("a", "b")), 3.0, NAN, 3.0),
        *((kind(("a", "b")), NAN, NAN, NAN) for kind in (Mean, Minimum, Maximum, Spread, Product, Sum)),
    ],
)
def test_by_hand(expression: Expression, a: float, b: float, wanted: float) -> None:
    assert compute(expression, {"a": a, "b": b}) == pytest.approx(wanted, nan_ok=True)


def ratio(values: list[float]) -> float:
    above, below = values
    return NAN if math.isnan(above) or math.isnan(below) or below == 0 else above / below


def difference(values: list[float]) -> float:
    return values[0] - values[1]


def of_present(function: Plain) -> Plain:
    def plain(values: list[float]) -> float:
        there = [value for value in values if not math.isnan(value)]
        return function(there) if there else NAN

    return plain


def product(values: list[float]) -> float:
    if all(math.isnan(value) for value in values):
        return NAN
    return math.prod(0.5 if math.isnan(value) else value for value in values)


PLAIN: dict[type[Expression], Plain] = {
    Ratio: ratio,
    Difference: difference,
    Mean: of_present(statistics.fmean),
    Minimum: of_present(min),
    Maximum: of_present(max),
    Spread: of_present(statistics.pstdev),
    Sum: of_present(math.fsum),
    Product: product,
}


def operands(expression: Expression) -> list[str]:
    """In the order in which they are written."""
    if isinstance(expression, Ratio):
        return [expression.numerator, expression.denominator]
    if isinstance(expression, Difference):
        return [expression.minuend, expression.subtrahend]
    return sorted(expression.operands)


NUMBERS = st.one_of(st.just(NAN), st.just(0.0), st.floats(-1e6, 1e6).map(lambda value: round(value, 3)))


@pytest.mark.parametrize("item", CATALOGUE.derived, ids=lambda item: item.name)
@given(data=st.data())
def test_every_derived_feature_of_the_catalogue(item: Derived, data: st.DataObject) -> None:
    names = operands(item.expression)
    values = {name: data.draw(NUMBERS, name) for name in names}
    wanted = PLAIN[type(item.expression)]([values[name] for name in names])
    assert compute(item.expression, values) == pytest.approx(wanted, rel=1e-9, abs=1e-9, nan_ok=True)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=20))
def test_rows_do_not_touch_each_other(rows: list[tuple[float, float, float]]) -> None:
    names = ("external_score_1", "external_score_2", "external_score_3")
    table = {name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    for kind in (Mean, Minimum, Maximum, Spread, Product, Sum):
        whole = kind(names)(table)
        alone = [compute(kind(names), dict(zip(names, row, strict=True))) for row in rows]
        np.testing.assert_array_equal(whole, alone)


@pytest.mark.parametrize("item", CATALOGUE.derived, ids=lambda item: item.name)
def test_missing_exactly_when_it_says_so(item: Derived) -> None:
    names = operands(item.expression)
    one_missing = compute(item.expression, dict.fromkeys(names, 2.0) | {names[-1]: NAN})
    all_missing = compute(item.expression, dict.fromkeys(names, NAN))
    assert math.isnan(all_missing)
    assert math.isnan(one_missing) == ("a value it is computed from" in item.null_means)
    assert ("divisor" in item.null_means) == isinstance(item.expression, Ratio)
