"""``bentoml build`` gives a bento that serves where the project is not installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_lender import application, bearer

from serving.listening import free_port
from serving.process import Launch

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_bento_serves_where_the_project_is_not_installed(
    launch: Callable[..., Launch], served: Any, tmp_path: Path
) -> None:
    """The packages come from this environment by PYTHONPATH, which knows nothing of an editable installation."""
    environment = dict(launch().environment) | {"BENTOML_HOME": str(tmp_path), "BENTOML_DO_NOT_TRACK": "True"}
    build = [sys.executable, "-m", "bentoml", "build", "--version", "tested", str(ROOT)]
    subprocess.run(build, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=120)
    apart = environment | {"PYTHONPATH": sysconfig.get_path("purelib")}
    python = os.path.realpath(sys.executable)
    finding = "import importlib.util as u; print(u.find_spec('serving'), u.find_spec('tradeline'))"
    found = subprocess.run([python, "-c", finding], cwd=tmp_path, env=apart, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "None None"
    port = free_port("127.0.0.1", 0)
    serve = [python, "-m", "bentoml", "serve", "tradeline:tested", "--host", "127.0.0.1", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(serve, cwd=tmp_path, env=apart, stdout=log, stderr=log)
    try:
        told = _decision(f"http://127.0.0.1:{port}/v1/decisions", served.key, served.refs[0])
        assert told["decision"] in ("approve", "refer", "decline")
        assert told["model_version"] == "home-credit-1"
    finally:
        process.terminate()
        process.wait(40)


def _decision(url: str, key: str, ref: str) -> Any:
    body = json.dumps(application(consumer_ref=ref)).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"} | bearer(key))  # noqa: S310
    give_up = time.monotonic() + 90
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 (loopback, our own service)
                return json.load(answer)
        except urllib.error.URLError:
            assert time.monotonic() < give_up
            time.sleep(0.3)
