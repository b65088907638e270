import dataclasses
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bureau.delivery import Delivery
from bureau.errors import BureauError, HistoryBusy, VaultError, WrongKey
from bureau.history import History, open_history
from bureau.home import Home, open_home
from bureau.ingest import ingest

HEADER = "PERSON,MONTH,STATUS,BALANCE\n"


def count(history: History, table: str = "tradeline_month") -> int:
    with history.read() as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_a_block_that_raises_leaves_nothing(history: History) -> None:
    with pytest.raises(ZeroDivisionError), history.write() as connection:  # noqa: PT012
        connection.execute("INSERT INTO observed_consumer VALUES (1, 1)")
        raise ZeroDivisionError
    assert count(history, "observed_consumer") == 0
    with history.write() as connection:
        connection.execute("INSERT INTO observed_consumer VALUES (1, 1)")
    assert count(history, "observed_consumer") == 1


def test_a_reader_cannot_write(history: History) -> None:
    with pytest.raises(Exception, match="read-only"), history.read() as connection:
        connection.execute("INSERT INTO observed_consumer VALUES (1, 1)")


def test_a_wrong_key_is_refused(history: History) -> None:
    assert count(history) == 0
    wrong = dataclasses.replace(history, home=dataclasses.replace(history.home, master_key=bytes(32), key_files=()))
    for opened in (wrong.read, wrong.write):
        with pytest.raises(WrongKey, match="the master key does not open the vault; give the key"), opened():
            pass


def test_a_history_of_another_home_is_refused(history: History, tmp_path: Path) -> None:
    assert count(history) == 0
    other = open_history(open_home(tmp_path / "other", create=True))
    assert count(other) == 0
    shutil.copy(other.path, history.path)
    with pytest.raises(WrongKey, match="the key of this home does not open this history"), history.read():
        pass


def test_a_damaged_file_is_named(history: History) -> None:
    assert count(history) == 0
    for content in (b"", b"no database" * 1000):
        history.path.write_bytes(content)
        with (
            pytest.raises(BureauError, match=r"history\.duckdb: the history cannot be opened .*backup"),
            history.read(),
        ):
            pass


def test_one_that_was_cut_short_is_named(history: History, deliver: Callable[..., Delivery]) -> None:
    ingest(history, deliver("PERSON,MONTH,STATUS,BALANCE\nREF-A,1,A,1\n"))
    with history.path.open("r+b") as file:
        file.truncate(history.path.stat().st_size - 4096)
    with pytest.raises(BureauError, match=r"history\.duckdb: the history (is damaged|cannot be opened).*backup"):
        _read_all(history)


def _read_all(history: History) -> None:
    with history.read() as connection:
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            connection.execute(f"SELECT * FROM {table}").fetchall()


def test_a_history_without_vault_and_key_store_makes_no_new_ones(history: History) -> None:
    assert count(history) == 0
    history.vault.close()
    (history.home.root / "keys" / "data-keys.db").unlink()
    shutil.rmtree(history.home.root / "vault")
    again = open_history(history.home)
    with pytest.raises(VaultError, match=r"data-keys\.db: the key store .* is missing, and so is its vault.*TRADELINE"):
        count(again)
    assert not (history.home.root / "vault").exists()


def test_a_vault_with_people_makes_no_new_history(history: History) -> None:
    assert count(history) == 0
    history.vault.seal("consumer", [(1, 0, "identity", b"{}")])
    history.path.unlink()
    with pytest.raises(BureauError, match=r"history\.duckdb: the history of this home is missing; restore it from a"):
        count(history)
    assert not history.path.exists()


def test_a_creation_broken_off_is_begun_again(history: History) -> None:
    history.path.parent.mkdir(parents=True)
    history.path.with_suffix(".new").write_bytes(b"half made")
    assert count(history) == 0


def test_a_second_writer_waits_and_then_gives_up(history: History) -> None:
    impatient = dataclasses.replace(history, wait_seconds=0.1)
    with history.write():
        for opened in (impatient.write, impatient.read):
            with pytest.raises(HistoryBusy, match="another process has held the history for 0 s; wait for"), opened():
                pass
    with (
        history.read(),
        impatient.read(),
        pytest.raises(HistoryBusy, match="has held the history"),
        impatient.write(),
    ):
        pass


