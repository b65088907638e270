"""Pruning: the bars by hand."""

from __future__ import annotations

import numpy as np
import pytest

from training.tuning.curves import Curve
from training.tuning.evaluation import Evaluation
from training.tuning.pruning import LEAST_TRIALS, bars


def _evaluation(*auc: float) -> Evaluation:
    return Evaluation(0, tuple(Curve((value,), (1.0,)) for value in auc), pruned=False, extra=None)


def test_the_bar_is_the_median_of_those_that_got_as_far() -> None:
    far = [_evaluation(0.5 + place / 100, 0.7, 0.9) for place in range(LEAST_TRIALS)]
    short = [_evaluation(0.4)] * 3
    first, second = bars(far + short, 3, 0.5)
    assert first == pytest.approx(np.median([0.4] * 3 + [0.5 + place / 100 for place in range(LEAST_TRIALS)]))
    assert second == pytest.approx(np.median([(0.5 + place / 100 + 0.7) / 2 for place in range(LEAST_TRIALS)]))


def test_no_bar_without_enough_trials_or_without_pruning() -> None:
    many, few = [_evaluation(0.6, 0.7)] * LEAST_TRIALS, [_evaluation(0.6, 0.7)] * (LEAST_TRIALS - 1)
    assert bars(many, 2, 0.5) == (0.6,)
    assert bars(few, 2, 0.5) == (-np.inf,)
    assert bars(many, 2, None) == ()
    assert bars(many, 1, 0.5) == ()
