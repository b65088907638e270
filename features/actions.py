"""Actions: what a person can do about a decision, and how the features follow.

An action moves one leading feature to a step, and with it those that are tied to it by what they
count. Only the present is moved, as the next reports would tell it: what is owed and past due now, what is
asked for. What a person cannot change stays as it is: age of accounts, months that were late, records of
courts, applications that were made, and every feature that looks back over months, which follows with
time. Nobody is told to state another income, home or occupation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from features.moves import Clear, Course, Cut, Less, More, Move, Repaid, Scale, ShareOf

__all__ = ["ACTIONS", "Action", "actions_of"]


@dataclass(frozen=True)
class Action:
    """Something that a person can do.

    Parameters
    ----------
    name : str
        Its name.
    leading : str
        The feature that tells how far it goes, the first that it moves.
    unit : {'share', 'amount'}
        What that feature holds.
    money : str
        The feature by whose fall the money is counted that it takes, or that is done without.
    steps : tuple of float
        How far it may go, the smallest change first.
    moves : tuple of Move
        How the features follow, in order.
    text, text_zh : str
        What to do, in English and Chinese; ``{before}`` and ``{after}`` stand for the leading feature's values.
    unless : tuple of str
        Features of which none may be above zero: then it would not help as it says.
    """

    name: str
    leading: str
    unit: Literal["share", "amount"]
    money: str
    steps: tuple[float, ...]
    moves: tuple[Move, ...]
    text: str
    text_zh: str
    unless: tuple[str, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        """All features that it moves."""
        return tuple(move.feature for move in self.moves)

    def applies(self, values: Mapping[str, float]) -> bool:
        """Whether the person can do it: the leading feature is above zero, and nothing stands against it."""
        return values.get(self.leading, math.nan) > 0 and not any(values.get(name, 0.0) > 0 for name in self.unless)

    def told(self, before: float, after: float) -> tuple[str, str]:
        """What to do, in English and Chinese, with the leading feature's values.

        Examples
        --------
        >>> Action("pay", "owed", "amount", "owed", (), (), "From {before} to {after}", "").told(1234.5, 0.0)[0]
        'From 1,234 to 0'
        """
        if self.unit == "amount":
            values = {"before": f"{before:,.0f}", "after": f"{after:,.0f}"}
            return self.text.format(**values), self.text_zh.format(**values)
        return (
            self.text.format(before=f"{before * 100:.0f} %", after=f"{after * 100:.0f} %"),
            self.text_zh.format(before=f"{before * 100:.0f}%", after=f"{after * 100:.0f}%"),
        )

    def after(self, values: Mapping[str, float], step: float) -> dict[str, float]:
        """The features after the action at a step, all of them; the same where it would change nothing.

        Examples
        --------
        >>> pay = Action("pay", "used", "share", "owed", (0.5, 0.3), (Cut("used"), Scale("owed", "used")), "", "")
        >>> pay.after({"used": 0.6, "owed": 1200.0, "age": 40.0}, 0.3)
        {'used': 0.3, 'owed': 600.0, 'age': 40.0}
        """
        before, now = _Known(values), _Known(values)
        at = Course(before, now, step)
        for move in self.moves:
            if not math.isnan(before[move.feature]):
                now[move.feature] = move.value(at)
        return dict(now)


class _Known(dict[str, float]):
    """Values by name; what nobody knows is missing."""

    def __missing__(self, name: str) -> float:
        return math.nan


_TO_SHARES: Final = (0.89, 0.74, 0.49, 0.3, 0.2, 0.1, 0.05)
"""Shares of limits in use: just below where cards are counted as nearly full, and what is asked for in practice."""
_PART: Final = (0.95, 0.9, 0.8, 0.7, 0.6, 0.5)
"""What is left of an amount."""
_ALL: Final = (0.0,)
"""The whole of it is paid."""

_PAY_PAST_DUE: Final = ("Pay what is past due now: {before}", "还清当前逾期款项：{before}")

_BUREAU: Final = (
    Action(
        "pay down cards",
        "revolving_utilisation",
        "share",
        "owed_revolving",
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
    ),
    Action(
        "pay past due",
        "past_due_total",
        "amount",
        "past_due_total",
        _ALL,
        (
            Clear("past_due_total"),
            Clear("past_due_by_owed"),
            Clear("late_owed_share"),
            Clear("late_30_accounts_now"),
            Clear("late_60_accounts_now"),
            Clear("late_90_accounts_now"),
            Clear("worst_level_now"),
            Clear("worst_level_now_revolving"),
            Clear("worst_level_now_instalment"),
            Clear("worst_level_now_mortgage"),
        ),
        *_PAY_PAST_DUE,
        unless=("lost_accounts_now", "charge_off_owed"),
    ),
    Action(
        "pay collections",
        "collections_owed",
        "amount",
        "collections_owed",
        _ALL,
        (Clear("collections_owed"), Clear("collections_unpaid"), More("collections_paid", "collections_unpaid")),
        "Pay the debts that are in the hands of collectors: {before}",
        "还清已转交催收的债务：{before}",
    ),
    Action(
        "pay back loans",
        "owed_instalment",
        "amount",
        "owed_instalment",
        _PART,
        (
            Scale("owed_instalment"),
            Scale("owed_consumer"),
            Scale("owed_car"),
            Scale("owed_student"),
            Less("owed_total", "owed_instalment"),
            ShareOf("owed_revolving_share", "owed_revolving", "owed_total"),
            Repaid("instalment_paid_down"),
            Repaid("consumer_paid_down"),
            Repaid("car_paid_down"),
            Repaid("student_paid_down"),
        ),
        "Pay instalment loans back in part: from {before} to {after}",
        "提前偿还部分分期贷款：余额由{before}降至{after}",
    ),
    Action(
        "pay bills",
        "bills_unpaid_amount_24m",
        "amount",
        "bills_unpaid_amount_24m",
        _ALL,
        (Clear("bills_unpaid_amount_24m"), Clear("bills_unpaid_amount_12m")),
        "Pay the monthly bills that are unpaid: {before}",
        "付清未支付的每月账单：{before}",
    ),
    Action(
        "pay shop orders",
        "orders_late_owed",
        "amount",
        "orders_late_owed",
        _ALL,
        (Clear("orders_late_owed"), Less("orders_owed", "orders_late_owed"), Clear("orders_late_now")),
        "Pay the shop orders that are overdue: {before}",
        "付清逾期的购物订单：{before}",
    ),
)

_PAY_DOWN_CARDS: Final = Action(
    "pay down cards",
    "card_utilisation_latest",
    "share",
    "card_balance_latest",
    _TO_SHARES,
    (
        Cut("card_utilisation_latest"),
        Scale("card_balance_latest", "card_utilisation_latest"),
        Less("card_balance_change_1m", "card_balance_latest"),
        More("card_headroom_latest", "card_balance_latest"),
    ),
    "Pay the card balance down to {after} of the limit; it stands at {before}",
    "将信用卡余额降至额度的{after}；目前使用{before}",
)

_HOME_CREDIT: Final = (
    Action(
        "ask for less",
        "amount_asked",
        "amount",
        "amount_asked",
        _PART,
        (Scale("amount_asked"), Scale("instalment")),
        "Ask for {after} instead of {before}, over the same term",
        "将申请金额由{before}减至{after}，期限不变",
    ),
    Action(
        "longer term",
        "instalment",
        "amount",
        "instalment",
        (0.9, 0.8, 0.7, 0.6),
        (Scale("instalment"),),
        "Pay back over a longer term, in instalments of {after} instead of {before}",
        "延长还款期限，每期还款由{before}降至{after}",
    ),
    _PAY_DOWN_CARDS,
    Action(
        "pay past due",
        "tradeline_past_due",
        "amount",
        "tradeline_past_due",
        _ALL,
        (Clear("tradeline_past_due"), Clear("tradeline_days_past_due_max")),
        *_PAY_PAST_DUE,
    ),
    Action(
        "pay back other lenders",
        "tradeline_active_debt",
        "amount",
        "tradeline_active_debt",
        _PART,
        (
            Scale("tradeline_active_debt"),
            Less("tradeline_debt", "tradeline_active_debt"),
            Scale("tradeline_owed_share"),
            Scale("tradeline_owed_share_max"),
            Scale("tradeline_card_owed_share"),
            Scale("tradeline_loan_owed_share"),
        ),
        "Pay back a part of every debt with other lenders: from {before} to {after}",
        "按比例偿还在其他机构的债务：由{before}降至{after}",
    ),
)

ACTIONS: Final[Mapping[str, tuple[Action, ...]]] = MappingProxyType(
    {"bureau": _BUREAU, "home-credit": _HOME_CREDIT, "taiwan": (_PAY_DOWN_CARDS,)}
)
"""Actions by portfolio."""


def actions_of(portfolio: str) -> tuple[Action, ...]:
    """The actions of a portfolio; none where nothing is declared."""
    return ACTIONS.get(portfolio, ())
