"""The catalogue as one HTML file to search in a browser; with a computed table, with pictures of its values.

``python -m features.page features.html`` writes it, ``python -m features.page features.html table.parquet``
with the spread of each feature in the table. The page needs nothing from elsewhere, and its text can be read without
its script, which only hides what does not fit the words searched for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue import Catalogue
from features.described import DIRECTIONS, Description, describe
from features.documentation import used
from features.page_pictures import spread_picture
from features.permitted import JURISDICTIONS

__all__ = ["page"]

_DERIVED: Final = "derived"


def page(catalogue: Catalogue, table: pa.Table | None = None) -> str:
    """The whole page.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue.
    table : pyarrow.Table, optional
        Values of features, a column each by its name, missing values null or NaN. Columns of other names
        are not looked at; nothing that concerns a single person is shown but the least and the largest value.

    Examples
    --------
    >>> from features.definitions.all import CATALOGUE
    >>> text = page(CATALOGUE)
    >>> text.startswith("<!doctype html>"), "https://" in text
    (True, False)
    """
    told = [describe(catalogue, item.name) for item in catalogue]
    values = {} if table is None else {name: _numbers(table, name) for name in table.column_names if name in catalogue}
    sections = [(view.name, view.title, view.rows) for view in catalogue.views]
    sections.append((_DERIVED, "Derived from other features", ""))
    by_view: dict[str, list[Description]] = {}
    for each in told:
        by_view.setdefault(each.view, []).append(each)
    body = "".join(_section(*section, by_view.get(section[0], []), values) for section in sections)
    links = "".join(
        f'<li><a href="#view-{name}">{escape(title)}</a> <span>{len(by_view.get(name, []))}</span></li>'
        for name, title, _ in sections
    )
    return _PAGE.format(style=_STYLE, script=_SCRIPT, count=len(told), links=links, body=body, places=_places(told))


def _numbers(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    column = table.column(name).cast(pa.float64())
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _places(told: Iterable[Description]) -> str:
    """How many features may be used where."""
    told = tuple(told)
    cells = []
    for place in JURISDICTIONS:
        counts = {
            use: sum(each.use[place][0] == use for each in told) for use in ("permitted", "consent", "prohibited")
        }
        numbers = "".join(f"<td>{number}</td>" for number in counts.values())
        cells.append(f'<tr><th scope="row">{place}</th>{numbers}</tr>')
    return "".join(cells)


def _section(
    name: str, title: str, rows: str, told: list[Description], values: dict[str, npt.NDArray[np.float64]]
) -> str:
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in rows.split("\n\n") if part)
    features = "".join(_feature(each, values.get(each.name)) for each in told)
    return (
        f'<section id="view-{name}"><h2>{escape(title)}</h2>'
        f'<p class="view"><code>{name}</code>, {len(told)} features</p>{paragraphs}'
        f'<div class="head" aria-hidden="true"><span>Name</span><span>Meaning</span><span>Unit</span>'
        f"<span>Window</span><span>Risk</span><span>Use</span></div>{features}</section>"
    )


def _feature(told: Description, values: npt.NDArray[np.float64] | None) -> str:
    use = used(told.use)
    window = "" if told.window is None else f"{told.window} months"
    rank = next((word for word in ("prohibited", "consent") if word in use), "permitted")
    summary = (
        f"<summary><code>{told.name}</code><span>{escape(told.meaning)}</span><span>{told.unit}</span>"
        f"<span>{window}</span><span>{_ARROW[told.direction]}</span>"
        f'<span class="{rank}">{escape(use)}</span></summary>'
    )
    picture = "" if values is None else spread_picture(values, told.expected)
    pairs = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in _details(told) if text)
    body = f'<div class="body">{picture}<dl>{pairs}</dl></div>'
    return f'<details class="feature" id="{told.name}">{summary}{body}</details>'


_ARROW: Final = {1: "&#8593; up", -1: "&#8595; down", 0: ""}


def _details(told: Description) -> Iterator[tuple[str, str]]:
    least, largest = told.expected
    yield "Direction", f"growing, it {DIRECTIONS[told.direction]}" if told.direction else "none declared"
    yield "Number", f"{told.type}, in {told.unit}; expected from {least:g} to {largest:g}"
    yield "Missing means", escape(told.null_means)
    yield "Reason", f'{told.reason_code}: {escape(told.reason)} <span lang="zh">{escape(told.reason_zh)}</span>'
    yield "Use", "<br>".join(f"{place}: {escape(_why(*told.use[place]))}" for place in JURISDICTIONS)
    yield "Reads", " ".join(f"<code>{field}</code>" for field in told.reads)
    yield "Computed from", " ".join(f'<a href="#{name}"><code>{name}</code></a>' for name in told.computed_from)
    yield "SQL", f"<pre>{escape(told.sql)}</pre>"


def _why(use: str, why: str) -> str:
    return f"{use}: {why}" if why else use


_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2430; --dim: #5b6675; --line: #d9dee5; --back: #fff; --soft: #f4f6f9;
  --blue: #24589b; --red: #a32d2d; --amber: #8a5a00 }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e9ef; --dim: #9aa6b5; --line: #333c48; --back: #14181e;
  --soft: #1c222b; --blue: #86b3ee; --red: #ef9a9a; --amber: #e2b45c } }
* { box-sizing: border-box }
body { margin: 0; font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--back) }
header { position: sticky; top: 0; z-index: 1; background: var(--back); border-bottom: 1px solid var(--line);
  padding: .7rem 1.2rem; display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap }
h1 { font-size: 1.25rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .2rem }
input { flex: 1 1 16rem; max-width: 34rem; font: inherit; padding: .35rem .6rem; color: inherit;
  background: var(--soft); border: 1px solid var(--line); border-radius: .4rem }
main { display: grid; grid-template-columns: 17rem minmax(0, 1fr); gap: 2rem; padding: 0 1.2rem 3rem }
nav { position: sticky; top: 4rem; align-self: start; max-height: calc(100vh - 5rem); overflow: auto;
  font-size: .9rem; padding-top: 1rem }
nav ul { list-style: none; margin: 0; padding: 0 } nav li { padding: .15rem 0 } nav span { color: var(--dim) }
nav table { border-collapse: collapse; margin-top: 1rem } nav td, nav th { padding: .1rem .45rem .1rem 0;
  text-align: left; font-weight: normal } nav caption { text-align: left; color: var(--dim) }
a { color: var(--blue); text-decoration: none } a:hover { text-decoration: underline }
section > p { max-width: 60rem; margin: .3rem 0; color: var(--dim) } p.view { color: var(--dim) }
details, section { scroll-margin-top: 4.5rem }
.head, summary { display: grid; grid-template-columns: 20rem minmax(12rem, 1fr) 4.2rem 5.5rem 4.2rem 9.5rem; gap: .8rem;
  padding: .3rem .5rem; border-bottom: 1px solid var(--line) }
.head { color: var(--dim); font-size: .85rem; margin-top: .6rem } summary { cursor: pointer; list-style: none }
summary::-webkit-details-marker { display: none } summary:hover, details[open] > summary { background: var(--soft) }
code { font: .86em ui-monospace, monospace; overflow-wrap: anywhere } .permitted { color: var(--dim) }
.consent { color: var(--amber) } .prohibited { color: var(--red) }
.body { display: flex; flex-wrap: wrap-reverse; gap: 1.5rem; justify-content: flex-end; padding: .6rem .5rem 1rem;
  border-bottom: 1px solid var(--line); background: var(--soft) }
dl { display: grid; grid-template-columns: 8rem minmax(0, 1fr); gap: .25rem .8rem; margin: 0; flex: 1 1 34rem }
dt { color: var(--dim) } dd { margin: 0 } pre { margin: 0; white-space: pre-wrap; font: .82em ui-monospace, monospace }
figure { margin: 0; flex: 0 0 20rem } figcaption { font-size: .85rem; color: var(--dim) }
svg .bar { fill: var(--blue) } svg .axis { stroke: var(--dim) } svg text { fill: var(--dim); font-size: 11px }
[hidden] { display: none !important }
@media (max-width: 70rem) { main { grid-template-columns: 1fr } nav { position: static; max-height: none }
  .head { display: none } summary { grid-template-columns: 1fr 1fr } }
"""

