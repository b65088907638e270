"""Which delivery wrote what into the vault, so that one that was cut short can be taken back."""

from __future__ import annotations

from bureau.store import Store
from bureau.vault.tables import VAULT

__all__ = ["discard", "note"]


def note(store: Store, delivery_no: int) -> None:
    """Note that something is about to be written for a delivery; none has the number 0."""
    if delivery_no:
        store.insert(VAULT.tables["delivery"], [(delivery_no,)])


def discard(store: Store, delivery_no: int) -> None:
    """Remove all that was written for a delivery; only if there is something are the tables read."""
    with store.write():
        if store.rows("SELECT 1 FROM delivery WHERE delivery_no = :no", no=delivery_no):
            for table in ("entry", "blind_index", "delivery"):
                store.rows(f"DELETE FROM {table} WHERE delivery_no = :no", no=delivery_no)
