"""The report of a training: one self-contained HTML file for a lender, a data scientist and a validator.

It loads nothing, runs no script and reads the same offline, on paper and in ten years. The same
report gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from scoring.attribution import MAX_REASONS
from scoring.calibration import probability
from training.figures import expected_calibration_error
from training.observed import Group, groups_by, observe, roc
from training.pictures import draw_calibration, draw_reasons, draw_roc, draw_scores, percent

__all__ = ["Example", "FeatureWeight", "Report", "render_report", "write_report"]

_GROUPS: Final = 10
_MOST_FEATURES: Final = 20
_MOST_STEPS: Final = 10
_TEMPLATES: Final = Path(__file__).parent / "templates"
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class FeatureWeight:
    """How much a feature moves predictions.

    Parameters
    ----------
    name, meaning : str
        The feature.
    reason_code, reason : str
        The reason it counts towards.
    mean_contribution : float
        Mean size of its contribution to the log-odds of bad.
    """

    name: str
    meaning: str
    reason_code: str
    reason: str
    mean_contribution: float


@dataclass(frozen=True)
class Example:
    """One consumer's prediction, taken apart by reason.

    Parameters
    ----------
    consumer : str
        Who it is in words ("one declined applicant"), never a reference.
    default_probability : float
        The prediction.
    credit_score : int
        The same on the score's scale.
    decision : str
        ``approve``, ``refer`` or ``decline``.
    base_log_odds : float
        Log-odds of bad before any reason counts.
    weights : tuple of (str, float)
        Statement of every reason and what it adds to the log-odds.

    Raises
    ------
    ValueError
        If base and reasons do not add up to the prediction.
    """

    consumer: str
    default_probability: float
    credit_score: int
    decision: str
    base_log_odds: float
    weights: tuple[tuple[str, float], ...]

    def __post_init__(self) -> None:
        explained = float(probability(self.base_log_odds + sum(weight for _, weight in self.weights)))
        if abs(explained - self.default_probability) > 1e-6:
            raise ValueError(
                f"{self.consumer}: base and reasons add up to a default probability of {explained:.6f}, "
                f"the prediction is {self.default_probability:.6f}; pass every reason, as contributions to the log-odds"
            )

    @property
    def told(self) -> tuple[str, ...]:
        """The reasons this consumer would be told; none when approved."""
        against = sorted((pair for pair in self.weights if pair[1] > 0), key=lambda pair: -pair[1])
        return () if self.decision == "approve" else tuple(statement for statement, _ in against[:MAX_REASONS])

    @property
    def steps(self) -> tuple[tuple[str, float], ...]:
        """The largest contributions first, those that matter least as one."""
        ordered = sorted(self.weights, key=lambda pair: -abs(pair[1]))
        if len(ordered) <= _MOST_STEPS + 1:
            return tuple(ordered)
        rest = ordered[_MOST_STEPS:]
        return (*ordered[:_MOST_STEPS], (f"All {len(rest)} other reasons", sum(weight for _, weight in rest)))


@dataclass(frozen=True, eq=False)
class Report:
    """What a report shows.

    Parameters
    ----------
    portfolio, title : str
        Portfolio and title.
    summary : mapping of str to object
        Figures of the training; the well-known ones are shown as tiles, all of them in a table.
    is_bad, default_probability, credit_score : ndarray of shape (rows,)
        Outcome and out-of-fold prediction of each consumer; at least one.
    refer_below, decline_below : int
        Cut-offs of the policy.
    features : tuple of FeatureWeight
        The features, largest contribution first.
    deliveries : tuple of mapping
        ``file``, ``furnisher_id``, ``contract``, ``read``, ``accepted``, ``quarantined``, ``duplicate``
        and ``rules`` (how often each was broken) of every delivery.
    example : Example
        One consumer's prediction.
    parameters : mapping of str to object
        Parameters of the training.
    notes : tuple of str
        Limitations, in plain sentences.

    Raises
    ------
    ValueError
        If there is nobody, the arrays differ in length, or the cut-offs cross.
    """

    portfolio: str
    title: str
    summary: Mapping[str, object]
    is_bad: npt.NDArray[np.bool_]
    default_probability: npt.NDArray[np.float64]
    credit_score: npt.NDArray[np.int64]
    refer_below: int
    decline_below: int
    features: tuple[FeatureWeight, ...]
    deliveries: tuple[Mapping[str, Any], ...]
    example: Example
    parameters: Mapping[str, object]
    notes: tuple[str, ...]

    def __post_init__(self) -> None:
        lengths = len(self.is_bad), len(self.default_probability), len(self.credit_score)
        if not lengths[0] or len(set(lengths)) > 1:
            raise ValueError(
                f"{self.title}: {lengths[0]} outcomes, {lengths[1]} default probabilities and {lengths[2]} credit "
                "scores; pass one of each for every consumer, and at least one consumer"
            )
        if self.decline_below > self.refer_below:
            raise ValueError(f"{self.title}: declines below {self.decline_below}, above its referral")

    @cached_property
    def everybody(self) -> Group:
        """All consumers."""
        return self._observe("all", np.ones(len(self.is_bad), dtype=bool))

    @cached_property
    def bands(self) -> tuple[Group, Group, Group]:
        """Who would be declined, referred and approved."""
        declined, approved = self.credit_score < self.decline_below, self.credit_score >= self.refer_below
        return (
            self._observe("declined", declined),
            self._observe("referred", ~declined & ~approved),
            self._observe("approved", approved),
        )

    @cached_property
    def risk_groups(self) -> tuple[Group, ...]:
        """Ten groups of nearly equal size by rising default probability."""
        rows = groups_by(self.default_probability, _GROUPS)
        return tuple(self._observe(str(place), chosen) for place, chosen in enumerate(rows, start=1))

    @cached_property
    def score_groups(self) -> tuple[Group, ...]:
        """Ten groups of nearly equal size by rising credit score, named by their range."""
        rows = groups_by(self.credit_score, _GROUPS)
        return tuple(self._observe(_range(self.credit_score[chosen]), chosen) for chosen in rows)

    def _observe(self, name: str, rows: npt.NDArray[Any]) -> Group:
        return observe(name, self.is_bad[rows], self.default_probability[rows])


def render_report(report: Report) -> str:
    """The report as one HTML page."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "percent": percent,
        "figure": _figure,
        "thousands": _count,
        "signed": _signed,
        "setting": _setting,
    }
    curve = roc(report.is_bad, report.default_probability)
    error = expected_calibration_error(report.default_probability, report.is_bad)
    page = environment.get_template("report.html.j2").render(
        report=report,
        tiles=_tiles(report),
        curve=curve,
        calibration_error=error,
        pictures={
            "roc": draw_roc(curve) if curve else None,
            "calibration": draw_calibration(report.risk_groups, error),
            "scores": draw_scores(
                report.credit_score, report.is_bad, (report.decline_below, report.refer_below), report.bands
            ),
            "reasons": draw_reasons(report.example.base_log_odds, report.example.steps, report.example.consumer),
        },
        bands=_ranged(report),
        score_groups=_with_captured(report.score_groups),
        features=report.features[:_MOST_FEATURES],
        totals=_totals(report.deliveries),
    )
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", page)


