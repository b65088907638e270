"""Facts of a made-up decision, of which every kind of letter can be written."""

from __future__ import annotations

from datetime import date

from scoring.notice.facts import Application, Creditor, NoticeFacts, Offer, Party, ScoreTold, Statement

__all__ = ["ON", "facts_in"]

ON = date(2026, 11, 28)
"""The day of the letters."""

_AGENCY = Party("Example Credit Bureau", ("P.O. Box 2200", "Wilmington, DE 19801"), "1-800-555-0199", "bureau.example")
_AUTHORITY = {"us": "ftc", "us-ca": "occ", "eu": "dpc", "cn": "pbc"}
_REASONS = (
    Statement(
        "B01", "Share of card and credit line limits in use", "信用卡与循环信贷额度使用比例",
        "Share of card and credit line limits in use: 94 %; approved applicants typically 5 % to 31 %",
        "信用卡与循环信贷额度使用比例：94%；获批申请人通常为5%至31%",
    ),
    Statement("B15", "Late payments on cards and credit lines", "信用卡与循环信贷逾期还款"),
    Statement("T02", "Length of credit history", "信用记录时长"),
    Statement("R05", "The address stated differs from those on file", "所填地址与信用档案中的地址不一致"),
)  # fmt: skip
_LATE = Statement("B25", "Time since the last late payment", "距最近一次逾期还款的时间")
_INQUIRIES = Statement("Q01", "Number of recent applications for credit", "近期信贷申请次数")


def facts_in(jurisdiction: str) -> NoticeFacts:
    """The facts, under the law of a jurisdiction."""
    return NoticeFacts(
        decision_id="d-7f3a90c1",
        jurisdiction=jurisdiction,
        decided_on=date(2026, 11, 24),
        creditor=Creditor(
            "Harbor Point Lending", ("410 Wharf Street", "Portland, OR 97209"), "1-800-555-0142", "harbor.example",
            _AUTHORITY[jurisdiction],
        ),
        consumer=Party("Winifred Okafor", ("2218 Alder Court", "Boise, ID 83702")),
        application=Application("consumer", date(2026, 11, 21), "USD", 12000, 36),
        reasons=_REASONS,
        agency=_AGENCY,
        score_used=True,
        score=ScoreTold(528, 300, 850, date(2026, 11, 24), _AGENCY),
        key_factors=(*_REASONS[:3], _LATE, _INQUIRIES),
        recourse=(Statement("pay", "Pay down card balances to 29 % of their limits", "将信用卡余额降至额度的29%"),),
        offer=Offer("USD", 6000, date(2027, 1, 15), 24, 0.1399),
        missing=(Statement("income", "Your income", "您的收入"),),
        respond_by=date(2026, 12, 19),
    )  # fmt: skip
