"""``tradeline retrain bureau`` before it trains: errors of usage, a history too young; and how old the data are."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from made_bureau import made_bureau

from bureau.history import History
from tradeline.data_age import told_age


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """All was delivered on 5 January 2022."""
    return made_bureau(tmp_path_factory.mktemp("made") / "home", people=20)


def lines(root: Path) -> list[str]:
    ledger = root / "runs" / "ledger.jsonl"
    return ledger.read_text().splitlines() if ledger.exists() else []


def test_a_history_too_young_is_told_with_its_numbers(command: Any, history: History) -> None:
    root = history.home.root
    done = command("retrain", "bureau", "--date", "2022-03-31", "--home", root)
    assert done.code == 1, done.err
    why = json.loads(lines(root)[-1])["why"]
    # Six months after 5 January 2022 is July; twelve months and 31 days after its end is 31 August 2023.
    assert "6 months of history are asked for before the first observation date" in why
    assert "12 months and 31 days for late reports after it" in why
    assert "recorded from 2022-01-05 to 2022-01-05, so that 2022-07-31 is the first and matures on 2023-08-31" in why


def test_an_error_of_usage_leaves_no_line(command: Any, history: History) -> None:
    root = history.home.root
    with history.write() as connection:
        connection.execute("UPDATE tradeline_month SET currency = 'EUR' WHERE tradeline_id = 1")
    before = lines(root)
    asked = ("retrain", "bureau", "--date", "2022-04-30", "--home", root)
    for options, told in (
        ((), "accounts are told in USD, EUR"),
        (("--currency", "GBP"), "no account is told in GBP, only in USD, EUR"),
        (("--currency", "USD", "--observe", "2022-03-31"), "its performance window of 12 months"),
        (("--currency", "USD", "--observe", "2021-03-31,2021-03-31"), "is given twice"),
        (("--currency", "USD", "--observe", "tomorrow"), "is no date"),
    ):
        done = command(*asked, *options)
        assert (done.code, told in " ".join(done.err.split())) == (2, True), done.err
    assert lines(root) == before


def test_old_data_are_called_old(history: History) -> None:
    assert told_age(history, datetime.fromisoformat("2022-03-08")) is None
    told = told_age(history, datetime.fromisoformat("2026-11-29"))
    assert told is not None
    assert "the newest delivery is of 2022-01-05, 1,789 days before 2026-11-29" in told
    assert told.endswith("watch the people of its time with --as-of 2022-01-06")
    assert told_age(history, datetime.fromisoformat("2022-01-01")) is None  # nothing is known yet
