"""Alarms: what was measured, held against stated thresholds.

An alarm asks for a review or a retraining; a watch asks to look closer. Several things are looked at each
time, so that an alarm also needs more than chance: the figure must be beyond its threshold, and its distance from
no change must be unlikely without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Alarm", "Level", "Thresholds"]

Level = Literal["fine", "watch", "alarm", "not assessed"]


@dataclass(frozen=True)
class Thresholds:
    """When to watch and when to raise an alarm.

    Parameters
    ----------
    watch_psi, alarm_psi : float
        Stability index of the score or a feature: 0.1 and 0.25 are customary (N. Siddiqi, Credit Risk Scorecards,
        2006).
    auc_fall : float
        By how much the AUC, expected or realised, may be lower than in development (own standard).
    watch_large, alarm_large : float
        Calibration in the large, as a difference of log-odds either way: 0.1 are odds 10 per cent off (own standard).
    slope_error : float
        Distance of the slope's logarithm from 0: ln 1.25, a slope below 0.8 or above 1.25 (own standard).
    level : float
        Chance at which a difference counts as more than chance (two-sided): stricter than 5 per cent, since a
        monitor looks often.
    concentration_rise : float
        By how much the concentration of the grades may rise (own standard).
    moved_far : float
        Share of people that may have moved by two grades or more (own standard).
    """

    watch_psi: float = 0.1
    alarm_psi: float = 0.25
    auc_fall: float = 0.03
    watch_large: float = 0.1
    alarm_large: float = 0.15
    slope_error: float = 0.2231435513142097
    level: float = 0.01
    concentration_rise: float = 0.1
    moved_far: float = 0.25


@dataclass(frozen=True)
class Alarm:
    """One thing that was looked at.

    Parameters
    ----------
    key : str
        What it is, in snake_case.
    level : Level
        What it came to.
    value : float
        The figure that was held against the threshold; NaN where it was not assessed.
    text : str
        What was found, in one sentence with its figures and the threshold.
    """

    key: str
    level: Level
    value: float
    text: str
