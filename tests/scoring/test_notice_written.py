"""Letters as pages and on paper: all of their words, in both languages, and always the same bytes."""

from __future__ import annotations

import html
import itertools
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from letters import ON, facts_in
from pdf_text import pdf_lines, pdf_text

from scoring.errors import NoticeRefused
from scoring.notice.breaking import broken
from scoring.notice.content import build_notice
from scoring.notice.facts import Kind, Language, NoticeFacts, Party
from scoring.notice.fonts import Face, add_fonts, font_path, require_shown
from scoring.notice.html import render_html
from scoring.notice.letter import Notice
from scoring.notice.pdf import render_pdf
from scoring.notice.words import line

FOOT = re.compile(r"Page \d|第\d|(Reference|编号) d-")
CLOSING = "，。；：、！？）》"


def made(facts: NoticeFacts, kind: Kind = "adverse action", language: Language = "en") -> Notice:
    return build_notice(facts, kind=kind, language=language, on=ON)


def words_of(notice: Notice) -> list[str]:
    """Every piece of text that a letter holds."""
    told = [notice.title, notice.greeting, notice.closing, notice.sender.name, *notice.recipient.address]
    for passage in notice.passages:
        told += [passage.heading, *passage.paragraphs, *passage.address]
        told += [text for point in passage.points for text in (point.lead, point.detail)]
        told += [text for row in passage.rows for text in (row.label, row.value)]
    return [text for text in told if text]


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize(
    ("place", "kind", "language"),
    [
        ("us", "counter-offer", "en"),
        ("us", "risk-based pricing", "zh"),
        ("cn", "adverse action", "zh"),
    ],
)
def test_page_and_paper_say_all_of_a_letter_and_always_the_same(place: str, kind: Kind, language: Language) -> None:
    notice = made(facts_in(place), kind, language)
    page, paper = render_html(notice), render_pdf(notice)
    body = bare(html.unescape(re.sub(r"<[^>]+>", "", page.partition("<body>")[2])))
    read = bare("".join(text for text in pdf_lines(paper) if not FOOT.match(text)))
    for told in words_of(notice):
        assert bare(told) in body, told
        assert bare(told) in read, told
    assert render_html(notice) == page
    assert render_pdf(notice) == paper


def test_page_marks_elements_with_their_law_and_loads_and_runs_nothing() -> None:
    notice = made(facts_in("us"))
    page = render_html(notice)
    for passage in notice.passages:
        assert f'data-element="{passage.element}" data-law="{passage.law}"' in page
    assert "<script" not in page
    assert not re.findall(r"(?:src|href)\s*=|url\((?!data:)", page)


def test_names_are_text_and_nothing_else() -> None:
    name = "<script>alert(1)</script> {creditor} {{7*7}} {% raw %} Robert'); DROP TABLE x;-- **B** %s"
    notice = made(replace(facts_in("us"), consumer=Party(name, ("1 <b>Main</b> St",))))
    page = render_html(notice)
    assert "<script" not in page
    assert html.escape(name, quote=False).replace("'", "&#39;") in page
    assert bare(name) in pdf_text(render_pdf(notice))


def test_letters_of_other_alphabets_come_from_another_face() -> None:
    notice = made(replace(facts_in("eu"), consumer=Party("Zofia Wiśniewska-Łęcka", ("ul. Świętokrzyska 14",))))
    assert "ZofiaWiśniewska-Łęcka" in pdf_text(render_pdf(notice))


@pytest.mark.parametrize("render", [render_html, render_pdf])
def test_character_that_no_face_has_is_refused(render: object) -> None:
    notice = made(replace(facts_in("us"), consumer=Party("Ana \N{ROCKET}", ("1 Main St",))))
    with pytest.raises(NoticeRefused, match=r"its fonts lack the character U\+1F680"):
        render(notice)  # type: ignore[operator]


def test_faces_have_every_character_of_gb_2312() -> None:
    pairs = itertools.product(range(0xB0, 0xF8), range(0xA1, 0xFF))
    text = "".join(bytes(pair).decode("gb2312", errors="ignore") for pair in pairs)
    assert len(text) == 6763
    require_shown(text)


@pytest.mark.parametrize("face", ["sans", "sans fallback"])
def test_kept_face_is_what_the_file_says_however_many_letters_were_written(face: Face) -> None:
    from fpdf import FPDF

    render_pdf(made(replace(facts_in("eu"), consumer=Party("Zofia Wiśniewska", ("ul. Łąkowa 14",)))))
    kept, anew = FPDF(), FPDF()
    add_fonts(kept, face)
    anew.add_font(face, "", font_path(face))
    told = [
        (
            font.name,
            font.fontkey,
            font.i,
            dict(font.cw),
            font.cmap,
            font.glyph_ids,
            vars(font.desc),
            font.missing_glyphs,
        )
        for font in (kept.fonts[face], anew.fonts[face])
    ]
    kept.fonts[face].close()
    anew.fonts[face].close()
    assert told[0] == told[1]


def test_faces_may_be_embedded() -> None:
    from fontTools.ttLib import TTFont

    for face in ("sans", "serif"):
        with TTFont(font_path(face), lazy=True) as font:
            assert font["OS/2"].fsType == 0
            assert "SIL Open Font License" in font["name"].getDebugName(13)


@given(st.text(alphabet="我们的信贷，。；（）《》abc XY-", max_size=80), st.integers(3, 20))
def test_lines_keep_the_text_and_the_width_and_start_with_no_closing_mark(text: str, width: int) -> None:
    lines = broken(text, width, len)
    assert bare("".join(lines)) == bare(text)
    assert all(len(each) <= width for each in lines)
    for before, after in itertools.pairwise(lines):
        assert after[0] not in CLOSING or len(before) == width or all(each in CLOSING for each in before[-width + 1 :])


@given(st.text(max_size=60))
def test_line_is_one_line_and_stays_as_it_is(text: str) -> None:
    told = line(text)
    assert line(told) == told
    assert not re.search(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]|  ", told)
    assert told == told.strip()


def test_names_from_right_to_left_are_for_pages_alone() -> None:
    notice = made(replace(facts_in("us"), consumer=Party("שרה כהן", ("2218 Alder Court", "Boise, ID 83702"))))
    assert "שרה כהן" in render_html(notice)
    with pytest.raises(NoticeRefused, match="from right to left"):
        render_pdf(notice)


def test_the_closing_never_stands_on_a_page_alone() -> None:
    """However long what stands above it: a line more at a time, over more than a page's height."""
    facts = facts_in("us")
    endings = set()
    for lines in range(0, 40, 2):
        address = tuple(f"Line {number}" for number in range(lines + 1))
        notice = made(replace(facts, consumer=Party("Winifred Okafor", address)))
        read = pdf_lines(render_pdf(notice))
        *_, before, _ = (-1, *(place for place, told in enumerate(read) if told.startswith("Page ")))
        said = [told for told in read[before + 1 :] if not FOOT.match(told) and not told.isdigit()]
        assert said[-2:] == [notice.closing, notice.sender.name]
        endings.add(len(said))
        assert len(said) > 2
    assert len(endings) > 1
