"""The casework store: what was decided, asked and told, who may ask, and the audit log of it all.

A decision is kept by one transaction with one commit: the record, its inquiry, its audit entry and the
idempotency key, or none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from types import TracebackType

from bureau.access.api_keys import ApiKeys
from bureau.access.subscribers import Subscribers
from bureau.audit.chain import AuditLog
from bureau.casework.batches import Batches
from bureau.casework.compared import Compared
from bureau.casework.conclusions import Conclusions
from bureau.casework.content import Content
from bureau.casework.decisions import Decisions
from bureau.casework.flags import Flags
from bureau.casework.holds import Holds
from bureau.casework.idempotency import KeptRequests
from bureau.casework.inquiries import Inquiries
from bureau.casework.notices import Notices
from bureau.casework.on_record import OnRecord
from bureau.casework.records import DecisionRecord, Idempotency, NewInquiry
from bureau.casework.staying import Staying, what_stays
from bureau.store import Store
from bureau.vault import Vault

__all__ = ["Casework"]


class Casework:
    """An opened casework store; closed by ``with`` or :meth:`close`.

    It may be used by many threads, each of which has a connection of its own, but not across a fork.

    Attributes
    ----------
    audit : AuditLog
        What happened.
    subscribers : Subscribers
        Who may ask, and for what.
    keys : ApiKeys
        By which keys.
    flags : Flags
        What stands against a file: frozen, deceased, fraud alert.
    decisions : Decisions
        What was decided.
    conclusions : Conclusions
        What a person decided of it.
    inquiries : Inquiries
        Who asked, on its way into the history.
    notices : Notices
        What consumers were told.
    batches : Batches
        Jobs that score many.
    holds : Holds
        Decisions that are kept longer.
    content : Content
        Seals what is personal.
    """

    def __init__(self, store: Store, vault: Vault, casework_id: str, audit: AuditLog) -> None:
        self._store = store
        self._vault = vault
        digest_key = vault.named_key("casework digests")
        self.content = Content(vault, casework_id)
        self.audit = audit
        self.subscribers = Subscribers(store, audit)
        self.keys = ApiKeys(store, audit, vault.named_key("api keys"))
        self.flags = Flags(store, audit)
        self.inquiries = Inquiries(store, audit, self.content)
        self._requests = KeptRequests(store, digest_key)
        self.decisions = Decisions(store, audit, self.content, digest_key, self.inquiries, self._requests)
        self.conclusions = Conclusions(store, audit, self.content)
        self.notices = Notices(store, audit, self.content)
        self.batches = Batches(store, audit)
        self.holds = Holds(store, audit, self.content)

    def __repr__(self) -> str:
        return f"Casework({self._store.name!r})"

    def __enter__(self) -> Casework:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections of all threads."""
        self._store.close()
        self._vault.close()

    @contextmanager
    def write(self) -> Iterator[None]:
        """One transaction around several calls: kept as a whole when the block ends, or not at all."""
        with self._store.write():
            yield

    def keep(
        self, record: DecisionRecord, inquiry: NewInquiry | None = None, idempotency: Idempotency | None = None
    ) -> int:
        """Keep a decision and what belongs to it, or nothing (:meth:`bureau.casework.decisions.Decisions.keep`)."""
        return self.decisions.keep(record, inquiry, idempotency)

    def decision(self, decision_id: str, subscriber: str | None) -> DecisionRecord:
        """A decision as it was kept (:meth:`bureau.casework.decisions.Decisions.get`)."""
        return self.decisions.get(decision_id, subscriber)

    def idempotent(self, subscriber: str, idempotency: Idempotency) -> str | None:
        """What was recorded for this very request before, for example the name of the decision.

        Raises
        ------
        AlreadyKept
            If another request came under this key.
        """
        return self._requests.find(subscriber, idempotency)

    def claim(self, subscriber: str, object_id: str, at: datetime, idempotency: Idempotency) -> None:
        """Keep an idempotency key for something else than a decision, such as a batch, within :meth:`write`.

        Raises
        ------
        AlreadyKept
            If a request of this subscriber under this key was kept before.
        """
        self._requests.claim(subscriber, object_id, at, idempotency)

    def compared(self, *, deep: bool = False) -> Compared:
        """All that is on record beside decisions and inquiries, to be compared with its events.

        Parameters
        ----------
        deep : bool
            Whether sealed content is opened and compared, too.
        """
        on_record = OnRecord(
            self._store,
            self.audit,
            self.content,
            subscribers=self.subscribers,
            keys=self.keys,
            flags=self.flags,
            holds=self.holds,
            inquiries=self.inquiries,
            batches=self.batches,
        )
        return Compared(self._store, self.audit, on_record, deep=deep)

    def staying(self, consumer_ids: Iterable[int], decision_ids: Iterable[str] = ()) -> list[Staying]:
        """What an erasure of a person leaves on record (:func:`bureau.casework.staying.what_stays`)."""
        return what_stays(self._store, self.content, self.holds, consumer_ids, decision_ids)

    def flags_of(self, consumer_ids: Iterable[int], on: date) -> frozenset[str]:
        """The flags in force on the files of a consumer's references; read anew each time."""
        return self.flags.of(consumer_ids, on)
