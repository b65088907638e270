"""Exact Shapley values of groups of features, against background rows, at a cost that does not depend on them.

The game: the players are the groups. A coalition S takes the features of its groups from the person and all
others from a background row; its worth v(S) is the mean margin over the background. A group's Shapley value
(L. S. Shapley, A value for n-person games, 1953) is what it adds, averaged over all orders in which the groups
can come in; with v of nobody they add up to the margin. The intervention is that of H. Chen, J. D. Janizek,
S. Lundberg and S.-I. Lee, True to the model or true to the data? (2020), with groups in place of features.

How it is exact and fast: v is a sum over leaves. For one leaf, one person x and one background row b, let X be
the groups on the leaf's path whose conditions all hold for x, and B those for b. A group in neither makes the
leaf unreachable. Else the leaf is reached by S when S contains P = X without B and meets nothing of Q = B
without X, and each of P is worth (p-1)! q! / (p+q)! of the leaf, each of Q minus p! (q-1)! / (p+q)!, p and q
being their sizes: the shares of orders in which it comes in last of P and before Q, or first of Q and after P.
So all that matters of the background is how often each B occurs. A table for each piece of a tree
(:mod:`scoring.pieces`) holds the sums over its leaves and over the background, one row for each of the at most
256 answers that x can give to the piece's conditions; to explain x is to look up one row a piece and add.

Beside the groups' values a table holds each single feature's *own effect*: by how much the margin would be
lower, on average over the background, with that one feature taken from the background row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import factorial
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.pieces import MOST_CONDITIONS, Piece, pieces_of
from scoring.trees import Forest

__all__ = ["Contributions", "GroupGame"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]
_Places = npt.NDArray[np.int64]

_ENTRIES_AT_A_TIME: Final = 100_000


@dataclass(frozen=True, eq=False)
class Contributions:
    """What groups and single features contribute to people's margins.

    Parameters
    ----------
    groups : ndarray of shape (backgrounds, rows, groups)
        Shapley value of each group against each background.
    own : ndarray of shape (backgrounds, rows, features)
        Own effect of each feature.
    """

    groups: _Values
    own: _Values


class GroupGame:
    """The game of a forest's groups of features, against one or several backgrounds.

    Parameters
    ----------
    forest : Forest
        The trees.
    group_of : sequence of int
        Number of the group of each feature, counted from 0.
    backgrounds : sequence of ndarray of shape (rows, features)
        Rows that stand for the baselines, at least one each.

    Raises
    ------
    NotExplainable
        If a tree is too deep.
    """

    def __init__(self, forest: Forest, group_of: Sequence[int], backgrounds: Sequence[_Values]) -> None:
        self._forest = forest
        self._group_of = np.array(group_of, dtype=np.int64)
        self._n_groups = max(group_of, default=-1) + 1
        self._met = [forest.holds(rows) for rows in backgrounds]
        self._pieces = [piece for piece in pieces_of(forest) if piece.conditions]
        constant = sum(tree.value[0] for tree in forest.trees if not len(tree.condition))
        self._base = np.full(len(backgrounds), constant, dtype=np.float64)
        self._fill()

    @property
    def base(self) -> _Values:
        """Mean margin of each background."""
        return self._base

    def contributions(self, values: _Values) -> Contributions:
        """What each group contributes to each person's margin; with :attr:`base` they add up to it.

        A person's numbers do not depend on who else is in the table.

        Parameters
        ----------
        values : ndarray of shape (rows, features)
            The features; missing values NaN.
        """
        shape = (len(self._base), len(values), self._n_groups + len(self._group_of))
        totals = np.empty(shape, dtype=np.float64)
        rows = max(1, _ENTRIES_AT_A_TIME // max(1, len(self._target)))
        for start in range(0, len(values), rows):
            block = slice(start, start + rows)
            self._add_up(values[block], totals[:, block])
        return Contributions(totals[..., : self._n_groups], totals[..., self._n_groups :])

    def _add_up(self, values: _Values, totals: _Values) -> None:
        """Look up every piece's row and add the entries up by what they stand for.

        :func:`numpy.bincount` adds in the order of its input, whatever the number of rows.
        """
        rows, targets = len(values), totals.shape[-1]
        asked = self._forest.holds(values)[:, self._asked].reshape(rows, -1, MOST_CONDITIONS)
        answers = np.packbits(asked, axis=2, bitorder="little")[:, :, 0]
        cells = self._first + answers[:, self._piece] * self._width
        places = (np.arange(rows)[:, np.newaxis] * targets + self._target).ravel()
        for table, total in zip(self._tables, totals, strict=True):
            total[:] = np.bincount(places, table[cells].ravel(), rows * targets).reshape(rows, targets)

    def _fill(self) -> None:
        """Make the tables, one after the other in one array, and note where each entry of a row is."""
        tables, first, start = [], [], 0
        targets = [self._targets(piece) for piece in self._pieces]
        for piece, target in zip(self._pieces, targets, strict=True):
            table = self._table(piece, target)
            tables.append(table.reshape(len(self._base), -1))
            first.append(start + np.arange(len(target)))
            start += table[0].size
        widths = np.array([len(target) for target in targets], dtype=np.int64)
        self._tables = np.concatenate(tables, axis=1) if tables else np.empty((len(self._base), 0))
        self._first = np.concatenate([*first, np.empty(0, dtype=np.int64)])
        self._target = np.concatenate([*targets, np.empty(0, dtype=np.int64)])
        self._piece = np.repeat(np.arange(len(self._pieces)), widths)
        self._width = widths[self._piece]
        never = len(self._forest.feature)
        filled = [(*piece.conditions, *[never] * (MOST_CONDITIONS - len(piece.conditions))) for piece in self._pieces]
        self._asked = np.array(filled, dtype=np.int64).ravel()
        del self._met

    def _targets(self, piece: Piece) -> _Places:
        """What the columns of a piece's table stand for: its groups, and after all groups its features."""
        features = np.unique(self._forest.feature[list(piece.conditions)])
        return np.concatenate([np.unique(self._group_of[features]), self._n_groups + features])

    def _table(self, piece: Piece, target: _Places) -> _Values:
        """Contributions by background, answer and target; the piece's leaves are added to the base on the way."""
        answers = _answers(len(piece.conditions))
        table = np.zeros((len(self._base), len(answers), len(target)))
        for leaf in piece.leaves:
            numbers = np.array([number for number, _ in leaf.path])
            wanted = np.array([holds for _, holds in leaf.path])
            features = self._forest.feature[numbers]
            person = answers[:, np.searchsorted(piece.conditions, numbers)] == wanted
            seen = [met[:, numbers] == wanted for met in self._met]
            for keys, effects in ((self._group_of[features], _shapley), (self._n_groups + features, _own)):
                players, slots = np.unique(keys, return_inverse=True)
                of_slot = slots[:, np.newaxis] == np.arange(len(players))
                worth = effects(~(~person @ of_slot), [~(~met @ of_slot) for met in seen])
                table[..., np.searchsorted(target, players)] += leaf.value * worth
            self._base += [leaf.value * met.all(axis=1).mean() for met in seen]
        return table


