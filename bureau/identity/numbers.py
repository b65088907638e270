"""National numbers, telephone numbers and e-mail addresses in the form in which they are compared."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from bureau.identity.names import fold

__all__ = ["NationalNumber", "standard_email", "standard_number", "standard_phone"]

_RESIDENT: Final = re.compile(r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]")
_OLD_RESIDENT: Final = re.compile(r"[1-9]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_SOCIAL_SECURITY: Final = re.compile(r"(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}")
_NEVER: Final = frozenset(
    [
        "123456789",
        "987654321",
        "012345678",
        "078051120",
        "219099999",
        "123123123",
        "111223333",
        "1234567",
        "12345678",
        "1234567890",
        "123456789012345678",
        "110101199001011234",
    ]
)
"""Numbers typed where there is none, or printed on specimens."""

_NO_MAILBOX: Final = frozenset(
    [
        "none",
        "no",
        "na",
        "n/a",
        "noemail",
        "no-email",
        "nomail",
        "unknown",
        "test",
        "null",
        "nil",
        "noreply",
        "no-reply",
        "donotreply",
        "anonymous",
        "notprovided",
        "not-provided",
        "refused",
        "declined",
        "customer",
        "abc",
        "asdf",
        "xxx",
        "x",
        "noone",
        "nobody",
    ]
)
_MAIL: Final = re.compile(r"([^@\s]+)@([^@\s]+)")


class NationalNumber(NamedTuple):
    """A national number and whether its form and check character show that it can have been given out."""

    number: str | None
    good: bool


def standard_number(told: str | None) -> NationalNumber:
    """A national number as capital letters and digits.

    Parameters
    ----------
    told : str or None
        As it was told. A resident number of fifteen digits (before 1999) becomes the one of eighteen; of
        masked numbers (``***-**-1234``) and fillers (all nines) nothing is left.

    Notes
    -----
    ``good`` is true for resident numbers whose check character fits (GB 11643-1999, ISO 7064 MOD 11-2) and
    for social security numbers that can have been given out; for other countries' numbers it is false.

    Examples
    --------
    >>> standard_number("11010519491231002x")
    NationalNumber(number='11010519491231002X', good=True)
    >>> standard_number("536-22-8741"), standard_number("999-99-9999").number, standard_number("7340014")
    (NationalNumber(number='536228741', good=True), None, NationalNumber(number='7340014', good=False))
    """
    text = fold(told)
    if not text or "*" in text or "e+" in text or re.search(r"x[x-]*x", text):
        return NationalNumber(None, good=False)
    number = "".join(character for character in text.upper() if character.isascii() and character.isalnum())[:30]
    if len(number) < 4 or number in _NEVER or len(set(number)) <= 1 or not any(map(str.isdigit, number)):
        return NationalNumber(None, good=False)
    if len(number) == 15 and _OLD_RESIDENT.fullmatch(number):
        body = f"{number[:6]}19{number[6:]}"
        return NationalNumber(body + _check_character(body), good=True)
    if len(number) == 18 and _RESIDENT.fullmatch(number):
        return NationalNumber(number, good=_check_character(number[:17]) == number[17])
    return NationalNumber(number, good=_SOCIAL_SECURITY.fullmatch(number) is not None)


def _check_character(body: str) -> str:
    rest = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11
    return "10X98765432"[rest]


_WEIGHTS: Final = tuple(pow(2, 17 - place, 11) for place in range(17))


def standard_phone(told: str | None) -> str | None:
    """The last ten digits of a telephone number, without its extension; None for fillers.

    Examples
    --------
    >>> standard_phone("+1 (312) 555-0142 x12"), standard_phone("+86 138 0013 8000"), standard_phone("99999999")
    ('3125550142', '3800138000', None)
    """
    text = re.split(r"(?i)x|ext|#|;|/|转", fold(told), maxsplit=1)[0]
    digits = "".join(character for character in text if "0" <= character <= "9")
    if not 6 <= len(digits) <= 16 or len(set(digits[-7:])) == 1 or digits in _NEVER:
        return None
    return digits[-10:]


def standard_email(told: str | None) -> str | None:
    """An e-mail address in lower case, without the tag after a plus sign; None where there is no mailbox.

    Examples
    --------
    >>> standard_email(" Jo.Doe+bank@GoogleMail.com "), standard_email("none@none.com")
    ('jodoe@gmail.com', None)
    """
    found = _MAIL.fullmatch(fold(told).removeprefix("mailto:"))
    if found is None:
        return None
    mailbox, host = found[1].partition("+")[0], found[2].rstrip(".")
    if host in {"gmail.com", "googlemail.com"}:
        mailbox, host = mailbox.replace(".", ""), "gmail.com"
    if not mailbox or mailbox in _NO_MAILBOX or not host:
        return None
    address = f"{mailbox}@{host}"
    # DuckDB compares bytes, so letters of other scripts become signs of one byte.
    return "".join(each if each.isascii() else chr(33 + ord(each) % 94) for each in address)[:80]
