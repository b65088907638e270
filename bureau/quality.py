"""How good a furnisher's data are: a score from 0 to 100 with its components; and the findings one by one.

Five components, each from 0 to 100. Four of them follow from a share of the records read:

validity
    of records that are not of the format or contradict themselves;
completeness
    of records in which a value is missing that every record must have;
uniqueness
    of records that say again what was said, or tell two things about the same;
consistency
    of records that contradict what is on file, whether they were set aside or accepted with a finding.

A share ``s`` gives ``100 * 2 ** (-s / 0.05)``: none is 100, five per cent is 50, ten per cent is 25.
A record counts once in each component, however many of its rules it breaks. The fifth,

timeliness
    is the percentage of the periods, from the first one told to the last, whose delivery was there
    within the contract's days of grace; a period that was left out is late.

The score is the mean of the components with the weights :data:`WEIGHTS`; a component of which
nothing is known is left out. Deliveries that wait for a person or were turned away count for
timeliness alone, corrections made by reviewers not at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Literal

import duckdb
import pyarrow as pa

from bureau.contracts import Cadence, Contract
from bureau.evidence import revealed
from bureau.freshness import covered, period_end
from bureau.history import History

__all__ = ["WEIGHTS", "Component", "Finding", "Quality", "component_of", "furnisher_quality", "list_findings"]

Component = Literal["validity", "completeness", "uniqueness", "consistency", "timeliness"]

WEIGHTS: Final[Mapping[Component, int]] = MappingProxyType(
    {"validity": 30, "consistency": 30, "completeness": 15, "timeliness": 15, "uniqueness": 10}
)
"""How much each component counts."""

_HALVED_AT: Final = 0.05
"""Share of flawed records at which a component is halved: that at which a delivery is refused altogether."""

_TAKEN_IN: Final = "status IN ('taken in', 'released')"
_WORST: Final = 5


@dataclass(frozen=True)
class Quality:
    """The quality of a furnisher's data.

    Parameters
    ----------
    furnisher_id, name : str
        The furnisher.
    deliveries, records : int
        What it rests on.
    score : float, optional
        From 0 to 100; none where nothing was taken in.
    components : mapping of str to float
        The components that are known, each from 0 to 100.
    worst : tuple of (str, int)
        The rules broken most often, with the number of records.
    """

    furnisher_id: str
    name: str
    deliveries: int
    records: int
    score: float | None
    components: Mapping[Component, float] = field(default_factory=dict)
    worst: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Finding:
    """What was noticed about a record.

    Parameters
    ----------
    delivery_no : int
        The delivery it came in.
    furnisher_id, contract, file : str
        Of that delivery.
    line : int, optional
        Its line in the file; none where it is about the delivery as a whole.
    rule : str
        The rule or check.
    evidence : mapping
        What contradicts what. It may hold personal data and is never shown by ``repr``.
    """

    delivery_no: int
    furnisher_id: str
    contract: str
    file: str
    line: int | None
    rule: str
    evidence: Mapping[str, Any] = field(repr=False)


def component_of(rule: str, contract: Contract | None) -> Component:
    """The component in which a broken rule counts.

    Examples
    --------
    >>> component_of("filled:account_ref", None), component_of("type:balance", None)
    ('completeness', 'validity')
    """
    if rule.startswith("filled:"):
        return "completeness"
    if rule == "unique":
        return "uniqueness"
    if contract is not None and rule in {check.id for check in contract.checks}:
        return "consistency"
    return "validity"


def furnisher_quality(
    history: History,
    contracts: Mapping[str, Contract],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Quality]:
    """The quality of every furnisher's data, in the order of their names.

    Parameters
    ----------
    history : History
        The history.
    contracts : mapping of str to Contract
        The contracts by name.
    since, until : datetime, optional
        Of deliveries received from the first moment on, and before the second (UTC, naive).
    """
    with history.read() as connection:
        _make_seen(connection, since, until)
        _make_flaws(connection, contracts)
        told = connection.execute(
            "SELECT furnisher.furnisher_id, any_value(name), count(delivery_no), "
            f"coalesce(sum(read) FILTER ({_TAKEN_IN}), 0)::BIGINT, "
            f"coalesce(sum(duplicate) FILTER ({_TAKEN_IN}), 0)::BIGINT "
            "FROM furnisher LEFT JOIN seen USING (furnisher_id) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        flawed: dict[str, dict[Component, int]] = {}
        for furnisher, component, records in connection.execute(
            "SELECT furnisher_id, component, count(*) FROM (SELECT DISTINCT furnisher_id, delivery_no, line, component "
            "FROM flaw) GROUP BY ALL"
        ).fetchall():
            flawed.setdefault(furnisher, {})[component] = records
        worst: dict[str, list[tuple[str, int]]] = {}
        for furnisher, rule, records in connection.execute(
            "SELECT furnisher_id, rule, count(DISTINCT (delivery_no, line)) AS records FROM flaw GROUP BY ALL "
            "ORDER BY furnisher_id, records DESC, rule"
        ).fetchall():
            worst.setdefault(furnisher, []).append((rule, records))
        in_time = _timeliness(connection, contracts)
    return [
        _quality(
            Quality(furnisher, name, deliveries, records, None, worst=tuple(worst.get(furnisher, [])[:_WORST])),
            flawed.get(furnisher, {}),
            duplicates,
            in_time.get(furnisher),
        )
        for furnisher, name, deliveries, records, duplicates in told
    ]


def list_findings(
    history: History,
    *,
    furnisher: str | None = None,
    rule: str | None = None,
    delivery_no: int | None = None,
    limit: int | None = None,
) -> list[Finding]:
    """What was noticed about records, in the order of their deliveries and lines.

    Parameters
    ----------
    history : History
        The history.
    furnisher, rule, delivery_no : optional
        Of this furnisher, rule or delivery alone.
    limit : int, optional
        No more than this many.
    """
    with history.read() as connection:
        rows = connection.execute(
            "SELECT delivery_no, furnisher_id, contract, file, line, rule, evidence "
            "FROM finding JOIN delivery USING (delivery_no) "
            "WHERE furnisher_id = coalesce($furnisher, furnisher_id) AND rule = coalesce($rule, rule) "
            "AND delivery_no = coalesce($delivery_no, delivery_no) ORDER BY delivery_no, line, rule LIMIT $limit",
            {"furnisher": furnisher, "rule": rule, "delivery_no": delivery_no, "limit": limit},
        ).fetchall()
    evidence = revealed(history.vault, (json.loads(row[-1] or "{}") for row in rows))
    return [
        Finding(number, who, kind, file, line, broken, told)
        for (number, who, kind, file, line, broken, _), told in zip(rows, evidence, strict=True)
    ]


def _make_seen(connection: duckdb.DuckDBPyConnection, since: datetime | None, until: datetime | None) -> None:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE seen AS FROM delivery WHERE corrects IS NULL "
        "AND received_at >= coalesce($since, TIMESTAMP '-infinity') "
        "AND received_at < coalesce($until, TIMESTAMP 'infinity')",
        {"since": since, "until": until},
    )


def _make_flaws(connection: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]) -> None:
    """Every broken rule of every record that was set aside or accepted with a finding."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE flaw AS "
        "SELECT furnisher_id, contract, delivery_no, line, rule, NULL::VARCHAR AS component FROM ("
        "SELECT delivery_no, line, unnest(rules) AS rule FROM quarantine "
        "UNION SELECT delivery_no, line, rule FROM finding WHERE line IS NOT NULL) "
        f"JOIN seen USING (delivery_no) WHERE {_TAKEN_IN}"
    )
    met = connection.execute("SELECT DISTINCT contract, rule FROM flaw").fetchall()
    table = {
        "contract": [contract for contract, _ in met],
        "rule": [rule for _, rule in met],
        "component": [component_of(rule, contracts.get(contract)) for contract, rule in met],
    }
    connection.register("met", pa.table({name: pa.array(values, pa.string()) for name, values in table.items()}))
    connection.execute(
        "UPDATE flaw SET component = met.component FROM met WHERE met.contract = flaw.contract AND met.rule = flaw.rule"
    )
    connection.unregister("met")


