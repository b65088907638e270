"""The command line itself: help, quick start, the catalogue's listing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from tradeline.cli import app

COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]
WITHOUT_HOME = {"contracts", "simulate"}
README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_stands_in_the_readme(command: Any, name: str) -> None:
    shown = command(name, "--help")
    assert shown.code == 0
    assert "--home" in shown.out or name in WITHOUT_HOME or "COMMAND" in shown.out
    assert f"tradeline {name}" in README or f"make {name}" in README


def test_help_imports_nothing_heavy() -> None:
    probe = (
        "import sys; sys.argv = ['tradeline', '--help']\n"
        "from tradeline.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'pandas', 'numpy', 'duckdb', 'feast', 'mlflow', 'lightgbm', 'bentoml'} & set(sys.modules)\n"
        "sys.exit(f'imported: {sorted(heavy)}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_catalogue_is_listed_with_permitted_use(command: Any) -> None:
    listed = {item["name"]: item for item in command("features", "--json").json}
    assert listed["applicant_sex"]["use"] == "prohibited"
    assert listed["income"]["use"] == "permitted"
    assert listed["income"]["reads"] == ["application.income"]
    only = {item["name"] for item in command("features", "--portfolio", "taiwan", "--json").json}
    assert "income" not in only
    assert "card_utilisation_latest" in only
