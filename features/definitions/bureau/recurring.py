"""The view of monthly bills of utilities, telecom companies and landlords, and what is counted over it."""

from __future__ import annotations

from typing import Final

from features.asof import ACCOUNTS, known, months_before
from features.declaration import Feature, View
from features.definitions.bureau.pieces import amount, declared_over

__all__ = ["FEATURES", "VIEW"]

_BILL: Final = "recurring_payment."

VIEW: Final = View(
    name="recurring",
    title="Monthly bills for electricity, gas, water, telephone, internet and rent",
    record_kind=None,
    relation=f"""
        SELECT spine.row_no, {months_before("bill.effective_on")} AS months_ago,
            CASE WHEN bill.service IN ('electricity', 'gas', 'water') THEN 'utility'
                WHEN bill.service IN ('mobile', 'internet') THEN 'telecom' WHEN bill.service = 'rent' THEN 'rent'
                ELSE 'other' END AS service_group,
            bill.status, bill.days_late, {amount("bill", "billed")}, {amount("bill", "paid")}
        FROM {ACCOUNTS}
        JOIN recurring_payment AS bill ON bill.tradeline_id = spine.tradeline_id
        WHERE {known("bill")} AND bill.status IN ('paid', 'late', 'unpaid')
    """,
    lineage={
        "*": (_BILL + "tradeline_id",),
        "months_ago": (_BILL + "effective_on",),
        "service_group": (_BILL + "service",),
        "status": (_BILL + "status",),
        "days_late": (_BILL + "days_late",),
        "billed": (_BILL + "billed",),
        "paid": (_BILL + "paid",),
    },
    kinds={
        "months_ago": "whole",
        "service_group": "text",
        "status": "text",
        "days_late": "whole",
        "billed": "amount",
        "paid": "amount",
    },
    clock="months_ago",
    groups=("service_group", "status"),
    rows=(
        "A row is a bill: one contract and the last day of the month billed, paid in time, late or not at all. "
        "What is told as closed is the end of a contract, no bill, and is left out. What is left to pay of a bill "
        "is what was billed less what was paid."
    ),
)

_declare = declared_over(VIEW)

_GROUPS: Final = {
    "utility": ("electricity, gas and water bills", "U01"),
    "telecom": ("telephone and internet bills", "U02"),
    "rent": ("rents", "U03"),
}
_WINDOWS: Final = (6, 12, 24)


def _outcomes() -> list[Feature]:
    def on_time(name: str, where: str, of: str, reason: str, months: int) -> Feature:
        sql = f"avg(CASE WHEN status = 'paid' THEN 1 ELSE 0 END) FILTER ({where}months_ago < {months})"
        meaning = f"share of the {of} of the last {months} months that were paid in time"
        return _declare(name, sql, meaning, "share", reason, -1, window=months)

    def counted(name: str, where: str, meaning: str, reason: str, months: int) -> Feature:
        sql = f"count(*) FILTER ({where} AND months_ago < {months})"
        return _declare(name, sql, meaning, "count", reason, 1, window=months)

    return [
        *(on_time(f"bills_on_time_share_{m}m", "", "monthly bills of every service", "U04", m) for m in _WINDOWS),
        *(
            on_time(f"{group}_on_time_share_{m}m", f"service_group = '{group}' AND ", of, reason, m)
            for group, (of, reason) in _GROUPS.items()
            for m in (12, 24)
        ),
        *(
            counted(
                f"bills_{status}_{m}m",
                f"status = '{status}'",
                f"monthly bills of the last {m} months told as {status}",
                "U04" if status == "late" else "U05",
                m,
            )
            for status in ("late", "unpaid")
            for m in _WINDOWS
        ),
        *(
            counted(
                f"{group}_{status}_{m}m",
                f"service_group = '{group}' AND status = '{status}'",
                f"{of} of the last {m} months told as {status}",
                reason,
                m,
            )
            for group, (of, reason) in _GROUPS.items()
            for status in ("late", "unpaid")
            for m in (12,)
        ),
    ]


def _rest() -> list[Feature]:
    return [
        *(
            _declare(
                f"bills_unpaid_amount_{months}m",
                "sum(CASE WHEN paid IS NOT NULL THEN billed - paid ELSE billed END) "
                f"FILTER (status = 'unpaid' AND months_ago < {months})",
                f"what is left to pay of the monthly bills of the last {months} months told as unpaid",
                "amount",
                "U05",
                1,
                window=months,
            )
            for months in (12, 24)
        ),
        _declare(
            "bill_days_late_max_12m",
            "max(days_late) FILTER (months_ago < 12)",
            "most days late of a monthly bill of the last 12 months",
            "days",
            "U04",
            1,
            window=12,
        ),
        _declare(
            "bill_days_late_mean_12m",
            "avg(days_late) FILTER (months_ago < 12)",
            "mean days late of the monthly bills of the last 12 months, none for those paid in time",
            "days",
            "U04",
            1,
            window=12,
        ),
        *(
            _declare(
                f"months_since_bill_{status}",
                f"min(months_ago) FILTER (status = '{status}' AND months_ago < 24)",
                f"months since the newest monthly bill told as {status}, in the last 24",
                "months",
                reason,
                -1,
                window=24,
                missing="none in 24 months",
                expected=(0.0, 23.0),
            )
            for status, reason in (("late", "U04"), ("unpaid", "U05"))
        ),
        _declare(
            "bills_age",
            "max(months_ago)",
            "months since the oldest monthly bill of any service",
            "months",
            "U06",
            -1,
            grows=True,
        ),
        *(
            _declare(
                f"{group}_age",
                f"max(months_ago) FILTER (service_group = '{group}')",
                f"months since the oldest of the {of}",
                "months",
                "U06",
                -1,
                grows=True,
            )
            for group, (of, _) in _GROUPS.items()
        ),
        _declare(
            "bills_12m",
            "count(*) FILTER (months_ago < 12)",
            "monthly bills of the last 12 months",
            "count",
            "U06",
            window=12,
        ),
        *(
            _declare(
                f"{group}_billed_mean_12m",
                f"avg(billed) FILTER (service_group = '{group}' AND months_ago < 12)",
                f"mean amount of the {of} of the last 12 months",
                "amount",
                "U07",
                window=12,
            )
            for group, (of, _) in _GROUPS.items()
        ),
    ]


FEATURES: Final = (*_outcomes(), *_rest())
