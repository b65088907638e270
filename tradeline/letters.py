"""Letters about decisions on record, as the command line sees them: who writes them, and which are owed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, get_args

from scoring.notice.clock import Awaiting, Due, due_list, settles
from scoring.notice.facts import Kind
from scoring.notice.risk_based_pricing import proxy_cut_off, tells_by_score

if TYPE_CHECKING:
    from bureau.casework.casework import Casework
    from bureau.casework.conclusions import Conclusion
    from bureau.casework.notices import SentNotice
    from bureau.casework.records import DecisionRecord
    from bureau.home import Home
    from serving.letters import Letters

__all__ = ["Pricing", "due_of", "letters_of", "pricing_of"]


def letters_of(home: Home, casework: Casework) -> Letters:
    """What writes the letters of a home; who was named by a reference is looked up in the vault."""
    from serving.engine import Engines
    from serving.letters import Letters

    return Letters(casework, Engines(home), home.notices, lambda consumer_id: _identity_on_file(home, consumer_id))


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


def _identity_on_file(home: Home, consumer_id: int) -> dict[str, str]:
    """Who a person is by the newest of what furnishers told, field by field; from the vault."""
    from bureau.facts import IDENTITY_FIELDS
    from bureau.history import open_history
    from tradeline.common import now

    with open_history(home).as_of(now()) as known:
        told = known.identities(consumer_id)
    found = {name: told[name].dropna() for name in IDENTITY_FIELDS}
    return {name: str(values.iloc[0]) for name, values in found.items() if len(values)}
