"""Joining as deliveries come in: the same answer whatever their order, as resolution of the whole bureau gives it."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any, Final

import pytest
from people_told import partition, tell, who_is_who

from bureau.credit_file import credit_file
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.identity.resolving import resolve

START: Final = datetime.fromisoformat("2024-02-05T06:00:00")

MARRIED: Final = {"surname": "Halloran", "address": "5 Quarry Rd", "postcode": "60441"}
TWIN: Final = {"first_name": "Rosalind", "national_number": "321549876", "email": "r.okafor@example.org"}
NO_NUMBER: Final = {"national_number": None, "email": None}
SENIOR: Final = {
    "surname": "Castellano", "first_name": "Umberto", "generation": "Sr", "birth_date": "1951-05-02",
    "national_number": None, "phone": "6305550111", "email": None, "address": "88 Vine St", "postcode": "60505",
}  # fmt: skip
JUNIOR: Final = SENIOR | {"generation": "Jr", "birth_date": "1978-11-20"}
CHINESE: Final = {
    "surname": "欧阳", "first_name": "晓梅", "birth_date": "1990-07-16", "national_number": "110105199007160028",
    "phone": "13810010023", "email": None, "address": "建国路88号", "city": "北京市", "postcode": "100022",
    "country": "CN",
}  # fmt: skip
PINYIN: Final = CHINESE | {"surname": "Ouyang", "first_name": "Xiaomei", "address": "88 Jianguo Rd", "city": "Beijing"}

DELIVERIES: Final[dict[str, dict[str, dict[str, Any]]]] = {
    "harbour": {"W": {}, "S": SENIOR, "X": CHINESE},
    "meridian": {"W": MARRIED, "T": TWIN, "J": JUNIOR},
    "civic": {"W": NO_NUMBER | {"first_name": "Winnie"}, "T": TWIN | NO_NUMBER, "X": PINYIN},
    "quarry": {"W": MARRIED | NO_NUMBER, "S": SENIOR | {"first_name": "Bert", "phone": None}},
}

PERSONS: Final = {
    frozenset({("harbour", "W"), ("meridian", "W"), ("civic", "W"), ("quarry", "W")}),
    frozenset({("meridian", "T"), ("civic", "T")}),
    frozenset({("harbour", "X"), ("civic", "X")}),
    frozenset({("meridian", "J")}),
}
"""Who is certainly one person; whether Umberto Sr and a Bert Sr of the same day are is for people to say."""


def new_history(folder: Path) -> History:
    return open_history(open_home(folder, create=True), memory_limit="500MB")


def told_in(order: tuple[str, ...], folder: Path) -> History:
    history = new_history(folder)
    for day, furnisher in enumerate(order):
        tell(history, furnisher, DELIVERIES[furnisher], START + timedelta(day))
    return history


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> list[History]:
    """The deliveries in eight orders."""
    folder = tmp_path_factory.mktemp("orders")
    chosen = list(permutations(DELIVERIES))[::3]
    return [told_in(order, folder / str(number)) for number, order in enumerate(chosen)]


def test_the_order_of_deliveries_does_not_matter(orders: list[History]) -> None:
    found = [partition(who_is_who(history)) for history in orders]
    assert all(each == found[0] for each in found)
    assert found[0] >= PERSONS
    together = {("meridian", "J"), ("harbour", "S")}
    assert not any(together <= group for group in found[0]), "father and son share a file"


def test_resolving_the_whole_bureau_says_the_same(orders: list[History]) -> None:
    history = orders[3]
    before = who_is_who(history)
    done = resolve(history, START + timedelta(30))
    assert (done.joined, done.parted) == (0, 0)
    assert who_is_who(history) == before
    assert done.consumers == len(partition(before))
    assert done.references == len(before)


def test_a_delivery_joins_two_consumers_that_were_one(tmp_path: Path) -> None:
    history = new_history(tmp_path / "home")
    maiden = {"phone": None, "national_number": None, "email": None}
    tell(history, "harbour", {"W": maiden}, START)
    tell(history, "meridian", {"W": MARRIED | maiden | {"phone": "7795550188"}}, START + timedelta(1))
    apart = who_is_who(history)
    assert len(set(apart.values())) == 2
    tell(history, "civic", {"W": {}}, START + timedelta(2))
    tell(history, "civic", {"W": MARRIED | {"phone": "7795550188", "told_on": "2024-02-06"}}, START + timedelta(3))
    assert len(set(who_is_who(history).values())) == 1
    assert {**who_is_who(history, START + timedelta(1, 60)), **apart} == who_is_who(history, START + timedelta(1, 60))


def test_an_old_identifier_stays_good_and_the_past_replays(tmp_path: Path) -> None:
    history = new_history(tmp_path / "home")
    tell(history, "harbour", {"W": {}}, START)
    tell(history, "meridian", {"T": TWIN}, START + timedelta(1))
    tell(history, "civic", {"W": {"phone": None}}, START + timedelta(2))
    ids = {reference: number for number, reference in enumerate(who_is_who(history, START - timedelta(1)), 1)}
    mine = who_is_who(history)
    assert mine["civic", "W"] == mine["harbour", "W"] != mine["meridian", "T"]
    now, then = START + timedelta(3), START + timedelta(1, 60)
    by_old, by_new = (credit_file(history, ids[each, "W"], now) for each in ("civic", "harbour"))
    assert by_old.consumer_id == by_new.consumer_id
    assert len(by_old.identities) == len(by_new.identities) == 2
    assert len(credit_file(history, ids["harbour", "W"], then).identities) == 1


def test_strangers_with_the_same_defaults_stay_apart(tmp_path: Path) -> None:
    """A telephone, an address and an e-mail that everybody gives join nobody."""
    history = new_history(tmp_path / "home")
    shared = {"phone": "8005550199", "email": "info@example.org", "address": "1 Main St", "national_number": None}
    dice = random.Random(8)  # noqa: S311
    first = ["Abel", "Bea", "Cyril", "Dora", "Emil", "Freya", "Gustav", "Hilda", "Ivor", "Jutta"]
    last = ["Nkrumah", "Lindqvist", "Petrov", "Yamada", "Rossi", "Haddad", "Kowalski", "Mbeki"]
    people = {
        f"P{place}": shared
        | {
            "first_name": first[place % 10],
            "surname": last[place // 10],
            "birth_date": f"{dice.randint(1940, 1999)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}",
        }
        for place in range(80)
    }
    tell(history, "harbour", people, START)
    assert len(partition(who_is_who(history))) == len(people)


def test_odd_values_are_joined_with_nobody(tmp_path: Path) -> None:
    history = new_history(tmp_path / "home")
    bare = dict.fromkeys(("national_number", "phone", "email", "address", "city", "region", "postcode"))
    bare["birth_date"] = "1980-01-01"
    odd = {
        "A": {"surname": "X", "first_name": "Y"}, "B": {"surname": "X", "first_name": "Y"},
        "C": {"surname": "😀😀", "first_name": "😀"}, "D": {"surname": "שלום", "first_name": "דוד"},
        "E": {"surname": "x" * 10_000, "first_name": "y" * 10_000}, "F": {"surname": "..", "first_name": "--"},
    }  # fmt: skip
    tell(history, "harbour", {ref: bare | told for ref, told in odd.items()}, START)
    tell(history, "meridian", {ref: bare | told for ref, told in odd.items()}, START + timedelta(1))
    for group in partition(who_is_who(history)):
        assert len({ref for _, ref in group}) == 1, "strangers share a file"
        assert len(group) == 1 or {ref for _, ref in group} <= {"D", "E"}, "a letter and a birth date make no person"
