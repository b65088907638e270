"""The monitoring as a page: one self-contained HTML file that loads nothing and runs no script."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from bureau.contracts import Contract
from bureau.monitor import FeedState, Monitoring
from tradeline.monitor_pictures import SHIFT_CLASSES, draw_feed, draw_timeline
from tradeline.monitor_words import days, standing
from training.pages import page_environment
from training.pictures import percent

__all__ = ["render_page"]

_TEMPLATES: Final = Path(__file__).parent / "templates"
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_MOST_REFUSED: Final = 50


@dataclass(frozen=True)
class _Tile:
    label: str
    value: str
    note: str
    kind: str = ""


def render_page(
    monitoring: Monitoring, contracts: Mapping[str, Contract], progress: Callable[[str, float], None] | None = None
) -> str:
    """The page.

    Parameters
    ----------
    monitoring : Monitoring
        The state of all feeds.
    contracts : mapping of str to Contract
        The contracts by name, for the sentences of their rules.
    progress : callable, optional
        Told the feed that is being drawn, and the share of the work that is done.
    """
    environment = page_environment(_TEMPLATES)
    environment.filters |= {
        "day": _day,
        "days": days,
        "largest": _largest,
        "moment": _moment,
        "percent": percent,
        "standing": standing,
        "thousands": lambda count: f"{count:,}",
    }
    drawn = []
    for number, feed in enumerate(monitoring.feeds):
        if progress is not None:
            progress(feed.name, number / len(monitoring.feeds))
        drawn.append(draw_feed(feed, f"feed{number + 1}") if feed.deliveries else "")
    page = environment.get_template("monitor.html.j2").render(
        monitoring=monitoring,
        furnishers=len({feed.furnisher_id for feed in monitoring.feeds}),
        tiles=_tiles(monitoring),
        pictures={"timeline": _timeline(monitoring), "feeds": drawn},
        shift_classes=SHIFT_CLASSES,
        findings=_findings(monitoring, contracts),
        refused=monitoring.refused[:_MOST_REFUSED],
    )
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", page)


def _timeline(monitoring: Monitoring) -> str:
    return draw_timeline(monitoring) if any(feed.freshness for feed in monitoring.feeds) else ""


def _tiles(monitoring: Monitoring) -> list[_Tile]:
    feeds = monitoring.feeds
    overdue, held, refused = len(monitoring.overdue), len(monitoring.held), len(monitoring.refused)
    read, aside, known = (sum(feed.records[name] for feed in feeds) for name in ("read", "quarantined", "duplicate"))
    return [
        _Tile("Overdue", str(overdue), f"of {len(feeds)} feeds", "alarm" if overdue else ""),
        _Tile("Held", str(held), "deliveries wait for a person", "waiting" if held else ""),
        _Tile("To review", f"{sum(feed.open_records for feed in feeds):,}", "records set aside and undecided"),
        _Tile("Unusual", str(len(monitoring.unusual)), "last deliveries, yet taken in"),
        _Tile(
            "Deliveries",
            f"{sum(len(feed.deliveries) for feed in feeds):,}",
            f"{refused:,} {'file' if refused == 1 else 'files'} refused",
        ),
        _Tile("Records", f"{read:,}", "read in all deliveries"),
        _Tile("Set aside", _share(aside, read), f"{aside:,} records, held ones included"),
        _Tile("Duplicates", _share(known, read), f"{known:,} records told before"),
    ]


def _findings(monitoring: Monitoring, contracts: Mapping[str, Contract]) -> list[tuple[FeedState, str, str, int]]:
    """Feed, rule, its sentence and how often, the most frequent first."""
    found = []
    for feed in monitoring.feeds:
        sentences = contracts[feed.contract].sentences if feed.contract in contracts else {}
        for rule, count in feed.findings.items():
            found.append((feed, rule, sentences[rule][1] if rule in sentences else "", count))
    return sorted(found, key=lambda row: -row[3])


def _largest(shifts: Mapping[str, float]) -> tuple[str, float]:
    return max(shifts.items(), key=lambda item: item[1])


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else "–"


def _day(day: date) -> str:
    return f"{day:%Y-%m-%d}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}\N{NO-BREAK SPACE}UTC"
