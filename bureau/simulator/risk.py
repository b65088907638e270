"""How accounts fall behind, and the exact probability that they go bad.

An account stands at a number of unpaid instalments. Each month its holder pays nothing (it falls
one further behind), one instalment (it stays where it is; only of those that are 30 days late or
more) or everything (it is current again).
Which of these happens is drawn with chances that depend on the account's grade of risk, on whether
its holder has lost the job, and on how hard times are. The account is bad when its oldest unpaid
instalment is 90 days late, which is then the fourth one missed.

Since these chances are all there is, the probability of going bad within twelve months follows
exactly, by going backwards through the months. It is the probability as seen by one who knows the
grade, the job and how the times will go on.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bureau.simulator.macro import Macro
from bureau.simulator.options import BURN_IN, HORIZON

__all__ = ["BAD", "CLOSING", "GRADES", "JOB_CLASSES", "MOST_UNPAID", "Risk", "grade_of"]

GRADES: Final = 48
"""Grades of risk, from the best to the worst."""

BAD: Final = 4
"""Unpaid instalments at which an account is bad: the oldest is then 90 days late."""

MOST_UNPAID: Final = 8
"""Unpaid instalments at which the lender writes the account off."""

CLOSING: Final = (0.004, 0.008)
"""Monthly chance that a current account is closed, or paid off early, by its class: revolving, instalments."""

JOB_CLASSES: Final = 5
"""Classes of how safe a job is: 0 for those who draw a pension, then from the safest to the least safe."""

_JOB_LOST: Final = 0.0035
_JOB_FOUND: Final = 0.16
_SPREAD: Final = 3.2


def grade_of(risk: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """The grade of a risk, which is in units of log-odds around the average.

    Examples
    --------
    >>> grade_of(np.array([-9.0, 0.0, 9.0]))
    array([ 0, 24, 47], dtype=uint8)
    """
    return np.clip((risk + _SPREAD) / (2 * _SPREAD) * GRADES, 0, GRADES - 1).astype(np.uint8)


class Risk:
    """The chances of every month.

    Parameters
    ----------
    macro : Macro
        How hard times are.

    Attributes
    ----------
    falls, holds : numpy.ndarray
        Chance to fall one further behind, and to stay where one is: by month (from the burn-in's
        first), job (0 in work, 1 out of it), grade, unpaid instalments.
    loses_job, finds_job : numpy.ndarray
        Chance to lose and to find a job: by month and class of job.
    """

    def __init__(self, macro: Macro) -> None:
        strain = macro.strain[:, None, None, None]
        out_of_work = np.arange(2)[None, :, None, None]
        risk = (((np.arange(GRADES) + 0.5) / GRADES * 2 - 1) * _SPREAD)[None, None, :, None]
        unpaid = np.arange(MOST_UNPAID)[None, None, None, :]
        first = _logistic(-4.25 + 1.0 * risk + 0.6 * strain + 1.5 * out_of_work)
        again = _logistic(-2.1 + 0.55 * risk + 0.35 * strain + 0.8 * out_of_work + 0.62 * np.minimum(unpaid, BAD))
        self.falls: npt.NDArray[np.float32] = np.where(unpaid == 0, first, again).astype(np.float32)
        self.holds: npt.NDArray[np.float32] = np.where(unpaid <= 1, 0, 0.3 * (1 - self.falls)).astype(np.float32)
        unsafe, strain = np.arange(JOB_CLASSES)[None, :], macro.strain[:, None]
        lost = np.minimum(_JOB_LOST * np.exp(0.8 * strain + 0.3 * unsafe), 0.2)
        self.loses_job: npt.NDArray[np.float32] = np.where(unsafe == 0, 0, lost).astype(np.float32)
        found = _JOB_FOUND * np.exp(-0.35 * strain - 0.05 * unsafe)
        self.finds_job: npt.NDArray[np.float32] = found.astype(np.float32)

    def chances(
        self,
        month: int,
        out_of_work: npt.NDArray[np.bool_],
        grade: npt.NDArray[np.uint8],
        unpaid: npt.NDArray[np.int8],
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Chances to fall and to hold in a month, for each account."""
        place = (out_of_work.astype(np.int32) * GRADES + grade) * MOST_UNPAID + unpaid
        at = month + BURN_IN
        return self.falls[at].reshape(-1)[place], self.holds[at].reshape(-1)[place]

    def default_probability(
        self,
        month: int,
        *,
        months_left: npt.NDArray[np.int64],
        closing: npt.NDArray[np.uint8],
        job_class: npt.NDArray[np.uint8],
        out_of_work: npt.NDArray[np.bool_],
        grade: npt.NDArray[np.uint8],
        unpaid: npt.NDArray[np.int8],
    ) -> npt.NDArray[np.float32]:
        """Probability of being bad at least once in the next twelve months, for accounts that are not bad now.

        Parameters
        ----------
        month : int
            The month at whose end one looks.
        months_left : numpy.ndarray
            Months until the last instalment is due; :data:`HORIZON` or more where there is none.
        closing : numpy.ndarray
            Class of closing, an index of :data:`CLOSING`.
        job_class, out_of_work : numpy.ndarray
            The holder's class of job, and whether it is lost.
        grade, unpaid : numpy.ndarray
            The account's grade and its unpaid instalments, fewer than :data:`BAD`.
        """
        table = self._probabilities(month)
        place = np.clip(months_left, 0, HORIZON)
        for axis, index in enumerate((closing, job_class, out_of_work, grade, unpaid), start=1):
            place = place * table.shape[axis] + index
        found: npt.NDArray[np.float32] = table.reshape(-1)[place]
        return found

    def _probabilities(self, month: int) -> npt.NDArray[np.float32]:
        """The probability for every state at the end of a month, going backwards from the horizon."""
        ahead = np.zeros((HORIZON + 1, len(CLOSING), JOB_CLASSES, 2, GRADES, BAD), dtype=np.float32)
        for steps in range(HORIZON, 0, -1):
            ahead = self._step_back(ahead, month + BURN_IN + steps, steps)
        return ahead

    def _step_back(self, ahead: npt.NDArray[np.float32], at: int, steps: int) -> npt.NDArray[np.float32]:
        """From the probabilities at the end of a month to those at its beginning, ``steps`` after one looked."""
        falls, holds = self.falls[at, :, :, :BAD], self.holds[at, :, :, :BAD]
        stays_open = 1 - np.array(CLOSING, dtype=np.float32)[None, :, None, None, None, None]
        one_further = np.concatenate([ahead[..., 1:], np.ones_like(ahead[..., :1])], axis=-1)
        back = falls * one_further + holds * ahead + (1 - falls - holds) * ahead[..., :1] * stays_open
        # Once the last instalment is due, whoever does not fall further behind has paid it all.
        is_due = np.arange(HORIZON + 1) <= steps
        back[is_due] = (falls * one_further)[is_due]
        # The job changes first, then the month is paid or not.
        lost, found = self.loses_job[at][:, None, None], self.finds_job[at][:, None, None]
        working, idle = back[:, :, :, 0], back[:, :, :, 1]
        mixed = np.stack([(1 - lost) * working + lost * idle, (1 - found) * idle + found * working], axis=3)
        return np.asarray(mixed, dtype=np.float32)


def _logistic(value: Any) -> Any:
    return 1 / (1 + np.exp(-value))
