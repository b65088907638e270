"""The door: columns that would tell of a special category are refused, whoever delivers them.

What tells of religion, genes, illness and the like (:data:`bureau.vault.fields.SPECIAL_CATEGORIES`)
is never taken in, not even set aside: a delivery with such a column is refused as a whole, by the
rule ``special-category``. The door judges names alone: the header of a table, the columns of a
Parquet file, the keys of JSON objects however deep, in English, in Chinese (hanzi of both kinds) and
in pinyin. Values are not looked at: a remark in free text is beyond it.

A name is cut into words where case, digits or punctuation change (``bloodType``, ``BLOOD_TYPE`` and
``blood.type`` are the same), and whole words are compared, so that a ``trace_id`` is no race and a
``general_ledger`` no gene. What is long enough to be nothing else (:data:`STEMS`) is found anywhere, also
where words run together (``hivstatus``). Invisible characters are dropped first, and Cyrillic and Greek
letters that look like Latin ones are read as these. Some phrases hold such a word and mean something
else; they stand in :data:`INNOCENT` and are passed over: ``device_fingerprint``, ``race_track``, ``financial_health``,
``credit_union_member``. What only hints is refused all the same: ``health_insurance_premium`` tells
who is ill, ``hospital_name`` where. Sex, nationality and citizenship are no special categories.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from bureau.errors import DeliveryRefused
from bureau.vault.fields import SPECIAL_CATEGORIES

__all__ = ["INNOCENT", "RULE", "STEMS", "TERMS", "refuse_special_categories", "special_category"]

RULE: Final = "special-category"
"""The rule's name."""

TERMS: Final = MappingProxyType(
    {
        "religion": (
            r"religio\w*|faith|creed|denominational|confessional|church (?:member\w*|tax)|baptis[mt]\w*|"
            r"philosophical beliefs?|zong ?jiao|xin ?yang",
            "宗教|信仰|信教|信徒|教徒|教派|教会|教會|洗礼|洗禮",
        ),
        "ethnicity": (
            r"race|races|race(?:code|cd|group|type|flag)s?|racial\w*|ethnic\w*|"
            r"(?:cust|customer|consumer|client|applicant|borrower|debtor|person|member)(?:race|ethnic\w*)|"
            r"ethnos|skin colou?r|caste|tribe|tribal|national origin|min ?zu|zhong ?zu",
            "民族|种族|種族|族裔|族群|肤色|膚色",
        ),
        "politics": (
            r"politics|political\w*|party (?:member\w*|affiliation)|communist|voting preference|"
            r"zheng ?zhi ?mian ?mao|dang ?pai|dang ?yuan",
            "政治|党派|黨派|党员|黨員|入党|入黨",
        ),
        "union": (
            r"(?:trade|labou?r) unions?|union (?:member(?:ship)?s?|dues|affiliation)|unioni[sz]ed|gong ?hui",
            "工会|工會",
        ),
        "genes": (
            r"genes?|genetics?|genetically|genom\w*|genotyp\w*|dna|rna|hereditary|ji ?yin",
            "基因|遗传|遺傳|染色体|染色體",
        ),
        "biometrics": (
            r"biometr\w*|finger ?(?:print|vein)s?|facial\w*|"
            r"face ?(?:prints?|ids?|templates?|scans?|recognition|embeddings?)|"
            r"iris (?:scans?|codes?|templates?|images?)|retinal?|voice ?prints?|palm ?prints?|hand geometry|"
            r"zhi ?wen|ren ?lian|hong ?mo|sheng ?wen",
            "指纹|指紋|指静脉|指靜脈|生物识别|生物識別|生物特征|生物特徵|人脸|人臉|面容|面部|虹膜|"
            "声纹|聲紋|掌纹|掌紋|视网膜|視網膜",
        ),
        "blood type": (
            r"blood ?(?:types?|groups?|grps?|typ)|abo ?(?:groups?|grps?|types?|rh)|rh ?(?:factors?|types?|groups?)|"
            r"rhesus|xue ?xing",
            "血型",
        ),
        "health": (
            r"health\w*|diseases?|illness\w*|sickness|sick|diagnos\w*|medical\w*|medicines?|medications?|medicare|medicaid|"
            r"clinical\w*|disabilit\w*|disabled (?:persons?|people|status|veterans?)|handicap\w*|symptoms?|allerg\w*|"
            r"hiv|covid|cancers?|diabet\w*|pregnan\w*|psychiatr\w*|mental\w*|hospital\w*|patients?|prescriptions?|vaccin\w*|"
            r"icd|blood (?:pressure|test|tests|sugar|glucose)|addict\w*|alcoholi\w*|smokers?|"
            r"med ?hist(?:ory)?|med ?(?:cond|conditions?|records?)|jian ?kang|ji ?bing|bing ?shi|can ?ji",
            "健康|疾病|患者|病人|病情|病种|病種|病名|传染病|傳染病|慢性病|精神病|就诊|就診|住院|病史|病历|病歷|患病|诊断|診斷|医疗|醫療|医院|醫院|用药|用藥|残疾|殘疾|残障|殘障|症状|症狀|过敏|過敏|"
            "怀孕|懷孕|体检|體檢|艾滋|癌|血压|血壓|血糖",
        ),
        "sex life": (
            r"sexual\w*|sex life|gay|lesbian|bisexual|homosexual\w*|transgender\w*|lgbt\w*|gender identity",
            "性取向|性倾向|性傾向|性生活|同性恋|同性戀",
        ),
    }
)
"""Each category to the words (a regular expression) and the hanzi that tell of it."""

