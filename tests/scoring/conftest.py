"""What the tests of scoring share: made-up card holders, and a small bundle trained on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from made_models import made_bundle, made_counted

from bureau.signing import Signer
from features.vectors import matrix
from scoring.bundle import Bundle, save_bundle
from scoring.scorer import Scorer

Values = npt.NDArray[np.float64]


@pytest.fixture(scope="session")
def counted() -> dict[str, Values]:
    """Counted features of 500 card holders, some of them missing."""
    return made_counted()


@pytest.fixture(scope="session")
def bundle(counted: dict[str, Values]) -> Bundle:
    """A bundle whose policy approves some of them, refers some and declines some."""
    return made_bundle(counted, "taiwan-1", 1)


@pytest.fixture(scope="session")
def another_bundle(counted: dict[str, Values]) -> Bundle:
    """Another model of the same features."""
    return made_bundle(counted, "taiwan-2", 2)


@pytest.fixture(scope="session")
def scorer(bundle: Bundle) -> Scorer:
    return Scorer(bundle)


@pytest.fixture(scope="session")
def values(bundle: Bundle, counted: dict[str, Values]) -> Values:
    """The vectors of the card holders."""
    return matrix(bundle.features, counted, bundle.model.features)


@pytest.fixture(scope="session")
def developer() -> Signer:
    """Who signs the bundles."""
    return Signer("ada", Ed25519PrivateKey.from_private_bytes(bytes(32)))


@pytest.fixture
def saved(bundle: Bundle, developer: Signer, tmp_path: Path) -> Path:
    """Folder of the saved bundle, a test's own."""
    return save_bundle(bundle, tmp_path / "bundles" / bundle.model_version, developer)


@pytest.fixture(scope="session")
def train_small() -> Callable[..., lgb.Booster]:
    """Fit a small booster whose thresholds are drawn at random, so that copies of a feature are both used."""

    def fit(values: Values, is_bad: npt.NDArray[np.bool_], rounds: int = 200) -> lgb.Booster:
        settings = {
            "objective": "binary", "num_leaves": 6, "learning_rate": 0.05, "extra_trees": True, "seed": 3,
            "num_threads": 1, "deterministic": True, "verbosity": -1,
        }  # fmt: skip
        return lgb.train(settings, lgb.Dataset(values, is_bad.astype(float)), num_boost_round=rounds)

    return fit
