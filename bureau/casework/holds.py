"""Holds and the end of time: what is kept longer, and the destruction of what is kept no more.

Content whose time is over is removed, and then its key destroyed. A decision on hold, and what belongs to it,
is sealed anew under a key of its own, so that the key of its month can go all the same.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from bureau.audit.chain import AuditLog
from bureau.audit.events import OPERATOR, Detail, Event, EventKind
from bureau.casework.content import Content
from bureau.casework.retention import HOLD_KEYS, kept_until, key_number
from bureau.casework.sealed_content import SEALED
from bureau.casework.tables import insert_sql
from bureau.cells import as_written, moment, optional, raw, text, whole
from bureau.errors import CaseworkError, ContentGone
from bureau.store import Store

__all__ = ["DecisionHold", "Destroyed", "Holds"]

_IDEMPOTENCY_KEPT: Final = timedelta(days=30)
_NOTHING_MORE: Final[Mapping[str, Detail]] = MappingProxyType({})


@dataclass(frozen=True)
class DecisionHold:
    """A hold on a decision.

    Parameters
    ----------
    decision_id : str
        Which.
    reason : str
        Why, for example the number of a court's case; nothing personal.
    placed_at : datetime
        From when (UTC, naive).
    lifted_at : datetime, optional
        Until when, if it is no longer in force.
    """

    decision_id: str
    reason: str
    placed_at: datetime
    lifted_at: datetime | None


@dataclass(frozen=True)
class Destroyed:
    """What the end of time took.

    Parameters
    ----------
    keys : int
        Keys destroyed.
    decisions, inquiries, notices : int
        Whose content is gone with them.
    """

    keys: int
    decisions: int
    inquiries: int
    notices: int


class Holds:
    """The holds of one casework store, and the destruction of content that none of them keeps.

    Parameters
    ----------
    store : Store
        The store.
    audit : AuditLog
        Where it is noted.
    content : Content
        Seals content, and destroys its keys.
    """

    def __init__(self, store: Store, audit: AuditLog, content: Content) -> None:
        self._store = store
        self._audit = audit
        self._content = content

    def place(self, decision_id: str, reason: str, at: datetime) -> None:
        """Keep a decision and all that belongs to it until the hold is lifted; one in force stays as it is.

        Raises
        ------
        CaseworkError
            If there is no such decision.
        ContentGone
            If its content is gone already.
        """
        with self._store.write():
            key_no = self._key_of(decision_id)
            if key_no not in self._content.live_keys():
                raise ContentGone(f"{decision_id}: its content is gone; nothing can be held")
            if any(each.reason == reason for each in self.in_force(decision_id)):
                return
            if key_no < HOLD_KEYS:
                key_no = HOLD_KEYS + secrets.randbelow(2**62)
                self._seal_anew(decision_id, key_no)
            self._store.rows(
                insert_sql("hold"), decision_id=decision_id, reason=reason, placed_at=at.isoformat(), lifted_at=None
            )
            self._note("hold placed", decision_id, reason, at, {"key": key_no})

    def lift(self, decision_id: str, reason: str, at: datetime) -> bool:
        """Lift the hold that is in force for a reason; whether there was one.

        The content goes with the next :meth:`destroy_expired` if its time is over.
        """
        with self._store.write():
            if all(each.reason != reason for each in self.in_force(decision_id)):
                return False
            self._store.rows(
                "UPDATE hold SET lifted_at = :at "
                "WHERE decision_id = :decision_id AND reason = :reason AND lifted_at IS NULL",
                at=at.isoformat(),
                decision_id=decision_id,
                reason=reason,
            )
            self._note("hold lifted", decision_id, reason, at)
        return True

    def history(self) -> list[DecisionHold]:
        """All holds, those that were lifted too."""
        rows = self._store.rows(
            "SELECT decision_id, reason, placed_at, lifted_at FROM hold ORDER BY placed_at, decision_id, reason"
        )
        return [_hold(*row) for row in rows]

    def fingerprint(self, reason: str) -> str:
        """What stands for the reason of a hold in the audit log."""
        return self._audit.fingerprint("hold", {"reason": reason})

    def in_force(self, decision_id: str | None = None) -> list[DecisionHold]:
        """The holds in force, on one decision or on all."""
        rows = self._store.rows(
            "SELECT decision_id, reason, placed_at, lifted_at FROM hold WHERE lifted_at IS NULL "
            + ("" if decision_id is None else "AND decision_id = :decision_id ")
            + "ORDER BY placed_at, decision_id, reason",
            **({} if decision_id is None else {"decision_id": decision_id}),
        )
        return [_hold(*row) for row in rows]

    def destroy_expired(self, at: datetime) -> Destroyed:
        """Destroy what is kept no more; repeat it if it was interrupted.

        Content is kept at least until its time is over, and at most one month longer.

        Parameters
        ----------
        at : datetime
            The moment (UTC, naive).

        Raises
        ------
        CaseworkBusy, VaultBusy
            If another process writes for too long.
        """
        today = at.date()
        due = self._due(today)
        counts = dict.fromkeys(SEALED, 0)
        with self._store.write():
            for key_no in due:
                for table, (_, _, columns) in SEALED.items():
                    blank = ", ".join(f"{column} = :nothing" for column in columns)
                    counts[table] += self._count(table, key_no)
                    self._store.rows(
                        f"UPDATE {table} SET {blank} WHERE content_key = :key_no", key_no=key_no, nothing=b""
                    )
                self._audit.append(Event("content destroyed", at, actor=OPERATOR, details={"key": key_no}))
            self._store.rows("DELETE FROM idempotency WHERE kept_at < :then", then=(at - _IDEMPOTENCY_KEPT).isoformat())
        self._content.destroy(due, "the time for which it is kept is over", at)
        return Destroyed(len(due), counts["decision"], counts["inquiry"], counts["notice"])

    def _note(
        self, kind: EventKind, decision_id: str, reason: str, at: datetime, told: Mapping[str, Detail] = _NOTHING_MORE
    ) -> None:
        details = {"why": self.fingerprint(reason), **told}
        self._audit.append(Event(kind, at, actor=OPERATOR, subject=decision_id, details=details))

    def _due(self, today: date) -> list[int]:
        """The keys that nothing keeps any more and that are not destroyed yet."""
        this_month = key_number(today)
        return [
            each
            for each in self._content.live_keys()
            if (each < this_month if each < HOLD_KEYS else self._is_over(each, this_month))
        ]

    def _is_over(self, key_no: int, this_month: int) -> bool:
        """Whether the decision under a hold's key is held no more, and its time over."""
        rows = self._store.rows(
            "SELECT decision_id, jurisdiction, decided_at, (SELECT max(rendered_at) FROM notice "
            "WHERE notice.decision_id = decision.decision_id) AS told_at, (SELECT max(concluded_at) FROM conclusion "
            "WHERE conclusion.decision_id = decision.decision_id) AS concluded_at "
            "FROM decision WHERE content_key = :key_no",
            key_no=key_no,
        )
        for decision_id, jurisdiction, *moments in rows:
            with as_written(f"decision {decision_id}"):
                last = max(moment(each) for each in moments if each is not None)
            if self.in_force(decision_id) or key_number(kept_until(jurisdiction, last.date())) >= this_month:
                return False
        return True

    def _count(self, table: str, key_no: int) -> int:
        column = SEALED[table][2][0]
        ((count,),) = self._store.rows(
            f"SELECT count(*) FROM {table} WHERE content_key = :key_no AND length({column}) > 0", key_no=key_no
        )
        return int(count)

    def _key_of(self, decision_id: str) -> int:
        for (number,) in self._store.rows(
            "SELECT content_key FROM decision WHERE decision_id = :decision_id", decision_id=decision_id
        ):
            with as_written(f"decision {decision_id}"):
                return whole(number)
        raise CaseworkError(f"{decision_id}: there is no such decision; check its name")

    def _seal_anew(self, decision_id: str, key_no: int) -> None:
        for table, (row_key, of_decision, columns) in SEALED.items():
            for row in self._store.rows(
                f"SELECT {row_key} AS row_key, content_key, {', '.join(columns)} FROM {table} "
                f"WHERE {of_decision} = :decision_id",
                decision_id=decision_id,
            ):
                told = row._asdict()
                sealed: dict[str, bytes] = {}
                for column in columns:
                    place = (table, str(told["row_key"]), column)
                    with as_written(f"{table} {told['row_key']}"):
                        before, content = whole(told["content_key"]), raw(told[column])
                    content = self._content.open(before, place, content)
                    sealed[column] = self._content.seal(key_no, place, content)
                assign = ", ".join(f"{column} = :{column}" for column in columns)
                self._store.rows(
                    f"UPDATE {table} SET content_key = :key_no, {assign} WHERE {row_key} = :row_key",
                    key_no=key_no,
                    row_key=told["row_key"],
                    **sealed,
                )


def _hold(decision_id: object, reason: object, placed_at: object, lifted_at: object) -> DecisionHold:
    with as_written(f"a hold on {decision_id}"):
        return DecisionHold(text(decision_id), text(reason), moment(placed_at), optional(moment, lifted_at))
