"""Which files a furnisher sends in a month, and when: mostly one a feed, sometimes a stale one or the same twice."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bureau.simulator.furnishers import FEEDS, Feed, received_at
from bureau.simulator.options import Options
from bureau.simulator.randomness import Chance
from bureau.simulator.writing import ROW_GROUP, metro2_header

__all__ = ["Delivery", "Schedule", "write_copy", "write_stale"]

_COPIED: Final = 3.0
_STALE: Final = 2.0
_LEAST: Final = 3
_MADE_GOOD_AFTER: Final = timedelta(days=6, hours=1)
_CHUNK: Final = 1 << 24
_MONTHLY: Final = frozenset({"metro2", "lender_months", "recurring_payments"})


@dataclass(frozen=True)
class Delivery:
    """A file that is to be sent.

    Parameters
    ----------
    feed : Feed
        Whose, and of which kind.
    received_at : datetime
        When it is received.
    sort : {'regular', 'stale', 'after stale', 'copy'}
        The month's records; those of the month before under this month's name; the month's records
        after such a mistake; the regular file once more.
    """

    feed: Feed
    received_at: datetime
    sort: Literal["regular", "stale", "after stale", "copy"] = "regular"

    @property
    def file_name(self) -> str:
        """The name of its file."""
        tail = {"regular": "", "stale": "", "after stale": "-corrected", "copy": "-copy"}[self.sort]
        return f"{self.feed.stem}{tail}.{self.feed.extension}"


class Schedule:
    """What is sent when.

    Parameters
    ----------
    options : Options
        The world; its rate of faults says how many deliveries are stale or sent twice.
    chance : Chance
        Its randomness.
    """

    def __init__(self, options: Options, chance: Chance) -> None:
        self._calendar = options.calendar
        self._chance = chance
        rng = chance.stream("deliveries")
        months = options.months
        all_of_them = [(month, feed.name) for month in range(months) for feed in FEEDS]
        could_be_stale = [
            (month, feed.name) for month in range(1, months, 2) for feed in FEEDS if feed.contract in _MONTHLY
        ]
        self._stale = _drawn(could_be_stale, _STALE * 2 * options.fault_rate, rng)
        near = {(month + step, name) for month, name in self._stale for step in (0, -1)}
        self._copied = _drawn([one for one in all_of_them if one not in near], _COPIED * options.fault_rate, rng)

    def deliveries(self, month: int) -> list[Delivery]:
        """The deliveries of a month, in the order in which they are received."""
        listed = []
        for feed in FEEDS:
            moment = received_at(feed, month, self._calendar, self._chance)
            if (month, feed.name) in self._stale:
                listed += [Delivery(feed, moment, "stale"), Delivery(feed, moment + _MADE_GOOD_AFTER, "after stale")]
                continue
            listed.append(Delivery(feed, moment))
            if (month, feed.name) in self._copied:
                days = 1 + int(self._chance.share("copied after", month, feed.furnisher, feed.day)[0] * 3)
                listed.append(Delivery(feed, moment + timedelta(days=days, minutes=30), "copy"))
        return sorted(listed, key=lambda one: one.received_at)


def write_copy(before: Path, path: Path) -> int:
    """Send the same bytes again; their number."""
    shutil.copyfile(before, path)
    return path.stat().st_size


def write_stale(before: Path, path: Path, feed: Feed, day: date, rng: np.random.Generator) -> int:
    """Send the records of the month before as those of this month, newly exported; the number of bytes.

    A Metro 2 file gets this month's header. Other files are exported in another order of their
    records: they begin somewhere in the middle.
    """
    if feed.extension == "parquet":
        table = pq.read_table(before)
        middle = int(rng.integers(1, max(2, table.num_rows)))
        turned = pa.concat_tables([table.slice(middle), table.slice(0, middle)]).combine_chunks()
        pq.write_table(
            turned, path, row_group_size=ROW_GROUP, compression="zstd", compression_level=1, store_schema=False
        )
        return path.stat().st_size
    with before.open("rb") as old, path.open("wb") as new:
        if feed.extension == "m2":
            old.readline()
            new.write(metro2_header(feed.furnisher, day))
            shutil.copyfileobj(old, new, _CHUNK)
        else:
            old.seek(int(before.stat().st_size * rng.uniform(0.2, 0.8)))
            old.readline()
            middle = old.tell()
            shutil.copyfileobj(old, new, _CHUNK)
            old.seek(0)
            for _ in range(middle // _CHUNK):
                new.write(old.read(_CHUNK))
            new.write(old.read(middle % _CHUNK))
        return new.tell()


def _drawn(could_be: list[tuple[int, str]], share: float, rng: np.random.Generator) -> frozenset[tuple[int, str]]:
    """Some of them: a share, but a few at least where there are any mistakes."""
    count = min(len(could_be), max(_LEAST, round(share * len(could_be)))) if share else 0
    return (
        frozenset(could_be[place] for place in rng.choice(len(could_be), count, replace=False))
        if count
        else frozenset()
    )
