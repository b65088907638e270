"""Sign-off: what was concluded, what the developer and the validator vouch for, and where their signatures are."""

from __future__ import annotations

from collections.abc import Sequence

from training.report.section import Column, Section, Table
from training.report.shown import counted
from training.validation.evidence import Evidence
from training.validation.use import NO_PERSON

__all__ = ["sign_off_section"]

_COLUMNS = (
    Column("role", "Role"),
    Column("name", "Name"),
    Column("vouches", "Vouches for"),
    Column("date", "Date"),
    Column("signature", "Signature"),
)

_PERSON = "The validator is not the developer: who signed the bundle cannot sign its validation."
_SERVICE = "No person has reviewed; signed by a service, which is not the developer."


def sign_off_section(evidence: Evidence, sections: Sequence[Section]) -> Section:
    """Who signs what.

    Parameters
    ----------
    evidence : Evidence
        The evidence.
    sections : sequence of Section
        All sections before this one.
    """
    by_service = NO_PERSON in evidence.use.limits
    findings = [finding for section in sections for finding in section.findings]
    failed, open_points = (sum(finding.passed is kind for finding in findings) for kind in (False, None))
    return Section(
        "sign_off",
        "Sign-off",
        (
            f"Of {counted(len(findings))} findings, {counted(failed)} failed and {counted(open_points)} could not be "
            "assessed. Whoever approves in spite of a failed finding says why in the promotion log.",
            f"{_SERVICE if by_service else _PERSON} This report is written before it is signed: the validator’s name "
            "and signature stand in validation.json beside it.",
            "The signatures are electronic (Ed25519): the developer’s covers the bundle, the validator’s covers this "
            "report and its data files by their hashes. A model whose validation is not signed by both is not "
            "promoted.",
        ),
        tables=(
            Table(
                "signatures",
                "Signatures",
                _COLUMNS,
                (
                    ("Developer", evidence.use.developer, "the model and its evidence",
                     evidence.made_on.isoformat(), "in the bundle"),
                    ("Validator", "in validation.json",
                     "this report as it was computed" if by_service else "independent review of every section above",
                     "in validation.json", "in validation.json"),
                    ("Owner", evidence.use.owner, "use within the limits of the model card", "", ""),
                ),
            ),
        ),
    )  # fmt: skip
