"""The settings and the key they bring."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from pydantic import ValidationError

from bureau.errors import HomeError, WrongKey
from bureau.home import open_home
from tradeline.settings import Settings

KEY = bytes(range(32))
TEXT = base64.b64encode(KEY).decode()


def test_defaults() -> None:
    settings = Settings()
    assert settings.home == Path("var")
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 3000, 1)
    assert settings.key() is None


def test_key_from_a_setting_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADELINE_MASTER_KEY", TEXT)
    assert Settings().key() == KEY
    assert TEXT not in repr(Settings())
    assert Settings().environment()["TRADELINE_MASTER_KEY"] == TEXT
    monkeypatch.delenv("TRADELINE_MASTER_KEY")
    (tmp_path / "key").write_text(TEXT)
    monkeypatch.setenv("TRADELINE_KEY_FILE", str(tmp_path / "key"))
    assert Settings().key() == KEY


def test_home_opened_with_that_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_home(tmp_path / "h", master_key=KEY, create=True)
    monkeypatch.setenv("TRADELINE_HOME", str(tmp_path / "h"))
    monkeypatch.setenv("TRADELINE_MASTER_KEY", TEXT)
    assert Settings().open_home().master_key == KEY


def test_wrong_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADELINE_MASTER_KEY", "short")
    with pytest.raises(WrongKey, match="TRADELINE_MASTER_KEY: a master key is 32 bytes in base64"):
        Settings().key()
    with pytest.raises(HomeError, match="the key file cannot be read"):
        Settings(master_key=None, key_file=tmp_path / "absent").key()


@pytest.mark.parametrize(("name", "value"), [("PORT", "70000"), ("PORT", "x"), ("WORKERS", "0")])
def test_settings_out_of_bounds(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"TRADELINE_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()
