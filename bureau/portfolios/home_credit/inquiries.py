"""Earlier applications at the same lender and what became of them."""

from __future__ import annotations

from bureau.contracts import Column, Contract, FactMapping
from bureau.portfolios.home_credit.columns import (
    OWN,
    SPACE,
    amount,
    code,
    day,
    days_after,
    identifier,
    number,
    past_day,
)

__all__ = ["inquiry_contract"]


def inquiry_contract() -> Contract:
    """Earlier applications at the same lender and what became of them."""
    return Contract(
        name="home_credit_previous_application",
        furnisher_id=OWN,
        record_kind="inquiry",
        consumer_space=SPACE,
        columns=(
            identifier("SK_ID_PREV"),
            identifier("SK_ID_CURR"),
            Column("NAME_CONTRACT_TYPE", "text"),
            Column(
                "NAME_CONTRACT_STATUS", "text", filled=True, allowed=("Approved", "Canceled", "Refused", "Unused offer")
            ),
            past_day("DAYS_DECISION", filled=True),
            *(amount(name) for name in ("AMT_APPLICATION", "AMT_CREDIT", "AMT_GOODS_PRICE", "AMT_ANNUITY")),
            amount("AMT_DOWN_PAYMENT", signed=True),
            number("CNT_PAYMENT", minimum=0, maximum=1200),
            *(Column(name, "text") for name in ("CODE_REJECT_REASON", "NAME_YIELD_GROUP", "CHANNEL_TYPE")),
            *(
                day(name)
                for name in ("DAYS_FIRST_DUE", "DAYS_LAST_DUE_1ST_VERSION", "DAYS_LAST_DUE", "DAYS_TERMINATION")
            ),
            Column("NFLAG_INSURED_ON_APPROVAL", "number", minimum=0, maximum=1),
        ),
        not_taken=dict.fromkeys(
            (
                "WEEKDAY_APPR_PROCESS_START",
                "HOUR_APPR_PROCESS_START",
                "FLAG_LAST_APPL_PER_CONTRACT",
                "NFLAG_LAST_APPL_IN_DAY",
                "RATE_DOWN_PAYMENT",
                "RATE_INTEREST_PRIMARY",
                "RATE_INTEREST_PRIVILEGED",
                "NAME_CASH_LOAN_PURPOSE",
                "NAME_PAYMENT_TYPE",
                "NAME_TYPE_SUITE",
                "NAME_CLIENT_TYPE",
                "NAME_GOODS_CATEGORY",
                "NAME_PORTFOLIO",
                "NAME_PRODUCT_TYPE",
                "SELLERPLACE_AREA",
                "NAME_SELLER_INDUSTRY",
                "PRODUCT_COMBINATION",
                "DAYS_FIRST_DRAWING",
            ),
            "brings nothing that another column does not",
        ),
        facts=(
            FactMapping(
                "inquiry",
                {
                    "consumer_id": "SK_ID_CURR",
                    "inquiry_ref": "SK_ID_PREV",
                    "effective_on": days_after("DAYS_DECISION"),
                    "kind": "'hard'",
                    "product": (
                        "CASE NAME_CONTRACT_TYPE WHEN 'Cash loans' THEN 'cash' WHEN 'Consumer loans' THEN 'consumer' "
                        "WHEN 'Revolving loans' THEN 'card' END"
                    ),
                    "currency": "'currency 1'",
                    "decision": "lower(NAME_CONTRACT_STATUS)",
                    "refusal_reason": code("CODE_REJECT_REASON"),
                    "channel": code("CHANNEL_TYPE"),
                    "yield_group": code("NAME_YIELD_GROUP"),
                    "amount_asked": "AMT_APPLICATION",
                    "amount_granted": "AMT_CREDIT",
                    "goods_price": "AMT_GOODS_PRICE",
                    "down_payment": "AMT_DOWN_PAYMENT",
                    "instalment": "AMT_ANNUITY",
                    "term_months": "CNT_PAYMENT",
                    "insured": "NFLAG_INSURED_ON_APPROVAL",
                    "first_due_on": days_after("DAYS_FIRST_DUE"),
                    "last_due_first_version_on": days_after("DAYS_LAST_DUE_1ST_VERSION"),
                    "last_due_on": days_after("DAYS_LAST_DUE"),
                    "terminated_on": days_after("DAYS_TERMINATION"),
                },
            ),
        ),
    )
