"""The closing sections say what is so: who reviewed, where the signatures are, and what the monitor computes."""

from __future__ import annotations

from dataclasses import replace

from training.drift.alarms import Thresholds
from training.validation import Evidence, Section, Validation
from training.validation.sign_off import sign_off_section
from training.validation.use import NO_PERSON


def rows(section: Section) -> dict[str, dict[str, object]]:
    (table,) = section.tables
    names = [column.name for column in table.columns]
    return {str(row[0]): dict(zip(names, row, strict=True)) for row in table.rows}


def test_the_plan_names_the_monitor_for_what_it_computes_alone(validation: Validation) -> None:
    plan = rows(validation["monitoring"])
    monitored = {what for what, row in plan.items() if row["found"] == "`tradeline monitor --model`"}
    assert monitored == {
        "PSI of the score",
        "PSI of the inputs",
        "AUC expected from the probabilities",
        "AUC, as outcomes mature",
        "Calibration in the large (log-odds), as outcomes mature",
        "Calibration slope, as outcomes mature",
        "Concentration of the grades",
        "Migration by two grades or more",
    }
    for what in ("Approval rate", "Reasons told", "Adverse impact ratio", "Jeffreys’ p by grade", "Calibration error"):
        assert plan[what]["found"] == "the next validation"


def test_the_plan_tells_the_thresholds_of_the_monitor(validation: Validation) -> None:
    plan, limits = rows(validation["monitoring"]), Thresholds()
    assert plan["PSI of the score"]["review"] == f"{limits.alarm_psi:g}" == "0.25"
    assert plan["Calibration slope, as outcomes mature"]["warning"] == "outside 0.80 to 1.25"
    assert plan["Migration by two grades or more"]["warning"] == "above 25%"


def test_a_person_signs_beside_the_report(validation: Validation) -> None:
    section = validation["sign_off"]
    text = " ".join(section.paragraphs)
    assert "The validator is not the developer" in text
    assert "No person has reviewed" not in text
    validator = rows(section)["Validator"]
    assert validator["name"] == validator["signature"] == "in validation.json"
    assert validator["vouches"] == "independent review of every section above"


def test_a_service_is_not_called_a_person(evidence: Evidence) -> None:
    use = replace(evidence.use, limits=(*evidence.use.limits, NO_PERSON))
    section = sign_off_section(replace(evidence, use=use), ())
    text = " ".join(section.paragraphs)
    assert "No person has reviewed; signed by a service" in text
    assert "The validator is not the developer" not in text
    assert rows(section)["Validator"]["vouches"] == "this report as it was computed"
