"""Bad input of a command: one clear line, exit code 1 (2 for wrong usage), nothing loaded."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import Any

import pytest
from made_up import table_path

from bureau.errors import WrongKey
from bureau.home import open_home, working_in
from bureau.keys import create_key_file
from features.sets import feature_set
from serving.online import open_online


def refused(command: Any, home: Path, data: Path, *more: object) -> str:
    """The one line with which `tradeline run home-credit` refuses."""
    done = command("run", "home-credit", "--data", data, "--home", home, "--trials", 1, "--json", *more)
    assert done.code == 1
    assert done.out == ""
    lines = done.err.strip().splitlines()
    assert len(lines) == 1, done.err
    assert lines[0].startswith("error: ")
    return str(lines[0])


def test_a_missing_folder(command: Any, tmp_path: Path) -> None:
    line = refused(command, tmp_path / "home", tmp_path / "nowhere")
    assert "nowhere" in line
    assert "no such folder" in line


def test_a_folder_without_applications(command: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "application_train" in refused(command, tmp_path / "home", tmp_path / "empty")


def test_a_missing_column(command: Any, tmp_path: Path, folder: Path, table_lines: Any) -> None:
    path = table_path(folder, "application_train")
    lines = table_lines(path)
    _write(path, [lines[0].replace("AMT_CREDIT", "AMT_CREDITS"), *lines[1:]])
    line = refused(command, tmp_path / "home", folder)
    assert path.name in line
    assert "AMT_CREDIT:" in line or "column AMT_CREDIT" in line


def test_an_empty_file(command: Any, tmp_path: Path, folder: Path) -> None:
    table_path(folder, "bureau").write_bytes(b"")
    line = refused(command, tmp_path / "home", folder)
    assert table_path(folder, "bureau").name in line
    assert "empty" in line


def test_a_truncated_archive(command: Any, tmp_path: Path, folder: Path, table_lines: Any) -> None:
    path = table_path(folder, "application_train")
    packed = gzip.compress("\n".join(table_lines(path)).encode())
    path.unlink()
    (folder / "application_train.csv.gz").write_bytes(packed[: len(packed) // 2])
    assert "truncated" in refused(command, tmp_path / "home", folder)


def test_too_many_bad_records(command: Any, tmp_path: Path, folder: Path, table_lines: Any) -> None:
    path = table_path(folder, "application_train")
    lines = table_lines(path)
    place = lines[0].split(",").index("AMT_INCOME_TOTAL")
    spoiled = []
    for number, line in enumerate(lines[1:]):
        fields = line.split(",")
        if number % 10 == 0:
            fields[place] = "plenty"
        spoiled.append(",".join(fields))
    _write(path, [lines[0], *spoiled])
    line = refused(command, tmp_path / "home", folder)
    assert "AMT_INCOME_TOTAL" in line
    assert "over 5" in line
    assert "plenty" not in line


def test_a_prohibited_feature_is_named(command: Any, tmp_path: Path, folder: Path) -> None:
    line = refused(command, tmp_path / "home", folder, "--feature", "income", "--feature", "applicant_sex")
    assert "applicant_sex" in line
    assert "prohibited" in line


def test_an_unknown_feature_is_named(command: Any, tmp_path: Path, folder: Path) -> None:
    assert "no_such_feature" in refused(command, tmp_path / "home", folder, "--feature", "no_such_feature")


def test_scoring_without_a_champion(command: Any, tmp_path: Path, folder: Path) -> None:
    home = tmp_path / "home"
    done = command("score", "home-credit", "--data", folder, "--out", tmp_path / "o.parquet", "--home", home)
    assert done.code == 1
    assert "no home" in done.err


def test_a_foreign_folder_is_no_home(command: Any, tmp_path: Path, folder: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    line = refused(command, tmp_path / "mine", folder)
    assert "not empty and no home" in line


@pytest.mark.parametrize(
    "arguments",
    [("run",), ("run", "nowhere"), ("run", "home-credit"), ("score", "taiwan"), ("run", "taiwan", "--trials", "0")],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(command: Any, arguments: tuple[str, ...]) -> None:
    assert command(*arguments).code == 2


def _write(path: Path, lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)


def test_a_refused_file_leaves_nothing_of_the_whole_load(command: Any, tmp_path: Path, folder: Path) -> None:
    table_path(folder, "previous_application").write_bytes(b"")
    refused(command, tmp_path / "home", folder)
    assert command("deliveries", "--home", tmp_path / "home", "--json").json == []


def test_one_command_at_a_time_works_in_a_home(command: Any, tmp_path: Path, folder: Path) -> None:
    home = open_home(tmp_path / "home", create=True)
    with working_in(home):
        assert "another command is at work" in refused(command, home.root, folder)


def test_an_output_that_cannot_be_written(command: Any, run_home: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "scores.parquet"
    done = command("score", "home-credit", "--data", run_home.data, "--out", out, "--home", run_home.root)
    assert done.code == 1
    assert len(done.err.strip().splitlines()) == 1
    assert str(tmp_path / "file") in done.err


def test_a_setting_that_is_no_number(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADELINE_PORT", "abc-secret")
    done = command("deliveries")
    assert done.code == 2
    assert "TRADELINE_PORT" in done.err
    assert "secret" not in done.err


def test_serving_with_another_key(command: Any, run_home: Any, tmp_path: Path) -> None:
    home = Path(shutil.copytree(run_home.root, tmp_path / "home", symlinks=True))
    (home / "keys" / "master.key").unlink()
    create_key_file(home / "keys" / "master.key")
    with pytest.raises(WrongKey, match="the master key does not open the vault"):
        open_online(open_home(home), feature_set("home-credit"))
