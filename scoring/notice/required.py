"""What a letter must hold: facts before it is written, elements before it is sent.

Each refusal names the element, what asks for it and what is missing, never a value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from features.reasons import REASONS
from scoring.errors import NoticeRefused
from scoring.notice.facts import Kind, Language, NoticeFacts, Statement
from scoring.notice.letter import Notice
from scoring.notice.rows import Element
from scoring.notice.rules import NoticeRules

__all__ = ["MAX_TOLD", "conditions_of", "require_complete", "require_facts", "require_sound"]

MAX_TOLD: Final = 4
"""Most reasons, and most key factors (12 CFR 1002 supplement I, 9(b)(2)-1; 15 U.S.C. 1681g(f)(1)(C))."""

_UNSPECIFIC: Final = (
    "internal standards", "internal polic", "qualifying score", "credit scoring system", "insufficient score",
    "score too low", "did not meet our criteria", "内部标准", "内部政策", "评分不足", "评分过低", "未达到评分要求",
)  # fmt: skip
"""What is no reason (12 CFR 1002.9(b)(2))."""

_OF_EVERY_LETTER: Final = (
    "decision_id", "creditor.name", "creditor.address", "consumer.name", "consumer.address",
)  # fmt: skip
_HIGHEST_RATE: Final = 5.0
"""A yearly rate above this is a percentage that was taken for a share."""

_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")


def conditions_of(facts: NoticeFacts) -> frozenset[str]:
    """The conditions under which elements are asked for, that hold for these facts."""
    told = {
        "report used": facts.report_used,
        "score used": facts.score_used,
        "automated": facts.automated,
        "recourse known": bool(facts.recourse),
        "no recourse known": facts.no_recourse is not None,
        "creditor phone known": not _is_missing(facts, "creditor.phone"),
    }
    return frozenset(name for name, holds in told.items() if holds)


def require_facts(facts: NoticeFacts, rules: NoticeRules, kind: Kind) -> tuple[Element, ...]:
    """The elements of a letter, all of which can be said.

    Raises
    ------
    NoticeRefused
        If a fact is missing that one needs.
    """
    asked = rules.asked(kind, conditions_of(facts))
    for need in _OF_EVERY_LETTER:
        if _is_missing(facts, need):
            raise _refused(facts.decision_id, kind, "letterhead", "every letter", need)
    for element in asked:
        for need in element.needs:
            absent = facts.creditor.regulator not in rules.authorities if need == "authority" else None
            if absent or (absent is None and _is_missing(facts, need)):
                raise _refused(facts.decision_id, kind, element.name, element.law, need)
    return asked


def require_sound(facts: NoticeFacts, *, language: Language, on: date) -> None:
    """Refuse what is told but wrong: vague or too many reasons, a score out of its range, days in the wrong order.

    Raises
    ------
    NoticeRefused
        For the first of them.
    """
    for fault in _faults(facts, language, on):
        raise NoticeRefused(f"notice of decision {facts.decision_id}: {fault}")


def require_complete(notice: Notice, rules: NoticeRules) -> None:
    """Refuse to write a letter that lacks an element.

    Raises
    ------
    NoticeRefused
        If one of those asked for is not in it, or is empty.
    """
    said = {passage.element for passage in notice.passages if not passage.is_empty}
    for element in rules.asked(notice.kind, notice.conditions):
        if element.name not in said:
            raise _refused(notice.decision_id, notice.kind, element.name, element.law, "its passage")
    parties = {"creditor": notice.sender, "consumer": notice.recipient}
    for name, party in parties.items():
        if not party.name or not party.address:
            raise _refused(notice.decision_id, notice.kind, "letterhead", "every letter", f"{name} name and address")


def _refused(decision_id: str, kind: Kind, element: str, law: str, need: str) -> NoticeRefused:
    return NoticeRefused(
        f"notice of decision {decision_id or '(none)'}: the {kind} notice needs {need} for its element {element!r} "
        f"({law}); supply it and make the notice again",
        need,
    )


def _is_missing(facts: NoticeFacts, path: str) -> bool:
    value: object = facts
    for name in path.split("."):
        value = getattr(value, name, None)
        if value is None:
            return True
    if isinstance(value, tuple):
        return not any(not isinstance(each, str) or each.strip() for each in value)
    return not value.strip() if isinstance(value, str) else False


def _faults(facts: NoticeFacts, language: Language, on: date) -> Iterator[str]:
    yield from _told("reason", facts.reasons, language)
    yield from _told("key factor", facts.key_factors, language)
    yield from _told("missing item", facts.missing, language)
    if len(facts.reasons) > MAX_TOLD:
        yield f"{len(facts.reasons)} reasons, and at most {MAX_TOLD} are told; name the principal ones"
    others = [each for each in facts.key_factors[MAX_TOLD:] if not _is_of_inquiries(each.code)]
    if others or len(facts.key_factors) > MAX_TOLD + 1:
        yield f"over {MAX_TOLD} key factors, and only that of inquiries may stand as a fifth; leave the others out"
    if facts.score is not None and not facts.score.lowest <= facts.score.score <= facts.score.highest:
        yield "the credit score lies outside of its own range; tell the range of the model that gave it"
    if facts.offer is not None and not 0 < facts.offer.amount < math.inf:
        yield "offer.amount is no amount above zero; tell what is offered"
    if facts.offer is not None and not 0 <= (facts.offer.yearly_rate or 0.0) <= _HIGHEST_RATE:
        yield f"offer.yearly_rate is no share from 0 to {_HIGHEST_RATE:g}; 12.9 % is written 0.129"
    if facts.application.received_on > facts.decided_on:
        yield "decided before the application was received; correct the day of the application"
    if facts.decided_on > on:
        yield "dated before the decision; a notice follows what it tells of"
    for name, until in (
        ("offer.valid_until", facts.offer and facts.offer.valid_until),
        ("respond_by", facts.respond_by),
    ):
        if until and until <= on:
            yield f"{name} is not after the day of the notice; give the applicant time"


def _is_of_inquiries(code: str) -> bool:
    """Whether a factor may stand as a fifth: that of the number of inquiries (15 U.S.C. 1681g(f)(9))."""
    return code in REASONS and REASONS[code].inquiries


def _told(what: str, told: tuple[Statement, ...], language: Language) -> Iterator[str]:
    codes = [each.code for each in told]
    if len(set(codes)) < len(codes):
        yield f"a {what} is told twice; tell each once"
    for each in told:
        if not each.statement.strip() or (language == "zh" and not _CHINESE.search(each.statement_zh)):
            yield f"{what} {each.code} has no words in the language {language!r}; add them to the catalogue"
        if any(phrase in f"{each.statement} {each.statement_zh}".lower() for phrase in _UNSPECIFIC):
            yield f"{what} {each.code} is not specific (12 CFR 1002.9(b)(2)); name what was scored or ruled"
