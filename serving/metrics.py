"""What the service counts, for Prometheus: beside BentoML's own counters, and added up over all workers.

No label holds anything of a request: stages, decisions, codes of reasons and versions of models are all there is.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scoring.policy.ruling import Ruling
from scoring.scorer import Scored
from serving.paths import template_of

__all__ = ["STAGES", "Metrics", "population_stability"]

STAGES: Final = ("body", "identity", "features", "decide", "shadow", "record", "whole")
"""The stages of a decision, in their order."""

_SECONDS: Final = (0.0005, 0.001, 0.002, 0.004, 0.006, 0.008, 0.012, 0.016, 0.024, 0.032, 0.064, 0.128, 0.5, 2.0)
_DAYS: Final = (1, 2, 7, 14, 31, 62, 92, 183, 366)
_SCORES: Final = tuple(range(300, 851, 25))
_WINDOW: Final = 2000
"""Scores whose distribution is compared with that of the development sample."""
_LEAST: Final = 200
_EVERY: Final = 50
_BINS: Final = 10
_HALF: Final = 0.5


class Metrics:
    """The counters of one worker.

    Where ``PROMETHEUS_MULTIPROC_DIR`` names a folder, as BentoML sees to, the counters of all workers lie there, and
    ``/metrics`` adds them up.
    """

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._stages = Histogram(
            "tradeline_stage_seconds", "Time of a stage of a request", ["stage"], registry=registry, buckets=_SECONDS
        )
        self._requests = Counter("tradeline_requests", "Requests answered", ["path", "status"], registry=registry)
        self._decisions = Counter(
            "tradeline_decisions", "Decisions", ["decision", "decided_by", "model_version"], registry=registry
        )
        self._reasons = Counter("tradeline_reasons", "Principal reasons told, by code", ["code"], registry=registry)
        self._age = Histogram(
            "tradeline_features_age_days", "Age of the features decided on", registry=registry, buckets=_DAYS
        )
        self._scores = Histogram(
            "tradeline_credit_score", "Credit scores", ["model_version"], registry=registry, buckets=_SCORES
        )
        self._drift = Gauge(
            "tradeline_score_stability_index",
            f"Population stability index of a worker's last {_WINDOW} scores against the development sample",
            ["model_version"],
            registry=registry,
            multiprocess_mode="max",
        )
        self._ready = Gauge(
            "tradeline_ready", "1 if every worker is ready", registry=registry, multiprocess_mode="livemin"
        )
        self._differences = Counter(
            "tradeline_replays_differing", "Replays that did not give the kept answer", registry=registry
        )
        self._recent: deque[int] = deque(maxlen=_WINDOW)
        self._expected: tuple[str, np.ndarray] = ("", np.empty(0))
        self._since = 0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage, one of :data:`STAGES`."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._stages.labels(name).observe(time.perf_counter() - begun)

    def decided(
        self, ruling: Ruling, scored: Scored | None, model_version: str, at: datetime, known_at: datetime | None
    ) -> None:
        """Count a decision."""
        self._decisions.labels(ruling.decision, ruling.decided_by, model_version).inc()
        of_score = scored.explanation.reasons if scored is not None and scored.explanation is not None else ()
        of_rules, told = ruling.reasons(of_score)
        for code in (*(each.code for each in of_rules), *(each.code for each in told)):
            self._reasons.labels(code).inc()
        if known_at is not None:
            self._age.observe(max(0.0, (at - known_at).total_seconds() / 86_400))
        if scored is not None:
            self._score(scored.credit_score, model_version)

    def counted(self, app: ASGIApp) -> ASGIApp:
        """An application whose requests are counted, by the template of their path and the status."""

        async def counting(scope: Scope, receive: Receive, send: Send) -> None:
            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    path = template_of(scope["path"]) or "unknown"
                    self._requests.labels(path, str(message["status"])).inc()
                await send(message)

            await app(scope, receive, sending)

        return counting

    def differed(self) -> None:
        """Count a replay that did not give the kept answer."""
        self._differences.inc()

    def ready(self, is_ready: bool) -> None:
        """Tell whether this worker is ready."""
        self._ready.set(float(is_ready))

    def expect(self, model_version: str, scores: np.ndarray) -> None:
        """Scores of a model's development sample, with which its scores are compared from now on."""
        self._expected = (model_version, np.sort(scores.astype(float)))
        self._recent.clear()

    def _score(self, credit_score: int, model_version: str) -> None:
        self._scores.labels(model_version).observe(credit_score)
        version, expected = self._expected
        if version != model_version or not expected.size:
            return
        self._recent.append(credit_score)
        self._since += 1
        if len(self._recent) >= _LEAST and self._since >= _EVERY:
            self._since = 0
            observed = np.fromiter(self._recent, float)
            self._drift.labels(model_version).set(population_stability(expected, observed))


def population_stability(expected: np.ndarray, observed: np.ndarray) -> float:
    """Population stability index of scores, over tenths of the expected ones.

    The sum of (observed share - expected share) ln(observed share / expected share); a bin without a score counts
    as half a one, so that the index stays finite.

    Parameters
    ----------
    expected, observed : ndarray
        Scores, at least one of each.
    """
    edges = np.unique(np.quantile(expected, np.linspace(0, 1, _BINS + 1)[1:-1]))
    shares = []
    for scores in (expected, observed):
        counts = np.bincount(np.searchsorted(edges, scores, side="right"), minlength=edges.size + 1)
        counts = np.maximum(counts, _HALF)
        shares.append(counts / counts.sum())
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
