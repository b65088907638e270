"""What each identity field is kept for, on what lawful basis, for how long; and what is never kept.

The jurisdictions are ``us`` (Fair Credit Reporting Act, FCRA; Equal Credit Opportunity Act, ECOA),
``eu`` (General Data Protection Regulation, GDPR) and ``cn`` (Regulation on the Administration of the
Credit Investigation Industry of 2013, 征信业管理条例, CIR; Measures for Credit Investigation Business of
2021, 征信业务管理办法; Personal Information Protection Law of 2021, 个人信息保护法, PIPL).

An identity field is kept for no purpose but to tell people apart and to reach the person, and as
long as a record stands in the person's file. What is declared here is the default of an operator,
who answers for it under the law of the place: it is no legal advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

__all__ = ["IDENTITY_FIELDS", "JURISDICTIONS", "SPECIAL_CATEGORIES", "IdentityField", "SpecialCategory"]

JURISDICTIONS: Final = ("us", "eu", "cn")


@dataclass(frozen=True)
class IdentityField:
    """A field of a person's identity, as the fact ``identity`` has it.

    Parameters
    ----------
    name : str
        The field.
    meaning : str
        What it says.
    purpose : str
        What it is needed for; without a purpose it would not be kept.
    lawful_basis : mapping of str to str
        Jurisdiction to the provision that allows to keep it.
    retention : mapping of str to str
        Jurisdiction to how long it is kept.
    special : bool
        Whether it belongs to a special category; such a field is refused at the door, so none does.
    """

    name: str
    meaning: str
    purpose: str
    lawful_basis: Mapping[str, str]
    retention: Mapping[str, str]
    special: bool = False


@dataclass(frozen=True)
class SpecialCategory:
    """Data about people that is refused at the door, whoever sends it.

    Parameters
    ----------
    name : str
        The category, in one word.
    meaning : str
        What belongs to it.
    forbidden_by : tuple of str
        The provisions.
    """

    name: str
    meaning: str
    forbidden_by: tuple[str, ...]


_BASIS: Final = MappingProxyType(
    {
        "us": "FCRA § 604 (15 U.S.C. 1681b), permissible purpose; § 607(b) (1681e(b)), maximum possible accuracy",
        "eu": "GDPR Art. 6(1)(f), legitimate interest in credit information; Art. 5(1)(d), accuracy",
        "cn": "CIR Art. 13 and PIPL Art. 13(1), consent; Measures Art. 7, least that is necessary",
    }
)

_NUMBER_BASIS: Final = MappingProxyType(
    {
        "us": _BASIS["us"] + "; § 609(a)(1)(A) (1681g), cut to its last digits when shown",
        "eu": _BASIS["eu"] + "; Art. 87, under the member state's conditions for national numbers",
        "cn": _BASIS["cn"] + "; PIPL Art. 28 and 29, treated as sensitive: separate consent",
    }
)

_CONTACT_BASIS: Final = MappingProxyType(
    {
        "us": _BASIS["us"] + "; § 615 (1681m), notices to the consumer",
        "eu": _BASIS["eu"] + "; Art. 14, information of the person",
        "cn": _BASIS["cn"] + "; CIR Art. 15, notice before adverse information is sent",
    }
)

_RETENTION: Final = MappingProxyType(
    {
        "us": "as long as a record may be reported: 7 years after the adverse event, 10 after a bankruptcy "
        "(FCRA § 605, 15 U.S.C. 1681c)",
        "eu": "as long as a record is needed (GDPR Art. 5(1)(e)), or until erasure (Art. 17): "
        "3 years after a debt is settled where the code of conduct says so",
        "cn": "5 years after the adverse event has ended (CIR Art. 16), "
        "or until consent is withdrawn (PIPL Art. 15 and 47)",
    }
)


def _field(
    name: str, meaning: str, purpose: str, lawful_basis: Mapping[str, str] = _BASIS
) -> tuple[str, IdentityField]:
    return name, IdentityField(name, meaning, purpose, lawful_basis, _RETENTION)


IDENTITY_FIELDS: Final = MappingProxyType(
    dict(
        (
            _field("surname", "surname", "tells people apart"),
            _field("first_name", "first name", "tells members of a household apart"),
            _field("middle_name", "middle name", "tells people of one name apart"),
            _field("generation", "Jr, Sr, II, III or IV", "tells father from son"),
            _field("birth_date", "birth date", "tells people of one name apart; nobody under age has a file"),
            _field(
                "national_number",
                "resident number or social security number",
                "tells people apart for certain",
                _NUMBER_BASIS,
            ),
            _field("phone", "telephone number", "tells people apart, and reaches the person", _CONTACT_BASIS),
            _field("email", "e-mail address", "tells people apart, and reaches the person", _CONTACT_BASIS),
            _field("address", "street and house", "tells people apart, and reaches the person", _CONTACT_BASIS),
            _field("city", "city", "part of the address", _CONTACT_BASIS),
            _field("region", "state or province", "part of the address", _CONTACT_BASIS),
            _field("postcode", "postal code", "part of the address", _CONTACT_BASIS),
            _field("country", "country, two letters (ISO 3166-1)", "which law applies to the person"),
            _field("employer", "name of the employer", "tells people of one name apart, and shows an income's source"),
        )
    )
)
"""Every identity field by its name."""

SPECIAL_CATEGORIES: Final = MappingProxyType(
    {
        category.name: category
        for category in (
            SpecialCategory(
                "religion", "religious or philosophical belief", ("GDPR Art. 9", "CIR Art. 14", "ECOA § 701")
            ),
            SpecialCategory("ethnicity", "race, colour, ethnic or national origin", ("GDPR Art. 9", "ECOA § 701")),
            SpecialCategory("politics", "political opinion or membership of a party", ("GDPR Art. 9",)),
            SpecialCategory("union", "membership of a trade union", ("GDPR Art. 9",)),
            SpecialCategory("genes", "genetic data", ("GDPR Art. 9", "CIR Art. 14", "FCRA § 604(g)")),
            SpecialCategory(
                "biometrics",
                "fingerprint, face, iris, voice or another measure of the body that tells who somebody is",
                ("GDPR Art. 9", "CIR Art. 14 (fingerprints)", "PIPL Art. 28"),
            ),
            SpecialCategory("blood type", "blood type", ("CIR Art. 14", "GDPR Art. 9", "FCRA § 604(g)")),
            SpecialCategory(
                "health",
                "diseases, history of illness, disability, treatment, medication",
                ("GDPR Art. 9", "CIR Art. 14", "FCRA § 604(g)", "PIPL Art. 28"),
            ),
            SpecialCategory("sex life", "sex life or sexual orientation", ("GDPR Art. 9",)),
        )
    }
)
"""Every special category by its name; they are refused at the door."""
