"""What the tests of the bureau share: a home of their own, and a small contract with a delivery maker."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path

import pytest
from erasing import teller

from bureau.content import FileContent
from bureau.contracts import Column, Contract, FactMapping, Rule
from bureau.delivery import Delivery, Receipt
from bureau.history import History, open_history
from bureau.home import Home, open_home

STATEMENT = Contract(
    name="toy_statement",
    furnisher_id="toy",
    record_kind="tradeline_month",
    consumer_space="toy",
    tradeline_space="toy",
    columns=(
        Column("PERSON", "text", filled=True),
        Column("MONTH", "integer", filled=True, minimum=1, maximum=12),
        Column("STATUS", "text", filled=True, allowed=("A", "B")),
        Column("BALANCE", "number", minimum=0, empty=("n/a",)),
        Column("DAY", "integer", minimum=0, maximum=1000, optional=True),
    ),
    rules=(Rule("b-owes-nothing", "a B owes nothing", "STATUS = 'B' AND BALANCE > 0"),),
    not_taken={"REMARK": "free text"},
    recorded_at="coalesce(TIMESTAMP '2024-01-01' + to_days(DAY::INTEGER), getvariable('recorded_at'))",
    observes="PERSON",
    facts=(
        FactMapping(
            "tradeline_month",
            {
                "tradeline_id": "PERSON",
                "effective_on": "make_date(2024, MONTH, 1)",
                "payment_status": "STATUS",
                "balance": "BALANCE",
            },
        ),
        FactMapping(
            "association",
            {"consumer_id": "PERSON", "tradeline_id": "PERSON", "role": "'individual'"},
            effective_on="DATE '2024-01-01'",
            distinct=True,
        ),
    ),
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home", create=True)


@pytest.fixture
def history(home: Home) -> History:
    return open_history(home, memory_limit="500MB", wait_seconds=20)


@pytest.fixture(scope="session")
def contract() -> Contract:
    """PERSON, MONTH, STATUS, BALANCE and perhaps the DAY on which the record became known."""
    return STATEMENT


@pytest.fixture
def deliver(tmp_path: Path) -> Callable[..., Delivery]:
    """Write a file and make it a delivery of the small contract."""

    def make(content: str | bytes, name: str = "statement.csv", received: str = "2024-02-01") -> Delivery:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Delivery(STATEMENT, FileContent(path), datetime.fromisoformat(received), date(2024, 2, 1))

    return make


@pytest.fixture(scope="session")
def write_table() -> Callable[[Path, Contract, Iterable[Mapping[str, object]]], Path]:
    """Write records under the header that a contract asks for; what they do not name stays empty."""

    def write(path: Path, contract: Contract, records: Iterable[Mapping[str, object]]) -> Path:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, [c.name for c in contract.columns], restval="")
            writer.writeheader()
            writer.writerows(records)
        return path

    return write


@pytest.fixture
def told(history: History) -> Callable[..., Receipt]:
    """Deliver records of a kind, each with changes to a clean one."""
    return teller(history)
