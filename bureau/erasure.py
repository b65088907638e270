"""Erasing a person: after it nothing that the bureau keeps says who the person is, and its history stays.

What is done, in this order and under the lock of the history, so that no delivery comes between:

1. holds are looked up, and held deliveries searched: either refuses the erasure;
2. reasons of people's decisions that name the person are replaced by ``(erased)``; records in quarantine
   that tell of the person are found by opening each, and their keys destroyed, as are the keys of
   deliveries that were turned away;
3. the keys of the person's references are destroyed, and with them everything told under them;
4. the history forgets the tokens of what was told, likenesses and decisions, and puts keyed tokens in
   the place of the furnishers' own references; the tables are written anew.

A record in quarantine, or a delivery that was turned away, that cannot be opened since its entry in the
vault is damaged counts as telling of the person, and its key is destroyed: nobody can say that it does
not, and one damaged entry must not stop everybody's erasure. Of the person's own entries those that open
say what is looked for. A damaged database, or a wrong master key, stops the erasure.

A backup of the vault cannot be opened for the person either: the keys are in no backup. Whoever is
interrupted repeats the command: what is found by what was told of the person is destroyed before that is.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

import duckdb

from bureau.contracts import Contract
from bureau.deliveries import ReceivedDelivery, receipts
from bureau.erased import REGISTRIES, Reference, erased_sql, hide, is_erased_sql, referred
from bureau.errors import BureauError, Erased, ErasureRefused, UnknownConsumer, VaultDamaged
from bureau.facts import FACTS
from bureau.held_search import tells_of
from bureau.history import History
from bureau.kinds.all import KINDS
from bureau.mentions import Mentions, texts_of
from bureau.references import withdraw_references
from bureau.sealing import quarantine_number
from bureau.tokens import define_tokens
from bureau.vault import Entry, Vault

__all__ = ["ErasedPerson", "erase", "hold", "lift", "references_of"]

_log = logging.getLogger(__name__)

_OPENED: Final = 5_000
_TOKEN: Final = 15
_WORDS: Final = re.compile(r"[\s,;:\"{}|]+")
_TOKENS: Final = tuple(column for column in FACTS["identity"].columns if column.endswith("_token"))
_REASON_ERASED: Final = "(erased)"
_SHORTEST_REFERENCE: Final = 4
"""Letters and digits of a reference part that is recognised in a record which cannot be taken apart."""


@dataclass(frozen=True)
class ErasedPerson:
    """What an erasure came to.

    Parameters
    ----------
    consumer_id : int
        The consumer.
    references : tuple of int
        The identifiers of all references that belong to it.
    quarantined : int
        Records in quarantine that told of the person or were damaged, and cannot be opened any more.
    deliveries : tuple of str
        Deliveries that were turned away and told of the person: nothing is kept of them.
    """

    consumer_id: int
    references: tuple[int, ...]
    quarantined: int
    deliveries: tuple[str, ...]


def erase(
    history: History,
    consumer_id: int,
    reason: str,
    moment: datetime,
    *,
    contracts: Mapping[str, Contract] = KINDS,
) -> ErasedPerson:
    """Erase a person for ever; repeated, it finishes what was interrupted, and changes nothing else.

    Parameters
    ----------
    history : History
        The history.
    consumer_id : int
        The consumer, by any identifier that belongs to it.
    reason : str
        Why; it is kept, so nothing personal.
    moment : datetime
        When (UTC, naive).
    contracts : mapping of str to Contract
        The contracts by name, for taking records in quarantine apart.

    Raises
    ------
    UnknownConsumer
        If there is no such consumer.
    ErasureRefused
        If a hold is in force, or a held delivery tells of the person; nothing was erased.
    VaultBusy, HistoryBusy
        If another process uses the vault or the history for too long; repeat it.
    """
    _require_reason(reason)
    vault = history.vault
    with _writing(history) as connection:
        own, references = references_of(connection, consumer_id)
        vault.holds.require_none("consumer", references)
        _discard_leftovers(connection, vault)
        mentions = Mentions(tuple(_told(vault, references)))
        turned_away = _deliveries_that_tell(connection, vault, mentions)
        named = _references(connection, references)
        records = list(_records_that_tell(connection, vault, contracts, mentions, named))
        _forget_reasons(connection, mentions)
        vault.erase("quarantine", (quarantine_number(*place) for place in records), reason, moment)
        vault.erase("held", turned_away, reason, moment)
        vault.erase("consumer", references, reason, moment)
        _forget(connection, references)
        _forget_records(connection, records)
    history.checkpoint()
    withdraw_references(history.home, references)
    _log.info("consumer erased", extra={"consumer": own, "references": len(references), "reason": reason})
    return ErasedPerson(own, references, len(records), tuple(turned_away.values()))


def hold(history: History, consumer_id: int, reason: str, moment: datetime) -> tuple[int, ...]:
    """Forbid the erasure of a consumer, of all references that belong to it now; their identifiers.

    Parameters
    ----------
    history, consumer_id, moment
        As for :func:`erase`.
    reason : str
        Why, for example the number of a court's order; it is kept and shown, so nothing personal.

    Raises
    ------
    UnknownConsumer
        If there is no such consumer.
    Erased
        If it was erased before.
    """
    _require_reason(reason)
    with _writing(history) as connection:  # so no erasure is under way
        own, references = references_of(connection, consumer_id)
        for erasure in history.vault.erasures("consumer", references).values():
            raise Erased(f"consumer {own} was erased on {erasure.moment:%Y-%m-%d} ({erasure.reason})")
        with history.vault.write():
            for reference in references:
                history.vault.holds.place("consumer", reference, reason, moment)
    _log.info("hold placed", extra={"consumer": own, "reason": reason})
    return references


def lift(history: History, consumer_id: int, reason: str, moment: datetime) -> tuple[int, ...]:
    """Lift the hold that was placed on a consumer for a reason; the identifiers that it was lifted from.

    Raises
    ------
    UnknownConsumer
        If there is no such consumer.
    BureauError
        If no hold for this reason is in force.
    """
    with _writing(history) as connection:
        own, references = references_of(connection, consumer_id)
        holds = history.vault.holds
        with history.vault.write():
            lifted = tuple(each for each in references if holds.lift("consumer", each, reason, moment))
    if not lifted:
        raise BureauError(
            f"consumer {own}: no hold for this reason is in force; `tradeline vault status` lists the holds"
        )
    _log.info("hold lifted", extra={"consumer": own, "reason": reason})
    return lifted


def references_of(connection: duckdb.DuckDBPyConnection, consumer_id: int) -> tuple[int, tuple[int, ...]]:
    """The consumer to whom an identifier belongs now, and the identifiers of all that belong to it.

    Raises
    ------
    UnknownConsumer
        If there is no such consumer.
    """
    number = int(consumer_id)
    if not connection.execute("SELECT 1 FROM consumer WHERE consumer_id = ?", [number]).fetchall():
        raise UnknownConsumer(f"no consumer has the number {number}; `tradeline credit-file` tells the numbers")
    now = "FROM resolution WHERE superseded_at IS NULL"
    row = connection.execute(f"SELECT resolved_id {now} AND consumer_id = ?", [number]).fetchone()
    own = number if row is None else int(row[0])
    others = connection.execute(f"SELECT consumer_id {now} AND resolved_id = ?", [own]).fetchall()
    return own, tuple(sorted({own, *(other for (other,) in others)}))


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise BureauError("an erasure, like a hold, needs a reason; give one with --reason")


@contextmanager
def _writing(history: History) -> Iterator[duckdb.DuckDBPyConnection]:
    with history.write() as connection:
        define_tokens(connection, history.vault.named_key("tokens"))
        yield connection


def _discard_leftovers(connection: duckdb.DuckDBPyConnection, vault: Vault) -> None:
    """Take back what an ingest that was cut short has left in the vault: nobody would search it."""
    ((following,),) = connection.execute("SELECT coalesce(max(delivery_no), 0) + 1 FROM delivery").fetchall()
    vault.discard(following)
    vault.discard(-following)


# -- what tells of the person -------------------------------------------------------------------


def _told(vault: Vault, references: tuple[int, ...]) -> Iterator[dict[str, str | None]]:
    entries, damaged = _opened(vault, "consumer", references)
    if damaged:
        _log.warning("entries of a person to be erased are damaged", extra={"consumers": len(damaged)})
    for entry in entries:
        if entry.field == "identity":
            yield json.loads(entry.content)


def _opened(vault: Vault, kind: str, numbers: Sequence[int]) -> tuple[list[Entry], set[int]]:
    """The entries of owners that can be opened, and the owners who have others.

    Raises
    ------
    VaultDamaged
        If not an owner's entry or key is damaged, but the database.
    """
    entries: list[Entry] = []
    try:
        for entry in vault.open(kind, numbers):
            entries.append(entry)  # noqa: PERF402 - what came before the damage is kept
    except VaultDamaged as error:
        if not _names_owner(error, kind):
            raise
    else:
        return entries, set()
    if len(numbers) == 1:
        return entries, set(numbers)
    half = len(numbers) // 2
    parts = [_opened(vault, kind, some) for some in (numbers[:half], numbers[half:])]
    return [entry for some, _ in parts for entry in some], {number for _, some in parts for number in some}


def _names_owner(error: VaultDamaged, kind: str) -> bool:
    """Whether the entry or the key of one owner is damaged, and not a database."""
    told = str(error)  # a wrapped key's error names nobody, and the home's own keys were opened before
    return re.search(rf"\b{kind} \d+\b", told) is not None or told.startswith("a wrapped key was changed")


def _deliveries_that_tell(connection: duckdb.DuckDBPyConnection, vault: Vault, mentions: Mentions) -> dict[int, str]:
    """Deliveries whose held bytes tell of the person and may go: number to id.

    Raises
    ------
    ErasureRefused
        If one of them still waits for a person.
    """
    found = {}
    for delivery in receipts(connection):
        receipt = delivery.receipt
        if receipt.status == "taken in":
            continue
        try:
            tells = tells_of(connection, vault, delivery, mentions)
        except VaultDamaged as error:
            if not _names_owner(error, "held"):
                raise
            tells = True
        if not tells:
            continue
        if receipt.status == "held":
            raise ErasureRefused(
                f"delivery {receipt.delivery_id[:10]} ({receipt.file}) is held and tells of the person; decide about "
                "it first with `tradeline quarantine release` or `tradeline quarantine refuse` (nothing was erased)"
            )
        found[delivery.delivery_no] = receipt.delivery_id
    return found


def _references(connection: duckdb.DuckDBPyConnection, references: tuple[int, ...]) -> set[Reference]:
    """The furnishers' own references to the person, and to all that it answers for, joint accounts too."""
    listed = ", ".join(map(str, references))
    tradelines = f"SELECT tradeline_id FROM association WHERE consumer_id IN ({listed})"
    asked = {"consumer_id": listed, "tradeline_id": tradelines}
    return {
        (registry, space, reference)
        for identifier, (registry, column) in REGISTRIES.items()
        for space, reference in connection.execute(
            f"SELECT reference_space, {column} FROM {registry} WHERE {identifier} IN ({asked[identifier]}) "
            f"AND NOT {is_erased_sql(column)}"
        ).fetchall()
    }


