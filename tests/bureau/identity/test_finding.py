"""An applicant is found among who is known, as linking in bulk would have it, and nobody is found by mistake."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from clean_records import CLEAN
from hypothesis import given
from hypothesis import strategies as st
from known_people import MOMENT, know, resolve_as
from written_files import written

from bureau.content import BytesContent
from bureau.delivery import Delivery, Furnisher
from bureau.facts import IDENTITY_FIELDS
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.identity import Finder, Found, find, open_finder
from bureau.identity.applicant import ApplicantError
from bureau.identity.clusters import LARGEST
from bureau.identity.found import Weighed, decide
from bureau.identity.likeness import Likeness, likenesses
from bureau.identity.model import default_model
from bureau.identity.models import current_model
from bureau.identity.snapshot import Snapshot
from bureau.identity.told import TELLING, as_linked
from bureau.ingest import ingest, register_furnishers
from bureau.kinds.all import KINDS

ADA = {
    "first_name": "Adelaide",
    "surname": "Quackenbush",
    "birth_date": "1971-03-04",
    "national_number": "657412008",
    "phone": "6174100013",
    "email": "ada.quackenbush@mail.example",
    "address": "12 Larkspur Lane",
    "city": "Springfield",
    "region": "IL",
    "postcode": "62701",
}
BEN = {
    "first_name": "Benedict",
    "surname": "Featherstone",
    "birth_date": "1958-11-23",
    "national_number": "318412207",
    "phone": "2175550142",
    "email": "ben@featherstone.example",
    "address": "7 Foxglove Court",
    "city": "Peoria",
    "region": "IL",
    "postcode": "61602",
}


def but(told: dict[str, str], *without: str, **changes: str) -> dict[str, str]:
    """A telling with other fields, and without some."""
    return {name: value for name, value in {**told, **changes}.items() if name not in without}


# -- who is found -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Finder:
    """Ada is consumer 1, Ben is consumer 2; tests may not write to it."""
    history = open_history(open_home(tmp_path_factory.mktemp("both") / "home", create=True))
    know(history, {1: [ADA], 2: [BEN]})
    return open_finder(history)


def test_somebody_told_in_the_same_words_is_found(both: Finder) -> None:
    found = both.find(ADA)
    assert (found.outcome, found.consumer_id, found.address_mismatch) == ("match", 1, False)
    assert [each.consumer_id for each in found.candidates] == [1]
    assert found.candidates[0].agreement["number"] == "same"


@pytest.mark.parametrize(
    "applicant",
    [
        but(ADA, "national_number", "email"),
        but(ADA, "phone", "email", "birth_date"),
        but(ADA, first_name="ADELAIDE", surname="QUACKENBUSH", birth_date="4 March 1971"),
        but(ADA, "phone", "email", first_name="Adelaid"),
        but(ADA, first_name="Quackenbush", surname="Adelaide"),
        but(ADA, "email", national_number="657412080"),
    ],
)
def test_somebody_told_otherwise_is_found(both: Finder, applicant: dict[str, str]) -> None:
    found = both.find(applicant)
    assert (found.outcome, found.consumer_id) == ("match", 1)


def test_the_names_of_linking_will_do_as_well(both: Finder) -> None:
    told = {name: value for name, value in as_linked(ADA).items() if value is not None}
    assert both.find(told) == both.find(ADA)
    assert both.find({**ADA, "birth_date": date(1971, 3, 4)}) == both.find(ADA)


def test_day_and_month_are_read_as_asked(both: Finder) -> None:
    american, british = (both.find({**ADA, "birth_date": "04/03/1971"}, day_first=each) for each in (False, True))
    assert american.candidates[0].agreement["birth"] == "day and month swapped"
    assert british.candidates[0].agreement["birth"] == "same"


def test_a_stranger_is_not_found(history: History) -> None:
    know(history, {1: [ADA]})
    assert find(history, BEN) == Found("no match", model=current_model(history.vault).version)


def test_nobody_is_found_where_nobody_is_known(history: History) -> None:
    assert find(history, ADA).outcome == "no match"


def test_who_is_found_is_the_consumer_that_the_reference_belongs_to_now(history: History) -> None:
    know(history, {1: [BEN], 5: [but(ADA, "national_number")], 9: [ADA]}, {9: 5})
    with open_finder(history) as finder:
        assert finder.find(ADA).consumer_id == 5
        resolve_as(history, {9: 9}, datetime.fromisoformat("2026-02-01"))
        parted = finder.find(but(ADA, "email"))
        assert {each.consumer_id for each in parted.candidates} == {5, 9}
        resolve_as(history, {9: 5}, datetime.fromisoformat("2026-03-01"))
        assert finder.find(ADA).consumer_id == 5


def test_what_the_history_does_not_know_yet_is_not_found(history: History) -> None:
    know(history, {1: [ADA]})
    with history.write() as connection:
        connection.execute("DELETE FROM consumer")
    assert find(history, ADA).outcome == "no match"


def test_searches_go_on_while_somebody_writes(history: History) -> None:
    know(history, {1: [ADA]})
    with open_finder(history) as finder:
        with history.write() as connection:
            connection.execute("INSERT INTO resolution VALUES (1, 7, ?, NULL, 'test')", [MOMENT])
            assert finder.find(ADA).consumer_id == 1
        assert finder.find(ADA).consumer_id == 7


def test_threads_find_the_same(both: Finder) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(both.find, [ADA, BEN] * 20))
    assert [each.consumer_id for each in found] == [1, 2] * 20


def test_who_was_erased_is_never_found(history: History) -> None:
    know(history, {1: [ADA], 2: [but(ADA, "email")]}, {2: 1})
    with open_finder(history) as finder:
        assert finder.find(ADA).outcome == "match"
        history.vault.erase("consumer", [1, 2], "asked for it", MOMENT)
        assert finder.find(ADA) == find(history, ADA) == Found("no match", model=finder.find(BEN).model)


# -- contradictions, doubt and addresses --------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "applicant", "veto"),
    [
        (but(ADA, generation="Sr"), but(ADA, generation="Jr"), "generation"),
        (ADA, but(ADA, national_number="318412207"), "two numbers"),
        (ADA, but(ADA, "national_number", first_name="Theodora"), "first name"),
    ],
)
def test_who_contradicts_is_told_and_not_matched(
    history: History, known: dict[str, str], applicant: dict[str, str], veto: str
) -> None:
    know(history, {1: [known]})
    found = find(history, applicant)
    assert (found.outcome, found.consumer_id) == ("no match", None)
    assert [(each.consumer_id, each.veto) for each in found.candidates] == [(1, veto)]


def test_a_contradiction_in_any_reference_of_a_consumer_holds(history: History) -> None:
    know(history, {1: [but(ADA, "national_number")], 2: [but(ADA, generation="Sr")]}, {2: 1})
    found = find(history, but(ADA, generation="Jr"))
    assert (found.outcome, found.candidates[0].veto) == ("ambiguous", "generation")


def test_every_reference_of_a_person_with_very_many_counts(history: History) -> None:
    references = {number: [ADA] for number in range(1, LARGEST)} | {LARGEST: [but(ADA, generation="Sr")]}
    know(history, references, dict.fromkeys(range(2, LARGEST + 1), 1))
    assert find(history, ADA).consumer_id == 1
    found = find(history, but(ADA, generation="Jr"))
    assert (found.outcome, found.candidates[0].veto) == ("ambiguous", "generation")


def test_two_who_fit_alike_are_for_a_person_to_decide(history: History) -> None:
    father = but(ADA, "national_number", "email", "birth_date", generation="Sr")
    son = but(father, generation="Jr")
    know(history, {1: [father], 2: [son]})
    found = find(history, but(father, "generation"))
    assert (found.outcome, found.consumer_id, found.address_mismatch) == ("ambiguous", None, False)
    assert {each.consumer_id for each in found.candidates} == {1, 2}


def test_a_name_alone_matches_nobody(history: History) -> None:
    know(history, {number: [but(ADA, phone=f"61741001{number:02}")] for number in range(1, 4)})
    assert find(history, {"first_name": "Adelaide", "surname": "Quackenbush"}).outcome != "match"


@pytest.mark.parametrize(
    ("known", "applicant", "mismatch"),
    [
        ([ADA], ADA, False),
        ([ADA], but(ADA, address="12 Larkspur Ln."), False),
        ([ADA], but(ADA, address="900 Harbour Road", city="Reno", postcode="89501"), True),
        ([ADA], but(ADA, address="900 Harbour Road"), True),
        ([but(ADA, address="900 Harbour Road", postcode="89501"), ADA], ADA, False),
        ([ADA], but(ADA, "address", "city", "postcode"), False),
        ([but(ADA, "address", "city", "postcode")], ADA, False),
        ([but(ADA, "address")], but(ADA, postcode="89501"), True),
    ],
)
def test_an_address_that_fits_none_is_flagged(
    history: History, known: list[dict[str, str]], applicant: dict[str, str], mismatch: bool
) -> None:
    know(history, {1: known})
    found = find(history, applicant)
    assert (found.outcome, found.address_mismatch) == ("match", mismatch)


# -- bad input ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Finder:
    """Forty strangers with one telephone, number, e-mail address and home, and names of one letter among them."""
    first = ["A", "Bo", "Cy", "Dee", "Ed"]
    people = {
        number: [
            {
                "first_name": first[number % 5],
                "surname": f"{'BCDFGHKL'[number % 8]}{'' if number < 8 else 'aeiouy'[number // 8] + 'rn'}",
                "birth_date": f"19{40 + number}-0{1 + number % 9}-1{number % 10}",
                "national_number": "999999999",
                "phone": "8005550100",
                "email": "none@none.com",
                "address": "1 Unknown",
                "postcode": "99999",
            }
        ]
        for number in range(1, 41)
    }
    history = open_history(open_home(tmp_path_factory.mktemp("crowd") / "home", create=True))
    know(history, people)
    return open_finder(history)


@pytest.mark.parametrize(
    "applicant",
    [
        {},
        dict.fromkeys(ADA),
        dict.fromkeys(ADA, ""),
        dict.fromkeys(ADA, " \t\n"),
        dict.fromkeys(ADA, "\0"),
        dict.fromkeys(ADA, "A\0B\x1f"),
        dict.fromkeys(ADA, "😀👨‍👩‍👧"),
        dict.fromkeys(ADA, "\ud83d"),
        dict.fromkeys(ADA, "עברית \u202e العربية"),
        dict.fromkeys(ADA, "x" * 10_000),
        dict.fromkeys(ADA, "9" * 10_000),
        dict.fromkeys(ADA, "赵" * 10_000),
        dict.fromkeys(ADA, "' OR 1=1 --"),
        {"first_name": "A", "surname": "B"},
        {"first_name": "Q", "surname": "C", "phone": "8005550100", "national_number": "999999999"},
        {"phone": "8005550100"},
        {"national_number": "999-99-9999", "phone": "8005550100", "email": "none@none.com"},
        {"first_name": "Bo", "phone": "8005550100", "address": "1 Unknown", "postcode": "99999"},
        {"first_name": "Zenobia", "surname": "Warn", "phone": "8005550100", "email": "none@none.com"},
        {"birth_date": "0000-00-00", "national_number": "000000000"},
    ],
)
def test_bad_input_finds_nobody(crowd: Finder, applicant: dict[str, Any]) -> None:
    assert crowd.find(applicant).outcome != "match"


@pytest.mark.parametrize("value", ["\0", "\ud83d", "😀" * 3_000, "x" * 10_000, "ﷺ" * 5_000])
def test_one_bad_field_hides_nobody(both: Finder, value: str) -> None:
    for name in ("address", "city", "phone", "email", "middle_name"):
        assert both.find({**ADA, name: value}).consumer_id == 1


@given(told=st.dictionaries(st.sampled_from(sorted(ADA)), st.text(max_size=30)))
def test_no_text_is_too_odd(told: dict[str, str], crowd: Finder) -> None:
    assert crowd.find(told).outcome in ("match", "no match", "ambiguous")


@pytest.mark.parametrize(
    ("applicant", "said"),
    [
        ({"sirname": "Quackenbush"}, "there is no field 'sirname'; the fields are surname, first_name"),
        ({"Quackenbush" * 9: "x"}, "there is no field of 101 characters"),
        ({7: "x"}, "there is no field 7"),
        ({"phone": 6174100013}, "phone is int, and must be text"),
        ({"first_name": date(1971, 3, 4)}, "first_name is date, and must be text"),
        ({"surname": ["Quackenbush"]}, "surname is list"),
        ({"surname": "Quackenbush", "last_name": "Moore"}, "surname is told twice"),
    ],
)
def test_what_cannot_be_understood_is_refused_without_its_values(both: Finder, applicant: Any, said: str) -> None:
    with pytest.raises(ApplicantError, match=said) as refused:
        both.find(applicant)
    assert not any(value in str(refused.value) for value in ("Quackenbush", "6174100013", "1971", "Moore"))


def test_nothing_personal_is_in_what_is_found(history: History) -> None:
    know(history, {1: [ADA], 2: [but(ADA, "national_number", "email", first_name="Theodora")]})
    with open_finder(history) as finder:
        found = finder.find(ADA)
        shown = repr(finder) + repr(found) + str(found) + json.dumps(asdict(found))
    assert len(found.candidates) == 2
    for value in (*but(ADA, "region").values(), "Theodora"):
        assert value.lower() not in shown.lower(), value


def test_the_package_stays_light_to_import() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys, bureau.identity; print('duckdb' in sys.modules, 'numpy' in sys.modules)"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert said.split() == ["False", "False"]


# -- the same as in bulk ------------------------------------------------------------------------


def test_weights_are_those_of_the_bulk(history: History) -> None:
    tellings = [ADA, but(ADA, surname="Moore", address="9 Birch Street"), but(ADA, "national_number")]
    know(history, {1: tellings, 2: [but(ADA, "email", first_name="Theodora")]})
    applicant = but(ADA, "birth_date")
    rows = [{"node": 0, "told_as": 0, **as_linked(applicant)}]
    rows += [{"node": 1, "told_as": at, **as_linked(told)} for at, told in enumerate(tellings)]
    rows.append({"node": 2, "told_as": 0, **as_linked(but(ADA, "email", first_name="Theodora"))})
    with duckdb.connect() as connection:
        bulk = likenesses(
            connection, current_model(history.vault), pa.Table.from_pylist(rows, TELLING), np.array([[0, 1], [0, 2]])
        )
        wanted = {each.right: (round(each.weight, 3), each.veto) for each in bulk}
    found = find(history, applicant)
    assert {each.consumer_id: (each.weight, each.veto) for each in found.candidates} == wanted


def test_decisions_are_those_of_the_bulk(tmp_path: Path) -> None:
    from benchmarks.find import divide, identities, in_bulk, pairs, resolve
    from benchmarks.population import write_population
    from bureau.identity.blocking import key_tokens
    from bureau.identity.models import key_salt
    from bureau.identity.standard import standardise

    options = argparse.Namespace(consumers=800, references=3, inquiries=200)
    write_population(tmp_path / "people.parquet", 1_000, seed=11)
    history = open_history(open_home(tmp_path / "home", create=True))
    with history.write():  # it is there before anything is sealed
        pass
    model, salt = current_model(history.vault), key_salt(history.vault)
    with duckdb.connect() as work:
        divide(work, tmp_path, options)
        standardise(work, "told", "standard", day_first=False)
        key_tokens(work, "standard", "tokens", salt=salt)
        history.vault.seal("consumer", identities(work), delivery_no=1)
        history.vault.index.add("consumer", pairs(work), delivery_no=1)
        resolve(history, work)
        wanted = in_bulk(work, model, salt, options.inquiries)
        columns = [row[0] for row in work.execute("DESCRIBE asked").fetchall()][2:]
        asked = work.execute(f"SELECT {', '.join(columns)} FROM asked ORDER BY record").fetchall()
    with open_finder(history) as finder:
        answers = [finder.find(dict(zip(columns, row, strict=True))) for row in asked]
    differ = sum((each.outcome, each.consumer_id) != want for each, want in zip(answers, wanted, strict=True))
    assert sum(outcome == "match" for outcome, _ in wanted) > 100
    assert differ <= 1, "of two hundred"


# -- the decision by hand -----------------------------------------------------------------------

MODEL = default_model(100_000)


def weighed(consumer: int, *weights: tuple[float, str | None]) -> Weighed:
    """A consumer whose references are numbered from ten times its number."""
    return Weighed(consumer, [Likeness(-1, 10 * consumer + at, *each) for at, each in enumerate(weights)])


@pytest.mark.parametrize(
    ("consumers", "between", "wanted"),
    [
        ([], [], ("no match", None)),
        ([weighed(1, (2.4, None))], [], ("ambiguous", None)),
        ([weighed(1, (-2.1, None))], [], ("no match", None)),
        ([weighed(1, (2.5, None))], [], ("match", 1)),
        ([weighed(1, (30.0, "generation"))], [], ("no match", None)),
        ([weighed(1, (30.0, "like first name"))], [], ("ambiguous", None)),
        ([weighed(1, (30.0, None), (5.0, "generation"))], [], ("ambiguous", None)),
        # Two of three references speak against: the mean of -15, -15 and 12 is below -2, that of -15 and 12 is not.
        ([weighed(1, (12.0, None), (-30.0, None), (-15.0, None))], [], ("ambiguous", None)),
        ([weighed(1, (12.0, None), (-15.0, None))], [], ("match", 1)),
        ([weighed(1, (20.0, None)), weighed(2, (19.0, None))], [(10, 20, -30.0, None)], ("ambiguous", None)),
        ([weighed(1, (20.0, None)), weighed(2, (10.0, None))], [(10, 20, -30.0, None)], ("match", 1)),
        ([weighed(1, (20.0, None)), weighed(2, (10.0, None))], [(10, 20, 3.0, None)], ("ambiguous", None)),
        ([weighed(1, (20.0, None)), weighed(2, (10.0, None))], [(10, 20, 30.0, "decided")], ("match", 1)),
    ],
)
def test_a_decision_by_hand(consumers: list[Weighed], between: list[Any], wanted: tuple[str, int | None]) -> None:
    assert decide(MODEL, consumers, lambda _: [Likeness(*each) for each in between]) == wanted


@given(st.dictionaries(st.integers(1, 50), st.integers(1, 50)), st.lists(st.integers(-1, 60)))
def test_a_snapshot_tells_who_is_who(who: dict[int, int], asked: list[int]) -> None:
    references = np.array(sorted(who), np.int64)
    consumers = np.array([who[each] for each in sorted(who)], np.int64)
    snapshot = Snapshot(references, consumers, np.argsort(consumers, kind="stable"), frozenset())
    assert snapshot.consumers_of(asked) == {each: who[each] for each in asked if each in who}
    for consumer in range(52):
        assert snapshot.references_of(consumer) == sorted(each for each in who if who[each] == consumer)


# -- by way of ingest ---------------------------------------------------------------------------


def test_who_was_delivered_is_found(history: History) -> None:
    register_furnishers(history, (Furnisher("harbour", "Harbour Bank", "us", "USD"),))
    clean = CLEAN["lender_customers"]
    told = {name: ADA.get(name) for name in clean if name in IDENTITY_FIELDS}
    records = [
        {**clean, "customer_ref": "C-1", **told},
        {**clean, "customer_ref": "C-2", **told, "email": "ada@elsewhere.example", "phone": "2175550177"},
        {**clean, "customer_ref": "C-3", **{name: BEN.get(name) for name in told}},
    ]
    data = written("lender_customers", records)
    with open_finder(history) as finder:
        assert finder.find(ADA).outcome == "no match"
        content = BytesContent("customers.csv", data)
        moment = datetime.fromisoformat("2024-07-04")
        receipt = ingest(history, Delivery(KINDS["lender_customers"], content, moment, furnisher_id="harbour"))
        assert receipt.accepted == 3
        found, other = finder.find(but(ADA, "phone")), finder.find(BEN)
    with history.read() as connection:
        rows = connection.execute("SELECT consumer_ref, consumer_id FROM consumer").fetchall()
    known = dict(rows)
    assert len(known) == 3
    assert (found.outcome, other.outcome) == ("match", "match")
    assert {found.consumer_id, other.consumer_id} == {min(known.values()), max(known.values())}
