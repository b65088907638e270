"""Where a line may end: after a space, or between Chinese characters, but not before a mark that closes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

__all__ = ["broken"]

_CLOSING: Final = "，。；：、！？）》」』】”’%％°,.;:!?)]}"
_OPENING: Final = "（《「『【“‘([{"
_CHINESE: Final = r"\u2e80-\u9fff\uf900-\ufaff"
_WORD: Final = rf"(?:\u00a0|[^\s{_CHINESE}{re.escape(_CLOSING + _OPENING)}])+"
_UNIT: Final = re.compile(rf"[{re.escape(_OPENING)}]*(?:[{_CHINESE}]|{_WORD}|)[{re.escape(_CLOSING)}]*|[^\S\u00a0]+")


def broken(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """The lines of a paragraph; a word that is wider than a line is parted.

    Parameters
    ----------
    text : str
        The paragraph.
    width : float
        What a line may take.
    measure : callable
        The width of a text, in the same unit.

    Examples
    --------
    >>> broken("我们收到了您的申请，谢谢。", 9, len)
    ['我们收到了您的申', '请，谢谢。']
    >>> broken("提供方为Tradeline Bureau。", 14, len)
    ['提供方为Tradeline', 'Bureau。']
    >>> broken("d-5b1c1c0e6f2a", 8, len)
    ['d-5b1c1c', '0e6f2a']
    """
    lines: list[str] = []
    line = ""
    for unit in _units(text, width, measure):
        if line and measure((line + unit).rstrip()) > width:
            lines.append(line.rstrip())
            line = unit.lstrip()
        else:
            line += unit
    return [*lines, line.rstrip()] if line.strip() else lines


def _units(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    """What stands together: a character or a word, with the marks that belong to it."""
    for found in _UNIT.finditer(text):
        unit = found.group()
        if unit and measure(unit.rstrip()) > width:
            yield from unit
        elif unit:
            yield unit
