"""What can go wrong when a world is simulated."""

from __future__ import annotations

from bureau.errors import BureauError

__all__ = ["SimulationError"]


class SimulationError(BureauError):
    """A world cannot be simulated as asked; nothing was written, or what was written has no manifest."""
