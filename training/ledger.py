"""The run ledger: one line for each scheduled retraining, with what came of it.

``runs/ledger.jsonl``, JSON lines, only ever added to. A retraining of a portfolio and date that has
its line is not done again: its outcome is told from there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from training.errors import RecordDamaged

__all__ = ["EXIT_CODES", "Ledger", "LedgerLine", "Outcome"]

Outcome = Literal["promoted", "failed", "not better"]
"""What came of a retraining."""

EXIT_CODES: Final[Mapping[Outcome, int]] = {"promoted": 0, "failed": 1, "not better": 3}
"""Exit code of the command for each outcome."""


@dataclass(frozen=True)
class LedgerLine:
    """One retraining.

    Parameters
    ----------
    portfolio : str
        Which portfolio.
    date : str
        For which date (ISO 8601).
    outcome : {'promoted', 'failed', 'not better'}
        What came of it.
    why : str
        Why, in a sentence.
    version : str or None
        Version of the challenger; None if none was trained.
    champion : str or None
        Version of the champion that it was compared with.
    comparison : mapping of str to object
        The comparison with the champion.
    gates : tuple of mapping
        The gates: ``name``, ``passed``, ``text``.
    started_at : str
        When it began (UTC, ISO 8601).
    seconds : float
        How long it took.
    reviewed_by_person : bool
        Whether a person has reviewed the validation: not in a retraining.
    """

    portfolio: str
    date: str
    outcome: Outcome
    why: str
    version: str | None = None
    champion: str | None = None
    comparison: Mapping[str, Any] = field(default_factory=dict)
    gates: tuple[Mapping[str, Any], ...] = ()
    started_at: str = ""
    seconds: float = 0.0
    reviewed_by_person: bool = False

    @property
    def exit_code(self) -> int:
        """Exit code of the command."""
        return EXIT_CODES[self.outcome]

    def plain(self) -> dict[str, Any]:
        """The same as JSON holds it."""
        return asdict(self) | {"exit_code": self.exit_code}


@dataclass(frozen=True)
class Ledger:
    """The run ledger of a home.

    Parameters
    ----------
    path : Path
        Its file.
    """

    path: Path

    def lines(self) -> tuple[LedgerLine, ...]:
        """All lines; half a line of a process that was killed is none.

        Raises
        ------
        RecordDamaged
            If a line cannot be read.
        """
        content = self.path.read_bytes() if self.path.exists() else b""
        found = []
        for number, line in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), start=1):
            try:
                plain = json.loads(line)
                plain.pop("exit_code")
                found.append(LedgerLine(**plain | {"gates": tuple(plain["gates"])}))
            except (ValueError, KeyError, TypeError, AttributeError):
                raise RecordDamaged(f"{self.path}: line {number} cannot be read; restore it from a backup") from None
        return tuple(found)

    def find(self, portfolio: str, on: date) -> LedgerLine | None:
        """The last line of a portfolio and date, if there is one."""
        wanted = (portfolio, on.isoformat())
        return next((each for each in reversed(self.lines()) if (each.portfolio, each.date) == wanted), None)

    def append(self, line: LedgerLine) -> None:
        """Add a line so that it outlives a loss of power. Only one process at a time may do so."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab+") as file:
            content = self.path.read_bytes()
            file.truncate(content.rfind(b"\n") + 1)
            file.write(json.dumps(line.plain(), sort_keys=True).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
