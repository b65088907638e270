"""How alike references are: the match weights of what was told under them.

A reference is told of once or often (a move, a marriage), and each telling is compared with each of
the other reference. The likest pair that does not contradict itself counts; where every pair contradicts,
the likest of them. A generation and a number that contradict count whatever else was told: they do
not change in a life.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from types import TracebackType
from typing import Any, Final, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bureau.engine import connected_beside
from bureau.identity.hubs import drop_hubs, without_hubs
from bureau.identity.model import Model
from bureau.identity.scoring import add_frequencies, pair_weight, score_pairs
from bureau.identity.standard import STANDARD_COLUMNS, STANDARD_SCHEMA, standard_record
from bureau.quoting import literal

__all__ = ["Comparing", "Likeness", "Pairs", "Tellings", "likeness_sql", "likenesses", "together"]

Pairs = npt.NDArray[np.int64]
"""Pairs of references, shape (n, 2), each once, the smaller identifier first."""

Tellings = Callable[[Iterable[int]], Iterable[tuple[int, Mapping[str, Any]]]]
"""Gives what was told under references, each telling with its reference, in standard form."""

_LASTING: Final = frozenset(("generation", "two numbers"))
"""Contradictions that no other telling takes back."""

_FEW: Final = 3_000
"""Pairs up to which Python is quicker than the preparation of tables."""

_BATCH: Final = 20_000


class Likeness(NamedTuple):
    """How alike two references are."""

    left: int
    right: int
    weight: float
    """In bits, prior included."""
    veto: str | None
    """What contradicts that they are one person."""


class Comparing:
    """References compared in several turns; what was told under one is asked for once as a rule.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Its limits of memory hold for the tables that many pairs need; nothing is written to it.
    model : Model
        Whose weights.
    tellings : callable
        What was told; a pair one of whose references has nothing is left out.

    Notes
    -----
    It is closed by ``with``: the tables go, and what stands in them.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, model: Model, tellings: Tellings) -> None:
        self._connection, self._model, self._tellings = connection, model, tellings
        self._open = ExitStack()
        self._work: duckdb.DuckDBPyConnection | None = None
        self._told: Pairs = np.empty(0, np.int64)
        self._records: dict[int, list[dict[str, Any]]] = {}

    def __repr__(self) -> str:
        return f"Comparing({self._model.version!r})"

    def __enter__(self) -> Comparing:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._open.close()

    def likenesses(self, pairs: Pairs) -> Iterator[Likeness]:
        """The likeness of pairs of references."""
        if self._work is None and len(pairs) <= _FEW:
            return self._one_by_one(pairs)
        return self._in_bulk(pairs)

    def _one_by_one(self, pairs: Pairs) -> Iterator[Likeness]:
        fresh = [node for node in np.unique(pairs).tolist() if node not in self._records]
        self._records.update((node, []) for node in fresh)
        for node, record in self._tellings(fresh) if fresh else ():
            self._records[node].append(without_hubs(record, self._model.hubs))
        for left, right in pairs.tolist():
            scored = [
                pair_weight(self._model, one, other) for one in self._records[left] for other in self._records[right]
            ]
            if scored:
                yield together(left, right, ((each.weight, each.veto) for each in scored))

    def _in_bulk(self, pairs: Pairs) -> Iterator[Likeness]:
        work = self._tables()
        self._tell(work, np.setdiff1d(pairs, self._told))
        work.register("given_pairs", pa.table({"left_node": pairs[:, 0], "right_node": pairs[:, 1]}))
        work.execute(
            "CREATE OR REPLACE TABLE pairs AS SELECT l.record AS left_record, r.record AS right_record "
            "FROM given_pairs JOIN items AS l ON l.node = left_node JOIN items AS r ON r.node = right_node"
        )
        work.unregister("given_pairs")
        score_pairs(work, self._model, "pairs", "items", "items", "scores")
        result = work.execute(f"FROM ({likeness_sql('(' + _NODE_SCORES + ')')}) ORDER BY left_id, right_id")
        while batch := result.fetchmany(100_000):
            yield from (Likeness(*row) for row in batch)

    def _tables(self) -> duckdb.DuckDBPyConnection:
        if self._work is None:
            self._work = self._open.enter_context(connected_beside(self._connection))
            self._work.register("given_standard", _LAYOUT.empty_table())
            self._work.execute("CREATE TABLE standard AS FROM given_standard")
            add_frequencies(self._work, self._model, "standard", "items")
        return self._work

    def _tell(self, work: duckdb.DuckDBPyConnection, fresh: Pairs) -> None:
        """Add to ``items`` what was told under references that are not in it."""
        if not len(fresh):
            return
        told = iter(self._tellings(fresh.tolist()))
        (record,) = work.execute("SELECT count(*) FROM items").fetchone() or (0,)
        while batch := list(islice(told, _BATCH)):
            work.register("given_standard", _as_table(batch, record))
            work.execute("CREATE OR REPLACE TABLE standard AS FROM given_standard")
            work.unregister("given_standard")
            record += len(batch)
            drop_hubs(work, self._model.hubs, "standard")
            add_frequencies(work, self._model, "standard", "more_items")
            work.execute("INSERT INTO items FROM more_items")
        self._told = np.union1d(self._told, fresh)


_LAYOUT: Final = pa.schema([("record", pa.int64()), ("node", pa.int64()), *STANDARD_SCHEMA])


def _as_table(told: list[tuple[int, Mapping[str, Any]]], first: int) -> pa.Table:
    columns = [[record[column] for _, record in told] for column in STANDARD_COLUMNS]
    return pa.table([range(first, first + len(told)), [node for node, _ in told], *columns], schema=_LAYOUT)


def likenesses(
    connection: duckdb.DuckDBPyConnection, model: Model, tellings: pa.Table, pairs: Pairs
) -> Iterator[Likeness]:
    """The likeness of pairs of references, of whom what was told is at hand.

    Parameters
    ----------
    connection, model, pairs
        As for :class:`Comparing`.
    tellings : pyarrow.Table
        What was told under these references (:data:`bureau.identity.told.TELLING`).
    """
    told = defaultdict(list)
    wanted = set(pairs.ravel().tolist())
    for telling in tellings.to_pylist():
        if telling["node"] in wanted:
            told[telling["node"]].append(telling)

    def standard(nodes: Iterable[int]) -> Iterator[tuple[int, Mapping[str, Any]]]:
        return ((node, standard_record(telling)) for node in nodes for telling in told.get(node, ()))

    with Comparing(connection, model, standard) as comparing:
        yield from comparing.likenesses(pairs)


def together(left: int, right: int, scored: Iterable[tuple[float, str | None]]) -> Likeness:
    """The likeness of two references from those of their tellings."""
    ordered = sorted(scored, key=lambda each: (each[1] is not None, -each[0], each[1] or ""))
    weight, veto = ordered[0]
    lasting = min((veto for _, veto in ordered if veto in _LASTING), default=None)
    return Likeness(left, right, weight, lasting or veto)


_NODE_SCORES: Final = (
    "SELECT l.node AS left_id, r.node AS right_id, weight, veto FROM scores "
    "JOIN items AS l ON l.record = left_record JOIN items AS r ON r.record = right_record"
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
