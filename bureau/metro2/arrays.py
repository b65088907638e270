"""Arrays that many records are read and written with: a row of bytes for each."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["Mask", "Matrix", "Places", "to_digits"]

Matrix = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

_THOUSAND: Final[Matrix] = np.array([list(b"%03d" % n) for n in range(1000)], dtype=np.uint8)


def to_digits(values: npt.NDArray[Any], width: int) -> Matrix:
    """Numbers that are known to fit, as that many digits each.

    Examples
    --------
    >>> to_digits(np.array([7, 1200]), 5).tobytes()
    b'0000701200'
    """
    rest: npt.NDArray[Any] = values.astype(np.uint32 if width <= 9 else np.uint64)
    matrix = np.empty((len(rest), width), dtype=np.uint8)
    end = width
    while end > 0:
        above = rest // 1000
        begin = max(end - 3, 0)
        matrix[:, begin:end] = _THOUSAND[(rest - above * 1000).astype(np.intp)][:, begin - end :]
        rest, end = above, begin
    return matrix
