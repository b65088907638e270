"""JSON Lines, against Python's own json."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureau.content import BytesContent
from bureau.errors import DeliveryRefused
from bureau.formats.opening import open_records, raw_records
from bureau.formats.records import LINE

COLUMNS = ["a", "b c"]


def read(data: bytes, name: str = "x.jsonl") -> tuple[list[tuple[int, str | None, str | None]], dict[int, str]]:
    with open_records(BytesContent(name, data), "jsonl") as records:
        rows = [row for table in records.batches(COLUMNS) for row in table.to_pylist()]
        bad = {line.line: line.rules[0] for line in records.take_bad_lines()}
    return [(row[LINE], row["a"], row["b c"]) for row in rows], bad


_VALUE = st.none() | st.integers(-(10**12), 10**12) | st.text(st.characters(exclude_categories=["Cs"]))
_OBJECT = st.fixed_dictionaries({}, optional={"a": _VALUE, "b c": _VALUE, "other": _VALUE | st.lists(_VALUE)})


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


@given(records=st.lists(_OBJECT, min_size=1, max_size=8), ascii_only=st.booleans(), packed=st.booleans())
@settings(deadline=None)
def test_reads_what_json_reads(records: list[dict[str, object]], ascii_only: bool, packed: bool) -> None:
    data = "".join(json.dumps(record, ensure_ascii=ascii_only) + "\n" for record in records).encode()
    rows, bad = read(gzip.compress(data) if packed else data)
    wanted = [(line, _text(each.get("a")), _text(each.get("b c"))) for line, each in enumerate(records, 1)]
    assert rows == wanted
    assert not bad


@given(
    lines=st.lists(
        st.sampled_from(
            ['{"a": 1}', '{"a": 1', "[1]", "1", "null", '"x"', "{'a': 1}", '{"a": "\\ud800"}', "", "{}", "}{"]
        ),
        max_size=10,
    )
)
@settings(deadline=None)
def test_every_line_is_a_record_or_a_bad_line(lines: list[str]) -> None:
    data = "\n".join(['{"a": "first"}', *lines]).encode()
    rows, bad = read(data)
    filled = {number for number, line in enumerate(lines, 2) if line}
    assert {row[0] for row in rows} | bad.keys() == {1} | filled
    assert not {row[0] for row in rows} & bad.keys()
    for number, line in enumerate(lines, 2):
        if line in ('{"a": 1}', "{}"):
            assert number in {row[0] for row in rows}
        elif line and "ud800" not in line:
            assert bad[number] == "json"


@pytest.mark.parametrize("value", ["true", "false", "[1]", "{}", '["x"]'])
def test_a_field_holds_a_text_or_a_number(value: str) -> None:
    rows, bad = read(f'{{"a": {value}}}\n{{"a": "t", "other": {value}}}\n{{"a": "[1]"}}\n'.encode())
    assert rows == [(2, "t", None), (3, "[1]", None)]
    assert bad == {1: "value"}


def test_bytes_that_are_no_utf8_and_nul_are_bad_lines() -> None:
    rows, bad = read(b'{"a": 1}\n{"a": "\xff"}\n{"a": "\0"}\n')
    assert [row[0] for row in rows] == [1]
    assert bad == {2: "encoding", 3: "characters"}


def test_the_fields_of_the_first_records_are_its_columns() -> None:
    with open_records(BytesContent("x", b'{"a": 1, "z": 2}\n{"b": 1}\n'), "jsonl") as records:
        assert records.names == ("a", "z", "b")


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "the file is empty"), (b"\n\n", "the file is empty"), (b"a,b\n1,2\n", "hold no JSON object"),
     (b"\x89PNG\r\n\x1a\n" * 50, "hold no JSON object"), (b"[1, 2]\n", "hold no JSON object")],
)  # fmt: skip
def test_what_is_no_json_lines_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(DeliveryRefused, match=message):
        read(data)


def test_raw_lines_are_as_they_came() -> None:
    data = '{"a":  1}\r\n\n{"a": "é"}\n{"a": 3}'.encode()
    picked = dict(raw_records(BytesContent("x", data), "jsonl", [1, 3, 4]))
    assert picked == {1: '{"a":  1}', 3: '{"a": "é"}', 4: '{"a": 3}'}
