"""Who may use a field of the history to decide on credit, by jurisdiction and date.

The table is configuration: dated rows, so that a decision replays under the rules in force on its
day. It is a reading of the law for operators to check, not legal advice. A field that no row names is
**permitted**; **consent** asks for the person's written consent to this use; **prohibited** is never used.

Whatever allows a bureau to hold a record at all (15 U.S.C. 1681b; GDPR Art. 6(1)(f); the consent
of CIR Art. 13) is not repeated here. Jurisdictions: ``us``; ``us-ca``, California, whose rows stand on top
of those of ``us``; ``eu``; ``cn``. Laws are cited as

- ECOA, 15 U.S.C. 1691, and Regulation B, 12 CFR 1002;
- Cal. Civ. Code, the Civil Code of California;
- GDPR, Regulation (EU) 2016/679; Charter, of Fundamental Rights of the EU; CCD, Directive (EU)
  2023/2225 on credit agreements for consumers, applied from 20 November 2026;
- CIR, the Regulation on the Administration of the Credit Investigation Industry (征信业管理条例, State
  Council Order 631); PIPL, the Personal Information Protection Law (个人信息保护法).

A row without a law is the house's own rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Final, Literal

__all__ = [
    "JURISDICTIONS",
    "PROHIBITED_FIELDS",
    "REVIEWED_ON",
    "RULES",
    "FieldRule",
    "Use",
    "fields_in_use",
    "use_of",
]

JURISDICTIONS: Final = ("us", "us-ca", "eu", "cn")

_STANDS_ON: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"us": ("us",), "us-ca": ("us-ca", "us"), "eu": ("eu",), "cn": ("cn",)}
)

REVIEWED_ON: Final = date(2026, 11, 25)
"""The day on which the table was last looked through: the one that is meant where no other is named."""

Use = Literal["permitted", "consent", "prohibited"]
"""What may be done with a field, or a feature, in a credit decision."""

_STRICTNESS: Final[Mapping[Use, int]] = MappingProxyType({"permitted": 0, "consent": 1, "prohibited": 2})


@dataclass(frozen=True)
class FieldRule:
    """What holds for one field in one jurisdiction, for a time.

    Parameters
    ----------
    field : str
        The field (fact.column).
    jurisdiction : str
        Where it holds.
    use : {"consent", "prohibited"}
        What may be done with it.
    why : str
        The reason, with the place in the law.
    since : date
        The first day on which it holds.
    until : date, optional
        The last day; None while it is in force.
    """

    field: str
    jurisdiction: str
    use: Use
    why: str
    since: date
    until: date | None = None

    def holds(self, jurisdiction: str, on: date) -> bool:
        """Whether it is in force in a jurisdiction on a day."""
        in_force = self.since <= on and (self.until is None or on <= self.until)
        return in_force and self.jurisdiction in _STANDS_ON[jurisdiction]


_ECOA: Final = date(1975, 10, 28)
_ECOA_1977: Final = date(1977, 3, 23)
_UNRUH: Final = date(2006, 1, 1)
_CHARTER: Final = date(2009, 12, 1)
_GDPR: Final = date(2018, 5, 25)
_CCD: Final = date(2026, 11, 20)
_CIR: Final = date(2013, 3, 15)
_PIPL: Final = date(2021, 11, 1)
_EVER: Final = date(1900, 1, 1)
"""For the house's own rules."""


def _rules(field: str, *rows: tuple[str, Use, str, date]) -> tuple[FieldRule, ...]:
    return tuple(FieldRule(field, *row) for row in rows)


_CN_EQUAL: Final = "kept for fairness tests alone; no fair and just use in an automated decision (PIPL Art. 24)"
_AGE: Final = "age outside an audited age-aware system"
_EDUCATION: Final = "kept for fairness tests alone"
_ASSISTANCE: Final = "tells public-assistance and maternity income"
_DISPUTE: Final = "a right that was exercised must not count against anybody"
_PROPERTY: Final = "only after a warning of what may follow and with written consent (CIR Art. 14(2); PR-09)"


def _everywhere(field: str, why: str) -> tuple[FieldRule, ...]:
    """A rule of the house in every jurisdiction; California has that of the United States."""
    return tuple(FieldRule(field, place, "prohibited", why, _EVER) for place in JURISDICTIONS if place != "us-ca")


def _age(field: str) -> tuple[FieldRule, ...]:
    return (
        FieldRule(field, "us", "prohibited", f"{_AGE} (12 CFR 1002.6(b)(2); AA-13)", _ECOA_1977),
        FieldRule(field, "eu", "prohibited", f"{_AGE} (Charter Art. 21(1); AA-13)", _CHARTER),
        FieldRule(field, "cn", "prohibited", f"{_AGE} (PIPL Art. 24(1); AA-13)", _PIPL),
    )


