"""Labels: what went bad means, and which outcome each observed consumer had.

A row is a consumer at an observation date. From the day after it a performance window runs, in which the accounts
that the consumer answers for are looked at. Each row gets one outcome, for the first of these reasons that holds:

==============  ==========================  ====================================================================
outcome         reason                      when
==============  ==========================  ====================================================================
excluded        window not over             the window, and the days of grace for late reports, are not over yet
excluded        dead at observation         the consumer had died by the observation date
excluded        bad at observation          an account was bad already, as far as was known at the observation
bad             so many days past due       an account was told to be so late in a month of the window
bad             given up by the lender      an account was charged off, in collection, repossessed or foreclosed
excluded        died in the window          and was not bad before
excluded        nothing told in the window  no furnisher told a month of any account
indeterminate   late, but not bad           an account was so late that it is not good, and no later than that
good            paid as agreed              otherwise
==============  ==========================  ====================================================================

Who is excluded for what was known at the observation can be told when a score is asked for, too
(:func:`can_be_labelled`); whoever was bad by then, and was not known to be, stays, since a model meets such people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from bureau.history import History
from features.analysis.lateness import lateness_at, lateness_within, window_ends
from training.errors import UnfitPopulation

__all__ = [
    "BAD",
    "EXCLUDED",
    "GOOD",
    "INDETERMINATE",
    "LabelCounts",
    "LabelDefinition",
    "Labels",
    "can_be_labelled",
    "label",
]

BAD: Final = "bad"
GOOD: Final = "good"
INDETERMINATE: Final = "indeterminate"
EXCLUDED: Final = "excluded"

_OUTCOMES: Final = (GOOD, BAD, INDETERMINATE, EXCLUDED)
_TOO_LATE: Final = "so many days past due"
_GIVEN_UP: Final = "given up by the lender"
_AS_AGREED: Final = "paid as agreed"

_Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class LabelDefinition:
    """What went bad means.

    Parameters
    ----------
    days_past_due : int
        An account that is so late in a month of the window is bad; 90 is what Basel calls a default.
    window_months : int
        Length of the performance window.
    indeterminate_from : int or None
        An account that is so late at worst, and not bad, makes the outcome indeterminate; None for no such outcome.
        Probabilities learnt from determinate outcomes alone are those of consumers who will have one: with many
        indeterminate ones they are too high for everybody. Where that matters, choose None.
    grace_days : int
        Days after the window's end in which reports about its last month still come in.
    new_accounts : bool
        Whether accounts that were opened in the window count.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """

    days_past_due: int = 90
    window_months: int = 12
    indeterminate_from: int | None = 60
    grace_days: int = 31
    new_accounts: bool = True

    def __post_init__(self) -> None:
        for name, least in (("days_past_due", 1), ("window_months", 1), ("grace_days", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}: {getattr(self, name)}; at least {least} is needed")
        if self.indeterminate_from is not None and not 1 <= self.indeterminate_from < self.days_past_due:
            raise ValueError(
                f"indeterminate_from: {self.indeterminate_from} is not between 1 and the {self.days_past_due - 1} days "
                "before an account is bad; give None for no indeterminate outcome"
            )

    @property
    def text(self) -> str:
        """The definition in words."""
        accounts = "account" if self.new_accounts else "account opened by the observation date"
        between = (
            f" Indeterminate: an account was {self.indeterminate_from} to {self.days_past_due - 1} days past due at "
            "worst."
            if self.indeterminate_from is not None
            else " No outcome is indeterminate for being late."
        )
        return (
            f"Bad: in the {self.window_months} months after the observation date an {accounts} that the consumer "
            f"answers for was {self.days_past_due} or more days past due, charged off, in collection, repossessed or "
            f"foreclosed.{between} Good: otherwise. Excluded: consumers who died, who had a bad account already as "
            "far as was known at the observation, or of whom no month of an account was told in the window. An "
            f"observation counts once its window and {self.grace_days} days for late reports are over; what was told "
            "is taken with the corrections known at the moment of labelling."
        )

    def matures_on(self, observed_on: date) -> date:
        """First day from whose beginning on (UTC) an observation counts.

        Examples
        --------
        >>> LabelDefinition(grace_days=31).matures_on(date(2023, 12, 31))
        datetime.date(2025, 1, 31)
        """
        matured: date = self._mature(pd.Series(pd.DatetimeIndex([observed_on], tz="UTC")))[0].date()
        return matured

    def has_matured(self, event_timestamp: pd.Series, present: datetime) -> npt.NDArray[np.bool_]:
        """Whether the windows of some observations, with their days of grace, are over."""
        matured: npt.NDArray[np.bool_] = (self._mature(event_timestamp) <= _utc(present)).to_numpy()
        return matured

    def _mature(self, event_timestamp: pd.Series) -> pd.Series:
        return window_ends(event_timestamp, self.window_months) + pd.Timedelta(days=self.grace_days)


@dataclass(frozen=True, eq=False)
class LabelCounts:
    """How many rows had which outcome, and why.

    Parameters
    ----------
    by_date : DataFrame
        ``observed_on`` (date), ``outcome``, ``reason`` and ``rows``: each outcome and reason that there was at each
        observation date, in this order; the dates ascend, the outcomes are in the order good, bad, indeterminate,
        excluded.
    """

    by_date: pd.DataFrame

    @classmethod
    def of(cls, observed_at: npt.NDArray[np.datetime64], outcome: _Texts, reason: _Texts) -> LabelCounts:
        """Counts of rows, of which moment (UTC), outcome and reason are given."""
        rows = pd.DataFrame(
            {
                "observed_on": pd.Series(observed_at).dt.date,
                "outcome": pd.Categorical(outcome, _OUTCOMES, ordered=True),
                "reason": reason,
            }
        )
        counted = rows.groupby(["observed_on", "outcome", "reason"], observed=True).size().rename("rows").reset_index()
        return cls(counted.astype({"outcome": str}))

    def total(self, outcome: str | None = None) -> int:
        """Rows of an outcome, by default of all."""
        rows = self.by_date if outcome is None else self.by_date[self.by_date["outcome"] == outcome]
        return int(rows["rows"].sum())

    @property
    def by_reason(self) -> pd.DataFrame:
        """``outcome``, ``reason`` and ``rows`` over all dates, in the order of the outcomes, most rows first."""
        rows = self.by_date.groupby(["outcome", "reason"], as_index=False)["rows"].sum()
        place = rows["outcome"].map(_OUTCOMES.index)
        order = np.lexsort((rows["reason"], -rows["rows"], place))
        ordered: pd.DataFrame = rows.iloc[order].reset_index(drop=True)
        return ordered

    @property
    def bad_rates(self) -> pd.DataFrame:
        """Good and bad rows, and the share of the bad in them, by observation date."""
        counted = self.by_date[self.by_date["outcome"].isin((GOOD, BAD))]
        table = counted.pivot_table(index="observed_on", columns="outcome", values="rows", aggfunc="sum", fill_value=0)
        table = table.reindex(columns=[GOOD, BAD], fill_value=0).rename_axis(columns=None)
        rates: pd.DataFrame = table.assign(bad_rate=table[BAD] / (table[GOOD] + table[BAD])).reset_index()
        return rates


@dataclass(frozen=True, eq=False)
class Labels:
    """The outcome of each row of a spine.

    Parameters
    ----------
    definition : LabelDefinition
        What bad means here.
    known_at : datetime
        Moment (UTC) by whose knowledge the outcomes are told.
    rows : DataFrame
        The spine's ``consumer_id`` and ``event_timestamp`` with its index, ``outcome``, ``reason`` and ``is_bad``
        (boolean; missing where the outcome is neither good nor bad).
    """

    definition: LabelDefinition
    known_at: datetime
    rows: pd.DataFrame

    @property
    def counts(self) -> LabelCounts:
        """How many rows had which outcome."""
        moments = self.rows["event_timestamp"].dt.tz_convert("UTC").dt.tz_localize(None)
        return LabelCounts.of(moments.to_numpy(), self.rows["outcome"].to_numpy(), self.rows["reason"].to_numpy())

    @property
    def counted(self) -> pd.DataFrame:
        """The rows that are good or bad, with ``is_bad`` as bool."""
        return self.rows[self.rows["is_bad"].notna()].astype({"is_bad": bool})


def label(
    history: History,
    spine: pd.DataFrame,
    definition: LabelDefinition,
    known_at: datetime,
    *,
    progress: Callable[[str, float], None] | None = None,
) -> Labels:
    """Tell the outcome of each row of a spine.

    Parameters
    ----------
    history : History
        The credit history.
    spine : DataFrame
        ``consumer_id`` and ``event_timestamp`` (a moment with its time zone); its index is kept. All rows of a moment
        are looked at together, so few moments with many rows are quick, and many with few are not.
    definition : LabelDefinition
        What bad means.
    known_at : datetime
        The moment, with a time zone, by whose knowledge the outcomes are told: the present, as a rule.
    progress : callable, optional
        Is told the observation date under way, and the share of the moments that is done.

    Returns
    -------
    Labels
        The outcomes, row for row.

    Raises
    ------
    UnfitPopulation
        If a row is observed after `known_at`.
    TypeError
        If moments have no time zone.
    """
    if known_at.tzinfo is None:
        raise TypeError("known_at: a moment with a time zone is wanted; give it in UTC")
    if not isinstance(spine["event_timestamp"].dtype, pd.DatetimeTZDtype):
        raise TypeError("event_timestamp: moments without a time zone; give them in UTC")
    later = int((spine["event_timestamp"] > known_at).sum())
    if later:
        raise UnfitPopulation(
            f"event_timestamp: after the present, {known_at:%Y-%m-%d}, in {later} of {len(spine)} rows; observe people "
            "at dates that have passed"
        )
    rows = spine[["consumer_id", "event_timestamp"]].copy()
    outcome, reason = (np.full(len(rows), "", dtype=object) for _ in range(2))
    moments = np.sort(spine["event_timestamp"].unique())
    for place, moment in enumerate(moments):
        if progress is not None:
            progress(f"outcomes of {moment:%Y-%m-%d}", place / len(moments))
        at_once = np.flatnonzero((spine["event_timestamp"] == moment).to_numpy())
        outcome[at_once], reason[at_once] = _outcomes(history, spine.iloc[at_once], definition, known_at)
    is_bad = pd.Series(outcome, rows.index).map({BAD: True, GOOD: False}).astype("boolean")
    return Labels(definition, _utc(known_at), rows.assign(outcome=outcome, reason=reason, is_bad=is_bad))


def can_be_labelled(
    history: History, consumer_ids: npt.NDArray[np.int64], moment: datetime, definition: LabelDefinition
) -> npt.NDArray[np.bool_]:
    """Who will have an outcome, as far as can be told at the observation: whoever compares to labelled people.

    These are alive, have no bad account and have one still owing, of which furnishers will tell. Of the others nearly
    nobody is told in the window.

    Parameters
    ----------
    history : History
        The credit history.
    consumer_ids : ndarray of shape (n,)
        Consumers.
    moment : datetime
        The observation (with a time zone), by whose knowledge they are looked at.
    definition : LabelDefinition
        What bad means.
    """
    spine = pd.DataFrame({"consumer_id": consumer_ids}).assign(event_timestamp=pd.Timestamp(moment))
    found = lateness_at(history, spine, moment)
    is_dead = found["died_on"] <= pd.Timestamp(_utc(moment)).normalize()
    can: npt.NDArray[np.bool_] = (~is_dead & ~_is_bad(found, definition) & (found["owing"] > 0)).to_numpy(bool)
    return can


def _is_bad(lateness: pd.DataFrame, definition: LabelDefinition) -> pd.Series:
    is_bad: pd.Series = lateness["is_lost"] | (lateness["days_past_due"] >= definition.days_past_due)
    return is_bad


def _outcomes(
    history: History, spine: pd.DataFrame, definition: LabelDefinition, known_at: datetime
) -> tuple[_Texts, _Texts]:
    """Outcomes and reasons of rows that share their moment."""
    moment = spine["event_timestamp"].iloc[0]
    before = lateness_at(history, spine, moment.to_pydatetime())
    later = lateness_within(
        history, spine, known_at, months=definition.window_months, new_accounts=definition.new_accounts
    )
    observed_on = moment.tz_convert("UTC").tz_localize(None).normalize()
    bad_from = definition.days_past_due
    late_from = bad_from if definition.indeterminate_from is None else definition.indeterminate_from
    rules: dict[tuple[str, str], Any] = {
        (EXCLUDED, "window not over"): ~definition.has_matured(spine["event_timestamp"], known_at),
        (EXCLUDED, "dead at observation"): later["died_on"] <= observed_on,
        (EXCLUDED, "bad at observation"): _is_bad(before, definition),
        (BAD, _TOO_LATE): later["days_past_due"] >= bad_from,
        (BAD, _GIVEN_UP): later["is_lost"],
        (EXCLUDED, "died in the window"): later["died_on"] <= window_ends(
            spine["event_timestamp"], definition.window_months
        ),
        (EXCLUDED, "nothing told in the window"): later["accounts"] == 0,
        (INDETERMINATE, "late, but not bad"): later["days_past_due"] >= late_from,
    }  # fmt: skip
    holds = [np.asarray(rule, dtype=bool) for rule in rules.values()]
    outcome = np.select(holds, [name for name, _ in rules], default=GOOD).astype(object)
    reason = np.select(holds, [why for _, why in rules], default=_AS_AGREED).astype(object)
    return outcome, reason


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
