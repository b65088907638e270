"""Mistakes that go on for months: a limit that is told wrongly, an account that is told although it was sold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from bureau.simulator.definitions import Record
from bureau.simulator.draft import Draft, Entry, Fault
from bureau.simulator.mistakes import Change, as_text
from bureau.simulator.told import Told

__all__ = ["Running"]

_WRONG_LIMIT: Final = 0.04
_USE: Final = 0.35
_LONGEST: Final = 6
_MONTHS_OVER: Final = 3
_SELLS_TWICE: Final = 10.0
_MOST_SELLS_TWICE: Final = 0.4


@dataclass
class _Limit:
    """A limit told wrongly: what is told, for how many months yet, and in how many it was."""

    limit: float
    left: int
    told: int = 0


@dataclass
class _Sale:
    """A sold account that goes on being told."""

    record: Record
    left: int
    person: int
    sold_to: int


class Running:
    """Remembers, for each feed, the mistakes that go on.

    Parameters
    ----------
    rate : float
        The world's rate of faults.
    told : Told
        What was told so far.
    """

    def __init__(self, rate: float, told: Told) -> None:
        self._rate = rate
        self._told = told
        self._limits: dict[str, dict[int, _Limit]] = {}
        self._sales: dict[str, list[_Sale]] = {}

    def go_on(self, draft: Draft, rng: np.random.Generator) -> None:
        """Put the mistakes of this month into a draft, and begin new ones."""
        if draft.batch.feed.contract in ("metro2", "lender_months"):
            self._tell_wrong_limits(draft, rng)
            self._tell_sold(draft, rng)
            self._begin_sales(draft, rng)

    # -- limits ---------------------------------------------------------------------------------

    def _tell_wrong_limits(self, draft: Draft, rng: np.random.Generator) -> None:
        batch = draft.batch
        running = self._limits.setdefault(batch.feed.name, {})
        _end_limits(draft, running)
        pool = np.flatnonzero((batch.mark("use") > _USE) & batch.mark("plain") & ~draft.busy)
        pool = pool[~np.isin(batch.unit[pool], np.array(list(running), dtype=np.int64))]
        begins = pool[rng.random(len(pool)) < self._rate * _WRONG_LIMIT]
        for row, record in zip(begins.tolist(), draft.records(begins), strict=True):
            limit = _balance(record) * float(rng.uniform(0.25, 0.75))
            whole = isinstance(record["credit_limit"], int)
            limit = round(limit) if whole else round(limit, -1)
            if limit > 0:
                running[int(batch.unit[row])] = _Limit(limit, int(rng.integers(_MONTHS_OVER, _LONGEST + 1)))
        rows = np.flatnonzero(np.isin(batch.unit, np.array(list(running), dtype=np.int64)) & ~draft.busy)
        for row, record in zip(rows.tolist(), draft.records(rows), strict=True):
            unit = int(batch.unit[row])
            one = running[unit]
            one.told, one.left = one.told + 1, one.left - 1
            change = Change(
                field="credit_limit",
                record=record | {"credit_limit": one.limit},
                criterion="D3" if one.told >= _MONTHS_OVER else None,
                true_value=as_text(record["credit_limit"]),
                faulty_value=as_text(one.limit),
                doubt="unit" if one.told >= _MONTHS_OVER else None,
            )
            fault = Fault("over_limit", change, _reference(record), int(batch.person[row]))
            draft.take(row)
            draft.entries.append(Entry(row, change.record, draft.day, unit, fault))

    # -- sales ----------------------------------------------------------------------------------

    def _begin_sales(self, draft: Draft, rng: np.random.Generator) -> None:
        batch = draft.batch
        sold = np.flatnonzero(batch.mark("sold") & ~draft.busy)
        chance = min(self._rate * _SELLS_TWICE, _MOST_SELLS_TWICE)
        chosen = sold[rng.random(len(sold)) < chance]
        lost = batch.mark("written_off")
        for row, record in zip(chosen.tolist(), draft.records(chosen), strict=True):
            as_it_was = _unsold(record, int(lost[row]))
            sale = _Sale(
                as_it_was,
                int(rng.integers(1, 4)),
                int(batch.person[row]),
                int(batch.mark("sold_to")[row]),
            )
            self._sales.setdefault(batch.feed.name, []).append(sale)
            draft.busy[row] = True

    def _tell_sold(self, draft: Draft, rng: np.random.Generator) -> None:
        feed = draft.batch.feed
        for sale in self._sales.get(feed.name, []):
            sale.record = _a_month_later(sale.record, draft.day)
            sale.left -= 1
            bought = self._told.months("account", np.array([sale.sold_to]))[0]
            balance = as_text(_balance(sale.record))
            change = Change("", sale.record, "D4" if bought else "D3", "0", balance, "sale")
            fault = Fault("sold_twice", change, _reference(sale.record), sale.person)
            draft.entries.append(Entry(draft.place(rng), sale.record, draft.day, sale.sold_to, fault))
        self._sales[feed.name] = [sale for sale in self._sales.get(feed.name, []) if sale.left]


def _end_limits(draft: Draft, running: dict[int, _Limit]) -> None:
    """Stop where enough is told, where the balance has fallen, and where something else happens."""
    if not running:
        return
    batch = draft.batch
    units = np.array(list(running), dtype=np.int64)
    rows = np.flatnonzero(np.isin(batch.unit, units))
    goes_on = set()
    for row, record in zip(rows.tolist(), draft.records(rows), strict=True):
        one = running[int(batch.unit[row])]
        if one.left and _balance(record) > one.limit and not draft.busy[row] and batch.mark("plain")[row]:
            goes_on.add(int(batch.unit[row]))
    for unit in [unit for unit in running if unit not in goes_on]:
        del running[unit]


def _reference(record: Record) -> str:
    return str(record["account_number"] if "account_number" in record else record["account_ref"])


def _balance(record: Record) -> Any:
    return record["current_balance"] if "current_balance" in record else record["balance"]


def _unsold(record: Record, written_off: int) -> Record:
    """The record of a sold account as if nobody had bought it."""
    if "account_status" in record:
        amount = written_off // 100
        told = {"current_balance": amount, "amount_past_due": amount, "special_comment": ""}
        return {name: value for name, value in (record | told).items() if name != "K2"}
    owed = written_off / 100
    return record | {"status": "charged_off", "balance": owed, "amount_past_due": owed, "action": "report"}


def _a_month_later(record: Record, day: date) -> Record:
    """The same record for the next month."""
    if "account_status" in record:
        profile = "L" + record["payment_history_profile"][:-1]
        return record | {"account_information_date": day, "payment_history_profile": profile, "actual_payment": 0}
    first = record["first_delinquency_on"] or day - timedelta(days=240)
    return record | {"month": day, "days_past_due": (day - first).days, "payment": 0.0}
