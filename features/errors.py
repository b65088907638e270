"""What can go wrong with features, under one base class."""

from __future__ import annotations

__all__ = ["BadSpine", "FeatureError", "NotOnSpark", "ProhibitedFeature", "UnknownFeature"]


class FeatureError(Exception):
    """Base of all errors raised by :mod:`features`; its text is one line for people."""


class UnknownFeature(FeatureError):
    """A name that stands in no catalogue."""


class ProhibitedFeature(FeatureError):
    """A feature whose use in a credit decision is prohibited in the jurisdiction asked for."""


class BadSpine(FeatureError):
    """Rows for which no features can be computed; the error names the column, the rule, how many rows, the remedy."""


class NotOnSpark(FeatureError):
    """Something that cannot be computed by a Spark session; the error says what is missing."""
