"""What each furnisher has to report at the end of a month."""

from __future__ import annotations

import numpy as np

from bureau.simulator.accounts import OPEN, Accounts
from bureau.simulator.arrays import Array
from bureau.simulator.bank_records import BankRecords
from bureau.simulator.batch import Batch, Records
from bureau.simulator.furnishers import COURT, NORTHLIGHT, Feed
from bureau.simulator.lender_records import customer_records, month_records
from bureau.simulator.payments import LOST, SOLD
from bureau.simulator.world import World

__all__ = ["Reporting"]


class Reporting:
    """Turns the world of a month into batches of records.

    Parameters
    ----------
    world : World
        The world.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        count = len(world.people)
        self._is_customer = np.zeros(count, dtype=bool)
        self._told_address = np.full(count, -1, dtype=np.int32)
        self._told_surname = np.full(count, -1, dtype=np.int16)
        self._told_employer = np.full(count, -2, dtype=np.int16)

    def batch(self, feed: Feed) -> Batch:
        """The records of one delivery of this month."""
        make = {
            "metro2": self._bank,
            "lender_customers": self._customers,
            "lender_months": self._months,
            "court_records": self._courts,
            "recurring_payments": self._bills,
            "shop_orders": self._orders,
            "applications": self._applications,
        }
        return make[feed.contract](feed)

    def _accounts(self, feed: Feed) -> Accounts:
        accounts = self._world.accounts
        return accounts.at(np.flatnonzero(accounts.furnisher == feed.furnisher))

    def _bank(self, feed: Feed) -> Batch:
        world, accounts = self._world, self._accounts(feed)
        records = BankRecords(
            accounts,
            world.month,
            feed.furnisher,
            world.sellers(accounts),
            people=world.people,
            identities=world.identities,
            calendar=world.calendar,
            chance=world.chance,
        )
        marks = self._account_marks(accounts, least_unpaid=2) | {
            "tells_number": self._tells_number(feed, accounts.person) & ~world.people.is_chinese[accounts.person],
            "tells_employer": records.tells_employer(),
        }
        return Batch(feed, world.month, accounts.account, accounts.person, records.build, marks)

    def _account_marks(self, accounts: Accounts, least_unpaid: int) -> dict[str, Array]:
        world = self._world
        running = accounts.stage == OPEN
        use = accounts.balance / np.maximum(accounts.limit, 1)
        return {
            "plain": running & (accounts.renumbered != world.month) & (accounts.opened_month < world.month),
            "caught_up": accounts.caught_up,
            "delinquent": (accounts.stage == LOST) | (running & (accounts.unpaid >= least_unpaid)),
            "sold": accounts.ending == SOLD,
            "use": np.where(running & accounts.is_revolving & (accounts.over_run == 0), use, 0),
            "written_off": accounts.written_off,
            "sold_to": accounts.sold_to,
            "co": accounts.co,
        }

    def _tells_number(self, feed: Feed, person: Array) -> Array:
        return self._world.identities.knows_number(feed.furnisher, person)

    def _months(self, feed: Feed) -> Batch:
        world, accounts = self._world, self._accounts(feed)

        def build(rows: Array) -> Records:
            return month_records(accounts.at(rows), world.month, world.people, world.calendar)

        marks = self._account_marks(accounts, least_unpaid=1)
        return Batch(feed, world.month, accounts.account, accounts.person, build, marks)

    def _customers(self, feed: Feed) -> Batch:
        """New customers, and those who moved, married or changed their employer."""
        world = self._world
        accounts = self._accounts(feed)
        self._is_customer[accounts.person] = True
        lives = (world.people.death_month > world.month) | (self._told_address < 0)
        person = np.flatnonzero(self._is_customer & lives)
        address, surname = world.identities.known(NORTHLIGHT, person, world.month)
        employer = world.lives.employer[person]
        changed = (
            (address != self._told_address[person])
            | (surname != self._told_surname[person])
            | (employer != self._told_employer[person])
        )
        person = person[changed]
        self._told_address[person] = address[changed]
        self._told_surname[person] = surname[changed]
        self._told_employer[person] = employer[changed]

        def build(rows: Array) -> Records:
            return customer_records(person[rows], world.month, world.identities, world.calendar)

        marks = {
            "tells_number": self._tells_number(feed, person),
            "tells_employer": world.lives.employer[person] >= 0,
        }
        return Batch(feed, world.month, person, person, build, marks)

    def _courts(self, feed: Feed) -> Batch:
        courts, month, identities = self._world.courts, self._world.month, self._world.identities
        cases = courts.told if feed.furnisher == COURT else courts.at_vendor()

        def build(rows: Array) -> Records:
            return cases.at(rows).records(feed.furnisher, month, identities)

        marks = {"tells_number": self._tells_number(feed, cases.person)}
        return Batch(feed, month, cases.case, cases.person, build, marks)

    def _bills(self, feed: Feed) -> Batch:
        utilities, month = self._world.utilities, self._world.month
        bills = utilities.at(np.flatnonzero(utilities.furnisher == feed.furnisher))
        world = self._world

        def build(rows: Array) -> Records:
            return bills.at(rows).records(month, world.identities, world.calendar)

        marks = {"tells_number": self._tells_number(feed, bills.person), "plain": bills.billed > 0}
        return Batch(feed, month, bills.contract, bills.person, build, marks)

    def _orders(self, feed: Feed) -> Batch:
        orders, month, identities = self._world.orders, self._world.month, self._world.identities
        told = orders.at(np.flatnonzero(orders.told_month == month))

        def build(rows: Array) -> Records:
            return told.at(rows).records(month, identities)

        marks = {"tells_number": self._tells_number(feed, told.person)}
        return Batch(feed, month, told.person, told.person, build, marks, told.order)

    def _applications(self, feed: Feed) -> Batch:
        world = self._world
        made = world.applications.at(np.flatnonzero(world.applications.furnisher == feed.furnisher))

        def build(rows: Array) -> Records:
            return made.at(rows).records(
                feed.furnisher, world.month, world.people, world.lives, world.identities, world.calendar
            )

        marks = {
            "tells_number": self._tells_number(feed, made.person),
            "tells_employer": world.lives.employer[made.person] >= 0,
        }
        return Batch(feed, world.month, made.application, made.person, build, marks)
