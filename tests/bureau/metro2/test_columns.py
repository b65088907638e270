"""Columns in bulk, against the exact reader of one record at a time."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from metro2_files import as_bytes, base, build_file, expected_rows, files, mutated

from bureau.errors import NotMetro2
from bureau.metro2.columns import COLUMNS, LINE, Block, read_columns, read_raw
from bureau.metro2.packed import Numbers
from bureau.metro2.records import Record, Refused, Segment, read_records

SMALLEST = 1 << 16
"""No fewer bytes are read at a time."""


class OneByOne(io.RawIOBase):
    """A file that cannot be sought, and gives less than it is asked for."""

    def __init__(self, data: bytes, most: int) -> None:
        self._data = io.BytesIO(data)
        self._most = most

    def read(self, size: int = -1, /) -> bytes:
        return self._data.read(min(size, self._most))


def _check(data: bytes, block_bytes: int = 1 << 22) -> list[dict[str, object]]:
    """Compare both readers on a file, and give what they agree on."""
    records = list(read_records(io.BytesIO(data), block_bytes=block_bytes))
    assert as_bytes(records) == data
    accepted = [each for each in records if isinstance(each, Record)]
    try:
        blocks = list(read_columns(io.BytesIO(data), block_bytes=block_bytes))
    except NotMetro2:
        early = [each for each in accepted if len(as_bytes(records[: each.line])) <= 1 << 20]
        assert not early
        return []
    rows = [row for block in blocks for row in block.table.to_pylist()]
    assert rows == expected_rows(records)
    assert [each for block in blocks for each in block.rejects] == [
        each for each in records if isinstance(each, Refused)
    ]
    headers = [each.segments[0].values() for each in accepted if each.kind == "HEADER"]
    assert (headers[-1:] or [None])[0] == _last(block.header for block in blocks)
    return rows


def _last(values: Iterable[object]) -> object:
    return next(iter([each for each in values if each is not None][::-1]), None)


@given(files())
def test_both_readers_agree_on_made_up_files(built: list[Record]) -> None:
    assert len(_check(as_bytes(built))) == sum(each.kind == "BASE" for each in built)


def test_both_readers_agree_on_the_public_files(cfpb: dict[str, bytes]) -> None:
    for data in cfpb.values():
        for changed in (data, data.replace(b"\n", b"\r\n"), data.replace(b"\n", b"\r"), data.replace(b"\n", b"")):
            assert _check(changed, SMALLEST)


@given(files(), st.randoms(use_true_random=False))
def test_both_readers_agree_on_damaged_files(built: list[Record], chance: random.Random) -> None:
    _check(mutated(as_bytes(built), chance))


@given(st.binary(max_size=2000))
def test_both_readers_agree_on_any_bytes(data: bytes) -> None:
    _check(data)


@given(
    st.lists(st.sampled_from([b"0426", b"HEADER", b"TRAILER", b"\n", b"\r\n", b" " * 50, b"0" * 200, b"J1 ", b"\0\0",
             base().data, b"\x01\x6e\0\0", b"\x01\xaa\0\0"]), max_size=60),
)  # fmt: skip
def test_both_readers_agree_on_pieces_of_records(pieces: list[bytes]) -> None:
    _check(b"".join(pieces))


@pytest.mark.parametrize("seed", range(8))
def test_both_readers_agree_after_random_damage(seed: int, cfpb: dict[str, bytes]) -> None:
    chance = random.Random(seed)  # noqa: S311
    large = cfpb["cfpb_2k_lines_deidentified.txt.gz"].splitlines(keepends=True)
    own = build_file([[base(account_number=f"A{n}"), *[Segment.make("J1", surname="ROE")] * (n % 3)] for n in range(9)])
    packed = build_file(
        [[base(Numbers.DECIMAL, account_number=f"A{n}")] for n in range(9)], numbers=Numbers.DECIMAL, blocked=True
    )
    for turn in range(25):
        begin = chance.randrange(len(large) - 12)
        some = b"".join(large[begin : begin + 12])
        data = (some, some.replace(b"\n", b""), as_bytes(own), as_bytes(packed), cfpb["cfpb_small.txt"])[turn % 5]
        _check(mutated(data, chance))


def test_many_blocks_hold_what_one_block_holds() -> None:
    records = [
        [base(account_number=f"A{n}"), *[Segment.make("K1", original_creditor=f"C{n}")] * (n % 2)] for n in range(500)
    ]
    for line_end, numbers in ((b"\n", Numbers.CHARACTERS), (b"", Numbers.CHARACTERS), (b"", Numbers.BINARY)):
        data = as_bytes(
            build_file([[each.recoded(numbers) for each in one] for one in records], numbers=numbers, line_end=line_end)
        )
        whole = [row for block in read_columns(io.BytesIO(data)) for row in block.table.to_pylist()]
        assert _check(data, SMALLEST) == whole
        slow = read_columns(OneByOne(data, 777), block_bytes=SMALLEST)
        assert [row for block in slow for row in block.table.to_pylist()] == whole
        assert len(whole) == 500


def test_bad_lines_between_others_cost_nothing_else() -> None:
    built = [record.body for record in build_file([[base(account_number=f"A{n}")] for n in range(30)])]
    built[3] = b"UNPARSEABLE" + built[3]
    built[7] = built[7][:99]
    built[9] = built[9] + b"??" + b" " * 98
    built[11] = b""
    built[13] = built[13][:300] + b"\0" + built[13][301:]
    data = b"\n".join(built)
    rows = _check(data)
    assert len(rows) == 25
    assert [row[LINE] for row in rows][:4] == [2, 3, 5, 6]


def test_columns_can_be_chosen() -> None:
    data = as_bytes(build_file([[base(), Segment.make("N1", employer="HARBOUR MILLS")]]))
    (block,) = read_columns(io.BytesIO(data), columns=["employer", "account_status"])
    assert block.table.to_pylist() == [{"employer": "HARBOUR MILLS", "account_status": "11", LINE: 2}]
    assert block.table.schema.field("employer").type == pa.string()
    with pytest.raises(KeyError, match="no column 'emploier'"):
        next(read_columns(io.BytesIO(data), columns=["emploier"]))
    (whole,) = read_columns(io.BytesIO(data))
    assert whole.table.column_names == [*COLUMNS, LINE]


def test_header_and_trailer_come_with_their_differences() -> None:
    built = build_file([[base()], [base(account_number="A2")]])
    lying = built[-1].segments[0].with_values(base="3", ssn_all="x", telephone_all="")
    built[-1] = Record.build(4, [lying])
    (block,) = read_columns(io.BytesIO(as_bytes(built)))
    assert isinstance(block, Block)
    assert block.header is not None
    assert block.header["reporter_name"] == "HARBOUR BANK"
    assert block.trailer is not None
    assert block.trailer["status_11"] == "000000002"
    assert block.trailer_line == 4
    assert block.differences == {"base": (3, 2), "ssn_all": (None, 2), "telephone_all": (0, 2)}


def test_raw_records_come_as_they_stand(cfpb: dict[str, bytes]) -> None:
    data = cfpb["cfpb_2k_lines_deidentified.txt.gz"]
    lines = data.splitlines(keepends=True)
    wanted = [1, 2, 518, 1999, 2000]
    found = list(read_raw(io.BytesIO(data), wanted, block_bytes=SMALLEST))
    assert found == [(number, lines[number - 1]) for number in wanted]
    assert list(read_raw(io.BytesIO(data), [5000])) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "it holds no Metro 2 record"),
        (b"reference,balance\n" + b"17,200\n" * 400_000, "no Metro 2 record stands in its first megabyte"),
        (b"\0" * (3 << 20), "no Metro 2 record stands in its first megabyte"),
        (b"2019" * (1 << 20), "no Metro 2 record stands in its first megabyte"),
        (b"0426" * 300, "it holds no Metro 2 record"),
        (b"0426HEADER", "it holds no Metro 2 record"),
    ],
)
def test_what_is_no_metro_2_file_is_told_at_once(data: bytes, reason: str) -> None:
    with pytest.raises(NotMetro2, match=f"statement.m2 is no Metro 2 file: {reason}"):
        list(read_columns(io.BytesIO(data), name="statement.m2"))
