"""``tradeline identity``: which records speak of one person."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Final

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
            "Without it, columns called so are taken. May be repeated; a name with a comma in it is quoted: "
            "'\"Name, last\"=last_name'.",
        ),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of the file; by default the file itself tells it.", show_default=False)
    ] = None,
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
    from tradeline.console import Stages

    mapping = parse_map(mapped or ())
    chosen = Model.from_json(model.read_text(encoding="utf-8")) if model else None
    if out.exists() and file.exists() and out.samefile(file):
        raise typer.BadParameter("it is the file to read; name another", param_hint="--out")
    stages = Stages(quiet=as_json)
    with (
        _whole(out) as text,
        tempfile.TemporaryDirectory() as spill,
        connect(Path(spill), _MEMORY) as connection,
        stages.stage("link") as stage,
    ):
        connection.execute("SET preserve_insertion_order = false")
        stage("read", 0.0)
        read_people(connection, file, "told", mapping, encoding=encoding, note=stages.note)
        linked = link_records(
            connection, "told", "linked", model=chosen, step=lambda name: stage(name, _SHARE.get(name, 0.0))
        )
        stage("write", _SHARE["done"])
        _write(connection, text)
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


_SHARE: Final = {"standardise": 0.1, "train": 0.3, "block": 0.6, "score": 0.65, "cluster": 0.85, "done": 0.95}
"""About how much of the work is done when a step begins."""


@contextmanager
def _whole(out: Path) -> Iterator[IO[str]]:
    """A file to write, opened before the work; in the end it is there as a whole or not at all."""
    if out.is_symlink() or (out.exists() and not out.is_file()):
        # A pipe or /dev/stdout takes what comes and must not be replaced; of a folder it is told that it is one.
        with out.open("w", encoding="utf-8", newline="") as text:
            yield text
        return
    made = out.with_name(out.name + ".part")
    try:
        with made.open("w", encoding="utf-8", newline="") as text:
            yield text
        made.replace(out)
    finally:
        made.unlink(missing_ok=True)


def _write(connection: DuckDBPyConnection, text: IO[str]) -> None:
    text.write("row,cluster\n")
    rows = connection.execute("SELECT record, cluster FROM linked ORDER BY record")
    while batch := rows.fetchmany(100_000):
        text.writelines(f"{record},{cluster}\n" for record, cluster in batch)
