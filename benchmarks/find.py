"""Finding applicants among a million consumers: how long it takes, and whether it decides as linking in bulk does.

    python -m benchmarks.find [CONSUMERS] [--references 2] [--inquiries 4000] [--seed 5] [--folder DIR]

Each consumer of the population (:mod:`benchmarks.population`, rates printed) has some references, one told
identity each; the record of a further furnisher is the inquiry. One inquiry in five is of somebody new,
half of whom share a home with somebody known. Identities and tokens are put into the vault directly, who is who into
the history as it truly is; the model is trained on the same records. Printed are

- the delay of ``Finder.find``, one thread, in a random order after a few hundred others; and where it goes;
- the outcome as :func:`bureau.identity.clusters.cluster` has it with the inquiry's record as one more reference:
  candidate pairs from SQL without any limit of their number, weights from SQL, every reference of who is likely;
- how often both agree, and how often each names the wrong consumer.

With ``--folder`` the home is made there and kept, and used again by the next run.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import resource
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np

from benchmarks.population import FIELDS, rates, write_population
from benchmarks.population_noise import Noise
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.identity.blocking import key_tokens, limit_of
from bureau.identity.clusters import Edges, cluster
from bureau.identity.finding import Finder, open_finder
from bureau.identity.hubs import drop_hubs, find_hubs
from bureau.identity.model import Model
from bureau.identity.models import current_model, keep_model, key_salt
from bureau.identity.scoring import add_frequencies, score_pairs
from bureau.identity.standard import standardise
from bureau.identity.training import train
from bureau.identity.veto import is_doubt_sql

MOMENT: Final = "2026-01-01"
WARM: Final = 300
NEW: Final = 5
"""One inquiry in so many is of somebody new."""


def main() -> None:
    """Make the home unless it is there, and measure."""
    at_a_home("Measure the finding of applicants.", measure, inquiries=4_000)


def at_a_home(what: str, measure: Callable[[Path, argparse.Namespace], None], *, inquiries: int) -> None:
    """Read the options, make the home unless it is there, and measure something in its folder."""
    options = _options(what, inquiries)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "made").exists():
            make(folder, options)
            (folder / "made").touch()
        measure(folder, options)


def _options(what: str, inquiries: int) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("consumers", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--references", type=int, default=2, choices=(1, 2, 3))
    parser.add_argument("--inquiries", type=int, default=inquiries)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--profile", action="store_true", help="Print where the time goes.")
    return parser.parse_args()


# -- making the home ----------------------------------------------------------------------------


def make(folder: Path, options: argparse.Namespace) -> None:
    """The population, its standard form and model, the vault and the history."""
    write(
        f"{options.consumers:,} consumers, {options.references} references each, seed {options.seed}\n{rates(Noise())}"
    )
    people = options.consumers + options.inquiries
    step("population", lambda: write_population(folder / "people.parquet", people, seed=options.seed))
    history = open_history(open_home(folder / "home", create=True))
    with history.write():  # it is there before anything is sealed
        pass
    with duckdb.connect(str(folder / "work.duckdb"), config={"memory_limit": "6GB"}) as work:
        work.execute("SET enable_progress_bar = false")
        step("tables", lambda: divide(work, folder, options))
        step("standard form", lambda: standardise(work, "told", "standard", day_first=False))
        step("training", lambda: keep_model(history.vault, trained(work, options.seed)))
        model = current_model(history.vault)
        drop_hubs(work, model.hubs, "standard")
        step("tokens", lambda: key_tokens(work, "standard", "tokens", salt=key_salt(history.vault)))
        step("seal", lambda: history.vault.seal("consumer", identities(work)))
        step("index", lambda: history.vault.index.add("consumer", pairs(work)))
        step("history", lambda: resolve(history, work))


def divide(work: duckdb.DuckDBPyConnection, folder: Path, options: argparse.Namespace) -> None:
    """Make ``told``, what is known, and ``asked``, the inquiries: by turns of each kind of furnisher."""
    columns = ", ".join(FIELDS)
    turn = "(source - person % 4 + 4) % 4"
    work.execute(
        f"CREATE TABLE told AS SELECT record + 1 AS record, person, {columns} FROM '{folder / 'people.parquet'}' "
        f"WHERE person < {options.consumers} AND {turn} BETWEEN 1 AND {options.references}"
    )
    known, new = options.inquiries - options.inquiries // NEW, options.inquiries // NEW
    work.execute(
        f"CREATE TABLE asked AS SELECT row_number() OVER (ORDER BY hash(person)) AS record, person, {columns} FROM ("
        f"(FROM '{folder / 'people.parquet'}' WHERE {turn} = 0 AND person < {options.consumers} "
        f"ORDER BY hash(person) LIMIT {known}) UNION ALL "
        f"(FROM '{folder / 'people.parquet'}' WHERE {turn} = 0 AND person >= {options.consumers} "
        f"ORDER BY hash(person) LIMIT {new}))"
    )


def trained(work: duckdb.DuckDBPyConnection, seed: int) -> Model:
    """A model of the records, as `tradeline identity resolve` trains one."""
    hubs = find_hubs(work, "standard")
    drop_hubs(work, hubs, "standard")
    return train(work, "standard", version="measured", seed=seed).but(hubs=hubs)


def identities(work: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int, str, bytes]]:
    """The told identities as they are sealed at ingest."""
    fields = (
        "{surname: last_name, first_name: first_name, middle_name: middle_name, generation: suffix, "
        "birth_date: birth_date, national_number: national_id, phone: phone, email: email, address: address, "
        "city: city, region: region, postcode: postcode}"
    )
    result = work.cursor().execute(f"SELECT record, to_json({fields})::VARCHAR FROM told ORDER BY record")
    while batch := result.fetchmany(50_000):
        yield from ((record, record, "identity", told.encode()) for record, told in batch)


def pairs(work: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int]]:
    """Tokens and references in the order of the index, which then is written once."""
    result = work.cursor().execute("SELECT token, record FROM tokens ORDER BY ALL")
    while batch := result.fetchmany(200_000):
        yield from batch


def resolve(history: History, work: duckdb.DuckDBPyConnection) -> None:
    """Tell the history who is who, as it is."""
    who = work.execute(
        "SELECT record AS consumer_id, min(record) OVER (PARTITION BY person) AS resolved_id FROM told"
    ).to_arrow_table()
    with history.write() as connection:
        connection.register("who", who)
        connection.execute("INSERT INTO consumer SELECT consumer_id, 'measured', consumer_id::VARCHAR FROM who")
        connection.execute(
            f"INSERT INTO resolution SELECT consumer_id, resolved_id, TIMESTAMP '{MOMENT}', NULL, 'measured' "
            "FROM who WHERE resolved_id <> consumer_id"
        )


# -- measuring ----------------------------------------------------------------------------------


def measure(folder: Path, options: argparse.Namespace) -> None:
    """Find every inquiry, and compare with what linking in bulk makes of them."""
    history = open_history(open_home(folder / "home"))
    with duckdb.connect(str(folder / "work.duckdb"), config={"memory_limit": "6GB"}) as work:
        work.execute("SET enable_progress_bar = false")
        asked = [
            {name: value for name, value in zip(FIELDS, row, strict=True) if value is not None}
            for row in work.execute(f"SELECT {', '.join(FIELDS)} FROM asked ORDER BY record").fetchall()
        ]
        truth = [row[0] for row in work.execute(_TRUTH).fetchall()]
        begun = time.perf_counter()
        with open_finder(history) as finder:
            write(f"finder opened in {time.perf_counter() - begun:.2f} s, {memory():,.0f} MB at its peak")
            found = timed(finder, asked)
            if options.profile:
                profiled(finder, asked[:1_000])
        bulk = in_bulk(work, current_model(history.vault), key_salt(history.vault), len(asked))
    agreement(found, bulk, truth)


_TRUTH: Final = """
SELECT min(told.record) FROM asked LEFT JOIN told USING (person) GROUP BY asked.record ORDER BY asked.record"""


def timed(finder: Finder, asked: list[dict[str, str]]) -> list[tuple[str, int | None]]:
    """Find them all, and print how long each took."""
    for applicant in asked[:WARM]:
        finder.find(applicant)
    gc.collect()
    found, delays, used = [], [], []
    for applicant in asked:
        begun, cpu = time.perf_counter(), time.thread_time()
        answer = finder.find(applicant)
        delays.append((time.perf_counter() - begun) * 1e3)
        used.append((time.thread_time() - cpu) * 1e3)
        found.append((answer.outcome, answer.consumer_id))
    for name, values in (("delay", delays), ("CPU", used)):
        middle, high, last = np.quantile(values, [0.5, 0.95, 0.99])
        write(f"{name}: p50 {middle:.2f} ms, p95 {high:.2f} ms, p99 {last:.2f} ms, longest {max(values):.2f} ms")
    return found


def profiled(finder: Finder, asked: list[dict[str, str]]) -> None:
    """Print where the time goes."""
    with cProfile.Profile() as profile:
        for applicant in asked:
            finder.find(applicant)
    pstats.Stats(profile, stream=sys.stdout).sort_stats("cumulative").print_stats(45)


def in_bulk(work: duckdb.DuckDBPyConnection, model: Model, salt: str, count: int) -> list[tuple[str, int | None]]:
    """What linking makes of the inquiries, each as if it were the only new record."""
    standardise(work, "asked", "asked_standard", day_first=False)
    drop_hubs(work, model.hubs, "asked_standard")
    key_tokens(work, "asked_standard", "asked_tokens", salt=salt)
    add_frequencies(work, model, "asked_standard", "asked_items")
    narrow = f"CASE WHEN token % 2 = 1 THEN {limit_of(1, model.key_limit)} ELSE {model.key_limit} END"
    work.execute(
        "CREATE OR REPLACE TABLE fit AS SELECT token FROM tokens SEMI JOIN asked_tokens USING (token) "
        f"GROUP BY token HAVING count(*) <= {narrow}"
    )
    work.execute(
        "CREATE OR REPLACE TABLE who AS SELECT record, min(record) OVER (PARTITION BY person) AS consumer FROM told"
    )
    work.execute(
        "CREATE OR REPLACE TABLE near AS SELECT DISTINCT asked_tokens.record AS left_record, consumer "
        "FROM asked_tokens SEMI JOIN fit USING (token) JOIN tokens USING (token) JOIN who ON who.record = tokens.record"
    )
    work.execute(
        "CREATE OR REPLACE TABLE pairs AS "
        "SELECT left_record, record AS right_record FROM near JOIN who USING (consumer)"
    )
    work.execute("CREATE OR REPLACE TABLE wanted_told AS FROM told SEMI JOIN pairs ON right_record = record")
    standardise(work, "wanted_told", "wanted", day_first=False)
    drop_hubs(work, model.hubs, "wanted")
    add_frequencies(work, model, "wanted", "items")
    score_pairs(work, model, "pairs", "asked_items", "items", "scores")
    edges: dict[int, dict[int, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for left, right, consumer, weight, forbidden in work.execute(
        "SELECT left_record, right_record, consumer, weight, veto IS NOT NULL FROM scores "
        "JOIN who ON who.record = right_record ORDER BY ALL"
    ).fetchall():
        edges[left][consumer].append((right, weight, forbidden))
    between = _between(work, model, edges)
    doubt = {
        record
        for (record,) in work.execute(
            f"SELECT DISTINCT left_record FROM scores WHERE weight >= ? AND (veto IS NULL OR {is_doubt_sql('veto')})",
            [model.review_at],
        ).fetchall()
    }
    return [
        bulk_decision(model, edges.get(record, {}), between, doubt=record in doubt) for record in range(1, count + 1)
    ]


def _between(
    work: duckdb.DuckDBPyConnection, model: Model, edges: dict[int, dict[int, list[Any]]]
) -> dict[tuple[int, int], tuple[float, bool]]:
    """Weights between the references of consumers who are likely for one inquiry."""
    wanted = set()
    for consumers in edges.values():
        likely = [each for each in consumers.values() if is_likely(model, each)]
        references = sorted(right for each in likely for right, *_ in each) if len(likely) > 1 else []
        wanted.update((one, two) for at, one in enumerate(references) for two in references[at + 1 :])
    work.execute("CREATE OR REPLACE TABLE between_pairs (left_record BIGINT, right_record BIGINT)")
    if wanted:
        work.executemany("INSERT INTO between_pairs VALUES (?, ?)", sorted(wanted))
    score_pairs(work, model, "between_pairs", "items", "items", "between_scores")
    rows = work.execute("SELECT left_record, right_record, weight, veto IS NOT NULL FROM between_scores").fetchall()
    return {(left, right): (weight, forbidden) for left, right, weight, forbidden in rows}


def is_likely(model: Model, references: list[Any]) -> bool:
    """Whether a reference links without a contradiction."""
    return any(weight >= model.link_at and not forbidden for _, weight, forbidden in references)


def bulk_decision(
    model: Model, consumers: dict[int, list[Any]], between: dict[tuple[int, int], tuple[float, bool]], *, doubt: bool
) -> tuple[str, int | None]:
    """The outcome of clustering one inquiry with the references of who is likely.

    Where it joins nobody, `doubt` says that a pair is for a person to decide.
    """
    likely = {consumer: each for consumer, each in consumers.items() if is_likely(model, each)}
    place = {right: at for at, right in enumerate((r for each in likely.values() for r, *_ in each), 1)}
    rows = [(0, place[right], weight, bad) for each in likely.values() for right, weight, bad in each]
    for each in likely.values():
        rows += [(place[each[0][0]], place[right], float("inf"), False) for right, *_ in each[1:]]
    owner = {right: consumer for consumer, each in likely.items() for right, *_ in each}
    for left, right in combinations(sorted(place), 2):
        if (left, right) in between and owner[left] != owner[right]:
            rows.append((place[left], place[right], *between[left, right]))
    joined: set[int] = set()
    if rows:
        edges = Edges(*(np.array(column) for column in zip(*rows, strict=True)))
        labels = cluster(
            len(place) + 1,
            edges,
            link_at=model.link_at,
            review_at=model.review_at,
            mean_at=model.mean_at,
        ).labels
        joined = {owner[right] for right, at in place.items() if labels[at] == labels[0]}
    if len(joined) == 1:
        return "match", next(iter(joined))
    return ("ambiguous" if joined or doubt else "no match"), None


def agreement(found: list[tuple[str, int | None]], bulk: list[tuple[str, int | None]], truth: list[int | None]) -> None:
    """Print how often both agree, and how good each is."""
    same = sum(one == two for one, two in zip(found, bulk, strict=True))
    write(f"the same decision: {same:,} of {len(found):,} ({same / len(found):.4%})")
    differ = Counter((two[0], one[0]) for one, two in zip(found, bulk, strict=True) if one != two)
    for (bulk_outcome, outcome), count in differ.most_common():
        write(f"  in bulk {bulk_outcome}, found {outcome}: {count:,}")
    for name, answers in (("find", found), ("bulk", bulk)):
        for group, is_known in (("known", True), ("new", False)):
            told = [(each, true) for each, true in zip(answers, truth, strict=True) if (true is not None) == is_known]
            outcomes = Counter(outcome for (outcome, _), _ in told)
            wrong = sum(outcome == "match" and who != true for (outcome, who), true in told)
            write(f"  {name}, {group}: {dict(sorted(outcomes.items()))}, wrong matches {wrong}")


def step(name: str, run: Any) -> None:
    """Run a step of the making, and print what it took."""
    begun, used = time.perf_counter(), time.process_time()
    run()
    write(f"{name:<16} {time.process_time() - used:>8.1f} CPU s {time.perf_counter() - begun:>8.1f} s")


def memory() -> float:
    """Megabytes at the peak of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
