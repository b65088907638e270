"""The world: everything that lives in it, and how it goes on by a month."""

from __future__ import annotations

from typing import Final

import numpy as np

from bureau.simulator.accounts import NOTHING, OPEN, Accounts, open_accounts, stock
from bureau.simulator.applications import APPROVED, Applications, draw_applications
from bureau.simulator.arrays import Array
from bureau.simulator.bank_records import month_codes
from bureau.simulator.collection import buy
from bureau.simulator.courts import Courts
from bureau.simulator.furnishers import NORTHLIGHT
from bureau.simulator.identity import Identities
from bureau.simulator.ledger import Ledger
from bureau.simulator.lives import Lives
from bureau.simulator.macro import Macro
from bureau.simulator.options import BURN_IN, Options
from bureau.simulator.payments import FINAL, SOLD, live_a_month
from bureau.simulator.people import draw_people
from bureau.simulator.randomness import Chance
from bureau.simulator.risk import Risk
from bureau.simulator.shop import Orders, new_orders, no_orders
from bureau.simulator.utilities import Utilities, first_contracts

__all__ = ["World"]

_RENUMBERED: Final = 0.0006
_DISPUTED: Final = 0.0008


class World:
    """Everything that lives, as it is at the end of the present month.

    Parameters
    ----------
    options : Options
        What world it is.

    Attributes
    ----------
    month : int
        The present month; the burn-in is over when a world has been made.
    people, lives, identities, macro, risk, calendar, chance
        Who lives in it and under which circumstances.
    accounts : Accounts
        The accounts that are reported this month.
    applications, utilities, orders, courts
        The rest of what furnishers report.
    ledger : Ledger
        What is remembered of every account there ever was.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.calendar = options.calendar
        self.chance = Chance(options.seed)
        self.macro = Macro(options, self.chance)
        self.risk = Risk(self.macro)
        self.people = draw_people(options, self.chance)
        self.lives = Lives(options, self.chance, self.people, self.calendar)
        self.identities = Identities(self.people, self.lives, self.chance)
        self.courts = Courts(self.people, self.chance)
        self.utilities: Utilities = first_contracts(self.people, self.chance)
        self.orders: Orders = no_orders()
        self._next_order = 0
        self._next_application = 0
        self.accounts: Accounts = stock(self.people, self.calendar, self.chance.stream("stock"))
        self.ledger = Ledger()
        self.ledger.add(self.accounts)
        self.applications: Applications
        self.month = -BURN_IN - 1
        for _ in range(BURN_IN):
            self.live()

    def live(self) -> None:
        """Go on by one month."""
        self.month += 1
        month, strain = self.month, self.macro.at(self.month)
        accounts = self.accounts.at(self.accounts.stage != FINAL)
        if month > 0:
            accounts.profile[:, 1:] = accounts.profile[:, :-1].copy()
            accounts.profile[:, 0] = accounts.code
        self.lives.live(month, self.risk)
        rng = self.chance.stream("payments", month)
        outcome = live_a_month(accounts, month, self.people, self.lives, self.risk, self.calendar, rng)
        self.ledger.note_bad(accounts.account[outcome.went_bad], month)
        self.courts.live(accounts, month, self.calendar, strain, self.chance.stream("courts", month))
        self._note_events(accounts)
        bought = buy(
            accounts,
            np.flatnonzero(accounts.ending == SOLD),
            first_account=len(self.ledger),
            month=month,
            calendar=self.calendar,
            rng=self.chance.stream("collection", month),
        )
        self.ledger.add(bought)
        opened = self._open(accounts)
        self.ledger.add(opened)
        self.accounts = accounts.joined(bought).joined(opened)
        self.accounts.code = month_codes(self.accounts)
        self.ledger.note_ends(self.accounts, month)
        if month >= 0:
            self._live_with_shops_and_utilities()

    def _open(self, accounts: Accounts) -> Accounts:
        """Take applications, and open the accounts that are granted."""
        month, rng = self.month, self.chance.stream("applications", self.month)
        self.applications = draw_applications(
            self.people, self.lives, accounts, first_application=self._next_application, month=month,
            strain=self.macro.at(month), calendar=self.calendar, rng=rng,
        )  # fmt: skip
        self._next_application += len(self.applications)
        granted = self.applications.at(self.applications.decision == APPROVED)
        delay = rng.integers(0, 7, len(granted)).astype("timedelta64[D]")
        return open_accounts(
            self.people, first_account=len(self.ledger), person=granted.person, product=granted.product,
            furnisher=granted.furnisher, opened=granted.applied_on + delay, calendar=self.calendar, rng=rng,
        )  # fmt: skip

    def _note_events(self, accounts: Accounts) -> None:
        """Now and then an account gets another number, or its holder disputes it."""
        month, rng = self.month, self.chance.stream("account events", self.month)
        if month <= 0:
            return
        draw = rng.random(len(accounts))
        plain = (accounts.stage == OPEN) & (accounts.furnisher != NORTHLIGHT)
        changes = plain & (draw < _RENUMBERED) & (accounts.renumbered == NOTHING)
        accounts.renumbered[changes] = month
        disputes = plain & (draw > 1 - _DISPUTED) & (accounts.disputed == NOTHING)
        accounts.disputed[disputes] = month
        self.ledger.note_numbers(accounts.account[changes], month)

    def _live_with_shops_and_utilities(self) -> None:
        month, strain = self.month, self.macro.at(self.month)
        rng = self.chance.stream("utilities", month)
        if month > 0:
            self.utilities = self.utilities.renewed(self.people, month, rng)
        self.utilities.live(month, self.people, self.lives, strain, rng)
        rng = self.chance.stream("shop", month)
        self.orders = self.orders.at(~self.orders.is_over())
        self.orders.live(month, self.people, self.lives, strain, self.calendar, rng)
        new = new_orders(self.people, self._next_order, month, self.chance, self.calendar, rng)
        self._next_order += len(new)
        self.orders = self.orders.joined(new)

    def sellers(self, accounts: Accounts) -> Array:
        """For what a collector bought: the furnisher that sold it."""
        return np.asarray(self.ledger.furnisher[np.maximum(accounts.origin, 0)])
