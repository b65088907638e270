"""A month of the accounts: what is paid and missed, closed, written off, settled and sold.

``stage`` of an account: ``OPEN``; ``LOST`` (written off, and reported as such); ``FINAL`` (this month
is reported for the last time, and ``ending`` says why).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from bureau.simulator.accounts import CAR, COLLECTION, MORTGAGE, NOTHING, OPEN, Accounts
from bureau.simulator.arrays import Array
from bureau.simulator.lives import Lives
from bureau.simulator.options import Calendar
from bureau.simulator.people import People
from bureau.simulator.risk import BAD, CLOSING, MOST_UNPAID, Risk

__all__ = [
    "CLOSED",
    "COLLECTED",
    "DISCHARGED",
    "FINAL",
    "FORECLOSED",
    "LOST",
    "PAID_OFF",
    "SETTLED",
    "SOLD",
    "Outcome",
    "live_a_month",
    "write_off",
]

LOST, FINAL = 1, 2
PAID_OFF, CLOSED, SETTLED, SOLD, FORECLOSED, COLLECTED, DISCHARGED = range(1, 8)

_SOLD: Final = 0.09
_SETTLED: Final = 0.012
_COLLECTED: Final = 0.025
_PART_COLLECTED: Final = 0.07
_REPOSSESSED: Final = 0.4
_MOST_COUNTED: Final = 120
_LEAST: Final = 2_500
_SHARE_OF_BALANCE: Final = 0.03
_LIMIT_RISES: Final = 0.008
_OVER_LIMIT: Final = 0.1
_MOST_MONTHS_OVER: Final = 2


@dataclass(frozen=True)
class Outcome:
    """What a month brought.

    Parameters
    ----------
    went_bad : numpy.ndarray
        Rows of accounts that went bad this month.
    """

    went_bad: Array


def live_a_month(
    accounts: Accounts,
    month: int,
    people: People,
    lives: Lives,
    risk: Risk,
    calendar: Calendar,
    rng: np.random.Generator,
) -> Outcome:
    """Take every account through one month, in place.

    Parameters
    ----------
    accounts : Accounts
        All that are not over.
    month : int
        The month.
    people, lives, risk, calendar
        The world.
    rng : numpy.random.Generator
        What is drawn is drawn from here.
    """
    count = len(accounts)
    accounts.paid[:] = 0
    person = accounts.person
    dies = people.death_month[person] <= month
    running = (accounts.stage == OPEN) & (accounts.product != COLLECTION)
    lost = accounts.stage == LOST
    accounts.unpaid[lost] = np.minimum(accounts.unpaid[lost] + 1, _MOST_COUNTED)
    lives_on = np.flatnonzero(running & ~dies)
    before = accounts.unpaid.copy()
    draws = rng.random((2, count), dtype=np.float32)

    now = before[lives_on]
    falls, holds = risk.chances(month, lives.out_of_work[person[lives_on]], accounts.grade[lives_on], now)
    draw = draws[0, lives_on]
    is_due = (accounts.term[lives_on] > 0) & (
        month >= accounts.opened_month[lives_on].astype(np.int64) + accounts.term[lives_on]
    )
    fallen = draw < falls
    held = ~fallen & (draw < falls + holds) & ~is_due
    accounts.unpaid[lives_on] = np.where(fallen, now + 1, np.where(held, now, 0))
    missed_first = lives_on[fallen & (now == 0)]
    accounts.first_missed[missed_first] = month
    current = lives_on[~fallen & ~held]
    accounts.caught_up[:] = False
    accounts.caught_up[current] = before[current] > 0
    accounts.first_missed[current] = NOTHING
    went_bad = lives_on[fallen & (now == BAD - 1)]

    _pay_loans(accounts, before, lives_on, month)
    _draw_and_repay(accounts, before, lives_on, rng)
    closing = np.where(accounts.is_revolving, CLOSING[0], CLOSING[1]).astype(np.float32)
    leaves = current[draws[1, current] < closing[current]]
    through = np.zeros(count, dtype=bool)
    through[lives_on] = is_due
    _end(accounts, np.flatnonzero(running & dies))
    _end(accounts, leaves)
    _end(accounts, current[through[current]])

    write_off(accounts, lives_on[accounts.unpaid[lives_on] >= MOST_UNPAID], rng)
    if month >= 0:
        _after_the_loss(accounts, draws[1], rng)
    _note_payments(accounts, month, calendar, rng)
    np.maximum(accounts.highest, accounts.balance, out=accounts.highest)
    return Outcome(went_bad)


def write_off(accounts: Accounts, rows: Array, rng: np.random.Generator) -> None:
    """Write accounts off; a mortgage ends with the loss of the house."""
    accounts.stage[rows] = LOST
    accounts.written_off[rows] = accounts.balance[rows]
    accounts.past_due[rows] = accounts.balance[rows]
    accounts.scheduled[rows] = 0
    houses = rows[accounts.product[rows] == MORTGAGE]
    accounts.stage[houses], accounts.ending[houses] = FINAL, FORECLOSED
    accounts.balance[houses] = accounts.past_due[houses] = 0
    cars = rows[accounts.product[rows] == CAR]
    taken = cars[rng.random(len(cars)) < _REPOSSESSED]
    accounts.taken[taken] = True


def _pay_loans(accounts: Accounts, before: Array, rows: Array, month: int) -> None:
    """Balances of loans follow from how many instalments have been paid."""
    rows = rows[accounts.term[rows] > 0]
    loans = accounts.at(rows)
    elapsed = month - loans.opened_month.astype(np.int64)
    old = accounts.balance[rows]
    balance = loans.owed_after(np.maximum(elapsed - loans.unpaid, 0))
    unpaid_before = before[rows].astype(np.int64)
    instalments = unpaid_before + 1 - loans.unpaid
    is_over = elapsed >= loans.term
    paid = np.where(is_over & (loans.unpaid == 0), old, np.minimum(instalments * loans.payment, old))
    began = elapsed > 0
    accounts.balance[rows] = np.where(began, balance, old)
    accounts.paid[rows] = np.where(began, paid, 0)
    accounts.scheduled[rows] = loans.payment
    accounts.past_due[rows] = np.minimum(loans.unpaid * loans.payment, accounts.balance[rows])


def _draw_and_repay(accounts: Accounts, before: Array, rows: Array, rng: np.random.Generator) -> None:
    """Balances of cards and lines wander around what their holder tends to use; who is late draws no more."""
    rows = rows[accounts.is_revolving[rows]]
    card = accounts.at(rows)
    count = len(rows)
    rises = (card.unpaid == 0) & (card.grade < 30) & (rng.random(count) < _LIMIT_RISES)
    limit = np.where(rises, np.rint(card.limit * 1.2 / 10_000).astype(np.int64) * 10_000, card.limit)
    limit = np.maximum(limit, card.limit)
    used = card.balance / limit
    wanted = used + 0.25 * (card.appetite * rng.uniform(0.4, 1.2, count) - used) + rng.normal(0, 0.07, count)
    idle = (card.appetite < 0.25) & (rng.random(count) < 0.25)
    share = np.where(idle, 0, np.clip(wanted, 0, 1))
    over = (share > 0.9) & (rng.random(count) < _OVER_LIMIT) & (card.over_run < _MOST_MONTHS_OVER)
    share = np.where(over, 1 + 0.05 * rng.random(count), share)
    balance = np.rint(share * limit).astype(np.int64)
    # Who misses a payment owes something, and not more than the limit; then nothing changes until it is paid.
    least = np.minimum(rng.integers(3_000, 20_000, count), limit)
    late = card.unpaid > 0
    was_late = before[rows] > 0
    balance = np.where(late & ~was_late, np.clip(balance, least, limit), balance)
    balance = np.where(late & was_late, card.balance, balance)
    minimum = np.minimum(np.maximum(_LEAST, np.rint(balance * _SHARE_OF_BALANCE)), balance).astype(np.int64)
    minimum = np.where(late & was_late, card.scheduled, minimum)
    owed = card.past_due + card.scheduled
    pays = np.maximum(np.rint(card.balance * rng.uniform(0.03, 1, count)).astype(np.int64), owed)
    pays = np.where(idle, card.balance, np.minimum(pays, card.balance))
    accounts.limit[rows] = limit
    accounts.balance[rows] = balance
    accounts.over_run[rows] = np.where(balance > limit, card.over_run + 1, 0)
    accounts.scheduled[rows] = minimum
    accounts.past_due[rows] = np.minimum(card.unpaid * minimum, balance)
    accounts.paid[rows] = np.where(late, np.where(was_late & (card.unpaid == before[rows]), card.scheduled, 0), pays)


def _end(accounts: Accounts, rows: Array) -> None:
    """Accounts that are over: what is owed is paid."""
    accounts.paid[rows] += accounts.balance[rows]
    accounts.stage[rows] = FINAL
    accounts.ending[rows] = np.where(accounts.is_revolving[rows], CLOSED, PAID_OFF)
    for column in (accounts.balance, accounts.past_due, accounts.scheduled):
        column[rows] = 0
    accounts.unpaid[rows] = 0
    accounts.first_missed[rows] = NOTHING


def _after_the_loss(accounts: Accounts, draw: Array, rng: np.random.Generator) -> None:
    """What was written off is settled or sold; what a collector bought is paid in part or in full."""
    lost = np.flatnonzero((accounts.stage == LOST) & (accounts.product != COLLECTION))
    sold = lost[(draw[lost] < _SOLD) & ~accounts.taken[lost] & (accounts.bankrupt[lost] == 0)]
    settled = lost[(draw[lost] >= _SOLD) & (draw[lost] < _SOLD + _SETTLED) & (accounts.bankrupt[lost] == 0)]
    accounts.paid[settled] = accounts.balance[settled]
    for rows, ending in ((sold, SOLD), (settled, SETTLED)):
        accounts.stage[rows], accounts.ending[rows] = FINAL, ending
        accounts.balance[rows] = accounts.past_due[rows] = 0
    held = np.flatnonzero((accounts.product == COLLECTION) & (accounts.stage == LOST))
    full = held[draw[held] < _COLLECTED]
    accounts.paid[full] = accounts.balance[full]
    accounts.stage[full], accounts.ending[full] = FINAL, COLLECTED
    accounts.balance[full] = accounts.past_due[full] = 0
    part = held[(draw[held] >= _COLLECTED) & (draw[held] < _COLLECTED + _PART_COLLECTED)]
    accounts.paid[part] = np.rint(accounts.balance[part] * rng.uniform(0.05, 0.3, len(part))).astype(np.int64)
    accounts.balance[part] -= accounts.paid[part]
    accounts.past_due[part] = accounts.balance[part]


def _note_payments(accounts: Accounts, month: int, calendar: Calendar, rng: np.random.Generator) -> None:
    """The day of the month's payment: by the due day, or later where something was late."""
    rows = np.flatnonzero(accounts.paid > 0)
    day = np.maximum(accounts.due_day[rows] - rng.integers(0, 6, len(rows)), 1)
    accounts.last_paid[rows] = calendar.day(month, day)
