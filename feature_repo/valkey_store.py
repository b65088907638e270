"""An online store for Feast in Valkey or Redis, for serving from many machines.

A consumer is one hash; it has a field a view, with the moment and the packed values. All views of a
consumer, or of a hundred, are fetched in one round trip. A generation that is not read yet lies in
fields beside those that are read, each with the number of its generation; the store's own hash says
which generation of a view is current, and is read in the same round trip. So a generation becomes
current in one command; its fields are then moved to their places in the background of reading.

One server, or a primary with replicas behind one address; not a cluster of shards.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, cast
from urllib.parse import urlsplit

import redis
from feast import Entity, FeatureView, RepoConfig
from feast.repo_config import FeastConfigBaseModel
from pydantic import ConfigDict, SecretStr, field_validator

from feature_repo.errors import FeatureRepoError, StoreUnavailable
from feature_repo.packed import DIGEST_BYTES, Layout, Packed
from feature_repo.packed_store import PackedOnlineStore

__all__ = ["PackedValkeyOnlineStore", "PackedValkeyOnlineStoreConfig"]

_BATCH: Final = 1_000
"""Consumers a command; a script of so many keeps the server from others for a few milliseconds."""
_SCHEMES: Final = ("redis", "rediss", "valkey", "valkeys", "unix")
_MOMENT: Final = struct.Struct("<q")
_GENERATION_BYTES: Final = 8

_Item = TypeVar("_Item")


class PackedValkeyOnlineStoreConfig(FeastConfigBaseModel):
    """Where the server is, and how it is entered.

    Attributes
    ----------
    connection_string : str
        ``redis://[user:password@]host:port/database``, ``rediss://`` for TLS, ``unix://`` for a
        socket; further settings of the connection behind a question mark, such as
        ``?ssl_ca_certs=/etc/ssl/own.pem``. ``valkey://`` and ``valkeys://`` say the same. Never
        shown by ``repr``, as a password may stand in it.
    password_file : str, optional
        Absolute path of a file with the password, read when a connection is made; so that no
        password stands in the configuration.
    timeout_seconds : float
        How long an answer is waited for.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    type: Literal["feature_repo.valkey_store.PackedValkeyOnlineStore"] = (
        "feature_repo.valkey_store.PackedValkeyOnlineStore"
    )
    connection_string: SecretStr
    password_file: str | None = None
    timeout_seconds: float = 5.0

    @field_validator("connection_string")
    @classmethod
    def _require_address(cls, address: SecretStr) -> SecretStr:
        """Refuse an address that is none; the error does not repeat it."""
        if urlsplit(address.get_secret_value()).scheme not in _SCHEMES:
            raise ValueError(f"an address that begins with one of {', '.join(f'{each}://' for each in _SCHEMES)}")
        return address

    @field_validator("password_file")
    @classmethod
    def _require_absolute(cls, path: str | None) -> str | None:
        """Refuse a path that depends on where Feast runs."""
        if path is not None and not Path(path).is_absolute():
            raise ValueError("an absolute path is wanted")
        return path

    @cached_property
    def where(self) -> str:
        """The server's address without what lets one in."""
        parts = urlsplit(self.connection_string.get_secret_value())
        return f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else parts.path

    def client(self) -> redis.Redis:
        """A client with a pool of connections that many threads may use."""
        address = self.connection_string.get_secret_value()
        if address.startswith("valkey"):
            address = address.replace("valkey", "redis", 1)
        settings: dict[str, Any] = {"socket_timeout": self.timeout_seconds, "protocol": 2}
        if self.password_file is not None:
            settings["credential_provider"] = _PasswordFile(
                Path(self.password_file), urlsplit(address).username or "default"
            )
        return redis.Redis.from_url(address, **settings)


class _PasswordFile(redis.CredentialProvider):
    """Reads the password anew for each connection, so that it can change while the service runs."""

    def __init__(self, path: Path, username: str) -> None:
        self._path = path
        self._username = username

    def get_credentials(self) -> tuple[str, str]:
        try:
            return self._username, self._path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise StoreUnavailable(f"{self._path}: the password cannot be read ({error.strerror})") from None


