"""A simulated world: people with credit lives, the furnishers that report them, and the key to the truth.

:func:`simulate` writes what furnishers deliver, with a manifest that the bureau's ingest understands,
and the answers: who is who, which records are faulty, and every account's true default probability.
"""

from __future__ import annotations

from bureau.simulator.errors import SimulationError
from bureau.simulator.options import Options
from bureau.simulator.simulation import Summary, simulate

__all__ = ["Options", "SimulationError", "Summary", "simulate"]
