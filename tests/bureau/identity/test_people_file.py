"""Files of persons: rows keep their numbers, and what would lose rows is refused."""

import csv
from pathlib import Path

import duckdb
import pytest

from bureau.identity.people_file import PeopleFileError, read_people


def read(folder: Path, content: bytes, encoding: str | None = None) -> list[tuple[object, ...]]:
    file = folder / "people.csv"
    file.write_bytes(content)
    connection = duckdb.connect()
    rows = read_people(connection, file, "told", (), encoding=encoding)
    found = connection.execute("SELECT * FROM told ORDER BY record").fetchall()
    assert rows == len(found)
    return found


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b'first_name,last_name\nBob,Ray\n"Anna,Lee\nCy,Day\n', r"row 1 \(from 0\), from line 3,"),
        (b'first_name,last_name\n"Anna,Lee\n"Cy",Day\n', r"row 0 \(from 0\), from line 2,"),
        (b'sep=,\nfirst_name,last_name\n"A\nB",C\n"Anna,Lee\n', r"row 1 \(from 0\), from line 5,"),
        (b'first_name\n\n"Anna\n', r"row 1 \(from 0\), from line 3,"),
        (b'first_name,"last_name\nBob,Ray\n', "the header, from line 1,"),
    ],
)
def test_a_stray_quote_is_refused_with_its_row(content: bytes, error: str, tmp_path: Path) -> None:
    with pytest.raises(PeopleFileError, match=error):
        read(tmp_path, content)


def test_a_long_field_is_read_and_an_endless_one_refused(tmp_path: Path) -> None:
    before = csv.field_size_limit(131_072)
    try:
        found = read(tmp_path, b"first_name,note\nAnn," + b"x" * 1_000_000 + b"\nBob,\n")
        assert found == [(0, "Ann"), (1, "Bob")]
        with pytest.raises(PeopleFileError, match=r"row 0 .*field larger than"):
            read(tmp_path, b'first_name,note\nAnn,"' + b"x" * 10_000_001 + b'"\n')
    finally:
        csv.field_size_limit(before)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_blank_lines_of_one_column_are_rows_but_at_the_end(end: bytes, tmp_path: Path) -> None:
    content = end.join([b"first_name", b"", b"Ann", b"", b"", b"Bob", b"", b"", b""])
    assert read(tmp_path, content) == [(0, None), (1, "Ann"), (2, None), (3, None), (4, "Bob")]
    assert read(tmp_path, content.replace(b"first_name", b"first_name,no")) == [(0, "Ann"), (1, "Bob")]


@pytest.mark.parametrize("encoding", ["nope", "hex", "a\0b"])
def test_an_unknown_encoding_is_called_so(encoding: str, tmp_path: Path) -> None:
    with pytest.raises(PeopleFileError, match=r"--encoding: .* is unknown"):
        read(tmp_path, b"first_name\nAnn\n", encoding)


@pytest.mark.parametrize("first", [b"sep=;\r\n", b'"sep=;"\n', b"SEP=;\n", b"\xef\xbb\xbfsep=;\n"])
def test_a_line_that_tells_the_separator_is_no_header(first: bytes, tmp_path: Path) -> None:
    assert read(tmp_path, first + b"first_name;last_name,a,b\nAnn;x\n") == [(0, "Ann")]
