"""A delivery of ten thousand persons joined to a bureau of a million references, through the ingest itself.

    python -m benchmarks.joining [CONSUMERS] [--references 2] [--inquiries 10000] [--seed 5] [--folder DIR]

The bureau is that of :mod:`benchmarks.find`; the inquiries there come here as the customers of a further lender, one
in five of whom is new to the file. Printed are the time of the ingest and of the joining alone, and who was joined
with whom: known people to their own consumer, people new to the file to nobody.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from benchmarks.find import at_a_home
from benchmarks.ingest import spent
from bureau import intake
from bureau.content import FileContent
from bureau.delivery import Delivery, Receipt
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.identity.joining import join_told
from bureau.identity.standard import standardise
from bureau.ingest import ingest
from bureau.kinds.lender import CUSTOMERS
from bureau.kinds.national_numbers import birth_date_inside, is_possible
from bureau.vault import Vault

RECEIVED: Final = datetime.fromisoformat("2026-02-01T06:00:00")


def main() -> None:
    """Make the bureau unless it is there, deliver, and count."""
    at_a_home("Measure the joining of a delivery.", measure, inquiries=10_000)


def measure(folder: Path, _: argparse.Namespace) -> None:
    """Deliver, and print the figures."""
    history = open_history(open_home(folder / "home"))
    file = folder / "customers.parquet"
    with duckdb.connect() as work:
        work.execute(f"ATTACH '{folder / 'work.duckdb'}' AS made (READ_ONLY)")
        work.execute("CREATE TABLE asked AS FROM made.asked")
        standardise(work, "asked", "standard", day_first=False)
        work.execute(f"COPY ({_CUSTOMERS}) TO '{file}' (FORMAT parquet)")
    joining: list[float] = []

    def timed(connection: duckdb.DuckDBPyConnection, vault: Vault, delivery_no: int, moment: datetime) -> None:
        begun = spent()
        join_told(connection, vault, delivery_no, moment)
        joining.append(spent() - begun)

    intake.join_told = timed
    begun, wall = spent(), time.perf_counter()
    receipt = ingest(history, Delivery(CUSTOMERS, FileContent(file), RECEIVED, furnisher_id="further-lender"))
    if receipt.status != "taken in":
        raise SystemExit(f"not the work that was to be measured: {receipt}")
    sys.stdout.write(
        f"{receipt.accepted:,} of {receipt.read:,} accepted: {spent() - begun:.1f} CPU s, "
        f"{time.perf_counter() - wall:.1f} s; joining {sum(joining):.1f} CPU s; "
        f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB\n"
    )
    for outcome, count in sorted(outcomes(history, folder, receipt).items()):
        sys.stdout.write(f"{outcome:<40} {count:>8,}\n")


def outcomes(history: History, folder: Path, receipt: Receipt) -> Counter[str]:
    """How many of the delivered people went where."""
    with duckdb.connect(str(folder / "work.duckdb"), read_only=True) as work:
        person_of = dict(work.execute("SELECT record, person FROM told").fetchall())
        asked = dict(work.execute("SELECT 'C' || record, person FROM asked").fetchall())
    known = set(person_of.values())
    counted: Counter[str] = Counter()
    with history.as_of(datetime.fromisoformat("2100-01-01")) as then:
        rows = then.connection.execute(
            "SELECT consumer_ref, consumer_id FROM consumer WHERE reference_space = ? AND consumer_id IN "
            "(SELECT consumer_id FROM identity)",
            [receipt.furnisher_id],
        ).fetchall()
        for reference, consumer in rows:
            others = {person_of[each] for each in then.references(consumer) if each in person_of}
            who = "known" if asked[reference] in known else "new"
            if not others:
                counted[f"{who}: joined with nobody"] += 1
            elif others == {asked[reference]}:
                counted[f"{who}: joined with themselves"] += 1
            else:
                counted[f"{who}: joined with somebody else"] += 1
    return counted


_NUMBER: Final = "regexp_replace(upper(national_id), '[^0-9X]', '', 'g')"
_CUSTOMERS: Final = f"""
SELECT 'C' || record AS customer_ref, '2026-01-31' AS told_on, coalesce(last_name, 'Unknown') AS surname,
    coalesce(asked.first_name, 'Unknown') AS first_name, middle_name,
    CASE WHEN suffix IN ('Jr', 'Sr') THEN suffix END AS generation,
    try_strptime(born, '%Y%m%d')::DATE::VARCHAR AS birth_date,
    CASE WHEN {is_possible(_NUMBER)} THEN {_NUMBER} END AS national_number,
    CASE WHEN asked.phone SIMILAR TO '[+0-9()./ x-]{{5,30}}' THEN asked.phone END AS phone,
    CASE WHEN asked.email SIMILAR TO '[^@ ]+@[^@ ]+' THEN asked.email END AS email,
    address, asked.city, region, asked.postcode, NULL::VARCHAR AS country, NULL::VARCHAR AS employer
FROM asked JOIN standard USING (record) WHERE try_strptime(born, '%Y%m%d') IS NOT NULL AND NOT coalesce(
    {birth_date_inside(_NUMBER)} <> try_strptime(born, '%Y%m%d')::DATE, false)"""
"""What of the inquiries keeps the rules of the contract."""


if __name__ == "__main__":
    main()
