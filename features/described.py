"""All that the catalogue says of a feature in one place, and finding features by words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from features.catalogue import Catalogue
from features.declaration import Derived, Feature
from features.permitted import JURISDICTIONS
from features.ranges import expected_range
from features.reasons import REASONS
from features.units import UNITS

__all__ = ["DIRECTIONS", "Description", "describe", "find"]

DIRECTIONS: Final = {1: "raises risk", -1: "lowers risk", 0: ""}
"""What the direction of a feature says, for people."""

_DERIVED: Final = "derived"


@dataclass(frozen=True)
class Description:
    """What is declared of a feature, and what follows from it.

    Parameters
    ----------
    name, meaning, unit : str
        As declared.
    type : str
        What kind of number it is: whole, number or flag.
    view : str
        Name of its view; ``derived`` for one that is computed from others.
    window : int or None
        Months that it looks back; None where it looks at all that is known.
    expected : tuple of float
        Least and largest value that are expected.
    direction : int
        How risk moves when it grows: 1 up, -1 down, 0 not declared.
    null_means : str
        What a missing value says.
    reason_code, reason, reason_zh : str
        The reason it counts towards, as it is told in English and in Chinese.
    use : dict of str to tuple of str
        Jurisdiction to whether it may be used to decide on credit there, and why not.
    reads : tuple of str
        Fields of the history (fact.column) it comes from.
    computed_from : tuple of str
        The features that a derived one is computed from.
    sql : str
        The aggregate over its view as it was declared; how a derived one is computed.
    """

    name: str
    meaning: str
    unit: str
    type: str
    view: str
    window: int | None
    expected: tuple[float, float]
    direction: int
    null_means: str
    reason_code: str
    reason: str
    reason_zh: str
    use: dict[str, tuple[str, str]]
    reads: tuple[str, ...]
    computed_from: tuple[str, ...]
    sql: str


def describe(catalogue: Catalogue, name: str) -> Description:
    """What the catalogue says of a feature.

    Raises
    ------
    UnknownFeature
        If there is none of this name.

    Examples
    --------
    >>> from features.definitions.all import CATALOGUE
    >>> told = describe(CATALOGUE, "income")
    >>> told.meaning, told.unit, told.use["eu"], told.reads
    ('yearly income', 'amount', ('permitted', ''), ('application.income',))
    """
    item = catalogue[name]
    unit, reason = UNITS[item.unit], REASONS[item.reason]
    return Description(
        name=name,
        meaning=item.meaning,
        unit=item.unit,
        type=unit.type,
        view=item.view if isinstance(item, Feature) else _DERIVED,
        window=item.window if isinstance(item, Feature) else None,
        expected=expected_range(item),
        direction=item.direction,
        null_means=item.null_means,
        reason_code=reason.code,
        reason=reason.statement,
        reason_zh=reason.statement_zh,
        use={place: catalogue.use(name, place) for place in JURISDICTIONS},
        reads=tuple(sorted(catalogue.reads(name))),
        computed_from=tuple(sorted(item.expression.operands)) if isinstance(item, Derived) else (),
        sql=(item.written or item.sql) if isinstance(item, Feature) else repr(item.expression),
    )


def find(catalogue: Catalogue, text: str, names: Iterable[str] | None = None) -> list[str]:
    """The features in whose name, meaning or reason all words of a text stand, whatever their case.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue.
    text : str
        Words, or parts of them, in English or Chinese; an empty text finds all.
    names : iterable of str, optional
        Where to look; by default in all features.

    Examples
    --------
    >>> from features.definitions.all import CATALOGUE
    >>> find(CATALOGUE, "REFUSED for score")
    ['inquiry_refused_by_score']
    """
    words = [word.lower() for word in re.split(r"[\s_]+", text) if word]
    wanted = [item.name for item in catalogue] if names is None else list(names)
    return [name for name in wanted if all(word in _text(catalogue, name) for word in words)]


def _text(catalogue: Catalogue, name: str) -> str:
    item = catalogue[name]
    reason = REASONS[item.reason]
    return f"{name} {item.meaning} {reason.statement} {reason.statement_zh}".lower()
