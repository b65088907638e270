"""Explanations: what moves predictions, one person's in full, and whether the reasons told can be relied on."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from features.analysis.style import COLOURS
from features.reasons import REASONS
from scoring.attribution import MAX_REASONS
from scoring.calibration import probability
from training.boosting import fit_booster
from training.explanation_cost import explanation_cost
from training.validation.criteria import SOURCES
from training.validation.drawing import WIDE, labelled_rows
from training.validation.evidence import Evidence
from training.validation.section import Column, Finding, Picture, Section, Table
from training.validation.sensitivity import noise
from training.validation.shown import counted, decimal, shared, signed

__all__ = ["Example", "example_of", "explanations_section", "kept_share", "told_reasons"]

_Values = npt.NDArray[np.float64]
_PEOPLE: Final = 500
_MAIN: Final = 20
_STEPS: Final = 10
_EXACT: Final = 1e-6
_CHANCES: Final = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4,
    0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999,
)  # fmt: skip
_FEATURES = (
    Column("rank", "Rank", "count"),
    Column("feature", "Feature"),
    Column("meaning", "Meaning"),
    Column("contribution", "Contribution", "figure", 3),
    Column("reason_code", "Code"),
    Column("reason", "Reason"),
)
_REASONS = (
    Column("reason_code", "Code"),
    Column("reason", "Reason"),
    Column("contribution", "Contribution", "figure", 3),
    Column("told_first", "Told first", "share"),
    Column("told", "Told at all", "share"),
)
_EXAMPLE = (Column("reason", "Reason"), Column("contribution", "Contribution to the log-odds", "signed", 3))
_STABILITY = (Column("change", "Change"), Column("kept", "Reasons kept", "share"), Column("first", "First reason kept",
              "share"))  # fmt: skip


@dataclass(frozen=True)
class Example:
    """One consumer's prediction, taken apart by reason.

    Parameters
    ----------
    consumer : str
        Who it is in words ("one declined applicant"), never a reference.
    decision : str
        ``approve``, ``refer`` or ``decline``.
    credit_score : int
        The score.
    base : float
        Log-odds of bad before any reason counts.
    weights : tuple of (str, float)
        Statement of every reason and what it adds to the log-odds, largest first.
    """

    consumer: str
    decision: str
    credit_score: int
    base: float
    weights: tuple[tuple[str, float], ...]

    @property
    def log_odds(self) -> float:
        """What base and reasons add up to."""
        return self.base + sum(weight for _, weight in self.weights)

    @property
    def told(self) -> tuple[str, ...]:
        """The reasons this consumer would be told; none when approved."""
        against = [statement for statement, weight in self.weights if weight > 0]
        return () if self.decision == "approve" else tuple(against[:MAX_REASONS])

    @property
    def steps(self) -> tuple[tuple[str, float], ...]:
        """The largest contributions first, those that matter least as one."""
        ordered = sorted(self.weights, key=lambda pair: -abs(pair[1]))
        if len(ordered) <= _STEPS + 1:
            return tuple(ordered)
        rest = ordered[_STEPS:]
        return (*ordered[:_STEPS], (f"All {len(rest)} other reasons", sum(weight for _, weight in rest)))


def explanations_section(evidence: Evidence) -> Section:
    """Weights of features and reasons, an example, stability of the told reasons, and the cost of an explanation."""
    rows = evidence.sample_of(evidence.latest.rows, _PEOPLE, salt=10)
    values = evidence.people.values[rows]
    by_reason = _by_reason(evidence, values)
    error = _error(evidence, values)
    stability = _stability(evidence, values, by_reason)
    example = example_of(evidence)
    cost = explanation_cost(evidence.bundle.model.booster)
    kept = stability[0][1]
    return Section(
        "explanations",
        "Explanations",
        (
            "Contributions are exact Shapley values on the log-odds (path-dependent TreeSHAP), taken against all "
            "applicants, and added up by reason, so that features that mean the same thing neither split nor double "
            f"it. At most {MAX_REASONS} reasons are told, those that raised the risk most.",
            f"The explanation of one decision walks leaves whose squared depths sum to {counted(cost)}; its time grows "
            "with that sum.",
            f"The picture takes {example.consumer} apart: default probability "
            f"{shared(float(probability(example.log_odds)))}, credit score {example.credit_score}, decision "
            f"{example.decision}." + (f" Told: {'; '.join(example.told)}." if example.told else ""),
        ),
        tables=(
            _feature_table(evidence),
            _reason_table(evidence, by_reason),
            Table("stability", "Are the reasons told the same?", _STABILITY, stability),
            Table("example", f"All reasons of {example.consumer}", _EXAMPLE,
                  (("Average of all consumers in training", example.base), *example.weights)),
        ),
        pictures=(_picture(example),),
        findings=(
            Finding("exact", error <= _EXACT,
                    f"Contributions and base miss the log-odds by {decimal(error, 9)} at most.", f"at most {_EXACT:g}",
                    "requirement AA-20"),
            Finding("reasons_kept", kept >= evidence.criteria.least_reasons_kept,
                    f"When features are disturbed a little, {shared(kept)} of the reasons told stay.",
                    f"at least {shared(evidence.criteria.least_reasons_kept, 0)}",
                    f"requirement AA-23; level: {SOURCES['least_reasons_kept']}"),
        ),
        figures={"explanation_cost": cost, "reasons_kept": kept},
    )  # fmt: skip


def told_reasons(by_reason: _Values) -> npt.NDArray[np.bool_]:
    """Which reasons each person is told: those that raise the risk most, at most four.

    Parameters
    ----------
    by_reason : ndarray of shape (people, reasons)
        Contributions to the log-odds of bad.
    """
    most = np.argsort(-by_reason, axis=1, kind="stable")[:, :MAX_REASONS]
    told = np.zeros(by_reason.shape, dtype=bool)
    np.put_along_axis(told, most, values=True, axis=1)
    return told & (by_reason > 0)


def kept_share(before: _Values, now: _Values) -> float:
    """Share of the reasons told before that are told now, over all people together.

    Examples
    --------
    >>> kept_share(np.array([[0.5, 0.1, -1.0]]), np.array([[0.5, -0.1, 1.0]]))
    0.5
    """
    told, again = told_reasons(before), told_reasons(now)
    return float((told & again).sum() / max(int(told.sum()), 1))


def example_of(evidence: Evidence) -> Example:
    """One person that the model declines, in the middle of those; else the riskiest one of the latest sample."""
    bundle, part = evidence.bundle, evidence.latest
    order = part.rows[np.argsort(part.log_odds, kind="stable")]
    declined = int((evidence.credit_score[part.rows] < bundle.policy.decline_below).sum())
    row = order[-max(1, (declined + 1) // 2)]
    values = evidence.people.values[[row]]
    _, base = bundle.model.contributions(values)
    weights = zip(evidence.attribution.codes, _by_reason(evidence, values)[0].tolist(), strict=True)
    decision = bundle.policy.decide(int(evidence.credit_score[row]))
    titles = {"decline": "one declined applicant", "refer": "one referred applicant", "approve": "the riskiest one"}
    return Example(
        titles[decision],
        decision,
        int(evidence.credit_score[row]),
        float(bundle.calibration.log_odds(base[0])),
        tuple(sorted(((REASONS[code].statement, weight) for code, weight in weights), key=lambda pair: -pair[1])),
    )


def _by_reason(evidence: Evidence, values: _Values) -> _Values:
    contributions, _ = evidence.bundle.model.contributions(values)
    return evidence.attribution.by_reason(contributions) * evidence.bundle.calibration.slope


def _error(evidence: Evidence, values: _Values) -> float:
    contributions, base = evidence.bundle.model.contributions(values)
    return float(np.abs(contributions.sum(axis=1) + base - evidence.bundle.model.margin(values)).max())


def _stability(evidence: Evidence, values: _Values, by_reason: _Values) -> tuple[tuple[str, float, float], ...]:
    """Reasons kept under noise, and under another model fitted with another seed."""
    seen = evidence.people.values[evidence.samples.development]
    random = np.random.default_rng((evidence.seed, 11))
    disturbed = _by_reason(evidence, noise(values, evidence.main_columns, seen, random, size=0.05))
    rows = evidence.samples.development
    directions = [int(evidence.features.catalogue[name].direction) for name in evidence.people.features]
    again = fit_booster(evidence.people.values[rows], evidence.people.is_bad[rows], evidence.people.features,
                        directions, evidence.parameters, evidence.seed + 1)  # fmt: skip
    other = evidence.attribution.by_reason(again.predict(values, pred_contrib=True, num_threads=1)[:, :-1])
    return tuple(
        (title, kept_share(by_reason, now), float((by_reason.argmax(axis=1) == now.argmax(axis=1)).mean()))
        for title, now in (("Noise of 0.05 spreads in all features", disturbed), ("Fitted again, other seed", other))
    )


def _feature_table(evidence: Evidence) -> Table:
    rows = []
    for rank, column in enumerate(evidence.main_columns[:_MAIN], start=1):
        name = evidence.people.features[column]
        item = evidence.features.catalogue[name]
        weight = float(evidence.weights[column])
        rows.append((rank, name, item.meaning, weight, item.reason, REASONS[item.reason].statement))
    shown = f"the {len(rows)} largest of {len(evidence.main_columns)}" if len(rows) < len(evidence.main_columns) else ""
    note = "Mean size of each feature’s contribution to the log-odds of bad, over development."
    return Table("features", f"What moves the predictions{f': {shown}' if shown else ''}", _FEATURES, tuple(rows), note)


def _reason_table(evidence: Evidence, by_reason: _Values) -> Table:
    declined = evidence.credit_score[evidence.sample_of(evidence.latest.rows, _PEOPLE, salt=10)]
    told = told_reasons(by_reason) & (declined < evidence.bundle.policy.refer_below)[:, None]
    people = max(int((declined < evidence.bundle.policy.refer_below).sum()), 1)
    first = told & (by_reason == by_reason.max(axis=1, keepdims=True))
    sizes = np.abs(by_reason).mean(axis=0)
    rows = tuple(
        (evidence.attribution.codes[n], REASONS[evidence.attribution.codes[n]].statement, float(sizes[n]),
         float(first[:, n].sum() / people), float(told[:, n].sum() / people))
        for n in np.argsort(-sizes, kind="stable")
    )  # fmt: skip
    return Table("reasons", "Reasons", _REASONS, rows,
                 "Mean size of the contribution; share of those not approved who are told the reason.")  # fmt: skip


def _picture(example: Example) -> Picture:
    """How reasons lead from the average to one consumer's default probability."""
    steps, base = example.steps, example.base
    path = base + np.append(0.0, np.cumsum([weight for _, weight in steps]))
    consumer = example.consumer[:1].upper() + example.consumer[1:]
    names = ["Average of all consumers in training", *(name for name, _ in steps), consumer]

    def paint(figure: Figure) -> None:
        room = max(float(np.ptp(path)), 0.5)
        limits = (float(path.min()) - 0.13 * room, float(path.max()) + 0.13 * room)
        axes = figure.add_subplot(xlim=limits)
        labelled_rows(axes, ["\n".join(textwrap.wrap(name, 46, max_lines=2, placeholder=" …")) for name in names])
        for row, (_, weight) in enumerate(steps, start=1):
            _draw_step(axes, row, float(path[row - 1]), weight)
        for row, at in ((0, base), (len(names) - 1, float(path[-1]))):
            axes.plot(at, row, "D", color=COLOURS["ink"], markersize=7)
            chance = shared(float(probability(at)))
            axes.annotate(chance, (at, row), (9, 0), textcoords="offset points", va="center", weight="bold")
        axes.plot([path[-1]] * 2, [len(names) - 1.69, len(names) - 1], color=COLOURS["muted"], linewidth=0.8)
        _chance_axis(axes, limits)

    told = f"from {shared(float(probability(base)))} to {shared(float(probability(path[-1])))}: " + "; ".join(
        f"{name} {weight:+.2f}" for name, weight in steps
    )
    return Picture("example", f"From the average to {example.consumer}", told, paint, (WIDE, 1.4 + 0.4 * len(names)),
                   "Contributions in log-odds of bad; to the right raises the risk, to the left lowers it. They add "
                   "up exactly.")  # fmt: skip


