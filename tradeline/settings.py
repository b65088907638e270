"""The settings: the one place where the environment is read.

Each is an environment variable whose name begins with ``TRADELINE_``; the command line's options
come before it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

if TYPE_CHECKING:
    from bureau.home import Home
    from serving.listening import Tls
    from serving.process import Launch

__all__ = ["Settings"]


class Settings(BaseSettings):
    """Where the home is, how it is opened, and how it is served."""

    model_config = SettingsConfigDict(env_prefix="TRADELINE_", extra="ignore", frozen=True)

    home: Path = Field(default=Path("var"), description="the home folder")
    master_key: SecretStr | None = Field(default=None, description="the master key in base64, in place of the key file")
    key_file: Path | None = Field(default=None, description="a file with the master key, in place of H/keys/master.key")
    next_key_file: Path | None = Field(
        default=None, description="a file with the master key that a rotation goes to; it opens the home, too"
    )
    vault: SecretStr | None = Field(
        default=None, description="URL of the PostgreSQL database of the vault, in place of H/vault/vault.db"
    )
    vault_keys: SecretStr | None = Field(
        default=None, description="the same for the key store, in place of H/keys/data-keys.db"
    )
    online: SecretStr | None = Field(
        default=None,
        description="URL of the Valkey or Redis server of the online features, in place of H/feast/online.db",
    )
    casework: SecretStr | None = Field(
        default=None, description="URL of the PostgreSQL database of the casework, in place of H/casework/casework.db"
    )
    limits: SecretStr | None = Field(
        default=None,
        description="URL of the Valkey or Redis server that counts requests, in place of H/casework/limits.db",
    )
    portfolio: str | None = Field(default=None, description="whose champion is served; default the one promoted last")
    host: str = Field(default="127.0.0.1", description="address that the service listens on")
    port: int = Field(default=3000, ge=0, le=65535, description="port that the service listens on")
    workers: int = Field(default=1, ge=1, le=256, description="worker processes of the service")
    certificate: Path | None = Field(default=None, description="certificate in PEM; the service then speaks TLS")
    private_key: Path | None = Field(default=None, description="the certificate's private key in PEM")

    memory_limit: str = Field(default="3GB", description="what DuckDB may use before it spills")
    processes: int = Field(
        default_factory=lambda: min(os.cpu_count() or 1, 8), ge=1, description="how many fits at a time"
    )

    def key(self) -> bytes | None:
        """The master key, if one is given by settings.

        Raises
        ------
        HomeError
            If the key file cannot be read.
        WrongKey
            If what is given is no master key.
        """
        from bureau.keys import decode_key, read_key_file

        if self.master_key is not None:
            return decode_key(self.master_key.get_secret_value(), "TRADELINE_MASTER_KEY")
        return read_key_file(self.key_file) if self.key_file is not None else None

    def open_home(self, *, create: bool = False) -> Home:
        """Open the home.

        Raises
        ------
        HomeError
            If it is no home, or one of another format.
        WrongKey
            If the key is no master key.
        """
        from bureau.home import open_home

        asked_again = (each for each in (self.key_file, self.next_key_file) if each is not None)
        return open_home(
            self.home,
            master_key=self.key(),
            create=create,
            vault_at=self.vault.get_secret_value() if self.vault else None,
            data_keys_at=self.vault_keys.get_secret_value() if self.vault_keys else None,
            online_at=self.online.get_secret_value() if self.online else None,
            casework_at=self.casework.get_secret_value() if self.casework else None,
            limits_at=self.limits.get_secret_value() if self.limits else None,
            key_files=tuple(each.expanduser().absolute() for each in asked_again),
        )

    def environment(self) -> dict[str, str]:
        """The environment of a process that is to find the same settings."""
        told = {
            "home": str(self.home.expanduser().absolute()),
            "master_key": self.master_key.get_secret_value() if self.master_key else None,
            "key_file": str(self.key_file.expanduser().absolute()) if self.key_file else None,
            "next_key_file": str(self.next_key_file.expanduser().absolute()) if self.next_key_file else None,
            "vault": self.vault.get_secret_value() if self.vault else None,
            "vault_keys": self.vault_keys.get_secret_value() if self.vault_keys else None,
            "online": self.online.get_secret_value() if self.online else None,
            "casework": self.casework.get_secret_value() if self.casework else None,
            "limits": self.limits.get_secret_value() if self.limits else None,
            "portfolio": self.portfolio,
            "host": self.host,
            "port": str(self.port),
            "workers": str(self.workers),
        }
        others = {
            name: value
            for name, value in os.environ.items()
            if name.upper() not in {f"TRADELINE_{n.upper()}" for n in told}
        }
        return others | {f"TRADELINE_{name.upper()}": value for name, value in told.items() if value is not None}

    def launch(self) -> Launch:
        """How the service of these settings is started.

        The home is opened and the champion's bundle loaded first, so that what is missing is told
        at once and in one line.

        Raises
        ------
        BureauError, ScoringError
            If there is no home, or no champion that can be served.
        NotStarted
            If of a certificate and its key only one is given.
        """
        from bureau.signers import trusted_signers
        from scoring.bundle import load_bundle
        from scoring.champion import champion_folder
        from serving.process import Launch

        home = self.open_home()
        trusted = trusted_signers(home.signers)
        load_bundle(champion_folder(home.bundles, self.portfolio, trusted), trusted)
        log = home.root / "service.log"
        return Launch("tradeline.service:service", self.environment(), log, self.host, self.port, self.tls())

    def tls(self) -> Tls | None:
        """The certificate that the service speaks TLS with, if one is given.

        Raises
        ------
        NotStarted
            If of a certificate and its key only one is given.
        """
        from serving.errors import NotStarted
        from serving.listening import Tls

        if self.certificate is not None and self.private_key is not None:
            return Tls(self.certificate.expanduser().absolute(), self.private_key.expanduser().absolute())
        if self.certificate is not None or self.private_key is not None:
            raise NotStarted("TRADELINE_CERTIFICATE and TRADELINE_PRIVATE_KEY: one is missing; give both or neither")
        return None
