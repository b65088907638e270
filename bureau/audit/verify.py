"""Finding out whether the audit log is what was written, and if not, which entry is wrong.

What is compared: every entry with the one before it (edited), its number with its place (deleted, moved,
inserted), the last entry with the sealed head (truncated), the whole with the signed checkpoints, those kept
elsewhere too (rewritten), every decision and inquiry with its entry, and whatever else is on record with its events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal, Protocol

from bureau.audit.chain import AuditLog, Entry, Head, digest_of, first_digest
from bureau.audit.checkpoints import Checkpoint
from bureau.audit.events import Event
from bureau.errors import AuditBroken, SignatureRefused
from bureau.signing import TrustedSigners

__all__ = ["DecisionsOnRecord", "Fault", "FaultKind", "OthersOnRecord", "Verified", "verify"]

FaultKind = Literal[
    "edited", "deleted", "inserted", "moved", "truncated", "rewritten", "head", "checkpoint", "decision", "record"
]

_BATCH: Final = 5_000
_NO_END: Final = 2**62

_Decision = tuple[str, dict[str, str]]
"""Name and what is compared: digests of the row and of its inquiry, and the number of its key."""
_COMPARED: Final = ("row", "content", "key", "inquiry", "inquiry_row", "inquiry_content")


class DecisionsOnRecord(Protocol):
    """What is on record of decisions, to be compared with what the log says of them."""

    def __call__(self, first: int, last: int) -> dict[int, tuple[str, dict[str, str]]]:
        """Number of its entry to each decision's name and what is compared, for entries from one number to another."""
        ...


