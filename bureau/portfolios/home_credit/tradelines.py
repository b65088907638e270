"""Tradelines of other lenders and of the lender's own, and their months."""

from __future__ import annotations

from bureau.contracts import Column, Contract, FactMapping
from bureau.portfolios.home_credit.columns import (
    BUREAU,
    OWN,
    SPACE,
    amount,
    code,
    day,
    days_after,
    identifier,
    known_days_after,
    month,
    month_end,
    number,
    past_day,
)

__all__ = ["bureau_balance_contract", "bureau_contract", "card_contract", "instalment_contract"]


def bureau_contract() -> Contract:
    """Tradelines of other lenders, each as it stood when the bureau last heard of it."""
    updated = known_days_after("DAYS_CREDIT_UPDATE")
    return Contract(
        name="home_credit_bureau",
        furnisher_id=BUREAU,
        record_kind="tradeline",
        consumer_space=SPACE,
        tradeline_space=BUREAU,
        columns=(
            identifier("SK_ID_CURR"),
            identifier("SK_ID_BUREAU"),
            Column("CREDIT_ACTIVE", "text", filled=True, allowed=("Active", "Closed", "Sold", "Bad debt")),
            Column("CREDIT_CURRENCY", "text", filled=True),
            Column("CREDIT_TYPE", "text"),
            past_day("DAYS_CREDIT", filled=True),
            day("DAYS_CREDIT_ENDDATE"),
            day("DAYS_ENDDATE_FACT"),
            day("DAYS_CREDIT_UPDATE", filled=True),
            number("CREDIT_DAY_OVERDUE", minimum=0, maximum=36525),
            number("CNT_CREDIT_PROLONG", minimum=0, maximum=1000),
            amount("AMT_CREDIT_MAX_OVERDUE"),
            amount("AMT_CREDIT_SUM"),
            amount("AMT_CREDIT_SUM_DEBT", signed=True),
            amount("AMT_CREDIT_SUM_LIMIT", signed=True),
            amount("AMT_CREDIT_SUM_OVERDUE"),
            amount("AMT_ANNUITY"),
        ),
        recorded_at=updated,
        facts=(
            FactMapping(
                "tradeline",
                {
                    "tradeline_id": "SK_ID_BUREAU",
                    "effective_on": updated,
                    "furnisher_id": f"'{BUREAU}'",
                    "product": (
                        "CASE CREDIT_TYPE WHEN 'Consumer credit' THEN 'consumer' WHEN 'Credit card' THEN 'card' "
                        "WHEN 'Car loan' THEN 'car' WHEN 'Mortgage' THEN 'mortgage' WHEN 'Microloan' THEN 'micro' "
                        "ELSE 'other' END"
                    ),
                    "status": "lower(CREDIT_ACTIVE)",
                    "currency": "CREDIT_CURRENCY",
                    "opened_on": days_after("DAYS_CREDIT"),
                    "due_on": days_after("DAYS_CREDIT_ENDDATE"),
                    "closed_on": days_after("DAYS_ENDDATE_FACT"),
                    "credit_amount": "AMT_CREDIT_SUM",
                    "credit_limit": "AMT_CREDIT_SUM_LIMIT",
                    "balance": "AMT_CREDIT_SUM_DEBT",
                    "amount_past_due": "AMT_CREDIT_SUM_OVERDUE",
                    "max_amount_past_due": "AMT_CREDIT_MAX_OVERDUE",
                    "days_past_due": "CREDIT_DAY_OVERDUE",
                    "instalment": "AMT_ANNUITY",
                    "prolongations": "CNT_CREDIT_PROLONG",
                },
            ),
            FactMapping(
                "association",
                {"consumer_id": "SK_ID_CURR", "tradeline_id": "SK_ID_BUREAU", "role": "'individual'"},
                effective_on=days_after("DAYS_CREDIT"),
                distinct=True,
            ),
        ),
    )


def bureau_balance_contract() -> Contract:
    """Months of other lenders' tradelines; a status code says how late the month was.

    The codes: 0 not late, 1 to 5 late by up to 30, 60, 90, 120 and more days, C closed, X unknown.
    """
    return Contract(
        name="home_credit_bureau_balance",
        furnisher_id=BUREAU,
        record_kind="tradeline_month",
        consumer_space=SPACE,
        tradeline_space=BUREAU,
        columns=(
            identifier("SK_ID_BUREAU"),
            month("MONTHS_BALANCE"),
            Column("STATUS", "text", filled=True, allowed=("0", "1", "2", "3", "4", "5", "C", "X")),
        ),
        recorded_at=month_end("MONTHS_BALANCE"),
        facts=(
            FactMapping(
                "tradeline_month",
                {
                    "tradeline_id": "SK_ID_BUREAU",
                    "effective_on": month_end("MONTHS_BALANCE"),
                    "product": "'reported'",
                    "payment_status": (
                        "CASE STATUS WHEN 'C' THEN 'closed' WHEN 'X' THEN 'unknown' WHEN '0' THEN 'current' "
                        "ELSE 'late' END"
                    ),
                    "days_past_due": (
                        "CASE STATUS WHEN '0' THEN 0 WHEN '1' THEN 1 WHEN '2' THEN 31 WHEN '3' THEN 61 "
                        "WHEN '4' THEN 91 WHEN '5' THEN 121 END"
                    ),
                },
            ),
        ),
    )


