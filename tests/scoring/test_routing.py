"""Routing: the same people always go the same way, in the shares that were set, and no file is believed unread."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bureau.signing import Identity, Signer, TrustedSigners
from scoring.bundle import Bundle, save_bundle
from scoring.bundle_folder import bundle_signature
from scoring.errors import BundleRefused, RoutingRefused
from scoring.routing import Routed, Routing, load_routed, load_routing, new_salt, save_routing

SALT = "00112233445566778899aabbccddeeff"
MANIFEST = "0" * 64
ADA = Signer("ada", Ed25519PrivateKey.from_private_bytes(bytes(32)))
EVE = Signer("eve", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
TRUSTED = TrustedSigners({"ada": Identity("ada", frozenset({"developer"}), ADA.public_key)})


def routing(*shares: float, **others: object) -> Routing:
    challengers = tuple(Routed(f"p-{number}", MANIFEST, share) for number, share in enumerate(shares, start=2))
    return Routing("p", SALT, challengers, **others)  # type: ignore[arg-type]


@given(st.text(max_size=40))
def test_everybody_goes_one_way(who: str) -> None:
    assert routing(0.2, 0.3).route(who) == routing(0.2, 0.3).route(who)


def test_shares_are_kept() -> None:
    # Of 20,000 people each share is met within four standard deviations of a binomial, sqrt(p (1 - p) / n).
    taken = Counter(routing(0.1, 0.25).route(str(number)) for number in range(20_000))
    for version, share in (("p-2", 0.1), ("p-3", 0.25), (None, 0.65)):
        assert abs(taken[version] / 20_000 - share) < 4 * (share * (1 - share) / 20_000) ** 0.5


def test_who_raises_the_last_share_takes_people_from_the_champion_alone() -> None:
    for number in range(2_000):
        before, after = routing(0.1, 0.1).route(str(number)), routing(0.1, 0.3).route(str(number))
        assert before is None or after == before


def test_another_salt_and_another_portfolio_send_others() -> None:
    people = [str(number) for number in range(500)]
    first = [routing(0.5).route(who) for who in people]
    for other in (replace(routing(0.5), salt=new_salt()), replace(routing(0.5), portfolio="q")):
        same = sum(one == two for one, two in zip(first, map(other.route, people), strict=True))
        assert 180 < same < 320  # half of them, give or take six standard deviations of 11


def test_the_champion_decides_alone_where_nothing_is_set(tmp_path: Path) -> None:
    nothing = load_routing(tmp_path, "p", TRUSTED)
    assert nothing == Routing("p")
    assert nothing.route("1") is None


def test_shadows_decide_for_nobody() -> None:
    shadowed = Routing("p", SALT, shadows=(Routed("p-2", MANIFEST),))
    assert {shadowed.route(str(number)) for number in range(100)} == {None}


def test_who_becomes_the_champion_is_beside_it_no_more() -> None:
    both = replace(routing(0.1, 0.2), shadows=(Routed("p-9", MANIFEST),))
    assert [each.version for each in both.beside("p-2").challengers] == ["p-3"]
    assert both.beside("p-9").shadows == ()
    assert both.beside("p-1") == both


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda: routing(0.3, 0.3), r"challengers decide for 60.0% of the people"),
        (lambda: routing(0.0), r"challengers decide for 0.0% of the people"),
        (lambda: routing(-0.1, 0.2), "challengers decide for"),
        (lambda: routing(float("nan")), "challengers decide for"),
        (lambda: replace(routing(0.1), shadows=(Routed("p-2", MANIFEST),)), "p-2 stands twice"),
        (lambda: replace(routing(), shadows=(Routed("p-2", MANIFEST, 0.1),)), "a shadow decides for nobody"),
        (
            lambda: replace(routing(), shadows=tuple(Routed(f"s-{number}", MANIFEST) for number in range(5))),
            "5 shadows, of which 4 are scored at most",
        ),
        (lambda: replace(routing(), shadows=(Routed("../p", MANIFEST),)), "'../p' is no version of a model"),
        (lambda: replace(routing(0.1), salt="salt"), "its salt is not 32 hexadecimal digits"),
    ],
    ids=["over half", "none", "less than none", "no number", "twice", "sharing shadow", "many", "a path", "salt"],
)
def test_what_does_not_fit_together_is_refused(wrong: object, told: str) -> None:
    with pytest.raises(RoutingRefused, match=told):
        wrong()  # type: ignore[operator]


# -- the file -------------------------------------------------------------------------------------


def test_what_was_written_is_read(tmp_path: Path) -> None:
    written = replace(routing(0.1), shadows=(Routed("p-9", MANIFEST),), at="2026-01-31T00:00:00Z", why="try it")
    save_routing(tmp_path, written, ADA)
    assert load_routing(tmp_path, "p", TRUSTED) == replace(written, by="ada")
    assert [path.name for path in tmp_path.iterdir()] == ["routing-p.json"]


def test_another_layout_of_the_same_file_is_the_same(tmp_path: Path) -> None:
    path = save_routing(tmp_path, routing(0.1), ADA)
    path.write_text(json.dumps(json.loads(path.read_text()), indent=8))
    assert load_routing(tmp_path, "p", TRUSTED).challengers


def test_who_is_not_trusted_routes_nobody(tmp_path: Path) -> None:
    save_routing(tmp_path, routing(0.1), EVE)
    with pytest.raises(RoutingRefused, match=r"routing-p\.json: .*eve"):
        load_routing(tmp_path, "p", TRUSTED)
    assert load_routing(tmp_path, "p").challengers


@pytest.mark.parametrize("key", ["challengers", "shadows", "salt", "portfolio", "at", "by", "why"])
def test_a_changed_file_is_refused(tmp_path: Path, key: str) -> None:
    path = save_routing(tmp_path, routing(0.1), ADA)
    whole = json.loads(path.read_text())
    whole["routing"][key] = [] if key in ("challengers", "shadows") and whole["routing"][key] else "other"
    path.write_text(json.dumps(whole))
    with pytest.raises(RoutingRefused, match=r"routing-p\.json: "):
        load_routing(tmp_path, "p", TRUSTED)


def test_the_file_of_another_portfolio_is_refused(tmp_path: Path) -> None:
    save_routing(tmp_path, routing(0.1), ADA).rename(tmp_path / "routing-q.json")
    with pytest.raises(RoutingRefused, match="of another portfolio or signer than it says"):
        load_routing(tmp_path, "q", TRUSTED)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"\xff", b'{"routing": {}, "signature": {}}', b"[" * 10_000], ids=range(6)
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "routing-p.json").write_bytes(content)
    with pytest.raises(RoutingRefused, match=r"routing-p\.json: "):
        load_routing(tmp_path, "p", TRUSTED)


def test_a_name_that_is_a_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RoutingRefused, match="not the name of a portfolio"):
        load_routing(tmp_path, "../p")


# -- the models -----------------------------------------------------------------------------------


def test_only_the_bundle_that_was_routed_is_loaded(bundle: Bundle, another_bundle: Bundle, tmp_path: Path) -> None:
    folder = save_bundle(bundle, tmp_path / "taiwan-1", ADA)
    routed = Routed("taiwan-1", bundle_signature(folder)[1], 0.1)
    taiwan = Routing("taiwan", SALT, (routed,))
    assert load_routed(tmp_path, taiwan, routed, TRUSTED).model_version == "taiwan-1"
    with pytest.raises(RoutingRefused, match="taiwan-1: another bundle than the one that was routed"):
        load_routed(tmp_path, taiwan, replace(routed, manifest_sha256=MANIFEST), TRUSTED)
    with pytest.raises(RoutingRefused, match="taiwan-1: scores taiwan, not p"):
        load_routed(tmp_path, routing(0.1), routed, TRUSTED)
    with pytest.raises(BundleRefused, match="no bundle is here"):
        load_routed(tmp_path, taiwan, Routed("taiwan-2", MANIFEST), TRUSTED)
