"""A million identities into the vault and out of it, beside the cost of the bare cryptography.

    python -m benchmarks.vault [PEOPLE] [URL]

Each person has one identity of eight fields (JSON, some 300 bytes) and eight blind tokens. Printed
are CPU seconds (user and system) and wall seconds:

- bare: the cryptography alone, in a loop: a data key wrapped, an entry sealed, eight tokens made;
- seal, tokens, index: data keys made and wrapped, entries sealed and kept; tokens made; tokens kept;
- open: every entry opened; bare: the same keys unwrapped and entries decrypted in a loop;
- rotate: every data key wrapped by another master key; erase: one person, then a thousand;
- one at a time: look-ups of ten tokens, of which one may be of thousands, and entries of 20 people
  and of one, at random, in milliseconds.

On SQLite, in a folder that is removed; or on the PostgreSQL database under URL, which must be empty.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.ingest import spent
from bureau.vault import MasterKeys, Vault, open_vault

MOMENT = datetime.fromisoformat("2024-01-01")
SEED = 20240101
FIELDS = ("surname", "first_name", "birth_date", "national_number", "phone", "email", "address", "postcode")
ASKED = 2_000


def main() -> None:
    """Measure, and print a table."""
    people = int(sys.argv[1]) if sys.argv[1:] else 1_000_000
    sys.stdout.write(f"{people:,} people, seed {SEED}\n{'step':<24} {'CPU s':>8} {'wall s':>8} {'us CPU each':>12}\n")
    contents, values = told(people)
    rate("bare", people, lambda: bare(contents, values))
    with tempfile.TemporaryDirectory() as folder:
        old, new = secrets.token_bytes(32), secrets.token_bytes(32)
        urls = (sys.argv[2],) * 2 if sys.argv[2:] else (Path(folder) / "vault.db", Path(folder) / "keys.db")
        with open_vault(*urls, MasterKeys(old)) as vault:
            tokens = write(vault, contents, values)
            rate("open", people, lambda: sum(1 for _ in vault.open("consumer", range(people))))
            rate("open, bare", people, opening(contents))
            one_at_a_time(vault, people, tokens)
            rate("rotate", people, lambda: vault.rotate(MasterKeys(new, old)))
            rate("erase 1", 1, lambda: vault.erase("consumer", [people // 2], "measured", MOMENT))
            rate("erase 1,000", 1_000, lambda: vault.erase("consumer", range(1_000), "measured", MOMENT))
        for path in sorted(Path(folder).glob("*.db")):
            sys.stdout.write(f"{path.name:<24} {path.stat().st_size / 1e6:>8,.0f} MB\n")


def told(people: int) -> tuple[list[bytes], dict[str, list[str]]]:
    """The identities as JSON, and the values of their eight fields."""
    numbers = np.random.default_rng(SEED).permutation(people).tolist()
    values = {
        "surname": [f"surname {n % 5000}" for n in numbers],
        "first_name": [f"first name {n % 2000}" for n in numbers],
        "birth_date": [f"{1940 + n % 65}-{1 + n % 12:02}-{1 + n % 28:02}" for n in numbers],
        "national_number": [f"{n:09}" for n in numbers],
        "phone": [f"+1 217 {n:07}" for n in numbers],
        "email": [f"person.{n}@example.org" for n in numbers],
        "address": [f"{n % 990} some street, house {n // 7}, apartment {n % 7}" for n in numbers],
        "postcode": [f"{n % 90000:05}" for n in numbers],
    }
    rows = zip(*(values[field] for field in FIELDS), strict=True)
    return [json.dumps(dict(zip(FIELDS, row, strict=True))).encode().ljust(300) for row in rows], values


def bare(contents: list[bytes], values: dict[str, list[str]]) -> None:
    """What the cryptography costs when nothing is kept."""
    master = AESGCM(secrets.token_bytes(32))
    for content in contents:
        key, nonces = secrets.token_bytes(32), secrets.token_bytes(24)
        master.encrypt(nonces[:12], key, b"owner")
        AESGCM(key).encrypt(nonces[12:], content, b"entry")
    for column in values.values():
        begun = hashlib.blake2b(key=secrets.token_bytes(32), digest_size=8)
        for value in column:
            digest = begun.copy()
            digest.update(value.encode())
            digest.digest()


def opening(contents: list[bytes]) -> Callable[[], None]:
    """What it costs to unwrap a key and to decrypt an entry."""
    master, nonce = AESGCM(secrets.token_bytes(32)), bytes(12)
    keys = [secrets.token_bytes(32) for _ in contents]
    wrapped = [master.encrypt(nonce, key, b"owner") for key in keys]
    sealed = [AESGCM(key).encrypt(nonce, content, b"entry") for key, content in zip(keys, contents, strict=True)]

    def step() -> None:
        for key, entry in zip(wrapped, sealed, strict=True):
            AESGCM(master.decrypt(nonce, key, b"owner")).decrypt(nonce, entry, b"entry")

    return step


def write(vault: Vault, contents: list[bytes], values: dict[str, list[str]]) -> list[list[int]]:
    """Keys, entries and tokens; the tokens by field."""
    tokens: list[list[int]] = []

    def seal() -> None:
        rows = ((number, number, "identity", content) for number, content in enumerate(contents))
        vault.seal("consumer", rows, delivery_no=1)

    def index() -> None:
        rows = zip(*tokens, strict=True)
        vault.index.add("consumer", ((token, n) for n, row in enumerate(rows) for token in row), delivery_no=1)

    begun = spent()
    rate("seal", len(contents), seal)
    rate("tokens", len(contents), lambda: tokens.extend(vault.index.tokens(each, values[each]) for each in FIELDS))
    rate("index", len(contents), index)
    sys.stdout.write(f"{'  seal, tokens, index':<24} {spent() - begun:>8.1f}\n")
    return tokens


def one_at_a_time(vault: Vault, people: int, tokens: list[list[int]]) -> None:
    """Single look-ups and openings, as an inquiry makes them."""
    drawn = np.random.default_rng(SEED + 1).integers(0, people, (ASKED, 20)).tolist()
    distinct = [at for at, field in enumerate(FIELDS) if field in ("national_number", "phone", "email", "address")]
    rare = [[tokens[at][n] for n in row[:3] for at in distinct][:10] for row in drawn]
    common = [[*asked[:9], tokens[0][row[0]]] for asked, row in zip(rare, drawn, strict=True)]
    delay("look up 10 tokens", lambda at: vault.index.lookup("consumer", rare[at]))
    delay("  one of them crowded", lambda at: vault.index.lookup("consumer", common[at]))
    delay("open 20 people", lambda at: list(vault.open("consumer", drawn[at])))
    delay("open 1 person", lambda at: vault.open_one("consumer", drawn[at][0]))


def rate(name: str, each: int, step: Callable[[], object]) -> None:
    """Run a step and print what it took."""
    begun, wall = spent(), time.perf_counter()
    step()
    cpu, wall = spent() - begun, time.perf_counter() - wall
    sys.stdout.write(f"{name:<24} {cpu:>8.1f} {wall:>8.1f} {cpu / each * 1e6:>12,.1f}\n")
    sys.stdout.flush()


def delay(name: str, step: Callable[[int], object]) -> None:
    """Run a step many times and print how long it took, in milliseconds."""
    delays = []
    for at in range(ASKED):
        begun = time.perf_counter()
        step(at)
        delays.append((time.perf_counter() - begun) * 1000)
    middle, last = np.quantile(delays, [0.5, 0.99])
    sys.stdout.write(f"{name:<24} p50 {middle:.3f} ms, p99 {last:.3f} ms\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
