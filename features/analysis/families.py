"""Families of features that move together, and who leads each.

Two features are as far apart as ``1 - |rho|``, with rho Spearman's rank correlation, so that no increasing
transformation changes a family. Families are the clusters of average linkage (R. R. Sokal,
C. D. Michener, *Univ. Kansas Sci. Bull.* 38, 1958) cut at a threshold: members correlate on average by at least so
much with those they are joined with. A model seldom gains from a second member of a family.

**Missing values.** A feature is ranked among the rows where it is known; a pair is compared over the rows
where both are. Without missing values that is Spearman's correlation exactly. A pair with fewer than
30 such rows, or without any spread over them, counts as unrelated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

__all__ = ["families", "rank_correlations"]

_FEWEST: Final = 30
_Values = npt.NDArray[np.float64]


def rank_correlations(frame: pd.DataFrame, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Spearman's correlation of every pair of features.

    Parameters
    ----------
    frame : DataFrame
        A column a feature; missing values NaN.
    names : sequence of str, optional
        The features; by default all columns.

    Returns
    -------
    DataFrame
        Features by features; 1 on the diagonal, 0 for pairs that cannot be compared.
    """
    wanted = list(frame.columns if names is None else names)
    values = frame[wanted].to_numpy(np.float64, na_value=np.nan)
    correlations = np.clip(_pairwise(values), -1.0, 1.0)
    np.fill_diagonal(correlations, 1.0)
    return pd.DataFrame(correlations, index=wanted, columns=wanted)


def families(
    frame: pd.DataFrame,
    names: Sequence[str] | None = None,
    *,
    threshold: float = 0.7,
    leading_by: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """The families of the features, the family of the strongest leader first.

    Parameters
    ----------
    frame : DataFrame
        A column a feature; missing values NaN.
    names : sequence of str, optional
        The features; by default all columns.
    threshold : float
        Mean absolute correlation at which features are joined, over 0 up to 1.
    leading_by : mapping of str to float, optional
        The figure by which a feature leads its family, its information value above all; by default how
        much it correlates with the rest of its family.

    Returns
    -------
    DataFrame
        By ``feature``: ``family`` (from 1), ``leads``, ``with_leader`` (correlation), ``figure`` (what it
        leads by). Within a family the leader comes first.

    Raises
    ------
    ValueError
        If the threshold is none.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold {threshold}: a correlation over 0 and up to 1 is wanted")
    correlations = rank_correlations(frame, names)
    wanted, absolute = list(correlations.index), correlations.abs().to_numpy()
    labels = _clusters(absolute, threshold)
    figure = (
        np.array([leading_by[str(name)] for name in wanted], dtype=np.float64)
        if leading_by is not None
        else np.array([_with_rest(absolute, labels, at) for at in range(len(wanted))])
    )
    table = pd.DataFrame({"feature": wanted, "label": labels, "figure": figure})
    table = table.sort_values(["figure", "feature"], ascending=[False, True])
    leaders = table.groupby("label", sort=False)["feature"].first()
    table["leader"] = table["label"].map(leaders)
    table["family"] = pd.factorize(table["label"])[0] + 1
    table["leads"] = table["feature"] == table["leader"]
    of, to = (correlations.index.get_indexer(pd.Index(table[name])) for name in ("feature", "leader"))
    table["with_leader"] = correlations.to_numpy()[of, to]
    ordered = table.sort_values("family", kind="stable").set_index("feature")
    return ordered[["family", "leads", "with_leader", "figure"]]


def _clusters(absolute: _Values, threshold: float) -> npt.NDArray[np.int32]:
    if len(absolute) < 2:
        return np.ones(len(absolute), dtype=np.int32)
    apart = 1.0 - (absolute + absolute.T) / 2
    np.fill_diagonal(apart, 0.0)
    joined = linkage(squareform(apart, checks=False), "average")
    labels: npt.NDArray[np.int32] = fcluster(joined, 1.0 - threshold + 1e-12, "distance")
    return labels


def _with_rest(absolute: _Values, labels: npt.NDArray[np.int32], at: int) -> float:
    others = (labels == labels[at]) & (np.arange(len(labels)) != at)
    return float(absolute[at, others].mean()) if others.any() else 0.0


def _pairwise(values: _Values) -> _Values:
    """Correlations of the columns' ranks over the rows where both are known, from five products of matrices."""
    known = ~np.isnan(values)
    ranks = rankdata(values, axis=0, nan_policy="omit")
    # About their middle the ranks stay small, and so does what is lost in their squares.
    ranks = np.where(known, ranks - (known.sum(axis=0) + 1) / 2, 0.0)
    mask = known.astype(np.float64)
    n = mask.T @ mask
    total, square, product = ranks.T @ mask, (ranks**2).T @ mask, ranks.T @ ranks
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = product - total * total.T / n
        variance = square - total**2 / n
        variance = np.where(variance > 1e-9 * np.maximum(square, 1.0), variance, np.nan)
        correlations = covariance / np.sqrt(variance * variance.T)
    usable = np.isfinite(correlations) & (n >= min(_FEWEST, len(values)))
    return np.where(usable, correlations, 0.0)
