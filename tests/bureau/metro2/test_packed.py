"""Packed numbers, many at a time against one at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from metro2_files import base

from bureau.metro2.layout import BASE, TRAILER, Field, FieldKind
from bureau.metro2.packed import Numbers, pack, unpack, unpack_all, which_numbers

PACKED = [field for layout in (BASE, TRAILER) for field in layout.fields if field.is_packed]


@given(st.sampled_from(PACKED), st.data(), st.sampled_from([Numbers.DECIMAL, Numbers.BINARY]))
def test_digits_come_back(field: Field, data: st.DataObject, numbers: Numbers) -> None:
    digits = str(data.draw(st.integers(0, 10**field.length - 1))).zfill(field.length)
    packed = pack(digits, field, numbers)
    assert len(packed) == field.packed_length
    assert unpack(packed, field, numbers) == digits


@given(st.lists(st.binary(min_size=366, max_size=366), max_size=5), st.sampled_from([Numbers.DECIMAL, Numbers.BINARY]))
def test_many_are_unpacked_as_one_is(rows: list[bytes], numbers: Numbers) -> None:
    nearly = [bytes(byte if byte & 15 < 10 else byte & 0xF0 | 0xC for byte in row) for row in rows]
    both = [*rows, *nearly, base(numbers).data, bytes(366), b" " * 366]
    matrix = unpack_all(np.frombuffer(b"".join(both), dtype=np.uint8).reshape(-1, 366), BASE, numbers)
    for row, unpacked in zip(both, matrix, strict=True):
        for field in BASE.fields:
            told = unpack(row[field.packed_place], field, numbers) if field.is_packed else None
            expected = row[field.packed_place] if told is None else told.encode()
            assert bytes(unpacked[field.place]) == expected


@pytest.mark.parametrize(
    ("data", "digits"),
    [
        ("001200000c", "001200000"),
        ("001200000f", "001200000"),
        ("000000015d", "-00000015"),
        ("100000015d", "?????????"),
        ("000000000d", "000000000"),
        ("0012000001", "?????????"),
        ("00120a000c", "?????????"),
        ("0000000000", "000000000"),
        ("2020202020", "         "),
    ],
)
def test_signs_and_what_is_none(data: str, digits: str) -> None:
    assert unpack(bytes.fromhex(data), BASE["current_balance"], Numbers.DECIMAL) == digits


def test_a_binary_date_is_marked() -> None:
    # 0x1E8BD7 = 2001879 is no date, but 8 digits are asked for: 02001879.
    field = BASE["date_opened"]
    assert unpack(bytes.fromhex("001e8bd773"), field, Numbers.BINARY) == "02001879"
    assert unpack(bytes.fromhex("001e8bd70c"), field, Numbers.BINARY) == "????????"
    assert unpack(bytes.fromhex("ffffffffff"), BASE["ssn"], Numbers.BINARY) == "?????????"


def test_dates_tell_which_numbers_a_file_has() -> None:
    for numbers in (Numbers.DECIMAL, Numbers.BINARY):
        assert which_numbers(base(numbers).data) is numbers
        undated = {field.name: "" for field in BASE.digits if field.kind is not FieldKind.NUMBER}
        assert which_numbers(base(numbers, **undated).data) is None
