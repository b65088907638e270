"""Which features grow with the record: their windows, and what keeps all that was ever told."""

from __future__ import annotations

from datetime import date

import pytest

from features.sets import feature_set
from training.drift.growth import growing, reach_of, whole_months

CATALOGUE = feature_set("bureau").catalogue


@pytest.mark.parametrize(
    ("name", "reach"),
    [
        ("accounts_open", 0),  # the newest month of each account
        ("opened_24m", 24),
        ("file_age", float("inf")),
        ("accounts_total", float("inf")),  # closed ones stay
        ("age_oldest", float("inf")),
        ("age_open_mean", 0),  # when an account was opened is told with its newest month
        ("asked_by_income", 12),  # inquiries of twelve months over the newest income
        ("open_accounts_share", float("inf")),  # over all accounts
    ],
)
def test_reach(name: str, reach: float) -> None:
    assert reach_of(CATALOGUE, name) == reach


def test_a_deeper_record_makes_fewer_of_them_grow() -> None:
    names = feature_set("bureau").names
    by_depth = [growing(CATALOGUE, names, months) for months in (0, 6, 12, 24, 120)]
    for deeper, shallower in zip(by_depth[1:], by_depth, strict=False):
        assert deeper < shallower
    assert by_depth[-1] == {name for name in names if reach_of(CATALOGUE, name) == float("inf")}
    assert growing(CATALOGUE, ["opened_24m"], 24) == frozenset()
    assert growing(CATALOGUE, ["opened_24m"], 23) == {"opened_24m"}


@pytest.mark.parametrize("portfolio", ["taiwan", "home-credit"])
def test_portfolios_are_told_at_once_and_keep_nothing(portfolio: str) -> None:
    features = feature_set(portfolio)
    assert not any(reach_of(features.catalogue, name) == float("inf") for name in features.names)


def test_whole_months() -> None:
    assert whole_months(date(2019, 1, 31), date(2019, 1, 31)) == 0
    assert whole_months(date(2019, 3, 1), date(2019, 1, 31)) == 0
    assert whole_months(date(2018, 12, 31), date(2019, 12, 31)) == 12
