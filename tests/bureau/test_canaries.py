"""Whoever is told of to the bureau lies in the vault, and nowhere else in clear: planted people, and a search for them.

They are planted in every kind of delivery and in everything that can become of a record: good, set
aside for its values, set aside for what it contradicts, no record at all, noticed, held, released,
turned away, corrected, refused with its file. The search opens the history with its key and reads
every value of every table; it reads every SQLite file, every byte of the home, and what commands say.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from canaries import Canary, in_bytes, in_sqlite, in_tables, in_text
from clean_records import CLEAN
from written_files import NUMBERED, written

from bureau.content import BytesContent
from bureau.delivery import Delivery, Furnisher, Receipt
from bureau.errors import BureauError
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.ingest import ingest, register_furnishers
from bureau.kinds.all import KINDS
from bureau.quality import list_findings
from bureau.quarantine import Decision, correct, reject, release, turn_away
from bureau.references import open_references, publish_references
from bureau.set_aside import examine, list_quarantine
from tradeline.cli import main

DECISION = Decision("Ada Steward", "the furnisher confirmed it", datetime.fromisoformat("2024-09-01"))
WRONG = {
    "metro2": {"account_status": "99"},
    "lender_customers": {"email": "Zqmailnone"},
    "court_records": {"status": "odd"},
    "recurring_payments": {"service": "steam"},
    "shop_orders": {"status": "odd"},
    "applications": {"decision": "perhaps"},
}
"""Kind to what makes a record of it wrong, whoever it tells of."""


@dataclass
class Planted:
    """A home into which canaries were delivered, and everything that was said meanwhile."""

    root: Path
    history: History
    canaries: list[Canary] = field(default_factory=list)
    delivered: list[bytes] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)

    def canary(self, role: str) -> Canary:
        self.canaries.append(Canary(len(self.canaries), role))
        return self.canaries[-1]

    def record(self, kind: str, canary: Canary, **changes: Any) -> dict[str, Any]:
        """A clean record of a kind that tells of a canary."""
        told = canary.metro2 if kind == "metro2" else canary.person
        clean = CLEAN[kind]
        key = {name: f"K-{canary.number}" for name in (NUMBERED[kind][0], "customer_ref") if name in clean}
        return {**clean, **{name: value for name, value in told.items() if name in clean}, **key, **changes}

    def deliver(self, kind: str, data: bytes, received: str, furnisher: str = "") -> None:
        """Deliver a file; a refusal is something said."""
        contract = KINDS[kind]
        name = f"{kind}-{len(self.delivered)}.{contract.format}"
        self.delivered.append(data)
        delivery = Delivery(
            contract, BytesContent(name, data), datetime.fromisoformat(received), furnisher_id=furnisher or f"f-{kind}"
        )
        try:
            self.receipts.append(ingest(self.history, delivery))
        except BureauError as error:
            self.said.append(f"{error} {error!r}")

    def command(self, *arguments: object) -> None:
        """Run the command line in this process; what it prints was said."""
        out = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(out):
            patch.setattr(sys, "argv", ["tradeline", *map(str, arguments), "--home", str(self.root)])
            try:
                main()
            except SystemExit as stop:
                out.write(f"exit {stop.code}")
        self.said.append(out.getvalue())


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    folder = tmp_path_factory.mktemp("canaries")
    home = open_home(folder / "home", create=True)
    made = Planted(home.root, open_history(home, memory_limit="500MB", wait_seconds=20))
    kinds = [kind for kind in NUMBERED if kind != "lender_months"]
    register_furnishers(made.history, tuple(Furnisher(f"f-{kind}", kind, "us", "USD") for kind in kinds))
    for kind in kinds:
        _deliver_good_and_bad(made, kind)
    _deliver_contradictions(made)
    _deliver_to_be_held(made)
    _deliver_to_be_refused(made, folder)
    _decide(made)
    _look(made)
    return made


def _deliver_good_and_bad(made: Planted, kind: str) -> None:
    good = [made.record(kind, made.canary(f"{kind}, good {number}")) for number in range(3)]
    wrong = [made.record(kind, made.canary(f"{kind}, set aside"), **WRONG[kind])]
    data = written(kind, [*good, *wrong, *good[:1]])
    broken = made.canary(f"{kind}, no record").person
    if KINDS[kind].format == "csv":
        data += f"{broken['surname']},{broken['address']},{broken['national_number']}\n".encode()
    elif KINDS[kind].format == "jsonl":
        data += f'{{"surname": "{broken["surname"]}", "email": "{broken["email"]}"\n'.encode()
    else:
        made.canaries.pop()
    made.deliver(kind, data, "2024-07-04")


def _deliver_contradictions(made: Planted) -> None:
    """The same person told otherwise by the same furnisher, and by another one under the same number."""
    for kind in ("lender_customers", "shop_orders", "recurring_payments", "applications"):
        first, other = made.canary(f"{kind}, told before"), made.canary(f"{kind}, contradicts")
        before = made.record(kind, first)
        now = {name: before[name] for name in before} | {
            name: other.person[name] for name in ("birth_date", "national_number", "phone", "address", "city")
        }
        made.deliver(kind, written(kind, [before]), "2024-07-05")
        made.deliver(kind, written(kind, [now | {NUMBERED[kind][0]: before[NUMBERED[kind][0]]}]), "2024-08-06")
    number = made.canary("court and lender, one number")
    made.deliver("court_records", written("court_records", [made.record("court_records", number)]), "2024-07-07")
    other = made.canary("lender, the number of another")
    taken = made.record("lender_customers", other, national_number=number.national_number)
    swapped = made.canary("lender, names swapped")
    names = {"surname": swapped.person["first_name"], "first_name": swapped.person["surname"]}
    told = [made.record("lender_customers", swapped), made.record("lender_customers", swapped, **names)]
    made.deliver("lender_customers", written("lender_customers", [taken, told[0]]), "2024-07-08")
    made.deliver("lender_customers", written("lender_customers", [told[1]]), "2024-08-08")


def _deliver_to_be_held(made: Planted) -> None:
    """First deliveries of which most is bad: one stays held, one is released, one is turned away."""
    for fate in ("held", "released", "turned away"):
        canaries = [made.canary(f"recurring_payments, {fate}") for _ in range(2)]
        records = [
            made.record("recurring_payments", canary, account_ref=f"H-{number}", service="steam" if number else "water")
            for number, canary in enumerate(canaries * 120)
        ]
        made.deliver("recurring_payments", written("recurring_payments", records), "2024-07-09", f"new-{fate}")


def _deliver_to_be_refused(made: Planted, folder: Path) -> None:
    """Files that cannot be read: their first line is somebody's data, they are cut off, a column stands twice."""
    header, line = written("court_records", [made.record("court_records", made.canary("refused, no header"))]).split(
        b"\n"
    )[:2]
    made.deliver("court_records", line + b"\n", "2024-07-10")
    made.deliver("court_records", line + b"," + line.split(b",")[0] + b"\n", "2024-07-10")
    made.deliver("court_records", header + b",remark,remark\n" + line + b",x,x\n", "2024-07-10")
    made.deliver("court_records", header + b",religion\n" + line + b",x\n", "2024-07-10")
    table = written("lender_customers", [made.record("lender_customers", made.canary("refused, cut off"))])
    made.deliver("lender_customers", table[:-40], "2024-07-10")
    made.deliver("lender_customers", line, "2024-07-10")
    made.deliver("shop_orders", line, "2024-07-10")
    bank = written("metro2", [made.record("metro2", made.canary("refused, Metro 2"))])
    made.deliver("metro2", bank[600:], "2024-07-10")
    for name, kind, data in (
        ("court.csv", "court_records", line + b"\n"),
        ("cut.parquet", "lender_customers", table[:-40]),
        ("twice.csv", "court_records", header + b",remark,remark\n" + line + b",x,x\n"),
    ):
        (folder / name).write_bytes(data)
        made.command(
            "furnishers",
            "add",
            f"cli-{name}",
            "--name",
            name,
            "--jurisdiction",
            "us",
            "--currency",
            "USD",
            "--contract",
            kind,
        )
        made.command("ingest", folder / name, "--furnisher", f"cli-{name}")


