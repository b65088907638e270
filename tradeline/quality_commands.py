"""``tradeline findings`` and ``tradeline quality``: what was noticed, and how good each furnisher's data are."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from tradeline.common import HomeOption, JsonOption, moment_of, open_history_of, print_json

__all__ = ["findings", "quality"]


def findings(
    home: HomeOption = None,
    furnisher: Annotated[str | None, typer.Option(help="Only of this furnisher.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only of this rule.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="No more than this many; default all with --json.")] = None,
    evidence: Annotated[bool, typer.Option("--evidence", help="With what contradicts what; personal data.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List what was noticed about records that were accepted: who contradicts whom."""
    from bureau.quality import list_findings
    from tradeline.tables import show_table

    found = list_findings(
        open_history_of(home), furnisher=furnisher, rule=rule, limit=limit or (None if as_json else _SHOWN)
    )
    told: list[dict[str, Any]] = []
    for item in found:
        row = asdict(item)
        if not evidence:
            del row["evidence"]
        told.append(row)
    if as_json:
        print_json(told)
        return
    columns = ("furnisher_id", "file", "rule", *(("evidence",) if evidence else ()))
    show_table([{**row, "line": row["line"] or 0} for row in told], columns, ("line",))
    if limit is None and len(told) == _SHOWN:
        typer.echo(f"the first {_SHOWN}; --limit shows more", err=True)


_SHOWN = 50


def quality(
    home: HomeOption = None,
    since: Annotated[str | None, typer.Option(metavar="MOMENT", help="Only deliveries received from then on.")] = None,
    until: Annotated[str | None, typer.Option(metavar="MOMENT", help="Only deliveries received by then.")] = None,
    as_json: JsonOption = False,
) -> None:
    """A data-quality score for each furnisher, from 0 to 100, with its components."""
    from bureau.kinds.all import KINDS
    from bureau.quality import WEIGHTS, furnisher_quality
    from tradeline.tables import show_table

    scored = furnisher_quality(
        open_history_of(home),
        KINDS,
        since=moment_of(since, "--since") if since else None,
        until=moment_of(until, "--until") if until else None,
    )
    if as_json:
        print_json([asdict(item) for item in scored])
        return
    rows = [
        {
            "furnisher": item.furnisher_id,
            "records": item.records,
            "score": _points(item.score),
            **{name: _points(item.components.get(name)) for name in WEIGHTS},
            "most broken": ", ".join(f"{rule} ({count:,})" for rule, count in item.worst[:2]),
        }
        for item in scored
    ]
    show_table(rows, ("furnisher",), ("records", "score", *WEIGHTS), ("most broken",))


def _points(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
