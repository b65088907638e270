"""JSON Lines (UTF-8, one object a line) as a stream of text columns.

A line that is no JSON object is a bad line, and so is one with a list, an object or a truth value
where a text or a number belongs.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import IO, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from bureau.errors import DeliveryRefused
from bureau.formats.json_keys import keys_in, keys_of_lines
from bureau.formats.lines import FETCH_AGAIN, BadLine, Block, cut, sift
from bureau.formats.records import LINE, Records
from bureau.quoting import quoted

__all__ = ["JsonLinesRecords"]

_LINE_SQL: Final = f'"{LINE}"'
_LOOKED_AT: Final = 1_000
"""Records at the beginning whose fields are looked through for ones that no contract knows."""


class JsonLinesRecords(Records):
    """JSON Lines being read.

    Parameters
    ----------
    name : str
        Name of the file.
    size : int
        Its bytes.
    raw : IO
        The file as it lies there, for progress.
    unpacked : IO
        Its unpacked content.

    Raises
    ------
    DeliveryRefused
        If it is empty, or its first thousand lines hold no JSON object.
    """

    def __init__(self, name: str, size: int, raw: IO[bytes], unpacked: IO[bytes]) -> None:
        super().__init__(name, size, raw)
        pieces = cut(name, unpacked)
        self._first = next(pieces, b"").removeprefix(b"\xef\xbb\xbf")
        if not self._first.strip():
            raise DeliveryRefused(name, "the file is empty", FETCH_AGAIN)
        self._rest = pieces
        self._names = _fields(name, self._first)
        self._paths = dict.fromkeys(self._names)
        # In memory and without a file: blocks are small, and nothing of them is spilled.
        self._parser = duckdb.connect(config={"temp_directory": "", "autoload_known_extensions": "false"})
        self._parser.execute("SET threads = 1")
        with suppress(duckdb.InvalidInputException):  # as in bureau.engine: a bar would go into the standard output
            self._parser.execute("SET enable_progress_bar = false")

    @property
    def names(self) -> tuple[str, ...]:
        """The fields met in the first records, in the order in which they were met."""
        return self._names

    @property
    def paths(self) -> tuple[str, ...]:
        """The keys of all lines read so far, however deep, in the order in which they were met."""
        return tuple(self._paths)

    @property
    def names_all_columns(self) -> bool:
        """A field that the first records lack may come later."""
        return False

    def batches(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """The records in order, a block at a time: the fields asked for, as text, and :data:`LINE`."""
        line = 1
        for piece in itertools.chain([self._first], self._rest):
            block = sift(piece, line, quoted=False)
            line += piece.count(b"\n")
            self._set_aside(block.bad_lines)
            self._paths |= {key: None for bad in block.bad_lines for key in keys_in(bad.text)}
            if len(block.numbers):
                yield self._parse(block, columns)

    def _parse(self, block: Block, columns: Sequence[str]) -> pa.Table:
        lines = pa.table({"line": block.text[:-1].decode("utf-8").split("\n"), LINE: block.numbers})
        structure = json.dumps(dict.fromkeys(columns, "VARCHAR")) if columns else '{"": "VARCHAR"}'
        self._parser.register("lines", lines)
        self._paths |= dict.fromkeys(keys_of_lines(self._parser))
        parsed = self._parser.execute(
            f"SELECT CASE WHEN json_valid(line) THEN json_type(line) END = 'OBJECT' AS is_object, line, {_LINE_SQL}, "
            f"is_object AND NOT ({_is_nested(columns)}) AS good, "
            "CASE WHEN is_object THEN json_transform(line, $1) END AS fields "
            "FROM (SELECT *, CASE WHEN json_valid(line) THEN json_transform(line, $2) END AS told FROM lines)",
            [structure, structure.replace('"VARCHAR"', '"JSON"')],
        ).to_arrow_table()
        self._parser.unregister("lines")
        good = parsed["good"].combine_chunks().fill_null(False)
        if pc.all(good).as_py() is False:
            bad = parsed.filter(pc.invert(good))
            self._set_aside(
                [
                    BadLine(number, ("value" if is_object else "json",), text)
                    for number, text, is_object in zip(
                        bad[LINE].to_pylist(), bad["line"].to_pylist(), bad["is_object"].to_pylist(), strict=True
                    )
                ]
            )
            parsed = parsed.filter(good)
        fields = parsed["fields"].combine_chunks()
        taken = {name: pc.struct_field(fields, [name]) for name in columns}
        return pa.table({**taken, LINE: parsed[LINE]})


def _is_nested(columns: Sequence[str]) -> str:
    """SQL that is true when a field holds a list, an object or a truth value."""
    told = (f"told.{quoted(name)}::VARCHAR" for name in columns)
    return " OR ".join(f"coalesce(left({value}, 1) IN ('[', '{{', 't', 'f'), false)" for value in told) or "false"


def _fields(name: str, piece: bytes) -> tuple[str, ...]:
    """The fields of the first records, in the order in which they are met."""
    found: dict[str, None] = {}
    objects = 0
    for line in piece.split(b"\n", _LOOKED_AT)[:_LOOKED_AT]:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            objects += 1
            found |= dict.fromkeys(record)
    if not objects:
        raise DeliveryRefused(name, "its first lines hold no JSON object", "deliver one JSON object a line")
    return tuple(found)
