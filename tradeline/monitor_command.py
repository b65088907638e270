"""``tradeline monitor``: fresh or overdue, how much, how good, how unusual, and what waits for a person."""

from __future__ import annotations

from datetime import datetime
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
    model: Annotated[
        bool, typer.Option("--model", help="Watch the champion instead: drift of inputs and score, performance.")
    ] = False,
    portfolio: Annotated[
        str | None, typer.Option(help="With --model: whose champion; default the one promoted last.")
    ] = None,
) -> None:
    """Show how all feeds stand: freshness, volumes, rejections, shifts, and what waits for a person."""
    if portfolio and not model:
        raise typer.BadParameter("only --model watches a portfolio's champion", param_hint="--portfolio")
    if model and prometheus:
        raise typer.BadParameter("--model has no metrics for Prometheus; use --json", param_hint="--prometheus")
    if as_json and prometheus:
        raise typer.BadParameter("one form at a time: --json or --prometheus", param_hint="--prometheus")
    from bureau.kinds.all import KINDS
    from bureau.monitor import monitoring

    moment = moment_of(as_of, "--as-of") if as_of else now()
    if model:
        _watch_model(home, portfolio, moment, html, as_json=as_json)
        return
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


def _watch_model(
    home: Path | None, portfolio: str | None, moment: datetime, html: Path | None, *, as_json: bool
) -> None:
    from tradeline.console import Stages
    from tradeline.model_monitor import as_json as plain
    from tradeline.model_monitor import render_page, show_drift
    from tradeline.model_populations import model_populations
    from training.drift.drift import drift
    from training.drift.section import drift_section

    history = open_history_of(home)
    stages = Stages(quiet=as_json)
    with stages.stage("populations"):
        found = model_populations(history.home, history, portfolio, moment)
    with stages.stage("drift"):
        changed = drift(
            found.reference,
            found.current,
            matured=found.matured,
            scale=found.bundle.scale,
            growing=found.growing,
        )
    version = found.bundle.model_version
    if html is not None:
        section = drift_section(changed, subject=f"{found.told}.")
        page = render_page(section, changed, version, moment, age=found.age)
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(page, encoding="utf-8", newline="\n")
    if as_json:
        print_json(plain(changed, version, moment, found.told, age=found.age))
        return
    show_drift(changed, found.told, age=found.age)
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
