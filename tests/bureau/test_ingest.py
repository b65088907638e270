import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bureau.content import FileContent
from bureau.contracts import Contract
from bureau.deliveries import list_deliveries
from bureau.delivery import Delivery, Furnisher
from bureau.errors import DeliveryRefused
from bureau.facts import FACTS
from bureau.history import History
from bureau.ingest import ingest, ingest_within, register_furnishers
from bureau.set_aside import list_quarantine

HEADER = "PERSON,MONTH,STATUS,BALANCE\n"
Deliver = Callable[..., Delivery]


def good(n: int) -> str:
    return "".join(f"p{i},1,A,{i}\n" for i in range(n))


def counted(history: History, table: str) -> int:
    with history.read() as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def everything(history: History) -> dict[str, int]:
    tables = (*FACTS, "delivery", "quarantine", "consumer", "tradeline_reference", "observed_consumer")
    with history.read() as connection:
        relations = {table: connection.table(table) for table in tables}
        return {table: len(relation) for table, relation in relations.items()}


@pytest.mark.parametrize(
    ("record", "rules"),
    [
        (",1,A,1", ["filled:PERSON"]),
        ("x,,A,1", ["filled:MONTH"]),
        ("x,May,A,1", ["type:MONTH"]),
        ("x,1.5,A,1", ["type:MONTH"]),
        ("x,13,A,1", ["range:MONTH"]),
        ("x,1,C,1", ["allowed:STATUS"]),
        ("x,1,a,1", ["allowed:STATUS"]),
        ("x,1,A,one", ["type:BALANCE"]),
        ("x,1,A,NaN", ["type:BALANCE"]),
        ("x,1,A,inf", ["type:BALANCE"]),
        ("x,1,A,-1", ["range:BALANCE"]),
        ("x,1,B,1", ["b-owes-nothing"]),
        ("x,0,Q,-", ["allowed:STATUS", "range:MONTH", "type:BALANCE"]),
        ("x,1,A", ["fields"]),
        ("x,1,A,1,1", ["fields"]),
        ("x\0,1,A,1", ["characters"]),
        ("x,1,A,1é".encode("latin-1"), ["encoding"]),
        ('x,1,A,"1', ["quotes"]),
    ],
)
def test_a_bad_record_is_set_aside_with_its_reasons_and_nobody_is_observed_by_it(
    history: History, deliver: Deliver, record: str | bytes, rules: list[str]
) -> None:
    bad = record.encode() if isinstance(record, str) else record
    receipt = ingest(history, deliver(HEADER.encode() + good(20).encode() + bad + b"\n"))
    assert (receipt.read, receipt.accepted, receipt.quarantined) == (21, 20, 1)
    (row,) = list_quarantine(history)
    assert (row.line, list(row.rules)) == (22, rules)
    assert counted(history, "observed_consumer") == counted(history, "consumer") == 20


def test_the_texts_for_no_value_are_no_value(history: History, deliver: Deliver) -> None:
    receipt = ingest(history, deliver(HEADER + 'p1,1,A,n/a\np2,1,A,\np3,1,A,""\n p4 , 1 ,A, 7 \n'))
    assert receipt.accepted == 4
    with history.read() as connection:
        rows = connection.execute(
            "SELECT tradeline_ref, balance "
            "FROM tradeline_month JOIN tradeline_reference USING (tradeline_id) ORDER BY 1"
        ).fetchall()
    assert rows == [("p1", None), ("p2", None), ("p3", None), ("p4", 7.0)]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            "x,1,Q,1\n",
            r"^statement\.csv, column STATUS: 6 of 106 records are bad, over 5%; 6 break the rule 'allowed' ",
        ),
        ("x,1,A,one\n", r"column BALANCE: .* the rule 'type' \(BALANCE is a number\), the first in line 102; correct"),
        ("x,99,A,1\n", r"column MONTH: .* the rule 'range' \(MONTH is .*\)"),
        (",1,A,1\n", r"column PERSON: .* the rule 'filled' \(PERSON has a value\)"),
        ("x,1,B,1\n", r"^statement\.csv: .* the rule 'b-owes-nothing' \(a B owes nothing\)"),
        ("x,1\n", r"^statement\.csv: .* the rule 'fields' .*; correct the records, .* \(nothing was loaded\)$"),
    ],
)
def test_too_many_bad_records_refuse_the_file(history: History, deliver: Deliver, bad: str, message: str) -> None:
    before = everything(history)
    with pytest.raises(DeliveryRefused, match=message) as caught, history.write() as connection:
        ingest_within(connection, history.vault, deliver(HEADER + good(100) + bad * 6))
    assert "\n" not in str(caught.value)
    assert everything(history) == before


