"""Tests of calibration: whether default probabilities are true, in all, along their range and by grade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import betainc
from scipy.stats import chi2, norm

from scoring.calibration import probability
from training.figures import CALIBRATION_BINS
from training.report.section import Interval

__all__ = ["Line", "chance_error", "fit_line", "hosmer_lemeshow", "in_the_large", "jeffreys_p"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]
_NORMAL: Final = float(norm.ppf(0.975))


def jeffreys_p(bad: int, count: int, default_probability: float) -> float:
    """Jeffreys' test: the chance that the true rate is not above the default probability.

    The posterior of the rate under Jeffreys' prior is Beta(bad + 1/2, count - bad + 1/2); the value is its
    distribution function at the default probability. A small one says that the risk is underestimated (European
    Central Bank, Instructions for reporting the validation results of internal models, 2019, section 2.5.3.1).

    Examples
    --------
    >>> round(jeffreys_p(10, 100, 0.05), 4), round(jeffreys_p(10, 100, 0.2), 4)
    (0.0182, 0.9963)
    """
    return float(betainc(bad + 0.5, count - bad + 0.5, default_probability))


def hosmer_lemeshow(default_probability: _Values, is_bad: _Flags, *, fitted: bool) -> tuple[float, int, float]:
    """The statistic over ten groups of equal count, its degrees of freedom and p-value.

    Sum over groups of (observed - expected)² / (expected (1 - expected / count)); chi-squared with two degrees
    fewer than groups on the people a model was fitted on, with as many as groups on others (D. Hosmer, S. Lemeshow
    and R. Sturdivant, Applied Logistic Regression, 3rd ed. 2013, section 5.2.2).

    Parameters
    ----------
    default_probability, is_bad : ndarray of shape (n,)
        Predictions and outcomes.
    fitted : bool
        Whether the model was fitted on these people.
    """
    order = np.argsort(default_probability, kind="stable")
    parts = [part for part in np.array_split(order, CALIBRATION_BINS) if part.size]
    statistic = 0.0
    for part in parts:
        expected = float(default_probability[part].sum())
        spread = expected * (1 - expected / part.size)
        statistic += (float(is_bad[part].sum()) - expected) ** 2 / spread if spread else 0.0
    degrees = max(len(parts) - (2 if fitted else 0), 1)
    return statistic, degrees, float(chi2.sf(statistic, degrees))


@dataclass(frozen=True)
class Line:
    """Outcomes regressed on predicted log-odds: log-odds of bad = intercept + slope * predicted.

    Parameters
    ----------
    intercept, slope : float
        0 and 1 where probabilities are true.
    intercept_error, slope_error : float
        Their standard errors.
    """

    intercept: float
    slope: float
    intercept_error: float
    slope_error: float

    @property
    def slope_interval(self) -> Interval:
        """95 % interval of the slope."""
        reach = _NORMAL * self.slope_error
        return Interval(self.slope - reach, self.slope + reach)


def fit_line(log_odds: _Values, is_bad: _Flags) -> Line:
    """Calibration intercept and slope by logistic regression (D. Cox, Two further applications ..., 1958).

    By Newton's method. A slope below 1 says that predictions are too extreme.
    """
    design = np.column_stack([np.ones_like(log_odds), log_odds])
    return Line(*_newton(design, np.zeros_like(log_odds), is_bad))


def in_the_large(log_odds: _Values, is_bad: _Flags) -> tuple[float, float]:
    """Calibration in the large, and its standard error.

    The intercept of the outcomes' log-odds when the slope is held at 1: above 0 says that more went bad than was
    predicted (E. Steyerberg, Clinical Prediction Models, 2nd ed. 2019, section 15.3).
    """
    found = _newton(np.ones((len(log_odds), 1)), log_odds, is_bad)
    return found[0], found[1]


def chance_error(default_probability: _Values, *, draws: int, seed: int) -> tuple[float, float]:
    """Mean and 95 per cent point of the expected calibration error that true probabilities would show.

    Outcomes are drawn from the probabilities themselves, again and again; the error of each draw is that of
    :func:`training.figures.expected_calibration_error`.
    """
    random = np.random.default_rng(seed)
    ordered = np.sort(default_probability, kind="stable")
    edges = np.cumsum([0] + [len(part) for part in np.array_split(ordered, CALIBRATION_BINS)])[:-1]
    edges = edges[edges < len(ordered)]
    expected = np.add.reduceat(ordered, edges)
    errors = np.empty(draws)
    for draw in range(draws):
        bad = (random.random(len(ordered)) < ordered).astype(np.float64)
        errors[draw] = np.abs(np.add.reduceat(bad, edges) - expected).sum() / len(ordered)
    return float(errors.mean()), float(np.quantile(errors, 0.95))


def _newton(design: _Values, offset: _Values, is_bad: _Flags, steps: int = 50) -> tuple[float, ...]:
    """Coefficients of a logistic regression with an offset, then their standard errors; NaN where it has none."""
    coefficients = np.zeros(design.shape[1])
    information = np.eye(design.shape[1])
    for _ in range(steps):
        chance = probability(offset + (design * coefficients).sum(axis=1))
        weight = chance * (1 - chance)
        gradient = (design * (is_bad - chance)[:, None]).sum(axis=0)
        information = (design[:, :, None] * design[:, None, :] * weight[:, None, None]).sum(axis=0)
        if np.linalg.cond(information) > 1e12:
            return tuple([float("nan")] * 2 * len(coefficients))
        change = np.linalg.solve(information, gradient)
        coefficients += np.clip(change, -5.0, 5.0)
        if np.abs(change).max() < 1e-10:
            break
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    return tuple(float(value) for value in (*coefficients, *errors))
