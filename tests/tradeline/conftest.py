"""A command line that is run as people run it, and one home that a whole run has filled."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tradeline.cli import main


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Outcome]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command line in this process; its exit code and what it printed."""

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr("sys.argv", ["tradeline", *(str(argument) for argument in arguments)])
        code: object = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        captured = capsys.readouterr()
        return Outcome(int(code) if isinstance(code, int) else 0, captured.out, captured.err)

    return run


@dataclass(frozen=True)
class RunHome:
    """A home after `tradeline run home-credit`."""

    root: Path
    data: Path
    summary: dict[str, Any]


@pytest.fixture(scope="session")
def run_home(tmp_path_factory: pytest.TempPathFactory, home_credit_folder: Path) -> RunHome:
    """One whole run over the made-up portfolio; tests may read it and add to it, not remove from it."""
    from bureau.home import open_home
    from bureau.portfolios.home_credit import HomeCredit
    from tradeline.console import Stages
    from tradeline.run import run_portfolio
    from training.train import Options

    root = tmp_path_factory.mktemp("run") / "home"
    result = run_portfolio(
        open_home(root, create=True),
        HomeCredit(),
        home_credit_folder,
        options=Options(trials=1, processes=1),
        stages=Stages(quiet=True),
    )
    return RunHome(root, home_credit_folder, result.summary)


@pytest.fixture
def folder(tmp_path: Path, home_credit_folder: Path) -> Path:
    """A copy of the made-up portfolio that a test may damage."""
    return Path(shutil.copytree(home_credit_folder, tmp_path / "data"))


@pytest.fixture
def table_lines() -> Callable[[Path], list[str]]:
    """The lines of a table, packed or not."""

    def read(path: Path) -> list[str]:
        packed = path.read_bytes()
        return (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode().splitlines()

    return read
