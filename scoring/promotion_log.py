"""The promotion log: which model decides since when, who made it so, and why.

``bundles/promotions.jsonl`` has one line a promotion, signed by who promoted, with the SHA-256 of
the line before; ``bundles/promotions.head`` has the number and the SHA-256 of the last line, signed by
the same. Only keys of trusted signers count. So a line that is edited, deleted, moved or put in between,
an end that is cut off, and a log written anew under other keys are seen. Who puts back an older log
together with its older head is not: keep the head's hash, which every promotion tells, somewhere else.

A head of number 0 is written before the first line, and before each line a head that knows all the lines
there are. So no line is ever without a head, and a process that is killed between the two leaves a log
that is one line ahead of it, however often that happens.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from bureau.errors import SignatureRefused
from bureau.signing import ROLES, Signature, Signer, TrustedSigners
from scoring.bundle_folder import as_json
from scoring.errors import ChampionRefused
from scoring.whole_file import write_whole

__all__ = ["PURPOSE", "Promotion", "PromotionLog", "last_of"]

PURPOSE: Final = "promotion"
"""What the signature of a line is for."""

_HEAD_PURPOSE: Final = "head of the promotion log"

_NOTHING: Final = "0" * 64
"""Stands for the line before the first one."""

_RESTORE: Final = "restore the log and its head from one backup"

_LOOKS: Final = 5
"""How often log and head are read until no promotion has come in between."""


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
class _Chain:
    """The lines of a log that was found whole: their promotions, their SHA-256, and how many the head knows."""

    promotions: tuple[Promotion, ...]
    hashes: tuple[str, ...]
    known: int | None


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
            If a line was changed, is missing or in another place, the end was cut off, or log or head cannot
            be read.
        """
        return self._verified().promotions

    def append(self, promotion: Promotion, signer: Signer) -> str:
        """Add a promotion; the SHA-256 of its line. Call it within :meth:`locked`.

        Raises
        ------
        ChampionRefused
            If the chain is not whole.
        """
        chain = self._verified()
        number = len(chain.promotions)
        previous = chain.hashes[number]
        if chain.known != number:  # before the first line, and after a kill between a line and its head
            self._write_head(number, previous, signer)
        content = asdict(promotion) | {"number": number + 1, "previous": previous}
        line = _canonical({"entry": content, "signature": signer.sign(PURPOSE, _canonical(content)).plain()})
        with self.path.open("ab+") as file:
            file.truncate(_whole_lines(self.path.read_bytes()))  # half a line of a process that was killed
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
        digest = hashlib.sha256(line).hexdigest()
        self._write_head(number + 1, digest, signer)
        return digest

    def _write_head(self, number: int, digest: str, signer: Signer) -> None:
        head = {"number": number, "sha256": digest}
        signature = signer.sign(_HEAD_PURPOSE, _canonical(head))
        write_whole(self.head, as_json(head | {"signature": signature.plain()}))

    def _verified(self) -> _Chain:
        """The lines, once they are known to be whole and to end as the head says."""
        head, content = self._files()
        known, end = (0, _NOTHING) if head is None else self._known_head(head)
        promotions: list[Promotion] = []
        hashes = [_NOTHING]
        for number, line in enumerate(content[: _whole_lines(content)].splitlines(), start=1):
            promotions.append(self._read(line, number, hashes[-1]))
            hashes.append(hashlib.sha256(line).hexdigest())
        count = len(promotions)
        if head is None and count:
            raise ChampionRefused(f"{self.head}: is missing beside a log of {count} lines; {_RESTORE}")
        is_near = known <= count <= known + 1
        if not is_near or hashes[known] != end:
            otherwise = " that end otherwise" if is_near else ""
            raise ChampionRefused(
                f"{self.path}: {count} lines, and {self.head.name} knows {known}{otherwise}; {_RESTORE}"
            )
        return _Chain(tuple(promotions), tuple(hashes), None if head is None else known)

    def _files(self) -> tuple[bytes | None, bytes]:
        """Head and log of one moment: no head was written while the log was read, so at most one line was."""
        head, content = _read_file(self.head), _read_file(self.path)
        for _ in range(_LOOKS - 1):
            before, head = head, _read_file(self.head)
            if head == before:
                break
            content = _read_file(self.path)
        return head, content or b""

    def _read(self, line: bytes, number: int, previous: str) -> Promotion:
        try:
            plain = json.loads(line)
            entry = dict(plain["entry"])
            signature = Signature.of(plain["signature"])
            self.trusted.verify(PURPOSE, _canonical(entry), signature, ROLES)
            in_place = (entry.pop("number"), entry.pop("previous")) == (number, previous)
            promotion = Promotion(**entry)
        except (SignatureRefused, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ChampionRefused(
                f"{self.path}: line {number} was changed, or its signer is none of those trusted here; restore "
                f"keys/signers if a signer is missing there (`tradeline signers list`), else {_RESTORE}"
            ) from None
        if not in_place or signature.signer != promotion.by or line != _canonical(plain):
            raise ChampionRefused(f"{self.path}: line {number} is not where it was written; {_RESTORE}")
        return promotion

    def _known_head(self, content: bytes) -> tuple[int, str]:
        """Number and hash of the last line that the head knows."""
        try:
            head = json.loads(content)
            signature = Signature.of(head.pop("signature"))
            self.trusted.verify(_HEAD_PURPOSE, _canonical(head), signature, ROLES)
            return int(head["number"]), str(head["sha256"])
        except (SignatureRefused, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ChampionRefused(
                f"{self.head}: was changed, or its signer is none of those trusted here; restore keys/signers if a "
                f"signer is missing there (`tradeline signers list`), else {_RESTORE}"
            ) from None


def last_of(portfolio: str, promotions: Sequence[Promotion]) -> Promotion | None:
    """The last promotion of a portfolio, if there is one."""
    return next((each for each in reversed(promotions) if each.portfolio == portfolio), None)


def _read_file(path: Path) -> bytes | None:
    """What a file holds; None if it is not there."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ChampionRefused(
            f"{path}: cannot be read ({error.strerror}); check its rights, or restore it from a backup if it is no file"
        ) from None


def _canonical(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def _whole_lines(content: bytes) -> int:
    """Bytes up to the end of the last whole line."""
    return content.rfind(b"\n") + 1
