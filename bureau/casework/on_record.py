"""What is on record beside decisions and their inquiries, in the form in which events tell of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from bureau.access.api_keys import ApiKeys
from bureau.access.subscribers import Subscribers
from bureau.audit.chain import AuditLog
from bureau.casework.batches import Batches
from bureau.casework.content import Content
from bureau.casework.flags import Flags
from bureau.casework.holds import Holds
from bureau.casework.inquiries import Inquiries
from bureau.casework.records import BATCH_STATES
from bureau.casework.told import NOTHING, UNREADABLE, Name, State
from bureau.cells import as_written, moment, optional, raw, whole
from bureau.errors import AccessError, CaseworkDamaged, ContentGone
from bureau.store import Store

__all__ = ["OnRecord"]

_OPEN: Final = ("waiting", "running")


class OnRecord:
    """The tables of one casework store.

    Parameters
    ----------
    store : Store
        The store.
    audit : AuditLog
        Makes the fingerprints.
    content : Content
        Opens what is sealed.
    subscribers, keys, flags, holds, inquiries, batches : object
        The casework's parts.
    """

    def __init__(
        self,
        store: Store,
        audit: AuditLog,
        content: Content,
        *,
        subscribers: Subscribers,
        keys: ApiKeys,
        flags: Flags,
        holds: Holds,
        inquiries: Inquiries,
        batches: Batches,
    ) -> None:
        self._store = store
        self._audit = audit
        self._content = content
        self._subscribers = subscribers
        self._keys = keys
        self._flags = flags
        self._holds = holds
        self._inquiries = inquiries
        self._batches = batches

    def rows(self, *, deep: bool) -> Iterator[tuple[Name, State]]:
        """Every row's name and parts.

        Parameters
        ----------
        deep : bool
            Whether sealed content is opened and compared, too; content that was removed is left out.
        """
        for table, rows in (
            ("subscriber", self._of_subscribers()),
            ("certification", self._of_certifications()),
            ("key", self._of_keys()),
            ("flag", self._of_flags()),
            ("hold", self._of_holds()),
            ("conclusion", self._of_conclusions(deep)),
            ("notice", self._of_notices(deep)),
            ("batch", self._of_batches()),
            ("outgoing", self._of_deliveries()),
        ):
            try:
                yield from rows
            except (CaseworkDamaged, TypeError):  # no moment, no number: nothing of ours writes that
                yield (table,), UNREADABLE

    def _of_subscribers(self) -> Iterator[tuple[Name, State]]:
        for each in self._subscribers.all():
            state = {"row": self._subscribers.fingerprint(each), "added": _text(each.added_at)}
            yield ("subscriber", each.subscriber_id), state

    def _of_certifications(self) -> Iterator[tuple[Name, State]]:
        for each in self._subscribers.certifications():
            name = ("certification", each.subscriber_id, each.purpose, _text(each.certified_at))
            yield name, {"withdrawn": _text(each.withdrawn_at)}

    def _of_keys(self) -> Iterator[tuple[Name, State]]:
        for name in self._keys.names():
            try:
                key = self._keys.get(name)
            except (AccessError, CaseworkDamaged):  # of no name, too
                yield ("key", name), UNREADABLE
                continue
            moments = {"created": key.created_at, "revoked": key.revoked_at, "expires": key.expires_at}
            state = {"row": key.fingerprint} | {part: _text(value) for part, value in moments.items()}
            yield ("key", key.key_id), state

    def _of_flags(self) -> Iterator[tuple[Name, State]]:
        for flag in self._flags.history():
            moments = {"lifted": _text(flag.lifted_at), "expires": _text(flag.expires_on)}
            name = ("flag", str(flag.consumer_id), flag.flag, _text(flag.placed_at))
            yield name, moments | {"why": self._flags.fingerprint(flag.reason)}

    def _of_holds(self) -> Iterator[tuple[Name, State]]:
        for hold in self._holds.history():
            name = ("hold", hold.decision_id, self._holds.fingerprint(hold.reason), _text(hold.placed_at))
            yield name, {"lifted": _text(hold.lifted_at)}

    def _of_conclusions(self, deep: bool) -> Iterator[tuple[Name, State]]:
        for row in self._store.rows(
            "SELECT conclusion_id, decision_id, number, concluded_at, content_key, length(content) AS size "
            "FROM conclusion"
        ):
            state = {"at": str(row.concluded_at), "key": str(row.content_key)}
            if row.conclusion_id != f"{row.decision_id}/{row.number}":
                state["at"] = f"under the name {row.conclusion_id}"
            if deep and row.size:
                content = self._opened("conclusion", "conclusion_id", str(row.conclusion_id))
                state["content"] = NOTHING if content is None else self._audit.fingerprint("conclusion", content)
            yield ("conclusion", str(row.decision_id), str(row.number)), state

    def _of_notices(self, deep: bool) -> Iterator[tuple[Name, State]]:
        for row in self._store.rows(
            "SELECT notice_id, decision_id, kind, language, rendered_at, sent_at, sha256, content_key, "
            "length(content) AS size FROM notice"
        ):
            state = {"decision": row.decision_id, "written": row.rendered_at, "form": row.kind}
            state |= {"language": row.language, "sha256": row.sha256, "sent": _sent_on(row.sent_at)}
            state |= {"key": str(row.content_key)}
            if deep and row.size:
                content = self._opened("notice", "notice_id", str(row.notice_id))
                state["content"] = NOTHING if content is None else hashlib.sha256(content).hexdigest()
            yield ("notice", str(row.notice_id)), state

    def _of_batches(self) -> Iterator[tuple[Name, State]]:
        for job in self._batches.all():
            ended = job.state if job.state in BATCH_STATES else "in no state"
            state = {"row": self._batches.fingerprint(job), "ended": NOTHING if ended in _OPEN else ended}
            state |= {"rows": str(job.rows), "done": str(job.done), "failed": str(job.failed)}
            state |= {"model": job.model_version, "why": job.why}
            yield ("batch", job.batch_id), state

    def _of_deliveries(self) -> Iterator[tuple[Name, State]]:
        for number, delivery_id, delivered_at, fingerprint in self._inquiries.all_delivered():
            yield ("outgoing", str(number)), {"delivery": delivery_id, "at": delivered_at, "inquiries": fingerprint}

    def _opened(self, table: str, column: str, name: str) -> bytes | None:
        """The content of a row; None where it does not open."""
        for key_no, sealed in self._store.rows(
            f"SELECT content_key, content FROM {table} WHERE {column} = :name", name=name
        ):
            try:
                with as_written(f"{table} {name}"):
                    number, content = whole(key_no), raw(sealed)
                return self._content.open(number, (table, name, "content"), content)
            except (CaseworkDamaged, ContentGone):
                break
        return None


def _text(told: datetime | date | None) -> str:
    return NOTHING if told is None else told.isoformat()


def _sent_on(cell: object) -> str:
    """The day on which a letter was sent, which alone its event tells."""
    try:
        sent_at = optional(moment, cell)
    except (TypeError, ValueError):
        return "no moment"
    return _text(None if sent_at is None else sent_at.date())
