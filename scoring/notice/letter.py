"""A letter as a value: who writes to whom, and what it says, passage by passage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from scoring.notice.facts import Kind, Language, Party

__all__ = ["Notice", "Passage", "Point", "Row"]


@dataclass(frozen=True)
class Point:
    """One of several things told.

    Parameters
    ----------
    lead : str
        It in a few words.
    detail : str
        What there is to add; may be empty.
    """

    lead: str
    detail: str = ""


@dataclass(frozen=True)
class Row:
    """A figure or a name with its label.

    Parameters
    ----------
    label, value : str
        Both as they are read.
    """

    label: str
    value: str


@dataclass(frozen=True)
class Passage:
    """What a letter says to satisfy one element.

    Parameters
    ----------
    element, law : str
        The element, and what asks for it.
    block : str
        The shape of what stands under the paragraphs; empty: nothing does.
    heading : str
        Its heading; empty where it goes on from the passage before.
    paragraphs : tuple of str
        Its words.
    points : tuple of Point
        What it lists.
    rows : tuple of Row
        The figures it tells.
    address : tuple of str
        The lines of an address that it gives.
    """

    element: str
    law: str
    block: str
    heading: str
    paragraphs: tuple[str, ...]
    points: tuple[Point, ...] = ()
    rows: tuple[Row, ...] = ()
    address: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing, or nothing of what its block is for."""
        beneath = self.points or self.rows or self.address
        return not self.paragraphs or bool(self.block and not beneath)


@dataclass(frozen=True)
class Notice:
    """A letter, complete and ready to be written.

    Parameters
    ----------
    kind, language, jurisdiction : str
        What it is, in which language, under whose law.
    on : date
        Its date.
    decision_id : str
        The decision that it tells of.
    conditions : frozenset of str
        What decided which elements it must hold.
    paper : str
        Format of a page: ``letter`` or ``a4``.
    title : str
        Its subject.
    sender, recipient : Party
        From whom and to whom.
    references : tuple of Row
        What identifies it.
    greeting, closing : str
        How it begins and ends.
    passages : tuple of Passage
        What it says, in order.
    mark : str
        What stands above everything on each page, so that a preview is not taken for the letter; empty on a letter.
    """

    kind: Kind
    language: Language
    jurisdiction: str
    on: date
    decision_id: str
    conditions: frozenset[str]
    paper: str
    title: str
    sender: Party
    recipient: Party
    references: tuple[Row, ...]
    greeting: str
    closing: str
    passages: tuple[Passage, ...]
    mark: str = ""
