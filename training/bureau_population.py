"""The population of the bureau's own features: everybody on file at some dates, how it went, what was known then.

At each observation date everybody on file is labelled (:mod:`training.labels`), and the features of those who
turned out good or bad are computed from the history itself, as it was known at the beginning of that date: neither
a fact recorded later nor a correction made later can enter. A date is worked through at a time, so that memory holds
one date's people besides the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from bureau.history import History
from features.compute import compute
from features.declaration import Derived
from features.sets import FeatureSet, feature_set
from features.spine import Everybody
from features.vectors import matrix
from training.errors import UnfitDates, UnfitPopulation
from training.labels import LabelDefinition, Labels, label
from training.population import Population, assemble
from training.segments import SEGMENT_FEATURES, jurisdictions, segments_of

__all__ = ["MONTHS_KNOWN", "BureauPopulation", "bureau_population", "newest_matured", "why_none_matured"]

MONTHS_KNOWN: Final = 6
"""Months that the history should reach back from an observation date: the bureau's first delivery is no population."""

_Progress = Callable[[str, float], None]

_Values = npt.NDArray[np.float64]

_LABELS: Final = 0.3
"""Share of the time that the outcomes take, more or less."""


@dataclass(frozen=True, eq=False)
class BureauPopulation:
    """A population with the labels it comes from, and its segments.

    Parameters
    ----------
    people : Population
        Everybody who turned out good or bad, by observation date and consumer.
    labels : Labels
        The outcomes of everybody on file, the indeterminate and the excluded too.
    segments : mapping of str to ndarray of str
        Segment of each row of `people` by the name of the division: ``file``, ``products``, ``jurisdiction``.
    """

    people: Population
    labels: Labels
    segments: Mapping[str, npt.NDArray[np.object_]]


def newest_matured(
    history: History,
    definition: LabelDefinition,
    present: datetime,
    *,
    count: int = 12,
    months_known: int = MONTHS_KNOWN,
) -> tuple[date, ...]:
    """The newest month ends whose outcomes are known by now, the oldest first.

    A window that ends after the newest delivery has not matured, however long ago that was: nobody told how it went.

    Parameters
    ----------
    history : History
        The credit history.
    definition : LabelDefinition
        What bad means, and when an observation has matured.
    present : datetime
        The present, with a time zone.
    count : int
        How many at most.
    months_known : int
        Months that the history should reach back from each.

    Returns
    -------
    tuple of date
        Fewer than `count`, even none, where the history is young; :func:`why_none_matured` says why.
    """
    recorded = _recorded(history, present)
    if recorded is None:
        return ()
    first, newest = recorded
    ends = pd.date_range(_earliest(first, months_known), newest, freq="ME")
    dates = [each.date() for each in ends.normalize()]
    told_until = newest.date() + timedelta(days=definition.grace_days)
    return tuple(each for each in dates if definition.matures_on(each) <= min(told_until, _naive(present).date()))[
        -count:
    ]


def why_none_matured(history: History, definition: LabelDefinition, present: datetime) -> str:
    """Why :func:`newest_matured` finds no date: what is asked for, what is there, when the first one matures."""
    asked = (
        f"{MONTHS_KNOWN} months of history are asked for before the first observation date, and "
        f"{definition.window_months} months and {definition.grace_days} days for late reports after it"
    )
    recorded = _recorded(history, present)
    if recorded is None:
        return f"{asked}; nothing is recorded by then"
    first, newest = recorded
    end = pd.date_range(_earliest(first, MONTHS_KNOWN), periods=1, freq="ME")[0].date()
    return (
        f"{asked}; the history is recorded from {first:%Y-%m-%d} to {newest:%Y-%m-%d}, so that {end} is the first and "
        f"matures on {definition.matures_on(end)}, if it is delivered until then"
    )


def bureau_population(
    history: History,
    *,
    definition: LabelDefinition,
    observation_dates: Sequence[date],
    present: datetime,
    currency: str,
    features: FeatureSet | None = None,
    names: Sequence[str] | None = None,
    jurisdiction: str = "us",
    progress: _Progress | None = None,
) -> BureauPopulation:
    """Everybody on file at some dates, labelled, with the features known then.

    Parameters
    ----------
    history : History
        The credit history.
    definition : LabelDefinition
        What bad means.
    observation_dates : sequence of date
        The dates; what was recorded by the beginning of each (UTC) is known then.
    present : datetime
        The present, with a time zone; the outcomes are told by what is known then.
    currency : str
        Currency of the amounts; amounts in another are missing.
    features : FeatureSet, optional
        By default that of the bureau.
    names : sequence of str, optional
        The features wanted, in order; by default all that may be used in the jurisdiction. Those that are the same
        for everybody are left out.
    jurisdiction : str
        Where the model will decide.
    progress : callable, optional
        Is told what is under way, and the share of the whole that is done.

    Raises
    ------
    ProhibitedFeature, UnknownFeature
        If a name may not be used to decide on credit, or is no feature, as that of an outcome is not.
    UnfitDates
        If no date is given, one lies in the future, has not matured or comes twice.
    UnfitPopulation
        If there are too few good or bad consumers, or no feature that varies.
    """
    features = feature_set("bureau") if features is None else features
    wanted = tuple(features.permitted(jurisdiction) if names is None else names)
    features.require(wanted, jurisdiction)
    _require_dates(definition, observation_dates, present)
    spines = [_everybody(history, features, each, currency, present) for each in sorted(observation_dates)]
    labels = label(
        history, pd.concat(spines, ignore_index=True), definition, present, progress=_part(progress, 0, _LABELS)
    )
    counted = labels.counted
    if not len(counted):
        raise UnfitPopulation(f"{features.portfolio}: nobody's outcome is good or bad; see the counts of the labels")
    values = np.empty((len(counted), len(wanted)))
    divided = []
    computed = _computed(history, features, wanted, counted, currency, present, _part(progress, _LABELS, 1 - _LABELS))
    for rows, part, segments in computed:
        values[rows] = part
        divided.append(segments)
    people = assemble(
        features.portfolio,
        consumer_ids=counted["consumer_id"].to_numpy(dtype=np.int64),
        observed_at=counted["event_timestamp"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]"),
        values=values,
        names=wanted,
        is_bad=counted["is_bad"].to_numpy(dtype=np.bool_),
    )
    joined = {name: np.concatenate([segments[name] for segments in divided]) for name in divided[0]}
    return BureauPopulation(people, labels, joined)


