"""What is remembered of every account there ever was, by its number."""

from __future__ import annotations

import numpy as np

from bureau.simulator.accounts import NOTHING, Accounts
from bureau.simulator.arrays import Array
from bureau.simulator.payments import FINAL

__all__ = ["Ledger"]


class Ledger:
    """Accounts by their number, those that are long over included.

    Attributes
    ----------
    person, co, role, product, furnisher, opened, origin : numpy.ndarray
        What they were from the beginning.
    bad_month, closed_month, ending, sold_to, renumbered_month : numpy.ndarray
        What has become of them: the last month in which they went bad, and so on.
    """

    def __init__(self) -> None:
        whole = np.empty(0, dtype=np.int32)
        self.person = self.co = self.origin = self.sold_to = whole
        self.role = self.product = self.furnisher = self.ending = whole.astype(np.int8)
        self.bad_month = self.closed_month = self.renumbered_month = whole.astype(np.int16)
        self.opened = np.empty(0, dtype="datetime64[D]")

    def __len__(self) -> int:
        return len(self.person)

    def add(self, accounts: Accounts) -> None:
        """Remember new accounts; their numbers follow those known."""
        for name in ("person", "co", "origin", "sold_to", "role", "product", "furnisher", "ending", "opened"):
            setattr(self, name, np.concatenate([getattr(self, name), getattr(accounts, name)]))
        never = np.full(len(accounts), NOTHING)
        for name in ("bad_month", "closed_month", "renumbered_month"):
            setattr(self, name, np.concatenate([getattr(self, name), never]))

    def note_bad(self, account: Array, month: int) -> None:
        """Some accounts went bad."""
        self.bad_month[account] = month

    def note_numbers(self, account: Array, month: int) -> None:
        """Some accounts got another number."""
        self.renumbered_month[account] = month

    def note_ends(self, accounts: Accounts, month: int) -> None:
        """Some accounts are over."""
        ended = accounts.at(accounts.stage == FINAL)
        self.closed_month[ended.account] = month
        self.ending[ended.account] = ended.ending
        self.sold_to[ended.account] = ended.sold_to
