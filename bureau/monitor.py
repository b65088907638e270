"""The state of all feeds as of a moment: fresh or overdue, how much, how good, how unusual, what waits.

Only what was received by then is seen, and a decision only once it was made: a delivery that was
released later was still held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, get_args

import duckdb

from bureau.contracts import Cadence, Contract
from bureau.delivery import Status
from bureau.feeds import Feed, list_feeds
from bureau.freshness import Freshness, covered, freshness
from bureau.habits import Anomaly, Profile, Thresholds, judge, latest_shifts
from bureau.history import History
from bureau.profiles import bins_of
from bureau.shifts import Bins

__all__ = ["FeedState", "Monitoring", "Refused", "Seen", "monitoring"]

_HABIT: Final = 12
_GRACE_DAYS: Final = 10
_TELLING: Final = Thresholds().shift.noticed
"""A PSI is told where chance alone hardly reaches this."""

_TAKEN: Final = ("taken in", "released")
_COUNTS: Final = ("read", "accepted", "quarantined", "duplicate")
_STATUSES: Final[tuple[Status, ...]] = get_args(Status)
_COLUMNS: Final = (
    "delivery_no", "delivery_id", "file", "received_at", "covers", "status", *_COUNTS,
)  # fmt: skip
"""What is read of each delivery, named as in :class:`Seen`."""

_DELIVERIES: Final = f"""
    WITH decided AS (
        SELECT delivery_no, min(decided_at) AS decided_at FROM review
        WHERE line IS NULL AND decision IN ('released', 'turned away') GROUP BY delivery_no
    ), standing AS (
        SELECT delivery.* REPLACE (if(decided_at > $moment, 'held', status) AS status)
        FROM delivery LEFT JOIN decided USING (delivery_no) WHERE received_at <= $moment AND corrects IS NULL
    ), counted AS (
        SELECT * REPLACE (
            if(status = 'held', 0, accepted) AS accepted, if(status = 'held', read, quarantined) AS quarantined,
            if(status = 'held', 0, duplicate) AS duplicate) FROM standing
    )
    SELECT furnisher_id, contract, {", ".join(_COLUMNS)}, coalesce(held_because, []) FROM counted
    ORDER BY received_at, delivery_no
"""
_RECORDS: Final = """
    WITH decided AS (
        SELECT delivery_no, line, min(decided_at) AS decided_at FROM review
        WHERE line IS NOT NULL AND decided_at <= $moment GROUP BY ALL
    )
    SELECT furnisher_id, contract, count(*) - count(decided_at), count(decided_at)
    FROM quarantine JOIN delivery USING (delivery_no) LEFT JOIN decided USING (delivery_no, line)
    WHERE received_at <= $moment GROUP BY ALL
"""
_FINDINGS: Final = """
    SELECT furnisher_id, contract, rule, count(*) FROM finding JOIN delivery USING (delivery_no)
    WHERE received_at <= $moment GROUP BY ALL ORDER BY count(*) DESC, rule
"""
_REFUSED: Final = """
    SELECT coalesce(furnisher_id, ''), coalesce(contract, ''), file, refused_at, rule, remedy
    FROM refused_delivery WHERE refused_at <= $moment ORDER BY refused_at DESC, file
