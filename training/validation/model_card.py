"""The model card: what the model is, what it is for and not for, on what it rests, in a page."""

from __future__ import annotations

from training.report.section import Column, Finding, Section, Table
from training.report.shown import counted, shared
from training.validation.evidence import Evidence

__all__ = ["model_card_section"]

_COLUMNS = (Column("what", "What"), Column("answer", "Answer"))


def model_card_section(evidence: Evidence) -> Section:
    """Purpose, owner, developer, materiality, limits of use, data, policy."""
    bundle, use, policy = evidence.bundle, evidence.use, evidence.bundle.policy
    sizes = ", ".join(f"{part.name} {counted(len(part))}" for part in evidence.judged)
    material = f"{use.materiality}: {use.why_material}" if use.why_material else use.materiality
    rows = (
        ("Model", bundle.model_version),
        ("Portfolio and jurisdiction", f"{bundle.portfolio}, {bundle.jurisdiction.upper()}"),
        ("Purpose", use.purpose),
        ("Owner", use.owner),
        ("Developer", use.developer),
        ("Materiality", material),
        ("Kind", "Gradient-boosted trees with monotone directions, calibrated; score, decision and reasons"),
        ("Outcome", evidence.label.text if evidence.label else "Went bad, as the furnisher delivers it"),
        ("Data", f"Observed up to {bundle.trained_on.isoformat()}; rows: {sizes}"),
        ("Features", f"{counted(len(evidence.people.features))} (fingerprint {bundle.feature_fingerprint})"),
        ("Decisions", f"Policy {policy.version}: declined below {policy.decline_below}, approved from "
                      f"{policy.refer_below}"),
        ("Rate of bad", ", ".join(f"{part.name} {shared(float(part.is_bad.mean()), 2)}" for part in evidence.judged)),
        ("Fairness", "Assessed on self-test attributes, see its section" if evidence.protected is not None
                     else "Not assessed: no self-test attributes are in the evidence"),
        ("Replaces", evidence.champion.model_version if evidence.champion else "nothing: the first of its portfolio"),
    )  # fmt: skip
    missing = use.unstated
    return Section(
        "model_card",
        "Purpose and use: the model card",
        (
            "What the model may be used for, by whom it is answered for, and on what it rests. The limits of use bind "
            "everybody who serves it.",
        ),
        tables=(Table("card", "Model card", _COLUMNS, rows),),
        points=use.limits,
        findings=(
            Finding(
                "inventory_complete",
                not missing,
                f"Not stated in the inventory: {', '.join(missing)}." if missing
                else "Owner, developer and materiality are stated.",
                "owner, developer and materiality are stated",
                "requirement MR-01",
            ),
        ),
    )  # fmt: skip
