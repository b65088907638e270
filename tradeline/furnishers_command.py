"""``tradeline furnishers``: who reports to the bureau, how often, and where the files appear."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tradeline.common import HomeOption, JsonOption, open_history_of, options_after_command, print_json

__all__ = ["CadenceName", "add", "furnishers", "list_furnishers"]

furnishers = typer.Typer(
    help="List the furnishers, or register one: what it sends, how often, and where its files appear.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


class CadenceName(StrEnum):
    """How often a delivery is expected."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


@furnishers.callback()
def list_furnishers(context: typer.Context, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the furnishers, or register one: what it sends, how often, and where its files appear."""
    if context.invoked_subcommand is not None:
        options_after_command(context, home, as_json)
        return
    from bureau.feeds import list_feeds
    from tradeline.tables import show_table

    with open_history_of(home).read() as connection:
        feeds = list_feeds(connection)
    if as_json:
        print_json([asdict(feed) for feed in feeds])
    else:
        texts = ("furnisher_id", "name", "jurisdiction", "currency", "contract", "cadence", "place")
        show_table([asdict(feed) | {"place": feed.place or "–"} for feed in feeds], texts, ())


@furnishers.command()
def add(
    furnisher_id: Annotated[str, typer.Argument(help="Its name in the history, such as harbour-bank.")],
    name: Annotated[str, typer.Option(help="Its name for people.")],
    contract: Annotated[str, typer.Option(help="What it sends; see `tradeline contracts`.")],
    jurisdiction: Annotated[str, typer.Option(help="Whose law it reports under, such as us.")],
    currency: Annotated[str, typer.Option(help="The currency of amounts that name none, such as USD.")],
    cadence: Annotated[
        CadenceName | None, typer.Option(help="How often; by default as its contract says.", show_default=False)
    ] = None,
    place: Annotated[
        Path | None, typer.Option(help="The folder in which its files appear, for `tradeline ingest --watch`.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Register a furnisher, or change what is known of it; once for each kind of delivery that it sends."""
    from bureau.feeds import Feed, register
    from bureau.kinds.all import KINDS

    usual = KINDS[contract].cadence if contract in KINDS else "monthly"
    feed = Feed(
        furnisher_id=furnisher_id,
        name=name,
        jurisdiction=jurisdiction,
        currency=currency,
        contract=contract,
        cadence=cadence.value if cadence else usual,
        place=place.expanduser() if place else None,
    )
    with open_history_of(home, create=True).write() as connection:
        register(connection, feed, KINDS)
    if as_json:
        print_json(asdict(feed))
    else:
        where = f", watched in {feed.place}" if feed.place else ""
        typer.echo(f"registered {furnisher_id}: {contract}, {feed.cadence}{where}")
