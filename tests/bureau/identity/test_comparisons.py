"""Levels in SQL and in Python are the same; weights are those of Splink."""

from __future__ import annotations

import itertools
import random
import re
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler
from splink import DuckDBAPI, Linker
from told_people import population, told_again, told_table

from bureau.identity.comparisons import COMPARISONS, compare, levels
from bureau.identity.model import default_model
from bureau.identity.scoring import add_frequencies, pair_weight, score_pairs
from bureau.identity.standard import STANDARD_COLUMNS, TOLD_COLUMNS, standard_record, standardise
from bureau.identity.training import splink_settings, with_frequencies
from bureau.identity.veto import VETOES


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@given(
    st.lists(
        st.tuples(st.text("abcdef", min_size=1, max_size=12), st.text("abcdef", min_size=1, max_size=12)),
        min_size=1,
        max_size=40,
    )
)
@settings(max_examples=40, deadline=None)
def test_rapidfuzz_and_duckdb_measure_likeness_alike(pairs: list[tuple[str, str]]) -> None:
    measured = pa.table({"a": [a for a, _ in pairs], "b": [b for _, b in pairs]})  # noqa: F841 - DuckDB finds it by name
    rows = duckdb.sql("SELECT a, b, jaro_winkler_similarity(a, b), damerau_levenshtein(a, b) FROM measured").fetchall()
    for a, b, similarity, edits in rows:
        assert similarity == JaroWinkler.similarity(a, b)
        assert edits == DamerauLevenshtein.distance(a, b)


def _confusable(seed: int, count: int) -> list[dict[str, Any]]:
    """Standard records whose fields come from a few values, so that pairs meet every level."""
    rng = random.Random(seed)  # noqa: S311 - invented people
    values = {
        "first_name": ["bob", "robert", "rob", "r", "smith", "maria", "marai", "mario", "mariana", "小明", "小鸣",
                       "晓明", "xiaoming", "xiaomin", None, "alexandre", "alexander", "Алексей", "smitz"],
        "middle_name": ["a", "r", "robert", "maria", None, None, "lee"],
        "last_name": ["smith", "smiht", "smith-jones", "robert", "wang", "王", "o'hara", "lindqvist", "lindkvist",
                      None, "rob"],
        "suffix": [None, None, "Jr", "Sr."],
        "birth_date": ["1980-03-04", "1980-04-03", "1980-03-05", "1981-03-04", "1999-12-31", "1980-12-31", None,
                       "19803403"],
        "national_id": ["536-22-8741", "536-22-8714", "536-22-8742", "219-09-1111", "11010519491231002X", "7340014",
                        None],
        "phone": ["312 555 0142", "312 555 0143", None],
        "email": ["jo@a.example", "jo@b.example", "jon@a.example", "someone@b.example", "somenoe@b.example", None],
        "address": ["12 Main St", "12 Main Street Apt 3", "Main St", "12 Mian St", "88 Oak Ave", "建国路88号", None],
        "city": ["Springfield", "Riverton", None],
        "postcode": ["12345", "54321", None],
    }  # fmt: skip
    return [{column: rng.choice(choices) for column, choices in values.items()} for _ in range(count)]


