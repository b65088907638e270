"""The population: whose outcome counts, and which features tell anything."""

from __future__ import annotations

import csv
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from features.errors import ProhibitedFeature, UnknownFeature
from training.errors import TrainingError, UnfitPopulation
from training.population import MIN_PER_CLASS, Population, labelled_spine, population

if TYPE_CHECKING:
    from conftest import Bank


def _defaults(bank: Bank) -> dict[int, bool]:
    """Who defaulted, from the file itself."""
    ids = bank.consumer_ids()
    with (bank.home.root.parent / "cards.csv").open(newline="") as file:
        return {ids[row["ID"]]: row["default.payment.next.month"] == "1" for row in csv.DictReader(file)}


def _outcomes(spine: pd.DataFrame) -> dict[int, bool]:
    return dict(zip(spine["consumer_id"].tolist(), spine["is_bad"].tolist(), strict=True))


def test_spine_holds_everybody_with_an_outcome(bank: Bank) -> None:
    spine = labelled_spine(bank.history, bank.observation)
    assert list(spine.columns) == ["consumer_id", "event_timestamp", "is_bad"]
    assert spine["consumer_id"].is_monotonic_increasing
    assert spine["consumer_id"].is_unique
    assert _outcomes(spine) == _defaults(bank)
    assert set(spine["event_timestamp"]) == {pd.Timestamp("2005-09-30", tz="UTC")}
    assert str(spine["event_timestamp"].dtype) == "datetime64[us, UTC]"


def test_which_outcomes_count(own_bank: Bank, tmp_path: Path) -> None:
    before = _defaults(own_bank)
    ids = own_bank.consumer_ids()
    good = [int(ref) for ref, consumer in ids.items() if not before[consumer]][:5]
    on_the_day, before_it, unclear, corrected, later = good
    own_bank.deliver_outcomes(
        tmp_path,
        [
            (on_the_day, date(2005, 9, 30), "bad"),  # speaks of the observation date: known then, no outcome
            (before_it, date(2005, 9, 29), "bad"),
            (unclear, date(2005, 10, 31), "unclear"),  # the bank takes back what it said
            (corrected, date(2005, 10, 31), "bad"),  # the bank corrects what it said
            (later, date(2005, 12, 31), "bad"),
        ],
        received=date(2006, 1, 15),
    )
    after = _outcomes(labelled_spine(own_bank.history, own_bank.observation))
    expected = before | {ids[str(corrected)]: True, ids[str(later)]: True}
    del expected[ids[str(unclear)]]
    assert after == expected


def test_values_are_those_of_the_feature_table(bank: Bank) -> None:
    spine = labelled_spine(bank.history, bank.observation)
    people = population(bank.repository, bank.features, spine, bank.features.names)
    assert people.consumer_ids.tolist() == spine["consumer_id"].tolist()
    assert people.is_bad.tolist() == spine["is_bad"].tolist()
    (path,) = bank.home.features.glob("card_months-*/*.parquet")
    table = pd.read_parquet(path).set_index("consumer_id").loc[people.consumer_ids]
    compared = [name for name in people.features if name in table]
    assert len(compared) > 20
    for name in compared:
        np.testing.assert_array_equal(people.values[:, people.features.index(name)], table[name].to_numpy())


def test_any_order_of_the_spine_is_kept(bank: Bank) -> None:
    spine = labelled_spine(bank.history, bank.observation)
    shuffled = spine.sample(frac=1.0, random_state=1).reset_index(drop=True)
    names = bank.features.names[:5]
    straight, mixed = (population(bank.repository, bank.features, each, names) for each in (spine, shuffled))
    order = np.argsort(mixed.consumer_ids)
    np.testing.assert_array_equal(mixed.values[order], straight.values)
    assert (mixed.is_bad[order] == straight.is_bad).all()


def test_features_that_are_the_same_for_everybody_are_left_out(bank: Bank) -> None:
    spine = labelled_spine(bank.history, bank.observation)
    everybody = population(bank.repository, bank.features, spine, bank.features.names)
    limit = everybody.values[:, everybody.features.index("card_limit_latest")]
    late = everybody.values[:, everybody.features.index("card_days_past_due_max_6m")]
    same_limit = population(bank.repository, bank.features, spine[limit == 50_000], bank.features.names)
    assert set(everybody.features) - set(same_limit.features) >= {"card_limit_latest"}
    never_late = population(bank.repository, bank.features, spine[late == 0], bank.features.names)
    assert set(everybody.features) - set(never_late.features) >= {"card_days_past_due_max_6m", "card_months_since_late"}


def test_a_feature_that_some_lack_tells_something(bank: Bank) -> None:
    spine = labelled_spine(bank.history, bank.observation)
    people = population(bank.repository, bank.features, spine, ("card_months_since_late",))
    assert 0 < np.isnan(people.values).mean() < 1


@pytest.mark.parametrize(("kind", "kept"), [("bad", True), ("good", False)])
def test_too_few_of_a_kind(bank: Bank, kind: str, kept: bool) -> None:
    spine = labelled_spine(bank.history, bank.observation)
    of_kind = spine["is_bad"] == kept
    few = pd.concat([spine[of_kind].head(MIN_PER_CLASS - 1), spine[~of_kind]])
    with pytest.raises(UnfitPopulation, match=rf"taiwan: 9 {kind} consumers with a known outcome, at least 10"):
        population(bank.repository, bank.features, few, bank.features.names)
    enough = pd.concat([spine[of_kind].head(MIN_PER_CLASS), spine[~of_kind]])
    assert len(population(bank.repository, bank.features, enough, bank.features.names)) == len(enough)


