from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import duckdb
import pytest
from made_up_feeds import Portfolio, enter, events, fill, in_cents, months, rejected, stale

from bureau.contracts import Contract
from bureau.feeds import Feed, register
from bureau.habits import judge
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.monitor import FeedState, Monitoring, monitoring

CONTRACTS = MappingProxyType(
    {
        name: Contract(name, "", "", (), (), grace_days=grace)
        for name, grace in (("metro2", 10), ("shop_orders", 3), ("court_records", 10))
    }
)
BANK = Feed("bank", "Bank", "us", "USD", "metro2", "monthly", Path("/srv/in/bank"))
SHOP = Feed("shop", "Shop", "us", "USD", "shop_orders", "weekly")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[History, datetime]:
    """A history in which everything has happened that can be shown; tests read it and change it not."""
    opened = open_history(open_home(tmp_path_factory.mktemp("monitor") / "home", create=True), memory_limit="500MB")
    with opened.write() as connection:
        return opened, fill(connection)


def by_id(found: Monitoring) -> dict[str, FeedState]:
    return {feed.furnisher_id: feed for feed in found.feeds}


def build(history: History, *steps: Callable[[duckdb.DuckDBPyConnection], object]) -> None:
    with history.write() as connection:
        for step in steps:
            step(connection)


# -- freshness ----------------------------------------------------------------------------------


def test_a_feed_is_in_time_then_due_then_overdue(history: History) -> None:
    build(
        history,
        lambda connection: register(connection, BANK, CONTRACTS),
        lambda connection: enter(connection, BANK, months(Portfolio(1, 300), 2)),
    )
    states = {}
    for day in ("2019-03-04", "2019-03-31", "2019-04-01", "2019-04-10", "2019-04-11", "2019-05-12"):
        (feed,) = monitoring(history, datetime.fromisoformat(day), CONTRACTS).feeds
        assert feed.freshness is not None
        states[day] = (feed.freshness.state, feed.freshness.overdue_days, feed.freshness.missing)
    assert states == {
        "2019-03-04": ("due", 0, 0),  # February's came at six that day, and it is midnight: January is the last told
        "2019-03-31": ("in time", 0, 0),
        "2019-04-01": ("due", 0, 0),
        "2019-04-10": ("due", 0, 0),
        "2019-04-11": ("overdue", 1, 1),
        "2019-05-12": ("overdue", 32, 2),
    }


def test_days_of_grace_are_the_contracts(history: History) -> None:
    build(
        history,
        lambda connection: register(connection, SHOP, CONTRACTS),
        lambda connection: enter(connection, SHOP, events(1, 300, 1)),
    )
    (feed,) = monitoring(history, datetime.fromisoformat("2019-02-14"), CONTRACTS).feeds
    assert feed.freshness is not None
    # Received on a Monday: it tells the week that ended on Sunday, the 3rd; the next ends on the 10th.
    assert (feed.freshness.covers, feed.freshness.due_on) == (date(2019, 2, 3), date(2019, 2, 13))
    assert feed.is_overdue
    (unknown,) = monitoring(history, datetime.fromisoformat("2019-02-14"), {}).feeds
    assert not unknown.is_overdue


