"""The archive: decisions that were made, made again bit for bit, and what follows from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bureau.access.access import Access
from bureau.audit.events import Event, EventKind
from bureau.casework.casework import Casework
from bureau.casework.records import DecisionRecord
from bureau.errors import AlreadyKept
from serving.answers import RecourseAnswer
from serving.desk import Question
from serving.engine import Engines
from serving.errors import NotReplayable
from serving.metrics import Metrics
from serving.replaying import made_again, made_of

__all__ = ["Archive"]


class Archive:
    """Tells of decisions on record; each telling is an entry of the audit log.

    Parameters
    ----------
    casework : Casework
        Where decisions are kept.
    engines : Engines
        The bundles that made them.
    metrics : Metrics
        Where differing replays are counted.
    """

    def __init__(self, casework: Casework, engines: Engines, metrics: Metrics) -> None:
        self._casework = casework
        self._engines = engines
        self._metrics = metrics

    def require_new(self, question: Question) -> None:
        """Make sure that nothing was answered under a question's idempotency key.

        Raises
        ------
        AlreadyKept
            If something was.
        """
        if question.idempotency is not None:
            known = self._casework.idempotent(question.access.subscriber, question.idempotency)
            if known is not None:
                raise AlreadyKept(known, same_request=True)

    def answer(self, decision_id: str, access: Access, at: datetime) -> bytes:
        """The answer that was given, as it is kept, to the same request that came again.

        Raises
        ------
        NotOnRecord
            If the subscriber has no such decision.
        ContentGone
            If the time for which it is kept is over.
        """
        record = self._record(decision_id, access)
        self._note("answer repeated", record, access, at)
        return record.answer

    def replay(self, decision_id: str, access: Access, at: datetime) -> bytes:
        """Make a decision again from its inputs and the bundle that made it; the answer.

        Raises
        ------
        NotOnRecord, ContentGone
            As :meth:`answer`.
        NotReplayable
            If the same bytes do not come out; what was kept is then not told as if they had.
        """
        record = self._record(decision_id, access)
        try:
            answer = made_again(record, self._engines)
        except NotReplayable:
            self._metrics.differed()
            self._note("replay differs", record, access, at)
            raise
        self._note("replay", record, access, at)
        return answer

    def recourse(self, decision_id: str, access: Access, at: datetime) -> RecourseAnswer:
        """The smallest change that would have approved, or why there is none.

        Raises
        ------
        NotOnRecord, ContentGone, NotReplayable
            As :meth:`replay`.
        """
        from serving.recourse import recourse_of

        record = self._record(decision_id, access)
        inputs, engine = made_of(record, self._engines)
        told = recourse_of(inputs, engine)
        self._note("decision read", record, access, at)
        return told

    def _record(self, decision_id: str, access: Access) -> DecisionRecord:
        return self._casework.decision(decision_id, access.subscriber)

    def _note(self, kind: EventKind, record: DecisionRecord, access: Access, at: datetime, **details: Any) -> None:
        event = Event(
            kind,
            at.replace(tzinfo=None),
            actor=access.key_id,
            subscriber=access.subscriber,
            subject=record.decision_id,
            consumer_id=record.consumer_id,
            details=details,
        )
        self._casework.audit.append(event)
