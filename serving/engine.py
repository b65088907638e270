"""The engine: a trusted bundle ready to score, by the version that decisions name."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from bureau.home import Home
from bureau.signers import trusted_signers
from scoring.bundle import Bundle, load_bundle
from scoring.bundle_folder import bundle_signature
from scoring.policy import PolicyBook
from scoring.scorer import Scorer
from serving.errors import NotReplayable

__all__ = ["Engine", "Engines", "load_engine"]

_HELD: Final = 6
"""Engines of older decisions that are kept in memory."""


@dataclass(frozen=True, eq=False)
class Engine:
    """A bundle that scores.

    Parameters
    ----------
    bundle : Bundle
        The bundle.
    scorer : Scorer
        Its scorer, warm.
    manifest_sha256 : str
        SHA-256 of its manifest, in hexadecimal digits: two bundles of one version differ in it.
    """

    bundle: Bundle
    scorer: Scorer
    manifest_sha256: str

    @property
    def version(self) -> str:
        """Version of the bundle."""
        return self.bundle.model_version

    @property
    def policies(self) -> PolicyBook:
        """The policies that the bundle brings."""
        return self.bundle.policies

    def expected_scores(self) -> npt.NDArray[np.int64]:
        """Scores of the applicants of the development sample whom the bundle knows, by whom drift is measured."""
        bundle = self.bundle
        _, everybody = bundle.baselines.values(bundle.model.forest)
        log_odds = bundle.calibration.log_odds(bundle.model.margin(everybody))
        return np.asarray(bundle.scale.to_score(log_odds), np.int64)


def load_engine(home: Home, folder: Path) -> Engine:
    """Load a bundle and score once with it, so that no caller waits for what is loaded late.

    Raises
    ------
    BundleRefused
        If the bundle is not whole, not trusted, of other definitions, or another one than its folder says.
    """
    bundle = load_bundle(folder, trusted_signers(home.signers))
    engine = Engine(bundle, Scorer(bundle), bundle_signature(folder)[1])
    missing = dict.fromkeys(bundle.features.counted, float("nan"))
    with np.errstate(over="ignore", invalid="ignore"):
        for cut_off in (bundle.policy.refer_below, *bundle.elsewhere):
            policy = replace(bundle.policy, refer_below=cut_off, decline_below=cut_off)
            engine.scorer.score_one(missing, explain="all", policy=policy)
    return engine


class Engines:
    """The engines of a home by version, the last used ones kept.

    Parameters
    ----------
    home : Home
        The home whose bundles they are.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._held: OrderedDict[str, Engine] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, version: str, manifest_sha256: str) -> Engine:
        """The engine that a decision was made with.

        Raises
        ------
        NotReplayable
            If the bundle is not there, or is another one of the same version.
        BundleRefused
            If it is not whole or not trusted any more.
        """
        with self._lock:
            engine = self._held.get(version)
            if engine is None or engine.manifest_sha256 != manifest_sha256:
                engine = self._load(version)
            if engine.manifest_sha256 != manifest_sha256:
                raise NotReplayable(f"bundle {version}: not the one that decided; restore it from a backup")
            self._held[version] = engine
            self._held.move_to_end(version)
            while len(self._held) > _HELD:
                self._held.popitem(last=False)
            return engine

    def _load(self, version: str) -> Engine:
        folder = self._home.bundles / version
        if Path(version).name != version or not folder.is_dir():
            raise NotReplayable(f"bundle {version}: not in {self._home.bundles}; restore it from a backup")
        return load_engine(self._home, folder)
