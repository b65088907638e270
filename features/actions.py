"""Actions: what a person can do about a decision, for each portfolio.

Only the present is moved, as if the latest reports had told it so: what is owed and past due now, what is
asked for. What a person cannot change stays as it is: age of accounts, months that were late, records of
courts, applications that were made. Nobody is told to state another income, home or occupation.

What looks back over months contains the latest one. Where it is better the lower it is, it may stay, which
is the less favourable end: a model that is held to this direction gives no higher a score for it. Where the
direction is the model's to find, a feature that stayed could promise too much: of one card it follows exactly,
its months in a row; and what nobody knows exactly, such as the months of all accounts together, the largest of
months and what was paid, may follow or not, and an action must do in either case.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from features.action import Action, Floor, Multiple
from features.month_moves import Largest, Mean, PartOfMonths, Raised, Spread, Trend
from features.moves import Clear, Cut, Less, More, Move, Part, Repaid, Scale, ShareOf

__all__ = ["ACTIONS", "actions_of"]

_TO_SHARES: Final = (0.89, 0.8, 0.74, 0.6, 0.49, 0.4, 0.3, 0.2, 0.1, 0.05)
"""Shares of limits in use: just below where cards are counted as nearly full, and what is asked for in practice."""
_PART: Final = (0.95, 0.9, 0.8, 0.7, 0.6, 0.5)
"""What is left of an amount."""
_ALL: Final = (0.0,)
"""The whole of it is paid."""

_PAY_PAST_DUE: Final = ("Pay what is past due now: {before}", "还清当前逾期款项：{before}")

_UP_TO_DATE: Final = (
    Clear("worst_level_now"),
    Clear("worst_level_now_revolving"),
    Clear("worst_level_now_instalment"),
    Clear("worst_level_now_mortgage"),
    Clear("past_due_by_owed"),
    Clear("late_owed_share"),
    Clear("late_60_accounts_now"),
    Clear("late_90_accounts_now"),
)
"""How late accounts that are brought up to date are told of; earlier months that were late stay."""
_LOST: Final = ("lost_accounts_now", "charge_off_owed")
"""Accounts that are lost are not brought up to date by a payment."""
_CURED: Final = More("cures_12m", "late_30_accounts_now")


def _paid(by: str) -> tuple[Move, ...]:
    return tuple(More(f"payments_{months}m", by) for months in (3, 6, 12, 24))


def _looking_back(group: str) -> tuple[Move, ...]:
    owed = f"owed_{group}"
    return (
        PartOfMonths(f"{group}_balance_mean_3m", owed, 3),
        PartOfMonths(f"{group}_balance_mean_12m", owed, 12),
        PartOfMonths(f"{group}_balance_growth", owed, 3),
        *_paid(owed),
    )


_BUREAU: Final = (
    Action(
        "pay down cards",
        "revolving_utilisation",
        "share",
        _TO_SHARES,
        (
            Cut("revolving_utilisation"),
            Cut("cards_utilisation"),
            Cut("lines_utilisation"),
            Cut("revolving_utilisation_max"),
            Cut("revolving_utilisation_min"),
            Clear("revolving_over_limit_count", below=1.0),
            Clear("revolving_90_percent_count", below=0.9),
            Clear("revolving_75_percent_count", below=0.75),
            Clear("revolving_50_percent_count", below=0.5),
            Scale("owed_revolving", "revolving_utilisation"),
            Less("owed_total", "owed_revolving"),
            More("revolving_available", "owed_revolving"),
            ShareOf("owed_revolving_share", "owed_revolving", "owed_total"),
        ),
        "Pay every card and credit line down to at most {after} of its limit; together they stand at {before}",
        "将每张信用卡与每笔循环信贷的余额降至额度的{after}以内；目前合计使用{before}",
        perhaps=_looking_back("revolving"),
    ),
    Action(
        "pay past due",
        "past_due_total",
        "amount",
        _ALL,
        (
            Clear("past_due_total"),
            Clear("late_30_accounts_now"),
            *_UP_TO_DATE,
        ),
        *_PAY_PAST_DUE,
        unless=_LOST,
        perhaps=(_CURED, *_paid("past_due_total")),
    ),
    Action(
        "bring up to date",
        "worst_level_now",
        "level",
        _ALL,
        (_UP_TO_DATE[0], Clear("late_30_accounts_now"), *_UP_TO_DATE[1:]),
        "Bring every account up to date; the one furthest behind is told at level {before} of lateness now",
        "将所有账户的逾期款项还清；目前逾期最久的账户等级为{before}",
        unless=("past_due_total", *_LOST),
        perhaps=(_CURED,),
    ),
    Action(
        "pay collections",
        "collections_owed",
        "amount",
        _ALL,
        (Clear("collections_owed"), Clear("collections_unpaid"), More("collections_paid", "collections_unpaid")),
        "Pay the debts that are in the hands of collectors: {before}",
        "还清已转交催收的债务：{before}",
    ),
    Action(
        "pay back loans",
        "owed_instalment",
        "amount",
        _PART,
        (
            Part("owed_instalment"),
            Scale("owed_consumer", "owed_instalment"),
            Scale("owed_car", "owed_instalment"),
            Scale("owed_student", "owed_instalment"),
            Less("owed_total", "owed_instalment"),
            ShareOf("owed_revolving_share", "owed_revolving", "owed_total"),
            Repaid("instalment_paid_down", "owed_instalment"),
            Repaid("consumer_paid_down", "owed_instalment"),
            Repaid("car_paid_down", "owed_instalment"),
            Repaid("student_paid_down", "owed_instalment"),
        ),
        "Pay instalment loans back in part: from {before} to {after}",
        "提前偿还部分分期贷款：余额由{before}降至{after}",
        perhaps=_looking_back("instalment"),
    ),
    Action(
        "pay bills",
        "bills_unpaid_amount_24m",
        "amount",
        _ALL,
        (Clear("bills_unpaid_amount_24m"), Clear("bills_unpaid_amount_12m")),
        "Pay the monthly bills that are unpaid: {before}",
        "付清未支付的每月账单：{before}",
    ),
    Action(
        "pay shop orders",
        "orders_late_owed",
        "amount",
        _ALL,
        (Clear("orders_late_owed"), Less("orders_owed", "orders_late_owed"), Clear("orders_late_now")),
        "Pay the shop orders that are overdue: {before}",
        "付清逾期的购物订单：{before}",
    ),
)


def _pay_down_cards(looking_back: tuple[Move, ...], perhaps: tuple[Move, ...]) -> Action:
    return Action(
        "pay down cards",
        "card_utilisation_latest",
        "share",
        _TO_SHARES,
        (
            Cut("card_utilisation_latest"),
            Scale("card_balance_latest", "card_utilisation_latest"),
            Less("card_balance_change_1m", "card_balance_latest"),
            More("card_headroom_latest", "card_balance_latest"),
            *looking_back,
        ),
        "Pay the card balance down to {after} of the limit; it stands at {before}",
        "将信用卡余额降至额度的{after}；目前使用{before}",
        perhaps=perhaps,
    )


_USED: Final = "card_utilisation_latest"
_KNOWN: Final = "card_months_known"

_REVOLVING: Final = Multiple("amount_asked", "instalment", 20.0)
"""A revolving loan is told with a twentieth of its limit as the instalment, and has no term."""

_HOME_CREDIT: Final = (
    Action(
        "ask for less",
        "amount_asked",
        "amount",
        _PART,
        (Part("amount_asked"), Scale("instalment", "amount_asked")),
        "Ask for {after} instead of {before}, with instalments that are smaller in proportion",
        "将申请金额由{before}减至{after}，每期还款按比例减少",
        floor=Floor("amount_asked", "amount"),
    ),
    Action(
        "longer term",
        "instalment",
        "amount",
        (0.9, 0.8, 0.7, 0.6),
        (Part("instalment"),),
        "Pay back over a longer term, so that an instalment is {after}; over the term asked for it would be {before}",
        "延长还款期限，使每期还款降至{after}；按原期限每期为{before}",
        floor=Floor("instalment", "instalment", of="amount_asked"),
        never=_REVOLVING,
    ),
    _pay_down_cards(
        (
            Mean("card_utilisation_mean_3m", _USED, 3, _KNOWN),
            Mean("card_utilisation_mean_6m", _USED, 6, _KNOWN),
            Mean("card_utilisation_mean_12m", _USED, 12, _KNOWN),
            Trend("card_utilisation_slope_6m", _USED, 6, _KNOWN),
            Trend("card_utilisation_slope_12m", _USED, 12, _KNOWN),
            Spread("card_utilisation_spread_12m", _USED, 12, _KNOWN, "card_utilisation_mean_12m"),
            Cut("card_utilisation_min_12m"),
            Mean("card_balance_mean_6m", "card_balance_latest", 6, _KNOWN),
        ),
        (Largest("card_balance_max_6m", "card_balance_latest", "card_balance_mean_6m"),),
    ),
    Action(
        "pay past due",
        "tradeline_past_due",
        "amount",
        _ALL,
        (Clear("tradeline_past_due"), Clear("tradeline_days_past_due_max")),
        *_PAY_PAST_DUE,
    ),
    Action(
        "pay back other lenders",
        "tradeline_active_debt",
        "amount",
        _PART,
        (
            Part("tradeline_active_debt"),
            Less("tradeline_debt", "tradeline_active_debt"),
            Scale("tradeline_owed_share", "tradeline_active_debt"),
            Scale("tradeline_owed_share_max", "tradeline_active_debt"),
            Scale("tradeline_card_owed_share", "tradeline_active_debt"),
            Scale("tradeline_loan_owed_share", "tradeline_active_debt"),
        ),
        "Pay back a part of every debt with other lenders: from {before} to {after}",
        "按比例偿还在其他机构的债务：由{before}降至{after}",
    ),
)

_TAIWAN: Final = (
    _pay_down_cards(
        (
            Mean("card_utilisation_mean_3m", _USED, 3),
            Mean("card_utilisation_mean_6m", _USED, 6),
            Trend("card_utilisation_slope_6m", _USED, 6),
            Spread("card_utilisation_spread_12m", _USED, 6, mean="card_utilisation_mean_6m"),  # six months are told
            Cut("card_utilisation_min_12m"),
            Mean("card_balance_mean_6m", "card_balance_latest", 6),
        ),
        (
            Largest(
                "card_balance_max_6m", "card_balance_latest", "card_balance_1_month_ago", "card_balance_2_months_ago"
            ),
            More("card_payment_0_months_ago", "card_balance_latest"),
            More("card_payment_sum_3m", "card_balance_latest"),
            More("card_payment_sum_6m", "card_balance_latest"),
            Raised("card_payment_max_6m", "card_payment_0_months_ago"),
            Trend("card_payment_slope_6m", "card_payment_0_months_ago", 6),
            Spread("card_payment_spread_6m", "card_payment_0_months_ago", 6, mean="card_payment_sum_6m", parts=6.0),
        ),
    ),
    Action(
        "bring up to date",
        "card_days_past_due_latest",
        "days",
        _ALL,
        (
            Clear("card_days_past_due_latest"),
            Clear("card_standing_latest"),
            Mean("card_standing_mean_3m", "card_standing_latest", 3),
            Mean("card_standing_mean_6m", "card_standing_latest", 6),
            Trend("card_standing_slope_6m", "card_standing_latest", 6),
        ),
        "Pay what is past due on the card, which is {before} days late now",
        "还清信用卡逾期款项；目前逾期{before}天",
    ),
)

ACTIONS: Final[Mapping[str, tuple[Action, ...]]] = MappingProxyType(
    {"bureau": _BUREAU, "home-credit": _HOME_CREDIT, "taiwan": _TAIWAN}
)
"""Actions by portfolio."""


def actions_of(portfolio: str) -> tuple[Action, ...]:
    """The actions of a portfolio; none where nothing is declared."""
    return ACTIONS.get(portfolio, ())
