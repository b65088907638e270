"""What the commands share: their common options, the settings, the opened home, JSON for machines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bureau.casework.casework import Casework
    from bureau.history import History
    from bureau.home import Home
    from tradeline.settings import Settings

__all__ = [
    "HomeOption",
    "JsonOption",
    "many",
    "moment_of",
    "now",
    "open_casework_of",
    "open_history_of",
    "open_home_of",
    "options_after_command",
    "print_json",
    "settings_of",
]

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Folder of the bureau; default ./var or TRADELINE_HOME.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines, and nothing else.")]


def settings_of(home: Path | None, **others: object) -> Settings:
    """The settings of the environment; what the command line names comes first."""
    from pydantic import ValidationError

    from tradeline.settings import Settings

    named = {name: value for name, value in {"home": home, **others}.items() if value is not None}
    try:
        return Settings.model_validate(Settings().model_dump() | named)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        setting = "_".join(str(part) for part in first["loc"]).upper()
        raise typer.BadParameter(f"TRADELINE_{setting}: {first['msg']}") from None


def open_home_of(settings: Settings, *, create: bool = False) -> Home:
    """Open the home, and log into it from here on."""
    from tradeline.logs import log_to

    home = settings.open_home(create=create)
    log_to(home.root / "tradeline.log")
    return home


def open_history_of(home: Path | None, *, create: bool = False) -> History:
    """The history of the home that the command line names."""
    from bureau.history import open_history

    settings = settings_of(home)
    return open_history(open_home_of(settings, create=create), memory_limit=settings.memory_limit)


def open_casework_of(home: Path | None) -> Casework:
    """The casework of the home that the command line names; close it, or use it in ``with``."""
    from bureau.casework.opening import open_casework

    return open_casework(open_home_of(settings_of(home)), wait_seconds=30.0)


def options_after_command(context: typer.Context, *given: object) -> None:
    """Refuse options that stand before the command of a group: they would be lost."""
    if any(given):
        raise typer.BadParameter(
            f"write the options after `{context.invoked_subcommand}`, not before it", param_hint="options"
        )


def now() -> datetime:
    """The clock (UTC, naive)."""
    return datetime.now(UTC).replace(tzinfo=None)


def moment_of(text: str, option: str) -> datetime:
    """A moment (UTC, naive) from ISO 8601 text; a date alone is its beginning."""
    from bureau.moments import moment_from

    try:
        return moment_from(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no moment of our time; write 2019-02-04 or 2019-02-04T06:00:00Z", param_hint=option
        ) from None


def many(count: int, one: str, several: str) -> str:
    """A count with its noun.

    Examples
    --------
    >>> many(1, "delivery", "deliveries"), many(1200, "delivery", "deliveries")
    ('1 delivery', '1,200 deliveries')
    """
    return f"{count:,} {one if count == 1 else several}"


def print_json(value: object) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=2, default=str))