def card_contract() -> Contract:
    """Months of the lender's own cards."""
    statuses = ("Active", "Completed", "Signed", "Sent proposal", "Refused", "Approved", "Demand")
    return Contract(
        name="home_credit_card_balance",
        furnisher_id=OWN,
        record_kind="card_month",
        consumer_space=SPACE,
        tradeline_space=OWN,
        columns=(
            identifier("SK_ID_PREV"),
            identifier("SK_ID_CURR"),
            month("MONTHS_BALANCE"),
            Column("NAME_CONTRACT_STATUS", "text", filled=True, allowed=statuses),
            amount("AMT_BALANCE", signed=True),
            amount("AMT_CREDIT_LIMIT_ACTUAL"),
            amount("AMT_PAYMENT_CURRENT"),
            amount("AMT_INST_MIN_REGULARITY"),
            amount("AMT_DRAWINGS_CURRENT", signed=True),
            amount("AMT_DRAWINGS_ATM_CURRENT", signed=True),
            number("CNT_DRAWINGS_CURRENT", minimum=0, maximum=1e5),
            number("SK_DPD", minimum=0, maximum=36525),
            number("SK_DPD_DEF", minimum=0, maximum=36525),
        ),
        not_taken=dict.fromkeys(
            (
                "AMT_DRAWINGS_OTHER_CURRENT",
                "AMT_DRAWINGS_POS_CURRENT",
                "AMT_PAYMENT_TOTAL_CURRENT",
                "AMT_RECEIVABLE_PRINCIPAL",
                "AMT_RECIVABLE",
                "AMT_TOTAL_RECEIVABLE",
                "CNT_DRAWINGS_ATM_CURRENT",
                "CNT_DRAWINGS_OTHER_CURRENT",
                "CNT_DRAWINGS_POS_CURRENT",
                "CNT_INSTALMENT_MATURE_CUM",
            ),
            "brings nothing that another column does not",
        ),
        recorded_at=month_end("MONTHS_BALANCE"),
        facts=(
            FactMapping(
                "tradeline_month",
                {
                    "tradeline_id": "SK_ID_PREV",
                    "effective_on": month_end("MONTHS_BALANCE"),
                    "product": "'card'",
                    "currency": "'currency 1'",
                    "payment_status": "lower(NAME_CONTRACT_STATUS)",
                    "days_past_due": "SK_DPD",
                    "days_past_due_tolerated": "SK_DPD_DEF",
                    "balance": "AMT_BALANCE",
                    "credit_limit": "AMT_CREDIT_LIMIT_ACTUAL",
                    "payment": "AMT_PAYMENT_CURRENT",
                    "minimum_payment": "AMT_INST_MIN_REGULARITY",
                    "drawings": "AMT_DRAWINGS_CURRENT",
                    "cash_drawings": "AMT_DRAWINGS_ATM_CURRENT",
                    "drawings_count": "CNT_DRAWINGS_CURRENT",
                },
            ),
            _own_association(),
        ),
    )


def instalment_contract() -> Contract:
    """Months of the lender's own instalment and cash loans."""
    statuses = (
        "Active",
        "Completed",
        "Signed",
        "Demand",
        "Returned to the store",
        "Approved",
        "Amortized debt",
        "Canceled",
        "XNA",
    )
    return Contract(
        name="home_credit_pos_cash_balance",
        furnisher_id=OWN,
        record_kind="instalment_month",
        consumer_space=SPACE,
        tradeline_space=OWN,
        columns=(
            identifier("SK_ID_PREV"),
            identifier("SK_ID_CURR"),
            month("MONTHS_BALANCE"),
            Column("NAME_CONTRACT_STATUS", "text", filled=True, allowed=statuses),
            number("CNT_INSTALMENT", minimum=0, maximum=1200),
            number("CNT_INSTALMENT_FUTURE", minimum=0, maximum=1200),
            number("SK_DPD", minimum=0, maximum=36525),
            number("SK_DPD_DEF", minimum=0, maximum=36525),
        ),
        recorded_at=month_end("MONTHS_BALANCE"),
        facts=(
            FactMapping(
                "tradeline_month",
                {
                    "tradeline_id": "SK_ID_PREV",
                    "effective_on": month_end("MONTHS_BALANCE"),
                    "product": "'instalment'",
                    "currency": "'currency 1'",
                    "payment_status": code("NAME_CONTRACT_STATUS"),
                    "days_past_due": "SK_DPD",
                    "days_past_due_tolerated": "SK_DPD_DEF",
                    "instalments_total": "CNT_INSTALMENT",
                    "instalments_remaining": "CNT_INSTALMENT_FUTURE",
                },
            ),
            _own_association(),
        ),
    )


def _own_association() -> FactMapping:
    return FactMapping(
        "association",
        {"consumer_id": "SK_ID_CURR", "tradeline_id": "SK_ID_PREV", "role": "'individual'"},
        effective_on=month_end("MONTHS_BALANCE"),
        distinct=True,
    )
