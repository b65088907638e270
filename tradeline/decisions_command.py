"""``tradeline decisions``: what was decided, and that it is decided so again."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from enum import StrEnum
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
    from bureau.casework.conclusions import Conclusion
    from bureau.casework.records import DecisionRecord
    from bureau.home import Home

__all__ = [
    "DayOption",
    "IdArgument",
    "OutcomeName",
    "SubscriberOption",
    "conclude",
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


class OutcomeName(StrEnum):
    """What a person can decide."""

    APPROVE = "approve"
    DECLINE = "decline"


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
        concluded = {name: each.outcome for name, each in casework.conclusions.standing().items()}
        told = [
            {
                "decision": each.decision_id,
                "decided at": f"{each.decided_at:%Y-%m-%d %H:%M:%S}",
                "outcome": each.decision,
                "concluded": concluded.get(each.decision_id, ""),
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
        show_table(
            told, ("decision", "decided at", "outcome", "concluded", "subscriber", "purpose", "model", "policy"), ()
        )


@decisions.command()
def show(decision: IdArgument, home: HomeOption = None) -> None:
    """Show the answer that was given, and what a person concluded since; it is noted in the audit log."""
    from bureau.casework.opening import open_casework

    opened = open_home_of(settings_of(home))
    answer = json.loads(_read(opened, decision).answer)
    with open_casework(opened) as casework:
        concluded = [_plain(each) for each in casework.conclusions.of(decision)]
    print_json(answer | {"conclusions": concluded} if concluded else answer)


@decisions.command()
def conclude(
    decision: IdArgument,
    outcome: Annotated[OutcomeName, typer.Argument(help="What a person decided.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decided; kept sealed.")],
    reasons: Annotated[
        list[str] | None,
        typer.Option(
            "--reason", metavar="CODE", help="Why, the weightiest first; up to four, for a decline at least one."
        ),
    ] = None,
    why: Annotated[
        str, typer.Option("--why", metavar="TEXT", help="More about it, kept sealed and told in no letter; - reads it.")
    ] = "",
    correct: Annotated[
        bool, typer.Option("--correct", help="Instead of an earlier conclusion; both are kept.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Note what a person decided, of what was referred or contested; the decision on record stays as it is."""
    from bureau.casework.conclusions import Conclusion
    from bureau.casework.opening import open_casework
    from serving.conclusions import reasons_of

    codes = tuple(reasons or ())
    reasons_of(codes)  # those that no letter could tell are refused
    text = sys.stdin.read().strip() if why == "-" else why
    with open_casework(open_home_of(settings_of(home))) as casework:
        made = Conclusion(decision, now(), outcome.value, by, codes, text)
        kept = casework.conclusions.keep(made, correct=correct)
    if as_json:
        print_json({"decision": decision} | _plain(kept))
        return
    typer.echo(f"{decision}: {kept.outcome}, as a person decided")
    if kept.outcome == "decline":
        typer.echo(f"a letter is owed: tradeline notices render {decision} --out FILE")


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


def _plain(concluded: Conclusion) -> dict[str, object]:
    from serving.conclusions import reasons_of

    words = [{"code": each.code, "statement": each.statement} for each in reasons_of(concluded.reasons)]
    told = {"number": concluded.number, "concluded_at": f"{concluded.concluded_at.isoformat()}Z"}
    return told | {"outcome": concluded.outcome, "by": concluded.by, "reasons": words, "why": concluded.why}


def _read(home: Home, decision_id: str) -> DecisionRecord:
    """A decision of whomever; that it was read is noted."""
    from bureau.audit.events import OPERATOR, Event
    from bureau.casework.opening import open_casework

    with open_casework(home) as casework:
        record = casework.decision(decision_id, None)
        event = Event("decision read", now(), OPERATOR, subject=decision_id, consumer_id=record.consumer_id)
        casework.audit.append(event)
    return record
