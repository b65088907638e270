"""Deliveries and what waits for a person, as people read them in a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.markup import escape

from tradeline.tables import show_table

if TYPE_CHECKING:
    from bureau.contracts import Contract
    from bureau.delivery import Receipt

__all__ = ["show_contracts", "show_deliveries", "show_outcome", "show_quarantine", "show_record"]

_SHORT_ID: Final = 8
_COUNTS: Final = ("read", "accepted", "set aside", "duplicate")


def show_deliveries(listed: Sequence[Mapping[str, object]]) -> None:
    """The deliveries as a table; their ids shortened, as `tradeline quarantine` takes them."""
    short = [{**item, "id": str(item["delivery_id"])[:_SHORT_ID], "set aside": item["quarantined"]} for item in listed]
    show_table(
        short,
        ("id", "file", "status"),
        ("read", "accepted", "set aside", "duplicate", "findings"),
    )


def show_outcome(receipts: Sequence[Receipt]) -> None:
    """What became of the deliveries of one command: a line a furnisher and contract, then what needs a person."""
    groups: dict[tuple[str, str], dict[str, object]] = {}
    for receipt in receipts:
        group = groups.setdefault(
            (receipt.furnisher_id, receipt.contract),
            {"furnisher": receipt.furnisher_id, "contract": receipt.contract}
            | dict.fromkeys(("files", "known", *_COUNTS, "findings"), 0),
        )
        counts = dict(
            zip(_COUNTS, (receipt.read, receipt.accepted, receipt.quarantined, receipt.duplicate), strict=True)
        )
        told = {"files": 1, "known": int(receipt.known_before), "findings": receipt.findings} | counts
        for name, count in told.items():
            group[name] = _whole(group[name]) + count
    show_table(list(groups.values()), ("furnisher", "contract"), ("files", "known", *_COUNTS, "findings"))
    console = Console()
    for receipt in receipts:
        if receipt.status == "held":
            console.print(
                f"[yellow]held[/]  {escape(receipt.file)} ({receipt.delivery_id[:_SHORT_ID]}): "
                f"{escape('; '.join(receipt.held_because))}; `tradeline quarantine release` or `refuse` decides",
                highlight=False,
                soft_wrap=True,
            )
        if receipt.unknown_columns:
            console.print(
                f"[yellow]note[/]  {escape(receipt.file)}: columns that the contract does not know: "
                f"{escape(', '.join(receipt.unknown_columns))}",
                highlight=False,
                soft_wrap=True,
            )


def show_quarantine(listed: Sequence[Mapping[str, object]]) -> None:
    """The records set aside as a table."""
    short = [{**item, "id": str(item["delivery_id"])[:_SHORT_ID], "furnisher": item["furnisher_id"]} for item in listed]
    show_table(short, ("id", "furnisher", "file", "rules", "state"), ("line",))


def show_record(examined: Mapping[str, Any]) -> None:
    """One record set aside: what it breaks, its fields, what was decided."""
    console = Console()
    console.print(
        f"{escape(examined['file'])}, line {examined['line']} ({examined['furnisher']}, {examined['contract']}): "
        f"[bold]{examined['state']}[/]",
        highlight=False,
        soft_wrap=True,
    )
    for rule in examined["rules"]:
        console.print(f"[red]breaks[/] {rule['id']}: {escape(rule['sentence'])}", highlight=False, soft_wrap=True)
    for evidence in examined["evidence"]:
        console.print(f"[dim]{escape(json.dumps(evidence, ensure_ascii=False))}[/]", highlight=False, soft_wrap=True)
    filled = {name: value for name, value in examined["fields"].items() if value not in (None, "", [])}
    if filled:
        show_table([{"column": name, "value": str(value)} for name, value in filled.items()], ("column", "value"), ())
    elif examined["record"] is None:
        console.print(
            "of this record nothing is kept any more: it told of a person who was erased, or could not be read then",
            highlight=False,
            soft_wrap=True,
        )
    else:
        console.print(escape(str(examined["record"])), highlight=False, soft_wrap=True)
    for decision in examined["decisions"]:
        console.print(
            f"{decision['decision']} by {escape(decision['reviewer'])} at {decision['decided_at']}: "
            f"{escape(decision['reason'])}",
            highlight=False,
            soft_wrap=True,
        )


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def show_contracts(contracts: Sequence[Contract]) -> None:
    """What each kind of delivery holds, and every rule with its severity."""
    console = Console()
    for contract in contracts:
        console.print(f"[bold]{contract.name}[/] ({contract.format}, {contract.cadence})", highlight=False)
        console.print(f"    {escape(contract.meaning)}", highlight=False, soft_wrap=True)
        show_table(
            [{"column": each.name, "meaning": each.meaning} for each in contract.columns], ("column", "meaning"), ()
        )
        show_table(
            [
                {"rule": rule, "severity": severity, "what must hold": sentence}
                for rule, (severity, sentence) in contract.sentences.items()
            ],
            ("rule", "severity", "what must hold"),
            (),
        )
