"""The bootstrap against AUC and KS counted pair by pair, and its intervals against DeLong's standard error."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import ks_2samp, norm
from sklearn.metrics import roc_auc_score

from training.report.resampling import bootstrap, rank
from training.report.section import Interval

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def people(size: int, seed: int, ties: int | None = None) -> tuple[Values, Flags]:
    random = np.random.default_rng(seed)
    predicted = random.normal(size=size)
    is_bad = random.random(size) < norm.cdf(predicted - 1)
    return (predicted if ties is None else predicted.round(ties)), is_bad


def placements(predicted: Values, is_bad: Flags) -> tuple[Values, Values]:
    """For each bad the share of the good below it, for each good the share of the bad above it; ties count half."""
    order = np.sign(predicted[is_bad][:, None] - predicted[~is_bad][None, :]) / 2 + 0.5
    return order.mean(axis=1), order.mean(axis=0)


def delong_error(predicted: Values, is_bad: Flags) -> float:
    """Standard error of an AUC (E. DeLong et al., Comparing the areas ..., Biometrics 1988)."""
    of_bad, of_good = placements(predicted, is_bad)
    return float(np.sqrt(of_bad.var(ddof=1) / len(of_bad) + of_good.var(ddof=1) / len(of_good)))


@pytest.mark.parametrize("ties", [None, 1, 0])
def test_point_figures_equal_other_implementations(ties: int | None) -> None:
    predicted, is_bad = people(700, 1, ties)
    auc, ks = rank(predicted, is_bad).measure(np.ones(len(is_bad)))
    assert auc == pytest.approx(roc_auc_score(is_bad, predicted), abs=1e-12)
    assert ks == pytest.approx(ks_2samp(predicted[is_bad], predicted[~is_bad], alternative="less").statistic, abs=1e-12)


@pytest.mark.parametrize("ties", [None, 1])
def test_counts_are_people_who_stand_there_so_often(ties: int | None) -> None:
    predicted, is_bad = people(60, 2, ties)
    counts = np.random.default_rng(0).integers(0, 4, 60)
    auc, ks = rank(predicted, is_bad).measure(counts.astype(float))
    again = np.repeat(np.arange(60), counts)
    repeated = rank(predicted[again], is_bad[again]).measure(np.ones(len(again)))
    assert (auc, ks) == pytest.approx(repeated, abs=1e-12)


def test_a_reversed_order_has_no_distance_and_no_negative_one() -> None:
    is_bad = np.array([True, True, False, False])
    assert rank(np.array([1.0, 2.0, 3.0, 4.0]), is_bad).measure(np.ones(4)) == (0.0, 0.0)


def test_interval_has_the_width_of_delong() -> None:
    predicted, is_bad = people(4000, 3)
    drawn = bootstrap([predicted], is_bad, draws=600, seed=1)
    error = delong_error(predicted, is_bad)
    assert drawn.auc[0].std(ddof=1) == pytest.approx(error, rel=0.1)
    interval = drawn.auc_interval()
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * error, rel=0.12)
    assert interval.low < drawn.point_auc[0] < interval.high


def test_differences_are_paired() -> None:
    predicted, is_bad = people(2000, 4)
    noisy = predicted + np.random.default_rng(1).normal(scale=0.1, size=2000)
    drawn = bootstrap([predicted, noisy], is_bad, draws=400, seed=1)
    point, interval = drawn.difference(0, 1)
    ours, theirs = placements(predicted, is_bad), placements(noisy, is_bad)
    parts = [(one - other).var(ddof=1) / len(one) for one, other in zip(ours, theirs, strict=True)]
    assert point == pytest.approx(roc_auc_score(is_bad, predicted) - roc_auc_score(is_bad, noisy))
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * np.sqrt(sum(parts)), rel=0.2)
    assert drawn.difference(0, 0) == (0.0, Interval(0.0, 0.0))


def test_same_seed_same_draws_and_good_and_bad_keep_their_number() -> None:
    predicted, is_bad = people(300, 5)
    one, same, other = (bootstrap([predicted], is_bad, draws=20, seed=seed).auc for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("bad", [True, False])
def test_one_kind_of_people_is_refused(bad: bool) -> None:
    with pytest.raises(ValueError, match="needs both good and bad people"):
        bootstrap([np.arange(3.0)], np.full(3, bad), draws=2, seed=0)
