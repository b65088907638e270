"""A letter's content: the elements that the rules ask for, in their words, with the facts of one decision.

What is here is the letter itself; :mod:`scoring.notice.html` and :mod:`scoring.notice.pdf` only
give it a shape, so both say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from scoring.errors import NoticeRefused
from scoring.notice.facts import Kind, Language, NoticeFacts, Party, Statement
from scoring.notice.letter import Notice, Passage, Point, Row
from scoring.notice.required import conditions_of, require_facts, require_sound
from scoring.notice.rows import Element
from scoring.notice.rules import NoticeRules, rules_of
from scoring.notice.words import LABELS, TITLES, day, line, money, months, percent, product

__all__ = ["build_notice"]


def build_notice(
    facts: NoticeFacts,
    *,
    kind: Kind,
    language: Language,
    on: date,
    own_rules: Path | None = None,
    is_preview: bool = False,
) -> Notice:
    """A letter under the rules of its day.

    Parameters
    ----------
    facts : NoticeFacts
        The facts of the decision.
    kind : str
        The kind of letter.
    language : str
        ``en`` or ``zh``.
    on : date
        The day on which it is sent.
    own_rules : Path, optional
        A folder with rules of the home's own.
    is_preview : bool
        Whether it is only looked at: each page is then marked as no letter.

    Raises
    ------
    NoticeRefused
        If an element cannot be said, or what is told is wrong.
    """
    rules = rules_of(facts.jurisdiction, on, own_rules)
    asked = require_facts(facts, rules, kind)
    require_sound(facts, language=language, on=on)
    labels = LABELS[language]
    words = _words(facts, rules, language)
    return Notice(
        kind,
        language,
        facts.jurisdiction,
        on,
        facts.decision_id,
        conditions_of(facts),
        rules.paper,
        TITLES[kind][language],
        _clean(facts.creditor),
        _clean(facts.consumer),
        (
            Row(labels["date"], day(on, language, facts.jurisdiction)),
            Row(labels["reference"], line(facts.decision_id)),
        ),
        labels["dear"].format(name=line(facts.consumer.name)),
        labels["sincerely"],
        tuple(_passage(element, words, facts, rules, language) for element in asked),
        labels["preview"] if is_preview else "",
    )


def _clean(party: Party) -> Party:
    return Party(
        line(party.name),
        tuple(told for told in map(line, party.address) if told),
        line(party.phone),
        line(party.website),
    )


def _words(facts: NoticeFacts, rules: NoticeRules, language: Language) -> Mapping[str, str]:
    """What the placeholders of the rules' texts stand for; those of absent facts are left out."""

    def told(on: date) -> str:
        return day(on, language, facts.jurisdiction)

    words = {
        "creditor": facts.creditor.name,
        "creditor_address": _joined(facts.creditor, language),
        "creditor_phone": facts.creditor.phone,
        "applied_on": told(facts.application.received_on),
        "decided_on": told(facts.decided_on),
        "asked": product(facts.application, language),
        "free_copy_days": str(rules.periods.free_copy_days),
    }
    if facts.agency is not None:
        words |= {"agency": facts.agency.name, "agency_phone": facts.agency.phone}
    if facts.score is not None:
        words |= {"provider": facts.score.provider.name, "provider_contact": _contact(facts.score.provider, language)}
    if facts.offer is not None:
        words["valid_until"] = told(facts.offer.valid_until)
    if facts.no_recourse is not None:
        why = facts.no_recourse.statement_zh if language == "zh" else facts.no_recourse.statement
        words["no_recourse"] = why.rstrip(".。")
    if facts.respond_by is not None:
        words["respond_by"] = told(facts.respond_by)
    return {name: line(value) for name, value in words.items()}


def _joined(party: Party, language: Language) -> str:
    return ("，" if language == "zh" else ", ").join(party.address)


def _contact(party: Party, language: Language) -> str:
    between = "，" if language == "zh" else ", "
    return between.join(part for part in (party.name, *party.address, party.phone) if part)


