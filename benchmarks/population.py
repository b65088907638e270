"""A population to measure identity resolution on: people, and one record of each from four kinds of furnishers.

    python -m benchmarks.population CONSUMERS OUT.parquet|OUT.csv [--seed 1] [--typo 0.02 ...]

Nothing of it comes from the bureau's simulator but lists of common names and the rules of national
numbers. A bank tells most, a shop writes nicknames and knows e-mail addresses, a utility writes
capital letters and the household's telephone, a court's paper was read by a machine. What each
leaves out stands in :data:`LEAVES_OUT`, how often mistakes are made in
:class:`benchmarks.population_noise.Noise`; every rate is an option and is printed.

Columns: ``record`` (from 0 in row order), the twelve of ``tradeline identity link``, all of them text, and the truth:
``person``, ``household``, ``source`` (0 bank, 1 shop, 2 utility, 3 court), and the marks ``twin``,
``generation`` (Jr or Sr), ``shared_household``, ``chinese``, ``renamed``, ``moved``.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.population_names import (
    chinese_names,
    chinese_towns,
    mixed,
    plain,
    streets,
    western_names,
    western_towns,
)
from benchmarks.population_noise import Noise, changed, digit_swapped, digit_wrong, misread, mistyped
from benchmarks.population_people import JUNIOR, SENIOR, People, draw_people
from bureau.simulator.numbers import check_characters

__all__ = ["FIELDS", "LEAVES_OUT", "MARKS", "SOURCES", "population", "write_population"]

FIELDS: Final = (
    *("first_name", "middle_name", "last_name", "suffix", "birth_date", "national_id"),
    *("phone", "email", "address", "city", "region", "postcode"),
)
MARKS: Final = ("twin", "generation", "shared_household", "chinese", "renamed", "moved")
SOURCES: Final = ("bank", "shop", "utility", "court")
BANK, SHOP, UTILITY, COURT = range(4)

LEAVES_OUT: Final = {
    "middle_name": (0.25, 0.90, 0.60, 0.50),
    "birth_date": (0.005, 0.30, 0.10, 0.10),
    "national_id": (0.03, 0.92, 0.35, 0.45),
    "phone": (0.05, 0.12, 0.10, 0.60),
    "email": (0.15, 0.05, 0.50, 0.95),
    "address": (0.01, 0.04, 0.0, 0.03),
}
"""The share of the records of each kind of furnisher in which a field is empty."""

_PEOPLE_A_TIME: Final = 50_000
_HUB_PHONES: Final = ("8005550100", "9999999999", "2125550199", "0000000000", "4001234567")
_HUB_MAILS: Final = ("none@none.com", "noreply@example.com", "na@na.com", "customer@shop.example")
_DEFAULT_NUMBERS: Final = ("999999999", "000000000", "123456789", "111111111", "999-99-9999")
_DOMAINS: Final = ("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com", "mail.example")
_CHINESE_DOMAINS: Final = ("qq.com", "163.com", "126.com", "sina.com", "foxmail.com")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Array = npt.NDArray[Any]


def population(consumers: int, *, seed: int, noise: Noise | None = None) -> pa.Table:
    """All records of a population as one table; see the head of the module for the columns."""
    return pa.Table.from_batches(list(_batches(consumers, seed, noise or Noise())))


def write_population(path: Path, consumers: int, *, seed: int, noise: Noise | None = None) -> int:
    """Write the records of a population as Parquet, some at a time; how many there are."""
    records = 0
    writer: pq.ParquetWriter | None = None
    try:
        for batch in _batches(consumers, seed, noise or Noise()):
            writer = writer or pq.ParquetWriter(path, batch.schema)
            writer.write_batch(batch)
            records += len(batch)
    finally:
        if writer is not None:
            writer.close()
    return records


def _batches(consumers: int, seed: int, noise: Noise) -> Iterator[pa.RecordBatch]:
    people = draw_people(consumers, seed)
    at = 0
    for start in range(0, consumers, _PEOPLE_A_TIME):
        person = np.arange(start, min(start + _PEOPLE_A_TIME, consumers))
        rng = np.random.default_rng([seed, 2, start])
        told = [_Records(people, person, source, noise, seed, rng).columns() for source in range(4)]
        order = rng.permutation(4 * len(person))
        columns = {"record": pa.array(np.arange(at, at + len(order)))}
        for name in told[0]:
            joined = np.concatenate([each[name] for each in told])[order]
            columns[name] = pa.array(joined, pa.string()) if name in FIELDS else pa.array(joined)
        at += len(order)
        yield pa.RecordBatch.from_pydict(columns)


class _Records:
    """What one kind of furnisher tells of some people."""

    def __init__(
        self, people: People, person: Array, source: int, noise: Noise, seed: int, rng: np.random.Generator
    ) -> None:
        self.people, self.person, self.source, self.noise, self.seed, self.rng = (
            people, person, source, noise, seed, rng,
        )  # fmt: skip
        self.chinese = people.chinese[person]
        pinyin = {BANK: 0.02, SHOP: noise.pinyin_shop, UTILITY: 0.05, COURT: 1.0}[source]
        self.latin = ~self.chinese | self._dice(pinyin)
        self.together = people.size[person] > 1

    def columns(self) -> dict[str, Array]:
        """The twelve fields and the truth."""
        told = {**self._names(), "suffix": self._suffixes(), "birth_date": self._birth_dates()}
        told |= {"national_id": self._numbers(), "phone": self._phones(), "email": self._mails(), **self._addresses()}
        for name, shares in LEAVES_OUT.items():
            empty = self._dice(min(1.0, shares[self.source] * self.noise.missing))
            told[name][empty] = None
            if name == "address":
                for other in ("city", "region", "postcode"):
                    told[other][empty] = None
        if self.source == COURT:
            for name in ("first_name", "last_name", "address", "national_id"):
                changed(told[name], self.noise.ocr, misread, self.rng)
        people, person = self.people, self.person
        truth = {
            "person": person,
            "household": people.household[person],
            "source": np.full(len(person), self.source, dtype=np.int8),
            "twin": people.twin[person],
            "generation": people.generation[person] > 0,
            "shared_household": self.together,
            "chinese": self.chinese,
            "renamed": people.last[person] != people.born_last[person],
            "moved": people.moves[person] > 0,
        }
        return {name: told[name] for name in FIELDS} | truth

    def _dice(self, rate: float) -> Array:
        return self.rng.random(len(self.person)) < rate

    def _names(self) -> dict[str, Array]:
        people, person, noise, rng = self.people, self.person, self.noise, self.rng
        first, middle, last, born = (np.full(len(person), None, dtype=object) for _ in range(4))
        for is_chinese, table in ((False, western_names()), (True, chinese_names())):
            for sex in (0, 1):
                those = (self.chinese == is_chinese) & (people.male[person] == sex)
                names = table.first_latin[sex] if is_chinese else table.first[sex]
                first[those] = names[people.first[person[those]]]
                if is_chinese:
                    hanzi = those & ~self.latin
                    first[hanzi] = table.first[sex][people.first[person[hanzi]]]
                else:
                    self._shorten(first, those, people.first[person], table.short[sex])
                    with_middle = those & (people.middle[person] >= 0)
                    middle[with_middle] = table.first[sex][people.middle[person[with_middle]]]
            those = self.chinese == is_chinese
            for target, source in ((last, people.last), (born, people.born_last)):
                names = table.last_latin if is_chinese or self.source >= UTILITY else table.last
                target[those] = names[source[person[those]]]
                if is_chinese:
                    hanzi = those & ~self.latin
                    target[hanzi] = table.last[source[person[hanzi]]]
        renamed = people.last[person] != people.born_last[person]
        maiden, hyphen = renamed & self._dice(noise.maiden), renamed & self._dice(noise.hyphen)
        last[hyphen] = [f"{b}-{a}" for a, b in zip(last[hyphen], born[hyphen], strict=True)]
        last[maiden] = born[maiden]
        self._join_pinyin(first)
        short = self._dice(0.4 if self.source != COURT else 0.8)
        middle[short] = [name and name[0] for name in middle[short]]
        changed(first, noise.typo, mistyped, rng)
        changed(last, noise.typo, mistyped, rng)
        initial = self._dice(noise.initial) & self.latin
        first[initial] = [name[0] for name in first[initial]]
        swapped = np.where(self.chinese & self.latin, self._dice(noise.pinyin_transposed), self._dice(noise.transposed))
        first[swapped], last[swapped] = last[swapped], first[swapped]
        if self.source >= UTILITY:
            for names in (first, middle, last):
                names[:] = [name and name.upper() for name in names]
        return {"first_name": first, "middle_name": middle, "last_name": last}

    def _shorten(self, first: Array, those: Array, number: Array, short: Array) -> None:
        rate = self.noise.nickname_shop if self.source == SHOP else self.noise.nickname
        for place in np.flatnonzero(those & self._dice(rate)).tolist():
            names = short[number[place]]
            if names:
                first[place] = names[int(self.rng.integers(len(names)))]

    def _join_pinyin(self, first: Array) -> None:
        """``Xiao ming`` is written Xiaoming, Xiao Ming or Xiao-Ming."""
        style = self.rng.choice(3, len(first), p=(0.6, 0.3, 0.1))
        for place in np.flatnonzero(self.chinese & self.latin).tolist():
            parts = first[place].split(" ")
            if len(parts) == 2:
                a, b = parts
                first[place] = (a + b, f"{a} {b.capitalize()}", f"{a}-{b.capitalize()}")[style[place]]

    def _suffixes(self) -> Array:
        generation = self.people.generation[self.person]
        rate = min(1.0, self.noise.suffix_missing * (1 if self.source == BANK else 3))
        told = np.array([None, "Jr", "Sr"], dtype=object)[generation]
        # Fathers are called Sr less often than sons Jr.
        told[self._dice(rate) | ((generation == SENIOR) & self._dice(rate))] = None
        if self.source == SHOP:
            told[generation == JUNIOR] = [suffix and "Jr." for suffix in told[generation == JUNIOR]]
        return told

    def _birth_dates(self) -> Array:
        days = self.people.birth[self.person]
        year = days.astype("datetime64[Y]").astype(int) + 1970
        month = days.astype("datetime64[M]").astype(int) % 12 + 1
        day = (days - days.astype("datetime64[M]")).astype(int) + 1
        wrong, which = self._dice(self.noise.birth_wrong), self.rng.integers(0, 3, len(days))
        by = self.rng.choice([-10, -2, -1, 1, 2, 10], len(days), p=[0.1, 0.15, 0.25, 0.25, 0.15, 0.1])
        year = np.where(wrong & (which == 0), year + by, year)
        month = np.where(wrong & (which == 1), (month - 1 + by) % 12 + 1, month)
        day = np.where(wrong & (which == 2), (day - 1 + by) % 28 + 1, day)
        swap = self._dice(self.noise.day_month) & (day <= 12)
        month, day = np.where(swap, day, month), np.where(swap, month, day)
        parts = zip(year.tolist(), month.tolist(), day.tolist(), strict=True)
        if self.source == SHOP:
            texts = [f"{m:02}/{d:02}/{y}" for y, m, d in parts]
        elif self.source == UTILITY:
            texts = [f"{y}{m:02}{d:02}" for y, m, d in parts]
        elif self.source == COURT:
            texts = [f"{d} {_MONTHS[m - 1]} {y}" for y, m, d in parts]
        else:
            texts = [f"{y}-{m:02}-{d:02}" for y, m, d in parts]
        return _objects(texts)

    def _numbers(self) -> Array:
        people, person, noise = self.people, self.person, self.noise
        owner = person.copy()
        relative = self.together & self._dice(noise.number_relative)
        owner[relative] = _relative(people, person)[relative]
        strange = self._dice(noise.number_stranger)
        owner[strange] = self.rng.integers(0, len(people), strange.sum())
        number, chinese = people.number[owner], people.chinese[owner]
        checks = np.full(len(owner), "", dtype=object)
        checks[chinese] = check_characters(number[chinese])
        dashed = self.source in (BANK, COURT)
        told = _objects(
            f"{n}{check}"
            if check
            else f"{n // 1_000_000:03}-{n // 10_000 % 100:02}-{n % 10_000:04}"
            if dashed
            else f"{n:09}"
            for n, check in zip(number.tolist(), checks.tolist(), strict=True)
        )
        other = people.old_number[owner]
        told[other] = [f"P{each % 90_000_000 + 10_000_000}" for each in mixed(owner[other], self.seed, 40).tolist()]
        told[people.no_number[owner]] = None
        changed(told, noise.number_digit, digit_swapped, self.rng)
        default = self._dice(noise.number_default)
        told[default] = self.rng.choice(np.array(_DEFAULT_NUMBERS, dtype=object), default.sum())
        return told

    def _phones(self) -> Array:
        people, person, noise = self.people, self.person, self.noise
        version = _version(people.phones[person] - 1, self.rng, 0.3)
        key = mixed(person, version, self.seed, 41)
        home = self.together & self._dice(noise.phone_household * (2 if self.source == UTILITY else 1))
        key[home] = mixed(people.household[person], self.seed, 42)[home]
        strange = self._dice(noise.phone_stranger)
        key[strange] = mixed(self.rng.integers(0, len(people), strange.sum()), 0, self.seed, 41)
        area, exchange, line = key % 600 + 201, (key >> np.uint64(12)) % 700 + 210, (key >> np.uint64(24)) % 10_000
        western = zip(area.tolist(), exchange.tolist(), line.tolist(), strict=True)
        form = ("({}) {}-{:04}", "+1{}{}{:04}", "{}{}{:04}", "{}-{}-{:04}")[self.source]
        told = _objects(form.format(*parts) for parts in western)
        mobile = ((key % 7 + 13) * 1_000_000_000 + (key >> np.uint64(8)) % 1_000_000_000)[self.chinese]
        prefix = "+86 " if self.source == SHOP else ""
        told[self.chinese] = [f"{prefix}{number}" for number in mobile.tolist()]
        changed(told, noise.phone_digit, digit_wrong, self.rng)
        hub = self._dice(noise.phone_hub)
        told[hub] = self.rng.choice(np.array(_HUB_PHONES, dtype=object), hub.sum())
        return told

    def _mails(self) -> Array:
        people, person, noise = self.people, self.person.copy(), self.noise
        other = self.together & self._dice(noise.mail_household)
        person[other] = _relative(people, person)[other]
        version = _version(people.mails[person] - 1, self.rng, 0.3)
        key = mixed(person, version, self.seed, 43)
        told = np.full(len(person), None, dtype=object)
        for is_chinese, table, domains in (
            (False, western_names(), _DOMAINS),
            (True, chinese_names(), _CHINESE_DOMAINS),
        ):
            for sex in (0, 1):
                those = np.flatnonzero((people.chinese[person] == is_chinese) & (people.male[person] == sex))
                firsts = table.first_latin[sex][people.first[person[those]]]
                last = people.born_last[person[those]]
                columns = (firsts, table.last_latin[last], key[those].tolist(), (last < 500).tolist())
                told[those] = [_mail(*parts, domains) for parts in zip(*columns, strict=True)]
        changed(told, noise.mail_typo, mistyped, self.rng)
        hub = self._dice(noise.mail_hub)
        told[hub] = self.rng.choice(np.array(_HUB_MAILS, dtype=object), hub.sum())
        return told

    def _addresses(self) -> dict[str, Array]:
        people, person, noise = self.people, self.person, self.noise
        version = people.moves[person] - _version(people.moves[person], self.rng, noise.stale)
        together = people.follows[person] | (version == 0)
        key = np.where(together, people.household[person] * 2, person * 2 + 1)
        luck = mixed(key, version, self.seed, 44)
        west, west_long, east, east_latin, west_common, east_common = streets()
        share, town_share = (luck >> np.uint64(11)) / 2.0**53, mixed(luck, 45) / 2.0**64
        # Most moves stay in town.
        stays = mixed(luck, 46) % 10 < 6
        first_town = mixed(mixed(key, 0, self.seed, 44), 45) / 2.0**64
        town_share = np.where(stays, first_town, town_share)
        house = (1 + (mixed(luck, 47) % 10_000 / 100.0) ** 2 / 4).astype(np.int64)
        flat = np.where(
            mixed(luck, 48) % 10 < np.where(self.chinese, 9, 3), 1 + mixed(luck, 49).astype(np.int64) % 400, 0
        )
        flat[self._dice(noise.unit_missing * (2 if self.source == COURT else 1))] = 0
        spelt = self._dice(noise.address_spelt)
        line, city, region, postcode = (np.full(len(person), None, dtype=object) for _ in range(4))
        for is_chinese, towns in ((False, western_towns()), (True, chinese_towns())):
            those = np.flatnonzero(self.chinese == is_chinese)
            town = np.searchsorted(towns.common[:-1], town_share[those])
            latin = self.latin[those]
            street = np.searchsorted((east_common if is_chinese else west_common)[:-1], share[those])
            city[those] = np.where(latin, towns.latin[town], towns.name[town])
            region[those] = np.where(latin, towns.latin_region[town], towns.region[town])
            area = mixed(street, town, 50) % 100
            postcode[those] = [
                f"{head}{tail:02}"[:6].ljust(5, "0")
                for head, tail in zip(towns.postcode[town], area.tolist(), strict=True)
            ]
            if is_chinese:
                postcode[those] = [f"{code}0" if len(code) == 5 else code for code in postcode[those]]
                written = np.where(latin, east_latin[street], east[street])
                line[those] = [
                    _chinese_line(*parts)
                    for parts in zip(
                        written, house[those].tolist(), flat[those].tolist(), latin, spelt[those], strict=True
                    )
                ]
            else:
                written = np.where(spelt[those], west_long[street], west[street])
                line[those] = [
                    _western_line(*parts)
                    for parts in zip(written, house[those].tolist(), flat[those].tolist(), spelt[those], strict=True)
                ]
        changed(line, noise.address_typo, mistyped, self.rng)
        if self.source >= UTILITY:
            line[:] = [text.upper() for text in line]
            city[:] = [text.upper() for text in city]
        return {"address": line, "city": city, "region": region, "postcode": postcode}


def _relative(people: People, person: Array) -> Array:
    """Somebody of the same household: the one before, or else after."""
    before = np.maximum(person - 1, 0)
    after = np.minimum(person + 1, len(people) - 1)
    same = people.household[before] == people.household[person]
    chosen: Array = np.where(same & (before != person), before, after)
    return np.where(people.household[chosen] == people.household[person], chosen, person)


def _version(most: Array, rng: np.random.Generator, old: float) -> Array:
    """0 for what holds now, else one of the versions before, up to ``most``."""
    is_old = (rng.random(len(most)) < old) & (most > 0)
    return np.where(is_old, 1 + (rng.random(len(most)) * most).astype(np.int64), 0)


def _mail(first: str, last: str, luck: int, common: bool, domains: tuple[str, ...]) -> str:
    """An address: bearers of common names need more digits, so that hardly any two people have the same one."""
    share = luck // 100_000_000 % 100
    domain = domains[min(share * share // 1_500, len(domains) - 1)]
    if domain == "qq.com":
        return f"{luck // 7 % 2_000_000_000 + 100_000_000}@{domain}"
    first, last = plain(first).lower().replace(" ", ""), last.lower().replace(" ", "").replace("'", "")
    name = (f"{first}.{last}", f"{first[0]}{last}", f"{first}{last}", f"{last}{first[0]}", f"{first}_{last}")[luck % 5]
    if common or luck % 5 in (1, 3):
        digits = str(luck // 5 % 1_000_000)
    else:
        digits = ("", str(luck // 5 % 100), str(1940 + luck // 5 % 66), str(luck // 5 % 10_000))[luck // 5_000_000 % 4]
    return f"{name}{digits}@{domain}"


def _western_line(street: str, house: int, flat: int, spelt: bool) -> str:
    if not flat:
        return f"{house} {street}"
    return f"{house} {street} #{flat}" if spelt else f"{house} {street} Apt {flat}"


def _chinese_line(street: str, house: int, flat: int, latin: bool, spelt: bool) -> str:
    block, room = flat // 40 + 1, (flat % 20 + 1) * 100 + flat % 4 + 1
    if latin:
        return f"Rm {room}, Bldg {block}, No. {house} {street}" if flat else f"No. {house} {street}"
    if not flat:
        return f"{street}{house}号"
    return f"{street}{house}号{block}栋{room}室" if not spelt else f"{street}{house}号{block}号楼{room}"


def _objects(values: Any) -> Array:
    listed = list(values)
    table = np.empty(len(listed), dtype=object)
    table[:] = listed
    return table


def main() -> None:
    """Write a population, and print its rates."""
    parser = argparse.ArgumentParser(description="Write a population.")
    parser.add_argument("consumers", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    add_noise_options(parser)
    options = parser.parse_args()
    noise = noise_of(options)
    started, used = time.perf_counter(), time.process_time()
    parquet = options.out.with_suffix(".parquet")
    records = write_population(parquet, options.consumers, seed=options.seed, noise=noise)
    if options.out.suffix == ".csv":
        duckdb.execute(f"COPY (FROM '{parquet}') TO '{options.out}' (HEADER)")
    sys.stdout.write(
        f"{rates(noise)}\n{records:,} records of {options.consumers:,} people, seed {options.seed}, in "
        f"{time.perf_counter() - started:.1f} s ({time.process_time() - used:.1f} CPU s)\n"
    )


def add_noise_options(parser: argparse.ArgumentParser) -> None:
    """An option for each rate."""
    for rate in dataclasses.fields(Noise):
        text = f"{rate.metadata['meaning']} (default {rate.default})"
        parser.add_argument(f"--{rate.name.replace('_', '-')}", type=float, default=rate.default, help=text)


def noise_of(options: argparse.Namespace) -> Noise:
    """The rates that were asked for."""
    return Noise(**{rate.name: getattr(options, rate.name) for rate in dataclasses.fields(Noise)})


def rates(noise: Noise) -> str:
    """Every rate on a line of its own."""
    lines = [
        f"{value:>7} {rate.metadata['meaning']}"
        for rate in dataclasses.fields(Noise)
        for value in [getattr(noise, rate.name)]
    ]
    left_out = [
        f"{name} left out: {', '.join(f'{s} {r}' for s, r in zip(SOURCES, shares, strict=True))}"
        for name, shares in LEAVES_OUT.items()
    ]
    return "\n".join([*lines, *left_out])


if __name__ == "__main__":
    main()
