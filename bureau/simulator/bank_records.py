"""What banks, card issuers and the collector report: accounts as Metro 2 records."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bureau.metro2.encode import Appended
from bureau.simulator.accounts import (
    AUTHORISED,
    CAR,
    CARD,
    CO_MAKER,
    COLLECTION,
    CONSUMER,
    JOINT,
    LINE,
    MORTGAGE,
    NOTHING,
    OPEN,
    PROFILE_LENGTH,
    STUDENT,
    Accounts,
)
from bureau.simulator.arrays import Array
from bureau.simulator.batch import Records
from bureau.simulator.furnishers import CORNERSTONE, FURNISHERS, PRAIRIE
from bureau.simulator.identity import Identities
from bureau.simulator.options import Calendar
from bureau.simulator.payments import CLOSED, COLLECTED, DISCHARGED, FINAL, FORECLOSED, LOST, PAID_OFF, SOLD
from bureau.simulator.people import People
from bureau.simulator.randomness import Chance
from bureau.simulator.references import account_numbers, references

__all__ = ["BankRecords", "month_codes", "status_of"]

_STATUSES: Final = ("11", "13", "62", "63", "64", "71", "78", "80", "82", "83", "84", "93", "94", "96", "97")
_AT: Final = {code: np.int8(place) for place, code in enumerate(_STATUSES)}
_BY_UNPAID: Final = np.array([_AT[code] for code in ("11", "11", "71", "78", "80", "82", "83", "84")])
_ACCOUNT_TYPES: Final = {
    CARD: "18",
    LINE: "15",
    CONSUMER: "01",
    CAR: "00",
    STUDENT: "12",
    MORTGAGE: "26",
    COLLECTION: "0C",
}
_PORTFOLIOS: Final = {CARD: "R", LINE: "C", CONSUMER: "I", CAR: "I", STUDENT: "I", MORTGAGE: "M", COLLECTION: "O"}
_NO_DATE: Final = np.datetime64("NaT", "D")
_BANKRUPT: Final = ("", "A", "D", "E", "H", "I", "L")
_EMPLOYER_TOLD: Final = 0.3
_DISPUTED_FOR: Final = 3
"""Months after which a dispute is settled."""


def status_of(accounts: Accounts) -> Array:
    """The account status of each, by its place in the list of codes."""
    lost = np.select([accounts.product == COLLECTION, accounts.taken], [_AT["93"], _AT["96"]], _AT["97"])
    settled = np.where(accounts.taken, _AT["63"], _AT["64"])
    endings = {PAID_OFF: "13", CLOSED: "13", SOLD: "97", FORECLOSED: "94", COLLECTED: "62"}
    ended = np.select([accounts.ending == each for each in endings], [_AT[code] for code in endings.values()], settled)
    is_lost = (accounts.stage == LOST) | (accounts.ending == DISCHARGED)
    status = np.select([is_lost, accounts.stage == FINAL], [lost, ended], _BY_UNPAID[np.minimum(accounts.unpaid, 7)])
    return np.asarray(status, dtype=np.int8)


def month_codes(accounts: Accounts) -> Array:
    """The character that stands for this month in later payment history profiles."""
    late = np.frombuffer(b"00123456", dtype=np.uint8)[np.minimum(accounts.unpaid, 7)]
    late = np.where((late == ord("0")) & (accounts.balance < 100) & (accounts.stage == OPEN), ord("E"), late)
    lost = np.select([accounts.product == COLLECTION, accounts.taken], [ord("G"), ord("K")], ord("L"))
    return np.where(accounts.stage == LOST, lost, late).astype(np.uint8)


class BankRecords:
    """Metro 2 records of accounts in one month.

    Parameters
    ----------
    accounts : Accounts
        The accounts of one furnisher.
    month : int
        The month.
    furnisher : int
        Whose they are.
    seller : numpy.ndarray
        For what a collector bought: who sold it.
    people, identities, calendar, chance
        The world.
    """

    def __init__(
        self,
        accounts: Accounts,
        month: int,
        furnisher: int,
        seller: Array,
        *,
        people: People,
        identities: Identities,
        calendar: Calendar,
        chance: Chance,
    ) -> None:
        self._accounts = accounts
        self._month = month
        self._furnisher = furnisher
        self._seller = seller
        self._people = people
        self._identities = identities
        self._calendar = calendar
        self._chance = chance

    def tells_employer(self) -> Array:
        """Which records carry the holder's employer."""
        if self._furnisher != PRAIRIE:
            return np.zeros(len(self._accounts), dtype=bool)
        return self._tells_employer(self._accounts.person)

    def _tells_employer(self, person: Array) -> Array:
        chosen = self._chance.share("employer told", self._furnisher, person) < _EMPLOYER_TOLD
        tells: Array = chosen & self._identities.is_employed(person)
        return tells

    def build(self, rows: Array) -> Records:
        """The records of some rows."""
        accounts = self._accounts.at(rows)
        columns = self._account(accounts, rows) | self._identities.told_in_latin(
            self._furnisher, accounts.person, self._month
        )
        columns["ecoa"] = self._association(accounts)
        columns["consumer_information"] = _coded(accounts.bankrupt, _BANKRUPT)
        owns = self._people.income[accounts.person] > 40_000
        columns["address_indicator"] = "Y"
        columns["residence"] = _coded(owns.astype(np.int8), ("R", "O"))
        return Records(columns, self._appended(accounts, rows))

    def _account(self, accounts: Accounts, rows: Array) -> dict[str, Any]:
        end = self._calendar.end(self._month)
        status = status_of(accounts)
        is_current = status == 0
        revolving, collection = accounts.is_revolving, accounts.product == COLLECTION
        final = accounts.stage == FINAL
        delinquent = (status >= _AT["62"]) & (accounts.first_missed != NOTHING)
        first = np.where(accounts.first_missed == NOTHING, 0, accounts.first_missed)
        first_late = self._calendar.day(first, accounts.due_day) + np.timedelta64(30, "D")
        is_closed = final & (accounts.ending != SOLD) & (accounts.ending != DISCHARGED)
        paid_this_month = accounts.paid > 0
        closed_on = np.where(is_closed, np.where(paid_this_month, accounts.last_paid, end), _NO_DATE)
        carries_loss = (status == _AT["97"]) | (status == _AT["64"])
        terms = np.select([revolving & (accounts.product == LINE), revolving, collection], ["LOC", "REV", "001"], "")
        months = pc.utf8_lpad(pa.array(accounts.term).cast(pa.string()), 3, "0")
        old_number = self._month > accounts.renumbered
        created = (end + np.timedelta64(1, "D")).astype("datetime64[s]")
        return {
            "time_stamp": np.full(len(rows), created),
            "identification_number": FURNISHERS[self._furnisher].furnisher_id.upper()[:20],
            "account_number": account_numbers(
                self._furnisher, accounts.account, old_number & (accounts.renumbered != NOTHING)
            ),
            "portfolio_type": _coded(accounts.product, tuple(_PORTFOLIOS[kind] for kind in range(7))),
            "account_type": _coded(accounts.product, tuple(_ACCOUNT_TYPES[kind] for kind in range(7))),
            "date_opened": accounts.opened,
            "credit_limit": accounts.limit // 100,
            "highest_credit": np.where(revolving, accounts.highest, accounts.amount) // 100,
            "terms_duration": pc.if_else(pa.array(accounts.term > 0), months, pa.array(terms)),
            "terms_frequency": "M",
            "scheduled_payment": np.where(accounts.stage == OPEN, accounts.scheduled, 0) // 100,
            "actual_payment": accounts.paid // 100,
            "account_status": _coded(status, _STATUSES),
            "payment_rating": pa.array(np.select([status == _AT["13"], status == _AT["94"]], ["0", "6"], "")),
            "payment_history_profile": np.ascontiguousarray(accounts.profile).view(f"S{PROFILE_LENGTH}")[:, 0],
            "special_comment": pa.array(np.where(accounts.ending == SOLD, "AH", "")),
            "compliance_condition": self._conditions(accounts),
            "current_balance": accounts.balance // 100,
            "amount_past_due": np.where(is_current, 0, accounts.past_due) // 100,
            "charge_off_amount": np.where(carries_loss, accounts.written_off, 0) // 100,
            "account_information_date": np.full(len(rows), end),
            "first_delinquency_date": np.where(delinquent, first_late, _NO_DATE),
            "date_closed": closed_on,
            "last_payment_date": accounts.last_paid,
            "interest_type": _coded(revolving.astype(np.int8), ("F", "V")),
        }

    def _association(self, accounts: Accounts) -> pa.Array:
        dead = self._people.death_month[accounts.person] <= self._month
        code = np.select([dead, accounts.role == JOINT, accounts.role == CO_MAKER], [3, 1, 2], 0)
        return _coded(code.astype(np.int8), ("1", "2", "7", "X"))

    def _conditions(self, accounts: Accounts) -> pa.Array:
        since = self._month - accounts.disputed.astype(np.int64)
        disputed = accounts.disputed != NOTHING
        resolved = self._chance.share("dispute", accounts.account) < 0.5
        code = np.select(
            [
                disputed & (since < _DISPUTED_FOR),
                disputed & resolved,
                disputed,
                (accounts.stage == FINAL) & (accounts.ending == CLOSED),
            ],
            [1, 2, 3, 4],
            0,
        )
        return _coded(code.astype(np.int8), ("", "XB", "XH", "XC", "XA"))

    def _appended(self, accounts: Accounts, rows: Array) -> dict[str, Appended]:
        segments: dict[str, Appended] = {}
        self._add_associated(segments, accounts)
        if self._furnisher == CORNERSTONE:
            everyone = np.arange(len(rows))
            names = pa.array([one.name.upper() for one in FURNISHERS])
            sellers = pa.DictionaryArray.from_arrays(pa.array(self._seller[rows].astype(np.int8)), names)
            # 01 retail, 02 medical, 03 oil, 04 government, 05 services, 06 insurance, 07 education, 08 banking ...
            segments["K1"] = Appended(everyone, {"original_creditor": sellers, "creditor_classification": "08"})
            segments["K2"] = Appended(everyone, {"sale_indicator": "1", "sale_name": sellers})
        sold = np.flatnonzero(accounts.ending == SOLD)
        if len(sold):
            buyer = FURNISHERS[CORNERSTONE].name.upper()
            segments["K2"] = Appended(
                sold, {"sale_indicator": pa.array(["2"] * len(sold)), "sale_name": pa.array([buyer] * len(sold))}
            )
        houses = np.flatnonzero((accounts.product == MORTGAGE) & (accounts.account % 3 > 0))
        if len(houses):
            loan = accounts.account[houses]
            segments["K3"] = Appended(
                houses,
                {
                    "agency": _coded((loan % 3 - 1).astype(np.int8), ("01", "02")),
                    "agency_account": references("A", loan),
                    "mortgage_number": references("100012345", loan),
                },
            )
        changed = np.flatnonzero(accounts.renumbered == self._month)
        if len(changed):
            new = account_numbers(self._furnisher, accounts.account[changed], np.ones(len(changed), dtype=bool))
            segments["L1"] = Appended(
                changed, {"change_indicator": pa.array(["1"] * len(changed)), "new_account_number": new}
            )
        if self._furnisher == PRAIRIE:
            employed = np.flatnonzero(self._tells_employer(accounts.person))
            if len(employed):
                segments["N1"] = Appended(employed, {"employer": self._identities.employers(accounts.person[employed])})
        return segments

    def _add_associated(self, segments: dict[str, Appended], accounts: Accounts) -> None:
        """J1 for somebody at the same address, J2 for somebody elsewhere."""
        beside = np.flatnonzero(accounts.co >= 0)
        together = self._people.household[accounts.co[beside]] == self._people.household[accounts.person[beside]]
        for kind, there in (("J1", beside[together]), ("J2", beside[~together])):
            if len(there):
                told = self._identities.told_in_latin(
                    self._furnisher, accounts.co[there].astype(np.int64), self._month, address=kind == "J2"
                )
                role = accounts.role[there]
                code = np.select([role == AUTHORISED, role == CO_MAKER], [1, 2], 0).astype(np.int8)
                segments[kind] = Appended(there, told | {"ecoa": _coded(code, ("2", "3", "5"))})


def _coded(numbers: Array, codes: tuple[str, ...]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(numbers), pa.array(codes))
