"""Signers: who may sign what, and that a signature stands for its content, purpose and key alone."""

from __future__ import annotations

import dataclasses
import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from bureau.errors import SignatureRefused
from bureau.signers import add_signer, load_signer, trusted_signers, write_private_key
from bureau.signing import Signature, Signer

# RFC 8032, section 7.1, test 2: secret key, public key.
SECRET = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "signers"


def test_the_key_is_that_of_the_standard() -> None:
    signer = Signer("ada", Ed25519PrivateKey.from_private_bytes(SECRET))
    assert signer.public_key == PUBLIC
    signature = signer.sign("note", b"content")
    signature.check("note", b"content")
    assert Signature.of(json.loads(json.dumps(signature.plain()))) == signature


def test_a_signature_stands_for_one_content_purpose_and_key() -> None:
    one, other = (Signer("ada", Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32))) for seed in (1, 2))
    signature = one.sign("note", b"content")
    for purpose, content in (("note", b"Content"), ("other", b"content"), ("note\nc", b"ontent")):
        with pytest.raises(SignatureRefused, match="the signature of ada does not fit this"):
            signature.check(purpose, content)
    for wrong in (other.public_key, bytes(32), b""):
        with pytest.raises(SignatureRefused, match="does not fit this note"):
            dataclasses.replace(signature, public_key=wrong).check("note", b"content")


@pytest.mark.parametrize("plain", [None, 7, [], {}, "text", {"signer": "ada", "public_key": "!", "signature": ""}])
def test_what_is_no_signature_is_refused(plain: object) -> None:
    with pytest.raises(SignatureRefused, match="this is no signature"):
        Signature.of(plain)


def test_a_signer_is_added_with_a_key_of_its_own(folder: Path) -> None:
    identity = add_signer(folder, "ada", ["developer", "validator"])
    assert trusted_signers(folder).identities == {"ada": identity}
    assert identity.roles == {"developer", "validator"}
    assert stat.S_IMODE((folder / "ada.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    signature = load_signer(folder, "ada").sign("note", b"content")
    assert trusted_signers(folder).verify("note", b"content", signature, ["validator"]) == identity


def test_the_private_key_may_lie_elsewhere(folder: Path, tmp_path: Path) -> None:
    identity = add_signer(folder, "ada", ["developer"], tmp_path / "stick" / "ada.pem")
    assert {path.name for path in folder.iterdir()} == {"ada.pub"}
    assert load_signer(folder, "ada", tmp_path / "stick" / "ada.pem").public_key == identity.public_key
    with pytest.raises(SignatureRefused, match=r"the private key of ada cannot be read; name the file .* --key"):
        load_signer(folder, "ada")


def test_a_key_that_is_there_is_taken(folder: Path, tmp_path: Path) -> None:
    made = write_private_key(tmp_path / "mine.pem", "ada")
    assert add_signer(folder, "ada", ["developer"], tmp_path / "mine.pem").public_key == made.public_key
    with pytest.raises(SignatureRefused, match="this is the key of ada; an identity has a key of its own"):
        add_signer(folder, "bob", ["validator"], tmp_path / "mine.pem")
    assert set(trusted_signers(folder).identities) == {"ada"}


def test_a_name_is_taken_once(folder: Path) -> None:
    before = add_signer(folder, "ada", ["developer"])
    with pytest.raises(SignatureRefused, match="ada: there is such a signer already"):
        add_signer(folder, "ada", ["validator"])
    assert trusted_signers(folder).identities == {"ada": before}


@pytest.mark.parametrize("name", ["", "Ada", "../ada", "a/b", ".ada", "a b", "ä", "a" * 65, "-a"])
def test_names_are_plain(folder: Path, name: str) -> None:
    with pytest.raises(SignatureRefused, match="not the name of a signer"):
        add_signer(folder, name, ["developer"])
    with pytest.raises(SignatureRefused, match="not the name of a signer"):
        load_signer(folder, name)
    assert not folder.exists()


@pytest.mark.parametrize("roles", [[], ["owner"], ["developer", "root"]])
def test_roles_are_known(folder: Path, roles: list[str]) -> None:
    with pytest.raises(SignatureRefused, match="signs as developer, validator, service"):
        add_signer(folder, "ada", roles)  # type: ignore[arg-type]


def test_who_is_not_known_cannot_sign(folder: Path) -> None:
    with pytest.raises(SignatureRefused, match="ada: no signer of this home; add one with `tradeline signers add ada`"):
        load_signer(folder, "ada")
    assert trusted_signers(folder).identities == {}


def test_a_role_may_be_asked_for(folder: Path) -> None:
    add_signer(folder, "ada", ["developer"])
    assert load_signer(folder, "ada", role="developer").name == "ada"
    with pytest.raises(SignatureRefused, match="ada: may sign as developer, not as validator; let a validator sign"):
        load_signer(folder, "ada", role="validator")


def test_a_key_of_somebody_else_does_not_serve(folder: Path, tmp_path: Path) -> None:
    add_signer(folder, "ada", ["developer"])
    write_private_key(tmp_path / "other.pem", "ada")
    with pytest.raises(SignatureRefused, match="the private key given is not that of this signer"):
        load_signer(folder, "ada", tmp_path / "other.pem")


def test_what_is_no_private_key_is_refused(folder: Path, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    add_signer(folder, "ada", ["developer"])
    form = (Encoding.PEM, PrivateFormat.PKCS8)
    locked = Ed25519PrivateKey.generate().private_bytes(*form, BestAvailableEncryption(b"p"))
    another = X25519PrivateKey.generate().private_bytes(*form, NoEncryption())
    public = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for content in (b"", b"text", locked, another, public):
        (tmp_path / "key.pem").write_bytes(content)
        with pytest.raises(SignatureRefused, match="holds no Ed25519 private key in PEM"):
            load_signer(folder, "ada", tmp_path / "key.pem")


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"public_key": "AA==", "roles": ["developer"]}', b'{"roles": [], "public_key": ""}'],
)
def test_a_damaged_signer_is_refused(folder: Path, content: bytes) -> None:
    add_signer(folder, "ada", ["developer"])
    (folder / "ada.pub").write_bytes(content)
    with pytest.raises(SignatureRefused, match=r"ada\.pub: not readable as a signer; restore it, or remove it"):
        trusted_signers(folder)


def test_the_private_key_is_never_shown() -> None:
    assert "key" not in repr(Signer("ada", Ed25519PrivateKey.generate()))
