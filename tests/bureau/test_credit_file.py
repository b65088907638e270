import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from bureau.contracts import Contract
from bureau.credit_file import CreditFile, consumer_id_of, credit_file
from bureau.delivery import Delivery
from bureau.errors import UnknownConsumer
from bureau.history import History
from bureau.ingest import ingest
from bureau.portfolios.home_credit import HomeCredit
from bureau.portfolios.portfolio import load

HEADER = "PERSON,MONTH,STATUS,BALANCE\n"


def months(file: CreditFile) -> list[tuple[date, float]]:
    return [
        (day.date(), balance) for day, balance in zip(file.months["effective_on"], file.months["balance"], strict=True)
    ]


def test_a_file_holds_what_was_known_and_nothing_later(history: History, deliver: Callable[..., Delivery]) -> None:
    ingest(history, deliver(HEADER + "p,1,A,100\np,3,A,300\nq,1,A,7\n", received="2024-02-01"))
    ingest(history, deliver(HEADER + "p,1,A,80\n", received="2024-03-15"))
    number = consumer_id_of(history, "toy", "p")
    january, march = date(2024, 1, 1), date(2024, 3, 1)
    assert months(credit_file(history, number, datetime.fromisoformat("2024-01-31 23:59"))) == []
    assert months(credit_file(history, number, datetime.fromisoformat("2024-02-01"))) == [(january, 100)]
    assert months(credit_file(history, number, datetime.fromisoformat("2024-03-01"))) == [(march, 300), (january, 100)]
    assert months(credit_file(history, number, datetime.fromisoformat("2024-03-15"))) == [(march, 300), (january, 80)]
    assert "superseded_at" not in credit_file(history, number, datetime.fromisoformat("2024-03-01")).months


def test_a_moment_in_another_time_zone_is_the_same_moment(history: History, deliver: Callable[..., Delivery]) -> None:
    ingest(history, deliver(HEADER + "p,1,A,100\n", received="2024-02-01"))
    number = consumer_id_of(history, "toy", "p")
    taipei = timezone(timedelta(hours=8))
    assert months(credit_file(history, number, datetime(2024, 2, 1, 7, 59, tzinfo=taipei))) == []
    assert len(months(credit_file(history, number, datetime(2024, 2, 1, 8, 0, tzinfo=taipei)))) == 1
    assert len(months(credit_file(history, number, datetime(2024, 2, 1, tzinfo=UTC)))) == 1


def test_nobody_unknown_has_a_file(history: History, deliver: Callable[..., Delivery]) -> None:
    ingest(history, deliver(HEADER + "p,1,A,100\n"))
    with pytest.raises(UnknownConsumer, match="no consumer has the number 99; find the number of a reference with"):
        credit_file(history, 99, datetime.fromisoformat("2024-02-01"))
    for space, ref in (("toy", "SECRET-REF"), ("other", "p")):
        with pytest.raises(UnknownConsumer, match=f"no consumer of {space} has this reference; ingest") as caught:
            consumer_id_of(history, space, ref)
        assert "SECRET-REF" not in str(caught.value)


def test_a_file_is_readable_and_names_no_reference(
    history: History, tmp_path: Path, write_table: Callable[[Path, Contract, Iterable[Mapping[str, object]]], Path]
) -> None:
    portfolio = HomeCredit()
    contracts = {contract.name: contract for contract in portfolio.contracts()}
    person = {
        "SK_ID_CURR": "REFERENCE-1",
        "DAYS_BIRTH": "-12000",
        "AMT_CREDIT": "5000",
        "NAME_HOUSING_TYPE": "<Rented>",
    }
    application = contracts["home_credit_application"]
    path = write_table(tmp_path / "application_train.csv", application, [person])
    header, row = path.read_text().splitlines()
    path.write_text(f"{header},TARGET\n{row},1\n")
    lines = [
        {"SK_ID_CURR": "REFERENCE-1", "SK_ID_BUREAU": f"b{n}", "CREDIT_ACTIVE": "Active",
         "CREDIT_CURRENCY": "currency 1",
         "DAYS_CREDIT": -100 - n, "DAYS_CREDIT_UPDATE": -n, "AMT_CREDIT_SUM": 1000 + n}
        for n in range(9)
    ]  # fmt: skip
    write_table(tmp_path / "bureau.csv", contracts["home_credit_bureau"], lines)
    load(history, portfolio, tmp_path, labelled=True)
    number = consumer_id_of(history, "home-credit", "REFERENCE-1")
    file = credit_file(history, number, datetime.fromisoformat("2018-05-01"))
    assert (len(file.tradelines), len(file.application), len(file.outcome)) == (9, 1, 0)
    assert file.covered == ("application", "tradeline")
    for shown in (repr(file), file._repr_html_()):
        assert f"Credit file of consumer {number} as of 2018-05-01" in shown
        assert "REFERENCE" not in shown
        assert not re.search("NaN|NaT|None", shown)
    assert "tradelines (9, the newest 6)" in repr(file)
    assert "&lt;rented&gt;" in file._repr_html_()
    later = credit_file(history, number, datetime.fromisoformat("2019-05-01"))
    assert later.outcome["is_bad"].tolist() == [True]
    assert len(credit_file(history, number, datetime.fromisoformat("2018-04-26")).tradelines) == 4
    assert credit_file(history, number, datetime.fromisoformat("2018-04-26")).covered == ()
