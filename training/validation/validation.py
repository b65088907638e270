"""A validation: all sections over one body of evidence, in the order in which a validator reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

from training.report.section import Finding, Section
from training.validation.calibration import calibration_section
from training.validation.decisions import decisions_section
from training.validation.discrimination import discrimination_section
from training.validation.evidence import Evidence
from training.validation.explanations import explanations_section
from training.validation.limitations import limitations_section
from training.validation.migration import migration_section
from training.validation.model_card import model_card_section
from training.validation.monitoring_plan import monitoring_section
from training.validation.monotonicity import monotonicity_section
from training.validation.peers import peers_section
from training.validation.population import population_section
from training.validation.reject_inference import reject_inference_section
from training.validation.segments import segments_section
from training.validation.sensitivity import sensitivity_section
from training.validation.sign_off import sign_off_section
from training.validation.soundness import soundness_section
from training.validation.stability import stability_section
from training.validation.swap_set import swap_set_section
from training.validation.vintages import vintages_section

__all__ = ["Progress", "Validation", "validate"]

Progress = Callable[[str, float], None]
"""Told the section that is made, and the share that is done, from 0 to 1."""

_SECTIONS: Final[tuple[Callable[[Evidence], Section], ...]] = (
    model_card_section,
    soundness_section,
    population_section,
    vintages_section,
    discrimination_section,
    calibration_section,
    decisions_section,
    stability_section,
    migration_section,
    segments_section,
    sensitivity_section,
    monotonicity_section,
    peers_section,
    swap_set_section,
    reject_inference_section,
    explanations_section,
)


@dataclass(frozen=True)
class Validation:
    """All sections about one model.

    Parameters
    ----------
    model_version, portfolio : str
        The model.
    made_on : date
        Day of the validation.
    sections : tuple of Section
        The sections, in their order.
    """

    model_version: str
    portfolio: str
    made_on: date
    sections: tuple[Section, ...]

    def __getitem__(self, key: str) -> Section:
        for section in self.sections:
            if section.key == key:
                return section
        raise KeyError(f"{key}: no section; there are {', '.join(section.key for section in self.sections)}")

    @property
    def title(self) -> str:
        """Title of the report."""
        return f"Validation of {self.model_version}"

    @cached_property
    def findings(self) -> Mapping[str, Finding]:
        """All findings by "section.finding"."""
        return {f"{section.key}.{each.key}": each for section in self.sections for each in section.findings}

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the findings that failed."""
        return tuple(name for name, finding in self.findings.items() if finding.passed is False)

    @cached_property
    def figures(self) -> Mapping[str, float]:
        """All headline figures by "section.figure"."""
        return {f"{section.key}.{name}": value for section in self.sections for name, value in section.figures.items()}


def validate(evidence: Evidence, progress: Progress | None = None) -> Validation:
    """Validate a model.

    The same evidence gives the same sections, whatever the machine.

    Parameters
    ----------
    evidence : Evidence
        Everything the validation reads.
    progress : callable, optional
        Told the section that is made, and the share that is done.
    """
    tell = progress or (lambda _what, _share: None)
    makers = list(_SECTIONS)
    if evidence.protected is not None:
        makers.append(_fairness_section)
    sections: list[Section] = []
    for number, make in enumerate(makers):
        tell(make.__name__.strip("_").removesuffix("_section").replace("_", " "), number / len(makers))
        sections.append(make(evidence))
    figures = {f"{section.key}.{name}": value for section in sections for name, value in section.figures.items()}
    sections.append(monitoring_section(evidence, figures))
    sections.append(limitations_section(evidence, sections))
    sections.append(sign_off_section(evidence, sections))
    tell("done", 1.0)
    return Validation(evidence.bundle.model_version, evidence.bundle.portfolio, evidence.made_on, tuple(sections))


def _fairness_section(evidence: Evidence) -> Section:
    from training.fairness.section import fairness_section

    found = fairness_section(evidence)
    if found is None:
        return Section("fairness", "Fairness", ("No self-test attribute divides these people into groups.",))
    return found
