"""API keys: made once, shown once, kept as a keyed digest, and good for no more than they were made for.

A key reads ``tlk_<id>_<secret>``. The secret is 256 random bits; what is kept of it is an HMAC-SHA256 under a
key of the home, so that a copy of the store alone cannot even be tried against guesses.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from bureau.access.access import SCOPES, Access
from bureau.access.purposes import purpose_of
from bureau.access.subscribers import Subscribers
from bureau.audit.chain import AuditLog
from bureau.audit.events import OPERATOR, Event
from bureau.casework.tables import insert_sql
from bureau.cells import as_written, moment, optional, raw, text, whole
from bureau.errors import AccessError
from bureau.store import Store

__all__ = ["ApiKey", "ApiKeys", "IssuedKey", "KeyFault", "key_parts"]

KeyFault = Literal["absent", "malformed", "unknown", "expired", "revoked"]
"""Why a key is not good."""

_FORM: Final = re.compile(r"tlk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_SECRET_BYTES: Final = 32
_NOBODY: Final = bytes(32)
_COLUMNS: Final = (
    "key_id, subscriber_id, digest, scopes, purposes, per_minute, per_day, created_at, expires_at, revoked_at, replaces"
)
_LONGEST: Final = timedelta(days=366)
"""A key lasts a year at most."""


@dataclass(frozen=True)
class ApiKey:
    """A key as it is kept.

    Parameters
    ----------
    key_id : str
        Its name.
    subscriber : str
        Whose.
    scopes, purposes : frozenset of str
        What it is good for.
    per_minute, per_day : int
        Its requests a minute and a day (UTC), 0 for as many as it likes.
    created_at, expires_at : datetime
        From when, and before when it is good (UTC, naive).
    revoked_at : datetime, optional
        When it was revoked.
    replaces : str, optional
        The key it was made to replace.
    digest : bytes
        The keyed digest of its secret; never shown by ``repr``.
    """

    key_id: str
    subscriber: str
    scopes: frozenset[str]
    purposes: frozenset[str]
    per_minute: int
    per_day: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    replaces: str | None
    digest: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal digits, of what never changes of a key; its event in the audit log tells it."""
        fixed = [self.key_id, self.subscriber, sorted(self.scopes), sorted(self.purposes), self.per_minute]
        fixed += [self.per_day, _text(self.created_at), self.replaces, self.digest.hex()]
        return hashlib.sha256(json.dumps(fixed).encode()).hexdigest()

    def fault(self, now: datetime) -> KeyFault | None:
        """Why it is not good at a moment; None if it is.

        A revocation counts whatever the clock says, which may have been set back since or be another machine's.
        """
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= now else None


@dataclass(frozen=True)
class IssuedKey:
    """A new key, which is shown this once.

    Parameters
    ----------
    key : ApiKey
        As it is kept.
    text : str
        The key itself; never shown by ``repr``.
    """

    key: ApiKey
    text: str = field(repr=False)


