"""The tables of the casework store, and what keeps its audit log from being changed.

Moments are texts in ISO 8601 (UTC, naive), so that they sort as they follow. Columns of bytes named
``request``, ``inputs``, ``answer``, ``shadow`` or ``content`` are sealed under the key that ``content_key`` numbers.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text

__all__ = ["CASEWORK", "GUARDS", "TABLES", "insert_sql"]

CASEWORK: Final = MetaData()
"""Tables of the casework store."""

_SHORT: Final = True  # rows so short that SQLite best keeps them in the index itself
_IN_ORDER: Final = BigInteger().with_variant(Integer, "sqlite")  # the number of SQLite's own rows: they are appended


def _key(name: str, type_: type[BigInteger | SmallInteger | Text] = Text) -> Column[object]:
    """A column of a primary key, which the database does not number by itself."""
    return Column(name, type_, primary_key=True, autoincrement=False)


def _text(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, Text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, BigInteger, nullable=nullable)


def _bytes(name: str) -> Column[object]:
    return Column(name, LargeBinary, nullable=False)


def _table(name: str, *parts: Column[object], short: bool = False) -> Table:
    return Table(name, CASEWORK, *parts, sqlite_with_rowid=not short)


_table("about", _key("name"), _text("told"), short=_SHORT)

# -- who may ask ----------------------------------------------------------------------------------

_table(
    "subscriber",
    _key("subscriber_id"),
    _text("name"),
    _text("address"),
    _text("jurisdiction"),
    _text("regulator"),
    _text("added_at"),
    short=_SHORT,
)
_table(
    "certification",
    _key("subscriber_id"),
    _key("purpose"),
    _key("certified_at"),
    _text("withdrawn_at", nullable=True),
    short=_SHORT,
)
_table(
    "api_key",
    _key("key_id"),
    _text("subscriber_id"),
    _bytes("digest"),
    _text("scopes"),
    _text("purposes"),
    _number("per_minute"),
    _number("per_day"),
    _text("created_at"),
    _text("expires_at"),
    _text("revoked_at", nullable=True),
    _text("replaces", nullable=True),
    short=_SHORT,
)

# -- what was decided -----------------------------------------------------------------------------

_DECISION: Final = _table(
    "decision",
    Column("audit_number", _IN_ORDER, primary_key=True, autoincrement=False),
    Column("decision_id", Text, nullable=False, unique=True),
    _text("decided_at"),
    _text("subscriber"),
    _text("key_id"),
    _text("purpose"),
    _number("consumer_id", nullable=True),
    _text("portfolio"),
    _text("jurisdiction"),
    _text("model_version"),
    _text("manifest_sha256"),
    _text("policy_version"),
    _text("known_at", nullable=True),
    _text("decision"),
    _number("content_key"),
    _bytes("request"),
    _bytes("inputs"),
    _bytes("answer"),
    _bytes("shadow"),
)
_INQUIRY: Final = _table(
    "inquiry",
    Column("audit_number", _IN_ORDER, primary_key=True, autoincrement=False),
    _text("inquiry_ref"),
    _text("subscriber"),
    _text("applied_on"),
    _text("kind"),
    _number("consumer_id", nullable=True),
    _number("outgoing_no", nullable=True),
    _number("content_key"),
    _bytes("content"),
)
_table(
    "outgoing",
    _key("outgoing_no", BigInteger),
    _text("subscriber"),
    _text("made_at"),
    _text("delivery_id", nullable=True),
    _text("delivered_at", nullable=True),
    short=_SHORT,
)
_table(
    "idempotency",
    _key("subscriber"),
    _key("digest"),
    _text("request_digest"),
    _text("object_id"),
    _text("kept_at"),
    short=_SHORT,
)
_NOTICE: Final = _table(
    "notice",
    _key("notice_id"),
    _text("decision_id"),
    _text("kind"),
    _text("language"),
    _text("rendered_at"),
    _text("sent_at", nullable=True),
    _text("sha256"),
    _number("content_key"),
    _bytes("content"),
)
_CONCLUSION: Final = _table(
    "conclusion",
    _key("conclusion_id"),
    _text("decision_id"),
    _number("number"),
    _text("concluded_at"),
    _number("content_key"),
    _bytes("content"),
)
_table(
    "batch",
    _key("batch_id"),
    _text("subscriber"),
    _text("key_id"),
    _text("purpose"),
    _text("form"),
    _text("created_at"),
    _text("updated_at"),
    _text("state"),
    _number("rows"),
    _number("done"),
    _number("failed"),
    _text("model_version"),
    _text("why"),
    _text("worker", nullable=True),
    short=_SHORT,
)

# -- what stands against a file, and what keeps content longer --------------------------------------

_table(
    "file_flag",
    _key("consumer_id", BigInteger),
    _key("flag"),
    _key("placed_at"),
    _text("expires_on", nullable=True),
    _text("lifted_at", nullable=True),
    _text("reason"),
    short=_SHORT,
)
_table(
    "hold",
    _key("decision_id"),
    _key("reason"),
    _key("placed_at"),
    _text("lifted_at", nullable=True),
    short=_SHORT,
)

# -- the audit log ----------------------------------------------------------------------------------

_table("audit_entry", _key("number", BigInteger), _text("entry"), _bytes("digest"), short=_SHORT)
_table("audit_head", _key("one", SmallInteger), _number("number"), _bytes("digest"), _bytes("seal"), short=_SHORT)
_table("audit_checkpoint", _key("number", BigInteger), _text("checkpoint"), short=_SHORT)

# Few, since every decision writes a page of each.
Index("decision_of_consumer", _DECISION.c.consumer_id)
Index("inquiry_outgoing", _INQUIRY.c.outgoing_no)
Index("notice_of_decision", _NOTICE.c.decision_id)
Index("conclusion_of_decision", _CONCLUSION.c.decision_id)

TABLES: Final = CASEWORK.tables
"""Name to table."""

_REFUSED: Final = "the audit log is only ever added to"

GUARDS: Final = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_entry_{verb.lower()} BEFORE {verb} ON audit_entry "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$",
        "CREATE TRIGGER audit_entry_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    ),
}
"""Statements that keep ordinary SQL from changing the audit log; who can drop them is found out by its chain."""


def insert_sql(table: str) -> str:
    """SQL that adds one row, its values bound by the names of the columns."""
    names = [column.name for column in TABLES[table].columns]
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"
