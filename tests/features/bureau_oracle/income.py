"""What is counted over the statements of applicants."""

from __future__ import annotations

from datetime import date
from typing import Any

from bureau_oracle.arithmetic import count, largest, mean, months_ago, over, ratio, smallest, within
from bureau_oracle.known import Known, Values, in_currency


def features(file: Known) -> Values:
    told = file.facts["application"]
    incomes = [(record["effective_on"], in_currency(file, record, "income")) for record in told]
    stated = [(day, income) for day, income in incomes if over(income, 0)]
    newest_day = max((day for day, _ in stated), default=None)
    newest = largest(income for day, income in stated if day == newest_day)
    recent = [income for day, income in stated if within(months_ago(day, file.observed_on), 36)]
    starts = {start for _, start in _work(file)}
    housing = _newest([(record["effective_on"], record["housing"]) for record in told])
    return {
        "stated_income": newest,
        "months_since_income_stated": months_ago(newest_day, file.observed_on),
        "income_by_mean_36m": ratio(newest, mean(recent)),
        "income_by_lowest_36m": ratio(newest, smallest(recent)),
        "income_by_highest_36m": ratio(newest, largest(recent)),
        "income_statements_24m": count(within(months_ago(day, file.observed_on), 24) for day, _ in stated),
        "employed_months": _employed(file),
        "employment_starts_60m": count(within(months_ago(start, file.observed_on), 60) for start in starts),
        "home_owned": float("own" in housing) if housing else None,
    }


def _employed(file: Known) -> int | None:
    starts = _newest(_work(file))
    return months_ago(min(starts), file.observed_on) if starts else None


def _work(file: Known) -> list[tuple[date, date]]:
    """When it was stated that work had begun, and the day named; not one that was still to come."""
    told = [(record["effective_on"], record["employed_since"]) for record in file.facts["application"]]
    return [(day, start) for day, start in told if start is not None and start <= day]


def _newest(told: list[tuple[date, Any]]) -> list[Any]:
    """What was told on the latest date on which anything was."""
    newest = max((day for day, what in told if what is not None), default=None)
    return [what for day, what in told if day == newest and what is not None]
