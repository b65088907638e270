"""Nobody who reads the disk learns who is in the history, during an ingest or after it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bureau.deliveries import list_deliveries
from bureau.engine import connect
from bureau.errors import BureauError
from bureau.history import open_history
from bureau.home import open_home
from bureau.keys import create_key_file
from bureau.metro2.encode import encode_header, encode_records, encode_trailer
from bureau.metro2.totals import Totals

CANARIES = {
    "surname": "Quetzalcoatlus",
    "first_name": "Xylophonia",
    "address": "Zwergenallee 4711",
    "city": "Wolkenkuckucksheim",
    "phone": "2175550199",
    "email": "canary@quetzal.example",
    "national_number": "287654321",
    "employer": "Zephyrwerke Ltd",
    "reference": "CANARY0REF0778899",
    "broken": "brokenlinecanary",
}
"""Planted in every format, eight characters and more."""

INGEST = """
import sys
from tradeline.cli import main
sys.argv = ["tradeline", "ingest", sys.argv[1], "--home", sys.argv[2], "--json"]
main()
"""


def _found(folder: Path) -> set[tuple[str, str]]:
    """Canaries in the bytes of a folder's files, in any case, as (canary, file)."""
    found = set()
    wanted = [(canary, text) for canary in CANARIES.values() for text in _writings(canary)]
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                # Read whole, not mapped: DuckDB shortens files while they are looked at.
                content = path.read_bytes().lower()
                found |= {(canary, path.name) for canary, text in wanted if text in content}
        except FileNotFoundError:  # gone since it was listed
            continue
    return found


def _writings(text: str) -> Iterator[bytes]:
    yield text.lower().encode()
    yield text.lower().encode("utf-16-le")


def _identity(n: int) -> dict[str, object]:
    fields = ("surname", "first_name", "address", "city", "phone", "email", "national_number")
    canary = {name: CANARIES[name] for name in fields} | {"birth_date": "1971-03-09", "country": "US"}
    if n:
        letters = "".join(chr(97 + int(digit)) for digit in str(n))
        canary |= {"surname": f"Person{letters}", "national_number": f"{100000000 + n * 1117 % 500000000 + 10101}"}
    return canary | {"postcode": "62701", "region": "IL"}