def write_report(report: Report, path: Path) -> Path:
    """Write the report to a file, making its folder, and give the file's path back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_report(report), encoding="utf-8", newline="\n")
    return path


@dataclass(frozen=True)
class _Tile:
    label: str
    value: str
    note: str


def _tiles(report: Report) -> list[_Tile]:
    summary, everybody, approved = report.summary, report.everybody, report.bands[-1]
    repeats, error = summary.get("auc_repeats_mean"), summary.get("auc_standard_error")
    spread = "" if error is None else f" ± {_figure(error)}"
    measured = (
        ("auc", "AUC", f"mean of repeats {_figure(repeats)}{spread}" if repeats is not None else "0.5 is chance", 3),
        ("gini", "Gini", "2 × AUC − 1", 3),
        ("ks", "KS", "widest gap of good and bad", 3),
        ("expected_calibration_error", "Calibration error", "predicted against observed rate", 4),
    )
    tiles = [
        _Tile(label, _figure(summary[key], decimals), note) for key, label, note, decimals in measured if key in summary
    ]
    used = summary.get("n_features", summary.get("features_used", len(report.features)))
    return [
        *tiles,
        _Tile("Consumers", _count(everybody.count), "with a known outcome"),
        _Tile("Went bad", percent(everybody.bad_rate), f"{_count(everybody.bad)} consumers"),
        _Tile("Approved", percent(approved.count / everybody.count), f"{percent(approved.bad_rate)} of them went bad"),
        _Tile("Features", _count(used) if isinstance(used, Integral) else str(len(report.features)), "in the model"),
    ]


def _ranged(report: Report) -> list[tuple[str, Group]]:
    """The bands with their range of scores."""
    decline, refer = report.decline_below, report.refer_below
    between = "–" if decline == refer else _range(np.array([decline, refer - 1]))
    return list(zip((f"below {decline}", between, f"{refer} and above"), report.bands, strict=True))


def _with_captured(groups: Sequence[Group]) -> list[tuple[Group, float]]:
    """Each group with the share of all bad consumers in it and the groups before it."""
    captured = np.cumsum([group.bad for group in groups])
    return [(group, so_far / captured[-1] if captured[-1] else float("nan")) for group, so_far in
            zip(groups, captured, strict=True)]  # fmt: skip


def _totals(deliveries: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    columns = ("read", "accepted", "quarantined", "duplicate")
    return {column: sum(int(delivery[column]) for delivery in deliveries) for column in columns}


def _range(scores: npt.NDArray[np.int64]) -> str:
    low, high = int(scores.min()), int(scores.max())
    return str(low) if low == high else f"{low}–{high}"


def _count(value: Any) -> str:
    """A whole number with separators."""
    return f"{int(value):,}"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")


def _setting(value: object) -> str:
    """A parameter as it would be passed again, without separators or filled-up digits."""
    if isinstance(value, bool):
        return _figure(value)
    if isinstance(value, Integral):
        return str(int(value))
    return f"{float(value):.6g}" if isinstance(value, Real) else _figure(value)


def _figure(value: object, decimals: int = 4) -> str:
    """Any value as people write it: sensible digits, separators in counts, a dash for nothing."""
    if value is None:
        return "–"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{int(value):,}".replace("-", "\N{MINUS SIGN}")
    if isinstance(value, Real):
        return _decimal(float(value), decimals)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_figure(each, decimals)}" for name, each in value.items()) or "–"
    if isinstance(value, Sequence | np.ndarray) and not isinstance(value, str):
        return ", ".join(_figure(each, decimals) for each in value) or "–"
    return str(value)


def _decimal(value: float, decimals: int) -> str:
    if not np.isfinite(value):
        return "–" if np.isnan(value) else "∞".rjust(1 + (value < 0), "\N{MINUS SIGN}")
    if value == 0 or 10.0**-decimals <= abs(value) < 1000:
        return f"{value:.{decimals}f}".replace("-", "\N{MINUS SIGN}")
    return f"{value:,.1f}".replace("-", "\N{MINUS SIGN}") if 1000 <= abs(value) < 1e9 else f"{value:.3g}"
