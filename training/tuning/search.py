"""The search itself: rounds of trials until the budget is spent.

A round is proposed from the trials of the rounds before it, judged by any number of processes, and told in
the order of the numbers. Nothing else enters, so the outcome is the same to the byte whatever the number of
processes, and after any interruption: what the record holds is taken from it, the rest is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

from training.tuning.choice import champion, front
from training.tuning.curves import top
from training.tuning.evaluation import Evaluation, Task
from training.tuning.fingerprint import fingerprint, key
from training.tuning.plan import Plan
from training.tuning.proposals import Told, distributions, propose
from training.tuning.pruning import bars
from training.tuning.record import Record, Recorded
from training.tuning.storage import open_storage
from training.tuning.trials import Budget, Progress, Trial, Tuned
from training.tuning.workers import Desk, Workers

__all__ = ["search"]

_SETTINGS: Final = ("round_size", "cost_cap", "most_trees", "pruning")
"""What else the trials depend on; the tolerance enters only the choice among them."""


def search(
    plan: Plan,
    *,
    budget: Budget,
    processes: int,
    where: str | Path | None,
    study: str,
    clock: Callable[[], float],
    progress: Callable[[Progress], None] | None,
) -> Tuned:
    """Search; the parameters are those of :func:`training.tuning.tune`."""
    began = clock()
    parts = fingerprint(
        plan.folds, plan.features, plan.directions, seed=plan.seed, space=plan.space(), droppable=plan.droppable,
        extra=plan.extra, settings={name: getattr(plan, name) for name in _SETTINGS},
    )  # fmt: skip
    storage = open_storage(where)
    record = Record(storage, study, parts, plan.extra)
    desk = Desk(
        key(parts), plan.folds, plan.features, plan.directions, plan.seed, plan.cost_cap, plan.most_trees, plan.extra
    )
    told: list[Recorded] = []
    with Workers(desk, processes, storage, where) as workers:
        while not _is_spent(plan, budget, told, clock() - began):
            begun = _begin(plan, budget, record, told)
            tell = _Teller(plan, budget, told, lambda: clock() - began, progress)
            told += _judge(plan, record, workers, told, begun, tell)
    return _tuned(plan, told)


def _is_spent(plan: Plan, budget: Budget, told: Sequence[Recorded], seconds: float) -> bool:
    if not told:
        return False
    if len(told) >= budget.trials or (budget.seconds is not None and seconds >= budget.seconds):
        return True
    if budget.patience is None:
        return False
    best = champion([_trial(plan, number, trial) for number, trial in enumerate(told)], plan.tolerance)
    return len(told) - 1 - best.number >= budget.patience


def _begin(plan: Plan, budget: Budget, record: Record, told: Sequence[Recorded]) -> list[Recorded]:
    """The trials of the next round that the budget allows; those that are not in the record are proposed."""
    space = plan.space()
    spread = distributions(space)
    # A budget that ended within a round and was raised goes on within it: its trials were told, but as before
    # they are only beside the rest of their round, not known to it.
    start = len(told) // plan.round_size * plan.round_size
    learnt = [_learnt(trial) for trial in told[:start]]
    numbers = range(len(told), min(start + plan.round_size, budget.trials))
    begun = record.trials()[numbers.start : numbers.stop]
    beside = [trial.draw for trial in (*told[start:], *begun)]
    for draw in propose(space, learnt, beside, plan.seed, numbers[len(begun) :]):
        begun.append(record.begin(draw, spread))
    return begun


def _judge(
    plan: Plan, record: Record, workers: Workers, told: Sequence[Recorded], begun: Sequence[Recorded], tell: _Teller
) -> list[Recorded]:
    """Judge what was not told yet, and tell it in the order of the numbers."""
    space = plan.space()
    known = [trial.evaluation for trial in told[: len(told) // plan.round_size * plan.round_size]]
    limits = bars([evaluation for evaluation in known if evaluation is not None], len(plan.folds), plan.pruning)
    tasks = []
    for number, trial in enumerate(begun, start=len(told)):
        if trial.evaluation is not None:
            tell(number, trial)
            continue
        columns = tuple(sorted(column for name in space.dropped(trial.draw) for column in plan.droppable[name]))
        task = Task(number, space.parameters(trial.draw), columns, trial.curves, limits)
        tasks.append((trial.trial_id, task))
    judged: dict[int, Evaluation] = {}
    with closing(workers.judge(sorted(tasks, key=lambda task: -_expected_work(task[1])))) as evaluations:
        for evaluation in evaluations:
            judged[evaluation.number] = evaluation
            tell(evaluation.number, replace(begun[evaluation.number - len(told)], evaluation=evaluation))
    for number, evaluation in sorted(judged.items()):
        record.tell(begun[number - len(told)], evaluation)
    return [
        replace(trial, evaluation=judged.get(number, trial.evaluation))
        for number, trial in enumerate(begun, start=len(told))
    ]


def _expected_work(task: Task) -> float:
    """Roughly: many leaves, a low learning rate. Only the order matters, and only for the time it takes."""
    parameters = task.parameters
    return float((4 + min(parameters.num_leaves, 2**parameters.max_depth)) / parameters.learning_rate)


class _Teller:
    """Tells of progress."""

    def __init__(
        self,
        plan: Plan,
        budget: Budget,
        told: Sequence[Recorded],
        seconds: Callable[[], float],
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._plan, self._budget, self._seconds, self._progress = plan, budget, seconds, progress
        self._judged = [_trial(plan, number, trial) for number, trial in enumerate(told)] if progress else []

    def __call__(self, number: int, trial: Recorded) -> None:
        if self._progress is None:
            return
        self._judged.append(_trial(self._plan, number, trial))
        if all(one.pruned for one in self._judged):
            return
        best = champion(self._judged, self._plan.tolerance)
        self._progress(Progress(len(self._judged), self._budget.trials, best.auc, best.cost, self._seconds()))


def _learnt(trial: Recorded) -> Told:
    evaluation = _evaluation(trial)
    return Told(trial.draw, top(evaluation.curves).auc, len(evaluation.curves) if evaluation.pruned else None)


def _trial(plan: Plan, number: int, trial: Recorded) -> Trial:
    space, evaluation = plan.space(), _evaluation(trial)
    best = top(evaluation.curves)
    return Trial(
        number,
        replace(space.parameters(trial.draw), rounds=best.rounds),
        best.auc,
        best.auc_by_fold,
        best.cost,
        evaluation.extra,
        evaluation.pruned,
        space.dropped(trial.draw),
    )


def _evaluation(trial: Recorded) -> Evaluation:
    if trial.evaluation is None:
        msg = "only a trial that was told is asked for its outcome"
        raise AssertionError(msg)
    return trial.evaluation


def _tuned(plan: Plan, told: Sequence[Recorded]) -> Tuned:
    trials = tuple(_trial(plan, number, trial) for number, trial in enumerate(told))
    direction = None if plan.extra is None else plan.extra.direction
    return Tuned(champion(trials, plan.tolerance), trials, front(trials, direction), plan.cost_cap, plan.tolerance)