def test_what_is_held_has_come_and_what_was_turned_away_has_not(history: History) -> None:
    made = months(Portfolio(2, 2000), 6)
    moment = datetime.fromisoformat("2019-07-20")
    build(
        history,
        lambda connection: register(connection, BANK, CONTRACTS),
        lambda connection: enter(connection, BANK, [*made[:5], stale(made[5])]),
    )
    found = monitoring(history, moment, CONTRACTS)
    (feed,) = found.feeds
    assert not feed.is_overdue
    assert [(one, seen.file) for one, seen in found.held] == [(feed, "bank-2019-06.txt")]
    assert feed.held[0].held_because[0].endswith("perhaps an older file")
    assert (feed.held[0].accepted, feed.held[0].quarantined) == (0, feed.held[0].read)
    assert feed.latest is not None
    assert feed.latest.file == "bank-2019-05.txt"
    decided = datetime.fromisoformat("2019-07-18")
    build(
        history,
        lambda connection: connection.execute("UPDATE delivery SET status = 'turned away' WHERE status = 'held'"),
        lambda connection: connection.execute(
            "INSERT INTO review VALUES (6, NULL, 'turned away', 'x', 'y', ?, NULL)", [decided]
        ),
    )
    assert [one.furnisher_id for one in monitoring(history, moment, CONTRACTS).overdue] == ["bank"]
    (before,) = monitoring(history, decided - timedelta(seconds=1), CONTRACTS).feeds
    assert [seen.status for seen in before.held] == ["held"]
    assert not before.is_overdue


def test_a_released_delivery_was_held_before_the_decision(history: History) -> None:
    made = months(Portfolio(2, 2000), 6)
    build(
        history,
        lambda connection: enter(
            connection, BANK, [*made[:5], replace(stale(made[5]), released=True)], status="taken in"
        ),
        lambda connection: connection.execute(
            "UPDATE delivery SET status = 'released', held_because = ['an older file'] WHERE delivery_no = 6"
        ),
        lambda connection: connection.execute(
            "INSERT INTO review VALUES (6, NULL, 'released', 'x', 'y', TIMESTAMP '2019-07-08', NULL)"
        ),
    )
    (before,) = monitoring(history, datetime.fromisoformat("2019-07-07"), CONTRACTS).feeds
    (after,) = monitoring(history, datetime.fromisoformat("2019-07-08"), CONTRACTS).feeds
    assert [seen.held_because for seen in before.held] == [("an older file",)]
    assert before.records["quarantined"] - after.records["quarantined"] == stale(made[5]).read - made[5].quarantined
    assert (after.held, after.latest and after.latest.status) == ((), "released")
    assert before.freshness is None, "nobody registered it"
    assert before.name == "bank"


# -- what was known then ------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["2019-01-01", "2019-08-15", "2020-06-08", "2020-11-02", "2021-04-30"])
def test_the_past_is_as_it_was(everything: tuple[History, datetime], tmp_path: Path, day: str) -> None:
    """A history without anything that came or was decided later shows the same."""
    whole, _ = everything
    moment = datetime.fromisoformat(day)
    then = open_history(open_home(tmp_path / "then", create=True), memory_limit="500MB")
    with whole.read() as source, then.write() as target:
        for table, when in (
            ("furnisher", "true"),
            ("feed", "true"),
            ("delivery", "received_at <= $moment"),
            ("review", "decided_at <= $moment"),
            ("refused_delivery", "refused_at <= $moment"),
            *((name, "delivery_no IN (SELECT delivery_no FROM delivery WHERE received_at <= $moment)")
              for name in ("delivery_profile", "quarantine", "finding")),
        ):  # fmt: skip
            parameters = {"moment": moment} if "$moment" in when else None
            rows = source.execute(f"SELECT * FROM {table} WHERE {when}", parameters).to_arrow_table()
            target.register("rows", rows)
            target.execute(f"INSERT INTO {table} FROM rows")
            target.unregister("rows")
        # What was decided later is undone.
        target.execute(
            "UPDATE delivery SET status = 'held' WHERE status = 'turned away' "
            "AND delivery_no NOT IN (SELECT delivery_no FROM review WHERE line IS NULL)"
        )
    assert monitoring(whole, moment, CONTRACTS) == monitoring(then, moment, CONTRACTS)


def test_a_moment_with_a_zone_is_the_same_moment(everything: tuple[History, datetime]) -> None:
    history, moment = everything
    assert monitoring(history, moment.replace(tzinfo=UTC), CONTRACTS) == monitoring(history, moment, CONTRACTS)


# -- figures ------------------------------------------------------------------------------------


