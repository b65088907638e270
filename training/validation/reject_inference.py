"""Reject inference: whether guessing the outcomes of declined applicants would have helped, on known truth.

An earlier policy is simulated on the development sample: those it would have declined lose their outcome. Models
that make up for it in the ways in use are then compared with one that knows the accepted alone, and with one that
knows everybody, on unseen people of whom the truth is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.calibration import probability
from training.boosting import fit_booster
from training.report.resampling import bootstrap
from training.report.section import Column, Interval, Section, Table
from training.report.shown import counted, decimal, ranged, shared, signed
from training.validation.evidence import Evidence
from training.validation.peer_models import information_value

__all__ = ["Outcomes", "earlier_policy", "infer", "reject_inference_section"]

_Values = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]

_PEOPLE: Final = 12_000
_DECLINED: Final = 0.3
_ROUNDS: Final = 300
_METHODS: Final = ("accepts only", "reweighting", "fuzzy augmentation", "parcelling", "all outcomes known")
_HARSHER: Final = 1.5
"""Parcelling takes the declined of a band for so many times as bad as the accepted of the same score."""

_COLUMNS = (
    Column("method", "Method"),
    Column("auc", "AUC, all", "figure"),
    Column("lead", "against accepts only", "signed"),
    Column("lead_interval", "95 % interval", "signed"),
    Column("predicted", "Predicted, declined", "share"),
    Column("observed", "Observed, declined", "share"),
)


@dataclass(frozen=True, eq=False)
class Outcomes:
    """People to fit on, with weights.

    Parameters
    ----------
    values, is_bad, weights : ndarray
        Features, outcome and weight of each; a person may stand there twice, as good and as bad.
    """

    values: _Values
    is_bad: _Flags
    weights: _Values


def reject_inference_section(evidence: Evidence) -> Section:
    """The comparison, and a plain statement whether it helps."""
    people = evidence.people
    rows = evidence.sample_of(evidence.samples.development, _PEOPLE, salt=7)
    values, is_bad = people.values[rows], people.is_bad[rows]
    part = evidence.latest
    risk = earlier_policy(values, is_bad, np.vstack([values, people.values[part.rows]]), seed=evidence.seed)
    cut = float(np.quantile(risk[: len(rows)], 1 - _DECLINED))
    accepted, judged_declined = risk[: len(rows)] <= cut, risk[len(rows) :] > cut
    told = (
        f"An earlier policy is simulated: a cruder score with noise in it declines {shared(_DECLINED, 0)} of "
        f"{counted(len(rows))} people of the development sample, and their outcomes are hidden. Models are then fitted "
        "with the parameters of this one and judged on the whole of the "
        f"{part.name} sample, whose outcomes are all known."
    )
    if min(int(is_bad[accepted].sum()), int((~is_bad[~accepted]).sum())) < evidence.criteria.least_segment_bads:
        return Section("reject_inference", "Reject inference", (told, "There are too few people to judge."))
    predicted = _predict(evidence, values, is_bad, accepted)
    drawn = bootstrap(predicted, part.is_bad, draws=evidence.draws, seed=evidence.seed)
    table = []
    for number, (method, log_odds) in enumerate(zip(_METHODS, predicted, strict=True)):
        lead, interval = drawn.difference(number, 0) if number else (None, None)
        table.append(
            (method.capitalize(), float(drawn.point_auc[number]), lead, interval,
             float(probability(log_odds[judged_declined]).mean()), float(part.is_bad[judged_declined].mean()))
        )  # fmt: skip
    leads = [drawn.difference(number, 0) for number in range(1, 4)]
    return Section(
        "reject_inference",
        "Reject inference",
        (
            told,
            "Reweighting gives an accepted person the weight 1 / chance of acceptance. Fuzzy augmentation adds every "
            "declined person twice, as good and as bad, weighted by the chances that the accepts-only model gives. "
            f"Parcelling draws an outcome for each in bands of that model, {_HARSHER:g} times as bad as accepted "
            "people of the band.",
            _statement(leads, drawn.difference(4, 0)),
        ),
        tables=(Table("methods", f"Reject inference on known truth, {part.name} sample", _COLUMNS, tuple(table)),),
        figures={"best_auc_lead": max(lead for lead, _ in leads)},
    )


def earlier_policy(values: _Values, is_bad: _Flags, judged: _Values, *, seed: int) -> _Values:
    """Risk by a cruder score: a straight sum of the ranks of the five most telling features, with noise.

    Parameters
    ----------
    values, is_bad : ndarray
        People from whom the features and their directions are taken.
    judged : ndarray of shape (n, features)
        Whom to score.
    seed : int
        Seed of the noise.
    """
    worth = np.array([information_value(values[:, column], is_bad) for column in range(values.shape[1])])
    risk = np.zeros(len(judged))
    for column in np.argsort(-worth, kind="stable")[:5]:
        known = ~np.isnan(values[:, column])
        middle = float(np.median(values[known, column])) if known.any() else 0.0
        filled, asked = (np.where(np.isnan(part[:, column]), middle, part[:, column]) for part in (values, judged))
        place = np.searchsorted(np.sort(filled), asked, side="right") / len(filled)
        grows = filled[is_bad].mean() >= filled[~is_bad].mean()
        risk += (1.0 if grows else -1.0) * place
    noise = np.random.default_rng((seed, 8)).standard_normal(len(judged))
    crude: _Values = risk + 0.5 * risk.std() * noise
    return crude


def infer(method: str, values: _Values, is_bad: _Flags, accepted: _Flags, log_odds: _Values, seed: int) -> Outcomes:
    """The people that a method fits on.

    Parameters
    ----------
    method : str
        One of "accepts only", "reweighting", "fuzzy augmentation", "parcelling", "all outcomes known".
    values, is_bad : ndarray
        Everybody; outcomes of the declined are read by the last method alone.
    accepted : ndarray of bool
        Who was accepted.
    log_odds : ndarray
        What the accepts-only model predicts for everybody.
    seed : int
        Seed of the outcomes that parcelling draws.

    Raises
    ------
    ValueError
        If there is no such method.
    """
    ones, declined = np.ones(len(values)), ~accepted
    if method == "accepts only":
        return Outcomes(values[accepted], is_bad[accepted], ones[accepted])
    if method == "all outcomes known":
        return Outcomes(values, is_bad, ones)
    band = _bands(log_odds)
    if method == "reweighting":
        share = np.bincount(band, accepted) / np.bincount(band)
        weights = 1 / np.maximum(share[band[accepted]], 0.05)
        return Outcomes(values[accepted], is_bad[accepted], weights)
    if method == "fuzzy augmentation":
        chance = probability(log_odds[declined])
        return Outcomes(
            np.vstack([values[accepted], values[declined], values[declined]]),
            np.concatenate([is_bad[accepted], np.ones(len(chance), dtype=bool), np.zeros(len(chance), dtype=bool)]),
            np.concatenate([ones[accepted], chance, 1 - chance]),
        )
    if method == "parcelling":
        accepted_in, bad_in = np.bincount(band[accepted], minlength=10), np.bincount(band, is_bad & accepted, 10)
        rate = np.where(accepted_in > 0, bad_in / np.maximum(accepted_in, 1), probability(log_odds[accepted]).mean())
        chance = np.minimum(_HARSHER * rate[band[declined]], 0.95)
        drawn = np.random.default_rng((seed, 9)).random(len(chance)) < chance
        made_up = is_bad.copy()
        made_up[declined] = drawn
        return Outcomes(values, made_up, ones)
    raise ValueError(f"{method}: no such method of reject inference; choose one of {', '.join(_METHODS)}")


def _bands(log_odds: _Values) -> npt.NDArray[np.intp]:
    """Tenths by rising risk."""
    edges = np.quantile(log_odds, np.arange(1, 10) / 10)
    return np.searchsorted(edges, log_odds, side="left")


def _predict(evidence: Evidence, values: _Values, is_bad: _Flags, accepted: _Flags) -> list[_Values]:
    """Margins of the latest sample by a booster a method."""
    features = evidence.people.features
    directions = [int(evidence.features.catalogue[name].direction) for name in features]
    parameters = replace(evidence.parameters, rounds=min(evidence.parameters.rounds, _ROUNDS))
    asked = evidence.people.values[evidence.latest.rows]
    guessed, found = np.zeros(len(values)), []
    for method in _METHODS:
        known = infer(method, values, is_bad, accepted, guessed, evidence.seed)
        booster = fit_booster(known.values, known.is_bad, features, directions, parameters, evidence.seed,
                              weights=known.weights)  # fmt: skip
        if method == "accepts only":
            guessed = booster.predict(values, raw_score=True, num_threads=1)
        found.append(booster.predict(asked, raw_score=True, num_threads=1))
    return found


def _statement(leads: list[tuple[float, Interval]], most: tuple[float, Interval]) -> str:
    best, interval = max(leads, key=lambda each: each[0])
    method = _METHODS[1 + leads.index((best, interval))]
    known = f"Had all outcomes been known, the AUC would have been {signed(most[0])} better ({ranged(most[1])})."
    if interval.low > 0:
        return (
            f"It helps here: {method} gains {decimal(best)} of AUC ({ranged(interval)}). {known} How harsh to be with "
            "the declined is an assumption that only outcomes of some of them could confirm: consider approving a few."
        )
    return (
        f"It does not help here: the best method, {method}, changes the AUC by {signed(best)} ({ranged(interval)}), "
        f"which cannot be told from nothing. Made-up outcomes hold no information that the features do not. {known}"
    )
