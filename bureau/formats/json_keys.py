"""The keys of JSON objects, however deep: what a file tells, whether or not a contract asks for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import duckdb

__all__ = ["keys_in", "keys_of_lines"]

_DEEPEST: Final = 64
"""Opening brackets of a line that DuckDB may follow; a line with more is searched for its keys as text."""

_IS_FLAT: Final = "NOT contains(substr(line, 2), '{')"
"""SQL for whether a line can have no object in it, which is the common and cheap case."""

_OPENED: Final = "(length(line) - length(replace(replace(line, '{', ''), '[', '')))"
_FLAT_KEYS: Final = f"SELECT DISTINCT json_keys(line) FROM lines WHERE json_valid(line) AND {_IS_FLAT}"
_SHAPES: Final = f"""
    WITH told AS (
        SELECT line,
            CASE WHEN json_valid(line) AND {_OPENED} <= {_DEEPEST} THEN json_structure(line)::VARCHAR END AS shape
        FROM lines WHERE NOT (json_valid(line) AND {_IS_FLAT})
    )
    SELECT DISTINCT shape, CASE WHEN shape IS NULL OR contains(shape, '"JSON"') THEN line END FROM told
"""
# A text is taken whole, so that what stands in one is no key; the colon tells a key.
_TEXT: Final = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*+:)?')


def keys_of_lines(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """The keys met in some lines, each as its path (``person.blood``); a key may come twice.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        With the relation ``lines``, which has the text column ``line``. Lines that are no JSON are
        searched all the same.

    Examples
    --------
    >>> connection = duckdb.connect()
    >>> told = ['{"a": 1, "b": [{"c": 2}]}', '{"d": 1']
    >>> _ = connection.execute("CREATE TABLE lines AS SELECT unnest($told) AS line", {"told": told})
    >>> sorted(set(keys_of_lines(connection)))
    ['a', 'b', 'b.c', 'd']
    """
    for (keys,) in connection.execute(_FLAT_KEYS).fetchall():
        yield from keys
    for shape, line in connection.execute(_SHAPES).fetchall():
        yield from keys_in(line) if line is not None else _paths(json.loads(shape), "")


def keys_in(text: str) -> Iterator[str]:
    r"""The keys that stand in a text which may be no JSON, or be cut off.

    Examples
    --------
    >>> list(keys_in('{"a": "x: \\"b\\": 1", "c" : {"d'))
    ['a', 'c']
    """
    for key, colon in _TEXT.findall(text):
        if colon:
            try:
                yield json.loads(f'"{key}"')
            except ValueError:
                yield key


def _paths(structure: Any, above: str) -> Iterable[str]:
    """The paths in what ``json_structure`` tells."""
    if isinstance(structure, list):
        for each in structure:
            yield from _paths(each, above)
    elif isinstance(structure, dict):
        for key, below in structure.items():
            path = f"{above}.{key}" if above else key
            yield path
            yield from _paths(below, path)
