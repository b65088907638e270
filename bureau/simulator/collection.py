"""What a collector buys: written-off accounts become accounts of its own."""

from __future__ import annotations

import numpy as np

from bureau.simulator.accounts import COLLECTION, Accounts
from bureau.simulator.arrays import Array
from bureau.simulator.furnishers import CORNERSTONE
from bureau.simulator.options import Calendar
from bureau.simulator.payments import LOST

__all__ = ["buy"]


def buy(
    accounts: Accounts, sold: Array, *, first_account: int, month: int, calendar: Calendar, rng: np.random.Generator
) -> Accounts:
    """The accounts that the collector opens for those sold to it this month.

    The delinquency goes on: its first date stays that of the account it was bought as.

    Parameters
    ----------
    accounts : Accounts
        All accounts; ``sold_to`` of the sold ones is filled in.
    sold : numpy.ndarray
        Rows of the accounts that were sold.
    first_account : int
        Number of the collector's first new account.
    month, calendar
        When it is.
    rng : numpy.random.Generator
        What is drawn is drawn from here.
    """
    bought = accounts.at(sold)
    count = len(sold)
    bought.account = np.arange(first_account, first_account + count, dtype=np.int32)
    accounts.sold_to[sold] = bought.account
    bought.origin = accounts.account[sold].copy()
    bought.sold_to = np.full(count, -1, dtype=np.int32)
    bought.furnisher[:] = CORNERSTONE
    bought.product[:] = COLLECTION
    bought.opened = calendar.day(month, rng.integers(20, 29, count))
    bought.opened_month[:] = month
    bought.term[:] = 0
    bought.balance = bought.written_off.copy()
    bought.past_due = bought.written_off.copy()
    bought.amount = bought.written_off.copy()
    bought.highest = bought.written_off.copy()
    bought.limit[:] = bought.written_off[:] = bought.paid[:] = bought.scheduled[:] = 0
    bought.co[:] = -1
    bought.role[:] = 0
    bought.stage[:] = LOST
    bought.ending[:] = 0
    bought.profile[:] = ord("B")
    bought.last_paid[:] = np.datetime64("NaT")
    return bought
