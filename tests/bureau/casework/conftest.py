"""Casework of its own for each test, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from made_casework import add_subscriber
from postgresql_server import new_database, postgresql_server

from bureau.casework.casework import Casework
from bureau.casework.opening import open_casework
from bureau.home import Home, open_home

NUMBERS = count()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server, up to the name of the database."""
    with postgresql_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def either_home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A home whose casework lies in a file, and one whose casework lies in PostgreSQL."""
    home = open_home(tmp_path / "home", create=True)
    if request.param == "sqlite":
        return home
    server = request.getfixturevalue("postgresql")
    return replace(home, casework_at=new_database(server, f"casework_{next(NUMBERS)}"))


@pytest.fixture
def either(either_home: Home) -> Iterator[Casework]:
    """Casework with a subscriber, on either engine."""
    with open_casework(either_home) as opened:
        add_subscriber(opened)
        yield opened


@pytest.fixture
def casework(home: Home) -> Iterator[Casework]:
    """Casework with a subscriber, in a file."""
    with open_casework(home) as opened:
        add_subscriber(opened)
        yield opened