class ApiKeys:
    """The keys of one casework store.

    Parameters
    ----------
    store : Store
        The store.
    audit : AuditLog
        Where every change is noted.
    digest_key : bytes
        Under which secrets are digested.
    """

    def __init__(self, store: Store, audit: AuditLog, digest_key: bytes) -> None:
        self._store = store
        self._audit = audit
        self._digest_key = digest_key
        self._subscribers = Subscribers(store, audit)

    def create(
        self,
        subscriber: str,
        *,
        scopes: Iterable[str],
        purposes: Iterable[str],
        now: datetime,
        expires_at: datetime,
        per_minute: int = 0,
        per_day: int = 0,
    ) -> IssuedKey:
        """Make a key.

        Raises
        ------
        AccessError
            If there is no such subscriber, a scope or purpose is unknown, a purpose is not certified, the
            key would last for more than a year or not at all, or a limit is negative.
        """
        chosen = frozenset(scopes), frozenset(purpose_of(code).code for code in purposes)
        key_id = secrets.token_hex(8)
        with self._store.write():
            self._require(subscriber, *chosen, now=now, expires_at=expires_at, limits=(per_minute, per_day))
            issued = self._issue(
                ApiKey(key_id, subscriber, *chosen, per_minute, per_day, now, expires_at, None, None, b"")
            )
            self._note_new("key created", issued.key)
        return issued

    def rotate(self, key_id: str, *, now: datetime, expires_at: datetime, overlap: timedelta) -> IssuedKey:
        """Make a key that takes the place of another, which is good for `overlap` more, and no longer.

        Raises
        ------
        AccessError
            If there is no such key, it is not good any more, or the new one would last for more than a year.
        """
        with self._store.write():
            old = self.get(key_id)
            fault = old.fault(now)
            if fault is not None:
                raise AccessError(f"{key_id}: this key is {fault}; make a new one with `tradeline keys create`")
            _require_time(now, expires_at)
            ends = min(old.expires_at, now + overlap)
            self._store.rows(
                "UPDATE api_key SET expires_at = :ends WHERE key_id = :key_id", ends=_text(ends), key_id=key_id
            )
            new = ApiKey(
                secrets.token_hex(8),
                old.subscriber,
                old.scopes,
                old.purposes,
                old.per_minute,
                old.per_day,
                now,
                expires_at,
                None,
                key_id,
                b"",
            )
            issued = self._issue(new)
            self._note_new("key rotated", issued.key, replaces=key_id, ends=_text(ends))
        return issued

    def revoke(self, key_id: str, now: datetime) -> bool:
        """Revoke a key at once; False if it was revoked before.

        Raises
        ------
        AccessError
            If there is no such key.
        """
        with self._store.write():
            key = self.get(key_id)
            if key.revoked_at is not None:
                return False
            self._store.rows(
                "UPDATE api_key SET revoked_at = :now WHERE key_id = :key_id", now=_text(now), key_id=key_id
            )
            self._note("key revoked", now, key, {"replaces": key.replaces} if key.replaces else {})
        return True

    def get(self, key_id: str) -> ApiKey:
        """A key.

        Raises
        ------
        AccessError
            If there is none.
        CaseworkDamaged
            If its row cannot be read.
        """
        for row in self._store.rows(f"SELECT {_COLUMNS} FROM api_key WHERE key_id = :key_id", key_id=key_id):
            return _key(row._asdict())
        raise AccessError(f"{key_id!r}: there is no such key; see `tradeline keys list`")

    def names(self) -> list[str]:
        """The names of all keys, those whose row cannot be read too."""
        return [str(name) for (name,) in self._store.rows("SELECT key_id FROM api_key ORDER BY key_id")]

    def all(self, subscriber: str | None = None) -> list[ApiKey]:
        """The keys of a subscriber or of all, in the order in which they were made."""
        rows = self._store.rows(f"SELECT {_COLUMNS} FROM api_key ORDER BY created_at, key_id")
        return [key for key in (_key(row._asdict()) for row in rows) if subscriber in (None, key.subscriber)]

    def authenticate(self, presented: str | None, now: datetime) -> Access | KeyFault:
        """What a caller may do, by the key it presents; or why the key is not good.

        Parameters
        ----------
        presented : str, optional
            What the caller gave as its key.
        now : datetime
            The moment (UTC, naive).
        """
        parts = key_parts(presented)
        if not isinstance(parts, tuple):
            return parts
        found = self.look_up(parts[0])
        return self.judge(found, parts, now)

    def look_up(self, key_id: str) -> tuple[ApiKey, Access] | None:
        """A key and what it allows now; None if there is none. For a caller who keeps it for a moment."""
        rows = self._store.rows(f"SELECT {_COLUMNS} FROM api_key WHERE key_id = :key_id", key_id=key_id)
        if not rows:
            return None
        key = _key(rows[0]._asdict())
        subscriber = self._subscribers.get(key.subscriber)
        purposes = key.purposes & self._subscribers.purposes(key.subscriber)
        return key, Access(
            key.subscriber, key.key_id, key.scopes, purposes, subscriber.jurisdiction, key.per_minute, key.per_day
        )

    def judge(self, found: tuple[ApiKey, Access] | None, parts: tuple[str, str], now: datetime) -> Access | KeyFault:
        """What :meth:`look_up` found, if the secret fits; the comparison takes as long whatever it is given."""
        digest = self._digest(*parts)
        if not hmac.compare_digest(digest, found[0].digest if found is not None else _NOBODY) or found is None:
            return "unknown"
        return found[0].fault(now) or found[1]

    def _digest(self, key_id: str, secret: str) -> bytes:
        return hmac.digest(self._digest_key, f"{key_id}\n{secret}".encode(), "sha256")

    def _issue(self, key: ApiKey) -> IssuedKey:
        secret = base64.urlsafe_b64encode(secrets.token_bytes(_SECRET_BYTES)).decode().rstrip("=")
        digest = self._digest(key.key_id, secret)
        self._store.rows(
            insert_sql("api_key"),
            key_id=key.key_id,
            subscriber_id=key.subscriber,
            digest=digest,
            scopes=json.dumps(sorted(key.scopes)),
            purposes=json.dumps(sorted(key.purposes)),
            per_minute=key.per_minute,
            per_day=key.per_day,
            created_at=_text(key.created_at),
            expires_at=_text(key.expires_at),
            revoked_at=None,
            replaces=key.replaces,
        )
        return IssuedKey(replace(key, digest=digest), f"tlk_{key.key_id}_{secret}")

    def _require(
        self,
        subscriber: str,
        scopes: frozenset[str],
        purposes: frozenset[str],
        *,
        now: datetime,
        expires_at: datetime,
        limits: tuple[int, int],
    ) -> None:
        self._subscribers.get(subscriber)
        if not scopes or not scopes <= set(SCOPES):
            raise AccessError(f"{subscriber}: a key has one or several of the scopes {', '.join(SCOPES)}; name them")
        missing = purposes - self._subscribers.purposes(subscriber)
        if missing:
            raise AccessError(
                f"{subscriber}: has not certified {', '.join(sorted(missing))}; "
                "do so first with `tradeline subscribers certify`"
            )
        if min(limits) < 0:
            raise AccessError(f"{subscriber}: a limit of {min(limits)} requests is none; give 0 for no limit")
        _require_time(now, expires_at)

    def _note_new(self, kind: Any, key: ApiKey, **others: str) -> None:
        details = {"row": key.fingerprint, "expires": _text(key.expires_at), **others}
        self._note(kind, key.created_at, key, details)

    def _note(self, kind: Any, at: datetime, key: ApiKey, details: Mapping[str, str]) -> None:
        self._audit.append(
            Event(kind, at, actor=OPERATOR, subscriber=key.subscriber, subject=key.key_id, details=details)
        )


