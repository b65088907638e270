"""A letter as one self-contained HTML page: it loads nothing, runs no script, and prints as it reads."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from scoring.notice.fonts import embedded, require_shown
from scoring.notice.letter import Notice
from scoring.notice.required import require_complete
from scoring.notice.rules import rules_of
from scoring.notice.words import LABELS

__all__ = ["TONGUES", "render_html", "sender_lines"]

TONGUES: Final = {"en": "en", "zh": "zh-Hans"}
"""A letter's language, as documents name it."""

_WIDTHS: Final = {"a4": "210mm", "letter": "216mm"}


def render_html(notice: Notice, own_rules: Path | None = None) -> str:
    """The page; the same letter gives the same text.

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
    lines = sender_lines(notice)
    reference = "  ".join(f"{row.label} {row.value}" for row in notice.references[1:])
    page = functools.partial(
        _environment().get_template("notice.html.j2").render,
        notice=notice,
        sender_lines=lines,
        reference=reference,
        tongue=TONGUES[notice.language],
        paper=notice.paper,
        width=_WIDTHS[notice.paper],
    )
    bare = page(faces=())
    require_shown(bare)
    faces = (
        {"family": "Letter Sans", "source": Markup(embedded("sans", bare))},  # noqa: S704 - letters and digits alone
        {"family": "Letter Serif", "source": Markup(embedded("serif", _in_serif(notice)))},  # noqa: S704 - the same
    )
    return page(faces=faces)


def sender_lines(notice: Notice) -> tuple[str, ...]:
    """What stands under the sender's name in the head of a letter."""
    sender = notice.sender
    phone = (LABELS[notice.language]["phone"].format(phone=sender.phone),) if sender.phone else ()
    return (*sender.address, *phone, *((sender.website,) if sender.website else ()))


def _in_serif(notice: Notice) -> str:
    """What the style sheet sets in the serif face: the sender's name, headings, the score."""
    headings = (passage.heading for passage in notice.passages)
    scores = (row.value for passage in notice.passages if passage.block == "score" for row in passage.rows[:1])
    return "".join((notice.sender.name, notice.title, *headings, *scores))


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
