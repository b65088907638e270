"""Contracts: what a kind of delivery holds, which records are good, and what facts they become.

A contract is declared once, as data. From it come the SQL that checks the records
(:mod:`bureau.verify`) and the SQL that turns good records into facts (:mod:`bureau.ingest`).

In the SQL of a contract the typed columns stand under their own names, and
``getvariable('observed_on')`` is the observation date of the delivery.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Column", "Contract", "FactMapping", "Rule"]

_ColumnType = Literal["text", "number", "integer"]


@dataclass(frozen=True)
class Column:
    """One column of a delivery.

    Parameters
    ----------
    name : str
        Its name in the file.
    type : {'text', 'number', 'integer'}
        How its text is read.
    filled : bool
        Whether every record must have a value.
    allowed : tuple of str
        The closed list of a code; empty if any text may stand there.
    minimum, maximum : float, optional
        Plausible range of a number, both ends included.
    empty : tuple of str
        Texts that mean "no value", beside the empty text.
    aliases : tuple of str
        Other names under which furnishers send the column.
    optional : bool
        Whether the column may be absent from the file; its values are then missing.
    """

    name: str
    type: _ColumnType
    filled: bool = False
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    empty: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Rule:
    """A rule over a whole record.

    Parameters
    ----------
    id : str
        Its name in the quarantine.
    sentence : str
        What must hold, for people.
    broken : str
        SQL over the typed columns that is true when the rule is broken.
    """

    id: str
    sentence: str
    broken: str


@dataclass(frozen=True)
class FactMapping:
    """How a good record becomes a fact.

    Parameters
    ----------
    fact : str
        Name of the fact (:data:`bureau.facts.FACTS`).
    columns : mapping of str to str
        Column of the fact to the SQL that gives it. ``consumer_id`` and ``tradeline_id`` are given
        as the furnisher's own references; ingest puts the bureau's identifiers in their place.
    effective_on : str, optional
        SQL for the date the fact speaks of, where that is not one of its own columns; the
        observation date by default.
    distinct : bool
        Whether many records tell the same fact, which is kept once, from the first moment on.
    """

    fact: str
    columns: Mapping[str, str]
    effective_on: str = "getvariable('observed_on')"
    distinct: bool = False


@dataclass(frozen=True)
class Contract:
    """One kind of delivery.

    Parameters
    ----------
    name : str
        Name of the contract.
    furnisher_id : str
        Who sends it.
    record_kind : str
        What its records are about, for coverage: see :data:`bureau.facts.FACTS`.
    columns : tuple of Column
        The columns that are read.
    facts : tuple of FactMapping
        What a record becomes; the first one is the record itself and decides whether it is a duplicate.
    consumer_space, tradeline_space : str
        Within which the furnisher's references to consumers and tradelines are unique.
    rules : tuple of Rule
        Rules over a whole record, beside those of the columns.
    not_taken : mapping of str to str
        Columns known and deliberately not read, each with the reason.
    recorded_at : str, optional
        SQL for the moment a record became known, when the data tell it; else the moment the
        delivery was received.
    observes : str, optional
        SQL for the reference of the consumer that a record puts under observation, when the
        delivery says who is to be observed (applicants, holders of a statement).
    """

    name: str
    furnisher_id: str
    record_kind: str
    columns: tuple[Column, ...]
    facts: tuple[FactMapping, ...]
    consumer_space: str
    tradeline_space: str = ""
    rules: tuple[Rule, ...] = ()
    not_taken: Mapping[str, str] = field(default_factory=dict)
    recorded_at: str | None = None
    observes: str | None = None
