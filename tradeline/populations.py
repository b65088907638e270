"""Populations to train on: a portfolio's files, or everybody in the bureau at some dates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from bureau.history import open_history
from bureau.home import Home
from bureau.portfolios.portfolio import Portfolio
from features.compute import compute
from features.declaration import Derived
from features.sets import FeatureSet, feature_set
from features.vectors import matrix
from tradeline.build_features import currency_of
from tradeline.console import Stages
from tradeline.prepare import Prepared, prepare
from training.bureau_population import bureau_population, newest_matured, why_none_matured
from training.errors import UnfitPopulation
from training.labels import LabelCounts, LabelDefinition
from training.population import Population, labelled_spine, population

__all__ = ["BUREAU", "Gathered", "gather_bureau", "gather_portfolio"]

BUREAU: Final = "bureau"
"""Name of the set of features, and of the champion, of the whole bureau."""

_EXAMPLES: Final = 5
_OUT_OF_TIME_PART: Final = 4
"""Of so many observation dates one, the newest, is out of time."""

_Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Gathered:
    """A population and where it comes from.

    Parameters
    ----------
    features : FeatureSet
        The set of features.
    people : Population
        Who, with the features that a model may be trained on.
    label : str
        What bad means, in words.
    values_of : callable
        Values of any features of the set for `people`, given their names.
    example : DataFrame
        Counted features of a few of them.
    label_definition : LabelDefinition, optional
        What bad means, where the bureau itself tells.
    label_counts : LabelCounts, optional
        The outcomes of everybody on file.
    segments : mapping of str to ndarray of str
        Segments of `people`.
    deliveries : tuple of mapping
        What was delivered.
    out_of_time_from : date, optional
        Rows observed from this date on are out of time.
    served : callable, optional
        What the online store holds of some consumers, a mapping of counted features each; None where the
        population's own store is not known.
    currency : str, optional
        In what money the features count, where the bureau itself tells.
    """

    features: FeatureSet
    people: Population
    label: str
    values_of: Callable[[Sequence[str]], _Values]
    example: pd.DataFrame
    label_definition: LabelDefinition | None = None
    label_counts: LabelCounts | None = None
    segments: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    deliveries: tuple[Mapping[str, Any], ...] = ()
    out_of_time_from: date | None = None
    served: Callable[[Sequence[int]], list[Mapping[str, float]]] | None = None
    currency: str | None = None


def gather_portfolio(
    home: Home,
    portfolio: Portfolio,
    data: Path,
    wanted: Iterable[str] = (),
    *,
    jurisdiction: str = "us",
    stages: Stages,
    memory_limit: str = "3GB",
) -> tuple[Gathered, Prepared]:
    """Take a portfolio's files in, and fetch the features of those whose outcome is known.

    Raises
    ------
    ProhibitedFeature
        If a wanted feature may not be used, before anything is done.
    DeliveryRefused
        If a file cannot be taken in.
    UnfitPopulation
        If no model can be trained from it.
    """
    features = feature_set(portfolio.name)
    names = tuple(dict.fromkeys(wanted)) or features.names
    features.require(names, jurisdiction)
    prepared = prepare(home, portfolio, data, labelled=True, stages=stages, memory_limit=memory_limit)
    with stages.stage("training set"):
        spine = labelled_spine(prepared.history, prepared.observation)
        people = population(prepared.repository, features, spine, names)
        observed = spine[["consumer_id", "event_timestamp"]]
        example = prepared.repository.training_frame(features, observed.head(_EXAMPLES))

    def values_of(asked: Sequence[str]) -> _Values:
        frame = prepared.repository.training_frame(features, observed)
        counted = {name: frame[name].to_numpy(dtype=np.float64) for name in features.counted}
        return matrix(features, counted, tuple(asked))

    def served(consumer_ids: Sequence[int]) -> list[Mapping[str, float]]:
        missing = dict.fromkeys(features.counted, float("nan"))
        vectors = prepared.repository.online_vectors(features, consumer_ids)
        return [missing if vector is None else vector.values for vector in vectors]

    gathered = Gathered(
        features=features,
        people=people,
        label="As the portfolio's furnisher tells the outcome; consumers whose outcome it does not tell are left out.",
        values_of=values_of,
        example=example[list(features.counted)].astype(np.float64),
        deliveries=tuple(asdict(receipt) for receipt in prepared.loaded.receipts),
        served=served,
    )
    return gathered, prepared


def gather_bureau(
    home: Home,
    observe: Sequence[date],
    *,
    present: datetime,
    definition: LabelDefinition,
    currency: str | None = None,
    wanted: Iterable[str] = (),
    jurisdiction: str = "us",
    stages: Stages,
    memory_limit: str = "3GB",
) -> Gathered:
    """Everybody on file at some dates, as known then, and how it went by the present.

    Parameters
    ----------
    home : Home
        The home.
    observe : sequence of date
        Observation dates; none: the newest month ends whose outcomes are known at the present.
    present : datetime
        The present (UTC, naive).
    definition : LabelDefinition
        What bad means.
    currency : str, optional
        Of the amounts; by default the history's only one.
    wanted : iterable of str
        Features to train on; all permitted ones by default.
    jurisdiction : str
        Where the model will decide.
    stages : Stages
        Shows and times the stages.
    memory_limit : str
        What DuckDB may use.

    Raises
    ------
    UnclearCurrency
        If a currency has to be named.
    UnfitDates
        If dates are named that cannot be used.
    UnfitPopulation
        If no date has matured, or no model can be trained from them.
    """
    history = open_history(home, memory_limit=memory_limit)
    features, moment = feature_set(BUREAU), present.replace(tzinfo=UTC)
    money = currency_of(history, currency)
    dates = tuple(sorted(observe)) or newest_matured(history, definition, moment)
    if not dates:
        raise UnfitPopulation(
            f"bureau: no month end has matured by {present:%Y-%m-%d}: {why_none_matured(history, definition, moment)}; "
            "wait, shorten the --window, or name observation dates with --observe"
        )
    with stages.stage("training set") as stage:
        found = bureau_population(
            history, definition=definition, observation_dates=dates, present=moment, currency=money,
            names=tuple(dict.fromkeys(wanted)) or None, jurisdiction=jurisdiction, progress=stage,
        )  # fmt: skip

    def compute_of(names: Sequence[str], people: Population) -> pd.DataFrame:
        rows = pd.DataFrame(
            {"consumer_id": people.consumer_ids, "event_timestamp": pd.DatetimeIndex(people.observed_at, tz="UTC")}
        )
        table = compute(history, features.catalogue, names, rows, currency=money, now=moment)
        frame: pd.DataFrame = table.to_pandas()[list(names)].astype(np.float64)
        return frame

    def values_of(asked: Sequence[str]) -> _Values:
        counted = _operands(features, asked)
        parts = [
            matrix(features, {name: frame[name].to_numpy() for name in counted}, tuple(asked))
            for at in np.unique(found.people.observed_at)
            for frame in (compute_of(counted, found.people.take(found.people.observed_at == at)),)
        ]
        return np.concatenate(parts)

    return Gathered(
        features=features,
        people=found.people,
        label=definition.text,
        values_of=values_of,
        example=compute_of(features.counted, found.people.take(slice(0, _EXAMPLES))),
        label_definition=definition,
        label_counts=found.labels.counts,
        segments=found.segments,
        out_of_time_from=_out_of_time(dates),
        currency=money,
    )


def _operands(features: FeatureSet, names: Sequence[str]) -> tuple[str, ...]:
    """The counted features that some features come from."""
    needed: dict[str, None] = {}
    for name in names:
        item = features.catalogue[name]
        needed.update(dict.fromkeys(sorted(item.expression.operands) if isinstance(item, Derived) else [name]))
    return tuple(needed)


def _out_of_time(dates: Sequence[date]) -> date | None:
    """The newest quarter of the dates, at least one where there are three or more."""
    return dates[-max(1, len(dates) // _OUT_OF_TIME_PART)] if len(dates) > 2 else None
