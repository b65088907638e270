"""Contracts: what a kind of delivery holds, which records are good, and what facts they become.

A contract is declared once, as data. From it come the SQL that checks the records
(:mod:`bureau.verify`), the SQL that turns good records into facts (:mod:`bureau.mapping`), the
checks of a delivery against itself and against what is on file (:mod:`bureau.onfile`), and the
written contract for people (:mod:`bureau.documentation`).

In the SQL of a contract the typed columns stand under their own names,
``getvariable('observed_on')`` is the observation date of the delivery, and
``getvariable('received_on')`` the date on which it was received.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Cadence", "Column", "Contract", "FactMapping", "FileCheck", "Format", "Rule", "Severity"]

_ColumnType = Literal["text", "number", "integer", "date", "list"]
Format = Literal["csv", "jsonl", "parquet", "metro2", "fields"]
Severity = Literal["set aside", "finding"]
Cadence = Literal["daily", "weekly", "monthly", "quarterly"]


@dataclass(frozen=True)
class Column:
    """One column of a delivery.

    Parameters
    ----------
    name : str
        Its name in the file.
    type : {'text', 'number', 'integer', 'date', 'list'}
        How its text is read; a date is ISO 8601 (``YYYY-MM-DD``). A list (Metro 2's associated
        consumers) is taken as it comes.
    filled : bool
        Whether every record must have a value.
    allowed : tuple of str
        The closed list of a code; empty if any text may stand there.
    minimum, maximum : float, optional
        Plausible range of a number, both ends included.
    pattern : str, optional
        Regular expression that the whole text must match.
    empty : tuple of str
        Texts that mean "no value", beside the empty text.
    aliases : tuple of str
        Other names under which furnishers send the column.
    optional : bool
        Whether the column may be absent from the file; its values are then missing.
    meaning : str
        What it says, for people.
    """

    name: str
    type: _ColumnType
    filled: bool = False
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    empty: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    optional: bool = False
    meaning: str = ""

    @property
    def rules(self) -> Iterator[Rule]:
        """The rules that follow from the declaration, without their SQL; :mod:`bureau.verify` has it."""
        if self.filled:
            yield Rule(f"filled:{self.name}", f"{self.name} has a value", "")
        if self.type in ("number", "integer", "date"):
            wanted = {"number": "a number", "integer": "a whole number", "date": "a date, YYYY-MM-DD"}[self.type]
            yield Rule(f"type:{self.name}", f"{self.name} is {wanted}", "")
        if self.allowed:
            yield Rule(f"allowed:{self.name}", f"{self.name} is one of {', '.join(self.allowed)}", "")
        if self.pattern is not None:
            yield Rule(f"pattern:{self.name}", f"{self.name} has the form {self.pattern}", "")
        if self.minimum is not None or self.maximum is not None:
            low = "" if self.minimum is None else f" at least {self.minimum:,g}"
            high = "" if self.maximum is None else f" at most {self.maximum:,g}"
            yield Rule(f"range:{self.name}", f"{self.name} is{low}{' and' if low and high else ''}{high}", "")


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
    severity : {'set aside', 'finding'}
        What becomes of a record that breaks it: set aside for a person, or accepted and noted.
    """

    id: str
    sentence: str
    broken: str
    severity: Severity = "set aside"


