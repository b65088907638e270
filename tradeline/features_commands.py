"""``tradeline features``: the catalogue, its tables as of any date, and how two of them differ."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tradeline.common import (
    HomeOption,
    JsonOption,
    moment_of,
    now,
    open_home_of,
    options_after_command,
    print_json,
    settings_of,
)

__all__ = ["build", "compare", "features", "features_or_list", "listing", "refresh", "show"]

features = typer.Typer(
    help="Features: list and show what is declared, build tables as of a date, serve them, compare two.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

_ALL: Final = "bureau"
_SetOption = Annotated[
    str | None,
    typer.Option("--set", "--portfolio", metavar="NAME", help="Only those of a set: bureau, taiwan or home-credit."),
]
_SearchOption = Annotated[str | None, typer.Option(help="Only those in whose name, meaning or reason all words stand.")]
_ViewOption = Annotated[str | None, typer.Option(help="Only those of a view.")]
_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@features.callback()
def features_or_list(
    context: typer.Context,
    chosen: _SetOption = None,
    search: _SearchOption = None,
    view: _ViewOption = None,
    as_json: JsonOption = False,
) -> None:
    """What is declared of features, and their tables; without a command, the list."""
    if context.invoked_subcommand is None:
        listing(chosen, search, view, as_json=as_json)
    else:
        options_after_command(context, chosen, search, view, as_json)


@features.command("list")
def listing(
    chosen: _SetOption = None,
    search: _SearchOption = None,
    view: _ViewOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the features: meaning, unit, window, direction of risk, reason, permitted use."""
    from features.definitions.all import CATALOGUE
    from features.described import describe, find
    from features.sets import feature_set
    from tradeline.show_features import plain, show_list

    if view is not None:
        CATALOGUE.view(view)
    names = feature_set(chosen).names if chosen else None
    found = [describe(CATALOGUE, name) for name in find(CATALOGUE, search or "", names)]
    listed = [each for each in found if view is None or each.view == view]
    if as_json:
        print_json([plain(each) for each in listed])
    else:
        show_list(listed)


@features.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The feature.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show all about one feature; with --home, how its values are spread in the tables that were built there."""
    from features.built import BuiltTables
    from features.cards import Card, spread_of
    from features.definitions.all import CATALOGUE
    from features.described import describe
    from tradeline.show_features import plain, plain_spread, show_card

    described = describe(CATALOGUE, name)
    spreads = {}
    if home is not None:
        tables = BuiltTables(open_home_of(settings_of(home)).features, CATALOGUE)
        operands = described.computed_from or (name,)
        views = sorted({describe(CATALOGUE, operand).view for operand in operands})
        for moment in tables.moments(views):
            spreads[moment] = spread_of(tables.frame([name], moment)[name].to_numpy(), described.expected)
    if as_json:
        print_json(plain(described) | {"built": {moment: plain_spread(each) for moment, each in spreads.items()}})
    else:
        show_card(Card(described, spreads))


@features.command()
def build(
    home: HomeOption = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="DATE,...", help="As known at the beginning of these dates (UTC).")
    ] = None,
    months: Annotated[
        str | None,
        typer.Option("--months", metavar="FROM..TO", help="As of the last day of each of these months, as 2024-01."),
    ] = None,
    chosen: Annotated[str, typer.Option("--set", "--portfolio", metavar="NAME", help="Which set of features.")] = _ALL,
    currency: Annotated[
        str | None,
        typer.Option(help="Of the amounts; others are missing. Needed where the history has several.", metavar="CODE"),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write the catalogue, with pictures of the newest date."),
    ] = None,
    online: Annotated[
        bool, typer.Option("--online", help="Serve the newest date, once a sample online is equal to offline.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compute the tables of a set for everybody on file, as of each date: what was known then, and no more."""
    from features.sets import feature_set
    from tradeline.build_features import build_tables, currency_of, write_page
    from tradeline.console import Stages
    from tradeline.show_features import show_built

    moments = _moments(at, months)
    chosen_set = feature_set(chosen)
    settings = settings_of(home)
    opened = open_home_of(settings)

    from bureau.history import open_history
    from bureau.home import working_in

    history = open_history(opened, memory_limit=settings.memory_limit)
    money = currency_of(history, currency)
    stages = Stages(quiet=as_json)
    with working_in(opened):
        built = build_tables(history, chosen_set, moments, money, opened.features, stages)
        served: dict[str, Any] | None = None
        if online:
            from tradeline.online_features import put_online

            newest = {each["view"]: Path(each["file"]) for each in built}  # the moments come in their order
            served = put_online(history, opened, chosen_set, newest, stages)
    if html is not None:
        write_page(chosen_set, opened.features, moments[-1], html, stages)
    if as_json:
        print_json(
            {"set": chosen, "currency": money, "folder": str(opened.features), "tables": built, "online": served}
        )
    else:
        show_built(built, opened.features)
        if served is not None:
            typer.echo(f"online  as of {served['as_of']}, {served['sample']:,} rows compared with offline: equal")
        if html is not None:
            typer.echo(f"page    {html}")


