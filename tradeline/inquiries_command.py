"""``tradeline inquiries``: who asked about consumers, and its way into the history."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Final

import typer

from tradeline.common import HomeOption, JsonOption, many, now, open_casework_of, open_history_of, print_json

__all__ = ["deliver", "inquiries", "of"]

inquiries = typer.Typer(
    help="Inquiries: who asked about a consumer, and their delivery into the history.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_DISCLOSED: Final = timedelta(days=2 * 366)
"""Inquiries are disclosed for one year, those for employment for two (FCRA 609(a)(3))."""


@inquiries.command()
def deliver(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Deliver the hard inquiries that wait into the history, each once; repeat it if it was interrupted."""
    from bureau.casework.delivering import deliver_inquiries

    history = open_history_of(home)
    with open_casework_of(home) as casework:
        delivered = deliver_inquiries(casework, history, now())
        waiting = casework.inquiries.waiting()
    count = sum(each.receipt.read for each in delivered)
    if as_json:
        print_json({"deliveries": [asdict(each) for each in delivered], "inquiries": count, "waiting": waiting})
    else:
        told = many(count, "inquiry is", "inquiries are")
        by = many(len(delivered), "delivery", "deliveries")
        typer.echo(f"{told} in the history, in {by}; {many(waiting, 'waits', 'wait')}")


@inquiries.command()
def of(
    consumer: Annotated[int, typer.Argument(metavar="CONSUMER", help="The number of the consumer.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who asked about a consumer in the last two years, soft inquiries too: for the consumer alone."""
    from tradeline.tables import show_table

    with open_casework_of(home) as casework:
        found = casework.inquiries.of_consumer(consumer, (now() - _DISCLOSED).date())
    rows = [
        {
            "applied_on": str(each.inquiry.applied_on),
            "subscriber": each.inquiry.subscriber,
            "kind": each.inquiry.kind,
            "product": each.inquiry.product,
            "inquiry_ref": each.inquiry.inquiry_ref,
            "in_history": each.delivered,
        }
        for each in found
    ]
    if as_json:
        print_json(rows)
    else:
        shown = [row | {"in_history": "yes" if row["in_history"] else "no"} for row in rows]
        show_table(shown, ("applied_on", "subscriber", "kind", "product", "inquiry_ref", "in_history"), ())
