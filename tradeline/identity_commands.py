"""``tradeline identity``: which records speak of one person."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradeline.common import JsonOption, print_json
from tradeline.find_command import find
from tradeline.identity_decisions_command import merge, references, review, split

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["app", "link"]

_MEMORY = "8GB"
"""What DuckDB may use before it spills."""

app = typer.Typer(
    name="identity",
    help="Who is who.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _commands() -> None:
    """Keep ``link`` a command of its own."""


app.command()(find)
app.add_typer(review, name="review")
for each in (merge, split, references):
    app.command()(each)


@app.command()
def link(
    file: Annotated[Path, typer.Argument(help="A file of persons: CSV with a header line.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="The CSV to write: row,cluster.")],
    mapped: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=TARGET,...",
            help="What the file's columns are: first_name, middle_name, last_name, suffix, birth_date, national_id, "
            "phone, email, address, city, region, postcode. Others are ignored; several may be the address. "
            "Without it, columns called so are taken.",
        ),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the file; default UTF-8.", show_default=False)] = None,
    model: Annotated[
        Path | None, typer.Option("--model", help="Link with this model; by default one is trained on the records.")
    ] = None,
    save_model: Annotated[Path | None, typer.Option("--save-model", help="Write the model, as JSON.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Link the records of a file: rows of one person get one cluster. Only certain decisions are in it."""
    from bureau.engine import connect
    from bureau.identity.link import link as link_records
    from bureau.identity.model import Model
    from bureau.identity.people_file import parse_map, read_people

    mapping = parse_map(mapped or ())
    chosen = Model.from_json(model.read_text(encoding="utf-8")) if model else None
    if out.exists() and file.exists() and out.samefile(file):
        raise typer.BadParameter("it is the file to read; name another", param_hint="--out")
    with tempfile.TemporaryDirectory() as spill, connect(Path(spill), _MEMORY) as connection:
        connection.execute("SET preserve_insertion_order = false")
        read_people(connection, file, "told", mapping, encoding=encoding)
        linked = link_records(connection, "told", "linked", model=chosen)
        _write(connection, out)
    if save_model:
        save_model.write_text(linked.model.to_json() + "\n", encoding="utf-8")
    summary = {
        "records": linked.records,
        "clusters": linked.clusters,
        "uncertain_pairs": linked.review,
        "candidate_pairs_per_record": round((linked.pairs + linked.added) / max(linked.records, 1), 3),
        "model": linked.model.version,
        "made": linked.model.made,
    }
    if as_json:
        print_json(summary)
    else:
        typer.echo(f"{linked.records:,} records, {linked.clusters:,} clusters; {linked.review:,} pairs left undecided")


def _write(connection: DuckDBPyConnection, out: Path) -> None:
    """Write the clusters; the file is there as a whole or not at all."""
    made = out.with_name(out.name + ".part")
    try:
        with made.open("w", encoding="utf-8", newline="") as text:
            text.write("row,cluster\n")
            rows = connection.execute("SELECT record, cluster FROM linked ORDER BY record")
            while batch := rows.fetchmany(100_000):
                text.writelines(f"{record},{cluster}\n" for record, cluster in batch)
        made.replace(out)
    finally:
        made.unlink(missing_ok=True)
