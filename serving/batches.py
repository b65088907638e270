"""Batches: taken in whole, sealed, scored in the background by a process of low priority, and fetched.

A job stands in the casework, where one worker at a time takes it. Its files lie sealed beside the casework. Whoever
takes a job that another has begun goes on after the last part that was written.
"""

from __future__ import annotations

import logging
import os
import secrets
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from bureau.access.access import Access
from bureau.audit.events import Event
from bureau.casework.casework import Casework
from bureau.casework.records import BatchJob, Idempotency
from features.sets import FeatureSet
from serving.batch_intake import Intake
from serving.errors import NoResults, TooManyBatches
from serving.sealed_file import SealedWriter, read_sealed

__all__ = ["LARGEST_BATCH", "LEASE", "MOST_STORED", "MOST_UPLOADS", "MOST_WAITING", "BatchFiles", "Batches", "Form"]

Form = Literal["csv", "parquet"]

LARGEST_BATCH: Final = 100 * 1024 * 1024
"""Bytes of a batch."""

MOST_WAITING: Final = 20
"""Batches of one subscriber that wait or run."""

MOST_STORED: Final = 2 * 1024**3
"""Bytes that files of one subscriber's batches take, what is handed in and what came of it together."""

MOST_UPLOADS: Final = 3
"""Batches that one subscriber hands in to one worker at the same time."""

LEASE: Final = timedelta(seconds=120)
"""A worker that has not moved for so long is taken to be gone."""

_LOOK_SECONDS: Final = 1.0
_ATTEMPTS: Final = 3
_PAUSE_SECONDS: Final = 20.0
_KEPT: Final = timedelta(days=30)
"""Results are fetched within so many days."""
_UNFINISHED: Final = timedelta(hours=1)
"""A file that nobody has written to for so long is nobody's any more."""

_log = logging.getLogger("bentoml.serve.tradeline")


