"""The summary of a file."""

from __future__ import annotations

import gzip
import io
import random
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
from metro2_files import as_bytes, base, build_file, mutated

from bureau.errors import BureauError, DeliveryRefused, NotMetro2
from bureau.metro2.inspect import inspect_file, inspect_records
from bureau.metro2.records import Record, Refused, Segment, read_records


def test_records_and_rejects_add_up_to_the_lines(cfpb: dict[str, bytes]) -> None:
    for name, data in cfpb.items():
        summary = inspect_records(io.BytesIO(data))
        assert summary.records + len(summary.rejects) == summary.lines == len(data.splitlines()), name
    summary = inspect_records(io.BytesIO(cfpb["cfpb_2k_lines_deidentified.txt.gz"]))
    assert summary.records == 1999
    assert summary.segments == {"HEADER": 1, "BASE": 1997, "J1": 395, "J2": 417, "TRAILER": 1}
    assert summary.rejects == [(2, ("descriptor",))]
    rules = Counter(each["rule"] for each in summary.findings)
    # By hand from the file: two current accounts with an amount past due, one amount with a minus sign.
    assert (rules["past-due-current"], rules["digits"], rules["record-length"]) == (2, 1, 1)
    assert {"line": 518, "rule": "digits", "severity": "error", "segment": "BASE", "field": "amount_past_due"} in [
        *summary.findings
    ]


def test_damaged_files_give_summaries_or_one_error(cfpb: dict[str, bytes]) -> None:
    chance = random.Random(5)  # noqa: S311
    lines = cfpb["cfpb_2k_lines_deidentified.txt.gz"].splitlines(keepends=True)
    for _ in range(150):
        begin = chance.randrange(len(lines) - 5)
        data = mutated(chance.choice([b"".join(lines[begin : begin + 5]), cfpb["cfpb_small.txt"]]), chance)
        read = list(read_records(io.BytesIO(data)))
        try:
            summary = inspect_records(io.BytesIO(data))
        except NotMetro2:
            assert not [each for each in read if isinstance(each, Record)]
        else:
            assert summary.rejects == [(each.line, each.rules) for each in read if isinstance(each, Refused)]
            assert summary.records == len(read) - len(summary.rejects)


def test_a_packed_file_is_unpacked(tmp_path: Path) -> None:
    data = as_bytes(build_file([[base()]]))
    plain, packed = tmp_path / "plain.m2", tmp_path / "packed.m2.gz"
    plain.write_bytes(data)
    packed.write_bytes(gzip.compress(data))
    assert inspect_file(plain).records == inspect_file(packed).records == 3
    packed.write_bytes(gzip.compress(data * 50)[:200])
    with pytest.raises(BureauError, match=r"packed\.m2\.gz: the archive is damaged or truncated"):
        inspect_file(packed)


@pytest.mark.parametrize("data", [b"", gzip.compress(b"", mtime=0), b"a,b\n1,2\n", bytes(range(256)), b"\n"])
def test_what_is_no_metro_2_file_is_one_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "statement.m2"
    path.write_bytes(data)
    with pytest.raises(NotMetro2, match=r"^statement\.m2 is no Metro 2 file: [^\n]+$"):
        inspect_file(path)
    with pytest.raises(DeliveryRefused, match=r"absent\.m2: the file cannot be read"):
        inspect_file(tmp_path / "absent.m2")


def test_findings_come_in_the_order_of_the_lines_and_show_nobody() -> None:
    records = [[base(surname="CANARYNAME", ssn="0", birth_date="", ecoa="4", account_number=f"A{n}")] for n in range(5)]
    summary = inspect_records(io.BytesIO(as_bytes(build_file(records)) + b"0426CANARYNAME\n"))
    lines = [each["line"] for each in summary.findings]
    assert lines == sorted(lines)
    assert summary.findings.by_rule() == {"identity-missing": (5, 2), "ecoa-obsolete": (5, 2)}
    assert len(summary.findings) == len(lines)
    assert "CANARY" not in repr([*summary.findings, summary.rejects])


class _Endless(io.RawIOBase):
    """A header, and then a record over and over, that many bytes in all."""

    def __init__(self, size: int) -> None:
        segments = [base(), Segment.make("J1", surname="ROE", ssn="987654321", ecoa="2")]
        head, record, _ = (each.raw for each in build_file([segments]))
        self._head, self._record = io.BytesIO(head), record * 1000
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        size = min(size, self._left, len(self._record))
        piece = self._head.read(size) or self._record[:size]
        self._left -= len(piece)
        return piece


def test_memory_does_not_grow_with_the_file() -> None:
    peaks = []
    for size in (30_000_000, 90_000_000):
        tracemalloc.start()
        assert inspect_records(_Endless(size)).records > size // 600
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2 < 200_000_000
