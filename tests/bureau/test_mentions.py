"""Whether a record tells of a person, in every spelling of the formats, and whether it leaves others alone."""

from __future__ import annotations

import json
from datetime import date

import pytest
from clean_records import CLEAN
from hypothesis import given
from hypothesis import strategies as st
from written_files import written

from bureau.mentions import Mentions

ADA = {
    "surname": "O'Brien-Zoë",
    "first_name": "Ada",
    "birth_date": "1980-02-09",
    "national_number": "123456780",
    "phone": "+1 (212) 555-0173",
    "email": "Ada.OBrien@example.net",
    "address": "12 Quay Street",
}
WEI = {
    "surname": "张",
    "first_name": "伟",
    "birth_date": "1949-12-31",
    "national_number": "11010519491231002X",
    "phone": "13812345678",
}

TELLS = [
    (ADA, "x,123-45-6780,y"),
    (ADA, "x,123 45 6780,y"),
    (ADA, "１２３４５６７８０"),
    (ADA, '{"ssn": 123456780}'),
    (ADA, "0000123456780019"),  # of a fixed width, with its neighbours
    (ADA, "call 212.555.0173"),
    (ADA, "12125550173"),
    (ADA, "ADA.OBRIEN@EXAMPLE.NET"),
    (ADA, "O'BRIEN-ZOE,ADA"),
    (ADA, "Ada OBrien Zoe"),
    (ADA, 'ada,"o brien zoë"'),
    (ADA, '{"who": {"last": "O\\u0027Brien-Zo\\u00eb", "first": "ADA"}}'),
    (ADA, '{"last": "O\\u0027Brien-Zo\\u00eb", "first": "Ada"'),  # no JSON: it was cut off
    (ADA, "O'Brien-Zo\\xc3\\xab,Ada"),  # bytes that were no text
    (ADA, "O'Brien-ZoÃ«,Ada"),  # UTF-8 read a character a byte, as Metro 2 is
    (ADA, "ADA,09.02.1980"),
    (ADA, "Obrienzoe,M,02091980"),
    (ADA, "ada;1980/2/9"),
    (ADA, "user ada_obrien_zoe logged in"),
    (ADA, "AdaOBrienZoe"),
    (ADA, "O&#39;Brien-Zo&euml;,Ada"),
    (ADA, '{"last": "O&apos;Brien-Zo&#235;", "first": "Ada"}'),
    (ADA, "Zoe O'Brien, Ada"),
    (ADA, "OBRIEN, ADA ZOE"),
    (ADA, "O'Bri\u00aden-Zo\u200bë,Ada"),
    (ADA, "Ada, 9 Feb 1980"),
    (ADA, "Ada, born on the 9th of February, 1980"),
    (ADA, "ADA;09FEB1980"),
    (ADA, "Ada, February 9, 1980"),
    (ADA, "Ada|1980-Feb-09"),
    (ADA, "Ada,02/09/80"),
    (ADA, "Ada,9.2.80"),
    (ADA, "Ada,80-02-09"),
    ({"surname": "Løvås", "first_name": "Łucja"}, "Lucja Lovas"),
    (WEI, "ZHANG, WEI"),
    (WEI, "Zhang Wei"),
    (WEI, "wei,19491231"),
    ({"surname": "单", "first_name": "小明"}, "Shan Xiao-Ming"),
    (WEI, "张,伟"),
    (WEI, "张伟"),
    (WEI, "客户张伟先生"),
    (WEI, '{"name": "\\u5f20\\u4f1f"}'),
    (WEI, "\\xd5\\xc5,ΰ"),  # GB 18030
    (WEI, "11010519491231002x"),
    (WEI, "110105 19491231 002X"),
    (WEI, "+86 138-1234-5678"),
    (WEI, "伟,1949年12月31日"),
]

