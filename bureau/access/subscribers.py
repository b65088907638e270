"""Subscribers: who may ask about consumers, and the permissible purposes that each has certified."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bureau.access.purposes import purpose_of
from bureau.audit.chain import AuditLog
from bureau.audit.events import OPERATOR, Event
from bureau.casework.tables import insert_sql
from bureau.cells import as_written, moment, optional, text
from bureau.errors import AccessError
from bureau.store import Store

__all__ = ["Certification", "Subscriber", "Subscribers"]

_FORMS: Final = {
    "subscriber_id": (re.compile(r"[a-z0-9][a-z0-9._-]{0,63}"), "small letters, digits, '-', '_' and '.', at most 64"),
    "name": (re.compile(r"(?!\s)[^\x00-\x1f\x7f]{1,200}(?<!\s)"), "1 to 200 characters on one line"),
    "address": (re.compile(r"(?!\s)[^\x00-\x1f\x7f]{1,300}(?<!\s)"), "1 to 300 characters on one line"),
    "jurisdiction": (re.compile(r"[a-z]{2}(-[a-z0-9]{1,3})?"), "a country or a part of one, such as us or us-ca"),
    "regulator": (re.compile(r"[a-z0-9-]{0,40}"), "the code of a regulator, as the notices know it, or nothing"),
}
"""What the texts of a subscriber look like, for the machine and for people."""

_COLUMNS: Final = "subscriber_id, name, address, jurisdiction, regulator, added_at"


@dataclass(frozen=True)
class Subscriber:
    """Somebody who asks.

    Parameters
    ----------
    subscriber_id : str
        Its name in keys, decisions and the audit log.
    name, address : str
        For people, and for the notices it must send.
    jurisdiction : str
        Whose law it asks under.
    regulator : str
        Which agency oversees it as a creditor, as the notices name it (12 CFR 1002, appendix A).
    added_at : datetime
        Since when (UTC, naive).
    """

    subscriber_id: str
    name: str
    address: str
    jurisdiction: str
    regulator: str
    added_at: datetime


@dataclass(frozen=True)
class Certification:
    """That a subscriber has certified a permissible purpose.

    Parameters
    ----------
    subscriber_id, purpose : str
        Who, and which.
    certified_at : datetime
        When (UTC, naive).
    withdrawn_at : datetime, optional
        When it was withdrawn, if it was.
    """

    subscriber_id: str
    purpose: str
    certified_at: datetime
    withdrawn_at: datetime | None


class Subscribers:
    """The subscribers of one casework store.

    Parameters
    ----------
    store : Store
        The store.
    audit : AuditLog
        Where every change is noted.
    """

    def __init__(self, store: Store, audit: AuditLog) -> None:
        self._store = store
        self._audit = audit

    def add(self, subscriber: Subscriber) -> None:
        """Add a subscriber, or change what is known of it; its certifications stay.

        Raises
        ------
        AccessError
            If it is not described well.
        """
        for name, (form, told) in _FORMS.items():
            if not form.fullmatch(getattr(subscriber, name)):
                raise AccessError(f"subscriber {subscriber.subscriber_id!r}: {name} must be {told}; it was not added")
        with self._store.write():
            known = self._find(subscriber.subscriber_id)
            row = {name: getattr(subscriber, name) for name in _FORMS}
            if known is None:
                self._store.rows(insert_sql("subscriber"), **row, added_at=subscriber.added_at.isoformat())
            else:
                assign = ", ".join(f"{name} = :{name}" for name in row if name != "subscriber_id")
                self._store.rows(f"UPDATE subscriber SET {assign} WHERE subscriber_id = :subscriber_id", **row)
            self._audit.append(
                Event(
                    "subscriber added" if known is None else "subscriber changed",
                    subscriber.added_at,
                    actor=OPERATOR,
                    subscriber=subscriber.subscriber_id,
                    details={"row": self.fingerprint(subscriber)},
                )
            )

    def get(self, subscriber_id: str) -> Subscriber:
        """A subscriber.

        Raises
        ------
        AccessError
            If there is none.
        """
        found = self._find(subscriber_id)
        if found is None:
            raise AccessError(f"{subscriber_id!r} is no subscriber; add it with `tradeline subscribers add`")
        return found

    def all(self) -> list[Subscriber]:
        """Every subscriber, by its name."""
        rows = self._store.rows(f"SELECT {_COLUMNS} FROM subscriber ORDER BY subscriber_id")
        return [_subscriber(row._asdict()) for row in rows]

    def fingerprint(self, subscriber: Subscriber) -> str:
        """What stands for a subscriber in the audit log; not for how long it has been one."""
        return self._audit.fingerprint("subscriber", {name: getattr(subscriber, name) for name in _FORMS})

    def certify(self, subscriber_id: str, purposes: Iterable[str], at: datetime) -> None:
        """Note that a subscriber certifies permissible purposes; one that is certified stays as it is.

        Raises
        ------
        AccessError
            If there is no such subscriber or purpose; nothing is noted.
        """
        chosen = [purpose_of(code).code for code in purposes]
        with self._store.write():
            self.get(subscriber_id)
            certified = self.purposes(subscriber_id)
            for purpose in dict.fromkeys(chosen):
                if purpose not in certified:
                    row = {"subscriber_id": subscriber_id, "purpose": purpose, "certified_at": at.isoformat()}
                    self._store.rows(insert_sql("certification"), **row, withdrawn_at=None)
                    self._note("purpose certified", subscriber_id, purpose, at)

    def withdraw(self, subscriber_id: str, purpose: str, at: datetime) -> bool:
        """Withdraw a certification: from now on no key asks for that; whether there was one."""
        with self._store.write():
            if purpose not in self.purposes(subscriber_id):
                return False
            self._store.rows(
                "UPDATE certification SET withdrawn_at = :at "
                "WHERE subscriber_id = :subscriber_id AND purpose = :purpose AND withdrawn_at IS NULL",
                at=at.isoformat(),
                subscriber_id=subscriber_id,
                purpose=purpose,
            )
            self._note("purpose withdrawn", subscriber_id, purpose, at)
        return True

    def purposes(self, subscriber_id: str) -> frozenset[str]:
        """The purposes that a subscriber has certified and not withdrawn."""
        return frozenset(each.purpose for each in self.certifications(subscriber_id) if each.withdrawn_at is None)

    def certifications(self, subscriber_id: str | None = None) -> list[Certification]:
        """All certifications of a subscriber or of all, those that were withdrawn too, by purpose and time."""
        rows = self._store.rows(
            "SELECT subscriber_id, purpose, certified_at, withdrawn_at FROM certification "
            + ("" if subscriber_id is None else "WHERE subscriber_id = :subscriber_id ")
            + "ORDER BY subscriber_id, purpose, certified_at",
            **({} if subscriber_id is None else {"subscriber_id": subscriber_id}),
        )
        return [_certification(*row) for row in rows]

    def _find(self, subscriber_id: str) -> Subscriber | None:
        rows = self._store.rows(f"SELECT {_COLUMNS} FROM subscriber WHERE subscriber_id = :key", key=subscriber_id)
        return _subscriber(rows[0]._asdict()) if rows else None

    def _note(self, kind: str, subscriber_id: str, purpose: str, at: datetime) -> None:
        self._audit.append(
            Event(kind, at, actor=OPERATOR, subscriber=subscriber_id, details={"purpose": purpose})  # type: ignore[arg-type]
        )


def _subscriber(row: dict[str, Any]) -> Subscriber:
    with as_written(f"subscriber {row['subscriber_id']}"):
        return Subscriber(**{name: text(row[name]) for name in _FORMS}, added_at=moment(row["added_at"]))


def _certification(named: object, purpose: object, certified_at: object, withdrawn_at: object) -> Certification:
    with as_written(f"a certification of {named}"):
        return Certification(text(named), text(purpose), moment(certified_at), optional(moment, withdrawn_at))
