"""The evidence of a pair of references: what was told under them, and how its match weight comes about."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from bureau.errors import ReviewError
from bureau.history import History
from bureau.identity.consumers import Consumer, consumer_of, require_known
from bureau.identity.hubs import without_hubs
from bureau.identity.likeness import likenesses
from bureau.identity.model import Model
from bureau.identity.models import current_model
from bureau.identity.scoring import pair_weight
from bureau.identity.standard import standard_record
from bureau.identity.told import TELLING, as_linked
from bureau.identity.waterfall import Step, waterfall
from bureau.vault import Vault

__all__ = ["Decided", "Evidence", "examine_pair"]

_Told = dict[str, str]


@dataclass(frozen=True)
class Decided:
    """What somebody has decided about a pair.

    Parameters
    ----------
    verdict : {'same', 'different'}
        What was decided.
    reviewer, reason : str
        Who decided, and why.
    decided_at : datetime
        When (UTC, naive).
    """

    verdict: str
    reviewer: str
    reason: str
    decided_at: datetime


@dataclass(frozen=True)
class Evidence:
    """What speaks for and against two references being one person.

    Parameters
    ----------
    left, right : int
        The references.
    left_consumer, right_consumer : Consumer
        The consumers they belong to now.
    model : str
        Version of the model whose weights these are.
    link_at, review_at : float
        Its thresholds, in bits.
    weight : float, optional
        Match weight in bits; None where nothing was told under one of the references, or it was erased.
    contradiction : str, optional
        What contradicts that they are one person.
    steps : tuple of Step
        How the weight comes about.
    decisions : tuple of Decided
        What people have decided about the pair, the newest first.
    left_told, right_told : dict of str to str
        The tellings that were compared, of several under a reference the likest: personal data, from the vault,
        and not shown by ``repr``.
    """

    left: int
    right: int
    left_consumer: Consumer
    right_consumer: Consumer
    model: str
    link_at: float
    review_at: float
    weight: float | None = None
    contradiction: str | None = None
    steps: tuple[Step, ...] = ()
    decisions: tuple[Decided, ...] = ()
    left_told: dict[str, str] = field(default_factory=dict, repr=False)
    right_told: dict[str, str] = field(default_factory=dict, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """The same for machines, personal data included."""
        return asdict(self)


def examine_pair(history: History, left: int, right: int) -> Evidence:
    """The evidence of a pair of references; it holds personal data.

    Parameters
    ----------
    history : History
        The history.
    left, right : int
        The references, by the bureau's numbers, in any order.

    Raises
    ------
    UnknownConsumer
        If there is no such reference.
    ReviewError
        If it is one and the same reference.
    """
    left, right = min(left, right), max(left, right)
    if left == right:
        raise ReviewError(f"{left} and {right} are one reference; name two")
    model = current_model(history.vault)
    with history.read() as connection:
        require_known(connection, (left, right))
        rows = connection.execute(
            "SELECT verdict, reviewer, reason, decided_at FROM identity_decision WHERE left_id = ? AND right_id = ? "
            "ORDER BY decided_at DESC",
            [left, right],
        ).fetchall()
        told = {number: _told(history.vault, number) for number in (left, right)}
        tellings = pa.Table.from_pylist(
            [{"node": number, "told_as": 0, **as_linked(each)} for number in told for each in told[number]],
            schema=TELLING,
        )
        found = list(likenesses(connection, model, tellings, np.array([[left, right]], np.int64)))
        known = Evidence(
            left,
            right,
            consumer_of(connection, left),
            consumer_of(connection, right),
            model.version,
            model.link_at,
            model.review_at,
            decisions=tuple(Decided(*row) for row in rows),
        )
    if not found:
        return replace(known, left_told=_any(told[left]), right_told=_any(told[right]))
    left_told, right_told, steps = _likest(model, told[left], told[right])
    return replace(
        known,
        weight=found[0].weight,
        contradiction=found[0].veto,
        steps=steps,
        left_told=left_told,
        right_told=right_told,
    )


def _told(vault: Vault, number: int) -> list[_Told]:
    """What was told under a reference, always in the same order; nothing of who was erased."""
    entries = [entry for entry in vault.open("consumer", [number]) if entry.field == "identity"]
    return [{name: value for name, value in json.loads(entry.content).items() if value} for entry in entries]


def _any(told: list[_Told]) -> _Told:
    return told[0] if told else {}


def _likest(model: Model, left: list[_Told], right: list[_Told]) -> tuple[_Told, _Told, tuple[Step, ...]]:
    """The two tellings whose weight is that of the references, and its steps."""
    standard = [[without_hubs(standard_record(as_linked(each)), model.hubs) for each in told] for told in (left, right)]
    scored = {
        (one, other): pair_weight(model, standard[0][one], standard[1][other])
        for one in range(len(left))
        for other in range(len(right))
    }
    # As bureau.identity.likeness has it: the likest of those that do not contradict, else the likest.
    one, other = min(scored, key=lambda at: (scored[at].veto is not None, -scored[at].weight, scored[at].veto or ""))
    return left[one], right[other], waterfall(model, standard[0][one], standard[1][other])
