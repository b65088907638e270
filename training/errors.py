"""What can go wrong in training, under one base class."""

from __future__ import annotations

__all__ = [
    "BrokenMonotonicity",
    "PromotionRefused",
    "RecordDamaged",
    "TrainingError",
    "TuningError",
    "UnfitArgument",
    "UnfitDates",
    "UnfitPopulation",
    "UnfitTable",
    "UnknownVersion",
]


class TrainingError(Exception):
    """Base of the errors raised by :mod:`training`; its text is one line for people."""


class BrokenMonotonicity(TrainingError):
    """A model that turns against a direction it was given."""


class PromotionRefused(TrainingError):
    """A model that may not become the champion, or not in this way."""


class RecordDamaged(TrainingError):
    """What a training, a validation or a promotion left on record is missing, or was changed."""


class TuningError(TrainingError):
    """A tuning that cannot begin, or not go on from what its storage holds."""


class UnfitArgument(TrainingError, ValueError):
    """A setting of a model that is none, or does not fit the table; a `ValueError` for scikit-learn."""


class UnfitPopulation(TrainingError):
    """A population from which no model can be trained or judged."""


class UnfitDates(UnfitPopulation):
    """Observation dates that were named, and cannot be used at the present."""


class UnfitTable(TrainingError, ValueError):
    """A table, outcomes or groups that a model cannot be fitted on, or applied to; a `ValueError` for scikit-learn."""


class UnknownVersion(TrainingError):
    """A version of which a home has no model."""
