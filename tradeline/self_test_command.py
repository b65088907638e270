"""``tradeline self-test``: attributes for fairness tests, kept apart from everything that scores."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer

from tradeline.common import HomeOption, JsonOption, open_history_of, print_json

__all__ = ["app", "load", "show"]

app = typer.Typer(
    help="Attributes for fairness tests (sex, ethnic group, age band ...), sealed apart from everything that scores.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def load(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV (UTF-8, with a header) or Parquet.")],
    portfolio: Annotated[str | None, typer.Option(help="The portfolio whose references the file has.")] = None,
    furnisher: Annotated[str | None, typer.Option(help="The furnisher whose references the file has.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="Column of the consumer's reference; default the first.")
    ] = None,
    attribute: Annotated[
        list[str] | None, typer.Option(help="Column to take; may be repeated; default all others.")
    ] = None,
    band: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN:EDGES", help="Put numbers into bands: AGE:25,40,62.")
    ] = None,
    names: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN:CODES", help="Name codes: SEX:1=male,2=female.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take the attributes of a file; they replace those of the same name."""
    space = portfolio or furnisher
    if space is None or (portfolio and furnisher):
        raise typer.BadParameter("say whose references the file has: one of --portfolio and --furnisher")
    from bureau.self_test import load_self_test
    from bureau.self_test_file import read_self_test_file

    told = read_self_test_file(
        file,
        reference=reference,
        attributes=attribute or (),
        bands=dict(_edges(each) for each in band or ()),
        names=dict(_codes(each) for each in names or ()),
    )
    loaded = load_self_test(open_history_of(home), told, space)
    if as_json:
        print_json(
            {
                "file": told.name,
                "attributes": loaded.attributes,
                "consumers": loaded.consumers,
                "unknown_references": loaded.unknown,
                "without_attributes": loaded.empty,
            }
        )
        return
    typer.echo(
        f"{told.name}: {', '.join(loaded.attributes)} of {loaded.consumers:,} consumers kept; "
        f"{loaded.unknown:,} references unknown, {loaded.empty:,} consumers without a value"
    )


@app.command()
def show(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Count consumers by attribute and value; nothing about a single one."""
    from bureau.self_test import count_self_test

    counts = count_self_test(open_history_of(home))
    if as_json:
        print_json({"consumers": counts.consumers, "attributes": counts.values})
        return
    if not counts.consumers:
        typer.echo("no self-test attributes; take some with `tradeline self-test load`")
        return
    typer.echo(f"{counts.consumers:,} consumers with self-test attributes")
    for name, values in counts.values.items():
        typer.echo(name)
        for value, count in values.items():
            typer.echo(f"  {count:>12,}  {value}")


def _split(text: str, option: str, example: str) -> tuple[str, list[str]]:
    column, colon, rest = text.rpartition(":")
    if not (column and colon and rest):
        raise typer.BadParameter(f"{text!r} is not of the form {example}", param_hint=option)
    return column, rest.split(",")


def _edges(text: str) -> tuple[str, list[float]]:
    column, parts = _split(text, "--band", "AGE:25,40,62")
    try:
        edges = [float(part) for part in parts]
    except ValueError:
        edges = []
    if not edges or any(low >= high for low, high in pairwise(edges)):
        raise typer.BadParameter(f"{text!r}: the edges of bands are rising numbers", param_hint="--band")
    return column, edges


def _codes(text: str) -> tuple[str, dict[str, str]]:
    column, parts = _split(text, "--names", "SEX:1=male,2=female")
    pairs: Iterable[tuple[str, str, str]] = [part.partition("=") for part in parts]
    if not all(code and equals and name for code, equals, name in pairs):
        raise typer.BadParameter(f"{text!r} is not of the form SEX:1=male,2=female", param_hint="--names")
    return column, {code: name for code, _, name in pairs}
