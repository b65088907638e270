"""Notices: what a consumer was told, and when it was sent; kept as long as the law asks, longer on hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from bureau.audit.chain import AuditLog
from bureau.audit.events import Detail, Event
from bureau.casework.content import Content
from bureau.casework.records import NoticeRecord
from bureau.casework.retention import HOLD_KEYS, kept_until, key_number
from bureau.casework.tables import insert_sql
from bureau.cells import as_written, moment, optional, raw, text, whole
from bureau.errors import CaseworkError, NotSent
from bureau.store import Store

__all__ = ["Notices", "SentNotice"]

_COLUMNS: Final = "notice_id, decision_id, kind, language, rendered_at, sent_at, sha256, content_key, content"


@dataclass(frozen=True)
class SentNotice:
    """That a notice was sent.

    Parameters
    ----------
    decision_id : str
        About which decision.
    kind : str
        What it is, for example ``adverse-action``.
    written_at, sent_at : datetime
        When it was written and sent (UTC, naive).
    """

    decision_id: str
    kind: str
    written_at: datetime
    sent_at: datetime


class Notices:
    """The notices of one casework store.

    Parameters
    ----------
    store : Store
        The store.
    audit : AuditLog
        Where it is noted.
    content : Content
        Seals the notices.
    """

    def __init__(self, store: Store, audit: AuditLog, content: Content) -> None:
        self._store = store
        self._audit = audit
        self._content = content

    def keep(self, notice: NoticeRecord, actor: str) -> NoticeRecord:
        """Keep a notice as it was written; the same one kept before stays as it is, and is given back.

        The audit log notes the one as written, the other as read.

        Parameters
        ----------
        notice : NoticeRecord
            The notice.
        actor : str
            Who had it written: a key, or :data:`bureau.audit.events.OPERATOR`.

        Raises
        ------
        CaseworkError
            If there is no such decision, or another notice has the name.
        """
        with self._store.write():
            jurisdiction, subscriber, consumer_id, key_no = self._decision(notice.decision_id)
            known = self._rows("notice_id = :key", notice.notice_id)
            if known:
                if known[0].sha256 != notice.sha256:
                    raise CaseworkError(f"{notice.notice_id}: another notice has this name; give this one its own")
                self._audit.append(
                    Event(
                        "notice read",
                        notice.rendered_at,
                        actor=actor,
                        subscriber=subscriber,
                        subject=notice.decision_id,
                        consumer_id=consumer_id,
                        details={"notice": notice.notice_id},
                    )
                )
                return known[0]
            if key_no < HOLD_KEYS:  # else it stays as long as the decision that is on hold
                key_no = key_number(kept_until(jurisdiction, notice.rendered_at.date()))
            self._store.rows(
                insert_sql("notice"),
                notice_id=notice.notice_id,
                decision_id=notice.decision_id,
                kind=notice.kind,
                language=notice.language,
                rendered_at=notice.rendered_at.isoformat(),
                sent_at=None if notice.sent_at is None else notice.sent_at.isoformat(),
                sha256=notice.sha256,
                content_key=key_no,
                content=self._content.seal(key_no, ("notice", notice.notice_id, "content"), notice.content),
            )
            details: dict[str, Detail] = {
                "notice": notice.notice_id,
                "form": notice.kind,
                "language": notice.language,
                "key": key_no,
            }
            sent = {} if notice.sent_at is None else {"sent_on": str(notice.sent_at.date())}
            self._audit.append(
                Event(
                    "notice written",
                    notice.rendered_at,
                    actor=actor,
                    subscriber=subscriber,
                    subject=notice.decision_id,
                    consumer_id=consumer_id,
                    details=details | sent | {"sha256": notice.sha256},
                )
            )
        return notice

    def sent(self, notice_id: str, at: datetime, actor: str, *, noted_at: datetime, correct: bool = False) -> None:
        """Note that a notice was sent; the same day noted again changes nothing.

        Parameters
        ----------
        notice_id : str
            Which notice.
        at : datetime
            When it was sent (UTC, naive): from the day on which it was written to that of ``noted_at``.
        actor : str
            Who says so.
        noted_at : datetime
            When it is noted (UTC, naive).
        correct : bool
            Whether another day was noted before by mistake; the audit log keeps both.

        Raises
        ------
        NotSent
            If it cannot have been sent on that day, another day was noted before and is not corrected, or a
            correction corrects nothing.
        CaseworkError
            If there is no such notice.
        """
        with self._store.write():
            rows = self._store.rows(
                "SELECT decision_id, rendered_at, sent_at FROM notice WHERE notice_id = :notice_id",
                notice_id=notice_id,
            )
            if not rows:
                raise CaseworkError("there is no such notice; see `tradeline notices due`")
            ((decision_id, written_at, noted),) = rows
            with as_written(f"notice {notice_id}"):
                written_on, sent_at = moment(written_at).date(), optional(moment, noted)
            before = None if sent_at is None else sent_at.date()
            if not written_on <= at.date() <= noted_at.date():
                raise NotSent(
                    f"{notice_id}: it cannot have been sent on {at.date()}: it was written on {written_on}, and today "
                    f"is {noted_at.date()} (UTC); name a day from the one to the other"
                )
            if correct and before is None:
                raise NotSent(f"{notice_id}: it is not noted as sent, so nothing is corrected")
            if before == at.date():
                return
            if before is not None and not correct:
                raise NotSent(f"{notice_id}: it is noted as sent on {before}; correct it with `--correct`")
            self._store.rows(
                "UPDATE notice SET sent_at = :at WHERE notice_id = :notice_id", at=at.isoformat(), notice_id=notice_id
            )
            _, subscriber, consumer_id, _ = self._decision(decision_id)
            details = {"notice": notice_id, "sent_on": str(at.date())}
            corrected = {"corrects": str(before)} if before is not None else {}
            self._audit.append(
                Event(
                    "notice sent",
                    noted_at,
                    actor=actor,
                    subscriber=subscriber,
                    subject=decision_id,
                    consumer_id=consumer_id,
                    details=details | corrected,
                )
            )

    def of(self, decision_id: str) -> list[NoticeRecord]:
        """The notices about a decision, in the order in which they were written.

        Raises
        ------
        ContentGone
            If the time for which one is kept is over.
        """
        return self._rows("decision_id = :key", decision_id)

    def all_sent(self) -> list[SentNotice]:
        """The notices that were sent, in that order."""
        rows = self._store.rows(
            "SELECT decision_id, kind, rendered_at, sent_at FROM notice WHERE sent_at IS NOT NULL ORDER BY sent_at"
        )
        found = []
        for name, kind, written_at, sent_at in rows:
            with as_written(f"a notice about decision {name}"):
                found.append(SentNotice(text(name), text(kind), moment(written_at), moment(sent_at)))
        return found

    def _rows(self, where: str, key: str) -> list[NoticeRecord]:
        rows = self._store.rows(f"SELECT {_COLUMNS} FROM notice WHERE {where} ORDER BY rendered_at, notice_id", key=key)
        return [self._notice(row._asdict()) for row in rows]

    def _notice(self, row: dict[str, Any]) -> NoticeRecord:
        with as_written(f"notice {row['notice_id']}"):
            key_no, sealed = whole(row["content_key"]), raw(row["content"])
            kept = NoticeRecord(
                text(row["notice_id"]),
                text(row["decision_id"]),
                text(row["kind"]),
                text(row["language"]),
                moment(row["rendered_at"]),
                optional(moment, row["sent_at"]),
                text(row["sha256"]),
                b"",
            )
        return replace(kept, content=self._content.open(key_no, ("notice", kept.notice_id, "content"), sealed))

    def _decision(self, decision_id: str) -> tuple[str, str, int | None, int]:
        for row in self._store.rows(
            "SELECT jurisdiction, subscriber, consumer_id, content_key FROM decision WHERE decision_id = :decision_id",
            decision_id=decision_id,
        ):
            with as_written(f"decision {decision_id}"):
                return text(row[0]), text(row[1]), optional(whole, row[2]), whole(row[3])
        raise CaseworkError(f"{decision_id}: there is no such decision to tell anybody of; check its name")