def test_levels_and_weights_in_sql_are_those_in_python(connection: duckdb.DuckDBPyConnection) -> None:
    told = [*_confusable(1, 260), *({"first_name": a, "last_name": b} for a, b in (("smith", "rob"), ("rob", "smith")))]
    told_table(connection, told)
    standardise(connection, "told", "standard", day_first=False)
    for households in (True, False):
        model = with_frequencies(connection, default_model(260).but(households=households), "standard")
        add_frequencies(connection, model, "standard", "scored")
        connection.execute(
            "CREATE OR REPLACE TABLE pairs AS SELECT a.record AS left_record, b.record AS right_record "
            "FROM standard a JOIN standard b ON a.record < b.record"
        )
        score_pairs(connection, model, "pairs", "scored", "scored", "scores")
        records = [standard_record(each) for each in told]
        met = {comparison.name: set[int]() for comparison in COMPARISONS}
        vetoes = set()
        for left, right, *found, weight, contradiction in connection.execute("FROM scores").fetchall():
            scored = pair_weight(model, records[left], records[right])
            assert scored.levels == tuple(found), (records[left], records[right])
            assert scored.weight == pytest.approx(weight, abs=1e-9)
            assert scored.veto == contradiction
            vetoes.add(contradiction)
            for comparison, number in zip(COMPARISONS, found, strict=True):
                met[comparison.name].add(number)
        for comparison in COMPARISONS:
            missed = set(range(-1, len(comparison.levels))) - met[comparison.name]
            assert not missed, (comparison.name, [comparison.levels[number].name for number in missed])
        wanted = {None, *VETOES}
        assert vetoes == (wanted if households else wanted - {"birth dates", "like first name"})


def test_levels_do_not_depend_on_who_stands_left() -> None:
    records = [standard_record(each) for each in _confusable(2, 60)]
    for left, right in itertools.combinations(records, 2):
        assert levels(left, right) == levels(right, left)


def test_weights_are_those_of_splink(connection: duckdb.DuckDBPyConnection) -> None:
    told_table(connection, _confusable(3, 120))
    standardise(connection, "told", "standard", day_first=False)
    model = with_frequencies(connection, default_model(120), "standard")
    add_frequencies(connection, model, "standard", "scored")
    connection.execute("CREATE TABLE keyed AS SELECT *, 1 AS everyone FROM scored")
    linker = Linker(
        DuckDBAPI(connection).register("keyed"),
        splink_settings(model, key="everyone", frequencies=True),
        log_level=None,
    )
    predicted = linker.inference.predict().physical_name
    connection.execute(
        f"CREATE TABLE pairs AS SELECT record_l AS left_record, record_r AS right_record FROM {predicted}"
    )
    score_pairs(connection, model, "pairs", "scored", "scored", "scores")
    (pairs, worst) = connection.execute(
        f"SELECT count(*), max(abs(weight - match_weight)) FROM scores JOIN {predicted} "
        "ON left_record = record_l AND right_record = record_r"
    ).fetchone() or (0, None)
    assert pairs == 120 * 119 // 2
    assert worst < 1e-9


def test_standard_form_in_bulk_is_that_of_one_record(connection: duckdb.DuckDBPyConnection) -> None:
    told = [*population(60, seed=5)[0], *_confusable(4, 60)]
    told_table(connection, told)
    standardise(connection, "told", "standard", day_first=False)
    rows = connection.execute("FROM standard ORDER BY record").fetchall()
    columns = list(STANDARD_COLUMNS)
    assert [dict(zip(columns, row[1:], strict=True)) for row in rows] == [
        {**dict.fromkeys(columns), **standard_record(each)} for each in told
    ]


@given(st.dictionaries(st.sampled_from(TOLD_COLUMNS), st.text(max_size=40)))
@settings(max_examples=200, deadline=None)
def test_any_text_has_a_standard_form(told: dict[str, str]) -> None:
    record = standard_record(told)
    assert list(record) == list(STANDARD_COLUMNS)
    for column, value in record.items():
        if isinstance(value, str):
            assert value
            assert column == "given_hanzi" or value.isascii(), column
    assert levels(record, record) == levels(record, dict(record))
    if record["born"]:
        assert re.fullmatch(r"\d{8}", record["born"])


def test_household_counts_surname_telephone_and_address_once() -> None:
    names = [comparison.name for comparison in COMPARISONS]
    assert names == ["given", "household", "birth", "number", "email", "middle"]
    rng = random.Random(6)  # noqa: S311 - invented people
    told = {"first_name": "Ann", "last_name": "Lindqvist", "phone": "3125550142", "address": "12 Main St"}
    one, two = standard_record(told), standard_record({**told_again(told, rng), **told})
    level = compare("household").levels[compare("household").level(one, two)]
    assert level.name == "surname same, place phone and home"
