"""Running the service as a process of its own: ``bentoml serve`` under this interpreter.

This module knows neither the settings nor the module that BentoML loads; the caller hands both
over. It prints nothing: what the service says goes to a log file.
"""

from __future__ import annotations

import http.client
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from serving.errors import NotStarted
from serving.listening import Tls, address_of, free_port, near, url_of
from serving.paths import READY

__all__ = ["Launch", "running", "serve"]

_QUIET: Final = {
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "1",
    "FEAST_USAGE": "False",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
_ROOT: Final = Path(__file__).resolve().parent.parent
_FAILED: Final = "Initializing service error"
_START_SECONDS: Final = 120.0
_READY_SECONDS: Final = 10.0
"""How long a service that answers may say that it is not ready, when it is started."""
_DRAIN_SECONDS: Final = 10
_STOP_SECONDS: Final = 20.0
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2; those of 1.3 are all as strong. Python's own least version of TLS for a server is 1.2."""


@dataclass(frozen=True)
class Launch:
    """How the service is started.

    Parameters
    ----------
    target : str
        What BentoML loads, as ``module:attribute``.
    environment : mapping of str to str
        The whole environment of the process, the settings of the service included.
    log : Path
        File for what the service says; written anew.
    host : str
        Address to listen on; without a certificate a loopback address.
    port : int
        Port to listen on; 0 takes a free one.
    tls : Tls, optional
        With which certificate TLS is spoken; without one plain HTTP.
    """

    target: str
    environment: Mapping[str, str]
    log: Path
    host: str = "127.0.0.1"
    port: int = 3000
    tls: Tls | None = None

    def __repr__(self) -> str:
        return f"Launch({self.target!r}, environment=***, log={str(self.log)!r}, host={self.host!r}, port={self.port})"


@contextmanager
def running(launch: Launch) -> Iterator[str]:
    """Run the service for the length of a ``with``.

    Yields
    ------
    str
        The service's base URL, once it is ready.

    Raises
    ------
    NotStarted
        If the host may not be listened on, the port is taken, or the service does not come up.
    """
    with _started(launch) as (url, _):
        yield url


def serve(launch: Launch, on_ready: Callable[[str], None] | None = None) -> None:
    """Run the service until SIGINT or SIGTERM; to be called in the main thread.

    Parameters
    ----------
    launch : Launch
        How it is started.
    on_ready : callable, optional
        Told the base URL once the service is ready.

    Raises
    ------
    NotStarted
        If the host may not be listened on, the port is taken, or the service does not come up or
        ends by itself.
    """
    with _until_signal() as stopped, _started(launch, stopped) as (url, process):
        if on_ready is not None and not stopped():
            on_ready(url)
        while not stopped():
            if process.poll() is not None:
                raise NotStarted(f"the service ended by itself{_last_words(launch.log)}")
            time.sleep(0.1)


@contextmanager
def _until_signal() -> Iterator[Callable[[], bool]]:
    """While it lasts, SIGINT and SIGTERM are noted instead of ending this process."""
    asked = False

    def note(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _started(
    launch: Launch, stopped: Callable[[], bool] = lambda: False
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    host = address_of(launch.host, launch.tls)
    port = free_port(host, launch.port)
    with tempfile.TemporaryDirectory(prefix="tradeline-serve-") as scratch:
        process = _start(launch, host, port, Path(scratch))
        try:
            _wait(process, _Probe(near(host), port, secure=launch.tls is not None), launch.log, stopped)
            yield url_of(host, port, "http" if launch.tls is None else "https"), process
        finally:
            _stop(process)


def _start(launch: Launch, host: str, port: int, scratch: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bentoml", "serve", launch.target, "--working-dir", str(_ROOT)]
    command += ["--host", host, "--port", str(port), "--timeout-graceful-shutdown", str(_DRAIN_SECONDS)]
    if launch.tls is not None:
        command += ["--ssl-certfile", str(launch.tls.certificate), "--ssl-keyfile", str(launch.tls.private_key)]
        command += ["--ssl-ciphers", _CIPHERS]
    launch.log.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(launch.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as log:
        # BENTOML_HOME holds the counters of /metrics, which two services must not share.
        return subprocess.Popen(
            command,
            cwd=_ROOT,
            env={**launch.environment, **_QUIET, "BENTOML_HOME": str(scratch)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a terminal's Ctrl-C reaches us alone, and we stop it in order
        )


def _wait(process: subprocess.Popen[bytes], probe: _Probe, log: Path, stopped: Callable[[], bool]) -> None:
    """Wait until the service is ready.

    Raises
    ------
    NotStarted
        If it ends, fails or takes too long.
    """
    give_up = time.monotonic() + _START_SECONDS
    answers = False
    while (status := probe.status()) != http.HTTPStatus.OK:
        if stopped():
            return
        if process.poll() is not None or _FAILED in _read(log):
            raise NotStarted(f"the service did not start{_last_words(log)}")
        if status is not None and not answers:
            answers, give_up = True, min(give_up, time.monotonic() + _READY_SECONDS)
        if time.monotonic() > give_up:
            raise NotStarted(f"the service was not ready in time{_last_words(log)}")
        time.sleep(0.1)


@dataclass(frozen=True)
class _Probe:
    """Asks a service whether it is ready."""

    host: str
    port: int
    secure: bool

    def status(self) -> int | None:
        """The status of its answer; None if there is none."""
        connection = self._connection()
        try:
            connection.request("GET", READY)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if not self.secure:
            return http.client.HTTPConnection(self.host, self.port, timeout=2.0)
        # We ask our own process, by an address that the certificate need not name.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(self.host, self.port, timeout=2.0, context=context)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the service: first in order, then, if it does not heed that, at once; its workers end with it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _read(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


def _last_words(log: Path) -> str:
    """The error that the log tells of, for the end of a line."""
    lines = [line.strip() for line in _read(log).splitlines()]
    errors = [line for line in lines if ": " in line and line.split(": ")[0].rpartition(".")[2].isidentifier()]
    told = errors[-1].partition(": ")[2] if errors else ""
    return f": {told}" if told else f"; its log is {log}"
