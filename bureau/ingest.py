"""Taking in a delivery: read, verify, set aside, record; all of it or nothing.

The whole delivery is one transaction of the history. Records are handled a block at a time, so
that memory does not grow with the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from bureau.contracts import Contract
from bureau.delivery import Delivery, Furnisher, Receipt, fingerprint
from bureau.errors import DeliveryRefused
from bureau.facts import FACTS
from bureau.history import History
from bureau.lines import file_errors
from bureau.mapping import record_chunk
from bureau.reading import LINE, Records, open_records
from bureau.settle import settle
from bureau.verify import broken_rules_sql, is_bad_sql, typed_sql

__all__ = ["MAX_BAD_SHARE", "Progress", "ingest", "ingest_within", "register_furnishers"]

MAX_BAD_SHARE: Final = 0.05
"""A delivery with a larger share of bad records is refused as a whole."""

_CHUNK_ROWS: Final = 1_000_000
_RULE_WORDS: Final = {
    "filled": "a value must stand there",
    "type": "it must be a number",
    "allowed": "the code must be one of the contract's",
    "range": "the value must be plausible",
    "fields": "a line must have as many fields as the header",
    "quotes": "a quote must be closed in its line",
    "characters": "NUL characters may not occur",
    "encoding": "the text must be UTF-8",
}
"""What the rules that need no contract ask for, for people."""

Progress = Callable[[float], None]
"""Told the share of a file that has been read, from 0 to 1."""


def register_furnishers(history: History, furnishers: tuple[Furnisher, ...]) -> None:
    """Make furnishers known to the history; one that is known already is left as it is."""
    with history.write() as connection:
        for furnisher in furnishers:
            connection.execute(
                "INSERT INTO furnisher SELECT $1, $2, $3, $4 WHERE NOT EXISTS (FROM furnisher WHERE furnisher_id = $1)",
                [furnisher.furnisher_id, furnisher.name, furnisher.jurisdiction, furnisher.currency],
            )


def ingest(history: History, delivery: Delivery, progress: Progress | None = None) -> Receipt:
    """Take one delivery into the history.

    Parameters
    ----------
    history : History
        Where the facts go.
    delivery : Delivery
        The file and its contract.
    progress : callable, optional
        Told the share of the file that has been read.

    Returns
    -------
    Receipt
        What became of its records. A delivery taken in before changes nothing, and its first
        receipt is returned with ``known_before``.

    Raises
    ------
    DeliveryRefused
        If the file as a whole cannot be taken in; the history is as it was.
    HistoryBusy
        If another process holds the history for too long.
    """
    with history.write() as connection:
        return ingest_within(connection, delivery, progress)


def ingest_within(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, progress: Progress | None = None
) -> Receipt:
    """Take one delivery into the history within a write transaction, which the caller ends.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A write transaction of the history; after an error it must not be committed.
    delivery, progress
        As for :func:`ingest`.

    Raises
    ------
    DeliveryRefused
        If the file as a whole cannot be taken in.
    """
    with file_errors(delivery.path):
        before = _state(delivery.path)
        delivery_id = fingerprint(delivery)
    known = _known_receipt(connection, delivery_id)
    if known is not None:
        return known
    receipt = _Intake(connection, delivery, delivery_id).run(progress)
    with file_errors(delivery.path):
        if _state(delivery.path) != before:
            raise DeliveryRefused(delivery.path.name, "the file changed while it was read", "wait until it is complete")
    return receipt


def _state(path: Path) -> tuple[int, int]:
    """What changes when somebody writes to a file."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _known_receipt(connection: duckdb.DuckDBPyConnection, delivery_id: str) -> Receipt | None:
    row = connection.execute(
        "SELECT delivery_no, furnisher_id, contract, file, read, accepted, quarantined, duplicate "
        "FROM delivery WHERE delivery_id = ?",
        [delivery_id],
    ).fetchone()
    if row is None:
        return None
    delivery_no, furnisher_id, contract, file, read, accepted, quarantined, duplicate = row
    rules = _rule_counts(connection, delivery_no)
    return Receipt(
        delivery_id, furnisher_id, contract, file, read, accepted, quarantined, duplicate, rules, known_before=True
    )


