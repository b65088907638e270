"""``tradeline identity find``: whether an applicant is known, and who it is."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradeline.common import HomeOption, JsonOption, open_history_of, print_json

if TYPE_CHECKING:
    from bureau.identity import Found

__all__ = ["find"]

_Told = Annotated[str | None, typer.Option(show_default=False)]


def find(
    first_name: _Told = None,
    middle_name: _Told = None,
    last_name: _Told = None,
    suffix: Annotated[str | None, typer.Option(help="Jr, Sr, III.", show_default=False)] = None,
    birth_date: Annotated[str | None, typer.Option(help="In any common form.", show_default=False)] = None,
    national_id: _Told = None,
    phone: _Told = None,
    email: _Told = None,
    address: _Told = None,
    city: _Told = None,
    region: _Told = None,
    postcode: _Told = None,
    stdin: Annotated[
        bool,
        typer.Option(
            "--stdin",
            help='Read the fields as a JSON object from the standard input: {"last_name": "Moore", ...}. '
            "Other users of the machine can see what stands in a command, but not this.",
        ),
    ] = False,
    day_first: Annotated[bool, typer.Option("--day-first", help="Read 03/04/1980 as the third of April.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find an applicant among all who are known: match, no match, or ambiguous; nothing personal is printed."""
    told = {
        "first_name": first_name,
        "middle_name": middle_name,
        "last_name": last_name,
        "suffix": suffix,
        "birth_date": birth_date,
        "national_id": national_id,
        "phone": phone,
        "email": email,
        "address": address,
        "city": city,
        "region": region,
        "postcode": postcode,
    }
    named = {name: value for name, value in told.items() if value is not None}
    if bool(named) == stdin:
        raise typer.BadParameter("tell the applicant by options such as --last-name, or as JSON with --stdin")
    applicant = _from_stdin() if stdin else named

    from bureau.identity import open_finder

    with open_finder(open_history_of(home)) as finder:
        found = finder.find(applicant, day_first=day_first)
    if as_json:
        print_json(asdict(found))
    else:
        _show(found)


def _from_stdin() -> dict[str, Any]:
    """The applicant as JSON; an error quotes nothing of it."""
    try:
        told = json.loads(sys.stdin.buffer.read())
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise typer.BadParameter(
            'the standard input is no JSON object; write {"last_name": "Moore"}', param_hint="--stdin"
        )
    return told


def _show(found: Found) -> None:
    from tradeline.tables import show_table

    who = f": consumer {found.consumer_id}" if found.consumer_id is not None else ""
    typer.echo(f"{found.outcome}{who}")
    if found.address_mismatch:
        typer.echo("the address fits none that was told of this consumer")
    rows = [
        {
            "consumer": str(each.consumer_id),
            "weight": f"{each.weight:.1f}",
            "contradiction": each.veto or "",
            "agreement": ", ".join(f"{name} {level}" for name, level in each.agreement.items()),
        }
        for each in found.candidates
    ]
    if rows:
        show_table(rows, ("consumer",), ("weight",), ("contradiction", "agreement"))
