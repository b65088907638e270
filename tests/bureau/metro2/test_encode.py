"""Columns to records and back, against the exact reader."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from metro2_files import count_totals

from bureau.metro2.columns import read_columns
from bureau.metro2.encode import Appended, encode_header, encode_records, encode_trailer
from bureau.metro2.inspect import inspect_records
from bureau.metro2.layout import APPENDED, BASE_COLUMNS
from bureau.metro2.records import Record, read_records
from bureau.metro2.totals import Totals

SURNAMES = pa.array(["DOE", None, "O'NEIL-BAKER"])
CLEAN: dict[str, Any] = {
    "identification_number": "HARBOUR01",
    "account_number": np.array(["A1", "A2", "A3"]),
    "portfolio_type": "R",
    "account_type": pa.array(["18", "18", "07"]).dictionary_encode(),
    "time_stamp": np.datetime64("2019-02-01T03:04:05"),
    "date_opened": np.array(["2015-05-31", "1969-02-28", "2016-02-29"], dtype="datetime64[D]"),
    "current_balance": np.array([0, 1200, 999_999_999]),
    "telephone": np.array([0, 2025550147, 9999999999]),
    "account_information_date": pa.array(["2019-01-31"] * 3),
    "last_payment_date": pa.array([None, "2019-02-30", ""]),
    "date_closed": np.array(["2018-12-31", "NaT", "NaT"], dtype="datetime64[s]"),
    "ssn": pa.array(["123456789", None, "12A4"]),
    "surname": SURNAMES,
    "first_name": pa.chunked_array([["JANE"], ["JOHN", "JIM"]]),
}


def _read(data: bytes) -> list[Record]:
    records = list(read_records(io.BytesIO(data)))
    assert all(isinstance(each, Record) for each in records)
    return [each for each in records if isinstance(each, Record)]


def test_each_kind_of_column_is_written() -> None:
    data = encode_records(CLEAN)
    assert [len(line) for line in data.splitlines()] == [426] * 3
    first, second, third = (record.segments[0].values() for record in _read(data))
    assert set(first) == set(BASE_COLUMNS)
    assert [each["account_number"] for each in (first, second, third)] == ["A1", "A2", "A3"]
    assert [each["date_opened"] for each in (first, second, third)] == ["05312015", "02281969", "02292016"]
    assert [each["current_balance"] for each in (first, second, third)] == ["000000000", "000001200", "999999999"]
    assert [each["telephone"] for each in (first, second, third)] == ["0000000000", "2025550147", "9999999999"]
    assert [each["last_payment_date"] for each in (first, second, third)] == ["00000000", "02302019", "00000000"]
    assert [each["date_closed"] for each in (first, second, third)] == ["12312018", "00000000", "00000000"]
    assert [each["ssn"] for each in (first, second, third)] == ["123456789", "000000000", "0000012A4"]
    assert [each["surname"] for each in (first, second, third)] == ["DOE", "", "O'NEIL-BAKER"]
    assert [each["first_name"] for each in (first, second, third)] == ["JANE", "JOHN", "JIM"]
    assert [each["account_type"] for each in (first, second, third)] == ["18", "18", "07"]
    assert first["time_stamp"] == "02012019030405"
    assert (first["processing_indicator"], first["middle_name"], first["credit_limit"]) == ("1", "", "000000000")


def test_segments_follow_their_base_in_order() -> None:
    appended = {
        "K2": Appended(np.array([2, 0]), {"sale_indicator": "2", "sale_name": np.array(["ROE", "POE"])}),
        "J1": Appended(np.array([2, 0, 2]), {"surname": np.array(["FIRST", "ONLY", "SECOND"]), "ecoa": "2"}),
        "K4": Appended(np.array([], dtype=np.int64), {"balloon_amount": np.array([], dtype=np.int64)}),
    }
    records = _read(encode_records(CLEAN, appended, line_end=b"\r\n"))
    assert [[each.kind for each in record.segments] for record in records] == [
        ["BASE", "J1", "K2"], ["BASE"], ["BASE", "J1", "J1", "K2"],
    ]  # fmt: skip
    assert [each["surname"] for each in records[2].appended("J1")] == ["FIRST", "SECOND"]
    assert [each["sale_name"] for record in records for each in record.appended("K2")] == ["POE", "ROE"]
    assert all(record.tells_its_length and record.after == b"\r\n" for record in records)


@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from(list(APPENDED)), max_size=4), st.integers(0, 10**9 - 1)),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_what_is_encoded_is_what_is_read(made: list[tuple[list[str], int]]) -> None:
    columns = {"current_balance": np.array([balance for _, balance in made]), "identification_number": "HARBOUR01"}
    owners = {kind: [row for row, (kinds, _) in enumerate(made) for each in kinds if each == kind] for kind in APPENDED}
    appended = {kind: Appended(np.array(rows, dtype=np.int64), {}) for kind, rows in owners.items()}
    totals = Totals()
    data = encode_records(columns, appended, totals=totals)
    records = _read(data)
    assert [int(record.segments[0]["current_balance"]) for record in records] == [balance for _, balance in made]
    assert [sorted(each.kind for each in record.segments[1:]) for record in records] == [
        sorted(kinds) for kinds, _ in made
    ]
    assert totals.counts == count_totals([record.segments for record in records])
    (block,) = read_columns(io.BytesIO(data + encode_trailer(totals)))
    assert block.differences == {}


def test_a_whole_file_has_no_findings() -> None:
    totals = Totals()
    told = CLEAN | {
        "account_status": "11", "payment_history_profile": "0" * 24, "ecoa": "1", "terms_duration": "REV",
        "ssn": "123456789", "surname": "DOE", "address_1": "1 HARBOUR STREET", "city": "SPRINGFIELD",
        "last_payment_date": None,
    }  # fmt: skip
    pieces = [encode_header({"reporter_name": "HARBOUR BANK", "activity_date": "2019-01-31"})]
    pieces += [encode_records(told, totals=totals) for _ in range(3)]
    summary = inspect_records(io.BytesIO(b"".join([*pieces, encode_trailer(totals)])))
    assert (summary.records, summary.rejects, list(summary.findings)) == (11, [], [])
    assert totals.counts["status_11"] == 9


def test_no_records_are_no_bytes() -> None:
    assert (
        encode_records({"current_balance": np.array([], dtype=np.int64), "surname": pa.array([], pa.string())}) == b""
    )


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"surname": pa.array(["MÜLLER"])}, "BASE, column surname: a character is not ASCII"),
        ({"surname": np.array(["A\nB"])}, "column surname: a character cannot be printed"),
        ({"surname": pa.array(["X" * 26])}, "column surname: a text is longer than 25 characters"),
        ({"surname": np.array([1])}, "column surname: numbers given for a text field"),
        ({"surname": np.array([1.5])}, "column surname: not the values of a text field"),
        ({"surname": pa.array([1.5])}, "column surname: double given for a text field"),
        ({"current_balance": np.array([-1])}, "current_balance: a number is below zero or has more than 9 digits"),
        ({"current_balance": np.array([10**9])}, "current_balance: a number is below zero or has more than 9 digits"),
        ({"current_balance": np.array(["2019-01-01"], "datetime64[D]")}, "dates given for a number field"),
        ({"date_opened": np.array(["1700-01-01"], "datetime64[D]")}, "a date is not between 1800-01-01 and 2199"),
        ({"date_opened": np.array(["2019-1-311"])}, "a text is longer than 8 characters and no ISO date"),
        ({"surnam": np.array(["DOE"])}, "BASE has no column 'surnam'"),
        ({"surname": np.array(["DOE"]), "city": np.array(["A", "B"])}, "column city: 2 values for 1 records"),
        ({"surname": "DOE"}, "no column is an array"),
    ],
)
def test_what_cannot_be_written_is_told_without_the_value(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        encode_records(columns)
    assert "LLER" not in str(caught.value)


@pytest.mark.parametrize(
    ("appended", "message"),
    [
        ({"J9": Appended(np.array([0]), {})}, "no segment of the kind 'J9'"),
        ({"J1": Appended(np.array([3]), {})}, "J1: a segment belongs to a row that is not there"),
        ({"J1": Appended(np.array([0.5]), {})}, "J1: rows must be one whole number a segment"),  # type: ignore[arg-type]
        ({"J1": Appended(np.array([0]), {"employer": "X"})}, "J1 has no column 'employer'"),
        ({"J2": Appended(np.zeros(50, dtype=np.int64), {})}, "longer than 9999 characters"),
    ],
)
def test_segments_that_cannot_be_appended_are_refused(appended: dict[str, Appended], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode_records(CLEAN, appended)
