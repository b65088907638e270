"""Erasing a person: after it nothing that the bureau keeps says who the person is, and its history stays.

What is done, in this order and under the lock of the history, so that no delivery comes between:

1. holds are looked up, and held deliveries searched: either refuses the erasure;
2. reasons of people's decisions that name the person are replaced by ``(erased)``; records in quarantine
   that tell of the person are found by opening each (:mod:`bureau.quarantine_search`), and their keys
   destroyed, as are the keys of deliveries that were turned away;
3. the keys of the person's references are destroyed, and with them everything told under them, and what the
   self-test attributes tell of the person (:mod:`bureau.self_test`);
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
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import duckdb

from bureau.alike import alike_to
from bureau.contracts import Contract
from bureau.damaged import names_owner, opened
from bureau.deliveries import next_delivery_no, receipts
from bureau.erased import REGISTRIES, Reference, is_erased_sql
from bureau.errors import BureauError, Erased, ErasureRefused, UnknownConsumer, VaultDamaged
from bureau.forgetting import forget, forget_erased
from bureau.held_search import tells_of
from bureau.history import History
from bureau.identity.models import current_model
from bureau.kinds.all import KINDS
from bureau.kinds.inquiries import APPLICANT
from bureau.mentions import Mentions
from bureau.quarantine_search import QuarantineSearch, stands_apart
from bureau.references import withdraw_references
from bureau.sealing import quarantine_number
from bureau.self_test import remove_self_test
from bureau.tokens import define_tokens
from bureau.vault import Vault

__all__ = ["ErasedPerson", "erase", "hold", "inquiries_of", "lift", "references_of"]

_log = logging.getLogger(__name__)

_REASON_ERASED: Final = "(erased)"


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
        told = tuple(_told(vault, references))
        mentions, alike = Mentions(told), alike_to(told, current_model(vault))
        named = _references(connection, references)
        turned_away = _deliveries_that_tell(connection, vault, mentions, named)
        records = list(QuarantineSearch(connection, vault, contracts, mentions, alike, named).records())
        _forget_reasons(connection, mentions)
        vault.erase("quarantine", (quarantine_number(*place) for place in records), reason, moment)
        vault.erase("held", turned_away, reason, moment)
        vault.erase("consumer", references, reason, moment)
        remove_self_test(history.home, references)
        forget(connection, references)
        forget_erased(connection, vault)
    history.checkpoint()
    withdraw_references(history.home, references)
    _log.info("consumer erased", extra={"consumer": own, "references": len(references), "reason": reason})
    return ErasedPerson(own, references, len(records), tuple(turned_away.values()))


def hold(history: History, consumer_id: int, reason: str, moment: datetime) -> tuple[int, ...]:
    """Forbid the erasure of a consumer, of all references that belong to it now and are not erased; their identifiers.

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
        erased = history.vault.erasures("consumer", references)
        kept = tuple(each for each in references if each not in erased)
        if not kept:
            erasure = next(iter(erased.values()))
            raise Erased(f"consumer {own} was erased on {erasure.moment:%Y-%m-%d} ({erasure.reason})")
        with history.vault.write():
            for reference in kept:
                history.vault.holds.place("consumer", reference, reason, moment)
    _log.info("hold placed", extra={"consumer": own, "reason": reason})
    return kept


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


def inquiries_of(connection: duckdb.DuckDBPyConnection, references: Iterable[int]) -> tuple[str, ...]:
    """The inquiries under which a person stands who was not found when somebody asked: names of decisions."""
    rows = connection.execute(
        "SELECT consumer_ref FROM consumer WHERE consumer_id IN (SELECT unnest(?)) AND starts_with(consumer_ref, ?) "
        "ORDER BY ALL",
        [list(references), APPLICANT],
    ).fetchall()
    return tuple(str(reference).removeprefix(APPLICANT) for (reference,) in rows)


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
    following = next_delivery_no(connection, vault)
    vault.discard(following)
    vault.discard(-following)


# -- what tells of the person -------------------------------------------------------------------


def _told(vault: Vault, references: tuple[int, ...]) -> Iterator[dict[str, str | None]]:
    entries, damaged = opened(vault, "consumer", references)
    if damaged:
        _log.warning("entries of a person to be erased are damaged", extra={"consumers": len(damaged)})
    for entry in entries:
        if entry.field == "identity":
            yield json.loads(entry.content)


def _deliveries_that_tell(
    connection: duckdb.DuckDBPyConnection, vault: Vault, mentions: Mentions, named: set[Reference]
) -> dict[int, str]:
    """Deliveries whose held bytes tell of the person and may go: number to id.

    A reference alone tells only in what was turned away: in what is released it is recognised as that of an
    erased person.

    Raises
    ------
    ErasureRefused
        If some of them still wait for a person; all of them are named.
    """
    found: dict[int, str] = {}
    held: list[str] = []
    for delivery in receipts(connection):
        receipt = delivery.receipt
        if receipt.status == "taken in":
            continue
        mine = {each for each in named if each[1] == receipt.furnisher_id and receipt.status == "turned away"}

        def says(text: str, mine: set[Reference] = mine) -> bool:
            return mentions.within(text) or (bool(mine) and stands_apart(text, mine))

        try:
            tells = tells_of(connection, vault, delivery, says)
        except VaultDamaged as error:
            if not names_owner(error, "held"):
                raise
            tells = True
        if not tells:
            continue
        if receipt.status == "held":
            held.append(f"{receipt.delivery_id[:10]} ({receipt.file})")
        else:
            found[delivery.delivery_no] = receipt.delivery_id
    if held:
        one = len(held) == 1
        raise ErasureRefused(
            f"{'delivery' if one else 'deliveries'} {', '.join(held)} {'is' if one else 'are'} held and "
            f"{'tells' if one else 'tell'} of the person; decide about {'it' if one else 'them'} first with "
            "`tradeline quarantine release` or `tradeline quarantine refuse` (nothing was erased)"
        )
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


def _forget_reasons(connection: duckdb.DuckDBPyConnection, mentions: Mentions) -> None:
    """Forget what people typed about the person; for good, before what names the person goes."""
    for table in ("review", "identity_decision"):
        reasons = connection.execute(f"SELECT DISTINCT reason FROM {table}").fetchall()
        for (reason,) in reasons:
            if reason and mentions.within(reason):
                connection.execute(f"UPDATE {table} SET reason = ? WHERE reason = ?", [_REASON_ERASED, reason])
    connection.execute("COMMIT")  # a repetition could not find them
    connection.execute("BEGIN")
