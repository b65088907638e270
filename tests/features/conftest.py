"""What the tests of the features share: a real encrypted history into which facts are put straight."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fact_book import FactBook

sys.path.append(str(Path(__file__).parent))  # the oracle is made of modules beside the tests


@pytest.fixture
def book(tmp_path: Path) -> FactBook:
    return FactBook(tmp_path)


@pytest.fixture(scope="session")
def new_book(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], FactBook]:
    """A history that outlives one test."""
    return lambda: FactBook(tmp_path_factory.mktemp("book"))
