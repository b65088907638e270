r"""Performance that calibrated probabilities promise, before any outcome has matured.

Let person i go bad with the probability p_i, independently of others, and let people be ranked by p. Of all pairs
of a bad and a good person the share in which the bad one ranks higher, ties counted half, is ::

    AUC = N / M,   N = sum over i != j of y_i (1 - y_j) psi(p_i, p_j),   M = sum over i != j of y_i (1 - y_j)

with psi 1, 1/2 or 0 as p_i is above, equal to or below p_j. As y_i and y_j are independent for i != j, ::

    E[N] = sum of p_i (1 - p_j) psi(p_i, p_j),   E[M] = sum of p_i (1 - p_j) = P Q - sum of p_i (1 - p_i)

with P the sum of p and Q that of 1 - p. The estimate is A = E[N] / E[M]; by the delta method E[AUC] differs from it by
a term of order 1 / n only. To the first order AUC - A = sum over i of (y_i - p_i) h_i with ::

    h_i = (dN/dy_i - A dM/dy_i) / E[M],
    dN/dy_i = sum over j != i of (1 - p_j) psi(p_i, p_j) - p_j psi(p_j, p_i),   dM/dy_i = Q - P - (1 - 2 p_i)

so that the realised AUC spreads around A with the variance sum of p_i (1 - p_i) h_i^2. One sort serves all sums.

**What it cannot see.** The estimate moves with who the people are. It believes the probabilities: that the same
people go bad more often than before (a recession) shows in matured outcomes alone. This is confidence-based
performance estimation (J. Bialek et al., Estimating Model Performance Under Covariate Shift Without Labels, 2024).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Estimated", "estimate"]

_Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimated:
    """What probabilities promise for some people.

    Parameters
    ----------
    count : int
        The people.
    auc, auc_error : float
        Expected AUC, and the standard deviation of the realised one around it.
    bad_rate, bad_rate_error : float
        The same for the rate of bad: mean of p, and the root of the sum of p (1 - p) over n.
    """

    count: int
    auc: float
    auc_error: float
    bad_rate: float
    bad_rate_error: float


def estimate(default_probability: _Values) -> Estimated:
    """The performance to be expected.

    Parameters
    ----------
    default_probability : ndarray of shape (n,)
        Calibrated default probabilities of the people.

    Returns
    -------
    Estimated
        With NaN where there are fewer than two people, or nobody is in doubt.

    Examples
    --------
    >>> found = estimate(np.array([0.2, 0.8]))
    >>> f"{found.auc:.4f} {found.bad_rate:.1f}"  # 0.8 * 0.8 / (0.8 * 0.8 + 0.2 * 0.2)
    '0.9412 0.5'
    """
    p = np.sort(np.asarray(default_probability, dtype=np.float64))
    n = len(p)
    if not n:
        return Estimated(0, *[float("nan")] * 4)
    doubt = p * (1 - p)
    bad_rate, bad_rate_error = float(p.mean()), float(np.sqrt(doubt.sum()) / n)
    pairs = float(p.sum() * (1 - p).sum() - doubt.sum())
    if n < 2 or pairs <= 0:
        return Estimated(n, float("nan"), float("nan"), bad_rate, bad_rate_error)
    below = _less_or_half(p, 1 - p) - 0.5 * (1 - p)
    above = p.sum() - _less_or_half(p, p) - 0.5 * p
    auc = float((p * below).sum() / pairs)
    influence = (below - above - auc * ((1 - p).sum() - p.sum() - (1 - 2 * p))) / pairs
    return Estimated(n, auc, float(np.sqrt((doubt * influence**2).sum())), bad_rate, bad_rate_error)


def _less_or_half(rising: _Values, weight: _Values) -> _Values:
    """For each of some rising values: weights of the lower ones, and half of those of equal ones, itself included."""
    starts = np.flatnonzero(np.append(True, rising[1:] != rising[:-1]))
    sizes = np.diff(np.append(starts, len(rising)))
    of_run = np.add.reduceat(weight, starts)
    return np.repeat(np.cumsum(of_run) - of_run / 2, sizes)
