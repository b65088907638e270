"""Flags of a file: what stands against a decision whatever its score, from a day until another.

How long a flag lasts by itself is the law's: an initial fraud alert and an active duty alert one year,
an extended alert seven (FCRA 605A, 15 U.S.C. 1681c-1); a security freeze until it is lifted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from bureau.audit.chain import AuditLog
from bureau.audit.events import OPERATOR, Event, EventKind
from bureau.casework.tables import insert_sql
from bureau.cells import as_written, day, moment, optional, text, whole
from bureau.errors import AccessError
from bureau.store import Store

__all__ = ["FLAGS", "Flag", "Flags", "PlacedFlag"]


@dataclass(frozen=True)
class Flag:
    """A kind of flag.

    Parameters
    ----------
    code : str
        Its name.
    statement : str
        What it says, for people.
    years : int, optional
        After how many years it ends by itself.
    """

    code: str
    statement: str
    years: int | None = None


FLAGS: Final[Mapping[str, Flag]] = MappingProxyType(
    {
        each.code: each
        for each in (
            Flag("frozen", "the consumer has frozen the file: no score and no report"),
            Flag("deceased", "the consumer has died"),
            Flag("fraud_alert", "an initial fraud alert: identity is to be verified", 1),
            Flag("extended_fraud_alert", "an extended fraud alert: the consumer is to be called", 7),
            Flag("active_duty", "the consumer serves on active duty: identity is to be verified", 1),
            Flag("identity_theft", "the consumer has reported a theft of identity"),
            Flag("sanctions", "a hit on a sanctions list, adjudicated by a person"),
        )
    }
)
"""Code to flag."""


@dataclass(frozen=True)
class PlacedFlag:
    """A flag on one file.

    Parameters
    ----------
    consumer_id : int
        Whose file.
    flag : str
        Its code.
    placed_at : datetime
        From when (UTC, naive).
    expires_on : date, optional
        The first day on which it is in force no more, if it ends by itself.
    lifted_at : datetime, optional
        When it was lifted.
    reason : str
        Why it was placed; nothing personal.
    """

    consumer_id: int
    flag: str
    placed_at: datetime
    expires_on: date | None
    lifted_at: datetime | None
    reason: str


class Flags:
    """The flags of one casework store.

    Parameters
    ----------
    store : Store
        The store.
    audit : AuditLog
        Where it is noted.
    """

    def __init__(self, store: Store, audit: AuditLog) -> None:
        self._store = store
        self._audit = audit
        self._in_force = (
            f"SELECT DISTINCT flag FROM file_flag WHERE consumer_id IN {store.members('numbers')} "
            "AND lifted_at IS NULL AND (expires_on IS NULL OR expires_on > :day)"
        )

    def of(self, consumer_ids: Iterable[int], on: date) -> frozenset[str]:
        """The flags that are in force on a day, on any of these files."""
        numbers = list(consumer_ids)
        rows = self._store.rows(self._in_force, numbers=self._store.whole(numbers), day=on.isoformat())
        return frozenset(str(flag) for (flag,) in rows)

    def place(
        self, consumer_id: int, flag: str, at: datetime, *, reason: str, expires_on: date | None = None
    ) -> PlacedFlag:
        """Place a flag; one that is in force stays, and lasts as long as the later one of the two.

        Raises
        ------
        AccessError
            If there is no such flag, or it would end before it begins.
        """
        if flag not in FLAGS:
            raise AccessError(f"{flag!r} is no flag of a file; there are {', '.join(FLAGS)}")
        expires = expires_on or _ends(FLAGS[flag], at.date())
        if expires is not None and expires <= at.date():
            raise AccessError(f"{flag}: it would end on {expires}, before it is in force; name a later day")
        placed = PlacedFlag(consumer_id, flag, at, expires, None, reason)
        with self._store.write():
            before = self._store.rows(
                "SELECT 1 FROM file_flag WHERE consumer_id = :consumer_id AND flag = :flag AND placed_at = :at",
                consumer_id=consumer_id,
                flag=flag,
                at=at.isoformat(),
            )
            if before:
                return placed
            self._store.rows(
                insert_sql("file_flag"),
                consumer_id=consumer_id,
                flag=flag,
                placed_at=at.isoformat(),
                expires_on=None if expires is None else expires.isoformat(),
                lifted_at=None,
                reason=reason,
            )
            told = {"expires": "" if expires is None else expires.isoformat(), "why": self.fingerprint(reason)}
            self._note("flag placed", at, consumer_id, flag=flag, **told)
        return placed

    def lift(self, consumer_id: int, flag: str, at: datetime) -> bool:
        """Lift a flag; whether it was in force."""
        with self._store.write():
            if flag not in self.of([consumer_id], at.date()):
                return False
            self._store.rows(
                "UPDATE file_flag SET lifted_at = :at "
                "WHERE consumer_id = :consumer_id AND flag = :flag AND lifted_at IS NULL",
                at=at.isoformat(),
                consumer_id=consumer_id,
                flag=flag,
            )
            self._note("flag lifted", at, consumer_id, flag=flag)
        return True

    def history(self, consumer_id: int | None = None) -> list[PlacedFlag]:
        """All flags of a file, or of all files, those that ended too."""
        rows = self._store.rows(
            "SELECT consumer_id, flag, placed_at, expires_on, lifted_at, reason FROM file_flag "
            + ("" if consumer_id is None else "WHERE consumer_id = :consumer_id ")
            + "ORDER BY consumer_id, placed_at, flag",
            **({} if consumer_id is None else {"consumer_id": consumer_id}),
        )
        return [_placed(*row) for row in rows]

    def fingerprint(self, reason: str) -> str:
        """What stands for the reason of a flag in the audit log."""
        return self._audit.fingerprint("flag", {"reason": reason})

    def _note(self, kind: EventKind, at: datetime, consumer_id: int, **details: str) -> None:
        self._audit.append(Event(kind, at, actor=OPERATOR, consumer_id=consumer_id, details=details))


def _placed(
    number: object, flag: object, placed_at: object, expires_on: object, lifted_at: object, reason: object
) -> PlacedFlag:
    with as_written(f"a flag of consumer {number}"):
        ends, lifted = optional(day, expires_on), optional(moment, lifted_at)
        return PlacedFlag(whole(number), text(flag), moment(placed_at), ends, lifted, text(reason))


def _ends(flag: Flag, placed_on: date) -> date | None:
    if flag.years is None:
        return None
    year = placed_on.year + flag.years
    is_leap_day = (placed_on.month, placed_on.day) == (2, 29)
    return date(year, 3, 1) if is_leap_day else placed_on.replace(year=year)
