"""Batches: handed in, worked off part by part, fetched; what is wrong with one, and what is cut short."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_lender import application, bearer, make_key
from starlette.testclient import TestClient

import serving.batch_work
import serving.batches
import serving.blank_lines
from features.sets import FeatureSet, feature_set
from serving.batch_rows import rows_of
from serving.batch_table import count_csv, count_parquet, parts
from serving.batch_work import BatchWork
from serving.batches import BatchFiles
from serving.errors import BatchRefused
from serving.opening import OpenedService, batch_files
from serving.problems import Problem
from serving.sealed_file import SealedWriter, read_sealed

CSV = {"Content-Type": "text/csv"}
PARQUET = {"Content-Type": "application/vnd.apache.parquet"}
PURPOSE = "/v1/batches?purpose=account-review"

Work = Callable[[str], None]


@pytest.fixture
def work(opened: OpenedService, served: Any) -> Work:
    """Works a batch off in this process, as a worker of its own name."""
    engine = opened.rooms.standing.lineup.champion
    worker = BatchWork(opened.casework, batch_files(served.home), opened.online, engine, opened.rooms.clock)

    def work(batch_id: str) -> None:
        job = opened.casework.batches.claim("w-test", _now(), lease=timedelta(0))
        assert job is not None
        assert job.batch_id == batch_id
        worker.run(batch_id, "w-test")

    return work


@pytest.fixture(scope="module")
def features() -> FeatureSet:
    return feature_set("home-credit")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _parquet(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def test_batch_gives_what_decisions_give(client: TestClient, served: Any, work: Work) -> None:
    refs = [*served.refs[:40], "nobody", served.unseen_ref]
    taken = client.post(PURPOSE, content="consumer_ref\n" + "\n".join(refs), headers=CSV)
    assert taken.status_code == 202
    batch_id = taken.json()["batch_id"]
    assert taken.headers["location"] == f"/v1/batches/{batch_id}"
    assert (taken.json()["state"], taken.json()["rows"]) == ("waiting", 42)
    assert client.get(f"/v1/batches/{batch_id}/results").status_code == 409
    work(batch_id)
    state = client.get(f"/v1/batches/{batch_id}").json()
    assert (state["state"], state["done"], state["failed"], state["model_version"]) == ("done", 42, 2, "home-credit-1")
    table = pq.read_table(io.BytesIO(client.get(f"/v1/batches/{batch_id}/results").content))
    rows = table.to_pylist()
    assert [row["consumer_ref"] for row in rows] == refs
    assert [row["row"] for row in rows] == list(range(1, 43))
    assert [row["status"] for row in rows[-2:]] == ["unknown", "no features"]
    for row in rows[:40:8]:
        told = client.post("/v1/decisions", json=application(consumer_ref=row["consumer_ref"])).json()
        assert (row["credit_score"], row["decision"]) == (told["credit_score"], told["decision"])
        assert row["reason_codes"] == [each["code"] for each in told["reasons"]]
        assert row["key_factor_codes"] == [each["code"] for each in told["key_factors"]]
    told = pa.csv.read_csv(io.BytesIO(client.get(f"/v1/batches/{batch_id}/results?form=csv").content))
    assert told.num_rows == 42
    assert told["credit_score"].to_pylist()[:40] == table["credit_score"].to_pylist()[:40]


def test_parquet_with_statements_and_numbers(client: TestClient, served: Any, work: Work) -> None:
    number = int(served.frame.consumer_id[0])
    content = _parquet(consumer_id=[number, number, number, -1], external_score_1=[None, 0.0, 7.0, None])
    batch_id = client.post(PURPOSE, content=content, headers=PARQUET).json()["batch_id"]
    work(batch_id)
    rows = pq.read_table(io.BytesIO(client.get(f"/v1/batches/{batch_id}/results").content)).to_pylist()
    assert [row["status"] for row in rows] == ["scored", "scored", "invalid", "invalid"]
    assert rows[0]["credit_score"] >= rows[1]["credit_score"]


def test_cut_short_it_goes_on_after_the_last_part(
    client: TestClient, served: Any, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving.batch_work, "_PART", 10)
    content = "consumer_ref\n" + "\n".join(served.refs[:35])
    batch_id = client.post(PURPOSE, content=content, headers=CSV).json()["batch_id"]
    scored: list[int] = []
    real = BatchWork._scored

    def failing(self: BatchWork, table: pa.Table, *others: Any) -> pa.Table:
        if len(scored) == 2:
            raise OSError("no space left")
        scored.append(table.num_rows)
        return real(self, table, *others)

    with monkeypatch.context() as broken:
        broken.setattr(BatchWork, "_scored", failing)
        with pytest.raises(OSError, match="no space left"):
            work(batch_id)
    assert client.get(f"/v1/batches/{batch_id}").json() | {"updated_at": 0} == client.get(
        f"/v1/batches/{batch_id}"
    ).json() | {"updated_at": 0, "state": "running", "done": 20}
    monkeypatch.setattr(
        BatchWork,
        "_scored",
        lambda self, table, *others: (scored.append(table.num_rows), real(self, table, *others))[1],
    )
    work(batch_id)
    assert scored == [10, 10, 10, 5]
    results = pq.read_table(io.BytesIO(client.get(f"/v1/batches/{batch_id}/results").content))
    assert results["consumer_ref"].to_pylist() == list(served.refs[:35])
    assert results["row"].to_pylist() == list(range(1, 36))


@pytest.mark.parametrize(("header", "rest"), [("consumer_id", ""), ("consumer_id,external_score_1", ",0.5")])
def test_blank_lines_are_rows_that_are_invalid(
    client: TestClient, served: Any, work: Work, header: str, rest: str
) -> None:
    first, last = served.frame.consumer_id[0], served.frame.consumer_id[1]
    content = f"{header}\n{first}{rest}\n\nbad{rest}\n\n{last}{rest}\n\n"
    taken = client.post(PURPOSE, content=content, headers=CSV).json()
    assert taken["rows"] == 5
    work(taken["batch_id"])
    results = pq.read_table(io.BytesIO(client.get(f"/v1/batches/{taken['batch_id']}/results").content)).to_pylist()
    assert [(each["row"], each["consumer_id"], each["status"]) for each in results] == [
        (1, first, "scored"),
        (2, None, "invalid"),
        (3, None, "invalid"),
        (4, None, "invalid"),
        (5, last, "scored"),
    ]


@settings(max_examples=50)
@given(
    lines=st.lists(st.sampled_from(["", "7", "007"]), min_size=1, max_size=12),
    is_wide=st.booleans(),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    at_once=st.integers(1, 9),
)
def test_lines_of_csv_are_counted_and_read_as_python_splits_them(
    lines: list[str], is_wide: bool, end: str, at_once: int
) -> None:
    """However the line ends fall into blocks; blank lines before the header and after the last row are none."""
    features = feature_set("home-credit")
    header, rest = ("consumer_ref,external_score_1", ",1") if is_wide else ("consumer_ref", "")
    sent = end.join(["", header, *(line and line + rest for line in lines), ""]).encode()
    expected = [line or None for line in "\n".join(lines).rstrip("\n").split("\n")]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(serving.blank_lines, "_AT_ONCE", at_once)
        if expected == [None]:
            with pytest.raises(BatchRefused, match="no row"):
                count_csv(io.BufferedReader(io.BytesIO(sent)), features)
            return
        assert count_csv(io.BufferedReader(io.BytesIO(sent)), features) == len(expected)
        (read,) = parts(sent, "csv", features, 100)
    assert read["consumer_ref"].to_pylist() == expected


@pytest.mark.parametrize("block", [1, 1 << 20])
@pytest.mark.parametrize("cell", ['"a\n\nb"', '"a\r\nb"', '"a', '"a\n'])
def test_a_line_end_within_a_value_is_refused(
    features: FeatureSet, monkeypatch: pytest.MonkeyPatch, block: int, cell: str
) -> None:
    monkeypatch.setattr(serving.blank_lines, "_AT_ONCE", block)
    content = f"consumer_ref\n7\n{cell}\n8\n".encode()
    with pytest.raises(BatchRefused, match="a value holds a line end, or a quote is not closed"):
        count_csv(io.BufferedReader(io.BytesIO(content)), features)


def test_a_mark_of_the_encoding_may_stand_before_blank_lines(features: FeatureSet) -> None:
    content = "\ufeff\n\nconsumer_ref\n7\n".encode()
    assert count_csv(io.BufferedReader(io.BytesIO(content)), features) == 1
    (read,) = parts(content, "csv", features, 100)
    assert read["consumer_ref"].to_pylist() == ["7"]


def test_a_line_without_end_is_refused(features: FeatureSet) -> None:
    content = b"consumer_ref\n" + b"7" * 4_000_000
    with pytest.raises(BatchRefused, match="a line holds over 2,097,152 bytes"):
        count_csv(io.BufferedReader(io.BytesIO(content)), features)


def test_blank_lines_beyond_all_rows_are_refused(features: FeatureSet) -> None:
    content = b"consumer_ref\n1\n" + b"\n" * 5_000_000 + b"2\n"
    with pytest.raises(BatchRefused, match="over 2,000,000 line ends one after the other"):
        count_csv(io.BufferedReader(io.BytesIO(content)), features)


@pytest.mark.parametrize(
    ("query", "content", "rule"),
    [
        ("?purpose=account-review&purpose=account-review", "consumer_ref\n1\n", "must not stand twice"),
        ("?purpose=account-review", "consumer_ref,consumer_id\n1,1\n", "only one of consumer_ref and consumer_id"),
    ],
    ids=["purpose", "who"],
)
def test_what_stands_twice_is_refused(client: TestClient, query: str, content: str, rule: str) -> None:
    answer = client.post(f"/v1/batches{query}", content=content, headers=CSV)
    assert answer.status_code == 422
    assert rule in answer.json()["errors"][0]["rule"]


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        ("consumer_ref\n1\n", {"Content-Type": "application/json"}, 415),
        ("consumer_ref\n1\n", CSV | {"Content-Encoding": "gzip"}, 415),
        ("", CSV, 422),
        ("consumer_ref\n", CSV, 422),
        ("name\nBob\n", CSV, 422),
        ("consumer_ref,consumer_id\n1,1\n", CSV, 422),
        ("consumer_ref,consumer_ref\n1,1\n", CSV, 422),
        ("consumer_ref,ssn\n1,1\n", CSV, 422),
        ("consumer_ref\n1,2\n", CSV, 422),
        (b"consumer_ref\n\xff\xfe\n", CSV, 422),
        (b"PAR1 and no more PAR1", PARQUET, 422),
        ("consumer_ref\n1\n", PARQUET, 422),
    ],
)
def test_what_is_no_batch(client: TestClient, content: Any, headers: dict[str, str], status: int) -> None:
    answer = client.post(PURPOSE, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    Problem.model_validate_json(answer.content)


def test_batch_is_its_subscribers_own_and_its_purpose(client: TestClient, opened: OpenedService, served: Any) -> None:
    content = f"consumer_ref\n{served.refs[0]}"
    assert client.post("/v1/batches", content=content, headers=CSV).status_code == 403
    assert client.post("/v1/batches?purpose=employment", content=content, headers=CSV).status_code == 403
    key = {"Idempotency-Key": "batch-1"}
    first, second = (client.post(PURPOSE, content=content, headers=CSV | key).json() for _ in range(2))
    assert first["batch_id"] == second["batch_id"]
    assert client.post(PURPOSE, content=content + " ", headers=CSV | key).status_code == 422
    other = "/v1/batches?purpose=credit-application"
    assert "idempotency-mismatch" in client.post(other, content=content, headers=CSV | key).text
    from made_lender import add_lender

    add_lender(opened.casework, "third-lender")
    theirs = bearer(make_key(opened.casework, "third-lender"))
    assert client.get(f"/v1/batches/{first['batch_id']}", headers=theirs).status_code == 404
    assert client.get(f"/v1/batches/{first['batch_id']}/results", headers=theirs).status_code == 404
    opened.casework.batches.claim("w-x", _now(), lease=timedelta(0))
    opened.casework.batches.finish(first["batch_id"], "w-x", _now(), "failed", why="test")
    assert client.get(f"/v1/batches/{first['batch_id']}").json()["why_failed"] == "test"


def _bomb(rows: int, text: str) -> bytes:
    """A Parquet whose one text stands in its dictionary, and in every row."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([text]))
    buffer = io.BytesIO()
    pq.write_table(pa.table({"consumer_ref": texts}), buffer, compression="zstd")
    return buffer.getvalue()


