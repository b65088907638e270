"""Gates, the comparison with the champion, what follows from them, and the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from made_models import made_bundle, made_counted

from scoring.bundle import Bundle
from scoring.calibration import probability
from training.errors import RecordDamaged
from training.gates import (
    Comparison,
    Gate,
    Held,
    Limits,
    calibration_gate,
    compare,
    discrimination_gate,
    fairness_gate,
    parity_gate,
    reasons_gate,
    stability_gate,
)
from training.ledger import EXIT_CODES, Ledger, LedgerLine, Outcome
from training.population import Population
from training.retrain import decide, unseen_people
from training.samples import Samples
from training.validation_record import Found

Values = npt.NDArray[np.float64]
LIMITS = Limits(draws=200)


def held(size: int, seed: int, *, noise: float = 0.0, slope: float = 1.0) -> Held:
    """People whose outcome follows their log-odds; what is held may be noisy or too steep."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-1.0, 1.2, size)
    is_bad = rng.random(size) < probability(log_odds)
    return Held(slope * (log_odds + noise * rng.normal(size=size)), is_bad)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return made_bundle(made_counted(), "taiwan-1", 1)


# -- gates ----------------------------------------------------------------------------------------


def test_a_true_model_passes() -> None:
    development, unseen = held(8000, 1), held(4000, 2)
    assert discrimination_gate(development, unseen, LIMITS, seed=1).passed
    assert calibration_gate(unseen, LIMITS).passed
    assert stability_gate(development, unseen, LIMITS).passed


def test_a_model_that_tells_less_of_unseen_people_fails() -> None:
    gate = discrimination_gate(held(8000, 1), held(4000, 2, noise=3.0), LIMITS, seed=1)
    assert gate.passed is False
    assert "4,000 unseen people" in gate.text


def test_chance_alone_stops_nothing() -> None:
    """Sixty people may show any AUC near the true one, and any calibration error."""
    passed = [
        discrimination_gate(held(8000, 1), held(60, seed), LIMITS, seed=1).passed
        and calibration_gate(held(60, seed), LIMITS).passed
        for seed in range(20)
    ]
    assert sum(passed) >= 18


def test_wrong_probabilities_fail() -> None:
    assert calibration_gate(held(4000, 2, slope=3.0), LIMITS).passed is False


def test_shifted_scores_fail() -> None:
    development, unseen = held(8000, 1), held(4000, 2)
    assert stability_gate(development, replace(unseen, log_odds=unseen.log_odds + 1.0), LIMITS).passed is False


def test_fairness_follows_the_findings() -> None:
    passed, failed, unknown = (Found(f"fairness.air_{kind}", kind, str(kind)) for kind in (True, False, None))
    other = Found("discrimination.auc", False, "low")
    assert fairness_gate([other]).passed is None
    assert fairness_gate([unknown]).passed is None
    assert fairness_gate([passed, unknown, other]).passed is True
    assert fairness_gate([passed, failed]).passed is False


def test_every_feature_has_a_reason(bundle: Bundle) -> None:
    assert reasons_gate(bundle).passed


def test_reasons_must_be_true(bundle: Bundle) -> None:
    passed, failed = Found("explanations.exact", True, "exact"), Found("explanations.faithful", False, "they flip none")
    unstable = Found("explanations.reasons_kept", False, "half of them stay")
    assert reasons_gate(bundle, [passed, unstable]).passed
    gate = reasons_gate(bundle, [passed, failed])
    assert (gate.passed, gate.text) == (False, "they flip none")


def test_parity_is_of_every_value(bundle: Bundle) -> None:
    names = bundle.features.counted
    offline = [np.arange(len(names), dtype=float), np.full(len(names), np.nan)]
    online = [dict(zip(names, row.tolist(), strict=True)) for row in offline]
    assert parity_gate(offline, online, bundle).passed is True
    online[1] |= {names[3]: 0.0}
    gate = parity_gate(offline, online, bundle)
    assert (gate.passed, gate.text) == (False, f"online and offline differ in {names[3]}")
    assert parity_gate([], [], bundle).passed is None


# -- comparison -----------------------------------------------------------------------------------


def test_a_better_model_is_better_with_confidence() -> None:
    good, noisy = held(4000, 3), held(4000, 3, noise=1.0)
    compared = compare(good.log_odds, noisy.log_odds, good.is_bad, sample="test", limits=LIMITS, seed=1)
    assert compared.is_better
    assert compared.low < compared.difference < compared.high
    assert compared.difference == pytest.approx(compared.challenger_auc - compared.champion_auc)
    turned = compare(noisy.log_odds, good.log_odds, good.is_bad, sample="test", limits=LIMITS, seed=1)
    assert not turned.is_better
    assert turned.difference == pytest.approx(-compared.difference)


def test_the_same_model_is_not_better() -> None:
    one = held(500, 3)
    compared = compare(one.log_odds, one.log_odds, one.is_bad, sample="test", limits=LIMITS, seed=1)
    assert (compared.difference, compared.low, compared.high, compared.is_better) == (0.0, 0.0, 0.0, False)


