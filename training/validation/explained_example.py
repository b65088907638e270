"""One person's explanation in full, and its picture: how reasons lead from the cut-off to one prediction."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from features.analysis.style import COLOURS
from features.reasons import REASONS
from scoring.calibration import probability
from scoring.reasons import Explanation
from training.report.drawing import WIDE, labelled_rows
from training.report.section import Picture
from training.report.shown import shared, signed
from training.validation.reliability import Reliability

__all__ = ["START", "Example", "example_of", "example_picture"]

START: Final = {
    "approved": "Average of applicants just above the cut-off",
    "safest": "Average of the applicants of the lowest risk",
}
"""What an explanation starts from, by whom the near baseline is drawn from."""

_STEPS: Final = 10
_CHANCES: Final = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4,
    0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999,
)  # fmt: skip


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
    start : str
        What the base is the average of.
    explanation : Explanation
        What this consumer would be told.
    """

    consumer: str
    decision: str
    credit_score: int
    base: float
    weights: tuple[tuple[str, float], ...]
    start: str
    explanation: Explanation

    @property
    def log_odds(self) -> float:
        """What base and reasons add up to."""
        return self.base + sum(weight for _, weight in self.weights)

    @property
    def told(self) -> tuple[str, ...]:
        """The reasons this consumer would be told, with values; none when approved."""
        return () if self.decision == "approve" else tuple(each.told for each in self.explanation.reasons)

    @property
    def steps(self) -> tuple[tuple[str, float], ...]:
        """The largest contributions first, those that matter least as one."""
        ordered = sorted(self.weights, key=lambda pair: -abs(pair[1]))
        if len(ordered) <= _STEPS + 1:
            return tuple(ordered)
        rest = ordered[_STEPS:]
        return (*ordered[:_STEPS], (f"All {len(rest)} other reasons", sum(weight for _, weight in rest)))


def example_of(reliability: Reliability) -> Example:
    """One person that the model declines, in the middle of those; else the riskiest one of the latest sample."""
    evidence = reliability.evidence
    bundle, part = evidence.bundle, evidence.latest
    order = part.rows[np.argsort(part.log_odds, kind="stable")]
    declined = int((evidence.credit_score[part.rows] < bundle.policy.decline_below).sum())
    row = order[-max(1, (declined + 1) // 2)]
    (explanation,) = reliability.explainer.explain(evidence.people.values[[row]])
    decision = bundle.policy.decide(int(evidence.credit_score[row]))
    titles = {"decline": "one declined applicant", "refer": "one referred applicant", "approve": "the riskiest one"}
    weights = ((REASONS[code].statement, weight) for code, weight in explanation.contributions.items())
    return Example(
        titles[decision],
        decision,
        int(evidence.credit_score[row]),
        explanation.base,
        tuple(sorted(weights, key=lambda pair: -pair[1])),
        START[bundle.baselines.near_cut_off_of],
        explanation,
    )


def example_picture(example: Example) -> Picture:
    """How reasons lead from the average to one consumer's default probability."""
    steps, base = example.steps, example.base
    path = base + np.append(0.0, np.cumsum([weight for _, weight in steps]))
    consumer = example.consumer[:1].upper() + example.consumer[1:]
    names = [example.start, *(name for name, _ in steps), consumer]

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
    return Picture("example", f"From the cut-off to {example.consumer}", told, paint, (WIDE, 1.4 + 0.4 * len(names)),
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