LEAVES = [
    (ADA, "O'Brien-Zoe,Bea"),
    (ADA, "Adams,O'Brien"),
    (ADA, "Ada,Lovelace,1980-02-10"),
    (ADA, "Ada,02/10/80"),
    (ADA, "Ada,9 Mar 1980"),
    (ADA, "Ada,9 Feb 1981"),
    (ADA, "Ada Zoe"),
    (ADA, "O&#39;Brien-Zoe,Bea"),
    (WEI, "Zhang Weimin"),
    (WEI, "Chang Wei"),
    (ADA, "123456781"),
    (ADA, "1,2,3,4,5,6,7,8,0"),
    (ADA, "12 Quay Street"),
    (ADA, ""),
    (WEI, "张,明"),
    (WEI, "张大伟"),
    ({"surname": "X", "first_name": "Y"}, "x,y,20"),
    (
        {"national_number": "999999999", "phone": "0000000000", "surname": "", "first_name": None},
        "999999999,0000000000",
    ),
    ({}, "Ada"),
]


@pytest.mark.parametrize(("person", "record"), TELLS)
def test_record_tells_of_the_person(person: dict[str, str], record: str) -> None:
    assert Mentions((person,)).within(record)


@pytest.mark.parametrize(("person", "record"), LEAVES)
def test_record_tells_of_somebody_else(person: dict[str, str | None], record: str) -> None:
    assert not Mentions((person,)).within(record)


@pytest.mark.parametrize("kind", ["metro2", "court_records", "recurring_payments", "shop_orders", "applications"])
@pytest.mark.parametrize("named", [True, False])
def test_record_as_each_format_writes_it(kind: str, named: bool) -> None:
    number = "ssn" if kind == "metro2" else "national_number"
    told = {name: str(CLEAN[kind][name]) for name in ("surname", "first_name")} if named else {}
    lines = written(kind, [{**CLEAN[kind], number: "541236789"}]).decode("latin-1").splitlines()
    record = lines[0] if kind in ("recurring_payments", "shop_orders", "applications") else lines[1]
    sought = Mentions((told if named else {"national_number": "541-23-6789"},))
    assert sought.within(record)
    assert not Mentions(({"surname": "Okafor", "first_name": "Bea", "national_number": "541236788"},)).within(record)


def test_names_of_two_tellings_count_together() -> None:
    sought = Mentions(({"surname": "Okafor", "first_name": "Ada"}, {"surname": "Hudson", "first_name": "Adaeze"}))
    assert sought.within("HUDSON, ADA")
    assert "Okafor" not in repr(sought)


def test_long_name_is_met_where_it_was_cut() -> None:
    sought = Mentions(({"surname": "Wolfeschlegelsteinhausenbergerdorff", "first_name": "Hubert"},))
    assert sought.within("WOLFESCHLEGELSTEINHAUHUBERT".replace("HUBERT", " HUBERT"))
    assert sought.within("WOLFESCHLEGELSTEINHAUSENB" + "HUBERT".ljust(20)) is False  # the names run into each other
    assert sought.within("WOLFESCHLEGELSTEINHAUSENB".ljust(26) + "HUBERT".ljust(20))


SIGNS = st.sampled_from(["", " ", "-", ".", "/", "  "])


@given(st.from_regex(r"[1-8][0-9]{8}", fullmatch=True), st.lists(SIGNS, min_size=9, max_size=9), st.text(max_size=20))
def test_number_is_found_with_any_signs_between_its_digits(number: str, signs: list[str], before: str) -> None:
    written_so = "".join(digit + sign for digit, sign in zip(number, signs, strict=True))
    told = Mentions(({"national_number": number},))
    expected = len(set(number)) > 2
    assert told.within(f"{before},{written_so},x") or not expected
    assert told.within(json.dumps({"a": [before, written_so]})) or not expected


@given(
    st.dates(date(1900, 1, 1), date(2010, 1, 1)),
    st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%m%d%Y"]),
)
def test_birth_date_is_found_in_any_form(day: date, form: str) -> None:
    person = Mentions(({"surname": "Okafor", "first_name": "Ada", "birth_date": day.isoformat()},))
    assert person.within(f"OKAFOR,B,{day.strftime(form)}")
    assert not person.within(f"OKAFOR,B,{day.replace(year=day.year + 1, day=1).strftime(form)}") or day.day == 1


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    Mentions((ADA, WEI)).within(text)
    Mentions(({"surname": text, "first_name": text, "phone": text, "birth_date": text},)).within(text)
