"""Reading what a contradiction is shown with: where it names a person's field, the vault has the value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bureau.vault import Vault

__all__ = ["Names", "filled", "named_in", "revealed"]

Names = tuple[int, int]
"""A told identity: its ``consumer_id`` and ``told_as``."""

_MARK: Final = "sealed"


def revealed(vault: Vault, told: Iterable[Any]) -> list[Any]:
    """Evidence with the values that it names.

    Parameters
    ----------
    vault : Vault
        The vault.
    told : iterable
        Evidence as it is kept: structures of lists, mappings and plain values. A mapping with
        ``consumer``, ``told_as`` and ``sealed`` names a field of a told identity.

    Returns
    -------
    list
        The same, with the value in its place: personal data. None where it is not kept any more,
        because the person was erased.
    """
    kept = list(told)
    fields = {
        (entry.number, entry.name): json.loads(entry.content)
        for entry in vault.open_named("consumer", named_in(kept))
        if entry.field == "identity"
    }
    return [_without_names(each) for each in filled(kept, fields)]


def named_in(told: Any) -> set[Names]:
    """The told identities that evidence names."""
    if isinstance(told, dict):
        if _MARK in told:
            return {(told["consumer"], told["told_as"])}
        return named_in(list(told.values()))
    if isinstance(told, list):
        return set().union(*map(named_in, told))
    return set()


def filled(told: Any, fields: Mapping[Names, Mapping[str, str | None]]) -> Any:
    """Evidence with the values of the told identities that are given; others are named as before."""
    if isinstance(told, dict):
        if _MARK not in told:
            return {name: filled(value, fields) for name, value in told.items()}
        known = fields.get((told["consumer"], told["told_as"]))
        return told if known is None else known.get(told[_MARK])
    if isinstance(told, list):
        return [filled(each, fields) for each in told]
    return told


def _without_names(told: Any) -> Any:
    if isinstance(told, dict):
        return None if _MARK in told else {name: _without_names(value) for name, value in told.items()}
    if isinstance(told, list):
        return [_without_names(each) for each in told]
    return told
