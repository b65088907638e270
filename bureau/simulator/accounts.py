"""Accounts: what they are when they are opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from bureau.simulator.arrays import Array, Columns
from bureau.simulator.furnishers import BEACON, HARBOUR, NORTHLIGHT, PRAIRIE
from bureau.simulator.options import BURN_IN, Calendar
from bureau.simulator.people import People
from bureau.simulator.risk import grade_of

__all__ = [
    "ALONE",
    "AUTHORISED",
    "CAR",
    "CARD",
    "COLLECTION",
    "CONSUMER",
    "CO_MAKER",
    "JOINT",
    "LINE",
    "MORTGAGE",
    "NOTHING",
    "OPEN",
    "PRODUCTS",
    "PROFILE_LENGTH",
    "STUDENT",
    "Accounts",
    "Product",
    "draw_lender",
    "open_accounts",
    "stock",
]

CARD, LINE, CONSUMER, CAR, STUDENT, MORTGAGE, COLLECTION = range(7)
OPEN: Final = 0
PROFILE_LENGTH: Final = 24
"""Months in a payment history profile."""
NOTHING: Final = np.int16(-30_000)
"""A month that never was."""

ALONE, JOINT, AUTHORISED, CO_MAKER = range(4)


@dataclass(frozen=True)
class Product:
    """A kind of account.

    Parameters
    ----------
    name : str
        Its name with the large lender.
    terms : tuple of int
        Numbers of instalments; none where one draws and repays at will.
    amount : tuple of float
        Smallest and largest amount or limit, as shares of a year's income.
    rate : float
        Usual interest a year.
    risk : float
        How much riskier than others.
    together : tuple of float
        Shares held jointly with the partner, with an authorised user, with a co-maker.
    """

    name: str
    terms: tuple[int, ...]
    amount: tuple[float, float]
    rate: float
    risk: float
    together: tuple[float, float, float] = (0, 0, 0)


PRODUCTS: Final = (
    Product("card", (), (0.03, 0.35), 0.19, 0.0, (0.05, 0.08, 0)),
    Product("line", (), (0.1, 0.5), 0.11, -0.1, (0.1, 0, 0)),
    Product("consumer", (12, 24, 36, 48, 60), (0.04, 0.4), 0.12, 0.25, (0.06, 0, 0.04)),
    Product("car", (36, 48, 60, 72), (0.2, 0.9), 0.07, -0.15, (0.2, 0, 0.05)),
    Product("student", (120, 180), (0.2, 1.2), 0.05, 0.0, (0, 0, 0.25)),
    Product("mortgage", (180, 240, 360), (2.0, 4.5), 0.04, -0.9, (0.5, 0, 0.02)),
    Product("collection", (), (0, 0), 0, 0),
)

_SHARES: Final = {
    CARD: {BEACON: 0.6, PRAIRIE: 0.12, NORTHLIGHT: 0.28},
    LINE: {HARBOUR: 0.5, NORTHLIGHT: 0.5},
    CONSUMER: {HARBOUR: 0.2, PRAIRIE: 0.2, NORTHLIGHT: 0.6},
    CAR: {HARBOUR: 0.5, NORTHLIGHT: 0.5},
    STUDENT: {PRAIRIE: 0.6, NORTHLIGHT: 0.4},
    MORTGAGE: {HARBOUR: 0.85, NORTHLIGHT: 0.15},
}
"""Who lends what, to people in the United States."""

_CHINESE_AT_NORTHLIGHT: Final = 0.65
_STOCK: Final = (0.42, 0.05, 0.17, 0.14, 0.09, 0.13)
_STOCK_A_PERSON: Final = 1.0
_OLDEST: Final = {CARD: 120, LINE: 96, MORTGAGE: 200}
_CNY_A_DOLLAR: Final = 6


@dataclass
class Accounts(Columns):
    """The accounts that are reported or about to be; amounts in hundredths of the currency.

    Parameters
    ----------
    account : numpy.ndarray
        Its number in the whole world.
    person, co, role : numpy.ndarray
        The holder, who stands beside it (or -1) and as what.
    furnisher, product, grade : numpy.ndarray
        Who reports it, what it is, how risky.
    opened, opened_month, term, due_day : numpy.ndarray
        When it was opened, its number of instalments (0: none), the day of the month they are due.
    amount, rate, payment : numpy.ndarray
        Amount lent, monthly interest, instalment.
    limit, balance, appetite, over_run : numpy.ndarray
        Limit, what is owed, which share of the limit the holder tends to use, months running over it.
    unpaid, first_missed, caught_up : numpy.ndarray
        Unpaid instalments, the month of the first one missed in this delinquency, and whether it ended
        this month.
    stage, ending : numpy.ndarray
        Where it stands and why it ends (:mod:`bureau.simulator.payments`).
    paid, scheduled, past_due : numpy.ndarray
        What was paid this month, what had to be, what is late.
    last_paid : numpy.ndarray
        Day of the last payment, or NaT.
    written_off, highest : numpy.ndarray
        What the lender wrote off; the highest balance so far.
    taken : numpy.ndarray
        Whether the lender took the car back.
    origin, sold_to : numpy.ndarray
        The account that a collector bought, and the one that it became; or -1.
    renumbered, disputed, bankrupt : numpy.ndarray
        Month of a change of the account number, of a dispute, and how far a bankruptcy has come.
    profile, code : numpy.ndarray
        The characters of the months before, newest first, and that of this month.
    """

    account: Array
    person: Array
    co: Array
    role: Array
    furnisher: Array
    product: Array
    grade: Array
    opened: Array
    opened_month: Array
    term: Array
    due_day: Array
    amount: Array
    rate: Array
    payment: Array
    limit: Array
    balance: Array
    appetite: Array
    over_run: Array
    unpaid: Array
    first_missed: Array
    caught_up: Array
    stage: Array
    ending: Array
    paid: Array
    scheduled: Array
    past_due: Array
    last_paid: Array
    written_off: Array
    highest: Array
    taken: Array
    origin: Array
    sold_to: Array
    renumbered: Array
    disputed: Array
    bankrupt: Array
    profile: Array
    code: Array

    @property
    def is_revolving(self) -> Array:
        """Whether one draws and repays at will."""
        revolving: Array = (self.term == 0) & (self.product != COLLECTION)
        return revolving

    def owed_after(self, instalments: Array) -> Array:
        """What is still owed of the amount lent after a number of instalments paid."""
        grown = (1 + self.rate) ** instalments
        left = self.amount * grown - self.payment * (grown - 1) / self.rate
        return np.where(instalments >= self.term, 0, np.maximum(np.rint(left), 1)).astype(np.int64)


def draw_lender(product: Array, is_chinese: Array, rng: np.random.Generator) -> Array:
    """Who lends it."""
    lender = np.full(len(product), NORTHLIGHT, dtype=np.int8)
    for kind, shares in _SHARES.items():
        rows = np.flatnonzero(product == kind)
        lender[rows] = rng.choice(list(shares), len(rows), p=list(shares.values()))
    lender[is_chinese & (rng.random(len(product)) < _CHINESE_AT_NORTHLIGHT)] = NORTHLIGHT
    return lender


def open_accounts(
    people: People,
    *,
    first_account: int,
    person: Array,
    product: Array,
    furnisher: Array,
    opened: Array,
    calendar: Calendar,
    rng: np.random.Generator,
) -> Accounts:
    """New accounts, as they are on the day they are opened.

    Parameters
    ----------
    people : People
        Everybody.
    first_account : int
        The number of the first one.
    person, product, furnisher, opened : numpy.ndarray
        Who opens what with whom, and when.
    calendar : Calendar
        The months.
    rng : numpy.random.Generator
        What is drawn is drawn from here.
    """
    count = len(person)
    term: Array = np.zeros(count, dtype=np.int16)
    amount: Array = np.zeros(count, dtype=np.int64)
    rate: Array = np.zeros(count)
    risk: Array = np.zeros(count)
    for number, kind in enumerate(PRODUCTS[:COLLECTION]):
        rows = np.flatnonzero(product == number)
        if kind.terms:
            term[rows] = rng.choice(kind.terms, len(rows))
        share = np.exp(rng.uniform(np.log(kind.amount[0]), np.log(kind.amount[1]), len(rows)))
        amount[rows] = np.maximum(np.rint(people.income[person[rows]] * share / 100) * 100, 300) * 100
        rate[rows], risk[rows] = kind.rate / 12, kind.risk
    in_cny = people.is_chinese[person] & (furnisher == NORTHLIGHT)
    amount[in_cny] *= _CNY_A_DOLLAR
    noise = rng.normal(0, 0.35, count)
    grade = grade_of(0.95 * people.trait[person] + risk + noise)
    rate = np.round(rate * (0.8 + 0.4 * rng.random(count) + 0.006 * grade), 5)
    with_term = np.maximum(term, 1)
    payment = np.where(term > 0, np.ceil(amount * rate / (1 - (1 + rate) ** -with_term)), 0).astype(np.int64)
    revolving = term == 0
    role, co = _beside(people, person, product, rng)
    appetite = 1 / (1 + np.exp(0.9 - 0.8 * people.trait[person] - rng.normal(0, 1, count)))
    zeros = np.zeros(count, dtype=np.int64)
    return Accounts(
        account=np.arange(first_account, first_account + count, dtype=np.int32),
        person=person.astype(np.int32),
        co=co,
        role=role,
        furnisher=furnisher.astype(np.int8),
        product=product.astype(np.int8),
        grade=grade,
        opened=opened,
        opened_month=calendar.number(opened).astype(np.int16),
        term=term,
        due_day=rng.integers(6, 28, count).astype(np.int8),
        amount=np.where(revolving, 0, amount),
        rate=rate,
        payment=payment,
        limit=np.where(revolving, amount, 0),
        balance=np.where(revolving, np.rint(amount * appetite * 0.3), amount).astype(np.int64),
        appetite=appetite.astype(np.float32),
        over_run=zeros.astype(np.int8),
        unpaid=zeros.astype(np.int8),
        first_missed=np.full(count, NOTHING),
        caught_up=zeros.astype(bool),
        stage=zeros.astype(np.int8),
        ending=zeros.astype(np.int8),
        paid=zeros.copy(),
        scheduled=zeros.copy(),
        past_due=zeros.copy(),
        last_paid=np.full(count, np.datetime64("NaT", "D")),
        written_off=zeros.copy(),
        highest=np.where(revolving, np.rint(amount * appetite * 0.3), amount).astype(np.int64),
        taken=zeros.astype(bool),
        origin=np.full(count, -1, dtype=np.int32),
        sold_to=np.full(count, -1, dtype=np.int32),
        renumbered=np.full(count, NOTHING),
        disputed=np.full(count, NOTHING),
        bankrupt=zeros.astype(np.int8),
        profile=np.full((count, PROFILE_LENGTH), ord("B"), dtype=np.uint8),
        code=np.full(count, ord("0"), dtype=np.uint8),
    )


def stock(people: People, calendar: Calendar, rng: np.random.Generator) -> Accounts:
    """The accounts that are open, and paid as agreed, when the burn-in begins."""
    month = -BURN_IN - 1
    grown_up = np.flatnonzero(people.birth_date < calendar.first(month - 12 * 19))
    count = int(len(people) * _STOCK_A_PERSON)
    person = grown_up[rng.integers(0, len(grown_up), count)]
    product = rng.choice(len(_STOCK), count, p=_STOCK)
    furnisher = draw_lender(product, people.is_chinese[person], rng)
    opened = np.full(count, calendar.first(month))
    accounts = open_accounts(
        people, first_account=0, person=person, product=product, furnisher=furnisher, opened=opened,
        calendar=calendar, rng=rng,
    )  # fmt: skip
    oldest = np.where(accounts.term > 0, accounts.term - 1, 120)
    for kind, months in _OLDEST.items():
        oldest = np.where(product == kind, np.minimum(oldest, months), oldest)
    since = (rng.random(count) * oldest).astype(np.int64)
    first_possible = calendar.number(people.birth_date[person]) + 12 * 18 + 1
    accounts.opened_month = np.maximum(month - since, first_possible).astype(np.int16)
    accounts.opened = calendar.day(accounts.opened_month, rng.integers(1, 28, count))
    loans = accounts.term > 0
    accounts.balance[loans] = accounts.owed_after(month - accounts.opened_month)[loans]
    has_paid = accounts.opened_month < month
    paid_on = calendar.day(month, np.maximum(accounts.due_day - rng.integers(0, 6, count), 1))
    accounts.last_paid = np.where(has_paid, paid_on, accounts.last_paid)
    return accounts


def _beside(people: People, person: Array, product: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """In which role who stands beside the holder: the partner, or a relative as co-maker."""
    shares = np.array([kind.together for kind in PRODUCTS])[product]
    drawn = rng.random(len(person))[:, None] >= np.cumsum(shares, axis=1)
    role = (drawn.sum(axis=1) + 1) % 4
    partner = people.partner[person]
    with_partner = (role == JOINT) | (role == AUTHORISED)
    role[with_partner & (partner < 0)] = ALONE
    co = np.select([(role == JOINT) | (role == AUTHORISED), role == CO_MAKER], [partner, people.kin[person]], -1)
    return role.astype(np.int8), co.astype(np.int32)