def _write_deliveries(folder: Path, rows: int) -> Path:
    folder.mkdir()
    ref = CANARIES["reference"]
    payments = [
        {"account_ref": ref if n == 0 else f"U{n}", "service": "water", "period": "2024-01-31", "currency": "USD",
         "billed": 10, "paid": 10, "due_on": "2024-01-20", "paid_on": "2024-01-18", "days_late": 0, "status": "paid"}
        | _identity(n)
        for n in range(rows)
    ]  # fmt: skip
    bad = [payments[0] | {"account_ref": f"{ref}b", "service": "steam"}]
    lines = "".join(json.dumps(each) + "\n" for each in (*payments, *bad))
    (folder / "water.jsonl").write_text(lines + f'{{"surname": "{CANARIES["broken"]}"\n')
    header = (
        "case_number,court,kind,filed_on,status,status_on,amount,currency,surname,first_name,middle_name,generation,"
        "birth_date,national_number,address,city,region,postcode,country\n"
    )
    case = "{ref},Court,tax_lien,2023-05-04,{status},2023-05-04,1200,USD,{surname},{first_name},,,1971-03-09,,"
    case += "{address},{city},IL,62701,US\n"
    good = "".join(case.format(ref=f"{ref}{n}", status="filed", **CANARIES) for n in range(9))
    (folder / "court.csv").write_text(
        header + good + case.format(ref=f"{ref}x", status="odd", **CANARIES) + f"{CANARIES['broken']},1\n"
    )
    customers = {"customer_ref": [ref], "told_on": [date(2024, 1, 31)], "middle_name": [None]} | {
        name: [CANARIES.get(name)] for name in ("surname", "first_name", "national_number", "phone", "email", "address")
    } | {"city": [CANARIES["city"]], "region": ["IL"], "postcode": ["62701"], "country": ["US"], "generation": [None],
         "employer": [CANARIES["employer"]], "birth_date": [date(1971, 3, 9)]}  # fmt: skip
    pq.write_table(
        pa.table(
            {name: pa.array(values, pa.string() if values == [None] else None) for name, values in customers.items()}
        ),
        folder / "customers.parquet",
    )
    totals = Totals()
    base = {
        "identification_number": "ID", "account_number": np.array([ref, f"{ref}B"]), "portfolio_type": "R",
        "account_type": "18", "date_opened": "2019-04-05", "credit_limit": 5000, "highest_credit": 900,
        "terms_duration": "REV", "account_status": np.array(["11", "99"]), "payment_history_profile": "B" * 24,
        "current_balance": 100, "account_information_date": "2024-01-31", "surname": CANARIES["surname"],
        "first_name": CANARIES["first_name"], "ssn": CANARIES["national_number"], "birth_date": "1971-03-09",
        "ecoa": "1", "address_1": CANARIES["address"], "city": CANARIES["city"], "state": "IL", "zip": "62701",
        "telephone": CANARIES["phone"], "country": "US",
    }  # fmt: skip
    (folder / "bank.m2").write_bytes(
        encode_header({"reporter_name": "BANK", "created_date": "2024-02-01", "activity_date": "2024-01-31"})
        + encode_records(base, totals=totals)
        + encode_trailer(totals)
    )
    kinds = {"water.jsonl": "recurring_payments", "court.csv": "court_records", "customers.parquet": "lender_customers",
             "bank.m2": "metro2"}  # fmt: skip
    manifest = {
        "format": 1,
        "furnishers": [
            {
                "furnisher_id": file.split(".")[0],
                "name": file,
                "jurisdiction": "us",
                "currency": "USD",
                "contract": kind,
            }
            for file, kind in kinds.items()
        ],
        "deliveries": [
            {"file": file, "furnisher_id": file.split(".")[0], "contract": kind, "received_at": "2024-02-05T06:00:00Z"}
            for file, kind in kinds.items()
        ],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_no_canary_is_found_in_the_home_during_and_after_an_ingest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADELINE_MEMORY_LIMIT", "300MB")
    deliveries = _write_deliveries(tmp_path / "deliveries", 15_000)
    assert {canary for canary, _ in _found(deliveries)} == set(CANARIES.values()), "a canary was not planted"
    home = tmp_path / "home"
    met: set[tuple[str, str]] = set()
    beside: set[str] = set()
    done = threading.Event()

    def search() -> None:
        while not done.wait(0.02):
            met.update(_found(home))

    def look_beside() -> None:
        while not done.wait(0.002):
            beside.update(path.name for path in (home / "tmp").glob("*"))

    watchers = [threading.Thread(target=watch) for watch in (search, look_beside)]
    for watcher in watchers:
        watcher.start()
    try:
        run = subprocess.run(
            [sys.executable, "-c", INGEST, str(deliveries), str(home)], capture_output=True, text=True, check=False
        )
    finally:
        done.set()
        for watcher in watchers:
            watcher.join()
    assert run.returncode == 0, run.stderr
    told = [(each["file"], each["accepted"] > 0, each["status"]) for each in json.loads(run.stdout)["deliveries"]]
    assert told == [(name, True, "taken in") for name in ("water.jsonl", "court.csv", "customers.parquet", "bank.m2")]
    assert not met, f"in clear during the ingest: {met}"
    assert not _found(home), "in clear after the ingest"
    assert beside, "nothing lay beside the history: the test did not try what it is for"
    assert not {canary for canary in CANARIES.values() if canary in run.stdout + run.stderr}


def test_what_the_engine_spills_is_encrypted(tmp_path: Path) -> None:
    """Beside a database that spills in clear, in which the same search finds the same name."""
    clear = {"memory_limit": "30MB", "temp_directory": str(tmp_path / "clear"), "temp_file_encryption": "false"}
    with connect(tmp_path / "spill", "30MB") as ours, duckdb.connect(config=clear) as plain:
        for each in (ours, plain):
            each.execute(
                f"CREATE TABLE told AS SELECT '{CANARIES['surname']}' || md5(n::VARCHAR) AS surname "
                "FROM range(600_000) AS numbers(n)"
            )
        assert {canary for canary, _ in _found(tmp_path / "clear")} == {CANARIES["surname"]}
        assert list((tmp_path / "spill").glob("duckdb_temp_storage*")), "nothing was spilled"
        assert not _found(tmp_path / "spill")


def test_the_same_search_finds_a_canary_that_lies_in_clear(tmp_path: Path) -> None:
    (tmp_path / "leak").write_bytes(b"\x00" * 100 + CANARIES["surname"].encode())
    assert _found(tmp_path) == {(CANARIES["surname"], "leak")}


def test_a_wrong_key_is_one_clear_error(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", create=True)
    assert list_deliveries(open_history(home)) == []
    (home.root / "keys" / "master.key").unlink()
    create_key_file(home.root / "keys" / "master.key")
    with pytest.raises(BureauError, match=r"the master key does not open the vault; give the key this home was"):
        list_deliveries(open_history(open_home(tmp_path / "home")))
