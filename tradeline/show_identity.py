"""Who is who, and what waits for a decision, as people read it in a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.markup import escape

from tradeline.identity_words import COMPARED, FIELDS, bits, reading, step_words, verdict
from tradeline.tables import show_table

if TYPE_CHECKING:
    from bureau.identity.consumers import Consumer, Reference
    from bureau.identity.decisions import Outcome
    from bureau.identity.pair_evidence import Evidence
    from bureau.identity.review import Waiting

__all__ = ["show_evidence", "show_outcome", "show_references", "show_waiting"]

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What could change the terminal, or the order in which it is read."""


def show_waiting(waiting: Waiting, limit: int) -> None:
    """The pairs that wait, and the components that are too large."""
    show_table(
        [
            {
                "references": f"{pair.left} {pair.right}",
                "consumers": f"{pair.left_consumer} {pair.right_consumer}",
                "bits": bits(pair.weight),
                "reason": pair.reason if pair.contradiction is None else f"{pair.reason}: {pair.contradiction}",
            }
            for pair in waiting.pairs[:limit]
        ],
        ("references", "consumers"),
        ("bits",),
        ("reason",),
    )
    for each in waiting.components[:limit]:
        _print(
            f"[yellow]too large[/]  {each.references:,} references, {each.first} among them, are connected by likely "
            f"pairs, too many for one person; they are {each.consumers:,} consumers or more"
        )


def show_evidence(evidence: Evidence) -> None:
    """A pair: who it is now, what was told, how the match weight comes about, what was decided."""
    _print(f"References {evidence.left} and {evidence.right}: {reading(evidence)}")
    names = [name for name in FIELDS if name in evidence.left_told or name in evidence.right_told]
    if names:
        left, right = f"told of {evidence.left}", f"told of {evidence.right}"
        show_table(
            [
                {
                    "field": FIELDS[name],
                    left: _plain(evidence.left_told.get(name)),
                    right: _plain(evidence.right_told.get(name)),
                }
                for name in names
            ],
            ("field", left, right),
            (),
        )
    if evidence.weight is not None:
        rows = [
            {
                "compared": COMPARED.get(step.comparison, step.comparison),
                "found": step_words(step),
                "bits": bits(step.weight),
            }
            for step in evidence.steps
        ]
        rows.append({"compared": "Match weight", "found": verdict(evidence), "bits": bits(evidence.weight)})
        show_table(rows, ("compared", "found"), ("bits",))
        _print(
            f"[dim]linked from {bits(evidence.link_at)} bits on, in doubt from {bits(evidence.review_at)} on; "
            f"model {escape(evidence.model)}[/]"
        )
    else:
        _print(verdict(evidence))
    for each in evidence.decisions:
        _print(
            f"{each.verdict} by {escape(each.reviewer)} at {each.decided_at:%Y-%m-%d %H:%M} UTC: {escape(each.reason)}"
        )


def show_outcome(outcome: Outcome) -> None:
    """What a decision has led to."""
    for consumer in outcome.consumers:
        count = len(consumer.references)
        _print(
            f"consumer {consumer.consumer_id}: {count} {'reference' if count == 1 else 'references'} "
            f"({', '.join(map(str, consumer.references))})"
        )
    _print(f"[dim]known from {outcome.known_from:%Y-%m-%d %H:%M:%S} UTC on; what was known before stays[/]")


def show_references(consumer: Consumer, listed: Sequence[Reference]) -> None:
    """The references of a consumer."""
    _print(f"consumer {consumer.consumer_id}")
    show_table(
        [
            {
                "reference": str(each.reference),
                "told by": each.space,
                "since": "always" if each.since is None else f"{each.since:%Y-%m-%d %H:%M}",
                "because of": each.because or "",
            }
            for each in listed
        ],
        ("reference", "told by", "since", "because of"),
        (),
    )


def _plain(value: str | None) -> str:
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", value or "")


def _print(text: str) -> None:
    Console().print(text, highlight=False, soft_wrap=True)
