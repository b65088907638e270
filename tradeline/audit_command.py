"""``tradeline audit``: the audit log, its proof, and checkpoints to anchor elsewhere."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tradeline.common import HomeOption, JsonOption, now, open_casework_of, open_home_of, print_json, settings_of

__all__ = ["audit", "checkpoint", "show", "verify"]

audit = typer.Typer(
    help="The audit log: show it, prove it, and write checkpoints to anchor elsewhere.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@audit.command()
def verify(
    against: Annotated[
        list[Path] | None,
        typer.Option("--against", metavar="FILE", help="Checkpoints that were kept elsewhere; may be repeated."),
    ] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Open what is sealed, too: decisions, inquiries, conclusions, letters.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find out whether the log is what was written; exit code 1 and which entry is wrong, if not."""
    from functools import partial

    from bureau.audit.checkpoints import read_checkpoints
    from bureau.audit.events import OPERATOR, Event
    from bureau.audit.verify import verify as verify_now
    from bureau.signers import trusted_signers

    anchored = [each for path in against or () for each in read_checkpoints(path)]
    trusted = trusted_signers(open_home_of(settings_of(home)).signers)
    with open_casework_of(home) as casework:
        found = verify_now(
            casework.audit,
            trusted,
            anchored=anchored,
            decisions=partial(casework.decisions.between, deep=deep),
            others=casework.compared(deep=deep),
        )
        if not found.faults:
            details = {"entries": found.entries, "deep": deep, "anchored": len(anchored)}
            casework.audit.append(Event("audit verified", now(), actor=OPERATOR, details=details))
    if as_json:
        print_json(asdict(found))
    else:
        for fault in found.faults:
            typer.echo(f"{fault.kind}: {fault.sentence}")
        typer.echo(
            f"{found.entries:,} entries, {found.checkpoints:,} checkpoints and {found.decisions:,} decisions compared: "
            + ("all is as it was written" if not found.faults else f"{len(found.faults):,} faults")
        )
    if found.faults:
        raise typer.Exit(1)


@audit.command()
def checkpoint(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Add it to this file, to be kept elsewhere.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign where the log stands now."""
    from bureau.audit.checkpoints import write_checkpoint
    from bureau.casework.opening import audit_signer

    signer = audit_signer(open_home_of(settings_of(home)))
    with open_casework_of(home) as casework:
        made = casework.audit.checkpoint(signer, now())
    if out is not None:
        write_checkpoint(out, made)
    told = {"number": made.number, "digest": made.digest.hex(), "at": made.at.isoformat(), "file": out and str(out)}
    if as_json:
        print_json(told)
    else:
        typer.echo(f"entry {made.number:,} is signed by {signer.name}: {made.digest.hex()}")
        if out is not None:
            typer.echo(f"added to {out}; keep a copy where nobody who can write here can change it")


@audit.command()
def show(
    last: Annotated[int, typer.Option("--last", min=1, help="So many entries from the end.")] = 20,
    kind: Annotated[str | None, typer.Option(help="Those of one kind alone, such as decision.")] = None,
    subject: Annotated[str | None, typer.Option(help="Those about one decision, key or batch alone.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the newest entries of the log."""
    from collections import deque

    from bureau.audit.events import Event
    from tradeline.tables import show_table

    with open_casework_of(home) as casework:
        newest = casework.audit.head().number
        after = 0 if kind or subject else max(newest - last, 0)
        events = (Event.of(entry.text) for entry in casework.audit.entries(after=after))
        chosen = deque(
            (
                {"number": number, **event.plain()}
                for number, event in events
                if kind in (None, event.kind) and subject in (None, event.subject)
            ),
            maxlen=last,
        )
    if as_json:
        print_json(list(chosen))
    else:
        shown = ("number", "at", "kind", "actor", "subscriber", "subject", "consumer_id", "details")
        show_table([_row(each) for each in chosen], shown, ())


def _row(told: dict[str, Any]) -> dict[str, str]:
    """An entry as texts; nothing stands where nothing is told."""
    details = ", ".join(f"{name}={value}" for name, value in told["details"].items() if value is not None)
    return {name: "" if value is None else str(value) for name, value in (told | {"details": details}).items()}
