"""A small bundle whose policies set several cut-offs, for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
from made_models import ON

from scoring.bundle import Bundle
from scoring.comparison import Comparison
from scoring.policy import PolicyBook, shipped_book
from scoring.policy.version import Place, PolicyVersion
from training.baselines import draw_elsewhere

__all__ = ["LATER", "OWN", "STRICTER", "TURN", "book", "with_several_cut_offs"]

OWN, STRICTER, LATER = 534, 556, 520
"""The scores from which people are approved: as shipped, in California, and in a later version."""

TURN = ON + timedelta(days=100)
"""The first day of the later version."""


def book() -> PolicyBook:
    """The shipped policy, stricter in California; the version before it approved fewer, one after it approves more."""
    base = shipped_book("taiwan").versions[0].base
    places = (Place("us"), Place("us-ca", (STRICTER, 502)), Place("eu"))
    later = replace(base, version="taiwan-2", effective_from=TURN, refer_below=LATER)
    ended = replace(base, version="taiwan-0", effective_from=date(1999, 1, 1), refer_below=600)
    return PolicyBook(
        "taiwan",
        (PolicyVersion(ended, places), PolicyVersion(base, places), PolicyVersion(later, (Place("us"),))),
    )


def with_several_cut_offs(bundle: Bundle, values: npt.NDArray[np.float64]) -> Bundle:
    """A bundle of :func:`made_models.made_bundle` with these policies, and what is drawn for each cut-off."""
    several = replace(bundle, policies=book())
    drawn = Comparison(bundle.baselines, bundle.typical)
    scoring = bundle.model, bundle.calibration, bundle.scale
    elsewhere = draw_elsewhere(*scoring, several.policies, several.policy, drawn, values, since=ON, seed=1)
    return replace(several, elsewhere=elsewhere)
