"""The intended use of a model: what its inventory entry says, and what bounds the validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["NO_PERSON", "IntendedUse"]

NO_PERSON: Final = "No person has reviewed this validation: a service made and signed it."
"""The limit of use that tells of a validation without a person."""

_NOT_STATED = "not stated"


@dataclass(frozen=True)
class IntendedUse:
    """What a model is for, and who answers for it.

    Parameters
    ----------
    purpose : str
        What decisions it serves.
    owner : str
        Who answers for it in the business.
    developer : str
        Who made it.
    materiality : {"high", "medium", "low", "not stated"}
        What hangs on it.
    why_material : str
        Why so.
    limits : tuple of str
        What it may not be used for.
    """

    purpose: str = "To rank applicants for consumer credit by their chance of default and to price that chance."
    owner: str = _NOT_STATED
    developer: str = _NOT_STATED
    materiality: Literal["high", "medium", "low", "not stated"] = "not stated"
    why_material: str = ""
    limits: tuple[str, ...] = (
        "Only for the portfolio and the jurisdiction named here.",
        "Only for people whose credit history was delivered as that of the development sample was.",
        "Not for employment, insurance or tenancy decisions.",
        "A declined applicant is told the reasons of this model, not of another one.",
    )

    @property
    def unstated(self) -> tuple[str, ...]:
        """What an inventory needs and is not stated."""
        return tuple(name for name in ("owner", "developer", "materiality") if getattr(self, name) == _NOT_STATED)
