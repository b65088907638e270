"""Rows of the Home Credit tables, and the facts that were worked out from them by hand.

The observation date is 2018-05-01. So -1 day is 2018-04-30, -31 days 2018-03-31, -365 days
2017-05-01; month 0 is known on the observation date itself, month -1 ends on 2018-04-30.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from pathlib import Path

import pytest

from bureau.contracts import Contract
from bureau.deliveries import list_deliveries
from bureau.errors import DeliveryRefused
from bureau.history import History
from bureau.portfolios.home_credit import OBSERVED_ON, HomeCredit
from bureau.portfolios.portfolio import load
from bureau.set_aside import list_quarantine

WriteTable = Callable[[Path, Contract, Iterable[Mapping[str, object]]], Path]
CONTRACTS = {contract.name: contract for contract in HomeCredit().contracts()}
APPLICANT = {"SK_ID_CURR": "1", "DAYS_BIRTH": "-10000"}


def rows(history: History, sql: str) -> list[dict[str, object]]:
    """Rows without what is missing."""
    with history.read() as connection:
        frame = connection.execute(sql).arrow().read_all()
    return [{name: value for name, value in row.items() if value is not None} for row in frame.to_pylist()]


@pytest.fixture
def table(tmp_path: Path, write_table: WriteTable) -> Callable[..., Path]:
    """Write one table of the download, by its file's name; the folder is given back."""

    def write(name: str, *records: Mapping[str, object]) -> Path:
        contract = {
            "application_train": "home_credit_application",
            "application_test": "home_credit_application",
            "POS_CASH_balance": "home_credit_pos_cash_balance",
            "credit_card_balance": "home_credit_card_balance",
        }.get(name, f"home_credit_{name}")
        path = write_table(tmp_path / f"{name}.csv", CONTRACTS[contract], records)
        if name == "application_train":
            lines = path.read_text().splitlines()
            path.write_text("\n".join([f"{lines[0]},TARGET", *(f"{line},{n % 2}" for n, line in enumerate(lines[1:]))]))
        return tmp_path

    return write


def test_an_application(history: History, table: Callable[..., Path]) -> None:
    data = table(
        "application_test",
        APPLICANT
        | {
            "AMT_CREDIT": "1000.5", "AMT_INCOME_TOTAL": "500", "DAYS_EMPLOYED": "-365", "DAYS_REGISTRATION": "-1.0",
            "DAYS_ID_PUBLISH": "0", "NAME_HOUSING_TYPE": "Rented apartment", "ORGANIZATION_TYPE": "XNA",
            "FLAG_OWN_CAR": "N", "FLAG_OWN_REALTY": "Y", "FLAG_DOCUMENT_3": "1", "FLAG_DOCUMENT_8": "1",
            "CODE_GENDER": "F", "NAME_FAMILY_STATUS": "Married", "CNT_CHILDREN": "2",
        },
        {"SK_ID_CURR": "2", "DAYS_BIRTH": "-6575", "DAYS_EMPLOYED": "365243"},  # 18 years and a day; no employer
    )  # fmt: skip
    load(history, HomeCredit(), data, labelled=False)
    first, second = rows(history, "SELECT * EXCLUDE (delivery_no, line_no) FROM application ORDER BY consumer_id")
    moment = datetime.fromisoformat("2018-05-01")
    assert first == {
        "consumer_id": 1,
        "effective_on": OBSERVED_ON,
        "recorded_at": moment,
        "currency": "currency 1",
        "amount_asked": 1000.5,
        "income": 500.0,
        "employed_since": date(2017, 5, 1),
        "registered_since": date(2018, 4, 30),
        "identity_document_since": date(2018, 5, 1),
        "housing": "rented apartment",
        "age_years": 27.0,  # 10000 / 365.25 = 27.4
        "owns_car": 0.0,
        "owns_home": 1.0,
        "identity_document_given": 1.0,
        "documents_given": 2.0,
    }
    assert second["age_years"] == 18.0
    assert "employed_since" not in second
    (protected, _) = rows(history, "SELECT * FROM protected_attribute ORDER BY consumer_id")
    assert (protected["sex"], protected["marital_status"], protected["children"]) == ("female", "married", 2.0)
    assert rows(history, "SELECT * FROM outcome") == []


