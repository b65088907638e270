"""Storages: what a killed writer leaves in a journal, and what cannot be opened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from optuna.storages import InMemoryStorage, JournalStorage, RDBStorage
from optuna.study import StudyDirection

from training.errors import TuningError
from training.tuning.storage import open_storage

MAXIMIZE = [StudyDirection.MAXIMIZE]


def test_each_kind(tmp_path: Path) -> None:
    assert isinstance(open_storage(None), InMemoryStorage)
    assert isinstance(open_storage(tmp_path / "new folder" / "journal"), JournalStorage)
    assert isinstance(open_storage(f"sqlite:///{tmp_path / 'database'}"), RDBStorage)


@pytest.mark.parametrize("half", [b"{", b'{"op_code":0,"worker_id":"x","study_name":"half', b"x" * 10_000])
def test_half_a_line_is_cut_off_and_the_rest_goes_on(tmp_path: Path, half: bytes) -> None:
    journal = tmp_path / "journal"
    open_storage(journal).create_new_study(MAXIMIZE, "whole")
    with journal.open("ab") as file:
        file.write(half)
    storage = open_storage(journal)
    assert [study.study_name for study in storage.get_all_studies()] == ["whole"]
    storage.create_new_study(MAXIMIZE, "next")
    assert [json.loads(line)["study_name"] for line in journal.read_text().splitlines()] == ["whole", "next"]
    assert [study.study_name for study in open_storage(journal).get_all_studies()] == ["whole", "next"]


def test_half_of_the_very_first_line(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    journal.write_bytes(b'{"op_code":0')
    open_storage(journal).create_new_study(MAXIMIZE, "first")
    assert [study.study_name for study in open_storage(journal).get_all_studies()] == ["first"]


def test_a_lock_ends_with_the_process_that_holds_it(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    open_storage(journal).create_new_study(MAXIMIZE, "before")
    holder = subprocess.Popen(
        [sys.executable, "-c", "import fcntl, sys, time; file = open(sys.argv[1], 'rb+'); "
         "fcntl.flock(file, fcntl.LOCK_EX); print('held', flush=True); time.sleep(600)", str(journal)],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    open_storage(journal).create_new_study(MAXIMIZE, "after")
    assert len(open_storage(journal).get_all_studies()) == 2


@pytest.mark.parametrize("text", ["not a journal\nat all\n", "[1]\n[2]\n", '{"op_code": 4}\n{"op_code": 5}\n'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(TuningError, match="cannot be read as the journal of a tuning"):
        open_storage(tmp_path / "file")
    assert (tmp_path / "file").read_text() == text


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TuningError, match="cannot be read as the journal"):
        open_storage(tmp_path)


def test_a_text_that_is_no_url(tmp_path: Path) -> None:
    with pytest.raises(TuningError, match="for a journal file give a Path"):
        open_storage(str(tmp_path / "journal"))


def test_a_password_is_not_told() -> None:
    with pytest.raises(TuningError, match=r"postgresql://me:\*\*\*@127\.0\.0\.1:9/none") as refused:
        open_storage("postgresql://me:secret@127.0.0.1:9/none?connect_timeout=1")
    assert "secret" not in str(refused.value)
