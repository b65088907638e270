"""What must hold of every feature, and what the catalogue refuses."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from bureau.facts import COMMON_COLUMNS, FACTS
from features.catalogue import Catalogue
from features.declaration import Derived, Feature, View, aggregate, stated
from features.definitions.all import CATALOGUE
from features.derived import Maximum, Mean, Ratio
from features.errors import FeatureError, ProhibitedFeature, UnknownFeature
from features.exact import exact
from features.lineage import fields_read
from features.reasons import REASONS
from features.sets import FEATURE_SETS, FeatureSet, feature_set
from features.units import UNITS

EVERYTHING = tuple(CATALOGUE)
NAMES = [item.name for item in EVERYTHING]
FIELDS = {f"{fact.name}.{column}" for fact in FACTS.values() for column in (*fact.columns, *COMMON_COLUMNS)}
REGISTERED = {"tradeline_reference.reference_space"}
"""Fields that are no fact's: who furnishes an account."""
EVERY_SET = pytest.mark.parametrize("features", FEATURE_SETS.values(), ids=FEATURE_SETS)

MONTHS = View("months", "Months", "card_month", "SELECT row_no, balance FROM spine", {"balance": ("t.balance",)})
BALANCE = aggregate(MONTHS, "balance_max", "max(balance)", "largest bill", unit="amount", reason="C06")
DEBT = aggregate(MONTHS, "balance_sum", "sum(balance)", "all bills", unit="amount", reason="C06")
SHARE = Derived("balance_share", Ratio("balance_max", "balance_sum"), "largest by all", "share", 0, "C06")
SMALL = Catalogue((MONTHS,), (BALANCE, DEBT), (SHARE,))


# -- every feature ----------------------------------------------------------------------------------


@pytest.mark.parametrize("item", EVERYTHING, ids=NAMES)
def test_declaration_is_complete(item: Feature | Derived) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", item.name)
    assert item.meaning
    assert item.meaning == item.meaning.strip()
    assert item.null_means
    assert item.unit in UNITS
    assert item.direction in (-1, 0, 1)
    assert item.reason in REASONS
    assert CATALOGUE.reads(item.name)


def test_no_two_features_have_one_meaning() -> None:
    meanings = [item.meaning for item in EVERYTHING]
    assert sorted({meaning for meaning in meanings if meanings.count(meaning) > 1}) == []


def test_every_reason_is_told_by_some_feature() -> None:
    assert {item.reason for item in EVERYTHING} == set(REASONS)


def test_every_reason_is_said_in_both_languages_and_once() -> None:
    for statements in ([r.statement for r in REASONS.values()], [r.statement_zh for r in REASONS.values()]):
        assert all(statements)
        assert len(set(statements)) == len(statements)


@pytest.mark.parametrize("view", CATALOGUE.views, ids=lambda view: view.name)
def test_lineage_names_existing_fields_alone(view: View) -> None:
    assert {field for fields in view.lineage.values() for field in fields} <= {*FIELDS, *REGISTERED}


@pytest.mark.parametrize("view", CATALOGUE.views, ids=lambda view: view.name)
def test_lineage_is_what_the_relation_reads(view: View) -> None:
    """Each column of the relation traced through its subqueries by another way than the declaration."""
    columns = _traced(sqlglot.parse_one(view.relation, dialect="duckdb"))
    assert set(view.lineage) - {"*"} == set(columns) - {"row_no", "observed_on"}
    for column in set(view.lineage) - {"*"}:
        read = {field for field in columns[column] if not re.match(_CHOOSING, field)}
        assert read == set(view.lineage[column]) or not columns[column], column  # a word says which fact it is


_CHOOSING = r"(spine|spine_account)\.|association\.(?!role)|\w+\.currency$"
"""Fields that choose records, not what is said of them."""


