"""Whole files: who is who in the end, whatever the order, and with bad input."""

from __future__ import annotations

import collections
import csv
import random
from pathlib import Path

import duckdb
import pytest
from told_people import Told, person, population, told_table
from typer.testing import CliRunner

from bureau.identity.link import link
from bureau.identity.model import Model, ModelError, default_model
from bureau.identity.people_file import PeopleFileError, parse_map, read_people
from tradeline.cli import app

FEBRL = (
    "given_name=first_name,surname=last_name,address_1=address,suburb=city,postcode=postcode,state=region,"
    "date_of_birth=birth_date,soc_sec_id=national_id"
)


def clusters_of(told: list[Told], model: Model | None = None) -> list[int]:
    connection = duckdb.connect()
    told_table(connection, told)
    link(connection, "told", "linked", model=model)
    return [cluster for (cluster,) in connection.execute("SELECT cluster FROM linked ORDER BY record").fetchall()]


def pairs_of(labels: list[object]) -> int:
    return sum(count * (count - 1) // 2 for count in collections.Counter(labels).values())


def test_people_told_three_times_are_found() -> None:
    told, truth = population(300, seed=11)
    found = clusters_of(told)
    right = pairs_of(list(zip(truth, found, strict=True)))
    assert right / pairs_of(list(found)) >= 0.995
    assert right / pairs_of(list(truth)) >= 0.97


def test_order_of_rows_decides_nothing() -> None:
    told, _ = population(250, seed=12)
    order = list(range(len(told)))
    random.Random(1).shuffle(order)  # noqa: S311 - invented people
    groups = []
    for rows in (list(range(len(told))), order):
        found = collections.defaultdict(set)
        for row, cluster in zip(rows, clusters_of([told[row] for row in rows]), strict=True):
            found[cluster].add(row)
        groups.append(sorted(map(sorted, found.values())))
    assert groups[0] == groups[1]


def test_numbers_that_nobody_shares_say_that_few_are_told_twice() -> None:
    rng = random.Random(13)  # noqa: S311 - invented people
    told = [person(rng) for _ in range(600)]
    connection = duckdb.connect()
    told_table(connection, [*told, told[0] | {"phone": None, "email": None}])
    linked = link(connection, "told", "linked")
    # One pair of 601 * 600 / 2 shares its number, as 0.9 of the pairs of one person do; by default one pair a record.
    assert linked.model.prior <= 2 / (0.9 * 601 * 600) * 1.001 < default_model(601).prior / 100
    assert linked.clusters == 600


def _family(**changes: str | None) -> Told:
    told = person(random.Random(3)) | {  # noqa: S311 - invented people
        "first_name": "Robert", "middle_name": None, "last_name": "Lindqvist", "birth_date": "1980-03-04",
        "national_id": None,
    }  # fmt: skip
    return told | changes


@pytest.mark.parametrize(
    "other",
    [
        {"first_name": "Stephen", "national_id": "219-88-1234"},  # a twin
        {"first_name": "Stephen", "national_id": None, "email": None},
        {"suffix": "Sr", "birth_date": None},
        {"birth_date": "1951-07-30", "national_id": None},  # the father, of the same name
        {"national_id": "219-88-1234"},
        {"first_name": "Stephen", "birth_date": "1951-07-30", "national_id": "536-22-8741"},  # with his son's number
    ],
)
def test_relatives_stay_apart(other: dict[str, str | None]) -> None:
    one = _family(national_id="536-22-8741", suffix="Jr")
    assert len(set(clusters_of([one, one | {"suffix": None} | other], default_model(1_000_000)))) == 2


def test_same_person_is_found_in_spite_of_a_nickname_a_swap_and_hanzi() -> None:
    one = _family(national_id="536-22-8741")
    swapped = one | {"first_name": "Lindqvist", "last_name": "Bob", "birth_date": "04/03/1980"}
    chinese = _family(first_name="小明", last_name="王", national_id="11010519491231002X", birth_date="1949-12-31")
    pinyin = chinese | {"first_name": "WANG", "last_name": "Xiao-Ming", "national_id": "11010519491231002x"}
    found = clusters_of([one, swapped, chinese, pinyin], default_model(1_000_000))
    assert found == [0, 0, 2, 2]


def test_bad_values_join_nobody() -> None:
    rng = random.Random(4)  # noqa: S311 - invented people
    hub = {"phone": "800 555 0100", "national_id": "999-99-9999", "email": "customer@shop.example"}
    told = [person(rng) | hub for _ in range(300)]
    told += [
        dict.fromkeys(("first_name", "last_name"), text)
        for text in ("A", "😀", "unknown", "\u202eשלום", "x" * 10_000, "\0")
    ]
    told += [{"first_name": "J", "last_name": "S"}] * 5 + [{}] * 5 + [hub] * 5
    assert len(set(clusters_of(told))) == len(told)


def test_febrl(tmp_path: Path, data_folder: Path) -> None:
    for number in (1, 3):
        file = data_folder / "febrl" / f"dataset{number}.csv"
        out = tmp_path / "clusters.csv"
        done = CliRunner().invoke(app, ["identity", "link", str(file), "--map", FEBRL, "--out", str(out)])
        assert done.exit_code == 0, done.output
        with file.open() as text:
            truth = [row["rec_id"].split("-")[1] for row in csv.DictReader(text, skipinitialspace=True)]
        with out.open() as text:
            rows = list(csv.DictReader(text))
        assert [int(row["row"]) for row in rows] == list(range(len(truth)))
        found = [row["cluster"] for row in rows]
        right = pairs_of(list(zip(truth, found, strict=True)))
        assert 2 * right / (pairs_of(list(truth)) + pairs_of(list(found))) >= 0.999


def test_a_model_survives_its_text() -> None:
    model = default_model(5_000).but(hubs={"phone": (1, 2)}, frequencies={"given": {"wei": 0.1}})
    assert Model.from_json(model.to_json()) == model
    with pytest.raises(ModelError, match="no model of identity"):
        Model.from_json("{")
    with pytest.raises(ModelError, match="another format"):
        Model.from_json('{"format": 0}')
    with pytest.raises(ModelError, match="comparison given has 0 levels"):
        model.but(chances={})


@pytest.mark.parametrize(
    ("content", "mapping", "error"),
    [
        (b"", "a=first_name", "is empty"),
        (b"a,b\n1,2\n", "c=first_name", "has no column 'c'"),
        (b"a,a\n1,2\n", "a=first_name", "stands twice"),
        (b"a,b\n1,2\n", "", "no column is called as one of ours"),
        (b"a,b\nJos\x81,2\n", "a=first_name", "is neither UTF-8 nor cp1252; name its encoding"),
        (b"\xef\xbb\xbfa,b\nJos\xe9,2\n", "a=first_name", "is not utf-8-sig; name its encoding"),
        (b'a,b\n"' + b"x" * 200_000, "a=first_name", "never ends"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(content: bytes, mapping: str, error: str, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(content)
    with pytest.raises(PeopleFileError, match=error):
        read_people(duckdb.connect(), file, "told", parse_map([mapping]), encoding=None)


@pytest.mark.parametrize(
    ("text", "error"),
    [("a=name", "none of our columns"), ("a", "is not column=target"), ("a=phone,b=phone", "two columns")],
)
def test_a_map_that_means_nothing_says_why(text: str, error: str) -> None:
    with pytest.raises(PeopleFileError, match=error):
        parse_map([text])


@pytest.mark.parametrize(
    "content",
    [
        "﻿name;no;street\nAnn\0;12;Main St\n;;\nBob;3\n".encode(),
        "name\tno\tstreet\r\nAnn\t12\tMain St\r\n\t\t\r\nBob\t3\r\n".encode("utf-16"),
        b'name, no, street\nAnn, 12, "Main St"\n,,\nBob,3,,too,many\n',
    ],
)
def test_files_of_many_kinds_are_read(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(content)
    connection = duckdb.connect()
    mapping = parse_map(["name=first_name,no=address,street=address"])
    assert read_people(connection, file, "told", mapping, encoding=None) == 3
    assert connection.execute("SELECT record, first_name, address FROM told ORDER BY record").fetchall() == [
        (0, "Ann", "12 Main St"), (1, None, None), (2, "Bob", "3"),
    ]  # fmt: skip