def _decide(made: Planted) -> None:
    """People decide: one record is corrected to be another canary, one is left out; deliveries come in or not."""
    waiting = {
        each.contract: each
        for each in list_quarantine(made.history, waiting=True)
        if any(rule.startswith("allowed:") for rule in each.rules)
    }
    corrected = made.canary("court, corrected")
    made.delivered.append(str(corrected.person).encode())
    values = {"status": "satisfied", **{name: corrected.person[name] for name in ("surname", "address", "city")}}
    record = waiting["court_records"]
    receipt = correct(made.history, KINDS, record.delivery_id, record.line, values, DECISION)
    assert receipt.accepted == 1
    reject(made.history, waiting["shop_orders"].delivery_id, waiting["shop_orders"].line, DECISION)
    held = {receipt.furnisher_id: receipt for receipt in made.receipts if receipt.status == "held"}
    assert set(held) == {"new-held", "new-released", "new-turned away"}
    release(made.history, KINDS, held["new-released"].delivery_id, DECISION)
    turn_away(made.history, KINDS, held["new-turned away"].delivery_id, DECISION)


def _look(made: Planted) -> None:
    """What is made from the history, and what commands say that are not asked for a person."""
    for kind in NUMBERED:
        publish_references(made.history, open_references(open_home(made.root), f"f-{kind}"))
    for arguments in (
        ("deliveries",),
        ("deliveries", "--json"),
        ("findings",),
        ("findings", "--json"),
        ("quarantine",),
        ("quarantine", "list", "--json"),
        ("quality",),
        ("quality", "--json"),
        ("quarantine", "show", "ffff", "1"),
        ("credit-file", "f-court_records", "no such reference"),
    ):
        made.command(*arguments)


