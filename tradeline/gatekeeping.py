"""A challenger before the gates: validated by a service, compared with the champion, promoted or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from bureau.home import Home
from bureau.signers import trusted_signers
from scoring.bundle import Bundle, load_bundle
from tradeline.challenger import Challenger
from tradeline.console import Stages
from tradeline.populations import Gathered
from tradeline.services import GATES, service_signer
from tradeline.validating import validate_version
from training.errors import RecordDamaged
from training.gates import (
    Comparison,
    Gate,
    Held,
    Limits,
    calibration_gate,
    compare,
    discrimination_gate,
    fairness_gate,
    parity_gate,
    reasons_gate,
    stability_gate,
)
from training.promotion import Promoted, champion_of, promote, settle
from training.retrain import Decision, decide, unseen_people
from training.training_record import read_record
from training.validation_record import Found, ValidationRecord

__all__ = ["Judged", "judge", "promote_by_gates"]

_PARITY_PEOPLE: Final = 200


@dataclass(frozen=True)
class Judged:
    """A challenger after the gates.

    Parameters
    ----------
    validation : ValidationRecord
        Its validation, signed by the service of the gates: no person has reviewed it.
    gates : tuple of Gate
        The gates.
    champion : str or None
        Version of the champion it was compared with.
    comparison : Comparison or None
        The comparison; None where there is no champion.
    decision : Decision
        What follows.
    """

    validation: ValidationRecord
    gates: tuple[Gate, ...]
    champion: str | None
    comparison: Comparison | None
    decision: Decision


def judge(
    home: Home,
    gathered: Gathered,
    challenger: Challenger,
    *,
    at: datetime,
    stages: Stages,
    limits: Limits | None = None,
    memory_limit: str = "3GB",
) -> Judged:
    """Validate a challenger, let it go through the gates, and compare it with the champion.

    Parameters
    ----------
    home : Home
        The home.
    gathered : Gathered
        The population it comes from.
    challenger : Challenger
        The challenger.
    at : datetime
        When (UTC, naive).
    stages : Stages
        Shows and times the stages.
    limits : Limits, optional
        Limits of the gates.
    memory_limit : str
        What DuckDB may use.
    """
    limits = limits or Limits()
    portfolio, seed = gathered.features.portfolio, _seed(challenger)
    settle(home, portfolio)
    champion = champion_of(home, portfolio)
    bundle = load_bundle(home.bundles / challenger.version, trusted_signers(home.signers))
    kept: list[Gate] = []

    def gates(found: Sequence[Found]) -> Sequence[Gate]:
        kept.extend(_gates(gathered, challenger, bundle, found, limits, seed))
        return kept

    with stages.stage("validation") as stage:
        validation = validate_version(
            home, challenger.version, signer=service_signer(home, GATES), made_on=at, gates=gates,
            memory_limit=memory_limit, progress=stage,
        )  # fmt: skip
    comparison = None
    if champion is not None:
        with stages.stage("comparison with the champion"):
            comparison = _compared(home, gathered, challenger, bundle, champion, limits, seed)
    return Judged(
        validation,
        tuple(kept),
        None if champion is None else champion.model_version,
        comparison,
        decide(kept, comparison),
    )


def promote_by_gates(
    home: Home, version: str, judged: Judged, *, at: datetime, despite: str | None = None, occasion: str | None = None
) -> Promoted:
    """Promote what the gates let through; the log says that no person has reviewed it.

    Raises
    ------
    PromotionRefused
        As :func:`training.promotion.promote`.
    """
    failed = [each.key for each in judged.validation.failed if not each.key.startswith(f"{GATES}.")]
    left = f"the gates passed; left to people: {', '.join(failed)}" if failed else None
    return promote(
        home,
        version,
        signer=service_signer(home, GATES),
        why=f"{judged.decision.why}. No person has reviewed the validation.",
        at=at,
        despite=despite or left,
        occasion=occasion,
    )


def _seed(challenger: Challenger) -> int:
    return int(challenger.trained.bundle.origin.parameters["seed"])


def _gates(
    gathered: Gathered, challenger: Challenger, bundle: Bundle, found: Sequence[Found], limits: Limits, seed: int
) -> tuple[Gate, ...]:
    people, samples = gathered.people, challenger.samples
    development = Held(challenger.trained.log_odds, people.is_bad[samples.development])
    rows = unseen_people(people, samples).rows
    unseen = Held(_log_odds(bundle, people.values[rows]), people.is_bad[rows])
    return (
        discrimination_gate(development, unseen, limits, seed=seed),
        calibration_gate(unseen, limits),
        stability_gate(development, unseen, limits),
        fairness_gate(found),
        reasons_gate(bundle, found),
        _parity(gathered, bundle),
    )


def _parity(gathered: Gathered, bundle: Bundle) -> Gate:
    """Online against offline, for some of the people whom the portfolio has online."""
    if gathered.served is None:
        return Gate("parity", None, "what is online is of another date than these people")
    ids = gathered.people.consumer_ids[:_PARITY_PEOPLE].tolist()
    offline = gathered.values_of(gathered.features.counted)[: len(ids)]
    return parity_gate(list(offline), gathered.served(ids), bundle)


def _compared(
    home: Home,
    gathered: Gathered,
    challenger: Challenger,
    bundle: Bundle,
    champion: Bundle,
    limits: Limits,
    seed: int,
) -> Comparison:
    """Both models on the same people, whom neither has seen if there are enough of them."""
    people = gathered.people
    unseen = unseen_people(people, challenger.samples, _seen_by(home, champion.model_version))
    names = champion.model.features
    known = set(names) <= set(people.features)
    values = people.values[:, [people.features.index(name) for name in names]] if known else gathered.values_of(names)
    return compare(
        _log_odds(bundle, people.values[unseen.rows]),
        _log_odds(champion, values[unseen.rows]),
        people.is_bad[unseen.rows],
        sample=unseen.text,
        limits=limits,
        seed=seed,
    )


def _seen_by(home: Home, version: str) -> npt.NDArray[np.int64] | None:
    """The consumers a model learnt from; None where its record is gone."""
    try:
        record = read_record(home.runs / version)
    except RecordDamaged:
        return None
    return record.people.consumer_ids[record.samples.development]


def _log_odds(bundle: Bundle, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return bundle.calibration.log_odds(bundle.model.margin(values))