def test_a_tradeline_of_another_lender(history: History, table: Callable[..., Path]) -> None:
    table("application_test", APPLICANT)
    data = table(
        "bureau",
        {
            "SK_ID_CURR": "1", "SK_ID_BUREAU": "9", "CREDIT_ACTIVE": "Sold", "CREDIT_CURRENCY": "currency 2",
            "CREDIT_TYPE": "Car loan", "DAYS_CREDIT": "-365", "DAYS_CREDIT_ENDDATE": "31.0", "DAYS_ENDDATE_FACT": "",
            "DAYS_CREDIT_UPDATE": "-31", "CREDIT_DAY_OVERDUE": "4", "AMT_CREDIT_SUM": "900",
            "AMT_CREDIT_SUM_DEBT": "-5",
        },
        # Updated after the observation: the bureau knew it, at the latest, on that day.
        {
            "SK_ID_CURR": "1", "SK_ID_BUREAU": "10", "CREDIT_ACTIVE": "Active", "CREDIT_CURRENCY": "currency 1",
            "CREDIT_TYPE": "Loan for purchase of shares", "DAYS_CREDIT": "-1", "DAYS_CREDIT_UPDATE": "3",
        },
    )  # fmt: skip
    load(history, HomeCredit(), data, labelled=False)
    first, second = rows(history, "SELECT * EXCLUDE (delivery_no, line_no) FROM tradeline ORDER BY recorded_at")
    assert first == {
        "tradeline_id": 2,  # references are numbered in the order of their texts: "10" before "9"
        "effective_on": date(2018, 3, 31),
        "recorded_at": datetime.fromisoformat("2018-03-31"),
        "furnisher_id": "home-credit-bureau",
        "product": "car",
        "status": "sold",
        "currency": "currency 2",
        "opened_on": date(2017, 5, 1),
        "due_on": date(2018, 6, 1),
        "credit_amount": 900.0,
        "balance": -5.0,
        "days_past_due": 4,
    }
    assert (second["product"], second["recorded_at"]) == ("other", datetime.fromisoformat("2018-05-01"))
    assert [row["effective_on"] for row in rows(history, "FROM association ORDER BY 1, 2")] == [
        date(2018, 4, 30),
        date(2017, 5, 1),
    ]


def test_months_of_tradelines(history: History, table: Callable[..., Path]) -> None:
    table("application_test", APPLICANT)
    months = [{"SK_ID_BUREAU": "9", "MONTHS_BALANCE": str(-n), "STATUS": code} for n, code in enumerate("C0125X")]
    table("bureau_balance", *months)
    table(
        "credit_card_balance",
        {
            "SK_ID_PREV": "7", "SK_ID_CURR": "1", "MONTHS_BALANCE": "-3", "NAME_CONTRACT_STATUS": "Active",
            "AMT_BALANCE": "10", "AMT_CREDIT_LIMIT_ACTUAL": "20", "AMT_PAYMENT_CURRENT": "", "SK_DPD": "8",
            "SK_DPD_DEF": "0",
        },
    )  # fmt: skip
    data = table(
        "POS_CASH_balance",
        {
            "SK_ID_PREV": "8", "SK_ID_CURR": "1", "MONTHS_BALANCE": "-15", "NAME_CONTRACT_STATUS": "XNA",
            "CNT_INSTALMENT": "12.0",
        },
    )  # fmt: skip
    load(history, HomeCredit(), data, labelled=False)
    found = rows(
        history, "SELECT * EXCLUDE (delivery_no, line_no) FROM tradeline_month ORDER BY product DESC, effective_on DESC"
    )
    reported = [row for row in found if row["product"] == "reported"]
    assert [row["effective_on"] for row in reported] == [
        date(2018, 5, 1),  # May is not over on the observation date
        date(2018, 4, 30),
        date(2018, 3, 31),
        date(2018, 2, 28),
        date(2018, 1, 31),
        date(2017, 12, 31),
    ]
    assert [row["recorded_at"].date() for row in reported] == [row["effective_on"] for row in reported]  # type: ignore[attr-defined]
    assert [row["payment_status"] for row in reported] == ["closed", "current", "late", "late", "late", "unknown"]
    assert [row.get("days_past_due") for row in reported] == [None, 0, 1, 31, 121, None]
    (card,) = (row for row in found if row["product"] == "card")
    assert (card["effective_on"], card["balance"], card["credit_limit"]) == (date(2018, 2, 28), 10.0, 20.0)
    assert (card["days_past_due"], card["days_past_due_tolerated"]) == (8, 0)
    assert "payment" not in card
    (instalment,) = (row for row in found if row["product"] == "instalment")
    assert (instalment["effective_on"], instalment["instalments_total"]) == (date(2017, 2, 28), 12.0)
    assert "payment_status" not in instalment