def _traced(query: exp.Expression) -> dict[str, set[str]]:
    """Column of a SELECT to the fields (fact.column) in its expression, windows' own clauses left out."""
    if isinstance(query, exp.Subquery):
        return _traced(query.this)
    if isinstance(query, exp.Union):
        first, second = _traced(query.this), _traced(query.expression)
        return {name: first[name] | second[name] for name in first}
    select = query.find(exp.Select)
    assert select is not None
    scope: dict[str, dict[str, set[str]] | str] = {}
    for source in (select.args["from_"].this, *(join.this for join in select.args.get("joins", ()))):
        inner = _traced(source.this) if isinstance(source, exp.Subquery) else source.name
        scope[source.alias_or_name] = inner
    windows = {id(node) for window in select.find_all(exp.Window) for node in _clauses(window)}
    found = {}
    for projection in select.expressions:
        columns = [column for column in projection.find_all(exp.Column) if id(column) not in windows]
        found[projection.alias_or_name] = set().union(*(_fields(column, scope) for column in columns), set())
    if select.args.get("windows") is not None or windows:
        for projection in select.expressions:
            if projection.find(exp.Window) and projection.alias_or_name != "row_no":
                found[projection.alias_or_name] |= _ordered_by(projection, select, scope)
    return found


def _clauses(window: exp.Window) -> list[exp.Expression]:
    parts = [*window.args.get("partition_by", ()), window.args.get("order")]
    return [column for part in parts if part is not None for column in part.find_all(exp.Column)]


def _ordered_by(projection: exp.Expression, select: exp.Select, scope: dict[str, Any]) -> set[str]:
    """What a window function's order reads, by the named window or its own clause."""
    orders = [window.args.get("order") for window in projection.find_all(exp.Window)]
    named = {window.alias_or_name for window in projection.find_all(exp.Window)}
    named |= {str(w.args["alias"]) for w in projection.find_all(exp.Window) if w.args.get("alias") is not None}
    orders += [w.args.get("order") for w in select.args.get("windows") or () if w.name in named]
    columns = [column for order in orders if order is not None for column in order.find_all(exp.Column)]
    return set().union(*(_fields(column, scope) for column in columns), set())


def _fields(column: exp.Column, scope: dict[str, Any]) -> set[str]:
    inner = scope[column.table] if column.table else next(iter(scope.values()))
    return {f"{inner}.{column.name}"} if isinstance(inner, str) else inner[column.name]


# -- fingerprints ---------------------------------------------------------------------------------------


def changed(item: Any, **how: Any) -> str:
    """The fingerprint of all features of the small catalogue with one part of it changed."""
    swapped = dataclasses.replace(item, **how)
    swap: Callable[[Any], Any] = lambda part: swapped if part is item else part  # noqa: E731
    views, features, derived = (tuple(map(swap, parts)) for parts in (SMALL.views, SMALL.features, SMALL.derived))
    return Catalogue(views, features, derived).fingerprint(["balance_max", "balance_sum", "balance_share"])


@pytest.mark.parametrize(
    ("item", "how"),
    [
        (BALANCE, {"sql": "min(balance)"}),
        (BALANCE, {"empty": 0.0}),
        (BALANCE, {"levels": {"much": 1.0}}),
        (MONTHS, {"relation": "SELECT row_no, abs(balance) AS balance FROM spine"}),
        (MONTHS, {"record_kind": "tradeline"}),
        (SHARE, {"expression": Ratio("balance_sum", "balance_max")}),
        (SHARE, {"expression": Mean(("balance_max", "balance_sum"))}),
        (SHARE, {"expression": Maximum(("balance_max", "balance_sum"))}),
    ],
)
def test_fingerprint_changes_with_what_determines_a_value(item: Any, how: dict[str, Any]) -> None:
    assert changed(item, **how) != SMALL.fingerprint(["balance_max", "balance_sum", "balance_share"])


@pytest.mark.parametrize(
    ("item", "how"),
    [
        (BALANCE, {"meaning": "the biggest bill"}),
        (BALANCE, {"null_means": "nothing"}),
        (BALANCE, {"reason": "C01"}),
        (BALANCE, {"direction": 1}),
        (MONTHS, {"title": "Statements"}),
        (SHARE, {"meaning": "share"}),
    ],
)
def test_fingerprint_stays_with_the_wording(item: Any, how: dict[str, Any]) -> None:
    assert changed(item, **how) == SMALL.fingerprint(["balance_max", "balance_sum", "balance_share"])


