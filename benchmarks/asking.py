"""A client for measurements that costs little: whole requests as bytes, over sockets that stay open.

It knows one kind of answer, that with a Content-Length, and asks again over nothing that was closed.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

__all__ = ["Asked", "Connection", "ask_all", "request_of"]

_OK: Final = 200
_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"


@dataclass(frozen=True)
class Asked:
    """What requests took.

    Parameters
    ----------
    seconds : list of float
        Each one.
    passed : float
        Seconds from the first to the last.
    servers : float
        Seconds of the processors of the processes that this one has started.
    client : float
        Those of this process.
    """

    seconds: list[float]
    passed: float
    servers: float
    client: float

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.passed


def request_of(method: str, path: str, key: str, body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


class Connection:
    """A connection to a service on this machine; closed by ``with``.

    Parameters
    ----------
    port : int
        Its port.
    """

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._socket.close()

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and content of the answer.

        Raises
        ------
        ConnectionError
            If the service closes the connection before the answer's end.
        """
        self._socket.sendall(request)
        got = self._more(b"")
        while (end := got.find(_END)) < 0:
            got = self._more(got)
        head = got[:end].lower()
        at = head.index(_LENGTH) + len(_LENGTH)
        whole = end + len(_END) + int(head[at:].split(b"\r\n", 1)[0])
        while len(got) < whole:
            got = self._more(got)
        return int(got[9:12]), got[end + len(_END) : whole]

    def _more(self, got: bytes) -> bytes:
        received = self._socket.recv(65536)
        if not received:
            raise ConnectionError("the service closed the connection")
        return got + received


def _ask_each(connection: Connection, requests: Sequence[bytes]) -> list[float]:
    """Seconds of each of several requests, one after the other.

    Raises
    ------
    RuntimeError
        If one is answered otherwise than with 200.
    """
    seconds = []
    for request in requests:
        begun = time.perf_counter()
        status, content = connection.ask(request)
        seconds.append(time.perf_counter() - begun)
        if status != _OK:
            raise RuntimeError(f"{request[:40]!r} was answered with {status}: {content[:200]!r}")
    return seconds


def ask_all(port: int, requests: Sequence[bytes], connections: int) -> Asked:
    """Ask over several connections at a time, each of which asks for its share."""

    def ask(share: Sequence[bytes]) -> list[float]:
        with Connection(port) as connection:
            return _ask_each(connection, share)

    shares = [requests[number::connections] for number in range(connections)]
    with ThreadPoolExecutor(connections) as pool:
        servers, client, begun = _spent_below(), time.process_time(), time.perf_counter()
        seconds = [one for many in pool.map(ask, shares) for one in many]
        passed = time.perf_counter() - begun
        return Asked(seconds, passed, _spent_below() - servers, time.process_time() - client)


def _spent_below() -> float:
    """Seconds of the processors of the processes that this one has started, and of those that they have."""
    parents, ticks = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        number = int(path.parent.name)
        parents[number], ticks[number] = int(fields[1]), int(fields[11]) + int(fields[12])

    def is_ours(number: int) -> bool:
        while number in parents:
            number = parents[number]
            if number == os.getpid():
                return True
        return False

    return sum(spent for number, spent in ticks.items() if is_ours(number)) / os.sysconf("SC_CLK_TCK")
