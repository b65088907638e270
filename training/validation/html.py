"""The validation as one self-contained HTML page.

It loads nothing, runs no script and reads the same offline, on paper and in ten years.
"""

from __future__ import annotations

from markupsafe import Markup

from training.pages import page_environment
from training.report.drawing import to_svg
from training.report.section import Cell, Column, Picture, Section
from training.report.shown import clean, shown
from training.validation.summary import lead, tiles
from training.validation.validation import Validation

__all__ = ["render_html"]


def render_html(validation: Validation) -> str:
    """The page; the same validation gives the same text."""
    environment = page_environment()
    environment.filters |= {"shown": _shown, "is_number": _is_number}
    page = environment.get_template("report.html.j2").render(
        validation=validation,
        lead=lead(validation),
        tiles=tiles(validation),
        draw=_draw,
        rows_of=_rows_of,
    )
    return clean(page)


def _shown(cell: Cell, column: Column) -> str:
    return shown(cell, column)


def _is_number(column: Column) -> bool:
    return column.kind != "text"


def _draw(section: Section, picture: Picture) -> Markup:
    return Markup(to_svg(picture, section.key.replace("_", "-")))  # noqa: S704 - drawn here, its words are escaped


def _rows_of(section: Section) -> list[list[Picture]]:
    """Pictures as they stand: a wide one alone, two narrow ones side by side."""
    rows: list[list[Picture]] = []
    for picture in section.pictures:
        last = rows[-1] if rows else []
        if not picture.is_wide and len(last) == 1 and not last[0].is_wide:
            last.append(picture)
        else:
            rows.append([picture])
    return rows
