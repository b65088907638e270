"""Features over earlier applications for credit and what became of them."""

from __future__ import annotations

from typing import Final

from features.asof import in_currency, known, months_between, months_since
from features.declaration import Direction, Feature, View, aggregate

__all__ = ["FEATURES", "VIEW"]

_INQUIRY: Final = "inquiry."

VIEW: Final = View(
    name="inquiries",
    title="Earlier applications for credit and their decisions",
    record_kind="inquiry",
    # Soft inquiries are the consumer's own business and never counted (requirements FC-11).
    relation=f"""
        SELECT row_no, decision, product, refusal_reason, yield_group, term_months,
            nullif(amount_asked, 0) AS asked, nullif(amount_granted, 0) AS granted, down_payment,
            nullif(instalment, 0) AS instalment,
            {months_since("effective_on")} AS age_months,
            nullif(instalment, 0) * nullif(term_months, 0) / nullif(amount_granted, 0) - 1 AS cost,
            {months_between("last_due_on", "last_due_first_version_on")} AS months_ended_early,
            {months_since("terminated_on")} AS months_since_end,
            {months_between("observed_on", "last_due_first_version_on")} AS months_to_agreed_end,
            {months_since("first_due_on")} AS months_since_first_due,
            first_due_on IS NOT NULL AND (last_due_on IS NULL OR last_due_on > observed_on) AS running
        FROM (
            SELECT spine.row_no, spine.observed_on, ask.effective_on, ask.decision, ask.product, ask.refusal_reason,
                ask.yield_group, ask.term_months, ask.first_due_on, ask.last_due_on, ask.last_due_first_version_on,
                ask.terminated_on, {in_currency("ask", "amount_asked")}, {in_currency("ask", "amount_granted")},
                {in_currency("ask", "down_payment")}, {in_currency("ask", "instalment")}
            FROM spine JOIN inquiry AS ask ON ask.consumer_id = spine.consumer_id AND ask.kind = 'hard'
            WHERE {known("ask")}
        )
    """,
    lineage={
        "*": (_INQUIRY + "inquiry_ref",),
        "decision": (_INQUIRY + "decision",),
        "product": (_INQUIRY + "product",),
        "refusal_reason": (_INQUIRY + "refusal_reason",),
        "yield_group": (_INQUIRY + "yield_group",),
        "term_months": (_INQUIRY + "term_months",),
        "asked": (_INQUIRY + "amount_asked",),
        "granted": (_INQUIRY + "amount_granted",),
        "down_payment": (_INQUIRY + "down_payment",),
        "instalment": (_INQUIRY + "instalment",),
        "age_months": (_INQUIRY + "effective_on",),
        "cost": (_INQUIRY + "instalment", _INQUIRY + "term_months", _INQUIRY + "amount_granted"),
        "months_ended_early": (_INQUIRY + "last_due_on", _INQUIRY + "last_due_first_version_on"),
        "months_since_end": (_INQUIRY + "terminated_on",),
        "months_to_agreed_end": (_INQUIRY + "last_due_first_version_on",),
        "months_since_first_due": (_INQUIRY + "first_due_on",),
        "running": (_INQUIRY + "first_due_on", _INQUIRY + "last_due_on"),
    },
)

_APPROVED: Final = "decision = 'approved'"
_REFUSED: Final = "decision = 'refused'"


def _feature(
    name: str, sql: str, meaning: str, unit: str, reason: str, direction: Direction = 0, *, count: bool = False
) -> Feature:
    return aggregate(
        VIEW, name, sql, meaning, unit=unit, reason=reason, direction=direction, empty=0.0 if count else None
    )


def _approved(name: str, sql: str, meaning: str, unit: str, reason: str, direction: Direction = 0) -> Feature:
    return _feature(name, f"{sql} FILTER ({_APPROVED})", meaning, unit, reason, direction)


_COUNTS: Final = (
    _feature("inquiry_count", "count(*)", "earlier applications", "count", "Q01", count=True),
    *(
        _feature(
            f"inquiry_count_{months}m",
            f"count(*) FILTER (age_months <= {months})",
            f"applications in {months} months",
            "count",
            "Q01",
            1,
            count=True,
        )
        for months in (6, 12)
    ),
    _feature(
        "inquiry_refused_share", f"avg(({_REFUSED})::INTEGER)", "share of applications refused", "share", "Q02", 1
    ),
    _feature(
        "inquiry_approved_share", f"avg(({_APPROVED})::INTEGER)", "share of applications approved", "share", "Q02", -1
    ),
    _feature(
        "inquiry_refused_12m",
        f"count(*) FILTER ({_REFUSED} AND age_months <= 12)",
        "applications refused in 12 months",
        "count",
        "Q02",
        1,
        count=True,
    ),
    _feature(
        "inquiry_refused_latest",
        f"arg_min(({_REFUSED})::INTEGER, (age_months, decision <> 'refused'))",
        "whether the latest application was refused; of several on a day, any",
        "share",
        "Q02",
        1,
    ),
    _feature(
        "inquiry_refused_by_score",
        "count(*) FILTER (refusal_reason IN ('sco', 'scofr', 'limit'))",
        "applications refused for score or limit, by the reason given",
        "count",
        "Q02",
        1,
        count=True,
    ),
    _feature(
        "inquiry_refused_asked_mean",
        f"avg(asked) FILTER ({_REFUSED})",
        "mean amount asked and refused, amounts of zero left out",
        "amount",
        "Q02",
    ),
)