_SCRIPT: Final = """
const box = document.getElementById("find"), told = document.getElementById("told");
const features = [...document.querySelectorAll("details.feature")];
const texts = new Map(features.map(each => [each, each.textContent.toLowerCase()]));
function find() {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const each of features) {
    each.hidden = !words.every(word => texts.get(each).includes(word));
    if (!each.hidden) shown += 1;
  }
  for (const section of document.querySelectorAll("section")) {
    const left = section.querySelectorAll("details.feature:not([hidden])").length;
    section.hidden = left === 0;
    const link = document.querySelector(`nav a[href="#${section.id}"]`);
    link.parentElement.hidden = left === 0;
    link.nextElementSibling.textContent = left;
  }
  told.textContent = words.length ? `${shown} of ${features.length} features` : `${features.length} features`;
}
function open() {
  const named = location.hash && document.getElementById(location.hash.slice(1));
  if (named && named.matches("details")) { named.open = true; named.scrollIntoView({ block: "center" }); }
}
box.addEventListener("input", find);
window.addEventListener("hashchange", open);
const asked = new URLSearchParams(location.search).get("find");
if (asked) box.value = asked;
find(); open();
"""

_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Features</title><style>{style}</style></head>
<body>
<header><h1>Features</h1>
<input id="find" type="search" placeholder="Find by name, meaning, field, reason or law" aria-label="Find features">
<span id="told" role="status">{count} features</span></header>
<main><nav aria-label="Views"><ul>{links}</ul>
<table><caption>Features by use</caption><tr><td></td><th scope="col">permitted</th><th scope="col">consent</th>
<th scope="col">never</th></tr>{places}</table></nav>
<div>{body}</div></main>
<script>{script}</script>
</body></html>
"""


if __name__ == "__main__":
    from features.definitions.all import CATALOGUE

    _found = pq.read_table(sys.argv[2]) if len(sys.argv) > 2 else None
    Path(sys.argv[1]).write_text(page(CATALOGUE, _found), encoding="utf-8")
