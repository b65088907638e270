"""How well and how fast records of people are linked.

    python -m benchmarks.identity [febrl] [CONSUMERS ...] [--seed 11] [--train] [--memory 3GB] [--typo 0.02 ...]

- ``febrl``: the three files of FEBRL that come with the data, under the mapping a user would write;
- a number: so many made-up people with four records each (:mod:`benchmarks.population`), linked as
  ``tradeline identity link`` does, or with ``--train`` with a model trained on the records before.

Pairs are counted, not listed: of the cells (cluster, person) with k records, the right pairs are the
sum of k(k-1)/2, the linked ones the same sum over clusters, the true ones over persons; so precision
and recall are exact. For a group (twins, Jr and Sr, ...) the pairs are those with at least one record
of a member: a twin joined to a stranger counts as much as one joined to the twin. Each size runs in a
process of its own; CPU seconds and peak memory are of linking alone, without the making of people.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import duckdb

from benchmarks.data import data_folder
from benchmarks.population import FIELDS, MARKS, add_noise_options, noise_of, rates, write_population

__all__ = ["group_quality", "quality"]

SIZES: Final = ("febrl", "100000", "1000000")
FEBRL: Final = {
    "first_name": "given_name",
    "last_name": "surname",
    "birth_date": "date_of_birth",
    "national_id": "soc_sec_id",
    "address": "concat_ws(' ', street_number, address_1, address_2)",
    "city": "suburb",
    "region": "state",
    "postcode": "postcode",
}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Measure identity resolution.")
    parser.add_argument("what", nargs="*", default=SIZES)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--train", action="store_true", help="train a model on the records first")
    parser.add_argument("--memory", default="3GB")
    parser.add_argument("--here", action="store_true", help="measure in this process")
    add_noise_options(parser)
    options = parser.parse_args()
    if options.here:
        measure(Path(options.what[0]), options)
        return
    for what in options.what:
        if what == "febrl":
            febrl()
        else:
            people(int(what), options)


def febrl() -> None:
    """Each file of FEBRL with the model that is the default for it."""
    sys.stdout.write(f"{'FEBRL':>12} {'records':>9} {'precision':>9} {'recall':>9} {'F1':>9} {'CPU s':>8}\n")
    for number in (1, 2, 3):
        with duckdb.connect() as connection:
            path = data_folder() / "febrl" / f"dataset{number}.csv"
            connection.execute(
                f"CREATE TABLE raw AS FROM read_csv('{path}', all_varchar = true, header = true, delim = ', ', "
                "quote = '', normalize_names = true, ignore_errors = false)"
            )
            columns = ", ".join(f"nullif(trim({sql}), '') AS {name}" for name, sql in FEBRL.items())
            connection.execute(
                "CREATE TABLE told AS SELECT row_number() OVER () - 1 AS record, "
                f"split_part(rec_id, '-', 2)::BIGINT AS person, {columns} FROM raw"
            )
            _, cpu = linked(connection, train=False)
            precision, recall, f1 = quality(connection)
            (records,) = row(connection, "SELECT count(*) FROM told")
        sys.stdout.write(f"{number:>12} {records:>9,} {precision:>9.5f} {recall:>9.5f} {f1:>9.5f} {cpu:>8.1f}\n")
        sys.stdout.flush()


def people(consumers: int, options: argparse.Namespace) -> None:
    """A population of its own, linked in a process of its own."""
    noise = noise_of(options)
    sys.stdout.write(f"\n{consumers:,} people, four records each, seed {options.seed}\n{rates(noise)}\n")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "people.parquet"
        write_population(path, consumers, seed=options.seed, noise=noise)
        command = [sys.executable, "-m", "benchmarks.identity", str(path), "--here", "--memory", options.memory]
        command += ["--seed", str(options.seed)] + (["--train"] if options.train else [])
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    sys.stdout.write(f"\n{'group':>18} {'people':>10} {'true pairs':>12} {'precision':>9} {'recall':>9} {'F1':>9}\n")
    for name, figures in told.pop("quality").items():
        count, pairs, precision, recall = figures
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        sys.stdout.write(f"{name:>18} {count:>10,} {pairs:>12,} {precision:>9.5f} {recall:>9.5f} {f1:>9.5f}\n")
    for name, figure in told.items():
        sys.stdout.write(f"{name:>26}: {figure:,}\n" if not isinstance(figure, dict) else f"{name:>26}: {figure}\n")
    sys.stdout.flush()


def measure(path: Path, options: argparse.Namespace) -> None:
    """Link the records of a file and print the figures as one line of JSON."""
    config: dict[str, Any] = {
        "memory_limit": options.memory,
        "threads": 2,
        "temp_directory": str(path.parent / "spill"),
    }
    with duckdb.connect(str(path.parent / "link.duckdb"), config=config) as connection:
        connection.execute(f"CREATE TABLE told AS SELECT record, {', '.join(FIELDS)} FROM '{path}'")
        began = time.perf_counter()
        result, cpu = linked(connection, train=options.train)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        figures = {
            "records": result.records,
            "distinct_records": result.items,
            "candidate_pairs": result.pairs + result.added,
            "pairs_a_record": round((result.pairs + result.added) / result.records, 2),
            "pairs_for_review": row(connection, "SELECT count(*) FROM linked_review")[0],
            "clusters": result.clusters,
            "cpu_seconds": round(cpu, 1),
            "cpu_s_a_million_records": round(cpu / result.records * 1e6, 1),
            "wall_seconds": round(time.perf_counter() - began, 1),
            "peak_megabytes": round(peak),
            "cpu_seconds_a_step": result.steps,
        }
        connection.execute(f"CREATE OR REPLACE TABLE truth AS SELECT record, person, {', '.join(MARKS)} FROM '{path}'")
        figures["quality"] = {
            "all": group_quality(connection, "true"),
            **{mark: group_quality(connection, mark) for mark in MARKS},
            "none of these": group_quality(connection, " AND ".join(f"NOT {mark}" for mark in MARKS)),
        }
    sys.stdout.write(json.dumps(figures) + "\n")


class _Measured:
    """What linking tells, and the CPU seconds of each of its steps."""

    def __init__(self, linked: Any, steps: dict[str, float]) -> None:
        self.records, self.items = linked.records, linked.items
        self.pairs, self.added, self.clusters = linked.pairs, linked.added, linked.clusters
        self.steps = steps


def linked(connection: duckdb.DuckDBPyConnection, *, train: bool) -> tuple[_Measured, float]:
    """Link the table ``told`` into the table ``linked``; what came of it, and CPU seconds without training."""
    from bureau.identity.link import link
    from bureau.identity.standard import standardise
    from bureau.identity.training import train as make_model

    model = None
    steps: dict[str, float] = {}
    if train:
        before = time.process_time()
        standardise(connection, "told", "train_standard")
        model = make_model(connection, "train_standard", version="measured", seed=1)
        connection.execute("DROP TABLE train_standard")
        steps["training (not counted)"] = round(time.process_time() - before, 1)
    marks = [("", time.process_time())]

    def step(name: str) -> None:
        now = time.process_time()
        steps[marks[-1][0]] = round(now - marks[-1][1], 1)
        marks.append((name, now))

    began = time.process_time()
    result = link(connection, "told", "linked", model=model, step=step)
    cpu = time.process_time() - began
    steps.pop("", None)
    return _Measured(result, steps), cpu


def quality(connection: duckdb.DuckDBPyConnection) -> tuple[float, float, float]:
    """Pairwise precision, recall and F1 of the table ``linked`` against the persons of the table ``told``."""
    connection.execute("CREATE OR REPLACE TABLE truth AS SELECT record, person FROM told")
    _, _, precision, recall = group_quality(connection, "true")
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def group_quality(connection: duckdb.DuckDBPyConnection, member: str) -> tuple[int, int, float, float]:
    """People and true pairs of a group, and the precision and recall of the pairs that touch it.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        With the tables ``linked`` (record, cluster) and ``truth`` (record, person, and the marks).
    member : str
        SQL over ``truth`` for whether a record's person belongs to the group.
    """
    people, true, correct, predicted = row(
        connection,
        f"""
        WITH cell AS (
            SELECT cluster, person, count(*) AS k, bool_or({member}) AS inside
            FROM linked JOIN truth USING (record) GROUP BY cluster, person
        ), by_person AS (
            SELECT person, sum(k) AS n FROM cell WHERE inside GROUP BY person
        ), by_cluster AS (
            SELECT sum(k) AS n, coalesce(sum(k) FILTER (WHERE NOT inside), 0) AS others FROM cell GROUP BY cluster
        )
        SELECT (SELECT count(*) FROM by_person), (SELECT coalesce(sum(n * (n - 1) / 2), 0) FROM by_person),
            (SELECT coalesce(sum(k * (k - 1) / 2), 0) FROM cell WHERE inside),
            (SELECT coalesce(sum(n * (n - 1) / 2 - others * (others - 1) / 2), 0) FROM by_cluster)
        """,
    )
    return (
        int(people),
        int(true),
        float(correct / predicted) if predicted else 1.0,
        float(correct / true) if true else 1.0,
    )


def row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """The one row of a query."""
    found = connection.execute(sql).fetchone()
    if found is None:
        raise LookupError(f"no row from: {sql}")
    return found


if __name__ == "__main__":
    main()
