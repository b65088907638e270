"""How furnishers call their accounts, customers, cases and orders: numbers that look drawn, and never clash."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from bureau.simulator.arrays import Array
from bureau.simulator.furnishers import BEACON, CORNERSTONE, HARBOUR, NORTHLIGHT, PRAIRIE

__all__ = ["account_numbers", "references", "scrambled"]

_RANGE: Final = 10**9
_FACTOR: Final = 387_420_489 + 2
_PREFIX: Final = {HARBOUR: "HB", PRAIRIE: "4417", BEACON: "5310", CORNERSTONE: "CR-", NORTHLIGHT: "NL"}


def scrambled(numbers: Array) -> Array:
    """Different numbers of nine digits for different numbers.

    Examples
    --------
    >>> import numpy as np
    >>> scrambled(np.array([0, 1, 2]))
    array([190482917, 577903408, 965323899])
    """
    mixed: Array = (numbers.astype("int64") * _FACTOR + 190_482_917) % _RANGE
    return mixed


def references(prefix: str, numbers: Array) -> pa.Array:
    """References that begin with a prefix.

    Examples
    --------
    >>> import numpy as np
    >>> references("C", np.array([1])).to_pylist()
    ['C577903408']
    """
    digits = pc.utf8_lpad(pa.array(scrambled(numbers)).cast(pa.string()), 9, "0")
    return pc.binary_join_element_wise(pa.scalar(prefix), digits, "")


def account_numbers(furnisher: int, account: Array, renumbered: Array) -> pa.Array:
    """The account numbers of a furnisher; those renumbered have another digit in front."""
    digits = references("", account)
    front = pc.if_else(pa.array(renumbered), pa.scalar("8"), pa.scalar("1"))
    return pc.binary_join_element_wise(pa.scalar(_PREFIX[furnisher]), front, digits, "")
