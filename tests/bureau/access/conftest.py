"""Casework with a subscriber."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from made_casework import add_subscriber

from bureau.casework.casework import Casework
from bureau.casework.opening import open_casework
from bureau.home import Home


@pytest.fixture
def casework(home: Home) -> Iterator[Casework]:
    with open_casework(home) as opened:
        add_subscriber(opened)
        yield opened
