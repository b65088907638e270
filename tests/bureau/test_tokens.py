"""Tokens: the same in SQL and in Python, different by key, field and value."""

from __future__ import annotations

from hashlib import sha256

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from bureau.tokens import define_tokens, token, token_sql

KEY = bytes(range(32))

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)


def test_a_token_is_the_beginning_of_a_keyed_digest() -> None:
    digest = sha256(f"{KEY.hex()}name\x1fOkafor".encode()).hexdigest()
    assert token(KEY, "name", "Okafor") == int(digest[:15], 16) < 2**60


@given(texts, st.sampled_from(["name", "birth_date"]))
def test_sql_and_python_agree(value: str, field: str) -> None:
    with duckdb.connect() as connection:
        define_tokens(connection, KEY)
        assert connection.execute(f"SELECT {token_sql(field, '?')}", [value]).fetchone() == (token(KEY, field, value),)


def test_key_field_and_value_all_count_and_nothing_told_has_no_token() -> None:
    assert (
        len({token(KEY, "name", "a"), token(bytes(32), "name", "a"), token(KEY, "nam", "ea"), token(KEY, "name", "b")})
        == 4
    )
    with duckdb.connect() as connection:
        define_tokens(connection, KEY)
        assert connection.execute(f"SELECT {token_sql('name', 'NULL')}").fetchone() == (None,)
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        assert not tables
