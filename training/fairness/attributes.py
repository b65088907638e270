"""From the segregated store to a frame, for those who test fairness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from bureau.self_test import read_self_test

if TYPE_CHECKING:
    from bureau.history import History

__all__ = ["protected_attributes"]


def protected_attributes(history: History, consumer_ids: Sequence[int]) -> pd.DataFrame | None:
    """Self-test attributes of consumers, a row each in the order given; None where nothing is known of any.

    Parameters
    ----------
    history : History
        The history of the home.
    consumer_ids : sequence of int
        The consumers of a population; one may stand there several times.

    Raises
    ------
    SelfTestError
        If the store cannot be opened.
    """
    told = read_self_test(history, consumer_ids)
    frame = pd.DataFrame(told, dtype=object)
    return frame if frame.notna().to_numpy().any() else None
