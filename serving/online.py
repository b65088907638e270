"""Scoring one consumer from the online store: the stages of a request, each a method of its own."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from bureau.home import Home
from bureau.references import References, open_references
from bureau.signers import trusted_signers
from feature_repo.errors import FeatureRepoError
from feature_repo.repository import Repository, open_repository
from feature_repo.vector import OnlineVector
from features.vectors import from_application
from scoring.bundle import Bundle, load_bundle
from scoring.champion import champion_folder
from scoring.scorer import Scored, Scorer
from serving.errors import NoFeatures, NotServable

__all__ = ["OnlineScore", "OnlineScorer", "Statements", "open_scorer"]

Statements = Mapping[str, float | str | None]
"""Fields of an application by name; None where the applicant stated nothing."""


@dataclass(frozen=True)
class OnlineScore:
    """What is answered about one consumer.

    Parameters
    ----------
    scored : Scored
        Score, decision and reasons.
    as_of : datetime
        The moment (UTC) whose knowledge the features hold.
    """

    scored: Scored
    as_of: datetime


class OnlineScorer:
    """Scores one consumer at a time.

    Parameters
    ----------
    bundle : Bundle
        The champion's bundle.
    references : References
        The look-up of consumers.
    repository : Repository
        The door to the online store.
    """

    def __init__(self, bundle: Bundle, references: References, repository: Repository) -> None:
        self.bundle = bundle
        self._references = references
        self._repository = repository
        self._scorer = Scorer(bundle)
        self._local = threading.local()

    def consumer(self, consumer_ref: str) -> int:
        """The consumer_id under a reference.

        Raises
        ------
        UnknownConsumer
            If there is none.
        """
        return self._references.find(self._connection(), consumer_ref)

    def vector(self, consumer_id: int) -> OnlineVector:
        """The features that the online store holds of a consumer.

        Raises
        ------
        NoFeatures
            If it holds none.
        """
        vector = self._repository.online_vector(self.bundle.features, consumer_id)
        if vector is None:
            raise NoFeatures(
                "the online store holds no features of this consumer; score the portfolio in a batch first"
            )
        return vector

    def feast_vector(self, consumer_id: int) -> OnlineVector | None:
        """The same, asked of Feast itself; slower, for comparison."""
        return self._repository.feast_vector(self.bundle.features, consumer_id)

    def score(self, vector: OnlineVector, application: Statements) -> Scored:
        """Score a vector, with the statements of an application in place of those on file."""
        values = vector.values
        if application:
            values = values | from_application(self.bundle.features, application)
        with np.errstate(over="ignore", invalid="ignore"):
            return self._scorer.score_one(values)

    def answer(self, consumer_ref: str, application: Statements) -> OnlineScore:
        """All stages of a request.

        Raises
        ------
        UnknownConsumer
            If nobody has the reference.
        NoFeatures
            If the online store holds nothing of the consumer.
        FeatureRepoError
            If it holds values of other definitions.
        """
        vector = self.vector(self.consumer(consumer_ref))
        return OnlineScore(self.score(vector, application), vector.as_of)

    def warm_up(self) -> None:
        """Go the way of a request once, so that the first caller does not wait for what is loaded late."""
        missing = dict.fromkeys(self.bundle.features.counted, float("nan"))
        self._repository.online_vector(self.bundle.features, -1)
        with np.errstate(over="ignore", invalid="ignore"):
            self._scorer.score_one(missing)

    def _connection(self) -> sqlite3.Connection:
        """The thread's own connection to the look-up, kept open between requests."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(f"{self._references.path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)
            self._local.connection = connection
        return connection


def open_scorer(home: Home, portfolio: str | None = None) -> OnlineScorer:
    """The scorer of a home's champion, once everything it needs is known to be there.

    Parameters
    ----------
    home : Home
        The home.
    portfolio : str, optional
        Whose champion; by default that of the portfolio whose champion was named last.

    Raises
    ------
    NotServable
        If the look-up of consumers or the online store lacks what the champion needs.
    ScoringError
        If there is no champion, or its bundle is refused.
    WrongKey
        If the master key is not the home's.
    """
    bundle = load_bundle(champion_folder(home.bundles, portfolio), trusted_signers(home.signers))
    _require_file(home.references, bundle)
    if home.online_at is None:
        _require_file(home.feast / "online.db", bundle)
    references = open_references(home, bundle.portfolio)
    scorer = OnlineScorer(bundle, references, open_repository(home.feast, home.features, home.online_at))
    try:
        references.require_key()
        scorer.warm_up()
    except FeatureRepoError as error:
        raise NotServable(str(error)) from None
    except sqlite3.Error:
        raise NotServable(
            f"{home.feast}: the online store cannot be read; run `tradeline run {bundle.portfolio}` again"
        ) from None
    except _not_registered():
        raise NotServable(
            f"{home.feast}: Feast does not know the features of {bundle.model_version} as they are defined here; "
            f"run `tradeline run {bundle.portfolio}` again"
        ) from None
    return scorer


def _not_registered() -> type[Exception]:
    from feast.errors import FeastObjectNotFoundException

    error: type[Exception] = FeastObjectNotFoundException
    return error


def _require_file(path: Path, bundle: Bundle) -> None:
    if not path.is_file():
        raise NotServable(
            f"{path}: not there, and {bundle.model_version} needs it; run `tradeline run {bundle.portfolio}`"
        )