def _draw_step(axes: Axes, row: int, start: float, weight: float) -> None:
    colour = COLOURS["bad"] if weight > 0 else COLOURS["good"]
    axes.barh(row, weight, left=start, height=0.62, color=colour, linewidth=0)
    axes.plot([start, start], [row - (1 if row == 1 else 0.69), row - 0.31], color=COLOURS["muted"], linewidth=0.8)
    end, away, side = (start + weight, 5, "left") if weight > 0 else (start + weight, -5, "right")
    axes.annotate(signed(weight, 2), (end, row), (away, 0), textcoords="offset points", va="center", ha=side,
                  color=colour, fontsize=9)  # fmt: skip


def _chance_axis(axes: Axes, limits: tuple[float, float]) -> None:
    """Default probability below, log-odds above."""
    shown: list[tuple[float, str]] = []
    for chance in _CHANCES:
        place = float(np.log(chance / (1 - chance)))
        apart = place - max(shown[-1][0] if shown else -np.inf, limits[0] - 0.06 * (limits[1] - limits[0]))
        if place < limits[1] and apart > 0.075 * (limits[1] - limits[0]):
            shown.append((place, f"{100 * chance:g}\N{NO-BREAK SPACE}%"))
    axes.set_xticks([place for place, _ in shown], [text for _, text in shown])
    axes.set_xlabel("default probability")
    above = axes.secondary_xaxis("top")
    above.set_xlabel("log-odds of bad")
    above.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.1f}".replace("-", "\N{MINUS SIGN}")))
