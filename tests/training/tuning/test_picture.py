"""The picture of the front: what it shows can be read from it."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np

from training.boosting import BoostingParameters
from training.tuning import Trial, Tuned
from training.tuning.choice import front
from training.tuning.picture import draw_front


def _tuned(cost_cap: float | None = 5_000.0, count: int = 9) -> Tuned:
    trials = tuple(
        Trial(place, BoostingParameters(), 0.70 + 0.01 * place - 0.002 * (place % 3), (0.7,), 50.0 * 2**place,
              pruned=place % 4 == 3)
        for place in range(count)
    )  # fmt: skip
    judged = front(trials)
    return Tuned(judged[0], trials, judged, cost_cap, 0.0)


def test_all_judged_trials_the_front_the_chosen_one_and_the_cap() -> None:
    tuned = _tuned()
    axes = draw_front(tuned).axes[0]
    rest, on_front, chosen = (np.asarray(points.get_offsets()) for points in axes.collections)
    shown = {tuple(point) for point in (*rest, *on_front)}
    assert shown == {(trial.cost, trial.auc) for trial in tuned.trials if not trial.pruned}
    assert {tuple(point) for point in on_front} == {(trial.cost, trial.auc) for trial in tuned.front}
    assert [tuple(point) for point in chosen] == [(tuned.chosen.cost, tuned.chosen.auc)]
    assert any(list(line.get_xdata()) == [5_000.0, 5_000.0] for line in axes.lines)
    written = {text.get_text() for text in axes.texts}
    assert written >= {str(trial.number) for trial in tuned.front} | {"cap "}
    assert axes.get_title(loc="left") == "7 trials judged on all folds; 2 more were given up after some of the folds"
    low, high = axes.get_ylim()
    assert all(low < trial.auc < high for trial in tuned.front)


def test_one_trial_and_no_cap() -> None:
    before = dict(mpl.rcParams)
    picture = draw_front(_tuned(None, 1))
    assert picture._repr_png_().startswith(b"\x89PNG")
    assert "cap " not in {text.get_text() for text in picture.axes[0].texts}
    assert dict(mpl.rcParams) == before
