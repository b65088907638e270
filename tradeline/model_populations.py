"""The populations that a model's drift is seen in: those it was developed on, those of today, those that matured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from bureau.history import History
from bureau.home import Home
from bureau.signers import trusted_signers
from features.compute import compute
from features.declaration import Derived
from features.spine import Everybody, Observation
from features.vectors import matrix
from scoring.bundle import Bundle, load_bundle
from scoring.champion import champion_folder
from tradeline.build_features import currency_of
from tradeline.data_age import told_age
from tradeline.populations import BUREAU
from training.bureau_population import bureau_population, newest_matured
from training.drift.drift import Watched
from training.drift.growth import growing, months_told
from training.errors import TrainingError, UnfitPopulation
from training.labels import LabelDefinition, can_be_labelled
from training.population import Population, labelled_spine
from training.training_record import TrainingRecord, read_record

__all__ = ["ModelPopulations", "model_populations"]

_MOST_DATES = 3
"""The newest observation dates that have matured, at most so many of them."""


@dataclass(frozen=True, eq=False)
class ModelPopulations:
    """What a model's drift is seen in.

    Parameters
    ----------
    bundle : Bundle
        The champion.
    reference, current : Watched
        The development sample, and the people of today.
    matured : Watched or None
        People observed after development whose outcomes are known by now; None where there are none.
    told : str
        Which they are, in a sentence.
    growing : frozenset of str
        Features that have grown with the record since development.
    age : str or None
        That the data of the present are old; None where they are not.
    """

    bundle: Bundle
    reference: Watched
    current: Watched
    matured: Watched | None
    told: str
    growing: frozenset[str] = frozenset()
    age: str | None = None


def model_populations(home: Home, history: History, portfolio: str | None, present: datetime) -> ModelPopulations:
    """Gather them for a champion.

    Parameters
    ----------
    home : Home
        The home, with a champion and the record of its training.
    history : History
        Its history.
    portfolio : str, optional
        Whose champion; by default the one promoted last.
    present : datetime
        The present (UTC, naive).

    Raises
    ------
    ScoringError
        If there is no champion.
    RecordDamaged
        If the record of its training is missing or was changed.
    TrainingError
        If nobody is on file at the present.
    """
    trusted = trusted_signers(home.signers)
    bundle = load_bundle(champion_folder(home.bundles, portfolio, trusted), trusted)
    record = read_record(home.runs / bundle.model_version)
    rows = record.samples.development
    people = record.people.take(rows)
    reference = Watched(_inputs(bundle, people.values), record.out_of_fold_log_odds, people.is_bad, people.consumer_ids)
    grows: frozenset[str] = frozenset()
    age = None
    if bundle.portfolio == BUREAU:
        current, matured, told = _of_bureau(bundle, record, history, present)
        grows, age = _growing(bundle, history, people, present), told_age(history, present)
    else:
        current, matured, told = _of_portfolio(bundle, record, home, history)
    first = f"{bundle.model_version} was developed on {_told_people(people)} up to "
    return ModelPopulations(bundle, reference, current, matured, f"{first}{_last_day(people)}; {told}", grows, age)


def _of_bureau(
    bundle: Bundle, record: TrainingRecord, history: History, present: datetime
) -> tuple[Watched, Watched | None, str]:
    """Who can be labelled of everybody on file at the present, and at the newest dates after development."""
    moment = present.replace(tzinfo=UTC)
    currency = currency_of(history, record.training.get("currency"))
    names = bundle.model.features
    catalogue = bundle.features.catalogue
    counted = dict.fromkeys(
        each
        for name in names
        for item in (catalogue[name],)
        for each in (sorted(item.expression.operands) if isinstance(item, Derived) else (name,))
    )
    table = compute(history, catalogue, counted, Everybody(moment), currency=currency, now=moment).to_pandas()
    if table.empty:
        raise TrainingError(f"{bundle.model_version}: nobody is on file on {present:%Y-%m-%d}; choose another --as-of")
    plain = record.training["label_definition"]
    definition = LabelDefinition(**plain) if plain else LabelDefinition()
    comparable = can_be_labelled(history, table["consumer_id"].to_numpy(np.int64), moment, definition)
    if not comparable.any():
        raise TrainingError(
            f"{bundle.model_version}: on {present:%Y-%m-%d} nobody on file could be labelled; choose another --as-of"
        )
    current = _watched(bundle, table[comparable])
    told = (
        f"of {len(table):,} people on file on {present:%Y-%m-%d}, {len(current.log_odds):,} are like them: alive, not "
        "bad, with an account still owing"
    )
    last = record.people.observed_at[record.samples.development].max().astype("datetime64[D]").astype(object)
    dates = [each for each in newest_matured(history, definition, moment, count=_MOST_DATES) if each > last]
    if not dates:
        return current, None, f"{told}; no later observation has matured"
    try:
        found = bureau_population(
            history,
            definition=definition,
            observation_dates=dates,
            present=moment,
            currency=currency,
            names=names,
            jurisdiction=bundle.jurisdiction,
        ).people
    except UnfitPopulation:
        return current, None, f"{told}; too few outcomes have matured since"
    matured = _of_people(bundle, found)
    return current, matured, f"{told}; {len(found):,} observed up to {dates[-1]} have matured"


def _growing(bundle: Bundle, history: History, developed: Population, present: datetime) -> frozenset[str]:
    """What has grown with the record, from the first observation of development to the present."""
    first = developed.observed_at.min().astype("datetime64[us]").astype(object)
    months = (months_told(history, moment) for moment in (first, present))
    return growing(bundle.features.catalogue, bundle.model.features, *months)


def _of_portfolio(
    bundle: Bundle, record: TrainingRecord, home: Home, history: History
) -> tuple[Watched, Watched | None, str]:
    """Consumers of the portfolio's newest delivery whom the fit has not seen, with outcomes where they are known."""
    from feature_repo.repository import open_repository

    with history.read() as connection:
        newest = connection.execute(
            "SELECT delivery_id FROM delivery SEMI JOIN observed_consumer USING (delivery_no) "
            "SEMI JOIN (SELECT delivery_no FROM observed_consumer JOIN consumer USING (consumer_id) "
            "WHERE reference_space = ?) AS mine USING (delivery_no) ORDER BY delivery_no DESC LIMIT 1",
            [bundle.portfolio],
        ).fetchone()
        if newest is None:
            raise TrainingError(f"{bundle.portfolio}: no delivery of it is here; take one in with `tradeline score`")
        spine = connection.execute(
            "SELECT DISTINCT consumer_id FROM observed_consumer JOIN delivery USING (delivery_no) "
            "WHERE delivery_id = ? ORDER BY consumer_id",
            [newest[0]],
        ).df()
    spine = spine[~spine["consumer_id"].isin(record.people.consumer_ids[record.samples.development])]
    if spine.empty:
        raise TrainingError(
            f"{bundle.portfolio}: the model was fitted on everybody in its newest delivery; take others in"
        )
    spine = spine.reset_index(drop=True)
    observed_on = record.people.observed_at.max().astype("datetime64[D]").astype(object)
    observation = Observation(newest[0], observed_on, "")
    spine["event_timestamp"] = pd.Series(observation.moment, index=spine.index, dtype="datetime64[us, UTC]")
    repository = open_repository(home.feast, home.features, home.online_at)
    current = _watched(bundle, repository.training_frame(bundle.features, spine))
    told = f"{len(spine):,} people of its newest delivery were not seen by the fit"
    labelled = labelled_spine(history, observation)
    labelled = labelled[labelled["consumer_id"].isin(spine["consumer_id"])].reset_index(drop=True)
    if labelled.empty:
        return current, None, f"{told}; none of their outcomes is known"
    matured = _watched(bundle, repository.training_frame(bundle.features, labelled), labelled["is_bad"].to_numpy(bool))
    return current, matured, f"{told}; the outcomes of {len(labelled):,} of them are known"


