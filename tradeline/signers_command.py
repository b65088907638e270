"""``tradeline signers``: who may develop models, who may validate them, and their keys."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tradeline.common import HomeOption, JsonOption, open_home_of, options_after_command, print_json, settings_of

__all__ = ["KeyOption", "PersonRole", "add", "listing", "signers", "signers_or_list"]

signers = typer.Typer(
    help="Signers: who may sign models as their developer, and validations as their validator.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

KeyOption = Annotated[
    Path | None,
    typer.Option("--key", metavar="FILE", help="The private key, if it is not in H/keys/signers."),
]


class PersonRole(StrEnum):
    """What a person may sign as."""

    DEVELOPER = "developer"
    VALIDATOR = "validator"


@signers.callback()
def signers_or_list(context: typer.Context, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Who may sign; without a command, the list."""
    if context.invoked_subcommand is None:
        listing(home, as_json=as_json)
    else:
        options_after_command(context, home, as_json)


@signers.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits, dots, dashes, underscores.")],
    role: Annotated[list[PersonRole], typer.Option("--role", help="What for; may be repeated.")],
    key: KeyOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Trust a signer from now on; the key is made, or read from --key if that file is there."""
    from bureau.signers import add_signer

    opened = open_home_of(settings_of(home), create=True)
    identity = add_signer(opened.signers, name, [each.value for each in role], key)
    private = key if key is not None else opened.signers / f"{name}.pem"
    told = {"name": name, "roles": sorted(identity.roles), "key_id": identity.key_id, "private_key": str(private)}
    if as_json:
        print_json(told)
    else:
        typer.echo(f"{name} may sign as {', '.join(sorted(identity.roles))} with key {identity.key_id}")
        typer.echo(f"private key  {private}; keep it where {name} alone can read it, and name it with --key")


@signers.command("list")
def listing(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List who may sign, and as what."""
    from bureau.signers import trusted_signers

    opened = open_home_of(settings_of(home))
    found = [
        {"name": each.name, "roles": sorted(each.roles), "key_id": each.key_id}
        for each in trusted_signers(opened.signers).identities.values()
    ]
    if as_json:
        print_json(found)
    for each in () if as_json else found:
        typer.echo(f"{each['name']:<20} {each['key_id']}  {', '.join(each['roles'])}")
    if not found and not as_json:
        typer.echo("nobody yet; add one with `tradeline signers add NAME --role developer`")
