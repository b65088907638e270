"""Limitations: what this validation cannot say, from its evidence and its findings, and what always holds."""

from __future__ import annotations

from collections.abc import Sequence

from training.report.section import Section
from training.validation.evidence import Evidence

__all__ = ["limitations_section"]

_ALWAYS = (
    "Outcomes are known only of people who were given credit; those who were declined before may differ from them in "
    "ways that no feature shows.",
    "A default probability holds for an economy like that of the development sample; the model knows of no other.",
    "Contributions say what moved the prediction, not what caused the outcome.",
    "Tuning chose its parameters on folds of the development sample, so that out-of-fold figures of development are "
    "slightly favourable; test and out-of-time figures are not.",
    "Intervals speak of the chance in who was drawn, not of a change of the population.",
)

_ON_SET_DATES = (
    "Consumers were observed on set dates, not when they applied for credit: the figures do not show how the model "
    "does on applicants."
)
_UNTOLD = (
    "The evidence does not tell whether consumers were observed when they applied for credit or as holders of an "
    "account; of account holders, the figures do not show how the model does on applicants."
)


def limitations_section(evidence: Evidence, sections: Sequence[Section]) -> Section:
    """What does not hold, or is not known.

    Parameters
    ----------
    evidence : Evidence
        The evidence.
    sections : sequence of Section
        All sections before this one.
    """
    open_points = [
        f"{section.title}: {finding.text}"
        for section in sections
        for finding in section.findings
        if finding.passed is None
    ]
    failed = [
        f"{section.title}: {finding.text} Asked for: {finding.threshold}."
        for section in sections
        for finding in section.findings
        if finding.passed is False
    ]
    own = [_ON_SET_DATES if evidence.label is not None else _UNTOLD]
    if evidence.out_of_fold_log_odds is None:
        own.append("Development figures are of people the model was fitted on, and too favourable.")
    if evidence.out_of_time is None:
        own.append("There is no later sample: whether the model holds over time is not shown.")
    if evidence.protected is None:
        own.append("Fairness is not assessed: the evidence holds no self-test attributes.")
    return Section(
        "limitations",
        "Limitations",
        ("What follows limits the conclusions above. Findings that failed or could not be assessed come first.",),
        points=(*failed, *open_points, *own, *_ALWAYS),
    )
