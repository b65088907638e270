"""What can be wrong with a Metro 2 file: every rule with its severity, its sentence and what it rests on.

A ``refused`` rule makes a line no record. An ``error`` is a value that contradicts the format or the
record itself and must not be believed; a ``warning`` is something a person should know.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["RULES", "Rule", "Severity"]


class Severity(StrEnum):
    """What a broken rule means for the record."""

    REFUSED = "refused"
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Rule:
    """A rule of the format or of what is reported.

    Parameters
    ----------
    name : str
        Its id.
    severity : Severity
        What it means when it is broken.
    sentence : str
        What it demands.
    rests_on : str
        Where it comes from.
    """

    name: str
    severity: Severity
    sentence: str
    rests_on: str


_LAYOUT: Final = "record layout, on which moov-io/metro2 and cfpb/Metro2 agree"
_FIELDS: Final = "field definitions, as moov-io/metro2 tells them"
_FCRA: Final = "Fair Credit Reporting Act, 15 U.S.C. 1681s-2(a)(5), and the field definition"
_ECOA: Final = "Regulation B, 12 CFR 1002.10, and the field definition"
_HERE: Final = "this reader: a field that contradicts another one"


def _refused(name: str, sentence: str) -> Rule:
    return Rule(name, Severity.REFUSED, sentence, _LAYOUT)


def _error(name: str, sentence: str, rests_on: str = _FIELDS) -> Rule:
    return Rule(name, Severity.ERROR, sentence, rests_on)


def _warning(name: str, sentence: str, rests_on: str = _FIELDS) -> Rule:
    return Rule(name, Severity.WARNING, sentence, rests_on)


RULES: Final[dict[str, Rule]] = {
    rule.name: rule
    for rule in (
        # Lines that are no records.
        _refused("blank", "A line must hold a record."),
        _refused("descriptor", "A record begins with a descriptor word: four digits, or a binary length."),
        _refused("length", "A record is as long as its kind asks, and not longer than 9,999 bytes."),
        _refused(
            "record",
            "A record has digits in half of their places, and a base segment a portfolio type or an account status.",
        ),
        _refused("segment", "Whole segments of known kinds, and blanks, follow a base segment; nothing else does."),
        _refused("characters", "A record holds no control characters."),
        # The file.
        _warning("header-missing", "A file begins with a header.", _LAYOUT),
        _warning("trailer-missing", "A file ends with a trailer.", _LAYOUT),
        _error("trailer-total", "The totals of the trailer are those of the records before it.", _LAYOUT),
        # The format of accepted records.
        _warning("record-length", "The record descriptor word tells the length of the record.", _LAYOUT),
        _warning("not-ascii", "Characters are ASCII; others are read as Latin-1.", _LAYOUT),
        _warning("segment-repeated", "K1, K2, K3, K4, L1 and N1 follow a base segment once at most.", _LAYOUT),
        _error("digits", "A number or date holds digits alone, or blanks all through.", _LAYOUT),
        _error("date", "Eight digits of a date are a day of the calendar, MMDDYYYY.", _LAYOUT),
        # The account.
        _error("identification-number", "The furnisher's identification number is not blank, zero or nine-filled."),
        _error("account-number", "The consumer account number is not blank."),
        _error("portfolio-type", "The portfolio type is one of C, I, M, O and R."),
        _error("date-opened", "The date opened is told."),
        _error("account-information-date", "The date of account information is told."),
        _error("opened-after", "An account is not opened after the date of account information.", _HERE),
        _warning("terms-duration", "The terms duration is LOC for a line of credit, REV for a revolving account."),
        _error("account-status", "The account status is one of the known codes."),
        _error("payment-rating", "A payment rating belongs with the account statuses 05 13 65 88 89 94 95 alone."),
        _error("payment-rating-missing", "The account statuses 13 65 88 89 94 95 need a payment rating."),
        _error("payment-rating-code", "A payment rating is one of 0 to 6, G and L."),
        _error("payment-history", "The payment history profile holds 0 to 6, B, D, E, G, H, J, K and L alone."),
        _warning("payment-history-gap", "B pads the end of a payment history profile and stands nowhere else in it."),
        _error("compliance-condition", "A compliance condition code is one of XA to XH, XJ and XR."),
        _error("past-due-current", "A current account (status 11) has nothing past due."),
        _warning("past-due-missing", "A delinquent account (71 78 80 82 83 84) has an amount past due."),
        _error("balance-of-paid", "A paid account (status 13, 61 to 65) has no balance and nothing past due."),
        _error("charge-off-missing", "A charged-off account (status 64 or 97) tells the original amount."),
        _error(
            "first-delinquency-current",
            "A current account outside bankruptcy has no date of first delinquency.",
            _FCRA,
        ),
        _error(
            "first-delinquency-missing",
            "A delinquent, collected or charged-off account tells its date of first delinquency.",
            _FCRA,
        ),
        _error(
            "first-delinquency-range",
            "The date of first delinquency is not before the date opened, nor after that of the information.",
            _HERE,
        ),
        # The consumers.
        _error("name-missing", "A consumer has a surname."),
        _warning("address-missing", "A base or J2 segment has an address with a city."),
        _error("identity-missing", "A consumer has a social security number or a date of birth."),
        _error("ecoa-obsolete", "The association codes 0, 4 and 6 are not used any more.", _ECOA),
        _error("ecoa", "The association code is one of 1 2 3 5 7 T W X Z.", _ECOA),
        # Other segments.
        _error("sale-indicator", "The indicator of a K2 segment is 1 (purchased), 2 (sold) or 9 (removed)."),
        _error("change-indicator", "The indicator of an L1 segment is 1, 2 or 3."),
    )
}
