"""The macro cycle: how hard times are, month by month."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from bureau.simulator.options import BURN_IN, HORIZON, Options
from bureau.simulator.randomness import Chance

__all__ = ["Macro"]

_WAVE: Final = 0.9
_PERSISTENCE: Final = 0.85
_NOISE: Final = 0.12
_SHOCK_CHANCE: Final = 1 / 50
_SHOCK: Final = 0.8


class Macro:
    """A slow wave, with noise that lingers and now and then a shock that dies away.

    Parameters
    ----------
    options : Options
        The world; ``cycle`` scales everything.
    chance : Chance
        Its randomness.

    Attributes
    ----------
    strain : numpy.ndarray
        How hard times are, from the first month of the burn-in to :data:`HORIZON` months after the
        last reported one: 0 in normal times, about 1 in a recession, -1 in a boom.
    """

    def __init__(self, options: Options, chance: Chance) -> None:
        rng = chance.stream("macro")
        period, phase = rng.uniform(48, 84), rng.uniform(0, 2 * np.pi)
        months = BURN_IN + options.months + HORIZON
        noise = rng.normal(0, _NOISE, months)
        shocks = rng.random(months) < _SHOCK_CHANCE
        lingering = np.zeros(months)
        for month in range(1, months):
            lingering[month] = _PERSISTENCE * lingering[month - 1] + noise[month] + _SHOCK * shocks[month]
        wave = _WAVE * np.sin(phase + 2 * np.pi * np.arange(months) / period)
        self.strain: npt.NDArray[np.float64] = options.cycle * (wave + lingering)

    def at(self, month: int) -> float:
        """The strain of a month, by its number in the calendar."""
        return float(self.strain[month + BURN_IN])
