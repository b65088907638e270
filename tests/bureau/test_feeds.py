from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from bureau.errors import BureauError, FeedError
from bureau.feeds import Feed, list_feeds, register
from bureau.history import History

CONTRACTS = ("metro2", "court_records")
FEED = Feed("harbour-bank", "Harbour Bank", "us", "USD", "metro2", "monthly", Path("/srv/in/harbour"))


@pytest.fixture
def connection(history: History) -> duckdb.DuckDBPyConnection:
    with history.write() as opened:
        yield opened


def test_what_is_registered_is_listed(history: History) -> None:
    courts = replace(FEED, contract="court_records", cadence="weekly", place=None)
    other = Feed("a.1_b", "县法院", "cn-bj", "CNY", "metro2", "daily")
    with history.write() as connection:
        for feed in (FEED, courts, other):
            register(connection, feed, CONTRACTS)
    with history.read() as connection:
        assert list_feeds(connection) == (other, courts, FEED)


def test_registering_again_changes_what_is_known(connection: duckdb.DuckDBPyConnection) -> None:
    courts = replace(FEED, contract="court_records", place=None)
    register(connection, courts, CONTRACTS)
    register(connection, FEED, CONTRACTS)
    register(connection, replace(FEED, name="Harbour Bank N.A.", cadence="weekly", place=None), CONTRACTS)
    assert list_feeds(connection) == (
        replace(courts, name="Harbour Bank N.A."),
        replace(FEED, name="Harbour Bank N.A.", cadence="weekly"),
    ), "the name is the furnisher's, and a place is kept"
    register(connection, replace(FEED, place=Path("/srv/new")), CONTRACTS)
    assert list_feeds(connection)[1].place == Path("/srv/new")
    assert connection.execute("SELECT count(*) FROM furnisher").fetchone() == (1,)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"furnisher_id": ""}, "furnisher_id must be small letters"),
        ({"furnisher_id": "Harbour Bank"}, "furnisher_id must be small letters"),
        ({"furnisher_id": "../x"}, "furnisher_id must be small letters"),
        ({"name": " "}, "name must be 1 to 200 characters"),
        ({"name": "two\nlines"}, "name must be 1 to 200 characters"),
        ({"jurisdiction": "USA"}, "jurisdiction must be a country"),
        ({"currency": "dollars"}, "currency must be three capital letters"),
        ({"contract": "metro3"}, "unknown contract 'metro3'; it is one of court_records, metro2"),
        ({"cadence": "yearly"}, "unknown cadence 'yearly'; it is one of daily, weekly, monthly, quarterly"),
        ({"place": Path("in/harbour")}, "place 'in/harbour' must be an absolute folder"),
        ({"place": Path(__file__)}, "is a file; name its folder"),
    ],
)
def test_what_is_wrong_is_told(connection: duckdb.DuckDBPyConnection, change: dict[str, object], match: str) -> None:
    feed = replace(FEED, **change)  # type: ignore[arg-type]
    with pytest.raises(FeedError, match=match) as caught:
        register(connection, feed, CONTRACTS)
    assert isinstance(caught.value, BureauError)
    assert str(caught.value).startswith(f"furnisher {feed.furnisher_id!r}: ")
    assert list_feeds(connection) == ()


def test_a_place_belongs_to_one_feed(connection: duckdb.DuckDBPyConnection) -> None:
    register(connection, FEED, CONTRACTS)
    with pytest.raises(
        FeedError, match=r"is that of harbour-bank \(metro2\) already; give each feed a folder of its own"
    ):
        register(connection, replace(FEED, contract="court_records"), CONTRACTS)
    register(connection, FEED, CONTRACTS)