def test_small_file_that_spreads_out_takes_no_memory(client: TestClient, opened: OpenedService, work: Work) -> None:
    """150,000 rows of 20,000 bytes in under a kilobyte are 3 GB when they are written out."""
    bomb = _bomb(150_000, "x" * 20_000)
    assert len(bomb) < 1000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    batch_id = client.post(PURPOSE, content=bomb, headers=PARQUET).json()["batch_id"]
    work(batch_id)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes
    told = client.get(f"/v1/batches/{batch_id}").json()
    assert (told["state"], told["why_failed"]) == ("failed", "not-readable")
    assert opened.rooms.batches._files.bytes_of(frozenset({batch_id})) == 0


def test_dictionary_and_other_kinds_of_text_are_read_alike(features: FeatureSet) -> None:
    texts = [None, "7", "007", "eight"] * 10
    for kind in (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
        buffer = io.BytesIO()
        pq.write_table(pa.table({"consumer_ref": pa.array(texts, pa.string()).cast(kind)}), buffer, row_group_size=7)
        read = list(parts(buffer.getvalue(), "parquet", features, 16))
        assert [part.num_rows for part in read] == [16, 16, 8]
        assert pa.concat_tables(read)["consumer_ref"].to_pylist() == texts
    as_csv = ("consumer_ref\n" + "\n".join(text or '""' for text in texts)).encode()
    assert [part.num_rows for part in parts(as_csv, "csv", features, 16)] == [16, 16, 8]


@pytest.mark.parametrize(
    ("column", "rule"),
    [
        (pa.array([[1]]), "neither text nor numbers"),
        (pa.array([True]), "neither text nor numbers"),
        (pa.array([b"x"]), "neither text nor numbers"),
        (pa.array([datetime(2026, 1, 1, tzinfo=UTC)]), "neither text nor numbers"),
    ],
    ids=["list", "bool", "bytes", "moment"],
)
def test_columns_of_other_kinds_are_refused(features: FeatureSet, column: pa.Array, rule: str) -> None:
    with pytest.raises(BatchRefused, match=rule):
        count_parquet(_parquet(consumer_ref=column), features)


def test_footers_and_row_groups_have_bounds(features: FeatureSet) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"consumer_id": list(range(9_000))}), buffer, row_group_size=1)
    with pytest.raises(BatchRefused, match="write fewer and larger row groups"):
        count_parquet(buffer.getvalue(), features)
    buffer = io.BytesIO()
    pq.write_table(pa.table({"consumer_id": np.zeros(1_100_000, np.int64)}), buffer, row_group_size=1_100_000)
    with pytest.raises(BatchRefused, match="a row group has over 1,048,576 rows"):
        count_parquet(buffer.getvalue(), features)


