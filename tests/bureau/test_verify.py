import math
import re

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from bureau.contracts import Column, Contract
from bureau.verify import broken_rules_sql, is_bad_sql, typed_sql

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
