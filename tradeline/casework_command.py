"""``tradeline casework``: how long decisions and notices are kept, and the end of their time."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from tradeline.common import HomeOption, JsonOption, now, open_casework_of, print_json

__all__ = ["casework", "expire", "hold", "lift", "status"]

casework = typer.Typer(
    help="How long decisions, notices and inquiries are kept: status, hold, lift, expire.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_DecisionArgument = Annotated[str, typer.Argument(metavar="DECISION", help="The id of a decision.")]
_ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept and shown: nothing personal.")]


@casework.command()
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """How much is on record, what waits, and which holds are in force."""
    with open_casework_of(home) as opened:
        told: dict[str, Any] = {
            "audit_entries": opened.audit.head().number,
            "decisions": opened.decisions.count(),
            "inquiries_waiting": opened.inquiries.waiting(),
            "holds": [asdict(each) for each in opened.holds.in_force()],
        }
    if as_json:
        print_json(told)
        return
    typer.echo(f"{told['decisions']:,} decisions on record, {told['audit_entries']:,} entries in the audit log")
    typer.echo(f"{told['inquiries_waiting']:,} inquiries wait for `tradeline inquiries deliver`")
    for each in told["holds"]:
        typer.echo(f"decision {each['decision_id']} is held since {each['placed_at']:%Y-%m-%d}: {each['reason']}")


@casework.command()
def hold(
    decision: _DecisionArgument, reason: _ReasonOption, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Keep a decision, its inquiry and its notices until the hold is lifted."""
    with open_casework_of(home) as opened:
        opened.holds.place(decision, reason, now())
    if as_json:
        print_json({"decision_id": decision, "held": True, "reason": reason})
    else:
        typer.echo(f"decision {decision} is held")


@casework.command()
def lift(
    decision: _DecisionArgument, reason: _ReasonOption, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Lift the hold that was placed for this reason."""
    with open_casework_of(home) as opened:
        lifted = opened.holds.lift(decision, reason, now())
    if as_json:
        print_json({"decision_id": decision, "lifted": lifted})
    else:
        typer.echo("the hold is lifted" if lifted else f"decision {decision} has no hold for this reason")


@casework.command()
def expire(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Destroy for ever what is kept no more; to be run once a month, repeated if it was interrupted."""
    with open_casework_of(home) as opened:
        destroyed = opened.holds.destroy_expired(now())
    if as_json:
        print_json(asdict(destroyed))
    else:
        typer.echo(
            f"{destroyed.keys:,} keys destroyed: the content of {destroyed.decisions:,} decisions, "
            f"{destroyed.inquiries:,} inquiries and {destroyed.notices:,} notices is gone"
        )
