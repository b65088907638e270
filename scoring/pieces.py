"""Trees cut into pieces of at most eight conditions, so that a byte says all that a piece asks of a person.

A piece is a subtree with the path that leads to it. A tree of up to nine leaves is one piece; a larger
one is cut where a subtree and its path come to eight conditions. What a piece contributes can then be
held in a table with one row for each of the at most 256 answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scoring.errors import NotExplainable
from scoring.trees import Forest, Tree

__all__ = ["MOST_CONDITIONS", "Leaf", "Piece", "pieces_of"]

MOST_CONDITIONS: Final = 8
"""As many as a byte has bits."""

_Path = tuple[tuple[int, bool], ...]


@dataclass(frozen=True)
class Leaf:
    """A leaf and the way to it.

    Parameters
    ----------
    value : float
        What it adds to the margin.
    path : tuple of (int, bool)
        Numbers of the conditions on the way, and whether each must hold.
    """

    value: float
    path: _Path


@dataclass(frozen=True)
class Piece:
    """Leaves of one tree that lie close together.

    Parameters
    ----------
    conditions : tuple of int
        Numbers of the conditions that they ask, ascending, at most eight.
    leaves : tuple of Leaf
        The leaves.
    """

    conditions: tuple[int, ...]
    leaves: tuple[Leaf, ...]


def pieces_of(forest: Forest) -> tuple[Piece, ...]:
    """The pieces of all trees; every leaf is in one of them.

    Raises
    ------
    NotExplainable
        If a leaf lies deeper than a piece has conditions.
    """
    return tuple(piece for tree in forest.trees for piece in _pieces(tree))


def _pieces(tree: Tree) -> Iterator[Piece]:
    below = _conditions_below(tree)
    waiting: list[tuple[int, _Path]] = [(0 if len(tree.condition) else -1, ())]
    while waiting:
        node, path = waiting.pop()
        asked = {condition for condition, _ in path} | (below[node] if node >= 0 else set())
        if len(asked) <= MOST_CONDITIONS:
            yield Piece(tuple(sorted(asked)), tuple(_leaves(tree, node, path)))
        elif node < 0:
            raise NotExplainable(
                f"a leaf lies behind {len(asked)} conditions, and exact reasons are held ready for at most "
                f"{MOST_CONDITIONS}; train with a max_depth of at most {MOST_CONDITIONS}"
            )
        else:
            waiting += reversed(_children(tree, node, path))


def _conditions_below(tree: Tree) -> list[set[int]]:
    """The conditions of each split's subtree; children are numbered after their parents."""
    below = [{condition} for condition in tree.condition.tolist()]
    for node in reversed(range(len(below))):
        for child in (tree.left[node], tree.right[node]):
            if child >= 0:
                below[node] |= below[child]
    return below


def _leaves(tree: Tree, node: int, path: _Path) -> Iterator[Leaf]:
    """The leaves under a node."""
    waiting = [(node, path)]
    while waiting:
        node, path = waiting.pop()
        if node < 0:
            yield Leaf(float(tree.value[-1 - node]), path)
        else:
            waiting += reversed(_children(tree, node, path))


def _children(tree: Tree, node: int, path: _Path) -> list[tuple[int, _Path]]:
    condition = int(tree.condition[node])
    return [
        (int(tree.left[node]), (*path, (condition, True))),
        (int(tree.right[node]), (*path, (condition, False))),
    ]
