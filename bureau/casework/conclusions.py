"""Conclusions: what a person decided of a decision on record, which itself stays as it was made.

Who is referred to a person, or contests what a machine decided, is owed a person's decision (GDPR 22(3),
C-634/21). What the person decided, who it was and why is sealed as a whole, so that none of it can be changed.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final, Literal, get_args

from bureau.audit.chain import AuditLog
from bureau.audit.events import OPERATOR, Event
from bureau.casework.content import Content
from bureau.casework.retention import HOLD_KEYS, kept_until, key_number
from bureau.casework.tables import insert_sql
from bureau.cells import as_written, optional, raw, text, whole
from bureau.errors import CaseworkError, ContentGone, NotOnRecord
from bureau.store import Store

__all__ = ["MOST_REASONS", "OUTCOMES", "Conclusion", "Conclusions", "Outcome"]

Outcome = Literal["approve", "decline"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)

MOST_REASONS: Final = 4
"""Most reasons of one conclusion: as many as a letter tells (12 CFR 1002 supplement I, 9(b)(2)-1)."""

_CODE: Final = re.compile(r"[A-Z][0-9]{2}")
_LONGEST_NAME: Final = 200
_LONGEST_TEXT: Final = 4_000
_COLUMNS: Final = "conclusion_id, decision_id, number, concluded_at, content_key, content"


@dataclass(frozen=True)
class Conclusion:
    """What a person decided.

    Parameters
    ----------
    decision_id : str
        Of which decision.
    concluded_at : datetime
        When (UTC, naive).
    outcome : {'approve', 'decline'}
        What the person decided.
    by : str
        Who it was.
    reasons : tuple of str
        Codes of the reasons, the weightiest first; at most four, and one at least of a decline.
    why : str
        More about it, for those who look into it later; no letter tells it.
    number : int
        Its place among those of the decision, from 1; the last one stands.

    Raises
    ------
    CaseworkError
        If a part is missing, too much, or too long.
    """

    decision_id: str
    concluded_at: datetime
    outcome: Outcome
    by: str = field(repr=False)
    reasons: tuple[str, ...] = field(default=(), repr=False)
    why: str = field(default="", repr=False)
    number: int = 1

    def __post_init__(self) -> None:
        for fault in self._faults():
            raise CaseworkError(f"conclusion of {self.decision_id}: {fault}")

    def _faults(self) -> list[str]:
        codes = self.reasons
        told = {
            f"its outcome is none; take one of {', '.join(OUTCOMES)}": self.outcome not in OUTCOMES,
            "nobody is named as the one who decided; name a person": not self.by.strip(),
            f"the name is longer than {_LONGEST_NAME} characters; shorten it": len(self.by) > _LONGEST_NAME,
            f"the text is longer than {_LONGEST_TEXT} characters; shorten it": len(self.why) > _LONGEST_TEXT,
            "a decline has no reason; name one at least": self.outcome == "decline" and not codes,
            f"over {MOST_REASONS} reasons; name the principal ones": len(codes) > MOST_REASONS,
            "a reason is named twice; name each once": len(set(codes)) < len(codes),
            "a reason is no code; name it as `B13`": not all(map(_CODE.fullmatch, codes)),
        }
        return [fault for fault, holds in told.items() if holds]


class Conclusions:
    """The conclusions of one casework store.

    Parameters
    ----------
    store : Store
        The store.
    audit : AuditLog
        Where it is noted.
    content : Content
        Seals them.
    """

    def __init__(self, store: Store, audit: AuditLog, content: Content) -> None:
        self._store = store
        self._audit = audit
        self._content = content

    def keep(self, told: Conclusion, *, correct: bool = False) -> Conclusion:
        """Keep what a person decided, with its audit entry, which holds nothing personal.

        Parameters
        ----------
        told : Conclusion
            The conclusion; its number is given here.
        correct : bool
            Whether it stands instead of an earlier one, which is kept, too.

        Raises
        ------
        NotOnRecord
            If there is no such decision.
        ContentGone
            If the time for which the decision is kept is over.
        CaseworkError
            If the decision was concluded before, or a correction corrects nothing.
        """
        with self._store.write():
            jurisdiction, subscriber, consumer_id, key_no = self._decision(told.decision_id)
            if key_no not in self._content.live_keys():
                raise ContentGone(f"{told.decision_id}: its content is gone; nothing can be concluded of it")
            ((before,),) = self._store.rows(
                "SELECT count(*) FROM conclusion WHERE decision_id = :decision_id", decision_id=told.decision_id
            )
            if before and not correct:
                raise CaseworkError(
                    f"{told.decision_id}: a person has concluded it already; with `--correct` both are kept, "
                    "and the later one stands"
                )
            if correct and not before:
                raise CaseworkError(f"{told.decision_id}: nobody has concluded it, so nothing is corrected")
            made = replace(told, number=int(before) + 1)
            if key_no < HOLD_KEYS:  # else it stays as long as the decision that is on hold
                key_no = key_number(kept_until(jurisdiction, made.concluded_at.date()))
            name = f"{made.decision_id}/{made.number}"
            self._store.rows(
                insert_sql("conclusion"),
                conclusion_id=name,
                decision_id=made.decision_id,
                number=made.number,
                concluded_at=made.concluded_at.isoformat(),
                content_key=key_no,
                content=self._content.seal(key_no, ("conclusion", name, "content"), _content(made)),
            )
            self._audit.append(
                Event(
                    "decision concluded",
                    made.concluded_at,
                    actor=OPERATOR,
                    subscriber=subscriber,
                    subject=made.decision_id,
                    consumer_id=consumer_id,
                    details={
                        "outcome": made.outcome,
                        "number": made.number,
                        "key": key_no,
                        "content": self._audit.fingerprint("conclusion", _content(made)),
                    },
                )
            )
        return made

    def of(self, decision_id: str) -> list[Conclusion]:
        """The conclusions of a decision, the one that stands last.

        Raises
        ------
        ContentGone
            If the time for which one is kept is over.
        CaseworkDamaged
            If one was changed.
        """
        rows = self._store.rows(
            f"SELECT {_COLUMNS} FROM conclusion WHERE decision_id = :decision_id ORDER BY number",
            decision_id=decision_id,
        )
        return [self._conclusion(row._asdict()) for row in rows]

    def last(self, decision_id: str) -> Conclusion | None:
        """The conclusion of a decision that stands; None if nobody has concluded it.

        Raises
        ------
        ContentGone, CaseworkDamaged
            As :meth:`of`.
        """
        return next(reversed(self.of(decision_id)), None)

    def standing(self, until: date | None = None) -> dict[str, Conclusion]:
        """Decision to the conclusion that stands, those whose content is gone left out.

        Parameters
        ----------
        until : date, optional
            As it stood before this day (UTC) began; by default as it stands.
        """
        rows = self._store.rows(
            f"SELECT {_COLUMNS} FROM conclusion "
            + ("" if until is None else "WHERE concluded_at < :until ")
            + "ORDER BY decision_id, number",
            **({} if until is None else {"until": until.isoformat()}),
        )
        last = {str(row.decision_id): row for row in rows}
        found = {}
        for decision_id, row in last.items():
            with suppress(ContentGone):
                found[decision_id] = self._conclusion(row._asdict())
        return found

    def _conclusion(self, row: dict[str, Any]) -> Conclusion:
        with as_written(f"conclusion {row['conclusion_id']}"):
            place = ("conclusion", text(row["conclusion_id"]), "content")
            decision_id, number = text(row["decision_id"]), whole(row["number"])
            key_no, sealed = whole(row["content_key"]), raw(row["content"])
        told = json.loads(self._content.open(key_no, place, sealed))
        return Conclusion(
            decision_id,
            datetime.fromisoformat(told["concluded_at"]),
            told["outcome"],
            told["by"],
            tuple(told["reasons"]),
            told["why"],
            number,
        )

    def _decision(self, decision_id: str) -> tuple[str, str, int | None, int]:
        for row in self._store.rows(
            "SELECT jurisdiction, subscriber, consumer_id, content_key FROM decision WHERE decision_id = :decision_id",
            decision_id=decision_id,
        ):
            with as_written(f"decision {decision_id}"):
                return text(row[0]), text(row[1]), optional(whole, row[2]), whole(row[3])
        raise NotOnRecord("there is no such decision; check its name, and whose it is")


def _content(told: Conclusion) -> bytes:
    content = {"concluded_at": told.concluded_at.isoformat(), "outcome": told.outcome, "by": told.by}
    return json.dumps(content | {"reasons": told.reasons, "why": told.why}, ensure_ascii=False).encode()
