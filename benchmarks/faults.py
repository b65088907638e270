"""How many of the simulator's seeded faults are noticed, and how many clean records are suspected.

    python -m benchmarks.faults [--consumers N] [--months M] [--seeds S ...] [--rates R ...]

A world is simulated and its deliveries are taken in. A fault counts as noticed when its record is set
aside, has a finding, or is counted as a duplicate; a fault of a whole delivery when the delivery is
known, held, or most of its records are duplicates. A held delivery is then released, as a person would
do who finds nothing wrong, unless it is one that the key names. A clean record is one that is neither a
fault nor named by the key as the consequence of one, nor the return of an account that was taken back.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from bureau.delivery import Receipt
from bureau.feeds import register
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.ingest import ingest
from bureau.kinds.all import KINDS
from bureau.manifest import read_manifest
from bureau.quarantine import Decision, release, turn_away
from bureau.simulator import Options, simulate

SEEDS = (11, 12)
RATES = (0.01, 0.05)


def main() -> None:
    """Simulate, ingest, compare; one table a world."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--consumers", type=int, default=20_000)
    parser.add_argument("--months", type=int, default=18)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    parser.add_argument("--missed", action="store_true", help="list the faults that were missed, and the false alarms")
    options = parser.parse_args()
    for seed in options.seeds:
        for rate in options.rates:
            with tempfile.TemporaryDirectory() as scratch:
                world = Options(options.consumers, options.months, seed, fault_rate=rate)
                measure(world, Path(scratch), missed=options.missed)


def measure(world: Options, folder: Path, *, missed: bool = False) -> None:
    """Simulate one world into a folder, take it in, and print what was noticed."""
    simulate(world, folder / "world")
    history = open_history(open_home(folder / "home", create=True))
    deliveries = folder / "world" / "deliveries"
    key = duckdb.connect()
    for name in ("faults", "consequences", "events"):
        key.execute(f"CREATE TABLE {name} AS FROM '{folder}/world/answers/{name}.parquet'")
    wrong = {file for (file,) in key.execute("SELECT delivery_file FROM faults WHERE line IS NULL").fetchall()}
    told = take_all(history, deliveries, wrong)
    key.register("told", pa.Table.from_pylist(told))
    copy_noticed(history, key)
    report(world, key)
    if missed:
        list_missed(key)


def take_all(history: History, deliveries: Path, wrong: set[str]) -> list[dict[str, object]]:
    """Take every delivery in; what became of each file."""
    manifest = read_manifest(deliveries, KINDS, received_at=None)  # type: ignore[arg-type] # every entry says when
    with history.write() as connection:
        for feed in manifest.feeds:
            register(connection, feed, KINDS)
    told = []
    for delivery in manifest.deliveries:
        file = str(delivery.content.path.relative_to(deliveries.resolve()))  # type: ignore[attr-defined]
        receipt = first = ingest(history, delivery)
        if receipt.status == "held" and not receipt.known_before:
            decision = Decision("benchmark", "looked at", delivery.received_at + timedelta(minutes=1))
            decide = turn_away if file in wrong else release
            receipt = decide(history, KINDS, receipt.delivery_id, decision)
        told.append({"file": file, "delivery_id": receipt.delivery_id, "noticed": suspicious(first),
                     "held": first.status == "held", "read": receipt.read, "known": first.known_before})  # fmt: skip
    return told


def suspicious(receipt: Receipt) -> bool:
    """Whether the delivery as a whole was noticed."""
    return receipt.known_before or receipt.status == "held" or receipt.duplicate > receipt.read / 2


def copy_noticed(history: History, key: duckdb.DuckDBPyConnection) -> None:
    """Which lines of which files were set aside, found, or accepted as something new."""
    with history.read() as connection:
        aside = connection.execute(
            "SELECT delivery_id, line, unnest(rules) AS rule, 'set aside' AS how FROM quarantine JOIN delivery "
            "USING (delivery_no) WHERE corrects IS NULL AND status <> 'turned away' UNION ALL "
            "SELECT delivery_id, line, rule, 'finding' FROM finding JOIN delivery USING (delivery_no) "
            "WHERE line IS NOT NULL AND rule <> 'trailer-totals'"  # about the delivery, not a record of it
        ).to_arrow_table()
        facts = {contract.facts[0].fact for contract in KINDS.values()}
        kept = " UNION ALL ".join(
            f"SELECT delivery_no, line_no FROM {fact} AS fact WHERE NOT EXISTS (FROM {fact} AS old WHERE "
            f"old.superseded_at = fact.recorded_at AND {same(fact)})"
            for fact in sorted(facts)
        )
        accepted = connection.execute(
            f"SELECT delivery_id, line_no AS line FROM ({kept}) JOIN delivery USING (delivery_no)"
        ).to_arrow_table()
    key.register("aside_table", aside)
    key.register("accepted_table", accepted)
    key.execute("CREATE TABLE noticed AS SELECT file, line, rule, how FROM aside_table JOIN told USING (delivery_id)")
    key.execute("CREATE TABLE kept AS SELECT file, line FROM accepted_table JOIN told USING (delivery_id)")


