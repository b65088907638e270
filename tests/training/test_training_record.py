"""The record of a training: what is read is what was written, and anything else is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from training.boosting import BoostingParameters
from training.errors import RecordDamaged
from training.fingerprints import data_fingerprint
from training.population import Population
from training.samples import draw_samples
from training.training_record import TrainingRecord, plain_tuned, read_record, tuned_of, write_json, write_record
from training.tuning import Trial, Tuned


@pytest.fixture(scope="module")
def record(people: Population) -> TrainingRecord:
    samples = draw_samples(people, test_share=0.2, seed=1)
    people = people.take(slice(None))
    return TrainingRecord(
        people,
        samples,
        np.linspace(-2.0, 1.0, len(samples.development)),
        {"data_fingerprint": data_fingerprint(people, samples)},
        {"product": np.where(people.consumer_ids % 2 == 0, "card", "loan").astype(object)},
        pd.DataFrame({"other": people.values[:, 0] * 2}),
    )


@pytest.fixture
def folder(record: TrainingRecord, tmp_path: Path) -> Path:
    write_record(tmp_path, record)
    return tmp_path


def test_round_trip(record: TrainingRecord, folder: Path) -> None:
    read = read_record(folder)
    assert read.people.features == record.people.features
    for name in ("consumer_ids", "observed_at", "values", "is_bad"):
        np.testing.assert_array_equal(getattr(read.people, name), getattr(record.people, name))
        assert getattr(read.people, name).dtype == getattr(record.people, name).dtype
    for name in ("development", "test", "out_of_time"):
        np.testing.assert_array_equal(getattr(read.samples, name), getattr(record.samples, name))
    np.testing.assert_array_equal(read.out_of_fold_log_odds, record.out_of_fold_log_odds)
    assert read.training == record.training
    assert read.segments["product"].tolist() == record.segments["product"].tolist()


def test_the_same_record_gives_the_same_bytes(record: TrainingRecord, folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    write_record(again, read_record(folder))
    for path in again.iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


def test_the_population_is_a_plain_table(folder: Path, record: TrainingRecord) -> None:
    table = pd.read_parquet(folder / "population.parquet")
    assert list(table.columns) == ["consumer_id", "observed_at", "is_bad", "sample", *record.people.features]
    assert set(table["sample"]) == {"development", "test"}


def test_values_of_features_come_from_people_and_champion(record: TrainingRecord, folder: Path) -> None:
    read = read_record(folder)
    values = read.values_of(["noise", "other"])
    assert values is not None
    np.testing.assert_array_equal(values[:, 0], record.people.values[:, 3])
    np.testing.assert_array_equal(values[:, 1], record.people.values[:, 0] * 2)
    assert read.values_of(["nowhere"]) is None


def _swap_outcomes(folder: Path) -> None:
    table = pd.read_parquet(folder / "population.parquet")
    table["is_bad"] = ~table["is_bad"]
    table.to_parquet(folder / "population.parquet")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_swap_outcomes, "not the population that was trained on"),
        (lambda folder: (folder / "population.parquet").unlink(), "no record of a training that can be read"),
        (lambda folder: (folder / "population.parquet").write_bytes(b"PAR1"), "no record of a training"),
        (lambda folder: (folder / "out_of_fold.parquet").unlink(), "no record of a training"),
        (lambda folder: (folder / "training.json").unlink(), "no record of a training"),
        (lambda folder: (folder / "training.json").write_text("{}"), "no record of a training .*KeyError"),
        (lambda folder: (folder / "training.json").write_text("["), "no record of a training"),
        (lambda folder: write_json(folder / "training.json", {"data_fingerprint": "0"}), "not the population that"),
    ],
)
def test_damage_is_refused(folder: Path, damage: Callable[[Path], object], message: str) -> None:
    damage(folder)
    with pytest.raises(RecordDamaged, match=message):
        read_record(folder)


def test_a_feature_of_the_name_of_another_column_is_refused(record: TrainingRecord, tmp_path: Path) -> None:
    people = replace(record.people, features=("is_bad", *record.people.features[1:]))
    with pytest.raises(ValueError, match="is_bad: a column of the record itself has this name"):
        write_record(tmp_path, replace(record, people=people))


def test_a_tuning_goes_through_json() -> None:
    import json

    trials = tuple(
        Trial(number, BoostingParameters(rounds=100 + number), 0.7 + number / 100, (0.7, 0.8), 9.0, None, number == 1)
        for number in range(3)
    )
    tuned = Tuned(trials[2], trials, (trials[2], trials[0]), 150_000.0, 0.0001)
    assert tuned_of(json.loads(json.dumps(plain_tuned(tuned)))) == tuned
    assert tuned_of(plain_tuned(None)) is None
