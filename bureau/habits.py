"""A furnisher's habits, and how far a delivery lies outside of them.

A delivery is compared with the earlier ones of the same furnisher and contract: how many records
it has, how many of them break rules, how many were told before, and how its fields are
distributed. What is unusual is noticed; what is far outside is *held*, so that a person looks at
it before it counts.

Holding a good delivery costs more than letting a doubtful one through, whose bad records are set
aside one by one anyway. So a delivery is only held when it lies far outside by a fixed measure,
by the furnisher's own variation, and by what chance can do with so few records. What a person
has released is a habit from then on, and a furnisher whose records are always bad is not held
for it. Growth is a habit too: the volume to be expected is anything between the last one and
the last three carried forward at their pace.

Everything here is a pure function of counts; :mod:`bureau.profiles` takes them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from statistics import median
from typing import Final, Literal, NamedTuple

from bureau.shifts import Bins, Shift, field_shifts, psi, spread, widened

__all__ = ["Anomaly", "Kind", "Limit", "Profile", "Thresholds", "judge", "latest_shifts"]

Kind = Literal["volume", "rejections", "duplicates", "distribution", "first"]

_PACE_OF: Final = 6
"""Steps from one delivery to the next whose median is the pace of growth."""


class Limit(NamedTuple):
    """From where on something is noticed, and from where on it holds the delivery."""

    noticed: float
    held: float


@dataclass(frozen=True)
class Thresholds:
    """From where on a delivery lies outside its furnisher's habits.

    Parameters
    ----------
    earlier : int
        Earlier deliveries that make a habit; nothing holds with fewer, except as said below.
    records : int
        Records that a delivery must have (or was expected to have) before anything is said.
    window : int
        How many earlier deliveries are looked at.
    fewer, more : Limit
        Records over those expected, below and above.
    volume_noise : Limit
        Standard deviations of the volume, from the furnisher's own steps and from counting.
    odds : Limit
        Odds of a share over the usual odds, so that 1 % against 4 % is as far as 20 % against 50 %.
    excess : Limit
        Share of rejected records over the usual share, at least.
    duplicate_excess : Limit
        Share of duplicates over the usual share, at least.
    share_noise : Limit
        Standard deviations of a share, from the furnisher's own variation and from counting.
    least_share : float
        A usual share below counts as this much.
    mostly : float
        The share from which "most records" are meant: of rejected ones while there is no habit
        yet, of duplicates always.
    nearly_all, stale_records : float, int
        With at least one earlier delivery and so many records, this share of duplicates holds.
    shift : Limit
        PSI of a field beyond what chance can do.
    shift_ratio : float
        PSI of a field over its usual one.
    """

    earlier: int = 3
    records: int = 200
    window: int = 12
    fewer: Limit = field(default=Limit(0.85, 0.72))
    more: Limit = field(default=Limit(1.3, 1.8))
    volume_noise: Limit = field(default=Limit(3, 4))
    odds: Limit = field(default=Limit(2, 4))
    excess: Limit = field(default=Limit(0.005, 0.01))
    duplicate_excess: Limit = field(default=Limit(0.05, 0.2))
    share_noise: Limit = field(default=Limit(4, 6))
    least_share: float = 0.0025
    mostly: float = 0.5
    nearly_all: float = 0.9
    stale_records: int = 20
    shift: Limit = field(default=Limit(0.25, 2))
    shift_ratio: float = 4


@dataclass(frozen=True)
class Profile:
    """What is counted of a delivery.

    Parameters
    ----------
    read, quarantined, duplicate : int
        Its records, those set aside, and those that tell what was told before.
    received_at : datetime
        When it was received.
    covers : date, optional
        The end of the period it reports.
    bins : mapping
        Field to bin to records (:mod:`bureau.profiles`).
    released : bool
        Whether it was held and a person let it in.
    """

    read: int
    quarantined: int
    duplicate: int
    received_at: datetime
    covers: date | None = None
    bins: Bins = field(default_factory=dict)
    released: bool = False

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
class Anomaly:
    """Something unusual about a delivery.

    Parameters
    ----------
    kind : {'volume', 'rejections', 'duplicates', 'distribution', 'first'}
        What is unusual; ``first`` is a first delivery that is mostly bad.
    field : str
        The field, for ``distribution``; else empty.
    sentence : str
        The same for people, without its full stop; it tells nothing about a person.
    value, usual : float
        What it is, and what was to be expected.
    holds : bool
        Whether the delivery waits for a person because of it.
    """

    kind: Kind
    field: str
    sentence: str
    value: float
    usual: float
    holds: bool


_DEFAULTS: Final = Thresholds()


def judge(profile: Profile, earlier: Sequence[Profile], thresholds: Thresholds = _DEFAULTS) -> tuple[Anomaly, ...]:
    """What is unusual about a delivery.

    Parameters
    ----------
    profile : Profile
        The delivery.
    earlier : sequence of Profile
        The deliveries of the same furnisher and contract before it, oldest first, that were taken
        in or released.
    thresholds : Thresholds
        From where on it is unusual.

    Returns
    -------
    tuple of Anomaly
        What holds the delivery comes first.
    """
    before = earlier[-thresholds.window :]
    found = [*_rejections(profile, before, thresholds)]
    if not _told_again(profile, before):
        found += [*_volume(profile, before, thresholds), *_duplicates(profile, before, thresholds)]
    found += _distribution(profile, before, thresholds)
    return tuple(sorted(found, key=lambda anomaly: not anomaly.holds))


def latest_shifts(profile: Profile, earlier: Sequence[Profile], window: int = _DEFAULTS.window) -> dict[str, Shift]:
    """How far each field of a delivery has moved from the deliveries before.

    Parameters
    ----------
    profile, earlier
        As for :func:`judge`.
    window : int
        How many earlier deliveries are looked at.
    """
    return field_shifts(profile.bins, [each.bins for each in earlier[-window:]])


def _told_again(profile: Profile, before: Sequence[Profile]) -> bool:
    """Whether it speaks of a period that was told before: then it may be a part, and mostly known."""
    return profile.covers is not None and any(each.covers == profile.covers for each in before)


def _volume(profile: Profile, before: Sequence[Profile], limits: Thresholds) -> Iterator[Anomaly]:
    reads = _volumes(before)
    if len(reads) < limits.earlier:
        return
    low, high = _expected_volume(reads)
    if math.exp(low) < limits.records:
        return
    now = math.log(max(profile.read, 1))
    below = now < low
    apart = low - now if below else now - high
    ratio, expected = (limits.fewer, low) if below else (limits.more, high)
    steps = [math.log(after / one) for one, after in pairwise(reads)]
    noise = max(spread(steps), math.sqrt(2 / math.exp(expected)))
    holds = apart > max(abs(math.log(ratio.held)), limits.volume_noise.held * noise)
    if holds or apart > max(abs(math.log(ratio.noticed)), limits.volume_noise.noticed * noise):
        usual = _range(round(math.exp(low)), round(math.exp(high)))
        much = ("far " if holds else "") + ("fewer" if below else "more")
        sentence = f"{_records(profile.read)}, {much} than the {usual} to be expected"
        yield Anomaly("volume", "", sentence, profile.read, math.exp(expected), holds)


def _volumes(before: Sequence[Profile]) -> list[int]:
    """Records of the first delivery about each period."""
    first: dict[object, int] = {}
    for place, each in enumerate(before):
        if each.read:
            first.setdefault(each.covers or place, each.read)
    return list(first.values())


def _expected_volume(reads: Sequence[int]) -> tuple[float, float]:
    """Logarithms of the least and the most records to be expected after the given ones."""
    logs = [math.log(read) for read in reads]
    pace = median([after - one for one, after in pairwise(logs)][-_PACE_OF:])
    carried = [each + steps * pace for steps, each in enumerate(reversed(logs[-3:]), start=1)]
    return min(logs[-1], *carried), max(logs[-1], *carried)


def _rejections(profile: Profile, before: Sequence[Profile], limits: Thresholds) -> Iterator[Anomaly]:
    if profile.read < limits.records:
        return
    share = profile.rejection_share
    usual = _usual([each.rejection_share for each in before], before)
    if len(before) < limits.earlier:
        if share > limits.mostly and _odds(share) >= limits.odds.held * _odds(max(usual, limits.least_share)):
            whose = "a first delivery" if not before else "a furnisher without habits yet"
            sentence = f"{_percent(share)} of the records of {whose} break rules"
            yield Anomaly("rejections" if before else "first", "", sentence, share, usual, holds=True)
        return
    varied = spread([each.rejection_share for each in before])
    holds = _is_far(share, usual, profile.read, varied, limits, limits.excess, "held")
    if holds or _is_far(share, usual, profile.read, varied, limits, limits.excess, "noticed"):
        sentence = f"{_percent(share)} of the records break rules, where {_percent(usual)} are usual"
        yield Anomaly("rejections", "", sentence, share, usual, holds)


def _duplicates(profile: Profile, before: Sequence[Profile], limits: Thresholds) -> Iterator[Anomaly]:
    good = profile.read - profile.quarantined
    if good < limits.stale_records or not before:
        return
    share = profile.duplicate_share
    usual = _usual([each.duplicate_share for each in before], before)
    varied = spread([each.duplicate_share for each in before])
    enough = limits.mostly if len(before) >= limits.earlier else limits.nearly_all
    excess = limits.duplicate_excess
    holds = share >= enough and _is_far(share, usual, good, varied, limits, excess, "held")
    if holds or (good >= limits.records and _is_far(share, usual, good, varied, limits, excess, "noticed")):
        guess = ", perhaps an older file" if holds else ""
        sentence = f"{_percent(share)} of the good records were told before, where {_percent(usual)} are usual{guess}"
        yield Anomaly("duplicates", "", sentence, share, usual, holds)


def _distribution(profile: Profile, before: Sequence[Profile], limits: Thresholds) -> Iterator[Anomaly]:
    known = [each for each in before if each.bins]
    if len(known) < limits.earlier or profile.read < limits.records:
        return
    found = []
    for name, shift in latest_shifts(profile, known).items():
        value = shift.value
        if known[-1].released and known[-1].bins.get(name):
            value = min(value, psi(widened(known[-1].bins[name]), widened(profile.bins[name])))
        holds = value > max(limits.shift.held + shift.noise, limits.shift_ratio * shift.usual)
        if holds or value > max(limits.shift.noticed + shift.noise, limits.shift_ratio * shift.usual):
            sentence = f"{name} is distributed unlike before: PSI {value:.2f}, where {shift.usual:.2f} is usual"
            found.append(Anomaly("distribution", name, sentence, value, shift.usual, holds))
    yield from sorted(found, key=lambda anomaly: -anomaly.value)


def _usual(shares: Sequence[float], before: Sequence[Profile]) -> float:
    """The median, or more where a person has just released more."""
    if not shares:
        return 0.0
    return max(median(shares), shares[-1]) if before[-1].released else median(shares)


def _is_far(
    share: float,
    usual: float,
    records: int,
    varied: float,
    limits: Thresholds,
    excess: Limit,
    which: Literal["noticed", "held"],
) -> bool:
    """Whether a share lies above the usual one by its odds, by itself, and by more than noise."""
    level = min(max(usual, limits.least_share), 1 - limits.least_share)
    noise = math.hypot(math.sqrt(level * (1 - level) / records), varied)
    odds, least, deviations = (getattr(limit, which) for limit in (limits.odds, excess, limits.share_noise))
    above = share - usual
    return bool(_odds(share) >= odds * _odds(level) and above >= least and above > deviations * noise)


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else math.inf


def _percent(share: float) -> str:
    return f"{100 * share:.1f}\N{NO-BREAK SPACE}%"


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"


def _range(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