def test_rarely_better_by_chance() -> None:
    """Two models with noise of the same size: a 95 % interval lies above zero in one of forty cases."""
    better = 0
    for seed in range(40):
        truth = held(600, seed)
        noises = np.random.default_rng(1000 + seed).normal(size=(2, 600))
        one, other = (truth.log_odds + noise for noise in noises)
        better += compare(one, other, truth.is_bad, sample="test", limits=LIMITS, seed=seed).is_better
    assert better <= 4


def _people(bads: int, size: int = 60) -> Population:
    return Population(
        np.arange(size), np.full(size, np.datetime64("2024-01-31", "us")), np.zeros((size, 1)), ("one",),
        np.arange(size) % max(1, size // bads) == 0,
    )  # fmt: skip


def test_unseen_people_are_out_of_time_if_there_are_enough() -> None:
    people, none = _people(30), np.empty(0, dtype=np.int64)
    development, test, late = np.arange(20), np.arange(20, 40), np.arange(40, 60)
    assert unseen_people(people, Samples(development, test, late)).text == "out of time"
    assert unseen_people(people, Samples(development, test, late[:5])).rows.tolist() == test.tolist()
    chosen = unseen_people(people, Samples(development, test, none))
    assert (chosen.rows.tolist(), chosen.text) == (test.tolist(), "test sample")


def test_the_champions_own_people_are_left_out() -> None:
    people, none = _people(30), np.empty(0, dtype=np.int64)
    samples = Samples(np.arange(20), np.arange(20, 60), none)
    fresh = unseen_people(people, samples, np.arange(20, 30))
    assert (fresh.rows.tolist(), fresh.text) == (list(range(30, 60)), "test sample, seen by neither model")
    known = unseen_people(people, samples, np.arange(20, 59))
    assert (len(known.rows), known.text) == (40, "test sample, some of them seen by the champion")


# -- what follows ---------------------------------------------------------------------------------

PASSED, OPEN, FAILED = Gate("stability", True, "fine"), Gate("fairness", None, "open"), Gate("parity", False, "differ")
BETTER = Comparison(0.8, 0.7, 0.1, 0.05, 0.15, 100, "test")
SAME = Comparison(0.8, 0.8, 0.0, -0.01, 0.01, 100, "test")


@pytest.mark.parametrize(
    ("gates", "comparison", "outcome", "why"),
    [
        ([PASSED, OPEN], None, "promoted", "there is no champion"),
        ([PASSED, OPEN], BETTER, "promoted", "is better: AUC 0.8000 against"),
        ([PASSED], SAME, "not better", "not better with confidence"),
        ([PASSED, FAILED], BETTER, "failed", "parity: differ"),
        ([PASSED, FAILED], None, "failed", "parity: differ"),
        ([], replace(SAME, least_gain=-0.02), "promoted", "is better"),
    ],
)
def test_decision(gates: list[Gate], comparison: Comparison | None, outcome: Outcome, why: str) -> None:
    decision = decide(gates, comparison)
    assert decision.outcome == outcome
    assert why in decision.why


# -- the ledger -----------------------------------------------------------------------------------


def line(day: str, outcome: Outcome = "promoted", portfolio: str = "taiwan") -> LedgerLine:
    return LedgerLine(portfolio, day, outcome, "why", gates=({"name": "parity", "passed": True, "text": ""},))


def test_ledger_there_and_back(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "runs" / "ledger.jsonl")
    assert ledger.lines() == ()
    kept = [line("2026-01-31"), line("2026-02-28", "not better"), line("2026-01-31", "failed", "bureau")]
    for each in kept:
        ledger.append(each)
    assert list(ledger.lines()) == kept
    assert ledger.find("taiwan", date(2026, 2, 28)) == kept[1]
    assert ledger.find("bureau", date(2026, 2, 28)) is None
    ledger.append(line("2026-02-28", "failed"))
    found = ledger.find("taiwan", date(2026, 2, 28))
    assert found is not None
    assert found.outcome == "failed"


def test_exit_codes() -> None:
    assert EXIT_CODES == {"promoted": 0, "failed": 1, "not better": 3}
    assert line("2026-01-31", "not better").plain()["exit_code"] == 3


def test_half_a_line_of_a_killed_process_is_none(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append(line("2026-01-31"))
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole + whole[: len(whole) // 2])
    assert ledger.lines() == (line("2026-01-31"),)
    ledger.append(line("2026-02-28"))
    assert [each.date for each in ledger.lines()] == ["2026-01-31", "2026-02-28"]


@pytest.mark.parametrize("damage", [lambda text: b"{}\n" + text, lambda text: text.replace(b'"why"', b'"who"')])
def test_a_damaged_ledger_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append(line("2026-01-31"))
    ledger.path.write_bytes(damage(ledger.path.read_bytes()))
    with pytest.raises(RecordDamaged, match="line 1 cannot be read; restore it from a backup"):
        ledger.lines()