STEMS: Final = MappingProxyType(
    {
        "religion": r"religio(?:n|us)",
        "ethnicity": r"ethnicity|ethnicgroup|ethnicorigin|skincolou?r|nationalorigin",
        "politics": r"(?<!counter)party(?:affiliation|membership)|political(?:opinion|party|view|affiliation)",
        "union": r"tradeunion|labou?runion|unionmember|uniondues",
        "genes": r"genetic(?!ket)|genotype|dna(?:profile|sample|test|sequence|data)",
        "biometrics": r"biometric|finger(?:print|vein)|facialrecognition|iris(?:scan|code|template)|retinascan|"
        r"(?<!sur)(?<!inter)face(?:recognition|template|embedding)|(?<!in)voiceprint|palmprint",
        "blood type": r"blood(?:type|group|grp)",
        "health": r"(?<!arc)hiv(?:status|positive|negative|test|result)|medical(?:history|record|condition)|"
        r"health(?:status|condition|record)|mentalhealth|mentalillness|diagnosis|disability|pregnancy|chronicdisease",
        "sex life": r"sexual(?:orientation|preference|ity)|genderidentity|homosexual|transgender",
    }
)
"""Each category to what tells of it anywhere in a name, its words joined: long, and part of no other word."""

INNOCENT: Final = (
    r"(?:device|browser|machine|client|file|key|certificate|content|hash|card|ssh|ssl|tls|delivery|document) "
    r"finger ?prints?|"
    r"race (?:tracks?|courses?|cars?|horses?|conditions?|day|way)|horse race|"
    r"(?:financial|fiscal|credit|account|business|system|service|network|portfolio) health|"
    r"health ?checks?(?: (?:urls?|endpoints?|paths?|ports?|intervals?|timeouts?)|(?= $))|"
    r"(?:system|device|machine|network|server|service|engine|software|vehicle) diagnostics?|diagnostic codes?|"
    r"facial values?|credit union (?:member(?:ship)?s?|dues|affiliation)|"
    r"(?:good|bad|best) faith|political(?:ly)? (?:exposed|exposure)(?: persons?)?|retina (?:display|screen)",
    "设备指纹|設備指紋|浏览器指纹|瀏覽器指紋|文件指纹|文件指紋|财务健康|財務健康|账户健康|帳戶健康|政治公众人物|政治公眾人物",
)
"""Phrases, and hanzi, that hold such a word and mean something else."""

