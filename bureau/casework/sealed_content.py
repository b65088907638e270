"""Whether what is sealed is there, and under the key that the log tells of.

A decision is sealed under the key of the month in which its time ends, and from its first hold on under a key of its
own, which the entry of the hold tells. Content that lies under another key, or under one that was destroyed, is on
record and opens no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bureau.casework.retention import HOLD_KEYS
from bureau.casework.told import Told
from bureau.store import Store

__all__ = ["SEALED", "sealed_otherwise"]

SEALED: Final = {
    "decision": ("decision_id", "decision_id", ("request", "inputs", "answer", "shadow")),
    "inquiry": ("inquiry_ref", "inquiry_ref", ("content",)),
    "notice": ("notice_id", "decision_id", ("content",)),
    "conclusion": ("conclusion_id", "decision_id", ("content",)),
}
"""Table to its key, the column that names the decision, and its sealed columns."""


def sealed_otherwise(store: Store, told: Told) -> Iterator[str]:
    """What is sealed otherwise than the log tells: a sentence for each table and fault.

    The months' keys of decisions, and the keys of conclusions and notices, are compared with their own entries.

    Parameters
    ----------
    store : Store
        The casework store.
    told : Told
        What all events tell.
    """
    for table, (name, _, columns) in SEALED.items():
        is_blank = " OR ".join(f"length({column}) = 0" for column in columns)
        rows = store.rows(
            f"SELECT {name} AS name, content_key, CASE WHEN {is_blank} THEN 1 ELSE 0 END AS is_blank FROM {table} "
            f"WHERE {is_blank} OR content_key IN {store.members('destroyed')} ORDER BY {name}",
            destroyed=store.whole(sorted(told.destroyed)),
        )
        gone = [str(row.name) for row in rows if row.is_blank and row.content_key not in told.destroyed]
        left = [str(row.name) for row in rows if not row.is_blank]
        yield from _sentence(f"the content of {table}", gone, "is gone, and no entry tells of the end of its key")
        yield from _sentence(f"the content of {table}", left, "is under a key that was destroyed")
    yield from _sentence("decision", _not_under_its_hold(store, told), "is not under the key that its hold tells of")
    astray = store.rows(
        "SELECT inquiry_ref FROM inquiry JOIN decision ON decision.audit_number = inquiry.audit_number "
        "WHERE decision.content_key <> inquiry.content_key ORDER BY inquiry_ref"
    )
    yield from _sentence("inquiry", [str(name) for (name,) in astray], "is not under the key of its decision")


def _not_under_its_hold(store: Store, told: Told) -> list[str]:
    """Decisions under the key of a hold that no entry tells of, and held ones that are not under theirs."""
    under = {
        str(name): key
        for name, key in store.rows(
            "SELECT decision_id, content_key FROM decision WHERE content_key >= :first", first=HOLD_KEYS
        )
    }
    wrong = {name for name, key in under.items() if told.held.get(name, 0) not in (None, key)}
    for name, key in told.held.items():
        if key is not None and name not in under:
            on_record = store.rows("SELECT decision_id FROM decision WHERE decision_id = :name", name=name)
            wrong.update(str(each) for (each,) in on_record)
    return sorted(wrong)


def _sentence(what: str, names: list[str], fault: str) -> Iterator[str]:
    if names:
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        yield f"{what} {names[0]}{more} {fault}"
