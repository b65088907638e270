"""``tradeline promote``: make a validated model the champion, on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from tradeline.common import HomeOption, JsonOption, now, open_home_of, print_json, settings_of
from tradeline.signers_command import KeyOption

if TYPE_CHECKING:
    from scoring.promotion_log import Promotion

__all__ = ["promote", "promotions"]


def promote(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Version of the model.")],
    signer: Annotated[str, typer.Option("--as", metavar="NAME", help="Who promotes it.")],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why.")],
    despite: Annotated[
        str | None, typer.Option("--despite", metavar="TEXT", help="Why although findings of its validation failed.")
    ] = None,
    key: KeyOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a model the champion: refused without a validation signed by another than its developer."""
    opened = open_home_of(settings_of(home))

    from bureau.home import working_in
    from bureau.signers import load_signer, trusted_signers
    from training.errors import PromotionRefused
    from training.promotion import promote as promote_model

    with working_in(opened):
        promoter = load_signer(opened.signers, signer, key)
        if trusted_signers(opened.signers).identities[signer].roles == {"service"}:
            raise PromotionRefused(f"{signer}: a service, which promotes in `tradeline retrain` alone; name a person")
        done = promote_model(opened, version, signer=promoter, why=why, despite=despite, at=now())
    if as_json:
        print_json(asdict(done.promotion) | {"head": done.head})
        return
    typer.echo(f"{version} is the champion of {done.promotion.portfolio}, before it {done.promotion.before or 'none'}")
    typer.echo(f"log head  {done.head}; keep it somewhere else to prove that the log is whole")


def promotions(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show the promotion log, once its chain is known to be whole; exit with 1 if a champion's file differs from it."""
    opened = open_home_of(settings_of(home))

    from scoring.champion import pointer_doubts
    from training.promotion import promotions as all_promotions

    entries = all_promotions(opened)
    if as_json:
        print_json([asdict(each) for each in entries])
    else:
        _show(entries)
    doubts = pointer_doubts(opened.bundles, entries)
    for doubt in doubts:
        typer.echo(doubt, err=True)
    if doubts:
        raise typer.Exit(1)


def _show(entries: Sequence[Promotion]) -> None:
    for each in entries:
        typer.echo(f"{each.at}  {each.before or 'none'} -> {each.after}  by {each.by}: {each.why}")
        if each.despite:
            typer.echo(f"{'':22}despite failed findings: {each.despite}")
    if not entries:
        typer.echo("no model was promoted here")
