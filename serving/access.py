"""Who may ask for what: the layer that looks at a request's key before anything else of it is read.

No key or none that is good: 401. A key without the scope of the path: 403. More requests than the key has:
429. All this is answered from the request's head alone, so that a bad key with a bad body is a bad key. The
purpose stands in the body; :func:`require_purpose` refuses it (403) before any data are read.

Refusals go into the audit log, and so does that somebody asked for a consumer who is nobody: so many a minute of
each from each worker; the rest is counted there, so that a flood fills no disk. Who is let through is noted
by what answers: a decision, a score, a replay.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bureau.access.access import Access
from bureau.access.api_keys import ApiKey, ApiKeys, KeyFault, key_parts
from bureau.audit.chain import AuditLog
from bureau.audit.events import Detail, Event, EventKind
from bureau.errors import BureauError
from serving.envelope import problem_response, request_id_of
from serving.errors import LimitsUnavailable
from serving.limits import Limits
from serving.paths import (
    BATCH,
    BATCH_RESULTS,
    BATCHES,
    BENTOML_PATHS,
    DECISION,
    DECISIONS,
    MODEL,
    NOTICE,
    NOTICE_KEPT,
    NOTICE_SENT,
    NOTICES,
    OPENAPI,
    RECOURSE,
    SCORE,
    template_of,
)
from serving.problems import (
    NO_PURPOSE,
    NO_SCOPE,
    TOO_MANY,
    UNAUTHENTICATED,
    UNAVAILABLE,
    UNKNOWN_CONSUMER,
    ProblemError,
)

__all__ = ["SCOPE_OF", "AccessControl", "access_of", "noting_unknown", "require_purpose"]

SCOPE_OF: Final = MappingProxyType(
    {
        DECISIONS: "decide",
        DECISION: "read",
        RECOURSE: "read",
        NOTICE: "notice",
        NOTICES: "notice",
        NOTICE_KEPT: "notice",
        NOTICE_SENT: "notice",
        SCORE: "score",
        BATCHES: "batch",
        BATCH: "batch",
        BATCH_RESULTS: "batch",
        MODEL: "model",
    }
)
"""Path to the scope that a key needs there. A path that is not here needs a good key of any scope."""

_OPEN: Final = frozenset({OPENAPI}) | BENTOML_PATHS
"""Paths that are answered without a key."""

_ACCESS: Final = "tradeline.access"
_RECORDER: Final = "tradeline.refusals"
_CACHED_SECONDS: Final = 0.5
"""For so long a key is believed to be as it was read: a revocation is heeded sooner than within a second."""
_MOST_CACHED: Final = 10_000
_NOTED_A_MINUTE: Final = 60
_TOLD_AS: Final[dict[EventKind, str]] = {"access refused": "why", "consumer unknown": "purpose"}
"""What is recorded of requests, and under which name why."""

_log = logging.getLogger("bentoml.serve.tradeline")


def access_of(scope: Scope) -> Access:
    """What the caller of a request may do; only behind :meth:`AccessControl.before`."""
    access = scope[_ACCESS]
    if not isinstance(access, Access):
        raise TypeError("the request did not come through the access layer")
    return access


def require_purpose(scope: Scope, purpose: str) -> str:
    """Make sure that the caller may ask for this purpose, before any data are read; gives the purpose.

    A refusal is recorded, but not by itself: the answer waits for :class:`AccessControl` to do so.

    Raises
    ------
    ProblemError
        If the key has not the purpose, or its subscriber has not certified it.
    """
    access = access_of(scope)
    if purpose not in access.purposes:
        scope[_RECORDER].append(_Refusal("purpose", access.key_id, access.subscriber))
        raise ProblemError(NO_PURPOSE)
    return purpose


@contextmanager
def noting_unknown(scope: Scope, purpose: str) -> Iterator[None]:
    """Record that a caller asked for a consumer who is nobody: who tries out references is to be seen.

    Parameters
    ----------
    scope : Scope
        The request, of which neither the reference nor the number is recorded.
    purpose : str
        The purpose that the caller names.
    """
    try:
        yield
    except ProblemError as error:
        if error.kind is UNKNOWN_CONSUMER:
            access = access_of(scope)
            scope[_RECORDER].append(_Refusal(purpose, access.key_id, access.subscriber, "consumer unknown"))
        raise


@dataclass(frozen=True)
class _Refusal:
    """A request that was refused, as it is recorded: why, or for which purpose nobody was found."""

    why: str
    key_id: str = ""
    subscriber: str = ""
    kind: EventKind = "access refused"


@dataclass
class AccessControl:
    """Looks at the keys of all requests of one worker.

    Parameters
    ----------
    keys : ApiKeys
        The keys.
    limits : Limits
        Counts their requests.
    audit : AuditLog
        Where refusals are recorded.
    clock : callable
        The moment (UTC).
    """

    keys: ApiKeys
    limits: Limits
    audit: AuditLog
    clock: Callable[[], datetime]
    _cache: dict[str, tuple[float, tuple[ApiKey, Access]]] = field(default_factory=dict, repr=False)
    _noted: dict[EventKind, _Bounded] = field(
        default_factory=lambda: {kind: _Bounded(_NOTED_A_MINUTE) for kind in _TOLD_AS}, repr=False
    )

    def before(self, app: ASGIApp) -> ASGIApp:
        """The application behind this layer; within :class:`serving.envelope.Envelope`."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"] in _OPEN:
                await app(scope, receive, send)
                return
            refused: list[_Refusal] = []
            try:
                access = await self._admit(scope, refused)
            except ProblemError as error:
                await self._record(refused)
                await problem_response(error, request_id_of(scope))(scope, receive, send)
                return
            scope[_ACCESS], scope[_RECORDER] = access, refused
            await app(scope, receive, send)
            await self._record(refused)

        return guarded

    async def _admit(self, scope: Scope, refused: list[_Refusal]) -> Access:
        now = self.clock().astimezone(UTC)
        access = await self._authenticate(scope, now, refused)
        wait = self._take(access, now)
        if wait:
            refused.append(_Refusal("limit", access.key_id, access.subscriber))
            raise ProblemError(TOO_MANY, headers={"Retry-After": str(wait)})
        wanted = SCOPE_OF.get(template_of(scope["path"]) or "")
        if wanted is not None and wanted not in access.scopes:
            refused.append(_Refusal("scope", access.key_id, access.subscriber))
            raise ProblemError(NO_SCOPE)
        return access

    async def _authenticate(self, scope: Scope, now: datetime, refused: list[_Refusal]) -> Access:
        parts = key_parts(_presented(scope))
        if isinstance(parts, str):
            return self._unauthenticated(parts, "", refused)
        try:
            found = self._cached(parts[0], now) or await anyio.to_thread.run_sync(self._look_up, parts[0], now)
        except BureauError as error:
            _log.error("keys cannot be read: %s", type(error).__qualname__)
            raise ProblemError(UNAVAILABLE) from None
        judged = self.keys.judge(found, parts, now.replace(tzinfo=None))
        if isinstance(judged, Access):
            return judged
        return self._unauthenticated(judged, found[0].key_id if found and judged != "unknown" else "", refused)

    def _unauthenticated(self, why: KeyFault, key_id: str, refused: list[_Refusal]) -> Access:
        refused.append(_Refusal(why, key_id))
        raise ProblemError(UNAUTHENTICATED, headers={"WWW-Authenticate": "Bearer"})

    def _take(self, access: Access, now: datetime) -> int:
        try:
            return self.limits.take(access.key_id, access.per_minute, access.per_day, now.timestamp())
        except LimitsUnavailable as error:
            _log.error("%s", error)
            raise ProblemError(UNAVAILABLE) from None

    def _cached(self, key_id: str, now: datetime) -> tuple[ApiKey, Access] | None:
        read_at, found = self._cache.get(key_id, (0.0, None))
        return found if 0 <= now.timestamp() - read_at < _CACHED_SECONDS else None

    def _look_up(self, key_id: str, now: datetime) -> tuple[ApiKey, Access] | None:
        found = self.keys.look_up(key_id)
        if found is not None:
            if len(self._cache) >= _MOST_CACHED:
                self._cache.clear()
            self._cache[key_id] = (now.timestamp(), found)
        return found

    async def _record(self, refused: list[_Refusal]) -> None:
        if refused:
            await anyio.to_thread.run_sync(self._note, refused, self.clock().astimezone(UTC).replace(tzinfo=None))

    def _note(self, refused: list[_Refusal], at: datetime) -> None:
        """Record refusals; that it cannot be done changes nothing of the refusal, and is logged."""
        for each in refused:
            fits, passed_over = self._noted[each.kind].take(at.timestamp())
            try:
                if passed_over:
                    told: dict[str, Detail] = {"count": passed_over, "kind": each.kind.replace(" ", "-")}
                    self.audit.append(Event("refusals not recorded", at, actor="service", details=told))
                if fits:
                    self.audit.append(
                        Event(
                            each.kind,
                            at,
                            actor=each.key_id,
                            subscriber=each.subscriber,
                            details={_TOLD_AS[each.kind]: each.why},
                        )
                    )
            except BureauError as error:
                _log.error("a refusal could not be recorded: %s", type(error).__qualname__)


class _Bounded:
    """So many in a minute, and how many more there were in the minute before."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._minute = 0
        self._count = 0

    def take(self, now: float) -> tuple[bool, int]:
        with self._lock:
            passed_over = 0
            if int(now // 60) != self._minute:
                passed_over = max(self._count - self._most, 0)
                self._minute, self._count = int(now // 60), 0
            self._count += 1
            return self._count <= self._most, passed_over


def _presented(scope: Scope) -> str | None:
    """The key of a request; two of them are none."""
    given = Headers(scope=scope).getlist("authorization")
    if len(given) != 1:
        return None
    scheme, _, key = given[0].partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None
