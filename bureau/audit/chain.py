r"""The audit log: entries in a hash chain, each with the digest of the one before it.

::

    digest(n) = SHA-256(digest(n - 1) || entry(n)),    digest(0) = SHA-256("tradeline audit\n" || id of the log)

An entry is the canonical text of an event with its number (:meth:`bureau.audit.events.Event.canonical`). Writers
take turns (:meth:`bureau.store.Store.write`), so that two processes make one chain. The head, that is the
number and the digest of the last entry, is sealed with HMAC-SHA256 under a key of the home: who can write
into the database alone can neither take the last entries away nor write them anew. Who has that key as
well is found out by signed checkpoints that lie elsewhere (:mod:`bureau.audit.checkpoints`).
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bureau.audit.checkpoints import Checkpoint
from bureau.audit.events import Event
from bureau.cells import canonical, raw, whole
from bureau.errors import AuditBroken, SignatureRefused
from bureau.signing import Signer
from bureau.store import Store

__all__ = ["CHECKPOINT_EVERY", "AuditLog", "Entry", "Head", "digest_of", "first_digest"]

_log = logging.getLogger(__name__)

CHECKPOINT_EVERY: Final = 1000
"""Entries from one checkpoint that is signed by itself to the next."""

_BATCH: Final = 10_000
_HEAD_TABLE: Final = "audit_head"
_NUMBERED: Final = "number = CAST(number AS BIGINT)"  # SQLite would also keep a fraction, or a text


@dataclass(frozen=True)
class Entry:
    """One entry as it is stored.

    Parameters
    ----------
    number : int
        Its number, from 1.
    text : str
        The canonical text; empty if what is stored is no text.
    digest : bytes
        The digest that is stored with it, 32 bytes; empty if what is stored are no bytes.
    """

    number: int
    text: str
    digest: bytes


@dataclass(frozen=True)
class Head:
    """The end of the chain: the number and the digest of the last entry; 0 and the first digest of an empty one."""

    number: int
    digest: bytes


def first_digest(log_id: str) -> bytes:
    """What the first entry follows, for a log of this id."""
    return hashlib.sha256(b"tradeline audit\n" + log_id.encode()).digest()


def digest_of(before: bytes, text: str) -> bytes:
    """The digest of an entry that follows another."""
    return hashlib.sha256(before + text.encode()).digest()


@dataclass(frozen=True)
class AuditLog:
    """The log in a casework store.

    Parameters
    ----------
    store : Store
        The store, with the tables ``audit_entry``, ``audit_head`` and ``audit_checkpoint``.
    log_id : str
        Its id, which every checkpoint names.
    key : bytes
        Seals the head, and makes fingerprints; never shown by ``repr``.
    signer : callable, optional
        Gives who signs a checkpoint after each :data:`CHECKPOINT_EVERY` entries.
    """

    store: Store = field(repr=False)
    log_id: str
    key: bytes = field(repr=False)
    signer: Callable[[], Signer] | None = field(default=None, repr=False)

    def begin(self) -> None:
        """Make the head of an empty log; once, with the tables."""
        head = Head(0, first_digest(self.log_id))
        self.store.rows(
            f"INSERT INTO {_HEAD_TABLE} (one, number, digest, seal) VALUES (1, 0, :digest, :seal)",
            digest=head.digest,
            seal=self._seal(head),
        )

    def append(self, event: Event) -> int:
        """Add an event; its number. Within a transaction of the store it is a part of that.

        Raises
        ------
        AuditBroken
            If the head is not as it was left: nothing is added to a log that somebody has changed.
        CaseworkBusy
            If another process writes for too long.
        """
        return self.store.together(lambda: self._append(event))

    def _append(self, event: Event) -> int:
        head = self.head()
        number = head.number + 1
        text = event.canonical(number)
        after = Head(number, digest_of(head.digest, text))
        self.store.run(
            "INSERT INTO audit_entry (number, entry, digest) VALUES (:number, :entry, :digest)",
            number=number,
            entry=text,
            digest=after.digest,
        )
        self.store.run(
            f"UPDATE {_HEAD_TABLE} SET number = :number, digest = :digest, seal = :seal WHERE one = 1",
            number=number,
            digest=after.digest,
            seal=self._seal(after),
        )
        if self.signer is not None and number % CHECKPOINT_EVERY == 0:
            self._checkpoint(self.signer, after, event.at)
        return number

    def head(self) -> Head:
        """The end of the chain.

        Raises
        ------
        AuditBroken
            If it is missing, cannot be read, or its seal does not fit.
        """
        rows = self.store.rows(f"SELECT number, digest, seal FROM {_HEAD_TABLE} WHERE one = 1")
        for number, digest, seal in rows:
            with suppress(TypeError):  # none of ours
                head = Head(whole(number), raw(digest))
                if hmac.compare_digest(self._seal(head), raw(seal)):
                    return head
        raise AuditBroken(
            f"{self.store.name}: the head of the audit log was changed; find out what with `tradeline audit verify`, "
            "and restore the casework from a backup"
        )

    def fingerprint(self, what: str, told: Mapping[str, object] | bytes) -> str:
        """What stands in an entry for a row or a content that can be guessed: its digest, under the key of the log.

        Parameters
        ----------
        what : str
            What is digested, so that nothing stands for anything else; it has no line break.
        told : mapping of str to object, or bytes
            Names and plain values, in whatever order, or the content.
        """
        content = told if isinstance(told, bytes) else canonical(told)
        return hmac.digest(self.key, f"fingerprint\n{what}\n".encode() + content, "sha256").hex()

    def rewrite_head(self) -> None:
        """Write the head anew, as it is: so it is known that the log can be written, and that its end is its own.

        Raises
        ------
        AuditBroken, CaseworkError, DiskFull
            As :meth:`append`.
        """
        with self.store.write():
            self.head()
            self.store.rows(f"UPDATE {_HEAD_TABLE} SET number = number WHERE one = 1")

    def outside(self) -> tuple[int | None, int | None]:
        """What the log did not write: the last entry before its first, and the first one after its head."""
        rows = self.store.rows(
            f"SELECT (SELECT max(number) FROM audit_entry WHERE number < 1 AND {_NUMBERED}), (SELECT min(number) "
            f"FROM audit_entry WHERE number > (SELECT number FROM audit_head WHERE one = 1) AND {_NUMBERED})"
        )
        before, after = rows[0]
        return before, after

    def unnumbered(self) -> int:
        """How many entries stand under something that is no number of an entry, and are in no place of the log."""
        ((count,),) = self.store.rows(f"SELECT count(*) FROM audit_entry WHERE NOT ({_NUMBERED})")
        return int(count)

    def checkpoint(self, signer: Signer, at: datetime) -> Checkpoint:
        """Sign where the log stands now, and keep that.

        Raises
        ------
        AuditBroken
            If the head is not as it was left, or nothing has happened yet.
        """
        with self.store.write():
            head = self.head()
            if not head.number:
                raise AuditBroken("the audit log has no entry yet; there is nothing to sign")
            checkpoint = Checkpoint.sign(signer, self.log_id, head.number, head.digest, at)
            self.keep(checkpoint)
        return checkpoint

    def keep(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; one of the same number stays as it is."""
        with self.store.write():
            if not self.store.rows("SELECT 1 FROM audit_checkpoint WHERE number = :at", at=checkpoint.number):
                self.store.rows(
                    "INSERT INTO audit_checkpoint (number, checkpoint) VALUES (:number, :checkpoint)",
                    number=checkpoint.number,
                    checkpoint=checkpoint.text(),
                )

    def checkpoints(self) -> list[str]:
        """The checkpoints that are kept, by number, as texts."""
        rows = self.store.rows("SELECT checkpoint FROM audit_checkpoint ORDER BY number")
        return [str(text) for (text,) in rows]

    def entries(self, *, after: int = 0, up_to: int | None = None) -> Iterator[Entry]:
        """The entries by number, those after one number and up to another; those that cannot be read, too."""
        while True:
            rows = self.store.rows(
                "SELECT number, entry, digest FROM audit_entry WHERE number > :after AND number <= :up_to "
                f"AND {_NUMBERED} ORDER BY number LIMIT :most",
                after=after,
                up_to=2**62 if up_to is None else up_to,
                most=_BATCH,
            )
            yield from (_entry(*row) for row in rows)
            if len(rows) < _BATCH:
                return
            after = int(rows[-1][0])

    def _checkpoint(self, signer: Callable[[], Signer], head: Head, at: datetime) -> None:
        """Sign where the log stands; without the signer's key the log goes on, and proves less."""
        try:
            self.keep(Checkpoint.sign(signer(), self.log_id, head.number, head.digest, at))
        except SignatureRefused as error:
            _log.error("no checkpoint at entry %d: %s", head.number, error)

    def _seal(self, head: Head) -> bytes:
        told = f"{self.log_id}\n{head.number}\n".encode() + head.digest
        return hmac.digest(self.key, told, "sha256")


def _entry(number: int, text: object, digest: object) -> Entry:
    """An entry as it is stored; what is no text, or no digest, stands as an empty one, which no entry has."""
    return Entry(number, text if isinstance(text, str) else "", digest if isinstance(digest, bytes) else b"")
