"""An ingest that is killed at random moments: none or all of a delivery is there, and the next run finishes it.

    python -m benchmarks.kills [TIMES] [SEED]

Prints how often it was killed, and how many of the kills met it between the first delivery and the last.
Anything lost, doubled or half there ends it with an error.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bureau.deliveries import list_deliveries
from bureau.facts import FACTS
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.simulator import Options, simulate

TABLES = (
    "delivery",
    "quarantine",
    "finding",
    "consumer",
    "tradeline_reference",
    "delivery_profile",
    "resolution",
    "likeness",
    *FACTS,
)


def main() -> None:
    """Kill and check as often as asked."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as scratch:
        kills, between = torture(Path(scratch), times, seed)
    sys.stdout.write(
        f"killed {kills} times, {between} times with some but not all deliveries in: nothing lost, nothing half\n"
    )


def torture(folder: Path, times: int, seed: int, consumers: int = 300, months: int = 3) -> tuple[int, int]:
    """Kill so often; the number of kills, and of those after which some but not all deliveries were in.

    Raises
    ------
    AssertionError
        If a delivery is half there, or the end is not what an undisturbed ingest gives.
    """
    deliveries = folder / "world" / "deliveries"
    simulate(Options(consumers, months, seed, fault_rate=0.05), folder / "world")
    # Tokens, and with them some identifiers, depend on the keys of a home: all homes here have the same.
    keys = folder / "keys of all"
    with open_history(open_home(keys, create=True)).vault as vault:
        for name in ("history", "tokens", "candidate keys"):
            vault.named_key(name)
    shutil.copytree(keys, folder / "undisturbed")
    begun = time.monotonic()
    assert start(deliveries, folder / "undisturbed").wait() == 0
    seconds = time.monotonic() - begun
    wanted = content(folder / "undisturbed")
    chance = random.Random(seed)  # noqa: S311 - moments to kill at
    kills = between = homes = 0
    home = Path(shutil.copytree(keys, folder / "home 0"))
    while kills < times:
        process = start(deliveries, home)
        time.sleep(chance.uniform(0, seconds))
        process.kill()
        if process.wait() != 0:
            kills += 1
            if (home / "tradeline.json").exists() and (home / "history" / "history.duckdb").exists():
                check_whole(history_of(home))
                between += 0 < len(list_deliveries(history_of(home))) < wanted["delivery"][0]
            continue
        assert content(home) == wanted, "a run after kills ends otherwise than an undisturbed one"
        homes += 1
        home = Path(shutil.copytree(keys, folder / f"home {homes}"))
    assert start(deliveries, home).wait() == 0
    assert content(home) == wanted, "a run after kills ends otherwise than an undisturbed one"
    return kills, between


def start(deliveries: Path, home: Path) -> subprocess.Popen[bytes]:
    """An ingest in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tradeline", "ingest", str(deliveries), "--home", str(home), "--json"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def history_of(home: Path) -> History:
    """The history of a home."""
    return open_history(open_home(home), memory_limit="500MB")


def check_whole(history: History) -> None:
    """Every delivery that is there is there as a whole, and nothing is there of any other."""
    with history.read() as connection:
        torn = connection.execute(
            "SELECT count(*) FROM delivery WHERE read <> accepted + quarantined + duplicate"
        ).fetchone()
        assert torn == (0,), "the counts of a delivery do not add up"
        for table in ("quarantine", "finding", "delivery_profile", *FACTS):
            stray = connection.execute(
                f"SELECT count(*) FROM {table} WHERE delivery_no NOT IN (SELECT delivery_no FROM delivery)"
            ).fetchone()
            assert stray == (0,), f"{table} holds something of a delivery that is not there"
        aside = connection.execute(
            "SELECT count(*) FROM delivery WHERE status <> 'held' AND quarantined <> "
            "(SELECT count(*) FROM quarantine WHERE quarantine.delivery_no = delivery.delivery_no)"
        ).fetchone()
        assert aside == (0,), "a record set aside is not in the quarantine"


def content(home: Path) -> dict[str, tuple[int, int]]:
    """A digest of every table."""
    with history_of(home).read() as connection:
        return {
            table: connection.execute(
                f"SELECT count(*), sum(hash(each)::HUGEINT) FROM {table} AS each"
            ).fetchone() or (0, 0)
            for table in TABLES
        }  # fmt: skip


if __name__ == "__main__":
    main()
