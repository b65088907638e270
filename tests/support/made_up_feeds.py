"""Made-up deliveries, as counts alone: portfolios that grow through a macro cycle, and histories full of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from bureau.feeds import Feed, register
from bureau.freshness import period_end
from bureau.habits import Profile, judge
from bureau.profiles import load_profiles, store_profile

AMOUNTS = ("balance", "credit_amount", "amount_past_due")


@dataclass
class Portfolio:
    """A lender's accounts; every month some are new, some end, and the macro cycle makes more or fewer late.

    Only numbers matter here, so that a thousand months are made in seconds.
    """

    seed: int = 0
    accounts: int = 2000
    growth: float = 0.02
    cycle: float = 1.0
    month: int = 0
    amounts: Any = field(init=False)
    ages: Any = field(init=False)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)
        self.amounts = np.exp(self._random.normal(8, 1.2, self.accounts))
        self.ages = self._random.integers(0, 60, self.accounts)

    def grow(self) -> None:
        """A month goes by."""
        self.month += 1
        stays = self._random.random(len(self.ages)) > 0.015
        new = int(self._random.poisson(len(self.ages) * (self.growth + 0.015)))
        self.amounts = np.append(self.amounts[stays], np.exp(self._random.normal(8, 1.2, new)))
        self.ages = np.append(self.ages[stays] + 1, np.zeros(new, dtype=int))

    def bins(self) -> dict[str, dict[str, int]]:
        """What :mod:`bureau.profiles` would count of a month."""
        count = len(self.ages)
        often = 0.04 * math.exp(self.cycle * math.sin(2 * math.pi * self.month / 60))
        late = self._random.random(count) < often * (1 - np.exp(-(self.ages + 1) / 6))
        balance = self.amounts * np.clip(1 - self.ages / 60, 0, 1) * self._random.uniform(0.7, 1, count)
        return {
            "": {"records": count},
            "balance": _octaves(balance),
            "credit_amount": _octaves(self.amounts),
            "amount_past_due": _octaves(np.where(late, balance * 0.05, 0)),
            "days_past_due": _octaves(np.where(late, self._random.choice([10, 30, 60, 90, 120], count), 0)),
            "status": _counted(np.where(late, "late", np.where(balance > 0, "current", "paid"))),
            "opened_on": _counted(np.char.add("m", self.ages.astype(str))),
        }

    def delivery(self, faults: float = 0.01) -> Profile:
        """The month as a delivery of which this share breaks rules."""
        count = len(self.ages)
        end = period_end(date(2019 + self.month // 12, self.month % 12 + 1, 1), "monthly")
        quarantined = int(self._random.binomial(count, min(faults * math.exp(self._random.normal(0, 0.2)), 1)))
        duplicate = int(self._random.binomial(count - quarantined, 0.002))
        received_at = datetime.fromisoformat(f"{end + timedelta(days=4)} 06:00")
        return Profile(count, quarantined, duplicate, received_at, end, self.bins())


def months(portfolio: Portfolio, count: int, faults: float = 0.01) -> list[Profile]:
    """So many deliveries, one a month."""
    made = []
    for _ in range(count):
        made.append(portfolio.delivery(faults))
        portfolio.grow()
    return made


def stale(profile: Profile) -> Profile:
    """The records of the month before once more: nearly all of them are known."""
    return replace(profile, duplicate=int(0.98 * (profile.read - profile.quarantined)))


def scaled(profile: Profile, factor: float) -> Profile:
    """More or fewer records of the same kind."""
    return replace(
        profile,
        read=int(profile.read * factor),
        quarantined=int(profile.quarantined * factor),
        duplicate=int(profile.duplicate * factor),
    )


def in_cents(profile: Profile) -> Profile:
    """All amounts a hundred times as large, which is nearly seven octaves."""

    def up(counts: Mapping[str, float]) -> dict[str, float]:
        moved: dict[str, float] = {}
        for name, count in counts.items():
            higher = name if name in ("b0", "missing") else f"b{int(name[1:]) + 7}"
            moved[higher] = moved.get(higher, 0) + count
        return moved

    bins = {name: up(counts) if name in AMOUNTS else counts for name, counts in profile.bins.items()}
    return replace(profile, bins=bins)


def rejected(profile: Profile, share: float) -> Profile:
    """This share of the records breaks rules."""
    return replace(profile, quarantined=round(profile.read * share), duplicate=0)


def enter(
    connection: duckdb.DuckDBPyConnection, feed: Feed, profiles: Sequence[Profile], *, status: str | None = None
) -> list[int]:
    """Put deliveries into a history as the intake does: judged by what came before, and held if need be."""
    numbers = []
    for profile in profiles:
        (number,) = connection.execute("SELECT coalesce(max(delivery_no), 0) + 1 FROM delivery").fetchone() or (1,)
        earlier = load_profiles(connection, feed.furnisher_id, feed.contract, received_by=profile.received_at)
        because = [anomaly.sentence for anomaly in judge(profile, earlier) if anomaly.holds]
        stands = status or ("held" if because else "taken in")
        counts = [profile.read - profile.quarantined - profile.duplicate, profile.quarantined, profile.duplicate]
        if stands in ("held", "turned away"):
            counts = [0, profile.read, 0]
        covers = f"{profile.covers:%Y-%m}" if profile.covers else f"{profile.received_at:%Y-%m-%d}"
        row: dict[str, Any] = {
            "delivery_no": number,
            "delivery_id": f"{number:032x}",
            "furnisher_id": feed.furnisher_id,
            "contract": feed.contract,
            "file": f"{feed.furnisher_id}-{covers}.txt",
            "status": stands,
            "covers": profile.covers,
            "bytes": 426 * profile.read,
            "received_at": profile.received_at,
            "recorded_at": profile.received_at,
            "read": profile.read,
            "accepted": counts[0],
            "quarantined": counts[1],
            "duplicate": counts[2],
            "held_because": because,
        }
        connection.execute(
            f"INSERT INTO delivery ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())
        )
        store_profile(connection, number, profile.bins)
        numbers.append(number)
    return numbers


def events(seed: int, expected: int, count: int, faults: float = 0.01, *, days: int = 30) -> list[Profile]:
    """Deliveries of what happened since the last one: applications, orders, court cases."""
    random = np.random.default_rng(seed)
    made = []
    for place in range(count):
        read = int(random.poisson(expected * math.exp(0.3 * math.sin(2 * math.pi * place / 60))))
        quarantined = int(random.binomial(read, faults))
        received_at = datetime.fromisoformat("2019-02-04 07:00") + timedelta(days=days * place)
        bins = {
            "": {"records": read},
            "amount": _octaves(np.exp(random.normal(6, 1.5, read))),
            "status": _counted(random.choice(["open", "paid", "late"], read, p=[0.2, 0.7, 0.1])),
        }
        made.append(Profile(read, quarantined, int(random.binomial(read, 0.005)), received_at, None, bins))
    return made


def fill(connection: duckdb.DuckDBPyConnection, place: Path | None = None) -> datetime:
    """A history in which everything has happened that a monitor can show; gives the moment to look at it."""
    contracts = ("metro2", "lender_months", "court_records", "recurring_payments", "shop_orders", "applications")
    feeds = {
        name: Feed(name, title, "us", "USD", contract, cadence, place / name if place else None)  # type: ignore[arg-type]
        for name, title, contract, cadence in (
            ("harbour-bank", "Harbour Bank", "metro2", "monthly"),
            ("northwind", "Northwind Loans", "lender_months", "monthly"),
            ("old-mill", "Old Mill Credit Union", "metro2", "monthly"),
            ("county-court", "County Court <Registry>", "court_records", "monthly"),
            ("bright-power", "Bright Power & Light", "recurring_payments", "monthly"),
            ("corner-shop", "Corner Shop Online", "shop_orders", "weekly"),
            ("quick-loans", "Quick Loans", "applications", "weekly"),
            ("new-telecom", "New Telecom", "recurring_payments", "monthly"),
        )
    }
    for feed in feeds.values():
        register(connection, feed, contracts)
    enter(connection, feeds["harbour-bank"], months(Portfolio(1, 6000), 30))
    lender = months(Portfolio(2, 9000, 0.03), 30, 0.004)
    held = enter(connection, feeds["northwind"], [*lender[:20], in_cents(lender[20]), *lender[21:]])[20]
    union = months(Portfolio(3, 1500, 0.01), 28, 0.2)
    stale_no = enter(connection, feeds["old-mill"], [*union[:-1], stale(union[-1])])[-1]
    enter(connection, feeds["county-court"], events(4, 240, 30, 0.02))
    power = months(Portfolio(5, 4000, 0.005), 30, 0.006)
    enter(connection, feeds["bright-power"], [*power[:-1], rejected(power[-1], 0.019)])
    enter(connection, feeds["corner-shop"], events(6, 700, 124, 0.01, days=7))
    weekly = events(7, 500, 121, 0.003, days=7)
    enter(connection, feeds["quick-loans"], [*weekly[:70], scaled(weekly[70], 2.4), *weekly[71:]])
    decided = datetime.fromisoformat("2020-11-02 10:00")
    connection.execute("UPDATE delivery SET status = 'turned away' WHERE delivery_no = ?", [held])
    connection.execute(
        "INSERT INTO review VALUES (?, NULL, 'turned away', 'r.lee', 'amounts in cents', ?, NULL)", [held, decided]
    )
    for line in range(1, 41):
        rule = ["filled:surname", "range:balance", "closed-before-opened"][line % 3]
        connection.execute("INSERT INTO quarantine VALUES (1, ?, [?], NULL)", [line, rule])
        connection.execute("INSERT INTO finding VALUES (2, ?, 'reaged', '{\"was\": \"CANARY7731\"}')", [line])
    connection.execute("INSERT INTO finding VALUES (?, 9, 'over-limit', '{}')", [stale_no - 1])
    for line in range(1, 16):
        connection.execute("INSERT INTO review VALUES (1, ?, 'corrected', 'r.lee', 'typed', ?, NULL)", [line, decided])
    connection.execute(
        "INSERT INTO refused_delivery VALUES (?, 'corner-shop', 'shop_orders', 'orders-week-101.jsonl', ?, ?, ?)",
        [
            "f" * 32,
            datetime.fromisoformat("2021-01-18 07:00"),
            "the file has no records",
            "ask the furnisher to send it again",
        ],
    )
    return datetime.fromisoformat("2021-07-09 12:00")


def _octaves(values: Any) -> dict[str, int]:
    return _counted(np.char.add("b", np.floor(np.log2(1 + values)).astype(int).astype(str)))


def _counted(names: Any) -> dict[str, int]:
    found, counts = np.unique(names, return_counts=True)
    return {str(name): int(count) for name, count in zip(found, counts, strict=True)}
