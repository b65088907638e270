"""Files of persons: rows keep their numbers, and what would lose rows is refused."""

import csv
import os
import threading
from pathlib import Path

import duckdb
import pytest

from bureau.identity.people_file import PeopleFileError, parse_map, read_people


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


ANN = [(0, "Ann", "Lee"), (1, "Bob", None)]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|", ", ", " | ", " ; "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_whatever_parts_the_fields(sign: str, end: str, quote: str, tmp_path: Path) -> None:
    rows = [("first_name", "last_name", "note"), ("Ann", "Lee", "x"), ("Bob", "", "y")]
    text = "".join(sign.join(f"{quote}{field}{quote}" for field in row) + end for row in rows)
    for mark in ("", "\ufeff", end + end):
        assert read(tmp_path, (mark + text).encode()) == ANN


def test_the_columns_that_are_wanted_say_what_parts_the_fields(tmp_path: Path) -> None:
    assert read(tmp_path, b"first_name;last_name;a,b,c,d\nAnn;Lee;1\nBob;;2\n") == ANN


def test_a_quote_within_quotes_stays_and_so_do_lines(tmp_path: Path) -> None:
    content = b'first_name,last_name\n"Ann ""Annie"" ,A" , "Lee\nRay" \n'
    assert read(tmp_path, content) == [(0, 'Ann "Annie",A', "Lee\nRay")]


@pytest.mark.parametrize(
    ("encoding", "name", "guess"),
    [
        ("utf-8", "José", None),
        ("utf-8-sig", "小明", None),
        ("utf-16", "小明", None),
        ("utf-16-le", "小明", None),
        ("utf-16-be", "José", None),
        ("latin-1", "José", "cp1252"),
        ("cp1252", "D’Arcy-Zoë", "cp1252"),
        ("gbk", "小明", "gb18030"),
        ("gb18030", "欧阳娜娜", "gb18030"),
    ],
)
def test_the_encoding_is_told_by_the_file(encoding: str, name: str, guess: str | None, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(f"first_name,last_name\n{name},Lee\n".encode(encoding))
    connection, notes = duckdb.connect(), list[str]()
    assert read_people(connection, file, "told", (), encoding=None, note=notes.append) == 1
    assert connection.execute("SELECT first_name FROM told").fetchone() == (name,)
    # A guess is told, and what it is.
    assert [guess in note for note in notes if guess] == ([True] if guess else [])
    assert bool(notes) == bool(guess)


def test_what_programs_write_for_nothing_and_for_whole_numbers(tmp_path: Path) -> None:
    told = ["nan", "NaN", "NaT", "<NA>", "None", "NULL", "null", "\\N", "N/A", "#N/A"]
    rows = "".join(f"{value},1234.0\n" for value in told)
    found = read(tmp_path, f"first_name,postcode\n{rows}Na,'0123\nNan Li,12.05\nNull,1.2.0\n".encode())
    assert found[: len(told)] == [(number, None, "1234") for number in range(len(told))]
    assert [row[1:] for row in found[len(told) :]] == [("Na", "0123"), ("Nan Li", "12.05"), ("Null", "1.2.0")]


@pytest.mark.parametrize(
    "texts",
    [['"Name, last"=last_name,a=b=first_name'], ['"Name, last"=last_name', "a=b=first_name"], [
        ' "Name, last"=last_name , "a=b"=first_name']],
)  # fmt: skip
def test_names_of_columns_may_hold_commas_and_equals_signs(texts: list[str], tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(b'"Name, last",a=b\nLee,Ann\n')
    connection = duckdb.connect()
    read_people(connection, file, "told", parse_map(texts), encoding=None)
    assert connection.execute("SELECT first_name, last_name FROM told").fetchall() == [("Ann", "Lee")]


def test_an_absent_column_is_answered_with_those_there_are_but_not_with_a_person(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    mapping = parse_map(["surname=last_name"])
    file.write_bytes(b"given,family\nAnn,Lee\n")
    with pytest.raises(PeopleFileError, match=r"no column 'surname', .*; its columns are given, family$"):
        read_people(duckdb.connect(), file, "told", mapping, encoding=None)
    file.write_bytes(b"Ann,Lee,1980-02-29\n")  # the header line was forgotten
    with pytest.raises(PeopleFileError, match=r"no column 'surname', .*; check its header line$"):
        read_people(duckdb.connect(), file, "told", mapping, encoding=None)


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "people"
    os.mkfifo(pipe)
    content = "first_name,last_name\nAnn,Lee\nBob,\n".encode("utf-16")
    writer = threading.Thread(target=pipe.write_bytes, args=(content,))
    writer.start()
    connection = duckdb.connect()
    assert read_people(connection, pipe, "told", (), encoding=None) == 2
    writer.join()
    assert connection.execute("FROM told ORDER BY record").fetchall() == ANN
