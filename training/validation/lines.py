"""How each sample is drawn, the same in every picture of a validation."""

from __future__ import annotations

from typing import Final

from features.analysis.style import COLOURS
from training.validation.evidence import DEVELOPMENT, OUT_OF_TIME, TEST

__all__ = ["LINES"]

LINES: Final = {
    DEVELOPMENT: (COLOURS["muted"], (0, (4, 2))),
    TEST: (COLOURS["good"], "solid"),
    OUT_OF_TIME: (COLOURS["bad"], "solid"),
}
"""Colour and dashes of each sample."""
