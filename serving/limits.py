"""Rates and quotas: how many requests each key has left, whichever worker they reach.

Requests are counted by the minute and by the day (UTC), in a small file that all workers share or in a
Valkey or Redis server. What is refused counts for nothing. The file is not synced: after a loss of power a
few requests may be counted less.
"""

from __future__ import annotations

import math
import sqlite3
import threading
from pathlib import Path
from typing import Any, Final, Protocol

from serving.errors import LimitsUnavailable

__all__ = ["FileLimits", "Limits", "ServerLimits", "open_limits"]

_MINUTE: Final = 60
_DAY: Final = 86_400
_WAIT_SECONDS: Final = 1.0


class Limits(Protocol):
    """Counts the requests of keys."""

    def take(self, key_id: str, per_minute: int, per_day: int, now: float) -> int:
        """Count a request; 0 if the key had one left, else the seconds after which it has.

        Parameters
        ----------
        key_id : str
            The key.
        per_minute, per_day : int
            Its requests a minute and a day, 0 for as many as it likes.
        now : float
            Seconds since 1970 (UTC).

        Raises
        ------
        LimitsUnavailable
            If nothing can be counted; then the request must not be answered.
        """
        ...

    def close(self) -> None:
        """Let go of the file or the server."""
        ...


class FileLimits:
    """Counts in a file of SQLite.

    Parameters
    ----------
    path : Path
        The file; made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._connection = sqlite3.connect(
                path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS taken (key_id TEXT PRIMARY KEY, minute INTEGER, in_minute INTEGER, "
                "day INTEGER, in_day INTEGER) WITHOUT ROWID"
            )
        except sqlite3.Error as error:
            raise self._unavailable(error) from None

    def take(self, key_id: str, per_minute: int, per_day: int, now: float) -> int:
        """Count a request (:meth:`Limits.take`)."""
        if not per_minute and not per_day:
            return 0
        minute, day = int(now // _MINUTE), int(now // _DAY)
        try:
            with self._lock, self._connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                taken = connection.execute(
                    "SELECT minute, in_minute, day, in_day FROM taken WHERE key_id = ?", (key_id,)
                ).fetchone() or (minute, 0, day, 0)
                in_minute = taken[1] if taken[0] == minute else 0
                in_day = taken[3] if taken[2] == day else 0
                wait = _wait(in_minute, in_day, per_minute, per_day, now)
                if not wait:
                    row = (key_id, minute, in_minute + 1, day, in_day + 1)
                    connection.execute("INSERT OR REPLACE INTO taken VALUES (?, ?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            raise self._unavailable(error) from None
        return wait

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _unavailable(self, error: sqlite3.Error) -> LimitsUnavailable:
        return LimitsUnavailable(f"{self._path}: requests cannot be counted ({error}); check the disk and its rights")


_TAKE: Final = """
local in_minute = tonumber(redis.call('GET', KEYS[1]) or '0')
local in_day = tonumber(redis.call('GET', KEYS[2]) or '0')
local per_minute, per_day = tonumber(ARGV[1]), tonumber(ARGV[2])
if (per_minute == 0 or in_minute < per_minute) and (per_day == 0 or in_day < per_day) then
    redis.call('INCR', KEYS[1])
    redis.call('EXPIRE', KEYS[1], 120)
    redis.call('INCR', KEYS[2])
    redis.call('EXPIRE', KEYS[2], 172800)
end
return {in_minute, in_day}
"""
"""Counts a request if there is one left, in one step on the server; gives what was counted before."""


class ServerLimits:
    """Counts in a Valkey or Redis server.

    Parameters
    ----------
    url : str
        Of the server.
    """

    def __init__(self, url: str) -> None:
        import redis

        self._error = redis.RedisError
        self._client: Any = redis.Redis.from_url(
            url, socket_timeout=_WAIT_SECONDS, socket_connect_timeout=_WAIT_SECONDS
        )
        self._take = self._client.register_script(_TAKE)

    def take(self, key_id: str, per_minute: int, per_day: int, now: float) -> int:
        """Count a request (:meth:`Limits.take`)."""
        if not per_minute and not per_day:
            return 0
        names = [
            f"tradeline:taken:{{{key_id}}}:{unit}:{int(now // seconds)}"
            for unit, seconds in (("minute", _MINUTE), ("day", _DAY))
        ]
        try:
            in_minute, in_day = self._take(keys=names, args=[per_minute, per_day])
        except self._error as error:
            raise LimitsUnavailable(
                f"requests cannot be counted on the server of TRADELINE_LIMITS ({type(error).__name__}); check it"
            ) from None
        return _wait(int(in_minute), int(in_day), per_minute, per_day, now)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def open_limits(place: Path | str) -> Limits:
    """Where requests are counted: a file, or the URL of a Valkey or Redis server.

    Raises
    ------
    LimitsUnavailable
        If the file cannot be used.
    """
    return FileLimits(place) if isinstance(place, Path) else ServerLimits(place)


def _wait(in_minute: int, in_day: int, per_minute: int, per_day: int, now: float) -> int:
    """Seconds until the next window in which a request is left; 0 if one is left now.

    Examples
    --------
    >>> _wait(10, 10, 10, 0, 130.5), _wait(9, 10, 10, 0, 130.5), _wait(0, 5, 10, 5, 86_399.0)
    (50, 0, 1)
    """
    if per_day and in_day >= per_day:
        return math.ceil(_DAY - now % _DAY) or 1
    if per_minute and in_minute >= per_minute:
        return math.ceil(_MINUTE - now % _MINUTE) or 1
    return 0
