"""From options to a folder: the world is lived, told by its furnishers, and written down with its answer key."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bureau.simulator.answers import Answers
from bureau.simulator.errors import SimulationError
from bureau.simulator.furnishers import FEEDS, FURNISHERS, Feed, received_at
from bureau.simulator.options import Options
from bureau.simulator.reporting import Reporting
from bureau.simulator.world import World
from bureau.simulator.writing import Layout, write

__all__ = ["Summary", "simulate"]

_MANIFEST: Final = "manifest.json"


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
    tell = progress or (lambda what, share: None)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SimulationError(f"{out} is not empty; name a folder that does not exist")
    deliveries, answers = out / "deliveries", out / "answers"
    deliveries.mkdir(parents=True)
    answers.mkdir()
    tell("people and what went before", 0.0)
    world = World(options)
    reporting = Reporting(world)
    key = Answers(world, answers)
    key.begin()
    listed: list[dict[str, Any]] = []
    records = size = 0
    for month in range(options.months):
        tell(world.calendar.name(month), (month + 0.5) / (options.months + 1))
        world.live()
        key.note_month()
        folder = deliveries / world.calendar.name(month)
        folder.mkdir()
        day = world.calendar.last_day(month)
        for feed, moment in _in_order(world, month):
            batch = reporting.batch(feed)
            if not len(batch):
                continue
            path = folder / f"{feed.stem}.{feed.extension}"
            size += write(batch, Layout(), path, day)
            records += len(batch)
            listed.append(
                {
                    "file": f"{folder.name}/{path.name}",
                    "furnisher_id": FURNISHERS[feed.furnisher].furnisher_id,
                    "contract": feed.contract,
                    "received_at": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "covers": day.isoformat(),
                }
            )
    key.end()
    _write_manifest(deliveries, listed)
    return Summary(out, options.consumers, options.months, len(listed), records, size, 0)


def _in_order(world: World, month: int) -> list[tuple[Feed, datetime]]:
    moments = [(feed, received_at(feed, month, world.calendar, world.chance)) for feed in FEEDS]
    return sorted(moments, key=lambda one: one[1])


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
