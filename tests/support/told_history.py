"""A history in memory to which furnishers tell records, through the bureau's own rules, mapping and checks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import duckdb
from clean_records import CLEAN, table_of

from bureau.contracts import Contract
from bureau.evidence import filled
from bureau.facts import FACTS, IDENTITY_FIELDS
from bureau.kinds.all import KINDS
from bureau.mapping import TOLD_HERE, record_chunk
from bureau.onfile import check
from bureau.onfile.who import make_person_of
from bureau.registry import REGISTRY
from bureau.settle import settle
from bureau.tokens import define_tokens
from bureau.verify import broken_rules_sql, typed_sql


@dataclass
class Verdict:
    """What became of a delivery: line to the rules for which it was set aside, and to the findings."""

    aside: dict[int, set[str]] = field(default_factory=dict)
    found: dict[int, set[str]] = field(default_factory=dict)
    evidence: dict[tuple[int, str], Any] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        return not self.aside and not self.found


class ToldHistory:
    """Deliveries are taken in one after another; lines that are set aside leave nothing behind."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("SET threads = 1")
        for statement in (*REGISTRY, *(fact.ddl for fact in FACTS.values())):
            self.connection.execute(statement)
        for furnisher in ("Harbour Bank", "Quick Debt Recovery", "Civic Records"):
            self.connection.execute(
                "INSERT INTO furnisher VALUES (?, ?, 'us', 'USD')", [furnisher.split()[0].lower(), furnisher]
            )
        define_tokens(self.connection, bytes(range(32)))
        self.delivery_no = 0
        self.told: dict[tuple[int, int], dict[str, str | None]] = {}

    def tell(
        self,
        kind: str,
        *changes: Mapping[str, Any],
        furnisher: str = "harbour",
        received_on: date | None = None,
        unique: Sequence[int] = (),
        **common: Any,
    ) -> Verdict:
        """Deliver clean records with some changes each.

        Parameters
        ----------
        kind : str
            The contract.
        *changes : mapping
            What is other than in the clean record, for each record.
        furnisher : str
            Who tells it.
        received_on : date, optional
            When; a day after the delivery before, by default.
        unique : sequence of int
            Lines that have broken the rule ``unique`` before the checks are made.
        **common
            What is other in every record.
        """
        contract = KINDS[kind]
        connection = self.connection
        self.delivery_no += 1
        received = received_on or date(2026, 1, 1) + timedelta(self.delivery_no)
        for name, value in {
            "delivery_no": str(self.delivery_no),
            "furnisher_id": f"'{furnisher}'",
            "currency": "'USD'",
            "received_on": f"DATE '{received}'",
            "observed_on": f"DATE '{received}'",
            "recorded_at": f"TIMESTAMP '{received}'",
        }.items():
            connection.execute(f"SET VARIABLE {name} = {value}")
        for statement in TOLD_HERE:
            connection.execute(statement)
        connection.execute("CREATE OR REPLACE TEMP TABLE set_aside (line_no BIGINT, rule VARCHAR)")
        connection.execute("CREATE OR REPLACE TEMP TABLE found (line_no BIGINT, rule VARCHAR, evidence VARCHAR)")
        names: dict[str, str | None] = {column.name: column.name for column in contract.columns}
        raw = table_of(contract, [{**CLEAN[kind], **common, **change} for change in changes])
        connection.register("raw", raw)
        typed = typed_sql(contract, names, "raw", "line", {"associated": "LIST"})
        broken = connection.execute(f"SELECT line_no, {broken_rules_sql(contract, names)} AS rules FROM ({typed})")
        assert not [row for row in broken.fetchall() if row[1]], "the record itself must be in order"
        columns = ", ".join(names)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE good AS SELECT line_no, {columns} FROM ({typed})")
        connection.unregister("raw")
        record_chunk(connection, contract, furnisher, self.delivery_no)
        connection.executemany("INSERT INTO set_aside VALUES (?, 'unique')", [[line] for line in unique] or [[-1]])
        check(connection, contract, self.delivery_no)
        for consumer, told_as, *values in connection.execute("FROM told_identity").fetchall():
            self.told[consumer, told_as] = dict(zip(IDENTITY_FIELDS, values, strict=True))
        facts = dict.fromkeys((*(mapping.fact for mapping in contract.facts), "association"))
        for fact in facts:
            connection.execute(
                f"DELETE FROM {fact} WHERE delivery_no = {self.delivery_no} "
                "AND line_no IN (SELECT line_no FROM set_aside)"
            )
            settle(connection, FACTS[fact], self.delivery_no)
        self._resolve(contract)
        connection.execute(
            "INSERT INTO delivery (delivery_no, furnisher_id, contract, status) VALUES (?, ?, ?, 'taken in')",
            [self.delivery_no, furnisher, kind],
        )
        return self._verdict({check.id: check.severity for check in contract.checks})

    def _resolve(self, contract: Contract) -> None:
        """Join who has the same national number and birth date, as the resolution of identities does."""
        make_person_of(self.connection, contract, self.delivery_no)
        self.connection.execute(
            "INSERT INTO resolution SELECT consumer_id, person_id, getvariable('recorded_at'), NULL, 'joined' "
            "FROM person_of ANTI JOIN resolution USING (consumer_id)"
        )

    def _verdict(self, severity: dict[str, str]) -> Verdict:
        verdict = Verdict()
        for line, rule in self.connection.execute("FROM set_aside").fetchall():
            if rule != "unique":
                verdict.aside.setdefault(line, set()).add(rule)
        for line, rule, evidence in self.connection.execute("FROM found").fetchall():
            verdict.evidence[line, rule] = filled(json.loads(evidence), self.told)
            if severity[rule] == "finding":
                verdict.found.setdefault(line, set()).add(rule)
        return verdict
