"""Making a decision again: from its kept inputs, and its inputs from what the history knew then."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

import pyarrow as pa

from bureau.casework.records import DecisionRecord
from bureau.history import History
from features.compute import compute
from features.sets import FeatureSet
from scoring.errors import ScoringError
from serving.deciding import decide
from serving.engine import Engine, Engines
from serving.errors import NotReplayable, ServingError
from serving.inputs import Inputs

__all__ = ["differing_features", "made_again", "made_of"]


def made_of(record: DecisionRecord, engines: Engines) -> tuple[Inputs, Engine]:
    """What a decision was made of, and the bundle that made it.

    Raises
    ------
    NotReplayable
        If one of the two is not there, or not what it was.
    """
    try:
        return Inputs.of_bytes(record.inputs), engines.of(record.model_version, record.manifest_sha256)
    except ScoringError as error:
        raise NotReplayable(f"decision {record.decision_id}: its bundle does not load: {error}") from None


def made_again(record: DecisionRecord, engines: Engines) -> bytes:
    """The answer of a decision, made again from its inputs.

    Raises
    ------
    NotReplayable
        If it is not, to the byte, the answer that was given.
    """
    inputs, engine = made_of(record, engines)
    try:
        answer = decide(inputs, engine).answer
    except (ScoringError, ServingError) as error:
        raise NotReplayable(f"decision {record.decision_id}: cannot be made again: {error}") from None
    if answer != record.answer:
        raise NotReplayable(
            f"decision {record.decision_id}: made again, it is another answer than the one kept; "
            "check the versions of the packages and the casework store"
        )
    return answer


def differing_features(
    record: DecisionRecord, features: FeatureSet, history: History, *, currency: str, now: datetime
) -> Mapping[str, tuple[float, float]]:
    """Features whose kept value is not what the history, as of the moment of the decision's knowledge, gives.

    Corrections, disputes and merged files that came later change nothing of it: the history keeps what was known.

    Parameters
    ----------
    record : DecisionRecord
        The decision.
    features : FeatureSet
        Its portfolio's features.
    history : History
        The credit history.
    currency : str
        Currency of the amounts.
    now : datetime
        The present, with a time zone.

    Returns
    -------
    mapping of str to (float, float)
        Name to the kept and the computed value, missing ones NaN; empty where all are equal.

    Raises
    ------
    NotReplayable
        If the decision used no features.
    """
    inputs = Inputs.of_bytes(record.inputs)
    if inputs.values is None or inputs.known_at is None or record.consumer_id is None:
        raise NotReplayable(f"decision {record.decision_id}: it was made without features; there are none to compute")
    moment = inputs.known_at.astimezone(UTC)
    rows = pa.table(
        {
            "consumer_id": pa.array([record.consumer_id], pa.int64()),
            "event_timestamp": pa.array([moment], pa.timestamp("us", tz="UTC")),
        }
    )
    table = compute(history, features.catalogue, features.views, rows, currency=currency, now=now)
    differing = {}
    for name in features.counted:
        kept = inputs.values.get(name, math.nan)
        found = table[name][0].as_py()
        computed = math.nan if found is None else float(found)
        if kept != computed and not (math.isnan(kept) and math.isnan(computed)):
            differing[name] = (kept, computed)
    return differing
