"""The whole training on a small population: what it brings, and that it brings the same again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from features.errors import ProhibitedFeature, UnknownFeature
from scoring.calibration import probability
from scoring.policy import policy_of
from scoring.scorer import Scorer
from training.figures import figures
from training.fingerprints import code_version, data_fingerprint
from training.population import Population, labelled_spine, population
from training.samples import Samples, draw_samples
from training.train import Options, Trained, train
from training.tuning import Progress

if TYPE_CHECKING:
    from conftest import Bank

ON = date(2005, 9, 30)
OPTIONS = Options(trials=1, seed=3, processes=1)


@pytest.fixture(scope="module")
def card_holders(bank: Bank) -> Population:
    spine = labelled_spine(bank.history, bank.observation)
    return population(bank.repository, bank.features, spine, bank.features.names)


@pytest.fixture(scope="module")
def samples(card_holders: Population) -> Samples:
    return draw_samples(card_holders, test_share=0.2, seed=3)


def _train(bank: Bank, people: Population, samples: Samples, **how: object) -> Trained:
    return train(people, samples, bank.features, model_version="taiwan-1", options=OPTIONS, label="late", **how)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def trained(bank: Bank, card_holders: Population, samples: Samples) -> Trained:
    return _train(bank, card_holders, samples)


def test_bundle_belongs_to_the_population(bank: Bank, card_holders: Population, trained: Trained) -> None:
    bundle = trained.bundle
    assert (bundle.model_version, bundle.portfolio, bundle.jurisdiction) == ("taiwan-1", "taiwan", "us")
    assert bundle.trained_on == ON
    assert bundle.model.features == card_holders.features
    assert bundle.feature_fingerprint == bank.features.catalogue.fingerprint(card_holders.features)
    assert bundle.policy == policy_of("taiwan", ON)
    assert len(Scorer(bundle).score_vectors(card_holders.values)) == len(card_holders)


def test_the_origin_tells_data_code_and_parameters(
    card_holders: Population, samples: Samples, trained: Trained
) -> None:
    origin = trained.bundle.origin
    assert origin.data_fingerprint == data_fingerprint(card_holders, samples)
    assert origin.code_version == code_version()
    assert origin.label == "late"
    assert {"rounds", "seed", "trials", "learning_rate"} <= set(origin.parameters)
    assert {"python", "lightgbm", "scikit-learn"} <= set(origin.environment)


def test_figures_are_those_of_the_development_sample_out_of_fold(
    card_holders: Population, samples: Samples, trained: Trained
) -> None:
    is_bad = card_holders.is_bad[samples.development]
    assert trained.figures == figures(trained.default_probability, is_bad)
    assert (trained.default_probability == probability(trained.log_odds)).all()
    assert len(trained.log_odds) == len(samples.development) == 192


def test_only_the_development_sample_is_seen(
    bank: Bank, card_holders: Population, samples: Samples, trained: Trained
) -> None:
    values, is_bad = card_holders.values.copy(), card_holders.is_bad.copy()
    values[samples.test] = 1e6
    is_bad[samples.test] = ~is_bad[samples.test]
    other = _train(bank, replace(card_holders, values=values, is_bad=is_bad), samples)
    assert other.bundle.model == trained.bundle.model
    assert other.bundle.calibration == trained.bundle.calibration
    assert other.bundle.origin.data_fingerprint != trained.bundle.origin.data_fingerprint


def test_declared_directions_hold_in_the_bundle(bank: Bank, card_holders: Population, trained: Trained) -> None:
    checked = 0
    for column, name in enumerate(card_holders.features):
        direction = bank.features.catalogue[name].direction
        present = card_holders.values[:, column]
        grid = np.unique(present[~np.isnan(present)])
        if direction and len(grid) > 1:
            swept = np.repeat(card_holders.values[:15], len(grid), axis=0)
            swept[:, column] = np.tile(grid, 15)
            steps = np.diff(trained.bundle.model.margin(swept).reshape(15, -1), axis=1)
            assert (direction * steps >= 0).all(), name
            checked += 1
    assert checked > 5


def test_same_seed_same_bundle_and_the_journal_changes_nothing(
    bank: Bank, card_holders: Population, samples: Samples, trained: Trained, tmp_path: Path
) -> None:
    told: list[Progress] = []
    again = _train(bank, card_holders, samples, storage=tmp_path / "journal", progress=told.append)
    assert again.bundle == trained.bundle
    assert (again.log_odds == trained.log_odds).all()
    assert [each.done for each in told] == ([] if trained.tuned is None else [1])
    resumed = _train(bank, card_holders, samples, storage=tmp_path / "journal")
    assert resumed.bundle == trained.bundle


@pytest.mark.parametrize(
    ("name", "error"), [("applicant_age", ProhibitedFeature), ("external_score_1", UnknownFeature)]
)
def test_what_may_not_be_used_is_named(
    bank: Bank, card_holders: Population, samples: Samples, tmp_path: Path, name: str, error: type[Exception]
) -> None:
    wrong = replace(card_holders, features=(name, *card_holders.features[1:]))
    with pytest.raises(error, match=f"^{name}: "):
        _train(bank, wrong, samples, storage=tmp_path / "journal")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"trials": 0}, "trials 0: at least 1 is needed"),
        ({"processes": 0}, "processes 0: at least 1 is needed"),
        ({"seconds": 0.0}, r"seconds 0\.0: more than 0 are needed"),
        ({"seconds": float("nan")}, "seconds nan: more than 0 are needed"),
        ({"test_share": 0.0}, r"test_share 0\.0 is not between 0 and 1"),
        ({"test_share": 1.0}, r"test_share 1\.0 is not between 0 and 1"),
    ],
)
def test_impossible_options_are_refused(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Options(**wrong)  # type: ignore[arg-type]


# -- fingerprints -------------------------------------------------------------------------------


def test_the_data_fingerprint_speaks_of_every_value(card_holders: Population, samples: Samples) -> None:
    known = data_fingerprint(card_holders, samples)
    assert data_fingerprint(card_holders.take(slice(None)), samples) == known
    others = [
        replace(card_holders, is_bad=~card_holders.is_bad),
        replace(card_holders, consumer_ids=card_holders.consumer_ids + 1),
        replace(card_holders, observed_at=card_holders.observed_at + np.timedelta64(1, "us")),
        replace(card_holders, values=np.where(np.isnan(card_holders.values), 0.0, card_holders.values + 1e-9)),
        replace(card_holders, features=tuple(reversed(card_holders.features))),
    ]
    swapped = Samples(samples.test, samples.development, samples.out_of_time)
    told = {known, *(data_fingerprint(each, samples) for each in others), data_fingerprint(card_holders, swapped)}
    assert len(told) == len(others) + 2


def test_all_kinds_of_missing_are_one(card_holders: Population, samples: Samples) -> None:
    values = card_holders.values.copy()
    values[np.isnan(values)] = -np.float64("nan")
    assert data_fingerprint(replace(card_holders, values=values), samples) == data_fingerprint(card_holders, samples)
