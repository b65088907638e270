"""The vault: who people are, sealed under a key for each of them, and found by keyed tokens alone.

:func:`open_vault` opens it. ``vault.seal`` and ``vault.open`` write and read the sealed entries,
``vault.index`` finds owners by blind tokens, ``vault.erase`` destroys keys, ``vault.holds`` forbids
it, ``vault.rotate`` changes the master key. What each identity field is kept for stands in
:mod:`bureau.vault.fields`.

Two stores, which are separable: the vault, and the key store with the wrapped data keys. A backup
holds the vault; the key store is replicated as it is now, and no old state of it is ever kept.
So the destruction of a data key erases a person from all backups too.
"""

from bureau.vault.keyring import Keyring, MasterKeys
from bureau.vault.vault import Entry, Vault, open_vault

__all__ = ["Entry", "Keyring", "MasterKeys", "Vault", "open_vault"]
