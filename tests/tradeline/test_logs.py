"""Logs are JSON lines, and hold no record of a person."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from tradeline.logs import JsonLines, log_to


def test_a_line_has_the_extras_and_of_an_error_the_class_alone() -> None:
    try:
        raise ValueError("quotes Jane Doe")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("bureau.ingest", logging.ERROR, "", 0, "refused", None, info)
    record.file = "a.csv"
    line = json.loads(JsonLines().format(record))
    assert line["file"] == "a.csv"
    assert line["error"] == "ValueError"
    assert "Jane" not in json.dumps(line)
    assert line["level"] == "error"


def test_a_command_logs_its_deliveries_without_references(command: Any, run_home: Any, tmp_path: Path) -> None:
    command("score", "home-credit", "--data", run_home.data, "--out", tmp_path / "s.parquet", "--home", run_home.root)
    text = (run_home.root / "tradeline.log").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert any(line["message"] == "delivery taken in" and line["read"] > 0 for line in lines)
    assert "100001" not in text


def test_the_last_file_named_is_the_one_written(tmp_path: Path) -> None:
    for name in ("one.log", "two.log"):
        log_to(tmp_path / name)
    logging.getLogger("bureau").info("hello")
    assert not (tmp_path / "one.log").exists()
    assert "hello" in (tmp_path / "two.log").read_text()
