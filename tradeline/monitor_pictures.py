"""The monitor's pictures: inline SVG whose colours the page decides, with a tip wherever the mouse rests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from tradeline.monitor_words import days, standing
from training.pictures import draw, percent

if TYPE_CHECKING:
    from bureau.monitor import FeedState, Monitoring, Seen

__all__ = ["COLOURS", "SHIFT_CLASSES", "draw_feed", "draw_timeline", "shift_class"]

COLOURS: Final = {
    "ink": "#1f2a35",
    "muted": "#5c6976",
    "line": "#d8dfe6",
    "good": "#0072b2",
    "bad": "#c75100",
    "held": "#b8860b",
    "calm": "#eef2f6",
    "some": "#f9dcc0",
    "much": "#ee9f5b",
    "far": "#c75101",
}
"""Colours of a light page by the name of their CSS variable."""

SHIFT_CLASSES: Final = (
    (0.1, "calm", "under 0.1: as before"),
    (0.25, "some", "under 0.25: a little"),
    (2.0, "much", "under 2: clearly"),
    (np.inf, "far", "from 2 on: far, and held"),
)
"""How a PSI reads: what it lies under, the colour, the words."""

_ON: Final = {"calm": COLOURS["ink"], "some": "#1f2a36", "much": "#1f2a36", "far": "#ffffff"}
"""The colour of a number on each of them."""

_WIDE: Final = 10.4
_MARKS: Final = {"held": ("D", 6.5, "held"), "turned away": ("x", 5.5, "bad")}
"""Mark, size and colour of a delivery that was not taken in."""
_MONTHS_SHOWN: Final = 13
_SETTINGS: Final[Mapping[str, Any]] = {
    "font.size": 9,
    "axes.edgecolor": COLOURS["line"],
    "axes.spines.left": False,
    "axes.grid": False,
    "hatch.linewidth": 0.8,
}


def draw_timeline(monitoring: Monitoring) -> str:
    """When each feed delivered, when it was expected, and what is overdue.

    Parameters
    ----------
    monitoring : Monitoring
        The state of all feeds; those that are not registered have no cadence and are left out.
    """
    feeds = [feed for feed in monitoring.feeds if feed.freshness is not None]
    end, start = monitoring.as_of, monitoring.as_of - timedelta(days=30.5 * _MONTHS_SHOWN)
    tips = _Tips()

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot(xlim=(_at(start), _at(end + (end - start) * 0.16)), ylim=(len(feeds) - 0.4, -0.6))
        axes.axvline(_at(end), color=COLOURS["ink"], linewidth=1)
        axes.annotate(f"{end:%Y-%m-%d}", (_at(end), 1), (0, 3), xycoords=("data", "axes fraction"),
                      textcoords="offset points", ha="center", fontsize=8.5)  # fmt: skip
        for row, feed in enumerate(feeds):
            _draw_feed_line(axes, row, feed, (start, end), tips)
        axes.set_yticks(range(len(feeds)), [f"{feed.name}\n{feed.contract}" for feed in feeds], color=COLOURS["ink"])
        months = _months(start, end)
        labels = [f"{month:%b}\n{month.year}" if not at or month.month == 1 else f"{month:%b}" for at, month in
                  enumerate(months)]  # fmt: skip
        axes.set_xticks([_at(month) for month in months], labels)
        axes.xaxis.grid(visible=True)

    told = "; ".join(f"{feed.name}, {feed.contract}: {standing(feed)}" for feed in feeds)
    return draw(
        "timeline",
        "Deliveries against their cadence",
        told,
        (_WIDE, 0.7 + 0.42 * len(feeds)),
        paint,
        colours=COLOURS,
        settings=_SETTINGS,
        finish=tips.put_into,
    )


def draw_feed(feed: FeedState, name: str) -> str:
    """Volume, rejections and duplicates of a feed's deliveries, and below how far each field has moved.

    Parameters
    ----------
    feed : FeedState
        The feed, with at least one delivery.
    name : str
        What the identifiers of the picture begin with.
    """
    seen = feed.recent
    fields = sorted({field for each in seen for field in each.shifts})
    heights = [2.0, 0.9] + ([0.21 * len(fields) + 0.1] if fields else [])
    tips = _Tips()

    def paint(figure: Figure) -> None:
        parts = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
        _draw_volumes(parts[0], seen, tips)
        _draw_shares(parts[1], seen, tips)
        if fields:
            _draw_shifts(parts[2], seen, fields, tips)
        last = parts[-1]
        last.set_xlim(-0.6, max(len(seen), 8) - 0.4)
        shown = range(len(seen) - 1, -1, -max(1, round(len(seen) / 12)))
        last.set_xticks(list(shown), [f"{(seen[at].covers or seen[at].received_at):%Y-%m-%d}" for at in shown],
                        fontsize=8)  # fmt: skip
        for axes in parts[:-1]:
            axes.tick_params(labelbottom=False)
        figure.align_ylabels()

    told = f"{len(seen)} deliveries; the last one: {_tip(seen[-1])}" if seen else "no deliveries"
    size = (_WIDE, sum(heights) + 0.95)
    return draw(
        name,
        f"Deliveries of {feed.name}, {feed.contract}",
        told,
        size,
        paint,
        colours=COLOURS,
        settings=_SETTINGS,
        finish=tips.put_into,
    )


def shift_class(value: float) -> str:
    """The colour of a PSI by its name.

    Examples
    --------
    >>> shift_class(0.02), shift_class(0.3)
    ('calm', 'much')
    """
    return next(name for limit, name, _ in SHIFT_CLASSES if value < limit)


class _Tips:
    """Texts that appear where the mouse rests, by the identifier of what is drawn there."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def at(self, text: str) -> str:
        """A new identifier with its text."""
        name = f"tip{len(self.texts)}"
        self.texts[name] = text
        return name

    def put_into(self, drawn: str) -> str:
        """The drawing with its tips."""
        return re.sub(
            r'<g id="(tip\d+)">', lambda found: f"<g><title>{escape(self.texts[found[1]])}</title>", drawn
        )  # fmt: skip


