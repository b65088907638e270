"""The tables of the vault and of its key store.

An owner is a kind (a small code) and a number. Personal data stands in ``entry.sealed`` alone,
which only the owner's data key opens.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, SmallInteger, Table, Text

from bureau.errors import VaultError

__all__ = ["KEYS", "KINDS", "VAULT", "kind_code", "kind_name"]

KINDS: Final = MappingProxyType({"consumer": 1, "quarantine": 2, "held": 3, "model": 4, "casework": 5})
"""Kinds of owners and their codes, which are bound into ciphertexts: add new ones, and never change one.

``consumer``: a reference of a furnisher, by its consumer_id. ``quarantine``: a record set aside.
``held``: the bytes of a delivery that is held. ``model``: the models of identity resolution.
``casework``: content of decisions and notices that is kept equally long, which lies in the casework store.
"""


def kind_code(kind: str) -> int:
    """The code of a kind of owner.

    Raises
    ------
    VaultError
        If there is no such kind.
    """
    if kind not in KINDS:
        raise VaultError(f"{kind!r} is no kind of owner; there are {', '.join(KINDS)}")
    return KINDS[kind]


def kind_name(code: int) -> str:
    """The kind of owner that has a code."""
    return next((name for name, each in KINDS.items() if each == code), str(code))


VAULT: Final = MetaData()
"""Tables of the vault."""

KEYS: Final = MetaData()
"""Tables of the key store."""


def _key(name: str, type_: type[BigInteger | SmallInteger | Text]) -> Column[object]:
    """A column of a primary key, which the database does not number by itself."""
    return Column(name, type_, primary_key=True, autoincrement=False)


def _table(name: str, metadata: MetaData, *parts: Column[object]) -> Table:
    return Table(name, metadata, *parts, sqlite_with_rowid=False)


def _owner() -> tuple[Column[object], Column[object]]:
    return _key("kind", SmallInteger), _key("number", BigInteger)


for _metadata in (VAULT, KEYS):
    _table("about", _metadata, _key("name", Text), Column("told", Text, nullable=False))

_table(
    "entry",
    VAULT,
    *_owner(),
    _key("name", BigInteger),
    _key("field", Text),
    Column("delivery_no", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

_table(
    "blind_index",
    VAULT,
    _key("token", BigInteger),
    *_owner(),
    Column("delivery_no", BigInteger, nullable=False),
)

_table("delivery", VAULT, _key("delivery_no", BigInteger))

_table(
    "hold",
    VAULT,
    *_owner(),
    _key("reason", Text),
    _key("placed_at", Text),
    Column("lifted_at", Text),
)

_table(
    "erasure",
    VAULT,
    *_owner(),
    Column("moment", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("finished", SmallInteger, nullable=False),
)

_table(
    "named_key",
    KEYS,
    _key("name", Text),
    Column("version", BigInteger, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)

_DATA_KEY: Final = _table(
    "data_key",
    KEYS,
    *_owner(),
    Column("version", BigInteger, nullable=False),
    Column("wrapped", LargeBinary),
    Column("destroyed_at", Text),
)

Index(
    "data_key_destroyed",
    _DATA_KEY.c.destroyed_at,
    sqlite_where=_DATA_KEY.c.destroyed_at.is_not(None),
    postgresql_where=_DATA_KEY.c.destroyed_at.is_not(None),
)
