"""How the values of a feature are spread, month by month."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["months_of", "spread_by_month"]

_QUANTILES: Final = {"p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}


def months_of(when: Iterable[object]) -> npt.NDArray[np.str_]:
    """The month of each moment (UTC).

    Examples
    --------
    >>> months_of(["2024-01-31T23:30:00Z", "2024-01-31T23:30:00-05:00"]).tolist()
    ['2024-01', '2024-02']
    """
    moments = pd.DatetimeIndex(pd.to_datetime(when if isinstance(when, pd.Series) else pd.Series(list(when)), utc=True))
    return moments.tz_localize(None).to_numpy().astype("datetime64[M]").astype(np.str_)


def spread_by_month(values: npt.ArrayLike, when: Iterable[object]) -> pd.DataFrame:
    """Rows, share missing, mean and quantiles of a feature in each month.

    Parameters
    ----------
    values : array of float
        The feature; NaN where missing.
    when : iterable of moments
        The moment of each row; its month counts (UTC).

    Returns
    -------
    DataFrame
        By ``month``: ``rows``, ``missing`` (share), and over the values that are not missing ``mean``,
        ``p05``, ``p25``, ``median``, ``p75``, ``p95`` (linear between values); NaN where all are missing.

    Examples
    --------
    >>> spread_by_month([1.0, 2.0, np.nan], ["2024-01-31", "2024-01-31", "2024-02-29"])[["missing", "mean"]]
             missing  mean
    month
    2024-01      0.0   1.5
    2024-02      1.0   NaN
    """
    numbers = np.asarray(values, dtype=np.float64)
    grouped = pd.Series(numbers).groupby(months_of(when))
    table = pd.DataFrame({"rows": grouped.size(), "missing": 1 - grouped.count() / grouped.size()})
    table["mean"] = grouped.mean()
    for name, at in _QUANTILES.items():
        table[name] = grouped.quantile(at)
    return table.rename_axis("month")
