"""The catalogue: every feature declared once, and what is derived from it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from typing import Final

from features.declaration import Derived, Feature, View
from features.errors import ProhibitedFeature, UnknownFeature
from features.permitted import REVIEWED_ON, Use, fields_in_use, use_of
from features.reasons import REASONS

__all__ = ["Catalogue"]

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@dataclass(frozen=True)
class Catalogue:
    """All views and features.

    Parameters
    ----------
    views : tuple of View
        The views.
    features : tuple of Feature
        Features counted over a view.
    derived : tuple of Derived
        Features computed from others.

    Raises
    ------
    ValueError
        If a name stands twice or is not in snake_case, or a view, reason or operand is not declared.
    """

    views: tuple[View, ...]
    features: tuple[Feature, ...]
    derived: tuple[Derived, ...]

    def __post_init__(self) -> None:
        declared: tuple[Feature | Derived, ...] = (*self.features, *self.derived)
        names = [item.name for item in declared]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"declared twice: {', '.join(twice)}")
        for name in names:
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name}: a feature's name is in snake_case")
        views = {view.name for view in self.views}
        counted = {item.name for item in self.features}
        for item in declared:
            if item.reason not in REASONS:
                raise ValueError(f"{item.name}: no reason {item.reason!r}")
            if isinstance(item, Feature) and item.view not in views:
                raise ValueError(f"{item.name}: no view {item.view!r}")
            if isinstance(item, Derived):
                for operand in sorted(item.expression.operands - counted):
                    raise ValueError(f"{item.name}: no feature {operand!r} to compute it from")

    @cached_property
    def _by_name(self) -> dict[str, Feature | Derived]:
        every: tuple[Feature | Derived, ...] = (*self.features, *self.derived)
        return {item.name: item for item in every}

    def __getitem__(self, name: str) -> Feature | Derived:
        try:
            return self._by_name[name]
        except KeyError:
            alike = get_close_matches(name, self._by_name, n=3)
            meant = f" (did you mean {' or '.join(alike)}?)" if alike else ""
            raise UnknownFeature(
                f"{name}: no feature of this name{meant}; `tradeline features` lists them all"
            ) from None

    def __iter__(self) -> Iterator[Feature | Derived]:
        return iter(self._by_name.values())

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def reads(self, name: str) -> frozenset[str]:
        """All fields of the history (fact.column) that a feature reads, through its operands too."""
        item = self[name]
        if isinstance(item, Feature):
            return item.reads
        return frozenset().union(*(self.reads(operand) for operand in item.expression.operands))

    def use(self, name: str, jurisdiction: str = "us", on: date = REVIEWED_ON) -> tuple[Use, str]:
        """What may be done with a feature in a credit decision of a day, and why no more."""
        return use_of(self.reads(name), jurisdiction, on)

    def require_permitted(
        self, names: Iterable[str], jurisdiction: str = "us", on: date = REVIEWED_ON, *, consented: bool = False
    ) -> None:
        """Refuse features that may not be used to decide on credit.

        Parameters
        ----------
        names : iterable of str
            Features.
        jurisdiction : str
            Where the decision is taken.
        on : date
            When it is taken.
        consented : bool
            Whether the person has given written consent to the use of what may be used with consent alone.

        Raises
        ------
        ProhibitedFeature
            If one of them may not be used; the error names it and the reason.
        UnknownFeature
            If one of them is not declared.
        ValueError
            If the jurisdiction is not carried.
        """
        fields_in_use(jurisdiction, on)  # refuses a jurisdiction even where there is nothing to look at
        for name in names:
            use, why = self.use(name, jurisdiction, on)
            if use == "prohibited":
                raise ProhibitedFeature(
                    f"{name}: prohibited in a credit decision ({jurisdiction}): {why}; leave it out of the model"
                )
            if use == "consent" and not consented:
                raise ProhibitedFeature(
                    f"{name}: only with the person's written consent ({jurisdiction}): {why}; "
                    "obtain it, or leave it out of the model"
                )

    def of_view(self, view: str) -> tuple[Feature, ...]:
        """The features of a view, in the order of their declaration."""
        return tuple(item for item in self.features if item.view == view)

    def view(self, name: str) -> View:
        """A view by its name.

        Raises
        ------
        UnknownFeature
            If there is none.
        """
        for view in self.views:
            if view.name == name:
                return view
        raise UnknownFeature(f"{name}: no view of this name; known are {', '.join(view.name for view in self.views)}")

    def table_folder(self, view: str) -> str:
        """Name of the folder of a view's tables; other definitions have another folder."""
        return f"{view}-{self.fingerprint(item.name for item in self.of_view(view))[:8]}"

    def fingerprint(self, names: Iterable[str]) -> str:
        """A digest of everything that determines the values of these features."""
        digest = hashlib.sha256()
        for name in sorted(set(names)):
            item = self[name]
            if isinstance(item, Feature):
                view = self.view(item.view)
                levels = repr(sorted(item.levels.items()))
                parts = [name, item.sql, repr(item.empty), levels, view.relation, view.record_kind or ""]
            else:
                parts = [name, repr(item.expression), self.fingerprint(item.expression.operands)]
            digest.update("\x00".join(parts).encode())
            digest.update(b"\x01")
        return digest.hexdigest()[:16]