@features.command()
def refresh(
    home: HomeOption = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="MOMENT", help="What was recorded after it (UTC); default: since `build --online`."),
    ] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="MOMENT", help="As of when (UTC); default now.")] = None,
    chosen: Annotated[str, typer.Option("--set", "--portfolio", metavar="NAME", help="Which set of features.")] = _ALL,
    currency: Annotated[
        str | None,
        typer.Option(help="Of the amounts; others are missing. Needed where the history has several.", metavar="CODE"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compute anew, and serve, the features of everybody of whom something became known."""
    from bureau.history import open_history
    from bureau.home import working_in
    from features.sets import feature_set
    from tradeline.build_features import currency_of
    from tradeline.console import Stages
    from tradeline.online_features import refresh_online

    chosen_set = feature_set(chosen)
    moment = now() if at is None else _passed([moment_of(at, "--at")], "--at")[0]
    after = None if since is None else moment_of(since, "--since").replace(tzinfo=UTC)
    settings = settings_of(home)
    opened = open_home_of(settings)
    history = open_history(opened, memory_limit=settings.memory_limit)
    with working_in(opened):
        done = refresh_online(
            history,
            opened,
            chosen_set,
            moment.replace(tzinfo=UTC),
            currency_of(history, currency),
            after,
            Stages(quiet=as_json),
        )
    if as_json:
        print_json(done)
    else:
        told = f"something was recorded since {done['since']}, and served as of {done['at']}"
        typer.echo(f"{done['consumers']:,} references of consumers of whom {told}")


@features.command()
def compare(
    before: Annotated[
        str, typer.Argument(metavar="A", help="A date that was built, HOME@DATE of another home, or a Parquet file.")
    ],
    after: Annotated[str, typer.Argument(metavar="B", help="The same, to be compared with A.")],
    home: HomeOption = None,
    chosen: Annotated[str, typer.Option("--set", "--portfolio", metavar="NAME", help="Which set of features.")] = _ALL,
    as_json: JsonOption = False,
) -> None:
    """Compare two builds, feature by feature: rows, stability index (PSI), means; the largest shift first."""
    from features.analysis.shift import compare_frames
    from features.sets import feature_set
    from tradeline.build_features import frame_of
    from tradeline.console import Stages
    from tradeline.show_features import plain_table, show_compared

    chosen_set = feature_set(chosen)
    with Stages(quiet=as_json).stage("compare") as stage:
        first, second = (frame_of(text, chosen_set, lambda: settings_of(home).home) for text in (before, after))
        names = [name for name in chosen_set.names if name in first and name in second]
        table = compare_frames(first, second, names, progress=stage)
    if as_json:
        print_json({"rows": {"before": len(first), "after": len(second)}, "features": plain_table(table)})
    else:
        show_compared(table, len(first), len(second))


def _moments(at: str | None, months: str | None) -> list[datetime]:
    """The moments that are asked for (UTC, naive), in order and each once."""
    if (at is None) == (months is None):
        raise typer.BadParameter("name dates with --at, or months with --months", param_hint="--at")
    if at is not None:
        return _passed(sorted({moment_of(part.strip(), "--at") for part in at.split(",")}), "--at")
    first, dots, last = str(months).partition("..")
    last = last if dots else first
    if not (_MONTH.fullmatch(first) and _MONTH.fullmatch(last) and first <= last):
        raise typer.BadParameter(f"{months!r}: write 2024-01..2024-12, or one month", param_hint="--months")
    found, month = [], first
    while month <= last:
        beginning = moment_of(f"{month}-01", "--months")
        following = (beginning + timedelta(days=31)).replace(day=1)
        found.append(following - timedelta(days=1))
        month = f"{following:%Y-%m}"
    return _passed(found, "--months")


def _passed(moments: list[datetime], option: str) -> list[datetime]:
    if moments[-1] > now():
        raise typer.BadParameter(f"{moments[-1]:%Y-%m-%d} is still to come", param_hint=option)
    return moments