def _timeliness(connection: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]) -> dict[str, float]:
    """Furnisher to the share of its periods whose delivery was there in time."""
    rows = connection.execute(
        "SELECT seen.furnisher_id, seen.contract, coalesce(feed.cadence, 'monthly'), covers, received_at::DATE "
        "FROM seen LEFT JOIN feed ON feed.furnisher_id = seen.furnisher_id AND feed.contract = seen.contract"
    ).fetchall()
    first_there: dict[tuple[str, str, Cadence], dict[date, date]] = {}
    for furnisher, contract, cadence, covers, received_on in rows:
        there = first_there.setdefault((furnisher, contract, cadence), {})
        period = covered(covers, received_on, cadence)
        there[period] = min(there.get(period, received_on), received_on)
    periods: dict[str, list[bool]] = {}
    for (furnisher, contract, cadence), there in first_there.items():
        grace = timedelta(days=contracts[contract].grace_days if contract in contracts else 0)
        periods.setdefault(furnisher, []).extend(
            end in there and there[end] <= end + grace for end in _periods(min(there), max(there), cadence)
        )
    return {furnisher: sum(told) / len(told) for furnisher, told in periods.items()}


def _periods(first: date, last: date, cadence: Cadence) -> Iterable[date]:
    while first <= last:
        yield first
        first = period_end(first + timedelta(days=1), cadence)


def _quality(known: Quality, flawed: Mapping[Component, int], duplicates: int, in_time: float | None) -> Quality:
    components: dict[Component, float] = {}
    if known.records:
        again = {"uniqueness": duplicates}
        for component in ("validity", "completeness", "uniqueness", "consistency"):
            share = (flawed.get(component, 0) + again.get(component, 0)) / known.records
            components[component] = 100 * 2 ** (-share / _HALVED_AT)
    if in_time is not None:
        components["timeliness"] = 100 * in_time
    weight = sum(WEIGHTS[component] for component in components)
    score = sum(WEIGHTS[each] * value for each, value in components.items()) / weight if known.records else None
    return Quality(known.furnisher_id, known.name, known.deliveries, known.records, score, components, known.worst)