@pytest.mark.parametrize("text", ["x" * 401, "\u00e9" * 201])
def test_long_texts_of_csv_are_refused(client: TestClient, text: str) -> None:
    answer = client.post(PURPOSE, content=f"consumer_ref\n1\n{text}\n".encode(), headers=CSV)
    assert (answer.status_code, "a text holds over 400 bytes" in answer.text) == (422, True)


@pytest.mark.parametrize("number", ["1_0", "+5", "\u0665", "\uff13", "1.0", "0x1", "1e1", "99999999999999999"])
def test_numbers_of_a_batch_are_digits(features: FeatureSet, number: str) -> None:
    table = pa.table({"consumer_id": [number], "external_score_1": ["0.5"]})
    assert [row.is_sound for row in rows_of(table, features)] == [False]
    stated = pa.table({"consumer_id": ["10"], "external_score_1": [number]})
    if number != "1.0":
        assert [row.is_sound for row in rows_of(stated, features)] == [False]


def test_a_subscriber_has_so_many_batches(client: TestClient, served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    content = f"consumer_ref\n{served.refs[0]}"
    key = {"Idempotency-Key": "bounded"}
    first = client.post(PURPOSE, content=content, headers=CSV | key).json()
    for name, most in (("MOST_WAITING", 1), ("MOST_STORED", 10), ("MOST_UPLOADS", 0)):
        with monkeypatch.context() as bounded:
            bounded.setattr(serving.batches, name, most)
            answer = client.post(PURPOSE, content=content, headers=CSV)
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
            assert answer.json()["type"] == "urn:tradeline:problem:too-many-batches"
            if name != "MOST_UPLOADS":
                assert client.post(PURPOSE, content=content, headers=CSV | key).json() == first
    assert client.post(PURPOSE, content=content, headers=CSV).status_code == 202


def test_memory_beyond_the_limit_fails_as_an_error() -> None:
    code = (
        "from serving.memory import limit_memory\n"
        "limit_memory(64 * 2**20)\n"
        "held = bytearray(2**20)\n"
        "try:\n    bytearray(2**28)\nexcept MemoryError:\n    print('refused')"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "refused\n"
    )


# -- the files ----------------------------------------------------------------------------------


@given(content=st.binary(max_size=5000), cut=st.integers(0, 5000))
def test_sealed_file_is_read_whole_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cut: int
) -> None:
    path, key = tmp_path_factory.getbasetemp() / "sealed", bytes(range(32))
    with SealedWriter(path, key, "b-1.input") as writer:
        writer.write(content)
    sealed = path.read_bytes()
    assert b"".join(read_sealed(path, key, "b-1.input")) == content
    assert len(content) < 8 or content not in sealed
    path.write_bytes(sealed[: cut % len(sealed)])
    with pytest.raises(BatchRefused, match="cut short or changed"):
        list(read_sealed(path, key, "b-1.input"))
    for other_key, name in ((bytes(32), "b-1.input"), (key, "b-2.input")):
        path.write_bytes(sealed)
        with pytest.raises(BatchRefused, match="cut short or changed"):
            list(read_sealed(path, other_key, name))


