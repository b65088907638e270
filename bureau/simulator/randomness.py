"""Randomness that is the same everywhere: a generator for each purpose and month, and hashes as fixed chances.

A purpose has a stream of its own, so that one that draws more (more faults, say) leaves all others
as they are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["Chance"]

_MONTH_OFFSET: Final = 10_000
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True)
class Chance:
    """All randomness of a world.

    Parameters
    ----------
    seed : int
        The world's seed.

    Examples
    --------
    >>> chance = Chance(7)
    >>> bool(chance.stream("lives", 3).random() == Chance(7).stream("lives", 3).random())
    True
    >>> bool(chance.stream("lives", 3).random() == chance.stream("lives", 4).random())
    False
    """

    seed: int

    def stream(self, purpose: str, month: int = 0) -> np.random.Generator:
        """The generator of a purpose in a month."""
        words = np.random.SeedSequence((self.seed, _digest(purpose), month + _MONTH_OFFSET))
        return np.random.Generator(np.random.PCG64(words))

    def share(self, purpose: str, *numbers: Any) -> npt.NDArray[np.float64]:
        """A fixed number from 0 to 1 for each combination of whole numbers (arrays of one length, or scalars).

        It says which people a furnisher knows the number of, and the like: what is drawn once and
        stays so, without being stored.
        """
        return np.asarray((self.hashed(purpose, *numbers) >> np.uint64(11)) * 2.0**-53, dtype=np.float64)

    def hashed(self, purpose: str, *numbers: Any) -> npt.NDArray[np.uint64]:
        """As :meth:`share`, but 64 bits."""
        with np.errstate(over="ignore"):
            mixed = np.atleast_1d(np.uint64(_digest(purpose) ^ (self.seed * 0x9E3779B97F4A7C15) % 2**64))
            for number in numbers:
                mixed = _stir(mixed + np.asarray(number).astype(np.int64).astype(np.uint64) * _FIRST)
        return mixed


def _stir(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spread each number over all bits."""
    mixed = numbers + _STEP
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    return mixed ^ (mixed >> np.uint64(31))


def _digest(purpose: str) -> int:
    return int.from_bytes(hashlib.blake2b(purpose.encode(), digest_size=8).digest())
