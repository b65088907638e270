"""Letters about decisions, written: as a preview that is kept nowhere, or issued, and then kept as they went out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from bureau.casework.casework import Casework
from bureau.casework.records import DecisionRecord, Idempotency, NoticeRecord
from scoring.errors import NoticeRefused
from scoring.notice.content import build_notice
from scoring.notice.facts import Kind, Language, NoticeFacts, Offer, Party, Statement
from scoring.notice.parties import is_line
from serving.conclusions import outcome_of
from serving.engine import Engines
from serving.errors import NoNotice
from serving.notices import facts_of, letter_owed, names_applicant, require_fitting
from serving.replaying import made_of

__all__ = ["Letter", "Letters", "form_of"]


@dataclass(frozen=True)
class Letter:
    """What is asked for.

    Parameters
    ----------
    decision_id : str
        About which decision.
    language, form : str
        ``en`` or ``zh``; ``html`` or ``pdf``.
    on : date
        Its date.
    kind : str or None
        Which letter; None for the one that the decision asks for.
    offer : Offer or None
        What is offered instead, for a counter-offer.
    respond_by : date or None
        The day by which the applicant is asked to answer; None for the period of the rules.
    tells_recourse : bool
        Whether it tells what would have changed the decision.
    to : Party or None
        To whom it goes; None for whom the request named, or the vault knows.
    """

    decision_id: str
    language: Language
    form: Literal["html", "pdf"]
    on: date
    kind: Kind | None = None
    offer: Offer | None = None
    respond_by: date | None = None
    tells_recourse: bool = False
    to: Party | None = None


@dataclass(frozen=True)
class Letters:
    """Writes the letters of a home.

    Parameters
    ----------
    casework : Casework
        Where decisions and letters are kept.
    engines : Engines
        The bundles that decided, which tell what would have changed a decision.
    folder : Path
        The home's folder of letters, which names the bureau.
    identity_on_file : callable, optional
        Tells who a consumer is where the request did not; without it such a letter needs an addressee.
    """

    casework: Casework
    engines: Engines
    folder: Path
    identity_on_file: Callable[[int], Mapping[str, str]] | None = None

    def preview(self, record: DecisionRecord, asked: Letter) -> bytes:
        """The letter as it would be issued, each page marked as none; nothing is kept.

        Raises
        ------
        NoNotice
            If the decision asks for no letter, or not for this one.
        NoticeRefused
            If an element is missing, or whom it goes to.
        NotReplayable
            If it is to tell recourse, and the bundle that decided is not there.
        """
        return self._written(record, asked, is_preview=True)[1]

    def issue(
        self, record: DecisionRecord, asked: Letter, at: datetime, actor: str, idempotency: Idempotency | None = None
    ) -> NoticeRecord:
        """Write a letter and keep it; the same letter issued before is the one that is kept.

        Parameters
        ----------
        record : DecisionRecord
            The decision.
        asked : Letter
            Which letter.
        at : datetime
            The moment (UTC, naive) at which it is kept.
        actor : str
            Who issues it: a key, or the operator.
        idempotency : Idempotency, optional
            By what the request is known when it comes again.

        Raises
        ------
        NoNotice, NoticeRefused, NotReplayable
            As :meth:`preview`.
        AlreadyKept
            If a request of the subscriber under the same idempotency key was kept in the meantime.
        CaseworkError
            If it cannot be kept.
        """
        kind, content = self._written(record, asked)
        digest = hashlib.sha256(content).hexdigest()
        name, hyphened = f"n-{digest[:32]}", kind.replace(" ", "-")
        made = NoticeRecord(name, asked.decision_id, hyphened, asked.language, at, None, digest, content)
        with self.casework.write():
            if idempotency is not None:
                self.casework.claim(record.subscriber, name, at, idempotency)
            return self.casework.notices.keep(made, actor)

    def _written(self, record: DecisionRecord, asked: Letter, *, is_preview: bool = False) -> tuple[Kind, bytes]:
        from scoring.notice.html import render_html
        from scoring.notice.pdf import render_pdf

        concluded = self.casework.conclusions.last(record.decision_id)
        kind = asked.kind or letter_owed(record, concluded)
        if kind is None:
            outcome = outcome_of(record, concluded)
            raise NoNotice(
                f"decision {record.decision_id}: it was {outcome}, which asks for no letter; name one with --kind"
            )
        require_fitting(kind, record, concluded)
        notice = build_notice(
            self._facts(record, asked),
            kind=kind,
            language=asked.language,
            on=asked.on,
            own_rules=self.folder,
            is_preview=is_preview,
        )
        if asked.form == "pdf":
            return kind, render_pdf(notice, self.folder)
        return kind, render_html(notice, self.folder).encode()

    def _facts(self, record: DecisionRecord, asked: Letter) -> NoticeFacts:
        identity = None
        if asked.to is None and not names_applicant(record) and record.consumer_id is not None:
            identity = None if self.identity_on_file is None else self.identity_on_file(record.consumer_id)
        facts = facts_of(self.casework, record, self.folder, on=asked.on, identity=identity)
        if asked.to is not None:
            facts = replace(facts, consumer=asked.to)
        if not all(map(is_line, (facts.consumer.name, *facts.consumer.address))):
            raise NoticeRefused(
                f"decision {record.decision_id}: the applicant's name or address holds characters that are none of a "
                "line of text, such as control characters; tell them anew with `--to FILE`, see docs/notices.md",
                "consumer.name",
            )
        if not facts.consumer.name or not facts.consumer.address:
            raise NoticeRefused(
                f"decision {record.decision_id}: the applicant's name and address are neither in the request nor on "
                "file; tell them with `--to FILE`, see docs/notices.md",
                "consumer.address" if facts.consumer.name else "consumer.name",
            )
        if asked.tells_recourse and not facts.automated:
            raise NoticeRefused(
                f"decision {record.decision_id}: a person concluded it, and what would have changed a person's "
                "decision cannot be computed; leave out --recourse"
            )
        if asked.tells_recourse:
            facts = self._with_recourse(facts, record)
        return replace(facts, offer=asked.offer, respond_by=asked.respond_by or facts.respond_by)

    def _with_recourse(self, facts: NoticeFacts, record: DecisionRecord) -> NoticeFacts:
        from serving.recourse import recourse_of

        told = recourse_of(*made_of(record, self.engines))
        if told.why_none is not None and record.decision != "approve":
            return replace(facts, no_recourse=Statement("none", told.why_none, told.why_none_zh or ""))
        return replace(facts, recourse=tuple(Statement(each.action, each.text, each.text_zh) for each in told.changes))


def form_of(kept: NoticeRecord) -> Literal["html", "pdf"]:
    """The form in which a letter was written, by how it begins."""
    return "pdf" if kept.content.startswith(b"%PDF-") else "html"
