"""Words of letters that no law gives: dates, amounts, products, titles, labels, in English and Chinese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Final

from scoring.notice.facts import Application, Kind, Language

__all__ = ["LABELS", "TITLES", "day", "line", "money", "months", "percent", "product"]

_APOSTROPHE: Final = re.compile(r"(?<=[A-Za-z\u00c0-\u024f])[\u2019\u02bc]")
_SPACES: Final = re.compile(r"[^\S\u00a0]+")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

_PRODUCTS: Final[Mapping[str, tuple[str, str]]] = {
    "": ("credit", "信贷"),
    "car": ("a car loan", "汽车贷款"),
    "card": ("a credit card", "信用卡"),
    "consumer": ("a personal loan", "个人消费贷款"),
    "line": ("a line of credit", "循环信贷额度"),
    "mortgage": ("a mortgage", "住房贷款"),
    "student": ("a student loan", "助学贷款"),
}
_CURRENCIES_ZH: Final[Mapping[str, str]] = {
    "CNY": "元人民币",
    "CZK": "捷克克朗",
    "EUR": "欧元",
    "GBP": "英镑",
    "HKD": "港元",
    "PLN": "兹罗提",
    "TWD": "元新台币",
    "USD": "美元",
}
_SIGNS: Final[Mapping[str, str]] = {"EUR": "€", "GBP": "£", "USD": "$"}

TITLES: Final[Mapping[Kind, Mapping[Language, str]]] = {
    "adverse action": {
        "en": "Our decision on your application",
        "zh": "关于您信贷申请的决定通知书",
    },
    "counter-offer": {
        "en": "Our decision on your application, and an offer",
        "zh": "关于您信贷申请的决定及替代方案通知书",
    },
    "incomplete application": {
        "en": "Your application needs more information",
        "zh": "信贷申请补充资料通知书",
    },
    "risk-based pricing": {
        "en": "How your credit report affected the terms we offer",
        "zh": "信用报告对信贷条件影响的告知书",
    },
}
"""The subject of each kind of letter."""

LABELS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "applied for": "Applied for",
        "applied on": "Received",
        "amount": "Amount",
        "date": "Date",
        "dear": "Dear {name},",
        "decided": "Decided",
        "page": "Page {page} of {pages}",
        "phone": "Telephone {phone}",
        "preview": "PREVIEW. This is not the notice, and is not to be sent.",
        "provider": "Provided by",
        "range": "Range of scores",
        "range told": "{lowest} to {highest}",
        "rate": "Annual percentage rate",
        "reference": "Reference",
        "score": "Your credit score",
        "score date": "Created on",
        "sincerely": "Sincerely,",
        "term": "Term",
        "valid until": "Offer open until",
    },
    "zh": {
        "applied for": "申请产品",
        "applied on": "收到日期",
        "amount": "金额",
        "date": "日期",
        "dear": "尊敬的{name}：",
        "decided": "决定日期",
        "page": "第{page}页，共{pages}页",
        "phone": "电话：{phone}",
        "preview": "预览稿：并非正式通知书，不得寄送。",
        "provider": "评分提供方",
        "range": "评分范围",
        "range told": "{lowest}至{highest}分",
        "rate": "年化利率",
        "reference": "编号",
        "score": "您的信用评分",
        "score date": "评分日期",
        "sincerely": "特此通知。",
        "term": "期限",
        "valid until": "方案有效期至",
    },
}
"""The labels of letters."""


def line(text: str) -> str:
    r"""One line of text that can be seen: no control characters, no hidden marks, single spaces.

    The apostrophe of a name becomes the plain one: Chinese type sets the curled one as wide as a character.

    Examples
    --------
    >>> line(" Jos\u0065\u0301\tO\u2019Brien\u202e ")
    "José O'Brien"
    """
    plain = _SPACES.sub(" ", _APOSTROPHE.sub("'", unicodedata.normalize("NFC", text)))
    return _SPACES.sub(" ", "".join(each for each in plain if unicodedata.category(each) not in _UNSEEN)).strip()


def day(on: date, language: Language, jurisdiction: str) -> str:
    """A day in words.

    Examples
    --------
    >>> day(date(2026, 3, 5), "en", "us"), day(date(2026, 3, 5), "en", "eu"), day(date(2026, 3, 5), "zh", "us")
    ('March 5, 2026', '5 March 2026', '2026年3月5日')
    """
    if language == "zh":
        return f"{on.year}年{on.month}月{on.day}日"
    month = _MONTHS[on.month - 1]
    return f"{month} {on.day}, {on.year}" if jurisdiction.startswith("us") else f"{on.day} {month} {on.year}"


def money(amount: float, currency: str, language: Language) -> str:
    """An amount with its currency; cents are told where there are some.

    Examples
    --------
    >>> money(12000, "USD", "en"), money(12000.5, "CHF", "en"), money(12000, "CNY", "zh"), money(5, "", "en")
    ('$12,000', 'CHF 12,000.50', '12,000元人民币', '5')
    """
    number = f"{amount:,.0f}" if float(amount).is_integer() else f"{amount:,.2f}"
    if language == "zh":
        return number + _CURRENCIES_ZH.get(currency, f" {currency}" if currency else "")
    sign = _SIGNS.get(currency)
    return f"{sign}{number}" if sign else f"{currency} {number}".strip()


def months(count: int, language: Language) -> str:
    """A number of months.

    Examples
    --------
    >>> months(1, "en"), months(36, "en"), months(36, "zh")
    ('1 month', '36 months', '36个月')
    """
    if language == "zh":
        return f"{count}个月"
    return f"{count} month{'s' if count != 1 else ''}"


def percent(share: float) -> str:
    """A share in per cent.

    Examples
    --------
    >>> percent(0.129)
    '12.9%'
    """
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def product(application: Application, language: Language) -> str:
    """What was applied for, with its amount and term as far as they were named.

    Examples
    --------
    >>> asked = Application("consumer", date(2026, 3, 5), "USD", 12000, 36)
    >>> product(asked, "en"), product(asked, "zh")
    ('a personal loan of $12,000 over 36 months', '个人消费贷款（12,000美元，36个月）')
    """
    name = _PRODUCTS.get(application.product, _PRODUCTS[""])[language == "zh"]
    amount = money(application.amount, application.currency, language) if application.amount else ""
    term = months(application.term_months, language) if application.term_months else ""
    if language == "zh":
        told = "，".join(part for part in (amount, term) if part)
        return f"{name}（{told}）" if told else name
    return name + (f" of {amount}" if amount else "") + (f" over {term}" if term else "")
