"""What can go wrong in training, under one base class."""

from __future__ import annotations

__all__ = ["TrainingError", "UnfitPopulation"]


class TrainingError(Exception):
    """Base of the errors raised by :mod:`training`; its text is one line for people."""


class UnfitPopulation(TrainingError):
    """A population from which no model can be trained or judged."""
