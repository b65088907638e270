"""The scoring service never opens the self-test attributes of the home it serves, nor their key."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from copied_home import copied_home
from made_lender import application, bearer

from bureau.keys import create_key_file
from serving.process import Launch, running

IN_ACCESS, IN_OPEN = 0x1, 0x20


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux who opens a file")
def test_the_service_opens_neither_the_attributes_nor_their_key(
    served: Any, launch: Callable[..., Launch], tmp_path: Path
) -> None:
    home = copied_home(served.home.root, tmp_path / "home")
    attributes = home / "self-test" / "attributes.db"
    attributes.parent.mkdir()
    attributes.write_bytes(b"sealed")
    key_file = home / "keys" / "self-test.key"
    create_key_file(key_file)

    kernel = ctypes.CDLL(None, use_errno=True)
    opened = kernel.inotify_init1(os.O_NONBLOCK)
    watches = {kernel.inotify_add_watch(opened, os.fsencode(path), IN_OPEN | IN_ACCESS): path
               for path in (attributes.parent, attributes, key_file)}  # fmt: skip
    try:
        with running(launch(home=home)) as url:
            body = application(consumer_ref=served.refs[0])
            answer = httpx.post(f"{url}/v1/decisions", json=body, headers=bearer(served.key), timeout=30)
            assert "credit_score" in answer.json()
        assert min(watches) > 0
        with pytest.raises(BlockingIOError):  # nothing has happened to them
            os.read(opened, 4096)
        key_file.read_bytes()
        assert os.read(opened, 4096)  # and had it, the kernel would have told
    finally:
        os.close(opened)
