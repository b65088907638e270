"""Drawing baselines: who stands for the applicants near the cut-off and for all, by a seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from made_models import made_bundle, made_counted

from features.vectors import matrix
from scoring.baselines import intervals_of
from scoring.bundle import Bundle
from scoring.comparison import Comparison
from scoring.policy import Policy
from training.baselines import LEAST_APPROVED, draw_baselines

Values = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return made_bundle(made_counted(), "taiwan-1", 1)


@pytest.fixture(scope="module")
def values(bundle: Bundle) -> Values:
    return matrix(bundle.features, made_counted(), bundle.model.features)


def drawn(bundle: Bundle, values: Values, seed: int = 1, rows: int = 500, policy: Policy | None = None) -> Comparison:
    policy = policy or bundle.policy
    return draw_baselines(bundle.model, bundle.calibration, bundle.scale, policy, values, seed=seed, rows=rows)


def scores_of(bundle: Bundle, rows: npt.NDArray[np.uint16]) -> npt.NDArray[np.int64]:
    stand_ins = replace(bundle.baselines, near_cut_off=rows).values(bundle.model.forest)[0]
    return bundle.scale.to_score(bundle.calibration.log_odds(bundle.model.margin(stand_ins)))


def test_near_the_cut_off_are_the_approved_of_the_lowest_scores(bundle: Bundle, values: Values) -> None:
    scores = bundle.scale.to_score(bundle.calibration.log_odds(bundle.model.margin(values)))
    approved = np.sort(scores[scores >= bundle.policy.refer_below])
    baselines = drawn(bundle, values).baselines
    assert baselines.near_cut_off_of == "approved"
    near = np.sort(scores_of(bundle, baselines.near_cut_off))
    assert near.tolist() == approved[: len(near)].tolist()
    assert len(near) == max(100, len(approved) // 4)
    assert len(baselines.all_applicants) == len(values)


def test_the_same_seed_draws_the_same_and_another_others(bundle: Bundle, values: Values) -> None:
    once, again, other = drawn(bundle, values, rows=50), drawn(bundle, values, rows=50), drawn(bundle, values, 2, 50)
    assert once == again
    assert once.baselines != other.baselines
    assert once.typical == other.typical
    assert once.baselines.near_cut_off.shape == once.baselines.all_applicants.shape == (50, values.shape[1])
    everybody = {row.tobytes() for row in intervals_of(bundle.model.forest, values)}
    assert {row.tobytes() for row in other.baselines.all_applicants} <= everybody


def test_where_too_few_are_approved_the_safest_stand_in(bundle: Bundle, values: Values) -> None:
    strict = replace(bundle.policy, refer_below=849)
    scores = bundle.scale.to_score(bundle.calibration.log_odds(bundle.model.margin(values)))
    safest = np.sort(scores)[-max(len(values) // 10, LEAST_APPROVED) :]
    baselines = drawn(bundle, values, policy=strict).baselines
    assert baselines.near_cut_off_of == "safest"
    assert np.sort(scores_of(bundle, baselines.near_cut_off)).tolist() == safest.tolist()
    few = drawn(bundle, values[:12], policy=strict).baselines
    assert len(few.near_cut_off) == len(few.all_applicants) == 12


def test_typical_are_the_quartiles_of_the_approved(bundle: Bundle, values: Values) -> None:
    scores = bundle.scale.to_score(bundle.calibration.log_odds(bundle.model.margin(values)))
    approved = values[scores >= bundle.policy.refer_below]
    typical = drawn(bundle, values).typical
    assert tuple(typical) == bundle.model.features
    for column, name in enumerate(bundle.model.features):
        known = np.sort(approved[~np.isnan(approved[:, column]), column])
        low, high = (known[int(np.ceil(share * len(known))) - 1] for share in (0.25, 0.75))
        assert (typical[name].low, typical[name].high) == (low, high)
        assert typical[name].missing == pytest.approx(np.isnan(approved[:, column]).mean())
