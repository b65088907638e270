"""Bringing a home's feature tables to where they are served, and keeping them fresh after a delivery."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bureau.history import History
from bureau.home import Home
from bureau.references import open_references, publish_references
from feature_repo.errors import FeatureRepoError
from feature_repo.repository import Repository, open_repository
from features.changes import changed_since
from features.sets import FeatureSet
from tradeline.console import Stages

__all__ = ["put_online", "refresh_online", "withdraw_online"]


def put_online(
    history: History, home: Home, features: FeatureSet, tables: Mapping[str, Path], stages: Stages
) -> dict[str, Any]:
    """Write tables to the online store, where they are read once a sample was equal to the offline values.

    The look-up of consumers by a furnisher's reference is brought up to date with them, so that a service has both.

    Parameters
    ----------
    history : History
        The credit history.
    home : Home
        The home.
    features : FeatureSet
        Whose tables.
    tables : mapping of str to Path
        View to its table.
    stages : Stages
        Where progress is shown.

    Returns
    -------
    dict
        ``service``, ``as_of``, ``rows`` (by view), ``sample`` (rows compared) and ``seconds``.

    Raises
    ------
    ParityBroken
        If a value differs; what was served before is served still.
    """
    repository = open_repository(home.feast, home.features, home.online_at)
    with stages.stage("online store"):
        repository.apply(features)
        done = repository.materialise(features, tables)
        _remove_erased(history, repository)
        publish_references(history, open_references(home, features.portfolio))
    return {
        "service": done.service,
        "as_of": done.as_of,
        "rows": done.rows,
        "sample": done.sample,
        "seconds": done.seconds,
    }


def refresh_online(
    history: History,
    home: Home,
    features: FeatureSet,
    at: datetime,
    currency: str,
    since: datetime | None,
    stages: Stages,
) -> dict[str, Any]:
    """Compute the features of everybody of whom something became known anew, and write them online.

    Parameters
    ----------
    history : History
        The credit history.
    home : Home
        The home.
    features : FeatureSet
        Whose features; they were put online before.
    at : datetime
        As of when, with a time zone.
    currency : str
        Currency of the amounts.
    since : datetime, optional
        What was recorded after this moment counts; by default the moment of the last materialisation.
    stages : Stages
        Where progress is shown.

    Returns
    -------
    dict
        ``since``, ``at``, ``consumers`` and ``rows``, one a consumer and view.

    Raises
    ------
    FeatureRepoError
        If the set was never put online, and no moment is named.
    """
    repository = open_repository(home.feast, home.features, home.online_at)
    since = since or _last_materialised(repository, features)
    with stages.stage("who changed"):
        changed = changed_since(history, since, at)
    rows = 0
    if changed:
        with stages.stage("refresh"):
            repository.apply(features)
            rows = repository.refresh(history, features, changed, at, currency)
            _remove_erased(history, repository)
    return {"since": since.isoformat(), "at": at.isoformat(), "consumers": len(changed), "rows": rows}


def withdraw_online(home: Home, consumer_ids: Iterable[int]) -> None:
    """Take people who were erased out of the online store of a home.

    Raises
    ------
    FeatureRepoError
        If the store cannot be reached.
    """
    open_repository(home.feast, home.features, home.online_at).remove(consumer_ids)


def _remove_erased(history: History, repository: Repository) -> None:
    """Take out who was erased: the months and payments of an erased person stay, and features are made of them."""
    erased = history.vault.erased("consumer")
    if erased:
        repository.remove(erased)


def _last_materialised(repository: Repository, features: FeatureSet) -> datetime:
    told = [each.as_of for each in repository.materialisations if each.service == features.service and not each.refused]
    if not told or not told[-1]:
        raise FeatureRepoError(
            f"{features.portfolio}: was never put online; run `tradeline features build --at DATE --online` first, "
            "or name a moment with --since"
        )
    moment = datetime.fromisoformat(told[-1])
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
