"""Scoring further consumers of a portfolio with its champion: block by block, whatever their number.

A block's features are read, scored and written before the next one's are read. Of a person only what is
written is kept, and the file is there in whole or not at all.
"""

from __future__ import annotations

import errno
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from bureau.erased import is_erased
from bureau.home import Home
from bureau.portfolios.portfolio import Portfolio
from bureau.signers import trusted_signers
from feature_repo.repository import Repository
from features.vectors import matrix
from scoring.bundle import Bundle, load_bundle
from scoring.champion import champion_folder
from scoring.scorer import Scorer
from tradeline.console import Stage, Stages
from tradeline.prepare import Prepared, prepare

__all__ = ["ROWS_AT_A_TIME", "observed_spine", "score_portfolio", "score_spine", "write_scores"]

ROWS_AT_A_TIME: Final = 50_000
"""Consumers whose features are held at a time: some 150 MB for 365 features, and as much for the matrix."""

_INTEGER: Final = re.compile("0|[1-9][0-9]{0,17}")


def score_portfolio(
    home: Home, portfolio: Portfolio, data: Path, out: Path, *, stages: Stages, memory_limit: str = "3GB"
) -> dict[str, object]:
    """Ingest further consumers of a portfolio and score them with its champion.

    Parameters
    ----------
    home : Home
        A home with a champion of the portfolio.
    portfolio : Portfolio
        The portfolio.
    data : Path
        Its file or folder.
    out : Path
        The Parquet file to write, with the columns of :func:`score_spine`; one row a consumer that is observed.
    stages : Stages
        Shows and times the stages.
    memory_limit : str
        What DuckDB may use.

    Returns
    -------
    dict of str to object
        How many were scored and with what decisions, and what was set aside.

    Raises
    ------
    ScoringError
        If there is no champion.
    DeliveryRefused
        If a file cannot be taken in.
    OSError
        If the file cannot be written.
    """
    trusted = trusted_signers(home.signers)
    bundle = load_bundle(champion_folder(home.bundles, portfolio.name, trusted), trusted)
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(out))
    prepared = prepare(home, portfolio, data, labelled=False, stages=stages, memory_limit=memory_limit)
    with stages.stage("scoring") as stage:
        decisions = write_scores(prepared.repository, bundle, observed_spine(prepared), out, stage)
    return {
        "out": str(out),
        "model_version": bundle.model_version,
        "scored": decisions.total(),
        "decisions": {name: decisions[name] for name in ("approve", "refer", "decline")},
        "ignored_columns": prepared.loaded.ignored_columns,
        "without_score": prepared.loaded.observed.quarantined,
        "quarantined": sum(receipt.quarantined for receipt in prepared.loaded.receipts),
        "stage_seconds": dict(stages.seconds),
    }


def write_scores(repository: Repository, bundle: Bundle, spine: pd.DataFrame, out: Path, stage: Stage) -> Counter[str]:
    """Score each row of a spine into a Parquet file; how often the policy decided what.

    Parameters
    ----------
    repository, bundle, spine
        As for :func:`score_spine`.
    out : Path
        The file; one that is there is replaced once the new one is whole.
    stage : Stage
        Is told how far it is.

    Raises
    ------
    OSError
        If the file cannot be written; nothing of it is left, and one that was there before stays.
    """
    decisions: Counter[str] = Counter()
    unfinished = out.with_name(f".{out.name}.unfinished")
    try:
        with pq.ParquetWriter(unfinished, _schema(spine)) as writer:
            for table in score_spine(repository, bundle, spine):
                writer.write_table(table)
                decisions.update(table["decision"].to_pylist())
                stage(f"{decisions.total():,} scored", decisions.total() / len(spine))
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return decisions


def score_spine(
    repository: Repository, bundle: Bundle, spine: pd.DataFrame, *, rows: int = ROWS_AT_A_TIME
) -> Iterator[pa.Table]:
    """Score each row of a spine, in its order, from Feast's offline store.

    Parameters
    ----------
    repository : Repository
        Feast over the home's feature tables.
    bundle : Bundle
        The champion.
    spine : DataFrame
        ``consumer_id``, ``consumer_ref`` and ``event_timestamp`` (UTC), as of :func:`observed_spine`.
    rows : int
        How many are held at a time; nobody's scores depend on it.

    Yields
    ------
    Table
        Of the next rows: ``consumer_ref`` (int64 where all references of the spine are whole numbers, else
        text), ``default_probability``, ``credit_score``, ``decision``, ``reason_codes`` (most first, at most
        four; none where the decision is approve) and ``key_factor_codes`` (of everybody, most first, at most
        four, and that of inquiries as a fifth).
    """
    scorer, features, schema = Scorer(bundle), bundle.features, _schema(spine)
    for start in range(0, len(spine), rows):
        block = spine.iloc[start : start + rows]
        frame = repository.training_frame(features, block[["consumer_id", "event_timestamp"]])
        counted = {name: frame[name].to_numpy(dtype=np.float64) for name in features.counted}
        yield _scored(scorer, block["consumer_ref"], matrix(features, counted, bundle.model.features), schema)


def _scored(scorer: Scorer, references: pd.Series, values: npt.NDArray[np.float64], schema: pa.Schema) -> pa.Table:
    scored, codes = scorer.score_vectors(values, explain="none"), scorer.explainer.codes(values)
    is_whole = pa.types.is_integer(schema.field("consumer_ref").type)
    columns = {
        "consumer_ref": [int(reference) for reference in references] if is_whole else references,
        "default_probability": [one.default_probability for one in scored],
        "credit_score": [one.credit_score for one in scored],
        "decision": [one.decision for one in scored],
        "reason_codes": [
            () if one.decision == "approve" else told.reasons for one, told in zip(scored, codes, strict=True)
        ],
        "key_factor_codes": [told.key_factors for told in codes],
    }
    return pa.table(columns, schema=schema)


def _schema(spine: pd.DataFrame) -> pa.Schema:
    """Columns of the scores; references as a furnisher's table holds them: 64-bit integers where all are, else text."""
    is_whole = len(spine) and all(map(_INTEGER.fullmatch, spine["consumer_ref"]))
    return pa.schema(
        {
            "consumer_ref": pa.int64() if is_whole else pa.string(),
            "default_probability": pa.float64(),
            "credit_score": pa.int64(),
            "decision": pa.string(),
            "reason_codes": pa.list_(pa.string()),
            "key_factor_codes": pa.list_(pa.string()),
        }
    )


def observed_spine(prepared: Prepared) -> pd.DataFrame:
    """The consumers under observation: ``consumer_id``, ``consumer_ref``, ``event_timestamp`` (UTC).

    Who was erased since the delivery came in is none of them: under no reference could it be told.
    """
    with prepared.history.read() as connection:
        spine = connection.execute(
            "SELECT consumer_id, consumer_ref FROM observed_consumer JOIN delivery USING (delivery_no) "
            "JOIN consumer USING (consumer_id) WHERE delivery_id = $delivery_id AND reference_space = $space "
            "ORDER BY consumer_id",
            {"delivery_id": prepared.observation.delivery_id, "space": prepared.features.portfolio},
        ).df()
    spine = spine[[not is_erased(reference) for reference in spine["consumer_ref"]]].reset_index(drop=True)
    spine["event_timestamp"] = pd.Series(prepared.observation.moment, index=spine.index, dtype="datetime64[us, UTC]")
    return spine
