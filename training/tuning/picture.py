"""The picture of a tuning: how well each trial ranks against what its explanations cost."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from features.analysis.style import COLOURS, Picture, painted
from training.pictures import draw
from training.tuning.trials import Trial, Tuned

__all__ = ["draw_front", "front_as_svg"]

_SIZE: Final = (8.6, 4.8)

_MOST_NUMBERED: Final = 12


def draw_front(tuned: Tuned) -> Picture:
    """AUC of all trials against the cost of an explanation, their front, the chosen one and the cap.

    Parameters
    ----------
    tuned : Tuned
        The outcome of a tuning.

    Returns
    -------
    Picture
        A matplotlib figure; it shows itself in a notebook.
    """
    return painted(_SIZE, lambda figure: _paint(figure, tuned))


def front_as_svg(tuned: Tuned) -> str:
    """The same picture as an SVG element, for a page or a registry."""
    chosen = tuned.chosen
    told = (
        f"{len(tuned.trials)} trials, {len(tuned.front)} on the front; chosen is trial {chosen.number} with an AUC of "
        f"{chosen.auc:.4f} and a cost of {chosen.cost:,.0f}"
    )
    title = "Tuning: AUC against the cost of an explanation"
    return draw("tuning", title, told, _SIZE, lambda figure: _paint(figure, tuned))


def _paint(figure: Figure, tuned: Tuned) -> None:
    axes = figure.add_subplot()
    judged = [trial for trial in tuned.trials if not trial.pruned]
    _scatter(axes, tuned, judged)
    # In two dimensions: a third objective may keep trials on the front that stand below it here.
    _draw_steps(axes, [trial for trial in tuned.front if _is_on_edge(trial, judged)])
    _mark_chosen(axes, tuned.chosen)
    _set_limits(axes, tuned, judged)
    _number(axes, tuned)
    pruned = len(tuned.trials) - len(judged)
    given_up = f"; {pruned} more were given up after some of the folds" if pruned else ""
    axes.set_title(f"{len(judged)} trials judged on all folds{given_up}")
    axes.set_xlabel("cost of explaining one row: squared leaf depths, summed over all trees")
    axes.set_ylabel("mean AUC over the folds")
    figure.legend(loc="outside lower center", ncols=3)


def _is_on_edge(trial: Trial, judged: list[Trial]) -> bool:
    return not any(
        other.auc >= trial.auc and other.cost <= trial.cost and (other.auc, other.cost) != (trial.auc, trial.cost)
        for other in judged
    )


def _scatter(axes: Axes, tuned: Tuned, judged: list[Trial]) -> None:
    front = {trial.number for trial in tuned.front}
    rest = [trial for trial in judged if trial.number not in front]
    axes.scatter([t.cost for t in rest], [t.auc for t in rest], s=22, color=COLOURS["muted"], alpha=0.45,
                 linewidth=0, label="trial")  # fmt: skip
    axes.scatter([t.cost for t in tuned.front], [t.auc for t in tuned.front], s=34, color=COLOURS["good"], zorder=3,
                 linewidth=0, label="on the front: no trial is better in all")  # fmt: skip


def _draw_steps(axes: Axes, edge: list[Trial]) -> None:
    """Up to a cost, the best AUC that was found: a stair."""
    ordered = sorted(edge, key=lambda trial: trial.cost)
    axes.step([t.cost for t in ordered], [t.auc for t in ordered], where="post", color=COLOURS["good"], linewidth=1.4,
              alpha=0.6, zorder=2)  # fmt: skip


def _mark_chosen(axes: Axes, chosen: Trial) -> None:
    axes.scatter([chosen.cost], [chosen.auc], s=150, facecolor="none", edgecolor=COLOURS["bad"], linewidth=2, zorder=4,
                 label=f"chosen: trial {chosen.number}, AUC {chosen.auc:.4f}")  # fmt: skip


def _set_limits(axes: Axes, tuned: Tuned, judged: list[Trial]) -> None:
    """A logarithmic axis of costs up to the cap; of the AUC what matters, without the worst trials."""
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda cost, _: f"{cost:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    auc = np.array([trial.auc for trial in judged])
    cost = np.array([max(trial.cost, 1.0) for trial in judged])
    top = float(auc.max())
    low = min([float(np.quantile(auc, 0.1)), top - 1e-4, *(trial.auc for trial in tuned.front)])
    room = top - low
    axes.set_ylim(low - 0.12 * room, top + 0.14 * room)
    high = max(float(cost.max()), tuned.cost_cap or 0.0)
    axes.set_xlim(float(cost.min()) / 1.6, high * 1.6)
    if tuned.cost_cap is not None:
        axes.axvline(tuned.cost_cap, color=COLOURS["ink"], linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate("cap ", (tuned.cost_cap, 0.97), xycoords=("data", "axes fraction"), ha="right", va="top",
                      color=COLOURS["ink"])  # fmt: skip
    below = int((auc < low - 0.12 * room).sum())
    if below:
        axes.annotate(f"{below} further below", (0.01, 0.02), xycoords="axes fraction", color=COLOURS["muted"], size=8)


def _number(axes: Axes, tuned: Tuned) -> None:
    """Numbers of the trials of the front; of the best ones if there are many."""
    for trial in tuned.front[:_MOST_NUMBERED]:
        axes.annotate(str(trial.number), (trial.cost, trial.auc), (0, 8), textcoords="offset points", ha="center",
                      color=COLOURS["bad" if trial == tuned.chosen else "good"], size=8.5)  # fmt: skip
