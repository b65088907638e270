"""Casework with a log of a few entries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from made_casework import add_subscriber, inquiry, record

from bureau.casework.casework import Casework
from bureau.casework.opening import open_casework
from bureau.home import Home


@pytest.fixture
def casework(home: Home) -> Iterator[Casework]:
    """Three entries about a subscriber, then decisions: entries 4 to 9."""
    with open_casework(home) as opened:
        add_subscriber(opened)
        for number in range(4, 10):
            opened.keep(record(number), inquiry(number))
        yield opened
