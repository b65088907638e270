"""Every kind as a file through the whole intake: accepted, said again, told twice, corrected."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
from written_files import NUMBERED, numbered, written

from bureau.content import BytesContent
from bureau.delivery import Delivery, Receipt
from bureau.feeds import Feed, register
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.ingest import ingest
from bureau.kinds.all import KINDS
from bureau.set_aside import list_quarantine

MANY: Final = 60
TOLD_OTHERWISE: Final = {
    "metro2": {"current_balance": "000008999"},
    "lender_customers": {"city": "Troy"},
    "lender_months": {"balance": "5999.50"},
    "court_records": {"amount": "4101.00"},
    "recurring_payments": {"billed": "88.39", "paid": "88.39"},
    "shop_orders": {"amount": "239.00", "paid": "239.00"},
    "applications": {"amount_asked": "17999"},
}


@pytest.fixture
def history(tmp_path: Path) -> History:
    history = open_history(open_home(tmp_path / "home", create=True), memory_limit="500MB")
    with history.write() as connection:
        for kind in KINDS:
            register(connection, Feed("harbour", "Harbour Bank", "us", "USD", kind, "monthly"), KINDS)
    return history


def deliver(history: History, kind: str, records: list[dict[str, Any]], day: int = 4) -> Receipt:
    received_at = datetime.fromisoformat(f"2024-07-{day:02}T06:00:00")
    content = BytesContent(f"{kind}-{day}", written(kind, records))
    return ingest(history, Delivery(KINDS[kind], content, received_at, furnisher_id="harbour"))


def counts(receipt: Receipt) -> tuple[int, int, int, int]:
    assert receipt.status == "taken in"
    return receipt.read, receipt.accepted, receipt.quarantined, receipt.duplicate


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_goes_in(history: History, kind: str) -> None:
    if kind == "lender_months":
        deliver(history, "lender_customers", numbered("lender_customers", 3 * MANY), day=2)
    *records, torn = numbered(kind, MANY + 1)
    receipt = deliver(history, kind, [*records, records[3], torn, {**torn, **TOLD_OTHERWISE[kind]}])
    assert counts(receipt) == (MANY + 3, MANY, 2, 1)
    assert receipt.rules == {"unique": 2}
    assert receipt.findings == 0
    # What was told twice can be told once, what was told before brings nothing new, and a month can be corrected.
    corrected = {**records[0], **TOLD_OTHERWISE[kind]}
    receipt = deliver(history, kind, [*numbered(kind, MANY, 2 * MANY), torn, records[3], corrected], day=5)
    changed = 1 if kind == "court_records" else 0
    assert counts(receipt) == (MANY + 3, MANY + 2 - changed, changed, 1)
    assert receipt.rules == ({"case-changed": 1} if changed else {})


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_that_breaks_a_rule_waits_in_quarantine(history: History, kind: str) -> None:
    if kind == "lender_months":
        deliver(history, "lender_customers", numbered("lender_customers", MANY), day=2)
    records = numbered(kind, MANY)
    key = NUMBERED[kind][0]
    records[7] = {**records[7], key: None}
    receipt = deliver(history, kind, records)
    assert counts(receipt) == (MANY, MANY - 1, 1, 0)
    (waiting,) = list_quarantine(history, with_records=True)
    assert waiting.rules == (f"filled:{key}",)
    header = {"csv": 1, "metro2": 1}.get(KINDS[kind].format, 0)
    assert waiting.line == 8 + header
    assert waiting.record


def test_checks_against_what_is_on_file_are_made(history: History) -> None:
    records = numbered("recurring_payments", MANY)
    deliver(history, "recurring_payments", records)
    later = [{**record, "period": "2024-07-31"} for record in records]
    later[5] |= {"birth_date": "1980-02-28"}
    later[6] |= {"surname": "Ada", "first_name": "Okafor"}
    receipt = deliver(history, "recurring_payments", later, day=31)
    assert receipt.rules == {"birth-date-changed": 1, "names-swapped": 1}
    assert counts(receipt) == (MANY, MANY - 2, 2, 0)
