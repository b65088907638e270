"""The codes of Metro 2 and what the bureau makes of them.

After the public readers of the format and the facts that they agree on: account status, payment
rating, history profile, portfolio and account type, association (ECOA) and generation codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = [
    "ACCOUNT_TYPES",
    "COLLECTIONS",
    "COMPLIANCE_CONDITIONS",
    "DELETED",
    "DELINQUENT",
    "GENERATIONS",
    "LATE_DAYS",
    "OVER",
    "PORTFOLIO_PRODUCTS",
    "PROFILE_CODES",
    "RATED",
    "RATINGS",
    "ROLES",
    "STATUSES",
    "chosen",
]

STATUSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "05": "transferred",
        "11": "current",
        "13": "paid",
        "61": "paid",
        "62": "paid_collection",
        "63": "paid_repossession",
        "64": "paid_charge_off",
        "65": "paid_foreclosure",
        "71": "late",
        "78": "late",
        "80": "late",
        "82": "late",
        "83": "late",
        "84": "late",
        "88": "government_claim",
        "89": "deed_in_lieu",
        "93": "collection",
        "94": "foreclosure",
        "95": "surrender",
        "96": "repossession",
        "97": "charged_off",
        "DA": "deleted",
        "DF": "deleted",
    }
)
"""Account status to the status in the history."""

DELETED: Final = ("DA", "DF")
"""The furnisher takes the account back: as reported in error, or as fraud."""

LATE_DAYS: Final[Mapping[str, int]] = MappingProxyType({"71": 30, "78": 60, "80": 90, "82": 120, "83": 150, "84": 180})
"""Account status of a late account to the least number of days it is past due."""

RATED: Final = ("05", "13", "65", "88", "89", "94", "95")
"""The statuses that say nothing of lateness, so that a payment rating does."""

RATINGS: Final = ("0", "1", "2", "3", "4", "5", "6", "G", "L")
"""How late, in months; in collection; charged off."""

OVER: Final = ("13", "61", "62", "63", "64", "65")
"""Paid: nothing is owed any more."""

DELINQUENT: Final = ("61", "62", "63", "64", *LATE_DAYS, "93", "95", "96", "97")
"""The statuses that a delinquency has led to, whatever the rating."""

PROFILE_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "11": "0",
        "71": "1",
        "78": "2",
        "80": "3",
        "82": "4",
        "83": "5",
        "84": "6",
        "93": "G",
        "94": "H",
        "95": "J",
        "96": "K",
        "97": "L",
    }
)
"""Account status to the character by which later payment history profiles tell the month."""

PORTFOLIO_PRODUCTS: Final[Mapping[str, str]] = MappingProxyType(
    {"C": "line", "I": "consumer", "M": "mortgage", "O": "other", "R": "card"}
)
"""Portfolio type to product, where the account type does not tell."""

ACCOUNT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("00", "3A"), "car"),
        **dict.fromkeys(("01", "02", "03", "04", "05", "06", "0A", "11", "17", "20", "91", "9A"), "consumer"),
        **dict.fromkeys(("65", "66", "67", "68"), "consumer"),
        **dict.fromkeys(("07", "0G", "18", "2A", "37", "43", "8A"), "card"),
        **dict.fromkeys(("08", "0F", "19", "25", "26", "2C", "5A", "5B", "6B"), "mortgage"),
        **dict.fromkeys(("15", "47", "6D", "7A", "89", "9B"), "line"),
        "12": "student",
        **dict.fromkeys(("0C", "10", "13", "29", "48", "4D", "50", "6A", "69", "70", "71", "72", "73"), "other"),
        **dict.fromkeys(("74", "75", "77", "7B", "8B", "90", "92", "93", "94", "95"), "other"),
    }
)
"""Account type to product."""

COLLECTIONS: Final = ("0C", "48", "77")
"""Account types of debts that were bought, or are collected for others: their highest credit is the original amount."""

ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1": "individual",
        "2": "joint",
        "3": "authorised_user",
        "5": "co_maker",
        "7": "maker",
        "T": "terminated",
        "W": "business",
        "X": "deceased",
        "Z": "deleted",
    }
)
"""ECOA code to role; 0, 4 and 6 are obsolete, and Z takes the consumer's association back."""

GENERATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"J": "Jr", "S": "Sr", "2": "II", "3": "III", "4": "IV", "5": "V", "6": "VI", "7": "VII", "8": "VIII", "9": "IX"}
)
"""Generation code to what stands behind the name."""

COMPLIANCE_CONDITIONS: Final = ("XA", "XB", "XC", "XD", "XE", "XF", "XG", "XH", "XJ", "XR")
"""Disputes and closings under the Fair Credit Reporting Act and the Fair Credit Billing Act."""


def chosen(column: str, values: Mapping[str, str]) -> str:
    """SQL for what a code stands for; null for any other code.

    Examples
    --------
    >>> chosen("sex", {"f": "female"})
    "CASE sex WHEN 'f' THEN 'female' END"
    """
    cases = " ".join(f"WHEN '{key}' THEN '{value}'" for key, value in values.items())
    return f"CASE {column} {cases} END"
