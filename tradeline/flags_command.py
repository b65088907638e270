"""``tradeline flags``: what stands against a file whatever its score: a freeze, an alert, a death."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tradeline.common import (
    HomeOption,
    JsonOption,
    now,
    open_casework_of,
    open_history_of,
    options_after_command,
    print_json,
)

__all__ = ["flags", "lift", "list_flags", "place"]

flags = typer.Typer(
    help="Flags of files: freezes, alerts and the like, which decisions heed from the next request on.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

_ConsumerArgument = Annotated[
    int, typer.Argument(metavar="CONSUMER", help="The number of the consumer, as `tradeline credit-file` tells it.")
]
_FlagArgument = Annotated[str, typer.Argument(metavar="FLAG", help="Such as frozen, deceased or fraud_alert.")]


@flags.callback()
def list_flags(
    context: typer.Context,
    consumer: Annotated[int | None, typer.Option(help="Those on one file alone.", show_default=False)] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the flags, those that ended too, or place or lift one."""
    if context.invoked_subcommand is not None:
        options_after_command(context, consumer, home, as_json)
        return
    from tradeline.tables import show_table

    with open_casework_of(home) as casework:
        found = [asdict(each) for each in casework.flags.history(consumer)]
    if as_json:
        print_json(found)
        return
    rows = [{name: "–" if value is None else str(value) for name, value in each.items()} for each in found]
    show_table(rows, ("consumer_id", "flag", "placed_at", "expires_on", "lifted_at", "reason"), ())


@flags.command()
def place(
    consumer: _ConsumerArgument,
    flag: _FlagArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept and shown: nothing personal.")],
    expires: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="When it ends; by default as the law says, or not by itself."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Place a flag on the file of a consumer whom the history knows."""
    from bureau.casework.flags import FLAGS

    if flag in FLAGS:  # another one is refused below, with those that there are
        _require_kept(home, consumer)
    with open_casework_of(home) as casework:
        placed = casework.flags.place(
            consumer, flag, now(), reason=reason, expires_on=expires.date() if expires else None
        )
    if as_json:
        print_json(asdict(placed))
    else:
        until = f" until {placed.expires_on}" if placed.expires_on else ""
        typer.echo(f"consumer {consumer}: {flag} is in force{until}")


@flags.command()
def lift(
    consumer: _ConsumerArgument, flag: _FlagArgument, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Lift a flag at once, from all files of the consumer."""
    numbers = _numbers_of(home, consumer)
    with open_casework_of(home) as casework, casework.write():
        # All of them: a flag on any of a person's files stands against the person.
        lifted = sum(casework.flags.lift(number, flag, now()) for number in numbers) > 0
    if as_json:
        print_json({"consumer_id": consumer, "flag": flag, "lifted": lifted})
    else:
        typer.echo(
            f"consumer {consumer}: {flag} is lifted" if lifted else f"consumer {consumer}: {flag} was not in force"
        )


def _require_kept(home: Path | None, consumer: int) -> None:
    """Refuse a number that nobody has, or had until the person was erased: no request is answered about it."""
    from bureau.errors import Erased
    from bureau.identity.consumers import require_known

    history = open_history_of(home)
    with history.read() as connection:
        require_known(connection, (consumer,))
    for erasure in history.vault.erasures("consumer", [consumer]).values():
        raise Erased(
            f"consumer {consumer} was erased on {erasure.moment:%Y-%m-%d}; no flag is placed on a file that is gone, "
            "name another consumer"
        )


def _numbers_of(home: Path | None, consumer: int) -> tuple[int, ...]:
    """All numbers of a consumer; of one whom nobody knows any more, but whom a flag may outlive, the one given."""
    from bureau.errors import UnknownConsumer
    from bureau.identity.consumers import list_references

    try:
        return list_references(open_history_of(home), consumer)[0].references
    except UnknownConsumer:
        return (consumer,)
