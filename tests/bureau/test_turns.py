"""Turns among threads and processes: one at a time, nobody for ever, and none is lost with who held it."""

from __future__ import annotations

import errno
import fcntl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from bureau.turns import Turns

HOLDER = """
import sys, time
from pathlib import Path
from bureau.turns import Turns
with Turns(Path(sys.argv[1]), 5).taken() as is_ours:
    assert is_ours
    print("held", flush=True)
    time.sleep(60)
"""
ADDER = """
import sys
from pathlib import Path
from bureau.turns import Turns
turns, counter = Turns(Path(sys.argv[1]), 20), Path(sys.argv[2])
for _ in range(200):
    with turns.taken() as is_ours:
        assert is_ours
        counter.write_text(str(int(counter.read_text()) + 1))
"""
NAMER = """
import sys, time
from pathlib import Path
from bureau.turns import Turns
turns, names = Turns(Path(sys.argv[1]), 20), Path(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(40):
    with turns.taken() as is_ours:
        assert is_ours
        with names.open("a") as file:
            file.write(sys.argv[3])
        time.sleep(0.005)
"""


def test_processes_take_turns(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    adders = [subprocess.Popen([sys.executable, "-c", ADDER, tmp_path / "turn", counter]) for _ in range(2)]
    assert [each.wait() for each in adders] == [0, 0]
    assert counter.read_text() == "400"


def test_who_waits_is_next(tmp_path: Path) -> None:
    """Of two that always want a turn, neither has two in a row."""
    names = tmp_path / "names"
    command = [sys.executable, "-c", NAMER, str(tmp_path / "turn"), str(names)]
    namers = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for name in "ab"
    ]
    for each in namers:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda each: each.communicate("begin\n"), namers))
    assert [each.returncode for each in namers] == [0, 0]
    in_a_row = sum(one == other for one, other in pairwise(names.read_text()))
    assert in_a_row <= 10  # at the ends, or when the machine lets one of them sleep


def test_who_waits_too_long_has_no_turn_and_a_killed_holder_leaves_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "turn")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with Turns(tmp_path / "turn", 0.05).taken() as is_ours:
            assert not is_ours
        holder.kill()
    with Turns(tmp_path / "turn", 5).taken() as is_ours:
        assert is_ours


def test_threads_take_turns_where_no_file_can_be_made(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "no such folder" / "turn", 0.05)
    found = []

    def ask() -> None:
        with turns.taken() as is_ours:
            found.append(is_ours)

    with turns.taken() as is_ours:
        assert is_ours
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    ask()
    assert found == [False, True]


def test_no_descriptor_is_left_where_the_second_file_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "turn").mkdir()
    turns = Turns(tmp_path / "turn", 0.05)
    for _ in range(3):
        with turns.taken() as is_ours:
            assert is_ours
    assert not _opened_in(tmp_path)


def test_no_descriptor_is_left_of_turns_that_nobody_holds_any_more(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "turn", 0.05)
    with turns.taken() as is_ours:
        assert is_ours
    assert _opened_in(tmp_path)
    del turns
    assert not _opened_in(tmp_path)


def _opened_in(folder: Path) -> list[Path]:
    return [each for each in Path("/proc/self/fd").iterdir() if _target(each).startswith(str(folder))]


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except FileNotFoundError:  # closed meanwhile, as that of the listing itself
        return ""


def test_threads_take_turns_on_a_disk_that_locks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locks_nothing(*_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", locks_nothing)
    turns = Turns(tmp_path / "turn", 0.05)
    for _ in range(2):
        with turns.taken() as is_ours:
            assert is_ours
    turns.close()
