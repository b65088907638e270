"""The taking in of one delivery, within one transaction of the history.

Records are handled a block at a time, so that memory does not grow with the file:

1. a block is read, its columns get their types, and the rules of the contract are checked;
2. its good records become facts;
3. once all are in, the delivery is checked against itself and against what is on file, and the
   facts of the lines that are set aside are taken out again;
4. the versions of each fact are put in order, which tells the duplicates;
5. the raw records of the lines set aside are fetched from the file in a second reading, and sealed in
   the vault with what was told of persons.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

import duckdb
import pyarrow as pa

from bureau.contracts import Contract
from bureau.deliveries import keep_delivery
from bureau.delivery import Delivery, Receipt, Status
from bureau.door import refuse_special_categories
from bureau.doubled import set_aside_doubled
from bureau.erased import hide_erased
from bureau.errors import DeliveryRefused
from bureau.facts import FACTS
from bureau.forgetting import forget_erased, note_not_kept
from bureau.formats.lines import FETCH_AGAIN
from bureau.formats.opening import open_records, raw_records
from bureau.formats.records import LINE, Records
from bureau.identity.joining import join_told
from bureau.mapping import TOLD_HERE, forget_references, record_chunk
from bureau.onfile import check
from bureau.profiles import count_bins, merged_bins, sampling_step, store_profile
from bureau.quoting import literal, quoted
from bureau.sealing import keep_records, keep_told_identities
from bureau.settle import settle
from bureau.shifts import Bins
from bureau.taken_apart import lines_of_erased
from bureau.tokens import define_tokens
from bureau.vault import Vault
from bureau.verify import RAW, broken_rules_sql, findings_sql, is_bad_sql, typed_sql

__all__ = ["Intake", "Judge", "Progress"]

_CHUNK_ROWS: Final = 1_000_000
_RAW_ROWS: Final = 50_000
_ONE_LINE: Final = f'bad_line.line_no = raw_chunk."{LINE}"'
_TEMPORARY: Final = (
    "CREATE OR REPLACE TEMP TABLE set_aside (line_no BIGINT, rule VARCHAR)",
    "CREATE OR REPLACE TEMP TABLE bad_record (line_no BIGINT, record VARCHAR)",
    "CREATE OR REPLACE TEMP TABLE found (line_no BIGINT, rule VARCHAR, evidence VARCHAR)",
    "CREATE OR REPLACE TEMP TABLE contradiction (line_no BIGINT, evidence VARCHAR)",
    *TOLD_HERE,
)

Progress = Callable[[float], None]
"""Told the share of a file that has been read, from 0 to 1."""

Judge = Callable[["Intake", Receipt], None]
"""Looks at a delivery before it is kept; raises when it may not be."""


@dataclass
class Intake:
    """One delivery on its way into the history.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A write transaction, which the caller ends; after an error it must not be committed.
    vault : Vault
        The vault of the same home.
    delivery : Delivery
        The delivery.
    delivery_id : str
        Its fingerprint.
    delivery_no : int
        Its number in the history.
    status : {'taken in', 'released'}
        How it comes in.
    held_because : tuple of str
        Why it waited before it was released.
    """

    connection: duckdb.DuckDBPyConnection
    vault: Vault
    delivery: Delivery
    delivery_id: str
    delivery_no: int
    status: Status = "taken in"
    held_because: tuple[str, ...] = ()
    read: int = 0
    _good: int = 0
    bins: Bins = field(default_factory=dict)
    _size: int = 0
    _names: tuple[str, ...] = ()
    _unknown: tuple[str, ...] = ()

    @property
    def contract(self) -> Contract:
        """The contract, without the rules that a person has waived for this delivery."""
        contract, waived = self.delivery.contract, self.delivery.waived
        if not waived:
            return contract
        return replace(
            contract,
            rules=tuple(rule for rule in contract.rules if rule.id not in waived),
            checks=tuple(each for each in contract.checks if each.id not in waived),
            unique=() if "unique" in waived else contract.unique,
        )

    def run(self, progress: Progress | None, judge: Judge) -> Receipt:
        """Take the delivery in.

        Parameters
        ----------
        progress : callable, optional
            Told the share of the file that has been read.
        judge : callable
            Told the receipt before anything is final.

        Raises
        ------
        DeliveryRefused
            If the file as a whole cannot be taken in.
        """
        self._prepare()
        with open_records(self.delivery.content, self.contract.format) as records:
            self._read(records, progress)
        self._check_delivery()
        receipt = self._receipt(self._settle())
        judge(self, receipt)
        self.vault.discard(self.delivery_no)  # what an ingest left that was cut short
        keep_told_identities(self.connection, self.vault, self.delivery_no)
        join_told(self.connection, self.vault, self.delivery_no, self.delivery.known_from)
        self._fetch_records()
        key, furnisher = self.vault.named_key("tokens"), self.delivery.furnisher
        of_erased = lines_of_erased(self.connection, key, self.contract, furnisher, self._names)
        keep_records(self.connection, self.vault, self.delivery_no, self.contract.consumer_column, of_erased)
        note_not_kept(self.connection, self.delivery_no, of_erased, self.delivery.known_from)
        self._keep_findings()
        self._keep_receipt(receipt)
        return receipt

    def _prepare(self) -> None:
        delivery = self.delivery
        (currency,) = self._row(
            "SELECT max(currency) FROM furnisher WHERE furnisher_id = $furnisher", {"furnisher": delivery.furnisher}
        )
        variables = {
            "delivery_no": f"{self.delivery_no}",
            "furnisher_id": literal(delivery.furnisher),
            "currency": "NULL" if currency is None else literal(str(currency)),
            "observed_on": f"DATE '{delivery.counts_from.isoformat()}'",
            "received_on": f"DATE '{delivery.received_at.date().isoformat()}'",
            "recorded_at": f"TIMESTAMP '{delivery.known_from.isoformat(sep=' ')}'",
            "last_erased": f"{self.vault.last_erased('consumer')}",
        }
        for name, value in variables.items():
            self.connection.execute(f"SET VARIABLE {name} = {value}")
        for statement in _TEMPORARY:
            self.connection.execute(statement)
        define_tokens(self.connection, self.vault.named_key("tokens"))
        forget_erased(self.connection, self.vault)

    def _read(self, records: Records, progress: Progress | None) -> None:
        raw_names = self._match_columns(records)
        taken = list(dict.fromkeys(name for name in raw_names.values() if name))
        step = 0
        for chunk in records.chunks(taken, _CHUNK_ROWS):
            refuse_special_categories(self.delivery.content.name, records.paths)
            before = self.read
            with _damage_told(self.delivery.content.name):
                self._take_chunk(chunk, raw_names, records.kinds)
            step = step or sampling_step((self.read - before) * records.size // max(records.position, 1))
            counted = count_bins(self.connection, self.contract, "checked", step=step)
            self.bins = merged_bins(self.bins, counted)
            self._take_bad_lines(records)
            self._take_notes(records)
            if progress is not None:
                progress(records.position / max(records.size, 1))
        refuse_special_categories(self.delivery.content.name, records.paths)
        self._take_bad_lines(records)
        self._take_notes(records)
        if self.read == 0:
            raise DeliveryRefused(
                self.delivery.content.name, "the file has no records", "ask the furnisher to send it again"
            )

    def _match_columns(self, records: Records) -> dict[str, str | None]:
        """Column of the contract to its name in the file."""
        raw_names: dict[str, str | None] = {}
        missing = []
        for column in self.contract.columns:
            found = next((name for name in (column.name, *column.aliases) if name in records.names), None)
            if found is None and not records.names_all_columns:
                found = column.name
            raw_names[column.name] = found
            if found is None and not column.optional:
                missing.append(column.name)
        if missing:
            others = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
            raise DeliveryRefused(
                self.delivery.content.name,
                f"the column is missing{others}",
                f"deliver the columns of the contract {self.contract.name}",
                missing[0],
            )
        refuse_special_categories(self.delivery.content.name, records.paths)
        self._names, self._size = records.names, records.size
        known = {name for name in raw_names.values() if name} | set(self.contract.not_taken)
        self._unknown = tuple(name for name in records.names if name not in known)
        return raw_names

    def _take_chunk(self, chunk: pa.Table | str, raw_names: dict[str, str | None], kinds: Mapping[str, str]) -> None:
        contract = self.contract
        if isinstance(chunk, str):
            self.connection.execute(f"CREATE OR REPLACE TEMP VIEW raw_chunk AS {chunk}")
        else:
            self.connection.register("raw_chunk", chunk)
        (rows,) = self._row("SELECT count(*) FROM raw_chunk")
        self.read += rows
        self._make_checked(raw_names, kinds)
        (bad,) = self._row("SELECT count(*) FROM bad_line")
        if bad:
            raw = (
                f"SELECT unnest({RAW}) FROM bad_line" if kinds else f"FROM raw_chunk SEMI JOIN bad_line ON {_ONE_LINE}"
            )
            self.connection.execute(f"CREATE OR REPLACE TEMP VIEW bad_raw AS {raw}")
            self.connection.execute(
                f"INSERT INTO set_aside SELECT line_no, unnest({broken_rules_sql(contract, raw_names, kinds)}) "
                f"FROM ({typed_sql(contract, raw_names, 'bad_raw', LINE, kinds)})"
            )
            if isinstance(chunk, str):  # reading single rows again would mean to read nearly all
                fields = ", ".join(f"{literal(name)}: {quoted(name)}" for name in self._names)
                self.connection.execute(
                    f'INSERT INTO bad_record SELECT "{LINE}", to_json({{{fields}}})::VARCHAR FROM bad_raw'
                )
        self._good += rows - bad
        self._show_good("bad_line" if bad else None)
        if noticed := findings_sql(contract):
            self.connection.execute(
                "INSERT INTO found SELECT line_no, rule, '{}' "
                f"FROM (SELECT line_no, unnest({noticed}) AS rule FROM good)"
            )
        record_chunk(self.connection, contract, self.delivery.furnisher, self.delivery_no)

    def _make_checked(self, raw_names: dict[str, str | None], kinds: Mapping[str, str]) -> None:
        """Make ``checked`` the typed records of the block, and ``bad_line`` the lines that break a rule."""
        contract = self.contract
        names = ", ".join(f'"{column.name}"' for column in contract.columns)
        typed = typed_sql(contract, raw_names, "raw_chunk", LINE, kinds)
        is_bad = is_bad_sql(contract, raw_names, kinds)
        if kinds:  # typed as they come: cheaper to read again than to keep
            self.connection.execute(f"CREATE OR REPLACE TEMP VIEW checked AS SELECT line_no, {names} FROM ({typed})")
            bad = f"line_no, {RAW} FROM ({typed}) WHERE {is_bad}"
        else:
            self.connection.execute(
                "CREATE OR REPLACE TEMP TABLE checked_text AS "
                f"SELECT line_no, {names}, {is_bad} AS is_bad FROM ({typed})"
            )
            self.connection.execute(
                "CREATE OR REPLACE TEMP VIEW checked AS SELECT * EXCLUDE (is_bad) FROM checked_text"
            )
            bad = "line_no FROM checked_text WHERE is_bad"
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE bad_line AS SELECT {bad}")

    def _show_good(self, without: str | None) -> None:
        """Make ``good`` the records of the last block, without the lines in a table."""
        left_out = f" ANTI JOIN {without} USING (line_no)" if without else ""
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW good AS FROM checked{left_out}")

    def _take_bad_lines(self, records: Records) -> None:
        """Keep the lines that are no records; they were read all the same."""
        bad = records.take_bad_lines()
        if not bad:
            return
        self.read += len(bad)
        lines = {"line_no": [b.line for b in bad], "rules": [b.rules for b in bad], "record": [b.text for b in bad]}
        self.connection.register("bad_lines", pa.table(lines))
        self.connection.execute("INSERT INTO set_aside SELECT line_no, unnest(rules) FROM bad_lines")
        self.connection.execute("INSERT INTO bad_record SELECT line_no, record FROM bad_lines")
        self.connection.unregister("bad_lines")

    def _take_notes(self, records: Records) -> None:
        """Keep what the format itself has noticed."""
        notes = records.take_notes()
        if not notes:
            return
        told = {
            "line_no": pa.array([note.line for note in notes], pa.int64()),
            "rule": [note.rule for note in notes],
            "evidence": [json.dumps(dict(note.evidence)) for note in notes],
        }
        self.connection.register("notes", pa.table(told))
        self.connection.execute("INSERT INTO found SELECT line_no, rule, evidence FROM notes")
        self.connection.unregister("notes")

    def _check_delivery(self) -> None:
        """Set aside what contradicts the delivery itself or what is on file."""
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE set_aside_before AS SELECT DISTINCT line_no FROM set_aside"
        )
        hide_erased(self.connection, self.delivery_no)
        if self.contract.unique:
            set_aside_doubled(self.connection, self.contract, self.delivery_no)
        check(self.connection, self.contract, self.delivery_no)
        late = "(SELECT line_no FROM set_aside ANTI JOIN set_aside_before USING (line_no))"
        (lines,) = self._row(f"SELECT count(DISTINCT line_no) FROM {late}")
        if lines:
            self._good -= lines
            self._take_out(late)

    def _take_out(self, lines: str) -> None:
        """Remove the facts of lines that were set aside after they had become facts."""
        first = self.contract.facts[0].fact
        for name in self._fact_names():
            mine = f"DELETE FROM {name} WHERE delivery_no = {self.delivery_no} AND line_no IN {lines}"
            if name == "association" and "tradeline_id" in FACTS[first].columns:
                # Another line of the delivery may have told the same, and only the first is noted.
                told = f"SELECT tradeline_id FROM {first} WHERE delivery_no = {self.delivery_no}"
                mine += f" AND tradeline_id NOT IN ({told})"
            self.connection.execute(mine)
        self.connection.execute(
            "INSERT INTO contradiction SELECT line_no, evidence FROM found SEMI JOIN set_aside USING (line_no, rule) "
            "WHERE evidence <> '{}'"
        )
        self.connection.execute(f"DELETE FROM found WHERE line_no IN {lines}")
        forget_references(self.connection, self.delivery_no)
        distinct = tuple(mapping for mapping in self.contract.facts[1:] if mapping.distinct)
        self._show_good("set_aside")
        again = replace(self.contract, facts=distinct, withdraws=None, observes=None)
        record_chunk(self.connection, again, self.delivery.furnisher, self.delivery_no)

    def _settle(self) -> int:
        """Order the versions of each fact; the number of records that said nothing new."""
        record = self.contract.facts[0]
        repeated = {}
        for name in self._fact_names():
            fact = FACTS[name]
            known = name == record.fact and self.contract.unique == fact.key
            keys = ", ".join(f"k{place} AS {key}" for place, key in enumerate(fact.key))
            doubled = f"SELECT {keys} FROM doubled" if known else None
            repeated[name] = settle(self.connection, fact, self.delivery_no, doubled)
        if not record.distinct:
            return repeated[record.fact]
        (kept,) = self._row(f"SELECT count(*) FROM {record.fact} WHERE delivery_no = {self.delivery_no}")
        return self._good - int(kept)

    def _receipt(self, duplicate: int) -> Receipt:
        (findings,) = self._row("SELECT count(*) FROM found")
        quarantined = self.read - self._good
        return Receipt(
            delivery_id=self.delivery_id,
            furnisher_id=self.delivery.furnisher,
            contract=self.contract.name,
            file=self.delivery.content.name,
            read=self.read,
            accepted=self._good - duplicate,
            quarantined=quarantined,
            duplicate=duplicate,
            status=self.status,
            rules=dict(
                self.connection.execute(
                    "SELECT rule, count(*) FROM set_aside GROUP BY rule ORDER BY count(*) DESC, rule"
                ).fetchall()
            ),
            findings=findings,
            held_because=self.held_because,
            unknown_columns=self._unknown,
        )

    def _fetch_records(self) -> None:
        """Fetch the raw records of the lines set aside, as far as they are not there yet."""
        wanted = [
            line
            for (line,) in self.connection.execute(
                "SELECT DISTINCT line_no FROM set_aside ANTI JOIN bad_record USING (line_no) ORDER BY line_no"
            ).fetchall()
        ]
        content, form = self.delivery.content, self.contract.format
        for some in _some(raw_records(content, form, wanted) if wanted else iter(())):
            self.connection.register(
                "raw_lines", pa.table({"line_no": [line for line, _ in some], "record": [text for _, text in some]})
            )
            self.connection.execute("INSERT INTO bad_record SELECT line_no, record FROM raw_lines")
            self.connection.unregister("raw_lines")

    def _keep_findings(self) -> None:
        self.connection.execute(
            f"INSERT INTO finding SELECT {self.delivery_no}, line_no, rule, evidence FROM found ORDER BY line_no, rule"
        )

    def _keep_receipt(self, receipt: Receipt) -> None:
        keep_delivery(self.connection, self.delivery, receipt, self.delivery_no, self._size, self._names)
        store_profile(self.connection, self.delivery_no, self.bins)

    def _fact_names(self) -> list[str]:
        names = dict.fromkeys(mapping.fact for mapping in self.contract.facts)
        if self.contract.withdraws is not None:
            names["association"] = None
        return list(names)

    def _row(self, sql: str, parameters: dict[str, str] | None = None) -> tuple[Any, ...]:
        row = self.connection.execute(sql, parameters).fetchone()
        if row is None:
            raise LookupError(f"no row from: {sql}")
        return row


@contextmanager
def _damage_told(name: str) -> Iterator[None]:
    """Say in one line that a file is damaged where DuckDB finds out while it reads it."""
    try:
        yield
    except duckdb.Error as error:
        # What its Parquet reader throws on damaged bytes comes as an error of no class of its own.
        if type(error) is not duckdb.Error and "parquet" not in str(error).lower():
            raise
        raise DeliveryRefused(name, "the file cannot be read as Parquet", FETCH_AGAIN) from None


def _some(records: Iterator[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Records in lists that fit into memory."""
    while some := list(itertools.islice(records, _RAW_ROWS)):
        yield some
