"""The answer key: who is who, what was true, and how it went."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bureau.simulator.accounts import COLLECTION, NOTHING, OPEN, PRODUCTS
from bureau.simulator.arrays import Array
from bureau.simulator.batch import Batch
from bureau.simulator.furnishers import FURNISHERS, NORTHLIGHT
from bureau.simulator.names import given_names, surnames
from bureau.simulator.options import BURN_IN, HORIZON
from bureau.simulator.people import NEVER
from bureau.simulator.references import account_numbers
from bureau.simulator.risk import BAD
from bureau.simulator.world import World

__all__ = ["Answers"]

_ENDINGS: Final = ("", "paid_off", "closed", "settled", "sold", "foreclosed", "collected", "discharged")
_ROLES: Final = ("individual", "joint", "authorised_user", "co_maker")
_REFERENCES: Final = {
    "lender_customers": "customer_ref",
    "court_records": "case_number",
    "recurring_payments": "account_ref",
    "shop_orders": "customer_ref",
    "applications": "application_ref",
}


class Answers:
    """Writes the answer key, month by month.

    Parameters
    ----------
    world : World
        The world.
    folder : Path
        An empty folder.
    """

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._folder = folder
        self._waiting: deque[tuple[int, Array, Array]] = deque()
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._known: dict[str, Array] = {}

    def begin(self) -> None:
        """Write what is known from the beginning: the people and the times."""
        self._write("people", self._people())
        strain = self._world.macro.strain
        months = np.arange(len(strain)) - BURN_IN
        self._write("macro", pa.table({"month": self._ends(months), "strain": pa.array(strain)}))

    def note_month(self) -> None:
        """Note every account's default probability, and the outcomes of a year ago."""
        world, accounts = self._world, self._world.accounts
        rows = np.flatnonzero((accounts.stage == OPEN) & (accounts.unpaid < BAD) & (accounts.product != COLLECTION))
        accounts = accounts.at(rows)
        left = np.where(
            accounts.term > 0, accounts.opened_month.astype(np.int64) + accounts.term - world.month, HORIZON
        )
        probability = world.risk.default_probability(
            world.month,
            months_left=left,
            closing=np.where(accounts.is_revolving, 0, 1).astype(np.uint8),
            job_class=world.people.job_class[accounts.person],
            out_of_work=world.lives.out_of_work[accounts.person],
            grade=accounts.grade,
            unpaid=accounts.unpaid,
        )
        self._waiting.append((world.month, accounts.account, probability))
        if len(self._waiting) > HORIZON:
            self._write_outcomes(is_known=True)

    def end(self) -> None:
        """Write what is left: outcomes that are not known yet, and what has become of the accounts."""
        while self._waiting:
            self._write_outcomes(is_known=self._waiting[0][0] + HORIZON <= self._world.month)
        self._write("accounts", self._accounts())
        self._note_holders()
        for writer in self._writers.values():
            writer.close()

    def _write_outcomes(self, *, is_known: bool) -> None:
        month, account, probability = self._waiting.popleft()
        ledger, people = self._world.ledger, self._world.people
        is_bad = ledger.bad_month[account] > month
        dies = people.death_month[ledger.person[account]] <= month + HORIZON
        unknown = np.full(len(account), not is_known) | (dies & ~is_bad)
        self.add(
            "default_probability",
            pa.table(
                {
                    "account_id": pa.array(account),
                    "month": pa.array(np.full(len(account), self._world.calendar.end(month))),
                    "default_probability": pa.array(probability),
                    "is_bad": pa.array(is_bad, mask=unknown),
                }
            ),
        )

    def note_references(self, batch: Batch) -> None:
        """Note who stands behind the references of a delivery that were not used before."""
        contract = batch.feed.contract
        if contract in ("metro2", "lender_months"):
            return
        self._note_new(batch, batch.unit, _REFERENCES[contract])
        if batch.order is not None:
            self._note_new(batch, batch.order, "order_ref")

    def _note_new(self, batch: Batch, numbers: Array, name: str) -> None:
        """Note the references of numbers that were not there before."""
        feed = batch.feed
        known = self._known.setdefault(f"{feed.name}/{name}", np.zeros(0, dtype=bool))
        top = int(numbers.max(initial=-1)) + 1
        if top > len(known):
            known = np.concatenate([known, np.zeros(max(top - len(known), len(known) // 2), dtype=bool)])
            self._known[f"{feed.name}/{name}"] = known
        first = np.unique(numbers, return_index=True)[1]
        rows = np.sort(first[~known[numbers[first]]])
        known[numbers] = True
        references = batch.build(rows).columns[name]
        self._note_who(feed.furnisher, feed.contract, references, name, batch.person[rows])

    def _note_who(self, furnisher: int, contract: str, reference: pa.Array, slot: str, person: Array) -> None:
        count = len(reference)
        self.add(
            "who",
            pa.table(
                {
                    "furnisher_id": _repeated(FURNISHERS[furnisher].furnisher_id, count),
                    "contract": _repeated(contract, count),
                    "reference": reference,
                    "slot": _repeated(slot, count),
                    "person_id": pa.array(person.astype(np.int32)),
                }
            ),
        )

    def _note_holders(self) -> None:
        """Note who holds the accounts, and who stands beside them."""
        ledger = self._world.ledger
        reported = self._reported()
        for furnisher in np.unique(ledger.furnisher[reported]).tolist():
            account = reported[ledger.furnisher[reported] == furnisher]
            contract = "lender_months" if furnisher == NORTHLIGHT else "metro2"
            again = account[ledger.renumbered_month[account] != NOTHING]
            for numbers, new in ((account, False), (again, True)):
                for slot, who in (("holder", ledger.person[numbers]), ("beside", ledger.co[numbers])):
                    if slot == "beside" and contract == "lender_months":
                        continue
                    there = numbers[who >= 0]
                    reference = account_numbers(furnisher, there, np.full(len(there), new))
                    self._note_who(furnisher, contract, reference, slot, who[who >= 0])

    def _reported(self) -> Array:
        ledger = self._world.ledger
        return np.flatnonzero((ledger.closed_month == NOTHING) | (ledger.closed_month >= 0))

    def add(self, name: str, table: pa.Table) -> None:
        """Add some rows to a table of the key."""
        if name not in self._writers:
            self._writers[name] = pq.ParquetWriter(
                self._folder / f"{name}.parquet", table.schema, compression="zstd", store_schema=False
            )
        self._writers[name].write_table(table)

    def _write(self, name: str, table: pa.Table) -> None:
        pq.write_table(table, self._folder / f"{name}.parquet", compression="zstd", store_schema=False)

    def _ends(self, months: Array) -> pa.Array:
        return pa.array(self._world.calendar.end(months))

    def _people(self) -> pa.Table:
        people = self._world.people
        everybody = np.arange(len(people), dtype=np.int32)
        married = people.married_month > 0
        dies = people.death_month < NEVER
        born = surnames().written.take(pa.array(people.born_surname))
        later = surnames().written.take(pa.array(people.surname))
        return pa.table(
            {
                "person_id": pa.array(everybody),
                "surname": pc.if_else(pa.array(married), born, later),
                "surname_later": pc.if_else(pa.array(married), later, pa.scalar(None, pa.string())),
                "surname_changes": pa.array(
                    self._world.calendar.first(np.where(married, people.married_month, 0)), mask=~married
                ),
                "first_name": given_names().written.take(pa.array(people.given)),
                "middle_name": given_names().written.take(pa.array(people.middle, mask=people.middle < 0)),
                "generation": pa.array(["Jr", "Sr"]).take(pa.array(people.generation - 1, mask=people.generation == 0)),
                "latin_surname": surnames().latin.take(pa.array(people.surname)),
                "latin_first_name": given_names().latin.take(pa.array(people.given)),
                "birth_date": pa.array(people.birth_date),
                "death_month": pa.array(self._world.calendar.first(np.where(dies, people.death_month, 0)), mask=~dies),
                "national_number": self._world.identities.numbers,
                "country": pa.array(["US", "CN"]).take(pa.array(people.is_chinese.astype(np.int8))),
                "household": pa.array(people.household),
                "partner": _person(people.partner),
                "twin_of": _person(people.twin_of),
                "junior_of": _person(people.junior_of),
            }
        )

    def _accounts(self) -> pa.Table:
        ledger, calendar = self._world.ledger, self._world.calendar
        reported = self._reported()
        furnisher = ledger.furnisher[reported]
        renumbered, closed = ledger.renumbered_month[reported], ledger.closed_month[reported]
        first, second = (self._references(reported, furnisher, np.full(len(reported), new)) for new in (False, True))
        no_text = pa.scalar(None, pa.string())
        return pa.table(
            {
                "account_id": pa.array(reported.astype(np.int32)),
                "person_id": pa.array(ledger.person[reported]),
                "other_person_id": _person(ledger.co[reported]),
                "other_role": pa.array(_ROLES).take(pa.array(ledger.role[reported], mask=ledger.role[reported] == 0)),
                "furnisher_id": pa.array([one.furnisher_id for one in FURNISHERS]).take(pa.array(furnisher)),
                "product": pa.array([one.name for one in PRODUCTS]).take(pa.array(ledger.product[reported])),
                "opened_on": pa.array(ledger.opened[reported]),
                "account_ref": first,
                "later_account_ref": pc.if_else(pa.array(renumbered != NOTHING), second, no_text),
                "renumbered": pa.array(calendar.end(_or_zero(renumbered)), mask=renumbered == NOTHING),
                "last_month": pa.array(calendar.end(_or_zero(closed)), mask=closed == NOTHING),
                "ending": pa.array(_ENDINGS).take(pa.array(ledger.ending[reported], mask=closed == NOTHING)),
                "sold_to": _person(ledger.sold_to[reported]),
                "bought_as": _person(ledger.origin[reported]),
            }
        )

    def _references(self, account: Array, furnisher: Array, new: Array) -> pa.Array:
        """The account numbers of accounts of several furnishers."""
        parts, order = [], []
        for number in np.unique(furnisher).tolist():
            rows = np.flatnonzero(furnisher == number)
            parts.append(account_numbers(number, account[rows], new[rows]))
            order.append(rows)
        return pa.concat_arrays(parts).take(pa.array(np.argsort(np.concatenate(order), kind="stable")))


def _repeated(text: str, count: int) -> pa.Array:
    return pa.array([text]).take(pa.array(np.zeros(count, dtype=np.int8)))


def _person(numbers: Array) -> pa.Array:
    return pa.array(numbers, mask=numbers < 0)


def _or_zero(months: Array) -> Array:
    return np.where(months == NOTHING, 0, months)