def _records_that_tell(
    connection: duckdb.DuckDBPyConnection,
    vault: Vault,
    contracts: Mapping[str, Contract],
    mentions: Mentions,
    named: set[Reference],
) -> Iterator[tuple[int, int]]:
    """Records in quarantine that tell of the person, as delivery and line."""
    lines: dict[int, list[int]] = {}
    for delivery_no, line in connection.execute("SELECT DISTINCT delivery_no, line FROM quarantine").fetchall():
        lines.setdefault(delivery_no, []).append(line)
    for delivery in receipts(connection):
        waiting = iter(sorted(lines.get(delivery.delivery_no, ())))
        while some := list(islice(waiting, _OPENED)):
            for line in _lines_that_tell(connection, vault, contracts, delivery, some, mentions, named):
                yield delivery.delivery_no, line


def _lines_that_tell(
    connection: duckdb.DuckDBPyConnection,
    vault: Vault,
    contracts: Mapping[str, Contract],
    delivery: ReceivedDelivery,
    lines: list[int],
    mentions: Mentions,
    named: set[Reference],
) -> set[int]:
    numbers = {quarantine_number(delivery.delivery_no, line): line for line in lines}
    entries, damaged = _opened(vault, "quarantine", sorted(numbers))
    if damaged:
        _log.warning(
            "records in quarantine are damaged, and erased",
            extra={"delivery": delivery.delivery_no, "records": len(damaged)},
        )
    found, records = {numbers[number] for number in damaged}, {}
    for entry in entries:
        text = entry.content.decode("utf-8", "surrogatepass")
        if mentions.within(text):
            found.add(numbers[entry.number])
        elif entry.field == "record":
            records[numbers[entry.number]] = text
    receipt = delivery.receipt
    mine = {each for each in named if each[1] == receipt.furnisher_id or receipt.contract not in contracts}
    maybe = {line: text for line, text in records.items() if line not in found and _may_refer(text, mine)}
    if maybe and (contract := contracts.get(receipt.contract)) is not None:
        key = vault.named_key("tokens")
        form = contract.format if delivery.corrects is None else "fields"
        told = referred(connection, key, contract, form, receipt.furnisher_id, delivery.columns, maybe)
        found |= {line for line, references in told.items() if references & named}
        maybe = {line: text for line, text in maybe.items() if not told[line]}
    return found | {line for line, text in maybe.items() if _stands_apart(text, mine)}


