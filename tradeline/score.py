"""Scoring further consumers of a portfolio with its champion."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from bureau.erased import is_erased
from bureau.home import Home
from bureau.portfolios.portfolio import Portfolio
from bureau.signers import trusted_signers
from scoring.bundle import Bundle, load_bundle
from scoring.champion import champion_folder
from scoring.scorer import Scored, Scorer
from tradeline.console import Stage, Stages
from tradeline.prepare import Prepared, prepare

__all__ = ["observed_spine", "score_portfolio", "score_spine"]

_ROWS_AT_A_TIME: Final = 10_000
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
        The Parquet file to write: ``consumer_ref``, ``default_probability``, ``credit_score``,
        ``decision``, ``reason_codes``; one row a consumer that is observed.
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
    """
    bundle = load_bundle(champion_folder(home.bundles, portfolio.name), trusted_signers(home.signers))
    out.parent.mkdir(parents=True, exist_ok=True)
    prepared = prepare(home, portfolio, data, labelled=False, stages=stages, memory_limit=memory_limit)
    with stages.stage("scoring") as stage:
        spine = observed_spine(prepared)
        scored = score_spine(prepared, bundle, spine, stage)
        _write_scores(out, spine["consumer_ref"].tolist(), scored)
    decisions = pd.Series([item.decision for item in scored]).value_counts()
    return {
        "out": str(out),
        "model_version": bundle.model_version,
        "scored": len(scored),
        "decisions": {name: int(decisions.get(name, 0)) for name in ("approve", "refer", "decline")},
        "ignored_columns": prepared.loaded.ignored_columns,
        "without_score": prepared.loaded.observed.quarantined,
        "quarantined": sum(receipt.quarantined for receipt in prepared.loaded.receipts),
        "stage_seconds": dict(stages.seconds),
    }


def score_spine(prepared: Prepared, bundle: Bundle, spine: pd.DataFrame, stage: Stage) -> list[Scored]:
    """Score each row of a spine, in its order, from Feast's offline store."""
    frame = prepared.repository.training_frame(prepared.features, spine[["consumer_id", "event_timestamp"]])
    scorer = Scorer(bundle)
    scored: list[Scored] = []
    for start in range(0, len(frame), _ROWS_AT_A_TIME):
        part = frame.iloc[start : start + _ROWS_AT_A_TIME]
        scored += scorer.score({name: part[name].to_numpy(dtype=np.float64) for name in prepared.features.counted})
        stage(f"{len(scored):,} scored", len(scored) / len(frame))
    return scored


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


def _write_scores(out: Path, references: list[str], scored: list[Scored]) -> None:
    codes = [[reason.code for reason in item.reasons] for item in scored]
    table = pa.table(
        {
            "consumer_ref": _as_furnished(references),
            "default_probability": pa.array([item.default_probability for item in scored], pa.float64()),
            "credit_score": pa.array([item.credit_score for item in scored], pa.int64()),
            "decision": pa.array([item.decision for item in scored], pa.string()),
            "reason_codes": pa.array(codes, pa.list_(pa.string())),
        }
    )
    unfinished = out.with_name(f".{out.name}.unfinished")
    pq.write_table(table, unfinished)
    unfinished.replace(out)


def _as_furnished(references: list[str]) -> pa.Array:
    """References as a furnisher's table holds them: 64-bit integers where all are, else text."""
    if references and all(_INTEGER.fullmatch(reference) for reference in references):
        return pa.array([int(reference) for reference in references], pa.int64())
    return pa.array(references, pa.string())
