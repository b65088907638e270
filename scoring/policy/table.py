"""Reading configuration: a table of TOML or JSON whose every key must be known and of the right kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NoReturn

from scoring.errors import PolicyRefused

__all__ = ["Table"]


class Table:
    """A table that is read key by key; what nobody asked for is refused in the end.

    Parameters
    ----------
    raw : object
        The table as read.
    where : str
        What it is, for errors: a file, and the part of it.

    Raises
    ------
    PolicyRefused
        If it is no table; every method says so of a key that is missing or of another kind.
    """

    def __init__(self, raw: object, where: str) -> None:
        if not isinstance(raw, Mapping):
            raise PolicyRefused(f"{where}: a table is wanted here; write `key = value` lines")
        self.where = where
        self._left: dict[str, Any] = {str(key): value for key, value in raw.items()}

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self._take(key)
        if not isinstance(value, str) or not value.strip():
            self._refuse(key, "a text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Texts, at least one, each once."""
        value = self._take(key)
        if (
            not isinstance(value, list | tuple)
            or not value
            or not all(isinstance(each, str) and each for each in value)
        ):
            self._refuse(key, "a list of texts")
        if len(set(value)) < len(value):
            self._refuse(key, "a list of texts, each once")
        return tuple(value)

    def whole(self, key: str, least: int, most: int) -> int:
        """A whole number within bounds."""
        value = self._take(key)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self._refuse(key, f"a whole number from {least} to {most}")
        return value

    def wholes(self, key: str, least: int, most: int) -> dict[str, int]:
        """Whole numbers by name; none if the key is missing."""
        if key not in self:
            return {}
        inner = self.table(key)
        return {name: inner.whole(name, least, most) for name in tuple(inner._left)}

    def day(self, key: str) -> date:
        """A day: a date of TOML, or a text like 2026-07-01."""
        value = self._take(key)
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                self._refuse(key, "a day like 2026-07-01")
        if isinstance(value, datetime) or not isinstance(value, date):
            self._refuse(key, "a day like 2026-07-01")
        return value

    def table(self, key: str) -> Table:
        """A table within."""
        return Table(self._take(key), f"{self.where}, {key}")

    def tables(self, key: str) -> list[Table]:
        """Tables in a list; none if the key is missing."""
        value = self._left.pop(key, [])
        if not isinstance(value, list):
            self._refuse(key, "a list of tables")
        return [Table(each, f"{self.where}, {key} no. {number}") for number, each in enumerate(value, start=1)]

    def named_tables(self, key: str) -> dict[str, Table]:
        """Tables by name, at least one."""
        inner = self.table(key)
        if not inner._left:
            self._refuse(key, "at least one table by name")
        return {name: inner.table(name) for name in tuple(inner._left)}

    def done(self) -> None:
        """Refuse what is left."""
        if self._left:
            raise PolicyRefused(f"{self.where}: {min(self._left)!r} is no key that is known here; correct or remove it")

    def _take(self, key: str) -> Any:
        if key not in self._left:
            raise PolicyRefused(f"{self.where}: {key!r} is missing; state it")
        return self._left.pop(key)

    def _refuse(self, key: str, wanted: str) -> NoReturn:
        raise PolicyRefused(f"{self.where}: {key!r} is not {wanted}; write one")
