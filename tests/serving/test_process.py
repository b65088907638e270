"""Starting and stopping the service, and what is told when it cannot be."""

from __future__ import annotations

import dataclasses
import http.client
import itertools
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from copied_home import copied_home
from made_certificate import made_certificate
from made_champion import make_champion
from made_lender import application, bearer
from made_signers import signer_in

from bureau.casework.opening import open_casework
from bureau.errors import HomeError
from bureau.home import Home
from scoring.bundle import Bundle, save_bundle
from scoring.errors import ScoringError
from serving.errors import NotStarted
from serving.listening import Tls, address_of
from serving.process import Launch, running
from tradeline.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])  # noqa: S104 (refused)
def test_host_that_is_not_loopback(launch: Callable[..., Launch], host: str) -> None:
    with (
        pytest.raises(NotStarted, match="without a certificate the service listens on loopback alone"),
        running(launch(host=host)),
    ):
        pass


@pytest.mark.parametrize("host", ["example.org", "", "127.0.0.1:80"])
def test_host_that_is_no_address(launch: Callable[..., Launch], host: str) -> None:
    with pytest.raises(NotStarted, match="not an address; take"), running(launch(host=host)):
        pass


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return made_certificate(tmp_path_factory.mktemp("tls"))


def test_with_a_certificate_any_address_is_listened_on(tls: Tls) -> None:
    assert address_of("0.0.0.0", tls) == "0.0.0.0"  # noqa: S104 (the operator's)


def test_certificate_that_does_not_fit(tls: Tls, tmp_path: Path) -> None:
    other = made_certificate(tmp_path)
    for certificate, key in ((tls.certificate, other.private_key), (tmp_path / "absent", tls.private_key)):
        with pytest.raises(NotStarted, match="no certificate that fits the private key"):
            address_of("127.0.0.1", Tls(certificate, key))
    with pytest.raises(NotStarted, match="one is missing; give both or neither"):
        Settings(certificate=tls.certificate).tls()


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


PROGRAM: Final = """
import sys
from pathlib import Path
from serving.process import serve
from tradeline.settings import Settings

home, certificate, key = map(Path, sys.argv[1:])
settings = Settings(home=home, port=0, workers=2, certificate=certificate, private_key=key)
serve(settings.launch(), lambda url: print(url, flush=True))
print("stopped", flush=True)
"""


class Load(threading.Thread):
    """Asks for decisions one after the other, each over a connection of its own, until it is told to stop."""

    def __init__(self, ask: Callable[[str], dict[str, Any]], refs: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self.ask, self.refs = ask, refs
        self.versions: list[str] = []
        self.failures: list[str] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        for ref in itertools.cycle(self.refs):
            if self.stopped.is_set():
                return
            try:
                self.versions.append(self.ask(ref)["model_version"])
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                self.failures.append(f"{type(error).__name__}")

    def wait_for(self, number: int) -> None:
        """Until so many more have been answered."""
        wanted, give_up = len(self.versions) + number, time.monotonic() + 60
        while len(self.versions) < wanted:
            assert time.monotonic() < give_up, self.failures[-3:]
            time.sleep(0.02)


def test_champion_changes_and_a_worker_dies_under_load(
    served: Any, tls: Tls, tmp_path: Path, make_model: Callable[..., Bundle]
) -> None:
    """Over TLS, two workers: a new champion costs nothing, a killed worker little, and it stops in order."""
    root = copied_home(served.home.root, tmp_path / "home")
    bundles = root / "bundles"
    second = make_model(served.bundle.model.features, served.frame, 60, "home-credit-2", seed=2)
    save_bundle(second, bundles / "home-credit-2", signer_in(root / "keys" / "signers"))
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(root), str(tls.certificate), str(tls.private_key)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("https://127.0.0.1:")
        port = int(url.rpartition(":")[2])
        _speaks_strong_tls_alone(port, tls)
        load = Load(lambda ref: _decision(port, tls, served.key, ref), served.refs)
        load.start()
        load.wait_for(10)
        make_champion(root, "home-credit-2")
        give_up = time.monotonic() + 60
        while set(load.versions[-12:]) != {"home-credit-2"}:
            assert time.monotonic() < give_up
            time.sleep(0.1)
        assert load.failures == []
        assert set(load.versions) == {"home-credit-1", "home-credit-2"}
        os.kill(_workers(process.pid)[0], signal.SIGKILL)
        load.wait_for(20)
        load.stopped.set()
        load.join(30)
        assert len(load.failures) <= 2, load.failures
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "stopped\n"
        assert process.wait(40) == 0
        assert not _listens(port)
    finally:
        process.stdout.close()
        if process.poll() is None:
            process.kill()
            process.wait()
    assert (root / "service.log").stat().st_mode & 0o077 == 0
    with open_casework(Home(root, served.home.master_key)) as casework:  # every answer is on record
        assert casework.decisions.count() >= len(load.versions)


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(tls.certificate))
    context.check_hostname = False
    return context


def _decision(port: int, tls: Tls, key: str, ref: str) -> dict[str, Any]:
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=_context(tls))
    try:
        headers = bearer(key) | {"Content-Type": "application/json"}
        connection.request("POST", "/v1/decisions", json.dumps(application(consumer_ref=ref)), headers)
        told: dict[str, Any] = json.loads(connection.getresponse().read())
        return told
    finally:
        connection.close()


def _speaks_strong_tls_alone(port: int, tls: Tls) -> None:
    for version, ciphers, accepted in (
        (ssl.TLSVersion.TLSv1_2, "ECDHE+AESGCM", True),
        (ssl.TLSVersion.TLSv1_3, "ECDHE+AESGCM", True),
        (ssl.TLSVersion.TLSv1_2, "AES128-SHA:AES256-SHA:AES128-GCM-SHA256:@SECLEVEL=0", False),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:@SECLEVEL=0", False),
    ):
        context = _context(tls)
        context.minimum_version = context.maximum_version = version
        context.set_ciphers(ciphers)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
            try:
                with context.wrap_socket(plain):
                    assert accepted, (version, ciphers)
            except ssl.SSLError:
                assert not accepted, (version, ciphers)


def _workers(parent: int) -> list[int]:
    """The processes that serve, below the one that was started."""
    paths = list(Path("/proc").glob("[0-9]*/cmdline"))
    serving = [int(path.parent.name) for path in paths if b"worker.service" in _content(path)]
    found = [pid for pid in serving if _descends(pid, parent)]
    assert len(found) == 2
    return found


def _descends(pid: int, ancestor: int) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        pid = int((Path("/proc") / str(pid) / "stat").read_text().rpartition(") ")[2].split()[1])
    return False


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
