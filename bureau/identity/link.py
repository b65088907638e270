"""Link whole files: from what was told to clusters, in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bureau.identity.blocking import candidate_pairs, key_tokens
from bureau.identity.clusters import LARGEST, Clustered, Edges, cluster, unscored_pairs
from bureau.identity.hubs import drop_hubs, find_hubs
from bureau.identity.model import Model
from bureau.identity.scoring import add_frequencies, score_pairs
from bureau.identity.standard import STANDARD_COLUMNS, standardise
from bureau.identity.training import train
from bureau.identity.veto import is_doubt_sql
from bureau.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

__all__ = ["Linked", "link"]

_SEED: Final = 4


@dataclass(frozen=True)
class Linked:
    """What linking came to.

    Parameters
    ----------
    model : Model
        The model it was done with.
    records : int
        Records.
    items : int
        Records that tell something different.
    pairs : int
        Candidate pairs of these.
    added : int
        Pairs inside components that were scored as well, without sharing a key.
    key_limit : int
        Items that could share a key in the end.
    clusters : int
        Clusters.
    review : int
        Pairs left to people.
    """

    model: Model
    records: int
    items: int
    pairs: int
    added: int
    key_limit: int
    clusters: int
    review: int


def link(
    connection: DuckDBPyConnection,
    told: str,
    into: str,
    *,
    model: Model | None = None,
    step: Callable[[str], object] = str,
) -> Linked:
    """Link the records of a table.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the tables are.
    told : str
        Table with ``record`` (BIGINT, unique) and columns of :data:`bureau.identity.standard.TOLD_COLUMNS`.
    into : str
        Table to make: ``record`` and ``cluster`` (BIGINT, the smallest record of the cluster). Beside it
        ``<into>_review``: ``left_record``, ``right_record``, ``weight`` of the pairs that are for people to decide.
    model : Model, optional
        By default one is made from the records.
    step : callable
        Told the name of each step as it begins.

    Notes
    -----
    Records that tell exactly the same are one item. Items are numbered in the order of a digest of what they tell, so
    nothing depends on the order of the rows.
    """
    import numpy as np
    import pyarrow as pa

    step("standardise")
    standardise(connection, told, "link_standard")
    hubs = find_hubs(connection, "link_standard") if model is None else model.hubs
    drop_hubs(connection, hubs, "link_standard")
    columns = ", ".join(STANDARD_COLUMNS)
    content = (
        "md5_number(concat_ws('|', "
        + ", ".join(f"coalesce(CAST({each} AS VARCHAR), '')" for each in STANDARD_COLUMNS)
        + "))"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE link_content AS SELECT record, {content} AS content FROM link_standard"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE link_item AS SELECT row_number() OVER (ORDER BY content) - 1 AS item, content, "
        "min(record) AS record, count(*) AS records FROM link_content GROUP BY content"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE link_items AS SELECT item AS record, {columns} "
        "FROM link_item JOIN link_standard USING (record)"
    )
    count = _count(connection, "link_items")
    step("train")
    if model is None:
        model = train(connection, "link_items", version="of these records", seed=_SEED).but(hubs=hubs)
    step("block")
    add_frequencies(connection, model, "link_items", "link_scored_items")
    key_tokens(connection, "link_items", "link_tokens")
    key_limit = candidate_pairs(
        connection, "link_tokens", "link_pairs", key_limit=model.key_limit, pairs_per_record=model.pairs_per_record
    )
    connection.execute("DROP TABLE link_tokens")
    step("score")
    score_pairs(connection, model, "link_pairs", "link_scored_items", "link_scored_items", "link_scores")
    edges, doubts = _edges(connection, "link_scores")
    left, right = unscored_pairs(count, edges, link_at=model.link_at, largest=LARGEST)
    if len(left):
        connection.register("link_more_given", pa.table({"left_record": left, "right_record": right}))
        connection.execute("CREATE OR REPLACE TABLE link_more AS SELECT * FROM link_more_given")
        connection.unregister("link_more_given")
        score_pairs(connection, model, "link_more", "link_scored_items", "link_scored_items", "link_more_scores")
        more, more_doubts = _edges(connection, "link_more_scores")
        doubts = np.r_[doubts, more_doubts]
        edges = Edges(
            np.r_[edges.left, more.left],
            np.r_[edges.right, more.right],
            np.r_[edges.weight, more.weight],
            np.r_[edges.forbidden, more.forbidden],
        )
    step("cluster")
    clustered = cluster(count, edges, link_at=model.link_at, review_at=model.review_at, mean_at=model.mean_at)
    _alone(connection, model)
    connection.register(
        "link_labels_given", pa.table({"item": np.arange(count, dtype=np.int64), "label": clustered.labels})
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE {quoted(into)} AS WITH labelled AS ("
        "SELECT content.record, CASE WHEN alone.item IS NULL THEN labels.label ELSE -1 - content.record END AS label "
        "FROM link_content AS content JOIN link_item AS item USING (content) "
        "JOIN link_labels_given AS labels ON labels.item = item.item "
        "LEFT JOIN link_alone AS alone ON alone.item = item.item) "
        "SELECT record, min(record) OVER (PARTITION BY label) AS cluster FROM labelled"
    )
    connection.unregister("link_labels_given")
    review = np.union1d(clustered.review, _doubtful(edges, doubts & (edges.weight >= model.review_at), clustered))
    connection.register(
        "link_review_given",
        pa.table({"l": edges.left[review], "r": edges.right[review], "weight": edges.weight[review]}),
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE {quoted(into + '_review')} AS "
        "SELECT a.record AS left_record, b.record AS right_record, weight FROM link_review_given AS given "
        "JOIN link_item AS a ON a.item = l JOIN link_item AS b ON b.item = r"
    )
    connection.unregister("link_review_given")
    (clusters,) = connection.execute(f"SELECT count(DISTINCT cluster) FROM {quoted(into)}").fetchone() or (0,)
    step("done")
    return Linked(
        model=model,
        records=_count(connection, told),
        items=count,
        pairs=_count(connection, "link_pairs"),
        added=len(left),
        key_limit=key_limit,
        clusters=int(clusters),
        review=len(review),
    )


def _alone(connection: DuckDBPyConnection, model: Model) -> None:
    """Make ``link_alone``: items told several times that tell too little for these to be one person."""
    connection.execute(
        "CREATE OR REPLACE TABLE link_same AS SELECT item AS left_record, item AS right_record FROM link_item "
        "WHERE records > 1"
    )
    score_pairs(connection, model, "link_same", "link_scored_items", "link_scored_items", "link_same_scores")
    connection.execute(
        "CREATE OR REPLACE TABLE link_alone AS SELECT left_record AS item FROM link_same_scores WHERE weight < ?",
        [model.link_at],
    )


def _doubtful(edges: Edges, doubts: NDArray[np.bool_], clustered: Clustered) -> NDArray[np.int64]:
    """Of the pairs whose contradiction is a doubt those between clusters that no certain one parts."""
    import numpy as np

    one, two = clustered.labels[edges.left], clustered.labels[edges.right]
    between = np.minimum(one, two) * len(clustered.labels) + np.maximum(one, two)
    certain = between[edges.forbidden & ~doubts]
    return np.flatnonzero(doubts & (one != two) & ~np.isin(between, certain))


def _edges(connection: DuckDBPyConnection, scores: str) -> tuple[Edges, NDArray[np.bool_]]:
    """The scored pairs, and which of their contradictions are doubts."""
    import numpy as np

    found = connection.execute(
        "SELECT left_record, right_record, weight, veto IS NOT NULL AS forbidden, "
        f"coalesce({is_doubt_sql('veto')}, false) AS doubt FROM {quoted(scores)}"
    ).fetchnumpy()
    edges = Edges(
        np.asarray(found["left_record"], np.int64),
        np.asarray(found["right_record"], np.int64),
        np.asarray(found["weight"], np.float64),
        np.asarray(found["forbidden"], np.bool_),
    )
    return edges, np.asarray(found["doubt"], np.bool_)


def _count(connection: DuckDBPyConnection, table: str) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone() or (0,)
    return int(count)
