"""One answer for one idempotency key: a request that is still being answered is not answered twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from serving.problems import IN_FLIGHT, ProblemError

__all__ = ["Once"]


class Once:
    """The keys of requests that this worker is answering.

    Two workers that answer under one key at the same time both decide, and the casework keeps one of the two
    decisions, whose answer both then give.
    """

    def __init__(self) -> None:
        self._flying: set[tuple[str, str]] = set()

    @contextmanager
    def flying(self, subscriber: str, key: str | None) -> Iterator[None]:
        """While a request is being answered.

        Raises
        ------
        ProblemError
            If another one under the same key is.
        """
        if key is None:
            yield
            return
        if (subscriber, key) in self._flying:
            raise ProblemError(IN_FLIGHT, headers={"Retry-After": "1"})
        self._flying.add((subscriber, key))
        try:
            yield
        finally:
            self._flying.discard((subscriber, key))
