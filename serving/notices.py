"""Letters about decisions on record: which one is owed, and the facts that it tells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any, Final

from bureau.casework.casework import Casework
from bureau.casework.conclusions import Conclusion
from bureau.casework.records import DecisionRecord
from bureau.errors import AccessError
from scoring.errors import NoticeRefused
from scoring.notice.clock import Awaiting
from scoring.notice.facts import (
    Application,
    Creditor,
    Kind,
    NoticeFacts,
    Party,
    ScoreTold,
    Statement,
)
from scoring.notice.items import missing_items
from scoring.notice.parties import FILE, Parties, read_parties
from scoring.notice.rules import rules_of
from serving.conclusions import outcome_of, reasons_of
from serving.errors import NoNotice

__all__ = ["awaiting_of", "facts_of", "letter_owed", "names_applicant", "require_fitting"]

_INCOMPLETE: Final = "R10"
_OF_APPLICATION: Final = frozenset({"R08", _INCOMPLETE})
"""Reasons of rules that look at the application alone: a decision for them used no report."""


def letter_owed(record: DecisionRecord, concluded: Conclusion | None = None) -> Kind | None:
    """The letter that a decision asks for by itself, or what a person concluded of it.

    A counter-offer and a risk-based pricing notice are the creditor's to choose; what was referred is told
    once a person has decided.
    """
    outcome = outcome_of(record, concluded)
    if outcome == "decline":
        return "adverse action"
    if outcome == "refer" and _INCOMPLETE in _codes(_answer(record)):
        return "incomplete application"
    return None


def names_applicant(record: DecisionRecord) -> bool:
    """Whether the request told by itself who applies, and not by a reference alone."""
    return bool(json.loads(record.request).get("applicant"))


def awaiting_of(record: DecisionRecord, concluded: Conclusion | None = None) -> Awaiting | None:
    """What is owed of a decision; None if nothing is.

    The clock starts with the completed application, which is the day of the decision, and never anew
    when a person concludes (12 CFR 1002.9(a)(1)(i)).
    """
    if outcome_of(record, concluded) == "approve":
        return None
    return Awaiting(record.decision_id, record.jurisdiction, letter_owed(record, concluded), _day(record))


def require_fitting(kind: Kind, record: DecisionRecord, concluded: Conclusion | None) -> None:
    """Refuse a letter that tells what was not decided.

    Raises
    ------
    NoNotice
        If it tells of an adverse action and there was none, of an incomplete application where nothing is
        missing or a person has decided, or of the price of credit that was not approved by a score.
    """
    outcome, owed = outcome_of(record, concluded), letter_owed(record, concluded)
    if kind in {"adverse action", "incomplete application"}:
        fits = kind == owed
    elif kind == "risk-based pricing":
        fits = outcome == "approve" and _answer(record)["credit_score"] is not None
    else:
        fits = True
    if not fits:
        needed = {
            "adverse action": "a decline; what was referred is first concluded with `tradeline decisions conclude`",
            "incomplete application": "a referral because the application is incomplete",
            "risk-based pricing": "an approval with a score",
        }[kind]
        raise NoNotice(f"decision {record.decision_id}: it was {outcome}, and the {kind} letter tells of {needed}")


def facts_of(
    casework: Casework,
    record: DecisionRecord,
    folder: Path | None,
    *,
    on: date,
    identity: Mapping[str, str] | None = None,
) -> NoticeFacts:
    """The facts of a decision, as they are on record; where a person has concluded it, with that person's reasons.

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
            f"decision {record.decision_id}: the bureau has no name for letters; write [agency] into "
            f"{folder / FILE if folder is not None else FILE}",
            "agency.name",
        )
    answer, request = _answer(record), json.loads(record.request)
    concluded = casework.conclusions.last(record.decision_id)
    report_used, scored = _grounds(answer, concluded)
    return NoticeFacts(
        decision_id=record.decision_id,
        jurisdiction=record.jurisdiction,
        decided_on=concluded.concluded_at.date() if concluded is not None else _day(record),
        creditor=_creditor(casework, record.subscriber, parties),
        consumer=_consumer(identity or request.get("applicant") or {}),
        application=_application(request.get("credit") or {}, _day(record)),
        reasons=_reasons(answer, concluded),
        report_used=report_used,
        agency=parties.agency,
        score_used=scored,
        score=_score(answer, _day(record), parties.agency) if scored else None,
        key_factors=tuple(map(_factor, answer["key_factors"])) if scored else (),
        automated=concluded is None,
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


def _grounds(answer: Mapping[str, Any], concluded: Conclusion | None) -> tuple[bool, bool]:
    """Whether a report counted, and whether a score did: a person who concludes has both before the eyes."""
    has_score, decided_by = answer["credit_score"] is not None, answer["decided_by"]
    if concluded is None:
        return decided_by != "rule" or not _codes(answer) <= _OF_APPLICATION, has_score and decided_by != "rule"
    report_used = not concluded.reasons or not set(concluded.reasons) <= _OF_APPLICATION
    return report_used, has_score and report_used


def _reasons(answer: Mapping[str, Any], concluded: Conclusion | None) -> tuple[Statement, ...]:
    """What decided: the reasons of the answer, or a person's; those that both name with the person's own value."""
    of_answer = tuple(map(_statement, answer["reasons"]))
    if concluded is None:
        return of_answer
    valued = {each.code: each for each in of_answer}
    return tuple(valued.get(each.code, each) for each in reasons_of(concluded.reasons))


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
    """A person as letters address one: Chinese names and addresses from the large to the small.

    A person with one name only was told by it twice, as both names, and is addressed by it once.
    """

    def told(name: str) -> str:
        return (identity.get(name) or "").strip()

    if told("surname").casefold() == told("first_name").casefold():
        name = told("surname")
    elif any("\u4e00" <= each <= "\u9fff" for each in told("surname")):
        name = told("surname") + told("first_name")
    else:
        name = " ".join(filter(None, map(told, ("first_name", "middle_name", "surname", "generation"))))
    if any("\u4e00" <= each <= "\u9fff" for each in told("address")):
        lines = (told("country"), "".join(map(told, ("region", "city", "address"))), told("postcode"))
    else:
        place = ", ".join(filter(None, (told("city"), f"{told('region')} {told('postcode')}".strip())))
        lines = (told("address"), place, told("country"))
    return Party(name, tuple(filter(None, lines)) if told("address") else ())
