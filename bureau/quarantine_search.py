"""Looking for a person in the records that were set aside, each of which is opened."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from typing import Final

import duckdb

from bureau.alike import Alike
from bureau.contracts import Contract
from bureau.damaged import opened
from bureau.deliveries import ReceivedDelivery, receipts
from bureau.erased import Reference
from bureau.mentions import Mentions, texts_of
from bureau.sealing import quarantine_number
from bureau.taken_apart import TakenApart, taken_apart
from bureau.vault import Vault

__all__ = ["QuarantineSearch", "stands_apart"]

_log = logging.getLogger(__name__)

_OPENED: Final = 5_000
_TOKEN: Final = 15
_WORDS: Final = re.compile(r"[\s,;:\"{}|]+")
_SHORTEST_REFERENCE: Final = 4
"""Letters and digits of a reference part that is recognised in a record which cannot be taken apart."""


@dataclass(frozen=True)
class QuarantineSearch:
    """A search for one person.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A connection of the history.
    vault : Vault
        The vault of the same home.
    contracts : mapping of str to Contract
        The contracts by name.
    mentions : Mentions
        The person, to be found in any text.
    alike : Alike
        The person, to be compared with what a record tells once it is taken apart.
    named : set of Reference
        The furnishers' own references to the person.
    """

    connection: duckdb.DuckDBPyConnection
    vault: Vault
    contracts: Mapping[str, Contract]
    mentions: Mentions
    alike: Alike
    named: set[Reference]

    def records(self) -> Iterator[tuple[int, int]]:
        """Records that tell of the person, or are damaged, as delivery and line."""
        lines: dict[int, list[int]] = {}
        every = "SELECT DISTINCT delivery_no, line FROM quarantine"
        for delivery_no, line in self.connection.execute(every).fetchall():
            lines.setdefault(delivery_no, []).append(line)
        for delivery in receipts(self.connection):
            waiting = iter(sorted(lines.get(delivery.delivery_no, ())))
            while some := list(islice(waiting, _OPENED)):
                for line in self._lines(delivery, some):
                    yield delivery.delivery_no, line

    def _lines(self, delivery: ReceivedDelivery, lines: list[int]) -> set[int]:
        numbers = {quarantine_number(delivery.delivery_no, line): line for line in lines}
        entries, damaged = opened(self.vault, "quarantine", sorted(numbers))
        if damaged:
            _log.warning(
                "records in quarantine are damaged, and erased",
                extra={"delivery": delivery.delivery_no, "records": len(damaged)},
            )
        found, records = {numbers[number] for number in damaged}, {}
        for entry in entries:
            text = entry.content.decode("utf-8", "surrogatepass")
            if self.mentions.within(text):
                found.add(numbers[entry.number])
            elif entry.field == "record":
                records[numbers[entry.number]] = text
        return found | self._lines_by_fields(
            delivery, {line: text for line, text in records.items() if line not in found}
        )

    def _lines_by_fields(self, delivery: ReceivedDelivery, records: Mapping[int, str]) -> set[int]:
        """Of records whose text does not say so, those whose fields do."""
        receipt = delivery.receipt
        contract = self.contracts.get(receipt.contract)
        mine = {each for each in self.named if contract is None or each[1] == receipt.furnisher_id}
        refer = {line: text for line, text in records.items() if _may_refer(text, mine)}
        looked_at = refer | {line: text for line, text in records.items() if self.mentions.touched_by(text)}
        found: set[int] = set()
        if looked_at and contract is not None:
            with self._apart(delivery, contract, looked_at) as apart:
                told = apart.references()
                found = {line for line, telling in apart.tellings() if self.alike.to(telling)}
            found |= {line for line, references in told.items() if references & self.named}
            refer = {line: text for line, text in refer.items() if not told[line]}
        return found | {line for line, text in refer.items() if stands_apart(text, mine)}

    def _apart(
        self, delivery: ReceivedDelivery, contract: Contract, records: Mapping[int, str]
    ) -> AbstractContextManager[TakenApart]:
        form = contract.format if delivery.corrects is None else "fields"
        key, furnisher = self.vault.named_key("tokens"), delivery.receipt.furnisher_id
        return taken_apart(self.connection, key, contract, form, furnisher, delivery.columns, records)


def _may_refer(text: str, named: set[Reference]) -> bool:
    """Whether a part of a reference stands in a text: most have none, and need not be taken apart."""
    text = "|".join((text, *texts_of(text)))
    return any(part in text for _, _, reference in named for part in _parts(reference))


def stands_apart(text: str, named: set[Reference]) -> bool:
    """Whether the number in a reference stands on its own in a text that is not taken apart.

    Parameters
    ----------
    text : str
        A record, or a line of a file.
    named : set of Reference
        The references.
    """
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
