"""What is known of a person at the moment of a request: who it is, and the features on file."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bureau.errors import BureauError, UnknownConsumer
from bureau.home import Home
from bureau.references import References, open_references
from bureau.vault import Vault, open_vault
from feature_repo.errors import FeatureRepoError
from feature_repo.repository import Repository, open_repository
from feature_repo.vector import OnlineVector
from features.sets import FeatureSet
from scoring.policy.circumstances import Identity
from serving.asked import Asked
from serving.errors import NoFinder, NotServable

if TYPE_CHECKING:
    from bureau.identity import Finder

__all__ = ["Online", "Subject", "open_online"]

_log = logging.getLogger("bentoml.serve.tradeline")


@dataclass(frozen=True)
class Subject:
    """Who a request is about.

    Parameters
    ----------
    consumer_id : int, optional
        The consumer; None if the applicant is nobody on file, or several who fit.
    identity : {'match', 'no match', 'ambiguous', 'given'}
        How the consumer was found.
    address_mismatch : bool
        Whether the address stated fits none on file.
    """

    consumer_id: int | None
    identity: Identity
    address_mismatch: bool = False


class Online:
    """The look-ups of a request.

    Parameters
    ----------
    features : FeatureSet
        The portfolio's features.
    references : References
        The look-up of consumers by a furnisher's reference.
    repository : Repository
        The door to the online store.
    open_finder : callable
        Opens what finds applicants; tried until it succeeds, since somebody may be writing to the history.
    vault : Vault
        Knows who was erased, from the moment of the erasure on; whatever else still holds is not told.
    """

    def __init__(
        self,
        features: FeatureSet,
        references: References,
        repository: Repository,
        open_finder: Callable[[], Finder],
        vault: Vault,
    ) -> None:
        self.features = features
        self._references = references
        self._repository = repository
        self._open_finder = open_finder
        self._vault = vault
        self._finder: Finder | None = None
        self._local = threading.local()

    def subject(self, asked: Asked) -> Subject:
        """Who a request is about.

        Raises
        ------
        UnknownConsumer
            If nobody has the reference, or the number, or the person was erased.
        NoFinder
            If applicants cannot be looked for yet.
        """
        if asked.consumer_id is not None:
            if self._finder is not None and not self._finder.knows(asked.consumer_id):
                raise UnknownConsumer("no consumer has this number; check it")
            return Subject(self._kept(asked.consumer_id), "given")
        if asked.applicant is None:
            return Subject(self._kept(self.consumer(asked.consumer_ref or "")), "given")
        if self._finder is None:
            raise NoFinder("applicants cannot be looked for: the history is being written to; try again later")
        found = self._finder.find(asked.applicant, refresh=False)
        return Subject(found.consumer_id, found.outcome, found.address_mismatch)

    def consumer(self, consumer_ref: str) -> int:
        """The consumer_id under a reference.

        Raises
        ------
        UnknownConsumer
            If there is none.
        """
        return self._references.find(self._connection(), consumer_ref)

    def _kept(self, consumer_id: int) -> int:
        """The person's own number, whichever of its numbers is given, so that a challenger decides by the person."""
        if self._vault.erasures("consumer", [consumer_id]):
            raise UnknownConsumer("no consumer has this number; check it")
        return self.references_of(consumer_id)[0]

    def references_of(self, consumer_id: int) -> list[int]:
        """All numbers of a person, its own first; this one alone while the history could not be read yet."""
        return [consumer_id] if self._finder is None else self._finder.references_of(consumer_id)

    def vector(self, consumer_id: int) -> OnlineVector | None:
        """The features that the online store holds of a person, under any of its numbers; None if it holds none.

        Files that were joined have their features under the person's own number; under the others stands what was
        known before they were joined.

        Raises
        ------
        FeatureRepoError
            If it holds values of other definitions.
        """
        found = (self._repository.online_vector(self.features, each) for each in self.references_of(consumer_id))
        return next((vector for vector in found if vector is not None), None)

    def refresh(self) -> None:
        """Open what finds applicants, or bring it up to date, so that no request waits for it."""
        try:
            if self._finder is None:
                self._finder = self._open_finder()
            else:
                self._finder.refresh()
        except BureauError as error:
            _log.warning("applicants cannot be looked for yet: %s", error)

    def close(self) -> None:
        """Close the vault's connections."""
        self._vault.close()

    def require_served(self) -> None:
        """Make sure that the look-ups answer with what the features are now.

        Raises
        ------
        NotServable
            If a part is missing, or holds something else.
        """
        portfolio = self.features.portfolio
        try:
            self._connection().execute("SELECT 1 FROM reference LIMIT 1").fetchall()
            self._repository.online_vector(self.features, -1)
        except FeatureRepoError as error:
            raise NotServable(str(error)) from None
        except sqlite3.Error:
            raise NotServable(
                f"{self._references.path}: it or the online store cannot be read; {_remedy(portfolio)} again"
            ) from None
        except _not_registered():
            raise NotServable(
                f"{self._repository.folder}: Feast does not know the features of {portfolio} as they are defined "
                f"here; {_remedy(portfolio)} again"
            ) from None

    def _connection(self) -> sqlite3.Connection:
        """The thread's own connection to the look-up, kept open between requests."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(f"{self._references.path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)
            self._local.connection = connection
        return connection


def open_online(home: Home, features: FeatureSet) -> Online:
    """The look-ups of a home for a portfolio, once everything they need is known to be there.

    Raises
    ------
    NotServable
        If the look-up of consumers or the online store lacks what the portfolio needs.
    WrongKey
        If the master key is not the home's.
    """
    places = [home.references] if home.online_at else [home.references, home.feast / "online.db"]
    for path in places:
        if not path.is_file():
            raise NotServable(f"{path}: not there, and {features.portfolio} needs it; {_remedy(features.portfolio)}")
    references = open_references(home, features.portfolio)

    def finder() -> Finder:
        from bureau.history import open_history
        from bureau.identity import open_finder

        return open_finder(open_history(home))

    repository = open_repository(home.feast, home.features, home.online_at)
    vault = open_vault(home.vault, home.data_keys, home.keyring)
    online = Online(features, references, repository, finder, vault)
    online.require_served()
    references.require_key()
    return online


def _remedy(portfolio: str) -> str:
    """What brings a portfolio's features online."""
    if portfolio == "bureau":
        return "run `tradeline features build --at DATE --online`"
    return f"run `tradeline run {portfolio}`"


def _not_registered() -> type[Exception]:
    from feast.errors import FeastObjectNotFoundException

    error: type[Exception] = FeastObjectNotFoundException
    return error
