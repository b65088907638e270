"""The promotion log: which model decides since when, who made it so, and why.

``bundles/promotions.jsonl`` has one line a promotion, signed by who promoted, with the SHA-256 of
the line before; ``bundles/promotions.head`` has the number and the SHA-256 of the last line, signed by
the same. Only keys of trusted signers count. So a line that is edited, deleted, moved or put in between,
an end that is cut off, and a log written anew under other keys are seen. Who puts back an older log
together with its older head is not: keep the head's hash, which every promotion tells, somewhere else.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from bureau.errors import SignatureRefused
from bureau.signing import ROLES, Signature, Signer, TrustedSigners
from scoring.bundle_folder import as_json
from scoring.errors import ChampionRefused
from scoring.whole_file import write_whole

__all__ = ["PURPOSE", "Promotion", "PromotionLog"]

PURPOSE: Final = "promotion"
"""What the signature of a line is for."""

_HEAD_PURPOSE: Final = "head of the promotion log"

_NOTHING: Final = "0" * 64
"""Stands for the line before the first one."""


@dataclass(frozen=True)
class Promotion:
    """One promotion.

    Parameters
    ----------
    at : str
        When (UTC, ISO 8601).
    portfolio : str
        Whose champion.
    before, after : str or None, str
        Version of the champion before (None: there was none) and after.
    by : str
        Who promoted.
    why : str
        Why.
    manifest_sha256 : str
        SHA-256 of the manifest of the bundle, which stands for all of its bytes.
    validation : mapping of str to object
        Which validation it rests on: ``sha256``, ``validator``, ``by_person``, ``report_sha256``,
        ``failed`` (keys of the findings that failed).
    despite : str or None
        Why it was promoted although findings failed.
    occasion : str or None
        The scheduled run that did it, for example ``retrain taiwan 2026-01-31``.
    """

    at: str
    portfolio: str
    before: str | None
    after: str
    by: str
    why: str
    manifest_sha256: str
    validation: Mapping[str, Any] = field(default_factory=dict)
    despite: str | None = None
    occasion: str | None = None


@dataclass(frozen=True)
class PromotionLog:
    """The promotion log of a folder of bundles.

    Parameters
    ----------
    folder : Path
        The folder.
    trusted : TrustedSigners
        Whose lines count; who promoted once must stay among them.
    """

    folder: Path
    trusted: TrustedSigners

    @property
    def path(self) -> Path:
        """The log itself."""
        return self.folder / "promotions.jsonl"

    @property
    def head(self) -> Path:
        """Number and hash of its last line."""
        return self.folder / "promotions.head"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep the log to this process."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "promotions.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def entries(self) -> tuple[Promotion, ...]:
        """All promotions in order, once the chain is known to be whole.

        Raises
        ------
        ChampionRefused
            If a line was changed, is missing or in another place, or the end was cut off.
        """
        return tuple(promotion for promotion, _ in self._verified())

    def last_of(self, portfolio: str) -> Promotion | None:
        """The last promotion of a portfolio, if there is one."""
        return next((each for each in reversed(self.entries()) if each.portfolio == portfolio), None)

    def append(self, promotion: Promotion, signer: Signer) -> str:
        """Add a promotion; the SHA-256 of its line. Call it within :meth:`locked`.

        Raises
        ------
        ChampionRefused
            If the chain is not whole.
        """
        verified = self._verified()
        previous = verified[-1][1] if verified else _NOTHING
        number = len(verified) + 1
        content = asdict(promotion) | {"number": number, "previous": previous}
        line = _canonical({"entry": content, "signature": signer.sign(PURPOSE, _canonical(content)).plain()})
        with self.path.open("ab+") as file:
            file.truncate(_whole_lines(self.path.read_bytes()))  # half a line of a process that was killed
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
        digest = hashlib.sha256(line).hexdigest()
        head = {"number": number, "sha256": digest}
        signature = signer.sign(_HEAD_PURPOSE, _canonical(head))
        write_whole(self.head, as_json(head | {"signature": signature.plain()}))
        return digest

    def _verified(self) -> list[tuple[Promotion, str]]:
        """Each promotion with the SHA-256 of its line."""
        head = self._known_head()  # first: a line that is added meanwhile is one that the head may not know yet
        content = self.path.read_bytes() if self.path.exists() else b""
        lines = content[: _whole_lines(content)].splitlines()
        found: list[tuple[Promotion, str]] = []
        previous = _NOTHING
        for number, line in enumerate(lines, start=1):
            found.append((self._read(line, number, previous), hashlib.sha256(line).hexdigest()))
            previous = found[-1][1]
        hashes = [_NOTHING, *(each for _, each in found)]
        number, digest = head
        if not number <= len(found) <= number + 1 or hashes[number] != digest:
            raise ChampionRefused(
                f"{self.path}: {len(found)} lines, and {self.head.name} knows {number} that end otherwise; "
                "restore both from a backup"
            )
        return found

    def _read(self, line: bytes, number: int, previous: str) -> Promotion:
        try:
            plain = json.loads(line)
            entry = dict(plain["entry"])
            signature = Signature.of(plain["signature"])
            self.trusted.verify(PURPOSE, _canonical(entry), signature, ROLES)
            in_place = (entry.pop("number"), entry.pop("previous")) == (number, previous)
            promotion = Promotion(**entry)
        except (SignatureRefused, ValueError, KeyError, TypeError, AttributeError):
            raise ChampionRefused(
                f"{self.path}: line {number} was changed, or its signer is none of those trusted here; restore the "
                "log, and keys/signers, from a backup"
            ) from None
        if not in_place or signature.signer != promotion.by or line != _canonical(plain):
            raise ChampionRefused(
                f"{self.path}: line {number} is not where it was written; restore the log from a backup"
            )
        return promotion

    def _known_head(self) -> tuple[int, str]:
        """Number and hash of the last line; the log may be one ahead of it, after a kill between the two."""
        try:
            head = json.loads(self.head.read_bytes())
            signature = Signature.of(head.pop("signature"))
            self.trusted.verify(_HEAD_PURPOSE, _canonical(head), signature, ROLES)
            return int(head["number"]), str(head["sha256"])
        except FileNotFoundError:
            return 0, _NOTHING
        except (SignatureRefused, ValueError, KeyError, TypeError, AttributeError):
            raise ChampionRefused(f"{self.head}: was changed or cannot be read; restore it from a backup") from None


def _canonical(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def _whole_lines(content: bytes) -> int:
    """Bytes up to the end of the last whole line."""
    return content.rfind(b"\n") + 1
