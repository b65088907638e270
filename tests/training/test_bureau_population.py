# ruff: noqa: DTZ001 (the history keeps its moments without a zone: they are UTC)
"""The bureau's population: who is in it, what was known of them, and that nothing later can enter."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fact_book import FactBook
from made_bureau import made_bureau

from bureau.facts import FACTS
from bureau.history import History
from bureau.settle import settle
from features.compute import compute
from features.errors import ProhibitedFeature, UnknownFeature
from features.sets import feature_set
from training.bureau_population import BureauPopulation, bureau_population, newest_matured
from training.errors import UnfitPopulation
from training.labels import LabelDefinition
from training.segments import SEGMENT_FEATURES, jurisdictions, segments_of

DEFINITION = LabelDefinition(window_months=6, grace_days=10)
DATES = (date(2020, 12, 31), date(2020, 8, 31))
PRESENT = datetime(2021, 12, 31, tzinfo=UTC)
NAMES = ("revolving_utilisation", "worst_level_12m", "owed_revolving", "owed_mortgage")


def built(history: History, **other: Any) -> BureauPopulation:
    asked = {
        "definition": DEFINITION,
        "observation_dates": DATES,
        "present": PRESENT,
        "currency": "USD",
        "names": NAMES,
    }
    return bureau_population(history, **asked | other)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    return made_bureau(tmp_path_factory.mktemp("made") / "home")


@pytest.fixture(scope="module")
def population(history: History) -> BureauPopulation:
    return built(history)


def test_everybody_with_an_outcome_is_in_it_once_a_date(population: BureauPopulation) -> None:
    people, counted = population.people, population.labels.counted
    assert population.labels.counts.total() == 600  # 300 people on file at two dates
    assert len(people) == len(counted) == population.labels.counts.total("good") + population.labels.counts.total("bad")
    assert people.is_bad.tolist() == counted["is_bad"].tolist()
    keys = list(zip(people.observed_at.tolist(), people.consumer_ids.tolist(), strict=True))
    assert keys == sorted(set(keys))  # by date and consumer, whatever the order of the dates
    assert {moment.date() for moment, _ in keys} == set(DATES)
    assert 40 <= people.is_bad.sum() <= 80


def test_values_are_those_known_at_each_moment(history: History, population: BureauPopulation) -> None:
    people = population.people
    assert people.features == NAMES[:3]  # nobody has a mortgage, so that feature tells nothing
    for day in np.unique(people.observed_at):
        rows = np.flatnonzero(people.observed_at == day)
        spine = pd.DataFrame(
            {
                "consumer_id": people.consumer_ids[rows],
                "event_timestamp": pd.DatetimeIndex(people.observed_at[rows], tz="UTC"),
            }
        )
        table = compute(history, feature_set("bureau").catalogue, NAMES, spine, currency="USD", now=PRESENT)
        for column, name in enumerate(people.features):
            np.testing.assert_array_equal(people.values[rows, column], table.column(name).to_numpy())


def test_segments_belong_to_the_rows(population: BureauPopulation) -> None:
    assert set(population.segments) == {"file", "products", "jurisdiction"}
    assert {len(each) for each in population.segments.values()} == {len(population.people)}
    assert set(population.segments["products"]) == {"revolving"}  # everybody has a card and nothing else


def test_progress_only_grows(history: History) -> None:
    told: list[float] = []
    built(history, names=("owed_revolving",), progress=lambda _, share: told.append(share))
    assert told == sorted(told)
    assert 0 <= told[0] < 0.5 < told[-1] <= 1


@pytest.fixture
def own_history(tmp_path: Path) -> History:
    return made_bureau(tmp_path / "home")


def correct(history: History, months: pd.DataFrame, recorded_at: datetime) -> None:
    """Record other versions of some months."""
    with history.write() as connection:
        connection.register("given", months.assign(recorded_at=recorded_at, delivery_no=2))
        connection.execute("INSERT INTO tradeline_month BY NAME SELECT * FROM given")
        settle(connection, FACTS["tradeline_month"], 2)
        connection.unregister("given")


def test_a_correction_recorded_later_cannot_leak(own_history: History) -> None:
    """The months before the observation are corrected afterwards so that they tell the outcome: nothing changes."""
    honest = built(own_history, observation_dates=DATES[:1])
    bad = sorted(set(honest.people.consumer_ids[honest.people.is_bad].tolist()))
    with own_history.read() as connection:
        months = connection.execute(
            "SELECT tradeline_id, product, currency, effective_on, credit_limit, opened_on, 999999.0 AS balance, "
            "30 AS days_past_due, 'late' AS payment_status "
            "FROM tradeline_month WHERE effective_on <= DATE '2020-07-31'"
        ).df()
    planted = months[months["tradeline_id"].isin(bad)]
    just_after = datetime(2020, 12, 31, 0, 0, 1)
    correct(own_history, planted, just_after)
    after = built(own_history, observation_dates=DATES[:1])
    assert after.people.is_bad.tolist() == honest.people.is_bad.tolist()
    np.testing.assert_array_equal(after.people.values, honest.people.values)
    later = built(own_history, observation_dates=[date(2021, 1, 1)])
    found = later.people.values[:, later.people.features.index("worst_level_12m")]
    assert (found[np.isin(later.people.consumer_ids, bad)] >= 1).all()  # a day later it is known, and is found


def test_a_correction_in_the_window_changes_the_outcome(own_history: History) -> None:
    honest = built(own_history, observation_dates=DATES[:1])
    good = honest.people.consumer_ids[
        ~honest.people.is_bad & (honest.people.observed_at == honest.people.observed_at.max())
    ]
    with own_history.read() as connection:
        months = connection.execute(
            "SELECT * EXCLUDE (recorded_at, superseded_at, delivery_no, line_no) REPLACE (120 AS days_past_due) "
            "FROM tradeline_month WHERE effective_on = DATE '2021-03-31'"
        ).df()
    chosen = months[months["tradeline_id"].isin(good[:7])]
    correct(own_history, chosen, datetime(2021, 12, 1))
    after = built(own_history, observation_dates=DATES[:1])
    assert after.people.is_bad.sum() == honest.people.is_bad.sum() + 7
    before = built(own_history, observation_dates=DATES[:1], present=datetime(2021, 11, 30, tzinfo=UTC))
    assert before.people.is_bad.tolist() == honest.people.is_bad.tolist()


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        ([], "no observation date is given; `newest_matured` tells"),
        ([date(2022, 1, 1)], "observation date 2022-01-01: after the present, 2021-12-31; choose one that has passed"),
        ([date(2021, 7, 31)], "observation date 2021-07-31: its performance window of 6 months and 10 days for late "
         "reports is over on 2022-02-10, after the present, 2021-12-31; choose an earlier one"),
        ([DATES[0], DATES[0]], "an observation date is given twice"),
        ([date(2019, 1, 31)], "bureau: nobody's outcome is good or bad"),
    ],
)  # fmt: skip
def test_dates_that_cannot_be_used(history: History, dates: list[date], told: str) -> None:
    with pytest.raises(UnfitPopulation, match=f"^{told}"):
        built(history, observation_dates=dates)


@pytest.mark.parametrize("name", ["is_bad", "outcome", "bad_in_12_months"])
def test_an_outcome_is_no_feature(history: History, name: str) -> None:
    with pytest.raises(UnknownFeature, match=f"^{name}: "):
        built(history, names=(*NAMES, name))


def test_what_is_prohibited_is_refused(history: History) -> None:
    with pytest.raises(ProhibitedFeature, match=r"^applicant_age: prohibited in a credit decision"):
        built(history, names=("owed_revolving", "applicant_age"))


def test_too_few_of_a_kind(history: History) -> None:
    never_bad = LabelDefinition(days_past_due=10_000, window_months=6, grace_days=10)
    with pytest.raises(UnfitPopulation, match="bureau: 0 bad consumers with a known outcome, at least 10"):
        built(history, definition=never_bad, names=("owed_revolving",))


def test_the_newest_matured_dates(tmp_path: Path) -> None:
    book = FactBook(tmp_path)
    twelve = LabelDefinition(grace_days=31)
    assert newest_matured(book.history, twelve, PRESENT) == ()
    with book.history.write() as connection:
        for number, day in ((1, "2020-01-10"), (2, "2021-12-10")):
            connection.execute(
                "INSERT INTO delivery (delivery_no, delivery_id, recorded_at) VALUES (?, ?, ?::TIMESTAMP)",
                [number, f"d{number}", day],
            )
    # Half a year after the first delivery is 10 July 2020; 30 November matures on 31 December 2021.
    ends = [date(2020, 7, 31), date(2020, 8, 31), date(2020, 9, 30), date(2020, 10, 31), date(2020, 11, 30)]
    assert newest_matured(book.history, twelve, PRESENT) == tuple(ends)
    # Years later it is no other: of what came after the newest delivery nobody told.
    assert newest_matured(book.history, twelve, datetime(2026, 1, 1, tzinfo=UTC)) == tuple(ends)
    assert newest_matured(book.history, twelve, datetime(2021, 12, 30, 23, tzinfo=UTC)) == tuple(ends[:-1])
    assert newest_matured(book.history, twelve, PRESENT, count=2) == tuple(ends[-2:])
    assert newest_matured(book.history, twelve, PRESENT, months_known=10) == tuple(ends[-1:])
    assert newest_matured(book.history, twelve, datetime(2020, 1, 9, tzinfo=UTC)) == ()
    with pytest.raises(TypeError, match="present: a moment with a time zone is wanted"):
        newest_matured(book.history, twelve, datetime(2021, 12, 31))


def test_segments_by_hand() -> None:
    counts = {
        "thin_file": [1, 1, 0, 0], "file_without_accounts": [1, 0, 0, 0],
        "open_card_count": [0, 1, 2, 0], "open_line_count": [0, 0, 1, 0], "open_consumer_count": [0, 0, 0, 1],
        "open_car_count": [0, 0, 0, 0], "open_student_count": [0, 0, np.nan, 0], "open_mortgage_count": [0, 0, 1, 0],
    }  # fmt: skip
    assert set(counts) == set(SEGMENT_FEATURES) <= set(feature_set("bureau").names)
    found = segments_of({name: np.array(values, dtype=float) for name, values in counts.items()})
    assert found["file"].tolist() == ["no accounts", "thin", "full", "full"]
    assert found["products"].tolist() == ["none", "revolving", "revolving+mortgage", "instalment"]


def test_jurisdictions_are_those_of_the_furnishers_known_then(tmp_path: Path) -> None:
    book = FactBook(tmp_path)
    with book.history.write() as connection:
        for number, (furnisher, law) in enumerate((("a", "us"), ("b", "cn")), start=1):
            connection.execute("INSERT INTO furnisher (furnisher_id, jurisdiction) VALUES (?, ?)", [furnisher, law])
            connection.execute(
                "INSERT INTO delivery (delivery_no, delivery_id, furnisher_id) VALUES (?, ?, ?)",
                [number, furnisher, furnisher],
            )
    told = {"role": "individual", "effective_on": date(2023, 1, 31)}
    book.record(
        {
            "association": [
                {"consumer_id": 1, "tradeline_id": 1, "recorded_at": datetime(2023, 2, 5), "delivery_no": 1} | told,
                {"consumer_id": 1, "tradeline_id": 2, "recorded_at": datetime(2023, 3, 5), "delivery_no": 2} | told,
                {"consumer_id": 2, "tradeline_id": 3, "recorded_at": datetime(2023, 2, 5), "delivery_no": 2} | told,
            ]
        }
    )
    asked = np.array([2, 1, 3])
    assert jurisdictions(book.history, asked, datetime(2023, 2, 28)).tolist() == ["cn", "us", "none"]
    assert jurisdictions(book.history, asked, datetime(2023, 3, 31)).tolist() == ["cn", "cn+us", "none"]
