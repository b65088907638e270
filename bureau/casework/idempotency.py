"""Requests that were kept under an idempotency key, so that the same one counts once."""

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
        for object_id, kept in self._store.rows(
            "SELECT object_id, request_digest FROM idempotency WHERE subscriber = :subscriber AND digest = :digest",
            subscriber=subscriber,
            digest=self._digest(b"idempotency\n", idempotency.key.encode()),
        ):
            if kept != self._digest(b"request\n", idempotency.request):
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
            self._store.rows(
                insert_sql("idempotency"),
                subscriber=subscriber,
                digest=self._digest(b"idempotency\n", idempotency.key.encode()),
                request_digest=self._digest(b"request\n", idempotency.request),
                object_id=object_id,
                kept_at=at.isoformat(),
            )

    def _digest(self, label: bytes, content: bytes) -> str:
        return hmac.digest(self._key, label + content, "sha256").hex()
