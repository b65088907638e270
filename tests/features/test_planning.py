"""Two stages give what one stage gives, bit for bit, whatever the features are."""

from __future__ import annotations

import random

import duckdb
import pytest

from features.declaration import View, aggregate
from features.definitions.all import CATALOGUE
from features.planning import counted_sql, is_split

VIEW = View(
    name="months",
    title="Months",
    record_kind=None,
    relation="SELECT * FROM told",
    lineage={
        name: (f"told.{name}",) for name in ("*", "months_ago", "kind", "is_open", "balance", "days", "share", "owner")
    },
    kinds={
        "months_ago": "whole",
        "kind": "text",
        "is_open": "flag",
        "balance": "amount",
        "days": "whole",
        "share": "share",
        "owner": "text",
    },
    clock="months_ago",
    groups=("kind", "is_open"),
)

CLOCK = (
    "months_ago < {n}",
    "months_ago <= {n}",
    "months_ago >= {n}",
    "months_ago > {n}",
    "months_ago = {n}",
    "{n} > months_ago",
    "{n} = months_ago",
    "months_ago BETWEEN {n} AND {m}",
    "months_ago IN ({n}, {m})",
    "NOT months_ago < {n}",
    "months_ago <> {n}",
)
GROUPS = (
    "kind = 'a'",
    "kind IN ('a', 'b')",
    "is_open",
    "NOT is_open",
    "kind <> 'a'",
    "kind IS NULL",
    "is_open IS NULL",
)
REST = ("days > 0", "balance > 100.5", "owner = 'x'", "days IS NOT NULL", "months_ago < days", "kind = owner")
CALLS = (
    "count(*)",
    "count(days)",
    "count(balance)",
    "sum(days)",
    "sum(balance)",
    "sum(share)",
    "sum(CASE WHEN days > 30 THEN balance ELSE 0 END)",
    "avg(balance)",
    "avg(share)",
    "avg((days > 0)::INTEGER)",
    "min(balance)",
    "max(share)",
    "min(months_ago)",
    "max(owner = 'x')",
    "regr_slope(balance, -months_ago)",
    "regr_slope(days, months_ago)",
    "count(DISTINCT owner)",
)


def _told(seed: int) -> duckdb.DuckDBPyConnection:
    """Random months: missing values, infinities, halves of a unit, rows whose clock is missing or negative."""
    connection = duckdb.connect()
    connection.execute(f"SELECT setseed({seed / 1000})")
    connection.execute("""
        CREATE TABLE told AS
        SELECT 1 + (random() * 40)::INTEGER AS row_no,
            CASE WHEN random() < 0.95 THEN (random() * 40)::INTEGER - 2 END AS months_ago,
            CASE WHEN random() < 0.9 THEN (['a', 'b', 'c'])[1 + (random() * 2)::INTEGER] END AS kind,
            CASE WHEN random() < 0.9 THEN random() < 0.5 END AS is_open,
            CASE WHEN random() < 0.05 THEN NULL WHEN random() < 0.02 THEN 'inf'::DOUBLE WHEN random() < 0.02
                THEN 'nan'::DOUBLE WHEN random() < 0.05 THEN 1e11 * random()
                ELSE (random() * 4000000)::INTEGER / 2000 - 300 END AS balance,
            CASE WHEN random() < 0.9 THEN (random() * 90)::INTEGER END AS days,
            CASE WHEN random() < 0.9 THEN random() * 3 - 1 END AS share,
            CASE WHEN random() < 0.9 THEN (['x', 'y', 'a'])[1 + (random() * 2)::INTEGER] END AS owner
        FROM range(3000)""")
    return connection


def _random_sql(chance: random.Random) -> str:
    """A random expression of one to three aggregates."""

    def call() -> str:
        conditions = [
            *(each.format(n=chance.randint(-1, 30), m=chance.randint(5, 36)) for each in chance.choices(CLOCK, k=2)),
            *chance.choices(GROUPS, k=2),
            *chance.choices(REST, k=2),
        ]
        chosen = chance.sample(conditions, k=chance.choice((0, 1, 1, 2, 2, 3)))
        if chance.random() < 0.1:
            chosen = [f"({chance.choice(conditions)} OR {chance.choice(conditions)})"]
        return chance.choice(CALLS).replace("max(owner = 'x')", "max((owner = 'x')::INTEGER)") + (
            f" FILTER ({' AND '.join(chosen)})" if chosen else ""
        )

    form = chance.choice(("{0}", "{0}", "{0} / nullif({1}, 0)", "CASE WHEN {0} > 1.5 THEN {1} ELSE {2} END"))
    return form.format(call(), call(), call())


@pytest.mark.parametrize("seed", range(6))
def test_random_features_are_the_same_in_one_stage_and_two(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 (a reproducible test)
    features = [
        aggregate(VIEW, f"f_{place}", _random_sql(chance), "", unit="share", reason="T01") for place in range(40)
    ]
    with _told(seed) as connection:
        staged, plain = (
            connection.execute(f"{counted_sql(VIEW, features, staged=staged)} ORDER BY row_no").fetchall()
            for staged in (True, False)
        )
    assert len(plain) > 30
    columns = ("row_no", *(each.sql for each in features))
    for name, one, two in zip(columns, zip(*plain, strict=True), zip(*staged, strict=True), strict=True):
        assert repr(one) == repr(two), name


@pytest.mark.parametrize("view", [each for each in CATALOGUE.views if each.clock], ids=lambda view: view.name)
def test_every_feature_of_a_view_with_a_clock_is_split(view: View) -> None:
    assert [each.name for each in CATALOGUE.of_view(view.name) if not is_split(view, each)] == []


def test_what_cannot_be_put_together_is_computed_in_one_stage() -> None:
    names = ("count(DISTINCT owner)", "count(*) FILTER (months_ago < 3)")
    features = [aggregate(VIEW, f"f_{n}", sql, "", unit="count", reason="T01") for n, sql in enumerate(names)]
    assert [is_split(VIEW, each) for each in features] == [False, True]
    with _told(1) as connection:
        columns = connection.execute(counted_sql(VIEW, features)).to_arrow_table().column_names
    assert columns == ["row_no", "f_0", "f_1"]


def test_a_window_that_nothing_can_lie_in_counts_nothing() -> None:
    sql = "count(*) FILTER (months_ago < 3 AND months_ago >= 3)"
    feature = aggregate(VIEW, "never", sql, "", unit="count", reason="T01")
    with _told(2) as connection:
        assert set(connection.execute(f"SELECT never FROM ({counted_sql(VIEW, [feature])})").fetchall()) == {(0,)}
