"""First names that are names of their own, and what two of them that are much alike mean."""

from __future__ import annotations

from typing import Any

import pytest

from bureau.identity.given_names import known_sound, simplified
from bureau.identity.model import default_model
from bureau.identity.scoring import pair_weight
from bureau.identity.standard import standard_record

MODEL = default_model(100_000)
TWIN = {
    "last_name": "Moreno", "birth_date": "1984-05-17", "address": "12 Larkspur Lane", "postcode": "62701",
    "phone": "2175550147",
}  # fmt: skip


def contradiction(one: str, other: str, **told: Any) -> str | None:
    """What parts two records that have everything but the first name in common."""
    left, right = (standard_record({**TWIN, **told, "first_name": each}) for each in (one, other))
    scored = pair_weight(MODEL, left, right)
    assert scored.veto is not None or scored.weight >= MODEL.link_at
    return scored.veto


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Maria", "Mario"), ("John", "Joan"), ("Paul", "Paula"), ("Erik", "Erika"), ("Daniel", "Danielle"),
        ("Michael", "Michelle"), ("Simon", "Simone"), ("Carla", "Clara"), ("晓明", "小明"), ("嘉怡", "佳怡"),
    ],
)  # fmt: skip
def test_two_names_that_are_much_alike_are_two_persons_unless_the_number_says_otherwise(one: str, other: str) -> None:
    assert contradiction(one, other) == contradiction(other, one) == "like first name"
    assert contradiction(one, other, national_id="536-22-8741") is None
    left, right = (
        standard_record({**TWIN, "first_name": name, "national_id": number})
        for name, number in ((one, "536-22-8741"), (other, "536-22-8742"))
    )
    assert pair_weight(MODEL, left, right).veto == "two numbers", "twins are given one number after the other"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("John", "Jhon"), ("Maria", "Marai"), ("Mario", "Mairo"), ("Brian", "Brina"), ("Paula", "Pauls"),
        ("Robert", "Rob"), ("Catherine", "Katherine"), ("Eric", "Erik"), ("Sara", "Sarah"), ("Ann", "Anne"),
        ("Stephen", "Steven"), ("Jon", "John"), ("Maria", "M"), ("曉東", "晓东"), ("晓明", "Xiaoming"),
        ("Xiaoming", "Xiaomin"),
    ],
)  # fmt: skip
def test_one_name_misspelt_shortened_or_written_otherwise_is_one(one: str, other: str) -> None:
    assert contradiction(one, other) is None


def test_where_no_household_has_several_persons_names_much_alike_do_not_contradict() -> None:
    left, right = (standard_record({**TWIN, "first_name": each}) for each in ("Maria", "Mario"))
    assert pair_weight(MODEL.but(households=False), left, right).veto is None


def test_what_no_list_knows_has_no_sound() -> None:
    assert known_sound(None) is known_sound("") is known_sound("xioaming") is None
    assert simplified("") == ""
