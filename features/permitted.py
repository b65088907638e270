"""Who may use a feature to decide on credit, by jurisdiction.

The table is configuration, dated by the release it ships with; it is not legal advice. Sources:
``us`` Regulation B, 12 CFR 1002.5(b) and 1002.6(b) (prohibited bases, childbearing, telephone
listings, public-assistance income); ``eu`` GDPR article 9 and Charter article 21; ``cn`` the
credit-reporting regulation, articles 13 and 14. ``us-ca`` stands on top of ``us``.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal

__all__ = ["JURISDICTIONS", "PROHIBITED_FIELDS", "Use", "use_of"]

JURISDICTIONS: Final = ("us", "us-ca", "eu", "cn")

Use = Literal["permitted", "prohibited"]

PROHIBITED_FIELDS: Final = MappingProxyType(
    {
        "protected_attribute.sex": "sex (12 CFR 1002.6(b)(9); requirements AA-12)",
        "protected_attribute.marital_status": "marital status (12 CFR 1002.6(b)(8); requirements AA-12)",
        "protected_attribute.children": "children and childbearing (12 CFR 1002.6(b)(3); requirements AA-12)",
        "protected_attribute.age_years": "age outside an audited age-aware system (12 CFR 1002.6(b)(2); AA-13)",
        "protected_attribute.education": "kept for fairness tests alone",
        "application.age_years": "age outside an audited age-aware system (12 CFR 1002.6(b)(2); AA-13)",
        "application.income_kind": "tells public-assistance and maternity income (12 CFR 1002.6(b)(5); AA-12)",
    }
)
"""Field of the history (fact.column) that no model may read, with the reason; in every jurisdiction carried."""


def use_of(reads: frozenset[str]) -> tuple[Use, str]:
    """Whether a feature that reads these fields may be used, and why not.

    Examples
    --------
    >>> use_of(frozenset({"application.income"}))
    ('permitted', '')
    >>> use_of(frozenset({"protected_attribute.sex"}))[0]
    'prohibited'
    """
    for field in sorted(reads):
        if field in PROHIBITED_FIELDS:
            return "prohibited", PROHIBITED_FIELDS[field]
    return "permitted", ""
