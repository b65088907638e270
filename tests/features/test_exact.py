"""Sums by the kind of what is summed, against sums of fractions in Python."""

from __future__ import annotations

import itertools
import math
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import duckdb
import pyarrow as pa
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from features.exact import exact
from features.kinds import Kind, kind_of

KINDS: dict[str, Kind] = {"balance": "amount", "days": "whole", "share": "share", "product": "text", "told_on": "day"}
UNITS = {"balance": 1000, "days": 1, "share": 10**9}


def _value(sql: str, name: str, values: list[float | None]) -> float | int | None:
    with duckdb.connect() as connection:
        kind = pa.int64() if name == "days" else pa.float64()
        connection.register("given", pa.table({name: pa.array(values, kind)}))
        row = connection.execute(f"SELECT {exact(sql, KINDS)} FROM given").fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


def _units(value: float | None, units: int) -> int | None:
    """A value in whole units: from the product as the machine computes it, the middle away from zero."""
    if value is None or not abs(value) < 10**15 / units:
        return None
    return int(Decimal(value * units).quantize(Decimal(1), rounding=ROUND_HALF_UP))


amounts = st.one_of(
    st.none(),
    st.floats(-1e13, 1e13),
    st.sampled_from([0.0005, -0.0005, 0.0015, 2.5e-4, math.inf, -math.inf, math.nan, 1e12, 999999999999.9995, 1e300]),
    st.integers(-(10**7), 10**7).map(lambda cents: cents / 100),
)


@given(st.lists(amounts, max_size=30), st.sampled_from(["balance", "share"]))
@settings(max_examples=60, deadline=None)
def test_sum_and_mean_of_amounts_and_shares(values: list[float | None], name: str) -> None:
    units = UNITS[name]
    counted = [each for each in (_units(value, units) for value in values) if each is not None]
    total, mean = _value(f"sum({name})", name, values), _value(f"avg({name})", name, values)
    if not counted:
        assert total is None
        assert mean is None
        return
    # One rounding of the whole number of units, one of the division.
    assert total == float(sum(counted)) / units
    assert mean == float(sum(counted)) / (len(counted) * units)
    if abs(sum(counted)) <= 2**53:  # then it is the nearest number to the true mean of the units
        assert mean == float(Fraction(sum(counted), len(counted) * units))


@given(st.lists(st.one_of(st.none(), st.integers(-(2**40), 2**40)), max_size=30))
@settings(max_examples=40, deadline=None)
def test_sum_and_mean_of_whole_numbers(values: list[float | None]) -> None:
    known = [int(value) for value in values if value is not None]
    assert _value("sum(days)", "days", values) == (sum(known) if known else None)
    assert _value("avg(days)", "days", values) == (sum(known) / len(known) if known else None)


def test_order_does_not_matter() -> None:
    values: list[float | None] = [1e11 + 0.123, -1e11, 0.001, 0.1, 123456.789]
    sums = {_value("sum(balance)", "balance", list(order)) for order in itertools.permutations(values)}
    assert sums == {123457.013}


@pytest.mark.parametrize("values", [[1.0, 3.0, 5.0, 7.0], [4.0, 4.0, 4.0], [10.1, 20.2, None, 40.4]])
def test_slope_is_that_of_least_squares(values: list[float | None]) -> None:
    with duckdb.connect() as connection:
        months = pa.table({"months_ago": list(range(len(values))), "balance": pa.array(values, pa.float64())})
        connection.register("given", months)
        sql = "regr_slope(balance, -months_ago)"
        kinds: dict[str, Kind] = {"months_ago": "whole", "balance": "amount"}
        row = connection.execute(f"SELECT {exact(sql, kinds)}, {sql} FROM given").fetchone()
    assert row is not None
    assert row[0] == pytest.approx(row[1])


def test_slope_of_one_value_is_missing() -> None:
    assert _value("regr_slope(balance, 1)", "balance", [5.0, None]) is None


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("sum(product)", "of kind text, and only what is whole, an amount or a share can be summed"),
        ("sum(balance + days)", "of kind unknown"),
        ("avg(told_on)", "of kind day"),
        ("sum(days > 3)", "of kind flag"),
        ("stddev_pop(balance)", "no aggregate that every engine gives alike; there are count, sum"),
        ("regr_slope(balance, share)", "a slope is along whole numbers"),
    ],
)
def test_what_has_no_exact_sum_is_refused(sql: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        exact(sql, KINDS)


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("2.5 * days", "share"),
        ("2 * days", "whole"),
        ("0.95 * balance", "amount"),
        ("coalesce(balance, 0)", "amount"),
        ("coalesce(days, 0.5)", None),
        ("balance / balance * balance", "amount"),
        ("days / 3", "share"),
        ("CASE WHEN balance > 5 THEN 1 END", "whole"),
        ("CASE WHEN balance > 5 THEN days ELSE balance END", None),
        ("balance * balance", None),
        ("days IN (1, 2)", "flag"),
        ("0.5", "share"),
        ("NULL", None),
    ],
)
def test_kind_of_an_expression(expression: str, kind: Kind | None) -> None:
    assert kind_of(sqlglot.parse_one(expression, dialect="duckdb"), KINDS) == kind


def test_a_number_with_a_point_is_a_floating_point_number() -> None:
    with duckdb.connect() as connection:
        row = connection.execute(f"SELECT typeof({exact('max(0.1 * 3)', KINDS)})").fetchone()
    assert row == ("DOUBLE",)
