"""The monitoring as people read it in a terminal: a line a feed, then what needs a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tradeline.monitor_words import days, standing

if TYPE_CHECKING:
    from bureau.monitor import FeedState, Monitoring

__all__ = ["show_monitoring"]

_COLOURS = {"overdue": "bold red", "due": "", "in time": "green", "never": "dim"}
_SHORT_ID = 8
_WIDE = 90


def show_monitoring(monitoring: Monitoring) -> None:
    """Print the state of all feeds.

    Parameters
    ----------
    monitoring : Monitoring
        The state of all feeds.
    """
    console = Console()
    if not monitoring.feeds:
        console.print("no feeds; register a furnisher with `tradeline furnishers add`", highlight=False)
        return
    table = Table(
        title=f"feeds as of {monitoring.as_of:%Y-%m-%d %H:%M} UTC; figures of the last delivery taken in",
        title_justify="left",
        title_style="",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    wide = console.width >= _WIDE
    for name in ("furnisher", "state", *(("told up to",) if wide else ())):
        table.add_column(name, no_wrap=True)
    for name in ("records", "rejected", "known", "PSI", "review"):
        table.add_column(name, justify="right", no_wrap=True)
    for feed in monitoring.feeds:
        table.add_row(*_row(feed, wide=wide))
    console.print(table)
    for kind, line in _lines(monitoring):
        colour = {"held": "yellow", "overdue": "red"}.get(kind, "cyan")
        console.print(f"[{colour}]{kind:<8}[/] {escape(line)}", highlight=False, soft_wrap=True)


def _row(feed: FeedState, *, wide: bool) -> list[str]:
    fresh, last = feed.freshness, feed.latest
    colour = _COLOURS[fresh.state] if fresh else "dim"
    state = f"[{colour}]{standing(feed)}[/]" if colour else standing(feed)
    if feed.held:
        state += f"\n[bold yellow]{len(feed.held)} held[/]"
    told = [str(fresh.covers) if fresh and fresh.covers else "–"] if wide else []
    figures = ["–"] * 4
    if last is not None:
        shift = f"{max(last.shifts.values()):.2f}" if last.shifts else "–"
        figures = [f"{last.read:,}", f"{last.rejection_share:.1%}", f"{last.duplicate_share:.1%}", shift]
    name = f"{escape(feed.furnisher_id)}\n[dim]{escape(feed.contract)}[/]"
    return [name, state, *told, *figures, f"{feed.open_records:,}"]


def _lines(monitoring: Monitoring) -> list[tuple[str, str]]:
    """What needs a person: a kind and a line each."""
    lines = []
    for feed, seen in monitoring.held:
        waited = days((monitoring.as_of - seen.received_at).days)
        because = "; ".join(seen.held_because)
        lines.append(
            ("held", f"{feed.furnisher_id}: {seen.file} ({seen.delivery_id[:_SHORT_ID]}), {waited}: {because}")
        )
    lines += [
        ("overdue", f"{feed.furnisher_id}: {feed.contract} was due on {feed.freshness.due_on}")
        for feed in monitoring.overdue
        if feed.freshness is not None
    ]
    for feed, seen in monitoring.unusual:
        because = "; ".join(anomaly.sentence for anomaly in seen.anomalies)
        lines.append(("unusual", f"{feed.furnisher_id}: {seen.file}: {because}"))
    return lines