def _own(person: _Flags, backgrounds: Sequence[_Flags]) -> _Values:
    """How much of a leaf each slot of the person is worth by itself: shape (backgrounds, answers, slots)."""
    failed = (~person).sum(axis=1, keepdims=True)
    others = (failed - ~person) == 0
    often = np.array([met.mean(axis=0) for met in backgrounds])
    worth: _Values = (failed == 0) - others * often[:, np.newaxis]
    return worth


def _shapley(person: _Flags, backgrounds: Sequence[_Flags]) -> _Values:
    """Shapley value of each slot for a leaf of value 1: shape (backgrounds, answers, slots)."""
    powers = 1 << np.arange(person.shape[1])
    often = [np.bincount(met @ powers, minlength=2 ** len(powers)) / len(met) for met in backgrounds]
    table: _Values = _worth(np.array(often), len(powers))[:, person @ powers]
    return table


def _worth(often: _Values, slots: int) -> _Values:
    """Shapley value by background, the person's set and slot, from how often the background has each set.

    Sets are numbers in binary. What counts of the background is how often, by size of its set, it contains
    those that the person lacks, and how often without a slot that the person has.
    """
    sets = _answers(slots)
    numbers = np.arange(len(sets))
    holding = np.zeros((len(often), len(sets), slots + 1))  # how often a set of that size contains this one
    holding[:, numbers, sets.sum(axis=1)] = often
    for slot in range(slots):
        halves = holding.reshape(len(often), -1, 2, 1 << slot, slots + 1)
        halves[:, :, 0] += halves[:, :, 1]
    lacking = holding[:, ::-1]  # by the person's set: how often a set contains all that it lacks
    without = lacking[:, numbers[:, np.newaxis] & ~(1 << np.arange(slots))]
    gained, lost = _shares(slots)
    gain = ((lacking[:, :, np.newaxis] - without) * gained[:, np.newaxis]).sum(axis=-1)
    loss = (lacking * lost).sum(axis=-1)
    return np.where(sets, gain, -loss[..., np.newaxis])


@cache
def _shares(slots: int) -> tuple[_Values, _Values]:
    """Shares of orders by the person's set and size of the background's: one of P is last, one of Q is first."""
    p = slots - np.arange(slots + 1)
    q = slots - _answers(slots).sum(axis=1)[:, np.newaxis]
    factorials = np.array([factorial(number) for number in range(2 * slots + 1)], dtype=np.float64)
    gained = factorials[np.maximum(p - 1, 0)] * factorials[q] / factorials[p + q]
    lost = factorials[p] * factorials[np.maximum(q - 1, 0)] / factorials[p + q]
    return gained, lost


@cache
def _answers(conditions: int) -> _Flags:
    """All answers to so many conditions, one a row; the first condition is the lowest bit of the row's number."""
    numbers = np.arange(1 << conditions)[:, np.newaxis]
    return (numbers >> np.arange(conditions) & 1).astype(bool)
