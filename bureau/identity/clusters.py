"""From scored pairs to persons: clusters in which nothing contradicts, and what goes to people instead.

Pairs of enough weight join records into components. A component in which every scored pair agrees is one person.
Any other is taken apart: its records join step by step, those with the highest mean weight between them first,
never over a contradiction, and only as long as the mean speaks for one person. So one chance likeness joins no two
persons, and a record that could belong to either of two brothers joins one of them at most.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    _Numbers = NDArray[np.int64]

__all__ = ["LARGEST", "Clustered", "Edges", "cluster", "components", "unscored_pairs"]

LARGEST: Final = 128
"""Records or references that are looked at as a whole; a component of more is too large to be one person."""

_CLIP: Final = 15.0
"""Bits: no single pair outweighs several others beyond this."""


@dataclass(frozen=True)
class Edges:
    """Scored pairs, as arrays of one length.

    Parameters
    ----------
    left, right : ndarray of int64
        Numbers of records, from 0.
    weight : ndarray of float64
        Match weights in bits; ``inf`` for what must be together.
    forbidden : ndarray of bool
        Pairs that contradict, or must not be together.
    """

    left: _Numbers
    right: _Numbers
    weight: NDArray[np.float64]
    forbidden: NDArray[np.bool_]


@dataclass(frozen=True)
class Clustered:
    """Which records are one person.

    Parameters
    ----------
    labels : ndarray of int64
        For each record the smallest number of a record of its cluster.
    review : ndarray of int64
        Places in the edges of the pairs that go to people: uncertain ones, and likely ones that were not followed.
    oversized : ndarray of int64
        Labels of components that were too large to be looked at as a whole, of what was told to be one person.
    """

    labels: _Numbers
    review: _Numbers
    oversized: _Numbers


def components(count: int, left: _Numbers, right: _Numbers) -> _Numbers:
    """Connected components: for each of ``count`` numbers the smallest number it is connected with.

    Examples
    --------
    >>> import numpy as np
    >>> components(5, np.array([1, 4]), np.array([4, 2])).tolist()
    [0, 1, 1, 3, 1]
    """
    import numpy as np

    label = np.arange(count, dtype=np.int64)
    while True:
        low = np.minimum(label[left], label[right])
        before = label.copy()
        np.minimum.at(label, label[left], low)
        np.minimum.at(label, label[right], low)
        while True:  # every number to the end of its chain
            further = label[label]
            if np.array_equal(further, label):
                break
            label = further
        if np.array_equal(before, label):
            return label


def _follow(edges: Edges, link_at: float) -> NDArray[np.bool_]:
    return (edges.weight >= link_at) & ~edges.forbidden


def unscored_pairs(count: int, edges: Edges, *, link_at: float, largest: int) -> tuple[_Numbers, _Numbers]:
    """Pairs inside the components that were never scored: without them a component cannot be judged as a whole.

    Parameters
    ----------
    count : int
        Number of records.
    edges : Edges
        What was scored.
    link_at : float
        Weight from which a pair is followed.
    largest : int
        Components of more records are left out.

    Returns
    -------
    tuple of ndarray of int64
        The pairs, the smaller number first.
    """
    import numpy as np

    follow = _follow(edges, link_at)
    label = components(count, edges.left[follow], edges.right[follow])
    order = np.argsort(label, kind="stable")
    grouped = label[order]
    starts = np.flatnonzero(np.r_[True, grouped[1:] != grouped[:-1]])
    sizes = np.diff(np.r_[starts, len(grouped)])
    size_of = np.repeat(sizes, sizes)
    lefts, rights = [], []
    for distance in range(1, largest):
        at = np.flatnonzero(grouped[distance:] == grouped[:-distance])
        at = at[(size_of[at] > 2) & (size_of[at] <= largest)]
        if not len(at):
            break
        lefts.append(order[at])
        rights.append(order[at + distance])
    if not lefts:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    left, right = np.concatenate(lefts), np.concatenate(rights)
    pairs = np.minimum(left, right) * count + np.maximum(left, right)
    known = np.minimum(edges.left, edges.right) * count + np.maximum(edges.left, edges.right)
    pairs = np.setdiff1d(pairs, known)
    return pairs // count, pairs % count


def cluster(
    count: int, edges: Edges, *, link_at: float, review_at: float, largest: int = LARGEST, mean_at: float = 0.0
) -> Clustered:
    """Cluster records over scored pairs.

    Parameters
    ----------
    count : int
        Number of records; they are numbered from 0, and ties go to the smaller numbers.
    edges : Edges
        Scored pairs; those inside components should be there as well (:func:`unscored_pairs`).
    link_at, review_at : float
        Weight (bits) from which a pair is followed, and from which it goes to people.
    largest : int
        A component of more records is too large to be one person: it is first cut at higher weights.
    mean_at : float
        Mean weight between two parts from which they join.
    """
    import numpy as np

    follow = _follow(edges, link_at)
    label = components(count, edges.left[follow], edges.right[follow])
    sizes = np.bincount(label, minlength=count)
    oversized = np.flatnonzero(sizes > largest)
    inside = label[edges.left] == label[edges.right]
    doubtful = np.zeros(count, np.bool_)
    doubtful[label[edges.left[inside & (edges.forbidden | (edges.weight < review_at))]]] = True
    doubtful[oversized] = True
    at = np.flatnonzero(inside & doubtful[label[edges.left]])
    at = at[np.argsort(label[edges.left[at]], kind="stable")]
    bounds = np.flatnonzero(np.r_[True, np.diff(label[edges.left[at]]) != 0, True]) if len(at) else np.array([0])
    for start, end in itertools.pairwise(bounds.tolist()):
        part = at[start:end]
        for members in _take_apart(edges, part, link_at, largest, mean_at):
            label[members] = min(members)
    apart = label[edges.left] != label[edges.right]
    review = np.flatnonzero(apart & ~edges.forbidden & (edges.weight >= review_at))
    return Clustered(label, review, oversized)


def _take_apart(edges: Edges, part: _Numbers, link_at: float, largest: int, mean_at: float) -> list[list[int]]:
    """The clusters of one doubtful component, each as the numbers of its records."""
    import numpy as np

    left, right = edges.left[part], edges.right[part]
    weight, forbidden = edges.weight[part], edges.forbidden[part]
    members = np.unique(np.r_[left, right])
    one, two = np.searchsorted(members, left), np.searchsorted(members, right)
    if len(members) <= largest:
        return [members[group].tolist() for group in _join(len(members), one, two, weight, forbidden, link_at, mean_at)]
    groups = []
    # Cut at the weight at which no component is too large, and look at each of those.
    cut = link_at
    while True:
        cut += 2.0
        follow = (weight >= cut) & ~forbidden
        label = components(len(members), one[follow], two[follow])
        if np.bincount(label).max() <= largest or cut > 60:
            break
    for number in np.unique(label):
        within = (label[one] == number) & (label[two] == number)
        chosen = np.flatnonzero(label == number)
        if len(chosen) > largest:
            must = within & np.isinf(weight) & ~forbidden
            bound = components(len(members), one[must], two[must])
            groups += [members[chosen[bound[chosen] == root]].tolist() for root in np.unique(bound[chosen])]
            continue
        local_one, local_two = np.searchsorted(chosen, one[within]), np.searchsorted(chosen, two[within])
        joined = _join(len(chosen), local_one, local_two, weight[within], forbidden[within], link_at, mean_at)
        groups += [members[chosen[group]].tolist() for group in joined]
    return groups


def _join(
    count: int,
    one: _Numbers,
    two: _Numbers,
    weight: NDArray[np.float64],
    forbidden: NDArray[np.bool_],
    link_at: float,
    mean_at: float,
) -> list[list[int]]:
    """Join step by step, what must be together and then the highest mean first; gives the groups."""
    import numpy as np

    total = np.zeros((count, count))
    best = np.full((count, count), -np.inf)
    barred = np.zeros((count, count), np.bool_)
    clipped = np.clip(weight, -_CLIP, _CLIP)
    for a, b in ((one, two), (two, one)):
        total[a, b] = clipped
        best[a, b] = weight
        barred[a, b] = forbidden
    best[barred] = -np.inf
    size = np.ones(count)
    groups: list[list[int]] = [[number] for number in range(count)]
    alive = np.ones(count, np.bool_)

    def join(kept: int, gone: int) -> None:
        total[kept] += total[gone]
        total[:, kept] = total[kept]
        best[kept] = np.maximum(best[kept], best[gone])
        best[:, kept] = best[kept]
        barred[kept] |= barred[gone]
        barred[:, kept] = barred[kept]
        size[kept] += size[gone]
        alive[gone] = False
        groups[kept] += groups[gone]
        groups[gone] = []

    # What must be together comes first, and no contradiction between others takes it apart.
    must = np.isinf(weight) & ~forbidden
    bound = components(count, one[must], two[must])
    for gone in np.flatnonzero(bound != np.arange(count)).tolist():
        join(int(bound[gone]), gone)
    while True:
        mean = total / np.outer(size, size)
        possible = ~barred & (best >= link_at) & (mean >= mean_at) & alive[:, None] & alive[None, :]
        np.fill_diagonal(possible, val=False)
        if not possible.any():
            break
        one_of, other = divmod(int(np.where(possible, mean, -np.inf).argmax()), count)
        join(min(one_of, other), max(one_of, other))
    return [group for group in groups if group]
