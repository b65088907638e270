"""The monitoring for machines: as JSON, and as metrics in the text format that Prometheus reads.

Neither tells anything about a person: furnishers, counts, shares and rules alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bureau.monitor import FeedState, Monitoring, Refused, Seen

__all__ = ["as_json", "as_metrics"]

_COUNTS: Final = ("read", "accepted", "quarantined", "duplicate")
_METRICS: Final = {
    "monitor_timestamp_seconds": "Moment as of which the feeds were looked at.",
    "feed_info": "A feed: a furnisher and a kind of delivery.",
    "feed_last_received_timestamp_seconds": "When the last delivery was received, held ones among them.",
    "feed_due_timestamp_seconds": "End of the last day on which the next delivery is in time.",
    "feed_overdue_days": "Days since the next delivery should have come; 0 while it is in time.",
    "feed_missing_periods": "Periods that should have been told and were not.",
    "feed_deliveries": "Deliveries by where they stand.",
    "feed_records": "Records of all deliveries by what became of them; held ones count as quarantined.",
    "feed_last_records": "Records of the last delivery that was taken in, by what became of them.",
    "feed_last_rejected_ratio": "Share of the last delivery's records that break rules.",
    "feed_last_duplicate_ratio": "Share of the last delivery's good records that were told before.",
    "feed_field_shift_psi": "Population stability index of a field of the last delivery against those before.",
    "feed_anomalies": "What is unusual about the last delivery, by kind.",
    "feed_held_deliveries": "Deliveries that wait for a person.",
    "feed_held_seconds": "How long the delivery that waits longest has waited.",
    "feed_quarantine_records": "Records set aside, by whether a person has decided about them.",
    "feed_findings": "What was noticed about records that were accepted, by rule.",
    "feed_refused_deliveries": "Files that could not be taken in at all.",
}
"""Name of each metric, without its prefix, and its help; every one of them is a gauge."""

_Sample = tuple[str, dict[str, str], float]


def as_json(monitoring: Monitoring) -> dict[str, Any]:
    """The monitoring as plain values.

    Parameters
    ----------
    monitoring : Monitoring
        The state of all feeds.
    """
    return {
        "as_of": _moment(monitoring.as_of),
        "overdue": len(monitoring.overdue),
        "held": len(monitoring.held),
        "unusual": len(monitoring.unusual),
        "feeds": [_feed(feed) for feed in monitoring.feeds],
        "refused": [_refused(each) for each in monitoring.refused],
    }


def as_metrics(monitoring: Monitoring, prefix: str = "tradeline_") -> str:
    """The monitoring in the text exposition format.

    Parameters
    ----------
    monitoring : Monitoring
        The state of all feeds.
    prefix : str
        What the name of every metric begins with.

    Returns
    -------
    str
        One block a metric, with its help and type; metrics of which there is no sample are left out.
    """
    samples: dict[str, list[str]] = {name: [] for name in _METRICS}
    samples["monitor_timestamp_seconds"].append(f" {_number(_seconds(monitoring.as_of))}")
    for feed in monitoring.feeds:
        for name, labels, value in _samples(feed, monitoring.as_of):
            told = {"furnisher": feed.furnisher_id, "contract": feed.contract} | labels
            listed = ",".join(f'{label}="{_escaped(text)}"' for label, text in told.items())
            samples[name].append(f"{{{listed}}} {_number(value)}")
    lines = []
    for name, listed_samples in samples.items():
        if listed_samples:
            lines += [f"# HELP {prefix}{name} {_METRICS[name]}", f"# TYPE {prefix}{name} gauge"]
            lines += [f"{prefix}{name}{sample}" for sample in listed_samples]
    return "\n".join(lines) + "\n"


def _samples(feed: FeedState, as_of: datetime) -> Iterator[_Sample]:
    yield "feed_info", {"name": feed.name, "cadence": feed.cadence or "none"}, 1
    if feed.deliveries:
        yield "feed_last_received_timestamp_seconds", {}, _seconds(max(seen.received_at for seen in feed.deliveries))
    if feed.freshness is not None and feed.freshness.due_on is not None:
        yield "feed_due_timestamp_seconds", {}, _seconds(datetime.combine(feed.freshness.due_on, time.max))
        yield "feed_overdue_days", {}, feed.freshness.overdue_days
        yield "feed_missing_periods", {}, feed.freshness.missing
    for status, count in feed.statuses.items():
        yield "feed_deliveries", {"status": status}, count
    for name in _COUNTS[1:]:
        yield "feed_records", {"outcome": name}, feed.records[name]
    if (latest := feed.latest) is not None:
        for name in _COUNTS[1:]:
            yield "feed_last_records", {"outcome": name}, getattr(latest, name)
        yield "feed_last_rejected_ratio", {}, latest.rejection_share
        yield "feed_last_duplicate_ratio", {}, latest.duplicate_share
        for name, value in latest.shifts.items():
            yield "feed_field_shift_psi", {"field": name}, value
        for kind in ("volume", "rejections", "duplicates", "distribution", "first"):
            yield "feed_anomalies", {"kind": kind}, sum(each.kind == kind for each in latest.anomalies)
    yield "feed_held_deliveries", {}, len(feed.held)
    yield "feed_held_seconds", {}, (as_of - feed.held[0].received_at).total_seconds() if feed.held else 0
    yield "feed_quarantine_records", {"state": "open"}, feed.open_records
    yield "feed_quarantine_records", {"state": "closed"}, feed.closed_records
    for rule, count in feed.findings.items():
        yield "feed_findings", {"rule": rule}, count
    yield "feed_refused_deliveries", {}, feed.refused


def _feed(feed: FeedState) -> dict[str, Any]:
    fresh, latest = feed.freshness, feed.latest
    return {
        "furnisher": feed.furnisher_id,
        "name": feed.name,
        "contract": feed.contract,
        "cadence": feed.cadence,
        "place": str(feed.place) if feed.place else None,
        "state": fresh.state if fresh else None,
        "covers": _day(fresh.covers) if fresh else None,
        "expects": _day(fresh.expects) if fresh else None,
        "due_on": _day(fresh.due_on) if fresh else None,
        "overdue_days": fresh.overdue_days if fresh else 0,
        "missing_periods": fresh.missing if fresh else 0,
        "last": _seen(latest) if latest else None,
        "held": [_seen(seen) for seen in feed.held],
        "deliveries": len(feed.deliveries),
        "statuses": feed.statuses,
        "records": feed.records,
        "quarantine": {"open": feed.open_records, "closed": feed.closed_records},
        "findings": dict(feed.findings),
        "refused": feed.refused,
        "recent": [_seen(seen) for seen in feed.recent],
    }


def _seen(seen: Seen) -> dict[str, Any]:
    return {
        "delivery_id": seen.delivery_id,
        "file": seen.file,
        "received_at": _moment(seen.received_at),
        "covers": _day(seen.covers),
        "status": seen.status,
        **{name: getattr(seen, name) for name in _COUNTS},
        "rejection_share": round(seen.rejection_share, 6),
        "duplicate_share": round(seen.duplicate_share, 6),
        "held_because": list(seen.held_because),
        "anomalies": [
            {"kind": each.kind, "field": each.field, "sentence": each.sentence, "value": each.value,
             "usual": each.usual, "holds": each.holds}
            for each in seen.anomalies
        ],
        "shifts": {name: round(value, 6) for name, value in seen.shifts.items()},
    }  # fmt: skip


def _refused(refused: Refused) -> dict[str, Any]:
    return {
        "furnisher": refused.furnisher_id,
        "contract": refused.contract,
        "file": refused.file,
        "refused_at": _moment(refused.refused_at),
        "rule": refused.rule,
        "remedy": refused.remedy,
    }


def _moment(moment: datetime) -> str:
    return f"{moment.isoformat()}Z"


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _seconds(moment: datetime) -> int:
    """Seconds since 1970 of a moment in UTC without a time zone."""
    return int(moment.replace(tzinfo=UTC).timestamp())


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
