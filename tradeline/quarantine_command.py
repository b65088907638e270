"""``tradeline quarantine``: what waits for a person, and what people decide."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradeline.common import HomeOption, JsonOption, now, open_history_of, options_after_command, print_json

if TYPE_CHECKING:
    from bureau.delivery import Receipt
    from bureau.quarantine import Decision

__all__ = ["accept", "correct", "listing", "quarantine", "quarantine_or_list", "refuse", "reject", "release", "show"]

quarantine = typer.Typer(
    help="Records set aside and deliveries held: list, show, correct, accept, reject, release.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

_DeliveryArgument = Annotated[str, typer.Argument(metavar="DELIVERY", help="Its id; the beginning will do.")]
_LineArgument = Annotated[int, typer.Argument(metavar="LINE", help="Its line in the file.", min=1)]
_ReviewerOption = Annotated[str, typer.Option("--reviewer", help="Who decides.")]
_ReasonOption = Annotated[str, typer.Option("--reason", help="Why; a sentence that others will understand.")]
_DeliveryOption = Annotated[str | None, typer.Option(help="Only this delivery, by its id; the beginning will do.")]
_WaitingOption = Annotated[bool, typer.Option("--waiting", help="Only what nobody has decided yet.")]


@quarantine.callback()
def quarantine_or_list(
    context: typer.Context,
    home: HomeOption = None,
    delivery: _DeliveryOption = None,
    waiting: _WaitingOption = False,
    as_json: JsonOption = False,
) -> None:
    """Records set aside and deliveries held; without a command, the list."""
    if context.invoked_subcommand is None:
        listing(home, delivery, waiting=waiting, as_json=as_json)
    else:
        options_after_command(context, home, delivery, waiting, as_json)


@quarantine.command("list")
def listing(
    home: HomeOption = None,
    delivery: _DeliveryOption = None,
    waiting: _WaitingOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the records set aside, with the rules they break; the records themselves are not shown."""
    from bureau.set_aside import list_quarantine
    from tradeline.show_bureau import show_quarantine

    listed = [_without_record(item) for item in list_quarantine(open_history_of(home), delivery, waiting=waiting)]
    if as_json:
        print_json(listed)
    else:
        show_quarantine(listed)


@quarantine.command()
def show(
    delivery: _DeliveryArgument,
    line: _LineArgument,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one record as it came, with the rules it breaks. It may hold personal data."""
    from bureau.kinds.all import KINDS
    from bureau.set_aside import examine
    from tradeline.show_bureau import show_record

    examined = examine(open_history_of(home), KINDS, delivery, line)
    if examined["record"] is None:  # only an erasure takes a record away
        examined["erased"] = True
        if not examined["decisions"]:  # the history is told of it with the next delivery
            examined["state"] = "erased"
    if as_json:
        print_json(examined)
    else:
        show_record(examined)


@quarantine.command()
def correct(
    delivery: _DeliveryArgument,
    line: _LineArgument,
    reviewer: _ReviewerOption,
    reason: _ReasonOption,
    value: Annotated[
        list[str], typer.Option("--set", metavar="COLUMN=VALUE", help="The right value; may be repeated.")
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Correct a record; it comes in again through the same rules."""
    from bureau.kinds.all import KINDS
    from bureau.quarantine import correct as decide

    receipt = decide(open_history_of(home), KINDS, delivery, line, _values(value), _decision(reviewer, reason))
    _tell(receipt, as_json=as_json)


@quarantine.command()
def accept(
    delivery: _DeliveryArgument,
    line: _LineArgument,
    reviewer: _ReviewerOption,
    reason: _ReasonOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Accept a record as it is, although it contradicts what is on file."""
    from bureau.kinds.all import KINDS
    from bureau.quarantine import accept as decide

    _tell(decide(open_history_of(home), KINDS, delivery, line, _decision(reviewer, reason)), as_json=as_json)


@quarantine.command()
def reject(
    delivery: _DeliveryArgument,
    line: _LineArgument,
    reviewer: _ReviewerOption,
    reason: _ReasonOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Leave a record out for good."""
    from bureau.quarantine import reject as decide

    record = decide(open_history_of(home), delivery, line, _decision(reviewer, reason))
    if as_json:
        print_json(_without_record(record))
    else:
        typer.echo(f"{record.file}, line {line}: rejected")


@quarantine.command()
def release(
    delivery: _DeliveryArgument,
    reviewer: _ReviewerOption,
    reason: _ReasonOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in a held delivery."""
    from bureau.kinds.all import KINDS
    from bureau.quarantine import release as decide

    _tell(decide(open_history_of(home), KINDS, delivery, _decision(reviewer, reason)), as_json=as_json)


@quarantine.command()
def refuse(
    delivery: _DeliveryArgument,
    reviewer: _ReviewerOption,
    reason: _ReasonOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Turn a held delivery away for good; its records stay quarantined."""
    from bureau.kinds.all import KINDS
    from bureau.quarantine import turn_away

    _tell(turn_away(open_history_of(home), KINDS, delivery, _decision(reviewer, reason)), as_json=as_json)


def _decision(reviewer: str, reason: str) -> Decision:
    from bureau.quarantine import Decision

    return Decision(reviewer, reason, now())


def _values(given: list[str]) -> dict[str, str | None]:
    values: dict[str, str | None] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals:
            raise typer.BadParameter(f"{name!r} names no value; write COLUMN=VALUE", param_hint="--set")
        values[name.strip()] = value or None
    return values


def _without_record(item: Any) -> dict[str, Any]:
    told = asdict(item)
    del told["record"]
    return told


def _tell(receipt: Receipt, *, as_json: bool) -> None:
    from tradeline.show_bureau import show_outcome

    if as_json:
        print_json(asdict(receipt) | {"furnisher": receipt.furnisher_id})
    else:
        show_outcome([receipt])
