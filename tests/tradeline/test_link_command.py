"""``tradeline identity link``, run as people run it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

PEOPLE = (
    '"Last, family", "First" , "Born"\n'
    '"Quackenbush", "Adelaide" , "29/02/1972"\n'
    '"Okafor", "Chidi" , "1980年12月31日"\n'
    '"Quackenbush", "Adelaide" , "1972-02-29"\n'
    '"Okafor", "Chidi" , "31.12.80"\n'
)
MAP = '"Last, family"=last_name,First=first_name,Born=birth_date'


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE, encoding="utf-8")
    return file


def clusters(out: Path) -> list[tuple[str, str]]:
    with out.open(encoding="utf-8", newline="") as text:
        assert next(csv.reader([text.readline()])) == ["row", "cluster"]
        return [(row, cluster) for row, cluster in csv.reader(text)]


def test_every_row_gets_a_cluster_in_the_order_of_the_rows(command: Any, people: Path, tmp_path: Path) -> None:
    out = tmp_path / "clusters.csv"
    done = command("identity", "link", people, "--map", MAP, "--out", out, "--json")
    assert (done.code, done.err, done.json["records"], done.json["clusters"]) == (0, "", 4, 2)
    assert clusters(out) == [("0", "0"), ("1", "1"), ("2", "0"), ("3", "1")]


def test_a_header_alone_gives_a_header(command: Any, people: Path, tmp_path: Path) -> None:
    people.write_text("First,Born")
    out = tmp_path / "clusters.csv"
    assert command("identity", "link", people, "--map", "First=first_name", "--out", out).code == 0
    assert clusters(out) == []


@pytest.mark.parametrize("where", ["nowhere/clusters.csv", "folder"])
def test_what_cannot_be_written_is_refused_before_anything_is_read(command: Any, tmp_path: Path, where: str) -> None:
    (tmp_path / "folder").mkdir()
    done = command("identity", "link", tmp_path / "there-is-no-such-file.csv", "--out", tmp_path / where)
    assert done.code == 1
    assert where in done.err
    assert "there-is-no-such-file" not in done.err


def test_a_failure_leaves_what_was_there(command: Any, people: Path, tmp_path: Path) -> None:
    out = tmp_path / "clusters.csv"
    out.write_text("of before")
    people.write_text(PEOPLE + '"Never closed', encoding="utf-8")
    done = command("identity", "link", people, "--map", MAP, "--out", out)
    assert done.code == 1
    assert "row 4 (from 0)" in done.err
    assert out.read_text() == "of before"
    assert {file.name for file in tmp_path.iterdir()} == {"people.csv", "clusters.csv"}


def test_a_link_is_followed_and_stays(command: Any, people: Path, tmp_path: Path) -> None:
    out, target = tmp_path / "clusters.csv", tmp_path / "target.csv"
    out.symlink_to(target)
    assert command("identity", "link", people, "--map", MAP, "--out", out).code == 0
    assert out.is_symlink()
    assert len(clusters(target)) == 4


def test_a_guess_of_the_encoding_is_told(command: Any, people: Path, tmp_path: Path) -> None:
    people.write_bytes("first_name\nJosé\n".encode("latin-1"))
    done = command("identity", "link", people, "--out", tmp_path / "clusters.csv")
    assert done.code == 0
    assert "read as cp1252" in done.err
    assert "clusters" in done.out
