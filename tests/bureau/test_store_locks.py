"""Another process that closes a database does not take the log away that this one still writes to."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

from bureau.audit.events import Event
from bureau.casework.opening import open_casework
from bureau.home import open_home
from bureau.vault import open_vault

OTHER = """
import sys
from pathlib import Path
from bureau.casework.opening import open_casework
from bureau.home import open_home

with open_casework(open_home(Path(sys.argv[1]))) as casework:
    print(casework.audit.head().number)
"""


def test_closing_elsewhere_leaves_the_log_to_who_is_still_open(tmp_path: Path) -> None:
    """POSIX drops all locks of a process on a file whenever it closes any descriptor of it, as threads once did."""
    root = tmp_path / "home"
    home = open_home(root, create=True)

    def seen_elsewhere() -> int:
        done = subprocess.run([sys.executable, "-c", OTHER, str(root)], capture_output=True, text=True, check=True)
        return int(done.stdout)

    with open_casework(home) as casework:

        def note() -> None:
            casework.audit.append(Event("score", datetime.fromisoformat("2026-01-01")))

        note()
        thread = threading.Thread(target=note)  # a thread of its own has a connection of its own
        thread.start()
        thread.join()
        with open_casework(home), open_vault(home.vault, home.data_keys, home.keyring):
            pass
        assert seen_elsewhere() == 2
        assert (home.casework_folder / "casework.db-wal").exists()
        note()
        assert casework.audit.head().number == seen_elsewhere() == 3
