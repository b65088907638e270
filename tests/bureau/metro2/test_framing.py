"""How a file is written is seen from its first bytes, and its frames are the file."""

from __future__ import annotations

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metro2_files import as_bytes, base, build_file, files, mutated

from bureau.metro2.framing import Style, detect, frames
from bureau.metro2.packed import Numbers
from bureau.metro2.records import Record


@pytest.mark.parametrize("numbers", list(Numbers))
@pytest.mark.parametrize("blocked", [False, True])
@pytest.mark.parametrize("with_header", [False, True])
@pytest.mark.parametrize("line_end", [b"", b"\n", b"\r\n", b"\r"])
def test_style_is_seen(numbers: Numbers, blocked: bool, with_header: bool, line_end: bytes) -> None:
    built = build_file(
        [[base(numbers)], [base(numbers)]], numbers=numbers, blocked=blocked, line_end=line_end, frame=with_header
    )
    expected = Style(numbers, line_end[-1:] if numbers is Numbers.CHARACTERS else b"", blocked)
    assert detect(as_bytes(built)) == expected
    read = [cut.text[cut.starts[index] : cut.ends[index]] for cut in frames(io.BytesIO(as_bytes(built)))
            for index in range(len(cut))]  # fmt: skip
    assert read == [record.body for record in built]


def test_one_line_end_at_the_end_does_not_make_lines() -> None:
    data = as_bytes(build_file([[base()], [base()]], line_end=b"")) + b"\n"
    assert detect(data) == Style(line_end=b"")
    assert [len(cut) for cut in frames(io.BytesIO(data))] == [4]


def test_packed_records_may_tell_their_length_in_digits() -> None:
    built = build_file([[base(Numbers.DECIMAL)]], numbers=Numbers.DECIMAL, line_end=b"")
    data = b"".join(b"03700366" + record.body[4:] for record in built)
    assert detect(data) == Style(Numbers.DECIMAL, b"", blocked=True)
    assert [len(cut) for cut in frames(io.BytesIO(data))] == [3]


@given(files(), st.randoms(use_true_random=False), st.integers(1, 200_000))
def test_frames_are_the_file(built: list[Record], chance: random.Random, block_bytes: int) -> None:
    data = mutated(as_bytes(built) * 20, chance)
    line, pieces = 1, []
    for cut in frames(io.BytesIO(data), block_bytes=block_bytes):
        assert cut.first_line == line
        assert cut.bounds[0] == 0
        assert cut.bounds[-1] == len(cut.text)
        assert (cut.bounds[:-1] <= cut.starts).all()
        assert (cut.starts <= cut.ends).all()
        assert (cut.ends <= cut.bounds[1:]).all()
        assert (cut.bounds[1:] > cut.bounds[:-1]).all()
        line += len(cut)
        pieces.append(cut.text)
    assert b"".join(pieces) == data


def test_lines_are_counted_as_anyone_counts_them() -> None:
    data = as_bytes(build_file([[base()]])) + b"\n\nrest"
    assert sum(len(cut) for cut in frames(io.BytesIO(data))) == len(data.splitlines()) == 6


def test_a_line_of_another_length_in_blocked_lines_is_still_seen_behind_its_block_word() -> None:
    built = build_file([[base(account_number=f"A{n}")] for n in range(4)], blocked=True)
    lines = [record.raw for record in built]
    lines[2] = lines[2].rstrip(b"\n") + b"??\n"
    (cut,) = frames(io.BytesIO(b"".join(lines)))
    assert (cut.starts - cut.bounds[:-1]).tolist() == [4] * 6
    assert (cut.ends - cut.starts).tolist() == [426, 426, 428, 426, 426, 426]
