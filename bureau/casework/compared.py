"""Keys, certifications and flags as their events tell them, compared with what is on record of them.

They decide who may ask and what stands against a file, and whoever can write into the database can change them there.
Each change that is made as it should be has an event in the audit log; what differs from those was made otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from bureau.access.api_keys import ApiKeys
from bureau.access.subscribers import Subscribers
from bureau.audit.chain import AuditLog
from bureau.audit.events import Event
from bureau.casework.flags import Flags
from bureau.store import Store

__all__ = ["Compared"]

_Name = tuple[str, ...]
_State = dict[str, str]

_NOTHING: Final = ""
"""What stands where a key was not revoked, or a flag does not end."""


class Compared:
    """What is on record at one moment, and what events up to then tell of it.

    Parameters
    ----------
    store : Store
        The casework store.
    audit : AuditLog
        Its log.
    subscribers : Subscribers
        Whose certifications are compared.
    keys : ApiKeys
        The keys.
    flags : Flags
        The flags.
    """

    def __init__(self, store: Store, audit: AuditLog, subscribers: Subscribers, keys: ApiKeys, flags: Flags) -> None:
        self._told: dict[_Name, tuple[int, _State]] = {}
        with store.write():  # so that nothing changes between the log and what it tells of
            self._last = audit.head().number
            self._kept = dict(_on_record(subscribers, keys, flags))

    def note(self, number: int, event: Event) -> None:
        """Take in an event, in the order of the log."""
        if number > self._last:
            return
        at, told = (
            event.at.isoformat(),
            {name: str(value) for name, value in event.details.items() if value is not None},
        )
        if event.kind in ("key created", "key rotated"):
            self._told["key", event.subject] = number, _of_key(at, told)
            if "replaces" in told:
                self._change(number, ("key", told["replaces"]), expires=told.get("ends"))
        elif event.kind == "key revoked":
            self._change(number, ("key", event.subject), revoked=at)
        elif event.kind == "purpose certified":
            self._told["certification", event.subscriber, told["purpose"], at] = number, {"withdrawn": _NOTHING}
        elif event.kind == "purpose withdrawn":
            self._end(number, ("certification", event.subscriber, told["purpose"]), "withdrawn", at)
        elif event.kind == "flag placed":
            state = {"lifted": _NOTHING} | ({"expires": told["expires"]} if "expires" in told else {})
            self._told["flag", str(event.consumer_id), told["flag"], at] = number, state
        elif event.kind == "flag lifted":
            self._end(number, ("flag", str(event.consumer_id), told["flag"]), "lifted", at)

    def differences(self) -> Iterator[tuple[int, str]]:
        """What differs: the entry that tells otherwise, 0 if none does, and a sentence for people."""
        for name in sorted(self._told.keys() | self._kept.keys()):
            what = " ".join(name)
            if name not in self._told:
                yield 0, f"{what} is on record, and no entry tells of it"
                continue
            number, told = self._told[name]
            if name not in self._kept:
                yield number, f"{what} of entry {number} is not on record"
                continue
            changed = [part for part, value in told.items() if self._kept[name][part] != value]
            if changed:
                yield number, f"{what} is not as entry {number} tells it ({' and '.join(changed)})"

    def _change(self, number: int, name: _Name, **parts: str | None) -> None:
        """What an entry changes; a part of which it does not tell the value cannot be compared any more."""
        _, state = self._told.get(name, (0, {}))
        known = {part: value for part, value in (state | parts).items() if value is not None}
        self._told[name] = number, known

    def _end(self, number: int, name: _Name, part: str, at: str) -> None:
        for each, (_, state) in list(self._told.items()):
            if each[: len(name)] == name and state[part] == _NOTHING:
                self._told[each] = number, state | {part: at}


def _of_key(at: str, told: _State) -> _State:
    """A new key; entries of older homes tell neither its row nor when it ends."""
    return {"created": at, "revoked": _NOTHING} | {part: told[part] for part in ("row", "expires") if part in told}


def _on_record(subscribers: Subscribers, keys: ApiKeys, flags: Flags) -> Iterator[tuple[_Name, _State]]:
    for key in keys.all():
        parts = {"created": key.created_at, "revoked": key.revoked_at, "expires": key.expires_at}
        yield ("key", key.key_id), {"row": key.fingerprint} | {part: _text(value) for part, value in parts.items()}
    for subscriber in subscribers.all():
        for each in subscribers.certifications(subscriber.subscriber_id):
            name = ("certification", each.subscriber_id, each.purpose, _text(each.certified_at))
            yield name, {"withdrawn": _text(each.withdrawn_at)}
    for flag in flags.history():
        name = ("flag", str(flag.consumer_id), flag.flag, _text(flag.placed_at))
        yield name, {"lifted": _text(flag.lifted_at), "expires": _text(flag.expires_on)}


def _text(moment: datetime | date | None) -> str:
    return _NOTHING if moment is None else moment.isoformat()
