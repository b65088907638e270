"""Grades: bands of the credit score, each as wide as the points that double the odds."""

from __future__ import annotations

import string
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.report.groups import Group, observe

__all__ = ["Grades", "grades_of"]

_Scores = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Grades:
    """Bands of the credit score, from the best to the worst.

    Parameters
    ----------
    edges : tuple of int
        Lowest score of each grade but the last, falling.
    """

    edges: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """A for the best, and so on."""
        return tuple(string.ascii_uppercase[: len(self.edges) + 1])

    @property
    def ranges(self) -> tuple[str, ...]:
        """The scores of each grade, in words."""
        if not self.edges:
            return ("all",)
        between = [f"{low}–{high - 1}" for high, low in zip(self.edges, self.edges[1:], strict=False)]
        return (f"{self.edges[0]} and above", *between, f"below {self.edges[-1]}")

    def place(self, scores: _Scores) -> npt.NDArray[np.intp]:
        """Number of each score's grade, 0 for the best.

        Examples
        --------
        >>> Grades((600, 580)).place(np.array([600, 599, 580, 579])).tolist()
        [0, 1, 1, 2]
        """
        rising = np.array(self.edges[::-1], dtype=np.int64)
        return len(self.edges) - np.searchsorted(rising, scores, side="right")

    def observe(
        self, scores: _Scores, is_bad: npt.NDArray[np.bool_], default_probability: npt.NDArray[np.float64]
    ) -> tuple[Group, ...]:
        """What was predicted and observed in each grade."""
        places = self.place(scores)
        return tuple(
            observe(name, is_bad[places == number], default_probability[places == number])
            for number, name in enumerate(self.names)
        )


def grades_of(scores: _Scores, width: int, *, least_share: float = 0.02, least: int = 50, most: int = 12) -> Grades:
    """Grades over the scores of the development sample.

    Edges stand at multiples of the width. From the best score down, a band is joined with the next until it holds
    enough people; the last takes what is left, and is joined with its neighbour if that is too few.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Credit scores.
    width : int
        Width of a band in points.
    least_share, least : float, int
        Least share and number of people of a grade.
    most : int
        Most grades; bands are twice as wide, and so on, until there are no more.
    """
    enough = max(least_share * len(scores), least)
    while True:
        edges: list[int] = []
        above = 0
        for edge in range(int(scores.max()) // width * width, int(scores.min()), -width):
            reached = int((scores >= edge).sum())
            if reached - above >= enough:
                edges.append(edge)
                above = reached
        if edges and len(scores) - above < enough:
            edges.pop()
        if len(edges) < most:
            return Grades(tuple(edges))
        width *= 2
