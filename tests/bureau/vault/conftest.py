"""A vault of its own for each test, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from postgresql_server import new_database, postgresql_server

from bureau.store import Store
from bureau.vault import Keyring, MasterKeys, Vault, open_vault

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
NUMBERS = count()


@dataclass(frozen=True)
class Places:
    """Where the two stores of one vault lie."""

    vault: Path | str
    keys: Path | str

    def sql(self, where: str, statement: str, **values: object) -> Any:
        """Run a statement behind the vault's back."""
        place, schema = (self.vault, "vault") if where == "vault" else (self.keys, "vault_keys")
        store = Store(place, schema, 5)
        try:
            return store.rows(statement, **values)
        finally:
            store.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server, up to the name of the database."""
    with postgresql_server() as url:
        yield url


@pytest.fixture
def sqlite_places(tmp_path: Path) -> Places:
    return Places(tmp_path / "vault" / "vault.db", tmp_path / "keys" / "data-keys.db")


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest) -> Places:
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_places")
    server = request.getfixturevalue("postgresql")
    url = new_database(server, f"vault_{next(NUMBERS)}")
    return Places(url, url)


@pytest.fixture
def opened() -> Iterator[Callable[..., Vault]]:
    """Open a vault that is closed when the test ends."""
    with ExitStack() as stack:

        def open_at(places: Places, keyring: Keyring | None = None, *, wait_seconds: float = 5.0) -> Vault:
            ring = keyring or MasterKeys(OLD)
            return stack.enter_context(open_vault(places.vault, places.keys, ring, wait_seconds=wait_seconds))

        yield open_at


@pytest.fixture
def vault(places: Places, opened: Callable[..., Vault]) -> Vault:
    return opened(places)
