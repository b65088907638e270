"""Small tables with a known structure, split into folds."""

from __future__ import annotations

import numpy as np

from training.tuning import Fold

__all__ = ["DIRECTIONS", "FEATURES", "made_folds"]

FEATURES = ("up", "down", "bent", "noise")
DIRECTIONS = (1, -1, 0, 0)


def made_folds(rows: int = 300, count: int = 2, seed: int = 1) -> list[Fold]:
    """Folds of people whose odds rise with the first feature, fall with the second, and bend with the third."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, len(FEATURES)))
    log_odds = -0.5 + 1.2 * values[:, 0] - 0.8 * values[:, 1] + 0.5 * np.abs(values[:, 2])
    is_bad = rng.random(rows) < 1 / (1 + np.exp(-log_odds))
    values[rng.random(values.shape) < 0.05] = np.nan
    part = np.arange(rows) % count
    return [
        Fold(values[part != place], is_bad[part != place], values[part == place], is_bad[part == place])
        for place in range(count)
    ]