def _draw_feed_line(axes: Axes, row: int, feed: FeedState, shown: tuple[datetime, datetime], tips: _Tips) -> None:
    """One row of the timeline."""
    start, end = shown
    fresh = feed.freshness
    axes.plot([_at(start), _at(end)], [row, row], color=COLOURS["line"], linewidth=1, zorder=1)
    for seen in feed.deliveries:
        if seen.received_at >= start:
            mark, size, colour = _MARKS.get(seen.status, ("o", 4.5, "good"))
            axes.plot(_at(seen.received_at), row, mark, color=COLOURS[colour], markersize=size, zorder=3, clip_on=False,
                      gid=tips.at(_tip(seen)))  # fmt: skip
    colour = {"overdue": "bad", "due": "ink"}.get(fresh.state if fresh else "", "muted")
    if fresh is not None and fresh.due_on is not None and feed.is_overdue:
        since = max(datetime.combine(fresh.due_on, datetime.max.time()), start)
        axes.plot([_at(since), _at(end)], [row, row], color=COLOURS["bad"], linewidth=5, solid_capstyle="butt",
                  gid=tips.at(f"due on {fresh.due_on}, {days(fresh.overdue_days)} ago"))  # fmt: skip
    axes.annotate(standing(feed), (_at(end), row), (7, 0), textcoords="offset points", va="center",
                  color=COLOURS[colour], weight="bold" if feed.is_overdue else "normal")  # fmt: skip


def _draw_volumes(axes: Axes, seen: Sequence[Seen], tips: _Tips) -> None:
    """Stacked records; what does not count is hatched."""
    for at, each in enumerate(seen):
        tip, base = _tip(each), 0
        if each.is_taken:
            for count, colour in ((each.accepted, "good"), (each.duplicate, "muted"), (each.quarantined, "bad")):
                axes.bar(at, count, 0.78, bottom=base, color=COLOURS[colour], gid=tips.at(tip))
                base += count
        else:
            colour = COLOURS["held" if each.status == "held" else "bad"]
            axes.bar(at, each.read, 0.78, fill=False, hatch="////", edgecolor=colour, linewidth=1, gid=tips.at(tip))
        if each.anomalies:
            axes.annotate("!", (at, base), (0, 2), textcoords="offset points", ha="center", color=COLOURS["bad"],
                          weight="bold", fontsize=11, gid=tips.at(tip))  # fmt: skip
    axes.set_ylim(0, max(1, max((each.read for each in seen), default=1)) * 1.12)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{int(count):,}"))
    axes.yaxis.grid(visible=True)
    axes.set_ylabel("records")


