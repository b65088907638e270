"""Ingest of a lender's months against plain DuckDB that reads the same file and writes it back.

    python -m benchmarks.ingest [ROWS ...]

For each size: CPU seconds (user and system, of the process and its children) and peak memory of

- plain: DuckDB reads the Parquet file and writes it as Parquet, one process, two threads;
- table: the limit of the engine: DuckDB reads the file and writes it into an encrypted table, unchecked;
- verified: read, every rule of the contract checked, good and bad records written to an encrypted file;
- ingest: ``tradeline ingest``'s own function, into a new home.

Each in a process of its own, the median of three runs up to 10 million rows, else one.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from bureau.contracts import Contract
    from bureau.delivery import Delivery

RECEIVED = datetime.fromisoformat("2022-01-05")
MEMORY = "2GB"
STEPS = ("plain", "table", "verified", "ingest")
SIZES = (1_000_000, 10_000_000, 50_000_000)


def main() -> None:
    """Measure, and print a table."""
    if sys.argv[1:2] == ["step"]:
        measure(sys.argv[2], Path(sys.argv[3]))
        return
    sizes = [int(each) for each in sys.argv[1:]] or list(SIZES)
    sys.stdout.write(f"{'rows':>12} {'step':<10} {'CPU s':>8} {'ratio':>6} {'wall s':>8} {'peak MB':>8}\n")
    for rows in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            write(folder, rows)
            plain = 0.0
            for step in STEPS:
                runs = [run(step, folder) for _ in range(3 if rows <= 10_000_000 else 1)]
                cpu, wall, peak = (statistics.median(figures) for figures in zip(*runs, strict=True))
                plain = plain or cpu
                sys.stdout.write(f"{rows:>12,} {step:<10} {cpu:>8.1f} {cpu / plain:>6.2f} {wall:>8.1f} {peak:>8,.0f}\n")
                sys.stdout.flush()


def write(folder: Path, rows: int) -> None:
    """Clean months of accounts, 36 each, and the customers who hold them; one month in a thousand is wrong."""
    with duckdb.connect(config={"memory_limit": MEMORY, "threads": 2}) as connection:
        connection.execute(
            "CREATE MACRO dice(i, salt, n) AS (hash(i, salt) % n)::BIGINT; "
            f"CREATE VIEW accounts AS SELECT i AS account, dice(i, 1, 6) AS kind FROM range({rows // 36 + 1}) AS t(i)"
        )
        connection.execute(f"""
            COPY (SELECT 'C' || lpad(i::VARCHAR, 9, '0') AS customer_ref, DATE '2018-12-31' AS told_on,
                'Surname' || dice(i, 2, 5000) AS surname, 'Name' || dice(i, 3, 2000) AS first_name,
                NULL::VARCHAR AS middle_name, NULL::VARCHAR AS generation,
                DATE '1950-01-01' + dice(i, 4, 18000)::INTEGER AS birth_date,
                lpad((100 + i // 1000000 % 500)::VARCHAR, 3, '0') || lpad((1 + i // 9000 % 99)::VARCHAR, 2, '0')
                    || lpad((1 + i % 9000)::VARCHAR, 4, '0') AS national_number,
                NULL::VARCHAR AS phone, NULL::VARCHAR AS email, 'Street ' || dice(i, 5, 9000) AS address,
                'City' AS city, 'IL' AS region, '60601' AS postcode, 'US' AS country, NULL::VARCHAR AS employer
            FROM range({rows // 50 + 1}) AS t(i)) TO '{folder}/customers.parquet' (FORMAT parquet)
        """)
        connection.execute(f"""
            COPY (WITH months AS (SELECT account, kind, (kind < 2) AS revolving, n,
                    last_day(DATE '2019-01-01' + to_months(n::INTEGER)) AS month,
                    dice(account, 6, 20) = 0 AND n >= 30 AS late, account * 36 + n AS i
                FROM accounts, range(36) AS r(n) LIMIT {rows})
            SELECT 'A' || lpad(account::VARCHAR, 9, '0') AS account_ref,
                'C' || lpad((account * 36 // 50)::VARCHAR, 9, '0') AS customer_ref, 'individual' AS role, month,
                ['card', 'line', 'consumer', 'mortgage', 'car', 'student'][1 + kind] AS product, 'USD' AS currency,
                DATE '2010-01-01' + dice(account, 7, 3000)::INTEGER AS opened_on, NULL::DATE AS closed_on,
                CASE WHEN NOT revolving THEN 60 + dice(account, 8, 60) END AS term_months,
                CASE WHEN revolving THEN 20000.0 + dice(account, 9, 200) * 100 END AS credit_limit,
                CASE WHEN NOT revolving THEN 25000.0 + dice(account, 10, 300) * 100 END AS credit_amount,
                CASE WHEN dice(i, 14, 1000) = 0 THEN -1 ELSE 500 + dice(i, 11, 1900000) / 100 END AS balance,
                (100 + dice(account, 12, 400))::DOUBLE AS scheduled_payment,
                (dice(i, 13, 50000) / 100)::DOUBLE AS payment,
                CASE WHEN late THEN 100.0 * (n - 29) ELSE 0 END AS amount_past_due,
                CASE WHEN late THEN 30 * (n - 29) ELSE 0 END::INTEGER AS days_past_due,
                CASE WHEN late THEN 'late' ELSE 'current' END AS status,
                CASE WHEN late THEN DATE '2021-07-15' END AS first_delinquency_on,
                month - dice(i, 15, 28)::INTEGER AS last_payment_on, 'report' AS action
            FROM months) TO '{folder}/months.parquet' (FORMAT parquet)
        """)


def run(step: str, folder: Path) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak megabytes of a step."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.ingest", "step", step, str(folder)],
        check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    cpu, wall, peak = json.loads(done.stdout.splitlines()[-1])
    return cpu, wall, peak


def measure(step: str, folder: Path) -> None:
    """Run one step and print its figures."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        prepared = {"plain": plain, "table": table, "verified": verified, "ingest": ingest}[step](folder, Path(scratch))
        begun, wall = spent(), time.perf_counter()
        prepared()
        figures = (spent() - begun, time.perf_counter() - wall)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps([*figures, peak]) + "\n")


def spent() -> float:
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def plain(folder: Path, scratch: Path) -> Callable[[], None]:
    """DuckDB reads the file and writes it."""

    def step() -> None:
        with duckdb.connect(
            config={"memory_limit": MEMORY, "threads": 2, "temp_directory": str(scratch)}
        ) as connection:
            connection.execute(f"COPY (FROM '{folder}/months.parquet') TO '{scratch}/copy.parquet' (FORMAT parquet)")

    return step


def table(folder: Path, scratch: Path) -> Callable[[], None]:
    """DuckDB reads the file and writes it into an encrypted table."""
    from bureau.history import open_history
    from bureau.home import open_home

    history = open_history(open_home(scratch / "home", create=True), memory_limit=MEMORY)

    def step() -> None:
        with history.write() as connection:
            connection.execute(f"CREATE TABLE copy AS FROM '{folder}/months.parquet'")

    return step


def verified(folder: Path, scratch: Path) -> Callable[[], None]:
    """The ingest itself, but good records are written as they are: no identifiers, no facts, no versions."""
    from bureau import intake

    def write_good(connection: duckdb.DuckDBPyConnection, contract: Contract, *_: object) -> None:
        connection.execute(f"CREATE TABLE IF NOT EXISTS good_{contract.name} AS FROM good LIMIT 0")
        connection.execute(f"INSERT INTO good_{contract.name} FROM good")

    intake.record_chunk = write_good
    return ingest(folder, scratch)


def ingest(folder: Path, scratch: Path) -> Callable[[], None]:
    """The whole ingest, into a home in which the customers are known."""
    from bureau.content import FileContent
    from bureau.delivery import Delivery
    from bureau.history import open_history
    from bureau.home import open_home
    from bureau.ingest import ingest as take_in
    from bureau.kinds.lender import CUSTOMERS, MONTHS

    history = open_history(open_home(scratch / "home", create=True), memory_limit=MEMORY)

    def delivery(contract: Contract, name: str) -> Delivery:
        return Delivery(contract, FileContent(folder / name), RECEIVED, furnisher_id="lender")

    # In the verified step nothing of the months asks for the customers.
    take_in(history, delivery(CUSTOMERS, "customers.parquet"))

    def step() -> None:
        receipt = take_in(history, delivery(MONTHS, "months.parquet"))
        if receipt.status != "taken in" or receipt.quarantined > receipt.read / 100:
            raise SystemExit(f"not the work that was to be measured: {receipt}")

    return step


if __name__ == "__main__":
    main()
