"""A scheduled retraining: train, validate, compare, promote or stop, and one line in the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from bureau.home import Home
from feature_repo.errors import FeatureRepoError
from features.errors import FeatureError
from tradeline.challenger import Challenger, make_challenger
from tradeline.console import Stages
from tradeline.gatekeeping import Judged, judge, promote_by_gates
from tradeline.populations import Gathered
from tradeline.run import point_latest, summarise
from tradeline.services import TRAINER, service_signer
from training.errors import RecordDamaged, TrainingError
from training.gates import Limits
from training.ledger import Ledger, LedgerLine, Outcome
from training.promotion import settle
from training.train import Options
from training.training_record import write_json

__all__ = ["Retraining", "retrain"]

_MODEL_FAILED = (TrainingError, FeatureError, FeatureRepoError)
"""What stops a retraining on its data's or its model's account; anything else is raised, and may be tried again."""


@dataclass(frozen=True)
class Retraining:
    """What is retrained, and when.

    Parameters
    ----------
    portfolio : str
        Name of the portfolio.
    on : date
        For which date.
    at : datetime
        The present (UTC, naive).
    options : Options
        How to train.
    limits : Limits
        Limits of the gates.
    memory_limit : str
        What DuckDB may use.
    """

    portfolio: str
    on: date
    at: datetime
    options: Options
    limits: Limits
    memory_limit: str = "3GB"

    @property
    def occasion(self) -> str:
        """What the promotion log calls it."""
        return f"retrain {self.portfolio} {self.on.isoformat()}"

    @property
    def started_at(self) -> str:
        """The present, as the ledger writes it."""
        return f"{self.at:%Y-%m-%dT%H:%M:%SZ}"


def retrain(
    home: Home, asked: Retraining, gather: Callable[[], Gathered], *, again: bool = False, stages: Stages
) -> LedgerLine:
    """Retrain for a date, once: a second call tells what came of the first.

    Parameters
    ----------
    home : Home
        The home, kept to this command.
    asked : Retraining
        What is retrained.
    gather : callable
        Brings the newest matured population.
    again : bool
        Do it anew although it was done.
    stages : Stages
        Shows and times the stages.

    Returns
    -------
    LedgerLine
        The ledger's line.

    Raises
    ------
    RecordDamaged
        If the promotion log or the ledger was changed.
    """
    ledger = Ledger(home.runs / "ledger.jsonl")
    last = settle(home, asked.portfolio)
    known = ledger.find(asked.portfolio, asked.on)
    if known is not None and not again:
        return known
    began = time.monotonic()
    if last is not None and last.occasion == asked.occasion and known is None:
        why = "promoted by a retraining that was cut short before it could write this line"
        line = _line(asked, "promoted", why, version=last.after, champion=last.before)
    else:
        line = _retrained(home, asked, gather, stages)
    line = replace(line, seconds=round(time.monotonic() - began, 1))
    ledger.append(line)
    return line


def _retrained(home: Home, asked: Retraining, gather: Callable[[], Gathered], stages: Stages) -> LedgerLine:
    version = None
    try:
        gathered = gather()
        signer = service_signer(home, TRAINER)
        challenger = make_challenger(home, gathered, options=asked.options, signer=signer, stages=stages)
        version = challenger.version
        judged = judge(
            home, gathered, challenger, at=asked.at, stages=stages, limits=asked.limits,
            memory_limit=asked.memory_limit,
        )  # fmt: skip
        _tell(home, gathered, challenger, judged)
        if judged.decision.outcome == "promoted":
            promote_by_gates(home, version, judged, at=asked.at, occasion=asked.occasion)
    except RecordDamaged:
        raise
    except _MODEL_FAILED as error:
        return _line(asked, "failed", str(error), version=version)
    comparison = judged.comparison
    return LedgerLine(
        portfolio=asked.portfolio,
        date=asked.on.isoformat(),
        outcome=judged.decision.outcome,
        why=judged.decision.why,
        version=version,
        champion=judged.champion,
        comparison={} if comparison is None else asdict(comparison),
        gates=tuple(asdict(gate) for gate in judged.gates),
        started_at=asked.started_at,
    )


def _tell(home: Home, gathered: Gathered, challenger: Challenger, judged: Judged) -> None:
    write_json(challenger.folder / "summary.json", summarise(gathered, challenger, judged))
    point_latest(home.runs, challenger.folder)


def _line(
    asked: Retraining, outcome: Outcome, why: str, *, version: str | None, champion: str | None = None
) -> LedgerLine:
    return LedgerLine(
        portfolio=asked.portfolio,
        date=asked.on.isoformat(),
        outcome=outcome,
        why=why,
        version=version,
        champion=champion,
        started_at=asked.started_at,
    )
