"""Several cut-offs in one book: whoever is not approved is compared with applicants who just were, there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from made_models import ON
from several_cut_offs import LATER, OWN, STRICTER, TURN, book, with_several_cut_offs

from bureau.signing import Signer
from scoring.baselines import arrays_of, as_npz
from scoring.bundle import Bundle, _parts, load_bundle, save_bundle
from scoring.bundle_folder import ELSEWHERE, write_folder
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
    stricter = several.policies.in_force(ON, "us-ca")
    strict, own = (scorer.score_vectors(values, "all", policy) for policy in (stricter, None))
    assert [each.decision for each in strict] == [stricter.decide(each.credit_score) for each in own]
    refused = scorer.score_vectors(values, "not approved", stricter)
    assert [bool(each.reasons) for each in refused] == [each.credit_score < STRICTER for each in own]
    between = [row for row, each in enumerate(strict) if OWN <= each.credit_score < STRICTER]
    assert len(between) >= 20
    for row in between:
        there, here = strict[row].explanation, own[row].explanation
        assert there is not None
        assert here is not None
        assert there.reasons
        assert there.base < here.base  # those who were just approved there carry less risk
        assert (dict(there.contributions_all), there.base_all) == (dict(here.contributions_all), here.base_all)
    assert scorer.explainer_at(OWN) is scorer.explainer is scorer.explainer_at(577)
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


@pytest.mark.parametrize("what", ["an array missing", "an array more", "its own cut-off", "no arrays", "not one",
                                  "flipped bits"])  # fmt: skip
def test_a_signed_part_that_does_not_fit_the_policies_is_refused(
    several: Bundle, tmp_path: Path, developer: Signer, what: str
) -> None:
    parts = _parts(several)
    arrays = arrays_of(parts[ELSEWHERE])
    of_own = {name.replace(str(LATER), str(OWN)): array for name, array in arrays.items() if str(LATER) in name}
    content = parts[ELSEWHERE]
    damaged = bytearray(content)
    for place in range(60, len(content) - 60, 40):
        damaged[place] ^= 0x55
    made = {
        "an array missing": as_npz({name: arrays[name] for name in arrays if name != f"near_{LATER}_of"}),
        "an array more": as_npz(arrays | {"more": np.arange(3)}),
        "its own cut-off": as_npz(arrays | of_own),
        "no arrays": as_npz({}),
        "not one": b"nothing",
        "flipped bits": bytes(damaged),
    }
    write_folder(tmp_path / "taiwan-1", "taiwan-1", parts | {ELSEWHERE: made[what]}, developer)
    with pytest.raises(BundleRefused, match="its parts make no model"):
        load_bundle(tmp_path / "taiwan-1")


def test_only_a_bundle_made_before_has_no_other_cut_offs(several: Bundle, tmp_path: Path, developer: Signer) -> None:
    before = load_bundle(save_bundle(replace(several, elsewhere={}), tmp_path / "taiwan-1", developer))
    assert before.other_cut_offs == (LATER, STRICTER)
    assert not before.elsewhere
    one = replace(several, elsewhere={LATER: several.elsewhere[LATER]})
    with pytest.raises(BundleRefused, match=rf"compares people at \[{LATER}\], but its policies set"):
        save_bundle(one, tmp_path / "one", developer)


def test_a_bundle_of_one_cut_off_has_no_such_part(saved: Path) -> None:
    assert not (saved / "elsewhere.npz").exists()
    (saved / "elsewhere.npz").write_bytes(b"")
    with pytest.raises(BundleRefused, match=r"elsewhere\.npz is no part of a bundle"):
        load_bundle(saved)
