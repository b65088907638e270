"""Erasing a person: nothing gives it back, the pseudonymous history stays, and whoever is needed yet is not erased."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from clean_records import CLEAN
from erasing import only, rows_of
from one_person import OnePerson, in_history, in_vault, of_files, told_of
from written_files import written

from bureau.content import BytesContent
from bureau.credit_file import consumer_id_of, credit_file
from bureau.delivery import Delivery, Furnisher, Receipt
from bureau.erasure import ErasedPerson, erase, hold, lift, references_of
from bureau.errors import BureauError, Erased, ErasureRefused, ReviewError, UnknownConsumer
from bureau.feeds import register
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.identity.resolving import resolve
from bureau.ingest import ingest, register_furnishers
from bureau.kinds.all import KINDS
from bureau.manifest import read_manifest
from bureau.quarantine import Decision, correct, turn_away
from bureau.references import open_references, publish_references
from bureau.sealing import quarantine_number
from bureau.set_aside import list_quarantine
from bureau.simulator import Options, simulate
from bureau.vault import open_vault
from tradeline.logs import log_to

MOMENT = datetime.fromisoformat("2024-09-01")
DECISION = Decision("A. Steward", "sent in error", MOMENT)


# -- a whole small world ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home into which a simulated world with many faults was taken; held deliveries were turned away."""
    folder = tmp_path_factory.mktemp("erasure")
    simulate(Options(70, 3, 4, fault_rate=0.15), folder / "world")
    home = open_home(folder / "home", create=True)
    log_to(home.root / "tradeline.log")
    history = open_history(home, memory_limit="500MB")
    manifest = read_manifest(folder / "world" / "deliveries", KINDS, received_at=MOMENT)
    with history.write() as connection:
        for feed in manifest.feeds:
            register(connection, feed, KINDS)
    for delivery in manifest.deliveries:
        receipt = ingest(history, delivery)
        if receipt.status == "held":
            turn_away(history, KINDS, receipt.delivery_id, DECISION)
    publish_references(history, open_references(home, "harbour-bank"))
    own, *_ = _somebody(history)
    _deliver_what_is_turned_away(history, own)
    history.vault.close()
    return home.root


def _deliver_what_is_turned_away(history: History, own: int) -> None:
    """A delivery that is held, and then turned away, with somebody in the midst of others."""
    (told, *_) = history.vault.open("consumer", [own])
    person = {name: value for name, value in json.loads(told.content).items() if name in CLEAN["recurring_payments"]}
    records = [
        {**CLEAN["recurring_payments"], "account_ref": f"H-{n}", "service": "steam", **(person if n == 90 else {})}
        for n in range(200)
    ]
    register_furnishers(history, (Furnisher("new", "new", "us", "USD"),))
    content = BytesContent("payments.jsonl", written("recurring_payments", records))
    held = ingest(history, Delivery(KINDS["recurring_payments"], content, MOMENT, furnisher_id="new"))
    assert held.status == "held"
    turn_away(history, KINDS, held.delivery_id, DECISION)


def _people(history: History) -> dict[int, tuple[int, ...]]:
    with history.read() as connection:
        told = connection.execute("SELECT DISTINCT consumer_id FROM identity ORDER BY ALL").fetchall()
        return dict(references_of(connection, consumer) for (consumer,) in told)


def _values_of_others(history: History, people: dict[int, tuple[int, ...]], own: int) -> Counter[str]:
    """How many other people were told with a value."""
    counted: Counter[str] = Counter()
    for consumer, references in people.items():
        if consumer != own:
            told = [json.loads(entry.content) for entry in history.vault.open("consumer", references)]
            counted.update({str(value).lower() for each in told for value in each.values()})
    return counted


