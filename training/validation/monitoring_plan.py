"""The monitoring plan: what is watched while the model serves, how often, and what triggers a new review."""

from __future__ import annotations

from training.validation.evidence import Evidence
from training.validation.section import Column, Section, Table
from training.validation.shown import decimal, shared

__all__ = ["monitoring_section"]

_COLUMNS = (
    Column("what", "What is watched"),
    Column("how_often", "How often"),
    Column("now", "At validation"),
    Column("warning", "Warning"),
    Column("review", "Review"),
    Column("then", "What is done"),
)


def monitoring_section(evidence: Evidence, figures: dict[str, float]) -> Section:
    """The triggers, with the figures of this validation as the baseline.

    Parameters
    ----------
    evidence : Evidence
        The evidence.
    figures : dict of str to float
        Figures of the other sections, by "section.figure".
    """
    criteria, latest = evidence.criteria, evidence.latest.key
    auc = figures[f"discrimination.auc_{latest}"]
    error = figures[f"calibration.expected_calibration_error_{latest}"]
    approved = figures["decisions.approval_rate"]
    rows = (
        ("PSI of the score", "each month", decimal(figures["stability.psi"]), "0.10", f"{criteria.most_psi:g}",
         "look for its cause; re-review"),
        ("CSI of the main features", "each month", "see Stability", "0.10", f"{criteria.most_csi:g}",
         "ask the furnisher; re-review"),
        ("Missing values by furnisher", "each delivery", "see Stability", "twice the usual share",
         "a view is missing", "hold back scores; ask the furnisher"),
        ("AUC, as outcomes mature", "each quarter", decimal(auc), decimal(auc - criteria.most_auc_fall / 2),
         decimal(auc - criteria.most_auc_fall), "re-review; train a challenger"),
        ("Calibration error, as outcomes mature", "each quarter", decimal(error), "beyond chance",
         f"beyond chance and {criteria.most_calibration_error:g}", "calibrate anew; re-review"),
        ("Jeffreys’ p by grade", "each quarter", "see Calibration", f"{criteria.least_p:g} in a grade",
         f"{criteria.least_p:g} in all", "calibrate anew; re-review"),
        ("Approval rate", "each week", shared(approved), "a tenth up or down", "a fifth up or down",
         "look at applicants and policy"),
        ("Reasons told", "each month", "see Explanations", "a reason’s share moves by half", "a reason vanishes",
         "look at its features"),
        ("Adverse impact ratio", "each quarter", "see Fairness" if evidence.protected is not None else "not assessed",
         "below 0.90", "below 0.80", "search for a less discriminatory alternative"),
        ("A material change of product, policy, law or furnisher", "when it happens", "–", "–", "always",
         "re-review before use"),
    )  # fmt: skip
    return Section(
        "monitoring",
        "Ongoing monitoring",
        (
            "A review follows a trigger, not the calendar alone: whatever happens first. Without any trigger the model "
            "is reviewed every twelve months while it serves. `tradeline monitor` computes these figures; the column "
            "“at validation” is what they are held against.",
        ),
        tables=(Table("triggers", "Triggers", _COLUMNS, rows),),
    )