def test_blocks_cannot_be_left_out_or_moved(tmp_path: Path) -> None:
    path, key = tmp_path / "sealed", bytes(range(32))
    content = os.urandom((1 << 20) * 2 + 10)
    with SealedWriter(path, key, "x") as writer:
        writer.write(content)
    assert b"".join(read_sealed(path, key, "x")) == content
    sealed, block = path.read_bytes(), 5 + 12 + (1 << 20) + 16
    for changed in (sealed[block:], sealed[:block], sealed[block : 2 * block] + sealed[:block] + sealed[2 * block :]):
        path.write_bytes(changed)
        with pytest.raises(BatchRefused, match="cut short or changed"):
            list(read_sealed(path, key, "x"))


def test_what_was_left_unfinished_is_removed_in_the_end(tmp_path: Path) -> None:
    files = BatchFiles(tmp_path, bytes(32))
    (tmp_path / ".b-1.input.unfinished").write_bytes(b"some")
    with files.writer("b-2", "results") as writer:
        writer.write(b"some")
    now = datetime.now(UTC)
    for hours, left in ((0, 2), (2, 1), (24 * 31, 0)):
        files.prune(now + timedelta(hours=hours))
        assert len(list(tmp_path.iterdir())) == left


def test_nothing_is_left_of_a_file_that_was_not_finished(tmp_path: Path) -> None:
    def write() -> None:
        with SealedWriter(tmp_path / "x", bytes(32), "x") as writer:
            writer.write(b"some")
            raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        write()
    assert not list(tmp_path.iterdir())
