"""The groups of people that an attribute makes, with those of whom it is not known as a group of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.errors import TrainingError

__all__ = ["LEAST_IN_GROUP", "UNKNOWN", "Groups", "groups_of", "key_of"]

LEAST_IN_GROUP: Final = 30
"""A group with fewer people is named and not judged: intervals would say nothing (own standard)."""

UNKNOWN: Final = "(unknown)"
"""Name of the group of those of whom the attribute is not known."""


@dataclass(frozen=True, eq=False)
class Groups:
    """An attribute of some people.

    Parameters
    ----------
    attribute : str
        Its name.
    names : tuple of str
        The groups; that of the unknown comes last, if there is one.
    codes : ndarray of shape (n,)
        Number of each person's group in `names`.
    reference : int
        Number of the group that the others are compared with.
    """

    attribute: str
    names: tuple[str, ...]
    codes: npt.NDArray[np.intp]
    reference: int

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def counts(self) -> npt.NDArray[np.intp]:
        """People in each group."""
        return np.bincount(self.codes, minlength=len(self.names))

    @property
    def others(self) -> tuple[int, ...]:
        """All groups but the reference."""
        return tuple(number for number in range(len(self.names)) if number != self.reference)

    @property
    def judged(self) -> tuple[int, ...]:
        """Groups but the reference that are large enough to be judged; none where the reference is too small."""
        counts = self.counts
        if counts[self.reference] < LEAST_IN_GROUP:
            return ()
        return tuple(number for number in self.others if counts[number] >= LEAST_IN_GROUP)

    def rows(self, number: int) -> npt.NDArray[np.bool_]:
        """Which people are in a group."""
        chosen: npt.NDArray[np.bool_] = self.codes == number
        return chosen

    def take(self, rows: npt.NDArray[Any]) -> Groups:
        """The groups of some of the people, with the same names and reference."""
        return Groups(self.attribute, self.names, self.codes[rows], self.reference)


def groups_of(attribute: str, values: Sequence[Any] | npt.NDArray[Any], *, reference: str | None = None) -> Groups:
    """The groups of an attribute.

    Parameters
    ----------
    attribute : str
        Its name.
    values : sequence of length n
        A value a person; None or NaN where it is not known.
    reference : str, optional
        The group to compare with (the control group); by default the largest of those that are known.

    Raises
    ------
    TrainingError
        If there is no person with a known value, or no such reference.

    Examples
    --------
    >>> groups = groups_of("sex", ["f", "m", None, "f"])
    >>> groups.names, groups.codes.tolist(), groups.names[groups.reference]
    (('f', 'm', '(unknown)'), [0, 1, 2, 0], 'f')
    """
    column = pd.Series(list(values), dtype=object)
    known = column.notna()
    texts = column.where(known, UNKNOWN).astype(str)
    names = sorted(set(texts[known]))
    if not names:
        raise TrainingError(f"{attribute}: nobody has a known value; load the attribute, or leave it out")
    if reference is not None and reference not in names:
        raise TrainingError(f"{attribute}: no group {reference} to compare with; there are {', '.join(names)}")
    if not known.all():
        names.append(UNKNOWN)
    codes = np.array(texts.map({name: number for number, name in enumerate(names)}), dtype=np.intp)
    counts = np.bincount(codes[known.to_numpy()], minlength=len(names))
    chosen = names.index(reference) if reference is not None else int(np.argmax(counts))
    return Groups(attribute, tuple(names), codes, chosen)


def key_of(*names: str) -> str:
    """Names of attributes and groups as part of a key in snake_case.

    Examples
    --------
    >>> key_of("Age band", "(unknown)")
    'age_band_unknown'
    """
    signs = "".join(sign if sign.isalnum() else " " for sign in " ".join(names).lower())
    return "_".join(signs.split())
