"""From options to a folder: the world is lived, told by its furnishers, and written down with its answer key."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bureau.simulator.answers import Answers
from bureau.simulator.clerk import Clerk
from bureau.simulator.deliveries import Delivery, Schedule, write_copy, write_stale
from bureau.simulator.errors import SimulationError
from bureau.simulator.furnishers import FEEDS, FURNISHERS
from bureau.simulator.log import Log
from bureau.simulator.options import Options
from bureau.simulator.reporting import Reporting
from bureau.simulator.world import World
from bureau.simulator.writing import write

__all__ = ["Summary", "simulate"]

_MANIFEST: Final = "manifest.json"
_WRITERS: Final = 2


@dataclass(frozen=True)
class Summary:
    """What was made.

    Parameters
    ----------
    out : Path
        The folder.
    consumers, months, deliveries, records, bytes : int
        How much.
    faults : int
        How many records or deliveries carry a mistake.
    """

    out: Path
    consumers: int
    months: int
    deliveries: int
    records: int
    bytes: int
    faults: int


def simulate(options: Options, out: Path, progress: Callable[[str, float], None] | None = None) -> Summary:
    """Simulate a world and write what its furnishers deliver, with the answer key.

    Parameters
    ----------
    options : Options
        What world it is.
    out : Path
        A folder that does not exist or is empty.
    progress : callable, optional
        Told what is being done, and the share of it that is done.

    Raises
    ------
    SimulationError
        If the folder holds something.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SimulationError(f"{out} is not empty; name a folder that does not exist")
    (out / "deliveries").mkdir(parents=True)
    (out / "answers").mkdir()
    tell = progress or _tell_nobody
    tell("people and what went before", 0.0)
    with ThreadPoolExecutor(_WRITERS) as writers:
        sending = _Sending(options, out, writers)
        for month in range(options.months):
            tell(sending.world.calendar.name(month), (month + 0.5) / (options.months + 1))
            sending.send_a_month()
        sending.finish()
    return sending.summary()


class _Sending:
    """A simulation under way.

    Parameters
    ----------
    options : Options
        What world it is.
    out : Path
        The folder.
    writers : Executor
        Writes files while the next ones are put together. What is in them is settled before, so
        it does not matter which is written first.
    """

    def __init__(self, options: Options, out: Path, writers: Executor) -> None:
        self._options = options
        self._out = out
        self._folder = out / "deliveries"
        self._writers = writers
        self.world = World(options)
        self._reporting = Reporting(self.world)
        self._schedule = Schedule(options, self.world.chance)
        self._answers = Answers(self.world, out / "answers")
        self._log = Log(self._answers.add)
        self._clerk = Clerk(self.world, self._log)
        self._latest: dict[str, Path] = {}
        self._under_way: dict[Path, Future[int]] = {}
        self._listed: list[dict[str, Any]] = []
        self._records = self._size = 0
        self._answers.begin()

    def send_a_month(self) -> None:
        """Live one month, and send what the furnishers have to say about it."""
        world = self.world
        world.live()
        self._answers.note_month()
        self._clerk.begin_month()
        folder = self._folder / world.calendar.name(world.month)
        folder.mkdir()
        for delivery in self._schedule.deliveries(world.month):
            path = folder / delivery.file_name
            whole = delivery.sort in ("copy", "stale")
            if self._send_whole(delivery, path) if whole else self._send(delivery, path):
                self._list(delivery, path)
        self._log.pass_on()
        self._size += sum(written.result() for written in self._under_way.values())
        self._under_way = {}

    def finish(self) -> None:
        """Close the key, and write the manifest at the very end."""
        self._answers.end()
        _write_manifest(self._folder, self._listed)

    def summary(self) -> Summary:
        """What was made."""
        return Summary(
            out=self._out,
            consumers=self._options.consumers,
            months=self._options.months,
            deliveries=len(self._listed),
            records=self._records,
            bytes=self._size,
            faults=self._log.faults,
        )

    def _send(self, delivery: Delivery, path: Path) -> bool:
        """Send the month's records; false if there are none."""
        feed, day = delivery.feed, self.world.calendar.last_day(self.world.month)
        batch = self._reporting.batch(feed)
        self._answers.note_references(batch)
        layout, count = self._clerk.prepare(batch, _name(path), day)
        if not count:
            return False
        self._under_way[path] = self._writers.submit(write, batch, layout, path, day)
        self._records += count
        self._latest[feed.name] = path
        if delivery.sort == "after stale":
            furnisher_id = FURNISHERS[feed.furnisher].furnisher_id
            self._log.event("delivered_again", _name(path), None, furnisher_id, feed.contract, None, day)
        return True

    def _send_whole(self, delivery: Delivery, path: Path) -> bool:
        """Send an earlier file again; false if there is none."""
        feed, month = delivery.feed, self.world.month
        day, before = self.world.calendar.last_day(month), self._latest.get(feed.name)
        is_copy = delivery.sort == "copy"
        if before is None or (before.parent == path.parent) != is_copy:
            return False
        if before in self._under_way:
            self._under_way[before].result()
        rng = self.world.chance.stream(f"stale {feed.name}", month)
        size = write_copy(before, path) if is_copy else write_stale(before, path, feed, day, rng)
        self._size += size
        self._note_whole(delivery, path, before)
        return True

    def _list(self, delivery: Delivery, path: Path) -> None:
        """Put a delivery into the manifest."""
        self._listed.append(
            {
                "file": _name(path),
                "furnisher_id": FURNISHERS[delivery.feed.furnisher].furnisher_id,
                "contract": delivery.feed.contract,
                "received_at": delivery.received_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "covers": self.world.calendar.last_day(self.world.month).isoformat(),
            }
        )

    def _note_whole(self, delivery: Delivery, path: Path, before: Path) -> None:
        feed, month = delivery.feed, self.world.month
        is_copy = delivery.sort == "copy"
        self._log.fault(
            delivery_file=_name(path),
            line=None,
            furnisher_id=FURNISHERS[feed.furnisher].furnisher_id,
            contract=feed.contract,
            kind="duplicate_file" if is_copy else "stale_file",
            field="",
            criterion="D5" if is_copy else "D6",
            account_ref=None,
            month=self.world.calendar.last_day(month),
            true_value="" if is_copy else self.world.calendar.name(month),
            faulty_value=_name(before) if is_copy else self.world.calendar.name(month - 1),
        )


def _name(path: Path) -> str:
    """A file as the manifest names it."""
    return f"{path.parent.name}/{path.name}"


def _tell_nobody(_what: str, _share: float) -> None:
    """Keep it to oneself."""


def _write_manifest(folder: Path, listed: list[dict[str, Any]]) -> None:
    furnishers = []
    for number, one in enumerate(FURNISHERS):
        contracts = [feed.contract for feed in FEEDS if feed.furnisher == number]
        told: dict[str, Any] = {
            "furnisher_id": one.furnisher_id, "name": one.name, "jurisdiction": "us", "currency": "USD",
        }  # fmt: skip
        told |= {"contract": contracts[0]} if len(contracts) == 1 else {"contracts": contracts}
        furnishers.append(told | {"cadence": "monthly"})
    text = json.dumps({"format": 1, "furnishers": furnishers, "deliveries": listed}, indent=1)
    temporary = folder / f".{_MANIFEST}"
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.rename(folder / _MANIFEST)
