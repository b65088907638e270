"""Joining references to consumers: those that a delivery tells anew against all that are known.

A new reference is compared with those that share a candidate key with it. Pairs that are alike are
kept (``likeness``), and connect references into components; every component that has changed is
resolved anew from all that is told in it, so that the answer does not depend on which delivery came
first. It may join two consumers that were one, and part what was joined before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bureau.erased import is_erased_sql
from bureau.identity.candidates import compare_anew, find_candidates
from bureau.identity.clusters import LARGEST, Edges, cluster, components, unscored_pairs
from bureau.identity.consumers import CURRENT
from bureau.identity.likeness import Comparing, Likeness
from bureau.identity.model import Model
from bureau.identity.models import current_model
from bureau.identity.told import TELLING, standard_tellings, told_columns_sql
from bureau.vault import Vault

__all__ = ["Nodes", "join_told", "resolve_components"]

Nodes = npt.NDArray[np.int64]
"""References, by their ``consumer_id``, or places among them."""


def join_told(connection: duckdb.DuckDBPyConnection, vault: Vault, delivery_no: int, moment: datetime) -> None:
    """Find out who those are of whom a delivery tells anew.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The write transaction of the history, with the settled facts and the temporary table
        ``told_identity`` (:data:`bureau.mapping.TOLD_HERE`).
    vault : Vault
        The vault of the same home, in which what is told has been sealed.
    delivery_no : int
        The delivery.
    moment : datetime
        From when it is known (UTC, naive).
    """
    told = connection.execute(
        f"SELECT consumer_id AS node, told_as, {told_columns_sql()} FROM told_identity "
        f"SEMI JOIN (FROM identity WHERE delivery_no = {delivery_no}) AS kept USING (consumer_id, told_as)"
    ).to_arrow_table()
    if not told.num_rows:
        return
    found = find_candidates(vault, current_model(vault), told.select(TELLING.names).cast(TELLING), delivery_no)
    again = compare_anew(vault, found)
    found.pairs.update(_forget(connection, again))
    model, pairs = found.model, np.array(sorted(found.pairs), np.int64).reshape(-1, 2)
    nodes = np.union1d(told["node"].to_numpy(), np.array(again, np.int64))
    with Comparing(connection, model, partial(standard_tellings, vault, known=found.records)) as comparing:
        _keep(connection, model, [each for each in comparing.likenesses(pairs) if each.weight >= model.review_at])
        resolve_components(connection, vault, model, nodes.tolist(), moment, comparing=comparing)


def _forget(connection: duckdb.DuckDBPyConnection, nodes: Sequence[int]) -> list[tuple[int, int]]:
    """Take out the likenesses of references; gives their pairs."""
    if not nodes:
        return []
    return connection.execute(
        "DELETE FROM likeness WHERE left_id IN (SELECT unnest($nodes::BIGINT[])) "
        "OR right_id IN (SELECT unnest($nodes::BIGINT[])) RETURNING left_id, right_id",
        {"nodes": nodes},
    ).fetchall()


def _keep(connection: duckdb.DuckDBPyConnection, model: Model, found: Collection[Likeness]) -> None:
    """Put likenesses in place of what was known of the same pairs."""
    if not found:
        return
    rows = zip(*found, strict=True)
    connection.register("likenesses", pa.table(dict(zip(("left_id", "right_id", "weight", "veto"), rows, strict=True))))
    connection.execute(
        "DELETE FROM likeness USING likenesses "
        "WHERE likeness.left_id = likenesses.left_id AND likeness.right_id = likenesses.right_id"
    )
    connection.execute("INSERT INTO likeness SELECT *, ? FROM likenesses", [model.version])
    connection.unregister("likenesses")


def resolve_components(
    connection: duckdb.DuckDBPyConnection,
    vault: Vault,
    model: Model,
    nodes: Iterable[int],
    moment: datetime,
    *,
    because: str = "likeness",
    comparing: Comparing | None = None,
) -> None:
    """Resolve the components of some references anew, from likenesses, contradictions and people's decisions.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The write transaction of the history.
    vault : Vault
        The vault of the same home.
    model : Model
        Whose thresholds hold.
    nodes : iterable of int
        The references; whoever is connected with them comes along.
    moment : datetime
        From when it is known (UTC, naive).
    because : str
        Why who is who may change: ``likeness``, or a person's ``decision``.
    comparing : Comparing, optional
        What compares those that never were, where one is at work already.
    """
    _make_component(connection, model, nodes)
    members = np.array(connection.execute("SELECT node FROM component ORDER BY node").fetchall(), np.int64).ravel()
    edges = connection.execute(_EDGES).fetchnumpy()
    left, right = (np.searchsorted(members, edges[name]) for name in ("left_id", "right_id"))
    known = Edges(left, right, np.asarray(edges["weight"], np.float64), np.asarray(edges["forbidden"], np.bool_))
    with comparing or Comparing(connection, model, partial(standard_tellings, vault)) as other:
        whole = _completed(other, model, members, known)
    order = _content_order(connection, members)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    ordered = Edges(place[whole.left], place[whole.right], whole.weight, whole.forbidden)
    clustered = cluster(len(members), ordered, link_at=model.link_at, review_at=model.review_at, mean_at=model.mean_at)
    _record(connection, members, clustered.labels[place], moment, because)


_EDGES: Final = """
SELECT left_id, right_id, CASE verdict WHEN 'same' THEN 'inf'::DOUBLE ELSE coalesce(weight, 0) END AS weight,
    CASE verdict WHEN 'same' THEN false WHEN 'different' THEN true ELSE veto IS NOT NULL END AS forbidden
FROM (SELECT left_id, right_id, weight, veto FROM likeness
    WHERE left_id IN (SELECT node FROM component) AND right_id IN (SELECT node FROM component))
