"""The home folder: where one bureau keeps everything, and what lies where.

::

    H/
      tradeline.json     format version of this home
      keys/master.key    the master key, unless it comes from elsewhere
      keys/data-keys.db  the wrapped key of each person; never part of a backup
      keys/self-test.key the key of the self-test attributes; never part of a backup
      keys/signers/      who may sign models and validations
      vault/vault.db     who people are, sealed under those keys
      casework/          decisions, inquiries, keys of subscribers and the audit log; their content is sealed
      notices/           who the bureau and its creditors are in letters, and rules of letters of the home's own
      self-test/         self-test attributes, sealed; opened by the fairness tests alone
      history/           the encrypted credit history
      references.db      keyed look-up of consumers, for the scoring service
      features/          feature tables (Parquet, under consumer_id)
      feast/             Feast's registry and online store
      mlflow/            runs, models, artifacts
      bundles/           scoring bundles, one folder a model version
      runs/              one folder a run; runs/latest points to the newest
      tradeline.log      what the commands did, as JSON lines
      service.log        what the service says
      tmp/               spilled data, encrypted
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from bureau.errors import HomeError
from bureau.keys import create_key_file, read_key_file
from bureau.vault.keyring import MasterKeys

__all__ = ["FORMAT_VERSION", "Home", "open_home", "working_in"]

FORMAT_VERSION = 3
_MARKER = "tradeline.json"
_MAKING = ".making"
_UNFINISHED = ("keys", _MAKING, f"{_MARKER}.new")
"""What the making of a home leaves when it is cut short."""
_NO_FOLDER = "{root}: the folder is not empty and no home; name another with --home"


@dataclass(frozen=True)
class Home:
    """An opened home folder.

    Parameters
    ----------
    root : Path
        Absolute path of the folder.
    master_key : bytes
        The key that opens it; never shown by ``repr``.
    vault_at, data_keys_at : Path or str, optional
        Where the vault and its key store are, if not in the folder: the URLs of PostgreSQL databases.
    online_at : str, optional
        Where the online features are, if not in the folder: the URL of a Valkey or Redis server.
    casework_at : str, optional
        Where the casework is, if not in the folder: the URL of a PostgreSQL database.
    limits_at : str, optional
        Where requests are counted, if not in the folder: the URL of a Valkey or Redis server.
    key_files : tuple of Path, optional
        Files that are asked for the master key again when it has changed: so readers go on through a
        rotation (:mod:`bureau.rotation`).
    """

    root: Path
    master_key: bytes

    vault_at: Path | str | None = field(default=None, repr=False)
    data_keys_at: Path | str | None = field(default=None, repr=False)
    online_at: str | None = field(default=None, repr=False)
    casework_at: str | None = field(default=None, repr=False)
    limits_at: str | None = field(default=None, repr=False)
    key_files: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        return f"Home(root={str(self.root)!r}, master_key=***)"

    @property
    def history(self) -> Path:
        """The encrypted DuckDB file of the credit history."""
        return self.root / "history" / "history.duckdb"

    @property
    def vault(self) -> Path | str:
        """The sealed entries of the vault."""
        return self.vault_at or self.root / "vault" / "vault.db"

    @property
    def data_keys(self) -> Path | str:
        """The key store: the wrapped data keys."""
        return self.data_keys_at or self.root / "keys" / "data-keys.db"

    @property
    def casework_folder(self) -> Path:
        """Folder of the casework, of what belongs to it, and of the counts of requests."""
        return self.root / "casework"

    @property
    def casework(self) -> Path | str:
        """The casework store: decisions, inquiries, access and the audit log."""
        return self.casework_at or self.casework_folder / "casework.db"

    @property
    def notices(self) -> Path:
        """Folder of who writes letters, and of rules of letters of the home's own."""
        return self.root / "notices"

    @property
    def limits(self) -> Path | str:
        """Where the requests of each key are counted."""
        return self.limits_at or self.casework_folder / "limits.db"

    @property
    def keyring(self) -> MasterKeys:
        """What wraps and opens the data keys."""
        return MasterKeys(self.master_key, reload=self._keys_now)

    def _keys_now(self) -> list[bytes]:
        return [read_key_file(path) for path in self.key_files if path.exists()]

    @property
    def key_file(self) -> Path:
        """The master key, unless it comes from elsewhere."""
        return self.root / "keys" / "master.key"

    @property
    def next_key_file(self) -> Path:
        """The master key that a rotation goes to, until it is done."""
        return self.root / "keys" / "master.key.next"

    @property
    def signers(self) -> Path:
        """Folder of those who may sign bundles and validations."""
        return self.root / "keys" / "signers"

    @property
    def references(self) -> Path:
        """The keyed look-up from a furnisher's reference to a consumer_id."""
        return self.root / "references.db"

    @property
    def features(self) -> Path:
        """Folder of the feature tables, one folder a feature view."""
        return self.root / "features"

    @property
    def feast(self) -> Path:
        """Folder of Feast's registry and online store."""
        return self.root / "feast"

    @property
    def mlflow(self) -> Path:
        """Folder of MLflow's database and artifacts."""
        return self.root / "mlflow"

    @property
    def bundles(self) -> Path:
        """Folder of the scoring bundles."""
        return self.root / "bundles"

    @property
    def runs(self) -> Path:
        """Folder of the runs; ``runs/latest`` points to the newest."""
        return self.root / "runs"

    @property
    def tmp(self) -> Path:
        """Folder for encrypted spilled data."""
        return self.root / "tmp"