class BatchFiles:
    """The sealed files of batches.

    Parameters
    ----------
    folder : Path
        Where they lie.
    key : bytes
        What they are sealed under.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self.folder = folder
        self._key = key

    def path(self, batch_id: str, part: str) -> Path:
        """Where a part of a batch lies: ``input``, ``results``, or a number."""
        return self.folder / f"{batch_id}.{part}"

    def writer(self, batch_id: str, part: str) -> SealedWriter:
        """Writes a part, whole or not at all."""
        return SealedWriter(self.path(batch_id, part), self._key, f"{batch_id}.{part}")

    def intake(self, batch_id: str, form: Form) -> Intake:
        """Takes in what a subscriber hands in."""
        return Intake(self.writer(batch_id, "input"), self._key, batch_id, form)

    def bytes_of(self, batch_ids: frozenset[str]) -> int:
        """How many bytes the files of some batches take."""
        found = 0
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.removeprefix(".").partition(".")[0] in batch_ids:
                    with suppress(FileNotFoundError):
                        found += entry.stat().st_size
        return found

    def blocks(self, batch_id: str, part: str) -> Iterator[bytes]:
        """The blocks of a part."""
        return read_sealed(self.path(batch_id, part), self._key, f"{batch_id}.{part}")

    def whole(self, batch_id: str, part: str) -> bytes:
        """All of a part."""
        return b"".join(self.blocks(batch_id, part))

    def remove(self, batch_id: str, *parts: str) -> None:
        """Remove parts that are not needed any more."""
        for part in parts:
            self.path(batch_id, part).unlink(missing_ok=True)

    def clear(self, batch_id: str) -> None:
        """Remove all of a batch."""
        for path in self.folder.glob(f"{batch_id}.*"):
            path.unlink(missing_ok=True)

    def prune(self, now: datetime) -> None:
        """Remove what has lain for too long."""
        for pattern, kept in (("b-*", _KEPT), (".b-*.unfinished", _UNFINISHED)):
            for path in self.folder.glob(pattern):
                with suppress(FileNotFoundError):
                    if datetime.fromtimestamp(path.stat().st_mtime, UTC) < now - kept:
                        path.unlink(missing_ok=True)


class Batches:
    """The batches of a home, as one worker of the service sees them.

    Parameters
    ----------
    casework : Casework
        Where the jobs stand.
    files : BatchFiles
        Where their files lie.
    features : FeatureSet
        The features of the portfolio in service.
    start : callable
        Starts the process that works a batch off: given the batch and this worker's name.
    clock : callable
        The moment (UTC).
    """

    def __init__(
        self,
        casework: Casework,
        files: BatchFiles,
        features: FeatureSet,
        start: Callable[[str, str], subprocess.Popen[bytes]],
        clock: Callable[[], datetime],
    ) -> None:
        self._casework = casework
        self._files = files
        self._features = features
        self._start = start
        self._clock = clock
        self._worker = f"w-{os.getpid()}-{secrets.token_hex(4)}"
        self._attempts: dict[str, int] = {}
        self._uploads: Counter[str] = Counter()

    @contextmanager
    def uploading(self, access: Access) -> Iterator[None]:
        """While a subscriber hands a batch in.

        Raises
        ------
        TooManyBatches
            If it hands in as many as it may already.
        """
        if self._uploads[access.subscriber] >= MOST_UPLOADS:
            raise TooManyBatches(f"{MOST_UPLOADS} batches are being handed in; send the next one after them")
        self._uploads[access.subscriber] += 1
        try:
            yield
        finally:
            self._uploads[access.subscriber] -= 1

    def begin(self, form: Form) -> Intake:
        """Begin to take a batch in.

        Raises
        ------
        OSError
            If its file cannot be made.
        """
        return self._files.intake(f"b-{secrets.token_hex(16)}", form)

    def add(self, intake: Intake, access: Access, purpose: str, at: datetime, key: str | None = None) -> BatchJob:
        """Take a batch in whose file has come whole; of one that is not kept, who began it discards the file.

        Raises
        ------
        BatchRefused
            If it is no table of consumers.
        AlreadyKept
            If a batch under the same idempotency key was taken in before.
        TooManyBatches
            If the subscriber has as many as it may.
        CaseworkError, VaultError, OSError
            If it cannot be kept.
        """
        rows = intake.finish(self._features)
        batch_id, subscriber, moment = intake.batch_id, access.subscriber, at.replace(tzinfo=None)
        job = BatchJob(batch_id, subscriber, access.key_id, purpose, intake.form, moment, moment, rows=rows)
        with self._casework.write():
            if key is not None:
                self._casework.claim(subscriber, batch_id, moment, Idempotency(key, intake.request(purpose)))
            self._require_room(batch_id, subscriber, moment)
            self._casework.batches.add(job)
        return job

    def _require_room(self, batch_id: str, subscriber: str, at: datetime) -> None:
        kept = self._casework.batches.since(subscriber, at - _KEPT)
        if sum(state in ("waiting", "running") for state in kept.values()) >= MOST_WAITING:
            raise TooManyBatches(f"{MOST_WAITING} batches wait; hand the next one in when one of them is done")
        if self._files.bytes_of(frozenset(kept) | {batch_id}) > MOST_STORED:
            raise TooManyBatches(
                f"files of batches take {MOST_STORED:,} bytes; wait until results are {_KEPT.days} days old"
            )

    def job(self, batch_id: str, access: Access) -> BatchJob:
        """A batch of a subscriber.

        Raises
        ------
        NotOnRecord
            If the subscriber has no such batch.
        """
        return self._casework.batches.of(batch_id, access.subscriber)

    def results(self, batch_id: str, access: Access, at: datetime) -> Iterator[bytes]:
        """The results of a batch: the blocks of a Parquet file.

        Raises
        ------
        NotOnRecord
            If the subscriber has no such batch.
        NoResults
            If there are none yet, or not any more.
        """
        job = self.job(batch_id, access)
        if job.state != "done" or not self._files.path(batch_id, "results").is_file():
            raise NoResults(f"batch {batch_id}: it has no results yet, or not any more; ask for its state")
        event = Event(
            "batch read",
            at.replace(tzinfo=None),
            actor=access.key_id,
            subscriber=access.subscriber,
            subject=batch_id,
            details={"rows": job.rows},
        )
        self._casework.audit.append(event)
        return self._files.blocks(batch_id, "results")

    def watch(self, stopped: threading.Event) -> None:
        """Work off batches one after the other, in a thread that waits for a process of its own.

        Parameters
        ----------
        stopped : Event
            Ends it, and the process; the batch is then taken up again by whoever comes next.
        """

        def run() -> None:
            while not stopped.wait(_LOOK_SECONDS):
                try:
                    self._work_one_off(stopped)
                except Exception as error:  # noqa: BLE001 (a watch that ends would leave batches lying)
                    _log.error("batches: %s", type(error).__qualname__)

        threading.Thread(target=run, name="work-batches", daemon=True).start()

    def _work_one_off(self, stopped: threading.Event) -> None:
        job = self._casework.batches.claim(self._worker, self._now(), lease=LEASE)
        if job is None:
            self._files.prune(self._clock())
            return
        attempts = self._attempts[job.batch_id] = self._attempts.get(job.batch_id, 0) + 1
        if attempts > _ATTEMPTS:
            if self._casework.batches.finish(job.batch_id, self._worker, self._now(), "failed", why="ended-by-itself"):
                self._files.clear(job.batch_id)
            return
        process = self._start(job.batch_id, self._worker)
        try:
            while process.poll() is None and not stopped.wait(0.2):
                pass
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait()
        if process.returncode and not stopped.is_set():
            stopped.wait(_PAUSE_SECONDS * attempts)  # what hinders a start may pass, and attempts are few

    def _now(self) -> datetime:
        return self._clock().replace(tzinfo=None)
