"""The quality of a furnisher's data against values computed by hand, and the list of findings."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from bureau.history import History, open_history
from bureau.home import open_home
from bureau.kinds.all import KINDS
from bureau.quality import WEIGHTS, component_of, furnisher_quality, list_findings


@pytest.fixture
def history(tmp_path: Path) -> History:
    return open_history(open_home(tmp_path / "home", create=True), memory_limit="500MB")


def deliver(
    history: History,
    number: int,
    covers: str | None,
    received: str,
    *,
    furnisher: str = "bank",
    contract: str = "metro2",
    status: str = "taken in",
    read: int = 1000,
    duplicate: int = 0,
    corrects: int | None = None,
) -> None:
    with history.write() as connection:
        connection.execute(
            "INSERT INTO delivery (delivery_no, delivery_id, furnisher_id, contract, file, status, covers, "
            "received_at, read, duplicate, corrects) VALUES (?, ?, ?, ?, 'f', ?, ?, ?, ?, ?, ?)",
            [number, f"id{number}", furnisher, contract, status, covers, received, read, duplicate, corrects],
        )


def note(history: History, table: str, *rows: tuple[object, ...]) -> None:
    with history.write() as connection:
        places = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)


def register(history: History, *furnishers: str) -> None:
    with history.write() as connection:
        for furnisher in furnishers:
            connection.execute("INSERT INTO furnisher VALUES (?, ?, 'us', 'USD')", [furnisher, furnisher.title()])
            connection.execute("INSERT INTO feed VALUES (?, 'metro2', 'monthly', NULL)", [furnisher])


def test_score_and_components_are_what_the_formula_says(history: History) -> None:
    register(history, "bank")
    deliver(history, 1, "2024-01-31", "2024-02-04 06:00:00")
    deliver(history, 2, "2024-02-29", "2024-03-20 06:00:00", duplicate=60)  # ten days of grace: late
    # March is left out.
    deliver(history, 3, "2024-04-30", "2024-05-10 06:00:00")
    note(
        history,
        "quarantine",
        (1, 2, ["filled:ssn", "type:current_balance"], None),
        (1, 3, ["type:current_balance", "type:date_opened"], None),
        (1, 4, ["unique"], None),
        *((2, line, ["opened-changed"], None) for line in range(10, 39)),
    )
    note(history, "finding", (3, 7, "over-limit", "{}"), (3, 7, "other-employer", "{}"), (3, 8, "rating-missing", "{}"))
    (quality,) = furnisher_quality(history, KINDS)
    assert (quality.furnisher_id, quality.name, quality.deliveries, quality.records) == ("bank", "Bank", 3, 3000)
    # Of 3,000 records: 3 invalid (two in quarantine, one finding), 1 incomplete, 60 said again and 1 told twice,
    # 29 set aside and 1 found to contradict what is on file. Of four months two came in time.
    expected = {
        "validity": 100 * 2 ** (-(3 / 3000) / 0.05),  # 98.623
        "completeness": 100 * 2 ** (-(1 / 3000) / 0.05),  # 99.539
        "uniqueness": 100 * 2 ** (-(61 / 3000) / 0.05),  # 75.440
        "consistency": 100 * 2 ** (-(30 / 3000) / 0.05),  # 87.055
        "timeliness": 50.0,
    }
    assert quality.components == pytest.approx(expected)
    assert quality.components["consistency"] == pytest.approx(87.055, abs=1e-3)
    # 0.30 * 98.623 + 0.30 * 87.055 + 0.15 * 99.539 + 0.15 * 50 + 0.10 * 75.440
    assert quality.score == pytest.approx(85.678, abs=2e-3)
    assert quality.worst[0] == ("opened-changed", 29)
    assert sum(WEIGHTS.values()) == 100


def test_perfect_data_score_a_hundred(history: History) -> None:
    register(history, "bank")
    deliver(history, 1, None, "2024-02-04 06:00:00")
    (quality,) = furnisher_quality(history, KINDS)
    assert quality.score == 100
    assert set(quality.components) == set(WEIGHTS)


def test_who_sent_nothing_has_no_score(history: History) -> None:
    register(history, "bank", "court")
    deliver(history, 1, "2024-01-31", "2024-02-04 06:00:00", furnisher="court", status="held")
    bank, court = furnisher_quality(history, KINDS)
    assert (bank.score, bank.components, bank.deliveries) == (None, {}, 0)
    assert (court.score, court.components, court.deliveries) == (None, {"timeliness": 100.0}, 1)


def test_corrections_and_what_lies_outside_the_time_do_not_count(history: History) -> None:
    register(history, "bank")
    deliver(history, 1, "2024-01-31", "2024-02-04 06:00:00")
    deliver(history, 2, "2024-02-29", "2024-03-04 06:00:00")
    deliver(history, 3, None, "2024-03-05 06:00:00", read=1, corrects=2)
    note(history, "quarantine", (1, 2, ["type:ssn"], None), (3, 1, ["type:ssn"], None))
    assert furnisher_quality(history, KINDS)[0].components["validity"] == pytest.approx(100 * 2 ** (-(1 / 2000) / 0.05))
    later = furnisher_quality(history, KINDS, since=datetime.fromisoformat("2024-03-01"))[0]
    assert (later.records, later.score) == (1000, 100)
    assert furnisher_quality(history, KINDS, until=datetime.fromisoformat("2024-02-04T06:00:00"))[0].score is None


def test_every_rule_counts_in_one_component() -> None:
    for contract in KINDS.values():
        components = {rule: component_of(rule, contract) for rule in contract.sentences}
        assert {components[check.id] for check in contract.checks} <= {"consistency"}
        assert {components[rule.id] for rule in contract.rules} == {"validity"}
        assert components["unique"] == "uniqueness"
    assert component_of("json", None) == "validity"


def test_findings_are_listed_with_their_evidence(history: History) -> None:
    register(history, "bank", "court")
    deliver(history, 1, None, "2024-02-04 06:00:00")
    deliver(history, 2, None, "2024-02-05 06:00:00", furnisher="court", contract="court_records")
    note(history, "finding", (2, 9, "case-told-otherwise", '{"now": "Ada"}'), (1, 3, "over-limit", '{"now": 5}'))
    first, second = list_findings(history)
    assert (first.delivery_no, first.line, first.rule, first.evidence) == (1, 3, "over-limit", {"now": 5})
    assert (second.furnisher_id, second.contract) == ("court", "court_records")
    assert "Ada" not in repr(second)
    assert list_findings(history, furnisher="court") == [second]
    assert list_findings(history, rule="over-limit") == list_findings(history, delivery_no=1) == [first]
    assert list_findings(history, limit=1) == [first]
    assert list_findings(history, rule="nothing") == []
