"""Reasons: what a group of features means to the person who is told about it.

A reason is specific and speaks of one thing (requirements AA-03, AA-06). Features that mean the
same thing share a reason, so that correlated features neither split nor double it. Codes are
stable: a retired code is never given to another meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["REASONS", "Reason"]


@dataclass(frozen=True)
class Reason:
    """Something that can be told to a person as a reason for a decision.

    Parameters
    ----------
    code : str
        Stable code.
    statement : str
        The reason in English, as it is told.
    statement_zh : str
        The same in Chinese.
    """

    code: str
    statement: str
    statement_zh: str


REASONS = MappingProxyType(
    {
        reason.code: reason
        for reason in (
            Reason("C01", "Share of the card limit in use", "信用卡额度使用比例"),
            Reason("C02", "Late payments on card accounts", "信用卡账户逾期还款"),
            Reason("C03", "Time since the last late card payment", "距最近一次信用卡逾期的时间"),
            Reason("C04", "Amounts paid on card accounts", "信用卡账户还款金额"),
            Reason("C05", "Share of the card bill that is paid", "信用卡账单偿还比例"),
            Reason("C06", "Card balances and how they develop", "信用卡余额及其变化"),
            Reason("C07", "Card limit granted", "信用卡授信额度"),
            Reason("C08", "Use of the card: purchases and cash withdrawals", "信用卡消费与取现情况"),
            Reason("C09", "How card bills were usually settled", "信用卡账单的通常结清方式"),
            Reason("T01", "Debt still owed on existing credit, relative to its amount", "现有信贷未偿余额占比"),
            Reason("T02", "Length of credit history", "信用记录时长"),
            Reason("T03", "Recently opened credit accounts", "近期新开信贷账户"),
            Reason("T04", "Amounts past due with other lenders", "在其他机构的逾期金额"),
            Reason("T05", "Late months reported by other lenders", "其他机构报告的逾期月份"),
            Reason("T06", "Number and kind of credit accounts", "信贷账户数量与类型"),
            Reason("T07", "Amount of existing credit", "现有信贷总额"),
            Reason("T08", "How earlier credit accounts were closed", "以往信贷账户的结清情况"),
            Reason("T09", "Remaining term of existing credit", "现有信贷剩余期限"),
            Reason("L01", "Late payments on instalment loans", "分期贷款逾期还款"),
            Reason("L02", "Instalments still to be paid on current loans", "当前贷款剩余分期"),
            Reason("L03", "History of instalment loans", "分期贷款记录"),
            Reason("Q01", "Number of recent applications for credit", "近期信贷申请次数"),
            Reason("Q02", "Earlier applications that were refused", "以往被拒的信贷申请"),
            Reason("Q03", "Amounts and terms of earlier credit", "以往信贷的金额与期限"),
            Reason("Q04", "Cost of earlier credit", "以往信贷的成本"),
            Reason("Q05", "Down payments on earlier purchases", "以往购物的首付比例"),
            Reason("Q06", "Time since earlier applications for credit", "距以往信贷申请的时间"),
            Reason("A01", "Scores reported by external providers", "外部机构提供的评分"),
            Reason("A02", "Length of employment", "在职时长"),
            Reason("A03", "Amount of credit applied for", "申请信贷金额"),
            Reason("A04", "Instalment relative to income", "每期还款占收入比例"),
            Reason("A05", "Debt relative to income", "负债占收入比例"),
            Reason("A06", "Income", "收入水平"),
            Reason("A07", "Amount of credit relative to the price of the goods", "信贷金额与商品价格之比"),
            Reason("A08", "Level of education stated", "所填教育程度"),
            Reason("A09", "Occupation and kind of employer stated", "所填职业与雇主类型"),
            Reason("A10", "Region of residence", "居住地区"),
            Reason("A11", "Payment difficulties in the applicant's surroundings", "周边人群还款困难情况"),
            Reason("A12", "Stability of documents, registration and telephone", "证件、登记与电话的稳定性"),
            Reason("A13", "Term of the credit applied for", "申请信贷的期限"),
            Reason("A14", "Amount applied for relative to earlier credit", "申请金额与以往信贷之比"),
            Reason("A15", "Home and car ownership stated", "所填房产与车辆情况"),
        )
    }
)
"""Every reason by its code."""
