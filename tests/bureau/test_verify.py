import math
import re
from datetime import date
from math import nan
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bureau.contracts import Column, Contract, Rule
from bureau.verify import broken_rules_sql, findings_sql, is_bad_sql, typed_sql

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TEXTS = st.one_of(
    st.floats().map(repr),
    st.integers().map(str),
    st.text("0123456789+-.eE_ infaNIxy,", max_size=7),
    st.sampled_from(["nan", "NaN", "inf", "-Infinity", "1_000", "0x1F", "true", "1e400", "n/a", " 7 ", "1,5", "٣"]),
)


def plain_number(text: str) -> float | None:
    """What Python makes of a text under the contract's rules."""
    text = text.strip(" ")
    if _NUMBER.fullmatch(text) is None:
        return None
    number = float(text)
    return number if math.isfinite(number) else None


@given(st.lists(_TEXTS, min_size=1, max_size=200))
def test_typed_values_and_rules_agree_with_plain_python(texts: list[str]) -> None:
    number = Column("N", "number", minimum=-5, maximum=1e6, empty=("n/a",), filled=True)
    integer = Column("I", "integer", empty=("n/a",))
    contract = Contract("c", "f", "k", (number, integer), (), "s")
    raw = {"N": "T", "I": "T"}
    connection = duckdb.connect()
    connection.execute("CREATE TABLE texts AS SELECT unnest(range(len($1))) AS L, unnest($1::VARCHAR[]) AS T", [texts])
    rows = connection.execute(
        f"SELECT T, N, I, {broken_rules_sql(contract, raw)}, {is_bad_sql(contract, raw)} "
        f"FROM ({typed_sql(contract, raw, 'texts', 'L')}) JOIN texts ON L = line_no"
    ).fetchall()
    connection.close()
    assert len(rows) == len(texts)
    for text, n, i, rules, is_bad in rows:
        empty = text.strip(" ") in ("", "n/a")
        expected = plain_number(text)
        assert n == expected, text
        whole = expected is not None and expected == math.trunc(expected) and -(2**63) <= expected < 2**63
        assert i == (int(expected) if whole and expected is not None else None), text
        broken = []
        if empty:
            broken.append("filled:N")
        elif expected is None:
            broken.append("type:N")
        elif not -5 <= expected <= 1e6:
            broken.append("range:N")
        if not empty and not whole:
            broken.append("type:I")
        assert rules == broken, text
        assert is_bad == bool(broken), text


def test_a_column_that_the_file_lacks_is_missing_and_breaks_no_rule() -> None:
    columns = (Column("A", "text", optional=True), Column("B", "number", filled=True, optional=True))
    contract = Contract("c", "f", "k", columns, (), "s")
    raw: dict[str, str | None] = {"A": None, "B": None}
    connection = duckdb.connect()
    row = connection.execute(
        f"SELECT A, B, {broken_rules_sql(contract, raw)}, {is_bad_sql(contract, raw)} "
        f"FROM ({typed_sql(contract, raw, '(SELECT 1 AS L)', 'L')})"
    ).fetchone()
    connection.close()
    assert row == (None, None, [], False)


