"""The main job end to end over a made-up portfolio, as people run it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from made_up import hide_outcomes, table_path, write_home_credit

from bureau.home import open_home
from bureau.signers import trusted_signers
from feature_repo.errors import FeatureRepoError
from feature_repo.repository import Repository, open_repository
from features.sets import feature_set
from scoring.bundle import Bundle, load_bundle
from scoring.champion import champion_folder, named_champion
from scoring.scorer import Scorer
from tradeline.console import Stage
from tradeline.score import score_spine, write_scores
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
    bundle = load_bundle(champion_folder(run_home.root / "bundles", "home-credit", trusted), trusted)
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
        "key_factor_codes",
    ]
    assert sorted(scores["consumer_ref"]) == sorted(asked["SK_ID_CURR"])
    assert scores["default_probability"].between(0, 1).all()
    assert scores["credit_score"].between(300, 850).all()
    ordered = scores.sort_values("default_probability")
    assert ordered["credit_score"].is_monotonic_decreasing
    told = scores["reason_codes"].map(len)
    assert (told[scores["decision"] == "approve"] == 0).all()
    assert (told[scores["decision"] != "approve"].between(1, 4)).all()
    assert scores["key_factor_codes"].map(len).between(1, 5).all()


@dataclass(frozen=True)
class ToScore:
    """A champion, and people to be scored with it."""

    repository: Repository
    bundle: Bundle
    spine: pd.DataFrame


@pytest.fixture(scope="module")
def to_score(run_home: Any) -> ToScore:
    home, features = open_home(run_home.root), feature_set("home-credit")
    trusted = trusted_signers(home.signers)
    bundle = load_bundle(champion_folder(home.bundles, "home-credit", trusted), trusted)
    table = min((home.features / features.catalogue.table_folder("application")).glob("*.parquet"))
    spine = pd.read_parquet(table, columns=["consumer_id", "event_timestamp"])
    spine.insert(1, "consumer_ref", spine["consumer_id"].astype(str))
    return ToScore(open_repository(home.feast, home.features), bundle, spine)


def test_codes_written_are_those_of_the_reasons_told(to_score: ToScore) -> None:
    (table,) = score_spine(to_score.repository, to_score.bundle, to_score.spine)
    frame = to_score.repository.training_frame(to_score.bundle.features, to_score.spine)
    counted = {name: frame[name].to_numpy(dtype=np.float64) for name in to_score.bundle.features.counted}
    told = Scorer(to_score.bundle).score(counted, explain="all")
    assert table.to_pylist() == [
        {
            "consumer_ref": int(ref),
            "default_probability": one.default_probability,
            "credit_score": one.credit_score,
            "decision": one.decision,
            "reason_codes": [reason.code for reason in one.reasons],
            "key_factor_codes": [factor.code for factor in one.explanation.key_factors] if one.explanation else None,
        }
        for ref, one in zip(to_score.spine["consumer_ref"], told, strict=True)
    ]


def test_nobodys_scores_depend_on_how_many_are_held_at_a_time(to_score: ToScore) -> None:
    rows = len(to_score.spine) // 2 - 1
    tables = list(score_spine(to_score.repository, to_score.bundle, to_score.spine, rows=rows))
    assert [table.num_rows for table in tables[:2]] == [rows, rows]
    (whole,) = score_spine(to_score.repository, to_score.bundle, to_score.spine)
    assert pa.concat_tables(tables).equals(whole)


def test_references_that_are_no_whole_numbers_stay_text(to_score: ToScore) -> None:
    spine = to_score.spine.head(3).assign(consumer_ref=["12", "012", "a-12"])
    (table,) = score_spine(to_score.repository, to_score.bundle, spine)
    assert table["consumer_ref"].to_pylist() == ["12", "012", "a-12"]


def test_of_nobody_there_is_a_file_without_rows(to_score: ToScore, tmp_path: Path) -> None:
    out = tmp_path / "scores.parquet"
    nobody = to_score.spine.head(0)
    assert write_scores(to_score.repository, to_score.bundle, nobody, out, Stage()).total() == 0
    assert pd.read_parquet(out).empty


def test_what_fails_leaves_the_earlier_file_and_nothing_else(to_score: ToScore, tmp_path: Path) -> None:
    out = tmp_path / "scores.parquet"
    out.write_bytes(b"earlier")
    timeless = to_score.spine.assign(event_timestamp=to_score.spine["event_timestamp"].dt.tz_localize(None))
    with pytest.raises(FeatureRepoError, match="moments with a time zone are wanted"):
        write_scores(to_score.repository, to_score.bundle, timeless, out, Stage())
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("scores.parquet", b"earlier")]


def test_a_folder_is_no_file_to_write(run_home: Any, command: Any, tmp_path: Path) -> None:
    done = command("score", "home-credit", "--data", run_home.data, "--out", tmp_path, "--home", run_home.root)
    assert done.code == 1
    assert "Is a directory" in done.err


def test_scores_twice_are_the_same(run_home: Any, command: Any, tmp_path: Path) -> None:
    outs = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    for out in outs:
        assert command("score", "home-credit", "--data", run_home.data, "--out", out, "--home", run_home.root).code == 0
    pd.testing.assert_frame_equal(*(pd.read_parquet(out) for out in outs))


def test_serving_refuses_another_address_than_loopback(command: Any, run_home: Any) -> None:
    done = command("serve", "--home", run_home.root, "--host", "0.0.0.0")  # noqa: S104 (that it is refused)
    assert done.code == 1
    assert "loopback" in done.err


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
    assert named_champion(home / "bundles", "home-credit") == "home-credit-1"
    assert (home / "runs" / "latest").resolve().name == "home-credit-2"