class OthersOnRecord(Protocol):
    """What is on record beside decisions, to be compared with what the events of the log tell of it."""

    def note(self, number: int, event: Event) -> None:
        """Take in an event, in the order of the log."""
        ...

    def differences(self) -> Iterable[tuple[int, str]]:
        """Once all events are told: the entry that tells otherwise, 0 if none does, and a sentence for people."""
        ...


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was written.

    Parameters
    ----------
    kind : str
        What was done.
    number : int
        The entry; 0 where none can be named.
    sentence : str
        What was found, for people.
    """

    kind: FaultKind
    number: int
    sentence: str


@dataclass(frozen=True)
class Verified:
    """What came of it.

    Parameters
    ----------
    entries, checkpoints, decisions : int
        How many were compared.
    faults : tuple of Fault
        What is wrong, in the order of the entries; none if all is as it was written.
    """

    entries: int
    checkpoints: int
    decisions: int
    faults: tuple[Fault, ...]


def verify(
    log: AuditLog,
    trusted: TrustedSigners,
    *,
    anchored: Iterable[Checkpoint] = (),
    decisions: DecisionsOnRecord | None = None,
    others: OthersOnRecord | None = None,
) -> Verified:
    """Compare the whole log with all that proves it.

    Parameters
    ----------
    log : AuditLog
        The log.
    trusted : TrustedSigners
        Whose checkpoints count.
    anchored : iterable of Checkpoint
        Checkpoints that were kept elsewhere.
    decisions : callable, optional
        What is on record of decisions: :meth:`bureau.casework.decisions.Decisions.between`.
    others : OthersOnRecord, optional
        What is on record of keys, certifications and flags: :meth:`bureau.casework.casework.Casework.compared`.
    """
    return _Verification(log, trusted, list(anchored), decisions, others).run()


class _Verification:
    """One run over a log, to which others may add meanwhile: it goes up to where the log stood at its beginning."""

    def __init__(
        self,
        log: AuditLog,
        trusted: TrustedSigners,
        anchored: list[Checkpoint],
        decisions: DecisionsOnRecord | None,
        others: OthersOnRecord | None,
    ) -> None:
        self.log = log
        self.trusted = trusted
        self.anchored = anchored
        self.decisions = decisions
        self.others = others
        self.faults: list[Fault] = []
        self.compared = 0
        self.last = Entry(0, "", first_digest(log.log_id))
        self.is_last_sound = True

    def run(self) -> Verified:
        checkpoints = self._checkpoints()
        by_number: dict[int, list[Checkpoint]] = {}
        for each in checkpoints:
            by_number.setdefault(each.number, []).append(each)
        head = self._head()
        count = proven = 0
        for batch in _batches(self.log.entries(up_to=None if head is None else head.number)):
            self._against_decisions(batch, self.last.number + 1)
            for entry in batch:
                self._compare(entry)
                for checkpoint in by_number.pop(entry.number, ()):
                    proven = self._against(checkpoint, entry, proven)
            count += len(batch)
        self._against_head(head)
        for number, sentence in () if self.others is None else self.others.differences():
            self._fault("record", number, sentence)
        for number in sorted(by_number):
            self._fault(
                "deleted" if number < self.last.number else "truncated",
                number,
                f"a checkpoint of {by_number[number][0].at:%Y-%m-%d %H:%M} proves entry {number}, "
                f"and it is not there (the log ends with entry {self.last.number})",
            )
        self.faults.sort(key=lambda fault: fault.number)
        return Verified(count, len(checkpoints), self.compared, tuple(self.faults))

    def _checkpoints(self) -> list[Checkpoint]:
        """Those that are signed as they must be; the others are faults."""
        found = []
        for text in self.log.checkpoints():
            try:
                found.append(Checkpoint.of(text))
            except AuditBroken:
                self._fault("checkpoint", 0, "a checkpoint that the log keeps is not readable")
        good = []
        for each in (*found, *self.anchored):
            try:
                each.require_signed(self.trusted)
            except SignatureRefused as error:
                self._fault("checkpoint", each.number, f"the checkpoint at entry {each.number} proves nothing: {error}")
                continue
            if each.log_id == self.log.log_id:
                good.append(each)
            else:
                self._fault("checkpoint", each.number, f"the checkpoint at entry {each.number} is of another log")
        return good

    def _compare(self, entry: Entry) -> None:
        """An entry with the one before it, and with its own number."""
        expected = self.last.number + 1
        is_gap = entry.number != expected
        if is_gap:
            which = f"entry {expected}" if entry.number == expected + 1 else f"entries {expected} to {entry.number - 1}"
            self._fault("deleted", expected, f"{which} missing before entry {entry.number}")
        try:
            number, event = Event.of(entry.text)
            if self.others is not None:
                self.others.note(entry.number, event)
        except AuditBroken:
            number = None
            self._fault("edited", entry.number, f"entry {entry.number} is not readable as one")
        if number is not None and number != entry.number:
            self._fault("moved", entry.number, f"at place {entry.number} stands what was written as entry {number}")
        elif (
            number is not None
            and self.is_last_sound
            and not is_gap
            and digest_of(self.last.digest, entry.text) != entry.digest
        ):
            self._fault(
                "edited",
                entry.number,
                f"entry {entry.number} does not follow from the one before it: it was edited, or that one's digest was",
            )
        self.last, self.is_last_sound = entry, number == entry.number

    def _against(self, checkpoint: Checkpoint, entry: Entry, proven: int) -> int:
        """A checkpoint with the entry it proves; the number up to which all is proven."""
        if checkpoint.digest == entry.digest:
            return max(proven, checkpoint.number)
        self._fault(
            "rewritten",
            checkpoint.number,
            f"entry {checkpoint.number} is not what the checkpoint of {checkpoint.at:%Y-%m-%d %H:%M} proves: "
            f"entries were written anew somewhere after entry {proven}",
        )
        return proven

    def _head(self) -> Head | None:
        try:
            return self.log.head()
        except AuditBroken:
            self._fault("head", 0, "the head of the log is missing, or was changed without the key that seals it")
            return None

    def _against_head(self, head: Head | None) -> None:
        if head is not None and self.last.number < head.number:
            missing = f"entry {head.number} is"
            if self.last.number + 1 < head.number:
                missing = f"entries {self.last.number + 1} to {head.number} are"
            self._fault("truncated", self.last.number + 1, f"{missing} missing at the end")
        elif head is not None and self.last.digest != head.digest:
            self._fault("rewritten", head.number, f"entry {head.number} is not the one that was written last")
        before, after = self.log.outside()
        if before is not None:
            self._fault("inserted", before, f"up to entry {before}, entries stand before the first one of the log")
        if after is not None:
            self._fault("inserted", after, f"from entry {after} on, entries stand after the end of the log")
        unnumbered = self.log.unnumbered()
        if unnumbered:
            what = "1 entry stands" if unnumbered == 1 else f"{unnumbered:,} entries stand"
            self._fault("inserted", 0, f"{what} in the log under a number that no entry has")
        if self.decisions is None:
            return
        orphans = self.decisions(self.last.number + 1, _NO_END)
        now = self._head() if head is not None else None
        for number, (name, _) in orphans.items():
            if head is None or now is None or number <= head.number or number > now.number:
                self._fault("decision", number, f"{name} is on record without its entry {number}")

    def _against_decisions(self, batch: list[Entry], first: int) -> None:
        """The decisions that entries tell of, and those on record, in both directions."""
        if self.decisions is None:
            return
        on_record = self.decisions(first, batch[-1].number)
        for entry in batch:
            told, kept = _decision_told(entry), on_record.pop(entry.number, None)
            if told is None and kept is None:
                continue
            self.compared += 1
            sentence = _difference(entry.number, told, kept)
            if sentence:
                self._fault("decision", entry.number, sentence)
        for number, (name, _) in on_record.items():
            self._fault("decision", number, f"{name} is on record without its entry {number}")

    def _fault(self, kind: FaultKind, number: int, sentence: str) -> None:
        self.faults.append(Fault(kind, number, sentence))


def _difference(number: int, told: _Decision | None, kept: _Decision | None) -> str:
    """How what an entry tells of a decision differs from what is on record; nothing if it does not."""
    if told is None or kept is None or told[0] != kept[0]:
        if told is not None:
            return f"{told[0]} of entry {number} is not on record as it was"
        return f"{kept[0] if kept else ''} is on record, and entry {number} does not tell of it"
    changed = [name for name, value in told[1].items() if kept[1].get(name, value) != value]
    return f"the record of {told[0]} was changed ({' and '.join(changed).replace('_', ' ')})" if changed else ""


def _decision_told(entry: Entry) -> _Decision | None:
    try:
        _, event = Event.of(entry.text)
    except AuditBroken:
        return None
    if event.kind != "decision":
        return None
    return f"decision {event.subject}", {name: str(event.details[name]) for name in _COMPARED if name in event.details}


def _batches(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    while batch := list(islice(entries, _BATCH)):
        yield batch
