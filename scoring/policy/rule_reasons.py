"""Reasons of hard rules: what a person is told where a rule, and not the score, decided.

They are no reasons of a model (:mod:`features.reasons`), and have codes of their own. Codes are
stable: a retired code is never given to another meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["RULE_REASONS", "RuleReason"]


@dataclass(frozen=True)
class RuleReason:
    """What is told of a rule that decided.

    Parameters
    ----------
    code : str
        Stable code.
    statement : str
        The reason in English, as it is told.
    statement_zh : str
        The same in Chinese.
    remedy : str
        What can be done about it, in English, or that nothing can; it follows the statement and a colon.
    remedy_zh : str
        The same in Chinese.
    """

    code: str
    statement: str
    statement_zh: str
    remedy: str
    remedy_zh: str


RULE_REASONS = MappingProxyType(
    {
        reason.code: reason
        for reason in (
            RuleReason(
                "R01",
                "The credit file is frozen at the consumer's request",
                "信用档案已应本人要求冻结",
                "lift the freeze, for good or for a time, and apply again",
                "请解除冻结或暂时解除冻结后重新申请",
            ),
            RuleReason(
                "R02",
                "The credit file is marked as that of a deceased person",
                "信用档案标记为已故人员",
                "if that is wrong, dispute it with the bureau that holds the file",
                "如有错误，请向持有该档案的征信机构提出异议",
            ),
            RuleReason(
                "R03",
                "No credit file was found for the identity stated",
                "未找到与所填身份相符的信用档案",
                "check that name, birth date and numbers are stated as on the identity document",
                "请核对姓名、出生日期和证件号码是否与身份证件一致",
            ),
            RuleReason(
                "R04",
                "More than one credit file fits the identity stated",
                "有多份信用档案与所填身份相符",
                "state the identity in full, with the number of an identity document and the address",
                "请完整填写身份信息，包括证件号码和地址",
            ),
            RuleReason(
                "R05",
                "The address stated differs from those on file",
                "所填地址与信用档案中的地址不一致",
                "show a proof of the address, or correct the one that is wrong",
                "请提供地址证明，或更正有误的地址",
            ),
            RuleReason(
                "R06",
                "A fraud alert on the credit file asks for the identity to be verified",
                "信用档案设有欺诈警示，须先核实身份",
                "prove the identity to the lender",
                "请向贷款机构证明身份",
            ),
            RuleReason(
                "R07",
                "An active-duty alert on the credit file asks for the identity to be verified",
                "信用档案设有现役军人警示，须先核实身份",
                "prove the identity to the lender",
                "请向贷款机构证明身份",
            ),
            RuleReason(
                "R08",
                "Under the age at which credit can be agreed",
                "未达到可订立信贷合同的年龄",
                "nothing but time changes it",
                "须待达到该年龄",
            ),
            RuleReason(
                "R09",
                "A name on a sanctions list resembles the one stated",
                "所填姓名与制裁名单中的姓名相近",
                "prove the identity to the lender, who looks into the resemblance",
                "请向贷款机构证明身份，由其核查姓名相近一事",
            ),
            RuleReason("R10", "The application is incomplete", "申请资料不完整", "complete it", "请补充完整"),
            RuleReason(
                "R11",
                "What is on file is too old to decide on",
                "信用档案内容过旧，不足以作出决定",
                "apply again once the file was brought up to date; a person looks at it meanwhile",
                "请在档案更新后重新申请；其间由人工审核",
            ),
            RuleReason(
                "R12",
                "Nothing is on file that could be scored",
                "信用档案中没有可供评分的内容",
                "nothing changes it at once; a file grows with accounts that are kept and paid",
                "短期内无法改变；随着账户的使用和按时还款，档案会逐步形成",
            ),
        )
    }
)
"""Every reason of a rule by its code."""
