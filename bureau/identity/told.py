"""What furnishers told of people, out of the vault and in the columns that linking knows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa

from bureau.identity.standard import TOLD_COLUMNS, standard_record
from bureau.vault import Vault

__all__ = ["TELLING", "as_linked", "standard_tellings", "tellings_of", "told_columns_sql"]

_LINKED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "surname": "last_name",
        "first_name": "first_name",
        "middle_name": "middle_name",
        "generation": "suffix",
        "birth_date": "birth_date",
        "national_number": "national_id",
        **{name: name for name in ("phone", "email", "address", "city", "region", "postcode")},
    }
)
"""Field of a told identity (:data:`bureau.facts.IDENTITY_FIELDS`) to the column of linking."""

TELLING: Final = pa.schema(
    [("node", pa.int64()), ("told_as", pa.int64()), *((name, pa.string()) for name in TOLD_COLUMNS)]
)
"""One telling of one person: the reference it was told under, its token, and what was told."""

_BATCH: Final = 20_000


def as_linked(fields: Mapping[str, str | None]) -> dict[str, str | None]:
    """The fields of a told identity under the names of linking; what linking does not use is left out."""
    return {column: fields.get(field) for field, column in _LINKED.items()}


def told_columns_sql() -> str:
    """SQL for the columns of linking over columns named as the fields of a told identity."""
    return ", ".join(f"{field} AS {column}" for field, column in _LINKED.items())


def tellings_of(vault: Vault, nodes: Iterable[int]) -> Iterator[pa.Table]:
    """What was told under references, in tables of :data:`TELLING`; of who was erased there is none.

    Parameters
    ----------
    vault : Vault
        The vault.
    nodes : iterable of int
        The references, by their ``consumer_id``.
    """
    entries = (entry for entry in vault.open("consumer", nodes) if entry.field == "identity")
    while batch := list(islice(entries, _BATCH)):
        yield pa.Table.from_pylist(
            [{"node": entry.number, "told_as": entry.name, **as_linked(json.loads(entry.content))} for entry in batch],
            schema=TELLING,
        )


def standard_tellings(
    vault: Vault, nodes: Iterable[int], known: Mapping[tuple[int, int], Mapping[str, Any]] = MappingProxyType({})
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """What was told under references, each telling with its reference, in standard form; of who was erased nothing.

    Parameters
    ----------
    vault : Vault
        The vault.
    nodes : iterable of int
        The references, by their ``consumer_id``.
    known : mapping
        Reference and token of a telling to its standard form, where that is at hand already.
    """
    for entry in vault.open("consumer", nodes):
        if entry.field == "identity":
            record = known.get((entry.number, entry.name))
            yield entry.number, standard_record(as_linked(json.loads(entry.content))) if record is None else record
