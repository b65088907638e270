"""Simulated worlds that several tests look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from bureau.simulator import Options, simulate


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world without mistakes."""
    return _made(Options(3_000, 18, seed=41, fault_rate=0), tmp_path_factory.mktemp("clean"))


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world with many mistakes."""
    return _made(Options(3_000, 12, seed=42, fault_rate=0.02), tmp_path_factory.mktemp("faulty"))


def _made(options: Options, folder: Path) -> Path:
    simulate(options, folder / "world")
    return folder / "world"
