"""The commands of the credit database, run as people run them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bureau.history import open_history
from bureau.home import open_home
from bureau.sealing import quarantine_number
from bureau.simulator import Options, simulate


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated world, with faults."""
    out = tmp_path_factory.mktemp("simulated") / "world"
    simulate(Options(150, 2, 4, fault_rate=0.05), out)
    return out


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory, world: Path) -> Path:
    """A home into which its deliveries were taken; tests may read it, not write to it."""
    home = tmp_path_factory.mktemp("ingested") / "home"
    subprocess.run(
        [sys.executable, "-m", "tradeline", "ingest", str(world / "deliveries"), "--home", str(home)],
        check=True, capture_output=True,
    )  # fmt: skip
    return home


@pytest.fixture
def own(tmp_path: Path, ingested: Path) -> Path:
    """A copy of it that a test may write to."""
    return Path(shutil.copytree(ingested, tmp_path / "home"))


def test_every_delivery_is_listed_and_its_counts_add_up(command: Any, world: Path, ingested: Path) -> None:
    listed = command("deliveries", "--home", ingested, "--json").json
    sent = json.loads((world / "deliveries" / "manifest.json").read_text())["deliveries"]
    distinct = {(world / "deliveries" / entry["file"]).read_bytes() for entry in sent}
    assert len(listed) == len(distinct)
    for each in listed:
        assert {"furnisher", "file", "read", "accepted", "quarantined", "duplicate"} <= each.keys()
        assert each["read"] == each["accepted"] + each["quarantined"] + each["duplicate"] > 0
    assert {each["furnisher"] for each in listed} == {entry["furnisher_id"] for entry in sent}
    times = {entry["received_at"].rstrip("Z") for entry in sent}
    assert {each["received_at"] for each in listed} <= times


def test_the_same_folder_again_changes_nothing(command: Any, world: Path, own: Path) -> None:
    before = command("deliveries", "--home", own, "--json").json
    again = command("ingest", world / "deliveries", "--home", own, "--json").json
    assert all(each["known_before"] for each in again["deliveries"])
    assert command("deliveries", "--home", own, "--json").json == before


def test_a_record_is_shown_and_rejected(command: Any, own: Path) -> None:
    listed = command("quarantine", "list", "--home", own, "--json").json
    assert listed
    assert all("record" not in each for each in listed)
    first = listed[0]
    shown = command("quarantine", "show", first["delivery_id"], first["line"], "--home", own, "--json").json
    assert [rule["id"] for rule in shown["rules"]] == first["rules"]
    assert all(rule["sentence"] for rule in shown["rules"])
    decided = command(
        "quarantine", "reject", first["delivery_id"], first["line"],
        "--reviewer", "A. Steward", "--reason", "sent in error", "--home", own,
    )  # fmt: skip
    assert decided.code == 0
    again = command(
        "quarantine", "reject", first["delivery_id"], first["line"],
        "--reviewer", "A. Steward", "--reason", "sent in error", "--home", own,
    )  # fmt: skip
    assert again.code == 1
    assert "the record was rejected before" in again.err
    states = {(each["delivery_id"], each["line"]): each["state"] for each in listed}
    now = {
        (each["delivery_id"], each["line"]): each["state"]
        for each in command("quarantine", "list", "--home", own, "--json").json
    }
    assert now == states | {(first["delivery_id"], first["line"]): "rejected"}


def test_a_record_that_told_of_an_erased_person_says_so(command: Any, own: Path) -> None:
    first, *_ = command("quarantine", "list", "--home", own, "--json").json
    history = open_history(open_home(own), memory_limit="500MB")
    with history.read() as connection:
        ((delivery_no,),) = connection.execute(
            "SELECT delivery_no FROM delivery WHERE delivery_id = ?", [first["delivery_id"]]
        ).fetchall()
    number = quarantine_number(delivery_no, first["line"])
    history.vault.erase("quarantine", [number], "asked", datetime.fromisoformat("2024-09-01"))
    history.vault.close()
    place = ("quarantine", "show", first["delivery_id"], first["line"], "--home", own)
    told = command(*place, "--json").json
    assert (told["state"], told["erased"], told["record"]) == ("erased", True, None)
    shown = command(*place).out
    assert ": erased" in shown
    assert "told of a person who was erased" in shown
    assert "None" not in shown
    assert "waiting" not in shown


