"""What a model is held against: every threshold of a validation in one place, with its source.

A lender sets its own: pass another :class:`Criteria` in the evidence. The report prints those that were used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

__all__ = ["SOURCES", "Criteria"]

_OWN: Final = "own standard"
_CUSTOM: Final = "customary in credit scoring (N. Siddiqi, Intelligent Credit Scoring, 2nd ed. 2017)"


@dataclass(frozen=True)
class Criteria:
    """Thresholds.

    Parameters
    ----------
    least_bads : int
        Bad consumers that a sample must have for its figures to be judged.
    least_auc : float
        AUC that must be reached on unseen people.
    most_auc_fall : float
        By how much the AUC may fall from development (out of fold) to a later or unseen sample.
    most_calibration_error : float
        Expected calibration error over ten bins of equal count. Allowed is the larger of this and the 95 per cent
        point of what chance alone would show.
    least_p : float
        Level of the tests: a smaller p-value fails.
    most_slope_error : float
        Distance of the calibration slope from 1.
    most_psi : float
        Population stability index of the score.
    most_csi : float
        Characteristic stability index of any feature among those that matter most.
    least_gini_stability : float
        Stability metric of 2024.
    most_auc_loss_from_noise : float
        AUC that may be lost when every feature is disturbed a little.
    most_auc_loss_from_view : float
        AUC that may be lost when one furnisher's view is missing.
    least_segment_auc : float
        AUC within every segment that can be judged.
    most_peer_lead : float
        AUC by which a plain peer may be better.
    least_reasons_kept : float
        Share of the told reasons that must stay when features are disturbed a little, or the baseline drawn again.
    least_flip_ratio : float
        How many times as many of those not approved must be approved once the reasons told are as near the
        cut-off, beside as many other reasons.
    least_segment_bads : int
        Bad consumers that a segment must have to be judged.
    """

    least_bads: int = 100
    least_auc: float = 0.65
    most_auc_fall: float = 0.03
    most_calibration_error: float = 0.01
    least_p: float = 0.05
    most_slope_error: float = 0.1
    most_psi: float = 0.25
    most_csi: float = 0.25
    least_gini_stability: float = 0.3
    most_auc_loss_from_noise: float = 0.01
    most_auc_loss_from_view: float = 0.1
    least_segment_auc: float = 0.6
    most_peer_lead: float = 0.005
    least_reasons_kept: float = 0.8
    least_flip_ratio: float = 3.0
    least_segment_bads: int = 50


SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "least_bads": "own standard: with 100 bads the standard error of an AUC of 0.75 is about 0.025",
        "least_auc": _OWN,
        "most_auc_fall": f"{_OWN}; compare ECB, Instructions for reporting the validation results (2019), 2.6.2",
        "most_calibration_error": "own standard: 0.01 over ten bins of equal count",
        "least_p": "customary level of 5 %",
        "most_slope_error": _OWN,
        "most_psi": f"{_CUSTOM}: below 0.10 stable, above 0.25 a shift",
        "most_csi": f"{_CUSTOM}: as for the score",
        "least_gini_stability": "requirement MR-06; level: own standard",
        "most_auc_loss_from_noise": _OWN,
        "most_auc_loss_from_view": _OWN,
        "least_segment_auc": _OWN,
        "most_peer_lead": "own standard: a simpler model as good as this one is to be preferred",
        "least_reasons_kept": _OWN,
        "least_flip_ratio": _OWN,
        "least_segment_bads": _OWN,
    }
)
"""Where each threshold comes from, by its name."""
