"""Batch jobs: handed in, taken by one worker at a time, carried on by another if that one ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from bureau.audit.chain import AuditLog
from bureau.audit.events import Detail, Event
from bureau.casework.records import BatchJob, BatchState
from bureau.casework.tables import insert_sql
from bureau.cells import as_written, moment, text, whole
from bureau.errors import NotOnRecord
from bureau.store import Store

__all__ = ["Batches"]

_COLUMNS: Final = (
    "batch_id, subscriber, key_id, purpose, form, created_at, updated_at, state, rows, done, failed, model_version, why"
)

_READ: Final[Mapping[str, Callable[[object], Any]]] = MappingProxyType(
    {"created_at": moment, "updated_at": moment, "rows": whole, "done": whole, "failed": whole}
)
"""How columns are read that are no texts."""

_TURNS: Final = (
    "SELECT subscriber AS whose, sum(CASE state WHEN 'running' THEN 1 ELSE 0 END) AS running, "
    "max(CASE state WHEN 'waiting' THEN '' ELSE updated_at END) AS last FROM batch GROUP BY subscriber"
)
"""Of each subscriber how many jobs run, and when one last moved."""


class Batches:
    """The batch jobs of one casework store.

    Parameters
    ----------
    store : Store
        The store.
    audit : AuditLog
        Where it is noted.
    """

    def __init__(self, store: Store, audit: AuditLog) -> None:
        self._store = store
        self._audit = audit

    def add(self, job: BatchJob) -> None:
        """Hand in a job."""
        with self._store.write():
            row = {name: getattr(job, name) for name in _COLUMNS.split(", ")}
            moments = {name: row[name].isoformat() for name in ("created_at", "updated_at")}
            self._store.rows(insert_sql("batch"), **(row | moments), worker=None)
            told: dict[str, Detail] = {"rows": job.rows, "purpose": job.purpose, "row": self.fingerprint(job)}
            self._note("batch accepted", job.created_at, job, told)

    def of(self, batch_id: str, subscriber: str | None) -> BatchJob:
        """A job.

        Parameters
        ----------
        batch_id : str
            Its name.
        subscriber : str, optional
            Whose it must be; None for whoever's.

        Raises
        ------
        NotOnRecord
            If there is none, or it is another subscriber's.
        """
        rows = self._store.rows(f"SELECT {_COLUMNS} FROM batch WHERE batch_id = :batch_id", batch_id=batch_id)
        for row in rows:
            if subscriber in (None, row.subscriber):
                return _job(row._asdict())
        raise NotOnRecord("there is no such batch; check its name, and whose it is")

    def since(self, subscriber: str, moment: datetime) -> dict[str, BatchState]:
        """The batches that a subscriber has handed in after a moment (UTC, naive), and where each stands."""
        rows = self._store.rows(
            "SELECT batch_id, state FROM batch WHERE subscriber = :subscriber "
            "AND (created_at >= :moment OR state IN ('waiting', 'running'))",
            subscriber=subscriber,
            moment=moment.isoformat(),
        )
        return {str(batch_id): state for batch_id, state in rows}

    def all(self) -> list[BatchJob]:
        """Every job, in the order in which they were handed in."""
        rows = self._store.rows(f"SELECT {_COLUMNS} FROM batch ORDER BY created_at, batch_id")
        return [_job(row._asdict()) for row in rows]

    def fingerprint(self, job: BatchJob) -> str:
        """What stands in the audit log for what never changes of a job."""
        row = {name: getattr(job, name) for name in ("batch_id", "subscriber", "key_id", "purpose", "form")}
        return self._audit.fingerprint("batch", row | {"created_at": job.created_at.isoformat()})

    def claim(self, worker: str, now: datetime, *, lease: timedelta) -> BatchJob | None:
        """Take the next job that waits, or whose worker has not moved for a lease; None if there is none.

        Subscribers take turns: first come those of whom no job runs, then those whose last turn is longest ago, and
        of one subscriber the oldest job. Who hands many jobs in waits for himself and not the others for him.

        Parameters
        ----------
        worker : str
            Who takes it.
        now : datetime
            The moment (UTC, naive).
        lease : timedelta
            After how long without progress a worker counts as gone.
        """
        if not self._store.rows("SELECT 1 FROM batch WHERE state IN ('waiting', 'running') LIMIT 1"):
            return None  # as mostly; so nobody waits for a turn to write
        with self._store.write():
            rows = self._store.rows(
                f"SELECT {_COLUMNS} FROM batch JOIN ({_TURNS}) AS turns ON turns.whose = batch.subscriber "
                "WHERE state = 'waiting' "
                "OR (state = 'running' AND (worker = :worker OR updated_at <= :gone)) "
                "ORDER BY turns.running, turns.last, created_at, batch_id LIMIT 1",
                worker=worker,
                gone=(now - lease).isoformat(),
            )
            for row in rows:
                self._store.rows(
                    "UPDATE batch SET state = 'running', worker = :worker, updated_at = :now "
                    "WHERE batch_id = :batch_id",
                    worker=worker,
                    now=now.isoformat(),
                    batch_id=row.batch_id,
                )
                return self.of(row.batch_id, None)
        return None

    def progress(
        self, batch_id: str, worker: str, now: datetime, *, rows: int, done: int, failed: int, model_version: str
    ) -> bool:
        """Note how far a job is; False if another worker has it by now, so this one must stop."""
        with self._store.write():
            if not self._is_mine(batch_id, worker):
                return False
            self._store.rows(
                "UPDATE batch SET rows = :rows, done = :done, failed = :failed, model_version = :model, "
                "updated_at = :now WHERE batch_id = :batch_id",
                rows=rows,
                done=done,
                failed=failed,
                model=model_version,
                now=now.isoformat(),
                batch_id=batch_id,
            )
        return True

    def finish(self, batch_id: str, worker: str, now: datetime, state: BatchState, *, why: str = "") -> bool:
        """End a job as ``done`` or ``failed``; False if another worker has it by now."""
        with self._store.write():
            if not self._is_mine(batch_id, worker):
                return False
            self._store.rows(
                "UPDATE batch SET state = :state, why = :why, updated_at = :now, worker = NULL "
                "WHERE batch_id = :batch_id",
                state=state,
                why=why,
                now=now.isoformat(),
                batch_id=batch_id,
            )
            job = self.of(batch_id, None)
            counts = {"rows": job.rows, "done": job.done, "failed": job.failed}
            self._note("batch finished", now, job, {"state": state, **counts, "model": job.model_version, "why": why})
        return True

    def _is_mine(self, batch_id: str, worker: str) -> bool:
        return bool(
            self._store.rows(
                "SELECT 1 FROM batch WHERE batch_id = :batch_id AND worker = :worker AND state = 'running'",
                batch_id=batch_id,
                worker=worker,
            )
        )

    def _note(self, kind: Any, at: datetime, job: BatchJob, details: Mapping[str, Detail]) -> None:
        self._audit.append(
            Event(kind, at, actor=job.key_id, subscriber=job.subscriber, subject=job.batch_id, details=details)
        )


def _job(row: dict[str, Any]) -> BatchJob:
    with as_written(f"batch {row['batch_id']}"):
        return BatchJob(**{name: _READ.get(name, text)(cell) for name, cell in row.items()})
