"""A workbench for notebooks: find a feature, look at it over time and against an outcome, add one's own.

::

    bench = Workbench("var", currency="USD")
    bench.find("utilisation")
    bench.observe("2020-01", "2020-12")
    bench.over_time("revolving_utilisation")
    outcome = bench.outcome(months=12, days_past_due=90)
    bench.against_outcome("revolving_utilisation", outcome)
    bench.information_values(outcome)

What is asked for is computed when it is first needed, and kept. Tables are ordinary data frames, pictures
ordinary figures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from bureau.history import History, open_history
from bureau.home import Home, open_home
from features.analysis.families import families
from features.analysis.information import information_values, woe_table
from features.analysis.outcome import went_bad_within
from features.analysis.over_time import months_of, spread_by_month
from features.analysis.pictures import draw_against_outcome, draw_over_time, draw_stability
from features.analysis.shift import psi_by_month
from features.analysis.style import Picture
from features.cards import Card, spread_of
from features.compute import compute
from features.declaration import Derived, Feature
from features.described import DIRECTIONS, describe, find
from features.errors import FeatureError
from features.sets import FeatureSet, feature_set
from features.spine import Everybody
from features.waiting import waiting

__all__ = ["Workbench"]

_KEYS = ["consumer_id", "event_timestamp"]


class Workbench:
    """The features of a bureau, to try things on.

    Parameters
    ----------
    home : str, Path, Home or History
        The bureau: its folder, or one that is open.
    currency : str
        Currency of the amounts; amounts in another are missing.
    features : str
        Name of the set of features to work with.
    now : datetime, optional
        The present, with a time zone: no moment may lie after it. By default the moment of the newest
        delivery; of what comes later the bureau knows nothing yet.
    quiet : bool
        Show no progress.

    Attributes
    ----------
    features : FeatureSet
        The features, one's own included.
    rows : DataFrame
        Who is observed, and when: ``consumer_id`` and ``event_timestamp``. Outcomes and values have its index.
    now : datetime
        The present.
    """

    def __init__(
        self,
        home: str | Path | Home | History,
        *,
        currency: str,
        features: str = "bureau",
        now: datetime | None = None,
        quiet: bool = False,
    ) -> None:
        self.history = _history(home)
        self.features: FeatureSet = feature_set(features)
        self.currency = currency
        self.quiet = quiet
        self.now = now if now is not None else _newest(self.history)
        self.rows = pd.DataFrame({"consumer_id": [], "event_timestamp": pd.DatetimeIndex([], tz="UTC")})
        self._values: dict[str, pd.Series] = {}
        self._own: set[str] = set()

    def __repr__(self) -> str:
        observed = f"{len(self.rows):,} rows observed" if len(self.rows) else "nothing observed yet"
        return (
            f"Workbench({str(self.history.home.root)!r}: {len(self.names)} features of {self.features.portfolio}, "
            f"in {self.currency}, until {self.now:%Y-%m-%d %H:%M} UTC; {observed})"
        )

    @property
    def names(self) -> tuple[str, ...]:
        """All features that may be used, one's own and those derived from others included."""
        return self.features.names

    # -- finding --------------------------------------------------------------------------------

    def find(self, text: str = "") -> pd.DataFrame:
        """The features in whose name, meaning or reason all these words stand."""
        told = [describe(self.features.catalogue, name) for name in find(self.features.catalogue, text, self.names)]
        return pd.DataFrame(
            {
                "feature": [each.name for each in told],
                "meaning": [each.meaning for each in told],
                "unit": [each.unit for each in told],
                "window": pd.array([each.window for each in told], dtype="Int64"),
                "when it grows": [DIRECTIONS[each.direction] for each in told],
                "reason": [each.reason for each in told],
            }
        ).set_index("feature")

    def show(self, name: str) -> Card:
        """All about one feature, and how its values are spread over the rows that are observed."""
        described = describe(self.features.catalogue, name)
        if not len(self.rows):
            return Card(described, {})
        return Card(described, {"observed": spread_of(self.values([name])[name].to_numpy(), described.expected)})

    # -- whom, and when -------------------------------------------------------------------------

    def people(self, *dates: str | datetime) -> pd.DataFrame:
        """Everybody who was on file at the beginning of each date (UTC), as rows of a spine."""
        parts: list[pd.DataFrame] = []
        with waiting("people on file", quiet=self.quiet) as tell:
            for place, date in enumerate(dates):
                tell(f"{date}", place / len(dates))
                moment = pd.Timestamp(date)
                moment = moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
                found: pd.DataFrame = compute(
                    self.history, self.features.catalogue, [], Everybody(moment.to_pydatetime()),
                    currency=self.currency, now=self.now,
                ).to_pandas()  # fmt: skip
                parts.append(found)
        if not parts:
            raise FeatureError("people: no date is named; name one, as 2024-01-31")
        return pd.concat(parts, ignore_index=True)

    def observe(
        self, first: str | pd.DataFrame, last: str | None = None, *, at_most: int | None = None, seed: int = 0
    ) -> pd.DataFrame:
        """Choose who is looked at, and when; what was computed for others is forgotten.

        Parameters
        ----------
        first, last : str
            Months, as ``"2024-01"``: everybody on file on the last day of each, from the first to the last.
            Or a table of one's own in place of `first`, with ``consumer_id`` and ``event_timestamp``.
        at_most : int, optional
            No more people than this, drawn at random, each with all its rows.
        seed : int
            Of the draw.

        Returns
        -------
        DataFrame
            The rows.
        """
        if isinstance(first, pd.DataFrame):
            rows = first[_KEYS]
        else:
            months = pd.period_range(first, last or first, freq="M")
            rows = self.people(*(f"{month.end_time:%Y-%m-%d}" for month in months))
        if at_most is not None:
            everybody = np.sort(rows["consumer_id"].unique())
            drawn = np.random.default_rng(seed).permutation(everybody)[:at_most]
            rows = rows[rows["consumer_id"].isin(drawn)]
        self.rows = rows.reset_index(drop=True)
        self._values = {}
        return self.rows

    # -- values ---------------------------------------------------------------------------------

    def values(self, names: Iterable[str] | None = None) -> pd.DataFrame:
        """The values of features for the rows that are observed; missing ones NaN."""
        if not len(self.rows):
            raise FeatureError('nothing is observed yet; choose rows, as bench.observe("2024-01", "2024-12")')
        wanted = list(self.names if names is None else names)
        computed = self._counted(self.rows, [name for name in wanted if name not in self._values], self._values)
        self._values.update(computed)
        return pd.DataFrame({name: self._values[name] for name in wanted}, index=self.rows.index)

    def training_set(
        self, spine: pd.DataFrame, names: Iterable[str] | None = None, *, jurisdiction: str = "us"
    ) -> pd.DataFrame:
        """A spine with features beside it, as known at each row's moment.

        Parameters
        ----------
        spine : DataFrame
            ``consumer_id``, ``event_timestamp`` (with a time zone), and any other columns; rows and index stay.
        names : iterable of str, optional
            The features; by default all that may be used.
        jurisdiction : str
            Where the model will decide.

        Raises
        ------
        ProhibitedFeature
            If a feature may not be used there.
        BadSpine
            If the rows are not what they should be.
        """
        wanted = list(self.names if names is None else names)
        self.features.require(wanted, jurisdiction)
        computed = self._counted(spine, wanted, {})
        return pd.concat([spine, pd.DataFrame({name: computed[name] for name in wanted}, index=spine.index)], axis=1)

    def add(self, feature: Feature | Derived) -> Card:
        """Add a feature of one's own, as ``aggregate(VIEW, ...)`` declares it; the same name again replaces it.

        Raises
        ------
        ValueError
            If the catalogue has a feature of this name already, or it is not rightly declared.
        """
        catalogue = self.features.catalogue
        if feature.name in self._own:
            catalogue = replace(
                catalogue,
                features=tuple(item for item in catalogue.features if item.name != feature.name),
                derived=tuple(item for item in catalogue.derived if item.name != feature.name),
            )
        more = (
            {"features": (*catalogue.features, feature)}
            if isinstance(feature, Feature)
            else {"derived": (*catalogue.derived, feature)}
        )
        self.features = replace(self.features, catalogue=replace(catalogue, **more))
        self._own.add(feature.name)
        self._values.pop(feature.name, None)
        return self.show(feature.name)

    # -- looking --------------------------------------------------------------------------------

    def over_time(self, name: str) -> Picture:
        """A feature month by month: median, quantiles, what is missing."""
        described = describe(self.features.catalogue, name)
        spread = spread_by_month(self.values([name])[name].to_numpy(), self.rows["event_timestamp"])
        return draw_over_time(spread, name, described.meaning, described.unit)

    def outcome(self, *, months: int = 12, days_past_due: int = 90) -> pd.Series:
        """Whether each row's person went bad in the months after it (:mod:`features.analysis.outcome`)."""
        return went_bad_within(self.history, self.rows, self.now, months=months, days_past_due=days_past_due)

    def against_outcome(self, name: str, outcome: Iterable[object], *, bins: int = 10) -> Picture:
        """The bad rate in each bin of a feature, with intervals."""
        described = describe(self.features.catalogue, name)
        table = woe_table(self.values([name])[name].to_numpy(), outcome, bins)
        return draw_against_outcome(table, name, described.meaning, described.unit)

    def evidence(self, name: str, outcome: Iterable[object], *, bins: int = 10) -> pd.DataFrame:
        """The same as a table: counts, weight of evidence and information value of each bin."""
        return woe_table(self.values([name])[name].to_numpy(), outcome, bins)

    def information_values(
        self, outcome: Iterable[object], names: Iterable[str] | None = None, *, bins: int = 10
    ) -> pd.DataFrame:
        """What each feature tells of the outcome, the most telling first (:mod:`features.analysis.information`)."""
        values = self.values(names)
        with waiting("information values", quiet=self.quiet) as tell:
            table = information_values(values, outcome, bins=bins, progress=tell)
        table.insert(0, "meaning", [self.features.catalogue[str(name)].meaning for name in table.index])
        return table

    def stability(self, name: str, *, base: str | None = None) -> Picture:
        """The population stability index of each month against a base month, by default the first."""
        described = describe(self.features.catalogue, name)
        values = self.values([name])[name].to_numpy()
        return draw_stability(psi_by_month(values, self.rows["event_timestamp"], base=base), name, described.meaning)

    def shifts(self, names: Iterable[str] | None = None, *, base: str | None = None) -> pd.DataFrame:
        """The same for many features: a row a feature, a column a month, the largest shift first."""
        values = self.values(names)
        told, months = {}, months_of(self.rows["event_timestamp"])
        with waiting("stability", quiet=self.quiet) as tell:
            for place, name in enumerate(values):
                tell(str(name), place / values.shape[1])
                told[name] = psi_by_month(values[name].to_numpy(), months, base=base)["psi"]
        table = pd.DataFrame(told).T.rename_axis("feature")
        return table.loc[table.max(axis=1).sort_values(ascending=False, kind="stable").index]

    def families(
        self, outcome: Iterable[object] | None = None, names: Iterable[str] | None = None, *, threshold: float = 0.7
    ) -> pd.DataFrame:
        """Features that move together, and who leads: by information value where an outcome is given."""
        values = self.values(names)
        leading_by = None
        if outcome is not None:
            told = self.information_values(outcome, list(values.columns))["iv"]
            leading_by = {str(name): value for name, value in zip(told.index, told.to_numpy(np.float64), strict=True)}
        return families(values, threshold=threshold, leading_by=leading_by)

    # -- computing ------------------------------------------------------------------------------

    def _counted(self, rows: pd.DataFrame, names: Iterable[str], known: dict[str, pd.Series]) -> dict[str, pd.Series]:
        """Features that are not known yet, derived ones included."""
        catalogue = self.features.catalogue
        wanted = [catalogue[name] for name in names]
        needed = [item.name for item in wanted if isinstance(item, Feature)]
        derived = [item for item in wanted if isinstance(item, Derived)]
        needed += sorted(set().union(*(item.expression.operands for item in derived)))
        missing = [name for name in dict.fromkeys(needed) if name not in known]
        values = dict(known)
        if missing:
            with waiting(f"features: {len(missing)}, rows: {len(rows):,}", quiet=self.quiet) as tell:
                table = compute(
                    self.history, catalogue, missing, rows, currency=self.currency, now=self.now, progress=tell
                )
            for name in missing:
                column = table.column(name).to_pandas().to_numpy(np.float64)
                values[name] = pd.Series(column, index=rows.index)
        operands = {name: series.to_numpy() for name, series in values.items()}
        for item in derived:
            values[item.name] = pd.Series(item.expression(operands), index=rows.index)
        return values


def _history(home: str | Path | Home | History) -> History:
    if isinstance(home, History):
        return home
    return open_history(home if isinstance(home, Home) else open_home(Path(home)))


def _newest(history: History) -> datetime:
    """The moment of the newest delivery (UTC)."""
    with history.read() as connection:
        row = connection.execute("SELECT max(recorded_at) FROM delivery").fetchone()
    if row is None or row[0] is None:
        raise FeatureError(f"{history.home.root}: nothing was taken in yet; `tradeline ingest` brings deliveries in")
    newest: datetime = row[0]
    return newest.replace(tzinfo=UTC)
