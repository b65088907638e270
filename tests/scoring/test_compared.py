"""Several cut-offs in one book: whoever is not approved is compared with applicants who just were, there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from made_models import ON
from several_cut_offs import LATER, OWN, STRICTER, TURN, book, with_several_cut_offs

from bureau.signing import Signer
from scoring.bundle import Bundle, load_bundle, save_bundle
from scoring.bundle_folder import PURPOSE
from scoring.errors import BundleRefused
from scoring.explainer import Explainer
from scoring.policy import shipped_book
from scoring.scorer import Scorer
from training.baselines import draw_baselines

Values = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def several(bundle: Bundle, values: Values) -> Bundle:
    return with_several_cut_offs(bundle, values)


def test_the_cut_offs_of_a_book_are_those_that_hold_from_a_day_on() -> None:
    assert book().cut_offs(ON) == (LATER, OWN, STRICTER)
    assert book().cut_offs(TURN) == (LATER,)
    assert book().cut_offs(date(2004, 12, 31)) == (LATER, OWN, STRICTER, 600)
    assert all(len(shipped_book(name).cut_offs(ON)) == 1 for name in ("bureau", "home-credit", "taiwan"))


def test_each_cut_off_has_those_who_were_just_approved_there(several: Bundle, values: Values) -> None:
    assert several.policy.refer_below == OWN
    assert sorted(several.elsewhere) == [LATER, STRICTER]
    for cut_off in several.elsewhere:
        there = several.at(cut_off)
        alone = draw_baselines(
            several.model,
            several.calibration,
            several.scale,
            replace(several.policy, refer_below=cut_off, decline_below=min(cut_off, 502)),
            values,
            seed=1,
        )
        assert np.array_equal(there.baselines.near_cut_off, alone.baselines.near_cut_off)
        assert np.array_equal(there.baselines.all_applicants, several.baselines.all_applicants)
        assert there.typical == alone.typical
    assert several.at(OWN) is several
    assert several.at(577) is several


def test_whoever_is_not_approved_under_a_stricter_cut_off_has_a_reason(several: Bundle, values: Values) -> None:
    scorer = Scorer(several)
    strict, own = (scorer.score_vectors(values, "all", cut_off) for cut_off in (STRICTER, OWN))
    between = [row for row, each in enumerate(strict) if OWN <= each.credit_score < STRICTER]
    assert len(between) >= 20
    for row in between:
        there, here = strict[row].explanation, own[row].explanation
        assert there is not None
        assert here is not None
        assert there.reasons
        assert there.base < here.base  # those who were just approved there carry less risk
        assert (dict(there.contributions_all), there.base_all) == (dict(here.contributions_all), here.base_all)
    assert scorer.explainer_at(OWN) is scorer.explainer_at(None) is scorer.explainer_at(577)
    alone = Explainer(several.at(STRICTER)).explain(values[between[:5]])
    assert alone == [strict[row].explanation for row in between[:5]]


def test_a_bundle_of_several_cut_offs_survives_and_is_guarded(
    several: Bundle, tmp_path: Path, developer: Signer
) -> None:
    saved = save_bundle(several, tmp_path / "taiwan-1", developer)
    loaded = load_bundle(saved)
    assert loaded == several
    again = save_bundle(loaded, tmp_path / "again", developer)
    part = saved / "elsewhere.npz"
    assert (again / "elsewhere.npz").read_bytes() == part.read_bytes()
    content = part.read_bytes()
    part.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(BundleRefused, match=r"elsewhere\.npz was changed"):
        load_bundle(saved)
    part.unlink()
    with pytest.raises(BundleRefused, match=r"elsewhere\.npz"):
        load_bundle(saved)


def test_what_is_no_such_part_is_refused(several: Bundle, tmp_path: Path, developer: Signer) -> None:
    saved = save_bundle(several, tmp_path / "taiwan-1", developer)
    (saved / "elsewhere.npz").write_bytes(b"nothing")
    manifest = json.loads((saved / "manifest.json").read_text())
    manifest["sha256"]["elsewhere.npz"] = hashlib.sha256(b"nothing").hexdigest()
    (saved / "manifest.json").write_text(json.dumps(manifest))
    signature = developer.sign(PURPOSE, (saved / "manifest.json").read_bytes())
    (saved / "signature.json").write_text(json.dumps(signature.plain()))
    with pytest.raises(BundleRefused, match="its parts make no model"):
        load_bundle(saved)


def test_a_bundle_of_one_cut_off_has_no_such_part(saved: Path) -> None:
    assert not (saved / "elsewhere.npz").exists()
    (saved / "elsewhere.npz").write_bytes(b"")
    with pytest.raises(BundleRefused, match=r"elsewhere\.npz is no part of a bundle"):
        load_bundle(saved)