FULL JOIN (SELECT left_id, right_id, arg_max(verdict, decided_at) AS verdict FROM identity_decision
    WHERE left_id IN (SELECT node FROM component) AND right_id IN (SELECT node FROM component)
    GROUP BY left_id, right_id) USING (left_id, right_id)
ORDER BY left_id, right_id"""
"""The pairs within the components: what people decided counts for more than any likeness."""


def _make_component(connection: duckdb.DuckDBPyConnection, model: Model, nodes: Iterable[int]) -> None:
    """Make ``component``: the references and all that are connected with them, and with who they were one before."""
    connection.register("given_nodes", pa.table({"node": pa.array(nodes, pa.int64())}))
    connection.execute("CREATE OR REPLACE TEMP TABLE component AS SELECT DISTINCT node FROM given_nodes")
    connection.unregister("given_nodes")
    links = (
        f"SELECT left_id, right_id FROM likeness WHERE weight >= {model.link_at!r} AND veto IS NULL UNION ALL "
        "SELECT left_id, right_id FROM identity_decision WHERE verdict = 'same' UNION ALL "
        f"SELECT consumer_id, resolved_id FROM {CURRENT}"
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE reached AS FROM component")
    while True:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE reached AS SELECT DISTINCT node FROM ("
            f"SELECT right_id AS node FROM ({links}) WHERE left_id IN (FROM reached) UNION ALL "
            f"SELECT left_id FROM ({links}) WHERE right_id IN (FROM reached)) ANTI JOIN component USING (node)"
        )
        row = connection.execute("SELECT count(*) FROM reached").fetchone()
        if row is None or not row[0]:
            break
        connection.execute("INSERT INTO component FROM reached")
    # Nothing is known any more by which the erased could be told apart or joined: they stay who they were.
    connection.execute(
        f"DELETE FROM component WHERE node IN (SELECT consumer_id FROM consumer WHERE {is_erased_sql('consumer_ref')})"
    )


def _completed(comparing: Comparing, model: Model, members: Nodes, known: Edges) -> Edges:
    """The pairs with those inside components that were never compared: only as a whole it can be judged."""
    left, right = unscored_pairs(len(members), known, link_at=model.link_at, largest=LARGEST)
    if not len(left):
        return known
    pairs = np.sort(np.stack([members[left], members[right]], axis=1), axis=1)
    found = list(comparing.likenesses(pairs))
    return Edges(
        np.r_[known.left, np.searchsorted(members, [each.left for each in found])],
        np.r_[known.right, np.searchsorted(members, [each.right for each in found])],
        np.r_[known.weight, [each.weight for each in found]],
        np.r_[known.forbidden, np.array([each.veto is not None for each in found], bool)],
    )


def _content_order(connection: duckdb.DuckDBPyConnection, members: Nodes) -> Nodes:
    """The references in the order of what is told of them, whatever their identifiers: ties are broken by it."""
    rows = connection.execute(
        "SELECT node, min((told_as, furnisher_id)) AS content FROM component "
        "LEFT JOIN identity ON identity.consumer_id = node GROUP BY node ORDER BY content, node"
    ).fetchall()
    return np.searchsorted(members, np.array([node for node, _ in rows], np.int64))


def _record(
    connection: duckdb.DuckDBPyConnection, members: Nodes, labels: Nodes, moment: datetime, because: str
) -> None:
    """Keep who is who from a moment on, where it has changed; a consumer goes by its smallest identifier.

    Where something has changed later than the moment already, it is from then on: what was known before the
    latest change stays as it was, whatever comes late.
    """
    now = connection.execute(
        "SELECT coalesce(resolved_id, node) AS resolved_id FROM component "
        "LEFT JOIN (FROM resolution WHERE superseded_at IS NULL) ON consumer_id = node ORDER BY node"
    ).fetchnumpy()["resolved_id"]
    count, here = len(members), np.arange(len(members))
    touching = components(2 * count, np.r_[here, here], np.r_[np.searchsorted(members, now), count + labels])[:count]
    connection.register("labelled", pa.table({"consumer_id": members, "label": labels, "touching": touching}))
    connection.execute(_TOLD_WHO, {"moment": moment})
    connection.unregister("labelled")
    connection.execute(
        "UPDATE resolution SET superseded_at = told_who.recorded_at FROM told_who "
        "WHERE resolution.consumer_id = told_who.consumer_id AND resolution.superseded_at IS NULL"
    )
    connection.execute(
        "INSERT INTO resolution SELECT consumer_id, resolved_id, recorded_at, NULL, ? FROM told_who "
        "ORDER BY consumer_id",
        [because],
    )


_TOLD_WHO: Final = """
CREATE OR REPLACE TEMP TABLE told_who AS
WITH new AS (
    SELECT consumer_id, touching, min(consumer_id) OVER (PARTITION BY label) AS resolved_id FROM labelled),
moved AS (
    SELECT unnest([consumer_id, resolved_id]) AS consumer_id, coalesce(superseded_at, recorded_at) AS moved_at
    FROM resolution),
latest AS (
    SELECT touching, max(moved_at) AS moved_at FROM moved JOIN new USING (consumer_id) GROUP BY touching)
SELECT new.consumer_id, new.resolved_id, greatest($moment::TIMESTAMP, latest.moved_at) AS recorded_at
FROM new LEFT JOIN latest USING (touching)
LEFT JOIN (FROM resolution WHERE superseded_at IS NULL) AS old USING (consumer_id)
WHERE new.resolved_id <> coalesce(old.resolved_id, new.consumer_id)"""
"""Whoever belongs to another consumer than before, and from when on (DuckDB's ``greatest`` passes over nulls)."""
