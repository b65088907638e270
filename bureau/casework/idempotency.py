"""Requests that were kept under an idempotency key, so that the same one counts once.

The digest of a request binds the subscriber, the key and what was recorded for it, too: a row that somebody
changes behind the casework's back is that of another request, and nobody is given what belongs to another one.
"""

from __future__ import annotations

import hmac
from datetime import datetime

from bureau.casework.records import Idempotency
from bureau.casework.tables import insert_sql
from bureau.errors import AlreadyKept
from bureau.store import Store

__all__ = ["KeptRequests"]


class KeptRequests:
    """The requests of one casework store.

    Parameters
    ----------
    store : Store
        The store.
    key : bytes
        Under which keys and requests are digested: a body can be guessed.
    """

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._key = key

    def find(self, subscriber: str, idempotency: Idempotency) -> str | None:
        """What was recorded for this very request; None if nothing was.

        Raises
        ------
        AlreadyKept
            If another request came under this key.
        """
        digest = self._of_key(idempotency)
        for object_id, kept in self._store.rows(
            "SELECT object_id, request_digest FROM idempotency WHERE subscriber = :subscriber AND digest = :digest",
            subscriber=subscriber,
            digest=digest,
        ):
            if kept != self._of_request(idempotency, subscriber, digest, object_id):
                raise AlreadyKept(object_id, same_request=False)
            return str(object_id)
        return None

    def claim(self, subscriber: str, object_id: str, at: datetime, idempotency: Idempotency) -> None:
        """Keep a request under its key.

        Raises
        ------
        AlreadyKept
            If a request of this subscriber under this key was kept before.
        """
        with self._store.write():
            known = self.find(subscriber, idempotency)
            if known is not None:
                raise AlreadyKept(known, same_request=True)
            digest = self._of_key(idempotency)
            self._store.run(
                insert_sql("idempotency"),
                subscriber=subscriber,
                digest=digest,
                request_digest=self._of_request(idempotency, subscriber, digest, object_id),
                object_id=object_id,
                kept_at=at.isoformat(),
            )

    def _of_key(self, idempotency: Idempotency) -> str:
        return hmac.digest(self._key, b"idempotency\n" + idempotency.key.encode(), "sha256").hex()

    def _of_request(self, idempotency: Idempotency, *bound: str) -> str:
        told = "\n".join(("request", *bound, "")).encode()
        return hmac.digest(self._key, told + idempotency.request, "sha256").hex()
