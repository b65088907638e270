"""The rows of rules as files state them: read, checked, and put on top of one another.

A file may stand on top of another's (``us-ca`` on ``us``), and a home's own files stand on top of those
that ship, of the same name each.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, get_args

from scoring.errors import NoticeRefused
from scoring.notice.facts import Kind, Language

__all__ = ["CONDITIONS", "Element", "Periods", "Rows", "jurisdictions", "read_rows"]

CONDITIONS: Final = (
    "report used", "score used", "automated", "recourse known", "no recourse known", "creditor phone known",
)  # fmt: skip
"""When an element is asked for; without a condition it always is."""

_SHIPPED: Final = Path(__file__).parent / "rules"
_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
_OF_FILE: Final = {"extends", "jurisdiction", "paper", "periods", "authority", "element"}
_OF_ELEMENT: Final = {
    "name", "law", "kinds", "when", "needs", "block", "after", "effective_from", "effective_to", *_LANGUAGES
}  # fmt: skip


@dataclass(frozen=True)
class Periods:
    """How long things may take.

    Parameters
    ----------
    notice_days : int
        Days from a completed application to the notice of what was decided.
    counter_offer_days : int
        Days from a counter-offer that was not accepted to the notice of adverse action.
    incomplete_days : int
        Days from an incomplete application to the notice of what it lacks.
    free_copy_days : int
        Days in which a person may ask the bureau for a free copy of the report; 0 where there is no such right.
    answer_days : int
        Days that an applicant is given to supply what an application lacks.
    """

    notice_days: int
    counter_offer_days: int
    incomplete_days: int
    free_copy_days: int
    answer_days: int


@dataclass(frozen=True)
class Element:
    """Something that a letter must say.

    Parameters
    ----------
    name : str
        Its name, unique in a jurisdiction.
    law : str
        What asks for it; "house" where we ask for it ourselves.
    kinds : tuple of str
        The kinds of letter that hold it.
    when : str
        The condition under which it is asked for, of :data:`CONDITIONS`; empty: always.
    needs : tuple of str
        Facts without which it cannot be said.
    block : str
        What stands under its words; empty: nothing.
    heading, text : mapping of language to str
        Its words; paragraphs of the text are parted by an empty line.
    effective_from, effective_to : date
        The first day on which it applies, and the last, if there is one.
    """

    name: str
    law: str
    kinds: tuple[Kind, ...]
    when: str
    needs: tuple[str, ...]
    block: str
    heading: Mapping[Language, str]
    text: Mapping[Language, str]
    effective_from: date
    effective_to: date | None


@dataclass(frozen=True)
class Rows:
    """All rows of a jurisdiction, whenever they apply.

    Parameters
    ----------
    paper : str
        Format of a page.
    periods, authorities : tuple of mapping
        Rows as they stand in the files, checked.
    elements : tuple of Element
        The elements, in the order in which they are said.
    """

    paper: str
    periods: tuple[Mapping[str, Any], ...]
    authorities: tuple[Mapping[str, Any], ...]
    elements: tuple[Element, ...]


def jurisdictions() -> tuple[str, ...]:
    """The jurisdictions that ship with rules."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.toml")))


def read_rows(jurisdiction: str, own: Path | None) -> Rows:
    """The rows of a jurisdiction: of what it stands on, its own, and on top those of a folder.

    Raises
    ------
    NoticeRefused
        If there are none, or a file cannot be understood.
    """
    return _put_together(_layers(jurisdiction, own))


def _layers(jurisdiction: str, own: Path | None) -> tuple[tuple[Path, str], ...]:
    """The files of a jurisdiction with their texts, the lowest first."""
    if jurisdiction not in jurisdictions():
        raise NoticeRefused(f"{jurisdiction}: no rules of notices; known are {', '.join(jurisdictions())}")
    path = _SHIPPED / f"{jurisdiction}.toml"
    text = _text(path)
    base = _parsed(path, text).get("extends")
    below = _layers(base, own) if base else ()
    mine = own / path.name if own is not None else None
    return (*below, (path, text), *(((mine, _text(mine)),) if mine is not None and mine.is_file() else ()))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NoticeRefused(f"{path}: cannot be read: {error}; correct it") from None


