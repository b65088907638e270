"""The catalogue: every feature declared once, and what is derived from it.

A feature belongs to a view (what is counted, and when it is missing) or is derived from other
features. Its name, meaning, direction of risk, reason and permitted use are written here and
nowhere else; Feast's objects, the model's constraints, the reasons and the documentation come
from them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from features.asof import months_since
from features.derived import Expression
from features.errors import ProhibitedFeature, UnknownFeature
from features.exact import exact
from features.lineage import fields_read
from features.permitted import JURISDICTIONS, Use, use_of
from features.reasons import REASONS

__all__ = ["Catalogue", "Derived", "Direction", "Feature", "View", "aggregate", "stated"]

Direction = Literal[-1, 0, 1]
"""How risk moves when the feature grows: 1 up, -1 down, 0 not declared."""

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_NOT_ASKED: Final = "such records were never delivered about the consumer"


@dataclass(frozen=True)
class View:
    """What features are counted over: one row of it for each record that is known.

    Parameters
    ----------
    name : str
        Its name, also Feast's.
    title : str
        What it is about, for people.
    record_kind : str
        The kind of record that must have been delivered about a consumer; else all features of
        the view are missing.
    relation : str
        SQL that gives one row a record, with ``row_no`` of the spine it belongs to. It is put
        together from the pieces of :mod:`features.asof` and uses nothing recorded after the
        spine's moment.
    lineage : mapping of str to tuple of str
        Column of the relation to the fields (fact.column) it comes from; those that only choose
        or order records are left out. ``*`` stands for the field that tells records apart.
    """

    name: str
    title: str
    record_kind: str
    relation: str
    lineage: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Feature:
    """One number about a consumer as of a moment.

    Parameters
    ----------
    name : str
        Its name, the same everywhere.
    view : str
        Name of its view.
    sql : str
        An aggregate over the view's relation, whose value does not depend on the order of its rows.
    meaning : str
        What it is, for people.
    unit : str
        Unit of its value: months, share, amount, count, level, days, score.
    direction : {-1, 0, 1}
        Direction of risk.
    reason : str
        Code of the reason it counts towards.
    reads : frozenset of str
        Fields (fact.column) it reads.
    empty : float, optional
        Its value when records were delivered and there are none that count: zero for counts.
    null_means : str
        What a missing value says.
    stated_as : str
        For a statement of the applicant: its name in an application; else empty.
    levels : mapping of str to float
        For a statement in words: the level of each; a word not listed is missing.
    """

    name: str
    view: str
    sql: str
    meaning: str
    unit: str
    direction: Direction
    reason: str
    reads: frozenset[str]
    null_means: str
    empty: float | None = None
    stated_as: str = ""
    levels: Mapping[str, float] = field(default_factory=dict)

    @property
    def use(self) -> tuple[Use, str]:
        """Whether it may be used to decide on credit, and why not."""
        return use_of(self.reads)


@dataclass(frozen=True)
class Derived:
    """A number computed from other features of the same vector, offline and online alike.

    Parameters
    ----------
    name, meaning, unit, direction, reason
        As for :class:`Feature`.
    expression : Expression
        How it is computed, and when it is missing.
    """

    name: str
    expression: Expression
    meaning: str
    unit: str
    direction: Direction
    reason: str

    @property
    def null_means(self) -> str:
        """What a missing value says."""
        return self.expression.null_means


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
            raise UnknownFeature(f"{name}: no feature of this name; `tradeline features` lists them all") from None

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

    def use(self, name: str) -> tuple[Use, str]:
        """Whether a feature may be used to decide on credit, and why not."""
        return use_of(self.reads(name))

    def require_permitted(self, names: Iterable[str], jurisdiction: str = "us") -> None:
        """Refuse features that may not be used to decide on credit.

        Raises
        ------
        ProhibitedFeature
            If one of them is prohibited; the error names it and the reason.
        UnknownFeature
            If one of them is not declared.
        ValueError
            If the jurisdiction is not carried.
        """
        if jurisdiction not in JURISDICTIONS:
            raise ValueError(f"jurisdiction {jurisdiction!r} is not carried; choose one of {', '.join(JURISDICTIONS)}")
        for name in names:
            use, why = self.use(name)
            if use == "prohibited":
                raise ProhibitedFeature(
                    f"{name}: prohibited in a credit decision ({jurisdiction}): {why}; leave it out of the model"
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
                parts = [name, item.sql, repr(item.empty), levels, view.relation, view.record_kind]
            else:
                parts = [name, repr(item.expression), self.fingerprint(item.expression.operands)]
            digest.update("\x00".join(parts).encode())
            digest.update(b"\x01")
        return digest.hexdigest()[:16]


def aggregate(
    view: View,
    name: str,
    sql: str,
    meaning: str,
    *,
    unit: str,
    reason: str,
    direction: Direction = 0,
    empty: float | None = None,
    null_means: str = "",
) -> Feature:
    """Declare a feature counted over a view; the fields it reads are found in its SQL.

    Sums and means are made independent of the order of the records (:mod:`features.exact`).

    Raises
    ------
    ValueError
        If the SQL names a column that the view does not have.
    """
    missing = null_means or (_NOT_ASKED if empty is not None else f"no record that counts, or {_NOT_ASKED}")
    reads = fields_read(name, sql, view.lineage)
    return Feature(name, view.name, exact(sql), meaning, unit, direction, reason, reads, missing, empty)


def stated(
    view: View,
    name: str,
    column: str,
    meaning: str,
    *,
    unit: str,
    reason: str,
    direction: Direction = 0,
    since: bool = False,
    levels: Mapping[str, float] | None = None,
) -> Feature:
    """Declare a feature that is a statement of the applicant.

    Parameters
    ----------
    view : View
        The view of applications.
    name : str
        Name of the feature.
    column : str
        Column of the application.
    meaning, unit, reason, direction
        As for :class:`Feature`.
    since : bool
        Whether the column is a date, and the feature the months since.
    levels : mapping of str to float, optional
        The level of each word, when the column is one.
    """
    if levels is not None:
        cases = " ".join(f"WHEN {_quoted(word)} THEN {level!r}" for word, level in levels.items())
        value = f"CASE {column} {cases} END"
    elif since:
        value = months_since(column)
    else:
        value = column
    return Feature(
        name,
        view.name,
        f"max({value})",
        meaning,
        unit,
        direction,
        reason,
        frozenset(view.lineage[column]),
        "the applicant did not state it, or not in words that are known"
        if levels
        else "the applicant did not state it",
        stated_as=column if levels is not None else name,
        levels=dict(levels or {}),
    )


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"
