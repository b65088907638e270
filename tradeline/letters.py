"""Letters about decisions on record, as the command line makes them: written, kept, sent."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, get_args

from scoring.errors import NoticeRefused
from scoring.notice.clock import Awaiting, Due, due_list, settles
from scoring.notice.facts import Kind, Language, NoticeFacts, Offer, Party, Statement
from scoring.notice.risk_based_pricing import proxy_cut_off, tells_by_score
from serving.errors import NoNotice

if TYPE_CHECKING:
    from bureau.casework.casework import Casework
    from bureau.casework.conclusions import Conclusion
    from bureau.casework.notices import SentNotice
    from bureau.casework.records import DecisionRecord, NoticeRecord
    from bureau.home import Home

__all__ = ["Letter", "Pricing", "due_of", "pricing_of", "write_letter"]


@dataclass(frozen=True)
class Letter:
    """What is asked for.

    Parameters
    ----------
    decision_id : str
        About which decision.
    kind : str or None
        Which letter; None for the one that the decision asks for.
    language, form : str
        ``en`` or ``zh``; ``html`` or ``pdf``.
    on : date
        Its date.
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
    kind: Kind | None
    language: Language
    form: Literal["html", "pdf"]
    on: date
    offer: Offer | None = None
    respond_by: date | None = None
    tells_recourse: bool = False
    to: Party | None = None


def write_letter(home: Home, casework: Casework, asked: Letter, at: datetime) -> NoticeRecord:
    """Write a letter and keep it; the same letter written before is the one that is kept.

    Parameters
    ----------
    home : Home
        The home.
    casework : Casework
        Its casework.
    asked : Letter
        Which letter.
    at : datetime
        The moment (UTC, naive) at which it is kept.

    Raises
    ------
    NoNotice
        If the decision asks for no letter, or not for this one.
    NoticeRefused
        If an element is missing, or whom it goes to.
    CaseworkError
        If there is no such decision, or it cannot be kept.
    """
    from bureau.audit.events import OPERATOR
    from bureau.casework.records import NoticeRecord
    from serving.conclusions import outcome_of
    from serving.notices import letter_owed, require_fitting, write_notice

    record = casework.decision(asked.decision_id, None)
    concluded = casework.conclusions.last(asked.decision_id)
    kind = asked.kind or letter_owed(record, concluded)
    if kind is None:
        outcome = outcome_of(record, concluded)
        raise NoNotice(
            f"decision {asked.decision_id}: it was {outcome}, which asks for no letter; name one with --kind"
        )
    require_fitting(kind, record, concluded)
    content = write_notice(
        _facts(home, casework, record, asked),
        kind=kind,
        on=asked.on,
        language=asked.language,
        form=asked.form,
        folder=home.notices,
    )
    digest = hashlib.sha256(content).hexdigest()
    return casework.notices.keep(
        NoticeRecord(
            f"n-{digest[:32]}", asked.decision_id, kind.replace(" ", "-"), asked.language, at, None, digest, content
        ),
        OPERATOR,
    )


def due_of(home: Home, casework: Casework, on: date) -> list[Due]:
    """The letters that are owed on a day, the most urgent first."""
    from serving.notices import awaiting_of

    until = on + timedelta(days=1)
    concluded = casework.conclusions.standing(until)
    letters = _by_decision(casework)
    awaiting: list[Awaiting] = []
    sent: dict[str, date] = {}
    for record in casework.decisions.all(until=until):
        standing = concluded.get(record.decision_id)
        owed = awaiting_of(record, standing)
        if owed is not None:
            awaiting.append(owed)
            about = letters.get(record.decision_id, ())
            days = [each.sent_at.date() for each in about if _settles(each, owed, record, standing)]
            sent |= {record.decision_id: min(days)} if days else {}
    return due_list(awaiting, sent, on, home.notices)


@dataclass(frozen=True)
class Pricing:
    """Whom a creditor owes a risk-based pricing notice, by the credit-score proxy (12 CFR 1022.72(b)(1)).

    Parameters
    ----------
    cut_off : int
        The score below which one is owed.
    approved : int
        Approvals that it was taken from, or held against.
    owed : tuple of str
        The approvals below it of which no such notice was sent.
    """

    cut_off: int
    approved: int
    owed: tuple[str, ...]


