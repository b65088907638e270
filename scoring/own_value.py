"""A person's own value of a feature, and what approved applicants typically show, in words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from features.declaration import Derived, Feature
from features.phrases import is_yes_or_no, phrase_of
from features.reasons import REASONS
from scoring.baselines import ReferenceGroup
from scoring.typical import Typical

__all__ = ["Words", "words_for"]

_MINUS: Final = "\N{MINUS SIGN}"
_GAP: Final = "\N{NO-BREAK SPACE}"
_MOSTLY: Final = 0.5
"""Where nothing is on file of a larger share of the approved, that is what is typical."""

_LONG_UNIT: Final = re.compile(rf"{_GAP}[a-z]+$|个月$|天$|年$")

_Format = Callable[[float], str]


@dataclass(frozen=True)
class Words:
    """How a feature is told: everything but the person's own value is written once.

    Parameters
    ----------
    before, after : str
        What stands before and after the own value, in English.
    before_zh, after_zh : str
        The same in Chinese.
    missing, missing_zh : str
        The own value when there is none.
    number, number_zh : callable
        The own value otherwise.
    """

    before: str
    after: str
    before_zh: str
    after_zh: str
    missing: str
    missing_zh: str
    number: _Format
    number_zh: _Format

    def told(self, value: float) -> tuple[str, str]:
        """The sentence for a person's own value (NaN where there is none), in English and Chinese."""
        missing = math.isnan(value)
        own, own_zh = (self.missing, self.missing_zh) if missing else (self.number(value), self.number_zh(value))
        return f"{self.before}{own}{self.after}", f"{self.before_zh}{own_zh}{self.after_zh}"


def words_for(feature: Feature | Derived, typical: Typical, group: ReferenceGroup) -> Words:
    """How a feature is told.

    Parameters
    ----------
    feature : Feature or Derived
        The feature.
    typical : Typical
        What the applicants it is compared with show.
    group : {"approved", "safest"}
        Who they are.
    """
    reason, (phrase, phrase_zh) = REASONS[feature.reason], phrase_of(feature)
    number, number_zh = _NUMBERS["flag" if is_yes_or_no(feature) else feature.unit]
    stated = isinstance(feature, Feature) and bool(feature.stated_as)
    missing, missing_zh = ("not stated", "未填写") if stated else ("nothing on file", "无记录")
    who, who_zh = _GROUPS[group]
    return Words(
        before=f"{reason.statement} ({phrase}): " if phrase != reason.statement else f"{phrase}: ",
        after=f"; {who} typically {_range(typical, number, missing, ' to ')}",
        before_zh=f"{reason.statement_zh}（{phrase_zh}）：" if phrase_zh != reason.statement_zh else f"{phrase_zh}：",
        after_zh=f"；{who_zh}通常为{_range(typical, number_zh, missing_zh, '至')}",
        missing=missing,
        missing_zh=missing_zh,
        number=number,
        number_zh=number_zh,
    )


def _range(typical: Typical, number: _Format, missing: str, to: str) -> str:
    if typical.low is None or typical.high is None or typical.missing > _MOSTLY:
        return missing
    low, high = number(typical.low), number(typical.high)
    if low == high:
        return low
    return f"{_LONG_UNIT.sub('', low)}{to}{high}"  # "6 to 16 months", but "5 % to 31 %"


def _plain(value: float, digits: int = 0) -> str:
    text = f"{value:,.{digits}f}"
    return text.replace("-", _MINUS) if float(text.replace(",", "")) else text.lstrip("-")


def _short(value: float) -> str:
    """Whole where it is whole or large, else one digit, and two where it is small."""
    digits = 0 if value == round(value) or abs(value) >= 100 else 1 if abs(value) >= 1 else 2
    return _plain(value, digits)


def _share(value: float) -> str:
    return f"{_short(100 * value) if abs(value) < 0.01 else _plain(100 * value)}{_GAP}%"


def _share_zh(value: float) -> str:
    return _share(value).replace(_GAP, "")


def _of_one_or_many(unit: str) -> _Format:
    def told(value: float) -> str:
        number = _short(value)
        return f"{number}{_GAP}{unit if number in ('1', f'{_MINUS}1') else f'{unit}s'}"

    return told


def _with(unit: str) -> _Format:
    return lambda value: f"{_short(value)}{unit}"


_GROUPS: Final[Mapping[ReferenceGroup, tuple[str, str]]] = MappingProxyType(
    {
        "approved": ("approved applicants", "获批申请人"),
        "safest": ("applicants of the lowest risk", "风险最低的申请人"),
    }
)

_NUMBERS: Final[Mapping[str, tuple[_Format, _Format]]] = MappingProxyType(
    {
        "share": (_share, _share_zh),
        "amount": (_short, _short),
        "count": (_short, _short),
        "level": (_short, _short),
        "score": (_short, _short),
        "months": (_of_one_or_many("month"), _with("个月")),
        "days": (_of_one_or_many("day"), _with("天")),
        "years": (_of_one_or_many("year"), _with("年")),
        "flag": (lambda value: "yes" if value else "no", lambda value: "是" if value else "否"),
    }
)
"""How a value is written in each unit, in English and in Chinese."""