class PackedValkeyOnlineStore(PackedOnlineStore):
    """The pieces in a hash a consumer."""

    def __init__(self) -> None:
        self._clients: dict[int, tuple[PackedValkeyOnlineStoreConfig, redis.Redis]] = {}

    def put(self, config: RepoConfig, layout: Layout, rows: Iterable[tuple[int, int, bytes]]) -> None:
        """Write pieces that are read at once."""
        with self._client(config) as client:
            script = client.register_script(_PUT)
            for batch in _batches(rows):
                keys = [_key(config, consumer_id) for consumer_id, *_ in batch]
                script(keys, [layout.view, *(_MOMENT.pack(moment) + piece for _, moment, piece in batch)])

    def fetch(self, config: RepoConfig, views: Sequence[str], consumer_ids: Sequence[int]) -> list[list[Packed | None]]:
        """The pieces of consumers, in one round trip."""
        fields = [*views, *map(_beside, views)]
        with self._client(config) as client:
            asking = client.pipeline(transaction=False)
            asking.hmget(_about(config), list(views))
            for consumer_id in consumer_ids:
                asking.hmget(_key(config, consumer_id), fields)
            current, *answers = asking.execute()
        return [
            [_newest(row[place], row[len(views) + place], current[place]) for place in range(len(views))]
            for row in answers
        ]

    def stage(
        self, config: RepoConfig, generation: str, layout: Layout, rows: Iterable[tuple[int, int, bytes]]
    ) -> None:
        """Write pieces of a generation that is not read yet."""
        field, number = _beside(layout.view), _number(generation)
        with self._client(config) as client:
            self._settle_what_is_left(client, config, [layout.view])
            for batch in _batches(rows):
                writing = client.pipeline(transaction=False)
                for consumer_id, moment, piece in batch:
                    writing.hset(_key(config, consumer_id), mapping={field: number + _MOMENT.pack(moment) + piece})
                writing.execute()

    def staged(
        self, config: RepoConfig, generation: str, view: str, consumer_ids: Sequence[int]
    ) -> list[Packed | None]:
        """The pieces of a generation that is not read yet, for each consumer."""
        with self._client(config) as client:
            asking = client.pipeline(transaction=False)
            for consumer_id in consumer_ids:
                asking.hget(_key(config, consumer_id), _beside(view))
            return [_newest(None, beside, _number(generation)) for beside in asking.execute()]

    def promote(self, config: RepoConfig, generation: str, views: Sequence[str], consumer_ids: Iterable[int]) -> None:
        """Make a generation the one that is read, in one command; then move its pieces to their places."""
        number = _number(generation)
        with self._client(config) as client:
            marks = dict.fromkeys(views, number) | {_unsettled(view): b"1" for view in views}
            client.hset(_about(config), mapping=marks)
            self._settle(client, config, views, (_key(config, consumer_id) for consumer_id in consumer_ids))
            client.hdel(_about(config), *map(_unsettled, views))

    def remove(
        self,
        config: RepoConfig,
        consumer_ids: Iterable[int],
    ) -> None:
        """Remove the pieces of consumers."""
        with self._client(config) as client:
            for batch in _batches(consumer_ids):
                client.unlink(*(_key(config, consumer_id) for consumer_id in batch))

    def discard(self, config: RepoConfig, generation: str, views: Sequence[str], consumer_ids: Iterable[int]) -> None:
        """Throw a generation away."""
        with self._client(config) as client:
            script = client.register_script(_DISCARD)
            for batch in _batches(consumer_ids):
                keys = [_key(config, consumer_id) for consumer_id in batch]
                script(keys, [_number(generation), *map(_beside, views)])

    def update(
        self,
        config: RepoConfig,
        tables_to_delete: Sequence[FeatureView],
        tables_to_keep: Sequence[FeatureView],  # noqa: ARG002 (Feast's interface)
        entities_to_delete: Sequence[Entity],  # noqa: ARG002
        entities_to_keep: Sequence[Entity],  # noqa: ARG002
        partial: bool,  # noqa: ARG002
    ) -> None:
        """Remove the pieces of views that are gone; a new one needs nothing."""
        views = [table.name for table in tables_to_delete]
        if not views:
            return
        with self._client(config) as client:
            for batch in _batches(client.scan_iter(_key(config, "*"), count=_BATCH)):
                writing = client.pipeline(transaction=False)
                for key in batch:
                    writing.hdel(key, *views, *map(_beside, views))
                writing.execute()
            client.hdel(_about(config), *views, *map(_unsettled, views))

    def teardown(
        self,
        config: RepoConfig,
        tables: Sequence[FeatureView],  # noqa: ARG002 (Feast's interface)
        entities: Sequence[Entity],  # noqa: ARG002
    ) -> None:
        """Remove everything of the project."""
        with self._client(config) as client:
            for batch in _batches(client.scan_iter(_key(config, "*"), count=_BATCH)):
                client.unlink(*batch)
            client.delete(_about(config))

    def _settle_what_is_left(self, client: redis.Redis, config: RepoConfig, views: Sequence[str]) -> None:
        """Move the pieces that a process which was killed has left beside their places."""
        left = _marks(client, config, [_unsettled(view) for view in views])
        for view, mark in zip(views, left, strict=True):
            if mark is not None:
                self._settle(client, config, [view], client.scan_iter(_key(config, "*"), count=_BATCH))
                client.hdel(_about(config), _unsettled(view))

    def _settle(
        self, client: redis.Redis, config: RepoConfig, views: Sequence[str], keys: Iterable[bytes | str]
    ) -> None:
        script = client.register_script(_SETTLE)
        current = _marks(client, config, views)
        pairs: list[str | bytes] = []
        for view, number in zip(views, current, strict=True):
            pairs += [view, _beside(view), number or b""]
        for batch in _batches(keys):
            script(batch, pairs)

    @contextmanager
    def _client(self, config: RepoConfig) -> Iterator[redis.Redis]:
        """The client of this configuration, and one error of ours for whatever the server or the network does."""
        settings = config.online_store
        known = self._clients.get(id(settings))
        _, client = known or self._clients.setdefault(id(settings), (settings, settings.client()))
        try:
            yield client
        except redis.AuthenticationError:
            raise StoreUnavailable(f"{settings.where}: the online store refuses user or password") from None
        except redis.RedisError as error:
            raise StoreUnavailable(
                f"{settings.where}: the online store does not answer as it should ({type(error).__name__}); "
                "see that the server runs, has room and is reached from here"
            ) from None


