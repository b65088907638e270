"""A letter on paper: one typeface for both languages, embedded, and the same bytes for the same letter."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from scoring.errors import ScriptRefused
from scoring.notice.breaking import broken
from scoring.notice.fonts import Face, add_fonts, fallbacks_for, require_shown
from scoring.notice.html import TONGUES, sender_lines
from scoring.notice.letter import Notice, Passage, Row
from scoring.notice.required import require_complete
from scoring.notice.rules import rules_of
from scoring.notice.words import LABELS

__all__ = ["render_pdf"]

_Colour = tuple[int, int, int]

_INK: Final[_Colour] = (27, 39, 51)
_SOFT: Final[_Colour] = (86, 100, 114)
_LINE: Final[_Colour] = (213, 220, 227)
_SHADE: Final[_Colour] = (244, 246, 248)
_MARK: Final[_Colour] = (23, 69, 107)
_ALERT: Final[_Colour] = (176, 32, 32)
_SIDE: Final = 24.0
_TOP: Final = 20.0
_FOOT: Final = 24.0
_BODY: Final = 9.6
_KEPT_WHOLE: Final = 78.0
"""Height in millimetres up to which a passage is not parted."""

_CLOSING: Final = 20.0
"""Height of the closing, which never stands on a page alone."""

_POINT: Final = 0.3528
"""Millimetres of a point."""


class _Paper(FPDF):
    """Pages with the page's number and the letter's reference at the foot."""

    def __init__(self, notice: Notice, fallbacks: tuple[Face, ...]) -> None:
        super().__init__(format=notice.paper)
        self._notice = notice
        self.set_margins(_SIDE, _TOP, _SIDE)
        self.c_margin = 0.0
        self.set_auto_page_break(auto=True, margin=_FOOT)
        add_fonts(self, "sans", "serif", *fallbacks)
        self.set_fallback_fonts(list(fallbacks))

    def header(self) -> None:
        """The mark of a preview; the first page has a head of its own, and the others need none."""
        if self._notice.mark:
            self.set_y(6)
            self.write_text(self._notice.mark, 9.0, colour=_ALERT, align="C")
            self.set_y(_TOP)

    def footer(self) -> None:
        """Which page of how many, and of which letter."""
        told = self._notice
        self.set_y(-15)
        self.set_draw_color(*_LINE)
        self.line(_SIDE, self.get_y(), self.w - _SIDE, self.get_y())
        self.set_y(-13)
        self._style("sans", 7.2, _SOFT)
        reference = "  ".join(f"{row.label} {row.value}" for row in told.references[1:])
        page = LABELS[told.language]["page"].format(page=self.page_no(), pages=self.str_alias_nb_pages)
        self.cell(self.epw * 0.3, 4, page)
        self.cell(self.epw * 0.7, 4, reference, align="R")

    def write_text(
        self, text: str, size: float = _BODY, *, face: str = "sans", colour: _Colour = _INK, leading: float = 1.55,
        after: float = 0.0, indent: float = 0.0, width: float | None = None, align: str = "L",
    ) -> None:  # fmt: skip
        """A paragraph; it stands `indent` from the margin, over a width or what is left of the line."""
        self._style(face, size, colour)
        room = width or self.epw - indent
        for told in self._lines(text, room):
            self.set_x(_SIDE + indent)
            self.cell(room, size * leading * _POINT, told, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(after)

    def height_of(self, text: str, size: float, width: float, *, face: str = "sans", leading: float = 1.55) -> float:
        """The height that a paragraph would take."""
        self._style(face, size, _INK)
        return len(self._lines(text, width)) * size * leading * _POINT

    def room_for(self, height: float) -> None:
        """Turn the page where less than so much is left."""
        if self.get_y() + height > self.page_break_trigger:
            self.add_page()

    def _lines(self, text: str, width: float) -> list[str]:
        return broken(text, width, self.get_string_width)

    def _style(self, face: str, size: float, colour: _Colour) -> None:
        self.set_font(face, size=size)
        self.set_text_color(*colour)


def render_pdf(notice: Notice, own_rules: Path | None = None) -> bytes:
    """The letter as a PDF; the same letter gives the same bytes.

    Parameters
    ----------
    notice : Notice
        The letter.
    own_rules : Path, optional
        The folder with rules of the home's own that the letter was made under.

    Raises
    ------
    NoticeRefused
        If an element is missing, or a character that no font has is in it.
    """
    require_complete(notice, rules_of(notice.jurisdiction, notice.on, own_rules))
    text = _all_text(notice)
    require_shown(text)
    _require_left_to_right(text)
    paper = _Paper(notice, fallbacks_for(text))
    paper.set_creation_date(datetime.combine(notice.on, time(), tzinfo=UTC))
    paper.set_title(notice.title)
    paper.set_author(notice.sender.name)
    paper.set_creator("Tradeline")
    paper.set_producer("Tradeline")
    paper.set_lang(TONGUES[notice.language])
    paper.add_page()
    _head(paper, notice)
    for passage in notice.passages:
        _passage(paper, passage, below=_CLOSING if passage is notice.passages[-1] else 0.0)
    paper.room_for(_CLOSING)
    paper.ln(4)
    paper.write_text(notice.closing)
    paper.write_text(notice.sender.name)
    return bytes(paper.output())


def _require_left_to_right(text: str) -> None:
    """Refuse Hebrew and Arabic: their letters would stand in the wrong order, and unjoined."""
    if any(unicodedata.bidirectional(each) in ("R", "AL") for each in text):
        raise ScriptRefused(
            "notice: a name or address is written from right to left, which these PDFs cannot set; write a page "
            "(`--form html`), or spell it in Latin letters",
            page_can=True,
        )


def _all_text(notice: Notice) -> str:
    parties = (notice.sender, notice.recipient)
    told = [text for party in parties for text in (party.name, *party.address, party.phone, party.website)]
    for passage in notice.passages:
        told += [passage.heading, *passage.paragraphs, *passage.address]
        told += [text for point in passage.points for text in (point.lead, point.detail)]
        told += [text for row in passage.rows for text in (row.label, row.value)]
    return "".join((*told, notice.decision_id, notice.greeting, notice.closing, notice.title, notice.mark))


def _head(paper: _Paper, notice: Notice) -> None:
    """The sender, the recipient in the window of an envelope, date and reference, subject and greeting."""
    paper.set_fill_color(*_MARK)
    paper.rect(0, 0, paper.w, 2.2, style="F")
    width = paper.epw / 2
    paper.set_y(15)
    paper.write_text(notice.sender.name, 17, face="serif", colour=_MARK, leading=1.25, width=width * 1.1)
    left = paper.get_y()
    paper.set_y(15.6)
    for told in sender_lines(notice):
        paper.write_text(told, 7.6, colour=_SOFT, leading=1.45, indent=width * 1.1, width=width * 0.9, align="R")
    rule = max(left, paper.get_y()) + 3
    paper.set_draw_color(*_LINE)
    paper.line(_SIDE, rule, paper.w - _SIDE, rule)
    top = max(rule + 7, 45.0)
    paper.set_y(top)
    for told in (notice.recipient.name, *notice.recipient.address):
        paper.write_text(told, _BODY, leading=1.45, width=width)
    left = paper.get_y()
    paper.set_y(top)
    for row in notice.references:
        y = paper.get_y()
        paper.write_text(row.label, 7.8, colour=_SOFT, indent=width * 1.1, width=width * 0.2)
        paper.set_y(y)
        paper.write_text(row.value, 7.8, indent=width * 1.3, width=width * 0.7, align="R")
    paper.set_y(max(left, paper.get_y()) + 9)
    paper.write_text(notice.title, 16, face="serif", leading=1.3, after=3.5)
    paper.write_text(notice.greeting, after=1.8)


def _passage(paper: _Paper, passage: Passage, *, below: float) -> None:
    """A passage; a short one stands on one page as a whole, with what comes below it."""
    paper.room_for(min(_height(paper, passage), _KEPT_WHOLE) + below)
    if passage.heading:
        paper.ln(3.2)
        paper.write_text(passage.heading, 11.4, face="serif", colour=_MARK, leading=1.35, after=0.8)
    for paragraph in passage.paragraphs:
        paper.write_text(paragraph, after=1.6)
    if passage.points:
        _points(paper, passage)
    if passage.rows:
        _figures(paper, passage.rows, is_score=passage.block == "score")
    if passage.address:
        _box(paper, passage.address)


def _height(paper: _Paper, passage: Passage) -> float:
    """What a passage takes, as nearly as its page's end asks for."""
    words = sum(paper.height_of(each, _BODY, paper.epw) + 1.6 for each in passage.paragraphs)
    step = 6.8 if passage.block == "reasons" else 5.6
    points = sum(step + (5.0 if each.detail else 0.0) for each in passage.points)
    return words + points + 9.0 * bool(passage.heading) + 20.0 * bool(passage.rows) + 5.0 * len(passage.address) + 3.0


