"""A feature on a card: what is declared of it, and how its values are spread, as text and for a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import numpy.typing as npt

from features.described import DIRECTIONS, Description

__all__ = ["Card", "Spread", "spread_of"]

_QUANTILES: Final = {"5 %": 0.05, "25 %": 0.25, "median": 0.5, "75 %": 0.75, "95 %": 0.95}


@dataclass(frozen=True)
class Spread:
    """How the values of a feature are spread.

    Parameters
    ----------
    rows : int
        Number of rows.
    missing : float
        Share of them without a value.
    outside : int
        Values outside the expected range.
    marks : dict of str to float
        Least, quantiles, largest and mean of the values; empty where there are none.
    """

    rows: int
    missing: float
    outside: int
    marks: dict[str, float]


def spread_of(values: Sequence[float] | npt.NDArray[np.float64], expected: tuple[float, float]) -> Spread:
    """How values are spread; missing ones NaN.

    Examples
    --------
    >>> spread_of([1.0, 2.0, float("nan"), 12.0], (0, 10)).outside
    1
    """
    numbers = np.asarray(values, dtype=np.float64)
    told = numbers[~np.isnan(numbers)]
    marks: dict[str, float] = {}
    if len(told):
        marks["least"] = float(told.min())
        marks |= {name: float(np.quantile(told, at)) for name, at in _QUANTILES.items()}
        marks |= {"largest": float(told.max()), "mean": float(told.mean())}
    outside = int(((told < expected[0]) | (told > expected[1])).sum())
    return Spread(len(numbers), 1 - len(told) / len(numbers) if len(numbers) else 0.0, outside, marks)


@dataclass(frozen=True)
class Card:
    """A feature to look at.

    Parameters
    ----------
    described : Description
        What is declared of it.
    spreads : mapping of str to Spread
        What its values are like, by what they are of: a date, or all that is observed.
    """

    described: Description
    spreads: Mapping[str, Spread]

    @property
    def facts(self) -> dict[str, str]:
        """What is declared, in words, by what it is."""
        told = self.described
        facts = {
            "meaning": told.meaning,
            "unit": f"{told.unit} ({told.type})",
            "window": "all that is known" if told.window is None else f"{told.window} months",
            "expected": f"{told.expected[0]:,.10g} to {told.expected[1]:,.10g}",
            "when it grows": DIRECTIONS[told.direction] or "no direction declared",
            "missing means": told.null_means,
            "reason": f"{told.reason_code}: {told.reason} ({told.reason_zh})",
            "view": told.view,
            "reads": ", ".join(told.reads),
        }
        if told.computed_from:
            facts["computed from"] = ", ".join(told.computed_from)
        uses: dict[tuple[str, str], list[str]] = {}
        for place, use in told.use.items():
            uses.setdefault(use, []).append(place)
        for (allowed, why), places in uses.items():
            facts[f"use in {', '.join(places)}"] = f"{allowed}: {why}" if why else allowed
        facts["SQL"] = told.sql
        return facts

    def __repr__(self) -> str:
        wide = max(len(name) for name in self.facts)
        lines = [self.described.name, *(f"  {name:<{wide}}  {text}" for name, text in self.facts.items())]
        for label, spread in self.spreads.items():
            lines.append(f"  {label:<{wide}}  {_told(spread)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        cell = 'style="text-align:left;vertical-align:top;padding:2px 12px 2px 0"'
        rows = [
            f"<tr><th {cell}>{escape(name)}</th><td {cell}>{_marked(name, text)}</td></tr>"
            for name, text in self.facts.items()
        ]
        rows += [
            f"<tr><th {cell}>{escape(label)}</th><td {cell}>{escape(_told(spread))}</td></tr>"
            for label, spread in self.spreads.items()
        ]
        name, body = escape(self.described.name), "".join(rows)
        return (
            f'<div style="border-left:4px solid #0072b2;padding-left:12px"><strong style="font-size:1.1em">{name}'
            f'</strong><table style="border-collapse:collapse">{body}</table></div>'
        )


def _marked(name: str, text: str) -> str:
    if name == "SQL":
        return f'<details><summary>show</summary><code style="white-space:pre-wrap">{escape(text)}</code></details>'
    return f'<span style="color:#c75100">{escape(text)}</span>' if text.startswith("prohibited") else escape(text)


def _told(spread: Spread) -> str:
    parts = [f"{spread.rows:,} rows", f"{100 * spread.missing:.1f} % missing"]
    if spread.marks:
        parts.append(", ".join(f"{name} {value:,.4g}" for name, value in spread.marks.items()))
    parts.append(f"{spread.outside:,} outside the expected range")
    return "; ".join(parts)
