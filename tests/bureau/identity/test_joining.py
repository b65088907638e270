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
from bureau.identity.review import list_waiting

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


def test_twins_whose_names_are_much_alike_wait_for_a_person(tmp_path: Path) -> None:
    history = new_history(tmp_path / "home")
    tell(
        history, "harbour", {"A": NO_NUMBER | {"first_name": "Maria"}, "B": NO_NUMBER | {"first_name": "Mario"}}, START
    )
    misspelt = {"A": NO_NUMBER | {"first_name": "Marai"}}
    tell(history, "meridian", misspelt, START + timedelta(1))
    apart = {("harbour", "A"), ("harbour", "B")}
    assert not any(apart <= group for group in partition(who_is_who(history)))
    waiting = {(each.left, each.right): each.contradiction for each in list_waiting(history).pairs}
    assert waiting[1, 2] == "like first name"
    before = who_is_who(history)
    assert resolve(history, START + timedelta(30)).review == len(waiting)
    assert who_is_who(history) == before


SWITCHBOARD: Final = {"phone": "8005550133", "email": None}
SPECIMEN: Final = {"national_number": "457554621", "phone": None, "email": None}
"""Telephone and national number that are told of many."""


def many_of(furnisher: int) -> dict[str, dict[str, Any]]:
    """Six people of different names, who live apart, half of whom give the telephone and half the number of all."""
    names = [("Abel", "Nkrumah"), ("Bea", "Lindqvist"), ("Cyril", "Petrov"), ("Dora", "Yamada"), ("Emil", "Rossi"),
             ("Freya", "Haddad")]  # fmt: skip
    people = {}
    for place, (first, last) in enumerate(names):
        number = 6 * furnisher + place
        people[f"M{number}"] = NO_NUMBER | {
            "first_name": "GHIJKL"[furnisher] + first.lower(), "surname": "PQRSTU"[furnisher] + last.lower(),
            "birth_date": f"{1950 + number}-{1 + number % 12:02}-{1 + number:02}", "address": f"{7 + number} Elm St",
            "postcode": f"{61000 + 7 * number}", **SWITCHBOARD, "national_number": SPECIMEN["national_number"],
        }  # fmt: skip
    return people


def test_the_order_does_not_matter_to_values_that_turn_out_to_be_shared_by_many(tmp_path: Path) -> None:
    """Three deliveries of six people each make a hub, so it is the third one that does, whichever that is."""
    moved = {"address": "5 Quarry Rd", "postcode": "60441", "city": "Lockport"}
    bare = SWITCHBOARD | {"national_number": None, "birth_date": "1979-03-14"}
    deliveries = {
        # A telephone joins Winifred to one who has her name and another birth date, until it says nothing.
        "harbour": many_of(0) | {"W": bare, "N": SPECIMEN},
        "meridian": many_of(1) | {"W": bare | moved | {"birth_date": "1979-08-02"}},
        # The number on the specimen parts two who are one, until it says nothing.
        "civic": many_of(2) | {"N": SPECIMEN | {"national_number": "536228741"}},
    }
    found, alike = [], []
    for at, order in enumerate(permutations(deliveries)):
        history = new_history(tmp_path / str(at))
        for day, furnisher in enumerate(order):
            tell(history, furnisher, deliveries[furnisher], START + timedelta(day))
        found.append(partition(who_is_who(history)))
        alike.append(likenesses_of(history))
        before = who_is_who(history)
        done = resolve(history, START + timedelta(30))
        assert (done.joined, done.parted) == (0, 0)
        assert (who_is_who(history), likenesses_of(history)) == (before, alike[-1])
    assert all(each == found[0] for each in found)
    assert all(each == alike[0] for each in alike)
    assert any({("harbour", "N"), ("civic", "N")} <= group for group in found[0])
    assert not any({("harbour", "W"), ("meridian", "W")} <= group for group in found[0])


def likenesses_of(history: History) -> set[tuple[frozenset[tuple[str, str]], float, str | None]]:
    """How alike pairs of references are, by the furnishers' own names for them."""
    with history.read() as connection:
        rows = connection.execute("SELECT consumer_id, reference_space, consumer_ref FROM consumer").fetchall()
        name = {number: (space, ref) for number, space, ref in rows}
        kept = connection.execute("SELECT left_id, right_id, weight, veto FROM likeness").fetchall()
    return {(frozenset((name[left], name[right])), round(weight, 6), veto) for left, right, weight, veto in kept}


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
