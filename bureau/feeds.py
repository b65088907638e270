"""Feeds: which furnisher sends which kind of delivery, how often, and where its files appear."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

import duckdb

from bureau.contracts import Cadence
from bureau.errors import FeedError

__all__ = ["Feed", "list_feeds", "register"]

_CADENCES: Final[tuple[str, ...]] = get_args(Cadence)
_FORMS: Final = {
    "furnisher_id": (re.compile(r"[a-z0-9][a-z0-9._-]{0,63}"), "small letters, digits, '-', '_' and '.', at most 64"),
    "name": (re.compile(r"(?!\s)[^\x00-\x1f\x7f]{1,200}(?<!\s)"), "1 to 200 characters on one line"),
    "jurisdiction": (re.compile(r"[a-z]{2}(-[a-z0-9]{1,3})?"), "a country or a part of one, such as us or us-ca"),
    "currency": (re.compile(r"[A-Z]{3}"), "three capital letters, such as USD"),
}
"""What the texts of a feed look like, for the machine and for people."""


@dataclass(frozen=True)
class Feed:
    """One kind of delivery from one furnisher.

    Parameters
    ----------
    furnisher_id : str
        Who sends it.
    name : str
        Its name for people.
    jurisdiction : str
        Whose law it reports under.
    currency : str
        The currency of amounts that name none.
    contract : str
        Name of the contract of its files.
    cadence : {'daily', 'weekly', 'monthly', 'quarterly'}
        How often one is expected.
    place : Path, optional
        The folder in which its files appear, absolute; it need not exist yet.
    """

    furnisher_id: str
    name: str
    jurisdiction: str
    currency: str
    contract: str
    cadence: Cadence
    place: Path | None = None


def register(connection: duckdb.DuckDBPyConnection, feed: Feed, contracts: Collection[str]) -> None:
    """Make a feed known, or change what is known of it.

    What it says of the furnisher itself holds for all feeds of the furnisher. A feed without a
    place keeps the one it had.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A write transaction of the history.
    feed : Feed
        The feed.
    contracts : collection of str
        Names of the contracts there are.

    Raises
    ------
    FeedError
        If it is not described well; nothing is changed then.
    """
    _validate(feed, contracts)
    place = None if feed.place is None else str(feed.place)
    _refuse_shared_place(connection, feed, place)
    furnisher = [feed.furnisher_id, feed.name, feed.jurisdiction, feed.currency]
    connection.execute("DELETE FROM furnisher WHERE furnisher_id = ?", [feed.furnisher_id])
    connection.execute("INSERT INTO furnisher VALUES (?, ?, ?, ?)", furnisher)
    key = [feed.furnisher_id, feed.contract]
    known = connection.execute("SELECT place FROM feed WHERE furnisher_id = ? AND contract = ?", key).fetchone()
    if place is None and known is not None:
        (place,) = known
    connection.execute("DELETE FROM feed WHERE furnisher_id = ? AND contract = ?", key)
    connection.execute("INSERT INTO feed VALUES (?, ?, ?, ?)", [*key, feed.cadence, place])


def list_feeds(connection: duckdb.DuckDBPyConnection) -> tuple[Feed, ...]:
    """All feeds, by furnisher and contract.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A connection of the history.
    """
    rows = connection.execute(
        "SELECT feed.furnisher_id, coalesce(name, feed.furnisher_id), coalesce(jurisdiction, ''), "
        "coalesce(currency, ''), contract, cadence, place FROM feed LEFT JOIN furnisher USING (furnisher_id) "
        "ORDER BY feed.furnisher_id, contract"
    ).fetchall()
    return tuple(
        Feed(furnisher_id, name, jurisdiction, currency, contract, cadence, None if place is None else Path(place))
        for furnisher_id, name, jurisdiction, currency, contract, cadence, place in rows
    )


def _validate(feed: Feed, contracts: Collection[str]) -> None:
    for name, (form, told) in _FORMS.items():
        if not form.fullmatch(getattr(feed, name)):
            raise FeedError(f"furnisher {feed.furnisher_id!r}: {name} must be {told}; it was not registered")
    _refuse_unknown(feed, "contract", feed.contract, sorted(contracts))
    _refuse_unknown(feed, "cadence", feed.cadence, _CADENCES)
    if feed.place is not None and not feed.place.is_absolute():
        raise FeedError(
            f"furnisher {feed.furnisher_id!r}: place {str(feed.place)!r} must be an absolute folder; "
            "give the whole path, from / on"
        )
    if feed.place is not None and feed.place.exists() and not feed.place.is_dir():
        raise FeedError(f"furnisher {feed.furnisher_id!r}: place {str(feed.place)!r} is a file; name its folder")


def _refuse_unknown(feed: Feed, what: str, value: str, known: Collection[str]) -> None:
    if value not in known:
        raise FeedError(f"furnisher {feed.furnisher_id!r}: unknown {what} {value!r}; it is one of {', '.join(known)}")


def _refuse_shared_place(connection: duckdb.DuckDBPyConnection, feed: Feed, place: str | None) -> None:
    """Nobody could tell whose file it is that appears in the place of two feeds."""
    row = connection.execute(
        "SELECT furnisher_id, contract FROM feed WHERE place = ? AND (furnisher_id, contract) <> (?, ?)",
        [place, feed.furnisher_id, feed.contract],
    ).fetchone()
    if row is not None:
        raise FeedError(
            f"furnisher {feed.furnisher_id!r}: place {place!r} is that of {row[0]} ({row[1]}) already; "
            "give each feed a folder of its own"
        )