def test_everything_that_happened_is_told(everything: tuple[History, datetime]) -> None:
    history, moment = everything
    found = monitoring(history, moment, CONTRACTS)
    feeds = by_id(found)
    assert [feed.furnisher_id for feed in found.overdue] == ["quick-loans", "old-mill", "corner-shop"]
    assert [seen.file for _, seen in found.held] == ["quick-loans-2020-06-08.txt", "old-mill-2021-04.txt"]
    assert [(feed.furnisher_id, [each.kind for each in seen.anomalies]) for feed, seen in found.unusual] == [
        ("bright-power", ["rejections"])
    ]
    assert feeds["new-telecom"].freshness is not None
    assert (feeds["new-telecom"].freshness.state, feeds["new-telecom"].latest) == ("never", None)
    assert (feeds["harbour-bank"].open_records, feeds["harbour-bank"].closed_records) == (25, 15)
    assert feeds["harbour-bank"].findings == {"reaged": 40}
    assert (feeds["corner-shop"].refused, found.refused[0].file) == (1, "orders-week-101.jsonl")
    assert feeds["northwind"].statuses == {"taken in": 29, "held": 0, "released": 0, "turned away": 1}
    cents = feeds["northwind"].deliveries[20]
    assert (cents.status, cents.anomalies) == ("turned away", ())
    assert {field for field, value in cents.shifts.items() if value > 2} == {"balance", "credit_amount"}


def test_counts_add_up_in_every_feed_at_every_moment(everything: tuple[History, datetime]) -> None:
    history, moment = everything
    for days in range(0, 900, 150):
        for feed in monitoring(history, moment - timedelta(days=days), CONTRACTS).feeds:
            records = feed.records
            assert records["read"] == records["accepted"] + records["quarantined"] + records["duplicate"]


def test_the_monitor_and_the_intake_judge_alike(history: History) -> None:
    made = months(Portfolio(8, 2000), 14)
    made[9] = rejected(made[9], 0.034)
    build(history, lambda connection: enter(connection, BANK, made))
    (feed,) = monitoring(history, made[-1].received_at, CONTRACTS).feeds
    assert [seen.anomalies for seen in feed.deliveries] == [judge(each, made[:at]) for at, each in enumerate(made)]
    assert any(seen.anomalies for seen in feed.deliveries)


def test_only_the_latest_are_compared_and_what_waits_is_never_forgotten(history: History) -> None:
    made = months(Portfolio(8, 1000, 0.0), 30)
    build(history, lambda connection: enter(connection, BANK, [*made[:5], in_cents(made[5]), *made[6:]]))
    (feed,) = monitoring(history, made[-1].received_at, CONTRACTS, most=6).feeds
    assert len(feed.deliveries) == 30
    assert len(feed.recent) == 6
    assert all(seen.shifts for seen in feed.recent)
    assert [seen.file for seen in feed.held] == ["bank-2019-06.txt"]
    # The latest shifts do not depend on how many are looked at.
    (more,) = monitoring(history, made[-1].received_at, CONTRACTS, most=12).feeds
    assert more.recent[-1] == feed.recent[-1]


def test_a_corrected_record_is_no_delivery_of_the_feed(history: History) -> None:
    made = months(Portfolio(8, 1000), 3)
    build(
        history,
        lambda connection: enter(connection, BANK, made),
        lambda connection: connection.execute("UPDATE delivery SET corrects = 1 WHERE delivery_no = 3"),
    )
    (feed,) = monitoring(history, made[-1].received_at, CONTRACTS).feeds
    assert [seen.delivery_no for seen in feed.deliveries] == [1, 2]


def test_an_empty_history_has_no_feeds(history: History) -> None:
    found = monitoring(history, datetime.fromisoformat("2020-01-01"), CONTRACTS)
    assert (found.feeds, found.refused, found.held, found.overdue, found.unusual) == ((), (), (), (), ())