"""


@dataclass(frozen=True)
class Seen:
    """One delivery.

    Parameters
    ----------
    delivery_no, delivery_id, file
        Which one.
    received_at : datetime
        When it was received (UTC, naive).
    covers : date, optional
        The end of the period it tells, as its furnisher says.
    status : {'taken in', 'held', 'released', 'turned away'}
        Where it stood at the moment of the monitoring.
    read, accepted, quarantined, duplicate : int
        Its records.
    held_because : tuple of str
        Why it was held, if it was.
    anomalies : tuple of Anomaly
        What is unusual about it; a delivery that was not taken in has :attr:`held_because` instead.
    shifts : mapping of str to float
        Field to its PSI against the deliveries before, where there are records enough to tell.
    """

    delivery_no: int
    delivery_id: str
    file: str
    received_at: datetime
    covers: date | None
    status: Status
    read: int
    accepted: int
    quarantined: int
    duplicate: int
    held_because: tuple[str, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    shifts: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_taken(self) -> bool:
        """Whether its records count."""
        return self.status in _TAKEN

    @property
    def rejection_share(self) -> float:
        """Records set aside, among those read."""
        return self.quarantined / self.read if self.read else 0.0

    @property
    def duplicate_share(self) -> float:
        """Records told before, among those that were not set aside."""
        good = self.read - self.quarantined
        return self.duplicate / good if good else 0.0


@dataclass(frozen=True)
class Refused:
    """A file that could not be taken in at all.

    Parameters
    ----------
    furnisher_id, contract, file : str
        Who sent it, as what; empty where that is not known.
    refused_at : datetime
        When (UTC, naive).
    rule, remedy : str
        Why, and what can be done about it.
    """

    furnisher_id: str
    contract: str
    file: str
    refused_at: datetime
    rule: str
    remedy: str


@dataclass(frozen=True)
class FeedState:
    """How one feed stands.

    Parameters
    ----------
    furnisher_id, name, contract : str
        Whose, and of which kind.
    cadence : {'daily', 'weekly', 'monthly', 'quarterly'}, optional
        How often it is expected; None if it is not registered, and then it has no freshness.
    place : Path, optional
        Where its files appear.
    grace_days : int
        Days after the end of a period in which a delivery is in time.
    freshness : Freshness, optional
        How it stands against its cadence.
    deliveries : tuple of Seen
        All of them, oldest first; shifts and anomalies are told of the latest alone.
    looked_at : int
        How many the latest are.
    open_records, closed_records : int
        Records set aside that wait for a person, and that a person has decided about.
    findings : mapping of str to int
        Rule to what was noticed about records that were accepted.
    refused : int
        Files that could not be taken in.
    """

    furnisher_id: str
    name: str
    contract: str
    cadence: Cadence | None
    place: Path | None
    grace_days: int
    freshness: Freshness | None
    deliveries: tuple[Seen, ...]
    looked_at: int
    open_records: int
    closed_records: int
    findings: Mapping[str, int]
    refused: int

    @property
    def recent(self) -> tuple[Seen, ...]:
        """The latest deliveries."""
        return self.deliveries[-self.looked_at :]

    @property
    def statuses(self) -> dict[Status, int]:
        """Where deliveries stand, and how many stand there."""
        return {status: sum(each.status == status for each in self.deliveries) for status in _STATUSES}

    @property
    def records(self) -> dict[str, int]:
        """``read``, ``accepted``, ``quarantined`` and ``duplicate`` of all deliveries."""
        return {name: sum(getattr(each, name) for each in self.deliveries) for name in _COUNTS}

    @property
    def latest(self) -> Seen | None:
        """The last delivery whose records count."""
        return next((seen for seen in reversed(self.deliveries) if seen.is_taken), None)

    @property
    def held(self) -> tuple[Seen, ...]:
        """Deliveries that wait for a person, the longest first."""
        return tuple(seen for seen in self.deliveries if seen.status == "held")

    @property
    def is_overdue(self) -> bool:
        """Whether something should have come and did not."""
        return self.freshness is not None and self.freshness.state == "overdue"


@dataclass(frozen=True)
class Monitoring:
    """The state of all feeds.

    Parameters
    ----------
    as_of : datetime
        As of when (UTC, naive).
    feeds : tuple of FeedState
        By furnisher and contract.
    refused : tuple of Refused
        Files that could not be taken in, the latest first.
    """

    as_of: datetime
    feeds: tuple[FeedState, ...]
    refused: tuple[Refused, ...]

    @property
    def overdue(self) -> tuple[FeedState, ...]:
        """Feeds from which something should have come, the longest overdue first."""
        late = [feed for feed in self.feeds if feed.is_overdue]
        return tuple(sorted(late, key=lambda feed: -(feed.freshness.overdue_days if feed.freshness else 0)))

    @property
    def held(self) -> tuple[tuple[FeedState, Seen], ...]:
        """Deliveries that wait for a person, the longest first, each with its feed."""
        waiting = [(feed, seen) for feed in self.feeds for seen in feed.held]
        return tuple(sorted(waiting, key=lambda pair: (pair[1].received_at, pair[1].delivery_no)))

    @property
    def unusual(self) -> tuple[tuple[FeedState, Seen], ...]:
        """The last delivery of each feed about which something is unusual."""
        latest = [(feed, feed.latest) for feed in self.feeds]
        return tuple((feed, seen) for feed, seen in latest if seen is not None and seen.anomalies)


def monitoring(history: History, as_of: datetime, contracts: Mapping[str, Contract], *, most: int = 24) -> Monitoring:
    """The state of all feeds: those registered, and those from which something has come.

    Parameters
    ----------
    history : History
        The history.
    as_of : datetime
        The moment; without a time zone it is UTC.
    contracts : mapping of str to Contract
        The contracts by name, for their days of grace.
    most : int
        How many of the latest deliveries of each feed are compared with those before them.
    """
    moment = as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo is not None else as_of
    with history.read() as connection:
        return _Reading(connection, moment, contracts, most).monitoring()


@dataclass
class _Reading:
    """One look at the history."""

    connection: duckdb.DuckDBPyConnection
    moment: datetime
    contracts: Mapping[str, Contract]
    most: int

    def monitoring(self) -> Monitoring:
        feeds = {(feed.furnisher_id, feed.contract): feed for feed in list_feeds(self.connection)}
        names = {feed.furnisher_id: feed.name for feed in feeds.values()}
        names |= dict(self._rows("SELECT furnisher_id, name FROM furnisher"))
        seen = self._seen()
        records, findings, refused = self._quarantine(), self._findings(), self._refused()
        states = []
        for furnisher_id, contract in sorted(feeds.keys() | seen.keys()):
            key = (furnisher_id, contract)
            feed, all_seen = feeds.get(key), seen.get(key, [])
            grace_days = self.contracts[contract].grace_days if contract in self.contracts else _GRACE_DAYS
            opened, closed = records.get(key, (0, 0))
            states.append(
                FeedState(
                    furnisher_id=furnisher_id,
                    name=names.get(furnisher_id) or furnisher_id,
                    contract=contract,
                    cadence=feed.cadence if feed else None,
                    place=feed.place if feed else None,
                    grace_days=grace_days,
                    freshness=self._freshness(feed, all_seen, grace_days) if feed else None,
                    deliveries=self._compared(all_seen),
                    looked_at=self.most,
                    open_records=opened,
                    closed_records=closed,
                    findings=findings.get(key, {}),
                    refused=sum((each.furnisher_id, each.contract) == key for each in refused),
                )
            )
        return Monitoring(self.moment, tuple(states), refused)

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        parameters = {"moment": self.moment} if "$moment" in sql else None
        return self.connection.execute(sql, parameters).fetchall()

    def _seen(self) -> dict[tuple[str, str], list[Seen]]:
        """All deliveries by feed, in the order of their receipt; corrections of single records are none."""
        found: dict[tuple[str, str], list[Seen]] = {}
        for furnisher_id, contract, *told, because in self._rows(_DELIVERIES):
            seen = Seen(**dict(zip(_COLUMNS, told, strict=True)), held_because=tuple(because))
            found.setdefault((furnisher_id, contract), []).append(seen)
        return found

    def _freshness(self, feed: Feed, seen: Sequence[Seen], grace_days: int) -> Freshness:
        """What was turned away has to come again; what is held has come."""
        told = [
            covered(each.covers, each.received_at.date(), feed.cadence) for each in seen if each.status != "turned away"
        ]
        return freshness(max(told, default=None), feed.cadence, grace_days, self.moment.date())

    def _compared(self, seen: Sequence[Seen]) -> tuple[Seen, ...]:
        """All deliveries, the latest compared with those before them."""
        old, recent = seen[: -(self.most + _HABIT)], seen[-(self.most + _HABIT) :]
        bins = bins_of(self.connection, [each.delivery_no for each in recent])
        earlier: list[Profile] = []
        compared = []
        for each in recent:
            profile = _profile(each, bins.get(each.delivery_no, {}))
            shifts = {
                name: shift.value for name, shift in latest_shifts(profile, earlier).items() if shift.noise < _TELLING
            }
            anomalies = judge(profile, earlier) if each.is_taken else ()
            compared.append(replace(each, anomalies=anomalies, shifts=shifts))
            if each.is_taken:
                earlier.append(profile)
        return (*old, *compared)

    def _quarantine(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Records set aside that are open, and closed, by feed."""
        return {
            (furnisher_id, contract): (opened, closed)
            for furnisher_id, contract, opened, closed in self._rows(_RECORDS)
        }

    def _findings(self) -> dict[tuple[str, str], dict[str, int]]:
        found: dict[tuple[str, str], dict[str, int]] = {}
        for furnisher_id, contract, rule, count in self._rows(_FINDINGS):
            found.setdefault((furnisher_id, contract), {})[rule] = count
        return found

    def _refused(self) -> tuple[Refused, ...]:
        return tuple(Refused(*row) for row in self._rows(_REFUSED))


def _profile(seen: Seen, bins: Bins) -> Profile:
    return Profile(
        seen.read, seen.quarantined, seen.duplicate, seen.received_at, seen.covers, bins, seen.status == "released"
    )
