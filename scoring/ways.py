"""Ways: sets of actions at steps, tried all at once.

A way is a set of actions, each at one of its steps, made one after the other in the order in which they are declared.
Ways of one more action come from those of one fewer, so that every set is gone through once, at all of its
steps. People whose features lie between the same thresholds have one score: each is computed once.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.action import Action
from features.vectors import matrix
from scoring.baselines import Intervals
from scoring.percentiles import Percentiles
from scoring.scorer import Scorer

__all__ = ["Search", "Ways"]

_Values = npt.NDArray[np.float64]
_Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways of as many actions each.

    Parameters
    ----------
    taken : ndarray of shape (ways, actions)
        Places of the actions.
    steps : ndarray of shape (ways, actions)
        How far each goes.
    moved, perhaps : ndarray of shape (features, ways)
        The features that actions move, as they are in the end: as is known, and with what else may follow.
    intervals : ndarray of shape (ways, columns)
        Between which of the model's thresholds what the model sees of them lies.
    passed : ndarray of shape (ways,)
        How many applicants are passed, by all actions together.
    share_taken : ndarray of shape (ways,)
        What share of its leading feature each action takes away, added up.
    scores : ndarray of shape (ways,)
        The credit score in the end, the lower one of both.
    """

    taken: _Places
    steps: _Values
    moved: _Values
    perhaps: _Values
    intervals: Intervals
    passed: _Places
    share_taken: _Values
    scores: _Places

    def __len__(self) -> int:
        return len(self.scores)

    def smallest(self, approved: npt.NDArray[np.bool_]) -> int:
        """The approved way that passes the fewest applicants; of several, that which takes away the least share."""
        places = np.flatnonzero(approved)
        return int(places[np.lexsort((self.share_taken[places], self.passed[places]))[0]])


