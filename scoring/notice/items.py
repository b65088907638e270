"""What an application may lack, in words for the applicant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from scoring.notice.facts import Statement

__all__ = ["ITEMS", "missing_items"]

ITEMS: Final[Mapping[str, tuple[str, str]]] = {
    "address": ("Your street address", "您的街道地址"),
    "amount_asked": ("The amount of credit that you ask for", "您申请的信贷金额"),
    "birth_date": ("Your date of birth", "您的出生日期"),
    "car_age_years": ("The age of your car", "您车辆的车龄"),
    "city": ("The city in which you live", "您居住的城市"),
    "country": ("The country in which you live", "您居住的国家"),
    "currency": ("The currency of the credit that you ask for", "您申请信贷的币种"),
    "education": ("Your level of education", "您的教育程度"),
    "email": ("Your e-mail address", "您的电子邮箱"),
    "employer": ("The name of your employer", "您的雇主名称"),
    "employer_kind": ("The kind of employer you work for", "您的雇主类型"),
    "employment_months": ("How long you have worked for your employer", "您在现雇主处的工作时长"),
    "first_name": ("Your first name", "您的名字"),
    "goods_price": ("The price of what you wish to buy", "您拟购商品的价格"),
    "housing": ("Whether you own or rent your home", "您的住房情况（自有或租赁）"),
    "income": ("Your income", "您的收入"),
    "instalment": ("The instalment that you wish to pay", "您希望的每期还款金额"),
    "national_number": ("Your national identification number", "您的身份证件号码"),
    "occupation": ("Your occupation", "您的职业"),
    "owns_car": ("Whether you own a car", "您是否拥有车辆"),
    "phone": ("Your telephone number", "您的电话号码"),
    "postcode": ("Your postal code", "您的邮政编码"),
    "product": ("The kind of credit that you ask for", "您申请的信贷种类"),
    "region": ("The state or province in which you live", "您居住的州或省份"),
    "surname": ("Your family name", "您的姓氏"),
    "term_months": ("The months over which you wish to pay back", "您希望的还款期限"),
}
"""Field of an application to the words for it, in English and Chinese; a policy may require these."""

_OTHER: Final = ("Another answer on the application form", "申请表中的其他信息")


def missing_items(fields: Iterable[str]) -> tuple[Statement, ...]:
    """What is missing, once each; fields without words of their own are told together.

    Examples
    --------
    >>> [item.statement for item in missing_items(["income", "shoe_size", "hat_size"])]
    ['Your income', 'Another answer on the application form']
    """
    told: dict[str, Statement] = {}
    for name in fields:
        code = name if name in ITEMS else "other"
        told[code] = Statement(code, *ITEMS.get(name, _OTHER))
    return tuple(told.values())
