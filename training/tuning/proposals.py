"""Proposing trials: a function of the seed, the number of the trial and the trials told before its round.

Optuna's sampler gets a study in memory that holds those trials and nothing else. So what is proposed does
not depend on the storage, on other processes, or on how often the tuning was broken off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from training.tuning.silence import silence
from training.tuning.space import Range, Space

__all__ = ["RANDOM_TRIALS", "Told", "distributions", "propose"]

RANDOM_TRIALS: Final = 12
"""So many trials, the first defaults among them, are there before the sampler learns from them."""


@dataclass(frozen=True)
class Told:
    """What the sampler learns from.

    Parameters
    ----------
    draw : mapping of str to value
        The parameters.
    auc : float
        Mean over the folds that were judged.
    pruned_after : int or None
        So many folds, if the trial was given up.
    """

    draw: Mapping[str, Any]
    auc: float
    pruned_after: int | None = None


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """The search space as Optuna's distributions."""
    drawn = {item.name: _distribution(item) for item in space.ranges if item.low < item.high}
    return drawn | {name: CategoricalDistribution((False, True)) for name in space.switches()}


def _distribution(item: Range) -> BaseDistribution:
    if item.kind == "whole":
        return IntDistribution(int(item.low), int(item.high), log=item.log)
    return FloatDistribution(item.low, item.high, log=item.log)


def propose(
    space: Space, told: Sequence[Told], beside: Sequence[Mapping[str, Any]], seed: int, numbers: Sequence[int]
) -> list[dict[str, Any]]:
    """The parameters of trials of one round; each has a random stream of its own.

    Parameters
    ----------
    space : Space
        The search space.
    told : sequence of Told
        Trials of earlier rounds, in the order of their numbers.
    beside : sequence of mapping
        Draws of trials of the same round with lower numbers. What is near them is avoided.
    seed : int
        Seed of the tuning.
    numbers : sequence of int
        Numbers of the trials that are wanted, ascending.
    """
    first, spread, draws = space.first_draws(), distributions(space), list[dict[str, Any]]()
    with silence():
        study = optuna.create_study(direction="maximize")
        study.add_trials([_told(trial, spread) for trial in told])
        study.add_trials([_running(draw, spread) for draw in beside])
        for number in numbers:
            if number < len(first):
                draws.append(first[number])
                study.add_trial(_running(first[number], spread))
                continue
            study.sampler = _sampler(seed, number)
            draws.append(dict(study.ask(spread).params))
    return draws


def _sampler(seed: int, number: int) -> optuna.samplers.BaseSampler:
    own_seed = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    return optuna.samplers.TPESampler(
        seed=own_seed, n_startup_trials=RANDOM_TRIALS, multivariate=True, constant_liar=True
    )


def _running(draw: Mapping[str, Any], spread: dict[str, BaseDistribution]) -> optuna.trial.FrozenTrial:
    return create_trial(state=TrialState.RUNNING, params=dict(draw), distributions=spread)


def _told(trial: Told, spread: dict[str, BaseDistribution]) -> optuna.trial.FrozenTrial:
    if trial.pruned_after is None:
        return create_trial(value=trial.auc, params=dict(trial.draw), distributions=spread)
    return create_trial(
        state=TrialState.PRUNED,
        params=dict(trial.draw),
        distributions=spread,
        intermediate_values={trial.pruned_after: trial.auc},
    )
