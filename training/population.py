"""The population a model is trained on: who was observed, as known then, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.sets import FeatureSet
from features.vectors import matrix
from training.errors import UnfitPopulation

if TYPE_CHECKING:  # a process that fits a fold has no use for Feast and the history
    from bureau.history import History
    from feature_repo.repository import Repository
    from features.spine import Observation

__all__ = ["MIN_PER_CLASS", "Population", "assemble", "labelled_spine", "population"]

MIN_PER_CLASS: Final = 10
"""Fewer good or bad consumers than this cannot be split into folds twice over."""

_MOMENTS: Final = np.dtype("datetime64[us]")


@dataclass(frozen=True, eq=False)
class Population:
    """Observed consumers with features and outcome.

    Parameters
    ----------
    consumer_ids : ndarray of shape (n,)
        Who. A consumer may be observed at several dates, a row each.
    observed_at : ndarray of shape (n,), datetime64[us]
        When, a moment (UTC) a row: what was known by then is in `values`, what came after in `is_bad`.
    values : ndarray of shape (n, features)
        Features as known at the observation; missing values NaN.
    features : tuple of str
        Names of the columns of `values`.
    is_bad : ndarray of shape (n,)
        Whether it went bad. Consumers whose outcome is indeterminate are left out.

    Raises
    ------
    ValueError
        If the arrays do not belong together, or the moments are in another unit.
    """

    consumer_ids: npt.NDArray[np.int64]
    observed_at: npt.NDArray[np.datetime64]
    values: npt.NDArray[np.float64]
    features: tuple[str, ...]
    is_bad: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        rows = len(self.is_bad)
        shapes = {"consumer_ids": (rows,), "observed_at": (rows,), "values": (rows, len(self.features))}
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name}: shape {getattr(self, name).shape}, but {shape} belongs to the rest")
        if self.observed_at.dtype != _MOMENTS:
            raise ValueError(f"observed_at: {self.observed_at.dtype}; give moments in UTC as {_MOMENTS}")

    def __len__(self) -> int:
        return len(self.is_bad)

    def take(self, rows: npt.NDArray[Any] | slice) -> Population:
        """Part of the population, by row numbers, flags or a slice."""
        return Population(
            self.consumer_ids[rows], self.observed_at[rows], self.values[rows], self.features, self.is_bad[rows]
        )

    def sample(self, size: int, seed: int) -> Population:
        """A random part of the population, in the same order; the whole where it is not larger."""
        if len(self) <= size:
            return self
        return self.take(np.sort(np.random.default_rng(seed).choice(len(self), size, replace=False)))

    def frame(self) -> pd.DataFrame:
        """The values with the features' names, rows numbered from 0: what an estimator is given."""
        return pd.DataFrame(self.values, columns=list(self.features), copy=False)


def labelled_spine(history: History, observation: Observation) -> pd.DataFrame:
    """The observed consumers whose outcome is known.

    Parameters
    ----------
    history : History
        The credit history.
    observation : Observation
        Who was observed, and when.

    Returns
    -------
    DataFrame
        ``consumer_id``, ``event_timestamp`` (the observation's moment, UTC) and ``is_bad``, by
        ascending consumer. Only outcomes that speak of a later date than the observation count.
    """
    with history.read() as connection:
        rows = connection.execute(
            "SELECT consumer_id, max(is_bad) AS is_bad FROM observed_consumer JOIN delivery USING (delivery_no) "
            "JOIN (SELECT consumer_id, is_bad FROM outcome WHERE effective_on > $on AND superseded_at IS NULL "
            "AND is_bad IS NOT NULL) USING (consumer_id) WHERE delivery_id = $delivery_id "
            "GROUP BY consumer_id ORDER BY consumer_id",
            {"on": observation.observed_on, "delivery_id": observation.delivery_id},
        ).df()
    rows["event_timestamp"] = pd.Series(observation.moment, index=rows.index, dtype="datetime64[us, UTC]")
    return rows[["consumer_id", "event_timestamp", "is_bad"]]


def population(repository: Repository, features: FeatureSet, spine: pd.DataFrame, names: tuple[str, ...]) -> Population:
    """Fetch the features of a labelled spine through Feast.

    Features that are the same for everybody (all missing, too) are left out: they tell nothing.

    Parameters
    ----------
    repository : Repository
        Feast over the feature tables.
    features : FeatureSet
        The portfolio's features.
    spine : DataFrame
        Who, when and how it went, as :func:`labelled_spine` gives it.
    names : tuple of str
        The features wanted, in order.

    Raises
    ------
    ProhibitedFeature
        If one of the names may not be used to decide on credit.
    UnknownFeature
        If one of them is no feature of the portfolio.
    UnfitPopulation
        If there are too few good or bad consumers, or no feature that varies.
    """
    features.require(names)
    is_bad = spine["is_bad"].to_numpy(dtype=bool)
    _require_both(features.portfolio, is_bad)
    frame = repository.training_frame(features, spine[["consumer_id", "event_timestamp"]])
    counted = {name: frame[name].to_numpy(dtype=np.float64) for name in features.counted}
    values = matrix(features, counted, names)
    return assemble(
        features.portfolio,
        consumer_ids=frame["consumer_id"].to_numpy(dtype=np.int64),
        observed_at=frame["event_timestamp"].dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype=_MOMENTS),
        values=values,
        names=names,
        is_bad=is_bad,
    )


def assemble(
    portfolio: str,
    *,
    consumer_ids: npt.NDArray[np.int64],
    observed_at: npt.NDArray[np.datetime64],
    values: npt.NDArray[np.float64],
    names: tuple[str, ...],
    is_bad: npt.NDArray[np.bool_],
) -> Population:
    """A population without the features that are the same for everybody.

    Parameters
    ----------
    portfolio : str
        What errors call it.
    consumer_ids, observed_at, values, names, is_bad
        As for :class:`Population`.

    Raises
    ------
    UnfitPopulation
        If there are too few good or bad consumers, or no feature that varies.
    """
    _require_both(portfolio, is_bad)
    varies = [column for column in range(len(names)) if _varies(values[:, column])]
    if not varies:
        raise UnfitPopulation(f"{portfolio}: no feature varies; check what was delivered")
    if len(varies) < len(names):
        values = np.ascontiguousarray(values[:, varies])
    return Population(consumer_ids, observed_at, values, tuple(names[n] for n in varies), is_bad)


def _require_both(portfolio: str, is_bad: npt.NDArray[np.bool_]) -> None:
    for kind, count in (("bad", int(is_bad.sum())), ("good", int((~is_bad).sum()))):
        if count < MIN_PER_CLASS:
            raise UnfitPopulation(
                f"{portfolio}: {count} {kind} consumers with a known outcome, at least {MIN_PER_CLASS} are "
                "needed; deliver more consumers with outcomes"
            )


def _varies(column: npt.NDArray[np.float64]) -> bool:
    present = column[~np.isnan(column)]
    return bool(present.size) and (present.size < column.size or bool((present != present[0]).any()))
