"""Reasons: sums over features that mean one thing, the heaviest first."""

from __future__ import annotations

from collections.abc import Callable

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.reasons import REASONS
from scoring.attribution import MAX_REASONS, Attribution
from scoring.model import Model

CODES = sorted(REASONS)[:6]
ATTRIBUTION = Attribution(tuple(CODES))


def _told(weights: list[float]) -> list[str]:
    return [reason.code for reason in ATTRIBUTION.against(weights)]


@given(
    st.lists(st.sampled_from(CODES), min_size=1, max_size=12).flatmap(
        lambda codes: st.tuples(
            st.just(codes), arrays(float, (5, len(codes)), elements=st.floats(-10, 10, allow_subnormal=False))
        )
    )
)
def test_sums_by_reason_are_those_of_its_features(case: tuple[list[str], np.ndarray]) -> None:
    codes, contributions = case
    attribution = Attribution(tuple(codes))
    summed = attribution.by_reason(contributions)
    assert list(attribution.codes) == sorted(set(codes))
    for row, person in enumerate(contributions):
        for column, code in enumerate(attribution.codes):
            expected = sum(weight for weight, of in zip(person, codes, strict=True) if of == code)
            assert summed[row, column] == pytest.approx(expected, abs=1e-12)
    np.testing.assert_allclose(summed.sum(axis=1), contributions.sum(axis=1), atol=1e-9)


def test_sums_do_not_depend_on_who_else_is_there() -> None:
    rng = np.random.default_rng(0)
    attribution = Attribution(tuple(rng.choice(CODES, 180)))
    contributions = rng.normal(size=(1000, 180))
    together = attribution.by_reason(contributions)
    for row in (0, 1, 500, 999):
        assert (attribution.by_reason(contributions[[row]])[0] == together[row]).all()
    assert (attribution.by_reason(np.asfortranarray(contributions)) == together).all()


def test_nobody_has_no_sums() -> None:
    assert ATTRIBUTION.by_reason(np.empty((0, 6))).shape == (0, 6)


def test_heaviest_first() -> None:
    assert _told([0.1, 0.4, -1.0, 0.2, 0.0, 0.3]) == [CODES[1], CODES[5], CODES[3], CODES[0]]


def test_equal_weights_are_told_by_code() -> None:
    assert _told([0.2, 0.2, 0.5, 0.2, 0.0, 0.0]) == [CODES[2], CODES[0], CODES[1], CODES[3]]


def test_at_most_four() -> None:
    assert MAX_REASONS == 4
    assert len(_told([0.1] * 6)) == 4


@given(st.lists(st.floats(-3, 3), min_size=6, max_size=6))
def test_only_what_raised_the_risk_is_told(weights: list[float]) -> None:
    told = ATTRIBUTION.against(weights)
    assert all(reason.contribution > 0 for reason in told)
    assert [reason.contribution for reason in told] == sorted((w for w in weights if w > 0), reverse=True)[:4]


def test_nothing_to_tell() -> None:
    assert _told([0.0, -0.1, 0.0, -2.0, 0.0, -0.0]) == []


def test_statements_are_those_of_the_catalogue() -> None:
    (reason,) = Attribution(("C01",)).against([0.5])
    assert (reason.statement, reason.statement_zh) == (REASONS["C01"].statement, REASONS["C01"].statement_zh)


def test_wrong_number_of_weights_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter than argument 1"):
        ATTRIBUTION.against([0.1])


def test_a_duplicated_feature_neither_splits_nor_doubles_its_reason(train_small: Callable[..., lgb.Booster]) -> None:
    rng = np.random.default_rng(5)
    once = rng.normal(size=(3000, 4))
    is_bad = rng.random(3000) < 1 / (1 + np.exp(1 - 1.2 * once[:, 0] - 0.8 * once[:, 1] + 0.5 * once[:, 2]))
    twice = np.column_stack([once, once[:, 0]])

    def weights(values: np.ndarray, codes: str) -> tuple[np.ndarray, np.ndarray]:
        names = tuple(f"Column_{n}" for n in range(values.shape[1]))
        contributions, _ = Model(train_small(values, is_bad).model_to_string(), names).contributions(values)
        return contributions, Attribution(tuple(codes)).by_reason(contributions)

    _, before = weights(once, "ABCD")
    single, after = weights(twice, "ABCDA")
    size = np.abs(before).mean(axis=0)
    assert (np.abs(single).mean(axis=0)[[0, 4]] < 0.9 * size[0]).all()  # the copies do share the weight
    assert np.abs(after).mean(axis=0)[0] == pytest.approx(size[0], rel=0.05)
    assert np.corrcoef(after[:, 0], before[:, 0])[0, 1] > 0.99
    assert list(np.argsort(-np.abs(after).mean(axis=0))) == list(np.argsort(-size))