def _watched(bundle: Bundle, frame: pd.DataFrame, is_bad: npt.NDArray[np.bool_] | None = None) -> Watched:
    """People from counted features, a row each with its ``consumer_id``."""
    counted = {name: frame[name].to_numpy(np.float64, na_value=np.nan) for name in frame if name in _counted(bundle)}
    values = matrix(bundle.features, counted, bundle.model.features)
    log_odds = bundle.calibration.log_odds(bundle.model.margin(values))
    return Watched(_inputs(bundle, values), log_odds, is_bad, frame["consumer_id"].to_numpy(np.int64))


def _of_people(bundle: Bundle, people: Population) -> Watched:
    place = {name: number for number, name in enumerate(people.features)}
    values = np.column_stack(
        [
            people.values[:, place[name]] if name in place else np.full(len(people), np.nan)
            for name in bundle.model.features
        ]
    )
    log_odds = bundle.calibration.log_odds(bundle.model.margin(values))
    return Watched(_inputs(bundle, values), log_odds, people.is_bad, people.consumer_ids)


def _counted(bundle: Bundle) -> frozenset[str]:
    return frozenset(bundle.features.counted)


def _inputs(bundle: Bundle, values: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
    return {name: values[:, column] for column, name in enumerate(bundle.model.features)}


def _last_day(people: Population) -> str:
    return str(people.observed_at.max().astype("datetime64[D]"))


def _told_people(people: Population) -> str:
    """How many were observed, and how often, where some were so at several dates."""
    count = len(np.unique(people.consumer_ids))
    return f"{count:,} people observed" + (f" {len(people):,} times" if count < len(people) else "")
