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
    inquiries : bool
        Whether it speaks of the number of inquiries: as a key factor it is told beyond the four others
        (FCRA 609(f)(9)).
    """

    code: str
    statement: str
    statement_zh: str
    inquiries: bool = False


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
            Reason("Q01", "Number of recent applications for credit", "近期信贷申请次数", inquiries=True),
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
            Reason("A16", "Time since an income was last stated", "距最近一次申报收入的时间"),
            Reason("A17", "How the stated income has changed", "申报收入的变化"),
            Reason("A18", "How often an income was stated", "申报收入的次数"),
            Reason("Q07", "Amounts recently applied for", "近期申请的信贷金额"),
            Reason("B01", "Share of card and credit line limits in use", "信用卡与循环信贷额度使用比例"),
            Reason("B02", "How the use of card and credit line limits has changed", "信用卡与循环信贷使用的变化趋势"),
            Reason(
                "B03", "Cards and credit lines close to or over their limit", "接近或超出额度的信用卡与循环信贷账户"
            ),
            Reason("B04", "Balances on cards and credit lines", "信用卡与循环信贷余额"),
            Reason("B05", "Balances of instalment loans", "分期贷款余额"),
            Reason("B06", "Balance of mortgages", "住房贷款余额"),
            Reason("B07", "Total debt with all lenders", "在各机构的负债总额"),
            Reason("B08", "Limits granted on cards and credit lines", "信用卡与循环信贷授信额度"),
            Reason("B09", "Monthly payments owed on all credit", "全部信贷的每月应还款额"),
            Reason("B10", "Payments made, relative to what was due", "实际还款额与应还款额之比"),
            Reason("B11", "Share of instalment loans paid back", "分期贷款已偿还比例"),
            Reason("B12", "Share of mortgages paid back", "住房贷款已偿还比例"),
            Reason("B13", "Accounts past due now", "当前逾期的账户"),
            Reason("B14", "Amounts past due", "逾期金额"),
            Reason("B15", "Late payments on cards and credit lines", "信用卡与循环信贷逾期还款"),
            Reason("B16", "Late payments on loans reported by lenders", "各机构报告的贷款逾期还款"),
            Reason("B17", "Late payments on mortgages", "住房贷款逾期还款"),
            Reason("B18", "Late payments with any lender", "在任一机构的逾期还款"),
            Reason("B19", "Payments two months or more late", "逾期两个月及以上的还款"),
            Reason("B20", "Debts charged off by lenders", "被机构核销的债务"),
            Reason("B21", "Goods repossessed or surrendered", "抵押物被收回或交还"),
            Reason("B22", "Foreclosure of a home", "房产被法拍或以契抵债"),
            Reason("B23", "Accounts that fell further behind", "逾期程度加重的账户"),
            Reason("B24", "Late accounts brought up to date", "逾期后恢复正常的账户"),
            Reason("B25", "Time since the last late payment", "距最近一次逾期还款的时间"),
            Reason("B26", "Accounts used without answering for them", "仅被授权使用的账户"),
            Reason("B27", "Accounts shared with others", "与他人共同承担的账户"),
            Reason("B28", "Disputed accounts", "存在异议的账户"),
            Reason("B30", "Debts handed to collectors", "转交催收的债务"),
            Reason("B31", "Unpaid debts in the hands of collectors", "尚未清偿的催收债务"),
            Reason("B32", "Time since a debt was handed to a collector", "距债务转交催收的时间"),
            Reason("B33", "Amounts paid on credit accounts", "信贷账户还款金额"),
            Reason("B34", "Share of card and credit line balances paid", "信用卡与循环信贷余额偿还比例"),
            Reason("P01", "Bankruptcy", "破产记录"),
            Reason("P02", "Civil judgments", "民事判决"),
            Reason("P03", "Tax liens", "税收留置"),
            Reason("P04", "Recent public records", "近期公共记录"),
            Reason("U01", "Late or unpaid electricity, gas or water bills", "水电燃气账单的逾期或欠费"),
            Reason("U02", "Late or unpaid telephone or internet bills", "电话与网络账单的逾期或欠费"),
            Reason("U03", "Late or unpaid rent", "房租的逾期或欠缴"),
            Reason("U04", "Monthly bills paid late", "逾期支付的每月账单"),
            Reason("U05", "Monthly bills left unpaid", "未支付的每月账单"),
            Reason("U06", "Length of the record of monthly bills", "每月账单记录时长"),
            Reason("U07", "Amount of monthly bills", "每月账单金额"),
            Reason("S01", "Orders at shops on invoice or by instalments", "赊购与分期购物订单"),
            Reason("S02", "Shop orders paid late", "逾期支付的购物订单"),
            Reason("S03", "Shop orders written off", "被核销的购物订单"),
            Reason("S04", "Open amounts of shop orders", "购物订单未付金额"),
            Reason("S05", "Length of the record of shop orders", "购物订单记录时长"),
            Reason("S06", "Goods returned to shops", "退货情况"),
            Reason("S07", "Amounts of shop orders on credit", "赊购订单金额"),
            Reason("H01", "Changes of address", "地址变更"),
            Reason("H02", "Changes of employer", "雇主变更"),
            Reason("H03", "How many report the same address or employer", "报告同一地址或雇主的机构数量"),
            Reason("F01", "How much is on file", "信用档案内容的多少"),
            Reason("F02", "Time since the last report", "距最近一次报告的时间"),
            Reason("F03", "Number of institutions that report", "报送机构数量"),
        )
    }
)
"""Every reason by its code."""
