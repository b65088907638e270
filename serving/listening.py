"""Where the service listens: which addresses it may, on which port, and with which certificate."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from serving.errors import NotStarted

__all__ = ["Tls", "address_of", "free_port", "near", "url_of"]


@dataclass(frozen=True)
class Tls:
    """A certificate to speak TLS with: version 1.2 or later, forward secrecy and authenticated ciphers alone.

    Parameters
    ----------
    certificate : Path
        The certificate and those that it hangs from, in PEM.
    private_key : Path
        Its private key, in PEM and not locked by a password.
    """

    certificate: Path
    private_key: Path


def address_of(host: str, tls: Tls | None) -> str:
    """The address to listen on, once it is known that it may be.

    Raises
    ------
    NotStarted
        If it is none, is not loopback though there is no certificate, or the certificate does not fit its key.
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise NotStarted(f"host {host}: not an address; take 127.0.0.1, or one of this machine") from None
    if tls is not None:
        _require_pair(tls)
    elif not address.is_loopback:
        raise NotStarted(
            f"host {host}: without a certificate the service listens on loopback alone; take 127.0.0.1, "
            "or give TRADELINE_CERTIFICATE and TRADELINE_PRIVATE_KEY"
        )
    return str(address)


def _require_pair(tls: Tls) -> None:
    try:
        # An empty password, or OpenSSL would ask for one at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.certificate, tls.private_key, password="")
    except (OSError, ValueError):  # of which ssl.SSLError is one
        raise NotStarted(
            f"{tls.certificate}: no certificate that fits the private key {tls.private_key}; "
            "give both in PEM, the key without a password"
        ) from None


def near(host: str) -> str:
    """Where this machine reaches what listens on an address."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (asked for by the operator)


def url_of(host: str, port: int, scheme: str) -> str:
    """Base URL of what listens there."""
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def free_port(host: str, port: int) -> int:
    """The port, or a free one for 0.

    Raises
    ------
    NotStarted
        If it is taken.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            why = error.strerror if isinstance(error, OSError) else "no such port"
            raise NotStarted(
                f"port {port} on {host}: cannot be listened on ({why}); name another with --port"
            ) from None
        return int(probe.getsockname()[1])
