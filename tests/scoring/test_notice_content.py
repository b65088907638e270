"""A letter holds every element that its rules ask for, and is refused where one is missing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from letters import ON, facts_in

from scoring.errors import NoticeRefused
from scoring.notice.content import build_notice
from scoring.notice.facts import Kind, Language, NoticeFacts, Statement
from scoring.notice.html import render_html
from scoring.notice.letter import Notice
from scoring.notice.pdf import render_pdf
from scoring.notice.required import conditions_of
from scoring.notice.rows import jurisdictions
from scoring.notice.rules import rules_of

KINDS: tuple[Kind, ...] = ("adverse action", "counter-offer", "incomplete application", "risk-based pricing")
LETTERS: list[tuple[str, Kind]] = [
    (place, kind)
    for place in jurisdictions()
    for kind in KINDS
    if kind != "risk-based pricing" or place.startswith("us")
]


def letter(place: str, kind: Kind = "adverse action", language: Language = "en", **changed: Any) -> Notice:
    return build_notice(replace(facts_in(place), **changed), kind=kind, language=language, on=ON)


def told(notice: Notice) -> str:
    parts: list[str] = [notice.title, notice.sender.name, *notice.sender.address, *notice.recipient.address]
    for passage in notice.passages:
        parts += [passage.heading, *passage.paragraphs, *passage.address]
        parts += [f"{point.lead} {point.detail}" for point in passage.points]
        parts += [f"{row.label} {row.value}" for row in passage.rows]
    return "\n".join(parts)


def without(facts: NoticeFacts, path: str) -> NoticeFacts:
    """The facts without one of them."""
    if path == "authority":
        return replace(facts, creditor=replace(facts.creditor, regulator="nobody"))
    first, _, rest = path.partition(".")
    value = getattr(facts, first)
    if not rest:
        return replace(facts, **{first: () if isinstance(value, tuple) else None if value is not None else ""})
    return replace(facts, **{first: without(value, rest)})


# -- what must be there -------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("place", "kind"), LETTERS)
def test_letter_holds_what_its_rules_ask_for(place: str, kind: Kind, language: Language) -> None:
    notice = letter(place, kind, language)
    asked = rules_of(place, ON).asked(kind, conditions_of(facts_in(place)))
    assert [passage.element for passage in notice.passages] == [element.name for element in asked]
    assert not [passage.element for passage in notice.passages if passage.is_empty]
    assert "{" not in told(notice)


@pytest.mark.parametrize(("place", "kind"), LETTERS)
def test_letter_is_refused_without_a_fact_that_an_element_needs(place: str, kind: Kind) -> None:
    facts = facts_in(place)
    needs = {need for element in rules_of(place, ON).asked(kind, conditions_of(facts)) for need in element.needs}
    needs |= {"decision_id", "creditor.name", "creditor.address", "consumer.name", "consumer.address"}
    for need in needs - {"report_used", "recourse"}:  # a condition, and what no element is asked for without
        with pytest.raises(NoticeRefused, match=rf"needs {re.escape(need)} for its element"):
            build_notice(without(facts, need), kind=kind, language="en", on=ON)


@pytest.mark.parametrize(("place", "kind"), LETTERS)
def test_nothing_is_written_without_an_element(place: str, kind: Kind) -> None:
    notice = letter(place, kind)
    for number, passage in enumerate(notice.passages):
        others = notice.passages[:number] + notice.passages[number + 1 :]
        emptied = replace(passage, paragraphs=())
        for passages in (others, (*others, emptied)):
            cut = replace(notice, passages=passages)
            for render in (render_html, render_pdf):
                with pytest.raises(NoticeRefused, match=rf"needs its passage for its element '{passage.element}'"):
                    render(cut)


def test_nothing_is_written_without_a_sender_or_recipient() -> None:
    notice = letter("us")
    for party in ("sender", "recipient"):
        for part in ({"name": ""}, {"address": ()}):
            with pytest.raises(NoticeRefused, match="name and address"):
                render_html(replace(notice, **{party: replace(getattr(notice, party), **part)}))


def test_list_of_the_law_held_against_the_letter() -> None:
    """12 CFR 1002.9(a)(2) and 15 U.S.C. 1681m(a), point by point, with words taken from neither rules nor code."""
    text = told(letter("us"))
    for part in (
        "unable to approve",  # the action taken
        "Harbor Point Lending", "410 Wharf Street", "Portland, OR 97209",  # the creditor
        "race, color, religion, national origin, sex, marital status, age",  # the ECOA notice ...
        "public assistance program", "Consumer Credit Protection Act",
        "Federal Trade Commission", "600 Pennsylvania Avenue NW", "Washington, DC 20580",  # ... and its agency
        "94 %; approved applicants typically 5 % to 31 %", "Late payments on cards", "Length of credit history",
        "The address stated differs from those on file",  # the reasons, that of a rule among them
        "Example Credit Bureau", "P.O. Box 2200", "1-800-555-0199",  # the bureau
        "played no part in our decision", "unable to give you the specific reasons",
        "free copy of your report", "60 days", "right to dispute",
        "Your credit score 528", "300 to 850", "November 24, 2026", "Provided by Example Credit Bureau",
        "Time since the last late payment", "Number of recent applications for credit",  # key factors, the fifth
    ):  # fmt: skip
        assert part in text, part


def test_pricing_notice_says_what_1022_73_lists() -> None:
    text = told(letter("us", "risk-based pricing"))
    for part in (
        "record of your credit history", "pay your bills on time",  # (i)
        "to set the terms", "annual percentage rate",  # (ii)
        "may be less favorable than the terms offered to consumers who have better credit histories",  # (iii)
        "verify the accuracy", "right to dispute",  # (iv)
        "Example Credit Bureau", "P.O. Box 2200", "1-800-555-0199",  # (v), (vii)
        "free copy", "60 days",  # (vi)
        "www.consumerfinance.gov",  # (viii)
        "number that takes into account information in a credit report", "can change over time",  # (ix)(A)
        "528", "300 to 850", "Key factors", "November 24, 2026", "Provided by Example Credit Bureau",  # (B) to (F)
    ):  # fmt: skip
        assert part in text, part
    assert "race, color" not in text


def test_incomplete_application_says_what_is_missing_by_when_and_what_follows() -> None:
    text = told(letter("us", "incomplete application"))
    for part in ("Your income", "December 19, 2026", "unable to give your application further consideration"):
        assert part in text


def test_counter_offer_tells_terms_and_reasons() -> None:
    text = told(letter("us", "counter-offer"))
    for part in ("$6,000", "24 months", "13.99%", "January 15, 2027", "Late payments", "race, color", "528"):
        assert part in text


# -- what depends on the case -------------------------------------------------------------------


def test_no_report_no_score_no_words_of_them() -> None:
    text = told(letter("us", report_used=False, agency=None, score_used=False, score=None, key_factors=()))
    assert "Example Credit Bureau" not in text
    assert "free copy" not in text
    assert "credit score" not in text
    assert "race, color" in text


def test_california_adds_to_federal_law() -> None:
    added = {passage.element for passage in letter("us-ca").passages} - {
        passage.element for passage in letter("us").passages
    }
    assert added == {"free copy elsewhere"}
    assert "Office of the Comptroller of the Currency" in told(letter("us-ca"))


def test_europe_tells_of_the_right_to_a_person_and_since_november_2026_of_debt_advice() -> None:
    facts = replace(facts_in("eu"), decided_on=date(2026, 11, 18), application=facts_in("eu").application)
    facts = replace(facts, application=replace(facts.application, received_on=date(2026, 11, 17)))
    before, after = (
        told(build_notice(facts, kind="adverse action", language="en", on=on))
        for on in (date(2026, 11, 19), date(2026, 11, 20))
    )
    assert "contest it" in before
    assert "debt advisory" not in before
    assert "ask for the assessment and the decision to be reviewed" in after
    assert "debt advisory" in after
    assert "Data Protection Commission" in after


@pytest.mark.parametrize("place", jurisdictions())
def test_letter_says_so_where_no_change_would_have_been_enough(place: str) -> None:
    none = Statement("none", "A rule decides. Ask for it.", "由规则决定。请提出申请。")
    en, zh = (told(letter(place, language=each, recourse=(), no_recourse=none)) for each in ("en", "zh"))
    assert (
        "No realistic change of your own to what was scored would have been enough at this time. "
        "A rule decides. Ask for it.\n"
    ) in en
    assert "所能作出的合理改变，均不足以使申请获批。由规则决定。请提出申请。\n" in zh
    assert "What would have changed our decision" not in told(letter(place, recourse=()))


def test_decision_of_a_person_is_not_called_automated() -> None:
    assert "automated" in told(letter("eu"))
    assert "automated" not in told(letter("eu", automated=False))
    assert "自动化" not in told(letter("cn", language="zh", automated=False))


def test_china_tells_of_explanation_refusal_reports_and_objection() -> None:
    text = told(letter("cn", language="zh"))
    for part in ("有权要求我们予以说明", "拒绝仅通过自动化决策", "每年两次免费", "提出异议", "20日内", "中国人民银行"):
        assert part in text


@pytest.mark.parametrize(
    ("on", "line"), [(date(2023, 4, 18), "Equal Credit Opportunity"), (date(2023, 4, 19), "Consumer Response Center")]
)
def test_authority_has_the_address_of_the_day(on: date, line: str) -> None:
    asked = replace(facts_in("us").application, received_on=on)
    score = replace(facts_in("us").score, created_on=on)  # type: ignore[type-var]
    facts = replace(facts_in("us"), decided_on=on, application=asked, score=score, offer=None, respond_by=None)
    assert line in told(build_notice(facts, kind="adverse action", language="en", on=on)).splitlines()


def test_chinese_letter_holds_no_english_words_of_ours() -> None:
    ours = {"Harbor", "Point", "Lending", "Wharf", "Street", "Portland", "Alder", "Court", "Boise", "Example"}
    ours |= {"Credit", "Bureau", "Box", "Wilmington", "harbor", "example", "bureau", "Okafor", "Winifred"}
    authority = {"Federal", "Trade", "Commission", "Consumer", "Response", "Center", "Pennsylvania", "Avenue"}
    for place, kind in LETTERS:
        words = set(re.findall(r"[A-Za-z]{3,}", told(letter(place, kind, "zh")))) - ours - authority
        if place == "us":
            assert words <= {"Washington", "www", "consumerfinance", "gov", "learnmore"}, (kind, words)


# -- what is told but wrong ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"reasons": (Statement("X", "Did not reach our qualifying score", "评分不足"),)}, "X is not specific"),
        ({"reasons": (Statement("X", "Internal standards", "内部标准"),)}, "X is not specific"),
        ({"reasons": (Statement("X", "Sparse file", ""),)}, "X has no words in the language 'zh'"),
        ({"reasons": tuple(Statement(f"X{n}", "Late", "逾期") for n in range(5))}, "5 reasons, and at most 4"),
        ({"reasons": (Statement("X", "Late", "逾期"),) * 2}, "a reason is told twice"),
        ({"key_factors": tuple(Statement(f"X{n}", "Late", "逾期") for n in range(5))}, "only that of inquiries"),
        ({"decided_on": date(2026, 11, 20)}, "decided before the application was received"),
        ({"decided_on": ON + timedelta(days=1)}, "dated before the decision"),
        ({"respond_by": ON}, "respond_by is not after"),
    ],
)
def test_letter_is_refused_for_what_is_wrong(changed: dict[str, Any], match: str) -> None:
    with pytest.raises(NoticeRefused, match=match):
        letter("us", language="zh", **changed)


def test_sentence_of_a_reason_is_told_below_its_words() -> None:
    told_of = Statement(
        "B15",
        "Late payments on cards",
        "信用卡逾期还款",
        "Late payments on cards (months late in the last year): 3\u00a0months; approved typically 0 to 1 month",
        "信用卡逾期还款（近一年逾期月数）：3个月；获批申请人通常为0至1个月",
    )
    for language, detail in (
        ("en", "Months late in the last year: 3\u00a0months; approved typically 0 to 1 month"),
        ("zh", "近一年逾期月数：3个月；获批申请人通常为0至1个月"),
    ):
        notice = letter("us", language=language, reasons=(told_of,))  # type: ignore[arg-type]
        (point,) = next(passage for passage in notice.passages if passage.element == "reasons").points
        assert point.detail == detail


def test_score_outside_of_its_range_is_refused() -> None:
    score = facts_in("us").score
    assert score is not None
    with pytest.raises(NoticeRefused, match="outside of its own range"):
        letter("us", score=replace(score, score=851))


def test_kind_that_a_jurisdiction_does_not_know_is_refused() -> None:
    with pytest.raises(NoticeRefused, match="eu: no notice of the kind 'risk-based pricing'"):
        letter("eu", "risk-based pricing")


def test_errors_tell_nothing_of_the_person() -> None:
    facts = without(facts_in("us"), "consumer.address")
    with pytest.raises(NoticeRefused) as refused:
        build_notice(facts, kind="adverse action", language="en", on=ON)
    assert "Okafor" not in str(refused.value)
    assert "\n" not in str(refused.value)