def test_an_earlier_application_and_its_correction(history: History, table: Callable[..., Path]) -> None:
    table("application_test", APPLICANT)
    inquiry = {
        "SK_ID_PREV": "5", "SK_ID_CURR": "1", "NAME_CONTRACT_TYPE": "Cash loans", "NAME_CONTRACT_STATUS": "Refused",
        "DAYS_DECISION": "-365", "AMT_APPLICATION": "70", "CODE_REJECT_REASON": "SCOFR", "DAYS_FIRST_DUE": "365243.0",
    }  # fmt: skip
    data = table("previous_application", inquiry)
    load(history, HomeCredit(), data, labelled=False)
    expected = {
        "consumer_id": 1,
        "inquiry_ref": "5",
        "effective_on": date(2017, 5, 1),
        "recorded_at": datetime.fromisoformat("2018-05-01"),
        "kind": "hard",
        "product": "cash",
        "currency": "currency 1",
        "decision": "refused",
        "refusal_reason": "scofr",
        "amount_asked": 70.0,
    }
    assert rows(history, "SELECT * EXCLUDE (delivery_no, line_no) FROM inquiry") == [expected]
    # Another date of the same decision is another version, not a repetition.
    table("previous_application", inquiry | {"DAYS_DECISION": "-364"})
    receipts = load(history, HomeCredit(), data, labelled=False).receipts
    assert [(r.accepted, r.duplicate) for r in receipts if r.contract.endswith("previous_application")] == [(1, 0)]
    visible = rows(history, "SELECT effective_on FROM inquiry WHERE superseded_at IS NULL")
    assert visible == [{"effective_on": date(2017, 5, 2)}]


def test_outcomes_come_later(history: History, table: Callable[..., Path]) -> None:
    data = table("application_train", APPLICANT, APPLICANT | {"SK_ID_CURR": "2"})
    loaded = load(history, HomeCredit(), data, labelled=True)
    assert [receipt.contract for receipt in loaded.receipts] == ["home_credit_application", "home_credit_outcome"]
    assert loaded.observed_by == loaded.receipts[0].delivery_id
    outcomes = rows(history, "SELECT consumer_id, effective_on, recorded_at, is_bad FROM outcome ORDER BY 1")
    later = {"effective_on": date(2019, 5, 1), "recorded_at": datetime.fromisoformat("2019-05-01")}
    assert outcomes == [{"consumer_id": 1, "is_bad": False} | later, {"consumer_id": 2, "is_bad": True} | later]
    assert rows(history, "SELECT DISTINCT record_kind FROM coverage") == [{"record_kind": "application"}]


