"""Clustering: nothing that contradicts comes together, whatever the numbering."""

from __future__ import annotations

import math
import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bureau.identity.clusters import Edges, cluster, components, unscored_pairs


def edges_of(rows: list[tuple[int, int, float, bool]]) -> Edges:
    left, right, weight, forbidden = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Edges(
        np.array(left, np.int64), np.array(right, np.int64), np.array(weight, float), np.array(forbidden, bool)
    )


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=40))
@settings(max_examples=100, deadline=None)
def test_components_are_those_of_a_walk(pairs: list[tuple[int, int]]) -> None:
    label = components(20, np.array([a for a, _ in pairs], np.int64), np.array([b for _, b in pairs], np.int64))
    near: dict[int, set[int]] = {number: {number} for number in range(20)}
    for a, b in pairs:
        near[a].add(b)
        near[b].add(a)
    for start in range(20):
        seen, waiting = {start}, [start]
        while waiting:
            for other in near[waiting.pop()] - seen:
                seen.add(other)
                waiting.append(other)
        assert label[start] == min(seen)


def test_two_brothers_and_a_record_of_either() -> None:
    """0 and 1 contradict; 2 is like both, more like 1: it joins 1 alone, and the other pair goes to people."""
    edges = edges_of([(0, 1, 20.0, True), (0, 2, 5.0, False), (1, 2, 9.0, False)])
    found = cluster(3, edges, link_at=3, review_at=0)
    assert found.labels.tolist() == [0, 1, 1]
    assert found.review.tolist() == [1]


def test_one_chance_likeness_joins_no_two_persons() -> None:
    """Two pairs of records, one likeness across, and everything else across speaks against it."""
    rows = [(0, 1, 20.0, False), (2, 3, 20.0, False), (1, 2, 4.0, False)]
    rows += [(0, 2, -12.0, False), (0, 3, -12.0, False), (1, 3, -12.0, False)]
    assert cluster(4, edges_of(rows), link_at=3, review_at=0).labels.tolist() == [0, 0, 2, 2]


def test_what_must_be_together_is() -> None:
    rows = [(0, 1, math.inf, False), (1, 2, 9.0, False), (0, 2, -9.0, False)]
    assert cluster(3, edges_of(rows), link_at=3, review_at=0, mean_at=-2).labels.tolist() == [0, 0, 0]


def test_too_large_is_cut_where_it_is_weakest() -> None:
    rows = [(a, b, 30.0, False) for block in (range(6), range(6, 12)) for a in block for b in block if a < b]
    found = cluster(12, edges_of([*rows, (5, 6, 4.0, False)]), link_at=3, review_at=0, largest=8)
    assert found.labels.tolist() == [0] * 6 + [6] * 6
    assert found.oversized.tolist() == [0]


def test_unscored_pairs_are_those_missing_inside_a_component() -> None:
    edges = edges_of([(0, 1, 9.0, False), (2, 1, 9.0, False), (3, 4, 9.0, False)])
    left, right = unscored_pairs(5, edges, link_at=3, largest=64)
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 2)]


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_nothing_contradicts_inside_a_cluster_and_no_order_matters(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - invented people
    rows = [
        (a, b, round(rng.uniform(-15, 15), 6), rng.random() < 0.1)
        for a in range(12)
        for b in range(a + 1, 12)
        if rng.random() < 0.5
    ]
    edges = edges_of(rows)
    label = cluster(12, edges, link_at=3, review_at=0).labels
    for a, b, _, forbidden in rows:
        assert not (forbidden and label[a] == label[b])
    rng.shuffle(rows)
    swapped = edges_of([(b, a, weight, forbidden) for a, b, weight, forbidden in rows])
    assert cluster(12, swapped, link_at=3, review_at=0).labels.tolist() == label.tolist()
