"""What waits for a person: pairs of references that may be one person.

Nothing is queued; what waits follows from the match weights, from who is who now, and from what
people have decided. A pair waits for one of three reasons:

``uncertain``
    its match weight is between the two thresholds of the model;
``contradiction``
    it is likely, but other references of the two consumers contradict each other, or it is a contradiction itself
    that may be a mistake (:data:`bureau.identity.veto.DOUBTS`), and nothing else parts the two consumers for certain;
``too thin``
    it is likely, but the two consumers as a whole are not alike enough: one chance likeness joins nobody.

Of a component that is ``too large`` to be one person, all likely pairs wait together. A pair does not wait
when anybody has decided about it, or that references of the two consumers are different persons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np

from bureau.history import History
from bureau.identity.clusters import LARGEST, components
from bureau.identity.consumers import CURRENT
from bureau.identity.decisions import NEWEST
from bureau.identity.joining import Nodes
from bureau.identity.model import Model
from bureau.identity.models import current_model
from bureau.identity.veto import is_doubt_sql

__all__ = ["LargeComponent", "Waiting", "WaitingPair", "count_waiting", "list_waiting"]


@dataclass(frozen=True)
class WaitingPair:
    """Two references that may be one person.

    Parameters
    ----------
    left, right : int
        The references, by the bureau's numbers, the smaller first.
    left_consumer, right_consumer : int
        The consumers they belong to now.
    weight : float
        Match weight in bits.
    reason : {'uncertain', 'contradiction', 'too thin'}
        Why a person must decide.
    contradiction : str, optional
        What contradicts (:mod:`bureau.identity.veto`).
    """

    left: int
    right: int
    left_consumer: int
    right_consumer: int
    weight: float
    reason: str
    contradiction: str | None = None


@dataclass(frozen=True)
class LargeComponent:
    """References that are connected by likely pairs and too many to be one person.

    Parameters
    ----------
    first : int
        The smallest of the references.
    references : int
        How many they are.
    consumers : int
        To how many consumers they belong now.
    pairs : int
        Likely pairs between these, on which nobody has decided.
    reason : {'too large'}
        Why a person must decide.
    """

    first: int
    references: int
    consumers: int
    pairs: int
    reason: str = "too large"


@dataclass(frozen=True)
class Waiting:
    """All that waits.

    Parameters
    ----------
    pairs : tuple of WaitingPair
        The likest first.
    components : tuple of LargeComponent
        The largest first.
    """

    pairs: tuple[WaitingPair, ...]
    components: tuple[LargeComponent, ...]


def list_waiting(history: History) -> Waiting:
    """What waits for a person; nothing personal is in it."""
    model = current_model(history.vault)
    with history.read() as connection:
        pairs = _waiting_pairs(connection, model)
        likely = [pair for pair in pairs if pair.weight >= model.link_at]
        large = _large_components(connection, model, likely) if likely else {}
    apart: dict[int, list[WaitingPair]] = {}
    for pair in likely:
        if pair.left in large:
            apart.setdefault(large[pair.left], []).append(pair)
    sizes = Counter(large.values())
    found = [
        LargeComponent(
            first, sizes[first], len({c for pair in held for c in (pair.left_consumer, pair.right_consumer)}), len(held)
        )
        for first, held in apart.items()
    ]
    aside = {id(pair) for held in apart.values() for pair in held}
    return Waiting(
        tuple(pair for pair in pairs if id(pair) not in aside),
        tuple(sorted(found, key=lambda each: (-each.references, each.first))),
    )


def count_waiting(connection: duckdb.DuckDBPyConnection, model: Model) -> int:
    """How many pairs wait, those of components that are too large included.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A connection of the history.
    model : Model
        Whose thresholds hold.
    """
    return len(_waiting_pairs(connection, model))


def _waiting_pairs(connection: duckdb.DuckDBPyConnection, model: Model) -> list[WaitingPair]:
    rows = connection.execute(_WAITING, {"review_at": model.review_at, "link_at": model.link_at}).fetchall()
    return [WaitingPair(*row) for row in rows]


_DOUBT: Final = is_doubt_sql("veto")

_WAITING: Final = f"""
WITH who AS (FROM {CURRENT}),
placed AS (
    SELECT left_id, right_id, weight, veto, coalesce(l.resolved_id, left_id) AS left_consumer,
        coalesce(r.resolved_id, right_id) AS right_consumer
    FROM likeness LEFT JOIN who AS l ON l.consumer_id = left_id LEFT JOIN who AS r ON r.consumer_id = right_id
    WHERE weight >= $review_at),
between_two AS (
    SELECT *, least(left_consumer, right_consumer) AS one, greatest(left_consumer, right_consumer) AS other
    FROM placed WHERE left_consumer <> right_consumer),
decided AS (FROM {NEWEST}),
barred AS (
    SELECT DISTINCT least(coalesce(l.resolved_id, left_id), coalesce(r.resolved_id, right_id)) AS one,
        greatest(coalesce(l.resolved_id, left_id), coalesce(r.resolved_id, right_id)) AS other
    FROM decided LEFT JOIN who AS l ON l.consumer_id = left_id LEFT JOIN who AS r ON r.consumer_id = right_id
    WHERE verdict = 'different'),
contradicting AS (
    SELECT one, other, min(veto) AS contradiction, bool_or(NOT {_DOUBT}) AS certain
    FROM between_two WHERE veto IS NOT NULL GROUP BY one, other)
SELECT left_id, right_id, left_consumer, right_consumer, weight,
    CASE WHEN weight < $link_at AND veto IS NULL THEN 'uncertain' WHEN contradiction IS NOT NULL THEN 'contradiction'
        ELSE 'too thin' END AS reason,
    coalesce(veto, CASE WHEN weight >= $link_at THEN contradiction END) AS contradiction
FROM between_two LEFT JOIN contradicting USING (one, other)
ANTI JOIN decided USING (left_id, right_id) ANTI JOIN barred USING (one, other)
WHERE veto IS NULL OR ({_DOUBT} AND NOT certain)
ORDER BY weight DESC, left_id, right_id"""


def _large_components(
    connection: duckdb.DuckDBPyConnection, model: Model, likely: Collection[WaitingPair]
) -> dict[int, int]:
    """References of the pairs' components that are too large, each with the smallest reference of its component."""
    followed = connection.execute(
        f"SELECT left_id, right_id FROM likeness LEFT JOIN {NEWEST} AS decided USING (left_id, right_id) "
        "WHERE weight >= ? AND veto IS NULL AND coalesce(verdict, 'same') = 'same'",
        [model.link_at],
    ).fetchnumpy()
    nodes: Nodes = np.unique(np.r_[followed["left_id"], followed["right_id"]])
    left, right = (np.searchsorted(nodes, followed[name]) for name in ("left_id", "right_id"))
    label = components(len(nodes), left, right)
    asked = np.unique([node for pair in likely for node in (pair.left, pair.right)])
    wanted = np.unique(label[np.searchsorted(nodes, asked[np.isin(asked, nodes)])])
    large = wanted[np.bincount(label, minlength=len(nodes))[wanted] > LARGEST]
    chosen = np.isin(label, large)
    return dict(zip(nodes[chosen].tolist(), nodes[label[chosen]].tolist(), strict=True))
