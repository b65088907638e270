"""The typefaces of letters: Noto Sans and Noto Serif, with Chinese, and DejaVu for letters that they lack.

Both are free to embed (SIL Open Font License 1.1, Bitstream Vera licence). A document holds only the
characters that it shows.
"""

from __future__ import annotations

import base64
import functools
import importlib.util
import io
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from scoring.errors import NoticeRefused

if TYPE_CHECKING:
    from fpdf import FPDF

__all__ = ["Face", "add_fonts", "embedded", "fallbacks_for", "font_path", "require_shown"]

Face = Literal["sans", "serif", "sans fallback", "serif fallback"]

_FAMILIES: Final[Mapping[Face, tuple[str, str]]] = {
    "sans": ("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"),
    "serif": ("pylopdf_fonts_zh_cn", "NotoSerifSC-Regular.otf"),
    "sans fallback": ("matplotlib", "mpl-data/fonts/ttf/DejaVuSans.ttf"),
    "serif fallback": ("matplotlib", "mpl-data/fonts/ttf/DejaVuSerif.ttf"),
}
"""Package and file of each face; the packages are found, not imported."""


def font_path(face: Face) -> Path:
    """The file of a face.

    Raises
    ------
    NoticeRefused
        If its package is not installed.
    """
    package, name = _FAMILIES[face]
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise NoticeRefused(f"font {face!r}: the package {package} is not installed; run `make setup`")
    return Path(found.origin).parent / name


def add_fonts(paper: FPDF, *faces: Face) -> None:
    """Give faces to a PDF, under their names."""
    logging.getLogger("fontTools.subset").setLevel(logging.WARNING)
    for face in faces:
        paper.add_font(face, "", font_path(face))


def fallbacks_for(text: str) -> tuple[Face, ...]:
    """The faces that a text needs beside Noto."""
    has_all = all(ord(each) in _characters("sans") for each in text)
    return () if has_all else ("sans fallback", "serif fallback")


def require_shown(text: str) -> None:
    """Refuse a text with a character that no face has: it would be an empty box in somebody's name.

    Raises
    ------
    NoticeRefused
        If there is one.
    """
    known = _characters("sans") | _characters("sans fallback")
    for each in text:
        if each not in "\n\t" and ord(each) not in known:
            raise NoticeRefused(
                f"notice: its fonts lack the character U+{ord(each):04X}; spell the name or address without it"
            )


def embedded(face: Face, text: str) -> str:
    """A face with the characters of a text alone, as the address of a font in a style sheet (``data:``)."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    logging.getLogger("fontTools.subset").setLevel(logging.WARNING)
    options = Options(layout_features=[], name_IDs=[0, 1, 2, 13, 14], notdef_outline=True, hinting=False)
    options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
    subsetter = Subsetter(options)
    subsetter.populate(text=text)
    written = io.BytesIO()
    with TTFont(font_path(face), recalcTimestamp=False) as font:
        subsetter.subset(font)
        font.flavor = "woff"
        font.save(written, reorderTables=None)
    return f"data:font/woff;base64,{base64.b64encode(written.getvalue()).decode()}"


@functools.cache
def _characters(face: Face) -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(font_path(face), lazy=True) as font:
        cmap: Callable[[], Mapping[int, str]] = font.getBestCmap
        return frozenset(cmap())
