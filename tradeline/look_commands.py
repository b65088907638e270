"""Commands that look into the history: deliveries, findings, quality, contracts, one credit file."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from tradeline.common import HomeOption, JsonOption, moment_of, now, open_history_of, print_json

__all__ = ["contracts", "credit_file", "deliveries"]


def deliveries(
    home: HomeOption = None,
    held: Annotated[bool, typer.Option("--held", help="Only those that wait for a person.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the deliveries; read = accepted + quarantined + duplicate."""
    from bureau.deliveries import list_deliveries
    from tradeline.show_bureau import show_deliveries

    listed = []
    for item in list_deliveries(open_history_of(home)):
        told = asdict(item.receipt) | {
            "delivery_no": item.delivery_no,
            "furnisher": item.receipt.furnisher_id,
            "received_at": item.received_at.isoformat(),
            "recorded_at": item.recorded_at.isoformat(),
            "covers": item.covers.isoformat() if item.covers else None,
            "corrects": item.corrects,
        }
        del told["unknown_columns"], told["known_before"]
        if not held or item.receipt.status == "held":
            listed.append(told)
    if as_json:
        print_json(listed)
    else:
        show_deliveries([{**item, "received": item["received_at"][:16].replace("T", " ")} for item in listed])


def contracts(
    name: Annotated[str | None, typer.Argument(help="Only this contract.")] = None, as_json: JsonOption = False
) -> None:
    """List what each kind of delivery holds and every rule that is checked."""
    from bureau.kinds.all import KINDS
    from tradeline.show_bureau import show_contracts

    if name is not None and name not in KINDS:
        raise typer.BadParameter(f"there is no contract {name!r}; there are {', '.join(KINDS)}", param_hint="NAME")
    chosen = [contract for contract in KINDS.values() if name in (None, contract.name)]
    if as_json:
        print_json(
            {
                contract.name: {
                    "format": contract.format,
                    "cadence": contract.cadence,
                    "columns": {column.name: column.meaning for column in contract.columns},
                    "rules": [
                        {"id": rule, "severity": severity, "sentence": sentence}
                        for rule, (severity, sentence) in contract.sentences.items()
                    ],
                }
                for contract in chosen
            }
        )
    else:
        show_contracts(chosen)


def credit_file(
    furnisher: Annotated[str, typer.Argument(help="A furnisher, or the name of a portfolio.")],
    reference: Annotated[str, typer.Argument(help="Its reference to the person, account, case or order.")],
    home: HomeOption = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="MOMENT", help="As known at this moment (UTC); default now.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the credit file of whom a reference leads to, as it was known at a moment. It holds personal data."""
    from bureau.credit_file import consumers_of, credit_file_from

    history = open_history_of(home)
    moment = moment_of(as_of, "--as-of") if as_of else now()
    consumers = consumers_of(history, furnisher, reference)
    with history.as_of(moment) as known:
        people = dict.fromkeys(known.consumer(consumer) for consumer in consumers)
        files = [credit_file_from(known, consumer) for consumer in people]
    if as_json:
        print_json([found.as_dict() for found in files])
    else:
        typer.echo("\n\n".join(repr(found) for found in files))
