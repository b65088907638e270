"""The record of a tuning: an Optuna study that any tool of Optuna's can read.

A trial is written down whole when it is proposed; each of its folds as soon as it is judged, by the process
that judged it; and its outcome when it is told. Whatever moment a process is killed at, the record holds all
that was finished, and a trial is either there with all its parameters or not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from optuna.distributions import BaseDistribution
from optuna.exceptions import DuplicatedStudyError, UpdateFinishedTrialError
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from training.errors import TuningError
from training.tuning.curves import Curve, top
from training.tuning.evaluation import Evaluation
from training.tuning.silence import silence
from training.tuning.trials import Extra

__all__ = ["Record", "Recorded", "write_fold"]

_FINGERPRINT: Final = "tuning"


@dataclass(frozen=True)
class Recorded:
    """A trial as it was recorded.

    Parameters
    ----------
    trial_id : int
        Its key in the storage.
    draw : mapping of str to value
        Its parameters as drawn.
    curves : tuple of Curve
        Of the folds that were judged, from the first on.
    evaluation : Evaluation or None
        The outcome, once it was told.
    """

    trial_id: int
    draw: Mapping[str, Any]
    curves: tuple[Curve, ...]
    evaluation: Evaluation | None


class Record:
    """A study in a storage.

    Parameters
    ----------
    storage : optuna.storages.BaseStorage
        The storage.
    name : str
        Name of the study.
    fingerprint : mapping of str to value
        What the tuning is recognised by: only a tuning of the same may go on from here.
    extra : Extra, optional
        The third objective.

    Raises
    ------
    TuningError
        The study is there and of another tuning.
    """

    def __init__(
        self, storage: BaseStorage, name: str, fingerprint: Mapping[str, Any], extra: Extra | None = None
    ) -> None:
        self._storage = storage
        self._has_extra = extra is not None
        self._study = _open_study(storage, name, _directions(extra))
        stored = storage.get_study_user_attrs(self._study).get(_FINGERPRINT)
        if stored is None:
            if storage.get_all_trials(self._study, deepcopy=False):
                msg = f"The study {name!r} of the storage is not one of a tuning: use another storage or name."
                raise TuningError(msg)
            storage.set_study_user_attr(self._study, _FINGERPRINT, dict(fingerprint))
        elif stored != json.loads(json.dumps(dict(fingerprint))):
            differ = sorted(key for key in {*stored, *fingerprint} if stored.get(key) != fingerprint.get(key))
            msg = (
                f"The study {name!r} of the storage is of another tuning: {', '.join(differ)} differ. "
                "Use another storage or name, or the same data, seed and settings as before."
            )
            raise TuningError(msg)

    def trials(self) -> list[Recorded]:
        """All trials, in the order of their numbers."""
        return [self._recorded(trial) for trial in self._storage.get_all_trials(self._study, deepcopy=False)]

    def begin(self, draw: Mapping[str, Any], spread: Mapping[str, BaseDistribution]) -> Recorded:
        """Write down a proposed trial; its number is the next one."""
        template = create_trial(state=TrialState.RUNNING, params=dict(draw), distributions=dict(spread))
        return Recorded(self._storage.create_new_trial(self._study, template), draw, (), None)

    def tell(self, trial: Recorded, evaluation: Evaluation) -> None:
        """Write down the outcome of a trial."""
        known = len(self._curves(self._storage.get_trial(trial.trial_id)))
        for place, curve in enumerate(evaluation.curves[known:], start=known):
            write_fold(self._storage, trial.trial_id, place, curve)
        values: list[float] | None = None
        if not evaluation.pruned:
            best = top(evaluation.curves)
            values = [best.auc, best.cost] + ([] if evaluation.extra is None else [evaluation.extra])
        state = TrialState.PRUNED if evaluation.pruned else TrialState.COMPLETE
        self._storage.set_trial_state_values(trial.trial_id, state, values)

    def _recorded(self, trial: FrozenTrial) -> Recorded:
        evaluation, curves = None, self._curves(trial)
        if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
            extra = trial.values[2] if self._has_extra and trial.state == TrialState.COMPLETE else None
            evaluation = Evaluation(trial.number, curves, trial.state == TrialState.PRUNED, extra)
        return Recorded(trial._trial_id, trial.params, curves, evaluation)

    @staticmethod
    def _curves(trial: FrozenTrial) -> tuple[Curve, ...]:
        curves: list[Curve] = []
        while (kept := trial.user_attrs.get(_key(len(curves)))) is not None:
            curves.append(Curve(tuple(kept["auc"]), tuple(kept["cost"])))
        return tuple(curves)


def write_fold(storage: BaseStorage, trial_id: int, place: int, curve: Curve) -> None:
    """Write down one judged fold of a trial; twice is as good as once.

    A process that outlived the one that started it may come late: a trial that was told stays as it is.
    """
    try:
        storage.set_trial_user_attr(trial_id, _key(place), {"auc": curve.auc, "cost": curve.cost})
        storage.set_trial_intermediate_value(trial_id, place, max(curve.auc))
    except UpdateFinishedTrialError:
        return


def _key(place: int) -> str:
    return f"fold {place}"


def _directions(extra: Extra | None) -> Sequence[StudyDirection]:
    named = {"maximize": StudyDirection.MAXIMIZE, "minimize": StudyDirection.MINIMIZE}
    return [StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE, *([] if extra is None else [named[extra.direction]])]


def _open_study(storage: BaseStorage, name: str, directions: Sequence[StudyDirection]) -> int:
    with silence():
        try:
            study: int = storage.create_new_study(directions, name)
        except DuplicatedStudyError:
            study = storage.get_study_id_from_name(name)
        return study
