import csv
import gzip
import io
import os
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bureau.formats.delimited
import bureau.formats.records
from bureau.content import FileContent
from bureau.errors import DeliveryRefused
from bureau.formats.lines import BadLine
from bureau.formats.opening import open_records
from bureau.formats.records import LINE


def read(path: Path) -> tuple[list[tuple[str, ...]], list[int], list[BadLine]]:
    """All records, their line numbers, and the bad lines."""
    with open_records(FileContent(path), "csv") as records:
        tables = list(records.batches(records.names))
        bad = records.take_bad_lines()
        rows = [tuple(row[name] for name in records.names) for table in tables for row in table.to_pylist()]
        numbers = [number for table in tables for number in table[LINE].to_pylist()]
    return rows, numbers, bad


def zipped(content: bytes, *names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names or ("table.csv",):
            archive.writestr(name, content)
    return buffer.getvalue()


_FIELD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=8)


@given(
    rows=st.lists(st.tuples(_FIELD, st.text('a," ', max_size=5), _FIELD), max_size=8),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    bom=st.booleans(),
    packing=st.sampled_from(["plain", "gzip", "zip"]),
    ended=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_reads_what_the_csv_module_reads(
    tmp_path: Path,
    rows: list[tuple[str, ...]],
    quoting: int,
    line_end: str,
    bom: bool,
    packing: str,
    ended: bool,
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=quoting, lineterminator=line_end).writerows([("x", "y, z", "w"), *rows])
    written = text.getvalue() if ended else text.getvalue().removesuffix(line_end)
    content = (b"\xef\xbb\xbf" if bom else b"") + written.encode()
    content = {"plain": bytes, "gzip": gzip.compress, "zip": zipped}[packing](content)
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    expected = [tuple(row) for row in csv.reader(io.StringIO(written, newline=""))][1:]
    assert read(path) == (expected, list(range(2, 2 + len(expected))), [])


def test_short_and_long_lines_keep_their_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,2\n3\n\n4,5\n6,7,8\n9,"10\n11,12\n')
    rows, numbers, bad = read(path)
    assert rows == [("1", "2"), ("4", "5"), ("11", "12")]
    assert numbers == [2, 5, 8]
    assert sorted((b.line, b.rules[0], b.text) for b in bad) == [
        (3, "fields", "3"),
        (6, "fields", "6,7,8"),
        (7, "quotes", '9,"10'),
    ]


def test_line_numbers_go_on_over_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = bureau.formats.delimited.cut
    monkeypatch.setattr(bureau.formats.delimited, "cut", lambda path, file: real(path, file, 7))
    path = tmp_path / "t.csv"
    path.write_text("a,b\r\n" + "".join(f"{n},{n}\r\n" if n % 3 else f"{n}\r\n" for n in range(2, 50)), newline="")
    rows, numbers, bad = read(path)
    assert numbers == [n for n in range(2, 50) if n % 3]
    assert [int(row[0]) for row in rows] == numbers
    assert [b.line for b in bad] == [n for n in range(2, 50) if not n % 3]


def test_only_the_columns_asked_for_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,\n1,2,3\n")
    with open_records(FileContent(path), "csv") as records:
        assert records.names == ("a", "b", "")
        (table,) = records.batches(["b"])
    assert table.drop([LINE]) == pa.table({"b": ["2"]})


def test_header_alone_is_no_records(tmp_path: Path) -> None:
    for content in (b"a,b", b"a,b\n", b"a,b\r\n\r\n", b"a,b\r"):
        path = tmp_path / "t.csv"
        path.write_bytes(content)
        assert read(path) == ([], [], [])


GZ = gzip.compress(os.urandom(40_000).hex().encode() + b"\n1,2\n" * 3)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", r"^t\.csv: the file is empty; copy it again"),
        ("t.csv.gz", gzip.compress(b"", mtime=0), "the file is empty"),
        ("t.csv.zip", zipped(b""), "the file is empty"),
        ("t.csv", b"\n1,2\n", "the file has no header line"),
        ("t.csv", b"\0" * 100, "NUL characters"),
        ("t.csv", b"a,b,a\n1,2,3\n", r"column 3: the column stands twice in the header; keep one"),
        ("t.csv", b'a,"b\n1,2\n', "a quote in the header is not closed"),
        ("t.csv", "a,b\n1,2\n".encode("utf-16"), "not UTF-8; convert it to UTF-8"),
        ("t.csv", "née,b\n1,2\n".encode("latin-1"), "not UTF-8"),
        ("t.csv.gz", gzip.compress(b"a,b\n1,2\n" * 99, mtime=0)[:30], "the archive is damaged or truncated"),
        ("t.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0)[:-4], "the archive is damaged or truncated"),
        ("t.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0)[:5], "the archive is damaged or truncated"),
        ("t.csv.gz", b"a,b\n1,2\n", "the archive is damaged or truncated"),
        ("t.csv.zip", zipped(b"a,b\n1,2\n" * 99)[:-30], "the archive is damaged or truncated"),
        ("t.zip", zipped(b"a,b\n", "x.csv", "y.csv"), "the archive holds 2 files, not one"),
        ("t.csv", b"a,b\n" + b"x" * (17 << 20), "a line is longer than 16 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DeliveryRefused, match=message):
        read(path)


def test_a_gzip_damaged_far_behind_its_start_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    packed = bytearray(gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(50_000))))
    packed[len(packed) // 2] ^= 0xFF
    path.write_bytes(packed)
    with pytest.raises(DeliveryRefused, match="the archive is damaged or truncated"):
        read(path)


def test_an_archive_with_a_password_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.zip"
    content = bytearray(zipped(b"a,b\n1,2\n"))
    central = content.index(b"PK\x01\x02")
    content[6] |= 1  # the flag "encrypted", in the local and in the central header
    content[central + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(DeliveryRefused, match="the archive asks for a password; unpack it first"):
        read(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DeliveryRefused, match=r"gone\.csv: the file cannot be read \(No such file or directory\)"):
        read(tmp_path / "gone.csv")
    with pytest.raises(DeliveryRefused, match=r"the file cannot be read \(Is a directory\)"):
        read(tmp_path)


def test_a_file_of_bad_lines_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bureau.formats.records, "MAX_BAD_LINES", 10)
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1;2\n" * 11)
    with pytest.raises(DeliveryRefused, match="over 10 lines are no records, most lately by the rule 'fields'"):
        read(path)
