"""What goes wrong when somebody writes a person down: the rates, and the mistakes themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["Noise", "changed", "digit_swapped", "digit_wrong", "misread", "mistyped"]

Objects = npt.NDArray[Any]

_NEAR: Final = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "eft", "t": "rgy", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl",
    "p": "ol", "a": "sqz", "s": "adw", "d": "sfe", "f": "dgr", "g": "fht", "h": "gjy", "j": "hku", "k": "jli",
    "l": "ko", "z": "xa", "x": "zcs", "c": "xvd", "v": "cbf", "b": "vng", "n": "bmh", "m": "nj",
}  # fmt: skip
_READ_AS: Final = {
    "O": "0", "I": "1", "S": "5", "B": "8", "Z": "2", "G": "6", "E": "F", "M": "N", "L": "I", "C": "G", "U": "V",
    "0": "O", "1": "I", "5": "S", "8": "B", "2": "Z", "6": "G", "o": "0", "l": "1", "e": "c", "n": "m", "i": "l",
    "己": "已", "日": "曰", "未": "末", "王": "玉", "陈": "阵", "李": "季", "刘": "对", "明": "朋", "大": "太",
}  # fmt: skip


def _rate(default: float, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Noise:
    """How often each mistake is made; a share of the records, or of the values named."""

    typo: float = _rate(0.02, "typing mistake in a first or last name")
    ocr: float = _rate(0.05, "letters misread in a text of a court's record (OCR)")
    nickname_shop: float = _rate(0.30, "nickname where there is one, in a shop's record")
    nickname: float = _rate(0.04, "nickname where there is one, elsewhere")
    initial: float = _rate(0.01, "first name as an initial alone")
    maiden: float = _rate(0.15, "the surname of birth, of women who have another now")
    hyphen: float = _rate(0.03, "both surnames with a hyphen, of women who have another now")
    transposed: float = _rate(0.01, "first and last name in each other's place")
    pinyin_transposed: float = _rate(0.12, "the same where a Chinese name stands in pinyin")
    pinyin_shop: float = _rate(0.60, "pinyin instead of hanzi in a shop's record (courts always write pinyin)")
    suffix_missing: float = _rate(0.15, "Jr or Sr not told by a bank (three times as often elsewhere)")
    day_month: float = _rate(0.01, "day and month of the birth date swapped, where both are at most 12")
    birth_wrong: float = _rate(0.01, "day, month or year of the birth date off by a little")
    number_digit: float = _rate(0.01, "wrong digit or two digits swapped in the national number")
    number_relative: float = _rate(0.002, "national number of somebody of the same household")
    number_stranger: float = _rate(0.0005, "national number of a stranger")
    number_default: float = _rate(0.005, "all nines and the like instead of a national number")
    stale: float = _rate(0.25, "an address before the last move, of people who have moved")
    address_typo: float = _rate(0.03, "typing mistake in the address")
    address_spelt: float = _rate(0.25, "Street for St, # for Apt, pinyin for hanzi and the like")
    unit_missing: float = _rate(0.10, "flat not told")
    phone_household: float = _rate(0.15, "telephone of the household instead of one's own, where several live")
    phone_digit: float = _rate(0.01, "wrong digit in the telephone number")
    phone_hub: float = _rate(0.003, "telephone that thousands have (an employer's, a default)")
    phone_stranger: float = _rate(0.005, "telephone that a stranger had before")
    mail_household: float = _rate(0.02, "e-mail address of somebody of the same household")
    mail_typo: float = _rate(0.01, "typing mistake in the e-mail address")
    mail_hub: float = _rate(0.004, "e-mail address that thousands have (none@none.com and the like)")
    missing: float = _rate(1.0, "factor on the shares of fields that each kind of furnisher leaves out")


def changed(
    values: Objects,
    rate: float,
    mistake: Callable[[str, float], str],
    rng: np.random.Generator,
    among: Objects | None = None,
) -> None:
    """Make a mistake in a share of some values, in place; ``among`` says which ones may be hit."""
    hit = rng.random(len(values)) < rate
    if among is not None:
        hit &= among
    where = np.flatnonzero(hit)
    for place, luck in zip(where.tolist(), rng.random(len(where)).tolist(), strict=True):
        if values[place]:
            values[place] = mistake(values[place], luck)


def mistyped(text: str, luck: float) -> str:
    """A letter left out, doubled, swapped with the next, or replaced by a neighbour on the keyboard."""
    kind, luck = _digit(luck, 4)
    place, luck = _digit(luck, len(text))
    letter = text[place]
    if len(text) > 2 and kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + letter + text[place:]
    if kind == 2 and place + 1 < len(text):
        return text[:place] + text[place + 1] + letter + text[place + 2 :]
    near = _NEAR.get(letter.lower(), letter)
    other = near[_digit(luck, len(near))[0]].strip() or letter
    return text[:place] + (other.upper() if letter.isupper() else other) + text[place + 1 :]


def misread(text: str, luck: float) -> str:
    """A letter or digit read as another that looks like it; unchanged where none does."""
    places = [place for place, letter in enumerate(text) if letter in _READ_AS]
    if not places:
        return text
    place = places[_digit(luck, len(places))[0]]
    return text[:place] + _READ_AS[text[place]] + text[place + 1 :]


def digit_wrong(text: str, luck: float) -> str:
    """One digit replaced by another."""
    places = [place for place, letter in enumerate(text) if letter.isdigit()]
    at, luck = _digit(luck, len(places))
    more, _ = _digit(luck, 9)
    place = places[at]
    return text[:place] + str((int(text[place]) + 1 + more) % 10) + text[place + 1 :]


def digit_swapped(text: str, luck: float) -> str:
    """Half of the time two neighbours swapped, else one digit wrong."""
    half, luck = _digit(luck, 2)
    place, rest = _digit(luck, len(text) - 1)
    if half and text[place] != text[place + 1]:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return digit_wrong(text, rest)


def _digit(luck: float, count: int) -> tuple[int, float]:
    """A number below ``count`` from a share, and the share that is left."""
    number, rest = divmod(luck * count, 1)
    return min(int(number), count - 1), rest
