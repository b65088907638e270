"""The first half of every job: a portfolio's files into the history, its features into Feast."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bureau.history import History, open_history
from bureau.home import Home
from bureau.portfolios.portfolio import Loaded, Portfolio, load
from bureau.references import open_references, publish_references
from feature_repo.repository import Repository, open_repository
from features.compute import compute_view
from features.sets import FeatureSet, feature_set
from features.spine import Observation
from tradeline.console import Stages

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """A portfolio whose files are in the history and whose features are in Feast.

    Parameters
    ----------
    history : History
        The credit history.
    repository : Repository
        Feast over the home's feature tables.
    features : FeatureSet
        The portfolio's features.
    observation : Observation
        Who is observed, and when.
    loaded : Loaded
        The receipts of its deliveries.
    """

    history: History
    repository: Repository
    features: FeatureSet
    observation: Observation
    loaded: Loaded


def prepare(
    home: Home, portfolio: Portfolio, data: Path, *, labelled: bool, stages: Stages, memory_limit: str
) -> Prepared:
    """Ingest a portfolio's deliveries, compute its features and bring them into Feast, offline and online.

    Raises
    ------
    DeliveryRefused
        If a file cannot be taken in.
    """
    history = open_history(home, memory_limit=memory_limit)
    features = feature_set(portfolio.name)
    with stages.stage("ingest") as stage:
        loaded = load(history, portfolio, data, labelled=labelled, step=stage)
        publish_references(history, open_references(home, portfolio.name))
    _tell_what_was_left(loaded, stages)
    observation = Observation(loaded.observed_by, portfolio.observed_on, portfolio.currency)
    tables = {}
    with stages.stage("features") as stage:
        for place, view in enumerate(features.views):
            stage(view.replace("_", " "), place / len(features.views))
            tables[view] = compute_view(history, features.catalogue, view, observation, home.features).path
    repository = open_repository(home.feast, home.features, home.online_at)
    with stages.stage("online store"):
        repository.apply(features)
        repository.materialise(features, tables)
    return Prepared(history, repository, features, observation, loaded)


def _tell_what_was_left(loaded: Loaded, stages: Stages) -> None:
    """Tell which columns were ignored and how many records were set aside."""
    for file, columns in loaded.ignored_columns.items():
        stages.note(f"{file}: columns that no contract knows are ignored: {', '.join(columns)}")
    known = [receipt.file for receipt in loaded.receipts if receipt.known_before]
    if known:
        files = ", ".join(dict.fromkeys(known))
        stages.note(f"taken in before, and not again: {files}; features come from all that is known now")
    quarantined = sum(receipt.quarantined for receipt in loaded.receipts)
    if quarantined:
        stages.note(f"{quarantined:,} records were set aside with their reasons; see `tradeline quarantine`")
