"""Retraining for dates: promoted, not better, failed; once a date; whole after a kill."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from bureau.home import Home, open_home
from features.sets import feature_set
from scoring.champion import named_champion
from tradeline.console import Stages
from tradeline.populations import Gathered
from tradeline.retraining import Retraining, retrain
from training.errors import UnfitPopulation
from training.gates import Limits
from training.ledger import Ledger, LedgerLine
from training.population import Population
from training.promotion import promotions
from training.registry import Registry
from training.train import Options
from training.validation_record import FOLDER

AT = datetime.fromisoformat("2026-04-01")
PLENTY = 900

pytestmark = pytest.mark.slow


def gathered(noise: float, seed: int = 1) -> Gathered:
    """Card holders whose outcome follows from four features, less so with more noise."""
    features = feature_set("taiwan")
    names = tuple(name for name in features.names if name in features.counted)[:4]
    rng = np.random.default_rng(seed)
    values = rng.normal(1.0, 1.0, (PLENTY, len(names)))
    signs = [features.catalogue[name].direction or 1 for name in names]
    is_bad = rng.random(PLENTY) < 1 / (1 + np.exp(1.0 - 1.5 * ((values - 1.0) * signs).sum(axis=1)))
    seen = values + noise * rng.normal(size=values.shape)
    observed_at = np.full(PLENTY, np.datetime64("2005-09-30", "us"))
    people = Population(np.arange(PLENTY), observed_at, seen, names, is_bad)

    def values_of(asked: Any) -> npt.NDArray[np.float64]:
        return people.frame()[list(asked)].to_numpy()

    example = pd.DataFrame(np.zeros((2, len(features.counted))), columns=list(features.counted))
    return Gathered(features, people, "late", values_of, example)


def asked(day: str, **limits: float) -> Retraining:
    how = Options(trials=1, seed=5, processes=1)
    return Retraining("taiwan", date.fromisoformat(day), AT, how, Limits(draws=200, **limits), "500MB")


def again(home: Home, day: str, found: Gathered | None, **limits: float) -> LedgerLine:
    """Retrain; without a population none may be asked for."""

    def gather() -> Gathered:
        assert found is not None, "a second call asks for no population"
        return found

    return retrain(home, asked(day, **limits), gather, stages=Stages(quiet=True))


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, LedgerLine, LedgerLine]:
    """A home retrained twice: a first champion of noisy features, and a better one."""
    home = open_home(tmp_path_factory.mktemp("retraining") / "home", create=True)
    return home, again(home, "2026-01-31", gathered(3.0)), again(home, "2026-02-28", gathered(0.0))


@pytest.fixture
def home(past: tuple[Home, LedgerLine, LedgerLine], tmp_path: Path) -> Home:
    return open_home(Path(shutil.copytree(past[0].root, tmp_path / "home", symlinks=True)))


def ledger(home: Home) -> Ledger:
    return Ledger(home.runs / "ledger.jsonl")


def test_the_first_model_that_passes_is_promoted(past: tuple[Home, LedgerLine, LedgerLine]) -> None:
    _, first, _ = past
    assert (first.outcome, first.exit_code, first.version, first.champion) == ("promoted", 0, "taiwan-1", None)
    assert [gate["name"] for gate in first.gates] == [
        "discrimination", "calibration", "stability", "fairness", "reasons", "parity",
    ]  # fmt: skip
    assert first.reviewed_by_person is False


def test_a_better_one_replaces_it(past: tuple[Home, LedgerLine, LedgerLine]) -> None:
    home, _, second = past
    assert (second.outcome, second.exit_code, second.champion) == ("promoted", 0, "taiwan-1")
    assert second.comparison["low"] > 0
    assert second.comparison["sample"].startswith("test sample, seen by neither model")
    assert named_champion(home.bundles, "taiwan") == Registry(home.mlflow).champion("taiwan") == "taiwan-2"
    entries = promotions(home)
    assert [each.occasion for each in entries] == ["retrain taiwan 2026-01-31", "retrain taiwan 2026-02-28"]
    assert all(each.by == "gates" and "No person has reviewed" in each.why for each in entries)


def test_a_second_call_tells_what_came_of_the_first(home: Home, past: tuple[Home, LedgerLine, LedgerLine]) -> None:
    before = ledger(home).path.read_bytes()
    assert again(home, "2026-01-31", None) == past[1]
    assert again(home, "2026-02-28", None) == past[2]
    assert ledger(home).path.read_bytes() == before
    assert len(promotions(home)) == 2


def test_the_same_again_is_not_better(home: Home) -> None:
    line = again(home, "2026-03-31", gathered(0.0))
    assert (line.outcome, line.exit_code, line.version, line.champion) == ("not better", 3, "taiwan-3", "taiwan-2")
    assert line.comparison["difference"] == 0.0
    assert named_champion(home.bundles, "taiwan") == "taiwan-2"
    assert again(home, "2026-03-31", None) == line
    assert (home.runs / "taiwan-3" / FOLDER / "validation.sig").is_file()
    texts = [(home.bundles / version / "model.txt").read_bytes() for version in ("taiwan-2", "taiwan-3")]
    assert texts[0] == texts[1]  # same data, seed and trials: the same bytes


def test_a_population_that_is_not_there_fails(home: Home) -> None:
    def nobody() -> Gathered:
        raise UnfitPopulation("taiwan: nobody")

    line = retrain(home, asked("2026-03-31"), nobody, stages=Stages(quiet=True))
    assert (line.outcome, line.exit_code, line.version, line.why) == ("failed", 1, None, "taiwan: nobody")
    assert again(home, "2026-03-31", None) == line


# -- killed ---------------------------------------------------------------------------------------


def test_killed_after_the_promotion_and_before_its_line(home: Home) -> None:
    first = ledger(home).path.read_bytes().splitlines()[0]
    ledger(home).path.write_bytes(first + b"\n")
    line = again(home, "2026-02-28", None)
    assert (line.outcome, line.exit_code, line.version, line.champion) == ("promoted", 0, "taiwan-2", "taiwan-1")
    assert "cut short" in line.why


def test_killed_before_the_model_was_registered_and_then_stopped_by_a_gate(home: Home) -> None:
    """What it left, of a version that was never registered, is in nobody's way."""
    for folder in (home.runs / "taiwan-3", home.bundles / "taiwan-3", home.bundles / ".taiwan-3-1.unfinished"):
        folder.mkdir()
        (folder / "left.txt").write_text("left")
    (home.runs / "taiwan-3" / "begun.json").write_text("{")
    line = again(home, "2026-03-31", gathered(0.0), least_auc=0.999)
    assert not (home.runs / "taiwan-3" / "left.txt").exists()
    assert not (home.runs / "taiwan-3" / "begun.json").exists()
    assert (line.outcome, line.exit_code) == ("failed", 1)
    assert line.why.startswith("discrimination: AUC")
    assert named_champion(home.bundles, "taiwan") == "taiwan-2"
    assert again(home, "2026-03-31", None) == line


# -- the command ----------------------------------------------------------------------------------


def test_the_command_ends_with_the_code_of_the_line(home: Home, command: Any, tmp_path: Path) -> None:
    for outcome, code in (("promoted", 0), ("failed", 1), ("not better", 3)):
        line = LedgerLine("taiwan", "2026-01-31", outcome, "as it went", "taiwan-1")  # type: ignore[arg-type]
        ledger(home).append(replace(line))
        cards = tmp_path / "cards.csv"
        cards.write_text("ID\n")
        told = command("retrain", "taiwan", "--data", cards, "--date", "2026-01-31", "--home", home.root, "--json")
        assert told.code == code, told.err
        assert told.json["outcome"] == outcome
        assert told.json == json.loads(ledger(home).path.read_bytes().splitlines()[-1])


def test_a_date_to_come_and_one_too_early(home: Home, command: Any) -> None:
    later = command("retrain", "taiwan", "--date", "2150-01-31", "--home", home.root)
    assert later.code == 2
    assert "still to come" in later.err
    early = command("retrain", "taiwan", "--date", "2001-01-31", "--home", home.root, "--json")
    assert early.code == 1
    assert "its outcomes are not known by 2001-01-31" in early.json["why"]
