"""The catalogue as a page to read: ``docs/features.md``, made by ``python -m features.documentation``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from features.catalogue import Catalogue
from features.described import Description, describe
from features.permitted import JURISDICTIONS, RULES
from features.reasons import REASONS

__all__ = ["markdown", "used"]

_HEAD: Final = """# Features

Generated from the catalogue by `python -m features.documentation docs/features.md`; a test keeps it up to
date. The same to search, in a browser: `python -m features.page features.html`.

Every feature is a number about a consumer as of a moment, and uses only what was effective and recorded by
then, under any reference that belonged to the consumer by then. **Months** are counted in whole months that
have passed, month ends taken as month ends: month 0 is the newest that has ended, and "the last 12 months"
are months 0 to 11. In the views of the portfolios, times since and until are in months of 30.4375 days.
**Amounts** are in the currency that is asked for; an amount in another currency is missing and never added,
and its record still counts. **Window** is how many months a feature looks back, where it does not look at all
that is known. **Expected** is between what values it should lie; what lies outside is looked at, not cut.
**Direction** says how risk moves when the feature grows: up, down, or - where none is declared; a model is
bound to it. **Use** says whether it may be used to decide on credit ([where and why](#use-by-jurisdiction)).

A view of a **portfolio** is missing altogether where its records were never delivered about a consumer; a
count over records that were delivered is zero where none counts. A view of the **bureau** is missing
altogether for a consumer who was not on file at the moment; for one who was, a count is zero and all else
missing where nothing counts.

Words of the bureau's views:

- The **level** of a month says how late an account was: 0 for less than 30 days past due, 1 for 30 to 59
  days, and so on to 6 for 180 days and more, 7 where it is **lost**: charged off, in collection, repossessed,
  surrendered, foreclosed, given up by deed, or claimed from a guarantor. A month without days past due has
  level 0 when it is told as current, paid or closed, and none otherwise. Whatever is "30 or more days past
  due, or lost" has level 1 or more.
- A consumer **answers for** an account as individual, joint holder, maker, co-maker or guarantor. An account
  from which its consumer was released (role `terminated`) is left out, and so is one that its furnisher took
  back.
- **Cards and credit lines** are the revolving products; **instalment loans** are consumer, car and student
  loans; **mortgages** stand alone. An account that names another original creditor is a debt **in the hands
  of a collector**.
- "X by Y, sums over those that tell both" is one sum by the other, over the records that tell X and have a Y
  above zero.

"""

_DIRECTION: Final = {1: "up", -1: "down", 0: "-"}
_COLUMNS: Final = (
    "Name",
    "Meaning",
    "Unit",
    "Window",
    "Expected",
    "Direction",
    "Missing means",
    "Reason",
    "Use",
    "Reads",
)
_DERIVED: Final = "Derived from other features"


def markdown(catalogue: Catalogue) -> str:
    """The catalogue in Markdown: contents, a table a view, the derived features, reasons, and use by jurisdiction.

    Examples
    --------
    >>> from features.definitions.all import CATALOGUE
    >>> markdown(CATALOGUE).splitlines()[0]
    '# Features'
    """
    parts = [_HEAD, *_contents(catalogue)]
    for view in catalogue.views:
        features = catalogue.of_view(view.name)
        parts += [f"## {view.title}\n\n", f"View `{view.name}`, {len(features)} features.\n\n"]
        parts += [f"{view.rows}\n\n"] if view.rows else []
        parts += [*_table(_COLUMNS, (_row(describe(catalogue, item.name)) for item in features)), "\n"]
    parts += [f"## {_DERIVED}\n\n", f"{len(catalogue.derived)} features.\n\n"]
    parts += [*_table(_COLUMNS, (_row(describe(catalogue, item.name)) for item in catalogue.derived)), "\n"]
    parts += ["## Reasons\n\n", *_table(("Code", "Statement", "In Chinese"), _reasons()), "\n"]
    parts += ["## Use by jurisdiction\n\n", _USE, *_table(_RULE_COLUMNS, _rules())]
    return "".join(parts)


_USE: Final = """\
A feature is what the strictest rule on any field that it reads says. Fields that are not named here are
permitted. **Consent** is the person's written consent to this use. California (`us-ca`) stands on the rules
of the United States. The rows are dated: a decision replays under those of its day. They are a reading of the
law, not legal advice.

"""
_RULE_COLUMNS: Final = ("Field", "Jurisdiction", "Field may be used", "Why", "In force")


def used(use: dict[str, tuple[str, str]]) -> str:
    """What may be done with a feature, said once where it is the same everywhere.

    Examples
    --------
    >>> used({"us": ("permitted", ""), "us-ca": ("permitted", ""), "eu": ("permitted", ""), "cn": ("consent", "...")})
    'permitted; cn: consent'
    """
    places: dict[str, list[str]] = {}
    for jurisdiction in JURISDICTIONS:
        places.setdefault(use[jurisdiction][0], []).append(jurisdiction)
    first, *rest = places
    return "; ".join([first, *(f"{', '.join(places[what])}: {what}" for what in rest)])


def _contents(catalogue: Catalogue) -> Iterator[str]:
    for view in catalogue.views:
        yield f"- [{view.title}](#{_anchor(view.title)}): `{view.name}`, {len(catalogue.of_view(view.name))}\n"
    yield f"- [{_DERIVED}](#{_anchor(_DERIVED)}): {len(catalogue.derived)}\n"
    yield "- [Reasons](#reasons)\n- [Use by jurisdiction](#use-by-jurisdiction)\n\n"


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def _row(told: Description) -> tuple[str, ...]:
    least, largest = told.expected
    allowed = used(told.use)
    return (
        f"`{told.name}`",
        told.meaning,
        told.unit,
        "" if told.window is None else str(told.window),
        f"{least:g} to {largest:g}",
        _DIRECTION[told.direction],
        told.null_means,
        told.reason_code,
        allowed if allowed == "permitted" else f"**{allowed}**",
        ", ".join(f"`{source}`" for source in told.computed_from or told.reads),
    )


def _reasons() -> Iterator[tuple[str, ...]]:
    for reason in REASONS.values():
        yield reason.code, reason.statement, reason.statement_zh


def _rules() -> Iterator[tuple[str, ...]]:
    for rule in sorted(RULES, key=lambda rule: (rule.field, JURISDICTIONS.index(rule.jurisdiction), rule.since)):
        until = "" if rule.until is None else f" to {rule.until}"
        use = "never" if rule.use == "prohibited" else "with consent"
        yield f"`{rule.field}`", rule.jurisdiction, use, rule.why, f"from {rule.since}{until}"


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |\n"
    yield f"|{' --- |' * len(columns)}\n"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |\n"


if __name__ == "__main__":
    from features.definitions.all import CATALOGUE

    Path(sys.argv[1]).write_text(markdown(CATALOGUE), encoding="utf-8")
