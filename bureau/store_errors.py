"""How the failures of a store are told: as errors of ours, which hold neither values nor passwords."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bureau.errors import BureauError, DiskFull, VaultBusy, VaultDamaged, VaultError

__all__ = ["Failures", "StoreErrors"]

_BUSY: Final = ("database is locked", "lock timeout", "database table is locked")
_FULL: Final = ("database or disk is full", "No space left", "could not extend file")
_DAMAGED: Final = ("malformed", "not a database", "disk I/O error", "no such table", "does not exist", "invalid page")


@dataclass(frozen=True)
class StoreErrors:
    """Of which types the errors of a store are.

    Parameters
    ----------
    failed : type of BureauError
        It cannot be used as it is.
    busy : type of BureauError
        Another process writes for too long.
    damaged : type of BureauError
        It is damaged or cut short.
    """

    failed: type[BureauError] = VaultError
    busy: type[BureauError] = VaultBusy
    damaged: type[BureauError] = VaultDamaged


@dataclass(frozen=True)
class Failures:
    """Makes the errors of one store.

    Parameters
    ----------
    errors : StoreErrors
        Of which types they are.
    name : str
        The store, without a password.
    wait_seconds : float
        How long it waits for another writer.
    remedy : str
        From what it is restored.
    """

    errors: StoreErrors
    name: str
    wait_seconds: float
    remedy: str

    def of(self, said: str) -> BureauError:
        """What an engine said."""
        if any(mark in said for mark in _BUSY):
            return self.busy()
        if any(mark in said for mark in _FULL):
            return DiskFull(f"{self.name}: the disk is full; make room and run the command again")
        if any(mark in said for mark in _DAMAGED):
            return self.damaged()
        return self.errors.failed(f"{self.name}: it cannot be used ({(said.splitlines() or ['no answer'])[0]})")

    def damaged(self) -> BureauError:
        """It is damaged."""
        return self.errors.damaged(f"{self.name}: it is damaged or cut short; restore it from {self.remedy}")

    def busy(self) -> BureauError:
        """Somebody else writes for too long."""
        return self.errors.busy(
            f"{self.name}: another process has used it for {self.wait_seconds:g} s; wait for its end, or stop it"
        )

    def interrupted(self) -> BureauError:
        """The thread that wrote for this one, too, was interrupted."""
        return self.errors.failed(
            f"{self.name}: its writer was interrupted, and whether this was kept is not known; look for it"
        )