def test_tables_for_people(command: Any, ingested: Path) -> None:
    for name in ("deliveries", "quarantine", "findings", "quality", "furnishers", "monitor"):
        shown = command(name, "--home", ingested)
        assert shown.code == 0, shown.err
        assert len(shown.out.splitlines()) > 3, name


def test_contracts_name_every_rule_with_its_severity(command: Any) -> None:
    told = command("contracts", "--json").json
    assert len(told) == 7
    for contract in told.values():
        assert contract["rules"]
        assert all(rule["severity"] in ("set aside", "finding") and rule["sentence"] for rule in contract["rules"])
    assert command("contracts", "nothing").code == 2


def test_a_credit_file_as_of_two_moments(command: Any, world: Path, ingested: Path) -> None:
    rows = command("deliveries", "--home", ingested, "--json").json
    taken = [each for each in rows if each["contract"] == "lender_customers" and each["accepted"]]
    import pyarrow.parquet as pq

    table = pq.read_table(next((world / "deliveries").rglob(taken[0]["file"])))
    reference = table["customer_ref"][0].as_py()
    (now,) = command("credit-file", taken[0]["furnisher"], reference, "--home", ingested, "--json").json
    (before,) = command(
        "credit-file", taken[0]["furnisher"], reference, "--as-of", "2000-01-01", "--home", ingested, "--json"
    ).json
    assert now["consumer_id"] <= before["consumer_id"]  # who was joined since goes by the smallest identifier
    assert now["identities"]
    assert not before["identities"]


def test_an_account_leads_to_everybody_on_it(command: Any, world: Path, ingested: Path) -> None:
    import duckdb

    who = world / "answers" / "who.parquet"
    (furnisher, account, people) = duckdb.sql(
        f"SELECT furnisher_id, reference, count(DISTINCT person_id) FROM '{who}' WHERE contract = 'metro2' "
        "GROUP BY ALL HAVING count(DISTINCT person_id) > 1 ORDER BY ALL LIMIT 1"
    ).fetchone()
    files = command("credit-file", furnisher, account, "--home", ingested, "--json").json
    assert len(files) >= people
    assert all(each["months"] for each in files)
    assert command("credit-file", furnisher, "nobody", "--home", ingested).code == 1


