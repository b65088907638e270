"""Rules of letters are dated rows that are checked when they are read; a home's own stand on top."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from letters import ON, facts_in

from scoring.errors import NoticeRefused
from scoring.notice.content import build_notice
from scoring.notice.html import render_html
from scoring.notice.parties import FILE, read_parties
from scoring.notice.rows import jurisdictions
from scoring.notice.rules import rules_of

ELEMENT = """
[[element]]
name = "{name}"
law = "house"
kinds = ["adverse action"]
effective_from = {since}
{more}
en.text = "Our motto is patience."
zh.text = "我们的宗旨是耐心。"
"""


def own(folder: Path, text: str, name: str = "us") -> Path:
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def element(name: str = "motto", since: str = "2020-01-01", more: str = "") -> str:
    return ELEMENT.format(name=name, since=since, more=more)


def test_four_jurisdictions_ship() -> None:
    assert jurisdictions() == ("cn", "eu", "us", "us-ca")


def test_every_element_names_its_law_and_speaks_both_languages() -> None:
    for place in jurisdictions():
        for each in rules_of(place, ON).elements:
            assert each.law
            assert each.text["en"]
            assert each.text["zh"]
            assert bool(each.heading["en"]) == bool(each.heading["zh"])


def test_home_adds_an_element_and_an_authority(tmp_path: Path) -> None:
    authority = (
        '[[authority]]\nkey = "state"\neffective_from = 2020-01-01\nname = "State Bank"\naddress = ["1 Main St"]'
    )
    folder = own(tmp_path, authority + element(more='after = "action"'))
    facts = facts_in("us")
    facts = replace(facts, creditor=replace(facts.creditor, regulator="state"))
    notice = build_notice(facts, kind="adverse action", language="en", on=ON, own_rules=folder)
    assert notice.passages[1].paragraphs == ("Our motto is patience.",)
    assert "State Bank" in render_html(notice, folder)
    without = replace(notice, passages=notice.passages[:1] + notice.passages[2:])
    with pytest.raises(NoticeRefused, match="'motto'"):
        render_html(without, folder)


def test_own_rows_of_a_country_hold_in_its_parts(tmp_path: Path) -> None:
    folder = own(own(tmp_path, element()), element(name="second"), "us-ca")
    for place, names in (("us", {"motto"}), ("us-ca", {"motto", "second"}), ("eu", set())):
        found = {each.name for each in rules_of(place, ON, folder).elements} & {"motto", "second"}
        assert found == names, place


def test_row_holds_from_its_first_day_to_its_last(tmp_path: Path) -> None:
    folder = own(tmp_path, element(more="effective_to = 2020-12-31") + element(since="2021-01-01"))
    days = (date(2019, 12, 31), date(2020, 1, 1), date(2020, 12, 31), date(2021, 1, 1))
    found = [[each for each in rules_of("us", on, folder).elements if each.name == "motto"] for on in days]
    assert [len(each) for each in found] == [0, 1, 1, 1]
    assert found[2] != found[3]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[[", "cannot be read as TOML"),
        ("colour = 1", "'colour' is no part of rules"),
        (element(more="colour = 1"), "has 'colour', which is unknown"),
        (element(name=""), "lacks 'name'"),
        (element().replace('"adverse action"', '"love letter"'), "'love letter' is no kind of notice"),
        (element(more='when = "on Mondays"'), "'on Mondays' is no condition"),
        (element(more='after = "nothing"'), "stands after 'nothing', which there is not"),
        (element() + element(since="2021-01-01"), "declared twice for the same days"),
        (element(since='"2020"'), "effective_from is no date"),
        (element(more="needs = 5"), "a value of the wrong type"),
        ("element = 5", "a value of the wrong type"),
        ("[[periods]]\neffective_from = 2020-01-01", "a row of periods lacks 'notice_days'"),
        ('[[authority]]\nkey = "x"', "a row of authority lacks 'effective_from'"),
    ],
)
def test_rules_that_are_none_are_refused(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(NoticeRefused, match=match):
        rules_of("us", ON, own(tmp_path, text))


def test_word_that_the_rules_do_not_know_is_refused(tmp_path: Path) -> None:
    folder = own(tmp_path, element().replace("patience", "{patience}"))
    with pytest.raises(NoticeRefused, match="speaks of 'patience', which is unknown here"):
        build_notice(facts_in("us"), kind="adverse action", language="en", on=ON, own_rules=folder)


def test_no_rules_before_the_first_row_or_elsewhere() -> None:
    with pytest.raises(NoticeRefused, match="no rules of notices in force on 1999-01-01"):
        rules_of("us", date(1999, 1, 1))
    with pytest.raises(NoticeRefused, match="atlantis: no rules of notices; known are cn, eu, us, us-ca"):
        rules_of("atlantis", ON)


def test_parties_are_read(tmp_path: Path) -> None:
    assert read_parties(tmp_path).agency is None
    (tmp_path / FILE).write_text('[agency]\nname = "B"\naddress = ["1"]\n[creditor.c]\nphone = "7"\n', encoding="utf-8")
    parties = read_parties(tmp_path)
    assert parties.agency is not None
    assert parties.agency.address == ("1",)
    assert parties.creditors["c"].phone == "7"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("agency = 1", "agency is no table"),
        ("[[", "cannot be read"),
        ("[x]", "'x' is unknown"),
        ("[agency]\nfax = 1", "agency has 'fax'"),
        ('[agency]\naddress = "1 Main St"', "a list of lines"),
    ],
)
def test_parties_that_are_none_are_refused(tmp_path: Path, text: str, match: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(NoticeRefused, match=match):
        read_parties(tmp_path)
