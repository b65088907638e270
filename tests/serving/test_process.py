"""Starting and stopping the service, and what is told when it cannot be."""

from __future__ import annotations

import dataclasses
import http.client
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bureau.errors import HomeError
from scoring.errors import ScoringError
from serving.errors import NotStarted
from serving.process import Launch, running
from tradeline.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org", ""])  # noqa: S104 (refused)
def test_host_that_is_not_loopback(launch: Callable[..., Launch], host: str) -> None:
    with (
        pytest.raises(NotStarted, match="no keys yet and listens on loopback alone"),
        running(launch(host=host)),
    ):
        pass


def test_port_that_is_taken(launch: Callable[..., Launch]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(NotStarted, match=f"port {port} on 127.0.0.1: cannot be listened on"),
            running(launch(port=port)),
        ):
            pass


def test_port_that_does_not_exist(launch: Callable[..., Launch]) -> None:
    with pytest.raises(NotStarted, match="no such port"), running(launch(port=70_000)):
        pass


def test_home_that_cannot_be_served(launch: Callable[..., Launch], tmp_path: Path) -> None:
    """The worker's own error reaches the caller, and nothing is left running."""
    broken = dataclasses.replace(launch(home=tmp_path), log=tmp_path / "service.log")
    with pytest.raises(NotStarted, match=r"the service did not start: .*no home of Tradeline is here"), running(broken):
        pass


def test_target_that_cannot_be_imported(launch: Callable[..., Launch], tmp_path: Path) -> None:
    broken = dataclasses.replace(launch(), target="tradeline.no_such:service", log=tmp_path / "service.log")
    with pytest.raises(NotStarted, match=r"the service did not start: .*no_such"), running(broken):
        pass


def test_serve_until_told_to_stop(served: Any, tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from serving.process import serve
        from tradeline.settings import Settings

        serve(Settings(home=Path(sys.argv[1]), port=0).launch(), lambda url: print(url, flush=True))
        print("stopped", flush=True)
    """)
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", program, str(served.home.root)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
        connection.request("GET", "/v1/model")
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "stopped\n"
        assert process.wait(30) == 0
        with pytest.raises(ConnectionRefusedError, match="refused"):
            connection.request("GET", "/v1/model")
    finally:
        process.stdout.close()
        if process.poll() is None:
            process.kill()
            process.wait()
    assert (served.home.root / "service.log").stat().st_mode & 0o077 == 0


def test_service_that_is_killed_leaves_nobody_behind(launch: Callable[..., Launch], tmp_path: Path) -> None:
    killed = dataclasses.replace(launch(), log=tmp_path / "service.log")
    with running(killed) as url:
        port = int(url.rpartition(":")[2])
        minders = [
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if f"--port\0{port}\0".encode() in _content(path) and b"bentoml\0serve" in _content(path)
        ]
        assert len(minders) == 1
        os.kill(minders[0], signal.SIGKILL)
    give_up = time.monotonic() + 30
    while _listens(port):
        assert time.monotonic() < give_up, "a worker still holds the port"
        time.sleep(0.2)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_launch_hides_the_environment() -> None:
    launch = Launch("a:b", {"TRADELINE_MASTER_KEY": "very secret"}, Path("x.log"))
    assert "very secret" not in repr(launch)


def test_settings_are_checked_before_anything_starts(tmp_path: Path, served: Any) -> None:
    with pytest.raises(HomeError, match="no home of Tradeline is here"):
        Settings(home=tmp_path / "absent").launch()
    with pytest.raises(ScoringError, match="no champion for taiwan is here"):
        Settings(home=served.home.root, portfolio="taiwan").launch()


def test_process_finds_the_settings_of_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADELINE_PORTFOLIO", "from-outside")
    monkeypatch.setenv("SOMETHING_ELSE", "kept")
    monkeypatch.chdir(tmp_path)
    told = Settings(home=Path("relative"), portfolio=None, workers=3).environment()
    assert told["TRADELINE_HOME"] == str(tmp_path / "relative")
    assert told["TRADELINE_WORKERS"] == "3"
    assert "TRADELINE_PORTFOLIO" not in told
    assert "TRADELINE_MASTER_KEY" not in told
    assert told["SOMETHING_ELSE"] == "kept"
    assert told["PATH"] == os.environ["PATH"]
