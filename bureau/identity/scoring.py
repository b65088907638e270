"""Match weights of given pairs of records, in bulk and one by one, from one model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bureau.identity.comparisons import COMPARISONS, levels
from bureau.identity.model import Model
from bureau.identity.standard import STANDARD_COLUMNS
from bureau.identity.veto import veto, veto_sql
from bureau.quoting import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["FREQUENCY_COLUMNS", "Scored", "add_frequencies", "pair_weight", "score_pairs"]


FREQUENCY_COLUMNS: Final = tuple(
    dict.fromkeys(
        level.frequency for comparison in COMPARISONS for level in comparison.levels if level.frequency is not None
    )
)
"""Standard columns whose frequency of terms moves a weight."""


class Scored(NamedTuple):
    """What one pair of records came to."""

    weight: float
    """Match weight in bits, prior included."""
    levels: tuple[int, ...]
    """In the order of :data:`bureau.identity.comparisons.COMPARISONS`."""
    veto: str | None
    """Name of the contradiction, if there is one."""


def add_frequencies(connection: DuckDBPyConnection, model: Model, standard: str, into: str) -> None:
    """Put the model's frequencies of terms beside standard records.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the tables are.
    model : Model
        Whose frequencies.
    standard : str
        Table with ``record`` and the standard columns.
    into : str
        Table to make: the same with ``tf_<column>`` (DOUBLE, null for a missing term) for each of
        :data:`FREQUENCY_COLUMNS`.
    """
    import pyarrow as pa

    joins, columns = [], []
    for column in FREQUENCY_COLUMNS:
        terms = model.frequencies.get(column, {})
        name = f"frequencies_of_{column}"
        table = pa.table(
            {"term": pa.array(list(terms), pa.string()), "frequency": pa.array(list(terms.values()), pa.float64())}
        )
        connection.register(f"{name}_given", table)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM {name}_given")
        connection.unregister(f"{name}_given")
        joins.append(f"LEFT JOIN {name} ON {name}.term = standard.{column}")
        rare = model.frequency(column, "")
        unknown = "NULL" if rare is None else repr(rare)
        columns.append(
            f"CASE WHEN standard.{column} IS NOT NULL THEN coalesce({name}.frequency, {unknown}) END AS tf_{column}"
        )
    connection.execute(
        f"CREATE OR REPLACE TABLE {quoted(into)} AS SELECT standard.*, {', '.join(columns)} "
        f"FROM {quoted(standard)} AS standard {' '.join(joins)}"
    )


def score_pairs(
    connection: DuckDBPyConnection,
    model: Model,
    pairs: str,
    left: str,
    right: str,
    into: str,
    *,
    worth: float | None = None,
) -> None:
    """Score given pairs of records.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the tables are.
    model : Model
        Whose weights.
    pairs : str
        Table of pairs: ``left_record`` and ``right_record`` (BIGINT).
    left, right : str
        Tables with ``record``, the standard columns and the frequencies (:func:`add_frequencies`) in which the
        two records of a pair are found; one and the same in bulk, new and old records otherwise.
    into : str
        Table to make: the pair, ``level_<comparison>`` (TINYINT, -1 nothing to compare), ``weight`` (DOUBLE,
        bits, prior included) and ``veto`` (VARCHAR, null where nothing contradicts).
    worth : float, optional
        Keep only pairs of at least this weight; all by default.
    """
    names = [comparison.name for comparison in COMPARISONS]
    used = (*STANDARD_COLUMNS, *(f"tf_{column}" for column in FREQUENCY_COLUMNS))
    sides = ", ".join(
        f"{alias}.{column} AS {column}_{alias}" for alias in ("l", "r") for column in used if column != "given_root"
    )
    compared = ", ".join(f"({comparison.sql})::TINYINT AS level_{comparison.name}" for comparison in COMPARISONS)
    kept = ", ".join(f"{column}_{alias}" for column in _VETO_COLUMNS for alias in ("l", "r"))
    frequencies = ", ".join(f"tf_{column}_{alias}" for column in FREQUENCY_COLUMNS for alias in ("l", "r"))
    contradiction = veto_sql({name: f"level_{name}" for name in names}, households=model.households)
    where = "" if worth is None else f" WHERE weight >= {worth!r}"
    connection.execute(
        f"CREATE OR REPLACE TABLE {quoted(into)} AS WITH sides AS ("
        f"SELECT pairs.left_record, pairs.right_record, {sides} FROM {quoted(pairs)} AS pairs "
        f"JOIN {quoted(left)} AS l ON l.record = pairs.left_record "
        f"JOIN {quoted(right)} AS r ON r.record = pairs.right_record), "
        f"compared AS (SELECT left_record, right_record, {compared}, {kept}, {frequencies} FROM sides) "
        f"SELECT left_record, right_record, {', '.join(f'level_{name}' for name in names)}, "
        f"{_weight_sql(model)} AS weight, {contradiction} AS veto FROM compared{where}"
    )


_VETO_COLUMNS: Final = ("given_known", "generation", "number", "number_good", "born")


def _weight_sql(model: Model) -> str:
    """SQL for the match weight from the levels and the frequencies of terms."""
    parts = [repr(model.prior_weight)]
    for comparison in COMPARISONS:
        cases = []
        for number, (level, chance) in enumerate(zip(comparison.levels, model.chances[comparison.name], strict=True)):
            weight = repr(chance.weight)
            if level.frequency is not None:
                either, other = f"tf_{level.frequency}_l", f"tf_{level.frequency}_r"
                weight = (
                    f"coalesce({math.log2(chance.m)!r} - log2(greatest(coalesce({either}, {other}), "
                    f"coalesce({other}, {either}))), {weight})"
                )
            cases.append(f"WHEN {number} THEN {weight}")
        parts.append(f"CASE level_{comparison.name} {' '.join(cases)} ELSE 0.0 END")
    return " + ".join(parts)


def pair_weight(model: Model, left: Mapping[str, Any], right: Mapping[str, Any]) -> Scored:
    """Score one pair of standard records in Python, as :func:`score_pairs` does in bulk.

    Parameters
    ----------
    model : Model
        Whose weights.
    left, right : mapping
        Standard records (:func:`bureau.identity.standard.standard_record`).
    """
    found = levels(left, right)
    weight = model.prior_weight
    for comparison, number in zip(COMPARISONS, found, strict=True):
        if number < 0:
            continue
        chance = model.chances[comparison.name][number]
        column = comparison.levels[number].frequency
        terms = [] if column is None else [
            frequency for side in (left, right) if (frequency := model.frequency(column, side[column])) is not None
        ]  # fmt: skip
        weight += math.log2(chance.m) - math.log2(max(terms)) if terms else chance.weight
    return Scored(weight, found, veto(left, right, found, households=model.households))