def test_a_single_file_needs_a_registered_furnisher(command: Any, tmp_path: Path) -> None:
    file = tmp_path / "court.csv"
    file.write_text("x\n1\n")
    home = tmp_path / "home"
    assert "say who sent the files" in command("ingest", file, "--home", home).err
    assert "is not registered" in command("ingest", file, "--furnisher", "court", "--home", home).err
    add = ("furnishers", "add", "court", "--name", "Court", "--contract", "court_records", "--jurisdiction", "us",
           "--currency", "USD", "--home", home)  # fmt: skip
    assert command(*add).code == 0
    refused = command("ingest", file, "--furnisher", "court", "--home", home)
    assert refused.code == 1
    assert "court.csv, column case_number: the column is missing" in refused.err
    assert command("deliveries", "--home", home, "--json").json == []


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (None, r"there is no manifest.json in it"),
        ("{", r"it is not readable JSON"),
        ('{"format": 9}', r"format: must be 1"),
        ('{"format": 1, "furnishers": {}}', r"furnishers: must be a list of objects"),
        ('{"format": 1, "furnishers": [], "deliveries": [{"furnisher_id": "x", "contract": "metro2", "file": "a"}]}',
         r"deliveries\[0\].furnisher_id: 'x' is no furnisher of metro2 above"),
        ('{"format": 1, "furnishers": [{"furnisher_id": "x"}], "deliveries": []}',
         r"furnishers\[0\].name: must be a text"),
    ],
)  # fmt: skip
def test_a_folder_that_cannot_be_understood(command: Any, tmp_path: Path, manifest: str | None, message: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    if manifest is not None:
        (folder / "manifest.json").write_text(manifest)
    done = command("ingest", folder, "--home", tmp_path / "home")
    assert done.code == 1
    assert done.err.count("\n") == 1
    import re

    assert re.search(message, done.err)


@pytest.mark.parametrize(
    ("field", "value"),
    [("received_at", "0001-01-02"), ("received_at", "9999-12-31T00:00:00"), ("covers", "9999-12-31"),
     ("received_at", "0001-01-01T00:00+14:00"), ("file", "a\u0000b"), ("file", "\ud800")],
)  # fmt: skip
def test_an_entry_that_cannot_be(command: Any, tmp_path: Path, field: str, value: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "court.csv").write_text("x\n")
    furnisher = {"furnisher_id": "x", "name": "X", "jurisdiction": "us", "currency": "USD", "contract": "court_records"}
    delivery = {"file": "court.csv", "furnisher_id": "x", "contract": "court_records"} | {field: value}
    manifest = {"format": 1, "furnishers": [furnisher], "deliveries": [delivery]}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8-sig")
    done = command("ingest", folder, "--home", tmp_path / "home")
    assert done.code == 1
    assert f"deliveries[0].{field}: must be" in done.err


@pytest.mark.parametrize("group", [("quarantine", "list"), ("furnishers", "add")])
def test_options_before_the_command_of_a_group_are_refused(
    command: Any, tmp_path: Path, group: tuple[str, str]
) -> None:
    done = command(group[0], "--home", tmp_path, group[1])
    assert done.code == 2
    assert f"write the options after `{group[1]}`" in " ".join(done.err.split())


def test_a_file_outside_the_folder_is_refused(command: Any, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "secret").write_text("x")
    furnisher = {"furnisher_id": "x", "name": "X", "jurisdiction": "us", "currency": "USD", "contract": "court_records"}
    delivery = {"file": "../secret", "furnisher_id": "x", "contract": "court_records"}
    manifest = {"format": 1, "furnishers": [furnisher], "deliveries": [delivery]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    done = command("ingest", folder, "--home", tmp_path / "home")
    assert "must lie in the folder of the manifest" in done.err


def test_watching_takes_what_is_new_once_it_no_longer_grows(command: Any, tmp_path: Path, world: Path) -> None:
    home, place = tmp_path / "home", tmp_path / "place"
    place.mkdir()
    entry = next(
        each
        for each in json.loads((world / "deliveries" / "manifest.json").read_text())["deliveries"]
        if each["contract"] == "recurring_payments"
    )
    add = ("furnishers", "add", entry["furnisher_id"], "--name", "W", "--contract", "recurring_payments",
           "--jurisdiction", "us", "--currency", "USD", "--place", place, "--home", home)  # fmt: skip
    assert command(*add).code == 0
    shutil.copy(world / "deliveries" / entry["file"], place / "a.jsonl")
    (place / "b.jsonl.part").write_text("{")
    (place / ".hidden").write_text("{")
    look = ("ingest", "--watch", "--interval", "0.1", "--home", home, "--json")
    assert json.loads(command(*look, "--looks", 1).out or "null") is None
    assert _until(lambda: command(*look, "--looks", 3).json["deliveries"])
    listed = command("deliveries", "--home", home, "--json").json
    assert [each["file"] for each in listed] == ["a.jsonl"]


def _until(step: Callable[[], object], seconds: float = 20) -> object:
    deadline = time.monotonic() + seconds
    while not (found := step()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def test_watching_without_a_place_says_so(command: Any, tmp_path: Path) -> None:
    assert "no furnisher has a place" in command("ingest", "--watch", "--looks", 1, "--home", tmp_path / "home").err
    assert "not both" in command("ingest", "--home", tmp_path / "home").err