def _good(made: Planted) -> Iterator[Canary]:
    return (canary for canary in made.canaries if ", good" in canary.role)


# -- the tests ----------------------------------------------------------------------------------


def test_everything_was_planted_and_every_way_was_gone(planted: Planted) -> None:
    delivered = "\n".join(
        str(pq.read_table(io.BytesIO(each)).to_pylist()) if each[-4:] == b"PAR1" else each.decode("latin-1")
        for each in planted.delivered
    )
    met = {role for role, _ in in_text(delivered, planted.canaries)} | {"refused, cut off"}
    assert met == {canary.role for canary in planted.canaries}
    statuses = {receipt.status for receipt in planted.receipts}
    assert statuses == {"taken in", "held"}
    taken = [receipt for receipt in planted.receipts if receipt.status == "taken in"]
    assert {receipt.contract for receipt in taken} == set(NUMBERED) - {"lender_months"}
    rules = {rule for receipt in planted.receipts for rule in receipt.rules}
    assert {"fields", "json"} <= rules
    assert {"birth-date-changed", "national-number-changed", "names-swapped"} <= rules
    assert "other-birth-date" in {found.rule for found in list_findings(planted.history)}
    assert len([each for each in planted.said if "nothing was loaded" in each]) >= 8
    assert sum("exit 1" in each for each in planted.said) >= 3


def test_no_table_of_the_history_holds_a_canary(planted: Planted) -> None:
    assert not in_tables(planted.history, planted.canaries)


def test_no_sqlite_file_of_the_home_holds_a_canary(planted: Planted) -> None:
    assert not in_sqlite(planted.root, planted.canaries)


def test_no_byte_of_the_home_shows_a_canary(planted: Planted) -> None:
    assert not in_bytes(planted.root, planted.canaries)


def test_no_command_and_no_error_says_a_canary(planted: Planted) -> None:
    assert len(planted.said) > 15
    assert not in_text("\n".join(planted.said), planted.canaries)


def test_the_vault_gives_them_back(planted: Planted) -> None:
    """What is not in clear anywhere is not simply lost."""
    with planted.history.read() as connection:
        consumers = [row[0] for row in connection.execute("SELECT DISTINCT consumer_id FROM identity").fetchall()]
    kept = b"\n".join(entry.content for entry in planted.history.vault.open("consumer", consumers)).decode()
    for canary in _good(planted):
        assert canary.field("surname").lower() in kept.lower()
        assert canary.national_number in kept


def test_a_reviewer_sees_the_record_and_what_it_contradicts(planted: Planted) -> None:
    seen = ""
    for each in list_quarantine(planted.history):
        if each.furnisher_id != "new-released":  # hundreds of the same kind
            seen += str(examine(planted.history, KINDS, each.delivery_id, each.line))
    found = {role for role, _ in in_text(seen, planted.canaries)}
    assert {canary.role for canary in planted.canaries if canary.role.endswith("set aside")} <= found


def test_the_search_finds_what_lies_in_clear(planted: Planted, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", create=True)
    history = open_history(home, memory_limit="500MB")
    canary = planted.canaries[0]
    assert not in_tables(history, [canary])
    with history.write() as connection:
        connection.execute("INSERT INTO review (reason) VALUES (?)", [f"it was {canary.person['surname']}"])
        connection.execute("INSERT INTO delivery (bytes) VALUES (?)", [int(canary.phone)])
    (home.root / "leak.log").write_bytes(canary.person["city"].upper().encode("utf-16-le"))
    where = {where for *_, where in in_tables(history, [canary])}
    assert where == {"review.reason", "delivery.bytes"}
    assert {(text, name) for _, text, name in in_bytes(home.root, [canary])} == {
        (canary.person["city"].lower(), "leak.log")
    }
