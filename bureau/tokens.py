"""Keyed tokens: what lets the history compare names and numbers without knowing them.

A token is SHA-256 (FIPS 180-4) of a key, a field's name and a value, 60 bits of it, so that it is a
positive number. The key fills the first block; since the digest is cut, nobody can go on from one
token to another, which is what HMAC guards against at four times the cost in SQL. Equal values of a
field have equal tokens; without the key, which lies wrapped in the key store, nothing is learnt from one.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import duckdb

from bureau.quoting import literal

__all__ = ["define_tokens", "token", "token_sql"]

_DIGITS: Final = 15
"""Hexadecimal digits of a token."""

_BETWEEN: Final = "\x1f"


def token(key: bytes, field: str, value: str) -> int:
    """The token of a value.

    Parameters
    ----------
    key : bytes
        The key, 32 bytes: in hexadecimal it fills a block of SHA-256.
    field : str
        What the value is: the same value of another field has another token.
    value : str
        The value, in the form in which it is compared.
    """
    told = f"{key.hex()}{field}{_BETWEEN}{value}".encode("utf-8", "surrogatepass")
    return int(sha256(told).hexdigest()[:_DIGITS], 16)


def define_tokens(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Make the SQL function ``token(field, value)``, which gives the tokens of :func:`token`, null for null.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The connection that will use it; the key stands in no table of it.
    key : bytes
        The key of 32 bytes.
    """
    connection.execute(f"SET VARIABLE token_key = '{key.hex()}'")
    connection.execute(
        "CREATE OR REPLACE TEMP MACRO token(field, told) AS ('0x' || left(sha256(getvariable('token_key') || field "
        f"|| chr({ord(_BETWEEN)}) || told), {_DIGITS}))::BIGINT"
    )


def token_sql(field: str, value: str) -> str:
    """SQL for the token of a value; the connection has gone through :func:`define_tokens`."""
    return f"token({literal(field)}, {value})"
