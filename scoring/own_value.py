"""A person's own value of a feature, and what approved applicants typically show, in words."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from features.declaration import Derived, Feature
from features.phrases import is_standing, is_yes_or_no, phrase_of
from features.reasons import REASONS
from scoring.baselines import ReferenceGroup
from scoring.typical import Typical

__all__ = ["Beside", "Words", "words_for"]

_MINUS: Final = "\N{MINUS SIGN}"
_GAP: Final = "\N{NO-BREAK SPACE}"
_MOSTLY: Final = 0.5
"""Where nothing is on file of a larger share of the approved, that is what is typical."""

_LONG_UNIT: Final = re.compile(rf"{_GAP}[a-z]+$|个月$|天$|年$|倍$")
_MOST_PERCENT: Final = 1000
"""From so many per cent on, a share is told as times."""

_Format = Callable[[float], str]


class Beside(IntEnum):
    """What an own value is told beside, the less telling first."""

    NOTHING = 0
    """Nothing: whatever the others show would seem to speak against the reason."""

    MEDIAN = 1
    """The median of the others: the value is usual among them, but on the side of more risk."""

    RANGE = 2
    """The middle half of the others, which the value lies outside of."""


@dataclass(frozen=True)
class Words:
    """How a feature is told: everything but the person's own value is written once.

    Parameters
    ----------
    typical : Typical
        What the applicants it is compared with show.
    direction : {-1, 0, 1}
        How risk moves when it grows; 0 where that is not declared.
    is_flag : bool
        Whether it is yes or no, of which there is no median.
    before, before_zh : str
        What stands before the own value, in English and Chinese.
    after, after_zh : tuple of str
        What stands after it, by :class:`Beside`.
    missing, missing_zh : str
        The own value when there is none.
    number, number_zh : callable
        The own value otherwise.
    ends : (str, str)
        The ends of the others' range as they are printed in English.
    middle : str
        Their median, likewise.
    """

    typical: Typical
    direction: int
    is_flag: bool
    before: str
    before_zh: str
    after: tuple[str, str, str]
    after_zh: tuple[str, str, str]
    missing: str
    missing_zh: str
    number: _Format
    number_zh: _Format
    ends: tuple[str, str]
    middle: str

    def beside(self, value: float) -> Beside:
        """What a person's own value (NaN where there is none) is told beside.

        A value counts as it is printed: one that rounds to an end of the range is not told beside the range.
        """
        typical = self.typical
        if math.isnan(value):
            return Beside.NOTHING if _is_unknown(typical) else Beside.RANGE
        if typical.low is None or typical.high is None or _is_unknown(typical):
            return Beside.RANGE
        if typical.is_safer(value, self.direction):
            return Beside.NOTHING
        own = self.number(value)
        if not typical.low <= value <= typical.high and own not in self.ends:
            return Beside.RANGE
        median = typical.median
        if median is None or self.is_flag or self.middle == own or self.direction * (value - median) < 0:
            return Beside.NOTHING
        return Beside.MEDIAN

    def told(self, value: float) -> tuple[str, str]:
        """The sentence for a person's own value (NaN where there is none), in English and Chinese."""
        missing, beside = math.isnan(value), self.beside(value)
        own, own_zh = (self.missing, self.missing_zh) if missing else (self.number(value), self.number_zh(value))
        return f"{self.before}{own}{self.after[beside]}", f"{self.before_zh}{own_zh}{self.after_zh[beside]}"


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
    is_flag = is_yes_or_no(feature)
    number, number_zh = _NUMBERS["flag" if is_flag else "standing" if is_standing(feature) else feature.unit]
    stated = isinstance(feature, Feature) and bool(feature.stated_as)
    missing, missing_zh = ("not stated", "未填写") if stated else ("nothing on file", "无记录")
    who, who_zh = _GROUPS[group]
    low, median, high = ("" if mark is None else number(mark) for mark in (typical.low, typical.median, typical.high))
    median_zh = "" if typical.median is None else number_zh(typical.median)
    return Words(
        typical=typical,
        direction=int(feature.direction),
        is_flag=is_flag,
        before=f"{reason.statement} ({phrase}): " if phrase != reason.statement else f"{phrase}: ",
        before_zh=f"{reason.statement_zh}（{phrase_zh}）：" if phrase_zh != reason.statement_zh else f"{phrase_zh}：",
        after=(
            "",
            f"; median of {who} {median}",
            f"; {who} typically {_range(typical, number, missing, ' to ')}",
        ),
        after_zh=(
            "",
            f"；{who_zh}的中位数为{median_zh}",
            f"；{who_zh}通常为{_range(typical, number_zh, missing_zh, '至')}",
        ),
        missing=missing,
        missing_zh=missing_zh,
        number=number,
        number_zh=number_zh,
        ends=(low, high),
        middle=median,
    )


def _is_unknown(typical: Typical) -> bool:
    """Whether that nothing is known is what is typical."""
    return typical.low is None or typical.missing > _MOSTLY


def _range(typical: Typical, number: _Format, missing: str, to: str) -> str:
    if typical.low is None or typical.high is None or _is_unknown(typical):
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
    if round(100 * abs(value)) >= _MOST_PERCENT:
        return f"{_short(value)}{_GAP}times"
    return f"{_short(100 * value) if abs(value) < 0.01 else _plain(100 * value)}{_GAP}%"


def _share_zh(value: float) -> str:
    return _share(value).replace(_GAP, "").replace("times", "倍")


def _of_one_or_many(unit: str) -> _Format:
    def told(value: float) -> str:
        number = _short(value)
        return f"{number}{_GAP}{unit if number in ('1', f'{_MINUS}1') else f'{unit}s'}"

    return told


def _with(unit: str) -> _Format:
    return lambda value: f"{_short(value)}{unit}"


def _standing(value: float) -> str:
    settled = {-2.0: "card not used", -1.0: "paid in full", 0.0: "paid in part"}.get(value)
    return settled or f"{_of_one_or_many('month')(value)} late"


def _standing_zh(value: float) -> str:
    settled = {-2.0: "未使用", -1.0: "全额还款", 0.0: "部分还款"}.get(value)
    return settled or f"逾期{_short(value)}个月"


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
        "standing": (_standing, _standing_zh),
        "flag": (lambda value: "yes" if value else "no", lambda value: "是" if value else "否"),
    }
)
"""How a value is written in each unit, in English and in Chinese."""
