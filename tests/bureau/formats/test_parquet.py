"""Parquet: the same records whether DuckDB reads the file or Arrow does, and nothing but a refusal for damage."""

from __future__ import annotations

import io
import json
import random
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bureau.content import BytesContent, Content, FileContent
from bureau.errors import DeliveryRefused
from bureau.formats.opening import open_records, raw_records
from bureau.formats.records import LINE

ROWS = 1_000
TABLE = pa.table(
    {
        "text": [None if n % 7 == 0 else f"t{n}" for n in range(ROWS)],
        "code": pa.array(["x", "y"] * (ROWS // 2)).dictionary_encode(),
        "whole": pa.array(range(ROWS), pa.int16()),
        "money": pa.array([Decimal(n) / 4 for n in range(ROWS)], pa.decimal128(12, 2)),
        "single": pa.array([n / 2 for n in range(ROWS)], pa.float32()),
        "day": pa.array([date(2024, 1, 1 + n % 28) for n in range(ROWS)]),
        "moment": pa.array([datetime(2024, 1, 1, tzinfo=UTC)] * ROWS, pa.timestamp("ns")),
        "flag": [n % 2 == 0 for n in range(ROWS)],
    }
)


def rows_of(content: Content, columns: list[str], size: int) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    with open_records(content, "parquet") as records, duckdb.connect() as connection:
        for chunk in records.chunks(columns, size):
            if isinstance(chunk, str):
                rows += connection.execute(chunk).fetchall()
            else:
                connection.register("chunk", chunk)
                rows += connection.execute("FROM chunk").fetchall()
        assert records.position == records.size
    return rows


@pytest.fixture
def path(tmp_path: Path) -> Path:
    pq.write_table(TABLE, tmp_path / "t's.parquet", row_group_size=300)
    return tmp_path / "t's.parquet"


@pytest.mark.parametrize("size", [1, 299, 300, 301, 10_000])
def test_duckdb_and_arrow_read_the_same(path: Path, size: int) -> None:
    if size == 1:
        pq.write_table(TABLE.slice(0, 5), path)
    columns = ["text", "code", "whole", "money", "single", "day", "moment", "flag"]
    native = rows_of(FileContent(path), columns, size)
    arrow = rows_of(BytesContent("t.parquet", path.read_bytes()), columns, size)
    assert native == arrow
    assert [row[-1] for row in native] == list(range(1, len(native) + 1))
    assert native[1][:3] == ("t1", "y", 1)


def test_types_are_told(path: Path) -> None:
    with open_records(FileContent(path), "parquet") as records:
        assert records.kinds == {
            "whole": "BIGINT", "money": "DOUBLE", "single": "DOUBLE", "day": "DATE", "moment": "TIMESTAMP",
        }  # fmt: skip


def test_raw_rows_are_json(path: Path) -> None:
    picked = dict(raw_records(FileContent(path), "parquet", [1, 300, 301, 1000]))
    assert list(picked) == [1, 300, 301, 1000]
    assert json.loads(picked[301])["text"] == "t300"
    assert json.loads(picked[1])["text"] is None


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_is_refused_or_read(path: Path, seed: int) -> None:
    damaged = bytearray(path.read_bytes())
    chance = random.Random(seed)  # noqa: S311 - damage, no secret
    for _ in range(chance.randint(1, 30)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    if seed % 3 == 0:
        del damaged[chance.randrange(len(damaged)) :]
    try:
        rows = rows_of(BytesContent("t.parquet", bytes(damaged)), ["text", "whole"], 300)
    except DeliveryRefused:
        return  # anything else escapes, and fails
    assert len(rows) <= 10 * ROWS


@pytest.mark.parametrize("data", [b"", b"PAR1", b"a,b\n1,2\n", bytes(range(256)) * 10])
def test_what_is_no_parquet_is_refused(data: bytes) -> None:
    with pytest.raises(DeliveryRefused, match="cannot be read as Parquet"):
        rows_of(BytesContent("t.parquet", data), ["text"], 10)


def test_a_column_twice_is_refused() -> None:
    file = io.BytesIO()
    pq.write_table(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), file)
    with pytest.raises(DeliveryRefused, match="a column stands twice"):
        rows_of(BytesContent("t.parquet", file.getvalue()), ["a"], 10)


def test_line_numbers_have_their_own_column(path: Path) -> None:
    with open_records(BytesContent("t.parquet", path.read_bytes()), "parquet") as records:
        (table, *_) = records.batches(["whole"])
    assert table.column_names == ["whole", LINE]
