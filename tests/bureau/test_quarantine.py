"""What waits for a person, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bureau.content import BytesContent, FileContent
from bureau.deliveries import list_deliveries
from bureau.delivery import Delivery
from bureau.errors import ReviewError
from bureau.history import History
from bureau.ingest import ingest
from bureau.kinds.all import KINDS
from bureau.quarantine import Decision, accept, correct, reject, release, turn_away
from bureau.set_aside import examine, find_set_aside, list_quarantine

RECEIVED = datetime.fromisoformat("2024-02-05T06:00:00")
DECIDED = datetime.fromisoformat("2024-02-09T10:00:00")
DECISION = Decision("Ada Steward", "the furnisher confirmed it by telephone", DECIDED)


def recurring(**changes: object) -> dict[str, object]:
    """A clean record of a utility."""
    return {
        "account_ref": "U1",
        "service": "water",
        "period": "2024-01-31",
        "currency": "EUR",
        "billed": 40.5,
        "paid": 40.5,
        "due_on": "2024-01-20",
        "paid_on": "2024-01-18",
        "days_late": 0,
        "status": "paid",
        "surname": "Wagner",
        "first_name": "Anna",
        "birth_date": "1980-05-17",
        "address": "Lange Gasse 1",
        "city": "Linz",
        "postcode": "4020",
        "country": "AT",
    } | changes


def of_utility(*records: dict[str, object], received: datetime = RECEIVED, name: str = "water.jsonl") -> Delivery:
    text = "".join(json.dumps(record) + "\n" for record in records)
    return Delivery(
        KINDS["recurring_payments"], BytesContent(name, text.encode()), received, furnisher_id="water-works"
    )


def known(history: History, moment: datetime) -> list[tuple[object, ...]]:
    with history.as_of(moment) as as_of:
        return as_of.connection.execute(
            "SELECT effective_on::VARCHAR, billed FROM known.recurring_payment ORDER BY ALL"
        ).fetchall()


def counts(history: History) -> list[tuple[int, int, int, int]]:
    told = [row.receipt for row in list_deliveries(history)]
    assert all(each.read == each.accepted + each.quarantined + each.duplicate for each in told)
    return [(each.read, each.accepted, each.quarantined, each.duplicate) for each in told]


GOOD = [recurring(account_ref=f"U{n}", surname=f"Wagner{chr(65 + n)}") for n in range(2, 12)]


@pytest.fixture
def waiting(history: History) -> str:
    """A delivery of which line 1 names a service that there is not; its id."""
    receipt = ingest(history, of_utility(recurring(service="steam"), *GOOD))
    assert (receipt.read, receipt.accepted, receipt.quarantined) == (11, 10, 1)
    return receipt.delivery_id


def test_a_correction_goes_through_the_same_door_and_is_known_from_then_on(history: History, waiting: str) -> None:
    receipt = correct(history, KINDS, waiting[:8], 1, {"service": "water"}, DECISION)
    assert (receipt.read, receipt.accepted, receipt.quarantined) == (1, 1, 0)
    assert counts(history) == [(11, 10, 1, 0), (1, 1, 0, 0)]
    assert len(known(history, RECEIVED)) == len(known(history, datetime.fromisoformat("2024-02-09T09:59:59"))) == 10
    assert len(known(history, DECIDED)) == 11
    assert [row.corrects for row in list_deliveries(history)] == [None, 1]
    assert [row.state for row in list_quarantine(history)] == ["corrected"]
    assert list_quarantine(history, waiting=True) == []
    (decision,) = examine(history, KINDS, waiting, 1)["decisions"]
    assert (decision["decision"], decision["reviewer"], decision["by_delivery"]) == ("corrected", "Ada Steward", 2)


def test_a_correction_that_is_wrong_again_waits_again_and_can_be_corrected(history: History, waiting: str) -> None:
    receipt = correct(history, KINDS, waiting, 1, {"service": "fire"}, DECISION)
    assert (receipt.accepted, receipt.quarantined) == (0, 1)
    again = correct(history, KINDS, receipt.delivery_id, 1, {"service": "gas"}, DECISION)
    assert again.accepted == 1
    assert counts(history) == [(11, 10, 1, 0), (1, 0, 1, 0), (1, 1, 0, 0)]


def test_a_rejected_record_stays_out_and_stays_listed(history: History, waiting: str) -> None:
    assert reject(history, waiting, 1, DECISION).state == "rejected"
    assert counts(history) == [(11, 10, 1, 0)]
    assert [row.state for row in list_quarantine(history)] == ["rejected"]


def test_a_decision_is_not_taken_back(history: History, waiting: str) -> None:
    reject(history, waiting, 1, DECISION)
    for again in (
        lambda: reject(history, waiting, 1, DECISION),
        lambda: correct(history, KINDS, waiting, 1, {"service": "gas"}, DECISION),
    ):
        with pytest.raises(ReviewError, match=r"line 1: the record was rejected before; a decision is not taken back"):
            again()


def test_a_rule_of_form_cannot_be_waived(history: History, waiting: str) -> None:
    with pytest.raises(ReviewError, match=r"the rule 'allowed:service' is one of form and cannot be waived; correct"):
        accept(history, KINDS, waiting, 1, DECISION)
    assert [row.state for row in list_quarantine(history)] == ["waiting"]


def test_a_contradiction_can_be_accepted(history: History) -> None:
    ingest(history, of_utility(recurring(national_number="123456789"), *GOOD))
    moved = recurring(national_number="123456780", period="2024-02-29", due_on="2024-02-20", paid_on="2024-02-18")
    received = datetime.fromisoformat("2024-03-05")
    receipt = ingest(history, of_utility(moved, received=received))
    if receipt.quarantined == 0:
        pytest.skip("the contract does not compare national numbers")
    (row,) = list_quarantine(history)
    later = Decision("Ada Steward", "the first number was mistyped", datetime.fromisoformat("2024-03-08"))
    assert accept(history, KINDS, row.delivery_id, row.line, later).accepted == 1
    assert [row.state for row in list_quarantine(history)] == ["accepted"]


@pytest.mark.parametrize(
    ("delivery", "line", "message"),
    [("all", 9, "no record is set aside"), ("feed", 1, "no record is set aside"), ("fe", 1, "name at least 4")],
)
def test_what_is_not_there_is_said(history: History, waiting: str, delivery: str, line: int, message: str) -> None:
    with history.read() as connection, pytest.raises(ReviewError, match=message):
        find_set_aside(connection, history.vault, waiting if delivery == "all" else delivery, line)


def test_an_unknown_column_is_named(history: History, waiting: str) -> None:
    with pytest.raises(ReviewError, match=r"column servce: the contract recurring_payments has no such column; it has"):
        correct(history, KINDS, waiting, 1, {"servce": "gas"}, DECISION)


@pytest.mark.parametrize("missing", ["reviewer", "reason"])
def test_a_decision_needs_who_and_why(missing: str) -> None:
    with pytest.raises(ReviewError, match=f"a decision needs a {missing}; name one with --{missing}"):
        Decision(**{"reviewer": "Ada", "reason": "so", "decided_at": DECIDED} | {missing: " "})


def test_the_record_is_kept_as_it_came_and_never_shown_by_repr(history: History, waiting: str) -> None:
    (row,) = list_quarantine(history, waiting, with_records=True)
    assert json.loads(row.record or "") == recurring(service="steam")
    assert "Wagner" not in repr(row)
    examined = examine(history, KINDS, waiting, 1)
    assert examined["fields"]["surname"] == "Wagner"
    assert [rule["id"] for rule in examined["rules"]] == ["allowed:service"]


def test_a_line_that_is_no_record_is_corrected_by_all_its_values(history: History) -> None:
    text = "".join(json.dumps(record) + "\n" for record in GOOD) + '{"account_ref": "U1", \n'
    delivery = Delivery(KINDS["recurring_payments"], BytesContent("w.jsonl", text.encode()), RECEIVED, furnisher_id="w")
    receipt = ingest(history, delivery)
    assert dict(receipt.rules) == {"json": 1}
    values = {name: str(value) for name, value in recurring().items()}
    assert correct(history, KINDS, receipt.delivery_id, 11, values, DECISION).accepted == 1


def test_a_csv_record_keeps_its_line_and_its_fields(history: History) -> None:
    header = (
        "case_number,court,kind,filed_on,status,status_on,amount,currency,surname,first_name,middle_name,generation,"
        "birth_date,national_number,address,city,region,postcode,country\n"
    )
    line = 'C{n},"County Court, Room 2",civil_judgment,2023-05-04,{status},2023-05-04,1200,USD,Doe,Jo,,,1970-01-02,,'
    line += '"1 Main St, Apt 2",Springfield,IL,62701,US\n'
    text = header + "".join(line.format(n=n, status="filed") for n in range(9)) + line.format(n=10, status="opened")
    delivery = Delivery(
        KINDS["court_records"], BytesContent("court.csv", text.encode()), RECEIVED, furnisher_id="court"
    )
    receipt = ingest(history, delivery)
    assert (receipt.accepted, receipt.quarantined) == (9, 1)
    examined = examine(history, KINDS, receipt.delivery_id, 11)
    assert examined["record"] == line.format(n=10, status="opened").strip()
    assert examined["fields"]["court"] == "County Court, Room 2"
    assert correct(history, KINDS, receipt.delivery_id, 11, {"status": "filed"}, DECISION).accepted == 1


def lender_months(path: Path, **changes: list[object]) -> Path:
    rows = 12
    columns = {
        "account_ref": [f"A{n}" for n in range(rows)],
        "customer_ref": [f"C{n}" for n in range(rows)],
        "role": ["individual"] * rows,
        "month": [datetime.fromisoformat("2024-01-31").date()] * rows,
        "product": ["card"] * rows,
        "currency": ["EUR"] * rows,
        "opened_on": [datetime.fromisoformat("2020-03-04").date()] * rows,
        "closed_on": pa.nulls(rows, pa.date32()),
        "term_months": pa.nulls(rows, pa.int32()),
        "credit_limit": [2000.0] * rows,
        "credit_amount": pa.nulls(rows, pa.float64()),
        "balance": [100.0 + n for n in range(rows)],
        "scheduled_payment": [20.0] * rows,
        "payment": [20.0] * rows,
        "amount_past_due": [0.0] * rows,
        "days_past_due": [0] * rows,
        "status": ["current"] * rows,
        "first_delinquency_on": pa.nulls(rows, pa.date32()),
        "last_payment_on": [datetime.fromisoformat("2024-01-15").date()] * rows,
        "action": ["report"] * rows,
    }
    pq.write_table(pa.table(columns | changes), path)
    return path


def customers(path: Path) -> Path:
    rows = 12
    empty = dict.fromkeys(("middle_name", "generation", "national_number", "phone", "email", "employer"))
    columns = {
        "customer_ref": [f"C{n}" for n in range(rows)],
        "told_on": [datetime.fromisoformat("2024-01-31").date()] * rows,
        "surname": [f"Berg{chr(97 + n)}" for n in range(rows)],
        "first_name": ["Ida"] * rows,
        "birth_date": [datetime.fromisoformat("1975-06-07").date()] * rows,
        "address": [f"Ring {n}" for n in range(rows)],
        "city": ["Graz"] * rows,
        "region": ["ST"] * rows,
        "postcode": ["8010"] * rows,
        "country": ["AT"] * rows,
    }
    pq.write_table(pa.table(columns | {name: pa.nulls(rows, pa.string()) for name in empty}), path)
    return path


def test_a_parquet_record_can_be_corrected(history: History, tmp_path: Path) -> None:
    ingest(
        history,
        Delivery(
            KINDS["lender_customers"], FileContent(customers(tmp_path / "c.parquet")), RECEIVED, furnisher_id="lender"
        ),
    )
    path = lender_months(tmp_path / "m.parquet", balance=[-1.0, *[50.0] * 11])
    receipt = ingest(history, Delivery(KINDS["lender_months"], FileContent(path), RECEIVED, furnisher_id="lender"))
    assert (receipt.accepted, receipt.quarantined) == (11, 1)
    examined = examine(history, KINDS, receipt.delivery_id, 1)
    assert examined["fields"]["opened_on"] == "2020-03-04"
    assert correct(history, KINDS, receipt.delivery_id, 1, {"balance": "51"}, DECISION).accepted == 1


def test_a_correction_leaves_what_nobody_touched_as_ingest_read_it(history: History, tmp_path: Path) -> None:
    """Tools write references as floating-point numbers, and dates as moments."""
    numbered = customers(tmp_path / "c.parquet")
    pq.write_table(
        pq.read_table(numbered).set_column(0, "customer_ref", pa.array([float(n) for n in range(12)])), numbered
    )
    contract = KINDS["lender_customers"]
    ingest(history, Delivery(contract, FileContent(numbered), RECEIVED, furnisher_id="lender"))
    path = lender_months(
        tmp_path / "m.parquet",
        account_ref=[1000.0 + n for n in range(12)],
        customer_ref=[float(n) for n in range(12)],
        month=[datetime.fromisoformat("2024-01-31")] * 12,
        opened_on=[datetime.fromisoformat("2020-03-04")] * 12,
        balance=[-1.0, *[50.0] * 11],
    )
    receipt = ingest(history, Delivery(KINDS["lender_months"], FileContent(path), RECEIVED, furnisher_id="lender"))
    assert (receipt.accepted, receipt.quarantined) == (11, 1)
    assert correct(history, KINDS, receipt.delivery_id, 1, {"balance": "51"}, DECISION).accepted == 1
    with history.read() as connection:
        told = connection.execute("SELECT tradeline_ref FROM tradeline_reference ORDER BY 1").fetchall()
    assert told == [(f"{1000 + n}",) for n in range(12)]


def test_a_number_too_big_for_a_reference_is_set_aside_without_being_told(history: History, tmp_path: Path) -> None:
    path = lender_months(tmp_path / "m.parquet", account_ref=pa.array([2**64 - 1 - n for n in range(12)], pa.uint64()),
                         credit_limit=pa.array([2**64 - 1] * 12, pa.uint64()))  # fmt: skip
    receipt = ingest(history, Delivery(KINDS["lender_months"], FileContent(path), RECEIVED, furnisher_id="lender"))
    assert receipt.quarantined == 12


@pytest.fixture
def hold(history: History) -> Callable[[], str]:
    """Three usual deliveries, then one that is not; the id of the held one."""

    def make() -> str:
        for month in (1, 2, 3):
            records = [month_of(n, month) for n in range(300)]
            receipt = ingest(
                history,
                of_utility(*records, received=datetime.fromisoformat(f"2024-0{month + 1}-05"), name=f"{month}.jsonl"),
            )
            assert receipt.status == "taken in", receipt
        records = [month_of(n, 4) for n in range(40)]
        receipt = ingest(history, of_utility(*records, received=datetime.fromisoformat("2024-05-05"), name="4.jsonl"))
        assert receipt.status == "held"
        assert (receipt.read, receipt.accepted, receipt.quarantined, receipt.duplicate) == (40, 0, 40, 0)
        return receipt.delivery_id

    return make


def month_of(person: int, month: int) -> dict[str, object]:
    last = {1: 31, 2: 29, 3: 31, 4: 30}[month]
    letters = "".join(chr(97 + int(digit)) for digit in str(person))
    return recurring(
        account_ref=f"H{person}",
        surname=f"Held{letters}",
        period=f"2024-{month:02}-{last}",
        due_on=f"2024-{month:02}-20",
        paid_on=f"2024-{month:02}-{10 + person % 10}",
    )


def test_a_held_delivery_is_no_fact_until_it_is_released(history: History, hold: Callable[[], str]) -> None:
    held = hold()
    decided = Decision("Ada Steward", "the works merged two districts", datetime.fromisoformat("2024-05-10"))
    assert len(known(history, datetime.fromisoformat("2024-05-09"))) == 900
    receipt = release(history, KINDS, held[:10], decided)
    assert (receipt.status, receipt.read, receipt.accepted, receipt.quarantined) == ("released", 40, 40, 0)
    assert len(known(history, datetime.fromisoformat("2024-05-09"))) == 900
    assert len(known(history, datetime.fromisoformat("2024-05-10"))) == 940
    counts(history)
    assert list(history.vault.open("held", range(100))) == []
    with pytest.raises(ReviewError, match="no delivery with this id is held"):
        release(history, KINDS, held, decided)


def test_a_held_delivery_again_is_known(history: History, hold: Callable[[], str]) -> None:
    hold()
    before = counts(history)
    again = [month_of(n, 4) for n in range(40)]
    receipt = ingest(history, of_utility(*again, received=datetime.fromisoformat("2024-05-06"), name="again.jsonl"))
    assert (receipt.known_before, receipt.status) == (True, "held")
    assert counts(history) == before


def test_an_id_that_was_left_out_fits_nothing(history: History, hold: Callable[[], str]) -> None:
    hold()
    with pytest.raises(ReviewError, match="name at least 4 characters of its id"):
        release(history, KINDS, "", DECISION)


def test_a_held_delivery_can_be_turned_away(history: History, hold: Callable[[], str]) -> None:
    held = hold()
    assert turn_away(history, KINDS, held, DECISION).status == "turned away"
    assert counts(history)[-1] == (40, 0, 40, 0)
    with pytest.raises(ReviewError, match="no delivery with this id is held; `tradeline deliveries --held`"):
        turn_away(history, KINDS, held, DECISION)
