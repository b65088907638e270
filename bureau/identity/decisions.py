"""What people decide about who is who: two references are the same person, or two different ones.

Every decision is about pairs of references, is kept for ever with who decided, when and why, and of
several about a pair the newest counts. The references concerned are then resolved anew: what must be
together is, over any contradiction that the model sees, and what must not be together is not. Later
deliveries and later resolutions find the decisions and keep to them.

Who is who changes from the moment of the decision on; what was known before it stays as it was. The
number of every consumer there ever was stays good.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal

import duckdb
import numpy as np
import pyarrow as pa

from bureau.errors import ReviewError
from bureau.history import History
from bureau.identity.consumers import Consumer, consumer_of, require_known
from bureau.identity.joining import resolve_components
from bureau.identity.likeness import likenesses
from bureau.identity.models import current_model
from bureau.identity.told import TELLING, tellings_of
from bureau.quarantine import Decision
from bureau.vault import Vault

__all__ = ["NEWEST", "Outcome", "Verdict", "decide", "merge", "split"]

Verdict = Literal["same", "different"]
"""Two references are one person, or they are not."""

_Pairs = set[tuple[int, int]]

NEWEST: Final = (
    "(SELECT left_id, right_id, arg_max(verdict, decided_at) AS verdict, max(decided_at) AS decided_at "
    "FROM identity_decision GROUP BY left_id, right_id)"
)
"""SQL for what has been decided last about each pair of references."""


@dataclass(frozen=True)
class Outcome:
    """What has become of the references that a decision was about, and of those they were or are together with.

    Parameters
    ----------
    pairs : int
        Pairs of references that were decided.
    consumers : tuple of Consumer
        The consumers they belong to now, ascending.
    known_from : datetime
        From when it is known (UTC, naive): the moment of the decision, or that of a later change of these consumers.
    """

    pairs: int
    consumers: tuple[Consumer, ...]
    known_from: datetime

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return asdict(self)


def decide(history: History, left: int, right: int, verdict: Verdict, decision: Decision) -> Outcome:
    """Decide whether two references are one person.

    Parameters
    ----------
    history : History
        The history.
    left, right : int
        The references, by the bureau's numbers, in any order.
    verdict : {'same', 'different'}
        What is decided.
    decision : Decision
        Who decides, when and why.

    Raises
    ------
    UnknownConsumer
        If there is no such reference.
    ReviewError
        If it is one and the same reference, if it contradicts other decisions, or if the pair was decided later.
    """
    if verdict not in ("same", "different"):
        raise ReviewError(f"{verdict!r} is no verdict; write same or different")
    if left == right:
        raise ReviewError(f"{left} and {right} are one reference; name two")
    with history.write() as connection:
        require_known(connection, (left, right))
        return _carry_out(connection, history.vault, dict.fromkeys(_pairs([left], [right]), verdict), decision)


def merge(history: History, one: int, other: int, decision: Decision) -> Outcome:
    """Make two consumers one: every reference of the one is the same person as every one of the other.

    Parameters
    ----------
    history : History
        The history.
    one, other : int
        The consumers, by any number that ever was theirs.
    decision : Decision
        Who decides, when and why.

    Raises
    ------
    UnknownConsumer
        If there is no such consumer.
    ReviewError
        If they are one consumer, or were decided later.
    """
    with history.write() as connection:
        require_known(connection, (one, other))
        first, second = (consumer_of(connection, number) for number in (one, other))
        if first == second:
            also = "" if one == other else f": both belong to consumer {first.consumer_id}"
            raise ReviewError(f"{one} and {other} are one consumer already{also}; name two")
        verdicts: dict[tuple[int, int], Verdict] = dict.fromkeys(_pairs(first.references, second.references), "same")
        return _carry_out(connection, history.vault, verdicts, decision)


def split(history: History, consumer_id: int, references: Collection[int], decision: Decision) -> Outcome:
    """Part some references from a consumer: they are another person than all the others.

    Those that are parted stay together, and so do those that are left, unless some of them contradict each other:
    then what was told decides. So who consists of three persons is split twice.

    Parameters
    ----------
    history : History
        The history.
    consumer_id : int
        The consumer, by any number that ever was its own.
    references : collection of int
        The references to part from it, by the bureau's numbers.
    decision : Decision
        Who decides, when and why.

    Raises
    ------
    UnknownConsumer
        If there is no such consumer.
    ReviewError
        If a reference is not of the consumer, if none would be left, or if they were decided later.
    """
    parted = set(references)
    with history.write() as connection:
        require_known(connection, (consumer_id, *parted))
        consumer = consumer_of(connection, consumer_id)
        name, listed = consumer.consumer_id, ", ".join(map(str, consumer.references))
        if len(consumer.references) == 1:
            raise ReviewError(f"consumer {name} has one reference alone; there is nothing to part")
        if not parted:
            raise ReviewError(f"name the references to part from consumer {name}; it has {listed}")
        if strange := sorted(parted.difference(consumer.references)):
            raise ReviewError(f"reference {strange[0]} is not of consumer {name}; it has {listed}")
        left = [reference for reference in consumer.references if reference not in parted]
        if not left:
            raise ReviewError(f"these are all references of consumer {name}; leave it at least one of {listed}")
        verdicts: dict[tuple[int, int], Verdict] = dict.fromkeys(_pairs(parted, left), "different")
        for side in (parted, left):
            together = _pairs(side, side)
            if together and not _contradict(connection, history.vault, together):
                verdicts |= dict.fromkeys(together, "same")
        return _carry_out(connection, history.vault, verdicts, decision)


def _pairs(some: Collection[int], others: Collection[int]) -> _Pairs:
    return {(min(one, other), max(one, other)) for one in some for other in others if one != other}


def _contradict(connection: duckdb.DuckDBPyConnection, vault: Vault, pairs: _Pairs) -> bool:
    """Whether any pair is two persons: as people decided last, or, where nobody did, by what was told."""
    newest = _decided(connection, pairs)
    if any(verdict == "different" for verdict, _ in newest.values()):
        return True
    open_pairs = np.array(sorted(pairs.difference(newest)), np.int64).reshape(-1, 2)
    nodes = np.unique(open_pairs).tolist()
    tellings = pa.concat_tables([TELLING.empty_table(), *tellings_of(vault, nodes)])
    return any(each.veto is not None for each in likenesses(connection, current_model(vault), tellings, open_pairs))


def _decided(connection: duckdb.DuckDBPyConnection, pairs: _Pairs) -> dict[tuple[int, int], tuple[str, datetime]]:
    """Pairs that somebody has decided, with what was decided last and when."""
    _register(connection, "asked_pairs", pairs)
    rows = connection.execute(f"FROM {NEWEST} SEMI JOIN asked_pairs USING (left_id, right_id)").fetchall()
    connection.unregister("asked_pairs")
    return {(left, right): (verdict, decided_at) for left, right, verdict, decided_at in rows}


def _carry_out(
    connection: duckdb.DuckDBPyConnection, vault: Vault, verdicts: dict[tuple[int, int], Verdict], decision: Decision
) -> Outcome:
    """Keep the decisions, and resolve anew whom they are about."""
    nodes = sorted({node for pair in verdicts for node in pair})
    for pair, (_, decided_at) in sorted(_decided(connection, set(verdicts)).items()):
        if decided_at >= decision.decided_at:
            raise ReviewError(
                f"references {pair[0]} and {pair[1]} were decided at {decided_at:%Y-%m-%d %H:%M:%S.%f} UTC, and the "
                "newest decision counts; decide again at a later moment, or check the clock"
            )
    concerned = {reference for node in nodes for reference in consumer_of(connection, node).references}
    _register(connection, "decided_pairs", verdicts)
    connection.execute(
        "INSERT INTO identity_decision SELECT *, ?, ?, ? FROM decided_pairs ORDER BY left_id, right_id",
        [decision.reviewer, decision.reason, decision.decided_at],
    )
    connection.unregister("decided_pairs")
    _require_no_contradiction(connection, verdicts)
    resolve_components(connection, vault, current_model(vault), nodes, decision.decided_at, because="decision")
    return _outcome(connection, len(verdicts), concerned, decision.decided_at)


def _register(
    connection: duckdb.DuckDBPyConnection, name: str, pairs: Iterable[tuple[int, int]] | dict[tuple[int, int], Verdict]
) -> None:
    """Make pairs a table of a name: ``left_id``, ``right_id``, and ``verdict`` where there is one."""
    listed = list(pairs)
    columns: dict[str, pa.Array] = {
        "left_id": pa.array([left for left, _ in listed], pa.int64()),
        "right_id": pa.array([right for _, right in listed], pa.int64()),
    }
    if isinstance(pairs, dict):
        columns["verdict"] = pa.array(list(pairs.values()), pa.string())
    connection.register(name, pa.table(columns))


def _require_no_contradiction(connection: duckdb.DuckDBPyConnection, verdicts: Iterable[tuple[int, int]]) -> None:
    """Refuse what makes two references one person that were decided to be two."""
    newest = connection.execute(f"SELECT left_id, right_id, verdict FROM {NEWEST} ORDER BY 1, 2").fetchall()
    neighbours: dict[int, list[int]] = {}
    for left, right, verdict in newest:
        if verdict == "same":
            neighbours.setdefault(left, []).append(right)
            neighbours.setdefault(right, []).append(left)
    group: dict[int, int] = {}
    for start in (node for pair in verdicts for node in pair):
        waiting = [] if start in group else [start]
        while waiting:
            node = waiting.pop()
            if group.setdefault(node, start) == start:
                waiting += [each for each in neighbours.get(node, ()) if each not in group]
    for left, right, verdict in newest:
        if verdict == "different" and left in group and group[left] == group.get(right):
            raise ReviewError(
                f"references {left} and {right} would be one person and two: decided to be different, but each the "
                f"same as another; decide on {left} and {right} anew first, or part one of them from all others with "
                "`tradeline identity split`"
            )


def _outcome(
    connection: duckdb.DuckDBPyConnection, pairs: int, concerned: Collection[int], decided_at: datetime
) -> Outcome:
    """Where the references of the consumers are that the decision was about."""
    found: dict[int, Consumer] = {}
    for reference in sorted(concerned):
        if not any(reference in each.references for each in found.values()):
            consumer = consumer_of(connection, reference)
            found[consumer.consumer_id] = consumer
    listed = ", ".join(map(str, sorted(concerned)))
    row = connection.execute(
        "SELECT max(recorded_at) FROM resolution WHERE superseded_at IS NULL AND because = 'decision' "
        f"AND consumer_id IN ({listed})"
    ).fetchone()
    known_from = decided_at if row is None or row[0] is None else max(decided_at, row[0])
    return Outcome(pairs, tuple(found[number] for number in sorted(found)), known_from)
