"""``tradeline subscribers``: who may ask about consumers, and for which certified purposes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradeline.common import (
    HomeOption,
    JsonOption,
    now,
    open_casework_of,
    open_home_of,
    options_after_command,
    print_json,
    settings_of,
)

if TYPE_CHECKING:
    from bureau.casework.casework import Casework

__all__ = ["add", "certify", "list_subscribers", "purposes", "show", "subscribers", "withdraw"]

subscribers = typer.Typer(
    help="Subscribers: who may ask about consumers, and for which certified purposes.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

_SubscriberArgument = Annotated[str, typer.Argument(metavar="SUBSCRIBER", help="Its name, such as harbour-bank.")]


@subscribers.callback()
def list_subscribers(context: typer.Context, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the subscribers, or add one, or note what it certifies."""
    if context.invoked_subcommand is not None:
        options_after_command(context, home, as_json)
        return
    from tradeline.tables import show_table

    with open_casework_of(home) as casework:
        found = [_told(casework, each.subscriber_id) for each in casework.subscribers.all()]
    if as_json:
        print_json(found)
    else:
        show_table(found, ("subscriber_id", "name", "jurisdiction", "purposes"), ())


@subscribers.command()
def add(
    subscriber: _SubscriberArgument,
    name: Annotated[str, typer.Option(help="Its name for people, and in notices.")],
    address: Annotated[str, typer.Option(help="Its address on one line, for notices.")],
    jurisdiction: Annotated[str, typer.Option(help="Whose law it asks under, such as us.")],
    regulator: Annotated[
        str, typer.Option(help="Code of the agency that oversees it as a creditor; ftc, occ, ...; see docs/notices.md.")
    ] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a subscriber, or change what is known of it."""
    from bureau.access.subscribers import Subscriber

    moment = now()
    if regulator:
        _require_known(regulator, jurisdiction, moment.date(), home)
    with open_casework_of(home) as casework:
        casework.subscribers.add(Subscriber(subscriber, name, address, jurisdiction, regulator, moment))
        told = _told(casework, subscriber)
    if as_json:
        print_json(told)
    else:
        typer.echo(f"{subscriber} is a subscriber; next: tradeline subscribers certify {subscriber} PURPOSE ...")


@subscribers.command()
def certify(
    subscriber: _SubscriberArgument,
    purpose: Annotated[list[str], typer.Argument(metavar="PURPOSE", help="See `tradeline subscribers purposes`.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Note that a subscriber certifies permissible purposes: from now on its keys can be made for them."""
    with open_casework_of(home) as casework:
        casework.subscribers.certify(subscriber, purpose, now())
        told = _told(casework, subscriber)
    if as_json:
        print_json(told)
    else:
        typer.echo(f"{subscriber} has certified {', '.join(told['purposes'])}")


@subscribers.command()
def withdraw(
    subscriber: _SubscriberArgument,
    purpose: Annotated[str, typer.Argument(metavar="PURPOSE", help="One that it has certified.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Withdraw a certification: none of the subscriber's keys is good for that any more."""
    with open_casework_of(home) as casework:
        withdrawn = casework.subscribers.withdraw(subscriber, purpose, now())
        told = _told(casework, subscriber)
    if as_json:
        print_json(told | {"withdrawn": withdrawn})
    else:
        typer.echo(f"{purpose} is withdrawn" if withdrawn else f"{subscriber} has not certified {purpose}")


@subscribers.command()
def show(subscriber: _SubscriberArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show a subscriber, its certifications and the number of its keys."""
    with open_casework_of(home) as casework:
        told = _told(casework, subscriber)
        certifications = [asdict(each) for each in casework.subscribers.certifications(subscriber)]
        keys = len(casework.keys.all(subscriber))
    if as_json:
        print_json(told | {"certifications": certifications, "keys": keys})
        return
    for name in ("name", "address", "jurisdiction", "regulator"):
        typer.echo(f"{name:<13}{told[name] or '–'}")
    for each in certifications:
        until = f", withdrawn {each['withdrawn_at']:%Y-%m-%d}" if each["withdrawn_at"] else ""
        typer.echo(f"certified    {each['purpose']} {each['certified_at']:%Y-%m-%d}{until}")
    typer.echo(f"keys         {keys}")


@subscribers.command()
def purposes(as_json: JsonOption = False) -> None:
    """List the permissible purposes there are, each with its paragraph of the FCRA."""
    from bureau.access.purposes import PURPOSES
    from tradeline.tables import show_table

    found = [asdict(each) for each in PURPOSES.values()]
    if as_json:
        print_json(found)
    else:
        show_table(found, ("code", "paragraph", "inquiry", "statement"), ())


def _require_known(regulator: str, jurisdiction: str, on: date, home: Path | None) -> None:
    """Refuse a regulator that no letter could name; the bureau itself knows nothing of letters."""
    from scoring.errors import NoticeRefused
    from scoring.notice.rules import rules_of

    try:
        known = sorted(rules_of(jurisdiction, on, open_home_of(settings_of(home)).notices).authorities)
    except NoticeRefused as error:
        raise typer.BadParameter(str(error), param_hint="--regulator") from None
    if regulator not in known:
        raise typer.BadParameter(
            f"{regulator!r} is no regulator that letters in {jurisdiction} can name; choose of {', '.join(known)}",
            param_hint="--regulator",
        )


def _told(casework: Casework, subscriber_id: str) -> dict[str, Any]:
    subscriber = casework.subscribers.get(subscriber_id)
    return asdict(subscriber) | {"purposes": sorted(casework.subscribers.purposes(subscriber_id))}
