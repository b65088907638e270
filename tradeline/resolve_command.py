"""``tradeline identity resolve``: who is who in the whole bureau."""

from __future__ import annotations

from typing import Annotated

import typer

from tradeline.common import HomeOption, JsonOption, now, open_history_of, print_json

__all__ = ["resolve"]


def resolve(
    home: HomeOption = None,
    train: Annotated[
        bool, typer.Option("--train", help="Train a model on what was told, and keep it from now on.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the training.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Find out anew which references of all furnishers are one person.

    Every delivery is joined to what is known as it comes in. This does it for the whole bureau at
    once, under a new model with --train. What people decided holds, and what was known before stays.
    """
    from bureau.identity.resolving import resolve as resolve_all
    from tradeline.console import Stages

    history = open_history_of(home)
    with Stages(quiet=as_json).stage("resolve") as stage:
        done = resolve_all(
            history, now(), train_anew=train, seed=seed, step=lambda name: stage(name, _SHARE.get(name, 0))
        )
    if as_json:
        print_json(done.as_dict())
        return
    typer.echo(f"{done.references:,} references are {done.consumers:,} consumers (model {done.model})")
    typer.echo(f"{done.pairs:,} pairs compared of {done.tellings:,} tellings; {done.review:,} pairs wait for review")
    typer.echo(f"{done.joined:,} references joined, {done.parted:,} parted since before")


_SHARE = {
    "open the vault": 0.05,
    "standard form": 0.2,
    "training": 0.35,
    "candidate pairs": 0.5,
    "match weights": 0.65,
    "who is who": 0.85,
}
"""About how much of the work is done when a step begins."""
