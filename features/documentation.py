"""The catalogue as a page to read: ``docs/features.md``, made by ``python -m features.documentation``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from features.catalogue import Catalogue
from features.declaration import Derived, Feature
from features.reasons import REASONS

__all__ = ["markdown"]

_HEAD: Final = """# Features

Generated from the catalogue by `python -m features.documentation docs/features.md`; a test keeps it up to date.

Every feature is a number about a consumer as of a moment, and uses only what was effective and
recorded by then. **Months** of an account are counted in whole months that have passed, month ends
taken as month ends: month 0 is the newest that has ended. Times since and until are in months of
30.4375 days. **Amounts** are in the portfolio's currency; an amount in another currency is missing
and never added. **Direction** says how risk moves when the feature grows: up, down, or - where none
is declared. A view is missing altogether where its records were never delivered about a consumer; a
count over records that were delivered is zero where none counts. What is **prohibited** is computed
for fairness tests alone and refused by name in a model; the use is the same in every jurisdiction
carried.

"""

_DIRECTION: Final = {1: "up", -1: "down", 0: "-"}
_COLUMNS: Final = ("Name", "Meaning", "Unit", "Direction", "Missing means", "Reason", "Use", "Reads")


def markdown(catalogue: Catalogue) -> str:
    """The catalogue in Markdown: a table a view, then the derived features and the reasons.

    Examples
    --------
    >>> from features.definitions.all import CATALOGUE
    >>> markdown(CATALOGUE).splitlines()[0]
    '# Features'
    """
    parts = [_HEAD]
    for view in catalogue.views:
        features = catalogue.of_view(view.name)
        parts += [f"## {view.title}\n\n", f"View `{view.name}`, {len(features)} features.\n\n"]
        parts += [*_table(_COLUMNS, (_row(catalogue, item) for item in features)), "\n"]
    parts += ["## Derived from other features\n\n", f"{len(catalogue.derived)} features.\n\n"]
    parts += [*_table(_COLUMNS, (_row(catalogue, item) for item in catalogue.derived)), "\n"]
    parts += ["## Reasons\n\n", *_table(("Code", "Statement", "In Chinese"), _reasons())]
    return "".join(parts)


def _row(catalogue: Catalogue, item: Feature | Derived) -> tuple[str, ...]:
    use, why = catalogue.use(item.name)
    source = item.reads if isinstance(item, Feature) else item.expression.operands
    reads = ", ".join(f"`{field}`" for field in sorted(source))
    allowed = use if use == "permitted" else f"**prohibited**: {why}"
    direction = _DIRECTION[item.direction]
    return (f"`{item.name}`", item.meaning, item.unit, direction, item.null_means, item.reason, allowed, reads)


def _reasons() -> Iterator[tuple[str, ...]]:
    for reason in REASONS.values():
        yield reason.code, reason.statement, reason.statement_zh


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |\n"
    yield f"|{' --- |' * len(columns)}\n"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |\n"


if __name__ == "__main__":
    from features.definitions.all import CATALOGUE

    Path(sys.argv[1]).write_text(markdown(CATALOGUE), encoding="utf-8")
