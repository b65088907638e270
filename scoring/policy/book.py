"""The policy book: all dated versions of a portfolio's policy, from which a decision takes that of its day.

The book that is in force at training goes into the bundle, so that a decision, and its replay, need
nothing but the bundle. The shipped versions lie in ``scoring/policy/shipped/``; a home's own, in its
``policies/``, come first: from the day on which the first of them takes effect, no shipped one counts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from features.permitted import JURISDICTIONS
from scoring.errors import PolicyRefused
from scoring.policy.policy import Policy
from scoring.policy.table import Table
from scoring.policy.version import Place, PolicyVersion, version_of

__all__ = ["OWN_POLICIES", "PolicyBook", "policy_book", "policy_of", "read_version", "shipped_book", "shipped_text"]

OWN_POLICIES: Final = "policies"
"""Folder of a home's own policies."""

_LARGEST: Final = 1_000_000
"""Bytes of a file that may be a policy."""


@dataclass(frozen=True)
class PolicyBook:
    """All versions of a portfolio's policy.

    Parameters
    ----------
    portfolio : str
        Name of the portfolio.
    versions : tuple of PolicyVersion
        Its versions, by the day on which they take effect.

    Raises
    ------
    PolicyRefused
        If there is none, one is another portfolio's, a name or a first day stands twice, or one holds
        beyond the day on which the next takes effect.
    """

    portfolio: str
    versions: tuple[PolicyVersion, ...]

    def __post_init__(self) -> None:
        bases = [each.base for each in self.versions]
        if not bases:
            raise PolicyRefused(f"{self.portfolio}: no version of its policy; state one")
        for base in bases:
            if base.portfolio != self.portfolio:
                raise PolicyRefused(
                    f"policy {base.version}: is of {base.portfolio}, not of {self.portfolio}; keep their books apart"
                )
        if len({base.version for base in bases}) < len(bases):
            twice = next(base.version for base in bases if [each.version for each in bases].count(base.version) > 1)
            raise PolicyRefused(f"policy {twice}: stands twice; a changed policy is a new version with a later date")
        for before, after in pairwise(bases):
            if before.effective_from >= after.effective_from:
                raise PolicyRefused(
                    f"policy {after.version}: takes effect on {after.effective_from}, as {before.version} does or "
                    "before it; give every version a day of its own"
                )
            if before.effective_to is not None and before.effective_to >= after.effective_from:
                raise PolicyRefused(
                    f"policy {before.version}: holds until {before.effective_to}, but {after.version} takes effect on "
                    f"{after.effective_from}; let it end before, or state no end"
                )

    def in_force(self, on: date, jurisdiction: str) -> Policy:
        """The policy in force on a day in a jurisdiction: of the version that took effect last.

        Raises
        ------
        PolicyRefused
            If none is in force, or it does not apply there.
        """
        begun = [each for each in self.versions if each.base.effective_from <= on]
        if not begun or (begun[-1].base.effective_to or on) < on:
            raise PolicyRefused(f"{self.portfolio}: no policy in force on {on}; state one that is")
        return begun[-1].of(jurisdiction)

    def cut_offs(self, since: date) -> tuple[int, ...]:
        """The scores from which people are approved in some jurisdiction on that day or later, ascending."""
        ends = [each.base.effective_from - timedelta(days=1) for each in self.versions[1:]] + [date.max]
        held = [
            each
            for each, superseded in zip(self.versions, ends, strict=True)
            if min(superseded, each.base.effective_to or date.max) >= since
        ]
        return tuple(sorted({each.of(place).refer_below for each in held for place in each.jurisdictions}))

    def plain(self) -> dict[str, Any]:
        """The book as JSON knows it, which :meth:`of` reads."""
        return {"portfolio": self.portfolio, "versions": [each.plain() for each in self.versions]}

    @classmethod
    def of(cls, plain: object, where: str = "policy book") -> PolicyBook:
        """The book from what :meth:`plain` gives.

        Raises
        ------
        PolicyRefused
            If it is none.
        """
        table = Table(plain, where)
        portfolio, versions = table.text("portfolio"), tuple(map(version_of, table.tables("versions")))
        table.done()
        return cls(portfolio, versions)

    @classmethod
    def single(cls, policy: Policy) -> PolicyBook:
        """A book of one policy, the same in every jurisdiction; what it must hold is not checked until it is read."""
        return cls(policy.portfolio, (PolicyVersion(policy, tuple(map(Place, JURISDICTIONS))),))