def test_an_applicant_of_impossible_age_is_set_aside_and_not_observed(
    history: History, table: Callable[..., Path]
) -> None:
    people = [APPLICANT | {"SK_ID_CURR": str(n)} for n in range(1, 61)]
    impossible = [{"SK_ID_CURR": "61", "DAYS_BIRTH": "10"}, {"SK_ID_CURR": "62", "DAYS_BIRTH": "-5000"}]
    data = table("application_test", *people, *impossible)
    table("bureau_balance", {"SK_ID_BUREAU": "9", "MONTHS_BALANCE": "0", "STATUS": "0"})
    (application, _) = load(history, HomeCredit(), data, labelled=False).receipts
    assert (application.read, application.accepted, application.quarantined) == (62, 60, 2)
    assert [(row.line, row.rules) for row in list_quarantine(history)] == [
        (62, ("range:DAYS_BIRTH",)),
        (63, ("range:DAYS_BIRTH",)),
    ]
    assert rows(history, "SELECT count(*) AS n FROM observed_consumer") == [{"n": 60}]
    assert rows(history, "SELECT count(*) AS n FROM coverage WHERE record_kind = 'application'") == [{"n": 60}]


def test_a_refused_table_leaves_nothing_of_the_whole_load(history: History, table: Callable[..., Path]) -> None:
    table("application_test", APPLICANT)
    data = table("bureau_balance", {"SK_ID_BUREAU": "9", "MONTHS_BALANCE": "0", "STATUS": "Q"})
    with pytest.raises(DeliveryRefused, match=r"^bureau_balance\.csv, column STATUS: 1 of 1 records are bad"):
        load(history, HomeCredit(), data, labelled=False)
    assert list_deliveries(history) == []
    assert rows(history, "FROM coverage") == rows(history, "FROM application") == rows(history, "FROM consumer") == []
    table("bureau_balance", {"SK_ID_BUREAU": "9", "MONTHS_BALANCE": "0", "STATUS": "0"})
    receipts = load(history, HomeCredit(), data, labelled=False).receipts
    assert [receipt.known_before for receipt in receipts] == [False, False]
    assert len(rows(history, "FROM coverage")) == 2


def test_an_unknown_column_is_named_once(
    history: History, table: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    data = table("application_train", APPLICANT)
    path = data / "application_train.csv"
    header, row = path.read_text().splitlines()
    path.write_text(f"{header},SHOE_SIZE\n{row},44\n")
    receipts = load(history, HomeCredit(), data, labelled=True).receipts
    assert [receipt.unknown_columns for receipt in receipts] == [("SHOE_SIZE",), ()]
    warned = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert warned == ["columns ignored"]


def test_a_folder_without_applications_is_refused(history: History, tmp_path: Path, table: Callable[..., Path]) -> None:
    with pytest.raises(DeliveryRefused, match="nowhere: no such folder; name the folder of the Home Credit tables"):
        load(history, HomeCredit(), tmp_path / "nowhere", labelled=True)
    data = table("application_test", APPLICANT)
    with pytest.raises(
        DeliveryRefused, match=r"^application_train: the table is not in the folder .*; put application_t"
    ):
        load(history, HomeCredit(), data, labelled=True)
    shutil.move(data / "application_test.csv", data / "application_train.csv")
    assert load(history, HomeCredit(), data, labelled=False).receipts[0].accepted == 1


def test_the_sample_adds_up(history: History, data_folder: Path) -> None:
    """Counted by hand in the files: 5,000 applicants; two loans whose dates lie over a century away."""
    folder = data_folder / "home_credit_sample"
    small = [
        path for path in folder.glob("*.csv.gz") if path.name.startswith(("application_train", "bureau.", "previous"))
    ]
    data = history.path.parent / "some"
    data.mkdir(parents=True)
    for path in small:
        (data / path.name).symlink_to(path)
    receipts = load(history, HomeCredit(), data, labelled=True).receipts
    counts = {receipt.contract: (receipt.read, receipt.quarantined, receipt.duplicate) for receipt in receipts}
    assert counts == {
        "home_credit_application": (5_000, 0, 0),
        "home_credit_bureau": (49_227, 2, 0),
        "home_credit_previous_application": (49_100, 0, 0),
        "home_credit_outcome": (5_000, 0, 0),
    }
    assert all(receipt.read == receipt.accepted + receipt.quarantined + receipt.duplicate for receipt in receipts)
    assert all(receipt.unknown_columns == () for receipt in receipts)
