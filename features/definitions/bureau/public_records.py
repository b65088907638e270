"""The view of cases in court, and what is counted over it."""

from __future__ import annotations

from typing import Final

from features.asof import ACCOUNTS, known
from features.declaration import Feature, View
from features.definitions.bureau.pieces import amount, declared_over, listed, months_ago

__all__ = ["FEATURES", "VIEW"]

_CASE: Final = "public_record."
_RECORDS: Final = f"FROM {ACCOUNTS} JOIN public_record AS case_told ON case_told.tradeline_id = spine.tradeline_id"
_NUMBER: Final = "coalesce(case_told.court, '') AS court, coalesce(case_told.case_number, '') AS case_number"

_NEWEST_DAY: Final = f"""(
                SELECT row_no, court, case_number, max(effective_on) AS effective_on
                FROM (
                    SELECT spine.row_no, {_NUMBER}, case_told.effective_on {_RECORDS} WHERE {known("case_told")}
                ) AS dated
                GROUP BY row_no, court, case_number
            ) AS newest"""

_NEWEST: Final = f"""(
            SELECT told.row_no, told.observed_at, told.observed_on, told.currency, told.effective_on,
                max(told.tradeline_id) AS tradeline_id
            FROM (
                SELECT spine.row_no, spine.observed_at, spine.observed_on, spine.currency, {_NUMBER},
                    case_told.effective_on, case_told.tradeline_id
                {_RECORDS} WHERE {known("case_told")}
            ) AS told
            JOIN {_NEWEST_DAY} ON newest.row_no = told.row_no AND newest.court = told.court
                AND newest.case_number = told.case_number AND newest.effective_on = told.effective_on
            GROUP BY told.row_no, told.observed_at, told.observed_on, told.currency, told.court, told.case_number,
                told.effective_on
        ) AS spine"""

VIEW: Final = View(
    name="public_records",
    title="Cases in court, as last known",
    record_kind=None,
    relation=f"""
        SELECT spine.row_no, case_told.kind, case_told.status, {amount("case_told", "amount")},
            {months_ago("case_told.filed_on")} AS filed_ago, {months_ago("case_told.effective_on")} AS status_ago
        FROM {_NEWEST}
        JOIN public_record AS case_told
            ON case_told.tradeline_id = spine.tradeline_id AND case_told.effective_on = spine.effective_on
        WHERE {known("case_told")}
    """,
    lineage={
        "*": (_CASE + "case_number", _CASE + "court"),
        "kind": (_CASE + "kind",),
        "status": (_CASE + "status",),
        "amount": (_CASE + "amount",),
        "filed_ago": (_CASE + "filed_on",),
        "status_ago": (_CASE + "effective_on",),
    },
    kinds={"kind": "text", "status": "text", "amount": "amount", "filed_ago": "whole", "status_ago": "whole"},
    rows=(
        "A row is a case, known by its court and number whoever tells of it, as last known: what its newest "
        "record says, by the date from which the case stands so; of several records of that date, the one whose "
        "tradeline was numbered last. A bankruptcy counts for 120 months from its filing, every other case for 84 "
        "(requirements FC-01)."
    ),
)

_declare = declared_over(VIEW)

_BANKRUPTCY: Final = f"kind IN {listed(('bankruptcy_7', 'bankruptcy_13'))} AND filed_ago < 120"
_JUDGMENT: Final = "kind = 'civil_judgment' AND filed_ago < 84"
_LIEN: Final = "kind = 'tax_lien' AND filed_ago < 84"


def _count(name: str, where: str, meaning: str, reason: str, window: int, direction: int = 1) -> Feature:
    return _declare(name, f"count(*) FILTER ({where})", meaning, "count", reason, direction, window=window)


def _since(name: str, column: str, where: str, meaning: str, reason: str, window: int) -> Feature:
    return _declare(
        name,
        f"min({column}) FILTER ({where})",
        f"months since {meaning}",
        "months",
        reason,
        -1,
        window=window,
        missing=f"none filed in {window} months",
        expected=(0.0, window - 1.0),
    )


def _bankruptcies() -> list[Feature]:
    return [
        _count("bankruptcies_120m", _BANKRUPTCY, "bankruptcies filed in the last 120 months", "P01", 120),
        _count(
            "bankruptcies_24m",
            f"{_BANKRUPTCY} AND filed_ago < 24",
            "bankruptcies filed in the last 24 months",
            "P01",
            24,
        ),
        *(
            _count(
                f"bankruptcies_{state}",
                f"{_BANKRUPTCY} AND status = '{status}'",
                f"bankruptcies filed in the last 120 months that stand as {status}",
                "P01",
                120,
                direction,
            )
            for state, status, direction in (
                ("pending", "filed", 1),
                ("discharged", "discharged", 0),
                ("dismissed", "dismissed", 0),
            )
        ),
        _count(
            "bankruptcies_chapter_13",
            f"{_BANKRUPTCY} AND kind = 'bankruptcy_13'",
            "bankruptcies with a plan of repayment (chapter 13) filed in the last 120 months",
            "P01",
            120,
        ),
        _since(
            "months_since_bankruptcy",
            "filed_ago",
            _BANKRUPTCY,
            "a bankruptcy was last filed, in the last 120",
            "P01",
            120,
        ),
        _since(
            "months_since_discharge",
            "status_ago",
            f"{_BANKRUPTCY} AND status = 'discharged'",
            "the newest discharge of a bankruptcy filed in the last 120",
            "P01",
            120,
        ),
    ]


def _debts(name: str, where: str, of: str, reason: str, ended: tuple[str, ...]) -> list[Feature]:
    """Features of one kind of case over a debt."""
    paid = f"status IN {listed(ended)}"
    return [
        _count(f"{name}_84m", where, f"{of} filed in the last 84 months", reason, 84),
        _count(f"{name}_24m", f"{where} AND filed_ago < 24", f"{of} filed in the last 24 months", reason, 24),
        _count(
            f"{name}_unpaid",
            f"{where} AND status = 'filed'",
            f"{of} filed in the last 84 months that stand as filed",
            reason,
            84,
        ),
        _count(
            f"{name}_paid",
            f"{where} AND {paid}",
            f"{of} filed in the last 84 months that stand as {' or '.join(ended)}",
            reason,
            84,
            0,
        ),
        _declare(
            f"{name}_unpaid_amount",
            f"sum(amount) FILTER ({where} AND status = 'filed')",
            f"amounts of {of} filed in the last 84 months that stand as filed",
            "amount",
            reason,
            1,
            window=84,
        ),
        _since(f"months_since_{name}", "filed_ago", where, f"the newest of the {of} filed in the last 84", reason, 84),
    ]


FEATURES: Final = (
    *_bankruptcies(),
    *_debts("judgments", _JUDGMENT, "civil judgments", "P02", ("satisfied", "released")),
    *_debts("tax_liens", _LIEN, "tax liens", "P03", ("released", "satisfied")),
    _declare(
        "public_records_24m",
        f"count(*) FILTER (kind IN {listed(('bankruptcy_7', 'bankruptcy_13', 'civil_judgment', 'tax_lien'))} "
        "AND filed_ago < 24)",
        "bankruptcies, civil judgments and tax liens filed in the last 24 months",
        "count",
        "P04",
        1,
        window=24,
    ),
)
