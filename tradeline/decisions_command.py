"""``tradeline decisions``: what was decided, and that it is decided so again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tradeline.common import (
    HomeOption,
    JsonOption,
    now,
    open_home_of,
    options_after_command,
    print_json,
    settings_of,
)

if TYPE_CHECKING:
    from bureau.casework.records import DecisionRecord
    from bureau.home import Home

__all__ = [
    "DayOption",
    "IdArgument",
    "SubscriberOption",
    "decisions",
    "decisions_or_list",
    "list_decisions",
    "replay",
    "show",
]

decisions = typer.Typer(
    help="Decisions on record: which there are, what was answered, and whether it comes out again.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

IdArgument = Annotated[str, typer.Argument(metavar="DECISION", help="Identifier of the decision.")]
SubscriberOption = Annotated[str | None, typer.Option("--subscriber", metavar="NAME", help="Whose alone.")]
DayOption = Annotated[
    datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="From the beginning of this day (UTC) on.")
]


@decisions.callback()
def decisions_or_list(context: typer.Context, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """What was decided; without a command, the decisions on record."""
    if context.invoked_subcommand is None:
        list_decisions(home=home, as_json=as_json)
    else:
        options_after_command(context, home, as_json)


@decisions.command("list")
def list_decisions(
    subscriber: SubscriberOption = None, since: DayOption = None, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """List decisions, without anything personal."""
    from bureau.casework.opening import open_casework
    from tradeline.tables import show_table

    opened = open_home_of(settings_of(home))
    with open_casework(opened) as casework:
        told = [
            {
                "decision": each.decision_id,
                "decided at": f"{each.decided_at:%Y-%m-%d %H:%M:%S}",
                "outcome": each.decision,
                "subscriber": each.subscriber,
                "purpose": each.purpose,
                "model": each.model_version,
                "policy": each.policy_version,
            }
            for each in casework.decisions.all(subscriber=subscriber, since=since.date() if since else None)
        ]
    if as_json:
        print_json(told)
    else:
        show_table(told, ("decision", "decided at", "outcome", "subscriber", "purpose", "model", "policy"), ())


@decisions.command()
def show(decision: IdArgument, home: HomeOption = None) -> None:
    """Show the answer that was given; it is noted in the audit log."""
    opened = open_home_of(settings_of(home))
    print_json(json.loads(_read(opened, decision).answer))


@decisions.command()
def replay(
    decision: IdArgument,
    features: Annotated[
        bool, typer.Option("--features", help="Compute the features again from what the history knew then, too.")
    ] = False,
    currency: Annotated[
        str | None, typer.Option(metavar="CODE", help="Currency of the features; default the only one told.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a decision again, and say whether the same answer comes out to the byte."""
    from features.sets import feature_set
    from serving.engine import Engines
    from serving.replaying import differing_features, made_again

    settings = settings_of(home)
    opened = open_home_of(settings)
    record = _read(opened, decision)
    made_again(record, Engines(opened))
    told: dict[str, object] = {"decision": decision, "same_answer": True}
    if features:
        from bureau.history import open_history
        from tradeline.build_features import currency_of

        history = open_history(opened, memory_limit=settings.memory_limit)
        differing = differing_features(
            record,
            feature_set(record.portfolio),
            history,
            currency=currency_of(history, currency),
            now=datetime.now(UTC),
        )
        told["differing_features"] = sorted(differing)
    if as_json:
        print_json(told)
        return
    typer.echo(f"{decision}: the same answer to the byte")
    if features:
        names = told["differing_features"]
        typer.echo(f"features that the history gives otherwise: {', '.join(names) if names else 'none'}")  # type: ignore[arg-type]


def _read(home: Home, decision_id: str) -> DecisionRecord:
    """A decision of whomever; that it was read is noted."""
    from bureau.audit.events import OPERATOR, Event
    from bureau.casework.opening import open_casework

    with open_casework(home) as casework:
        record = casework.decision(decision_id, None)
        event = Event("decision read", now(), OPERATOR, subject=decision_id, consumer_id=record.consumer_id)
        casework.audit.append(event)
    return record
