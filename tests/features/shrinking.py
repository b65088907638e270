"""Making a failing file small: leave out whatever the failure does not need (Zeller's delta debugging, in batches)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def smallest(items: Sequence[T], fails: Callable[[list[list[T]]], list[bool]], start: int = 8) -> list[T]:
    """A part of the items that still fails, and from which none can be left out alone.

    `fails` is asked about many candidates at once, since asking is what takes long.
    """
    kept, parts = list(items), start
    while kept:
        parts = min(parts, len(kept))
        bounds = [len(kept) * place // parts for place in range(parts + 1)]
        candidates = [kept[:low] + kept[high:] for low, high in pairwise(bounds)]
        answers = fails(candidates)
        if True in answers:
            kept = candidates[answers.index(True)]
            parts = max(parts - 1, 2)
        elif parts == len(kept):
            break
        else:
            parts *= 2
    return kept
