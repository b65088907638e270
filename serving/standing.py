"""Who decides at the moment: the champion, and what stands beside it.

A worker looks once a second at the file that names the champion, and at the promotion log and its head, which must
vouch for it; when one of them has changed, it verifies them once. A new champion is loaded and warmed up beside the old
one, which goes on deciding; then the two change places at once. A request that has begun ends with the engine it began
with.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from bureau.errors import SignatureRefused
from bureau.home import Home
from bureau.signers import trusted_signers
from scoring.champion import champion_folder
from scoring.errors import ScoringError
from scoring.routing import Routed, Routing, load_routing
from serving.engine import Engine, load_engine
from serving.metrics import Metrics

__all__ = ["Lineup", "Standing"]

_log = logging.getLogger("bentoml.serve.tradeline")

_AGAIN_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Lineup:
    """The engines in service.

    Parameters
    ----------
    champion : Engine
        Decides.
    routing : Routing
        Which other models there are, and for whom a challenger decides.
    challengers : mapping of str to Engine
        By version; those that could not be loaded are left out, and the champion decides in their place.
    shadows : tuple of Engine
        Score beside it; what they say is recorded and never told.
    """

    champion: Engine
    routing: Routing
    challengers: Mapping[str, Engine] = field(default_factory=dict)
    shadows: tuple[Engine, ...] = ()

    def engine_for(self, consumer_id: int | None) -> Engine:
        """The engine that decides about a consumer: one person always goes the same way."""
        version = None if consumer_id is None else self.routing.route(str(consumer_id))
        return self.champion if version is None else self.challengers.get(version, self.champion)


class Standing:
    """The lineup of a portfolio, kept up to date.

    Parameters
    ----------
    home : Home
        The home.
    champion : Engine
        Its champion, with which the service begins.
    metrics : Metrics
        Where the drift of its scores is measured.
    """

    def __init__(self, home: Home, champion: Engine, metrics: Metrics) -> None:
        self._home = home
        self._portfolio = champion.bundle.portfolio
        self._metrics = metrics
        self._is_refused = False
        self._again_at = 0.0
        self._champion_state: object = None
        self._routing_state: object = None
        self._lineup = Lineup(champion, Routing(self._portfolio))
        self._metrics.expect(champion.version, champion.expected_scores())

    @property
    def lineup(self) -> Lineup:
        """The engines in service now."""
        return self._lineup

    def look(self) -> None:
        """Look once at what has changed: the champion, and what stands beside it."""
        self._look_at_champion()
        self._look_at_routing()

    def _look_at_champion(self) -> None:
        current, bundles = self._lineup.champion, self._home.bundles
        names = (f"champion-{self._portfolio}", "promotions.jsonl", "promotions.head")
        state = tuple(_state_of(bundles / name) for name in names)
        if state == self._champion_state and not (self._is_refused and self._is_due()):
            return
        self._champion_state, self._is_refused = state, False
        try:
            folder = champion_folder(bundles, self._portfolio, trusted_signers(self._home.signers))
            if folder.name == current.version:
                return
            engine = load_engine(self._home, folder)
        except (ScoringError, SignatureRefused, OSError) as error:
            self._is_refused = True
            _log.error("%s goes on deciding: %s", current.version, error)
            return
        self._metrics.expect(engine.version, engine.expected_scores())
        self._lineup = replace(self._lineup, champion=engine)
        self._routing_state = None
        _log.info("serving %s", engine.version)

    def _is_due(self) -> bool:
        """Whether what was refused may be tried again: a bundle can be restored, or its signer come to be trusted."""
        now = time.monotonic()
        if now < self._again_at:
            return False
        self._again_at = now + _AGAIN_SECONDS
        return True

    def _look_at_routing(self) -> None:
        champion, bundles = self._lineup.champion, self._home.bundles
        state = _state_of(bundles / f"routing-{self._portfolio}.json")
        if state == self._routing_state:
            return
        self._routing_state = state
        try:
            trusted = trusted_signers(self._home.signers)
            routing = load_routing(bundles, self._portfolio, trusted).beside(champion.version)
        except (ScoringError, SignatureRefused) as error:
            _log.error("the routing stays as it was: %s", error)
            return
        engines = {each.version: self._routed(each) for each in (*routing.challengers, *routing.shadows)}
        self._lineup = Lineup(
            champion,
            routing,
            {each.version: engine for each in routing.challengers if (engine := engines[each.version])},
            tuple(engine for each in routing.shadows if (engine := engines[each.version])),
        )

    def _routed(self, routed: Routed) -> Engine | None:
        try:
            engine = load_engine(self._home, self._home.bundles / routed.version)
        except (ScoringError, OSError) as error:
            _log.error("%s is left out: %s", routed.version, error)
            return None
        if (engine.manifest_sha256, engine.bundle.portfolio) == (routed.manifest_sha256, self._portfolio):
            return engine
        _log.error("%s is left out: another bundle than the one that was routed", routed.version)
        return None


def _state_of(path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0)
    return status.st_ino, status.st_size, status.st_mtime_ns
