"""The model learns from the records themselves, with Splink.

Chances among pairs of two persons (u) come from all pairs of a sample of records. Chances among pairs of one person (m)
come from expectation maximisation inside blocks of records that share a key, each block telling of the comparisons
that do not rest on its key. A block's own share of true pairs says how far its key can be trusted: two records of one
telephone are one person in so many of a hundred cases, however many records there are. What training cannot estimate
stays as in the default model.

Samples are taken by what records tell (a digest), not by their place, and the results are rounded, so that training
depends on neither the order of rows nor that of floating-point sums.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bureau.identity.comparisons import COMPARISONS, Comparison, compare
from bureau.identity.model import Chance, Model, default_model
from bureau.identity.scoring import FREQUENCY_COLUMNS
from bureau.identity.standard import STANDARD_COLUMNS
from bureau.quoting import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["splink_settings", "train", "with_frequencies"]

_MOST_TERMS: Final = 2_000
_FEWEST_RECORDS: Final = 6
"""A term of fewer records, or of fewer persons, is not written into a model: it could name a person."""
_PERSON: Final = "coalesce(born, number, phone, record::VARCHAR)"
"""What tells persons apart at a glance."""
_RAREST: Final = 2e-5
_SAMPLE: Final = 2_500
"""Records of the sample of which all pairs are compared."""
_BLOCK_RECORDS: Final = 150_000
_FEWEST_PAIRS: Final = 60
"""A block of fewer pairs says nothing."""
_TRUST: Final = 40.0
"""As many pairs as the default model counts for beside those trained on."""
_SEEN: Final = 30.0
"""Pairs of a level in the sample from which its chance is believed."""


@dataclass(frozen=True)
class _Block:
    """Records that share a key, and the comparisons that do not rest on it."""

    name: str
    key: str
    tells: tuple[str, ...]


_BLOCKS: Final = (
    _Block("number", "number", ("given", "household", "birth", "email", "middle")),
    _Block("email", "email", ("given", "household", "birth", "number", "middle")),
    _Block("phone", "phone", ("given", "birth", "number", "email", "middle")),
    _Block(
        "home",
        "CASE WHEN house IS NULL THEN street || '/' || coalesce(postcode, city) ELSE house || '/' || street END",
        ("given", "birth", "number", "email", "middle"),
    ),
    _Block("birth", "born || '/' || given_root", ("household", "number", "email", "middle")),
)


@dataclass(frozen=True)
class _Learned:
    """What one block told."""

    pairs: int
    share: float
    """Of its pairs, those of one person."""
    m: dict[str, list[float | None]]

    @property
    def true_pairs(self) -> float:
        return self.pairs * self.share


def with_frequencies(connection: DuckDBPyConnection, model: Model, standard: str) -> Model:
    """The model with the frequencies of terms of these records.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the table is.
    model : Model
        Everything else stays.
    standard : str
        Table with the standard columns.
    """
    frequencies, rare = {}, {}
    for column in FREQUENCY_COLUMNS:
        (told,) = connection.execute(f"SELECT count({column}) FROM {quoted(standard)}").fetchone() or (0,)
        least = max(_FEWEST_RECORDS, told * _RAREST)
        rows = connection.execute(
            f"SELECT {column}, count(*) AS n FROM {quoted(standard)} WHERE {column} IS NOT NULL "
            f"GROUP BY {column} HAVING n >= ? AND count(DISTINCT {_PERSON}) >= {_FEWEST_RECORDS} "
            f"ORDER BY n DESC, {column} LIMIT {_MOST_TERMS}",
            [least],
        ).fetchall()
        frequencies[column] = {term: round(count / told, 9) for term, count in rows}
        last = rows[-1][1] if len(rows) == _MOST_TERMS else least
        rare[column] = min(0.01, round(last / 4 / told, 9)) if told else 1e-4
    return model.but(frequencies=frequencies, rare=rare)


def splink_settings(
    model: Model, comparisons: Sequence[Comparison] = COMPARISONS, *, key: str = "record", frequencies: bool = False
) -> dict[str, Any]:
    """The model as settings of Splink.

    Parameters
    ----------
    model : Model
        Whose chances are the starting values.
    comparisons : sequence of Comparison
        Those to take; all by default.
    key : str
        The column that Splink blocks on when it predicts.
    frequencies : bool
        Whether frequencies of terms move weights; the table must then have the columns of
        :func:`bureau.identity.scoring.add_frequencies`.
    """
    described = []
    for comparison in comparisons:
        levels: list[dict[str, Any]] = [
            {"sql_condition": comparison.missing.sql, "label_for_charts": "missing", "is_null_level": True}
        ]
        for number, (level, chance) in enumerate(
            zip(comparison.levels, model.chances[comparison.name], strict=True), start=1
        ):
            last = number == len(comparison.levels)
            levels.append(
                {
                    "sql_condition": "ELSE" if last else level.sql,
                    "label_for_charts": level.name,
                    "m_probability": chance.m,
                    "u_probability": chance.u,
                }
            )
            if frequencies and level.frequency is not None:
                levels[-1] |= {"tf_adjustment_column": level.frequency, "disable_tf_exact_match_detection": True}
        described.append({"output_column_name": comparison.name, "comparison_levels": levels})
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record",
        "probability_two_random_records_match": model.prior,
        "blocking_rules_to_generate_predictions": [{"blocking_rule": f"l.{key} = r.{key}", "sql_dialect": "duckdb"}],
        "comparisons": described,
        "retain_intermediate_calculation_columns": True,
        "max_iterations": 30,
    }


def train(connection: DuckDBPyConnection, standard: str, *, version: str, seed: int) -> Model:
    """Make a model from records.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the table is.
    standard : str
        Table with ``record`` (numbered by what the records tell, so that no order of rows matters), the standard
        columns and no repetitions.
    version : str
        The model's name.
    seed : int
        Of Splink's sampling; written into the model.

    Returns
    -------
    Model
        The default model wherever the records tell too little.
    """
    (records,) = connection.execute(f"SELECT count(*) FROM {quoted(standard)}").fetchone() or (0,)
    start = default_model(records)
    learned = {block.name: found for block in _BLOCKS if (found := _learn(connection, standard, block, start))}
    start = start.but(prior=_prior(connection, standard, learned, start, records))
    if not learned:
        return with_frequencies(connection, start.but(version=version), standard)
    seen, pairs = _by_chance(connection, standard)
    chances = {
        comparison.name: tuple(_chances(comparison, start, learned, seen[comparison.name]))
        for comparison in COMPARISONS
    }
    told = ", ".join(f"{name} {found.pairs:,}" for name, found in learned.items())
    made = f"Splink: m by expectation maximisation in blocks (pairs: {told}), u from {pairs:,} pairs, seed {seed}"
    households = _has_households(connection, standard)
    model = start.but(
        version=version,
        made=made,
        chances=chances,
        households=households,
        link_at=start.link_at if households else _ALONE_LINK_AT,
        review_at=start.review_at if households else _ALONE_LINK_AT - 3,
        # Where no relatives are about, a chain of likenesses is one person, whatever its ends have in common.
        mean_at=start.mean_at if households else -100.0,
    )
    return with_frequencies(connection, model, standard)


def _learn(connection: DuckDBPyConnection, standard: str, block: _Block, start: Model) -> _Learned | None:
    """Expectation maximisation inside one block."""
    from splink import DuckDBAPI, Linker
    from splink.internals.exceptions import SplinkException

    (told,) = connection.execute(f"SELECT count({block.key}) FROM {quoted(standard)}").fetchone() or (0,)
    every = max(1, round(told / _BLOCK_RECORDS))
    connection.execute(
        f"CREATE OR REPLACE TABLE train_block AS WITH keyed AS (SELECT *, md5_number_lower({block.key}) AS block_key "
        f"FROM {quoted(standard)} WHERE {block.key} IS NOT NULL) SELECT * FROM keyed WHERE block_key % {every} = 0 "
        f"QUALIFY count(*) OVER (PARTITION BY block_key) BETWEEN 2 AND {start.key_limit} ORDER BY record"
    )
    (pairs,) = connection.execute(
        "SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM (SELECT count(*) AS n FROM train_block GROUP BY block_key)"
    ).fetchone() or (0,)
    if pairs < _FEWEST_PAIRS:
        return None
    comparisons = [comparison for name in block.tells if _is_told(connection, comparison := compare(name))]
    if not comparisons:
        return None
    with _quiet():
        api = DuckDBAPI(connection)
        settings = splink_settings(start.but(prior=0.5), comparisons, key="block_key")
        linker = Linker(api.register("train_block"), settings, log_level=None)
        try:
            session = linker.training.estimate_parameters_using_expectation_maximisation(
                "l.block_key = r.block_key", estimate_without_term_frequencies=True
            )
        except (ValueError, SplinkException):
            return None  # a chance has run to nothing: the pairs of the block are too few, or too much alike
        found = session.core_model_settings
    m = {}
    for trained in found.comparisons:
        values = sorted(
            (each for each in trained.comparison_levels if not each.is_null_level),
            key=lambda each: -each.comparison_vector_value,
        )
        m[trained.output_column_name] = [
            float(each.m_probability) if isinstance(each.m_probability, float) else None for each in values
        ]
    return _Learned(int(pairs), float(found.probability_two_random_records_match), m)


@contextmanager
def _quiet() -> Iterator[None]:
    """Splink tells what it cannot estimate; here that is what the default model is for."""
    splink = logging.getLogger("splink")
    level = splink.level
    splink.setLevel(logging.ERROR)
    try:
        yield
    finally:
        splink.setLevel(level)


def _is_told(connection: DuckDBPyConnection, comparison: Comparison) -> bool:
    """Whether the block has anything to compare."""
    columns = {"household": ("surname", "phone", "street", "postcode"), "birth": ("born",)}
    sums = " + ".join(f"count({column})" for column in columns.get(comparison.name, (comparison.name,)))
    (told,) = connection.execute(f"SELECT {sums} FROM train_block").fetchone() or (0,)
    return bool(told)


_TELLING: Final = (("number", 0.9), ("email", 0.6), ("birth", 0.6))
"""Blocks that say how many pairs there are, the best first, and the share of the pairs of one person that share the
key where both tell it."""
_ENOUGH: Final = 200
"""Records that tell a key from which it means something that few share one."""


def _prior(
    connection: DuckDBPyConnection, standard: str, learned: dict[str, _Learned], start: Model, records: int
) -> float:
    """Chance that two records at random are of one person: from the block that says most, if it was learned from.

    Where too few share a key to learn from, that they are few is told all the same: no more pairs can be of one person
    than they leave room for.
    """
    estimate, bounds = start.prior, [0.1]
    for name, m in _TELLING:
        key = next(block.key for block in _BLOCKS if block.name == name)
        told, shared = connection.execute(
            f"SELECT coalesce(sum(n), 0), coalesce(sum(n * (n - 1) // 2) FILTER (n <= {start.key_limit}), 0) "
            f"FROM (SELECT count(*) AS n FROM {quoted(standard)} WHERE {key} IS NOT NULL GROUP BY {key})"
        ).fetchone() or (0, 0)
        if name not in learned and (told < _ENOUGH or shared >= _FEWEST_PAIRS):
            continue
        pairs = learned[name].true_pairs * max(1, round(told / _BLOCK_RECORDS)) if name in learned else max(shared, 1)
        prior = 2 * pairs / ((told / records) ** 2 * m) / (records * (records - 1))
        if name in learned:
            estimate = max(prior, start.prior / 20)  # a share near none is badly estimated
            break
        bounds.append(prior)
    return float(f"{min(estimate, *bounds):.6g}")


def _by_chance(connection: DuckDBPyConnection, standard: str) -> tuple[dict[str, list[float | None]], int]:
    """How often each level is met in all pairs of a sample of records.

    It is the count of Splink's ``estimate_u_using_random_sampling`` over a whole sample, taken in one pass.
    """
    connection.execute(
        f"CREATE OR REPLACE TABLE train_sample AS SELECT * FROM {quoted(standard)} ORDER BY md5(record::VARCHAR) "
        f"LIMIT {_SAMPLE}"
    )
    (records,) = connection.execute("SELECT count(*) FROM train_sample").fetchone() or (0,)
    sides = ", ".join(f"{side}.{column} AS {column}_{side}" for side in ("l", "r") for column in STANDARD_COLUMNS)
    connection.execute(
        "CREATE OR REPLACE TABLE train_levels AS SELECT "
        + ", ".join(f"({comparison.sql})::TINYINT AS {comparison.name}" for comparison in COMPARISONS)
        + f" FROM (SELECT {sides} FROM train_sample AS l JOIN train_sample AS r ON l.record < r.record)"
    )
    seen: dict[str, list[float | None]] = {}
    for comparison in COMPARISONS:
        counts = dict(
            connection.execute(f"SELECT {comparison.name}, count(*) FROM train_levels GROUP BY ALL").fetchall()
        )
        told = sum(count for number, count in counts.items() if number >= 0)
        seen[comparison.name] = [
            counts[number] / told if counts.get(number, 0) >= _SEEN else None
            for number in range(len(comparison.levels))
        ]
    return seen, records * (records - 1) // 2


def _has_households(connection: DuckDBPyConnection, standard: str) -> bool:
    """Whether several persons of one surname share a home, by the numbers of those with other first names."""
    home = next(block.key for block in _BLOCKS if block.name == "home")
    sides = ", ".join(f"{side}.{column} AS {column}_{side}" for side in ("l", "r") for column in STANDARD_COLUMNS)
    other = compare("given").levels.index(compare("given").levels[-1])
    (pairs, alike) = connection.execute(
        f"WITH homes AS (SELECT *, {home} AS home FROM {quoted(standard)} WHERE {home} IS NOT NULL "
        f"AND surname IS NOT NULL AND given IS NOT NULL), few AS (SELECT * FROM homes "
        f"QUALIFY count(*) OVER (PARTITION BY home, surname) <= {_HOUSEHOLD}), "
        f"sides AS (SELECT {sides} FROM few AS l JOIN few AS r ON l.home = r.home AND l.surname = r.surname "
        f"AND l.record < r.record LIMIT 1000000) "
        # Without numbers nothing speaks against two persons.
        f"SELECT count(*), count(*) FILTER (({compare('number').sql}) BETWEEN 0 AND 1) FROM sides "
        f"WHERE ({compare('given').sql}) = {other}"
    ).fetchone() or (0, 0)
    return bool(pairs < _FEW or alike < _ALIKE * pairs)


_HOUSEHOLD: Final = 24
_FEW: Final = 5
_ALONE_LINK_AT: Final = -4.0
"""Where no relatives are about, few records estimate too timidly what a shared home says."""
_ALIKE: Final = 0.7


_RESTS_ON: Final = {"number": "number", "email": "email"}
"""Comparison to the block whose key is its highest level."""
_PLACES: Final = (("place phone and home", "home"), ("place home", "home"), ("place phone", "phone"))


def _chances(
    comparison: Comparison,
    start: Model,
    learned: dict[str, _Learned],
    seen: list[float | None],
) -> list[Chance]:
    """The chances of one comparison from all that was learned."""
    default = start.chances[comparison.name]
    sessions = [block for block in learned.values() if comparison.name in block.m]
    m = []
    for number, chance in enumerate(default):
        weight, total = _TRUST, _TRUST * chance.m
        for block in sessions:
            value = block.m[comparison.name][number]
            if value is not None:
                weight, total = weight + block.true_pairs, total + block.true_pairs * value
        m.append(total / weight)
    scale = sum(m)
    m = [max(1e-5, each / scale) for each in m]
    chances = []
    for number, (level, chance) in enumerate(zip(comparison.levels, default, strict=True)):
        u, sampled = chance.u, seen[number]
        if sampled is not None:
            u = sampled - start.prior * m[number]
        shared = _shared_with_others(comparison, level.name, learned)
        if shared is not None:
            odds, share = shared
            # Of those that share it, so many are two persons: u follows from m, whatever the sample saw.
            u = odds * start.prior * m[number] if share is None else odds * start.prior * share * m[number]
        u = min(1.0, max(u, 1e-12))
        chances.append(Chance(float(f"{m[number]:.6g}"), float(f"{u:.6g}")))
    return chances


def _shared_with_others(
    comparison: Comparison, level: str, learned: dict[str, _Learned]
) -> tuple[float, float | None] | None:
    """Odds that two records that share a key are of two persons."""
    name = None
    if level == "same":
        name = _RESTS_ON.get(comparison.name)
    share = None
    if comparison.name == "household":
        surname, _, place = level.partition(", ")
        name = dict(_PLACES).get(place)
        share = {"surname same": 1.0, "surname near": 2.0, "surname other": 6.0}.get(surname, 1.0)
    block = learned.get(name or "")
    if block is None:
        return None
    true = min(block.true_pairs, block.pairs - 0.5) + 1
    return (block.pairs + 2 - true) / true, share