def pricing_of(
    casework: Casework, subscriber: str, *, since: date | None, until: date | None, cut_off: int | None = None
) -> Pricing:
    """The approvals of a creditor, a person's among them, that owe a risk-based pricing notice.

    Parameters
    ----------
    casework : Casework
        Where they are on record.
    subscriber : str
        The creditor.
    since, until : date, optional
        From which day on, and before which day.
    cut_off : int, optional
        The score; by default the one that some 40 per cent of these approvals exceed.

    Raises
    ------
    NoticeRefused
        If there are no approvals with a score.
    """
    from serving.conclusions import outcome_of

    concluded = casework.conclusions.standing()
    made = casework.decisions.all(subscriber=subscriber, since=since, until=until)
    approved = (each for each in made if outcome_of(each, concluded.get(each.decision_id)) == "approve")
    scores = {each.decision_id: json.loads(each.answer)["credit_score"] for each in approved}
    known = [score for score in scores.values() if score is not None]
    limit = proxy_cut_off(known) if cut_off is None else cut_off
    sent = {each.decision_id for each in casework.notices.all_sent() if _kind(each) == "risk-based pricing"}
    owed = (name for name, score in scores.items() if tells_by_score(score, limit) and name not in sent)
    return Pricing(limit, len(scores), tuple(owed))


def _by_decision(casework: Casework) -> dict[str, list[SentNotice]]:
    found: dict[str, list[SentNotice]] = {}
    for each in casework.notices.all_sent():
        found.setdefault(each.decision_id, []).append(each)
    return found


def _settles(letter: SentNotice, owed: Awaiting, record: DecisionRecord, concluded: Conclusion | None) -> bool:
    """Whether a letter that was sent leaves nothing owed.

    One of adverse action that is older than the conclusion tells the reasons of a conclusion that was corrected,
    unless the machine had declined, too.
    """
    is_of_before = concluded is not None and letter.written_at < concluded.concluded_at
    if is_of_before and _kind(letter) == "adverse action" and record.decision != "decline":
        return False
    return settles(_kind(letter), owed.kind)


def _kind(letter: SentNotice) -> Kind:
    """The kind of a letter as the rules name it; it is kept with hyphens."""
    return next(each for each in get_args(Kind) if each.replace(" ", "-") == letter.kind)


def _facts(home: Home, casework: Casework, record: DecisionRecord, asked: Letter) -> NoticeFacts:
    from serving.notices import facts_of

    facts = facts_of(casework, record, home.notices, on=asked.on)
    if asked.to is not None:
        facts = replace(facts, consumer=asked.to)
    elif not facts.consumer.name and record.consumer_id is not None:
        identity = _identity_on_file(home, record.consumer_id)
        facts = facts_of(casework, record, home.notices, on=asked.on, identity=identity)
    if not facts.consumer.name or not facts.consumer.address:
        raise NoticeRefused(
            f"decision {record.decision_id}: the applicant's name and address are neither in the request nor on file; "
            "tell them with `--to FILE`, see docs/notices.md"
        )
    if asked.tells_recourse and not facts.automated:
        raise NoticeRefused(
            f"decision {record.decision_id}: a person concluded it, and what would have changed a person's decision "
            "cannot be computed; leave out --recourse"
        )
    if asked.tells_recourse:
        facts = replace(facts, recourse=_recourse(home, record))
    return replace(facts, offer=asked.offer, respond_by=asked.respond_by or facts.respond_by)


def _identity_on_file(home: Home, consumer_id: int) -> dict[str, str]:
    """Who a person is by the newest of what furnishers told, field by field; from the vault."""
    from bureau.facts import IDENTITY_FIELDS
    from bureau.history import open_history
    from tradeline.common import now

    with open_history(home).as_of(now()) as known:
        told = known.identities(consumer_id)
    found = {name: told[name].dropna() for name in IDENTITY_FIELDS}
    return {name: str(values.iloc[0]) for name, values in found.items() if len(values)}


def _recourse(home: Home, record: DecisionRecord) -> tuple[Statement, ...]:
    from serving.engine import Engines
    from serving.inputs import Inputs
    from serving.recourse import recourse_of

    inputs = Inputs.of_bytes(record.inputs)
    told = recourse_of(inputs, Engines(home).of(record.model_version, record.manifest_sha256))
    return tuple(Statement(each.action, each.text, each.text_zh) for each in told.changes)
