"""Events of the audit log: what can be in it, and what cannot.

An event names who did what to what by pseudonyms: keys, subscribers, consumers' numbers, names of decisions.
Its values are codes and numbers; a value that could be a text of somebody's is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, get_args

from bureau.cells import whole
from bureau.errors import AuditBroken

__all__ = ["KINDS", "OPERATOR", "Detail", "Event", "EventKind"]

EventKind = Literal[
    "access refused",
    "answer repeated",
    "audit verified",
    "batch accepted",
    "batch finished",
    "batch read",
    "consumer unknown",
    "content destroyed",
    "decision",
    "decision concluded",
    "decision read",
    "flag lifted",
    "flag placed",
    "hold lifted",
    "hold placed",
    "inquiries delivered",
    "key created",
    "key revoked",
    "key rotated",
    "notice read",
    "notice sent",
    "notice written",
    "purpose certified",
    "purpose withdrawn",
    "refusals not recorded",
    "replay",
    "replay differs",
    "routing changed",
    "score",
    "subscriber added",
    "subscriber changed",
]

KINDS: Final[tuple[EventKind, ...]] = get_args(EventKind)

OPERATOR: Final = "operator"
"""The actor of what is done on the command line."""

_CODE: Final = re.compile(r"[A-Za-z0-9._:/+-]{0,128}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")

Detail = str | int | bool | None
"""What an event may tell beside its own parts."""


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    at : datetime
        When (UTC, naive).
    actor : str
        Who: the id of a key, :data:`OPERATOR`, or ``service``; empty for a caller without a key.
    subscriber : str
        On whose behalf; empty if on nobody's.
    subject : str
        To what: a decision, a key, a batch; empty if to nothing that has a name.
    consumer_id : int, optional
        About whom, by the bureau's number.
    details : mapping of str to str, int, bool or None
        What else: codes and numbers, never a sentence.

    Raises
    ------
    AuditBroken
        If a part is none that the log may hold.
    """

    kind: EventKind
    at: datetime
    actor: str = ""
    subscriber: str = ""
    subject: str = ""
    consumer_id: int | None = None
    details: Mapping[str, Detail] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise AuditBroken("an audit event of a kind that is not listed; take one of bureau.audit.KINDS")
        if self.at.tzinfo is not None:
            raise AuditBroken(f"{self.kind}: the moment of an audit event has a time zone; give it in UTC without one")
        told = all(
            _NAME.fullmatch(name) and (_is_code(value) or value is None or isinstance(value, int))
            for name, value in self.details.items()
        )
        named = all(_is_code(each) for each in (self.actor, self.subscriber, self.subject))
        if not told or not named or not isinstance(self.consumer_id, int | None):
            raise AuditBroken(
                f"{self.kind}: a value of this audit event is no code and no number; it holds nothing else"
            )

    def plain(self) -> dict[str, Any]:
        """The same as JSON holds it."""
        return {
            "kind": self.kind,
            "at": self.at.isoformat(),
            "actor": self.actor,
            "subscriber": self.subscriber,
            "subject": self.subject,
            "consumer_id": self.consumer_id,
            "details": dict(self.details),
        }

    def canonical(self, number: int) -> str:
        """The text that is chained: JSON with sorted names, no blanks and ASCII alone, with the entry's number."""
        return json.dumps({"number": number, **self.plain()}, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    @staticmethod
    def of(text: str) -> tuple[int, Event]:
        """The number and the event of a canonical text.

        Raises
        ------
        AuditBroken
            If it is none.
        """
        try:
            told = json.loads(text)
            number, at = whole(told.pop("number")), datetime.fromisoformat(told.pop("at"))
            return number, Event(at=at, **told)
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
            raise AuditBroken("an entry of the audit log is not readable as one; restore it from a backup") from None


def _is_code(value: object) -> bool:
    return isinstance(value, str) and _CODE.fullmatch(value) is not None
