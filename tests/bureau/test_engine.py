"""How the bureau opens DuckDB."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

import duckdb
import pytest

from bureau import engine
from bureau.engine import connect


def test_nothing_unsigned_can_be_loaded_afterwards(tmp_path: Path) -> None:
    with connect(tmp_path / "spill", "100MB") as connection:
        (allowed,) = connection.execute("SELECT current_setting('allow_unsigned_extensions')").fetchone() or ("",)
        assert allowed is False
        with pytest.raises(duckdb.InvalidInputException, match="allow_unsigned_extensions"):
            connection.execute("SET allow_unsigned_extensions = true")


def test_an_extension_whose_bytes_were_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(tmp_path / "spill", "100MB").close()
    folder = importlib.resources.files("duckdb_extension_httpfs") / "extensions" / f"v{duckdb.__version__}"
    content = bytearray((folder / "httpfs.duckdb_extension").read_bytes())
    content[len(content) // 2] ^= 1
    changed = tmp_path / "httpfs.duckdb_extension"
    changed.write_bytes(content)
    monkeypatch.setattr(engine, "_encryption_extension", lambda: changed)
    with pytest.raises(duckdb.IOException, match="signature"):
        connect(tmp_path / "spill", "100MB")