@functools.lru_cache(64)
def _put_together(layers: tuple[tuple[Path, str], ...]) -> Rows:
    rows = Rows("a4", (), (), ())
    for path, text in layers:
        try:
            rows = _on_top(rows, path, _parsed(path, text))
        except (AttributeError, TypeError, ValueError):
            raise NoticeRefused(
                f"{path}: a row has a value of the wrong type; see those that ship for its form"
            ) from None
    return rows


@functools.lru_cache(64)
def _parsed(path: Path, text: str) -> Mapping[str, Any]:
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NoticeRefused(f"{path}: cannot be read as TOML: {error}; correct it") from None
    unknown = sorted(set(parsed) - _OF_FILE)
    if unknown:
        raise NoticeRefused(f"{path}: {unknown[0]!r} is no part of rules; known are {', '.join(sorted(_OF_FILE))}")
    return parsed


def _on_top(base: Rows, path: Path, parsed: Mapping[str, Any]) -> Rows:
    """What a file adds: an element follows the one it names, and else stands at the end."""
    elements = list(base.elements)
    for row in parsed.get("element", ()):
        element = _element(path, row)
        after = row.get("after")
        names = [each.name for each in elements]
        if after is not None and after not in names:
            raise NoticeRefused(f"{path}: element {element.name!r} stands after {after!r}, which there is not")
        place = len(names) - names[::-1].index(after) if after is not None else len(elements)
        elements.insert(place, element)
    _require_one_at_a_time(path, elements)
    return Rows(
        parsed.get("paper", base.paper),
        (*base.periods, *_dated(path, "periods", parsed, Periods.__dataclass_fields__)),
        (*base.authorities, *_dated(path, "authority", parsed, ("key", "name", "address"))),
        tuple(elements),
    )


def _dated(path: Path, name: str, parsed: Mapping[str, Any], asked: Iterable[str]) -> Sequence[Mapping[str, Any]]:
    rows: list[dict[str, Any]] = parsed.get(name, [])
    for row in rows:
        for each in ("effective_from", *asked):
            if each not in row:
                raise NoticeRefused(f"{path}: a row of {name} lacks {each!r}; add it")
        _require_days(path, row)
    return rows


def _element(path: Path, row: Mapping[str, Any]) -> Element:
    name = row.get("name", "")
    where = f"{path}: element {name!r}"
    for unknown in sorted(set(row) - _OF_ELEMENT):
        raise NoticeRefused(f"{where} has {unknown!r}, which is unknown; remove it")
    for asked in ("name", "law", "kinds", "effective_from", *_LANGUAGES):
        if not row.get(asked):
            raise NoticeRefused(f"{where} lacks {asked!r}; add it")
    _require_days(path, row)
    for kind in row["kinds"]:
        if kind not in _KINDS:
            raise NoticeRefused(f"{where}: {kind!r} is no kind of notice; known are {', '.join(_KINDS)}")
    when = row.get("when", "")
    if when and when not in CONDITIONS:
        raise NoticeRefused(f"{where}: {when!r} is no condition; known are {', '.join(CONDITIONS)}")
    return Element(
        name,
        row["law"],
        tuple(row["kinds"]),
        when,
        tuple(row.get("needs", ())),
        row.get("block", ""),
        {language: row[language].get("heading", "") for language in _LANGUAGES},
        {language: row[language].get("text", "").strip() for language in _LANGUAGES},
        row["effective_from"],
        row.get("effective_to"),
    )


def _require_days(path: Path, row: Mapping[str, Any]) -> None:
    for name in ("effective_from", "effective_to"):
        if name in row and type(row[name]) is not date:
            raise NoticeRefused(f"{path}: {name} is no date; write it as 2026-01-31, without quotes")


def _require_one_at_a_time(path: Path, elements: Sequence[Element]) -> None:
    """Of one element, one version at a time for a kind of letter and a condition."""
    for number, one in enumerate(elements):
        for other in elements[number + 1 :]:
            same = one.name == other.name and set(one.kinds) & set(other.kinds)
            if same and _overlap(one, other):
                raise NoticeRefused(
                    f"{path}: element {one.name!r} is declared twice for the same days; end one with effective_to"
                )


def _overlap(one: Element, other: Element) -> bool:
    first, last = sorted((one, other), key=lambda each: each.effective_from)
    return first.effective_to is None or last.effective_from <= first.effective_to
