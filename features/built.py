"""Feature tables that were built: which moments there are, and what they hold.

A table is a Parquet file of :func:`features.compute.compute_view`; its name ends with the moment it
speaks of. Tables of other definitions lie in other folders and are not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from features.catalogue import Catalogue
from features.declaration import Derived, Feature
from features.errors import FeatureError
from features.ranges import check_ranges

__all__ = ["BuiltTables", "label_of", "outside"]

_KEY: Final = "consumer_id"


def label_of(moment: datetime) -> str:
    """How the name of a table tells its moment: the date, and the time where it is not the beginning of the date.

    Examples
    --------
    >>> label_of(datetime(2024, 1, 31))
    '20240131'
    """
    return f"{moment:%Y%m%d}" if moment.time() == moment.min.time() else f"{moment:%Y%m%dT%H%M%S.%f}"


@dataclass(frozen=True)
class BuiltTables:
    """The feature tables of a folder.

    Parameters
    ----------
    folder : Path
        Where they are, a folder a view and its definitions.
    catalogue : Catalogue
        The definitions.
    """

    folder: Path
    catalogue: Catalogue

    def files(self, view: str, moment: str) -> list[Path]:
        """The tables of a view that speak of a moment, as ``20240131``; no consumer is in two of them."""
        return sorted((self.folder / self.catalogue.table_folder(view)).glob(f"*-{moment}.parquet"))

    def moments(self, views: Iterable[str]) -> list[str]:
        """The moments of which there are tables of all these views, the newest last."""
        found: list[set[str]] = []
        for view in views:
            tables = (self.folder / self.catalogue.table_folder(view)).glob("*.parquet")
            found.append({table.stem.rpartition("-")[2] for table in tables})
        return sorted(set.intersection(*found)) if found else []

    def frame(self, names: Iterable[str], moment: str) -> pd.DataFrame:
        """The values of features at a moment, a row a consumer, derived features included.

        Returns
        -------
        DataFrame
            By ``consumer_id``; missing values NaN.

        Raises
        ------
        FeatureError
            If a view of theirs was not built for this moment.
        UnknownFeature
            If there is no such feature.
        """
        wanted = [self.catalogue[name] for name in names]
        derived = [item for item in wanted if isinstance(item, Derived)]
        operands = sorted(set().union(*(item.expression.operands for item in derived)))
        needed = {item.name: item for item in (*wanted, *map(self.catalogue.__getitem__, operands))}
        by_view: dict[str, list[str]] = {}
        for item in needed.values():
            if isinstance(item, Feature):
                by_view.setdefault(item.view, []).append(item.name)
        frame = pd.concat([self._read(view, some, moment) for view, some in by_view.items()], axis="columns")
        values = {str(name): column.to_numpy() for name, column in frame.items()}
        more = pd.DataFrame({item.name: item.expression(values) for item in derived}, index=frame.index)
        return pd.concat([frame, more], axis="columns")[[item.name for item in wanted]]

    def _read(self, view: str, names: Sequence[str], moment: str) -> pd.DataFrame:
        files = self.files(view, moment)
        if not files:
            there = ", ".join(self.moments([view])[-5:]) or "none"
            raise FeatureError(
                f"{view}: no table of {moment} in {self.folder} (the newest are: {there}); "
                "`tradeline features build` makes one"
            )
        with duckdb.connect() as connection:
            chosen = ", ".join((_KEY, *names))
            relation = connection.read_parquet([str(file) for file in files]).query(
                "built", f"SELECT {chosen} FROM built"
            )
            frame: pd.DataFrame = relation.df()
        return frame.set_index(_KEY).sort_index().astype("float64")


def outside(catalogue: Catalogue, files: Sequence[Path]) -> dict[str, int]:
    """How many values of each feature are not what is expected (:mod:`features.ranges`); those of which some are.

    Parameters
    ----------
    catalogue : Catalogue
        Where the features are declared.
    files : sequence of Path
        Tables of one view; they are read a column at a time.
    """
    found: dict[str, int] = {}
    for file in files:
        with pq.ParquetFile(file) as table:
            for name in table.schema_arrow.names:
                for check in check_ranges(table.read([name]), catalogue):
                    if check.outside:
                        found[name] = found.get(name, 0) + check.outside
    return found
