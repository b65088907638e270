"""Opening what is not damaged: one entry that was changed must not stop what is done with all others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bureau.errors import VaultDamaged
from bureau.vault import Entry, Vault

__all__ = ["names_owner", "opened"]


def opened(vault: Vault, kind: str, numbers: Sequence[int]) -> tuple[list[Entry], set[int]]:
    """The entries of owners that can be opened, and the owners who have others.

    Parameters
    ----------
    vault : Vault
        The vault.
    kind : str
        Kind of the owners.
    numbers : sequence of int
        The owners.

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
        if not names_owner(error, kind):
            raise
    else:
        return entries, set()
    if len(numbers) == 1:
        return entries, set(numbers)
    half = len(numbers) // 2
    parts = [opened(vault, kind, some) for some in (numbers[:half], numbers[half:])]
    return [entry for some, _ in parts for entry in some], {number for _, some in parts for number in some}


def names_owner(error: VaultDamaged, kind: str) -> bool:
    """Whether the entry or the key of one owner is damaged, and not a database."""
    told = str(error)  # a wrapped key's error names nobody, and the home's own keys were opened before
    return re.search(rf"\b{kind} \d+\b", told) is not None or told.startswith("a wrapped key was changed")