def test_fingerprint_of_a_derived_feature_follows_its_operands() -> None:
    other = Catalogue((MONTHS,), (dataclasses.replace(BALANCE, sql="min(balance)"), DEBT), (SHARE,))
    assert other.fingerprint(["balance_share"]) != SMALL.fingerprint(["balance_share"])
    assert other.fingerprint(["balance_sum"]) == SMALL.fingerprint(["balance_sum"])


def test_fingerprint_does_not_depend_on_order() -> None:
    assert SMALL.fingerprint(["balance_sum", "balance_max"]) == SMALL.fingerprint(["balance_max", "balance_sum"])


# -- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("views", "features", "derived", "message"),
    [
        ((MONTHS,), (BALANCE, BALANCE), (), "declared twice: balance_max"),
        ((MONTHS,), (BALANCE,), (dataclasses.replace(SHARE, name="balance_max"),), "declared twice: balance_max"),
        ((), (BALANCE,), (), "balance_max: no view 'months'"),
        ((MONTHS,), (BALANCE,), (SHARE,), "balance_share: no feature 'balance_sum' to compute it from"),
        ((MONTHS,), (dataclasses.replace(BALANCE, reason="X99"),), (), "balance_max: no reason 'X99'"),
        (
            (MONTHS,),
            (dataclasses.replace(BALANCE, name="BalanceMax"),),
            (),
            "BalanceMax: a feature's name is in snake_case",
        ),
    ],
)
def test_catalogue_refuses(views: Any, features: Any, derived: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Catalogue(views, features, derived)


def test_feature_of_a_column_that_the_view_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="odd: the view has no column 'shoe_size'"):
        aggregate(MONTHS, "odd", "max(balance) FILTER (shoe_size > 40)", "odd", unit="amount", reason="C06")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownFeature, match=r"^horoscope: no feature of this name"):
        CATALOGUE["horoscope"]
    with pytest.raises(UnknownFeature, match=r"^horoscope: no view of this name"):
        CATALOGUE.view("horoscope")
    with pytest.raises(UnknownFeature, match=r"^atlantis: no feature set; known are bureau, home-credit, taiwan"):
        feature_set("atlantis")
    with pytest.raises(UnknownFeature, match=r"^horoscope: left out of x, but no feature has this name"):
        FeatureSet("x", (), frozenset({"horoscope"}))
    with pytest.raises(UnknownFeature, match=r"^income: no feature of taiwan"):
        feature_set("taiwan").require(["income"])
    assert issubclass(ProhibitedFeature, FeatureError)
    assert issubclass(UnknownFeature, FeatureError)


@EVERY_SET
def test_every_set_takes_permitted_features_of_its_views_alone(features: FeatureSet) -> None:
    features.require(features.names)
    assert len(set(features.names)) == len(features.names)
    assert {CATALOGUE[name].view for name in features.counted} == set(features.views)  # type: ignore[union-attr]
    for item in features.derived:
        assert item.expression.operands <= set(features.counted)
    assert features.service == f"{features.portfolio}-{CATALOGUE.fingerprint(features.counted)}"


# -- pieces ---------------------------------------------------------------------------------------------


def test_word_with_a_quote_is_data() -> None:
    view = CATALOGUE.view("application")
    item = stated(view, "x", "education", "x", unit="level", reason="A08", levels={"bachelor's": 1.0})
    assert "'bachelor''s'" in item.sql


@pytest.mark.parametrize(
    "sql", ["max(balance)", "min(balance) FILTER (balance > 0)", "count(*)", "count(DISTINCT balance)"]
)
def test_what_has_no_order_is_left_as_it_is(sql: str) -> None:
    assert sqlglot.parse_one(exact(sql), dialect="duckdb") == sqlglot.parse_one(sql, dialect="duckdb")


def test_fields_are_read_through_filters_and_functions() -> None:
    lineage = {"a": ("f.a",), "b": ("f.b", "f.c"), "d": ("f.d",)}
    assert fields_read("n", "sum(coalesce(a, 0)) FILTER (b > 1)", lineage) == {"f.a", "f.b", "f.c"}
