"""Holds: while one is in force, its owner cannot be erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bureau.errors import ErasureRefused
from bureau.store import Store
from bureau.vault.tables import VAULT, kind_code, kind_name

__all__ = ["Hold", "Holds"]


@dataclass(frozen=True)
class Hold:
    """A hold on one owner.

    Parameters
    ----------
    reason : str
        Why, for example the number of a court's case; nothing personal.
    placed_at : datetime
        From when (UTC, naive).
    lifted_at : datetime, optional
        Until when, if it is no longer in force.
    """

    reason: str
    placed_at: datetime
    lifted_at: datetime | None


class Holds:
    """The holds of one vault.

    Parameters
    ----------
    store : Store
        The vault's database.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def place(self, kind: str, number: int, reason: str, moment: datetime) -> None:
        """Place a hold; one that is in force for the same reason stays as it is."""
        with self._store.write():
            if all(hold.reason != reason or hold.lifted_at is not None for hold in self.of(kind, number)):
                row = (kind_code(kind), number, reason, moment.isoformat(), None)
                self._store.insert(VAULT.tables["hold"], [row])

    def lift(self, kind: str, number: int, reason: str, moment: datetime) -> bool:
        """Lift the hold that is in force for a reason; whether there was one."""
        with self._store.write():
            found = any(hold.reason == reason and hold.lifted_at is None for hold in self.of(kind, number))
            self._store.rows(
                "UPDATE hold SET lifted_at = :moment "
                "WHERE kind = :kind AND number = :number AND reason = :reason AND lifted_at IS NULL",
                kind=kind_code(kind),
                number=number,
                reason=reason,
                moment=moment.isoformat(),
            )
        return found

    def of(self, kind: str, number: int) -> list[Hold]:
        """All holds of an owner, those that were lifted too, in the order in which they were placed."""
        rows = self._store.rows(
            "SELECT reason, placed_at, lifted_at FROM hold WHERE kind = :kind AND number = :number "
            "ORDER BY placed_at, reason",
            kind=kind_code(kind),
            number=number,
        )
        return [
            Hold(reason, datetime.fromisoformat(placed_at), lifted_at and datetime.fromisoformat(lifted_at))
            for reason, placed_at, lifted_at in rows
        ]

    def in_force(self) -> list[tuple[str, int, Hold]]:
        """Every hold that is in force, with the kind and the number of its owner."""
        rows = self._store.rows(
            "SELECT kind, number, reason, placed_at FROM hold WHERE lifted_at IS NULL ORDER BY kind, number, placed_at"
        )
        return [
            (kind_name(kind), number, Hold(reason, datetime.fromisoformat(placed_at), None))
            for kind, number, reason, placed_at in rows
        ]

    def require_none(self, kind: str, numbers: Sequence[int]) -> None:
        """Make sure that owners may be erased.

        Raises
        ------
        ErasureRefused
            If a hold on one of them is in force.
        """
        held = self._store.rows(
            "SELECT number, reason, placed_at FROM hold WHERE kind = :kind AND lifted_at IS NULL "
            f"AND number IN {self._store.members('numbers')} ORDER BY number, placed_at LIMIT 1",
            kind=kind_code(kind),
            numbers=self._store.whole(numbers),
        )
        for number, reason, placed_at in held:
            raise ErasureRefused(
                f"{kind} {number} is held since {placed_at} ({reason}); lift the hold first (nobody was erased)"
            )
