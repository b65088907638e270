"""How a feature is declared: its view, its SQL or expression, and all that is said of it.

A feature belongs to a view (what is counted, and when it is missing) or is derived from other
features. Its name, meaning, direction of risk, reason and permitted use are written once, here;
Feast's objects, the model's constraints, the reasons and the documentation come from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from features.asof import months_since
from features.derived import Expression
from features.exact import exact
from features.kinds import Kind
from features.lineage import fields_read
from features.permitted import Use, use_of

__all__ = ["Derived", "Direction", "Feature", "View", "aggregate", "stated"]

Direction = Literal[-1, 0, 1]
"""How risk moves when the feature grows: 1 up, -1 down, 0 not declared."""

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
    record_kind : str or None
        The kind of record that must have been delivered about a consumer; else all features of
        the view are missing. None where it is enough that the consumer is on file at the moment.
    relation : str
        SQL that gives one row a record, with ``row_no`` of the spine it belongs to. It is put
        together from the pieces of :mod:`features.asof` and uses nothing recorded after the
        spine's moment.
    lineage : mapping of str to tuple of str
        Column of the relation to the fields (fact.column) it comes from; those that only choose
        or order records are left out. ``*`` stands for the field that tells records apart.
    kinds : mapping of str to str
        What a column of the relation holds (:data:`Kind`); sums of a column that is not named are
        counted in units of 1e-12.
    clock : str
        Column of whole months before the observation by which features choose their windows; a
        view that has one can be computed in two stages (:mod:`features.planning`).
    groups : tuple of str
        Columns by which features choose records, kept apart in the first of the two stages.
    rows : str
        What makes a row and what its columns mean, for people: paragraphs in plain words.
    """

    name: str
    title: str
    record_kind: str | None
    relation: str
    lineage: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    clock: str = ""
    groups: tuple[str, ...] = ()
    rows: str = ""


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
    window : int, optional
        Months before the observation that it looks back; None where it looks at all that is known.
    expected : tuple of float, optional
        Least and largest value that are expected; by default those of its unit.
    written : str
        The aggregate as it was declared, before its sums were made exact.
    grows : bool
        Whether it keeps what was ever told, so that it grows with the record without end, be the people the same. Not
        so months since the newest record of something, which tell a furnisher that fell silent.
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
    window: int | None = None
    expected: tuple[float, float] | None = None
    written: str = ""
    grows: bool = False

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
    window : int, optional
        Months of record up to which it grows, where that is not the longest of what it is computed from.
    """

    name: str
    expression: Expression
    meaning: str
    unit: str
    direction: Direction
    reason: str
    window: int | None = None

    @property
    def null_means(self) -> str:
        """What a missing value says."""
        return self.expression.null_means


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
    window: int | None = None,
    expected: tuple[float, float] | None = None,
    grows: bool = False,
) -> Feature:
    """Declare a feature counted over a view; the fields it reads are found in its SQL.

    Sums and means are made independent of the order of the records (:mod:`features.exact`).

    Raises
    ------
    ValueError
        If the SQL names a column that the view does not have, or sums what has no kind in a view that names kinds.
    """
    missing = null_means or (_NOT_ASKED if empty is not None else f"no record that counts, or {_NOT_ASKED}")
    reads = fields_read(name, sql, view.lineage)
    try:
        counted = exact(sql, view.kinds)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return Feature(
        name,
        view.name,
        counted,
        meaning,
        unit,
        direction,
        reason,
        reads,
        missing,
        empty,
        window=window,
        expected=expected,
        written=sql,
        grows=grows,
    )


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