def test_nobody(bank: Bank) -> None:
    spine = labelled_spine(bank.history, bank.observation).head(0)
    with pytest.raises(UnfitPopulation, match="0 bad consumers with a known outcome"):
        population(bank.repository, bank.features, spine, bank.features.names)


def test_no_feature_varies(bank: Bank) -> None:
    spine = labelled_spine(bank.history, bank.observation)
    people = population(bank.repository, bank.features, spine, ("card_limit_latest",))
    same_limit = spine[people.values[:, 0] == 50_000]
    with pytest.raises(UnfitPopulation, match="no feature varies"):
        population(bank.repository, bank.features, same_limit, ("card_limit_latest",))


def test_unfit_is_a_training_error() -> None:
    assert issubclass(UnfitPopulation, TrainingError)


def test_a_prohibited_feature_is_named(bank: Bank) -> None:
    spine = labelled_spine(bank.history, bank.observation)
    with pytest.raises(ProhibitedFeature, match=r"applicant_age: prohibited in a credit decision .* leave it out"):
        population(bank.repository, bank.features, spine, ("card_limit_latest", "applicant_age"))


@pytest.mark.parametrize("name", ["external_score_mean", "no_such_feature"])
def test_a_feature_of_another_portfolio_is_named(bank: Bank, name: str) -> None:
    spine = labelled_spine(bank.history, bank.observation)
    with pytest.raises(UnknownFeature, match=f"{name}: no feature of"):
        population(bank.repository, bank.features, spine, ("card_limit_latest", name))


def test_taking_part(people: Population) -> None:
    bad = people.take(people.is_bad)
    assert bad.is_bad.all()
    assert len(bad) == people.is_bad.sum()
    assert bad.features == people.features
    np.testing.assert_array_equal(bad.values, people.values[people.is_bad])


def test_each_row_has_the_moment_of_its_observation(bank: Bank) -> None:
    spine = labelled_spine(bank.history, bank.observation)
    people = population(bank.repository, bank.features, spine, bank.features.names[:5])
    assert people.observed_at.dtype == np.dtype("datetime64[us]")
    assert set(people.observed_at.tolist()) == {datetime(2005, 9, 30)}  # noqa: DTZ001 (UTC, without a zone)
    assert set(people.take(slice(0, 3)).observed_at) == set(people.observed_at)


def test_the_frame_has_the_values_by_name(people: Population) -> None:
    frame = people.frame()
    assert tuple(frame.columns) == people.features
    np.testing.assert_array_equal(frame["noise"], people.values[:, people.features.index("noise")])


@pytest.mark.parametrize("name", ["consumer_ids", "observed_at", "values"])
def test_arrays_that_do_not_belong_together_are_refused(people: Population, name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}: shape \(1199,.*\), but \(1200,.*\) belongs to the rest"):
        replace(people, **{name: getattr(people, name)[1:]})


def test_moments_in_another_unit_are_refused(people: Population) -> None:
    with pytest.raises(ValueError, match=r"observed_at: datetime64\[ns\]; give moments in UTC as datetime64\[us\]"):
        replace(people, observed_at=people.observed_at.astype("datetime64[ns]"))


def test_a_feature_table_of_a_later_moment_cannot_leak(own_bank: Bank) -> None:
    """Tables in which every feature tells the outcome, later or recorded later, change nothing."""
    spine = labelled_spine(own_bank.history, own_bank.observation)
    names = own_bank.features.names
    honest = population(own_bank.repository, own_bank.features, spine, names)
    (path,) = own_bank.home.features.glob("card_months-*/*.parquet")
    table = pd.read_parquet(path).sort_values("consumer_id")
    is_bad = dict(zip(spine["consumer_id"], spine["is_bad"], strict=True))
    counted = table.columns.difference(["consumer_id", "event_timestamp", "created_timestamp"])
    leaking = table.assign(**dict.fromkeys(counted, table["consumer_id"].map(is_bad).astype(float)))
    day = pd.Timedelta(days=1)
    later = leaking["event_timestamp"] + day
    for number, planted in enumerate(
        (leaking.assign(event_timestamp=later, created_timestamp=later), leaking.assign(created_timestamp=later))
    ):
        planted.to_parquet(path.with_name(f"planted-{number}.parquet"), index=False)
        found = population(own_bank.repository, own_bank.features, spine, names)
        np.testing.assert_array_equal(found.values, honest.values)
    seen = population(
        own_bank.repository, own_bank.features, spine.assign(event_timestamp=spine["event_timestamp"] + day), names
    )
    assert not np.array_equal(seen.values, honest.values)  # a day later it is known, and is found


def test_training_is_light_to_import() -> None:
    script = (
        "import sys, training.train, training.errors, scoring.scorer; "
        "heavy = {'mlflow', 'feast', 'duckdb', 'matplotlib', 'shap', 'bentoml'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
