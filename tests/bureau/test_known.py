"""What was known at a moment, against a naive model in memory that keeps every record ever delivered."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bureau.content import FileContent
from bureau.contracts import Column, Contract, FactMapping
from bureau.delivery import Delivery
from bureau.errors import DeliveryRefused
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.ingest import ingest

MONTHS = (date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31))
START = datetime.fromisoformat("2024-02-01T06:00:00")
COLUMNS = ("account", "person", "month", "balance", "action")


def _contract(*, unique: bool, withdraws: bool) -> Contract:
    return Contract(
        name="months",
        furnisher_id="bank",
        record_kind="tradeline_month",
        columns=(
            Column("account", "text", filled=True),
            Column("person", "text", filled=True),
            Column("month", "date", filled=True),
            Column("balance", "number"),
            Column("action", "text"),
        ),
        facts=(
            FactMapping(
                "tradeline_month",
                {"tradeline_id": "account", "effective_on": "month", "balance": "balance", "currency": "'EUR'"},
            ),
            FactMapping(
                "association",
                {
                    "consumer_id": "person",
                    "tradeline_id": "account",
                    "role": "'individual'",
                    "withdrawn": "coalesce(action = 'delete', false)",
                },
                effective_on="month",
                distinct=True,
            ),
        ),
        unique=("tradeline_id", "effective_on") if unique else (),
        withdraws="action = 'delete'" if withdraws else None,
    )


@dataclass(frozen=True)
class Said:
    """One record as the naive model keeps it."""

    recorded_at: datetime
    delivery: int
    line: int
    account: str
    month: date
    balance: int | None
    action: str


@dataclass
class Naive:
    """Keeps all records that were accepted and looks at each of them for every question."""

    unique: bool
    said: list[Said] = field(default_factory=list)

    def take(self, records: list[Said]) -> int:
        """How many were set aside."""
        torn = set()
        if self.unique:
            told: dict[tuple[str, date], set[int | None]] = {}
            for each in records:
                told.setdefault((each.account, each.month), set()).add(each.balance)
            torn = {key for key, balances in told.items() if len(balances) > 1}
        kept = [each for each in records if (each.account, each.month) not in torn]
        self.said += kept
        return len(records) - len(kept)

    def months(self, moment: datetime) -> dict[tuple[str, date], int | None]:
        known: dict[tuple[str, date], int | None] = {}
        last: dict[str, Said] = {}
        for each in sorted(self.said, key=lambda said: (said.recorded_at, said.delivery, said.line)):
            if each.recorded_at <= moment and each.month <= moment.date():
                known[each.account, each.month] = each.balance
                last[each.account] = each
        return {key: balance for key, balance in known.items() if last[key[0]].action != "delete"}


def _write(path: Path, records: list[Said]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for each in records:
            balance = "" if each.balance is None else each.balance
            writer.writerow([each.account, f"person of {each.account}", each.month, balance, each.action])
    return path


def _known(history: History, moment: datetime) -> dict[tuple[str, date], int | None]:
    with history.as_of(moment) as known:
        rows = known.connection.execute(
            "SELECT tradeline_ref, effective_on, balance FROM known.tradeline_month "
            "JOIN tradeline_reference USING (tradeline_id)"
        ).fetchall()
    found = {(account, month): balance for account, month, balance in rows}
    assert len(found) == len(rows), "a month was known twice"
    return found


_RECORD = st.tuples(st.sampled_from("abc"), st.sampled_from(MONTHS), st.none() | st.integers(0, 2))
_DELIVERY = st.tuples(st.integers(0, 80), st.lists(_RECORD, min_size=1, max_size=6))


@given(
    deliveries=st.lists(_DELIVERY, min_size=1, max_size=6),
    unique=st.booleans(),
    looks=st.lists(st.integers(0, 100), min_size=3, max_size=3),
)
@settings(max_examples=14, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_late_corrected_and_repeated_records_in_any_order(
    deliveries: list[tuple[int, list[tuple[str, date, int | None]]]], unique: bool, looks: list[int]
) -> None:
    contract = _contract(unique=unique, withdraws=False)
    naive = Naive(unique)
    with tempfile.TemporaryDirectory() as folder:
        history = open_history(open_home(Path(folder) / "home", create=True), memory_limit="500MB")
        seen = set()
        for number, (day, rows) in enumerate(deliveries, 1):
            received = START + timedelta(days=day)
            records = [Said(received, number, line, *row, "report") for line, row in enumerate(rows, 2)]
            path = _write(Path(folder) / f"{number}.csv", records)
            receipt = ingest(history, Delivery(contract, FileContent(path), received))
            assert receipt.read == receipt.accepted + receipt.quarantined + receipt.duplicate
            if path.read_bytes() in seen:
                assert receipt.known_before
                continue
            seen.add(path.read_bytes())
            if receipt.status == "held":  # a first delivery with most of its records set aside
                continue
            assert receipt.quarantined == naive.take(records)
        for day in (*looks, 101):
            moment = START + timedelta(days=day)
            assert _known(history, moment) == naive.months(moment)


@given(deliveries=st.lists(st.lists(st.tuples(_RECORD, st.booleans()), min_size=1, max_size=4), min_size=1, max_size=5))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_withdrawn_is_gone_from_then_on_and_comes_back_when_told_again(
    deliveries: list[list[tuple[tuple[str, date, int | None], bool]]],
) -> None:
    contract = _contract(unique=False, withdraws=True)
    naive = Naive(unique=False)
    with tempfile.TemporaryDirectory() as folder:
        history = open_history(open_home(Path(folder) / "home", create=True), memory_limit="500MB")
        moments = []
        for number, rows in enumerate(deliveries, 1):
            received = START + timedelta(days=90 + number)
            deleted = {row[0] for row, delete in rows if delete}  # one action a delivery and account
            records = [
                Said(received, number, line, *row, "delete" if row[0] in deleted else "report")
                for line, (row, _) in enumerate(rows, 2)
            ]
            path = _write(Path(folder) / f"{number}.csv", records)
            if not ingest(history, Delivery(contract, FileContent(path), received)).known_before:
                naive.take(records)
            moments.append(received)
        for moment in moments:
            assert _known(history, moment) == naive.months(moment)


def test_a_refused_delivery_leaves_what_was_known(tmp_path: Path) -> None:
    history = open_history(open_home(tmp_path / "home", create=True))
    contract = _contract(unique=False, withdraws=False)
    path = _write(tmp_path / "a.csv", [Said(START, 1, 2, "a", MONTHS[0], 1, "report")])
    ingest(history, Delivery(contract, FileContent(path), START))
    before = _known(history, START)
    (tmp_path / "b.csv").write_text("account,person\na,b\n")
    with pytest.raises(DeliveryRefused, match="column month: the column is missing"):
        ingest(history, Delivery(contract, FileContent(tmp_path / "b.csv"), START))
    assert _known(history, START) == before == {("a", MONTHS[0]): 1}
