"""Changing the master key of a home while others read it.

Only the wrapped keys in the key store are written anew: the history and the vault stay as they are,
since their keys are random ones. A home whose key lies in ``keys/master.key`` keeps the next key beside
it until the rotation is done; readers ask for both. Killed, the rotation is begun again and goes on.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from bureau.errors import HomeError, VaultError
from bureau.home import Home
from bureau.keys import create_key_file, read_key_file
from bureau.vault import MasterKeys, open_vault

__all__ = ["rotate"]

_log = logging.getLogger(__name__)


def rotate(home: Home, new_key_file: Path | None = None, *, wait_seconds: float = 120.0) -> Path:
    """Let a home be opened by a new master key, and no more by the old one; the file of the new key.

    Parameters
    ----------
    home : Home
        The home, opened with the master key that it has, or with the one that it was being rotated from.
    new_key_file : Path, optional
        A file with the new master key, made if it is not there; by default a key is made for a home
        whose own lies in it.
    wait_seconds : float
        How long to wait for others who write to the vault.

    Raises
    ------
    HomeError
        If the key comes from outside of the home and no file is named, another rotation is not
        finished, or there is nothing to rotate.
    WrongKey
        If the master key is not the home's.
    VaultBusy
        If others write to the vault for too long; repeat it.
    """
    if isinstance(home.vault, Path) and not home.vault.exists():
        raise HomeError(f"{home.root}: this home keeps nothing yet; take deliveries in first (`tradeline ingest`)")
    is_own = home.key_file in home.key_files
    if not is_own and new_key_file is None:
        raise HomeError(
            f"{home.root}: the master key is kept outside of this home; name a file for the new one "
            "with --new-key-file, and from then on give that key"
        )
    _require_key(home, new_key_file)
    new_key = _next_key(home, new_key_file) if is_own else _key_in(new_key_file)
    if new_key == home.master_key:
        raise HomeError(f"{new_key_file}: this is the key that the home has; name a file with another one")
    keyring = MasterKeys(new_key, home.master_key)
    with open_vault(home.vault, home.data_keys, keyring, wait_seconds=wait_seconds) as vault:
        vault.rotate(keyring)
        if list(vault.versions()) != [keyring.current]:
            raise VaultError(f"{home.root}: another rotation is under way; repeat this one after its end")
    if is_own:
        home.next_key_file.replace(home.key_file)
        _keep_folder(home.key_file.parent)
    _log.info("master key rotated")
    return home.key_file if new_key_file is None or is_own else new_key_file


def _require_key(home: Home, new_key_file: Path | None) -> None:
    """Make sure that the master key is the home's, or what it was rotated from, before a new one is written."""
    begun = (home.next_key_file, *(() if new_key_file is None else (new_key_file,)))
    keyring = MasterKeys(home.master_key, *(read_key_file(path) for path in begun if path.exists()))
    open_vault(home.vault, home.data_keys, keyring).close()


def _next_key(home: Home, new_key_file: Path | None) -> bytes:
    """The key that a home's own rotation goes to; it lies in the home before anything is wrapped with it."""
    wanted = None if new_key_file is None else _key_in(new_key_file)
    if not home.next_key_file.exists():
        if wanted == home.master_key:
            return wanted
        unfinished = home.next_key_file.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        create_key_file(unfinished, wanted)
        unfinished.replace(home.next_key_file)
        _keep_folder(home.key_file.parent)
    begun = read_key_file(home.next_key_file)
    if wanted not in (None, begun):
        raise HomeError(
            f"{home.next_key_file}: a rotation to another key was begun; finish it first with `tradeline vault rotate`"
        )
    return begun


def _key_in(path: Path | None) -> bytes:
    if path is None:
        raise LookupError("no key file is named")
    return read_key_file(path) if path.exists() else create_key_file(path)


def _keep_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
