"""Names of people, Western and Chinese, in the form in which they are compared.

A name becomes ASCII letters: accents fall, hanzi become pinyin without tones, letters of other scripts become
one sign each, signs and emoji are dropped. Western and Chinese names meet in the same columns, so that
王小明, Wang Xiaoming and WANG Xiao-Ming are one name.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Final, NamedTuple

from bureau.identity.given_names import simplified

__all__ = ["PersonName", "fold", "given_forms", "is_pinyin", "letters_of", "standard_name"]

_LONGEST: Final = 40
"""Letters of a name that are compared; what a name of 10,000 letters adds is noise."""

_MOST_READ: Final = 400
"""Characters of a field that are read at all."""

_PLAIN: Final = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "æ": "ae", "Æ": "ae", "œ": "oe", "đ": "d", "Đ": "d", "ı": "i"}
)

_NOBODY: Final = frozenset(
    [
        "unknown",
        "none",
        "null",
        "nil",
        "nan",
        "nobody",
        "noname",
        "anonymous",
        "unnamed",
        "notgiven",
        "notprovided",
        "notavailable",
        "notapplicable",
        "xx",
        "xxx",
        "xxxx",
        "unk",
        "test",
        "tba",
        "tbd",
        "blank",
        "missing",
        "wuming",
        "weizhi",
        "wu_ming",
        "customer",
        "consumer",
    ]
)
"""What people type where there is no name, as letters."""

_TITLES: Final = frozenset(["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "madam", "rev", "hon"])

_GENERATIONS: Final = {
    "jr": "jr", "jnr": "jr", "junior": "jr", "sr": "sr", "snr": "sr", "senior": "sr",
    "ii": "ii", "2nd": "ii", "iii": "iii", "3rd": "iii", "iv": "iv", "4th": "iv",
}  # fmt: skip

_COMPOUND: Final = frozenset(
    [
        "欧阳",
        "太史",
        "端木",
        "上官",
        "司马",
        "东方",
        "独孤",
        "南宫",
        "万俟",
        "闻人",
        "夏侯",
        "诸葛",
        "尉迟",
        "公羊",
        "赫连",
        "澹台",
        "皇甫",
        "宗政",
        "濮阳",
        "公冶",
        "太叔",
        "申屠",
        "公孙",
        "慕容",
        "仲孙",
        "钟离",
        "长孙",
        "宇文",
        "司徒",
        "鲜于",
        "司空",
        "闾丘",
        "令狐",
        "百里",
        "呼延",
        "东郭",
        "南门",
        "西门",
        "轩辕",
        "拓跋",
        "乐正",
        "梁丘",
        "左丘",
        "歐陽",
        "司馬",
        "東方",
        "獨孤",
        "南宮",
        "萬俟",
        "聞人",
        "諸葛",
        "尉遲",
        "鍾離",
        "長孫",
        "公孫",
        "鮮于",
        "東郭",
        "南門",
        "西門",
        "軒轅",
    ]
)
"""Surnames of two characters."""

_SURNAME_READINGS: Final = {
    "单": "shan", "單": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou", "區": "ou",
    "朴": "piao", "任": "ren", "盖": "ge", "蓋": "ge", "覃": "qin", "翟": "zhai", "乐": "yue", "樂": "yue",
    "缪": "miao", "繆": "miao", "员": "yun", "种": "chong", "繁": "po", "冼": "xian", "尉迟": "yuchi", "尉遲": "yuchi",
    "万俟": "moqi", "萬俟": "moqi", "长孙": "zhangsun", "長孫": "zhangsun", "澹台": "tantai",
    "吕": "lu", "呂": "lu", "宿": "su", "葛": "ge",
}  # fmt: skip
"""Characters that are read otherwise as surnames."""

_SURNAMES: Final = frozenset(
    [
        "wang",
        "li",
        "zhang",
        "liu",
        "chen",
        "yang",
        "zhao",
        "huang",
        "zhou",
        "wu",
        "xu",
        "sun",
        "hu",
        "zhu",
        "gao",
        "lin",
        "he",
        "guo",
        "ma",
        "luo",
        "liang",
        "song",
        "zheng",
        "xie",
        "han",
        "tang",
        "feng",
        "yu",
        "dong",
        "xiao",
        "cheng",
        "cao",
        "yuan",
        "deng",
        "fu",
        "shen",
        "zeng",
        "peng",
        "lu",
        "lyu",
        "su",
        "jiang",
        "cai",
        "jia",
        "ding",
        "wei",
        "xue",
        "ye",
        "yan",
        "pan",
        "du",
        "dai",
        "xia",
        "zhong",
        "tian",
        "ren",
        "fan",
        "fang",
        "shi",
        "yao",
        "tan",
        "liao",
        "zou",
        "xiong",
        "jin",
        "hao",
        "kong",
        "bai",
        "cui",
        "kang",
        "mao",
        "qiu",
        "qin",
        "gu",
        "hou",
        "shao",
        "meng",
        "long",
        "wan",
        "duan",
        "lei",
        "qian",
        "yin",
        "chang",
        "qiao",
        "lai",
        "gong",
        "wen",
        "pang",
        "lan",
        "zhuang",
        "hong",
        "niu",
        "ji",
        "shu",
        "ge",
        "xing",
        "qi",
        "an",
        "mei",
        "sheng",
        "tong",
        "ni",
        "yi",
        "zuo",
        "bao",
        "qu",
        "ouyang",
        "sima",
        "zhuge",
        "shangguan",
        "xiahou",
        "huangfu",
        "murong",
        "linghu",
        "situ",
        "dongfang",
        "gongsun",
        "zhongli",
        "yuwen",
    ]
)
"""Frequent Chinese surnames in pinyin."""

_SYLLABLE: Final = (
    "(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(?:iang|iong|uang|ueng|ang|eng|ian|iao|ing|ong|uai|uan|ai|an|ao|ei|en|er|ia|ie"
    "|in|iu|ou|ua|ue|ui|un|uo|a|e|i|u)|[bpmfw]o"
)
_PINYIN: Final = re.compile(f"(?:{_SYLLABLE})+")
_SEPARATE: Final = re.compile(r"[\s\-.,_/·・'’`()\"]+")
_HANZI: Final = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]+")


class PersonName(NamedTuple):
    """A name as it is compared; each part is None where nothing usable was told."""

    given: str | None
    """First name: ASCII letters without spaces; one letter is an initial."""
    middle: str | None
    """Middle name or initial."""
    surname: str | None
    """Surname, ASCII letters without spaces."""
    generation: str | None
    """``jr``, ``sr``, ``ii``, ``iii`` or ``iv``."""
    hanzi: str | None
    """The given name in hanzi, where it was told so; traditional characters as the simplified ones."""


def fold(text: str | None) -> str:
    r"""Text in lower case without accents, marks, controls and emoji; hanzi and other scripts stay.

    Examples
    --------
    >>> fold("  O'Hara\x00-MÜLLER 😀 "), fold("Łukasz"), fold("王 小明")
    ("o'hara-muller", 'lukasz', '王 小明')
    """
    if text is None:
        return ""
    text = text[:_MOST_READ]
    if text.isascii() and text.isprintable():
        return text.lower().strip()
    kept = []
    for character in unicodedata.normalize("NFKD", text.translate(_PLAIN)).lower():
        kind = unicodedata.category(character)
        if kind[0] in "LNP" or kind == "Zs" or (kind == "Sm" and character == "+"):
            kept.append(character)
        elif kind == "Cc":
            # A tab or a line end separates; a NUL is nothing.
            kept.append(" " if character in "\t\n\r" else "")
    return " ".join("".join(kept).split())


def letters_of(word: str, *, surname: bool = False) -> str:
    """The letters of a folded word as ASCII: hanzi as pinyin, other scripts one sign for each letter.

    Parameters
    ----------
    word : str
        Result of :func:`fold`.
    surname : bool
        Read hanzi as a surname is read.

    Examples
    --------
    >>> letters_of("o'hara"), letters_of("小明"), letters_of("单", surname=True)
    ('ohara', 'xiaoming', 'shan')
    """
    if word.isascii():
        return "".join(filter(str.isalpha, word))
    if surname and word in _SURNAME_READINGS:
        return _SURNAME_READINGS[word]
    return "".join(_sign(character) for character in word if character.isalpha())


@functools.cache
def _sign(character: str) -> str:
    if character.isascii():
        return character
    if _HANZI.fullmatch(character):
        from pypinyin import lazy_pinyin

        read = lazy_pinyin(character)[0]
        return read.replace("v", "u") if read.isascii() and read.isalpha() else "x"
    # Of one alphabet no two letters become one sign; DuckDB compares bytes, so one byte each.
    return chr(ord("A") + ord(character) % 26) if ord(character) > 0x2E80 else chr(33 + ord(character) % 94)


@functools.cache
def _nicknames() -> dict[str, tuple[str, ...]]:
    """Nickname to the names that it may stand for."""
    from nicknames import name_triplets

    formal: dict[str, set[str]] = {}
    for triplet in name_triplets():
        if triplet.relationship == "has_nickname":
            formal.setdefault(letters_of(triplet.name2), set()).add(letters_of(triplet.name1))
    return {name: tuple(sorted(names)) for name, names in formal.items()}


def given_forms(given: str | None) -> list[str]:
    """The names that a first name may stand for, itself first.

    Examples
    --------
    >>> given_forms("debbie")[-1], given_forms("xiaoming"), given_forms(None)
    ('debra', ['xiaoming'], [])
    """
    if given is None:
        return []
    return [given, *(name for name in _nicknames().get(given, ()) if name != given)]


def is_pinyin(given: str | None, surname: str | None) -> bool:
    """Whether a name is a Chinese one in pinyin: a frequent surname, and a first name of pinyin syllables.

    Examples
    --------
    >>> is_pinyin("xiaoming", "wang"), is_pinyin("xioaming", "wang"), is_pinyin("anna", "smith")
    (True, False, False)
    """
    return bool(
        given and surname and len(given) > 1 and (surname in _SURNAMES) and _PINYIN.fullmatch(given) is not None
    )


def standard_name(first: str | None, middle: str | None, last: str | None, suffix: str | None) -> PersonName:
    """A name as it is compared, from the four columns as they were told.

    Parameters
    ----------
    first, middle, last, suffix : str or None
        First name, middle name, surname, generation. A whole name in one of the first and the last column
        is taken apart, "Smith, John" included.

    Examples
    --------
    >>> standard_name("John A.", None, "O'Hara Jr.", None)
    PersonName(given='john', middle='a', surname='ohara', generation='jr', hanzi=None)
    >>> standard_name("小明", None, "欧阳", None)
    PersonName(given='xiaoming', middle=None, surname='ouyang', generation=None, hanzi='小明')
    >>> standard_name("Xiao-Ming", None, "Wang", None).given, standard_name(None, None, "王小明", None).given
    ('xiaoming', 'xiaoming')
    """
    one, two = fold(first), fold(last)
    if not (one and two) and len(_words(one or two)) + bool(_HANZI.fullmatch(one or two)) > 1:
        one, two = _apart(one or two)
    given_words, surname_words = _words(one), _words(two)
    generation = _GENERATIONS.get(_plain_letters(fold(suffix)))
    while len(surname_words) > 1 and surname_words[-1] in _GENERATIONS:
        generation = generation or _GENERATIONS[surname_words.pop()]
    while len(given_words) > 1 and given_words[-1] in _GENERATIONS:
        generation = generation or _GENERATIONS[given_words.pop()]
    middle_words = _words(fold(middle))
    if len(given_words) > 1 and not middle_words:
        if len(given_words[0]) == 1:
            middle_words = given_words[1:]
            given_words = given_words[:1]
        elif len(given_words[-1]) == 1:
            middle_words = [given_words.pop()]
    hanzi, surname_text = "".join(given_words), "".join(surname_words)
    if _HANZI.fullmatch(hanzi) and len(hanzi) > len(surname_text) > 0 and hanzi.startswith(surname_text):
        hanzi = hanzi.removeprefix(surname_text)  # the whole name stands in the first column as well
        given_words = [hanzi]
    return PersonName(
        _usable("".join(letters_of(word) for word in given_words)),
        _usable("".join(letters_of(word) for word in middle_words)),
        # One letter is an initial, and of a surname an initial says nothing; of hanzi it is a name (鄂 is E).
        None
        if len(surname_text) == 1 and surname_text.isascii()
        else _usable("".join(letters_of(word, surname=True) for word in surname_words)),
        generation,
        simplified(hanzi)[:8] if _HANZI.fullmatch(hanzi) else None,
    )


def _plain_letters(text: str) -> str:
    """ASCII letters and digits of a text."""
    return "".join(character for character in text if character.isascii() and character.isalnum())


def _apart(whole: str) -> tuple[str, str]:
    """First name and surname of a whole name that stands in one column."""
    if _HANZI.fullmatch(whole.replace(" ", "")):
        together = whole.replace(" ", "")
        at = 2 if together[:2] in _COMPOUND and len(together) > 2 else 1
        return together[at:], together[:at]
    if "," in whole:
        surname, _, given = whole.partition(",")
        return given, surname
    words = whole.split()
    if len(words) > 2 and _plain_letters(words[-1]) in _GENERATIONS:
        return " ".join(words[:-2]), " ".join(words[-2:])
    return " ".join(words[:-1]), words[-1]


def _words(text: str) -> list[str]:
    words = [word for word in _SEPARATE.split(text) if word]
    return [word for word in words if word not in _TITLES] if len(words) > 1 else words


def _usable(name: str) -> str | None:
    return None if not name or name in _NOBODY else name[:_LONGEST]
