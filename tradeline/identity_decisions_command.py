"""``tradeline identity review | merge | split | references``: what people decide about who is who."""

from __future__ import annotations

import os
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tradeline.common import HomeOption, JsonOption, now, open_history_of, options_after_command, print_json

if TYPE_CHECKING:
    from bureau.identity.decisions import Outcome
    from bureau.identity.pair_evidence import Evidence
    from bureau.quarantine import Decision

__all__ = ["VerdictName", "decide", "listing", "merge", "references", "review", "review_or_list", "show", "split"]

review = typer.Typer(
    help="Pairs that may be one person and wait for a decision: list, show, decide.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

_SHOWN: Final = 50

_ReviewerOption = Annotated[str, typer.Option("--reviewer", help="Who decides.")]
_ReasonOption = Annotated[str, typer.Option("--reason", help="Why; a sentence that others will understand.")]
_LimitOption = Annotated[
    int | None, typer.Option(min=1, help="No more than this many; default 50, all with --json.", show_default=False)
]
_ReferenceArgument = Annotated[int, typer.Argument(metavar="REFERENCE", help="Its number.", show_default=False)]
_ConsumerArgument = Annotated[
    int, typer.Argument(metavar="CONSUMER", help="Any number that is or ever was its own.", show_default=False)
]


class VerdictName(StrEnum):
    """What can be decided about two references."""

    SAME = "same"
    DIFFERENT = "different"


@review.callback()
def review_or_list(
    context: typer.Context, home: HomeOption = None, limit: _LimitOption = None, as_json: JsonOption = False
) -> None:
    """Pairs that may be one person and wait for a decision; without a command, the list."""
    if context.invoked_subcommand is None:
        listing(home, limit, as_json=as_json)
    else:
        options_after_command(context, home, limit, as_json)


@review.command("list")
def listing(home: HomeOption = None, limit: _LimitOption = None, as_json: JsonOption = False) -> None:
    """List the pairs that wait, the likest first, and components too large to be one person; no personal data."""
    from bureau.identity.review import list_waiting
    from tradeline.show_identity import show_waiting

    waiting = list_waiting(open_history_of(home))
    if as_json:
        print_json(
            {
                "pairs": [asdict(pair) for pair in waiting.pairs[:limit]],
                "components": [asdict(each) for each in waiting.components],
            }
        )
        return
    show_waiting(waiting, limit or _SHOWN)
    if limit is None and len(waiting.pairs) > _SHOWN:
        typer.echo(f"the first {_SHOWN} of {len(waiting.pairs):,} pairs; --limit shows more", err=True)


@review.command()
def show(
    left: _ReferenceArgument,
    right: _ReferenceArgument,
    home: HomeOption = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page with a picture of the match weight into this file."),
    ] = None,
    told: Annotated[
        bool,
        typer.Option("--told", help="Write what was told into the page, too: personal data that no erasure reaches."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show a pair with its evidence: what was told, and how the match weight comes about. Personal data."""
    from bureau.identity.pair_evidence import examine_pair
    from tradeline.show_identity import show_evidence

    if told and html is None:
        raise typer.BadParameter("it belongs to a page; name one with --html", param_hint="--told")
    evidence = examine_pair(open_history_of(home), left, right)
    if html is not None:
        _write_page(evidence, html, told=told)
    if as_json:
        print_json(evidence.as_dict())
        return
    show_evidence(evidence)
    if html is not None:
        typer.echo(f"page  {html}")


@review.command()
def decide(
    left: _ReferenceArgument,
    right: _ReferenceArgument,
    verdict: Annotated[VerdictName, typer.Argument(help="One person, or two.", show_default=False)],
    reviewer: _ReviewerOption,
    reason: _ReasonOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide whether two references are one person; it holds for every later delivery and resolution."""
    from bureau.identity.decisions import decide as decide_pair

    decision = _decision(reviewer, reason)
    _tell(decide_pair(open_history_of(home), left, right, verdict.value, decision), as_json=as_json)


def merge(
    one: _ConsumerArgument,
    other: _ConsumerArgument,
    reviewer: _ReviewerOption,
    reason: _ReasonOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make two consumers one, with all that is on file about them; their numbers stay good."""
    from bureau.identity.decisions import merge as merge_consumers

    _tell(merge_consumers(open_history_of(home), one, other, _decision(reviewer, reason)), as_json=as_json)


def split(
    consumer: _ConsumerArgument,
    reference: Annotated[
        list[int],
        typer.Argument(
            metavar="REFERENCE...", help="The references of another person (one person).", show_default=False
        ),
    ],
    reviewer: _ReviewerOption,
    reason: _ReasonOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Part references from a consumer: they are another person than all its others."""
    from bureau.identity.decisions import split as split_consumer

    _tell(split_consumer(open_history_of(home), consumer, reference, _decision(reviewer, reason)), as_json=as_json)


def references(consumer: _ConsumerArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the references that belong to a consumer now, whose they are, and how they came to it."""
    from bureau.identity.consumers import list_references
    from tradeline.show_identity import show_references

    found, listed = list_references(open_history_of(home), consumer)
    if as_json:
        print_json({"consumer": found.consumer_id, "references": [each.as_dict() for each in listed]})
    else:
        show_references(found, listed)


def _decision(reviewer: str, reason: str) -> Decision:
    from bureau.quarantine import Decision

    return Decision(reviewer, reason, now())


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    from tradeline.show_identity import show_outcome

    told: dict[str, Any] = outcome.as_dict()
    if as_json:
        print_json(told)
    else:
        show_outcome(outcome)


def _write_page(evidence: Evidence, path: Path, *, told: bool) -> None:
    """Write the page; only its owner may read it."""
    from tradeline.identity_page import render_pair

    page = render_pair(evidence, told=told)
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(path.name + ".part")
    try:
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(page)
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