def key_parts(presented: str | None) -> tuple[str, str] | KeyFault:
    """The id and the secret of a key as it was presented, or why it is none."""
    if not presented:
        return "absent"
    met = _FORM.fullmatch(presented)
    return (met[1], met[2]) if met else "malformed"


def _require_time(now: datetime, expires_at: datetime) -> None:
    if not now < expires_at <= now + _LONGEST:
        raise AccessError("a key ends after now, and lasts a year at most; name another day with --expires")


def _key(row: dict[str, Any]) -> ApiKey:
    with as_written(f"key {row['key_id']}"):
        return ApiKey(
            key_id=text(row["key_id"]),
            subscriber=text(row["subscriber_id"]),
            scopes=_codes(row["scopes"]),
            purposes=_codes(row["purposes"]),
            per_minute=whole(row["per_minute"]),
            per_day=whole(row["per_day"]),
            created_at=moment(row["created_at"]),
            expires_at=moment(row["expires_at"]),
            revoked_at=optional(moment, row["revoked_at"]),
            replaces=optional(text, row["replaces"]),
            digest=raw(row["digest"]),
        )


def _codes(cell: object) -> frozenset[str]:
    return frozenset(text(code) for code in json.loads(text(cell)))


def _text(moment: datetime) -> str:
    return moment.isoformat()
