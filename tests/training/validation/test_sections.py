"""What the sections say of evidence drawn from a known truth: against pandas, scipy and the model itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from features.sets import FeatureSet, feature_set
from scoring.calibration import probability
from training.boosting import fit_booster
from training.figures import figures
from training.labels import LabelCounts, LabelDefinition
from training.population import Population
from training.samples import Samples, draw_samples
from training.validation import Criteria, Evidence, Interval, Section, Table, Validation
from training.validation.decisions import bands_of, decisions_section
from training.validation.explained_example import example_of
from training.validation.explanations import explanations_section
from training.validation.limitations import limitations_section
from training.validation.monotonicity import monotonicity_section, response
from training.validation.population import population_section
from training.validation.reliability import Reliability
from training.validation.segments import segments_section
from training.validation.swap_set import champion_log_odds, swap_set_section
from training.validation.vintages import Performance, vintages_section

NAMES = ("model_card", "soundness", "population", "vintages", "discrimination", "calibration", "decisions", "stability",
         "grades", "segments", "sensitivity", "monotonicity", "benchmarks", "swap_set", "reject_inference",
         "explanations", "monitoring", "limitations", "sign_off")  # fmt: skip


def table(section: Section, key: str) -> Table:
    return next(each for each in section.tables if each.key == key)


def frame(section: Section, key: str) -> pd.DataFrame:
    found = table(section, key)
    return pd.DataFrame(found.rows, columns=[column.name for column in found.columns])


def test_sections_stand_in_their_order_and_keys_are_unique(validation: Validation) -> None:
    assert tuple(section.key for section in validation.sections) == NAMES
    for section in validation.sections:
        for parts in (section.tables, section.pictures, section.findings):
            keys = [part.key for part in parts]
            assert len(set(keys)) == len(keys), section.key
    with pytest.raises(KeyError, match="no section; there are model_card"):
        validation["magic"]


def test_findings_state_their_threshold_and_source(validation: Validation) -> None:
    assert len(validation.findings) > 20
    for name, finding in validation.findings.items():
        assert finding.threshold, name
        assert finding.text.endswith("."), name
        assert finding.source or finding.passed is None, name
    assert set(validation.failed) == {name for name, each in validation.findings.items() if each.verdict == "failed"}


def test_progress_is_told_to_the_end(evidence: Evidence) -> None:
    from training.validation import validate

    told: list[tuple[str, float]] = []
    quick = replace(evidence, draws=2)
    again = validate(quick, lambda what, share: told.append((what, share)))
    assert told[0] == ("model card", 0.0)
    assert told[-1] == ("done", 1.0)
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert again.title == "Validation of taiwan-2"


def test_discrimination_is_that_of_each_sample(evidence: Evidence, validation: Validation) -> None:
    rows = frame(validation["discrimination"], "samples").set_index("sample")
    for name, part in (("Test", evidence.samples.test), ("Out-of-time", evidence.samples.out_of_time)):
        found = figures(probability(evidence.log_odds[part]), evidence.people.is_bad[part])
        assert rows.loc[name, "auc"] == pytest.approx(found.auc, abs=1e-12)
        assert rows.loc[name, "gini"] == pytest.approx(found.gini, abs=1e-12)
        assert rows.loc[name, "ks"] == pytest.approx(found.ks, abs=1e-12)
        assert rows.loc[name, "consumers"] == len(part)
    assert validation.figures["discrimination.auc_test"] == rows.loc["Test", "auc"]


def test_calibration_is_that_of_each_sample(evidence: Evidence, validation: Validation) -> None:
    rows = frame(validation["calibration"], "samples").set_index("sample")
    part = evidence.samples.test
    chance, is_bad = probability(evidence.log_odds[part]), evidence.people.is_bad[part]
    assert rows.loc["Test", "brier"] == pytest.approx(brier_score_loss(is_bad, chance))
    assert rows.loc["Test", "ece"] == pytest.approx(figures(chance, is_bad).expected_calibration_error)
    assert rows.loc["Test", "brier_skill"] == pytest.approx(1 - ((chance - is_bad) ** 2).mean() / is_bad.var())
    grades = frame(validation["calibration"], "grades_test")
    assert grades["consumers"].sum() == len(part)
    assert (grades["predicted"] * grades["consumers"]).sum() == pytest.approx(chance.sum())


def test_a_model_that_promises_too_little_risk_fails_calibration(
    evidence: Evidence, evidence_of: Callable[..., Evidence]
) -> None:
    from training.validation.calibration import calibration_section

    few = Criteria(least_bads=20)
    shifted = replace(evidence.bundle, calibration=replace(evidence.bundle.calibration, intercept=-0.7))
    section = calibration_section(evidence_of(evidence.people, evidence.samples, bundle=shifted, criteria=few))
    verdicts = {finding.key: finding.passed for finding in section.findings}
    assert verdicts["jeffreys_test"] is False
    assert verdicts["in_the_large_test"] is False
    assert verdicts["ece_out_of_time"] is False


def test_decisions_are_those_of_the_policy(evidence: Evidence) -> None:
    part, policy = evidence.samples.out_of_time, evidence.bundle.policy
    decided = np.array([policy.decide(int(score)) for score in evidence.credit_score[part]])
    for band, decision in zip(bands_of(evidence), ("decline", "refer", "approve"), strict=True):
        assert band.count == (decided == decision).sum()
        assert band.bad == evidence.people.is_bad[part][decided == decision].sum()
    deciles = frame(decisions_section(evidence), "deciles")
    assert deciles["consumers"].sum() == len(part)
    assert deciles["bad_up_to_here"].iloc[-1] == pytest.approx(1.0)


def test_population_counts_everybody_by_sample_and_month(evidence: Evidence) -> None:
    section = population_section(evidence)
    people = evidence.people
    samples = frame(section, "samples")
    assert samples["rows"].tolist() == [len(rows) for rows in (evidence.samples.development, evidence.samples.test,
                                        evidence.samples.out_of_time)]  # fmt: skip
    months = frame(section, "months")
    expected = (
        pd.Series(people.is_bad).groupby(people.observed_at.astype("datetime64[M]").astype(str)).agg(["size", "sum"])
    )
    assert months["month"].tolist() == expected.index.tolist()
    assert months["rows"].tolist() == expected["size"].tolist()
    assert months["bad"].tolist() == expected["sum"].tolist()
    assert months["out_of_time"].tolist()[:4] == [0, 0, 0, 0]


def test_outcomes_and_their_reasons_are_told(evidence: Evidence) -> None:
    people = evidence.people
    outcome = np.where(people.is_bad, "bad", "good").astype(object)
    outcome[:10] = "indeterminate"
    counts = LabelCounts.of(
        people.observed_at, outcome, np.where(outcome == "good", "paid as agreed", "late").astype(object)
    )
    section = population_section(replace(evidence, label=LabelDefinition(), label_counts=counts))
    rows = frame(section, "outcomes")
    assert rows["rows"].sum() == len(people)
    assert rows.set_index("outcome").loc["indeterminate", "rows"] == 10
    assert frame(section, "outcomes_by_month")["indeterminate"].sum() == 10
    assert "90 or more days past due" in section.paragraphs[1]
    assert "performance window is 12 months" in section.paragraphs[1]


def test_people_in_two_samples_and_lost_records_are_found(evidence: Evidence) -> None:
    samples, rows = evidence.samples, evidence.samples.development
    delivery = {"file": "a.csv", "furnisher_id": "bank", "contract": "c", "read": 10, "accepted": 8, "quarantined": 1,
                "duplicate": 0, "rules": {"range:LIMIT": 1}}  # fmt: skip
    mixed = Samples(rows, np.concatenate([samples.test, rows[:50]]), samples.out_of_time)
    section = population_section(replace(evidence, samples=mixed, deliveries=(delivery,)))
    verdicts = {finding.key: finding.passed for finding in section.findings}
    assert verdicts["samples_apart"] is False
    assert verdicts["deliveries_add_up"] is False
    assert table(section, "deliveries").rows[0][-2] == "no: 1 unaccounted for"


def test_segments_are_those_of_pandas(evidence: Evidence) -> None:
    part = evidence.latest
    rows = frame(segments_section(evidence), "region").set_index("segment")
    region = evidence.segments["region"][part.rows]
    for name in ("north", "south"):
        mine = region == name
        assert rows.loc[name, "consumers"] == mine.sum()
        assert rows.loc[name, "bad"] == part.is_bad[mine].sum()
        assert rows.loc[name, "auc"] == pytest.approx(roc_auc_score(part.is_bad[mine], part.log_odds[mine]))
        interval = rows.loc[name, "interval"]
        assert isinstance(interval, Interval)
        assert interval.low <= rows.loc[name, "auc"] <= interval.high


def test_many_small_segments_are_taken_together_and_one_alone_is_none(evidence: Evidence) -> None:
    codes = np.array([f"s{n % 40}" for n in range(len(evidence.people))])
    section = segments_section(replace(evidence, segments={"branch": codes, "product": np.full(len(codes), "card")}))
    rows = frame(section, "branch")
    assert rows["segment"].iloc[-1] == "25 smaller ones"
    assert rows["consumers"].sum() == len(evidence.latest)
    assert not [each for each in section.tables if each.key == "product"]


def test_shifts_find_a_feature_that_was_moved(evidence: Evidence) -> None:
    from training.validation.stability import stability_section

    values = evidence.people.values.copy()
    values[evidence.samples.out_of_time, 0] += 2.0
    moved = replace(evidence, people=replace(evidence.people, values=values))
    found = {finding.key: finding for finding in stability_section(moved).findings}
    assert found["csi"].passed is False
    assert "card_utilisation_latest" in found["csi"].text


def test_broken_directions_are_found(evidence: Evidence) -> None:
    people, rows = evidence.people, evidence.samples.development
    free = fit_booster(people.values[rows], ~people.is_bad[rows], people.features, [0] * 6, evidence.parameters, 1)
    turned = replace(evidence.bundle, model=replace(evidence.bundle.model, text=free.model_to_string()))
    section = monotonicity_section(replace(evidence, bundle=turned))
    assert section.findings[0].passed is False
    assert any("no: " in str(row[-1]) for row in section.tables[0].rows)
    assert monotonicity_section(evidence).findings[0].passed is True


def test_response_is_the_mean_of_people_moved_one_by_one(evidence: Evidence) -> None:
    grid, chance = response(evidence, 0)
    rows = evidence.sample_of(evidence.samples.test, 200, salt=2)
    expected = []
    for value in grid:
        moved = evidence.people.values[rows].copy()
        moved[:, 0] = value
        log_odds = evidence.bundle.calibration.log_odds(evidence.bundle.model.margin(moved))
        expected.append(probability(log_odds).mean())
    assert chance.tolist() == pytest.approx(expected, abs=1e-12)


def test_the_price_of_the_directions_is_told_beside_the_peers(evidence: Evidence, validation: Validation) -> None:
    section, part = validation["benchmarks"], evidence.test
    rows = frame(section, part.key).set_index("model")
    freed = rows.loc["This model without its directions"]
    assert freed["lead"] == pytest.approx(rows.loc["This model", "auc"] - freed["auc"])
    assert freed["lead"] == section.figures["auc_lead_over_itself_without_directions_test"]
    assert "this model without" not in section.findings[0].text.lower()  # it is no peer to be preferred


def test_champion_is_compared_or_it_is_said_why_not(evidence: Evidence) -> None:
    lead = swap_set_section(evidence).figures["auc_lead_over_champion"]
    before, part = champion_log_odds(evidence), evidence.latest
    assert before is not None
    expected = roc_auc_score(part.is_bad, part.log_odds) - roc_auc_score(part.is_bad, before[part.rows])
    assert lead == pytest.approx(expected)
    assert swap_set_section(replace(evidence, champion=None)).findings[0].passed is None
    stranger = replace(evidence.bundle, model=replace(evidence.bundle.model, features=("unknown",)))
    assert (
        "features that the evidence does not hold"
        in swap_set_section(replace(evidence, champion=stranger)).paragraphs[0]
    )


def test_an_explained_person_adds_up(evidence: Evidence) -> None:
    example = example_of(Reliability(evidence))
    assert example.decision == "decline"
    assert example.credit_score == int(evidence.bundle.scale.to_score(example.log_odds))
    assert sum(weight for _, weight in example.steps) == pytest.approx(sum(weight for _, weight in example.weights))
    assert 1 <= len(example.told) <= 4
    assert {finding.key: finding.passed for finding in explanations_section(evidence).findings}["exact"] is True


def test_vintages_and_roll_rates_or_why_there_are_none(evidence: Evidence, shifts: pd.DataFrame) -> None:
    assert "not assessed" in vintages_section(evidence).paragraphs[0]
    ages = pd.DataFrame({"opened": [pd.Timestamp("2023-01-01")] * 7, "months_on_book": range(7), "accounts": [100] * 7,
                         "bad": range(7)})  # fmt: skip
    section = vintages_section(replace(evidence, performance=Performance(ages, shifts, 90, date(2024, 1, 31))))
    assert table(section, "vintages").rows == (("2023 Q1", 100, 0.03, 0.06, None, None, None, None, None),)
    assert table(section, "roll_rates").rows[0] == ("current", 100, 0.9, 0.0, 0.1, 0.0, 0.0)
    assert table(section, "roll_rates").rows[4] == ("90 or more", 5, 0.0, 0.0, 0.0, 0.0, 1.0)
    assert [picture.key for picture in section.pictures] == ["vintages", "roll_rates"]


def test_limitations_name_what_failed_and_what_is_open(evidence: Evidence, validation: Validation) -> None:
    said = "\n".join(validation["limitations"].points)
    for name, finding in validation.findings.items():
        if finding.passed is not True:
            assert finding.text in said, name
    assert "no later sample" not in said
    alone = replace(evidence, samples=replace(evidence.samples, out_of_time=np.empty(0, dtype=np.int64)))
    assert any("There is no later sample" in point for point in limitations_section(alone, ()).points)


def test_evidence_without_a_later_sample_is_validated(
    draw_people: Callable[..., Population], evidence_of: Callable[..., Evidence]
) -> None:
    from training.validation import validate

    people = draw_people(700, 8, 1)
    validation = validate(evidence_of(people, draw_samples(people, test_share=0.4, seed=1), draws=5))
    assert validation.findings["discrimination.auc_out_of_time"].verdict == "not assessed"
    assert validation.findings["stability.gini_stability"].verdict in {"not assessed", "passed", "failed"}
    assert "vintages" in [section.key for section in validation.sections]


def test_tables_refuse_rows_that_do_not_fit() -> None:
    from training.validation import Column

    with pytest.raises(ValueError, match="a row of 2 values under 1 columns"):
        Table("t", "T", (Column("a", "A"),), ((1, 2),))
    with pytest.raises(ValueError, match="a column's name stands twice among a, a"):
        Table("t", "T", (Column("a", "A"), Column("a", "B")), ())


def test_features_are_in_the_views_they_are_counted_over(evidence: Evidence) -> None:
    features: FeatureSet = feature_set("taiwan")
    assert evidence.views == {features.catalogue.view("card_months").title: tuple(range(len(evidence.people.features)))}