def _points(paper: _Paper, passage: Passage) -> None:
    """Reasons with their numbers and the person's own figures; other things with a dot."""
    is_numbered = passage.block == "reasons"
    indent = 8.0 if is_numbered else 4.5
    for number, point in enumerate(passage.points, start=1):
        width = paper.epw - indent
        detail = paper.height_of(point.detail, 8.6, width, leading=1.5) if point.detail else 0.0
        paper.room_for(paper.height_of(point.lead, _BODY, width) + detail + 2)
        y = paper.get_y()
        if is_numbered:
            paper.set_draw_color(*_MARK)
            paper.circle(_SIDE + 2.5, y + 2.7, 2.3)
            paper.set_y(y + 0.75)
            paper.write_text(str(number), 7.2, colour=_MARK, width=5.0, align="C")
        else:
            paper.write_text("•", _BODY, colour=_MARK, width=4.0)
        paper.set_y(y)
        paper.write_text(point.lead, indent=indent)
        if point.detail:
            paper.write_text(point.detail, 8.6, colour=_SOFT, leading=1.5, indent=indent)
        paper.ln(1.5 if is_numbered else 0.3)
    paper.ln(1.0)


def _figures(paper: _Paper, rows: tuple[Row, ...], *, is_score: bool) -> None:
    """Figures side by side on a shade; a score stands out."""
    height, pad = (17.0, 5.0) if is_score else (13.5, 5.0)
    paper.room_for(height + 3)
    y, width = paper.get_y(), (paper.epw - pad) / len(rows)
    _shade(paper, height)
    for number, row in enumerate(rows):
        indent = pad + number * width
        paper.set_y(y + 2.6)
        paper.write_text(row.label, 7.4, colour=_SOFT, indent=indent, width=width)
        stands_out = is_score and number == 0
        paper.set_y(y + (6.4 if stands_out else 9.0 if is_score else 6.9))
        size, face, colour = (19.0, "serif", _MARK) if stands_out else (9.0, "sans", _INK)
        paper.write_text(row.value, size, face=face, colour=colour, leading=1.2, indent=indent, width=width - 2)
    paper.set_y(y + height + 3)


def _box(paper: _Paper, lines: tuple[str, ...]) -> None:
    """An address on a shade."""
    step = _BODY * 1.45 * _POINT
    height = len(lines) * step + 5
    paper.room_for(height + 3)
    y = paper.get_y()
    _shade(paper, height)
    paper.set_y(y + 2.5)
    for told in lines:
        paper.write_text(told, _BODY, leading=1.45, indent=5.0)
    paper.set_y(y + height + 3)


def _shade(paper: _Paper, height: float) -> None:
    y = paper.get_y()
    paper.set_fill_color(*_SHADE)
    paper.rect(_SIDE, y, paper.epw, height, style="F")
    paper.set_fill_color(*_MARK)
    paper.rect(_SIDE, y, 0.9, height, style="F")
