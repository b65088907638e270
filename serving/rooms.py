"""What the routes lead to, and the ways from the event loop into it and back."""

from __future__ import annotations

import asyncio
import functools
import logging
import sqlite3
import time
import traceback
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Final, ParamSpec, TypeVar

from bureau.errors import BureauError, ContentGone, NotOnRecord, NotSent, UnknownConsumer
from feature_repo.errors import FeatureRepoError
from scoring.errors import PolicyRefused
from serving.archive import Archive
from serving.batches import Batches
from serving.body import broken
from serving.desk import Desk
from serving.errors import (
    BatchRefused,
    NoFeatures,
    NoFinder,
    NoNotice,
    NoResults,
    NotReplayable,
    ServingError,
    TooManyBatches,
)
from serving.mail import Mail
from serving.metrics import Metrics
from serving.problems import (
    BATCH_NOT_DONE,
    CONTENT_GONE,
    NO_FEATURES,
    NO_NOTICE,
    NOT_ON_RECORD,
    NOT_RECORDED,
    NOT_SENT,
    REPLAY_DIFFERS,
    UNAVAILABLE,
    UNKNOWN_CONSUMER,
    BrokenRule,
    Kind,
    ProblemError,
)
from serving.readiness import Readiness
from serving.standing import Standing

__all__ = ["AT_ONCE", "Rooms"]

AT_ONCE: Final = 6
"""Requests that a worker works on at once: one computes while others wait for the disk, which they do together; more
would only wait for each other."""

_LONGEST_WAIT: Final = 4.0
"""Seconds that a request waits for a thread, less than a store waits for another writer: where all threads wait for
one, those behind them are refused when it gives up, and do not begin to wait in their turn."""
_LONGEST_WAIT_FOR_LETTERS: Final = 30.0
_LATER: Final = "5"
"""Seconds after which a refused request may be sent again: the time from one look at the casework to the next."""

_P = ParamSpec("_P")
_T = TypeVar("_T")

_log = logging.getLogger("bentoml.serve.tradeline")


@dataclass(frozen=True)
class Rooms:
    """What the routes lead to.

    Parameters
    ----------
    desk : Desk
        Decides and scores.
    archive : Archive
        Decisions that were made.
    mail : Mail
        Letters about them.
    batches : Batches
        Many consumers at a time.
    standing : Standing
        Which models are in service.
    metrics : Metrics
        Counts and times.
    readiness : Readiness
        Whether anything can be put on record.
    clock : callable
        The moment (UTC): the one place where a request learns what time it is.
    threads : ThreadPoolExecutor
        Where requests are worked on, beside the event loop.
    writing : ThreadPoolExecutor
        Where letters are written, so that no decision waits for one.
    """

    desk: Desk
    archive: Archive
    mail: Mail
    batches: Batches
    standing: Standing
    metrics: Metrics
    readiness: Readiness
    clock: Callable[[], datetime]
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE, "room"), repr=False)
    writing: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "letter"), repr=False)

    async def call(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call something that reads and writes files, in a thread, while the event loop goes on.

        Raises
        ------
        ProblemError
            In the place of every error that a request can lead to; where nothing can be put on record, or no thread
            is free for seconds, nothing is called.
        """
        run = functools.partial(call, *args, **kwargs)
        return await self._called(self.threads, run, _LONGEST_WAIT)

    async def read(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call something that only reads, and goes on where nothing can be put on record.

        Raises
        ------
        ProblemError
            As :meth:`call`.
        """
        run = functools.partial(call, *args, **kwargs)
        return await self._called(self.threads, run, _LONGEST_WAIT, must_record=False)

    async def write(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call something that writes a letter, which computes for some tenths of a second: one after the other.

        Raises
        ------
        ProblemError
            As :meth:`call`.
        """
        run = functools.partial(call, *args, **kwargs)
        return await self._called(self.writing, run, _LONGEST_WAIT_FOR_LETTERS)

    def close(self) -> None:
        """Wait for what is under way, and take nothing more."""
        self.threads.shutdown()
        self.writing.shutdown()

    async def _called(
        self, threads: ThreadPoolExecutor, run: Callable[[], _T], longest: float, *, must_record: bool = True
    ) -> _T:
        asked = time.monotonic()

        def begin() -> _T:
            if time.monotonic() - asked > longest:
                raise ProblemError(UNAVAILABLE, headers={"Retry-After": _LATER})
            if must_record:  # it may have waited until this was seen
                self._require_recordable()
            return run()

        if must_record:
            self._require_recordable()
        return await _told(asyncio.get_running_loop().run_in_executor(threads, begin))

    def _require_recordable(self) -> None:
        if broken_rules := self.readiness.unrecordable:
            raise ProblemError(NOT_RECORDED, broken_rules, headers={"Retry-After": _LATER})


async def _told(answer: Awaitable[_T]) -> _T:
    """An answer; every error that it can end with as a problem."""
    try:
        return await answer
    except PolicyRefused:
        raise broken("jurisdiction", "must be one for which the policy in force has rules") from None
    except BatchRefused as error:
        raise broken("body", str(error)) from None
    except TooManyBatches:
        raise  # the route says when to come again
    except (BureauError, FeatureRepoError, ServingError, sqlite3.Error, OSError) as error:
        raise _as_problem(error) from None


_KINDS: Final[tuple[tuple[tuple[type[Exception], ...], Kind], ...]] = (
    ((UnknownConsumer,), UNKNOWN_CONSUMER),
    ((NotOnRecord,), NOT_ON_RECORD),
    ((NoNotice,), NO_NOTICE),
    ((NotSent,), NOT_SENT),
    ((NoResults,), BATCH_NOT_DONE),
    ((NoFeatures,), NO_FEATURES),
    ((ContentGone,), CONTENT_GONE),
    ((NotReplayable,), REPLAY_DIFFERS),
    ((NoFinder, FeatureRepoError, sqlite3.Error), UNAVAILABLE),
    ((BureauError, ServingError, OSError), NOT_RECORDED),
)
"""What an error is told as; the first that fits."""


def _as_problem(error: Exception) -> ProblemError:
    kind = next(kind for errors, kind in _KINDS if isinstance(error, errors))
    if kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        _log.error("%s: %s at %s:%d", kind.name, type(error).__qualname__, frame.filename, frame.lineno)
    if isinstance(error, NoNotice) and error.need:
        return ProblemError(kind, (BrokenRule(location=error.need, rule=error.rule),))
    return ProblemError(kind)