@dataclass(frozen=True)
class FileCheck:
    """A check of a delivery's facts against what is on file, or against each other.

    It is made once all good records of a delivery have become facts and before they are settled:
    the facts of the delivery are those with ``delivery_no = getvariable('delivery_no')``.

    Parameters
    ----------
    id : str
        Its name in the quarantine and among the findings.
    sentence : str
        What must hold, for people.
    severity : {'set aside', 'finding'}
        What becomes of the record.
    sql : str
        A query over the tables of the history and the temporary tables of :mod:`bureau.onfile`
        with one row for each broken record: ``line_no``, and ``evidence``, a struct of what
        contradicts what. Of personal data it has references to the vault (:mod:`bureau.evidence`).
    """

    id: str
    sentence: str
    severity: Severity
    sql: str


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
    relation : str
        The relation that the facts come from: the good records, or a query over them where one
        record tells several (it keeps ``line_no``).
    where : str
        SQL for which rows of the relation tell the fact at all.
    sealed : mapping of str to str
        What the fact tells beside its columns, and goes to the vault: field to the SQL that gives it.
    tokens : mapping of str to str
        Column of the fact to the SQL that gives it from the sealed fields.
    numbered : bool
        Whether ``consumer_id`` is given as the bureau's own identifier, by the bureau itself.
    """

    fact: str
    columns: Mapping[str, str]
    effective_on: str = "getvariable('observed_on')"
    distinct: bool = False
    relation: str = "good"
    where: str = "true"
    sealed: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)
    numbered: bool = False


@dataclass(frozen=True)
class Contract:
    """One kind of delivery.

    Parameters
    ----------
    name : str
        Name of the contract.
    furnisher_id : str
        Who sends it; empty where many furnishers do, and the delivery names which.
    record_kind : str
        What its records are about, for coverage: see :data:`bureau.facts.FACTS`.
    columns : tuple of Column
        The columns that are read.
    facts : tuple of FactMapping
        What a record becomes; the first one is the record itself and decides whether it is a duplicate.
    consumer_space, tradeline_space : str
        Within which the furnisher's references to consumers and tradelines are unique; the
        furnisher itself where empty.
    format : {'csv', 'jsonl', 'parquet', 'metro2', 'fields'}
        How the file is written; ``fields`` is one record that a person has corrected.
    rules : tuple of Rule
        Rules over a whole record, beside those of the columns.
    unique : tuple of str
        SQL over the columns of the first fact: two records of one delivery that agree in it and
        differ otherwise are both set aside (rule ``unique``). Empty: the later line counts.
    checks : tuple of FileCheck
        Checks against what is on file.
    withdraws : str, optional
        SQL over the typed columns: whether a record takes back all that its furnisher told about
        the tradeline.
    profiled : tuple of str
        Columns whose distribution is kept for each delivery, to notice when it shifts.
    cadence : {'daily', 'weekly', 'monthly', 'quarterly'}
        How often it is expected.
    grace_days : int
        Days after the end of a period by which it should be there.
    not_taken : mapping of str to str
        Columns known and deliberately not read, each with the reason.
    recorded_at : str, optional
        SQL for the moment a record became known, when the data tell it; else the moment the
        delivery was received.
    observes : str, optional
        SQL for the reference of the consumer that a record puts under observation, when the
        delivery says who is to be observed (applicants, holders of a statement).
    meaning : str
        What it is, for people.
    """

    name: str
    furnisher_id: str
    record_kind: str
    columns: tuple[Column, ...]
    facts: tuple[FactMapping, ...]
    consumer_space: str = ""
    tradeline_space: str = ""
    format: Format = "csv"
    rules: tuple[Rule, ...] = ()
    unique: tuple[str, ...] = ()
    checks: tuple[FileCheck, ...] = ()
    withdraws: str | None = None
    profiled: tuple[str, ...] = ()
    cadence: Cadence = "monthly"
    grace_days: int = 10
    not_taken: Mapping[str, str] = field(default_factory=dict)
    recorded_at: str | None = None
    observes: str | None = None
    meaning: str = ""

    @property
    def consumer_column(self) -> str | None:
        """The column with the furnisher's reference to the consumer, where it stands in one alone."""
        for mapping in self.facts:
            if not mapping.numbered and (reference := mapping.columns.get("consumer_id", "")) in {
                column.name for column in self.columns
            }:
                return reference
        return None

    @property
    def sentences(self) -> dict[str, tuple[Severity, str]]:
        """Id of every rule and check to its severity and sentence."""
        told: dict[str, tuple[Severity, str]] = {}
        for rule in (*(rule for column in self.columns for rule in column.rules), *self.rules):
            told[rule.id] = (rule.severity, rule.sentence)
        if self.unique:
            told["unique"] = ("set aside", f"a delivery tells one thing only about each {' and '.join(self.unique)}")
        for check in self.checks:
            told[check.id] = (check.severity, check.sentence)
        return told
