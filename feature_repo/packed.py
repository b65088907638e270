"""How the online stores keep what is known of a consumer: all values of a view as doubles in one piece.

A piece begins with a digest of the view's columns and definitions, so that one that was written
under other definitions is noticed and never served.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
from feast import FeatureView

from feature_repo.errors import FeatureRepoError

__all__ = [
    "DEFINITION_TAG",
    "DIGEST_BYTES",
    "Layout",
    "Packed",
    "definition_digest",
    "microseconds",
    "moment_of",
    "packed_names",
]

DEFINITION_TAG: Final = "definition"
"""Tag of a feature view that tells the fingerprint of its definitions."""

DIGEST_BYTES: Final = 8
"""How long the digest at the beginning of a piece is."""

Packed = tuple[int, bytes]
"""As of when (microseconds since 1970, UTC), and the piece."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def packed_names(table: FeatureView) -> list[str]:
    """The names of a piece's values, in their order."""
    return sorted(field.name for field in table.features)


def definition_digest(table: FeatureView) -> bytes:
    """A digest of a view's columns and definitions.

    The view's tag ``definition`` tells the definitions; a view without it is told by its columns alone.
    """
    return Layout.of(table).digest


@dataclass(frozen=True)
class Layout:
    """How the pieces of a view are made.

    Parameters
    ----------
    view : str
        Name of the view.
    names : tuple of str
        Its features, in the order of a piece.
    digest : bytes
        Of its columns and definitions.
    """

    view: str
    names: tuple[str, ...]
    digest: bytes

    @staticmethod
    def of(table: FeatureView) -> Layout:
        """The layout of a view as Feast knows it."""
        names = packed_names(table)
        parts = (table.tags.get(DEFINITION_TAG, ""), *names)
        digest = hashlib.blake2b("\x00".join(parts).encode(), digest_size=DIGEST_BYTES).digest()
        return Layout(table.name, tuple(names), digest)

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each feature stands in a piece."""
        return {name: place for place, name in enumerate(self.names)}

    def pack(self, values: npt.NDArray[np.float64]) -> list[bytes]:
        """A piece for each row of values, which are in the order of :attr:`names`."""
        flat = np.ascontiguousarray(values, dtype="<f8").tobytes()
        width = 8 * len(self.names)
        return [self.digest + flat[start : start + width] for start in range(0, width * len(values), width)]

    def unpack(self, piece: bytes) -> list[float]:
        """The values of a piece, NaN where missing.

        Raises
        ------
        FeatureRepoError
            If it was written under another definition of the view.
        """
        if piece[:DIGEST_BYTES] != self.digest:
            raise FeatureRepoError(
                f"{self.view}: the online store holds values of another definition; "
                "compute them anew with `tradeline run` or `tradeline score`"
            )
        values: list[float] = np.frombuffer(piece, dtype="<f8", offset=DIGEST_BYTES).tolist()
        return values


def microseconds(moment: datetime) -> int:
    """A moment as a whole number; without a time zone it is UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def moment_of(count: int) -> datetime:
    """The moment (UTC) of so many microseconds since 1970.

    Examples
    --------
    >>> moment_of(microseconds(datetime(2024, 3, 31, 1, 2, 3, 456789))).isoformat()
    '2024-03-31T01:02:03.456789+00:00'
    """
    return _EPOCH + timedelta(microseconds=count)
