"""What the events of the audit log tell of rows, put together in the order of the log.

Each change that is made as it should be has an event. Events of older logs tell less; what they do not tell
cannot be compared, and is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final

from bureau.audit.events import Event, EventKind

__all__ = ["NOTHING", "UNREADABLE", "Name", "State", "Told"]

Name = tuple[str, ...]
"""What a row is of, and its key."""

State = Mapping[str, str]
"""Names of parts to what they are."""

NOTHING: Final = ""
"""What stands where a key was not revoked, a flag does not end, a letter was not sent."""

UNREADABLE: Final[State] = MappingProxyType({})
"""What a row is that cannot be read."""


class Told:
    """Rows as events tell them.

    Attributes
    ----------
    destroyed : set of int
        Keys of content whose time is over.
    held : dict of str to int or None
        Decisions that were ever put on hold, and the key under which each has been sealed since; None where an older
        log does not tell it.
    """

    def __init__(self) -> None:
        self._states: dict[Name, tuple[int, State]] = {}
        self._in_force: dict[Name, list[Name]] = {}
        self.destroyed: set[int] = set()
        self.held: dict[str, int | None] = {}
        self._following: dict[str, list[Name]] = {}  # decision to what followed it, and is sealed as it is

    def note(self, number: int, event: Event) -> None:
        """Take in an event, in the order of the log."""
        noting = _NOTING.get(event.kind)
        if noting is not None:
            details = {name: str(value) for name, value in event.details.items() if value is not None}
            with suppress(KeyError, ValueError):  # an entry that was edited to be none, which the chain tells
                noting(self, number, event, details)

    def pop(self, name: Name) -> tuple[int, State] | None:
        """The last entry that tells of a row, and what the row is by then; None if none does. It is forgotten here."""
        if name[0] == "hold" and name not in self._states:
            name = _without_why(name)
        return self._states.pop(name, None)

    def remaining(self) -> Iterator[tuple[Name, int]]:
        """The rows that were not asked for, and the last entry that tells of each."""
        for name, (number, _) in self._states.items():
            yield name, number

    # -- who may ask ----------------------------------------------------------------------------

    def _subscriber(self, number: int, event: Event, details: State) -> None:
        name = ("subscriber", event.subscriber)
        added = {"added": event.at.isoformat()} if event.kind == "subscriber added" else {}
        self._change(number, name, {"row": details.get("row"), **added})

    def _key(self, number: int, event: Event, details: State) -> None:
        state = {"created": event.at.isoformat(), "revoked": NOTHING} | _some(details, "row", "expires")
        self._states["key", event.subject] = number, state
        if "replaces" in details:
            self._change(number, ("key", details["replaces"]), {"expires": details.get("ends")})

    def _key_revoked(self, number: int, event: Event, _: State) -> None:
        self._change(number, ("key", event.subject), {"revoked": event.at.isoformat()})

    def _certified(self, number: int, event: Event, details: State) -> None:
        self._begin(number, ("certification", event.subscriber, details["purpose"]), event, {"withdrawn": NOTHING})

    def _withdrawn(self, number: int, event: Event, details: State) -> None:
        self._end(number, ("certification", event.subscriber, details["purpose"]), {"withdrawn": event.at.isoformat()})

    # -- flags and holds ------------------------------------------------------------------------

    def _flag(self, number: int, event: Event, details: State) -> None:
        state = {"lifted": NOTHING} | _some(details, "expires", "why")
        self._begin(number, ("flag", str(event.consumer_id), details["flag"]), event, state)

    def _flag_lifted(self, number: int, event: Event, details: State) -> None:
        self._end(number, ("flag", str(event.consumer_id), details["flag"]), {"lifted": event.at.isoformat()})

    def _hold(self, number: int, event: Event, details: State) -> None:
        self._sealed_anew(number, event.subject, details.get("key"))
        self._begin(number, ("hold", event.subject, details.get("why", NOTHING)), event, {"lifted": NOTHING})

    def _sealed_anew(self, number: int, decision_id: str, key: str | None) -> None:
        """A decision that is put on hold is sealed under a key of its own the first time, with all that followed it."""
        if self.held.get(decision_id) is not None or (decision_id in self.held and key is None):
            return
        self.held[decision_id] = None if key is None else int(key)
        for name in self._following.get(decision_id, ()):
            self._change(number, name, {"key": key})

    def _hold_lifted(self, number: int, event: Event, details: State) -> None:
        name = ("hold", event.subject, details.get("why", NOTHING))
        if name[-1] and name in self._in_force:
            self._end(number, name, {"lifted": event.at.isoformat()})
        else:  # of an older log, whose entries do not tell for which reason it was placed
            self._end(number, _without_why(name), {"lifted": None})

    def _destroyed(self, _: int, __: Event, details: State) -> None:
        self.destroyed.add(int(details["key"]))

    # -- what followed decisions ------------------------------------------------------------------

    def _concluded(self, number: int, event: Event, details: State) -> None:
        name = ("conclusion", event.subject, details["number"])
        self._following.setdefault(event.subject, []).append(name)
        self._states[name] = number, {"at": event.at.isoformat()} | _some(details, "key", "content")

    def _notice(self, number: int, event: Event, details: State) -> None:
        state = {"decision": event.subject, "written": event.at.isoformat(), "sent": details.get("sent_on", NOTHING)}
        state |= _some(details, "form", "language", "sha256", "key") | {"content": details["sha256"]}
        name = ("notice", details["notice"])
        self._following.setdefault(event.subject, []).append(name)
        self._states[name] = number, state

    def _notice_sent(self, number: int, _: Event, details: State) -> None:
        self._change(number, ("notice", details["notice"]), {"sent": details.get("sent_on")})

    def _batch(self, number: int, event: Event, details: State) -> None:
        self._states["batch", event.subject] = number, {"ended": NOTHING} | _some(details, "row")

    def _batch_finished(self, number: int, event: Event, details: State) -> None:
        counts = _some(details, "rows", "done", "failed", "model", "why")
        self._change(number, ("batch", event.subject), {"ended": details["state"], **counts})

    def _delivered(self, number: int, event: Event, details: State) -> None:
        state = {"delivery": event.subject, "at": event.at.isoformat()} | _some(details, "inquiries")
        self._states["outgoing", details["outgoing"]] = number, state

    # -- changes ----------------------------------------------------------------------------------

    def _begin(self, number: int, name: Name, event: Event, state: State) -> None:
        """What is in force from an entry on, under a name and the moment, until what has the name ends."""
        whole = (*name, event.at.isoformat())
        self._states[whole] = number, state
        self._in_force.setdefault(name, []).append(whole)

    def _end(self, number: int, name: Name, parts: Mapping[str, str | None]) -> None:
        """What an entry ends: whatever is in force under a name."""
        for each in self._in_force.pop(name, ()):
            self._change(number, each, parts)

    def _change(self, number: int, name: Name, parts: Mapping[str, str | None]) -> None:
        """What an entry changes; a part of which it does not tell the value cannot be compared any more."""
        _, state = self._states.get(name, (0, {}))
        known = {part: value for part, value in {**state, **parts}.items() if value is not None}
        self._states[name] = number, known


_NOTING: Final[Mapping[EventKind, Callable[[Told, int, Event, State], None]]] = MappingProxyType(
    {
        "batch accepted": Told._batch,
        "batch finished": Told._batch_finished,
        "content destroyed": Told._destroyed,
        "decision concluded": Told._concluded,
        "flag lifted": Told._flag_lifted,
        "flag placed": Told._flag,
        "hold lifted": Told._hold_lifted,
        "hold placed": Told._hold,
        "inquiries delivered": Told._delivered,
        "key created": Told._key,
        "key revoked": Told._key_revoked,
        "key rotated": Told._key,
        "notice sent": Told._notice_sent,
        "notice written": Told._notice,
        "purpose certified": Told._certified,
        "purpose withdrawn": Told._withdrawn,
        "subscriber added": Told._subscriber,
        "subscriber changed": Told._subscriber,
    }
)


def _without_why(hold: Name) -> Name:
    return (*hold[:2], NOTHING, *hold[3:])


def _some(details: State, *names: str) -> dict[str, str]:
    """Those of the named details that an event tells."""
    return {name: details[name] for name in names if name in details}
