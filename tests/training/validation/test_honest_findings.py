"""What the sections judge, and where they say that there is nothing to: files, rank order, stress, label."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from scoring.calibration import probability
from training.boosting import fit_booster
from training.labels import LabelDefinition
from training.report.groups import Group
from training.validation import Criteria, Evidence, Finding, Section
from training.validation.discrimination import discrimination_section, rate_fall_p
from training.validation.limitations import limitations_section
from training.validation.population import population_section
from training.validation.segments import file_thickness, segments_section
from training.validation.sensitivity import sensitivity_section

COUNTS = ("card_late_months_3m", "card_late_months_6m", "card_late_60_months_6m")
"""Features that are missing only where no month of a card was delivered."""


@pytest.fixture(scope="module")
def counting(evidence: Evidence, evidence_of: Callable[..., Evidence]) -> Evidence:
    """The same people, three of whose features are counts; of some people one, two or none was delivered."""
    people = replace(evidence.people, features=(*evidence.people.features[:3], *COUNTS))
    values = people.values.copy()
    delivered = np.arange(len(values)) % 4
    for column, least in ((3, 1), (4, 2), (5, 3)):
        values[:, column] = np.where(delivered >= least, 1.0, np.nan)
    return evidence_of(replace(people, values=values), evidence.samples, draws=5)


def finding(section: Section, key: str) -> Finding:
    return next(each for each in section.findings if each.key == key)


def test_missing_values_that_are_an_answer_make_no_file_thin(evidence: Evidence) -> None:
    assert "card_months_since_late" in evidence.people.features
    assert set(file_thickness(evidence)) == {"thick file"}
    section = segments_section(replace(evidence, segments={}))
    assert section.tables == ()
    assert section.pictures == ()
    assert "carries no segments of its own" in section.paragraphs[0]
    assert "not divided by the thickness" in section.paragraphs[0]
    assert finding(section, "segments").passed is None
    assert finding(section, "segments").text == "There are no segments to judge."


def test_a_file_is_thin_by_what_was_delivered(counting: Evidence) -> None:
    thickness = file_thickness(counting)
    known = (~np.isnan(counting.people.values[:, 3:])).sum(axis=1)
    assert known[thickness == "thin file"].max() < known[thickness == "middling file"].min()
    assert known[thickness == "middling file"].max() < known[thickness == "thick file"].min() == 3
    section = segments_section(counting)
    assert [each.key for each in section.tables] == ["thickness_of_the_credit_file"]
    assert "missing only where nothing was delivered" in section.paragraphs[0]


def test_a_fall_of_the_bad_rate_by_hand() -> None:
    # 30 and 20 bad of 100 each: r = 0.25, error √(0.25 · 0.75 · 0.02), z = 0.1 / 0.06124 = 1.63299
    expected = 0.5 * math.erfc(1.632993 / math.sqrt(2))
    assert rate_fall_p(Group("", 100, 30, 0.2), Group("", 100, 20, 0.3)) == pytest.approx(expected, abs=1e-6)
    assert rate_fall_p(Group("", 100, 20, 0.2), Group("", 100, 30, 0.3)) == pytest.approx(1 - expected, abs=1e-6)
    assert rate_fall_p(Group("", 10, 0, 0.2), Group("", 20, 0, 0.3)) == 1.0
    assert rate_fall_p(Group("", 10, 10, 0.2), Group("", 20, 20, 0.3)) == 1.0


def test_outcomes_drawn_from_the_predictions_keep_the_rank_order_and_a_dip_breaks_it(evidence: Evidence) -> None:
    few = replace(evidence, criteria=Criteria(least_bads=20), draws=2)
    rows = evidence.samples.test
    chance = probability(evidence.log_odds[rows])
    is_bad = evidence.people.is_bad.copy()
    is_bad[rows] = np.random.default_rng(3).random(len(rows)) < chance
    kept = finding(discrimination_section(_with(few, is_bad)), "rank_order_test")
    assert kept.passed is True
    assert "Over 10 groups" in kept.text
    dip = is_bad.copy()
    middle = rows[np.argsort(chance)[int(0.62 * len(rows)) : int(0.8 * len(rows))]]
    dip[middle] = False
    dip[rows[np.argsort(chance)[int(0.5 * len(rows)) : int(0.6 * len(rows))]]] = True
    broken = finding(discrimination_section(_with(few, dip)), "rank_order_test")
    assert broken.passed is False
    assert "from group 6" in broken.text
    assert "divided by the 9 pairs" in broken.threshold
    many = replace(few, criteria=Criteria(least_bads=100_000))
    assert finding(discrimination_section(many), "rank_order_test").passed is None


def test_every_adverse_stress_is_judged(evidence: Evidence) -> None:
    found = finding(sensitivity_section(evidence), "stress_sign")
    assert found.passed is True
    assert found.text.startswith("0 of 2 adverse stresses raise the mean score.")
    assert "Utilisation up by 20 %" in found.text
    assert "One more month late" in found.text
    assert "Balances" not in found.text, "a balance grows with the limit: shown, not judged"


def test_a_later_stress_fails_where_it_raises_scores(evidence: Evidence) -> None:
    people = evidence.people
    late = np.nan_to_num(people.values[:, 1], nan=2.0)
    turned = fit_booster(people.values, late < 2.0, people.features, [0] * 6, evidence.parameters, 1)
    bundle = replace(evidence.bundle, model=replace(evidence.bundle.model, text=turned.model_to_string()))
    found = finding(sensitivity_section(replace(evidence, bundle=bundle)), "stress_sign")
    assert found.passed is False
    assert found.text.startswith("1 of 2 adverse stresses raise the mean score.")


def test_an_outcome_without_a_definition_is_not_assessed_and_limits_what_is_said(evidence: Evidence) -> None:
    unknown = finding(population_section(evidence), "label_defined")
    assert unknown.passed is None
    assert "unknown here" in unknown.text
    defined = replace(evidence, label=LabelDefinition())
    assert finding(population_section(defined), "label_defined").passed is True
    untold = "\n".join(limitations_section(evidence, (population_section(evidence),)).points)
    assert unknown.text in untold
    assert "does not tell whether consumers were observed when they applied" in untold
    assert "observed on set dates" in "\n".join(limitations_section(defined, ()).points)


def _with(evidence: Evidence, is_bad: np.ndarray) -> Evidence:
    return replace(evidence, people=replace(evidence.people, is_bad=is_bad))