def plain_date(text: str) -> date | None:
    """What Python makes of a text that must be YYYY-MM-DD."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip(" "), re.ASCII) is None:
        return None
    try:
        return date.fromisoformat(text.strip(" "))
    except ValueError:
        return None


_DATES = st.one_of(
    st.dates().map(str),
    st.builds("{:04}-{:02}-{:02}".format, st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32)),
    st.text("0123456789-/ T:Z", max_size=12),
    st.sampled_from(["epoch", "infinity", "-infinity", "2024-1-05", "10000-01-01", "2024-02-29", "0000-01-01", ""]),
)


@given(st.lists(_DATES, min_size=1, max_size=100))
def test_dates_agree_with_plain_python(texts: list[str]) -> None:
    contract = Contract("c", "f", "k", (Column("D", "date"),), ())
    raw: dict[str, str | None] = {"D": "T"}
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE texts AS SELECT unnest(range(len($1))) AS L, unnest($1::VARCHAR[]) AS T", [texts]
        )
        rows = connection.execute(
            f"SELECT T, D, {broken_rules_sql(contract, raw)} FROM ({typed_sql(contract, raw, 'texts', 'L')}) "
            "JOIN texts ON L = line_no"
        ).fetchall()
    for text, day, rules in rows:
        assert day == plain_date(text), text
        assert rules == (["type:D"] if text.strip(" ") and day is None else []), text


def verdicts(contract: Contract, relation: str, kinds: dict[str, str] | None = None) -> list[tuple[Any, ...]]:
    """The typed columns of a relation with the rules that each row breaks; its first column is the line."""
    raw: dict[str, str | None] = {column.name: column.name for column in contract.columns}
    names = ", ".join(column.name for column in contract.columns)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW told AS FROM {relation}")
        rows = connection.execute(
            f"SELECT {names}, {broken_rules_sql(contract, raw, kinds or {})}, {is_bad_sql(contract, raw, kinds or {})} "
            f"FROM ({typed_sql(contract, raw, 'told', 'L', kinds or {})}) ORDER BY line_no"
        ).fetchall()
    assert all(bool(rules) == is_bad for *_, rules, is_bad in rows)
    return [row[:-1] for row in rows]


def test_typed_columns_are_taken_as_they_are_and_refused_by_the_same_rules() -> None:
    contract = Contract(
        "c",
        "f",
        "k",
        (
            Column("N", "number", filled=True, minimum=0, pattern="[0-9.]+"),
            Column("I", "integer"),
            Column("D", "date"),
            Column("T", "text", filled=True),
        ),
        (),
    )
    kinds = {"N": "DOUBLE", "I": "DOUBLE", "D": "TIMESTAMP", "T": "DOUBLE"}
    rows = verdicts(
        contract,
        "(VALUES (1, 1.5::DOUBLE, 2::DOUBLE, TIMESTAMP '2024-02-29', 1000000::DOUBLE),"
        "(2, 'nan'::DOUBLE, 2.5, TIMESTAMP '2024-02-29 12:00', 0.5),"
        "(3, NULL, NULL, 'infinity'::TIMESTAMP, NULL),"
        "(4, -1, 1e30, NULL, 1e30)) AS t(L, N, I, D, T)",
        kinds,
    )
    assert rows == [
        (1.5, 2, date(2024, 2, 29), "1000000", []),
        (pytest.approx(nan, nan_ok=True), None, None, "0.5", ["type:N", "type:I", "type:D"]),
        (None, None, None, None, ["filled:N", "type:D", "filled:T"]),
        (-1, None, None, "1e+30", ["range:N", "type:I"]),
    ]
    whole = {"N": "BIGINT", "I": "BIGINT", "D": "DATE", "T": "BIGINT"}
    relation = "(VALUES (1, 7::BIGINT, 8::BIGINT, DATE '2024-02-29', 9::BIGINT)) AS t(L, N, I, D, T)"
    assert verdicts(contract, relation, whole) == [(7, 8, date(2024, 2, 29), "9", [])]


def test_a_typed_column_of_another_type_is_read_by_its_text() -> None:
    contract = Contract("c", "f", "k", (Column("N", "number", empty=("-1",)), Column("D", "date")), ())
    relation = "(VALUES (1, -1::BIGINT, 20240229::BIGINT), (2, 3, NULL)) AS t(L, N, D)"
    assert verdicts(contract, relation, {"N": "BIGINT", "D": "BIGINT"}) == [(None, None, ["type:D"]), (3, None, [])]
    dated = "(VALUES (1, DATE '2024-02-29', '2024-02-29')) AS t(L, N, D)"
    assert verdicts(contract, dated, {"N": "DATE"}) == [(None, date(2024, 2, 29), ["type:N"])]


def test_a_list_is_taken_as_it_comes() -> None:
    contract = Contract("c", "f", "k", (Column("A", "list"),), ())
    assert verdicts(contract, "(SELECT 1 AS L, [1, 2] AS A)", {"A": "INTEGER[]"}) == [([1, 2], [])]


def test_a_pattern_holds_for_the_whole_text_and_for_numbers_as_they_are_written() -> None:
    columns = (Column("T", "text", pattern="[a-z]+|don't"), Column("N", "number", pattern="[0-9]+"))
    contract = Contract("c", "f", "k", columns, ())
    texts = [("ab", "12"), ("abC", "1e2"), ("don't", " 7 "), ("", "x"), (" ab ", "")]
    values = ", ".join(f"({line}, '{t.replace(chr(39), chr(39) * 2)}', '{n}')" for line, (t, n) in enumerate(texts))
    rows = verdicts(contract, f"(VALUES {values}) AS t(L, T, N)")
    assert [rules for *_, rules in rows] == [[], ["pattern:T", "pattern:N"], [], ["type:N"], []]


def test_rules_of_severity_finding_set_nothing_aside() -> None:
    columns = (Column("A", "integer"),)
    rules = (Rule("small", "A is small", "A > 9"), Rule("even", "A is even", "A % 2 = 1", "finding"))
    contract = Contract("c", "f", "k", columns, (), rules=rules)
    rows = verdicts(contract, "(VALUES (1, '2'), (2, '3'), (3, '11')) AS t(L, A)")
    assert [rules for _, rules in rows] == [[], [], ["small"]]
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {findings_sql(contract)} FROM (VALUES (2), (3), (NULL)) AS t(A)").fetchall()
    assert found == [([],), (["even"],), ([],)]
    assert findings_sql(Contract("c", "f", "k", columns, (), rules=rules[:1])) == ""
