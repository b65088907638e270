"""Resolution of the whole bureau at once, under a model that may be trained anew on what was told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from bureau.engine import connected_beside
from bureau.history import History
from bureau.identity.blocking import candidate_pairs, key_tokens
from bureau.identity.clusters import LARGEST
from bureau.identity.consumers import CURRENT
from bureau.identity.hubs import drop_hubs, find_hubs
from bureau.identity.joining import resolve_components
from bureau.identity.likeness import likeness_sql
from bureau.identity.model import Model, default_model
from bureau.identity.models import EXPECTED, current_model, keep_model, kept_models
from bureau.identity.review import count_waiting
from bureau.identity.scoring import add_frequencies, score_pairs
from bureau.identity.standard import TOLD_COLUMNS, standardise
from bureau.identity.told import tellings_of
from bureau.identity.training import train
from bureau.vault import Vault

__all__ = ["Resolved", "Step", "resolve"]

Step = Callable[[str], None]
"""Told the name of each step as it begins."""


@dataclass(frozen=True)
class Resolved:
    """What a resolution came to.

    Parameters
    ----------
    model : str
        Version of the model.
    references : int
        References of which it was told who they are.
    tellings : int
        Tellings that differ from each other.
    pairs : int
        Candidate pairs of these.
    consumers : int
        Consumers that the references belong to in the end.
    joined, parted : int
        References that belong to another consumer than before: to that of others, or to one of their own.
    review : int
        Pairs that wait for a person.
    """

    model: str
    references: int
    tellings: int
    pairs: int
    consumers: int
    joined: int
    parted: int
    review: int

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return asdict(self)


def resolve(
    history: History,
    moment: datetime,
    *,
    train_anew: bool = False,
    seed: int = 0,
    step: Step = lambda _: None,
) -> Resolved:
    """Find out anew who is who among all that was told.

    Parameters
    ----------
    history : History
        The history.
    moment : datetime
        From when it is known (UTC, naive).
    train_anew : bool
        Train a model on what was told, and keep it; by default the model that was kept last is used.
    seed : int
        Seed of the training.
    step : callable
        Told the name of each step.

    Notes
    -----
    What people decided holds. Who is who before `moment` stays as it was.
    """
    vault = history.vault
    with history.write() as connection, connected_beside(connection) as work:
        before = _who(connection)
        step("open the vault")
        _load(connection, work, vault)
        step("standard form")
        standardise(work, "told", "standard")
        model = _model(work, vault, train_anew=train_anew, seed=seed, step=step)
        drop_hubs(work, model.hubs, "standard")
        step("candidate pairs")
        key_tokens(work, "standard", "tokens")
        limit = candidate_pairs(
            work, "tokens", "pairs", key_limit=model.key_limit, pairs_per_record=model.pairs_per_record
        )
        pairs = _count(work, "FROM pairs")
        step("match weights")
        _score(work, model)
        if train_anew:
            model = model.but(key_limit=limit)
            keep_model(vault, model)
        step("who is who")
        _keep(connection, work, model)
        nodes = [node for (node,) in connection.execute("SELECT DISTINCT consumer_id FROM identity").fetchall()]
        resolve_components(connection, vault, model, nodes, moment)
        after = _who(connection)
        return Resolved(
            model.version,
            references=len(nodes),
            tellings=_count(work, "FROM told"),
            pairs=pairs,
            consumers=len({after.get(node, node) for node in nodes}),
            joined=sum(1 for node, resolved in after.items() if before.get(node, node) != resolved != node),
            parted=sum(1 for node in before if after.get(node, node) == node),
            review=count_waiting(connection, model),
        )


def _load(connection: duckdb.DuckDBPyConnection, work: duckdb.DuckDBPyConnection, vault: Vault) -> None:
    """Make ``told``, what was told without repetitions, and ``telling``, under which reference each was told."""
    nodes = [node for (node,) in connection.execute("SELECT DISTINCT consumer_id FROM identity ORDER BY 1").fetchall()]
    columns = ", ".join(TOLD_COLUMNS)
    columns_sql = ", ".join(f"{name} VARCHAR" for name in TOLD_COLUMNS)
    work.execute(f"CREATE TABLE opened (node BIGINT, told_as BIGINT, {columns_sql})")
    for tellings in tellings_of(vault, nodes):
        _insert(work, "opened", tellings)
    work.execute(
        f"CREATE TABLE told AS SELECT row_number() OVER (ORDER BY content) - 1 AS record, content, {columns} FROM ("
        f"SELECT md5_number(concat_ws('|', {', '.join(f'coalesce({n}, chr(31))' for n in TOLD_COLUMNS)})) AS content, "
        f"{', '.join(f'any_value({n}) AS {n}' for n in TOLD_COLUMNS)} FROM opened GROUP BY content)"
    )
    work.execute(
        "CREATE TABLE telling AS SELECT DISTINCT node, record FROM (SELECT node, "
        f"md5_number(concat_ws('|', {', '.join(f'coalesce({n}, chr(31))' for n in TOLD_COLUMNS)})) AS content "
        "FROM opened) JOIN told USING (content)"
    )
    work.execute("DROP TABLE opened")


def _insert(work: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    work.register("given_rows", rows)
    work.execute(f"INSERT INTO {table} FROM given_rows")
    work.unregister("given_rows")


def _model(work: duckdb.DuckDBPyConnection, vault: Vault, *, train_anew: bool, seed: int, step: Step) -> Model:
    hubs = find_hubs(work, "standard")
    drop_hubs(work, hubs, "standard")
    if not train_anew:
        kept = current_model(vault)
        return kept.but(hubs={name: tuple(sorted({*hubs[name], *kept.hubs.get(name, ())})) for name in hubs})
    step("training")
    version = f"{len(kept_models(vault)) + 1}"
    trained, usual = train(work, "standard", version=version, seed=seed), default_model(EXPECTED)
    # In a bureau relatives share homes, whatever a few records make believe.
    return trained.but(
        hubs=hubs, households=True, link_at=usual.link_at, review_at=usual.review_at, mean_at=usual.mean_at
    )


def _score(work: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Make ``likeness`` of references from the pairs, and from what was told of several in the same words."""
    add_frequencies(work, model, "standard", "items")
    work.execute(
        "INSERT INTO pairs SELECT record, record FROM telling GROUP BY record "
        f"HAVING count(*) BETWEEN 2 AND {LARGEST}"  # of more it is a test record, a default
    )
    score_pairs(work, model, "pairs", "items", "items", "scores")
    nodes = (
        "(SELECT least(l.node, r.node) AS left_id, greatest(l.node, r.node) AS right_id, weight, veto FROM scores "
        "JOIN telling AS l ON l.record = left_record JOIN telling AS r ON r.record = right_record "
        "WHERE l.node <> r.node)"
    )
    work.execute(f"CREATE TABLE likeness AS {likeness_sql(nodes)} HAVING weight >= {model.review_at!r}")


def _keep(connection: duckdb.DuckDBPyConnection, work: duckdb.DuckDBPyConnection, model: Model) -> None:
    connection.execute("DELETE FROM likeness")
    reader = work.execute("FROM likeness ORDER BY left_id, right_id").to_arrow_reader(1_000_000)
    for batch in reader:
        connection.register("given_rows", pa.table(batch))
        connection.execute("INSERT INTO likeness SELECT *, ? FROM given_rows", [model.version])
        connection.unregister("given_rows")


def _who(connection: duckdb.DuckDBPyConnection) -> dict[int, int]:
    return dict(connection.execute(f"FROM {CURRENT}").fetchall())


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(f"SELECT count(*) {sql}").fetchone()
    return 0 if row is None else int(row[0])
