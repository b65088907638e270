"""Inquiries on their way into the history: each hard one gets there exactly once.

Those that wait are put into an outgoing delivery, which from then on holds the same inquiries, so that it
has the same bytes and the history knows it when it comes again. Soft inquiries stay here: they are shown to the
consumer alone, and what never reaches the history is never scored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from bureau.audit.chain import AuditLog
from bureau.audit.events import OPERATOR, Event
from bureau.casework.content import Content
from bureau.casework.records import NewInquiry
from bureau.casework.tables import insert_sql
from bureau.cells import as_written, day, moment, optional, raw, text, whole
from bureau.errors import CaseworkDamaged, CaseworkError, ContentGone
from bureau.facts import IDENTITY_FIELDS
from bureau.store import Store

__all__ = ["Inquiries", "KeptInquiry", "Outgoing"]

_PLAIN: Final = ("inquiry_ref", "subscriber", "applied_on", "kind", "consumer_id")
_SEALED: Final = ("product", "currency", "amount_asked", "term_months")
_COLUMNS: Final = ", ".join((*_PLAIN, "outgoing_no", "content_key", "content"))
_LARGEST: Final = 10_000
"""Inquiries of one outgoing delivery at most."""


@dataclass(frozen=True)
class KeptInquiry:
    """An inquiry as it was kept.

    Parameters
    ----------
    inquiry : NewInquiry
        The inquiry.
    delivered : bool
        Whether it is in the history, or on its way.
    """

    inquiry: NewInquiry
    delivered: bool


@dataclass(frozen=True)
class Outgoing:
    """Inquiries of one subscriber that go into the history together.

    Parameters
    ----------
    number : int
        Its number.
    subscriber : str
        Whose.
    made_at : datetime
        When they were put together, which is when the history receives them (UTC, naive).
    inquiries : tuple of NewInquiry
        By their names.
    """

    number: int
    subscriber: str
    made_at: datetime
    inquiries: tuple[NewInquiry, ...]

    @property
    def records(self) -> bytes:
        """JSON Lines under the contract ``inquiries``: the same inquiries give the same bytes."""
        return b"".join(_line(each) for each in self.inquiries)


class Inquiries:
    """The inquiries of one casework store.

    Parameters
    ----------
    store : Store
        The store.
    audit : AuditLog
        Where it is noted.
    content : Content
        Seals what was asked for, and by whom.
    """

    def __init__(self, store: Store, audit: AuditLog, content: Content) -> None:
        self._store = store
        self._audit = audit
        self._content = content

    def row(self, inquiry: NewInquiry, key_no: int) -> dict[str, Any]:
        """An inquiry as a row of its table, sealed.

        Raises
        ------
        CaseworkError
            If nobody can be told from it: neither the consumer's number nor names.
        """
        told = {name: value for name, value in (inquiry.identity or {}).items() if value}
        if not set(told) <= set(IDENTITY_FIELDS):
            raise CaseworkError(f"{inquiry.inquiry_ref}: an identity has {', '.join(IDENTITY_FIELDS)}, nothing else")
        if inquiry.consumer_id is None and not {"surname", "first_name"} <= set(told):
            raise CaseworkError(
                f"{inquiry.inquiry_ref}: an inquiry names a consumer or the names of an applicant; give either"
            )
        place = ("inquiry", inquiry.inquiry_ref, "content")
        sealed = self._content.seal(key_no, place, _content(inquiry))
        return _plain(inquiry) | {"outgoing_no": None, "content_key": key_no, "content": sealed}

    def told(self, inquiry: NewInquiry) -> dict[str, str | None]:
        """What the entry of a decision tells of its inquiry."""
        return {
            "inquiry": inquiry.kind,
            "inquiry_row": self._audit.fingerprint("inquiry", _plain(inquiry)),
            "inquiry_content": self._audit.fingerprint("inquiry content", _content(inquiry)),
        }

    def between(self, first: int, last: int, *, deep: bool = False) -> dict[int, tuple[str, dict[str, str]]]:
        """The inquiries on record under audit entries of a range, with what :meth:`told` gave of them.

        Parameters
        ----------
        first, last : int
            Numbers of entries, both included.
        deep : bool
            Whether their content is opened and digested, too; content that was removed is left out.
        """
        found: dict[int, tuple[str, dict[str, str]]] = {}
        columns = ", ".join((*_PLAIN, "audit_number", "content_key", *(("content",) if deep else ())))
        for row in self._store.rows(
            f"SELECT {columns} FROM inquiry WHERE audit_number >= :first AND audit_number <= :last",
            first=first,
            last=last,
        ):
            kept = row._asdict()
            plain = {name: kept[name] for name in _PLAIN}
            digests = {"inquiry": str(row.kind), "inquiry_row": self._audit.fingerprint("inquiry", plain)}
            if deep and kept["content"] != b"":
                digests["inquiry_content"] = self._content_digest_of(kept)
            found[int(row.audit_number)] = (f"inquiry {row.inquiry_ref}", digests)
        return found

    def _content_digest_of(self, row: dict[str, Any]) -> str:
        """The digest of a row's content; that of nothing where it does not open, which is no inquiry's."""
        try:
            return self._audit.fingerprint("inquiry content", self._opened(row))
        except (CaseworkDamaged, ContentGone):
            return ""

    def _opened(self, row: dict[str, Any]) -> bytes:
        place = ("inquiry", str(row["inquiry_ref"]), "content")
        with as_written(f"inquiry {row['inquiry_ref']}"):
            key_no, sealed = whole(row["content_key"]), raw(row["content"])
        return self._content.open(key_no, place, sealed)

    def of_consumer(self, consumer_id: int, since: date) -> list[KeptInquiry]:
        """Who asked about a consumer since a day, soft inquiries too: for the consumer's own disclosure alone."""
        rows = self._store.rows(
            f"SELECT {_COLUMNS} FROM inquiry WHERE audit_number IN (SELECT audit_number FROM decision "
            "WHERE consumer_id = :consumer_id) AND applied_on >= :since ORDER BY applied_on, inquiry_ref",
            consumer_id=consumer_id,
            since=since.isoformat(),
        )
        return [KeptInquiry(self._inquiry(row._asdict()), row.outgoing_no is not None) for row in rows]

    def waiting(self) -> int:
        """How many hard inquiries are not in the history yet."""
        ((count,),) = self._store.rows(
            "SELECT count(*) FROM inquiry LEFT JOIN outgoing ON inquiry.outgoing_no = outgoing.outgoing_no "
            "WHERE kind = 'hard' AND delivered_at IS NULL"
        )
        return int(count)

    def put_together(self, at: datetime) -> list[int]:
        """Put the inquiries that wait into outgoing deliveries, one a subscriber; the numbers of all that wait.

        Parameters
        ----------
        at : datetime
            The moment (UTC, naive).
        """
        with self._store.write():
            while self._put_next(at):
                pass
            rows = self._store.rows("SELECT outgoing_no FROM outgoing WHERE delivered_at IS NULL ORDER BY outgoing_no")
        with as_written("an outgoing delivery of inquiries"):
            return [whole(number) for (number,) in rows]

    def _put_next(self, at: datetime) -> bool:
        waiting = self._store.rows(
            "SELECT subscriber, audit_number FROM inquiry WHERE outgoing_no IS NULL AND kind = 'hard' "
            f"ORDER BY subscriber, audit_number LIMIT {_LARGEST}"
        )
        if not waiting:
            return False
        subscriber = waiting[0].subscriber
        last = [row.audit_number for row in waiting if row.subscriber == subscriber][-1]
        ((number,),) = self._store.rows("SELECT coalesce(max(outgoing_no), 0) + 1 FROM outgoing")
        self._store.rows(
            insert_sql("outgoing"),
            outgoing_no=number,
            subscriber=subscriber,
            made_at=at.isoformat(),
            delivery_id=None,
            delivered_at=None,
        )
        self._store.rows(
            "UPDATE inquiry SET outgoing_no = :number WHERE outgoing_no IS NULL AND kind = 'hard' "
            "AND subscriber = :subscriber AND audit_number <= :last",
            number=number,
            subscriber=subscriber,
            last=last,
        )
        return True

    def outgoing(self, number: int) -> Outgoing:
        """One outgoing delivery, in clear."""
        ((subscriber, made_at),) = self._store.rows(
            "SELECT subscriber, made_at FROM outgoing WHERE outgoing_no = :number", number=number
        )
        rows = self._store.rows(
            f"SELECT {_COLUMNS} FROM inquiry WHERE outgoing_no = :number ORDER BY inquiry_ref", number=number
        )
        inquiries = tuple(self._inquiry(row._asdict()) for row in rows)
        with as_written(f"outgoing delivery {number}"):
            return Outgoing(number, text(subscriber), moment(made_at), inquiries)

    def delivered(self, number: int, delivery_id: str, at: datetime) -> None:
        """Note that an outgoing delivery is in the history; the first time counts."""
        with self._store.write():
            open_still = self._store.rows(
                "SELECT subscriber FROM outgoing WHERE outgoing_no = :number AND delivered_at IS NULL", number=number
            )
            for (subscriber,) in open_still:
                self._store.rows(
                    "UPDATE outgoing SET delivery_id = :delivery_id, delivered_at = :at WHERE outgoing_no = :number",
                    delivery_id=delivery_id,
                    at=at.isoformat(),
                    number=number,
                )
                self._audit.append(
                    Event(
                        "inquiries delivered",
                        at,
                        actor=OPERATOR,
                        subscriber=subscriber,
                        subject=delivery_id,
                        details={"outgoing": number, "inquiries": self._fingerprint(number)},
                    )
                )

    def all_delivered(self) -> Iterator[tuple[int, str, str, str]]:
        """Deliveries that are in the history: number, name, moment, and a fingerprint of which inquiries they hold.

        One that inquiries name and that is none has neither name nor moment.
        """
        for number, delivery_id, delivered_at in self._store.rows(
            "SELECT named.outgoing_no, delivery_id, delivered_at FROM (SELECT outgoing_no FROM inquiry "
            "WHERE outgoing_no IS NOT NULL UNION SELECT outgoing_no FROM outgoing) AS named LEFT JOIN outgoing "
            "ON outgoing.outgoing_no = named.outgoing_no WHERE outgoing.outgoing_no IS NULL "
            "OR delivered_at IS NOT NULL ORDER BY named.outgoing_no"
        ):
            with as_written("an outgoing delivery of inquiries"):
                outgoing_no = whole(number)
            yield outgoing_no, delivery_id or "", delivered_at or "", self._fingerprint(outgoing_no)

    def _fingerprint(self, number: int) -> str:
        """What stands in the audit log for an outgoing delivery: whose it is, since when, and its inquiries."""
        outgoing = self._store.rows(
            "SELECT subscriber, made_at FROM outgoing WHERE outgoing_no = :number", number=number
        )
        refs = self._store.rows("SELECT inquiry_ref FROM inquiry WHERE outgoing_no = :number", number=number)
        told = {"outgoing": [list(row) for row in outgoing], "inquiries": sorted(str(ref) for (ref,) in refs)}
        return self._audit.fingerprint("outgoing", told)

    def _inquiry(self, row: dict[str, Any]) -> NewInquiry:
        try:
            content = json.loads(self._opened(row))
        except ContentGone:
            content = {"product": "", "currency": "", "identity": None}
        with as_written(f"inquiry {row['inquiry_ref']}"):
            return NewInquiry(
                inquiry_ref=text(row["inquiry_ref"]),
                subscriber=text(row["subscriber"]),
                applied_on=day(row["applied_on"]),
                kind=row["kind"],
                consumer_id=optional(whole, row["consumer_id"]),
                **content,
            )


def _plain(inquiry: NewInquiry) -> dict[str, Any]:
    return {name: getattr(inquiry, name) for name in _PLAIN} | {"applied_on": inquiry.applied_on.isoformat()}


def _content(inquiry: NewInquiry) -> bytes:
    told = {name: value for name, value in (inquiry.identity or {}).items() if value}
    return json.dumps({name: getattr(inquiry, name) for name in _SEALED} | {"identity": told or None}).encode()


def _line(inquiry: NewInquiry) -> bytes:
    told: dict[str, object] = {
        "inquiry_ref": inquiry.inquiry_ref,
        "applied_on": inquiry.applied_on.isoformat(),
        "product": inquiry.product,
        "currency": inquiry.currency,
        "amount_asked": inquiry.amount_asked,
        "term_months": inquiry.term_months,
        "consumer_id": inquiry.consumer_id,
    }
    if inquiry.consumer_id is None:
        told |= dict(inquiry.identity or {})
    return json.dumps({name: value for name, value in told.items() if value is not None}).encode() + b"\n"