def _draw_shares(axes: Axes, seen: Sequence[Seen], tips: _Tips) -> None:
    """Shares of rejected and of duplicate records, of the deliveries that count."""
    taken = [(at, each) for at, each in enumerate(seen) if each.is_taken]
    lines = (
        ("rejected", "bad", [each.rejection_share for _, each in taken]),
        ("duplicates", "muted", [each.duplicate_share for _, each in taken]),
    )
    most = max((share for _, _, shares in lines for share in shares), default=0.0)
    for label, colour, shares in lines:
        axes.plot([at for at, _ in taken], shares, color=COLOURS[colour], linewidth=1.5, marker="o", markersize=2.5)
        if shares:
            other = next(line[-1][-1] for line in lines if line[0] != label)
            aside = (5 if shares[-1] >= other else -5) if abs(shares[-1] - other) < 0.2 * most else 0
            axes.annotate(label, (taken[-1][0], shares[-1]), (8, aside), textcoords="offset points", va="center",
                          color=COLOURS[colour], fontsize=8)  # fmt: skip
    for at, each in taken:
        axes.add_patch(Rectangle((at - 0.5, 0), 1, 1, facecolor=COLOURS["line"], alpha=0, gid=tips.at(_tip(each))))
    axes.set_ylim(0, max(most * 1.2, 0.001))
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{round(100 * share, 4):g}\N{NO-BREAK SPACE}%"))
    axes.yaxis.grid(visible=True)
    axes.set_ylabel("share")


def _draw_shifts(axes: Axes, seen: Sequence[Seen], fields: Sequence[str], tips: _Tips) -> None:
    """A cell for each field of each delivery."""
    for at, each in enumerate(seen):
        for row, field in enumerate(fields):
            if field in each.shifts:
                value = each.shifts[field]
                kind = shift_class(value)
                tip = f"{field}, {each.file}: PSI {value:.3f}"
                axes.add_patch(Rectangle((at - 0.46, row - 0.44), 0.92, 0.88, facecolor=COLOURS[kind], linewidth=0,
                                         gid=tips.at(tip)))  # fmt: skip
                if kind != "calm":
                    axes.text(at, row, f"{value:.1f}" if value < 10 else f"{value:.0f}", ha="center", va="center",
                              fontsize=6.5, color=_ON[kind], gid=tips.at(tip))  # fmt: skip
    axes.set_ylim(len(fields) - 0.5, -0.5)
    axes.set_yticks(range(len(fields)), fields, fontsize=8, color=COLOURS["ink"])
    axes.spines["bottom"].set_visible(False)
    axes.set_ylabel("PSI")


def _tip(seen: Seen) -> str:
    """A delivery in a few lines."""
    counts = (
        f"{seen.read:,} read, {seen.accepted:,} accepted, {seen.quarantined:,} set aside, {seen.duplicate:,} duplicate"
    )
    lines = [f"{seen.file}, received {seen.received_at:%Y-%m-%d}: {seen.status}", counts]
    if seen.is_taken:
        lines.append(f"{percent(seen.rejection_share)} rejected, {percent(seen.duplicate_share)} told before")
    return "\n".join([*lines, *seen.held_because, *(anomaly.sentence for anomaly in seen.anomalies)])


def _months(start: datetime, end: datetime) -> list[datetime]:
    """The first days of the months in between."""
    first = start.year * 12 + start.month
    return [datetime(month // 12, month % 12 + 1, 1) for month in range(first, end.year * 12 + end.month)]  # noqa: DTZ001


def _at(moment: datetime) -> float:
    """A moment on the axis, in days."""
    return moment.toordinal() + (moment - moment.replace(hour=0, minute=0, second=0, microsecond=0)) / timedelta(days=1)
