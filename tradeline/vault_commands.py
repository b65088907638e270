"""``tradeline vault``: what the vault holds, erasing people, holds, and the rotation of the master key."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tradeline.common import HomeOption, JsonOption, many, now, open_history_of, open_home_of, print_json, settings_of

if TYPE_CHECKING:
    from bureau.casework.staying import Staying
    from bureau.history import History

__all__ = ["erase", "hold", "lift", "rotate", "status", "vault"]

vault = typer.Typer(
    help="Who people are, under a key of their own: status, erase, hold, lift, rotate.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_KINDS: Final = {
    "consumer": "references of people",
    "quarantine": "records set aside",
    "held": "deliveries held",
    "model": "models of identity",
}

_ConsumerArgument = Annotated[
    int, typer.Argument(metavar="CONSUMER", help="The number of the consumer, as `tradeline credit-file` tells it.")
]
_ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is kept and shown: nothing personal.")]


@vault.command()
def status(
    home: HomeOption = None,
    check: Annotated[bool, typer.Option("--check", help="Open every entry, to see that none is damaged.")] = False,
    as_json: JsonOption = False,
) -> None:
    """What the vault holds, who is held, and which master keys wrap it."""
    history = open_history_of(home)
    told = _status(history, check=check)
    if as_json:
        print_json(told)
        return
    from tradeline.tables import show_table

    rows = [{"kind": _KINDS[kind], **counts} for kind, counts in told["owners"].items()]
    show_table(rows, ("kind",), ("kept", "erased"))
    for each in told["holds"]:
        typer.echo(f"{each['kind']} {each['number']} is held since {each['placed_at'][:10]}: {each['reason']}")
    typer.echo(f"keys: {told['keys']:,}, wrapped by {len(told['master_keys'])} master key(s)")
    if len(told["master_keys"]) > 1:
        typer.echo("a rotation was begun; finish it with `tradeline vault rotate`")
    if check:
        typer.echo("every entry opens")


@vault.command()
def erase(
    consumer: _ConsumerArgument,
    reason: _ReasonOption,
    home: HomeOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Erase who a person is for ever, from all backups too; repeat it if it was interrupted.

    Months, payments and court records stay under the number, of which nobody can tell whose it was; the service
    knows it no more.
    Decisions about the person stay on record as long as the law has them kept; it is told which, until when and why.
    """
    from bureau.erasure import erase as erase_now

    history = open_history_of(home)
    if not yes:
        typer.confirm(f"Erase consumer {consumer} for ever?", abort=True, err=True)
    staying = _staying(history, consumer)
    erased = erase_now(history, consumer, reason, now())
    _withdraw_online(history, erased.references)
    if as_json:
        print_json(asdict(erased) | {"decisions_staying": [asdict(each) for each in staying]})
        return
    typer.echo(
        f"consumer {erased.consumer_id} is erased: {many(len(erased.references), 'reference', 'references')}, "
        f"{many(erased.quarantined, 'record', 'records')} set aside, "
        f"{many(len(erased.deliveries), 'delivery', 'deliveries')} turned away"
    )
    typer.echo(
        "months, payments and court records stay under the number, for statistics; no request about it is answered any "
        "more, and nothing of it is in the online store"
    )
    for each in staying:
        held = f", and then until the hold is lifted ({'; '.join(each.held)})" if each.held else ""
        stays = f"decision {each.decision_id} of {each.subscriber} stays on record, sealed, until {each.until}"
        typer.echo(f"{stays}{held}: {each.why}")


@vault.command()
def hold(
    consumer: _ConsumerArgument, reason: _ReasonOption, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Forbid the erasure of a person, for a reason."""
    from bureau.erasure import hold as hold_now

    held = hold_now(open_history_of(home), consumer, reason, now())
    _tell({"references": held, "held": True, "reason": reason}, f"consumer {consumer} is held", as_json=as_json)


@vault.command()
def lift(
    consumer: _ConsumerArgument, reason: _ReasonOption, home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Lift the hold that was placed for this reason."""
    from bureau.erasure import lift as lift_now

    lifted = lift_now(open_history_of(home), consumer, reason, now())
    _tell({"references": lifted, "held": False, "reason": reason}, "the hold is lifted", as_json=as_json)


@vault.command()
def rotate(
    home: HomeOption = None,
    new_key_file: Annotated[
        Path | None,
        typer.Option(help="A file with the new master key, made if it is not there.", show_default=False),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the log.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Change the master key while others read; repeat it if it was interrupted."""
    import logging

    from bureau.rotation import rotate as rotate_now

    settings = settings_of(home)
    opened = open_home_of(settings)
    lies_in = rotate_now(opened, new_key_file)
    logging.getLogger(__name__).info("master key rotated", extra={"reason": reason})
    outside = settings.key() is not None
    said = f"the new master key lies in {lies_in}; the old one opens nothing any more"
    if outside:
        said += f"; from now on set TRADELINE_KEY_FILE={lies_in}"
    _tell({"key_file": str(lies_in), "set_key_file": outside}, said, as_json=as_json)


def _withdraw_online(history: History, references: tuple[int, ...]) -> None:
    home = history.home
    if home.online_at is not None or (home.feast / "online.db").exists():  # else nothing of Feast is imported
        from tradeline.online_features import withdraw_online

        withdraw_online(home, references)


def _staying(history: History, consumer: int) -> list[Staying]:
    """What the erasure of a person leaves in the casework, if the home has one."""
    from bureau.casework.opening import open_casework
    from bureau.erasure import inquiries_of, references_of

    place = history.home.casework
    if isinstance(place, Path) and not place.exists():
        return []
    with history.read() as connection:
        _, references = references_of(connection, consumer)
        inquiries = inquiries_of(connection, references)
    with open_casework(history.home, wait_seconds=30.0) as casework:
        return casework.staying(references, inquiries)


def _status(history: History, *, check: bool) -> dict[str, Any]:
    opened = history.vault
    owners = {}
    for kind in _KINDS:
        numbers = opened.numbers(kind)
        owners[kind] = {"kept": len(numbers), "erased": opened.count_erased(kind)}
        if check:
            for _ in opened.open(kind, numbers):
                pass
    versions = opened.versions()
    return {
        "owners": owners,
        "holds": [
            {"kind": kind, "number": number, "reason": held.reason, "placed_at": held.placed_at.isoformat()}
            for kind, number, held in opened.holds.in_force()
        ],
        "keys": sum(versions.values()),
        "master_keys": [f"{version:016x}" for version in versions],
        "checked": check,
    }


def _tell(told: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        typer.echo(sentence)
