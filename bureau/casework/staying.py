"""What stays on record of a person who is erased: decisions about the person, how long, and by which law.

The erasure of a person ends what the bureau keeps by its own choice. A creditor's decision is kept because a law asks
for it, or because the person may contest it; its time ends with its key (:mod:`bureau.casework.retention`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bureau.casework.content import Content
from bureau.casework.holds import Holds
from bureau.casework.retention import HOLD_KEYS, end_of_key, kept_until, key_number, retention_of
from bureau.cells import as_written, moment, whole
from bureau.store import Store

__all__ = ["Staying", "what_stays"]


@dataclass(frozen=True)
class Staying:
    """A decision that an erasure leaves on record.

    Parameters
    ----------
    decision_id : str
        Which.
    subscriber : str
        Whose.
    until : date
        The last day on which its content, and that of its letters and conclusions, may be there.
    why : str
        Why the erasure does not shorten that.
    held : tuple of str
        Reasons of the holds in force, which keep it until they are lifted, later than that day too.
    """

    decision_id: str
    subscriber: str
    until: date
    why: str
    held: tuple[str, ...]


def what_stays(
    store: Store, content: Content, holds: Holds, consumer_ids: Iterable[int], decision_ids: Iterable[str] = ()
) -> list[Staying]:
    """The decisions about a person whose content is on record, in the order in which they were made.

    Parameters
    ----------
    store, content, holds : object
        The casework's own.
    consumer_ids : iterable of int
        The identifiers of all references that belong to the person.
    decision_ids : iterable of str
        Decisions that are about the person though they name none of them: nobody was found then.
    """
    live = frozenset(content.live_keys())
    found: dict[int, Staying] = {}
    columns = "SELECT audit_number, decision_id, subscriber, jurisdiction, decided_at, content_key FROM decision WHERE "
    rows = [
        *store.rows(
            f"{columns} consumer_id IN {store.members('numbers')}", numbers=store.whole(sorted(set(consumer_ids)))
        ),
        *(row for each in decision_ids for row in store.rows(f"{columns} decision_id = :each", each=each)),
    ]
    for row in rows:
        if row.content_key not in live:
            continue
        held = tuple(each.reason for each in holds.in_force(row.decision_id))
        with as_written(f"decision {row.decision_id}"):
            decided_on = moment(row.decided_at).date()
        until = _until(store, row.decision_id, row.jurisdiction, decided_on)
        why = retention_of(row.jurisdiction, decided_on).over_erasure
        found[int(row.audit_number)] = Staying(row.decision_id, row.subscriber, until, why, held)
    return [found[number] for number in sorted(found)]


def _until(store: Store, decision_id: str, jurisdiction: str, decided_on: date) -> date:
    """The end of the last key of a decision and what belongs to it; what is on hold has no end of its own."""
    with as_written(f"what followed decision {decision_id}"):
        keys = [
            whole(number)
            for table in ("notice", "conclusion")
            for (number,) in store.rows(
                f"SELECT content_key FROM {table} WHERE decision_id = :decision_id", decision_id=decision_id
            )
        ]
    months = [key for key in keys if key < HOLD_KEYS]
    return end_of_key(max((*months, key_number(kept_until(jurisdiction, decided_on)))))