def _may_refer(text: str, named: set[Reference]) -> bool:
    """Whether a part of a reference stands in a text: most have none, and need not be taken apart."""
    text = "|".join((text, *texts_of(text)))
    return any(part in text for _, _, reference in named for part in _parts(reference))


def _stands_apart(text: str, named: set[Reference]) -> bool:
    """Whether the number in a reference stands on its own in a text that cannot be taken apart."""
    words = set(_WORDS.split(text))
    return any(
        len(part) >= _SHORTEST_REFERENCE and any(map(str.isdigit, part)) and part in words
        for _, _, reference in named
        for part in _parts(reference)
    )


def _parts(reference: str) -> list[str]:
    """What a reference was put together from (:mod:`bureau.kinds`), without zeros and tokens, which no record has."""
    parts = [part for part in reference.split("/") if len(part) > 1 and not (part.isdigit() and len(part) > _TOKEN)]
    return parts or [reference]


# -- what the history forgets -------------------------------------------------------------------


def _forget(connection: duckdb.DuckDBPyConnection, references: tuple[int, ...]) -> None:
    """Forget the tokens of what was told, who was like whom, and the furnishers' own references."""
    gone = ", ".join(map(str, references))
    nothing = ", ".join(f"{token} = NULL" for token in _TOKENS)
    connection.execute(f"UPDATE identity SET told_as = 0, {nothing} WHERE consumer_id IN ({gone})")
    for table in ("likeness", "identity_decision"):
        connection.execute(f"DELETE FROM {table} WHERE left_id IN ({gone}) OR right_id IN ({gone})")
    connection.execute(
        "UPDATE finding SET evidence = regexp_replace(evidence, "
        rf"""'("consumer":(?:{gone.replace(", ", "|")}),"told_as":)\d+', '\10', 'g') """
        f"""WHERE regexp_matches(evidence, '"consumer":(?:{gone.replace(", ", "|")}),')"""
    )
    _hide_references(connection, "consumer", "consumer_ref", f"consumer_id IN ({gone})")
    erased = f"SELECT consumer_id FROM consumer WHERE {is_erased_sql('consumer_ref')}"
    # The account that somebody else answers for, too, keeps its number.
    alone = (
        f"SELECT tradeline_id FROM association WHERE consumer_id IN ({gone}) EXCEPT "
        f"SELECT tradeline_id FROM association WHERE consumer_id NOT IN ({erased})"
    )
    _hide_references(connection, "tradeline_reference", "tradeline_ref", f"tradeline_id IN ({alone})")
    hide(connection, "public_record", "case_number", f"tradeline_id IN ({alone})")
    hide(connection, "inquiry", "inquiry_ref", f"consumer_id IN ({gone})")


def _forget_reasons(connection: duckdb.DuckDBPyConnection, mentions: Mentions) -> None:
    """Forget what people typed about the person; for good, before what names the person goes."""
    for table in ("review", "identity_decision"):
        reasons = connection.execute(f"SELECT DISTINCT reason FROM {table}").fetchall()
        for (reason,) in reasons:
            if reason and mentions.within(reason):
                connection.execute(f"UPDATE {table} SET reason = ? WHERE reason = ?", [_REASON_ERASED, reason])
    connection.execute("COMMIT")  # a repetition could not find them
    connection.execute("BEGIN")


def _hide_references(connection: duckdb.DuckDBPyConnection, registry: str, column: str, where: str) -> None:
    connection.execute(
        f"UPDATE {registry} SET {column} = {erased_sql('reference_space', column)} "
        f"WHERE {where} AND NOT {is_erased_sql(column)}"
    )


def _forget_records(connection: duckdb.DuckDBPyConnection, records: list[tuple[int, int]]) -> None:
    for delivery_no, line in records:
        connection.execute(
            "UPDATE quarantine SET reference_token = NULL WHERE delivery_no = ? AND line = ?", [delivery_no, line]
        )