RULES: Final[tuple[FieldRule, ...]] = (
    *_rules(
        "protected_attribute.sex",
        ("us", "prohibited", "sex (12 CFR 1002.6(b)(9); requirements AA-12)", _ECOA),
        ("us-ca", "prohibited", "sex (Cal. Civ. Code 51(b); AA-12)", _UNRUH),
        ("eu", "prohibited", "sex (Directive 2004/113/EC Art. 4; Charter Art. 21(1))", _CHARTER),
        ("cn", "prohibited", f"sex, {_CN_EQUAL}", _PIPL),
    ),
    *_rules(
        "protected_attribute.marital_status",
        ("us", "prohibited", "marital status (12 CFR 1002.6(b)(8); requirements AA-12)", _ECOA),
        ("us-ca", "prohibited", "marital status (Cal. Civ. Code 51(b); AA-12)", _UNRUH),
        ("eu", "prohibited", "marital status, not needed for the purpose (GDPR Art. 5(1)(c))", _GDPR),
        ("cn", "prohibited", f"marital status, {_CN_EQUAL}", _PIPL),
    ),
    *_rules(
        "protected_attribute.children",
        ("us", "prohibited", "children and childbearing (12 CFR 1002.6(b)(3); requirements AA-12)", _ECOA),
        ("eu", "prohibited", "children and childbearing, not needed for the purpose (GDPR Art. 5(1)(c))", _GDPR),
        ("cn", "prohibited", f"children, {_CN_EQUAL}", _PIPL),
    ),
    *_everywhere("protected_attribute.education", _EDUCATION),
    *_age("protected_attribute.age_years"),
    *_age("application.age_years"),
    *_rules(
        "application.income_kind",
        ("us", "prohibited", f"{_ASSISTANCE} (12 CFR 1002.6(b)(5); AA-12)", _ECOA_1977),
        ("eu", "prohibited", f"{_ASSISTANCE}, and with it health (GDPR Art. 9(1); PR-01)", _GDPR),
        ("eu", "prohibited", f"{_ASSISTANCE}, and with it health (CCD Art. 18(3); PR-01)", _CCD),
        ("cn", "prohibited", f"{_ASSISTANCE}, and with it illness (CIR Art. 14(1); PR-01)", _CIR),
    ),
    *_rules(
        "tradeline_month.compliance_condition",
        ("us", "prohibited", f"{_DISPUTE} (15 U.S.C. 1691(a)(3); 12 CFR 1002.2(z); AA-12)", _ECOA_1977),
        ("eu", "prohibited", f"{_DISPUTE} (GDPR Art. 16 and 18, fairness by Art. 5(1)(a))", _GDPR),
        ("cn", "prohibited", f"{_DISPUTE} (CIR Art. 25, objection)", _CIR),
    ),
    *_rules("application.income", ("cn", "consent", f"income: {_PROPERTY}", _CIR)),
    *_rules("application.owns_home", ("cn", "consent", f"real property: {_PROPERTY}", _CIR)),
    *_rules("application.housing", ("cn", "consent", f"tells of real property: {_PROPERTY}", _CIR)),
    *(
        FieldRule(f"application.building_{part}_index", "cn", "consent", f"tells of real property: {_PROPERTY}", _CIR)
        for part in ("age", "area", "floors")
    ),
    *_rules("public_record.amount", ("cn", "consent", f"may be an amount of tax: {_PROPERTY}", _CIR)),
)
"""Every dated row."""


def use_of(reads: Iterable[str], jurisdiction: str = "us", on: date = REVIEWED_ON) -> tuple[Use, str]:
    """What may be done with a feature that reads these fields, and why no more.

    Parameters
    ----------
    reads : iterable of str
        Fields (fact.column).
    jurisdiction : str
        One of :data:`JURISDICTIONS`.
    on : date
        The day of the decision.

    Returns
    -------
    tuple of str and str
        The strictest of the uses, and its reason; none where it is permitted.

    Raises
    ------
    ValueError
        If the jurisdiction is not carried.

    Examples
    --------
    >>> use_of({"application.income"})
    ('permitted', '')
    >>> use_of({"application.income"}, "cn")[0], use_of({"application.income"}, "cn", date(2013, 3, 14))[0]
    ('consent', 'permitted')
    >>> use_of({"protected_attribute.sex"})[0]
    'prohibited'
    """
    found = fields_in_use(jurisdiction, on)
    told: tuple[Use, str] = ("permitted", "")
    for field in sorted(reads):
        if field in found and _STRICTNESS[found[field][0]] > _STRICTNESS[told[0]]:
            told = found[field]
    return told


def fields_in_use(jurisdiction: str, on: date = REVIEWED_ON) -> Mapping[str, tuple[Use, str]]:
    """Every field that is not simply permitted on a day, with what may be done with it and why.

    Raises
    ------
    ValueError
        If the jurisdiction is not carried.
    """
    if jurisdiction not in JURISDICTIONS:
        raise ValueError(f"jurisdiction {jurisdiction!r} is not carried; choose one of {', '.join(JURISDICTIONS)}")
    return _in_force(jurisdiction, on)


@cache
def _in_force(jurisdiction: str, on: date) -> Mapping[str, tuple[Use, str]]:
    found: dict[str, tuple[Use, str]] = {}
    for rule in RULES:
        if rule.holds(jurisdiction, on):
            before = found.get(rule.field, ("permitted", ""))
            if _STRICTNESS[rule.use] > _STRICTNESS[before[0]]:
                found[rule.field] = (rule.use, rule.why)
    return MappingProxyType(found)


PROHIBITED_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {field: why for field, (use, why) in fields_in_use("us").items() if use == "prohibited"}
)
"""Field that no model may read, with the reason: in the United States, and so in every jurisdiction carried."""
