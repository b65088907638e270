"""The first page: what was validated, its main figures, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from training.report.shown import counted, decimal, shared
from training.validation.validation import Validation

__all__ = ["Tile", "lead", "tiles"]


@dataclass(frozen=True)
class Tile:
    """A figure that is shown large.

    Parameters
    ----------
    label, value, note : str
        What it is, the figure as it is shown, and how to read it.
    """

    label: str
    value: str
    note: str


_LATEST: Final = ("out_of_time", "test")


def lead(validation: Validation) -> str:
    """The conclusion in a few sentences."""
    findings = validation.findings.values()
    passed, failed, left = (sum(each.passed is kind for each in findings) for kind in (True, False, None))
    verdict = (
        "No finding failed" if not failed else "One finding failed" if failed == 1 else f"{failed} findings failed"
    )
    auc = _figure(validation, "discrimination.auc")
    told = (
        f" Shown one consumer who went bad and one who did not, neither seen by it before, the model puts the bad one "
        f"at the higher risk {round(100 * auc)} times in 100."
        if auc is not None
        else ""
    )
    return (
        f"{verdict}, {counted(passed)} passed and {counted(left)} could not be assessed.{told} This report is the "
        "evidence on which a validator, who is not the developer, decides; what limits it stands under Limitations."
    )


def tiles(validation: Validation) -> tuple[Tile, ...]:
    """The main figures, of the out-of-time sample where there is one, else of the test sample."""
    sample = _sample(validation).replace("_", " ")
    wanted = (
        ("AUC", "discrimination.auc", lambda value: decimal(value, 3), f"{sample}; 0.5 is chance"),
        ("Gini", "discrimination.gini", lambda value: decimal(value, 3), "2 × AUC − 1"),
        ("KS", "discrimination.ks", lambda value: decimal(value, 3), "widest gap of good and bad"),
        ("Calibration error", "calibration.expected_calibration_error", lambda value: decimal(value, 4),
         "predicted against observed rate"),
        ("PSI", "stability.psi", lambda value: decimal(value, 3), "shift of the score against development"),
        ("Approved", "decisions.approval_rate", shared, "under the policy"),
        ("Bad among approved", "decisions.approved_bad_rate", shared, sample),
    )  # fmt: skip
    shown = [
        Tile(label, write(value), note)
        for label, name, write, note in wanted
        if (value := _figure(validation, name)) is not None
    ]
    failed = len(validation.failed)
    return (*shown, Tile("Findings failed", counted(failed), f"of {counted(len(validation.findings))}"))


def _sample(validation: Validation) -> str:
    return next((name for name in _LATEST if f"discrimination.auc_{name}" in validation.figures), "test")


def _figure(validation: Validation, name: str) -> float | None:
    """A figure of the latest sample, or one that has no sample."""
    return validation.figures.get(f"{name}_{_sample(validation)}", validation.figures.get(name))
