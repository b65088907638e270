"""Whether reasons hold: figures over real predictions, and evidence in which they do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from scoring.policy import Policy, PolicyBook
from training.validation import Evidence
from training.validation.explanations import explanations_section
from training.validation.reliability import Reliability, kept_share


@pytest.fixture(scope="module")
def reliability(evidence: Evidence) -> Reliability:
    return Reliability(evidence)


def deciding(evidence: Evidence, refer_below: int, decline_below: int) -> Evidence:
    """The same evidence under another policy."""
    policy = Policy("taiwan", "other", date(2000, 1, 1), refer_below, decline_below)
    return replace(evidence, bundle=replace(evidence.bundle, policies=PolicyBook.single(policy)))


def test_every_finding_of_a_sound_model_passes(evidence: Evidence) -> None:
    section = explanations_section(evidence)
    assert {finding.key: finding.passed for finding in section.findings} == dict.fromkeys(
        ("exact", "brute_force", "faithful", "reasons_kept", "reasons_kept_baseline", "directed"), True
    )
    assert section.figures["flips_named"] > 5 * section.figures["flips_others"]
    assert {"reasons_kept_noise", "reasons_kept_baseline", "reasons_kept_retrained"} < set(section.figures)


def test_all_coalitions_are_tried_on_as_many_trees_as_have_few_reasons(reliability: Reliability) -> None:
    tried = reliability.brute_force_error()
    assert tried is not None
    error, trees, players = tried
    assert error < 1e-9
    assert trees == len(reliability.evidence.bundle.model.forest.trees)
    assert players == len(set(reliability.evidence.bundle.reason_codes))


def test_named_reasons_flip_by_the_model_itself(reliability: Reliability) -> None:
    bundle = reliability.evidence.bundle
    row = int(np.flatnonzero(reliability.refused)[0])
    baseline = bundle.baselines.values(bundle.model.forest)[0][:5]
    everything = np.ones(len(bundle.model.features), dtype=bool)
    assert reliability._approved(row, everything, baseline) == 1.0  # then they are people who were approved
    assert reliability._approved(row, ~everything, baseline) == 0.0
    flips = reliability.flips()
    assert flips is not None
    assert 0 <= flips.others < flips.named <= 1


def test_where_all_are_approved_nothing_is_to_flip(evidence: Evidence) -> None:
    lenient = deciding(evidence, 301, 300)
    assert Reliability(lenient).flips() is None
    findings = {finding.key: finding.passed for finding in explanations_section(lenient).findings}
    assert findings["faithful"] is None
    assert findings["directed"] is None


def test_where_too_few_are_approved_the_report_says_so(evidence: Evidence) -> None:
    safest = replace(evidence.bundle.baselines, near_cut_off_of="safest")
    section = explanations_section(replace(evidence, bundle=replace(evidence.bundle, baselines=safest)))
    assert any("lowest risk stand in" in paragraph for paragraph in section.paragraphs)


def test_kept_are_those_told_both_times() -> None:
    before = np.array([[0.5, 0.4, 0.3, 0.2, 0.19], [1.0, -1.0, 0.0, 0.0, 0.0]])
    now = np.array([[0.5, 0.4, 0.3, 0.1, 0.19], [1.0, -1.0, 0.0, 0.0, 0.0]])
    assert kept_share(before, now) == pytest.approx(4 / 5)
