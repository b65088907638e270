"""What can go wrong in serving, under one base class.

::

    ServingError
    ├── NotServable         what the service needs is not in the home, or does not belong together
    ├── NoFeatures          the consumer is known, and the online store has no features
    ├── NoFinder            applicants cannot be looked for at the moment
    ├── NotReplayable       a decision cannot be made again from what was kept
    ├── NoNotice            a decision that asks for no notice, or not enough is known for one
    ├── BatchRefused        a file that is no batch of consumers
    ├── TooManyBatches      a subscriber whose batches wait, or whose files take all the space it has
    ├── NoResults           a batch that is not done, or whose results are gone
    ├── LimitsUnavailable   the requests of keys cannot be counted
    └── NotStarted          the service cannot be started here, or stopped by itself
"""

from __future__ import annotations

__all__ = [
    "BatchRefused",
    "LimitsUnavailable",
    "NoFeatures",
    "NoFinder",
    "NoNotice",
    "NoResults",
    "NotReplayable",
    "NotServable",
    "NotStarted",
    "ServingError",
    "TooManyBatches",
]


class ServingError(Exception):
    """Base of the errors raised by :mod:`serving`; its text is one line for people."""


class NotServable(ServingError):
    """A home from which the service cannot score."""


class NoFeatures(ServingError):
    """A consumer of whom the online store knows nothing."""


class NoFinder(ServingError):
    """The history, which tells who is who, could not be read yet."""


class NotReplayable(ServingError):
    """A decision that cannot be made again: its inputs, or the bundle that made it, are not what they were."""


class NoNotice(ServingError):
    """A decision of which nobody is to be told, or of which not enough is known to tell.

    Parameters
    ----------
    told : str
        The error.
    need : str
        The fact that is missing, by its name in the rules of notices, or the part of the request that does not fit;
        empty where none is.
    rule : str
        What must hold there.
    """

    def __init__(self, told: str, need: str = "", rule: str = "must be known for this letter") -> None:
        self.need = need
        self.rule = rule
        super().__init__(told)


class BatchRefused(ServingError):
    """A file that is no batch of consumers."""


class TooManyBatches(ServingError):
    """A batch of a subscriber that has as many as it may."""


class NoResults(ServingError):
    """A batch that is not done, failed, or whose results are not kept any more."""


class LimitsUnavailable(ServingError):
    """The file or the server that counts requests cannot be used; without it no request is answered."""


class NotStarted(ServingError):
    """The service's process could not be started, or ended by itself."""
