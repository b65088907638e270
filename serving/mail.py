"""The mail of subscribers: letters looked at before they are issued, issued, and noted as sent.

A preview is marked as one on each page and kept nowhere. What is issued is kept sealed, byte by byte, and can be
fetched again. Whether it was sent is for the subscriber to say; until then the clock of the notice runs on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from bureau.access.access import Access
from bureau.audit.events import Event
from bureau.casework.casework import Casework
from bureau.casework.records import DecisionRecord, Idempotency, NoticeRecord
from bureau.errors import AlreadyKept, NotOnRecord
from scoring.errors import NoticeRefused, ScriptRefused
from serving.errors import NoNotice
from serving.letters import Letter, Letters

__all__ = ["Mail"]


class Mail:
    """Letters about the decisions of subscribers; each look at one is an entry of the audit log.

    Parameters
    ----------
    casework : Casework
        Where decisions and letters are kept.
    letters : Letters
        Writes them.
    """

    def __init__(self, casework: Casework, letters: Letters) -> None:
        self._casework = casework
        self._letters = letters

    def preview(self, asked: Letter, access: Access, at: datetime) -> bytes:
        """A letter as it would be issued now, marked as a preview.

        Raises
        ------
        NotOnRecord, ContentGone
            If the subscriber has no such decision, or it is not kept any more.
        NoNotice
            If it asks for no letter, or an element of it is missing.
        NotReplayable
            If it is to tell recourse, and the bundle that decided is not there.
        """
        record = self._record(asked.decision_id, access)
        with _as_no_notice():
            content = self._letters.preview(record, asked)
        self._note(record, access, at, preview=True)
        return content

    def issue(
        self, asked: Letter, access: Access, at: datetime, idempotency: Idempotency | None = None
    ) -> NoticeRecord:
        """Issue a letter; the same one issued before, or what was issued for the same request, is given again.

        Parameters
        ----------
        asked : Letter
            Which letter.
        access : Access
            The caller.
        at : datetime
            The moment (UTC).
        idempotency : Idempotency, optional
            By what the request is known when it comes again, on whichever day.

        Raises
        ------
        NotOnRecord, ContentGone, NoNotice, NotReplayable
            As :meth:`preview`.
        AlreadyKept
            If another request came under the same idempotency key.
        CaseworkError
            If it cannot be kept; then it is not issued.
        """
        record = self._record(asked.decision_id, access)
        try:
            known = None if idempotency is None else self._casework.idempotent(access.subscriber, idempotency)
            if known is None:
                with _as_no_notice():
                    return self._letters.issue(record, asked, at.replace(tzinfo=None), access.key_id, idempotency)
        except AlreadyKept as kept:
            if not kept.same_request:
                raise
            known = kept.object_id
        return self.fetch(asked.decision_id, known, access, at)

    def issued(self, decision_id: str, access: Access, at: datetime) -> list[NoticeRecord]:
        """The letters that were issued about a decision.

        Raises
        ------
        NotOnRecord, ContentGone
            As :meth:`preview`.
        """
        record = self._record(decision_id, access)
        found = self._casework.notices.of(record.decision_id)
        self._note(record, access, at, letters=len(found))
        return found

    def fetch(self, decision_id: str, notice_id: str, access: Access, at: datetime) -> NoticeRecord:
        """A letter as it was issued, byte by byte.

        Raises
        ------
        NotOnRecord, ContentGone
            If there is no such letter about a decision of the subscriber's, or it is not kept any more.
        """
        record = self._record(decision_id, access)
        found = self._find(record, notice_id)
        self._note(record, access, at, notice=notice_id)
        return found

    def sent(
        self, decision_id: str, notice_id: str, access: Access, at: datetime, *, on: datetime, correct: bool
    ) -> NoticeRecord:
        """Note that a letter was sent.

        Parameters
        ----------
        decision_id, notice_id : str
            The decision and the letter.
        access : Access
            The caller.
        at : datetime
            The moment (UTC).
        on : datetime
            When it was sent (UTC, naive).
        correct : bool
            Whether another day was noted by mistake.

        Raises
        ------
        NotOnRecord, ContentGone
            As :meth:`fetch`.
        NotSent
            If it cannot have been sent then, or another day is noted and not corrected.
        """
        record = self._record(decision_id, access)
        self._find(record, notice_id)
        noted_at = at.replace(tzinfo=None)
        self._casework.notices.sent(notice_id, on, access.key_id, noted_at=noted_at, correct=correct)
        return self._find(record, notice_id)

    def _record(self, decision_id: str, access: Access) -> DecisionRecord:
        return self._casework.decision(decision_id, access.subscriber)

    def _find(self, record: DecisionRecord, notice_id: str) -> NoticeRecord:
        for each in self._casework.notices.of(record.decision_id):
            if each.notice_id == notice_id:
                return each
        raise NotOnRecord(f"decision {record.decision_id}: no such letter about it; list those that were issued")

    def _note(self, record: DecisionRecord, access: Access, at: datetime, **details: Any) -> None:
        event = Event(
            "notice read",
            at.replace(tzinfo=None),
            actor=access.key_id,
            subscriber=access.subscriber,
            subject=record.decision_id,
            consumer_id=record.consumer_id,
            details=details,
        )
        self._casework.audit.append(event)


@contextmanager
def _as_no_notice() -> Iterator[None]:
    """What refuses a letter, as the service tells it."""
    try:
        yield
    except ScriptRefused as refused:
        rule = (
            "must be html: a PDF cannot set a script that runs from right to left, and a page can"
            if refused.page_can
            else "must be in a script whose characters the typefaces of letters have"
        )
        raise NoNotice(str(refused), "form" if refused.page_can else "to", rule) from None
    except NoticeRefused as refused:
        raise NoNotice(str(refused), refused.need) from None
