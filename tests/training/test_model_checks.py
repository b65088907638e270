"""scikit-learn's own checks of an estimator, none of them expected to fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from training import CreditRiskModel


@parametrize_with_checks([CreditRiskModel(n_trials=2)])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_scikit_learn(estimator: CreditRiskModel, check: Callable[[Any], None]) -> None:
    check(estimator)
