"""``tradeline inventory``: who answers for each portfolio's model, what hangs on it, and its use limits."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any

import typer

from tradeline.common import HomeOption, JsonOption, open_home_of, print_json, settings_of

__all__ = ["Materiality", "inventory"]


class Materiality(StrEnum):
    """What hangs on a model."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


def inventory(
    portfolio: Annotated[
        str | None, typer.Argument(metavar="[PORTFOLIO]", help="Whose model is stated; without it, all are shown.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it in the business.")] = None,
    materiality: Annotated[Materiality | None, typer.Option(help="What hangs on it.")] = None,
    why: Annotated[str | None, typer.Option(help="Why so much hangs on it.")] = None,
    purpose: Annotated[str | None, typer.Option(help="What decisions it serves.")] = None,
    limit: Annotated[list[str] | None, typer.Option(help="What it may not be used for; may be repeated.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """State or show the model inventory; a validation fails where owner or materiality are missing."""
    stated = {"owner": owner, "materiality": materiality and materiality.value, "why_material": why, "purpose": purpose}
    given: dict[str, Any] = {name: value for name, value in stated.items() if value is not None}
    if portfolio is None and (given or limit):
        raise typer.BadParameter("name the portfolio whose model this says something of", param_hint="PORTFOLIO")
    opened = open_home_of(settings_of(home))

    from features.sets import feature_set
    from training.inventory import intended_use, read_inventory, state_use

    path = opened.runs / "inventory.json"
    if portfolio is not None and (given or limit):
        use = replace(intended_use(path, feature_set(portfolio).portfolio), **given)
        state_use(path, portfolio, replace(use, limits=tuple(limit)) if limit else use)
    known = read_inventory(path)
    shown = known if portfolio is None else {portfolio: known.get(portfolio, {})}
    if as_json:
        print_json(shown)
    elif not any(shown.values()):
        typer.echo("nothing is stated yet; `tradeline inventory PORTFOLIO --owner NAME --materiality high` does it")
    else:
        _show(shown)


def _show(entries: dict[str, dict[str, object]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("portfolio", "owner", "materiality", "why", "purpose"):
        table.add_column(column, overflow="fold")
    for portfolio, entry in sorted(entries.items()):
        told = (entry.get(name, "") for name in ("owner", "materiality", "why_material", "purpose"))
        table.add_row(portfolio, *map(str, told))
    Console(highlight=False).print(table)