def _somebody(history: History) -> tuple[int, tuple[int, ...], OnePerson]:
    """Who is told of in the most records set aside, and under several references."""
    people = _people(history)
    aside = [text for kind, _, text in in_vault(history.vault) if kind == "quarantine"]

    def met(own: int) -> int:
        person = told_of(history.vault, people[own], {})
        return sum(bool(person.met_in(text)) for text in aside)

    own = max((each for each in people if len(people[each]) > 1), key=met)
    assert met(own) >= 2
    return own, people[own], told_of(history.vault, people[own], _values_of_others(history, people, own))


def _met(person: OnePerson, texts: Iterator[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    return {(*where, what) for *where, text in texts for what in person.met_in(text)}


def test_nothing_gives_an_erased_person_back(world: Path, tmp_path: Path) -> None:
    home = open_home(Path(shutil.copytree(world, tmp_path / "home")))
    backup = Path(shutil.copytree(world, tmp_path / "backup", ignore=shutil.ignore_patterns("data-keys.db*")))
    history = open_history(home, memory_limit="500MB")
    own, references, person = _somebody(history)
    before = {each[0] for each in _met(person, in_vault(history.vault))}
    assert {"consumer", "quarantine", "held"} <= before, "the search would not find the person in the first place"
    assert len(person.values) >= 2
    with history.read() as connection:
        months = connection.execute("SELECT count(*), sum(balance) FROM tradeline_month").fetchall()
        refs = connection.execute(f"SELECT consumer_ref FROM consumer WHERE consumer_id IN {references}").fetchall()
    files = credit_file(history, own, MOMENT)
    assert not files.identities["surname"].isna().all()

    erased = erase(history, own, "asked for it", MOMENT)

    assert erased == ErasedPerson(own, references, erased.quarantined, erased.deliveries)
    assert erased.quarantined >= 2
    assert erased.deliveries
    # what still opens, with all keys that there are
    assert not {each for each in _met(person, in_vault(history.vault)) if not _is_of_namesake(history, each)}
    assert not _met(person, in_history(history))
    # every byte of the home and of the backup
    assert not _met(person, of_files(home.root))
    assert not _met(person, of_files(backup))
    for row in in_history(history):
        assert not any(ref in row[1].split("|") for (ref,) in refs if row[0] != "association"), row[0]
    # the backup's vault with the keys that there are now
    (tmp_path / "keys.db").write_bytes((home.root / "keys" / "data-keys.db").read_bytes())
    with open_vault(backup / "vault" / "vault.db", tmp_path / "keys.db", home.keyring) as restored:
        assert not list(restored.open("consumer", references))
        assert not {each for each in _met(person, in_vault(restored)) if not _is_of_namesake(history, each)}
    assert not _met(person, of_files(backup))
    # and the history that the law asks to keep
    with history.read() as connection:
        assert connection.execute("SELECT count(*), sum(balance) FROM tradeline_month").fetchall() == months
        digests = open_references(home, "harbour-bank")
        assert publish_references(history, digests) >= 0
    kept = credit_file(history, own, MOMENT)
    assert kept.identities["surname"].isna().all()
    assert len(kept.months) == len(files.months)
    assert erase(history, own, "again", MOMENT).references == references


def _is_of_namesake(history: History, met: tuple[Any, ...]) -> bool:
    """Two names that somebody else has, too: not the person, whose number and address are looked for besides."""
    kind, number, what = met
    if kind != "consumer" or " " not in what:
        return kind == "model"
    return not history.vault.erasures("consumer", [number])


def test_the_look_up_of_the_service_forgets_the_references(world: Path, tmp_path: Path) -> None:
    home = open_home(Path(shutil.copytree(world, tmp_path / "home")))
    history = open_history(home, memory_limit="500MB")
    with history.read() as connection:
        (consumer, reference), *_ = connection.execute(
            "SELECT consumer_id, consumer_ref FROM consumer WHERE reference_space = 'harbour-bank' ORDER BY ALL"
        ).fetchall()
    digest = open_references(home, "harbour-bank").digest(reference)
    assert digest in home.references.read_bytes()
    erase(history, consumer, "asked", MOMENT)
    publish_references(history, open_references(home, "harbour-bank"))
    assert not any(digest in path.read_bytes() for path in home.root.glob("references.db*"))


def test_resolving_all_anew_leaves_the_erased_as_they_are(world: Path, tmp_path: Path) -> None:
    history = open_history(open_home(Path(shutil.copytree(world, tmp_path / "home"))), memory_limit="500MB")
    own, references, _ = _somebody(history)
    erase(history, own, "asked", MOMENT)
    resolve(history, MOMENT)
    with history.read() as connection:
        assert references_of(connection, references[-1]) == (own, references)
        listed = f"{references}"
        assert not connection.execute(f"FROM likeness WHERE left_id IN {listed} OR right_id IN {listed}").fetchall()


# -- single deliveries --------------------------------------------------------------------------


def test_a_hold_refuses_with_its_reason_until_it_is_lifted(history: History, told: Callable[..., Receipt]) -> None:
    told("court_records", {})
    consumer = only(history)
    assert hold(history, consumer, "Smith v. Jones, 24-17", MOMENT) == (consumer,)
    with pytest.raises(ErasureRefused, match=r"consumer \d+ is held since 2024-09-01.*Smith v\. Jones, 24-17"):
        erase(history, consumer, "asked", MOMENT)
    assert list(history.vault.open("consumer", [consumer]))
    with pytest.raises(BureauError, match="no hold for this reason is in force"):
        lift(history, consumer, "another one", MOMENT)
    assert lift(history, consumer, "Smith v. Jones, 24-17", MOMENT) == (consumer,)
    erase(history, consumer, "asked", MOMENT)
    with pytest.raises(Erased, match=r"consumer \d+ was erased on 2024-09-01 \(asked\)"):
        hold(history, consumer, "too late", MOMENT)


def test_a_hold_on_one_reference_holds_the_whole_person(history: History, told: Callable[..., Receipt]) -> None:
    told("court_records", {})
    hold(history, only(history), "a case", MOMENT)
    told("shop_orders", {"customer_ref": "C-7"})
    other = consumer_id_of(history, "f-shop_orders", "C-7")
    with pytest.raises(ErasureRefused, match=r"held since 2024-09-01.*\(a case\)"):
        erase(history, other, "asked", MOMENT)


def test_whom_nobody_knows_cannot_be_erased_and_a_reason_is_needed(history: History) -> None:
    with pytest.raises(UnknownConsumer, match="no consumer has the number 7"):
        erase(history, 7, "asked", MOMENT)
    for refused in (erase, hold):
        with pytest.raises(BureauError, match="needs a reason"):
            refused(history, 7, " ", MOMENT)


def test_a_held_delivery_is_named_and_goes_once_it_is_turned_away(
    history: History, told: Callable[..., Receipt]
) -> None:
    told("shop_orders", {"customer_ref": "C-7", "national_number": "541236789"})
    strange = [{"account_ref": f"H-{n}", "service": "steam", "national_number": "541236789"} for n in range(200)]
    held = told("recurring_payments", *strange, furnisher="new")
    other = told("recurring_payments", *(each | {"service": "sauna"} for each in strange), furnisher="newer")
    assert held.status == other.status == "held", (held, other)
    consumer = consumer_id_of(history, "f-shop_orders", "C-7")
    with pytest.raises(
        ErasureRefused,
        match=rf"deliveries {held.delivery_id[:10]} \(recurring.*\), {other.delivery_id[:10]} \(recurring.*\) are held "
        r".*release` or .*refuse` \(nothing was erased",
    ):
        erase(history, consumer, "asked", MOMENT)
    assert list(history.vault.open("consumer", [consumer]))
    turn_away(history, KINDS, held.delivery_id, DECISION)
    with pytest.raises(ErasureRefused, match=rf"delivery {other.delivery_id[:10]} \(recurring.*\) is held and tells"):
        erase(history, consumer, "asked", MOMENT)
    turn_away(history, KINDS, other.delivery_id, DECISION)
    assert erase(history, consumer, "asked", MOMENT).deliveries == (held.delivery_id, other.delivery_id)
    assert not history.vault.numbers("held")


@pytest.mark.parametrize("kind", ["metro2", "lender_customers", "court_records", "shop_orders", "applications"])
def test_turned_away_bytes_of_every_format_are_searched(
    kind: str, history: History, told: Callable[..., Receipt]
) -> None:
    number = "ssn" if kind == "metro2" else "national_number"
    key = {"metro2": "account_number", "lender_customers": "customer_ref", "court_records": "case_number"}
    wrong = {"metro2": {"account_status": "99"}, "lender_customers": {"email": "none"}}.get(kind, {"currency": "usd"})
    told("recurring_payments", {"account_ref": "U-1", "national_number": "541236789", "surname": "Somebody"})
    name = key.get(kind, "order_ref" if kind == "shop_orders" else "application_ref")
    strange = [{name: f"H-{n}", number: f"{541_236_700 + n}", "surname": "Else", **wrong} for n in range(200)]
    held = told(kind, *strange, furnisher="new")
    assert held.status == "held"
    turn_away(history, KINDS, held.delivery_id, DECISION)
    consumer = consumer_id_of(history, "f-recurring_payments", "U-1")
    assert erase(history, consumer, "asked", MOMENT).deliveries == (held.delivery_id,)


def test_a_turned_away_delivery_about_others_stays(history: History, told: Callable[..., Receipt]) -> None:
    told("shop_orders", {"customer_ref": "C-7"})
    other = {"surname": "Else", "first_name": "Bea", "national_number": "541236789", "phone": None, "email": None,
             "service": "steam"}  # fmt: skip
    held = told("recurring_payments", *({"account_ref": f"H-{n}", **other} for n in range(200)), furnisher="new")
    turn_away(history, KINDS, held.delivery_id, DECISION)
    assert erase(history, consumer_id_of(history, "f-shop_orders", "C-7"), "asked", MOMENT).deliveries == ()
    assert len(history.vault.numbers("held")) == 1


def test_turned_away_bytes_are_searched_for_references_too(history: History, told: Callable[..., Receipt]) -> None:
    told("lender_customers", {"customer_ref": "C-1001"}, furnisher="new")
    held = told("lender_months", *({"account_ref": f"A-{n}", "customer_ref": f"C-{n}", "status": "odd"}
                                   for n in range(900, 1100)), furnisher="new")  # fmt: skip
    assert held.status == "held"
    turn_away(history, KINDS, held.delivery_id, DECISION)
    told("shop_orders", {"customer_ref": "C-7", "surname": "Else", "first_name": "Bea", "national_number": "541236789",
         "birth_date": "1971-01-01", "phone": None, "email": None})  # fmt: skip
    assert erase(history, consumer_id_of(history, "f-shop_orders", "C-7"), "asked", MOMENT).deliveries == ()
    erased = erase(history, consumer_id_of(history, "new", "C-1001"), "asked", MOMENT)
    assert erased.deliveries == (held.delivery_id,)


def test_who_was_merged_with_an_erased_person_can_be_held(history: History, told: Callable[..., Receipt]) -> None:
    told("shop_orders", {"customer_ref": "C-7"}, {"customer_ref": "C-8", "surname": "Else", "first_name": "Bea",
         "national_number": "541236789", "birth_date": "1971-01-01", "phone": None, "email": None,
         "order_ref": "O-8"})  # fmt: skip
    gone, other = (consumer_id_of(history, "f-shop_orders", ref) for ref in ("C-7", "C-8"))
    erase(history, gone, "asked", MOMENT)
    with history.write() as connection:  # as a person may have decided before
        connection.execute("INSERT INTO resolution VALUES (?, ?, ?, NULL, 'decided')", [other, gone, MOMENT])
    assert hold(history, gone, "24-17", MOMENT) == (other,)
    with pytest.raises(ErasureRefused, match="24-17"):
        erase(history, gone, "asked", MOMENT)


def test_records_set_aside_are_found_by_their_references_too(history: History, told: Callable[..., Receipt]) -> None:
    told("court_records", {"case_number": "24-1"})
    nameless = {"surname": "", "first_name": "", "national_number": None, "birth_date": None}
    told(
        "court_records",
        {"case_number": "24-1", "status_on": "2024-06-02", **nameless},
        {"case_number": "24-2", **nameless},
    )
    assert len(history.vault.numbers("quarantine")) == 2
    assert erase(history, only(history), "asked", MOMENT).quarantined == 1
    ((delivery, line, token),) = rows_of(
        history, "SELECT delivery_no, line, reference_token FROM quarantine WHERE line = 2"
    )
    assert token is None
    assert history.vault.numbers("quarantine") == [quarantine_number(delivery, line + 1)]
    (gone,) = (each for each in list_quarantine(history, with_records=True) if each.line == line)
    assert gone.record is None
    with pytest.raises(ReviewError, match="of this record nothing is kept any more"):
        correct(history, KINDS, gone.delivery_id, line, {"surname": "A"}, DECISION)


def test_a_later_delivery_about_an_erased_reference_does_not_bring_the_person_back(
    history: History, told: Callable[..., Receipt]
) -> None:
    case = {"case_number": "24-77", "court": "Kings County"}
    told("court_records", case)
    consumer = only(history)
    erase(history, consumer, "asked", MOMENT)
    told("court_records", {**case, "status_on": "2024-08-01", "status": "satisfied"}, received="2024-09-02")
    told("court_records", {**case, "status_on": "2024-08-09", "status": "odd"}, received="2024-09-03")
    told("court_records", {**case, "filed_on": "2020-01-01", "status_on": "2024-08-10"}, received="2024-09-04")
    assert rows_of(history, "SELECT count(*), min(consumer_id) FROM consumer") == [(1, consumer)]
    assert [row[0] for row in rows_of(history, "SELECT rules FROM quarantine ORDER BY delivery_no")] == [
        ["allowed:status"],
        ["case-changed"],
    ]
    assert rows_of(history, "SELECT count(*), count(DISTINCT case_number) FROM public_record") == [(2, 1)]
    assert not list(in_vault(history.vault))
    for table, row in in_history(history):
        assert not any(told in row for told in ("24-77", "Okafor", "123456789")), table
    assert rows_of(history, "SELECT count(*) FROM identity WHERE surname_token IS NOT NULL") == [(0,)]


@pytest.mark.parametrize("kind", ["metro2", "applications", "recurring_payments"])
def test_references_of_every_kind_are_recognised_and_not_read(
    kind: str, history: History, told: Callable[..., Receipt]
) -> None:
    later = {"metro2": {"time_stamp": "2024-08-03"}, "applications": {}, "recurring_payments": {"period": "2024-07-31"}}
    name = {"metro2": "account_number", "applications": "application_ref"}.get(kind, "account_ref")
    told(kind, {name: "REF-9917"}, {name: "REF-9918", "ssn" if kind == "metro2" else "national_number": "541236789",
        "surname": "Else", "first_name": "Bea", "birth_date": "1971-01-01", "phone": None, "email": None})  # fmt: skip
    ((consumer,),) = rows_of(history, "SELECT consumer_id FROM consumer WHERE consumer_ref LIKE '%REF-9917%'")
    registered = (
        rows_of(history, "SELECT count(*) FROM consumer"),
        rows_of(history, "SELECT count(*) FROM tradeline_reference"),
    )
    erase(history, consumer, "asked", MOMENT)
    assert not any("REF-9917" in row for _, row in in_history(history))
    assert any("REF-9918" in row for _, row in in_history(history))
    told(kind, {name: "REF-9917", **later[kind], "city": "Utica"}, received="2024-09-02")
    assert registered == (
        rows_of(history, "SELECT count(*) FROM consumer"), rows_of(history, "SELECT count(*) FROM tradeline_reference")
    )  # fmt: skip
    assert not any("REF-9917" in row for _, row in in_history(history))
    assert history.vault.numbers("consumer") == [3 - consumer]


def test_an_account_that_somebody_else_answers_for_keeps_its_reference(
    history: History, told: Callable[..., Receipt]
) -> None:
    told("lender_customers", {"customer_ref": "C-1"}, {"customer_ref": "C-2", "surname": "Else", "first_name": "Bea",
        "national_number": "541236789", "birth_date": "1971-01-01", "phone": None, "email": None},
        furnisher="f-lender_months")  # fmt: skip
    told("lender_months", {"customer_ref": "C-1", "account_ref": "A-1"},
         {"customer_ref": "C-2", "account_ref": "A-1", "role": "joint"},
         {"customer_ref": "C-1", "account_ref": "A-2"})  # fmt: skip
    erase(history, consumer_id_of(history, "f-lender_months", "C-1"), "asked", MOMENT)
    left = {ref for (ref,) in rows_of(history, "SELECT tradeline_ref FROM tradeline_reference")}
    assert "A-1" in left
    assert "A-2" not in left
    erase(history, consumer_id_of(history, "f-lender_months", "C-2"), "asked", MOMENT)
    assert "A-1" not in {ref for (ref,) in rows_of(history, "SELECT tradeline_ref FROM tradeline_reference")}


def test_what_a_cut_short_ingest_left_in_the_vault_goes_too(history: History, told: Callable[..., Receipt]) -> None:
    told("court_records", {})
    history.vault.seal("quarantine", [(quarantine_number(2, 5), 0, "record", b"Okafor,Ada")], delivery_no=2)
    history.vault.seal("held", [(2, 0, "content", b"Okafor,Ada")], delivery_no=-2)
    erase(history, only(history), "asked", MOMENT)
    assert not list(in_vault(history.vault))


# -- what is damaged, and what people typed ------------------------------------------------------


# -- killed -------------------------------------------------------------------------------------

ERASE = """
import sys
from datetime import datetime
from pathlib import Path
from bureau.erasure import erase
from bureau.history import open_history
from bureau.home import open_home
history = open_history(open_home(Path(sys.argv[1])), memory_limit="500MB")
history.vault
print("begun", flush=True)
erase(history, int(sys.argv[2]), "asked", datetime.fromisoformat("2024-09-01"))
print("done", flush=True)
"""


def test_killed_an_erasure_is_finished_by_repeating_it(world: Path, tmp_path: Path) -> None:
    found = open_history(open_home(world), memory_limit="500MB")
    own, references, person = _somebody(found)
    found.vault.close()
    met = set()
    for number, after in enumerate((0.05, 0.13, 0.17, 0.21, 0.25, 0.32)):
        home = Path(shutil.copytree(world, tmp_path / f"home{number}"))
        with subprocess.Popen(
            [sys.executable, "-c", ERASE, str(home), str(own)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(after)
            process.kill()
            done = b"done" in process.stdout.read()
        history = open_history(open_home(home), memory_limit="500MB")
        met.add((bool(list(history.vault.open("consumer", references))), done))
        _erased_for_good(history, own, references, person)
        history.vault.close()
        shutil.rmtree(home)
    assert (True, False) in met, "nothing was interrupted"


def _erased_for_good(history: History, own: int, references: tuple[int, ...], person: OnePerson) -> None:
    erase(history, own, "asked", MOMENT)
    assert not list(history.vault.open("consumer", references))
    assert not {each for each in _met(person, in_vault(history.vault)) if not _is_of_namesake(history, each)}
    assert not _met(person, in_history(history))
    told = rows_of(history, f"SELECT count(surname_token), count(*) FROM identity WHERE consumer_id IN {references}")
    assert told[0][0] == 0 < told[0][1]
    refs = rows_of(history, f"SELECT consumer_ref FROM consumer WHERE consumer_id IN {references}")
    assert all(ref.startswith("erased:") for (ref,) in refs)
