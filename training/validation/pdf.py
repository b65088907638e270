"""The validation on paper: a title page, contents, sections, tables that break over pages, pictures.

Fonts are embedded: DejaVu (from Matplotlib), and that of the letters for the Chinese it lacks. The date in the file is
that of the validation, so that the same validation gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Final

import matplotlib as mpl
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace
from fpdf.outline import OutlineSection

from scoring.notice.fonts import Face, add_fonts
from training.report.drawing import to_png
from training.report.section import Column, Finding, Picture, Section, Table
from training.report.shown import clean, shown
from training.validation.columns import Widths, widths_of
from training.validation.summary import lead, tiles
from training.validation.validation import Validation

__all__ = ["render_pdf"]

_FONT: Final = "DejaVu"
_SERIF: Final = "DejaVuSerif"
_CHINESE: Final[Face] = "sans"
_FACES: Final = (
    (_FONT, "", "DejaVuSans.ttf"),
    (_FONT, "B", "DejaVuSans-Bold.ttf"),
    (_SERIF, "", "DejaVuSerif.ttf"),
)
_INK: Final = (31, 42, 53)
_MUTED: Final = (92, 105, 118)
_LINE: Final = (216, 223, 230)
_GOOD: Final = (0, 114, 178)
_BAD: Final = (199, 81, 0)
_COLOURS: Final = {"passed": _GOOD, "failed": _BAD, "not assessed": _MUTED}
_MARGIN: Final = 18.0
_GAP: Final = 6.0
_SIZES: Final = (7.5, 7.0, 6.5, 6.0, 5.5)
"""Sizes of a table's type in points, the largest that fits is taken."""

_FINDINGS: Final = (
    Column("verdict", "Verdict"),
    Column("finding", "Finding"),
    Column("threshold", "Asked for"),
)


