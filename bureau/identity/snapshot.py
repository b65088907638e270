"""Who is who at present, as the history has it: kept in memory, so that an inquiry need not open the history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from bureau.erased import is_erased_sql

__all__ = ["Snapshot", "file_state", "take_snapshot"]

_Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """References and the consumers they belong to: 24 bytes each.

    Parameters
    ----------
    references : ndarray of int64
        Every reference, by its own ``consumer_id``, ascending; shape (n,).
    consumers : ndarray of int64
        The consumer that each belongs to; shape (n,).
    by_consumer : ndarray of int64
        Places in the two, ordered by consumer and then by reference; shape (n,).
    kept_apart : frozenset of (int, int)
        Pairs of references that people decided to be different, the smaller first.
    """

    references: _Numbers
    consumers: _Numbers
    by_consumer: _Numbers
    kept_apart: frozenset[tuple[int, int]]

    def consumers_of(self, references: Iterable[int]) -> dict[int, int]:
        """Reference to consumer; what the history does not know (yet) is left out."""
        asked = np.fromiter(references, np.int64)
        if not len(self.references) or not len(asked):
            return {}
        at = np.minimum(np.searchsorted(self.references, asked), len(self.references) - 1)
        known = self.references[at] == asked
        return dict(zip(asked[known].tolist(), self.consumers[at[known]].tolist(), strict=True))

    def references_of(self, consumer: int) -> list[int]:
        """All references of a consumer, ascending."""
        first, last = (
            int(np.searchsorted(self.consumers, consumer, side=side, sorter=self.by_consumer))
            for side in ("left", "right")
        )
        found: list[int] = self.references[self.by_consumer[first:last]].tolist()
        return found


def take_snapshot(connection: duckdb.DuckDBPyConnection) -> Snapshot:
    """Read who is who, of all who were not erased.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A reading connection of the history.
    """
    found = connection.execute(
        "SELECT consumer_id, coalesce(resolved_id, consumer_id) AS resolved FROM consumer "
        "LEFT JOIN (FROM resolution WHERE superseded_at IS NULL) USING (consumer_id) "
        f"WHERE NOT {is_erased_sql('consumer_ref')} ORDER BY consumer_id"
    ).fetchnumpy()
    decided = connection.execute(
        "SELECT left_id, right_id FROM identity_decision GROUP BY left_id, right_id "
        "HAVING arg_max(verdict, decided_at) = 'different'"
    ).fetchall()
    references, consumers = (np.asarray(found[name], np.int64) for name in ("consumer_id", "resolved"))
    return Snapshot(references, consumers, np.argsort(consumers, kind="stable"), frozenset(decided))


def file_state(path: Path) -> tuple[object, ...]:
    """What changes whenever a DuckDB file or its write-ahead log does."""
    state: list[object] = []
    for each in (path, path.with_name(path.name + ".wal")):
        try:
            told = each.stat()
        except FileNotFoundError:
            state.append(None)
        else:
            state.append((told.st_ino, told.st_size, told.st_mtime_ns))
    return tuple(state)