def test_five_in_a_hundred_are_not_too_many(history: History, deliver: Deliver) -> None:
    assert ingest(history, deliver(HEADER + good(95) + "x,1,Q,1\n" * 5)).quarantined == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "PERSON,STATUS,BALANCE\np,A,1\n",
            r"column MONTH: the column is missing; deliver the columns .* toy_statement",
        ),
        ("PERSON\np\n", r"column MONTH: the column is missing \(and 2 more\)"),
        (HEADER, "the file has no records; ask the furnisher"),
        ("", "the file is empty"),
        ("PERSON,MONTH,MONTH,STATUS,BALANCE\n", "column 3: the column stands twice"),
    ],
)
def test_a_file_that_is_no_delivery_is_refused(history: History, deliver: Deliver, content: str, message: str) -> None:
    before = everything(history)
    with pytest.raises(DeliveryRefused, match=message):
        ingest(history, deliver(content))
    assert everything(history) == before


def test_a_truncated_archive_leaves_nothing(history: History, deliver: Deliver) -> None:
    packed = gzip.compress((HEADER + good(50_000)).encode())
    before = everything(history)
    with pytest.raises(DeliveryRefused, match=r"^statement\.csv\.gz: the archive is damaged or truncated"):
        ingest(history, deliver(packed[: len(packed) // 2], "statement.csv.gz"))
    assert everything(history) == before


def test_a_vanished_file_and_a_folder_are_refused(history: History, deliver: Deliver) -> None:
    delivery = deliver(HEADER + good(3))
    delivery.content.path.unlink()
    with pytest.raises(DeliveryRefused, match=r"statement\.csv: the file cannot be read \(No such file"):
        ingest(history, delivery)
    delivery.content.path.mkdir()
    with pytest.raises(DeliveryRefused, match=r"the file cannot be read \(Is a directory\)"):
        ingest(history, delivery)


def test_a_file_that_vanishes_or_changes_while_it_is_read_is_refused(history: History, deliver: Deliver) -> None:
    before = everything(history)
    for harm in (lambda path: path.unlink(), lambda path: path.write_text("other")):
        delivery = deliver(HEADER + good(3))
        with pytest.raises(DeliveryRefused, match=r"No such file|the file changed while it was read; wait until"):
            ingest(history, delivery, lambda _share, do=harm, path=delivery.content.path: do(path))  # type: ignore[misc]
    assert everything(history) == before


def test_unknown_columns_are_named_and_known_ones_are_not(history: History, deliver: Deliver) -> None:
    receipt = ingest(history, deliver("PERSON,SHOE,MONTH,REMARK,STATUS,BALANCE,\np,42,1,x,A,1,\n"))
    assert receipt.unknown_columns == ("SHOE", "")
    assert receipt.accepted == 1


def test_the_same_delivery_again_changes_nothing(history: History, deliver: Deliver, tmp_path: Path) -> None:
    delivery = deliver(HEADER + good(30) + "x,1,Q,1\n")
    first = ingest(history, delivery)
    before = everything(history)
    shutil.copy(delivery.content.path, tmp_path / "renamed.csv")
    again = ingest(
        history,
        Delivery(delivery.contract, FileContent(tmp_path / "renamed.csv"), delivery.received_at, delivery.observed_on),
    )
    assert (first.known_before, again.known_before) == (False, True)
    assert (again.delivery_id, again.read, again.rules) == (first.delivery_id, first.read, first.rules)
    assert everything(history) == before


def test_duplicates_within_and_across_files(history: History, deliver: Deliver) -> None:
    first = ingest(history, deliver(HEADER + "a,1,A,1\na,1,A,1\nb,1,A,1\na,1,A,1\n"))
    assert (first.read, first.accepted, first.duplicate) == (4, 2, 2)
    second = ingest(history, deliver(HEADER + "a,1,A,1\nc,1,A,1\n", received="2024-03-01"))
    assert (second.read, second.accepted, second.duplicate) == (2, 1, 1)
    assert counted(history, "tradeline_month") == 4  # said again later, it stays: a version may come between
    assert counted(history, "association") == 3


def versions(history: History) -> list[tuple[object, ...]]:
    with history.read() as connection:
        return connection.execute(
            "SELECT balance, strftime(recorded_at, '%m-%d'), strftime(superseded_at, '%m-%d') "
            "FROM tradeline_month JOIN tradeline_reference USING (tradeline_id) WHERE tradeline_ref = 'a' "
            "ORDER BY recorded_at, tradeline_month.rowid"
        ).fetchall()


def test_a_correction_closes_the_version_before_it(history: History, deliver: Deliver) -> None:
    ingest(history, deliver(HEADER + "a,1,A,100\n", received="2024-02-01"))
    ingest(history, deliver(HEADER + "a,1,A,80\n", received="2024-03-01"))
    assert versions(history) == [(100, "02-01", "03-01"), (80, "03-01", None)]


def test_a_late_record_of_an_earlier_date_slots_in_between(history: History, deliver: Deliver) -> None:
    ingest(history, deliver(HEADER + "a,1,A,100\n", received="2024-02-01"))
    ingest(history, deliver(HEADER + "a,1,A,80\n", received="2024-04-01"))
    late = ingest(history, deliver(HEADER + "a,1,A,90\n", received="2024-03-01"))
    assert (late.accepted, late.duplicate) == (1, 0)
    assert versions(history) == [(100, "02-01", "03-01"), (90, "03-01", "04-01"), (80, "04-01", None)]


def test_a_value_that_returns_is_a_version_of_its_own(history: History, deliver: Deliver) -> None:
    for month, balance in (
        (2, 100),
        (3, 80),
        (4, 100),
    ):  # b makes three files of it: the same bytes are the same delivery
        ingest(history, deliver(HEADER + f"a,1,A,{balance}\nb,1,A,{month}\n", received=f"2024-0{month}-01"))
    assert versions(history) == [(100, "02-01", "03-01"), (80, "03-01", "04-01"), (100, "04-01", None)]


def test_a_furnisher_known_already_is_left_as_it_is(history: History) -> None:
    register_furnishers(history, (Furnisher("toy", "First", "tw", "TWD"),))
    register_furnishers(history, (Furnisher("toy", "Second", "tw", "TWD"), Furnisher("b", "B", "eu", "EUR")))
    with history.read() as connection:
        assert connection.execute("SELECT furnisher_id, name FROM furnisher ORDER BY 1").fetchall() == [
            ("b", "B"),
            ("toy", "First"),
        ]


def test_deliveries_and_quarantine_can_be_listed_without_the_records(history: History, deliver: Deliver) -> None:
    one = ingest(history, deliver(HEADER + good(30) + "secret-ref,1,Q,1\n"))
    two = ingest(history, deliver(HEADER + good(40) + "other,1,A\n", received="2024-03-01"))
    assert [row.receipt.delivery_id for row in list_deliveries(history)] == [one.delivery_id, two.delivery_id]
    assert [dict(row.receipt.rules) for row in list_deliveries(history)] == [{"allowed:STATUS": 1}, {"fields": 1}]
    assert [row.receipt.read for row in list_deliveries(history)] == [31, 41]
    (row,) = list_quarantine(history, one.delivery_id)
    assert row.record is None
    (row,) = list_quarantine(history, one.delivery_id, with_records=True)
    assert "secret-ref" in (row.record or "")
    assert "secret-ref" not in repr(row)
    assert len(list_quarantine(history)) == 2
    assert len(list_quarantine(history, limit=1)) == 1


def test_contract_of_the_tests_is_used(contract: Contract, deliver: Deliver) -> None:
    assert deliver("").contract is contract
