"""Learning curves: where their mean is highest, and when it has stalled."""

from __future__ import annotations

import numpy as np
import pytest

from training.tuning.curves import STEP, Curve, has_stalled, patience, top


def _curve(*auc: float) -> Curve:
    return Curve(auc, tuple(float(10 * place) for place in range(len(auc))))


def test_the_top_of_two_curves_by_hand() -> None:
    # Means over the common part: 0.60, 0.65, 0.64; the third point of the longer curve counts, the fourth not.
    best = top([_curve(0.6, 0.7, 0.62, 0.9), _curve(0.6, 0.6, 0.66)])
    assert best.rounds == 2 * STEP
    assert best.auc == pytest.approx(0.65)
    assert best.auc_by_fold == (0.7, 0.6)
    assert best.cost == 10.0


@pytest.mark.parametrize("seed", range(5))
def test_the_top_by_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    curves = [Curve(tuple(rng.random(size)), tuple(rng.random(size))) for size in rng.integers(3, 9, 4)]
    common = min(len(curve.auc) for curve in curves)
    means = [sum(curve.auc[place] for curve in curves) / 4 for place in range(common)]
    best = top(curves)
    place = best.rounds // STEP - 1
    assert means[place] == max(means)
    assert best.auc == pytest.approx(means[place])
    assert best.cost == pytest.approx(sum(curve.cost[place] for curve in curves) / 4)


def test_of_equal_points_the_one_with_fewer_trees() -> None:
    assert top([_curve(0.5, 0.7, 0.7)]).rounds == 2 * STEP


def test_it_stalls_so_many_trees_after_the_top_of_the_mean() -> None:
    rising = [0.6, 0.7, 0.69, 0.68]
    assert has_stalled([], rising, wait=2 * STEP)
    assert not has_stalled([], rising, wait=3 * STEP)
    # Beside a fold that still rises, the mean is highest at the last point.
    assert not has_stalled([_curve(0.6, 0.6, 0.7, 0.8)], rising, wait=STEP)


def test_patience_is_longer_the_less_a_tree_does() -> None:
    waits = [patience(rate) for rate in (0.3, 0.1, 0.03, 0.01)]
    assert waits == sorted(waits)
    assert all(wait % STEP == 0 for wait in waits)
