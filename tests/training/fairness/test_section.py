"""The fairness section from evidence: every group is in it, a planted proxy is found, all pictures can be drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from features.sets import feature_set
from scoring.bundle import Bundle
from scoring.calibration import Calibration, probability
from scoring.model import Model
from scoring.policy import Policy, PolicyBook
from scoring.scale import ScoreScale
from training.baselines import draw_baselines
from training.boosting import BoostingParameters, fit_booster
from training.fairness.section import fairness_section
from training.population import Population
from training.report.drawing import to_svg
from training.report.section import Cell, Section
from training.samples import Samples
from training.validation.evidence import Evidence

PARAMETERS = BoostingParameters(rounds=40, learning_rate=0.1)


def make_evidence(people: int = 1600) -> Evidence:
    """Four features, the first a planted proxy of the group; three people are of a third group, some unknown."""
    features = feature_set("taiwan")
    names = features.permitted("us")[:4]
    random = np.random.default_rng(11)
    of_group = random.random(people) < 0.4
    values = random.normal(size=(people, 4))
    values[:, 0] += 2.0 * of_group
    is_bad = random.random(people) < probability(-1.2 + 0.4 * values[:, 0] + values[:, 1])
    group = np.where(of_group, "a", "b").astype(object)
    group[random.random(people) < 0.05] = None
    group[:3] = "few"
    day = np.full(people, np.datetime64("2005-09-30", "us"))
    samples = Samples(np.arange(1000), np.arange(1000, people), np.arange(0))
    booster = fit_booster(values[:1000], is_bad[:1000], names, (0,) * 4, PARAMETERS, 1)
    model, calibration, scale = Model(booster.model_to_string(), names), Calibration(), ScoreScale()
    policy = Policy("taiwan", "p", pd.Timestamp("2005-01-01").date(), refer_below=530, decline_below=500)
    drawn = draw_baselines(model, calibration, scale, policy, values[:1000], seed=1)
    bundle = Bundle(
        model_version="taiwan-1",
        portfolio="taiwan",
        jurisdiction="us",
        trained_on=pd.Timestamp("2005-09-30").date(),
        model=model,
        calibration=calibration,
        scale=scale,
        policies=PolicyBook.single(policy),
        feature_fingerprint=features.catalogue.fingerprint(names),
        baselines=drawn.baselines,
        typical=drawn.typical,
    )
    return Evidence(
        bundle=bundle,
        people=Population(np.arange(people), day, values, names, is_bad),
        samples=samples,
        features=features,
        made_on=pd.Timestamp("2005-12-01").date(),
        parameters=PARAMETERS,
        protected=pd.DataFrame({"group": group, "same for all": "x", "empty": None}),
        draws=50,
    )


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return make_evidence()


@pytest.fixture(scope="module")
def section(evidence: Evidence) -> Section:
    found = fairness_section(evidence)
    assert found is not None
    return found


def test_every_group_stands_in_the_table_of_impact(section: Section) -> None:
    table = next(each for each in section.tables if each.key == "impact")
    verdicts = {row[1]: row[-1] for row in table.rows}
    assert {each.key for each in section.findings} >= {"impact_group_a", "impact_group_unknown", "alternatives"}
    assert set(verdicts) == {"a", "few", "(unknown)"}
    assert verdicts["few"] == "too few to judge"
    assert "group few (0)" in section.paragraphs[0]
    judged = {each.key: each.passed for each in section.findings if each.key.startswith("impact")}
    assert judged["impact_group_few"] is None
    assert judged["impact_group_a"] is False


def test_the_planted_proxy_is_found_and_an_alternative_shown(section: Section, evidence: Evidence) -> None:
    planted = evidence.people.features[0]
    finding = next(each for each in section.findings if each.key == "proxies_group_a")
    assert finding.passed is False
    assert f"proxies: {planted}." in finding.text
    candidates = next(each for each in section.tables if each.key == "alternatives")
    assert {row[1] for row in candidates.rows} == {"", planted}
    roles = {role: row[3] for row in candidates.rows for role in row[-1].split(" and ") if role}  # type: ignore[union-attr]
    assert roles["chosen"] >= roles["baseline"]  # type: ignore[operator]
    assert section.figures["alternative_impact_ratio"] == roles["chosen"]


def test_the_search_says_on_whom_it_was_made_and_what_its_words_mean(section: Section, evidence: Evidence) -> None:
    planted = evidence.people.features[0]
    baseline = next(row[2] for row in _rows(section, "alternatives") if "baseline" in str(row[-1]))
    auc = roc_auc_score(evidence.test.is_bad, evidence.test.log_odds)
    told = section.paragraphs[-1]
    assert "is made on all of the 1,000 people of the development sample" in told
    assert f"its AUC of {baseline:.4f} the mean over the folds" in told
    assert f"its AUC on the test sample is {auc:.4f}" in told
    assert _rows(section, "alternative_groups") == ((planted, 1, planted),)


def _rows(section: Section, key: str) -> tuple[tuple[Cell, ...], ...]:
    return next(each for each in section.tables if each.key == key).rows


def test_pictures_draw_and_names_are_unique(section: Section) -> None:
    assert {each.key for each in section.pictures} >= {"impact_group", "alternatives"}
    assert all(to_svg(each, "fairness").startswith("<svg") for each in section.pictures)
    for part in (section.tables, section.pictures, section.findings):
        keys = [each.key for each in part]
        assert len(set(keys)) == len(keys)


def test_without_groups_there_is_no_section(evidence: Evidence) -> None:
    assert fairness_section(replace(evidence, protected=None)) is None
    assert fairness_section(replace(evidence, protected=evidence.protected[["same for all", "empty"]])) is None  # type: ignore[index]
