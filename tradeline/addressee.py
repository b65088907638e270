"""Whom a letter goes to, where no record tells: a file, or what is piped in, never the command line itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import typer

from scoring.notice.facts import Party
from scoring.notice.parties import is_line

__all__ = ["addressee_of"]

_WANTED: Final = 'must hold {"name": "...", "address": ["...", ...]}, with every text on one line'
_LARGEST: Final = 10_000
_MOST_LINES: Final = 8
_LONGEST: Final = 200


def addressee_of(told_in: Path) -> Party:
    """The person and postal address that a JSON file tells, or the standard input for ``-``.

    The command line is no place for a name: every process of the machine can read it, and shells remember it.

    Parameters
    ----------
    told_in : Path
        The file.

    Raises
    ------
    typer.BadParameter
        If it cannot be read, or tells something else; the error repeats nothing of it.
    """
    try:
        if str(told_in) == "-":
            content = typer.get_binary_stream("stdin").read(_LARGEST + 1)
        else:
            with told_in.open("rb") as file:
                content = file.read(_LARGEST + 1)
    except OSError as error:
        raise typer.BadParameter(f"{told_in}: {error.strerror}", param_hint="--to") from None
    try:
        told: Any = json.loads(content.decode()) if len(content) <= _LARGEST else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or set(told) != {"name", "address"} or not isinstance(told["address"], list):
        raise typer.BadParameter(f"{told_in} {_WANTED}", param_hint="--to")
    lines = [told["name"], *told["address"]]
    if not 2 <= len(lines) <= _MOST_LINES + 1 or not all(map(_is_line, lines)):
        raise typer.BadParameter(f"{told_in} {_WANTED}", param_hint="--to")
    name, *address = (text.strip() for text in lines)
    return Party(name, tuple(address))


def _is_line(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text.strip()) <= _LONGEST and is_line(text.strip())