def same(fact: str) -> str:
    """SQL that is true when two versions of a fact say the same."""
    from bureau.facts import FACTS

    columns = (*FACTS[fact].key, *FACTS[fact].content)
    return " AND ".join(f"old.{column} IS NOT DISTINCT FROM fact.{column}" for column in columns)


JUDGED = """
    CREATE OR REPLACE TEMP VIEW judged AS
    SELECT faults.*, CASE
        WHEN faults.line IS NULL THEN (SELECT bool_or(told.noticed) FROM told WHERE told.file = delivery_file)
        ELSE EXISTS (FROM noticed WHERE noticed.file = delivery_file AND noticed.line = faults.line)
            OR NOT EXISTS (FROM kept WHERE kept.file = delivery_file AND kept.line = faults.line)
        END AS found
    FROM faults
"""
CLEAN = """
    CREATE OR REPLACE TEMP TABLE alarm AS
    SELECT DISTINCT noticed.file, noticed.line, first(noticed.rule) AS rule, first(noticed.how) AS how FROM noticed
    ANTI JOIN faults ON faults.delivery_file = noticed.file AND (faults.line = noticed.line OR faults.line IS NULL)
    ANTI JOIN consequences ON consequences.delivery_file = noticed.file AND consequences.line = noticed.line
    ANTI JOIN (FROM events WHERE kind = 'refurnished') AS back
        ON back.delivery_file = noticed.file AND back.line = noticed.line
    GROUP BY ALL
"""


def report(world: Options, key: duckdb.DuckDBPyConnection) -> None:
    """One line a kind of fault, then the false alarms."""
    key.execute(JUDGED)
    key.execute(CLEAN)
    sys.stdout.write(
        f"\nseed {world.seed}, {world.consumers:,} consumers x {world.months} months, fault rate {world.fault_rate:g}\n"
        f"{'kind':<30}{'detectable':>11}{'noticed':>9}{'recall':>8}{'others':>8}{'noticed':>9}\n"
    )
    rows = key.execute(
        "SELECT kind, count(*) FILTER (detectable), count(*) FILTER (detectable AND found), "
        "count(*) FILTER (NOT detectable), count(*) FILTER (NOT detectable AND found) "
        "FROM judged GROUP BY kind ORDER BY kind"
    ).fetchall()
    for kind, detectable, found, others, others_found in rows:
        recall = f"{found / detectable:>8.4f}" if detectable else f"{'-':>8}"
        sys.stdout.write(f"{kind:<30}{detectable:>11,}{found:>9,}{recall}{others:>8,}{others_found:>9,}\n")
    detectable, found = (sum(row[place] for row in rows) for place in (1, 2))
    sys.stdout.write(f"{'all':<30}{detectable:>11,}{found:>9,}{found / max(detectable, 1):>8.4f}\n")
    (read,) = key.execute("SELECT sum(read) FROM told WHERE NOT known").fetchone() or (0,)
    (alarms,) = key.execute("SELECT count(*) FROM alarm").fetchone() or (0,)
    (held,) = key.execute(
        "SELECT count(*) FROM told WHERE held AND file NOT IN (SELECT delivery_file FROM faults WHERE line IS NULL)"
    ).fetchone() or (0,)
    sys.stdout.write(
        f"false alarms: {alarms:,} of {read:,} records ({alarms / max(read, 1):.4%}); "
        f"deliveries held without a fault of their own: {held}\n"
    )
    sys.stdout.flush()


def list_missed(key: duckdb.DuckDBPyConnection) -> None:
    """What to look at when a figure is bad."""
    key.sql(
        "SELECT kind, contract, field, criterion, count(*) AS missed, any_value(delivery_file) AS file, "
        "any_value(line) AS line FROM judged WHERE detectable AND NOT found GROUP BY ALL ORDER BY missed DESC LIMIT 40"
    ).show(max_width=200)
    key.sql(
        "SELECT rule, how, count(*) AS alarms, any_value(file) AS file, any_value(line) AS line FROM alarm "
        "GROUP BY ALL ORDER BY alarms DESC LIMIT 40"
    ).show(max_width=200)


if __name__ == "__main__":
    main()
