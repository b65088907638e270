"""What can go wrong in serving, under one base class.

::

    ServingError
    ├── NotServable         what the service needs is not in the home, or does not belong together
    ├── NoFeatures          the consumer is known, and the online store has no features
    └── NotStarted          the service cannot be started here, or stopped by itself
"""

from __future__ import annotations

__all__ = ["NoFeatures", "NotServable", "NotStarted", "ServingError"]


class ServingError(Exception):
    """Base of the errors raised by :mod:`serving`; its text is one line for people."""


class NotServable(ServingError):
    """A home from which the service cannot score."""


class NoFeatures(ServingError):
    """A consumer of whom the online store knows nothing."""


class NotStarted(ServingError):
    """The service's process could not be started, or ended by itself."""
