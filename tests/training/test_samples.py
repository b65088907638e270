"""Samples: nobody is in development and test at once, the draw ignores the order of rows, and time is kept apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from training.errors import UnfitPopulation
from training.population import Population
from training.samples import draw_samples

DATES = np.array(["2023-03-31", "2023-06-30", "2023-09-30", "2023-12-31"], dtype="datetime64[us]")


def observed(consumers: int = 500, seed: int = 1) -> Population:
    """People seen at one to four dates; one row in eight is bad."""
    rng = np.random.default_rng(seed)
    rows = [(who, day) for who in rng.permutation(consumers) for day in DATES[: rng.integers(1, 5)]]
    is_bad = rng.random(len(rows)) < 0.125
    return Population(
        np.array([who for who, _ in rows]) * 7 - 1000,
        np.array([day for _, day in rows]),
        rng.normal(size=(len(rows), 2)),
        ("first", "second"),
        is_bad,
    )


@pytest.fixture(scope="module")
def crowd() -> Population:
    return observed()


@pytest.mark.parametrize("out_of_time_from", [None, date(2023, 9, 30)])
def test_every_row_is_in_one_sample(crowd: Population, out_of_time_from: date | None) -> None:
    samples = draw_samples(crowd, out_of_time_from=out_of_time_from, seed=3)
    parts = (samples.development, samples.test, samples.out_of_time)
    assert sorted(np.concatenate(parts)) == list(range(len(crowd)))
    assert all((np.diff(part) > 0).all() for part in parts)
    assert not set(crowd.consumer_ids[samples.development]) & set(crowd.consumer_ids[samples.test])
    start = np.datetime64(out_of_time_from or "2024-01-01", "us")
    assert (samples.out_of_time == np.flatnonzero(crowd.observed_at >= start)).all()


def test_the_unseen_are_in_no_earlier_sample_of_the_model(crowd: Population) -> None:
    samples = draw_samples(crowd, out_of_time_from=date(2023, 9, 30), seed=3)
    unseen = samples.unseen(crowd)
    assert set(unseen) < set(samples.out_of_time)
    assert not set(crowd.consumer_ids[unseen]) & set(crowd.consumer_ids[samples.development])
    assert 0 < len(unseen) < len(samples.out_of_time)


def test_an_embargo_leaves_out_the_months_before(crowd: Population) -> None:
    samples = draw_samples(crowd, out_of_time_from=date(2023, 12, 31), embargo_months=6, seed=3)
    rows = np.concatenate([samples.development, samples.test])
    assert set(crowd.observed_at[rows]) == {DATES[0]}  # 30 June is no earlier than six months before
    assert (samples.out_of_time == np.flatnonzero(crowd.observed_at == DATES[3])).all()


def test_the_order_of_rows_does_not_matter(crowd: Population) -> None:
    order = np.random.default_rng(5).permutation(len(crowd))
    straight = draw_samples(crowd, out_of_time_from=date(2023, 12, 31), seed=9)
    mixed = draw_samples(crowd.take(order), out_of_time_from=date(2023, 12, 31), seed=9)
    for name in ("development", "test", "out_of_time"):
        assert set(order[getattr(mixed, name)]) == set(getattr(straight, name))


def test_later_rows_do_not_move_anybody(crowd: Population) -> None:
    earlier = crowd.take(crowd.observed_at < DATES[3])
    alone = draw_samples(earlier, seed=2)
    together = draw_samples(crowd, out_of_time_from=date(2023, 12, 31), seed=2)
    assert set(earlier.consumer_ids[alone.test]) == set(crowd.consumer_ids[together.test])


def test_the_seed_decides(crowd: Population) -> None:
    tests = [set(draw_samples(crowd, seed=seed).test) for seed in (0, 0, 1)]
    assert tests[0] == tests[1] != tests[2]
    overlap = len(tests[0] & tests[2]) / len(tests[0])
    assert 0.1 < overlap < 0.3  # as of two independent fifths


@pytest.mark.parametrize("share", [0, 0.05, 0.2, 0.5])
def test_both_samples_have_the_same_share_of_consumers_who_went_bad(crowd: Population, share: float) -> None:
    samples = draw_samples(crowd, test_share=share, seed=4)
    bad = set(crowd.consumer_ids[crowd.is_bad])
    good = set(crowd.consumer_ids) - bad
    drawn = set(crowd.consumer_ids[samples.test])
    assert len(drawn & bad) == round(share * len(bad))
    assert len(drawn & good) == round(share * len(good))


def test_what_cannot_be_drawn_is_refused(crowd: Population) -> None:
    with pytest.raises(ValueError, match=r"test_share: 1 is not in \[0, 1\); a fifth is usual"):
        draw_samples(crowd, test_share=1)
    with pytest.raises(ValueError, match="embargo_months: 3 needs a date"):
        draw_samples(crowd, embargo_months=3)
    with pytest.raises(UnfitPopulation, match="2023-03-31: no row is observed before that date; choose one between"):
        draw_samples(crowd, out_of_time_from=date(2023, 3, 31))
    with pytest.raises(UnfitPopulation, match="2024-01-01: no row is observed on or after that date"):
        draw_samples(crowd, out_of_time_from=date(2024, 1, 1))
    with pytest.raises(UnfitPopulation, match="2023-12-31 less 12 months of embargo: no row is observed before"):
        draw_samples(crowd, out_of_time_from=date(2023, 12, 31), embargo_months=12)


def test_moments_within_a_day_belong_to_it(crowd: Population) -> None:
    late = replace(crowd, observed_at=crowd.observed_at + np.timedelta64(23, "h"))
    samples = draw_samples(late, out_of_time_from=date(2023, 12, 31))
    assert (samples.out_of_time == np.flatnonzero(crowd.observed_at == DATES[3])).all()
