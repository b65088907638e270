"""What is on record beside decisions, compared with what the events of the audit log tell of it.

Whoever can write into the database can change there who may ask, what stands against a file, what a person
concluded, which letter was sent. Each change that is made as it should be has an event; what differs from those was
made otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bureau.audit.chain import AuditLog
from bureau.audit.events import Event
from bureau.casework.on_record import OnRecord
from bureau.casework.sealed_content import sealed_otherwise
from bureau.casework.told import UNREADABLE, Name, Told
from bureau.errors import AuditBroken
from bureau.store import Store

__all__ = ["Compared"]


class Compared:
    """Takes in the events of a log, and then compares what is on record at one moment with them.

    Parameters
    ----------
    store : Store
        The casework store.
    audit : AuditLog
        Its log.
    on_record : OnRecord
        What is on record.
    deep : bool
        Whether sealed content is opened and compared, too.
    """

    def __init__(self, store: Store, audit: AuditLog, on_record: OnRecord, *, deep: bool) -> None:
        self._store = store
        self._audit = audit
        self._on_record = on_record
        self._deep = deep
        self._told = Told()
        self._last = 0

    def note(self, number: int, event: Event) -> None:
        """Take in an event, in the order of the log."""
        self._told.note(number, event)
        self._last = number

    def differences(self) -> list[tuple[int, str]]:
        """What differs: the entry that tells otherwise, 0 if none does, and a sentence for people.

        Others may write meanwhile: what is read is what stood at one moment, and so are the entries up to it.
        """
        with _one_moment(self._store):
            for entry in self._audit.entries(after=self._last):
                try:
                    self.note(entry.number, Event.of(entry.text)[1])
                except AuditBroken:  # found when the log itself is compared up to here
                    continue
            return list(self._differences())

    def _differences(self) -> Iterator[tuple[int, str]]:
        unread = set()
        for name, kept in self._on_record.rows(deep=self._deep):
            what = _words(name)
            if len(name) == 1:
                unread.add(what)
                yield 0, f"what is on record as {what} cannot all be read, so not all of it was compared"
                continue
            told = self._told.pop(name)
            if told is None:
                yield 0, f"{what} is on record, and no entry tells of it"
                continue
            number, state = told
            if kept is UNREADABLE:
                yield number, f"{what} of entry {number} cannot be read"
                continue
            changed = [part for part, value in state.items() if kept.get(part, value) != value]
            if changed:
                yield number, f"{what} is not as entry {number} tells it ({' and '.join(changed)})"
        for name, number in self._told.remaining():
            if name[0] not in unread:
                yield number, f"{_words(name)} of entry {number} is not on record"
        for sentence in sealed_otherwise(self._store, self._told):
            yield 0, sentence


def _words(name: Name) -> str:
    """A name for people; the reason of a hold stands in it as a fingerprint, which tells them nothing."""
    return " ".join((*name[:2], *name[3:]) if name[0] == "hold" else name)


@contextmanager
def _one_moment(store: Store) -> Iterator[None]:
    """While what is read stands as it stood at one moment, whoever writes."""
    store.rows("BEGIN" if store.is_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        yield
    finally:
        store.rows("ROLLBACK")
