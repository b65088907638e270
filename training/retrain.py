"""Whether a challenger replaces the champion: on whom they are compared, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from training.gates import Comparison, Gate
from training.ledger import Outcome
from training.population import Population
from training.samples import Samples

__all__ = ["Decision", "Unseen", "decide", "unseen_people"]

_LEAST_OF_A_KIND: Final = 10
"""Fewer good or bad people than this are not worth a sample of their own."""


@dataclass(frozen=True, eq=False)
class Unseen:
    """People that models are judged on.

    Parameters
    ----------
    rows : ndarray of int
        Rows of the population.
    text : str
        Who they are.
    """

    rows: npt.NDArray[np.int64]
    text: str


def unseen_people(people: Population, samples: Samples, seen: npt.NDArray[np.int64] | None = None) -> Unseen:
    """People that the challenger has not learnt from: out of time where there are any, else the test sample.

    Parameters
    ----------
    people : Population
        Everybody.
    samples : Samples
        Who is in which sample.
    seen : ndarray of int, optional
        Consumers whom the champion learnt from. They are left out, unless too few would remain: the
        champion then has the advantage, and the text says so.
    """
    unseen = samples.unseen(people)
    late = _has_both(people, unseen)
    rows, text = (unseen, "out of time") if late else (samples.test, "test sample")
    if seen is None:
        return Unseen(rows, text)
    fresh = rows[~np.isin(people.consumer_ids[rows], seen)]
    if _has_both(people, fresh):
        return Unseen(fresh, f"{text}, seen by neither model")
    return Unseen(rows, f"{text}, some of them seen by the champion")


def _has_both(people: Population, rows: npt.NDArray[np.int64]) -> bool:
    bad = int(people.is_bad[rows].sum())
    return min(bad, len(rows) - bad) >= _LEAST_OF_A_KIND


@dataclass(frozen=True)
class Decision:
    """What becomes of a challenger.

    Parameters
    ----------
    outcome : {'promoted', 'failed', 'not better'}
        What.
    why : str
        Why, in a sentence.
    """

    outcome: Outcome
    why: str


def decide(gates: Sequence[Gate], comparison: Comparison | None) -> Decision:
    """What becomes of a challenger that went through the gates.

    Parameters
    ----------
    gates : sequence of Gate
        The gates; one that could not be assessed stops nothing.
    comparison : Comparison, optional
        With the champion; None where there is none.
    """
    failed = [gate for gate in gates if gate.passed is False]
    if failed:
        return Decision("failed", "; ".join(f"{gate.name}: {gate.text}" for gate in failed))
    if comparison is None:
        return Decision("promoted", "passed all gates, and there is no champion")
    if comparison.is_better:
        return Decision("promoted", f"passed all gates, and is better: {comparison.text}")
    return Decision("not better", f"passed all gates, and is not better with confidence: {comparison.text}")