class Search:
    """All that one person can do.

    Parameters
    ----------
    scorer : Scorer
        What scored the person.
    counted : mapping of str to float
        The counted features as they were scored.
    able : sequence of (Action, sequence of float)
        The actions, and the steps of each.
    offers : mapping of str to float
        The lender's bounds.
    """

    def __init__(
        self,
        scorer: Scorer,
        counted: Mapping[str, float],
        able: Sequence[tuple[Action, Sequence[float]]],
        offers: Mapping[str, float],
    ) -> None:
        self._bundle, self._able, self._offers = scorer.bundle, able, offers
        self._scores: dict[bytes, int] = {}
        self._counted = {name: np.array([value]) for name, value in counted.items()}
        self._names = tuple(dict.fromkeys(name for action, _ in able for name in action.features if name in counted))
        read = frozenset().union(*(action.reads for action, _ in able))
        self._read = {name: self._counted[name] for name in read.intersection(counted).difference(self._names)}
        model, features = self._bundle.model, self._bundle.features
        operands = {item.name: item.expression.operands for item in features.derived}
        self._columns = np.array(
            [
                column
                for column, name in enumerate(model.features)
                if len(model.forest.limits[column]) and not operands.get(name, {name}).isdisjoint(self._names)
            ],
            dtype=np.int64,
        )
        self._seen = tuple(model.features[column] for column in self._columns)
        self._beside = {
            name: self._counted[name]
            for each in self._seen
            for name in operands.get(each, frozenset()).difference(self._names)
        }
        self._telling = [self._seen_of(action.telling) or self._seen_of(frozenset(action.moved)) for action, _ in able]
        self._percentiles = Percentiles(model.forest, self._bundle.baselines, self._columns)
        self._vector = matrix(features, self._counted, model.features)

    @property
    def applicants(self) -> int:
        """How many applicants there are to pass."""
        return self._percentiles.applicants

    def start(self) -> Ways:
        """The one way of no action."""
        moved = np.array([self._counted[name] for name in self._names])
        seen, intervals = self._look(moved)
        none = np.zeros((1, 0))
        return Ways(
            none.astype(np.int64),
            none,
            moved,
            moved,
            intervals,
            np.zeros(1, np.int64),
            np.zeros(1),
            self._score(seen, intervals),
        )

    def further(self, ways: Ways) -> Ways:
        """All ways of one more action."""
        last = ways.taken[:, -1] if ways.taken.shape[1] else np.full(len(ways), -1)
        more = [self._with(ways, np.flatnonzero(last < place), place) for place in range(len(self._able))]
        parents, taken, steps, moved, perhaps, share_taken = (
            np.concatenate(each, axis=-1) for each in zip(*more, strict=True)
        )
        seen, intervals = self._look(moved)
        told = self._telling_apart(taken, ways.intervals[parents], intervals)
        parents, taken, steps, share_taken = (each[told] for each in (parents, taken, steps, share_taken))
        moved, perhaps, seen, intervals = moved[:, told], perhaps[:, told], seen[told], intervals[told]
        scores = np.minimum(self._score(seen, intervals), self._score(*self._look(perhaps)))
        return Ways(
            taken=np.column_stack([ways.taken[parents], taken]),
            steps=np.column_stack([ways.steps[parents], steps]),
            moved=moved,
            perhaps=perhaps,
            intervals=intervals,
            passed=ways.passed[parents] + self._passed(taken, ways.intervals[parents], intervals),
            share_taken=ways.share_taken[parents] + share_taken,
            scores=scores,
        )

    def _with(
        self, ways: Ways, parents: _Places, place: int
    ) -> tuple[_Places, _Places, _Values, _Values, _Values, _Values]:
        """Some ways and one action more, at each step: whence, the action, its step, the features twice, the share."""
        action, steps = self._able[place]
        parents, step = np.repeat(parents, len(steps)), np.tile(np.array(steps), len(parents))
        before, doubted = (
            self._read | dict(zip(self._names, each[:, parents], strict=True)) for each in (ways.moved, ways.perhaps)
        )
        after, perhaps = action.after(before, step), action.after(doubted, step, perhaps=True)
        led = before[action.leading]
        share_taken = (led - after[action.leading]) / np.where(led > 0, led, 1.0)
        kept = action.is_offered(ChainMap(after, self._counted), self._offers) & (share_taken > 0)
        moved, doubted_after = (np.array([each[name] for name in self._names])[:, kept] for each in (after, perhaps))
        return parents[kept], np.full(int(kept.sum()), place), step[kept], moved, doubted_after, share_taken[kept]

    def _seen_of(self, moved: frozenset[str]) -> list[int]:
        """Places of what the model sees of some features, or of what is derived from them."""
        derived = {item.name: item.expression.operands for item in self._bundle.features.derived}
        return [place for place, name in enumerate(self._seen) if not derived.get(name, {name}).isdisjoint(moved)]

    def _look(self, moved: _Values) -> tuple[_Values, Intervals]:
        """What the model sees of the features that actions move, and between which of its thresholds that lies."""
        table = {name: np.broadcast_to(value, moved.shape[1]) for name, value in self._beside.items()}
        seen = matrix(self._bundle.features, table | dict(zip(self._names, moved, strict=True)), self._seen)
        return seen, self._percentiles.intervals(seen)

    def _telling_apart(self, taken: _Places, before: Intervals, after: Intervals) -> npt.NDArray[np.bool_]:
        """Whether the model tells before and after the last action of each way apart, by what tells how far it goes."""
        apart = np.zeros(len(taken), np.bool_)
        for place, telling in enumerate(self._telling):
            own = taken == place
            apart[own] = (before[own][:, telling] != after[own][:, telling]).any(axis=1)
        return apart

    def _passed(self, taken: _Places, before: Intervals, after: Intervals) -> _Places:
        """How many applicants the last action of each way passes, by the features that tell how far it goes."""
        passed = np.zeros(len(taken), np.int64)
        for place, telling in enumerate(self._telling):
            own = taken == place
            passed[own] = self._percentiles.passed(np.array(telling, np.int64), before[own], after[own])
        return passed

    def _score(self, seen: _Values, intervals: Intervals) -> _Places:
        """The score of each row; one that was met before is not computed again."""
        keys = [row.tobytes() for row in intervals]
        new = {key: row for row, key in enumerate(keys) if key not in self._scores}
        if new:
            vectors = np.repeat(self._vector, len(new), axis=0)
            vectors[:, self._columns] = seen[list(new.values())]
            bundle = self._bundle
            scores = bundle.scale.to_score(bundle.calibration.log_odds(bundle.model.margin(vectors)))
            self._scores.update(zip(new, scores.tolist(), strict=True))
        return np.array([self._scores[key] for key in keys], dtype=np.int64)
