"""What a run leaves tells of nobody: feature tables, Feast's stores, the models, their records, reports and the log.

Canaries are delivered to a home before `run` goes through it, and the applicants of the portfolio have references that
are met nowhere else. Then every byte, every value of every SQLite file and of every Parquet file is searched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from canaries import Canary, in_bytes, in_sqlite, in_tables, in_text
from clean_records import CLEAN
from made_up import FIRST_REF, write_home_credit
from written_files import written

from bureau.content import BytesContent
from bureau.credit_file import consumer_id_of
from bureau.delivery import Delivery, Furnisher
from bureau.erasure import erase
from bureau.history import open_history
from bureau.home import open_home
from bureau.ingest import ingest, register_furnishers
from bureau.kinds.all import KINDS
from bureau.portfolios.home_credit import HomeCredit
from tradeline.console import Stages
from tradeline.logs import log_to
from tradeline.run import run_portfolio
from training.train import Options

APPLICANTS = 160
SHIFT = 7_340_900_000
"""Makes references of ten digits, which nothing else in a home has."""
RECEIVED = datetime.fromisoformat("2024-07-04")


class Applicant(Canary):
    """An applicant of the portfolio, of whom the lender's own reference is looked for."""

    @property
    def reference(self) -> str:
        """The lender's reference."""
        return str(SHIFT + FIRST_REF + self.number)

    def texts(self) -> Iterator[str]:
        """What to search for."""
        yield self.reference


@dataclass(frozen=True)
class Ran:
    """A home that canaries were delivered to and that a run went through."""

    root: Path
    people: list[Canary]
    applicants: list[Canary]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("tells-nobody")
    home = open_home(folder / "home", create=True)
    log_to(home.root / "tradeline.log")
    history = open_history(home, memory_limit="500MB", wait_seconds=20)
    register_furnishers(history, (Furnisher("utility", "utility", "us", "USD"),))
    people = [Canary(number, "set aside" if number % 4 == 0 else "good") for number in range(12)]
    kind = "recurring_payments"
    records = [
        CLEAN[kind]
        | {name: value for name, value in each.person.items() if name in CLEAN[kind]}
        | {"account_ref": f"U-{each.number}", "service": "steam" if each.role == "set aside" else "water"}
        for each in people
    ]
    content = BytesContent("payments.jsonl", written(kind, records))
    receipt = ingest(history, Delivery(KINDS[kind], content, RECEIVED, furnisher_id="utility"))
    assert (receipt.accepted, receipt.quarantined) == (9, 3)
    run_portfolio(
        home,
        HomeCredit(),
        write_home_credit(folder / "portfolio", APPLICANTS, shift=SHIFT),
        options=Options(trials=1, processes=1),
        stages=Stages(quiet=True),
    )
    return Ran(home.root, people, [Applicant(number, "applicant") for number in range(APPLICANTS)])


def test_the_run_left_everything_that_is_searched(ran: Ran) -> None:
    left = {path.relative_to(ran.root).parts[0] for path in ran.root.rglob("*") if path.is_file()}
    assert {"features", "feast", "mlflow", "bundles", "runs", "references.db", "tradeline.log"} <= left
    assert any(ran.root.glob("features/**/*.parquet"))
    assert {path.name for path in ran.root.glob("feast/*")} >= {"registry.db", "online.db"}
    assert any(ran.root.glob("mlflow/artifacts/**/*.pkl"))
    history = open_history(open_home(ran.root))
    assert in_text("|".join(map(str, _references(ran))), ran.applicants), "the references are not the applicants'"
    assert len(history.vault.numbers("consumer")) == 9


def test_no_byte_of_what_a_run_leaves_tells_of_anybody(ran: Ran) -> None:
    everybody = [*ran.people, *ran.applicants]
    assert not in_bytes(ran.root, everybody)
    assert not in_sqlite(ran.root, everybody)
    assert not in_tables(open_history(open_home(ran.root)), ran.people)


def test_an_erased_applicant_is_in_no_table_either(ran: Ran) -> None:
    history = open_history(open_home(ran.root), memory_limit="500MB", wait_seconds=20)
    gone = ran.applicants[7]
    assert isinstance(gone, Applicant)
    assert in_tables(history, [gone]) == {(gone.role, gone.reference, "consumer.consumer_ref")}
    erase(history, consumer_id_of(history, "home-credit", gone.reference), "asked", RECEIVED)
    assert not in_tables(history, [gone])
    assert not in_bytes(ran.root, [*ran.people, *ran.applicants])


def _references(ran: Ran) -> list[str]:
    with open_history(open_home(ran.root)).read() as connection:
        return [ref for (ref,) in connection.execute("SELECT consumer_ref FROM consumer").fetchall()]
