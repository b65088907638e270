"""The monitoring plan: what is watched while the model serves, where it is found, and what triggers a new review."""

from __future__ import annotations

import math

from training.drift.alarms import Thresholds
from training.report.section import Column, Section, Table
from training.report.shown import decimal, shared, signed
from training.validation.evidence import Evidence

__all__ = ["monitoring_section"]

_COLUMNS = (
    Column("what", "What is watched"),
    Column("found", "Where it is found"),
    Column("how_often", "How often"),
    Column("now", "At validation"),
    Column("warning", "Warning"),
    Column("review", "Review"),
    Column("then", "What is done"),
)
_MONITOR = "`tradeline monitor --model`"
_VALIDATION = "the next validation"
_Row = tuple[str, ...]


def monitoring_section(evidence: Evidence, figures: dict[str, float]) -> Section:
    """The triggers, with the figures of this validation as the baseline.

    Parameters
    ----------
    evidence : Evidence
        The evidence.
    figures : dict of str to float
        Figures of the other sections, by "section.figure".
    """
    latest = evidence.latest.key
    always = ("A material change of product, policy, law or furnisher", "by hand", "when it happens", "–", "–",
              "always", "re-review before use")  # fmt: skip
    rows = (*_monitored(figures, latest), *_validated(evidence, figures), always)
    return Section(
        "monitoring",
        "Ongoing monitoring",
        (
            "A review follows a trigger, not the calendar alone: whatever happens first. Without any trigger the model "
            "is reviewed every twelve months while it serves.",
            f"{_MONITOR} computes the figures that name it, compares them with development, and judges them by the "
            "thresholds shown; shifts, calibration in the large and every alarm must be more than chance, too. It does "
            "not compute the others: they are to be taken from the next validation, and held against the column “at "
            "validation”.",
        ),
        tables=(Table("triggers", "Triggers", _COLUMNS, rows),),
    )


def _monitored(figures: dict[str, float], latest: str) -> tuple[_Row, ...]:
    """What the monitor of the model computes, with its own thresholds."""
    limits = Thresholds()
    watch, alarm, fall = f"{limits.watch_psi:g}", f"{limits.alarm_psi:g}", f"lower by {limits.auc_fall:g}"
    slopes = f"outside {math.exp(-limits.slope_error):.2f} to {math.exp(limits.slope_error):.2f}"
    auc, large, slope = (
        figures[f"{name}_{latest}"]
        for name in ("discrimination.auc", "calibration.calibration_in_the_large", "calibration.calibration_slope")
    )
    rows = (
        ("PSI of the score", "each month", decimal(figures["stability.psi"]), watch, alarm,
         "look for its cause; re-review"),
        ("PSI of the inputs", "each month", "see Stability", watch, alarm, "ask the furnisher; re-review"),
        ("AUC expected from the probabilities", "each month", "–", fall, "–", "look for its cause"),
        ("AUC, as outcomes mature", "each quarter", decimal(auc), fall, f"{fall}, beyond chance",
         "re-review; train a challenger"),
        ("Calibration in the large (log-odds), as outcomes mature", "each quarter", signed(large),
         f"beyond ±{limits.watch_large:g}", f"beyond ±{limits.alarm_large:g}", "calibrate anew; re-review"),
        ("Calibration slope, as outcomes mature", "each quarter", decimal(slope), slopes, f"{slopes}, beyond chance",
         "calibrate anew; re-review"),
        ("Concentration of the grades", "each quarter", "–", f"higher by {limits.concentration_rise:g}", "–",
         "look at applicants and policy"),
        ("Migration by two grades or more", "each quarter", "–", f"above {limits.moved_far:.0%}", "–",
         "look for its cause"),
    )  # fmt: skip
    return tuple((what, _MONITOR, *rest) for what, *rest in rows)


def _validated(evidence: Evidence, figures: dict[str, float]) -> tuple[_Row, ...]:
    """What no monitor computes."""
    criteria = evidence.criteria
    error = figures[f"calibration.expected_calibration_error_{evidence.latest.key}"]
    fair = "see Fairness" if evidence.protected is not None else "not assessed"
    rows = (
        ("Missing values by furnisher", "see Stability", "twice the usual share", "a view is missing",
         "hold back scores; ask the furnisher"),
        ("Calibration error", decimal(error), "beyond chance",
         f"beyond chance and {criteria.most_calibration_error:g}", "calibrate anew; re-review"),
        ("Jeffreys’ p by grade", "see Calibration", f"{criteria.least_p:g} in a grade", f"{criteria.least_p:g} in all",
         "calibrate anew; re-review"),
        ("Approval rate", shared(figures["decisions.approval_rate"]), "a tenth up or down", "a fifth up or down",
         "look at applicants and policy"),
        ("Reasons told", "see Explanations", "a reason’s share moves by half", "a reason vanishes",
         "look at its features"),
        ("Adverse impact ratio", fair, "below 0.90", "below 0.80", "search for a less discriminatory alternative"),
    )  # fmt: skip
    return tuple((what, _VALIDATION, "at each validation", *rest) for what, *rest in rows)
