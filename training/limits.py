"""Which numbers a setting may be, said once: for the check, and for the error that tells it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Final, Literal

from training.errors import UnfitArgument

__all__ = ["Limits", "require_number", "told"]

_LARGEST: Final = sys.float_info.max
_LONGEST_TOLD: Final = 60


@dataclass(frozen=True)
class Limits:
    """The numbers from one to another; a truth value is none.

    Parameters
    ----------
    kind : {"whole", "real"}
        Which numbers.
    least, most : float
        The bounds, both within. Without them any finite number will do; a `most` of infinity lets infinity in.
    above : bool
        Whether only what is above `least` will do.

    Examples
    --------
    >>> share = Limits("real", 0, 1, above=True)
    >>> [share.hold(value) for value in (0.5, 1, 0, 1.5, float("nan"), True, "1")]
    [True, True, False, False, False, False, False]
    >>> str(share), str(Limits("whole", 1)), str(Limits("real"))
    ('a number above 0, up to 1', 'a whole number, 1 or more', 'a finite number')
    """

    kind: Literal["whole", "real"]
    least: float = -_LARGEST
    most: float = _LARGEST
    above: bool = False

    def hold(self, value: Any) -> bool:
        """Whether a value is one of the numbers."""
        kind: type = Integral if self.kind == "whole" else Real
        is_number = isinstance(value, kind) and not isinstance(value, bool)
        return is_number and bool(self.least <= value <= self.most) and not (self.above and value == self.least)

    def __str__(self) -> str:
        noun = "whole number" if self.kind == "whole" else "finite number" if self.most == _LARGEST else "number"
        if self.least == -_LARGEST:
            return f"a {noun}"
        if self.most >= _LARGEST:
            return f"a {noun} above {self.least:,}" if self.above else f"a {noun}, {self.least:,} or more"
        first = f"above {self.least:,}, up" if self.above else f"from {self.least:,}"
        return f"a {noun} {first} to {self.most:,}"


def require_number(name: str, value: Any, limits: Limits) -> None:
    """Require that a setting is a number within its limits.

    Raises
    ------
    UnfitArgument
        If it is not.
    """
    if not limits.hold(value):
        raise UnfitArgument(f"{name} is {told(value)}; give {limits}")


def told(value: Any) -> str:
    """A value as an error tells it: on one line, and not too long."""
    written = " ".join(repr(value).split())
    return written if len(written) <= _LONGEST_TOLD else f"{written[:_LONGEST_TOLD]}..."
