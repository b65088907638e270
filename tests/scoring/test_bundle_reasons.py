"""A bundle that could not tell every reason of a decision is neither saved nor loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zipfile import BadZipFile

import lightgbm as lgb
import numpy as np
import pytest

from bureau.signing import Signer
from features.reasons import REASONS
from scoring.baselines import Baselines
from scoring.bundle import Bundle, load_bundle, save_bundle
from scoring.errors import BundleRefused
from scoring.model import Model


def _deep(bundle: Bundle) -> Bundle:
    """A model of the same features with a chain of splits."""
    steps = np.tile(np.arange(64.0)[:, np.newaxis], len(bundle.model.features))
    settings = {
        "objective": "regression",
        "num_leaves": 20,
        "min_data_in_leaf": 1,
        "min_data_in_bin": 1,
        "verbosity": -1,
    }
    data = lgb.Dataset(steps, 4.0 ** steps[:, 0], feature_name=list(bundle.model.features), params=settings)
    return replace(bundle, model=Model(lgb.train(settings, data, 1).model_to_string(), bundle.model.features))


def _without_typical(bundle: Bundle) -> Bundle:
    return replace(bundle, typical=dict(list(bundle.typical.items())[1:]))


def _unknown(bundle: Bundle) -> Bundle:
    return replace(bundle, model=replace(bundle.model, features=("shoe_size", *bundle.model.features[1:])))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_deep, "taiwan-1: its reasons cannot be told exactly: a leaf lies behind"),
        (_unknown, "taiwan-1: shoe_size: no feature of this name"),
        (_without_typical, "taiwan-1: its typical values are of other features than its model"),
    ],
)
def test_a_model_that_cannot_tell_its_reasons_is_not_saved(
    bundle: Bundle, developer: Signer, tmp_path: Path, change: Callable[[Bundle], Bundle], message: str
) -> None:
    with pytest.raises(BundleRefused, match=message):
        save_bundle(change(bundle), tmp_path / "bundle", developer)
    assert not (tmp_path / "bundle").exists()


def test_a_feature_without_a_reason_is_neither_saved_nor_loaded(
    bundle: Bundle, saved: Path, developer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = bundle.reason_of[0]
    fewer = {key: reason for key, reason in REASONS.items() if key != code}
    monkeypatch.setattr("scoring.bundle.REASONS", fewer)
    with pytest.raises(BundleRefused, match=f"taiwan-1: no reason is declared for .*{bundle.model.features[0]}"):
        save_bundle(bundle, tmp_path / "bundle", developer)
    with pytest.raises(BundleRefused, match=f"taiwan-1: no reason is declared for .*{bundle.model.features[0]}"):
        load_bundle(saved)


def test_a_feature_that_cannot_be_told_is_not_saved(
    bundle: Bundle, developer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("features.phrases_zh._PHRASES", {})
    with pytest.raises(BundleRefused, match=r"taiwan-1: .*: no phrase in Chinese; add one"):
        save_bundle(bundle, tmp_path / "bundle", developer)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"[]", b"\x93NUMPY", b"\x80\x04."])
def test_baselines_that_are_none_are_refused(content: bytes) -> None:
    with pytest.raises((BadZipFile, EOFError, ValueError)):  # load_bundle catches these
        Baselines.of(content)
