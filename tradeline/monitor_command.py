"""``tradeline monitor``: fresh or overdue, how much, how good, how unusual, and what waits for a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradeline.common import HomeOption, JsonOption, moment_of, now, open_history_of, print_json

if TYPE_CHECKING:
    from bureau.monitor import Monitoring

__all__ = ["monitor"]


def monitor(
    home: HomeOption = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="MOMENT", help="As known at this moment (UTC); default now.")
    ] = None,
    as_json: JsonOption = False,
    prometheus: Annotated[
        bool, typer.Option("--prometheus", help="Print metrics in the text format of Prometheus, and nothing else.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with pictures into this file.")
    ] = None,
) -> None:
    """Show how all feeds stand: freshness, volumes, rejections, shifts, and what waits for a person."""
    if as_json and prometheus:
        raise typer.BadParameter("one form at a time: --json or --prometheus", param_hint="--prometheus")
    from bureau.kinds.all import KINDS
    from bureau.monitor import monitoring

    moment = moment_of(as_of, "--as-of") if as_of else now()
    found = monitoring(open_history_of(home), moment, KINDS)
    if html is not None:
        _write_page(found, html, quiet=as_json or prometheus)
    if as_json:
        from tradeline.monitor_data import as_json as plain

        print_json(plain(found))
    elif prometheus:
        from tradeline.monitor_data import as_metrics

        typer.echo(as_metrics(found), nl=False)
    else:
        from tradeline.monitor_table import show_monitoring

        show_monitoring(found)
        if html is not None:
            typer.echo(f"page  {html}")


def _write_page(monitoring: Monitoring, path: Path, *, quiet: bool) -> None:
    from bureau.kinds.all import KINDS
    from tradeline.console import Stages
    from tradeline.monitor_page import render_page

    with Stages(quiet=quiet).stage("page") as stage:
        page = render_page(monitoring, KINDS, stage)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8", newline="\n")
