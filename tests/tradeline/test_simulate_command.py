"""`tradeline simulate`: a world in a folder, and a summary for people or machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bureau.simulator import SimulationError
from tradeline.simulate_command import simulate

app = typer.Typer()
app.command()(simulate)


def _run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)
    return result.exit_code, result.stdout


def test_json_says_how_much_was_made(tmp_path: Path) -> None:
    code, out = _run("--consumers", 200, "--months", 2, "--seed", 5, "--out", tmp_path / "world", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["out"] == str(tmp_path / "world")
    assert (told["consumers"], told["months"]) == (200, 2)
    manifest = json.loads((tmp_path / "world" / "deliveries" / "manifest.json").read_text())
    assert told["deliveries"] == len(manifest["deliveries"])
    assert told["records"] > 200


def test_people_are_told_where_it_lies(tmp_path: Path) -> None:
    code, out = _run("--consumers", 100, "--months", 1, "--start", "2021-06", "--out", tmp_path / "world")
    assert code == 0
    assert "100 people, 1 months" in out
    assert f"{tmp_path / 'world' / 'answers'}" in out
    assert (tmp_path / "world" / "deliveries" / "2021-06").is_dir()


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SimulationError, match="is not empty"):
        _run("--consumers", 100, "--months", 1, "--out", tmp_path)


def test_wrong_usage_is_told(tmp_path: Path) -> None:
    assert _run("--consumers", 100)[0] == 2
    assert _run("--start", "June", "--out", tmp_path / "world")[0] == 2
    with pytest.raises(SimulationError, match="fault-rate must lie between"):
        _run("--fault-rate", 2, "--out", tmp_path / "world")
