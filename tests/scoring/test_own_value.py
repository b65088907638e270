"""Own and typical values in words: every unit, missing values, and no English inside Chinese."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from features.definitions.all import CATALOGUE
from features.errors import FeatureError
from features.phrases_zh import phrase_zh
from features.sets import FEATURE_SETS
from features.units import UNITS
from scoring.own_value import _NUMBERS, words_for
from scoring.typical import Typical, typical_of

GAP = "\N{NO-BREAK SPACE}"
MISSING = math.nan


def told(
    name: str, value: float, low: float | None, high: float | None, missing: float = 0.0, median: float | None = None
) -> tuple[str, str]:
    return words_for(CATALOGUE[name], Typical(low, high, missing, median), "approved").told(value)


def test_a_share() -> None:
    assert told("revolving_utilisation", 0.94, 0.05, 0.31) == (
        "Share of card and credit line limits in use (balance by limit of open cards and credit lines): "
        f"94{GAP}%; approved applicants typically 5{GAP}% to 31{GAP}%",
        "信用卡与循环信贷额度使用比例（信用卡与循环信贷额度使用率）：94%；获批申请人通常为5%至31%",
    )


@pytest.mark.parametrize(
    ("name", "value", "low", "high", "expected", "expected_zh"),
    [
        ("owed_total", 1234567.4, 0, 25000, "1,234,567; approved applicants typically 0 to 25,000",
         "1,234,567；获批申请人通常为0至25,000"),
        ("age_mean", 1.0, 25.24, 49.0, f"1{GAP}month; approved applicants typically 25.2 to 49{GAP}months",
         "1个月；获批申请人通常为25.2至49个月"),
        ("bill_days_late_max_12m", 35, 0, 0, f"35{GAP}days; approved applicants typically 0{GAP}days",
         "35天；获批申请人通常为0天"),
        ("hard_inquiries_6m", 3, 0, 1, "3; approved applicants typically 0 to 1", "3；获批申请人通常为0至1"),
        ("file_without_accounts", 1, 0, 0, "yes; approved applicants typically no", "是；获批申请人通常为否"),
        ("owns_car", 0, 1, 1, "no; approved applicants typically yes", "否；获批申请人通常为是"),
        ("amount_by_income", 115.35, 0.5, 12, f"115{GAP}times; approved applicants typically 50{GAP}% to 12{GAP}times",
         "115倍；获批申请人通常为50%至12倍"),
        ("amount_by_income", 9.994, 10, 12, f"999{GAP}%; approved applicants typically 10 to 12{GAP}times",
         "999%；获批申请人通常为10至12倍"),
        ("amount_by_income", 9.996, 1, 2, f"10.0{GAP}times; approved applicants typically 100{GAP}% to 200{GAP}%",
         "10.0倍；获批申请人通常为100%至200%"),
        ("worst_level_6m", 3, 0, 0, "3; approved applicants typically 0", "3；获批申请人通常为0"),
        ("external_score_1", 0.128, 0.5, 0.71, "0.13; approved applicants typically 0.50 to 0.71",
         "0.13；获批申请人通常为0.50至0.71"),
        ("revolving_utilisation_change_6m", -0.001, -0.2, -0.1,
         f"\N{MINUS SIGN}0.10{GAP}%; approved applicants typically \N{MINUS SIGN}20{GAP}% to \N{MINUS SIGN}10{GAP}%",
         "\N{MINUS SIGN}0.10%；获批申请人通常为\N{MINUS SIGN}20%至\N{MINUS SIGN}10%"),
        ("card_standing_latest", 2, -1, 0,
         f"2{GAP}months late; approved applicants typically paid in full to paid in part",
         "逾期2个月；获批申请人通常为全额还款至部分还款"),
        ("car_age_years", 11, 1, 1, f"11{GAP}years; approved applicants typically 1{GAP}year",
         "11年；获批申请人通常为1年"),
    ],
)  # fmt: skip
def test_units(name: str, value: float, low: float, high: float, expected: str, expected_zh: str) -> None:
    english, chinese = told(name, value, low, high)
    assert english.endswith(f": {expected}")
    assert chinese.endswith(f"：{expected_zh}")


def test_nothing_on_file_and_not_stated() -> None:
    assert told("age_mean", MISSING, 25, 49)[0].endswith(
        f": nothing on file; approved applicants typically 25 to 49{GAP}months"
    )
    assert told("amount_asked", MISSING, 100, 200)[0].endswith(": not stated; approved applicants typically 100 to 200")
    assert told("amount_asked", MISSING, 100, 200)[1].endswith("：未填写；获批申请人通常为100至200")
    for few in (Typical(None, None, 1.0), Typical(3.0, 4.0, 0.6)):
        english, chinese = words_for(CATALOGUE["age_mean"], few, "approved").told(7.0)
        assert english.endswith(f"7{GAP}months; approved applicants typically nothing on file")
        assert chinese.endswith("7个月；获批申请人通常为无记录")


@pytest.mark.parametrize(
    ("name", "value", "low", "median", "high", "expected", "expected_zh"),
    [
        # revolving_utilisation: the more the riskier; age_mean: the less
        ("revolving_utilisation", 0.8, 0.02, 0.4, 0.81, f"80{GAP}%; median of approved applicants 40{GAP}%",
         "80%；获批申请人的中位数为40%"),
        ("revolving_utilisation", 0.301, 0.05, 0.2, 0.3, f"30{GAP}%; median of approved applicants 20{GAP}%",
         "30%；获批申请人的中位数为20%"),  # outside of the range, but printed as its end
        ("revolving_utilisation", 0.1, 0.05, 0.2, 0.3, f"10{GAP}%", "10%"),  # the median would speak against it
        ("revolving_utilisation", 0.2, 0.05, 0.2, 0.3, f"20{GAP}%", "20%"),
        ("revolving_utilisation", 0.202, 0.05, 0.2, 0.3, f"20{GAP}%", "20%"),  # printed as the median
        ("revolving_utilisation", 0.01, 0.05, 0.2, 0.3, f"1{GAP}%", "1%"),  # on the safe side
        ("revolving_utilisation", 0.2, 0.05, None, 0.3, f"20{GAP}%", "20%"),  # a bundle without medians
        ("age_mean", 26, 25, 30, 40, f"26{GAP}months; median of approved applicants 30{GAP}months",
         "26个月；获批申请人的中位数为30个月"),
        ("age_mean", 35, 25, 30, 40, f"35{GAP}months", "35个月"),
        ("hard_inquiries_6m", 0, 0, 0, 0, "0", "0"),
        ("owns_car", 0, 0, 1, 1, "no", "否"),
        ("age_mean", MISSING, None, None, None, "nothing on file", "无记录"),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_others_show_does_not_seem_to_speak_against_the_reason(
    name: str,
    value: float,
    low: float | None,
    median: float | None,
    high: float | None,
    expected: str,
    expected_zh: str,
) -> None:
    english, chinese = told(name, value, low, high, 0.0 if low is not None else 1.0, median)
    assert english.endswith(f": {expected}")
    assert chinese.endswith(f"：{expected_zh}")


def test_what_says_the_same_as_the_reason_is_said_once() -> None:
    _, chinese = told("card_months_since_late", 3, None, None, 1.0)
    assert chinese == "距最近一次信用卡逾期的时间：3个月；获批申请人通常为无记录"


def test_whom_they_are_compared_with_is_said() -> None:
    english, chinese = words_for(CATALOGUE["age_mean"], Typical(8.0, 9.0, 0.0), "safest").told(7.0)
    assert english.endswith(f"; applicants of the lowest risk typically 8 to 9{GAP}months")
    assert "风险最低的申请人" in chinese


@pytest.mark.parametrize("portfolio", sorted(FEATURE_SETS))
def test_every_feature_is_told_in_both_languages(portfolio: str) -> None:
    features = FEATURE_SETS[portfolio]
    for name in features.names:
        for value in (0.5, 1.0, -2.0, 12345.6, MISSING):
            english, chinese = words_for(CATALOGUE[name], Typical(0.25, 3.0, 0.1), "approved").told(value)
            assert not re.search(r"[A-Za-z_*#\s]", chinese), chinese
            assert english.isascii() or not re.search(r"[一-鿿]", english)
            assert "(1 where" not in english
            for obscure in ("month 0", "0 months ago", "as a level", "standard deviation"):
                assert obscure not in english
            assert ";" not in english.partition("; approved")[0]


def test_every_unit_has_its_words() -> None:
    assert set(UNITS) == {item.unit for item in CATALOGUE} | {"days"} <= set(_NUMBERS)


def test_a_feature_without_a_phrase_is_named() -> None:
    with pytest.raises(FeatureError, match="shoe_size: no phrase in Chinese; add one to features"):
        phrase_zh("shoe_size")


@pytest.mark.parametrize("portfolio", sorted(FEATURE_SETS))
def test_windows_are_told_apart(portfolio: str) -> None:
    chinese: dict[str, str] = {}
    for name in FEATURE_SETS[portfolio].names:
        words = words_for(CATALOGUE[name], Typical(0.0, 1.0, 0.0), "approved").before_zh
        assert chinese.setdefault(words, name) == name, (name, words)


def test_what_is_typical_is_kept_with_its_median_and_read_without_one() -> None:
    (found,) = typical_of(np.array([[4.0], [1.0], [2.0], [3.0], [MISSING]]), ("a",)).values()
    assert found == Typical(1.0, 3.0, 0.2, median=2.0)
    assert Typical.of(found.plain()) == found
    assert Typical.of([1.0, 3.0, 0.2]) == Typical(1.0, 3.0, 0.2)  # bundles made before medians were kept
    for wrong in ([1.0, 3.0, 0.2, 4.0], [None, None, 1.0, 2.0], [1.0, 3.0, 0.2, 2.0, 2.0], [3.0, 1.0, 0.2, 2.0]):
        with pytest.raises(ValueError, match="quartiles"):
            Typical.of(wrong)
