"""``tradeline routing``: challengers and shadows beside the champion."""

from __future__ import annotations

from dataclasses import asdict
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
from tradeline.signers_command import KeyOption

if TYPE_CHECKING:
    from bureau.home import Home
    from scoring.routing import Routing

__all__ = [
    "SignerOption",
    "VersionArgument",
    "WhyOption",
    "challenge",
    "clear",
    "routing",
    "routing_or_show",
    "shadow",
    "show",
]

routing = typer.Typer(
    help="Routing: challengers, which decide for a share of the people, and shadows, which are scored and never shown.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

VersionArgument = Annotated[str, typer.Argument(metavar="VERSION", help="Version of the model.")]
SignerOption = Annotated[str, typer.Option("--as", metavar="NAME", help="Who sets it.")]
WhyOption = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why.")]


@routing.callback()
def routing_or_show(context: typer.Context, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Who decides for whom; without a command, the routing of every portfolio."""
    if context.invoked_subcommand is None:
        show(home=home, as_json=as_json)
    else:
        options_after_command(context, home, as_json)


@routing.command()
def show(
    portfolio: Annotated[str | None, typer.Argument(metavar="[PORTFOLIO]", help="Default every one.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the champion, the challengers with their shares, and the shadows."""
    from bureau.signers import trusted_signers
    from scoring.champion import champion_version
    from scoring.promotion_log import PromotionLog
    from scoring.routing import load_routing

    opened = open_home_of(settings_of(home))
    trusted = trusted_signers(opened.signers)
    promoted = sorted({each.portfolio for each in PromotionLog(opened.bundles, trusted).entries()})
    told = [
        {"champion": champion_version(opened.bundles, each, trusted)}
        | asdict(load_routing(opened.bundles, each, trusted))
        for each in ([portfolio] if portfolio else promoted)
    ]
    if as_json:
        print_json(told)
        return
    for each in told:
        typer.echo(f"{each['portfolio']}: champion {each['champion'] or 'none'}")
        for one in each["challengers"]:
            typer.echo(f"  challenger {one['version']} decides for {one['share']:.1%} of the people")
        for one in each["shadows"]:
            typer.echo(f"  shadow     {one['version']} is scored and never shown")
        if each["by"]:
            typer.echo(f"  set {each['at']} by {each['by']}: {each['why']}")
    if not told:
        typer.echo("no champion is here, so nothing is routed")


@routing.command()
def challenge(
    version: VersionArgument,
    share: Annotated[float, typer.Option(help="Share of the people for whom it decides, above 0 and at most 0.5.")],
    signer: SignerOption,
    why: WhyOption,
    despite: Annotated[
        str | None, typer.Option("--despite", metavar="TEXT", help="Why although findings of its validation failed.")
    ] = None,
    key: KeyOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a validated model decide for a share of the people, always for the same ones."""
    from bureau.home import working_in
    from bureau.signers import load_signer
    from training.challenge import challenge as set_challenger

    opened = open_home_of(settings_of(home))
    with working_in(opened):
        by = load_signer(opened.signers, signer, key)
        done = set_challenger(opened, version, share, signer=by, why=why, despite=despite, at=now())
    _note(opened, done, signer)
    _tell(done, f"{version} decides for {share:.1%} of the people of {done.portfolio}", as_json=as_json)


@routing.command()
def shadow(
    version: VersionArgument,
    signer: SignerOption,
    why: WhyOption,
    key: KeyOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a model beside whoever decides; it is recorded, and never shown."""
    from bureau.home import working_in
    from bureau.signers import load_signer
    from training.challenge import shadow as set_shadow

    opened = open_home_of(settings_of(home))
    with working_in(opened):
        done = set_shadow(opened, version, signer=load_signer(opened.signers, signer, key), why=why, at=now())
    _note(opened, done, signer)
    _tell(done, f"{version} is a shadow of {done.portfolio}", as_json=as_json)


@routing.command()
def clear(
    portfolio: Annotated[str, typer.Argument(metavar="PORTFOLIO", help="Whose routing.")],
    signer: SignerOption,
    why: WhyOption,
    version: Annotated[
        str | None, typer.Option("--version", metavar="VERSION", help="This model alone; default all of them.")
    ] = None,
    key: KeyOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take challengers and shadows out: the champion decides for everybody."""
    from bureau.home import working_in
    from bureau.signers import load_signer
    from training.challenge import clear as clear_routing

    opened = open_home_of(settings_of(home))
    with working_in(opened):
        by = load_signer(opened.signers, signer, key)
        done = clear_routing(opened, portfolio, version, signer=by, why=why, at=now())
    _note(opened, done, signer)
    _tell(done, f"{version or 'every challenger and shadow'} of {portfolio} was taken out", as_json=as_json)


def _note(home: Home, done: Routing, signer: str) -> None:
    """Note in the audit log who decides from now on."""
    from bureau.audit.events import OPERATOR, Detail, Event
    from bureau.casework.opening import open_casework

    told: dict[str, Detail] = {"by": signer, "challengers": len(done.challengers), "shadows": len(done.shadows)}
    with open_casework(home) as casework:
        casework.audit.append(Event("routing changed", now(), OPERATOR, subject=done.portfolio, details=told))


def _tell(done: Routing, text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(done))
    else:
        typer.echo(f"{text}; a service follows within seconds")
