"""Same options, same bytes, on whatever machine; other options change what they speak of and nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from bureau.simulator import Options, SimulationError, Summary, simulate

OPTIONS = Options(900, 5, seed=17, fault_rate=0.03)


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("same") / "world"
    simulate(OPTIONS, folder)
    return _digests(folder)


def test_same_options_give_the_same_bytes_on_one_core(made: dict[str, str], tmp_path: Path) -> None:
    cores = pa.cpu_count()
    pa.set_cpu_count(1)
    try:
        simulate(OPTIONS, tmp_path / "world")
    finally:
        pa.set_cpu_count(cores)
    assert _digests(tmp_path / "world") == made


@pytest.mark.parametrize("other", [replace(OPTIONS, seed=18), replace(OPTIONS, start=date(2020, 2, 1))])
def test_another_seed_or_start_is_another_world(made: dict[str, str], tmp_path: Path, other: Options) -> None:
    simulate(other, tmp_path / "world")
    digests = _digests(tmp_path / "world")
    same = {name for name in set(made) & set(digests) if made[name] == digests[name]}
    assert not same


def test_faults_change_what_is_sent_and_not_how_people_live(made: dict[str, str], tmp_path: Path) -> None:
    simulate(replace(OPTIONS, fault_rate=0.1), tmp_path / "world")
    digests = _digests(tmp_path / "world")
    for name in ("people", "accounts", "default_probability", "macro"):
        assert digests[f"answers/{name}.parquet"] == made[f"answers/{name}.parquet"]
    for name in ("faults", "events"):
        assert digests[f"answers/{name}.parquet"] != made[f"answers/{name}.parquet"]


def test_cycle_changes_the_outcomes_and_not_the_people(made: dict[str, str], tmp_path: Path) -> None:
    simulate(replace(OPTIONS, cycle=0), tmp_path / "world")
    digests = _digests(tmp_path / "world")
    assert digests["answers/people.parquet"] == made["answers/people.parquet"]
    assert digests["answers/default_probability.parquet"] != made["answers/default_probability.parquet"]
    strain = pq.read_table(tmp_path / "world" / "answers" / "macro.parquet")["strain"]
    assert pc.all(pc.equal(strain, 0.0)).as_py()


def test_summary_counts_what_was_written(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    summary = simulate(OPTIONS, tmp_path / "world", lambda what, share: told.append((what, share)))
    files = [path for path in (tmp_path / "world" / "deliveries").rglob("*") if path.is_file()]
    assert isinstance(summary, Summary)
    assert summary.deliveries == len(files) - 1
    assert summary.bytes == sum(path.stat().st_size for path in files if path.name != "manifest.json")
    assert summary.faults == pq.read_table(tmp_path / "world" / "answers" / "faults.parquet").num_rows
    assert [what for what, _ in told][1:] == [f"2019-{month:02d}" for month in range(1, 6)]
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] < 1


def test_an_empty_folder_is_filled_and_another_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    simulate(Options(20, 1), tmp_path / "empty")
    with pytest.raises(SimulationError, match="is not empty; name a folder that does not exist"):
        simulate(Options(20, 1), tmp_path / "empty")
    (tmp_path / "file").write_text("")
    with pytest.raises(SimulationError, match="is not empty"):
        simulate(Options(20, 1), tmp_path / "file")


def test_a_run_that_is_cut_short_leaves_no_manifest(tmp_path: Path) -> None:
    def stop(what: str, _: float) -> None:
        if what == "2019-03":
            raise KeyboardInterrupt("stopped")

    with pytest.raises(KeyboardInterrupt, match="stopped"):
        simulate(OPTIONS, tmp_path / "world", stop)
    assert (tmp_path / "world" / "deliveries" / "2019-02").exists()
    assert not (tmp_path / "world" / "deliveries" / "manifest.json").exists()
