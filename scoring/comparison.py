"""Whom people are compared with at one cut-off: applicants just above it, all applicants, what the approved show.

A bundle holds this for the cut-off that its own policy sets, and for every other one that its policies set in
some jurisdiction or from some later day on, so that reasons are always taken against applicants who were just
approved where and when the decision is made.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from scoring.baselines import Baselines, Intervals, arrays_of, as_npz
from scoring.typical import Typical

__all__ = ["Comparison", "content_of", "elsewhere_of"]


@dataclass(frozen=True)
class Comparison:
    """Whom people are compared with.

    Parameters
    ----------
    baselines : Baselines
        Applicants just above the cut-off, and of all applicants.
    typical : mapping of str to Typical
        What the approved typically show, by feature.
    """

    baselines: Baselines
    typical: Mapping[str, Typical]


def content_of(elsewhere: Mapping[int, Comparison], features: tuple[str, ...]) -> bytes:
    """What is compared at several cut-offs, as a file holds it (``.npz``); all applicants are not repeated.

    Parameters
    ----------
    elsewhere : mapping of int to Comparison
        By cut-off.
    features : tuple of str
        The features, in the model's order.
    """
    arrays = {}
    for cut_off, compared in sorted(elsewhere.items()):
        plain = [compared.typical[name].plain() for name in features]
        arrays[f"near_{cut_off}"] = compared.baselines.near_cut_off
        arrays[f"near_{cut_off}_of"] = np.array(compared.baselines.near_cut_off_of)
        arrays[f"typical_{cut_off}"] = np.array(plain, dtype=np.float64)
    return as_npz(arrays)


def elsewhere_of(
    content: bytes, cut_offs: Collection[int], all_applicants: Intervals, features: tuple[str, ...]
) -> dict[int, Comparison]:
    """What a file holds, by cut-off.

    Parameters
    ----------
    content : bytes
        What :func:`content_of` gives.
    cut_offs : collection of int
        The cut-offs that it must hold, and no others.
    all_applicants : ndarray of shape (rows, features)
        All applicants, as the bundle's own baselines hold them.
    features : tuple of str
        The features, in the model's order.

    Raises
    ------
    ValueError
        If it holds no such thing, or is of other cut-offs.
    """
    arrays = arrays_of(content)
    names = {name for each in cut_offs for name in (f"near_{each}", f"near_{each}_of", f"typical_{each}")}
    if not names or set(arrays) != names:
        raise ValueError(f"holds {', '.join(sorted(arrays)) or 'nothing'} for the cut-offs {sorted(cut_offs)}")
    return {
        cut_off: Comparison(
            Baselines(
                arrays[f"near_{cut_off}"].astype(np.uint16),
                all_applicants,
                str(arrays[f"near_{cut_off}_of"]),  # type: ignore[arg-type]  # is checked
            ),
            {
                name: Typical.of([None if math.isnan(value) else value for value in row])
                for name, row in zip(features, arrays[f"typical_{cut_off}"].tolist(), strict=True)
            },
        )
        for cut_off in sorted(cut_offs)
    }