def _rule_counts(connection: duckdb.DuckDBPyConnection, delivery_no: int) -> dict[str, int]:
    rows = connection.execute(
        "SELECT rule, count(*) FROM (SELECT unnest(rules) AS rule FROM quarantine WHERE delivery_no = ?) "
        "GROUP BY rule ORDER BY count(*) DESC, rule",
        [delivery_no],
    ).fetchall()
    return dict(rows)


@dataclass
class _Intake:
    """The taking in of one delivery, within one transaction."""

    connection: duckdb.DuckDBPyConnection
    delivery: Delivery
    delivery_id: str
    delivery_no: int = 0
    read: int = 0
    quarantined: int = 0

    @property
    def contract(self) -> Contract:
        return self.delivery.contract

    def run(self, progress: Progress | None) -> Receipt:
        (self.delivery_no,) = self._one("SELECT coalesce(max(delivery_no), 0) + 1 FROM delivery")
        self.connection.execute(f"SET VARIABLE observed_on = DATE '{self.delivery.observed_on.isoformat()}'")
        received = self.delivery.received_at.isoformat(sep=" ")
        self.connection.execute(f"SET VARIABLE received_at = TIMESTAMP '{received}'")
        with open_records(self.delivery.path) as records:
            raw_names, unknown = self._match_columns(records.names)
            taken = list(dict.fromkeys(name for name in raw_names.values() if name))
            for chunk in _chunks(records, taken):
                self._take_chunk(chunk, raw_names)
                self._set_aside_bad_lines(records)
                if progress is not None:
                    progress(records.position / max(records.size, 1))
            self._set_aside_bad_lines(records)
        self._require_good_enough()
        duplicate = self._settle()
        return self._receipt(duplicate, unknown)

    def _match_columns(self, header: tuple[str, ...]) -> tuple[dict[str, str | None], tuple[str, ...]]:
        """Column of the contract to its name in the file, and the columns nobody knows."""
        raw_names: dict[str, str | None] = {}
        missing = []
        for column in self.contract.columns:
            found = next((name for name in (column.name, *column.aliases) if name in header), None)
            raw_names[column.name] = found
            if found is None and not column.optional:
                missing.append(column.name)
        if missing:
            others = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
            raise DeliveryRefused(
                self.delivery.path.name,
                f"the column is missing{others}",
                f"deliver the columns of the contract {self.contract.name}",
                missing[0],
            )
        known = {name for name in raw_names.values() if name} | set(self.contract.not_taken)
        unknown = tuple(name for name in header if name not in known)
        return raw_names, unknown

    def _take_chunk(self, chunk: pa.Table, raw_names: dict[str, str | None]) -> None:
        self.read += chunk.num_rows
        self.connection.register("raw_chunk", chunk)
        is_bad = is_bad_sql(self.contract, raw_names)
        names = ", ".join(f'"{column.name}"' for column in self.contract.columns)
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE checked AS SELECT line_no, {names}, {is_bad} AS is_bad "
            f"FROM ({typed_sql(self.contract, raw_names, 'raw_chunk', LINE)})"
        )
        (bad,) = self._one("SELECT count(*) FROM checked WHERE is_bad")
        if bad:
            self.quarantined += bad
            bad_rows = f'(FROM raw_chunk SEMI JOIN (FROM checked WHERE is_bad) AS bad ON bad.line_no = "{LINE}")'
            self.connection.execute(
                f"INSERT INTO quarantine "
                f"SELECT {self.delivery_no}, line_no, {broken_rules_sql(self.contract, raw_names)}, to_json(record) "
                f"FROM ({typed_sql(self.contract, raw_names, bad_rows, LINE)}) "
                f'JOIN (SELECT "{LINE}" AS line_no, raw_chunk AS record FROM raw_chunk) USING (line_no) '
                "ORDER BY line_no"
            )
        self.connection.unregister("raw_chunk")
        self.connection.execute("CREATE OR REPLACE TEMP VIEW good AS FROM checked WHERE NOT is_bad")
        record_chunk(self.connection, self.contract, self.delivery_no)

    def _set_aside_bad_lines(self, records: Records) -> None:
        """Keep the lines that are no records; they were read all the same."""
        bad = records.take_bad_lines()
        if not bad:
            return
        self.read += len(bad)
        self.quarantined += len(bad)
        lines = {"line": [b.line for b in bad], "rules": [[b.rule] for b in bad], "record": [b.text for b in bad]}
        self.connection.register("bad_lines", pa.table(lines))
        self.connection.execute(f"INSERT INTO quarantine SELECT {self.delivery_no}, line, rules, record FROM bad_lines")
        self.connection.unregister("bad_lines")

    def _require_good_enough(self) -> None:
        file = self.delivery.path.name
        if self.read == 0:
            raise DeliveryRefused(file, "the file has no records", "ask the furnisher to send it again")
        if self.quarantined <= MAX_BAD_SHARE * self.read:
            return
        rule, count = next(iter(_rule_counts(self.connection, self.delivery_no).items()))
        (line,) = self._one(
            f"SELECT min(line) FROM quarantine WHERE delivery_no = {self.delivery_no} AND list_contains(rules, $rule)",
            {"rule": rule},
        )
        kind, _, column = rule.partition(":")
        words = _RULE_WORDS.get(kind) or next(r.sentence for r in self.contract.rules if r.id == kind)
        raise DeliveryRefused(
            file,
            f"{self.quarantined:,} of {self.read:,} records are bad, over {MAX_BAD_SHARE:.0%}; "
            f"{count:,} break the rule {kind!r} ({words}), the first in line {line}",
            "correct the records, or ask the furnisher to",
            column or None,
        )

    def _settle(self) -> int:
        """Order the versions of each fact; the number of records that said nothing new."""
        removed = [
            settle(self.connection, FACTS[name], self.delivery_no)
            for name in dict.fromkeys(mapping.fact for mapping in self.contract.facts)
        ]
        return removed[0]

    def _receipt(self, duplicate: int, unknown: tuple[str, ...]) -> Receipt:
        accepted = self.read - self.quarantined - duplicate
        contract, file = self.contract, self.delivery.path.name
        self.connection.execute(
            "INSERT INTO delivery VALUES (?, ?, ?, ?, ?, getvariable('received_at'), ?, ?, ?, ?)",
            [
                self.delivery_no,
                self.delivery_id,
                contract.furnisher_id,
                contract.name,
                file,
                self.read,
                accepted,
                self.quarantined,
                duplicate,
            ],
        )
        return Receipt(
            self.delivery_id,
            contract.furnisher_id,
            contract.name,
            file,
            self.read,
            accepted,
            self.quarantined,
            duplicate,
            _rule_counts(self.connection, self.delivery_no),
            unknown,
        )

    def _one(self, sql: str, parameters: dict[str, str] | None = None) -> tuple[int, ...]:
        row = self.connection.execute(sql, parameters).fetchone()
        if row is None:
            raise LookupError(f"no row from: {sql}")
        return row


def _chunks(records: Records, columns: list[str]) -> Iterator[pa.Table]:
    """The records in tables of about a million rows."""
    waiting: list[pa.Table] = []
    rows = 0
    for batch in records.batches(columns):
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= _CHUNK_ROWS:
            yield pa.concat_tables(waiting)
            waiting, rows = [], 0
    if rows:
        yield pa.concat_tables(waiting)