def _passage(
    element: Element, words: Mapping[str, str], facts: NoticeFacts, rules: NoticeRules, language: Language
) -> Passage:
    try:
        texts = [part.replace("\n", "" if language == "zh" else " ") for part in element.text[language].split("\n\n")]
        paragraphs = tuple(text.format_map(words) for text in texts if text)
        block = _BLOCKS[element.block](facts, rules, language) if element.block else _Block()
    except KeyError as error:
        raise NoticeRefused(
            f"notice of decision {facts.decision_id}: element {element.name!r} speaks of {error.args[0]!r}, which is "
            "unknown here; correct the rules, or supply the fact"
        ) from None
    heading = element.heading[language].format_map(words)
    return Passage(
        element.name, element.law, element.block, heading, paragraphs, block.points, block.rows, block.address
    )


@dataclass(frozen=True)
class _Block:
    """What stands under the words of an element."""

    points: tuple[Point, ...] = ()
    rows: tuple[Row, ...] = ()
    address: tuple[str, ...] = ()


def _points(told: tuple[Statement, ...], language: Language) -> _Block:
    return _Block(points=tuple(_point(each, language) for each in told))


def _point(told: Statement, language: Language) -> Point:
    """The words of a statement, and apart from them what its sentence adds: "Words (which one): value; typical"."""
    lead, whole = (told.statement_zh, told.told_zh) if language == "zh" else (told.statement, told.told)
    lead = line(lead)
    detail = line(whole).removeprefix(lead).lstrip(":：,，;； ")
    opening, closing, colon = ("（", "）：", "：") if language == "zh" else ("(", "): ", ": ")
    if detail.startswith(opening) and closing in detail:
        detail = colon.join(detail.removeprefix(opening).split(closing, 1))
    return Point(lead, detail[:1].upper() + detail[1:])


def _score(facts: NoticeFacts, rules: NoticeRules, language: Language) -> _Block:
    score, labels = facts.score, LABELS[language]
    if score is None:
        return _Block()
    return _Block(
        rows=(
            Row(labels["score"], str(score.score)),
            Row(labels["range"], labels["range told"].format(lowest=score.lowest, highest=score.highest)),
            Row(labels["score date"], day(score.created_on, language, rules.jurisdiction)),
            Row(labels["provider"], line(score.provider.name)),
        )
    )


def _offer(facts: NoticeFacts, rules: NoticeRules, language: Language) -> _Block:
    offer, labels = facts.offer, LABELS[language]
    if offer is None:
        return _Block()
    rows = [Row(labels["amount"], money(offer.amount, offer.currency, language))]
    if offer.term_months:
        rows.append(Row(labels["term"], months(offer.term_months, language)))
    if offer.yearly_rate is not None:
        rows.append(Row(labels["rate"], percent(offer.yearly_rate)))
    rows.append(Row(labels["valid until"], day(offer.valid_until, language, rules.jurisdiction)))
    return _Block(rows=tuple(rows))


def _lines(party: Party | None, language: Language) -> _Block:
    if party is None:
        return _Block()
    clean = _clean(party)
    phone = (LABELS[language]["phone"].format(phone=clean.phone),) if clean.phone else ()
    website = (clean.website,) if clean.website else ()
    return _Block(address=(clean.name, *clean.address, *phone, *website))


_BLOCKS: Final[Mapping[str, Callable[[NoticeFacts, NoticeRules, Language], _Block]]] = {
    "agency": lambda facts, rules, language: _lines(facts.agency, language),  # noqa: ARG005
    "authority": lambda facts, rules, language: _lines(rules.authorities.get(facts.creditor.regulator), language),
    "key factors": lambda facts, rules, language: _points(facts.key_factors, language),  # noqa: ARG005
    "missing": lambda facts, rules, language: _points(facts.missing, language),  # noqa: ARG005
    "offer": _offer,
    "reasons": lambda facts, rules, language: _points(facts.reasons, language),  # noqa: ARG005
    "recourse": lambda facts, rules, language: _points(facts.recourse, language),  # noqa: ARG005
    "score": _score,
}
"""What stands under the words of an element, by the name of its block."""