def test_threads_take_turns(history: History) -> None:
    def add(number: int) -> None:
        with history.write() as connection:
            connection.execute(
                "INSERT INTO observed_consumer SELECT max(delivery_no) + 1, ? FROM observed_consumer", [number]
            )

    with history.write() as connection:
        connection.execute("INSERT INTO observed_consumer VALUES (0, 0)")
    threads = [threading.Thread(target=add, args=[n]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with history.read() as connection:
        numbers = connection.execute("SELECT delivery_no FROM observed_consumer ORDER BY 1").fetchall()
    assert numbers == [(n,) for n in range(7)]


_CHILD = """
import sys
from pathlib import Path
sys.path[:0] = {folders!r}
from conftest import STATEMENT
from datetime import date, datetime
from bureau.content import FileContent
from bureau.delivery import Delivery
from bureau.history import open_history
from bureau.home import open_home
from bureau.ingest import ingest
history = open_history(open_home(Path({home!r})), memory_limit="300MB")
delivery = Delivery(STATEMENT, FileContent(Path({path!r})), datetime.fromisoformat("2024-02-01"), date(2024, 2, 1))
print("ready", flush=True)
sys.stdin.readline()
receipt = ingest(history, delivery, lambda share: print("share", share, flush=True))
print("accepted", receipt.accepted, flush=True)
"""


def child(home: Home, path: Path) -> "subprocess.Popen[str]":
    """A process of its own that takes in one file once it is told to."""
    folder = Path(__file__).parent
    code = _CHILD.format(
        folders=[str(folder), str(folder.parent / "support"), str(folder.parent.parent)],
        home=str(home.root),
        path=str(path),
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def start(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_two_processes_at_once_lose_nothing(home: Home, history: History, deliver: Callable[..., Delivery]) -> None:
    files = [
        deliver(HEADER + "".join(f"{who}{n},{n % 12 + 1},A,{n}\n" for n in range(20_000)), f"{who}.csv") for who in "ab"
    ]
    processes = [child(home, delivery.content.path) for delivery in files]
    for process in processes:
        start(process)
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert all(output.endswith("accepted 20000\n") for output in outputs)
    assert count(history) == 40_000
    assert count(history, "consumer") == 40_000
    with history.read() as connection:
        assert connection.execute("SELECT count(DISTINCT consumer_id), max(consumer_id) FROM consumer").fetchone() == (
            40_000,
            40_000,
        )
        assert connection.execute("SELECT delivery_no FROM delivery ORDER BY 1").fetchall() == [(1,), (2,)]


@pytest.mark.parametrize("pause", [0.0, 0.15])
def test_a_process_killed_while_it_takes_in_a_file_leaves_all_or_nothing(
    home: Home, history: History, deliver: Callable[..., Delivery], pause: float
) -> None:
    ingest(history, deliver(HEADER + "before,1,A,1\n", "before.csv"))
    rows = 300_000
    delivery = deliver(HEADER + "".join(f"KILLCANARY{n % 5000},{n % 12 + 1},A,{n}\n" for n in range(rows)), "big.csv")
    process = child(home, delivery.content.path)
    start(process)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("share")
    with pytest.raises(subprocess.TimeoutExpired, match="timed out"):
        process.wait(pause)  # it is in the midst of its transaction
    process.kill()
    process.communicate(timeout=30)
    left_behind = b"".join(path.read_bytes() for path in home.root.rglob("*") if path.is_file())
    assert b"KILLCANARY" not in left_behind
    assert count(history) == 1
    assert count(history, "delivery") == 1
    assert count(history, "consumer") == 1
    again = ingest(history, delivery)
    assert again.read == rows == again.accepted + again.duplicate
    assert not again.known_before


def test_nothing_stands_in_clear_in_the_home(home: Home, deliver: Callable[..., Delivery]) -> None:
    history = open_history(home, memory_limit="100MB")
    searched: dict[str, int] = {}

    def search(_share: float = 0) -> None:
        for path in home.root.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert b"CANARYREF" not in content, path.name
                assert b"CANARYBAD" not in content, path.name
                folder = str(path.parent.relative_to(home.root)) + path.suffix
                searched[folder] = searched.get(folder, 0) + len(content)

    with history.write() as connection:  # what is committed but not yet in the file lies in the write-ahead log
        connection.execute("SET GLOBAL checkpoint_threshold = '1TB'")
        connection.execute("INSERT INTO consumer VALUES (1, 'toy', 'CANARYREF')")
        connection.execute("COMMIT")
        search()
        connection.execute("BEGIN")
        connection.execute("CREATE TEMP TABLE t AS SELECT 'CANARYREF' || hash(i) AS r FROM range(6_000_000) AS n (i)")
        search()
    rows = "".join(f"CANARYREF{n:07},1,A,{n}\n" for n in range(50_000)) + "CANARYBADRECORD,1,Q,1\nCANARYBADLINE\n"
    assert ingest(history, deliver(HEADER + rows), search).quarantined == 2
    search()
    places = {place for place, size in searched.items() if size > 0}
    assert {"history.duckdb", "history.wal"} <= places
    assert any(place.startswith("tmp") for place in places), "nothing was spilled: the search there proves nothing"
