"""Letters about decisions on record: which one is owed, and the facts that it tells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any, Final

from bureau.casework.casework import Casework
from bureau.casework.records import DecisionRecord
from bureau.errors import AccessError
from scoring.errors import NoticeRefused
from scoring.notice.clock import Awaiting
from scoring.notice.content import build_notice
from scoring.notice.facts import (
    Application,
    Creditor,
    Kind,
    Language,
    NoticeFacts,
    Party,
    ScoreTold,
    Statement,
)
from scoring.notice.items import missing_items
from scoring.notice.parties import FILE, Parties, read_parties
from scoring.notice.rules import rules_of
from serving.errors import NoNotice

__all__ = ["awaiting_of", "facts_of", "letter_owed", "notice_of", "write_notice"]

_INCOMPLETE: Final = "R10"
_OF_APPLICATION: Final = frozenset({"R08", _INCOMPLETE})
"""Reasons of rules that look at the application alone: a decision for them used no report."""


def notice_of(
    casework: Casework, record: DecisionRecord, *, on: date, language: Language, form: str, folder: Path | None = None
) -> bytes:
    """The letter that a decision asks for.

    Parameters
    ----------
    casework : Casework
        Where its creditor is known.
    record : DecisionRecord
        The decision.
    on : date
        The day of the letter.
    language, form : str
        ``en`` or ``zh``; ``html`` or ``pdf``.
    folder : Path, optional
        The home's folder of letters.

    Raises
    ------
    NoNotice
        If it asks for none, or an element of it is missing.
    """
    kind = letter_owed(record)
    if kind is None:
        raise NoNotice(f"decision {record.decision_id}: it was {record.decision}, which asks for no letter")
    try:
        facts = facts_of(casework, record, folder, on=on)
        return write_notice(facts, kind=kind, on=on, language=language, form=form, folder=folder)
    except NoticeRefused as refused:
        raise NoNotice(str(refused)) from None


def write_notice(
    facts: NoticeFacts, *, kind: Kind, on: date, language: Language, form: str, folder: Path | None = None
) -> bytes:
    """A letter, written.

    Raises
    ------
    NoticeRefused
        If an element of it is missing.
    """
    from scoring.notice.html import render_html
    from scoring.notice.pdf import render_pdf

    notice = build_notice(facts, kind=kind, language=language, on=on, own_rules=folder)
    return render_pdf(notice, folder) if form == "pdf" else render_html(notice, folder).encode()


def letter_owed(record: DecisionRecord) -> Kind | None:
    """The letter that a decision asks for by itself.

    A counter-offer and a risk-based pricing notice are the creditor's to choose; what was referred is told
    once a person has decided.
    """
    if record.decision == "decline":
        return "adverse action"
    if record.decision == "refer" and _INCOMPLETE in _codes(_answer(record)):
        return "incomplete application"
    return None


def awaiting_of(record: DecisionRecord) -> Awaiting | None:
    """What is owed of a decision; None if nothing is."""
    if record.decision == "approve":
        return None
    return Awaiting(record.decision_id, record.jurisdiction, letter_owed(record), _day(record))


def facts_of(
    casework: Casework,
    record: DecisionRecord,
    folder: Path | None,
    *,
    on: date,
    identity: Mapping[str, str] | None = None,
) -> NoticeFacts:
    """The facts of a decision, as they are on record.

    Parameters
    ----------
    casework : Casework
        Where its creditor is known.
    record : DecisionRecord
        The decision.
    folder : Path or None
        The home's folder of letters, which names the bureau and how its creditors are reached.
    on : date
        The day of the letter.
    identity : mapping of str to str, optional
        Who the person is, where the request does not tell.

    Raises
    ------
    NoticeRefused
        If its creditor is not known any more, or the bureau is not named.
    """
    parties = read_parties(folder)
    if parties.agency is None:
        raise NoticeRefused(
            f"decision {record.decision_id}: the bureau has no name for letters; write [agency] into {FILE}"
        )
    answer, request = _answer(record), json.loads(record.request)
    scored = answer["credit_score"] is not None and answer["decided_by"] in {"score", "both"}
    return NoticeFacts(
        decision_id=record.decision_id,
        jurisdiction=record.jurisdiction,
        decided_on=_day(record),
        creditor=_creditor(casework, record.subscriber, parties),
        consumer=_consumer(identity or request.get("applicant") or {}),
        application=_application(request.get("credit") or {}, _day(record)),
        reasons=tuple(map(_statement, answer["reasons"])),
        report_used=answer["decided_by"] != "rule" or not _codes(answer) <= _OF_APPLICATION,
        agency=parties.agency,
        score_used=scored,
        score=_score(answer, _day(record), parties.agency) if scored else None,
        key_factors=tuple(map(_factor, answer["key_factors"])) if scored else (),
        missing=missing_items(json.loads(record.inputs)["circumstances"]["not_stated"]),
        respond_by=on + timedelta(days=rules_of(record.jurisdiction, on, folder).periods.answer_days),
    )


def _day(record: DecisionRecord) -> date:
    return record.decided_at.replace(tzinfo=UTC).date()


def _answer(record: DecisionRecord) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(record.answer)
    return answer


def _codes(answer: Mapping[str, Any]) -> set[str]:
    return {reason["code"] for reason in answer["reasons"]}


def _statement(told: Mapping[str, str]) -> Statement:
    return Statement(told["code"], told["statement"], told["statement_zh"], told["told"], told["told_zh"])


def _factor(told: Mapping[str, str]) -> Statement:
    """A key factor: what weighed against the score in general, without the person's own value."""
    return Statement(told["code"], told["statement"], told["statement_zh"])


def _score(answer: Mapping[str, Any], created_on: date, provider: Party) -> ScoreTold:
    span = answer["score_range"]
    return ScoreTold(answer["credit_score"], span["lowest"], span["highest"], created_on, provider)


def _creditor(casework: Casework, subscriber_id: str, parties: Parties) -> Creditor:
    """The creditor as a subscriber, with what the file of parties says on top."""
    try:
        known = casework.subscribers.get(subscriber_id)
    except AccessError as unknown:
        raise NoticeRefused(str(unknown)) from None
    told = parties.creditors.get(subscriber_id, Party("", ()))
    lines = tuple(part.strip() for part in known.address.split(";") if part.strip())
    return Creditor(told.name or known.name, told.address or lines, told.phone, told.website, known.regulator)


def _application(credit: Mapping[str, Any], received_on: date) -> Application:
    return Application(
        credit.get("product", ""),
        received_on,
        credit.get("currency", ""),
        credit.get("amount"),
        credit.get("term_months"),
    )


def _consumer(identity: Mapping[str, str]) -> Party:
    """A person as letters address one: Chinese names and addresses from the large to the small."""

    def told(name: str) -> str:
        return (identity.get(name) or "").strip()

    if any("\u4e00" <= each <= "\u9fff" for each in told("surname")):
        name = told("surname") + told("first_name")
    else:
        name = " ".join(filter(None, map(told, ("first_name", "middle_name", "surname", "generation"))))
    if any("\u4e00" <= each <= "\u9fff" for each in told("address")):
        lines = (told("country"), "".join(map(told, ("region", "city", "address"))), told("postcode"))
    else:
        place = ", ".join(filter(None, (told("city"), f"{told('region')} {told('postcode')}".strip())))
        lines = (told("address"), place, told("country"))
    return Party(name, tuple(filter(None, lines)) if told("address") else ())
