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
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from scoring.errors import NoticeRefused, ScriptRefused

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont
    from fpdf import FPDF
    from fpdf.fonts import TTFFont

__all__ = ["Face", "add_fonts", "embedded", "fallbacks_for", "font_path", "require_shown"]

Face = Literal["sans", "serif", "sans fallback", "serif fallback"]

_FAMILIES: Final[Mapping[Face, tuple[str, str]]] = {
    "sans": ("pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"),
    "serif": ("pylopdf_fonts_zh_cn", "NotoSerifSC-Regular.otf"),
    "sans fallback": ("matplotlib", "mpl-data/fonts/ttf/DejaVuSans.ttf"),
    "serif fallback": ("matplotlib", "mpl-data/fonts/ttf/DejaVuSerif.ttf"),
}
"""Package and file of each face; the packages are found, not imported."""

_NOT_IN_PAGES: Final = frozenset({"BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"})
"""Tables that a page has no use for."""


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
    """Give faces to a PDF, under their names, as its ``add_font`` does; each is measured once a process."""
    from fpdf.fonts import SubsetMap

    logging.getLogger("fontTools.subset").setLevel(logging.WARNING)
    for face in faces:
        font = copy(_measured(face))
        font.i = len(paper.fonts) + 1
        font.fontkey = face
        font.desc, font.cw, font.missing_glyphs = copy(font.desc), font.cw.copy(), []  # written to while a page is set
        font.ttfont, font.subset = _taken(face), SubsetMap(font)
        paper.fonts[face] = font
        if font.is_cff and font.is_cid_keyed:
            paper._set_min_pdf_version("1.6")


def fallbacks_for(text: str) -> tuple[Face, ...]:
    """The faces that a text needs beside Noto."""
    has_all = all(ord(each) in _characters("sans") for each in text)
    return () if has_all else ("sans fallback", "serif fallback")


def require_shown(text: str) -> None:
    """Refuse a text with a character that no face has: it would be an empty box in somebody's name.

    Raises
    ------
    ScriptRefused
        If there is one.
    """
    known = _characters("sans") | _characters("sans fallback")
    for each in text:
        if each not in "\n\t" and ord(each) not in known:
            raise ScriptRefused(
                f"notice: its fonts lack the character U+{ord(each):04X}; spell the name or address without it",
                page_can=False,
            )


def embedded(face: Face, text: str) -> str:
    """A face with the characters of a text alone, as the address of a font in a style sheet (``data:``)."""
    from fontTools.subset import Options, Subsetter

    logging.getLogger("fontTools.subset").setLevel(logging.WARNING)
    options = Options(layout_features=[], name_IDs=[0, 1, 2, 13, 14], notdef_outline=True, hinting=False)
    subsetter = Subsetter(options)
    subsetter.populate(text=text)
    written = io.BytesIO()
    with _taken(face) as font:
        for table in _NOT_IN_PAGES & set(font.keys()):
            del font[table]  # before the subsetter reads them
        subsetter.subset(font)
        font.flavor = "woff"
        font.save(written, reorderTables=None)
    return f"data:font/woff;base64,{base64.b64encode(written.getvalue()).decode()}"


def _characters(face: Face) -> frozenset[int]:
    return _parsed(face).characters


@dataclass(frozen=True, eq=False)
class _Parsed:
    """What is the same of a face for every letter and takes long to read; nobody changes it."""

    glyphs: tuple[str, ...]
    tables: Mapping[str, Any]
    characters: frozenset[int]


@functools.cache
def _parsed(face: Face) -> _Parsed:
    from fontTools.ttLib import TTFont

    with TTFont(font_path(face), recalcTimestamp=False) as font:
        glyphs = tuple(font.getGlyphOrder())
        tables = {name: font[name] for name in ("cmap", "hmtx", "vmtx") if name in font}
        for each in tables["cmap"].tables:
            each.ensureDecompiled()  # now, and not within somebody's letter
        return _Parsed(glyphs, tables, frozenset(font.getBestCmap()))


def _taken(face: Face) -> TTFont:
    """A face of one letter's own, to be cut down to what the letter shows."""
    from fontTools.ttLib import TTFont

    kept = _parsed(face)
    font = TTFont(font_path(face), recalcTimestamp=False, lazy=True)
    font.setGlyphOrder(list(kept.glyphs))
    for name, table in kept.tables.items():
        own = copy(table)
        if name == "cmap":
            own.tables = [_own_characters(each) for each in table.tables]
        else:
            own.metrics = dict(table.metrics)
        font.tables[name] = own
    return font


def _own_characters(table: Any) -> Any:
    own = copy(table)
    own.cmap = dict(table.cmap)
    return own


@functools.cache
def _measured(face: Face) -> TTFFont:
    """A face as a PDF measures it; nothing is set with it."""
    from fpdf import FPDF

    paper = FPDF()
    paper.add_font(face, "", font_path(face))
    font = cast("TTFFont", paper.fonts[face])
    font.close()
    return font