_NEWER: Final = f"""
local function replaces(new, old)
  return not old or string.sub(new, 9, {8 + DIGEST_BYTES}) ~= string.sub(old, 9, {8 + DIGEST_BYTES})
    or struct.unpack('<i8', new) >= struct.unpack('<i8', old)
end
"""
"""Whether a piece takes the place of another: it is not older, or that one has another definition."""

_PUT: Final = (
    _NEWER
    + """
for number, key in ipairs(KEYS) do
  local new = ARGV[number + 1]
  if replaces(new, redis.call('HGET', key, ARGV[1])) then redis.call('HSET', key, ARGV[1], new) end
end
"""
)

_SETTLE: Final = (
    _NEWER
    + """
for _, key in ipairs(KEYS) do
  for at = 1, #ARGV, 3 do
    local beside = redis.call('HGET', key, ARGV[at + 1])
    if beside and string.sub(beside, 1, 8) == ARGV[at + 2] then
      local new = string.sub(beside, 9)
      if replaces(new, redis.call('HGET', key, ARGV[at])) then redis.call('HSET', key, ARGV[at], new) end
      redis.call('HDEL', key, ARGV[at + 1])
    end
  end
end
"""
)

_DISCARD: Final = """
for _, key in ipairs(KEYS) do
  for at = 2, #ARGV do
    local beside = redis.call('HGET', key, ARGV[at])
    if beside and string.sub(beside, 1, 8) == ARGV[1] then redis.call('HDEL', key, ARGV[at]) end
  end
end
"""


def _newest(piece: bytes | None, beside: bytes | None, current: bytes | None) -> Packed | None:
    """The newer of the piece in its place and the one beside it, if that is of the current generation."""
    found = None if piece is None else _opened(piece)
    if beside is not None and current is not None and beside[:_GENERATION_BYTES] == current:
        other = _opened(beside[_GENERATION_BYTES:])
        if found is None or found[1][:DIGEST_BYTES] != other[1][:DIGEST_BYTES] or other[0] >= found[0]:
            return other
    return found


def _opened(piece: bytes) -> Packed:
    return _MOMENT.unpack_from(piece)[0], piece[_MOMENT.size :]


def _key(config: RepoConfig, consumer_id: int | str) -> str:
    return f"{config.project}:consumer:{consumer_id}"


def _about(config: RepoConfig) -> str:
    """Key of the hash that says which generation of each view is current."""
    return f"{config.project}:generations"


def _beside(view: str) -> str:
    """The field of a piece that is not in its place; no view has a blank in its name."""
    return f"{view} next"


def _unsettled(view: str) -> str:
    """The mark of a view some of whose current pieces may not be in their places."""
    return f"{view} unsettled"


def _marks(client: redis.Redis, config: RepoConfig, names: Sequence[str]) -> list[bytes | None]:
    """What is noted about views, for each name; the client's annotations leave open whether it answers at once."""
    return cast("list[bytes | None]", client.hmget(_about(config), list(names)))


def _number(generation: str) -> bytes:
    number = bytes.fromhex(generation)
    if len(number) != _GENERATION_BYTES:
        raise FeatureRepoError(f"a generation is named by {2 * _GENERATION_BYTES} hexadecimal digits")
    return number


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
