"""The workbench: what it shows agrees with what it is made of, and it computes nothing twice."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_bureau import made_bureau

from bureau.history import History, open_history
from bureau.home import open_home
from features.compute import compute
from features.declaration import Derived, aggregate
from features.definitions.all import CATALOGUE
from features.derived import Ratio
from features.errors import BadSpine, FeatureError, ProhibitedFeature, UnknownFeature
from features.workbench import Workbench

ACCOUNTS = CATALOGUE.view("accounts")
SOME = ["revolving_utilisation", "worst_level_12m", "accounts_open"]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    return made_bureau(tmp_path_factory.mktemp("made") / "home")


@pytest.fixture
def bench(history: History) -> Workbench:
    return Workbench(history, currency="USD", quiet=True)


@pytest.fixture(scope="module")
def observed(history: History) -> Workbench:
    """Seven months in view; tests look at it and leave it as it is."""
    bench = Workbench(history, currency="USD", quiet=True)
    bench.observe("2020-06", "2020-12")
    return bench


def test_words_find_features(bench: Workbench) -> None:
    found = bench.find("utilisation revolving")
    assert "revolving_utilisation" in found.index
    assert all("revolving" in name or "revolving" in found.loc[name, "meaning"] for name in found.index)
    assert len(bench.find()) == len(bench.names)
    assert bench.find("nothing of the kind").empty


def test_a_card_tells_what_is_declared_and_observed(observed: Workbench) -> None:
    card = observed.show("revolving_utilisation")
    for text in (repr(card), card._repr_html_()):
        assert "revolving_utilisation" in text
        assert CATALOGUE["revolving_utilisation"].meaning in text
        assert "2,100 rows" in text
    assert card.spreads["observed"].marks["mean"] == pytest.approx(observed.values(SOME)[SOME[0]].mean())
    with pytest.raises(UnknownFeature, match="no_such: no feature of this name"):
        observed.show("no_such")


def test_everybody_on_file_is_observed_at_each_month_end(observed: Workbench) -> None:
    counts = observed.rows.groupby("event_timestamp").size()
    assert [f"{moment:%Y-%m-%d %H:%M %Z}" for moment in counts.index][::6] == [
        "2020-06-30 00:00 UTC",
        "2020-12-31 00:00 UTC",
    ]
    assert counts.tolist() == [300] * 7


def test_before_anything_was_told_nobody_is_on_file(bench: Workbench) -> None:
    assert len(bench.people("2020-01-31")) == 0
    assert len(bench.people("2020-02-05")) == 300


def test_fewer_people_keep_all_their_rows(bench: Workbench) -> None:
    rows = bench.observe("2020-06", "2020-08", at_most=40)
    assert rows["consumer_id"].nunique() == 40
    assert len(rows) == 120
    assert bench.observe("2020-06", "2020-08", at_most=40).equals(rows)
    assert not bench.observe("2020-06", "2020-08", at_most=40, seed=1).equals(rows)


def test_values_are_those_of_the_engine(observed: Workbench) -> None:
    engine = compute(
        observed.history, CATALOGUE, SOME, observed.rows, currency="USD", now=datetime(2023, 1, 1, tzinfo=UTC)
    ).to_pandas()
    assert observed.values(SOME).equals(engine[SOME])


def test_what_is_known_is_not_computed_again(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.observe("2020-06")
    first = bench.values(SOME)
    monkeypatch.setattr("features.workbench.compute", lambda *_, **__: pytest.fail("computed again"))
    assert bench.values(SOME[:2]).equals(first[SOME[:2]])


def test_another_choice_of_rows_forgets_the_values(bench: Workbench) -> None:
    bench.observe("2020-06")
    early = bench.values(SOME)
    bench.observe("2020-12")
    assert not bench.values(SOME).equals(early)


def test_a_training_set_keeps_the_callers_rows(bench: Workbench) -> None:
    spine = pd.DataFrame(
        {
            "consumer_id": [7, 7, 3, 999_999, 7],
            "event_timestamp": pd.to_datetime(
                ["2020-09-30", "2020-06-30", "2020-09-30", "2020-09-30", "2020-09-30"], utc=True
            ),
            "is_bad": [True, False, True, False, True],
        },
        index=list("edcba"),
    )
    derived = next(item for item in CATALOGUE.derived if item.name in bench.names)
    names = ["accounts_open", derived.name]
    made = bench.training_set(spine, names)
    assert made[list(spine.columns)].equals(spine)
    assert made.columns.tolist() == [*spine.columns, *names]
    assert made.loc["b", names].isna().all()
    assert made.loc["e"].equals(made.loc["a"])


def test_what_may_not_be_used_or_asked_is_refused(bench: Workbench) -> None:
    spine = bench.people("2020-06-30").head(2)
    with pytest.raises(ProhibitedFeature, match="applicant_sex: prohibited"):
        bench.training_set(spine, ["applicant_sex"])
    with pytest.raises(UnknownFeature, match="income: no feature of bureau"):
        bench.training_set(spine, ["income"])
    with pytest.raises(BadSpine, match="after the present in 2 of 2 rows"):
        bench.training_set(spine.assign(event_timestamp=pd.Timestamp("2022-06-01", tz="UTC")), SOME)
    with pytest.raises(FeatureError, match=re.escape('choose rows, as bench.observe("2024-01", "2024-12")')):
        bench.values(SOME)
    with pytest.raises(FeatureError, match="no date is named"):
        bench.people()


def test_a_feature_of_ones_own(bench: Workbench) -> None:
    bench.observe("2020-06")
    before = len(bench.names)
    mine = aggregate(
        ACCOUNTS,
        "my_limits",
        "sum(credit_limit) FILTER (is_open)",
        "limits of open accounts",
        unit="amount",
        reason="B01",
    )
    assert "limits of open accounts" in repr(bench.add(mine))
    assert bench.values(["my_limits"])["my_limits"].eq(1000).all()
    again = aggregate(ACCOUNTS, "my_limits", "max(balance)", "largest balance", unit="amount", reason="B01")
    bench.add(again)
    bench.add(Derived("my_share", Ratio("my_limits", "revolving_limit"), "share", "share", 0, "B01"))
    values = bench.values(["my_limits", "my_share", "revolving_limit"])
    assert np.allclose(values["my_share"], values["my_limits"] / 1000)
    assert len(bench.names) == before + 2
    assert "my_limits" not in CATALOGUE
    taken = aggregate(ACCOUNTS, "accounts_open", "count(*)", "accounts", unit="count", reason="B01")
    with pytest.raises(ValueError, match="declared twice: accounts_open"):
        bench.add(taken)


def test_the_hour_of_a_data_scientist(observed: Workbench) -> None:
    outcome = observed.outcome(months=6, days_past_due=90)
    assert 0 < outcome.mean() < 0.5
    names = [*SOME, "hard_inquiries_12m"] if "hard_inquiries_12m" in observed.names else SOME
    told = observed.information_values(outcome, names)
    assert told.loc["revolving_utilisation", "trend"] > 0
    assert observed.evidence("revolving_utilisation", outcome)["iv"].sum() == pytest.approx(
        told.loc["revolving_utilisation", "iv"]
    )
    assert observed.shifts(names).loc["revolving_utilisation", "2020-06"] == 0
    grouped = observed.families(outcome, names)
    assert grouped["figure"].to_dict() == pytest.approx(told["iv"].to_dict())
    for picture in (
        observed.over_time("revolving_utilisation"),
        observed.against_outcome("revolving_utilisation", outcome),
        observed.stability("revolving_utilisation", base="2020-09"),
    ):
        assert picture._repr_png_().startswith(b"\x89PNG")


def test_it_opens_a_home_by_its_folder_and_tells_what_it_is(history: History) -> None:
    bench = Workbench(str(history.home.root), currency="USD", quiet=True)
    assert "in USD, until 2022-01-05 00:00 UTC; nothing observed yet" in repr(bench)
    assert bench.now == datetime(2022, 1, 5, tzinfo=UTC)


def test_a_bureau_without_deliveries_is_refused(tmp_path: Path) -> None:
    empty = open_history(open_home(tmp_path / "home", create=True))
    with empty.write():
        pass
    with pytest.raises(FeatureError, match="nothing was taken in yet"):
        Workbench(empty, currency="USD")