def read_version(path: Path) -> PolicyVersion:
    """The version that a file states.

    Raises
    ------
    PolicyRefused
        If it cannot be read, or states no policy; the error names the file and the place in it.
    """
    try:
        content = path.read_bytes()[: _LARGEST + 1]
    except OSError as error:
        raise PolicyRefused(f"{path}: {error.strerror}; name a file that can be read") from None
    return _version(content, str(path))


@cache
def shipped_book(portfolio: str) -> PolicyBook:
    """The book of a portfolio as it is shipped.

    Raises
    ------
    PolicyRefused
        If none is.
    """
    return _book(portfolio, _shipped(portfolio))


def shipped_text(portfolio: str) -> str:
    """The file of the newest shipped version of a portfolio, to begin one's own from.

    Raises
    ------
    PolicyRefused
        If none is shipped.
    """
    newest = shipped_book(portfolio).versions[-1]
    return next(content.decode() for each, content in _shipped_files() if each == newest)


def policy_book(portfolio: str, folder: Path | None = None) -> PolicyBook:
    """The book of a portfolio: the versions in a folder first, then the shipped ones of the days before.

    Parameters
    ----------
    portfolio : str
        Name of the portfolio.
    folder : Path, optional
        Folder of a home's own policies (``*.toml``, of any portfolio); it need not exist.

    Raises
    ------
    PolicyRefused
        If a file is no policy, or the versions do not fit together.
    """
    paths = sorted(folder.glob("*.toml")) if folder is not None and folder.is_dir() else []
    own = [each for each in map(read_version, paths) if each.base.portfolio == portfolio]
    if not own:
        return shipped_book(portfolio)
    first = min(each.base.effective_from for each in own)
    before = [each for each in _shipped(portfolio) if each.base.effective_from < first]
    return _book(portfolio, [*before, *own])


def policy_of(portfolio: str, on: date, jurisdiction: str = "us") -> Policy:
    """The shipped policy of a portfolio in force on a day.

    Raises
    ------
    PolicyRefused
        If none is in force.
    """
    return shipped_book(portfolio).in_force(on, jurisdiction)


def _shipped(portfolio: str) -> list[PolicyVersion]:
    return [each for each, _ in _shipped_files() if each.base.portfolio == portfolio]


def _shipped_files() -> list[tuple[PolicyVersion, bytes]]:
    """Every shipped version with its file."""
    found = sorted(
        (each.name, each.read_bytes())
        for each in (files("scoring.policy") / "shipped").iterdir()
        if each.name.endswith(".toml")
    )
    return [(_version(content, name), content) for name, content in found]


def _version(content: bytes, where: str) -> PolicyVersion:
    try:
        if len(content) > _LARGEST:
            raise PolicyRefused(f"{where}: larger than {_LARGEST:,} bytes, which no policy is; name another file")
        raw: Mapping[str, Any] = tomllib.loads(content.decode())
    except UnicodeDecodeError:
        raise PolicyRefused(f"{where}: not in UTF-8; save it so") from None
    except tomllib.TOMLDecodeError as error:
        raise PolicyRefused(f"{where}: no TOML: {error}; correct it") from None
    except RecursionError:
        raise PolicyRefused(f"{where}: nested too deeply; correct it") from None
    return version_of(Table(raw, where))


def _book(portfolio: str, versions: Iterable[PolicyVersion]) -> PolicyBook:
    ordered = tuple(sorted(versions, key=lambda each: (each.base.effective_from, each.base.version)))
    if not ordered:
        raise PolicyRefused(
            f"{portfolio}: no policy of this portfolio is there; put one into `policies/` of the home, for example a "
            "changed copy of what `tradeline policy copy` gives"
        )
    return PolicyBook(portfolio, ordered)