def _recorded(history: History, present: datetime) -> tuple[datetime, datetime] | None:
    """When the first and the newest delivery that are known at the present were recorded; None without any."""
    with history.read() as connection:
        first, newest = connection.execute(
            "SELECT min(recorded_at), max(recorded_at) FROM delivery WHERE recorded_at <= ?", [_naive(present)]
        ).fetchall()[0]
    return None if first is None else (first, newest)


def _earliest(first: datetime, months_known: int) -> pd.Timestamp:
    """From when on people may be observed."""
    return pd.Timestamp(first) + pd.DateOffset(months=months_known)


def _require_dates(definition: LabelDefinition, dates: Sequence[date], present: datetime) -> None:
    if not dates:
        raise UnfitDates("no observation date is given; `newest_matured` tells which have matured")
    if len(set(dates)) < len(dates):
        raise UnfitDates("an observation date is given twice, so that everybody would count twice; give each once")
    today = _naive(present).date()
    for each in dates:
        if each > today:
            raise UnfitDates(f"observation date {each}: after the present, {today}; choose one that has passed")
        if definition.matures_on(each) > today:
            raise UnfitDates(
                f"observation date {each}: its performance window of {definition.window_months} months and "
                f"{definition.grace_days} days for late reports is over on {definition.matures_on(each)}, after the "
                f"present, {today}; choose an earlier one"
            )


def _everybody(history: History, features: FeatureSet, on: date, currency: str, present: datetime) -> pd.DataFrame:
    """Everybody on file at the beginning of a date, as rows of a spine."""
    moment = datetime(on.year, on.month, on.day, tzinfo=UTC)
    found: pd.DataFrame = compute(
        history, features.catalogue, [], Everybody(moment), currency=currency, now=present
    ).to_pandas()
    return found


def _computed(
    history: History,
    features: FeatureSet,
    names: tuple[str, ...],
    counted: pd.DataFrame,
    currency: str,
    present: datetime,
    progress: _Progress | None,
) -> Iterator[tuple[slice, _Values, dict[str, npt.NDArray[np.object_]]]]:
    """Rows, values and segments of each moment; the rows of a moment stand together."""
    needed = _needed(features, names)
    has_segments = set(SEGMENT_FEATURES) <= set(features.counted)
    moments, starts = np.unique(counted["event_timestamp"].to_numpy(), return_index=True)
    for place, (start, end) in enumerate(pairwise((*starts, len(counted)))):
        rows = counted.iloc[start:end][["consumer_id", "event_timestamp"]]
        moment = rows["event_timestamp"].iloc[0].to_pydatetime()
        table = compute(
            history,
            features.catalogue,
            dict.fromkeys((*needed, *(SEGMENT_FEATURES if has_segments else ()))),
            rows,
            currency=currency,
            now=present,
            progress=_part(progress, place / len(moments), 1 / len(moments), f"{moment:%Y-%m-%d}, "),
        )
        columns = {name: table.column(name).to_numpy() for name in table.column_names[2:]}
        segments = segments_of(columns) if has_segments else {}
        segments["jurisdiction"] = jurisdictions(history, rows["consumer_id"].to_numpy(), moment)
        yield slice(start, end), matrix(features, columns, names), segments


def _needed(features: FeatureSet, names: tuple[str, ...]) -> dict[str, None]:
    """The counted features from which some features come, each once, in order."""
    needed: dict[str, None] = {}
    for name in names:
        item = features.catalogue[name]
        needed.update(dict.fromkeys(sorted(item.expression.operands) if isinstance(item, Derived) else [name]))
    return needed


def _part(progress: _Progress | None, start: float, share: float, prefix: str = "") -> _Progress | None:
    """Tell the progress of a part as that of the whole."""
    if progress is None:
        return None
    tell = progress
    return lambda what, done: tell(prefix + what, start + share * done)


def _naive(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise TypeError("present: a moment with a time zone is wanted; give it in UTC")
    return moment.astimezone(UTC).replace(tzinfo=None)
