"""The main job end to end over a made-up portfolio, as people run it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from made_up import hide_outcomes, table_path, write_home_credit

from bureau.home import open_home
from bureau.signers import trusted_signers
from scoring.bundle import load_bundle
from scoring.champion import champion_folder
from training.promotion import promotions


def test_a_run_leaves_summary_report_bundle_and_champion(run_home: Any) -> None:
    latest = run_home.root / "runs" / "latest"
    summary = json.loads((latest / "summary.json").read_text())
    assert latest.is_symlink()
    assert (latest / "report.html").stat().st_size > 10_000
    assert {"auc", "gini", "ks", "expected_calibration_error", "n_train", "features_used", "model_version"} <= set(
        summary
    )
    assert {"test_auc", "n_test", "gates", "outcome", "promoted", "data_fingerprint"} <= set(summary)
    assert summary["gini"] == pytest.approx(2 * summary["auc"] - 1, abs=2e-6)
    assert summary["n_train"] + summary["n_test"] == 300
    trusted = trusted_signers(run_home.root / "keys" / "signers")
    bundle = load_bundle(champion_folder(run_home.root / "bundles", "home-credit"), trusted)
    assert bundle.model_version == summary["model_version"]
    assert list(bundle.model.features) == summary["features_used"]


def test_the_registered_model_has_the_alias_champion(run_home: Any) -> None:
    from mlflow.tracking import MlflowClient

    from training.registry import Registry

    uri = Registry(run_home.root / "mlflow").uri
    version = MlflowClient(uri, uri).get_model_version_by_alias("home-credit", "champion")
    assert f"home-credit-{version.version}" == run_home.summary["model_version"]
    assert version.run_id == run_home.summary["mlflow_run_id"]


def test_no_prohibited_feature_is_used(run_home: Any) -> None:
    from features.definitions.all import CATALOGUE

    CATALOGUE.require_permitted(run_home.summary["features_used"])
    read = frozenset().union(*(CATALOGUE.reads(name) for name in run_home.summary["features_used"]))
    assert not any(field.startswith("protected_attribute.") for field in read)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Applicants that the home does not know, without outcomes."""
    return hide_outcomes(write_home_credit(tmp_path_factory.mktemp("others"), 80, seed=8, shift=500_000))


@pytest.mark.parametrize(
    "kept",
    [
        ("application_test",),
        ("application_test", "bureau", "credit_card_balance"),
        ("application_test", "bureau_balance"),
        ("application_test", "previous_application", "POS_CASH_balance"),
    ],
    ids=" ".join,
)
def test_scoring_needs_the_applications_alone(
    run_home: Any, command: Any, others: Path, tmp_path: Path, kept: tuple[str, ...]
) -> None:
    for name in kept:
        shutil.copy(table_path(others, name), tmp_path)
    home = shutil.copytree(run_home.root, tmp_path / "home", symlinks=True)
    out = tmp_path / "scores.parquet"
    done = command("score", "home-credit", "--data", tmp_path, "--out", out, "--home", home, "--json")
    assert done.code == 0, done.err
    _check_scores(pd.read_parquet(out), table_path(tmp_path, "application_test"))
    _check_missing_views(home, {"application", *(_VIEW_OF[name] for name in kept[1:])})


_VIEW_OF = {
    "bureau": "tradelines",
    "bureau_balance": "tradeline_months",
    "credit_card_balance": "card_months",
    "POS_CASH_balance": "instalment_months",
    "previous_application": "inquiries",
}


def _check_missing_views(home: Path, delivered: set[str]) -> None:
    """All features of a view that was not delivered are missing, counts too; those of a delivered one are not."""
    from features.definitions.all import CATALOGUE

    for view in ("application", *_VIEW_OF.values()):
        newest = max(
            (home / "features" / CATALOGUE.table_folder(view)).glob("*.parquet"), key=lambda p: p.stat().st_mtime
        )
        table = pd.read_parquet(newest).drop(columns=["consumer_id", "event_timestamp", "created_timestamp"])
        assert len(table) == 80
        assert table.isna().all().all() == (view not in delivered), view


def test_scoring_takes_application_train_in_place_of_test(run_home: Any, command: Any, tmp_path: Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    shutil.copy(table_path(run_home.data, "application_train"), few)
    out = tmp_path / "scores.parquet"
    assert command("score", "home-credit", "--data", few, "--out", out, "--home", run_home.root).code == 0
    _check_scores(pd.read_parquet(out), table_path(few, "application_train"))


def _check_scores(scores: pd.DataFrame, applications: Path) -> None:
    asked = pd.read_csv(applications)
    assert list(scores.columns) == [
        "consumer_ref",
        "default_probability",
        "credit_score",
        "decision",
        "reason_codes",
    ]
    assert sorted(scores["consumer_ref"]) == sorted(asked["SK_ID_CURR"])
    assert scores["default_probability"].between(0, 1).all()
    assert scores["credit_score"].between(300, 850).all()
    ordered = scores.sort_values("default_probability")
    assert ordered["credit_score"].is_monotonic_decreasing
    told = scores["reason_codes"].map(len)
    assert (told[scores["decision"] == "approve"] == 0).all()
    assert (told[scores["decision"] != "approve"].between(1, 4)).all()


def test_scores_twice_are_the_same(run_home: Any, command: Any, tmp_path: Path) -> None:
    outs = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    for out in outs:
        assert command("score", "home-credit", "--data", run_home.data, "--out", out, "--home", run_home.root).code == 0
    pd.testing.assert_frame_equal(*(pd.read_parquet(out) for out in outs))


def test_deliveries_add_up_and_the_quarantine_tells_its_rules(run_home: Any, command: Any) -> None:
    listed = command("deliveries", "--home", run_home.root, "--json").json
    assert all(item["read"] == item["accepted"] + item["quarantined"] + item["duplicate"] for item in listed)
    assert {"furnisher", "file"} <= set(listed[0])
    set_aside = command("quarantine", "--home", run_home.root, "--json").json
    assert sum(item["quarantined"] for item in listed) == len(set_aside)
    assert all(item["rules"] and "record" not in item for item in set_aside)


def test_no_person_has_reviewed_the_first_champion_and_the_log_says_so(run_home: Any) -> None:
    (entry,) = promotions(open_home(run_home.root))
    assert (entry.before, entry.after, entry.by) == (None, run_home.summary["model_version"], "gates")
    assert "No person has reviewed the validation" in entry.why
    assert entry.validation["by_person"] is False
    assert run_home.summary["reviewed_by_person"] is False
    report = (run_home.root / "runs" / "latest" / "report.html").read_text()
    assert "No person has reviewed this validation" in report


def test_a_later_run_becomes_the_champion_only_if_it_is_better(command: Any, tmp_path: Path, run_home: Any) -> None:
    home = shutil.copytree(run_home.root, tmp_path / "home", symlinks=True)
    done = command(
        "run", "home-credit", "--data", run_home.data, "--home", home, "--trials", 1, "--json", "--feature", "income",
        "--feature", "external_score_2",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert done.json["model_version"] == "home-credit-2"
    assert done.json["features_used"] == ["income", "external_score_2"]
    assert done.json["comparison"]["is_better"] is done.json["promoted"] is False
    assert done.json["champion_before"] == "home-credit-1"
    assert champion_folder(home / "bundles", "home-credit").name == "home-credit-1"
    assert (home / "runs" / "latest").resolve().name == "home-credit-2"
