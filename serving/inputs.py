"""What a decision is made of: everything that :func:`serving.deciding.decide` reads, and nothing else.

The inputs are kept with the decision. As text they are JSON in which a number stands so that it is read back as the
very same one (Python's shortest representation that does so), so that a decision can be made again bit for bit.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from scoring.policy.circumstances import Circumstances
from serving.errors import NotReplayable

__all__ = ["FORMAT", "Inputs", "Statements"]

FORMAT: Final = 1
"""Version of the text; a record of another one is not decided again."""

Statements = Mapping[str, float | str | None]
"""Fields of an application by name; None where the applicant stated nothing."""


@dataclass(frozen=True)
class Inputs:
    """The inputs of one decision.

    Parameters
    ----------
    decision_id : str
        Identifier of the decision.
    decided_at : datetime
        The moment (UTC) of the decision; its day says which policy is in force.
    jurisdiction : str
        Under whose rules it is decided.
    model_version : str
        The bundle that scores.
    manifest_sha256 : str
        SHA-256 of that bundle's manifest, in hexadecimal digits.
    values : mapping of str to float, or None
        Counted features on file by name, missing ones NaN; None where nothing is on file.
    known_at : datetime, optional
        The moment (UTC) whose knowledge the values hold.
    application : mapping
        Statements of the application, in place of those on file.
    circumstances : Circumstances
        What the policy's rules look at beside the score.
    """

    decision_id: str
    decided_at: datetime
    jurisdiction: str
    model_version: str
    manifest_sha256: str
    values: Mapping[str, float] | None
    known_at: datetime | None
    application: Statements
    circumstances: Circumstances

    @property
    def decided_on(self) -> date:
        """The day (UTC) of the decision."""
        return self.decided_at.astimezone(UTC).date()

    def to_bytes(self) -> bytes:
        """The inputs as text; of the values those that are not missing."""
        values = self.values
        plain = {
            "format": FORMAT,
            "decision_id": self.decision_id,
            "decided_at": self.decided_at.isoformat(),
            "jurisdiction": self.jurisdiction,
            "model_version": self.model_version,
            "manifest_sha256": self.manifest_sha256,
            "values": None if values is None else {k: v for k, v in values.items() if not math.isnan(v)},
            "known_at": self.known_at.isoformat() if self.known_at else None,
            "application": dict(self.application),
            "circumstances": asdict(self.circumstances) | {"flags": sorted(self.circumstances.flags)},
        }
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def of_bytes(cls, text: bytes) -> Inputs:
        """Inputs from their text.

        Raises
        ------
        NotReplayable
            If it is not what :meth:`to_bytes` writes.
        """
        try:
            plain: dict[str, Any] = json.loads(text)
            if plain["format"] != FORMAT:
                raise NotReplayable(
                    f"inputs of format {plain['format']}, this version decides on format {FORMAT}; "
                    "use the version of Tradeline that kept them"
                )
            known_at = plain["known_at"]
            return cls(
                decision_id=plain["decision_id"],
                decided_at=datetime.fromisoformat(plain["decided_at"]),
                jurisdiction=plain["jurisdiction"],
                model_version=plain["model_version"],
                manifest_sha256=plain["manifest_sha256"],
                values=plain["values"],
                known_at=datetime.fromisoformat(known_at) if known_at else None,
                application=plain["application"],
                circumstances=_circumstances(plain["circumstances"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise NotReplayable("inputs: not as they were kept; restore the casework store from a backup") from None


def _circumstances(plain: Mapping[str, Any]) -> Circumstances:
    return Circumstances(**{**plain, "flags": frozenset(plain["flags"]), "not_stated": tuple(plain["not_stated"])})
