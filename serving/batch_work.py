"""Working a batch off: part by part, so that it goes on where it was when it is cut short."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bureau.casework.casework import Casework
from bureau.casework.records import BatchJob
from bureau.errors import UnknownConsumer
from features.vectors import from_application
from scoring.policy.circumstances import Circumstances
from serving.asked import Asked
from serving.batch_rows import BatchRow, rows_of
from serving.batch_table import parts
from serving.batches import BatchFiles
from serving.desk import as_ruled
from serving.engine import Engine
from serving.errors import BatchRefused
from serving.online import Online

__all__ = ["RESULTS", "BatchWork"]

_PART: Final = 10_000

RESULTS: Final = pa.schema(
    [
        ("row", pa.int64()),
        ("consumer_ref", pa.string()),
        ("consumer_id", pa.int64()),
        ("status", pa.string()),
        ("credit_score", pa.int32()),
        ("default_probability", pa.float64()),
        ("decision", pa.string()),
        ("reason_codes", pa.list_(pa.string())),
        ("key_factor_codes", pa.list_(pa.string())),
    ]
)
"""Columns of the results, one row for each row handed in, in its order.

``row``: its place among the rows handed in, from 1.
``status``: ``scored``, ``withheld`` (a rule yields no score), ``unknown``, ``no features`` or ``invalid``.
"""


@dataclass(frozen=True)
class BatchWork:
    """What works batches off.

    Parameters
    ----------
    casework : Casework
        Where the jobs stand.
    files : BatchFiles
        Where their files lie.
    online : Online
        What is known of people.
    engine : Engine
        The champion; a batch that is taken up again under another one begins anew.
    clock : callable
        The moment (UTC).
    """

    casework: Casework
    files: BatchFiles
    online: Online
    engine: Engine
    clock: Callable[[], datetime]

    def run(self, batch_id: str, worker: str) -> None:
        """Work a batch off that a worker has taken.

        Raises
        ------
        CaseworkError, VaultError, OSError
            If it cannot be gone on with; the job stays taken, and is taken up again.
        """
        minder = os.getppid()
        job = self.casework.batches.of(batch_id, None)
        try:
            self._run(job, worker, minder)
        except BatchRefused:
            self._give_up(batch_id, worker, "not-readable")
        except MemoryError:
            self._give_up(batch_id, worker, "too-large-unpacked")

    def _give_up(self, batch_id: str, worker: str, why: str) -> None:
        if self.casework.batches.finish(batch_id, worker, self._now(), "failed", why=why):
            self.files.clear(batch_id)

    def _run(self, job: BatchJob, worker: str, minder: int) -> None:
        batch_id = job.batch_id
        content = self.files.whole(batch_id, "input")
        jurisdiction = self.casework.subscribers.get(job.subscriber).jurisdiction
        begun_anew = job.model_version not in ("", self.engine.version)
        flags = self._flags()
        count = done = failed = 0
        for number, table in enumerate(parts(content, job.form, self.engine.bundle.features, _PART)):
            count = number + 1
            if begun_anew or not self.files.path(batch_id, str(number)).exists():
                results = self._scored(table, jurisdiction, flags, done)
                self._write(batch_id, str(number), [results])
            else:
                results = self._read(batch_id, str(number))
            done += results.num_rows
            failed += sum(status not in ("scored", "withheld") for status in results["status"].to_pylist())
            if os.getppid() != minder or not self._progress(job, worker, max(job.rows, done), done, failed):
                return
        self._write(batch_id, "results", (self._read(batch_id, str(number)) for number in range(count)))
        if self.casework.batches.finish(batch_id, worker, self._now(), "done"):
            self.files.remove(batch_id, "input", *map(str, range(count)))

    def _progress(self, job: BatchJob, worker: str, rows: int, done: int, failed: int) -> bool:
        return self.casework.batches.progress(
            job.batch_id, worker, self._now(), rows=rows, done=done, failed=failed, model_version=self.engine.version
        )

    def _flags(self) -> Mapping[int, frozenset[str]]:
        """Flags in force, by every number of the person whom they are about."""
        self.online.refresh()
        today = self._now().date()
        flags: dict[int, frozenset[str]] = {}
        for placed in self.casework.flags.history():
            if placed.lifted_at is None and (placed.expires_on is None or placed.expires_on > today):
                for number in self.online.references_of(placed.consumer_id):
                    flags[number] = flags.get(number, frozenset()) | {as_ruled(placed.flag)}
        return flags

    def _scored(self, table: pa.Table, jurisdiction: str, flags: Mapping[int, frozenset[str]], before: int) -> pa.Table:
        features, now = self.engine.bundle.features, self.clock()
        policy = self.engine.policies.in_force(now.date(), jurisdiction)
        told = [self._looked_up(row) for row in rows_of(table, features)]
        for each in told:
            if each["status"] == "scored":
                each["circumstances"] = Circumstances(
                    flags=flags.get(each["number"], frozenset()),
                    features_age_days=max(0, (now - each["known_at"]).days),
                )
                if not policy.needs_score(each["circumstances"]):
                    each["status"] = "withheld"
                    each["ruling"] = policy.rule(each["circumstances"], None)
        wanted = [each for each in told if each["status"] == "scored"]
        counted = {
            name: np.fromiter((each["values"][name] for each in wanted), np.float64, len(wanted))
            for name in features.counted
        }
        with np.errstate(over="ignore", invalid="ignore"):
            scores = self.engine.scorer.score(counted, explain="all", policy=policy) if wanted else []
        for each, scored in zip(wanted, scores, strict=True):
            each["scored"], each["ruling"] = scored, policy.rule(each["circumstances"], scored.credit_score)
        rows = [_result(each, row) for row, each in enumerate(told, before + 1)]
        return pa.Table.from_pylist(rows, schema=RESULTS)

    def _looked_up(self, row: BatchRow) -> dict[str, Any]:
        told: dict[str, Any] = {"consumer_ref": row.consumer_ref, "consumer_id": row.consumer_id, "status": "invalid"}
        if not row.is_sound:
            return told
        try:
            who = Asked(consumer_ref=row.consumer_ref, consumer_id=row.consumer_id)
            number = self.online.subject(who).consumer_id
        except UnknownConsumer:
            return told | {"status": "unknown"}
        vector = None if number is None else self.online.vector(number)
        if vector is None:
            return told | {"status": "no features"}
        values = vector.values
        if row.application:
            values = values | from_application(self.engine.bundle.features, row.application)
        return told | {"status": "scored", "number": number, "values": values, "known_at": vector.as_of}

    def _now(self) -> datetime:
        return self.clock().replace(tzinfo=None)

    def _write(self, batch_id: str, part: str, tables: Sequence[pa.Table] | Iterator[pa.Table]) -> None:
        with (
            self.files.writer(batch_id, part) as writer,
            pa.PythonFile(_Sink(writer), mode="w") as sink,
            pq.ParquetWriter(sink, RESULTS, compression="zstd") as parquet,
        ):
            for table in tables:
                parquet.write_table(table)

    def _read(self, batch_id: str, part: str) -> pa.Table:
        return pq.read_table(io.BytesIO(self.files.whole(batch_id, part)), schema=RESULTS)


class _Sink(io.RawIOBase):
    """A sealed file as pyarrow writes to it; the file itself is closed by who opened it."""

    def __init__(self, writer: Any) -> None:
        super().__init__()
        self._writer = writer
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._writer.write(bytes(content))
        self._at += len(content)
        return len(content)

    def tell(self) -> int:
        return self._at


def _result(each: Mapping[str, Any], row: int) -> dict[str, Any]:
    scored, ruling = each.get("scored"), each.get("ruling")
    of_rules, of_score = ruling.reasons(scored.explanation.against if scored else ()) if ruling else ((), ())
    return {
        "row": row,
        "consumer_ref": each["consumer_ref"],
        "consumer_id": each["consumer_id"],
        "status": each["status"],
        "credit_score": scored.credit_score if scored else None,
        "default_probability": scored.default_probability if scored else None,
        "decision": ruling.decision if ruling else None,
        "reason_codes": [reason.code for reason in (*of_rules, *of_score)],
        "key_factor_codes": [reason.code for reason in (scored.explanation.key_factors if scored else ())],
    }
