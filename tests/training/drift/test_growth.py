# ruff: noqa: DTZ001 (the history keeps its moments without a zone: they are UTC)
"""Which features grow with the record: their windows, what keeps all that was ever told, and how deep it is."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from bureau.history import open_history
from bureau.home import open_home
from features.sets import feature_set
from training.drift.drift import Watched, drift
from training.drift.growth import growing, grows_until, months_told

CATALOGUE = feature_set("bureau").catalogue
NAMES = feature_set("bureau").names
EVER = float("inf")


@pytest.mark.parametrize(
    ("name", "until"),
    [
        ("accounts_open", 0),  # the newest month of each account
        ("opened_24m", 24),
        ("file_age", EVER),
        ("accounts_total", EVER),  # closed ones stay
        ("age_oldest", EVER),
        ("age_open_mean", 0),  # when an account was opened is told with its newest month
        ("asked_by_income", 12),  # inquiries of twelve months over the newest income
        ("open_accounts_share", EVER),  # over all accounts, so that it falls
        ("late_accounts_share_12m", 12),
        ("months_since_report", 0),  # grows with a furnisher's silence, not with the record
        ("months_since_account_report", 0),
        ("months_since_credit_order", 0),
        ("months_since_income_stated", 0),
        ("addresses_told_once_share", 0),
        ("lost_accounts_now", EVER),  # what is told no more stands as it was last told
        ("orders_late_now", EVER),
        ("orders_open_now", EVER),
        ("orders_owed", EVER),
        ("orders_late_owed", EVER),
    ],
)
def test_grows_until(name: str, until: float) -> None:
    assert grows_until(CATALOGUE, name) == until


def test_growth_is_expected_only_of_a_record_a_quarter_deeper() -> None:
    names = ["opened_12m", "opened_24m", "file_age", "accounts_open"]
    assert growing(CATALOGUE, names, 8, 10) == frozenset()
    assert growing(CATALOGUE, names, 8, 11) == {"opened_12m", "opened_24m", "file_age"}
    assert growing(CATALOGUE, names, 12, 36) == {"opened_24m", "file_age"}  # twelve month ends fill twelve months
    assert growing(CATALOGUE, names, 24, 36) == {"file_age"}
    assert growing(CATALOGUE, names, 24, 30) == growing(CATALOGUE, names, 24, 20) == frozenset()


def test_in_an_old_bureau_nothing_is_silenced() -> None:
    """A record of 20 years and two more: a silent furnisher and thinner files raise an alarm."""
    assert growing(CATALOGUE, NAMES, 240, 264) == frozenset()
    rng = np.random.default_rng(0)
    before, now = (
        {"thin_file": (rng.random(2_000) < thin) * 1.0, "months_since_report": rng.poisson(since, 2_000) * 1.0}
        for thin, since in ((0.05, 1), (0.7, 14))
    )
    for name in before:
        parts = [Watched({name: part[name]}, np.full(2_000, -3.0)) for part in (before, now)]
        found = drift(*parts, growing=growing(CATALOGUE, [name], 240, 264))
        assert {each.key: each.level for each in found.alarms}["input_shift"] == "alarm"


@pytest.mark.parametrize("portfolio", ["taiwan", "home-credit"])
def test_portfolios_are_told_at_once_and_keep_nothing(portfolio: str) -> None:
    features = feature_set(portfolio)
    assert not any(grows_until(features.catalogue, name) == EVER for name in features.names)


def test_months_told_counts_what_the_bureau_took_in(tmp_path: Path) -> None:
    history = open_history(open_home(tmp_path / "home", create=True))
    assert months_told(history, datetime(2030, 1, 1)) == 0
    told = [
        ("lender_months", "taken in", date(2019, 1, 31)),
        ("lender_months", "released", date(2019, 12, 31)),
        ("lender_months", "held", date(2009, 1, 31)),
        ("taiwan", "taken in", date(2005, 4, 30)),
    ]
    with history.write() as connection:
        connection.executemany(
            "INSERT INTO delivery (delivery_no, delivery_id, furnisher_id, contract, file, status, covers, bytes, "
            "received_at, recorded_at, read, accepted, quarantined, duplicate) "
            "SELECT $1, $1::VARCHAR, 'a', $2, 'f', $3, $4, 1, $4 + INTERVAL 3 DAY, $4 + INTERVAL 3 DAY, 1, 1, 0, 0",
            [[number, *each] for number, each in enumerate(told, 1)],
        )
    months = [
        months_told(history, moment) for moment in (datetime(2019, 2, 2), datetime(2019, 3, 1), datetime(2020, 2, 1))
    ]
    assert months == [0, 1, 12]