def open_home(
    root: Path,
    *,
    master_key: bytes | None = None,
    create: bool = False,
    vault_at: str | None = None,
    data_keys_at: str | None = None,
    online_at: str | None = None,
    casework_at: str | None = None,
    limits_at: str | None = None,
    key_files: tuple[Path, ...] = (),
) -> Home:
    """Open a home folder, or make one.

    Parameters
    ----------
    root : Path
        The folder.
    master_key : bytes, optional
        The master key; by default the one in ``keys/master.key``, made on creation.
    create : bool
        Make the home if the folder is absent or empty.
    vault_at, data_keys_at, online_at, casework_at, limits_at, key_files
        As of :class:`Home`; a home's own key files are among those anyhow, if its key comes from there.

    Raises
    ------
    HomeError
        If the folder is no home, or one of another format version.
    WrongKey
        If the key file holds no key.
    """
    root = root.expanduser().absolute()
    marker = root / _MARKER
    if marker.is_file():
        _require_format(marker)
    elif not create:
        raise HomeError(
            f"{root}: no home of Tradeline is here; "
            "take deliveries into it (`tradeline ingest`) or run a portfolio (`tradeline run taiwan`), "
            "or name another with --home"
        )
    else:
        _make(root, master_key)
    home = Home(root, master_key or b"", vault_at, data_keys_at, online_at, casework_at, limits_at, key_files)
    if master_key is not None:
        return home
    own = (home.key_file, home.next_key_file)
    return replace(home, master_key=read_key_file(home.key_file), key_files=(*own, *key_files))


def _make(root: Path, master_key: bytes | None) -> None:
    """Make a home; of several processes that do so at once one makes it, and the others wait."""
    if root.exists() and not root.is_dir():
        raise HomeError(_NO_FOLDER.format(root=root))
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    making = root / _MAKING
    with making.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        marker = root / _MARKER
        if marker.is_file():
            return
        if any(each.name not in _UNFINISHED for each in root.iterdir()):
            making.unlink(missing_ok=True)
            raise HomeError(_NO_FOLDER.format(root=root))
        if master_key is None:
            with suppress(FileExistsError):  # of a making that was cut short
                create_key_file(root / "keys" / "master.key")
        unfinished = root / f"{_MARKER}.new"
        unfinished.write_text(json.dumps({"format": FORMAT_VERSION}) + "\n", encoding="utf-8")
        unfinished.replace(marker)
        making.unlink(missing_ok=True)


@contextmanager
def working_in(home: Home) -> Iterator[None]:
    """Keep a home to one command that writes models and features, as long as it lasts.

    Raises
    ------
    HomeError
        If another command is at work in the home.
    """
    with (home.root / "work.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HomeError(
                f"{home.root}: another command is at work in this home; wait for its end, or use another home"
            ) from None
        yield


def _require_format(marker: Path) -> None:
    try:
        version = json.loads(marker.read_text(encoding="utf-8"))["format"]
    except (ValueError, KeyError, TypeError):
        raise HomeError(f"{marker}: not readable as the mark of a home; restore it from a backup") from None
    if version != FORMAT_VERSION:
        raise HomeError(
            f"{marker.parent}: this home has format {version}, this version of Tradeline reads "
            f"format {FORMAT_VERSION}; use the version that made it, or run the portfolio into a new home"
        )
