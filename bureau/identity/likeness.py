"""How alike references are: the match weights of what was told under them.

A reference is told of once or often (a move, a marriage), and each telling is compared with each of
the other reference. The likest pair that does not contradict itself counts; where every pair contradicts,
the likest of them. A generation and a number that contradict count whatever else was told: they do
not change in a life.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bureau.engine import connected_beside
from bureau.identity.hubs import drop_hubs, without_hubs
from bureau.identity.model import Model
from bureau.identity.scoring import add_frequencies, pair_weight, score_pairs
from bureau.identity.standard import standard_record, standardise
from bureau.quoting import literal

__all__ = ["Likeness", "Pairs", "likeness_sql", "likenesses", "together"]

Pairs = npt.NDArray[np.int64]
"""Pairs of references, shape (n, 2), each once, the smaller identifier first."""

_LASTING: Final = frozenset(("generation", "two numbers"))
"""Contradictions that no other telling takes back."""

_FEW: Final = 3_000
"""Pairs up to which Python is quicker than the preparation of tables."""


class Likeness(NamedTuple):
    """How alike two references are."""

    left: int
    right: int
    weight: float
    """In bits, prior included."""
    veto: str | None
    """What contradicts that they are one person."""


def likenesses(
    connection: duckdb.DuckDBPyConnection, model: Model, tellings: pa.Table, pairs: Pairs
) -> Iterator[Likeness]:
    """The likeness of pairs of references.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Its limits of memory hold for the tables that many pairs need; nothing is written to it.
    model : Model
        Whose weights.
    tellings : pyarrow.Table
        What was told under these references (:data:`bureau.identity.told.TELLING`); a pair one of which
        has none is left out.
    pairs : Pairs
        The pairs.
    """
    if len(pairs) <= _FEW:
        yield from _one_by_one(model, tellings, pairs)
    else:
        yield from _in_bulk(connection, model, tellings, pairs)


def _one_by_one(model: Model, tellings: pa.Table, pairs: Pairs) -> Iterator[Likeness]:
    standard = defaultdict(list)
    wanted = set(pairs.ravel().tolist())
    for telling in tellings.to_pylist():
        if telling["node"] in wanted:
            standard[telling["node"]].append(without_hubs(standard_record(telling), model.hubs))
    for left, right in pairs.tolist():
        scored = [pair_weight(model, one, other) for one in standard.get(left, ()) for other in standard.get(right, ())]
        if scored:
            yield together(left, right, ((each.weight, each.veto) for each in scored))


def together(left: int, right: int, scored: Iterable[tuple[float, str | None]]) -> Likeness:
    """The likeness of two references from those of their tellings."""
    ordered = sorted(scored, key=lambda each: (each[1] is not None, -each[0], each[1] or ""))
    weight, veto = ordered[0]
    lasting = min((veto for _, veto in ordered if veto in _LASTING), default=None)
    return Likeness(left, right, weight, lasting or veto)


def _in_bulk(
    connection: duckdb.DuckDBPyConnection, model: Model, tellings: pa.Table, pairs: Pairs
) -> Iterator[Likeness]:
    with connected_beside(connection) as work:
        work.register("given_tellings", tellings)
        work.execute(
            "CREATE TABLE told AS SELECT row_number() OVER () AS record, * EXCLUDE (told_as) FROM given_tellings"
        )
        work.register("given_pairs", pa.table({"left_node": pairs[:, 0], "right_node": pairs[:, 1]}))
        work.execute(
            "CREATE TABLE pairs AS SELECT l.record AS left_record, r.record AS right_record FROM given_pairs "
            "JOIN told AS l ON l.node = left_node JOIN told AS r ON r.node = right_node"
        )
        standardise(work, "told", "standard")
        drop_hubs(work, model.hubs, "standard")
        add_frequencies(work, model, "standard", "items")
        score_pairs(work, model, "pairs", "items", "items", "scores")
        work.execute(f"CREATE TABLE likeness AS {likeness_sql('(' + _NODE_SCORES + ')')}")
        result = work.execute("FROM likeness ORDER BY left_id, right_id")
        while batch := result.fetchmany(100_000):
            yield from (Likeness(*row) for row in batch)


_NODE_SCORES: Final = (
    "SELECT l.node AS left_id, r.node AS right_id, weight, veto FROM scores "
    "JOIN told AS l ON l.record = left_record JOIN told AS r ON r.record = right_record"
)


def likeness_sql(scored: str) -> str:
    """A query for the likeness of references from those of their tellings, as :class:`Likeness` has it.

    Parameters
    ----------
    scored : str
        A relation with ``left_id``, ``right_id``, ``weight`` and ``veto`` for each pair of tellings.
    """
    lasting = ", ".join(literal(veto) for veto in sorted(_LASTING))
    order = "(veto IS NOT NULL, -weight, coalesce(veto, ''))"
    return (
        f"SELECT left_id, right_id, arg_min(weight, {order}) AS weight, coalesce("
        f"min(veto) FILTER (veto IN ({lasting})), nullif(arg_min(coalesce(veto, ''), {order}), '')) AS veto "
        f"FROM {scored} AS scored GROUP BY left_id, right_id"
    )
