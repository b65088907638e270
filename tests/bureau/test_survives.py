"""What an ingest must survive: being killed, company, and a full disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.kills import check_whole, content, history_of, start, torture
from bureau.deliveries import list_deliveries
from bureau.simulator import Options, simulate

TRADELINE = [sys.executable, "-m", "tradeline"]


@pytest.mark.slow
def test_killed_at_random_moments_nothing_is_lost_and_nothing_is_half_there(tmp_path: Path) -> None:
    kills, _ = torture(tmp_path, times=2, seed=3, consumers=60, months=1)
    assert kills == 2


@pytest.mark.slow
def test_two_ingests_at_once_end_as_one(tmp_path: Path) -> None:
    simulate(Options(60, 1, 5, fault_rate=0), tmp_path / "world")
    deliveries = tmp_path / "world" / "deliveries"
    both = [start(deliveries, tmp_path / "shared") for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    history = history_of(tmp_path / "shared")
    check_whole(history)
    wanted = json.loads((deliveries / "manifest.json").read_text())["deliveries"]
    assert len(list_deliveries(history)) == len(wanted)
    with history.read() as connection:
        assert connection.execute("SELECT count(DISTINCT delivery_id) FROM delivery").fetchone() == (len(wanted),)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of some megabytes, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_one_clear_error_with_the_old_state_intact(tmp_path: Path, small_disk: Path) -> None:
    simulate(Options(100, 1, 6), tmp_path / "small")
    simulate(Options(6_000, 1, 7), tmp_path / "large")
    home = small_disk / "home"
    run = [*TRADELINE, "ingest", "--home", str(home), "--json"]
    subprocess.run([*run, str(tmp_path / "small" / "deliveries")], check=True, capture_output=True)
    before = content(home)
    full = subprocess.run(
        [*run, str(tmp_path / "large" / "deliveries")], capture_output=True, text=True, check=False, env=os.environ
    )
    assert full.returncode == 1
    assert "the disk is full; make room and run the command again" in full.stderr
    assert "Traceback" not in full.stderr
    check_whole(history_of(home))
    after = content(home)
    assert after["delivery"][0] >= before["delivery"][0]
    assert [row.receipt.delivery_id for row in list_deliveries(history_of(home))]
