"""Opening the casework store of a home; it is made when it is first needed."""

from __future__ import annotations

import hmac
import secrets
from functools import partial
from typing import Final

from sqlalchemy import inspect

from bureau.audit.chain import AuditLog
from bureau.casework.casework import Casework
from bureau.casework.tables import CASEWORK, GUARDS, TABLES
from bureau.errors import CaseworkBusy, CaseworkDamaged, CaseworkError
from bureau.home import Home
from bureau.signers import add_signer, load_signer, trusted_signers
from bureau.signing import Signer
from bureau.store import Store
from bureau.store_errors import StoreErrors
from bureau.vault import Vault, open_vault

__all__ = ["AUDITOR", "audit_signer", "open_casework"]

AUDITOR: Final = "audit"
"""The service of the home that signs checkpoints."""

_FORMAT: Final = "2"
_WITHOUT_CONCLUSIONS: Final = "1"
_ERRORS: Final = StoreErrors(CaseworkError, CaseworkBusy, CaseworkDamaged)


def open_casework(home: Home, *, wait_seconds: float = 5.0) -> Casework:
    """Open the casework of a home, or make it.

    Parameters
    ----------
    home : Home
        The home.
    wait_seconds : float
        How long to wait for another writer.

    Raises
    ------
    CaseworkError
        If it belongs to another home, has another format, or cannot be reached.
    CaseworkDamaged
        If a file is damaged or cut short.
    WrongKey, VaultError
        If the vault of the home does not open.
    """
    vault = open_vault(home.vault, home.data_keys, home.keyring, wait_seconds=max(wait_seconds, 30.0))
    store = Store(home.casework, "casework", wait_seconds, _ERRORS, cache_mb=8)
    try:
        return _opened(home, store, vault)
    except BaseException:
        store.close()
        vault.close()
        raise


def _opened(home: Home, store: Store, vault: Vault) -> Casework:
    told = store.about() or _make(home, store, vault)
    if told.get("format") == _WITHOUT_CONCLUSIONS:
        told = _with_conclusions(store)
    if told.get("format") != _FORMAT:
        raise CaseworkError(
            f"{store.name}: this casework has format {told.get('format')}, this version of Tradeline reads {_FORMAT}; "
            "use the version that made it, or restore it from a backup"
        )
    casework_id = told.get("casework_id", "")
    if not hmac.compare_digest(told.get("of_home", "").encode(), _of_home(vault, casework_id).encode()):
        raise CaseworkError(f"{store.name}: this casework belongs to another home; name its own")
    return Casework(store, vault, casework_id, _log(home, store, vault, casework_id))


def audit_signer(home: Home) -> Signer:
    """The service that signs checkpoints.

    Raises
    ------
    SignatureRefused
        If its private key is missing or another's.
    """
    return load_signer(home.signers, AUDITOR, role="service")


def _make(home: Home, store: Store, vault: Vault) -> dict[str, str]:
    """Make the store; whoever else does so waits, and finds it made."""
    with store.write() as connection:
        told = store.about()
        if told:
            return told
        if TABLES.keys() & inspect(connection).get_table_names():
            raise CaseworkDamaged(
                f"{store.name}: it has tables of a casework, and what it is was taken out of its table `about`; "
                "restore it from a backup"
            )
        casework_id = secrets.token_hex(16)
        told = {"format": _FORMAT, "casework_id": casework_id, "of_home": _of_home(vault, casework_id)}
        store.create(CASEWORK, told)
        for statement in GUARDS["sqlite" if store.is_sqlite else "postgresql"]:
            connection.exec_driver_sql(statement)
        _log(home, store, vault, casework_id).begin()
        if AUDITOR not in trusted_signers(home.signers).identities:
            add_signer(home.signers, AUDITOR, ["service"])
    return told


def _with_conclusions(store: Store) -> dict[str, str]:
    """Add the table that format 2 has over format 1, which had no conclusions."""
    with store.write() as connection:
        CASEWORK.create_all(connection)  # those that are there stay as they are
        store.rows("UPDATE about SET told = :told WHERE name = 'format'", told=_FORMAT)
    return store.about()  # not before the end: the pages of an open transaction are in no file yet


def _log(home: Home, store: Store, vault: Vault, casework_id: str) -> AuditLog:
    return AuditLog(store, casework_id, vault.named_key("audit head"), partial(audit_signer, home))


def _of_home(vault: Vault, casework_id: str) -> str:
    return hmac.digest(vault.named_key("casework digests"), b"home\n" + casework_id.encode(), "sha256").hex()
