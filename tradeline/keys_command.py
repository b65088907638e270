"""``tradeline keys``: the keys by which subscribers ask."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradeline.common import HomeOption, JsonOption, now, open_casework_of, options_after_command, print_json

if TYPE_CHECKING:
    from bureau.access.api_keys import ApiKey, IssuedKey

__all__ = ["ScopeName", "create", "keys", "list_keys", "listing", "revoke", "rotate"]

keys = typer.Typer(
    help="The keys by which subscribers ask: each for some scopes and purposes, until a day.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


class ScopeName(StrEnum):
    """What a key is good for."""

    DECIDE = "decide"
    SCORE = "score"
    READ = "read"
    BATCH = "batch"
    MODEL = "model"
    NOTICE = "notice"


_KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The id of a key, as `tradeline keys list` tells it.")]
_ExpiresOption = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="The day on which it is good no more; default in 90 days, a year at most."),
]


@keys.callback()
def list_keys(context: typer.Context, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the keys, or make, rotate or revoke one."""
    if context.invoked_subcommand == "list":
        context.obj = home, as_json  # the same command as without its name, and the options may stand on either side
    elif context.invoked_subcommand is not None:
        options_after_command(context, home, as_json)
    else:
        _list(None, home, as_json=as_json)


@keys.command("list")
def listing(
    context: typer.Context,
    subscriber: Annotated[str | None, typer.Argument(help="Whose; everybody's by default.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the keys, what they are good for, and whether they still are; never the keys themselves."""
    before, as_json_before = context.obj or (None, False)
    _list(subscriber, home or before, as_json=as_json or as_json_before)


def _list(subscriber: str | None, home: Path | None, *, as_json: bool) -> None:
    from tradeline.tables import show_table

    at = now()
    with open_casework_of(home) as casework:
        found = [_told(each, at) for each in casework.keys.all(subscriber)]
    if as_json:
        print_json(found)
    else:
        show_table(
            found, ("key_id", "subscriber", "scopes", "purposes"), ("per_minute", "per_day"), ("expires_at", "state")
        )


@keys.command()
def create(
    subscriber: Annotated[str, typer.Argument(help="Whose; see `tradeline subscribers`.")],
    scope: Annotated[list[ScopeName], typer.Option("--scope", help="What it is good for; may be repeated.")],
    purpose: Annotated[
        list[str] | None,
        typer.Option("--purpose", help="A purpose that the subscriber has certified; may be repeated; default all."),
    ] = None,
    expires: _ExpiresOption = None,
    per_minute: Annotated[int, typer.Option(min=0, help="Requests a minute; 0 for no limit.")] = 600,
    per_day: Annotated[int, typer.Option(min=0, help="Requests a day (UTC); 0 for no limit.")] = 0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key; it is shown this once."""
    at = now()
    with open_casework_of(home) as casework:
        issued = casework.keys.create(
            subscriber,
            scopes=[each.value for each in scope],
            purposes=purpose or casework.subscribers.purposes(subscriber),
            now=at,
            expires_at=expires or _in_days(at, 90),
            per_minute=per_minute,
            per_day=per_day,
        )
    _show_issued(issued, at, as_json=as_json)


@keys.command()
def rotate(
    key: _KeyArgument,
    expires: _ExpiresOption = None,
    overlap_hours: Annotated[float, typer.Option(min=0, help="For so long the old key is good, too.")] = 24.0,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key that takes the place of another, which ends after an overlap."""
    at = now()
    with open_casework_of(home) as casework:
        issued = casework.keys.rotate(
            key, now=at, expires_at=expires or _in_days(at, 90), overlap=timedelta(hours=overlap_hours)
        )
    _show_issued(issued, at, as_json=as_json)


@keys.command()
def revoke(key: _KeyArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Revoke a key: within a second every worker refuses it."""
    with open_casework_of(home) as casework:
        revoked = casework.keys.revoke(key, now())
    if as_json:
        print_json({"key_id": key, "revoked": revoked})
    else:
        typer.echo(f"key {key} is revoked" if revoked else f"key {key} was revoked before")


def _show_issued(issued: IssuedKey, at: datetime, *, as_json: bool) -> None:
    if as_json:
        print_json(_told(issued.key, at) | {"key": issued.text})
        return
    typer.echo(issued.text)
    typer.echo(
        f"key {issued.key.key_id} of {issued.key.subscriber} is good until {issued.key.expires_at:%Y-%m-%d}; "
        "keep it now, it is not shown again",
        err=True,
    )


def _told(key: ApiKey, at: datetime) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "subscriber": key.subscriber,
        "scopes": sorted(key.scopes),
        "purposes": sorted(key.purposes),
        "per_minute": key.per_minute,
        "per_day": key.per_day,
        "created_at": key.created_at.isoformat(timespec="seconds"),
        "expires_at": key.expires_at.isoformat(timespec="seconds"),
        "replaces": key.replaces,
        "state": key.fault(at) or "good",
    }


def _in_days(at: datetime, days: int) -> datetime:
    return (at + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
