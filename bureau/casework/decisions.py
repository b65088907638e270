"""Decisions on record: kept with everything that belongs to them, and read as they were."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from bureau.audit.chain import AuditLog
from bureau.audit.events import Event
from bureau.casework.content import Content
from bureau.casework.idempotency import KeptRequests
from bureau.casework.inquiries import Inquiries
from bureau.casework.records import DecisionRecord, Idempotency, NewInquiry
from bureau.casework.retention import HOLD_KEYS, kept_until, key_number
from bureau.casework.tables import insert_sql
from bureau.cells import as_written, canonical, moment, optional, raw, text, whole
from bureau.errors import CaseworkDamaged, ContentGone, NotOnRecord
from bureau.store import Store

__all__ = ["Decisions"]

_PLAIN: Final = (
    "decision_id",
    "decided_at",
    "subscriber",
    "key_id",
    "purpose",
    "consumer_id",
    "portfolio",
    "jurisdiction",
    "model_version",
    "manifest_sha256",
    "policy_version",
    "known_at",
    "decision",
)
_SEALED: Final = ("request", "inputs", "answer", "shadow")
_READ: Final[Mapping[str, Callable[[object], Any]]] = MappingProxyType(
    {"decided_at": moment, "known_at": partial(optional, moment), "consumer_id": partial(optional, whole)}
)
"""How columns are read that are no texts."""
_SELECT: Final = f"SELECT {', '.join((*_PLAIN, 'audit_number', 'content_key', *_SEALED))} FROM decision"


class Decisions:
    """The decisions of one casework store.

    Parameters
    ----------
    store : Store
        The store.
    audit : AuditLog
        Where each is noted.
    content : Content
        Seals what is personal.
    digest_key : bytes
        Under which decisions are digested for the audit log: content can be guessed, so a digest without a key
        would tell it.
    inquiries : Inquiries
        Who asked.
    requests : KeptRequests
        What makes a request count once.
    """

    def __init__(
        self,
        store: Store,
        audit: AuditLog,
        content: Content,
        digest_key: bytes,
        inquiries: Inquiries,
        requests: KeptRequests,
    ) -> None:
        self._store = store
        self._audit = audit
        self._content = content
        self._digest_key = digest_key
        self._inquiries = inquiries
        self._requests = requests

    def keep(
        self,
        record: DecisionRecord,
        inquiry: NewInquiry | None = None,
        idempotency: Idempotency | None = None,
    ) -> int:
        """Keep a decision, its inquiry, its audit entry and its idempotency key: all, or nothing.

        Parameters
        ----------
        record : DecisionRecord
            The decision.
        inquiry : NewInquiry, optional
            That somebody asked.
        idempotency : Idempotency, optional
            By what the same request is known when it comes again.

        Returns
        -------
        int
            Number of the audit entry. When it is returned, everything is on the disk.

        Raises
        ------
        AlreadyKept
            If a request of this subscriber under this idempotency key was kept before.
        CaseworkError, VaultError, AuditBroken, DiskFull
            If it cannot be kept; then nothing is, and no decision may be given.
        """
        key_no = key_number(kept_until(record.jurisdiction, record.decided_at.date()))
        row = self._sealed(record, key_no)
        told = None if inquiry is None else self._inquiries.row(inquiry, key_no)
        event = self._event(record, key_no, {"inquiry": None} if inquiry is None else self._inquiries.told(inquiry))

        def write() -> int:
            if idempotency is not None:
                self._requests.claim(record.subscriber, record.decision_id, record.decided_at, idempotency)
            number = self._audit.append(event)
            self._store.run(insert_sql("decision"), **row, audit_number=number)
            if told is not None:
                self._store.run(insert_sql("inquiry"), **told, audit_number=number)
            return number

        return self._store.together(write)

    def _event(self, record: DecisionRecord, key_no: int, inquiry: Mapping[str, str | None]) -> Event:
        return Event(
            "decision",
            record.decided_at,
            actor=record.key_id,
            subscriber=record.subscriber,
            subject=record.decision_id,
            consumer_id=record.consumer_id,
            details={
                "purpose": record.purpose,
                "model": record.model_version,
                "policy": record.policy_version,
                **inquiry,
                "key": key_no,
                "row": _row_digest(self._digest_key, _plain(record)),
                "content": _content_digest(self._digest_key, {name: getattr(record, name) for name in _SEALED}),
            },
        )

    def get(self, decision_id: str, subscriber: str | None) -> DecisionRecord:
        """A decision as it was kept.

        Parameters
        ----------
        decision_id : str
            Its name.
        subscriber : str, optional
            Whose it must be; None for whoever's.

        Raises
        ------
        NotOnRecord
            If there is none, or it is another subscriber's: nothing tells the two apart.
        ContentGone
            If the time for which it is kept is over.
        CaseworkDamaged
            If it was changed.
        """
        rows = self._store.rows(f"{_SELECT} WHERE decision_id = :decision_id", decision_id=decision_id)
        for row in rows:
            if subscriber in (None, row.subscriber):
                return self._record(row._asdict())
        raise NotOnRecord("there is no such decision; check its name, and whose it is")

    def all(
        self, *, subscriber: str | None = None, since: date | None = None, until: date | None = None
    ) -> Iterator[DecisionRecord]:
        """Decisions in the order in which they were made, those whose content is gone left out.

        Parameters
        ----------
        subscriber : str, optional
            Whose; everybody's by default.
        since, until : date, optional
            From the beginning of which day on, and before which day.
        """
        after = 0
        while True:
            rows = self._store.rows(
                f"{_SELECT} WHERE audit_number > :after AND decided_at >= :since AND decided_at < :until "
                + ("" if subscriber is None else "AND subscriber = :subscriber ")
                + "ORDER BY audit_number LIMIT 1000",
                after=after,
                since=(since or date.min).isoformat(),
                until=(until or date.max).isoformat(),
                **({} if subscriber is None else {"subscriber": subscriber}),
            )
            for row in rows:
                with suppress(ContentGone):
                    yield self._record(row._asdict())
            if len(rows) < 1000:
                return
            after = int(rows[-1].audit_number)

    def count(self) -> int:
        """How many are on record."""
        ((count,),) = self._store.rows("SELECT count(*) FROM decision")
        return int(count)

    def between(self, first: int, last: int, *, deep: bool = False) -> dict[int, tuple[str, dict[str, str]]]:
        """The decisions on record under audit entries of a range, with what their entries tell of them.

        That is compared by :mod:`bureau.audit.verify`: digests of the row, its inquiry and their content.

        Parameters
        ----------
        first, last : int
            Numbers of entries, both included.
        deep : bool
            Whether their content is opened and digested, too; content that was removed is left out.
        """
        found: dict[int, tuple[str, dict[str, str]]] = {}
        columns = ", ".join((*_PLAIN, "audit_number", "content_key", *(_SEALED if deep else ())))
        for row in self._store.rows(
            f"SELECT {columns} FROM decision WHERE audit_number >= :first AND audit_number <= :last",
            first=first,
            last=last,
        ):
            told = row._asdict()
            digests = {"row": _row_digest(self._digest_key, {name: told[name] for name in _PLAIN}), "inquiry": "None"}
            if not _is_of_hold(told["content_key"]):  # else it is compared with the entry of the hold
                digests["key"] = str(told["content_key"])
            if deep and any(told[name] != b"" for name in _SEALED):
                digests["content"] = self._content_digest_of(told)
            found[int(told["audit_number"])] = (f"decision {told['decision_id']}", digests)
        for number, (name, digests) in self._inquiries.between(first, last, deep=deep).items():
            found.setdefault(number, (name, {}))[1].update(digests)
        return found

    def _content_digest_of(self, row: dict[str, Any]) -> str:
        """The digest of a row's content; that of nothing where it does not open, which is no decision's."""
        try:
            return _content_digest(self._digest_key, self._opened(row))
        except (CaseworkDamaged, ContentGone):
            return ""

    def _sealed(self, record: DecisionRecord, key_no: int) -> dict[str, Any]:
        sealed = {
            name: self._content.seal(key_no, ("decision", record.decision_id, name), getattr(record, name))
            for name in _SEALED
        }
        return _plain(record) | sealed | {"content_key": key_no}

    def _opened(self, row: dict[str, Any]) -> dict[str, bytes]:
        with as_written(f"decision {row['decision_id']}"):
            key_no, decision_id = whole(row["content_key"]), text(row["decision_id"])
            sealed = {name: raw(row[name]) for name in _SEALED}
        return {name: self._content.open(key_no, ("decision", decision_id, name), sealed[name]) for name in _SEALED}

    def _record(self, row: dict[str, Any]) -> DecisionRecord:
        opened: dict[str, Any] = dict(self._opened(row))
        with as_written(f"decision {row['decision_id']}"):
            plain = {name: _READ.get(name, text)(row[name]) for name in _PLAIN}
        return DecisionRecord(**plain, **opened)


def _is_of_hold(key_no: object) -> bool:
    return isinstance(key_no, int) and key_no >= HOLD_KEYS


def _row_digest(key: bytes, plain: dict[str, Any]) -> str:
    return hmac.digest(key, b"row\n" + canonical(plain), "sha256").hex()


def _content_digest(key: bytes, content: dict[str, bytes]) -> str:
    joined = b"".join(len(content[name]).to_bytes(8, "big") + content[name] for name in _SEALED)
    return hmac.digest(key, b"content\n" + joined, "sha256").hex()


def _plain(record: DecisionRecord) -> dict[str, Any]:
    row = {name: getattr(record, name) for name in _PLAIN}
    known_at = record.known_at
    return row | {
        "decided_at": record.decided_at.isoformat(),
        "known_at": None if known_at is None else known_at.isoformat(),
    }
