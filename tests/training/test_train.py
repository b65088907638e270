"""The whole training on a small population: what it brings, and that it brings the same again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from features.errors import ProhibitedFeature, UnknownFeature
from scoring.calibration import probability
from scoring.policy import policy_of
from scoring.scorer import Scorer
from training.evidence import build_report, summarise
from training.figures import figures
from training.population import Population, labelled_spine, population
from training.train import Options, Trained, train

if TYPE_CHECKING:
    from conftest import Bank

ON = date(2005, 9, 30)
OPTIONS = Options(trials=1, seed=3, processes=1, repeats=2)


@pytest.fixture(scope="module")
def card_holders(bank: Bank) -> Population:
    spine = labelled_spine(bank.history, bank.observation)
    return population(bank.repository, bank.features, spine, bank.features.names)


def _train(bank: Bank, people: Population, folder: Path, options: Options = OPTIONS) -> Trained:
    return train(
        people, bank.features, model_version="taiwan-1", observed_on=ON, options=options, journal=folder / "journal"
    )


@pytest.fixture(scope="module")
def trained(bank: Bank, card_holders: Population, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return _train(bank, card_holders, tmp_path_factory.mktemp("trained"))


def test_bundle_belongs_to_the_population(bank: Bank, card_holders: Population, trained: Trained) -> None:
    bundle = trained.bundle
    assert (bundle.model_version, bundle.portfolio, bundle.jurisdiction) == ("taiwan-1", "taiwan", "us")
    assert bundle.trained_on == ON
    assert bundle.model.features == card_holders.features
    assert bundle.feature_fingerprint == bank.features.catalogue.fingerprint(card_holders.features)
    assert bundle.policy == policy_of("taiwan", ON)
    assert len(Scorer(bundle).score_vectors(card_holders.values)) == len(card_holders)


def test_figures_are_those_of_the_first_draw(card_holders: Population, trained: Trained) -> None:
    assert trained.figures == figures(trained.default_probability, card_holders.is_bad)
    assert (trained.default_probability == probability(trained.log_odds)).all()
    assert len(trained.auc_by_repeat) == 2
    assert trained.auc_by_repeat[0] == trained.figures.auc
    one, other = trained.auc_by_repeat
    assert trained.auc_standard_error == pytest.approx(abs(one - other) / 2)  # sd / sqrt(2) of two values


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


def test_same_seed_same_model_and_progress_is_told(
    bank: Bank, card_holders: Population, trained: Trained, tmp_path: Path
) -> None:
    told: list[tuple[str, float]] = []
    again = train(
        card_holders, bank.features, model_version="taiwan-1", observed_on=ON, options=OPTIONS,
        journal=tmp_path / "journal", step=lambda what, share: told.append((what, share)),
    )  # fmt: skip
    assert again.bundle == trained.bundle
    assert again.auc_by_repeat == trained.auc_by_repeat
    assert (again.log_odds == trained.log_odds).all()
    _assert_progress(told)


def _assert_progress(told: list[tuple[str, float]]) -> None:
    assert all(0 <= share <= 1 for _, share in told)
    assert [what.split(",")[0] for what in dict.fromkeys(what for what, _ in told)] == [
        "tuning", "judging out of fold", "fitting on everybody",
    ]  # fmt: skip
    assert told[-1] == ("fitting on everybody", 1.0)


@pytest.mark.parametrize(
    ("name", "error"), [("applicant_age", ProhibitedFeature), ("external_score_1", UnknownFeature)]
)
def test_what_may_not_be_used_is_named(
    bank: Bank, card_holders: Population, tmp_path: Path, name: str, error: type[Exception]
) -> None:
    names = (name, *card_holders.features[1:])
    wrong = Population(card_holders.consumer_ids, card_holders.values, names, card_holders.is_bad)
    with pytest.raises(error, match=f"^{name}: "):
        _train(bank, wrong, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("wrong", ["trials", "processes", "repeats"])
def test_impossible_options_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=f"{wrong} 0: at least 1 is needed"):
        Options(**{wrong: 0})  # type: ignore[arg-type]


def test_few_people_are_judged_on_several_draws(card_holders: Population) -> None:
    assert Options().repeats_for(card_holders) == 5
    assert Options(repeats=2).repeats_for(card_holders) == 2
    many = card_holders.take(np.zeros(10_000, dtype=int))
    assert Options().repeats_for(many) == 1


def test_one_draw_has_no_standard_error(trained: Trained) -> None:
    single = Trained(trained.bundle, trained.parameters, trained.log_odds, trained.figures, trained.auc_by_repeat[:1])
    assert single.auc_standard_error is None


# -- evidence -----------------------------------------------------------------------------------


def test_summary(card_holders: Population, trained: Trained) -> None:
    summary = summarise(trained, card_holders)
    assert set(summary) == {
        "portfolio", "model_version", "n_train", "n_bad", "auc", "gini", "ks", "expected_calibration_error",
        "auc_repeats", "auc_repeats_mean", "auc_standard_error", "n_features", "features_used", "observed_on",
        "jurisdiction",
    }  # fmt: skip
    assert summary["n_train"] == len(card_holders) == 240
    assert summary["n_bad"] == card_holders.is_bad.sum()
    assert summary["auc"] == round(trained.figures.auc, 6)
    assert summary["gini"] == pytest.approx(2 * trained.figures.auc - 1, abs=1e-6)
    assert summary["auc_repeats_mean"] == pytest.approx(np.mean(trained.auc_by_repeat), abs=1e-6)
    assert summary["features_used"] == list(card_holders.features)
    assert summary["observed_on"] == "2005-09-30"


def test_report_shows_the_figures_of_the_training(bank: Bank, card_holders: Population, trained: Trained) -> None:
    summary = summarise(trained, card_holders)
    report = build_report(trained, card_holders, bank.features, (), summary, seed=3)
    assert (report.is_bad == card_holders.is_bad).all()
    assert (report.default_probability == trained.default_probability).all()
    assert (report.credit_score == trained.bundle.scale.to_score(trained.log_odds)).all()
    assert {weight.name for weight in report.features} == set(card_holders.features)
    weights = [weight.mean_contribution for weight in report.features]
    assert weights == sorted(weights, reverse=True)
    assert "features_used" not in report.summary


def test_example_is_in_the_middle_of_the_declined(bank: Bank, card_holders: Population, trained: Trained) -> None:
    report = build_report(trained, card_holders, bank.features, (), summarise(trained, card_holders), seed=3)
    scored = Scorer(trained.bundle).score_vectors(card_holders.values)
    declined = sorted(item.default_probability for item in scored if item.decision == "decline")
    assert declined
    assert report.example.decision == "decline"
    assert report.example.consumer == "one declined applicant"
    below = sum(chance < report.example.default_probability for chance in declined)
    assert abs(below - len(declined) / 2) <= 1
