"""Who the bureau is, and how its creditors are reached: ``parties.toml`` in a home's folder of letters.

::

    [agency]
    name = "Example Credit Bureau"
    address = ["P.O. Box 2200", "Wilmington, DE 19801"]
    phone = "1-800-555-0199"
    website = "www.bureau.example"

    [creditor.harbor]          # a subscriber, by its name; what is left out comes from the subscriber
    address = ["410 Wharf Street, Floor 6", "Portland, OR 97209"]
    phone = "1-800-555-0142"
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from scoring.errors import NoticeRefused
from scoring.notice.facts import Party

__all__ = ["FILE", "Parties", "is_line", "read_parties"]

FILE: Final = "parties.toml"
"""Name of the file."""

_NO_LINE: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_KNOWN: Final = {"name", "address", "phone", "website"}


@dataclass(frozen=True)
class Parties:
    """What the file says.

    Parameters
    ----------
    agency : Party or None
        The bureau; None where the file names none.
    creditors : mapping of str to Party
        Creditors by subscriber; empty where the file is silent.
    """

    agency: Party | None = None
    creditors: Mapping[str, Party] = field(default_factory=dict)


def read_parties(folder: Path | None) -> Parties:
    """Read the file of a folder; an absent one says nothing.

    Raises
    ------
    NoticeRefused
        If it cannot be understood.
    """
    path = folder / FILE if folder is not None else None
    if path is None or not path.is_file():
        return Parties()
    try:
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
        unknown = sorted(set(parsed) - {"agency", "creditor"})
        if unknown:
            raise NoticeRefused(f"{path}: {unknown[0]!r} is unknown; it holds [agency] and [creditor.NAME]")
        agency = _party(path, "agency", parsed["agency"]) if "agency" in parsed else None
        return Parties(agency, {name: _party(path, name, row) for name, row in parsed.get("creditor", {}).items()})
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
        raise NoticeRefused(f"{path}: cannot be read as TOML: {error}; correct it") from None


def is_line(text: str) -> bool:
    r"""Whether a text is one line of characters that people read.

    No control characters, none that turn or join others, none for private use, and no ends of lines: on paper they
    would hide, turn round or break a name. An empty text has none.

    Examples
    --------
    >>> [is_line(each) for each in ("Wąs, 1\u00a0Main St", "Ok\u202eafor", "Ada\nEve")]
    [True, False, False]
    """
    return not any(unicodedata.category(each) in _NO_LINE for each in text)


def _party(path: Path, name: str, row: Mapping[str, Any]) -> Party:
    if not isinstance(row, dict):
        raise NoticeRefused(f"{path}: {name} is no table; write [{name}] and its lines below")
    unknown = sorted(set(row) - _KNOWN)
    if unknown:
        raise NoticeRefused(f"{path}: {name} has {unknown[0]!r}; known are {', '.join(sorted(_KNOWN))}")
    address = row.get("address", [])
    texts = [row.get(each, "") for each in ("name", "phone", "website")]
    if not isinstance(address, list) or not all(isinstance(each, str) for each in (*texts, *address)):
        raise NoticeRefused(f"{path}: {name} must have texts, and its address a list of lines; correct it")
    return Party(texts[0], tuple(address), texts[1], texts[2])
