"""Who is who: from what furnishers tell of people to which of their records speak of one person.

A *record* is one telling of one person; a *node* is what must stay together (a furnisher's reference), one
or more records. The way of the data, each step a function of its own over tables of a DuckDB connection::

    told ──standardise──> standard ──key_tokens──> tokens ──candidate_pairs──> pairs
                             └──────────────────── score_pairs <─────────────────┘
                                                       └──> scored ──cluster──> clusters and reviews

No step depends on the order of rows: ties are broken by what is told, never by a row's place.

At inquiry time :func:`find` and :func:`open_finder` find an applicant by the same keys and the same weights. They are
loaded when they are first asked for, so that the parts of this package stay light to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bureau.identity.finding import Finder, find, open_finder
    from bureau.identity.found import Candidate, Found

__all__ = ["Candidate", "Finder", "Found", "find", "open_finder"]


def __getattr__(name: str) -> Any:
    """A name of finding, loaded when it is asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from bureau.identity import finding

    return getattr(finding, name)
