"""Building the feature tables of a home, and reading them again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from bureau.history import History
from features.built import BuiltTables, label_of, outside
from features.compute import compute_view
from features.errors import FeatureError
from features.sets import FeatureSet
from features.spine import Everybody
from tradeline.common import moment_of
from tradeline.console import Stages

__all__ = ["UnclearCurrency", "build_tables", "currency_of", "frame_of", "write_page"]


class UnclearCurrency(FeatureError):
    """Which currency is meant must be said anew: several are told, or not the one that is named."""


def build_tables(
    history: History, features: FeatureSet, moments: Sequence[datetime], currency: str, folder: Path, stages: Stages
) -> list[dict[str, Any]]:
    """Compute every view of a set for everybody on file at each moment.

    Parameters
    ----------
    history : History
        The credit history.
    features : FeatureSet
        Whose views.
    moments : sequence of datetime
        The moments (UTC, naive).
    currency : str
        Currency of the amounts.
    folder : Path
        Where the tables go.
    stages : Stages
        Where progress is shown, a line a moment.

    Returns
    -------
    list of dict
        A row a table: ``moment``, ``view``, ``rows``, ``features``, ``seconds``, ``outside`` (feature to how many
        of its values are outside the expected range) and ``file``.
    """
    built: list[dict[str, Any]] = []
    for moment in moments:
        everybody = Everybody(moment.replace(tzinfo=UTC))
        with stages.stage(f"features as of {moment:%Y-%m-%d}") as stage:
            for place, view in enumerate(features.views):
                begun = time.perf_counter()
                share = place / len(features.views)
                stage(view.replace("_", " "), share)
                table = compute_view(
                    history, features.catalogue, view, everybody, folder, currency=currency,
                    progress=lambda _, part, view=view, share=share: stage(  # type: ignore[misc]
                        view.replace("_", " "), share + part / len(features.views)
                    ),
                )  # fmt: skip
                built.append(
                    {
                        "moment": f"{moment:%Y-%m-%d}" if moment.time() == moment.min.time() else moment.isoformat(),
                        "view": view,
                        "rows": table.rows,
                        "features": len(features.catalogue.of_view(view)),
                        "seconds": round(time.perf_counter() - begun, 2),
                        "outside": outside(features.catalogue, [table.path]),
                        "file": str(table.path),
                    }
                )
    return built


def write_page(features: FeatureSet, folder: Path, moment: datetime, file: Path, stages: Stages) -> None:
    """Write the catalogue as a page to search, with the spread of the values that were built for a moment."""
    import pyarrow as pa

    from features.page import page

    with stages.stage("page"):
        frame = BuiltTables(folder, features.catalogue).frame(features.names, label_of(moment))
        text = page(features.catalogue, pa.Table.from_pandas(frame, preserve_index=False))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")


def currency_of(history: History, named: str | None) -> str:
    """The currency that was named, or the only one in which accounts are told.

    Raises
    ------
    UnclearCurrency
        If none is named and there are several; or if no account is told in the one that is named.
    FeatureError
        If none is named and no account is on file.
    """
    with history.read() as connection:
        rows = connection.execute(
            "SELECT currency FROM (SELECT currency FROM tradeline_month UNION ALL SELECT currency FROM tradeline) "
            "WHERE currency IS NOT NULL GROUP BY currency ORDER BY count(*) DESC, currency"
        ).fetchall()
    known = [str(row[0]) for row in rows]
    if named is not None:
        if known and named not in known:
            raise UnclearCurrency(
                f"currency: no account is told in {named}, only in {', '.join(known)}; name one of them"
            )
        return named
    if not known:
        raise FeatureError("currency: no account is on file, so that there are no amounts; take deliveries in first")
    if len(known) > 1:
        raise UnclearCurrency(
            f"currency: accounts are told in {', '.join(known)}, and amounts of different currencies are never added; "
            "name one with --currency"
        )
    return known[0]


def frame_of(text: str, features: FeatureSet, home: Callable[[], Path]) -> pd.DataFrame:
    """The features of a set from what the command line names: a date, ``HOME@DATE`` or a Parquet file.

    Parameters
    ----------
    text : str
        What was named.
    features : FeatureSet
        Which features; of a file, those that it has.
    home : callable
        Gives the home's folder, which a date alone belongs to.

    Raises
    ------
    FeatureError
        If the tables were not built, or the file is none.
    """
    file = Path(text)
    if file.is_file():
        try:
            frame = pd.read_parquet(file)
        except (ValueError, OSError):
            raise FeatureError(
                f"{text}: no Parquet file that can be read; name one, or a date that was built"
            ) from None
        return frame[[name for name in features.names if name in frame]].astype("float64")
    where, at, date = text.rpartition("@")
    moment = label_of(moment_of(date, "A or B"))
    tables = BuiltTables((Path(where) if at else home()) / "features", features.catalogue)
    if not any(tables.files(view, moment) for view in features.views):
        there = ", ".join(map(_day, tables.moments(features.views)[-5:])) or "none"
        raise FeatureError(
            f"{text}: no tables of {features.portfolio} as of then in {tables.folder} (the newest are: {there}); "
            f"build them with `tradeline features build --at {date}`"
        )
    return tables.frame(features.names, moment)


def _day(label: str) -> str:
    """The moment of a table as a date is written."""
    return f"{label[:4]}-{label[4:6]}-{label[6:]}"
