import csv
import io
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bureau.formats.lines import cut, sift


@given(st.lists(st.sampled_from([b"a", b"bc", b"\r", b"\n", b"\r\n"])), st.integers(1, 5))
def test_pieces_are_whole_lines_whatever_ends_them(parts: list[bytes], block_bytes: int) -> None:
    content = b"".join(parts)
    pieces = list(cut(Path("x.csv"), io.BytesIO(content), block_bytes))
    assert all(piece.endswith(b"\n") for piece in pieces)
    expected = [line.encode() for line in io.StringIO(content.decode(), newline=None).read().split("\n")]
    if expected[-1] == b"":
        expected.pop()
    assert b"".join(pieces).split(b"\n")[:-1] == expected


@given(st.text('a," b', max_size=12))
def test_a_line_is_kept_exactly_when_its_quotes_are_closed(line: str) -> None:
    """A reader that goes on to the next line within quotes would join the two."""
    rows = list(csv.reader([line + "\n", "next,line\n"], strict=False))
    swallowed = len(rows) < 2 or rows[-1] != ["next", "line"]
    block = sift(line.encode() + b"\n", 2)
    if line:
        assert [bad.rules for bad in block.bad_lines] == ([("quotes",)] if swallowed else [])


@given(
    st.lists(
        st.sampled_from([b"1,2", b"", b'1,"x', b"a\0b", b"caf\xe9,1", "café,1".encode(), b'"a,b",""""', b'5" pipe,1'])
    )
)
def test_every_line_is_kept_set_aside_or_blank_under_its_own_number(lines: list[bytes]) -> None:
    block = sift(b"".join(line + b"\n" for line in lines), 2)
    kept = dict(zip(block.numbers.tolist(), block.text.split(b"\n")[:-1], strict=True))
    bad = {line.line: line.rules[0] for line in block.bad_lines}
    rules = {b'1,"x': "quotes", b"a\0b": "characters", b"caf\xe9,1": "encoding"}
    for number, line in enumerate(lines, 2):
        if not line:
            assert number not in kept | bad
        elif line in rules:
            assert bad[number] == rules[line]
        else:
            assert kept[number] == line
    assert not kept.keys() & bad.keys()


def test_quotes_cannot_make_the_check_slow() -> None:
    line = b'"' + b'""",' * 50_000 + b"\n"
    assert re.fullmatch("quotes|", "".join({bad.rules[0] for bad in sift(line, 2).bad_lines}))
