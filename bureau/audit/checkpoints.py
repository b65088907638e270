"""Checkpoints: signed statements of where the audit log stood, to be kept where its writers cannot reach.

A file of checkpoints has one a line, as JSON. Anchored elsewhere (printed, mailed to an auditor, put into
a store that cannot be overwritten), it proves every entry up to it, against those who have all keys too.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bureau.cells import whole
from bureau.errors import AuditBroken, SignatureRefused
from bureau.signing import Signature, Signer, TrustedSigners

__all__ = ["PURPOSE", "Checkpoint", "read_checkpoints", "write_checkpoint"]

PURPOSE: Final = "audit checkpoint"
"""What its signature is for."""


@dataclass(frozen=True)
class Checkpoint:
    """Where a log stood.

    Parameters
    ----------
    log_id : str
        Which log.
    number : int
        Its last entry then.
    digest : bytes
        The digest of that, 32 bytes.
    at : datetime
        When (UTC, naive).
    signature : Signature
        Of the service that wrote it.
    """

    log_id: str
    number: int
    digest: bytes
    at: datetime
    signature: Signature

    @staticmethod
    def sign(signer: Signer, log_id: str, number: int, digest: bytes, at: datetime) -> Checkpoint:
        """Sign where a log stands."""
        content = _content(log_id, number, digest, at)
        return Checkpoint(log_id, number, digest, at, signer.sign(PURPOSE, content))

    def require_signed(self, trusted: TrustedSigners) -> None:
        """Make sure that a trusted service signed it.

        Raises
        ------
        SignatureRefused
            If not.
        """
        content = _content(self.log_id, self.number, self.digest, self.at)
        trusted.verify(PURPOSE, content, self.signature, ["service"])

    def text(self) -> str:
        """One line of JSON."""
        told = _plain(self.log_id, self.number, self.digest, self.at)
        return json.dumps(told | {"signature": self.signature.plain()}, sort_keys=True)

    @staticmethod
    def of(text: str) -> Checkpoint:
        """Read what :meth:`text` gave.

        Raises
        ------
        AuditBroken
            If it is no checkpoint.
        """
        try:
            told = json.loads(text)
            return Checkpoint(
                str(told["log"]),
                whole(told["number"]),
                bytes.fromhex(told["digest"]),
                datetime.fromisoformat(told["at"]),
                Signature.of(told["signature"]),
            )
        except (KeyError, RecursionError, TypeError, ValueError, SignatureRefused):
            raise AuditBroken("a checkpoint is not readable as one; restore the file that held it") from None


def read_checkpoints(path: Path) -> list[Checkpoint]:
    """The checkpoints of a file.

    Raises
    ------
    AuditBroken
        If it has none, or a line of it is none.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        try:
            found += [Checkpoint.of(line)] if line.strip() else []
        except AuditBroken:
            raise AuditBroken(f"{path}: line {number} is no checkpoint; name the file as it was written") from None
    if not found:
        raise AuditBroken(f"{path}: it holds no checkpoint; name a file of `tradeline audit checkpoint --out`")
    return found


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Add a checkpoint to a file; it is on the disk when this returns."""
    with path.open("a", encoding="utf-8") as file:
        file.write(checkpoint.text() + "\n")
        file.flush()
        os.fsync(file.fileno())


def _plain(log_id: str, number: int, digest: bytes, at: datetime) -> dict[str, Any]:
    return {"log": log_id, "number": number, "digest": digest.hex(), "at": at.isoformat()}


def _content(log_id: str, number: int, digest: bytes, at: datetime) -> bytes:
    return json.dumps(_plain(log_id, number, digest, at), sort_keys=True).encode()