_TIMES: Final = (
    _feature("inquiry_months_since_last", "min(age_months)", "time since the latest application", "months", "Q06", -1),
    _feature("inquiry_months_since_first", "max(age_months)", "time since the first application", "months", "Q06", -1),
    _approved(
        "inquiry_months_since_last_approved", "min(age_months)", "time since the latest approval", "months", "Q06"
    ),
    _approved(
        "inquiry_months_since_first_approved", "max(age_months)", "time since the first approval", "months", "Q06"
    ),
    _feature(
        "inquiry_months_since_first_due",
        "max(months_since_first_due)",
        "time since the first instalment fell due",
        "months",
        "Q06",
    ),
    _feature(
        "inquiry_months_since_end",
        "min(months_since_end)",
        "time since earlier credit ended",
        "months",
        "Q06",
    ),
)

_AMOUNTS: Final = (
    _approved(
        "inquiry_asked_mean", "avg(asked)", "mean amount asked and approved, amounts of zero left out", "amount", "Q03"
    ),
    _approved("inquiry_granted_max", "max(granted)", "largest amount granted", "amount", "Q03"),
    _approved(
        "inquiry_asked_by_granted_mean", "avg(asked / granted)", "amount asked by amount granted, mean", "share", "Q03"
    ),
    _approved(
        "inquiry_asked_by_granted_min", "min(asked / granted)", "amount asked by amount granted, least", "share", "Q03"
    ),
    _approved("inquiry_instalment_mean", "avg(instalment)", "mean instalment agreed", "amount", "Q03"),
    _approved("inquiry_instalment_max", "max(instalment)", "largest instalment agreed", "amount", "Q03"),
    _approved(
        "inquiry_term_mean", "avg(term_months)", "mean term agreed, revolving credit counted as 0", "months", "Q03"
    ),
    _approved("inquiry_term_max", "max(term_months)", "longest term agreed", "months", "Q03"),
    _feature(
        "inquiry_term_latest",
        f"arg_min(term_months, (age_months, -term_months)) FILTER ({_APPROVED})",
        "term agreed at the latest approval that tells one; the longest of several on a day",
        "months",
        "Q03",
    ),
    _feature(
        "inquiry_running_granted",
        f"sum(granted) FILTER (running AND {_APPROVED})",
        "amount granted on credit that still runs: its first instalment has a date, its last has not passed",
        "amount",
        "Q03",
    ),
    _feature(
        "inquiry_running_instalments",
        f"sum(instalment) FILTER (running AND {_APPROVED})",
        "instalments of credit that still runs",
        "amount",
        "Q03",
    ),
    _approved(
        "inquiry_agreed_end_max",
        "max(months_to_agreed_end)",
        "time to the latest end as first agreed; negative once it has passed",
        "months",
        "Q03",
    ),
    _approved(
        "inquiry_ended_early_mean", "avg(months_ended_early)", "how early credit was repaid, mean", "months", "Q03"
    ),
    _approved(
        "inquiry_ended_early_max", "max(months_ended_early)", "how early credit was repaid, most", "months", "Q03"
    ),
)

_COSTS: Final = (
    _approved("inquiry_cost_mean", "avg(cost)", "cost of earlier credit by its amount, mean", "share", "Q04"),
    _feature(
        "inquiry_cost_latest",
        f"arg_min(cost, (age_months, -cost)) FILTER ({_APPROVED})",
        "cost of the latest credit that tells it, by its amount; the highest of several on a day",
        "share",
        "Q04",
    ),
    _approved(
        "inquiry_yearly_cost_mean",
        "avg(cost / term_months * 12)",
        "cost a year of earlier credit, mean",
        "share",
        "Q04",
        1,
    ),
    _approved(
        "inquiry_yearly_cost_max",
        "max(cost / term_months * 12)",
        "cost a year of earlier credit, most",
        "share",
        "Q04",
        1,
    ),
    _feature(
        "inquiry_high_yield_share",
        "avg((yield_group = 'high')::INTEGER)",
        "share of applications priced high",
        "share",
        "Q04",
        1,
    ),
    _approved(
        "inquiry_down_payment_max",
        "max(down_payment / asked)",
        "down payment by the amount asked, largest",
        "share",
        "Q05",
        -1,
    ),
    _feature(
        "inquiry_down_payment_mean",
        f"avg(down_payment / asked) FILTER ({_APPROVED} AND product = 'consumer')",
        "down payment by the amount asked for a purchase, mean",
        "share",
        "Q05",
        -1,
    ),
)

FEATURES: Final = (*_COUNTS, *_TIMES, *_AMOUNTS, *_COSTS)
