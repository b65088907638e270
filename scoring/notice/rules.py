"""What a jurisdiction asks of a letter on a day.

A file (:mod:`scoring.notice.rows`) holds what one jurisdiction asks for: its periods, its authorities,
and the elements of each kind of letter with their words. Every row has the first day on which it
applies, and may have the last, so that a letter is made, and made again, under the rules of its own day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from scoring.errors import NoticeRefused
from scoring.notice.facts import Kind, Party
from scoring.notice.rows import Element, Periods, read_rows

__all__ = ["NoticeRules", "rules_of"]


@dataclass(frozen=True)
class NoticeRules:
    """What a jurisdiction asks of letters on one day.

    Parameters
    ----------
    jurisdiction : str
        Its name.
    on : date
        The day.
    paper : str
        Format of a page: ``letter`` or ``a4``.
    periods : Periods
        How long things may take.
    authorities : mapping of str to Party
        The authorities that a letter may name, by their keys.
    elements : tuple of Element
        What letters must say, in the order in which it is said.
    """

    jurisdiction: str
    on: date
    paper: str
    periods: Periods
    authorities: Mapping[str, Party]
    elements: tuple[Element, ...]

    def asked(self, kind: Kind, conditions: Iterable[str]) -> tuple[Element, ...]:
        """The elements that a letter of a kind must hold under some conditions.

        Raises
        ------
        NoticeRefused
            If the jurisdiction knows no such letter on that day.
        """
        known = set(conditions)
        found = tuple(each for each in self.elements if kind in each.kinds and (not each.when or each.when in known))
        if not found:
            raise NoticeRefused(
                f"{self.jurisdiction}: no notice of the kind {kind!r} on {self.on}; add its elements to the rules"
            )
        return found


def rules_of(jurisdiction: str, on: date, own: Path | None = None) -> NoticeRules:
    """The rules in force in a jurisdiction on a day.

    Parameters
    ----------
    jurisdiction : str
        Its name.
    on : date
        The day.
    own : Path, optional
        A folder with files of the home's own, which stand on top of those that ship.

    Raises
    ------
    NoticeRefused
        If there are none, or a file cannot be understood.
    """
    rows = read_rows(jurisdiction, own)
    periods = [row for row in rows.periods if _holds(row, on)]
    if not periods:
        raise NoticeRefused(f"{jurisdiction}: no rules of notices in force on {on}; add a row of periods that is")
    latest = max(periods, key=lambda row: row["effective_from"])
    return NoticeRules(
        jurisdiction,
        on,
        rows.paper,
        Periods(**{name: int(latest[name]) for name in Periods.__dataclass_fields__}),
        {
            row["key"]: Party(row["name"], tuple(row["address"]), row.get("phone", ""), row.get("website", ""))
            for row in sorted(rows.authorities, key=lambda row: row["effective_from"])
            if _holds(row, on)
        },
        tuple(each for each in rows.elements if _holds(vars(each), on)),
    )


def _holds(row: Mapping[str, Any], on: date) -> bool:
    last = row.get("effective_to")
    return bool(row["effective_from"] <= on and (last is None or on <= last))
