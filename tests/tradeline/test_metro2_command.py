"""`tradeline metro2 inspect`: JSON for machines, tables for people, nobody's data in either."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from metro2_files import as_bytes, base, build_file
from typer.testing import CliRunner

from bureau.errors import BureauError, NotMetro2
from bureau.metro2.records import Segment
from tradeline.metro2_command import app


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A file with one line that is no record, and one record that breaks two rules."""
    segments = [base(surname="CANARYNAME", amount_past_due="7", ecoa="4"), Segment.make("K1", original_creditor="ROE")]
    lines = [record.raw for record in build_file([[base()], segments])]
    path = tmp_path / "harbour.m2"
    path.write_bytes(b"".join([*lines[:2], b"UNPARSEABLE CANARYNAME\n", *lines[2:]]))
    return path


def test_json_has_counts_rejects_and_findings(damaged: Path) -> None:
    result = CliRunner().invoke(app, ["inspect", str(damaged), "--json"])
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["records"] == 4
    assert told["segments"] == {"HEADER": 1, "BASE": 2, "K1": 1, "TRAILER": 1}
    assert told["rejects"] == [{"line": 3, "rules": ["descriptor"]}]
    assert {(each["line"], each["rule"], each["field"]) for each in told["findings"]} == {
        (4, "past-due-current", "amount_past_due"),
        (4, "ecoa-obsolete", "ecoa"),
    }
    assert "CANARY" not in result.output


def test_a_clean_packed_file_has_empty_lists(tmp_path: Path) -> None:
    path = tmp_path / "harbour.m2.gz"
    path.write_bytes(gzip.compress(as_bytes(build_file([[base()]]))))
    told = json.loads(CliRunner().invoke(app, ["inspect", str(path), "--json"]).stdout)
    assert (told["records"], told["rejects"], told["findings"]) == (3, [], [])
    assert "no findings" in CliRunner().invoke(app, ["inspect", str(path)]).stdout


def test_tables_are_for_people(damaged: Path) -> None:
    result = CliRunner().invoke(app, ["inspect", str(damaged)])
    assert result.exit_code == 0
    assert "harbour.m2: 5 lines, 4 records, 1 rejected" in result.stdout
    for word in ("TRAILER", "descriptor", "past-due-current", "ecoa-obsolete", "error"):
        assert word in result.stdout
    assert "CANARY" not in result.output


def test_many_rejects_are_not_all_listed(tmp_path: Path) -> None:
    path = tmp_path / "harbour.m2"
    path.write_bytes(as_bytes(build_file([[base()]])) + b"nothing\n" * 30)
    assert "... and 10 more" in CliRunner().invoke(app, ["inspect", str(path)]).stdout


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n\0\0\0", b"reference,balance\n17,200\n"])
def test_what_is_no_metro_2_file_is_an_error_of_ours(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "statement.m2"
    path.write_bytes(data)
    for options in ([], ["--json"]):
        result = CliRunner().invoke(app, ["inspect", str(path), *options])
        assert result.exit_code == 1
        assert isinstance(result.exception, NotMetro2 | BureauError)
        assert result.stdout == ""