class _Paper(FPDF):
    """A4 pages with the model's name and the page's number at the foot."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self._foot = foot
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(auto=True, margin=_MARGIN + 4)

    def footer(self) -> None:
        """The foot of every page but the first."""
        if self.page_no() == 1:
            return
        self.set_y(-_MARGIN + 2)
        self.set_font(_FONT, size=7)
        self.set_text_color(*_MUTED)
        self.cell(self.epw / 2, 4, self._foot)
        self.cell(self.epw / 2, 4, str(self.page_no()), align="R")

    def header(self) -> None:
        """Nothing: headings tell enough."""

    def normalize_text(self, text: str) -> str:
        """Text as it can be shown."""
        return super().normalize_text(clean(text))

    def write_line(self, text: str, size: float, *, face: str = _FONT, style: str = "", colour: tuple[int, int, int] =
                   _INK, after: float = 0.0, leading: float = 1.45) -> None:  # fmt: skip
        """A paragraph over the whole width."""
        self.set_font(face, style, size)
        self.set_text_color(*colour)
        self.multi_cell(self.epw, size * leading * 0.3528, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(after)

    def room_for(self, height: float) -> None:
        """Turn the page where less than so much is left."""
        if self.get_y() + height > self.page_break_trigger:
            self.add_page()


def render_pdf(validation: Validation) -> bytes:
    """The report as a PDF; the same validation gives the same bytes."""
    paper = _Paper(f"{validation.title}  ·  {validation.made_on.isoformat()}")
    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    for family, style, file in _FACES:
        paper.add_font(family, style, fonts / file)
    add_fonts(paper, _CHINESE)
    paper.set_fallback_fonts([_CHINESE], exact_match=False)
    paper.set_creation_date(datetime.combine(validation.made_on, time(), tzinfo=UTC))
    paper.set_title(validation.title)
    paper.set_subject(f"Model validation, {validation.portfolio}")
    paper.set_creator("Tradeline")
    paper.set_producer("Tradeline")
    paper.set_lang("en")
    _title_page(paper, validation)
    paper.add_page()
    paper.insert_toc_placeholder(_contents, pages=1)
    _findings(paper, validation)
    for number, section in enumerate(validation.sections, start=1):
        _section(paper, section, number)
    return bytes(paper.output())


def _title_page(paper: _Paper, validation: Validation) -> None:
    paper.add_page()
    paper.set_y(52)
    paper.write_line("TRADELINE  ·  MODEL VALIDATION", 8, colour=_MUTED, after=4)
    paper.write_line(validation.title, 26, face=_SERIF, after=2, leading=1.25)
    paper.write_line(f"Portfolio {validation.portfolio}, {validation.made_on.isoformat()}", 10, colour=_MUTED, after=8)
    paper.write_line(lead(validation), 11, after=10, leading=1.6)
    across, height = 4, 21.0
    width = (paper.epw - (across - 1) * 3) / across
    top = paper.get_y()
    for number, tile in enumerate(tiles(validation)):
        x, y = _MARGIN + number % across * (width + 3), top + number // across * (height + 3)
        paper.set_draw_color(*_LINE)
        paper.set_fill_color(245, 247, 249)
        paper.rect(x, y, width, height, style="DF", round_corners=True, corner_radius=1.2)
        for text, size, colour, down, leading in (
            (tile.label, 7.5, _MUTED, 2.0, 3.4),
            (tile.value, 15, _INK, 6.2, 6.5),
            (tile.note, 6.5, _MUTED, 13.4, 3.0),
        ):
            paper.set_xy(x + 3, y + down)
            paper.set_font(_FONT, size=size)
            paper.set_text_color(*colour)
            paper.multi_cell(width - 5, leading, text, align="L")
    paper.set_y(top + 2 * (height + 3) + 12)
    paper.write_line("Validator’s decision", 9, style="B", after=8)
    for label in ("Name", "Decision and conditions", "Date"):
        paper.set_draw_color(*_MUTED)
        paper.line(_MARGIN, paper.get_y(), _MARGIN + paper.epw, paper.get_y())
        paper.write_line(label, 7, colour=_MUTED, after=9)


def _contents(paper: FPDF, outline: list[OutlineSection]) -> None:
    assert isinstance(paper, _Paper)  # noqa: S101 - for the type checker: the class above made it
    paper.set_xy(_MARGIN, _MARGIN)
    paper.write_line("Contents", 16, face=_SERIF, after=4)
    for entry in outline:
        if entry.level:
            continue
        link = paper.add_link(page=entry.page_number)
        paper.set_font(_FONT, size=9.5)
        paper.set_text_color(*_INK)
        paper.cell(paper.epw - 12, 6.4, entry.name, link=link)
        paper.set_text_color(*_MUTED)
        paper.cell(12, 6.4, str(entry.page_number), align="R", link=link, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _heading(paper: _Paper, title: str) -> None:
    paper.room_for(40)
    paper.start_section(clean(title))
    paper.write_line(title, 16, face=_SERIF, after=2.5, leading=1.3)


def _findings(paper: _Paper, validation: Validation) -> None:
    _heading(paper, "Findings")
    paper.write_line("Each held against a threshold that was stated before.", 8.5, colour=_MUTED, after=2)
    for section in validation.sections:
        if section.findings:
            paper.room_for(22)
            paper.write_line(section.title, 8.5, style="B", after=0.8)
            _finding_table(paper, section.findings)
            paper.ln(3)


def _finding_table(paper: _Paper, findings: Sequence[Finding]) -> None:
    paper.set_font(_FONT, size=7.5)
    paper.set_draw_color(*_LINE)
    paper.set_fill_color(255)
    widths = (22.0, 0.6 * (paper.epw - 22), 0.4 * (paper.epw - 22))
    with paper.table(
        col_widths=widths, text_align="LEFT", v_align="TOP", line_height=3.7, padding=(0.9, 1.5, 0.9, 0),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES, first_row_as_headings=False,
    ) as table:  # fmt: skip
        for finding in findings:
            row = table.row()
            row.cell(finding.verdict, style=FontFace(color=_COLOURS[finding.verdict], emphasis="BOLD"))
            row.cell(finding.text, style=FontFace(color=_INK))
            row.cell(finding.threshold, style=FontFace(color=_MUTED))


def _section(paper: _Paper, section: Section, number: int) -> None:
    paper.ln(_GAP)
    _heading(paper, f"{number}  {section.title}")
    for paragraph in section.paragraphs:
        paper.write_line(paragraph, 8.8, after=1.6)
    for point in section.points:
        paper.write_line(f"•  {point}", 8.8, after=0.8)
    if section.findings:
        paper.ln(1)
        _finding_table(paper, section.findings)
    _pictures(paper, list(section.pictures))
    for table in section.tables:
        _table(paper, table)


def _pictures(paper: _Paper, pictures: list[Picture]) -> None:
    while pictures:
        beside = len(pictures) > 1 and not pictures[0].is_wide and not pictures[1].is_wide
        row = [pictures.pop(0) for _ in range(2 if beside else 1)]
        width = paper.epw if row[0].is_wide else (paper.epw - _GAP) / 2
        heights = [width * picture.size[1] / picture.size[0] for picture in row]
        paper.ln(3)
        paper.room_for(max(heights) + 18)
        top, bottom = paper.get_y(), paper.get_y()
        for number, (picture, height) in enumerate(zip(row, heights, strict=True)):
            x = _MARGIN + number * (width + _GAP)
            paper.set_xy(x, top)
            paper.set_font(_FONT, "B", 8)
            paper.set_text_color(*_INK)
            paper.multi_cell(width, 4, picture.title, align="L", new_x=XPos.LEFT, new_y=YPos.NEXT)
            paper.image(
                io.BytesIO(to_png(picture)), x, paper.get_y() + 0.5, width, height, alt_text=clean(picture.told)
            )
            paper.set_xy(x, paper.get_y() + height + 1.5)
            paper.set_font(_FONT, size=7)
            paper.set_text_color(*_MUTED)
            paper.multi_cell(width, 3.3, picture.caption, align="L", new_x=XPos.LEFT, new_y=YPos.NEXT)
            bottom = max(bottom, paper.get_y())
        paper.set_xy(_MARGIN, bottom)


def _table(paper: _Paper, table: Table) -> None:
    texts = [[shown(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows]
    titles = [column.title for column in table.columns]
    size, widths = _fitting(paper, [titles, *texts])
    paper.ln(3)
    paper.room_for(24)
    paper.write_line(table.title, 8.5, style="B", after=0.6)
    paper.set_font(_FONT, size=size)
    paper.set_draw_color(*_LINE)
    paper.set_fill_color(255)
    aligned = tuple("LEFT" if column.kind == "text" else "RIGHT" for column in table.columns)
    with paper.table(
        col_widths=widths, width=sum(widths), align="LEFT", text_align=aligned, v_align="TOP",
        line_height=size * 0.3528 * 1.35, padding=(0.8, 1.2, 0.8, 1.2),
        borders_layout=TableBordersLayout.HORIZONTAL_LINES, headings_style=FontFace(color=_MUTED),
    ) as drawn:  # fmt: skip
        drawn.row(titles)
        for row in texts:
            drawn.row(row, style=FontFace(color=_INK))
    if table.note:
        paper.ln(1)
        paper.write_line(table.note, 7, colour=_MUTED)


def _fitting(paper: _Paper, rows: list[list[str]]) -> tuple[float, tuple[float, ...]]:
    """The largest type in which every word fits its column, and the widths of the columns."""
    for size in _SIZES:
        paper.set_font(_FONT, size=size)
        found: Widths = widths_of(rows, paper.get_string_width, paper.epw, padding=2.6)
        if found.fits or size == _SIZES[-1]:
            return size, found.widths
    raise AssertionError("unreachable")