_ENDING: Final = r"\w*"
_CUTS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_NO_WORD: Final = re.compile(r"[^0-9a-z\u3400-\u9fff]+")
_HANZI_BESIDE: Final = re.compile(r"(?<=[0-9a-z])(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff])(?=[0-9a-z])")
_LOOKS_LIKE: Final = str.maketrans(
    "аеорсухіјѕԁһԛԝкмтАВЕКМНОРСТУХІЈЅαοερικντυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧıłøɡɑØŁ",
    "aeopcyxijsdhqwkmtABEKMHOPCTYXIJSaoepikvtuxABEZHIKMNOPTYXilogaOL",
)
"""Letters, mostly Cyrillic and Greek, that look like Latin ones."""
_BETWEEN_HANZI: Final = re.compile(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")


@lru_cache(maxsize=4096)
def special_category(name: str) -> tuple[str, str] | None:
    """The special category a column would tell of, and the words of its name that say so.

    Parameters
    ----------
    name : str
        A column's name, or the path of a JSON key.

    Returns
    -------
    tuple of (str, str), or None
        A name of :data:`bureau.vault.fields.SPECIAL_CATEGORIES`, and what was met, in words of
        :data:`TERMS`; None for a name that tells of none.

    Examples
    --------
    >>> special_category("applicant.bloodType"), special_category("民族代码"), special_category("MEDICAL_HISTORY_2")
    (('blood type', 'blood type'), ('ethnicity', '民族'), ('health', 'medical'))
    >>> special_category("trace_id"), special_category("device_fingerprint"), special_category("credit_union_member")
    (None, None, None)
    """
    words = _words(name)
    for innocent in _innocent():
        words = innocent.sub(" | ", words)
    for category, pattern, stems in _patterns():
        met = pattern.search(words)
        if met is not None:
            # Not what follows the stem: in place of a missing header it may be somebody's data.
            stem = stems.match(words, met.start())
            return category, (stem or met).group()
    joined = _innocent_joined().sub("|", words.replace(" ", ""))
    for category, stem_pattern in _stems():
        met = stem_pattern.search(joined)
        if met is not None:
            return category, met.group()
    return None


def refuse_special_categories(file: str, names: Iterable[str]) -> None:
    """Refuse a delivery that has a column of a special category.

    Parameters
    ----------
    file : str
        Name of the file, without its folder.
    names : iterable of str
        Its columns, or the paths of its JSON keys, in the file's order.

    Raises
    ------
    DeliveryRefused
        By the rule ``special-category``. The column is named by its place and by the words of our
        own list that were met: where a header is missing, its text is somebody's data.
    """
    for place, name in enumerate(names, 1):
        found = special_category(name)
        if found is not None:
            category, met = found
            provisions = ", ".join(SPECIAL_CATEGORIES[category].forbidden_by)
            raise DeliveryRefused(
                file,
                f"{RULE}: its name holds {met!r}, so it would tell of {category} ({provisions})",
                "deliver the file without it",
                str(place),
            )


def _words(name: str) -> str:
    """A name as words in small letters, one blank between them and one at each end."""
    plain = "".join(each for each in name if unicodedata.category(each) != "Cf")
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", plain))
    plain = "".join(each for each in plain if not unicodedata.combining(each)).translate(_LOOKS_LIKE)
    words = _NO_WORD.sub(" ", _CUTS.sub(" ", plain).lower())
    words = _HANZI_BESIDE.sub(" ", words)
    return _BETWEEN_HANZI.sub("", f" {words.strip()} ")


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...]:
    """Each category with what finds its words, and what finds their stems alone."""
    return tuple(
        (
            category,
            re.compile(rf"(?<= )(?:{words})(?= )|{hanzi}"),
            re.compile(rf"(?:{words.replace(_ENDING, '')})|{hanzi}"),
        )
        for category, (words, hanzi) in TERMS.items()
    )


@lru_cache(maxsize=1)
def _innocent() -> tuple[re.Pattern[str], ...]:
    words, hanzi = INNOCENT
    return re.compile(rf"(?<= )(?:{words})(?= )"), re.compile(hanzi)


@lru_cache(maxsize=1)
def _stems() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((category, re.compile(stems)) for category, stems in STEMS.items())


@lru_cache(maxsize=1)
def _innocent_joined() -> re.Pattern[str]:
    """The innocent phrases as they stand in words that run together (``devicefingerprint``)."""
    words, _ = INNOCENT
    return re.compile(words.replace(" ?", "").replace("(?= $)", "$").replace(" ", ""))
