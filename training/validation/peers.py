"""Benchmarks: the model beside a scorecard and plain LightGBM, fitted in the same run on the same people."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from features.analysis.style import COLOURS
from training.explanation_cost import explanation_cost
from training.figures import expected_calibration_error
from training.report.drawing import WIDE, labelled_rows
from training.report.resampling import Draws, bootstrap
from training.report.section import Cell, Column, Finding, Picture, Section, Table
from training.report.shown import decimal, ranged, signed
from training.validation.criteria import SOURCES
from training.validation.evidence import Evidence, Judged
from training.validation.lines import LINES
from training.validation.peer_models import plain_boosting, scorecard, unbound_boosting

__all__ = ["peers_section"]

_Values = npt.NDArray[np.float64]
_MODEL: Final = "This model"
_SCORECARD: Final = "Scorecard (optimal bins, weights of evidence)"
_PLAIN: Final = "LightGBM, its defaults"
_UNBOUND: Final = "This model without its directions"
_PEERS: Final = (1, 2)
"""Places of those that the finding is about: simpler models, which would be preferred if they were as good."""
_COLUMNS = (
    Column("model", "Model"),
    Column("auc", "AUC", "figure"),
    Column("interval", "95 % interval", "figure"),
    Column("ks", "KS", "figure"),
    Column("ece", "ECE", "figure"),
    Column("lead", "This model’s lead in AUC", "signed"),
    Column("lead_interval", "95 % interval", "signed"),
)


def peers_section(evidence: Evidence) -> Section:
    """AUC, KS and calibration error of the model and its peers, and the differences with intervals."""
    predictions, characteristics = _predictions(evidence)
    drawn = {part.name: _draw(part, predictions[part.name], evidence) for part in evidence.judged[1:]}
    tables = tuple(
        Table(
            part.key,
            f"{part.name.capitalize()} sample",
            _COLUMNS,
            _rows(part, predictions[part.name], drawn[part.name]),
        )
        for part in evidence.judged[1:]
    )
    return Section(
        "benchmarks",
        "Benchmarks",
        (
            "The peers were fitted in this very run on the same development sample with the same features: a scorecard "
            f"of {characteristics} characteristics, binned optimally (optbinning) along the declared directions, and "
            "LightGBM with its own defaults and no directions. Neither was tuned."
            + (
                " Beside them stands the model without its directions: fitted with its own parameters and seed, and "
                "no constraint. The model’s lead over it is what the directions gain or, below 0, what they cost. It "
                "is no peer to choose instead, for its reasons could point the wrong way. This model alone is "
                "calibrated."
                if _has_directions(evidence)
                else ""
            ),
            "Differences are paired: both models are judged on the same bootstrap draws of people, so that an interval "
            "that holds 0 means that the models cannot be told apart. The explanation of a decision costs as the sum "
            f"of squared depths of the leaves, here {explanation_cost(evidence.bundle.model.booster):,.0f}.",
        ),
        tables=tables,
        pictures=(_picture(drawn),),
        findings=tuple(_finding(part, drawn[part.name], evidence) for part in evidence.judged[1:]),
        figures={
            f"auc_lead_over_{key}_{name.replace('-', '_')}": each.difference(0, number)[0]
            for name, each in drawn.items()
            for number, key in enumerate(("scorecard", "plain_lightgbm", "itself_without_directions"), start=1)
            if number < len(each.point_auc)
        },
    )


def _predictions(evidence: Evidence) -> tuple[dict[str, tuple[_Values, ...]], int]:
    """Log-odds of each unseen sample by the model, the scorecard, plain LightGBM, and the model unbound, if it is."""
    people, rows = evidence.people, evidence.samples.development
    directions = _directions(evidence)
    judged = np.concatenate([part.rows for part in evidence.judged[1:]])
    values, is_bad, asked = people.values[rows], people.is_bad[rows], people.values[judged]
    by_scorecard, characteristics = scorecard(values, is_bad, directions, asked, seed=evidence.seed)
    fitted = [by_scorecard, plain_boosting(values, is_bad, asked, seed=evidence.seed)]
    if _has_directions(evidence):
        fitted.append(unbound_boosting(values, is_bad, asked, evidence.parameters, seed=evidence.seed))
    found, first = dict[str, tuple[_Values, ...]](), 0
    for part in evidence.judged[1:]:
        here = slice(first, first + len(part))
        found[part.name] = (part.log_odds, *(each[here] for each in fitted))
        first += len(part)
    return found, characteristics


def _directions(evidence: Evidence) -> tuple[int, ...]:
    return tuple(int(evidence.features.catalogue[name].direction) for name in evidence.people.features)


def _has_directions(evidence: Evidence) -> bool:
    return any(_directions(evidence))


def _names(count: int) -> tuple[str, ...]:
    return (_MODEL, _SCORECARD, _PLAIN, _UNBOUND)[:count]


def _draw(part: Judged, predictions: tuple[_Values, ...], evidence: Evidence) -> Draws:
    return bootstrap(predictions, part.is_bad, draws=evidence.draws, seed=evidence.seed)


def _rows(part: Judged, predictions: tuple[_Values, ...], drawn: Draws) -> tuple[tuple[Cell, ...], ...]:
    rows = []
    for number, (name, log_odds) in enumerate(zip(_names(len(predictions)), predictions, strict=True)):
        lead, interval = drawn.difference(0, number) if number else (None, None)
        error = expected_calibration_error(1 / (1 + np.exp(-log_odds)), part.is_bad)
        rows.append(
            (name, float(drawn.point_auc[number]), drawn.auc_interval(number), float(drawn.point_ks[number]), error,
             lead, interval)
        )  # fmt: skip
    return tuple(rows)


def _finding(part: Judged, drawn: Draws, evidence: Evidence) -> Finding:
    most = evidence.criteria.most_peer_lead
    leads = [(drawn.difference(0, number), name) for number, name in zip(_PEERS, (_SCORECARD, _PLAIN), strict=True)]
    (lead, interval), name = min(leads, key=lambda each: each[0][0])
    return Finding(
        f"peers_{part.key}",
        -lead <= most,
        f"On the {part.name} sample the lead in AUC over the best peer ({name}) is {signed(lead)} "
        f"({ranged(interval)}); the model’s AUC is {decimal(float(drawn.point_auc[0]))}.",
        f"no peer better by more than {most:g}",
        SOURCES["most_peer_lead"],
    )


def _picture(drawn: dict[str, Draws]) -> Picture:
    count = min(len(each.point_auc) for each in drawn.values())

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        places = labelled_rows(axes, _names(count))
        for number, (name, each) in enumerate(drawn.items()):
            colour, at = LINES[name][0], places + (number - (len(drawn) - 1) / 2) * 0.24
            ends = [each.auc_interval(model) for model in range(count)]
            axes.hlines(at, [end.low for end in ends], [end.high for end in ends], color=colour, linewidth=5, alpha=0.3)
            axes.plot(each.point_auc, at, "o", color=colour, markersize=6, label=name)
        axes.set_xlabel("AUC, with its 95 % interval")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.18), ncols=len(drawn), labelcolor=COLOURS["ink"])

    short = ("model", "scorecard", "LightGBM", "without directions")[:count]
    told = "; ".join(
        f"{name}: " + ", ".join(f"{model} {auc:.3f}" for model, auc in zip(short, each.point_auc, strict=True))
        for name, each in drawn.items()
    )  # fmt: skip
    return Picture("auc", "The model beside its peers", told, paint, (WIDE, 1.0 + 0.5 * count))
