"""How a furnisher tells who somebody is.

Each furnisher knows people in its own way: some without their national number, some by what
friends call them, some under an address or a surname of some months ago. What it knows is fixed
for each pair of furnisher and person, so that nothing flickers from month to month.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bureau.simulator.arrays import Array
from bureau.simulator.furnishers import FURNISHERS
from bureau.simulator.lives import Lives
from bureau.simulator.names import EMPLOYERS, given_names, nicknames, surnames
from bureau.simulator.people import People
from bureau.simulator.randomness import Chance

__all__ = ["Identities"]

_DOMAINS: Final = ("example.com", "example.net", "example.org", "mail.example")
_BY_NICKNAME: Final = 0.5
_SHARES_PHONE: Final = 0.2
_PEOPLE_A_TIME: Final = 100_000


class Identities:
    """What furnishers know of people.

    Parameters
    ----------
    people : People
        Everybody.
    lives : Lives
        Where they live and work now.
    chance : Chance
        The world's randomness.

    Attributes
    ----------
    numbers, phones, emails : pyarrow.Array
        National number, telephone and e-mail of everybody.
    """

    def __init__(self, people: People, lives: Lives, chance: Chance) -> None:
        self._people = people
        self._lives = lives
        self._chance = chance
        everybody = np.arange(len(people))
        self.numbers: pa.Array = _in_parts(people.numbers, everybody)
        self.phones: pa.Array = pa.array(self._phone_numbers(everybody)).cast(pa.string())
        self.emails: pa.Array = _in_parts(self._email_addresses, everybody)
        self._generations = pa.array(["Jr", "Sr"])
        self._employers = pa.array(EMPLOYERS)

    def is_chinese(self, person: Array) -> Array:
        """Whether some people live in China, where one pays in yuan."""
        return self._people.is_chinese[person]

    def knows_number(self, furnisher: int, person: Array) -> Array:
        """Whether a furnisher knows the national number of some people."""
        share = self._chance.share("knows number", furnisher, person)
        knows: Array = share < FURNISHERS[furnisher].knows_number
        return knows

    def known(self, furnisher: int, person: Array, month: int) -> tuple[Array, Array]:
        """Numbers of the address and the surname under which a furnisher knows some people."""
        lag = self._lag(furnisher, person)
        address = self._lives.address(self._people.household[person], lag)
        return address, self._people.surname_at(person, month - lag)

    def told(self, furnisher: int, person: Array, month: int, *, phone: bool, employer: bool) -> dict[str, pa.Array]:
        """Identity columns as a furnisher tells them in its own script.

        Parameters
        ----------
        furnisher : int
            Who tells.
        person : numpy.ndarray
            Of whom.
        month : int
            As of the end of this month.
        phone, employer : bool
            Whether telephone and e-mail, and the employer, belong to the contract.
        """
        people, one = self._people, FURNISHERS[furnisher]
        lag = self._lag(furnisher, person)
        given = given_names().written.take(pa.array(people.given[person]))
        if one.uses_nicknames:
            by_nickname = self._chance.share("nickname", furnisher, person) < _BY_NICKNAME
            given = pc.if_else(pa.array(by_nickname), nicknames().take(pa.array(people.given[person])), given)
        columns = {
            "surname": surnames().written.take(pa.array(people.surname_at(person, month - lag))),
            "first_name": given,
            "middle_name": _taken(given_names().written, people.middle[person]),
            "generation": _taken(self._generations, people.generation[person] - 1),
            "birth_date": pa.array(people.birth_date[person]),
            "national_number": _where(self.knows_number(furnisher, person), self.numbers.take(pa.array(person))),
        }
        if phone:
            knows = self._chance.share("knows phone", furnisher, person) < one.knows_phone
            columns["phone"] = _where(knows, self.phones.take(pa.array(person)))
            columns["email"] = _where(knows, self.emails.take(pa.array(person)))
        address = pa.array(self._lives.address(people.household[person], lag))
        places = self._lives.addresses
        columns["address"] = places.line.take(address)
        columns["city"] = places.city.take(address)
        columns["region"] = places.region.take(address)
        columns["postcode"] = places.postcode.take(address)
        columns["country"] = pa.array(["US", "CN"]).take(pa.array(people.is_chinese[person].astype(np.int8)))
        if employer:
            columns["employer"] = _taken(self._employers, self._lives.employer[person])
        return columns

    def told_in_latin(self, furnisher: int, person: Array, month: int, *, address: bool = True) -> dict[str, Any]:
        """Identity columns of a Metro 2 segment, in capital letters.

        Resident numbers do not fit into its nine digits and are left out; so are Chinese telephones.
        """
        people = self._people
        lag = self._lag(furnisher, person)
        has_number = self.knows_number(furnisher, person) & ~people.is_chinese[person]
        phone = np.where(people.is_chinese[person], 0, self._phone_numbers(person))
        knows_phone = self._chance.share("knows phone", furnisher, person) < FURNISHERS[furnisher].knows_phone
        generation = pa.array(["", "J", "S"])
        columns: dict[str, Any] = {
            "surname": _named(people.surname_at(person, month - lag), surnames().latin),
            "first_name": _named(people.given[person], given_names().latin),
            "middle_name": _named(people.middle[person], given_names().latin),
            "generation": _named(people.generation[person], generation),
            "ssn": np.where(has_number, people.number[person], 0),
            "birth_date": people.birth_date[person],
            "telephone": np.where(knows_phone, phone, 0),
        }
        if address:
            where = pa.array(self._lives.address(people.household[person], lag))
            places = self._lives.addresses
            columns["country"] = _named(people.is_chinese[person].astype(np.int8), pa.array(["US", "CN"]))
            columns["address_1"] = places.latin_line.take(where)
            columns["city"] = places.latin_city.take(where)
            columns["state"] = places.state.take(where)
            columns["zip"] = places.postcode.take(where)
        return columns

    def is_employed(self, person: Array) -> Array:
        """Whether some people work for somebody."""
        employed: Array = self._lives.employer[person] >= 0
        return employed

    def employers(self, person: Array) -> pa.Array:
        """Where some people work, in capital letters; null for those who do not."""
        return pc.ascii_upper(_taken(self._employers, self._lives.employer[person]))

    def _lag(self, furnisher: int, person: Array) -> Array:
        """Months after which the furnisher hears of a move or a marriage of each."""
        share = self._chance.share("hears", furnisher, person)
        lag: Array = (share * (FURNISHERS[furnisher].learns_moves_within + 1)).astype(np.int64)
        return lag

    def _phone_numbers(self, person: Array) -> Array:
        """Ten digits in the United States, eleven in China; some share the telephone of their household."""
        owner = person
        shares = self._chance.share("shares phone", person) < _SHARES_PHONE
        owner = np.where(shares, -1 - self._people.household[person].astype(np.int64), person)
        mixed = self._chance.hashed("phone", owner)
        area, exchange, line = (
            mixed % 600 + 201,
            (mixed >> np.uint64(12)) % 700 + 210,
            (mixed >> np.uint64(24)) % 10_000,
        )
        american = area * 10_000_000 + exchange * 10_000 + line
        chinese = (mixed % 7 + 13) * 1_000_000_000 + (mixed >> np.uint64(8)) % 1_000_000_000
        return np.where(self._people.is_chinese[person], chinese, american).astype(np.int64)

    def _email_addresses(self, person: Array) -> pa.Array:
        people = self._people
        given = pc.ascii_lower(given_names().latin.take(pa.array(people.given[person])))
        born = pc.ascii_lower(surnames().latin.take(pa.array(people.born_surname[person])))
        digits = pa.array(person % 9_973).cast(pa.string())
        domain = pa.array(_DOMAINS).take(pa.array(self._chance.hashed("domain", person) % len(_DOMAINS)))
        name = pc.replace_substring(pc.binary_join_element_wise(given, born, "."), "'", "")
        return pc.binary_join_element_wise(name, digits, pa.scalar("@"), domain, "")


def _taken(table: pa.Array, numbers: Array) -> pa.Array:
    """Entries of a table; null where the number is negative."""
    return table.take(pa.array(numbers, mask=numbers < 0))


def _named(numbers: Array, table: pa.Array) -> pa.DictionaryArray:
    """As :func:`_taken`, without spelling the entries out."""
    return pa.DictionaryArray.from_arrays(pa.array(numbers, mask=numbers < 0), table)


def _where(is_known: Array, values: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(is_known), values, pa.scalar(None, values.type))


def _in_parts(make: Any, everybody: Array) -> pa.Array:
    parts = [make(everybody[at : at + _PEOPLE_A_TIME]) for at in range(0, len(everybody), _PEOPLE_A_TIME)]
    return pa.concat_arrays(parts)
