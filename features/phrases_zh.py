"""What a feature counts, in Chinese: a phrase for each stem of a feature's name.

Names are made to a plan, and so are the phrases. The window at the end of a name (``_12m``) comes first in
Chinese; ``*`` stands for a kind of account or service and ``#`` for a number, where several features differ in
it alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from features.errors import FeatureError

__all__ = ["phrase_zh"]

_WINDOW: Final = re.compile(r"(.+)_(\d+)m")

_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "car": "汽车贷款",
        "card": "信用卡",
        "consumer": "消费贷款",
        "instalment": "分期贷款",
        "line": "循环信贷",
        "mortgage": "住房贷款",
        "rent": "房租",
        "revolving": "信用卡与循环信贷",
        "student": "助学贷款",
        "telecom": "电话与网络账单",
        "utility": "水电燃气账单",
    }
)

_PHRASES: Final[Mapping[str, str]] = MappingProxyType(
    dict(
        line.split()
        for line in """
account_furnishers 报送账户或催收债务的机构数量
account_months 有报送记录的账户月数
accounts_closed 结清或关闭的账户数量
accounts_open 在用账户数量
accounts_over 已结清或关闭的账户数量
accounts_sold 已出售或转让的账户数量
accounts_total 账户总数
address_tellers_max 报告同一地址的机构数量最高值
addresses 新增地址数量
addresses_known 曾报告的地址数量
addresses_told_once_share 仅一家机构报告的地址占比
age_mean 账户平均账龄
age_newest 最新账户的账龄
age_newest_* 最新*的账龄
age_oldest 最早账户的账龄
age_oldest_* 最早*的账龄
age_open_mean 在用账户平均账龄
amount_asked 申请信贷金额
amount_by_income 申请金额与收入之比
amount_by_largest_granted 申请金额与以往最高获批金额之比
amount_by_largest_tradeline 申请金额与以往最大账户金额之比
amount_by_price 申请金额与商品价格之比
amount_over_price 申请金额超出商品价格的部分
asked_amount 信贷申请查询的金额合计
asked_amount_max 单次信贷申请查询金额最高值
asked_by_income 近12个月信贷申请查询金额与收入之比
authorised_accounts 仅被授权使用的在用账户数量
authorised_age_oldest 最早被授权使用账户的账龄
authorised_utilisation 被授权使用账户的额度使用率
authorised_worst 被授权使用账户的最差还款等级
bankruptcies 破产申请数量
bankruptcies_chapter_# 含还款计划的破产数量
bankruptcies_discharged 已免责的破产数量
bankruptcies_dismissed 已驳回的破产数量
bankruptcies_pending 未了结的破产数量
bill_days_late_max 每月账单逾期天数最高值
bill_days_late_mean 每月账单平均逾期天数
bills 每月账单数量
bills_age 每月账单的记录时长
bills_late 逾期的每月账单数量
bills_on_time_share 按时支付的每月账单占比
bills_unpaid 未支付的每月账单数量
bills_unpaid_amount 未支付的每月账单金额
car_age_years 车龄
card_balance_#_month_ago #个月前的信用卡账单金额
card_balance_#_months_ago #个月前的信用卡账单金额
card_balance_by_income 信用卡账单与收入之比
card_balance_change 信用卡账单金额较上月的变化
card_balance_latest 最新信用卡账单金额
card_balance_max 信用卡账单金额最高值
card_balance_mean 信用卡账单金额平均值
card_cash_share 取现占信用卡支用的比例
card_days_past_due_latest 信用卡最新逾期天数
card_days_past_due_max 信用卡逾期天数最高值
card_days_past_due_sum 信用卡逾期天数合计
card_days_past_due_tolerated_max 信用卡逾期天数最高值（小额除外）
card_drawings_mean 每月平均信用卡支用次数
card_full_payment_share 基本还清的信用卡账单占比
card_headroom_latest 未使用的信用卡额度
card_late_#_months 信用卡逾期#天及以上的月数
card_late_months 信用卡逾期月数
card_limit_latest 最新信用卡授信额度
card_months_known 信用卡记录时长
card_months_since_late 距最近一次信用卡逾期的时间
card_months_since_late_# 距最近一次信用卡逾期#天的时间
card_paid_in_full_months 信用卡全额还款的月数
card_paid_share 信用卡账单偿还比例
card_paid_share_min 信用卡账单偿还比例最低值
card_payment_#_months_ago #个月前的信用卡还款金额
card_payment_0_months_ago 最近一个月的信用卡还款金额
card_payment_max 单月信用卡还款金额最高值
card_payment_min 单月信用卡还款金额最低值
card_payment_slope 信用卡还款金额的变化趋势
card_payment_spread 信用卡还款金额的波动
card_payment_sum 信用卡还款金额合计
card_spend_share 新增消费与信用卡额度之比
card_spend_share_latest 最新一月新增消费与信用卡额度之比
card_standing_latest 最新信用卡账单的结清情况
card_standing_mean 信用卡账单结清等级平均值，−1为全额还款、0为部分还款、1为逾期一个月
card_standing_slope 信用卡账单结清等级的变化趋势
card_utilisation_#_month_ago #个月前的信用卡额度使用率
card_utilisation_#_months_ago #个月前的信用卡额度使用率
card_utilisation_high_share 信用卡额度使用率超过90%的账单占比
card_utilisation_latest 最新信用卡额度使用率
card_utilisation_max 信用卡额度使用率最高值
card_utilisation_mean 信用卡额度使用率平均值
card_utilisation_min 信用卡额度使用率最低值
card_utilisation_slope 信用卡额度使用率的变化趋势
card_utilisation_spread 信用卡额度使用率的波动
cards_utilisation 信用卡额度使用率
charge_off_accounts 被核销的账户数量
charge_off_owed 被核销账户的欠款
charge_off_paid_accounts 核销后已还清的账户数量
circle_defaulted 周边逾期还款的人数
circle_observed 周边被观察的人数
collections 转交催收的债务数量
collections_amount 转交催收的债务原始金额
collections_by_income 催收债务与收入之比
collections_owed 未清偿催收债务的余额
collections_paid 已清偿的催收债务数量
collections_unpaid 未清偿的催收债务数量
contracts_on_file 每月账单的合同数量
credit_order_age 赊购订单的记录时长
credit_order_amount 赊购订单金额合计
credit_order_amount_max 单笔赊购订单金额最高值
credit_order_amount_mean 赊购订单金额平均值
credit_orders 赊购订单数量
cure_share 逾期后恢复正常的占比
cures 逾期后恢复正常的次数
days_past_due_max 账户逾期天数最高值
debt_by_income 在其他机构的负债与收入之比
declined_share 信贷申请查询中被拒的占比
education_level 教育程度等级
employed_months 在现雇主的在职时间
employer_level 就业稳定程度等级
employer_tellers_max 报告同一雇主的机构数量最高值
employers 新增雇主数量
employers_known 曾报告的雇主数量
employers_told_once_share 仅一家机构报告的雇主占比
employment_months 在现雇主的在职时间
employment_starts 开始工作的次数
external_score_# 外部评分#
external_score_max 外部评分最高值
external_score_mean 外部评分平均值
external_score_min 外部评分最低值
external_score_product 外部评分乘积
external_score_spread 外部评分之间的差异
file_age 信用档案的时长
file_seasoned 有报送满六个月且近期有更新的账户
file_without_accounts 档案中没有账户
foreclosure_accounts 房产被法拍或以契抵债的账户数量
furnishers 有报送记录的机构数量
furnishers_known 报送机构总数
goods_price 所购商品价格
hard_inquiries 信贷申请查询次数
hard_inquiries_* *申请查询次数
hard_inquiries_approved 获批的信贷申请查询次数
hard_inquiries_declined 被拒的信贷申请查询次数
hard_inquiries_withdrawn 撤回的信贷申请查询次数
home_owned 拥有自住房产
housing_level 住房拥有情况等级
identity_document_months 身份证件签发以来的时间
income 年收入
income_by_highest 最新年收入与最高申报收入之比
income_by_lowest 最新年收入与最低申报收入之比
income_by_mean 最新年收入与平均申报收入之比
income_statements 申报收入的次数
inquiries_quarter 一个季度内的查询次数
inquiries_without_account 未开立账户的信贷申请查询次数
inquiries_year 一年内的查询次数
inquiry_agreed_end_max 距最晚约定到期日的时间
inquiry_approved_share 以往申请获批的占比
inquiry_asked_by_granted_mean 以往申请金额与获批金额之比平均值
inquiry_asked_by_granted_min 以往申请金额与获批金额之比最低值
inquiry_asked_mean 以往获批申请的平均申请金额
inquiry_cost_latest 最近一笔以往信贷的成本率
inquiry_cost_mean 以往信贷的平均成本率
inquiry_count 以往申请次数
inquiry_down_payment_max 以往首付比例最高值
inquiry_down_payment_mean 以往首付比例平均值
inquiry_ended_early_max 以往信贷提前结清时间最高值
inquiry_ended_early_mean 以往信贷提前结清时间平均值
inquiry_granted_max 以往获批金额最高值
inquiry_high_yield_share 定价较高的申请占比
inquiry_instalment_max 以往每期还款额最高值
inquiry_instalment_mean 以往每期还款额平均值
inquiry_months_since_end 距以往信贷结束的时间
inquiry_months_since_first 距首次申请的时间
inquiry_months_since_first_approved 距首次获批的时间
inquiry_months_since_first_due 距首期还款到期的时间
inquiry_months_since_last 距最近一次申请的时间
inquiry_months_since_last_approved 距最近一次获批的时间
inquiry_refused 被拒的申请次数
inquiry_refused_asked_mean 被拒申请的平均金额
inquiry_refused_by_score 因评分或额度被拒的申请次数
inquiry_refused_latest 最近一次申请被拒
inquiry_refused_share 被拒申请的占比
inquiry_running_granted 未到期以往信贷的获批金额
inquiry_running_instalments 未到期以往信贷的每期还款额
inquiry_term_latest 最近一次获批的期限
inquiry_term_max 以往获批期限最高值
inquiry_term_mean 以往获批期限平均值
inquiry_yearly_cost_max 以往信贷年化成本最高值
inquiry_yearly_cost_mean 以往信贷年化成本平均值
instalment 所申请信贷的每期还款额
instalment_amount_max 在用分期贷款原始金额最高值
instalment_by_amount 每期还款额与申请金额之比
instalment_by_earlier_max 每期还款额与以往最高每期还款额之比
instalment_by_earlier_mean 每期还款额与以往平均每期还款额之比
instalment_by_income 每期还款额与收入之比
judgments 民事判决数量
judgments_paid 已履行的民事判决数量
judgments_unpaid 未履行的民事判决数量
judgments_unpaid_amount 未履行的民事判决金额
kinds_of_data 档案中的数据种类数量
late_#_accounts 逾期#天及以上的账户数量
late_#_accounts_now 当前逾期#天及以上的账户数量
late_#_months 逾期#天及以上的月数
late_accounts_share 逾期账户占比
late_owed_share 逾期账户余额占比
lines_utilisation 循环信贷额度使用率
loan_completed_share 已结清的贷款占比
loan_count 分期贷款数量
loan_days_past_due_max 贷款逾期天数最高值（小额除外）
loan_instalments_remaining 当前贷款的剩余期数
loan_late_share 贷款逾期月份占比
loan_late_tolerated_share 贷款逾期月份占比（小额除外）
loan_months 距最早贷款记录的时间
loan_months_known 贷款记录的月数
loan_months_since_late 距最近一次贷款逾期的时间（小额除外）
loan_remaining_share 当前贷款剩余期数占比
loan_running_count 当前贷款数量
loan_term_latest 最新贷款的期数
loan_term_max 贷款期数最高值
loan_term_mean 贷款期数平均值
lost_accounts_now 当前列为损失的账户数量
months_at_newest_address 最新地址首次报告以来的时间
months_at_newest_employer 最新雇主首次报告以来的时间
months_since_#_days_late 距最近一次逾期#天及以上的时间
months_since_account_report 距最近一次账户报告的时间
months_since_bankruptcy 距最近一次破产申请的时间
months_since_bill_late 距最近一次每月账单逾期的时间
months_since_bill_unpaid 距最近一次每月账单未付的时间
months_since_charge_off 距最近一次账户核销的时间
months_since_collection 距最近一次债务转交催收的时间
months_since_credit_order 距最近一次赊购的时间
months_since_declined 距最近一次信贷申请被拒的时间
months_since_discharge 距最近一次破产免责的时间
months_since_foreclosure 距最近一次房产被法拍或以契抵债的时间
months_since_hard_inquiry 距最近一次信贷申请查询的时间
months_since_income_stated 距最近一次申报收入的时间
months_since_judgments 距最近一次民事判决的时间
months_since_order_written_off 距最近一次购物订单核销的时间
months_since_report 距最近一次报告的时间
months_since_repossession 距最近一次抵押物收回的时间
months_since_tax_liens 距最近一次税收留置的时间
never_late_accounts_share 从未逾期30天的账户占比
occupation_level 职业所需技能等级
on_time_months_share 逾期未达30天的月份占比
open_accounts_share 在用账户占比
open_*_count 在用*账户数量
open_product_kinds 在用账户的种类数量
open_revolving_share 在用账户中信用卡与循环信贷的占比
opened 新开账户数量
opened_* 新开*数量
opened_share 新开账户占比
orders_instalments 分期付款的订单数量
orders_invoice 凭账单付款的订单数量
orders_late_now 当前逾期的订单数量
orders_late_owed 逾期订单的未付金额
orders_late_share 逾期支付或核销的订单占比
orders_on_credit_share 赊购订单占比
orders_on_file 购物订单总数
orders_open_now 当前未付的订单数量
orders_owed 订单未付金额
orders_paid_late 逾期支付的订单数量
orders_returned 退货的订单数量
orders_returned_share 退货的订单占比
orders_written_off 被核销的订单数量
orders_written_off_amount 被核销的订单金额
over_limit_months 超出额度的月数
owed_* *余额
owed_*_by_income *余额与收入之比
owed_by_income 负债总额与收入之比
owed_revolving_share 信用卡与循环信贷余额占负债的比例
owed_total 负债总额
owns_car 拥有汽车
paid_by_scheduled 实际还款额与应还款额之比
paid_by_scheduled_now 最新一月实际还款额与应还款额之比
past_due_by_income 逾期金额与收入之比
past_due_by_owed 逾期金额与余额之比
past_due_max 单月逾期金额最高值
past_due_total 当前逾期金额
payments 还款金额合计
public_records 公共记录数量
recent_inquiries_share 近3个月信贷申请查询占近12个月的比例
region_city_rating 居住地区评级
region_population 居住地区的相对人口
registration_months 居住登记以来的时间
rent_age 房租的记录时长
reported_closed_share 账户已关闭的月份占比
reported_days_past_due_max 所报告逾期天数最高值
reported_late_months 所报告的逾期月数
reported_late_share 所报告的逾期月份占比
reported_months_since_late 距最近一次所报告逾期的时间
repossession_accounts 抵押物被收回或交还的账户数量
revolving_#_percent_count 使用率达到#%的信用卡与循环信贷账户数量
revolving_available 未使用的信用卡与循环信贷额度
revolving_balance_max 单月信用卡与循环信贷账户余额最高值
revolving_limit 信用卡与循环信贷总额度
revolving_limit_by_income 信用卡与循环信贷总额度与收入之比
revolving_limit_max 单个信用卡与循环信贷账户额度最高值
revolving_over_limit_count 超出额度的信用卡与循环信贷账户数量
revolving_paid_by_balance 信用卡与循环信贷还款额与余额之比
revolving_unused_count 没有余额的信用卡与循环信贷账户数量
revolving_utilisation 信用卡与循环信贷额度使用率
revolving_utilisation_change 信用卡与循环信贷额度使用率的变化
revolving_utilisation_max 单个信用卡与循环信贷账户额度使用率最高值
revolving_utilisation_min 单个信用卡与循环信贷账户额度使用率最低值
roll_late_share 逾期账户进一步恶化的占比
roll_share 逾期程度加重的占比
rolls 逾期程度加重的次数
running_instalments_by_income 未到期每期还款额与收入之比
scheduled_* *每月应还款额
scheduled_by_income 每月应还款额与收入之比
scheduled_total 全部账户每月应还款额
shared_accounts 与他人共同承担的在用账户数量
shared_accounts_share 与他人共同承担的在用账户占比
stated_income 申报的年收入
tax_liens 税收留置数量
tax_liens_paid 已解除的税收留置数量
tax_liens_unpaid 未解除的税收留置数量
tax_liens_unpaid_amount 未解除的税收留置金额
telephone_months 更换电话以来的时间
thin_file 档案中的账户少于三个
things_on_file 档案中的记录总数
tradeline_active_age_mean 在用账户平均账龄
tradeline_active_amount 在用信贷金额
tradeline_active_count 在用账户数量
tradeline_active_debt 在用账户的欠款
tradeline_active_share 在用账户占比
tradeline_age_max 最早账户的账龄
tradeline_age_mean 账户平均账龄
tradeline_age_min 最新账户的账龄
tradeline_amount 新开信贷金额
tradeline_amount_max 单笔信贷金额最高值
tradeline_amount_mean 单笔信贷金额平均值
tradeline_amount_trend 新开信贷与以往信贷平均金额之比
tradeline_card_age_min 最新信用卡的账龄
tradeline_card_count 在用信用卡数量
tradeline_card_owed_share 在用信用卡未偿余额占比
tradeline_closed_amount_max 已结清信贷金额最高值
tradeline_closed_early_mean 账户提前结清时间平均值
tradeline_closed_early_min 账户提前结清时间最低值
tradeline_count 账户数量
tradeline_days_past_due_max 当前逾期天数最高值
tradeline_debt 在其他机构的负债
tradeline_gap_mean 两次开户的平均间隔
tradeline_instalments 在用账户的每期还款额
tradeline_loan_age_min 最新消费贷款的账龄
tradeline_loan_owed_share 在用贷款未偿余额占比（住房贷款除外）
tradeline_loan_term_mean 消费贷款的平均期限
tradeline_micro_count 小额贷款数量
tradeline_months_since_closed 距账户结清的时间
tradeline_mortgage_count 住房贷款数量
tradeline_new 新开账户数量
tradeline_new_debt 新开账户的欠款
tradeline_new_share 新开账户占比
tradeline_owed_share 在用信贷未偿余额占比
tradeline_owed_share_max 单个在用账户未偿余额占比最高值
tradeline_past_due 当前逾期金额
tradeline_past_due_max 逾期金额最高值
tradeline_past_due_share 有过逾期的账户占比
tradeline_product_count 信贷种类数量
tradeline_prolongations 展期次数
tradeline_remaining_max 在用信贷剩余期限最高值
tradeline_remaining_mean 在用信贷剩余期限平均值
tradeline_remaining_min 在用信贷剩余期限最低值
underpaid_months 还款少于应还款额的月数
unpaid_months 应还款而未还款的月数
worst_level 最差还款等级
worst_level_now 当前最差还款等级
worst_level_now_* *当前最差还款等级
*_age *的记录时长
*_balance_growth *近期余额与此前余额之比
*_balance_mean *月均余额
*_billed_mean *平均金额
*_late 逾期的*数量
*_late_#_months *逾期#天及以上的月数
*_months_since_late 距最近一次*逾期的时间
*_on_time_share 按时支付的*占比
*_paid_down *已偿还比例
*_remaining_max *剩余期限最高值
*_remaining_mean *剩余期限平均值
*_remaining_min *剩余期限最低值
*_unpaid 未支付的*数量
*_worst_level *最差还款等级
""".strip().splitlines()
    )
)


def phrase_zh(name: str) -> str:
    """The phrase of a feature.

    Parameters
    ----------
    name : str
        The feature's name.

    Raises
    ------
    FeatureError
        If there is none.

    Examples
    --------
    >>> phrase_zh("hard_inquiries_card_6m")
    '近6个月信用卡申请查询次数'
    """
    windowed = _WINDOW.fullmatch(name)
    if windowed:
        return f"近{windowed[2]}个月{phrase_zh(windowed[1])}"
    words = name.split("_")
    number = next((word for word in words if word.isdigit()), "")
    numbered = "_".join("#" if word.isdigit() else word for word in words)
    if name in _PHRASES:
        return _PHRASES[name]
    if numbered in _PHRASES:
        return _PHRASES[numbered].replace("#", number)
    for kind in filter(_KINDS.__contains__, words):
        stem = re.sub(rf"(?<![a-z]){kind}(?![a-z])", "*", numbered, count=1)
        if stem in _PHRASES:
            return _PHRASES[stem].replace("#", number).replace("*", _KINDS[kind])
    raise FeatureError(f"{name}: no phrase in Chinese; add one to features/phrases_zh.py")
