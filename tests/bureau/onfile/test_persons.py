"""Persons beside what was told of them before, by the same furnisher and by others."""

from __future__ import annotations

from typing import Any, Final

import pytest
from clean_records import CLEAN, OTHER, RESIDENT
from told_history import ToldHistory

from bureau.kinds.all import KINDS

WITH_PERSONS: Final = [kind for kind in KINDS if kind != "lender_months"]
NUMBER: Final = {kind: "ssn" if kind == "metro2" else "national_number" for kind in WITH_PERSONS}
DATED: Final = {
    "metro2": "account_information_date",
    "lender_customers": "told_on",
    "court_records": "status_on",
    "recurring_payments": "period",
    "shop_orders": "status_on",
    "applications": "applied_on",
}
"""Kind to the column that says of when it tells."""


@pytest.fixture
def history() -> ToldHistory:
    return ToldHistory()


def later(kind: str, **changes: Any) -> dict[str, Any]:
    """The clean record of a month later, with some changes; a court case of the same standing."""
    if kind in ("metro2", "recurring_payments"):
        return {DATED[kind]: "2024-07-31", **changes}
    return {DATED[kind]: "2024-07-10", **changes}


# -- under the same reference ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", WITH_PERSONS)
def test_number_birth_date_and_order_of_names_under_one_reference(history: ToldHistory, kind: str) -> None:
    assert history.tell(kind, {}).is_clean
    assert history.tell(kind, later(kind, **{NUMBER[kind]: "123456780"})).aside == {1: {"national-number-changed"}}
    verdict = history.tell(kind, later(kind, birth_date="1980-03-01"))
    assert verdict.aside == {1: {"birth-date-changed"}}
    assert not verdict.found, "the same furnisher under the same reference is one contradiction, not two"
    before = verdict.evidence[1, "birth-date-changed"]["before"]
    assert (before["told"], before["furnisher"], before["delivery"], before["line"]) == ("1980-02-29", "harbour", 1, 1)
    swapped = {"surname": CLEAN[kind]["first_name"], "first_name": CLEAN[kind]["surname"]}
    assert history.tell(kind, later(kind, **swapped)).aside == {1: {"names-swapped"}}


@pytest.mark.parametrize("kind", WITH_PERSONS)
def test_marriage_and_move_are_no_contradiction(history: ToldHistory, kind: str) -> None:
    history.tell(kind, {})
    address = {"address_1": "9 HILL ROAD"} if kind == "metro2" else {"address": "9 Hill Road"}
    assert history.tell(kind, later(kind, surname="Marsh", **address, city="Troy")).is_clean
    assert history.tell(kind, later(kind, first_name="Adaeze")).is_clean


def test_what_was_not_told_before_is_no_contradiction(history: ToldHistory) -> None:
    history.tell("recurring_payments", {"national_number": None, "birth_date": None})
    assert history.tell("recurring_payments", {"period": "2024-07-31"}).is_clean
    assert history.tell(
        "recurring_payments", {"period": "2024-08-31", "national_number": None, "city": "Troy"}
    ).is_clean


def test_within_one_delivery_the_earlier_record_bears_witness(history: ToldHistory) -> None:
    verdict = history.tell("lender_customers", {"told_on": "2024-05-31"}, {"national_number": "123456780"})
    assert verdict.aside == {2: {"national-number-changed"}}


def test_joint_account_holder_of_whom_another_number_is_told(history: ToldHistory) -> None:
    history.tell("metro2", {"associated": [OTHER]})
    verdict = history.tell("metro2", later("metro2", associated=[OTHER | {"ssn": "223456788"}]))
    assert verdict.aside == {1: {"national-number-changed"}}
    # A second joint holder, and a twin of the first, are others.
    twin = OTHER | {"ssn": "223456700", "first_name": "OBI"}
    assert history.tell("metro2", later("metro2", associated=[OTHER, twin])).is_clean


# -- under the same national number ---------------------------------------------------------------


def test_another_furnisher_tells_another_birth_date(history: ToldHistory) -> None:
    history.tell("lender_customers", {})
    wrong = {"birth_date": "1980-03-29"}
    verdict = history.tell("recurring_payments", wrong, furnisher="civic")
    assert verdict.found == {1: {"other-birth-date"}}
    assert not verdict.aside
    # A third who agrees with the first is borne out; the first says nothing new.
    assert history.tell("applications", {}, furnisher="quick").is_clean
    assert history.tell("lender_customers", {"told_on": "2024-07-10", "city": "Troy"}).is_clean
    # Who contradicts goes on to do so when it tells the person anew.
    assert history.tell("recurring_payments", later("recurring_payments", **wrong, city="Troy"),
                        furnisher="civic").found == {1: {"other-birth-date"}}  # fmt: skip


def test_a_resident_number_is_one_whatever_the_case_of_its_check_character(history: ToldHistory) -> None:
    born = {"national_number": RESIDENT, "birth_date": "1949-12-31"}
    history.tell("lender_customers", born)
    assert history.tell("applications", born | {"national_number": RESIDENT.lower()}, furnisher="civic").is_clean


def test_names_the_other_way_round_elsewhere(history: ToldHistory) -> None:
    history.tell("lender_customers", {})
    swapped = {"surname": "Ada", "first_name": "OKAFOR"}
    verdict = history.tell("applications", swapped, furnisher="civic")
    assert verdict.found == {1: {"names-swapped-elsewhere"}}
    assert history.tell("recurring_payments", {}, furnisher="quick").is_clean


def test_twins_and_father_and_son_are_others(history: ToldHistory) -> None:
    history.tell("lender_customers", {})
    twin = {"customer_ref": "C-2", "first_name": "Chika", "national_number": "123456700"}
    son = {"customer_ref": "C-3", "generation": "Jr", "national_number": "223456789", "birth_date": "2003-01-09"}
    assert history.tell("lender_customers", twin, son).is_clean
    assert history.tell("applications", son | {"application_ref": "P-2"}, furnisher="civic").is_clean


# -- employers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("employer", "since", "told_on", "differs"),
    [
        ("Erie Cement", "2019-09-01", "2024-06-30", True),
        ("Erie Cement", "2024-07-01", "2024-06-30", False),  # a new place since then
        ("HUDSON MILLS, INC.", "2019-09-01", "2024-06-30", True),
        ("hudson mills", "2019-09-01", "2024-06-30", False),
        (None, None, "2024-06-30", False),
        ("Erie Cement", None, "2024-06-30", True),
        ("Erie Cement", None, "2024-05-31", False),  # long enough for a change
    ],
)
def test_another_employer_at_the_same_time(
    history: ToldHistory, employer: str | None, since: str | None, told_on: str, *, differs: bool
) -> None:
    history.tell("lender_customers", {"told_on": told_on})
    verdict = history.tell(
        "applications",
        {"employer": employer, "employed_since": since, "applied_on": "2024-07-10"},
        furnisher="civic",
    )
    assert verdict.found == ({1: {"other-employer"}} if differs else {})


def test_employer_in_metro_2_is_cut_and_in_capitals(history: ToldHistory) -> None:
    long = "Northern Manufacturing and Trading Corporation"
    history.tell("lender_customers", {"employer": long})
    assert history.tell("metro2", {"employer": long.upper()[:30]}, furnisher="quick").is_clean
    other = ToldHistory()
    other.tell("lender_customers", {"employer": long})
    assert other.tell("metro2", {"employer": "ERIE CEMENT"}, furnisher="civic").found == {1: {"other-employer"}}


def test_an_employer_told_once_is_told_again_with_every_month(history: ToldHistory) -> None:
    def month(day: str, **changes: Any) -> dict[str, Any]:
        return {"account_information_date": day, "last_payment_date": None, "employer": "HUDSON MILLS", **changes}

    history.tell("metro2", month("2024-01-31"))
    history.tell("metro2", month("2024-05-31"))
    elsewhere = {"employer": "Erie Cement", "told_on": "2024-06-30"}
    # Since May the person may have changed; the bank has not told June yet.
    assert history.tell("lender_customers", elsewhere, furnisher="civic").is_clean
    history.tell("metro2", month("2024-07-31"))
    verdict = history.tell("lender_customers", elsewhere | {"told_on": "2024-07-31", "city": "Troy"}, furnisher="quick")
    assert verdict.is_clean, "another furnisher tells the same"
    other = ToldHistory()
    other.tell("metro2", month("2024-01-31"))
    other.tell("metro2", month("2024-06-30"))
    verdict = other.tell("lender_customers", elsewhere, furnisher="civic")
    assert verdict.found == {1: {"other-employer"}}
    assert verdict.evidence[1, "other-employer"]["before"]["of"] == "2024-01-31"


def test_an_employer_told_again_with_an_application(history: ToldHistory) -> None:
    history.tell("applications", {"applied_on": "2024-01-11"})
    history.tell("metro2", {"account_information_date": "2024-01-31", "last_payment_date": None, "employer": None})
    history.tell("applications", {"applied_on": "2024-06-11", "application_ref": "P-2"})
    elsewhere = {"employer": "Erie Cement", "told_on": "2024-06-30"}
    assert history.tell("lender_customers", elsewhere, furnisher="civic").found == {1: {"other-employer"}}


def test_persons_of_one_line_are_judged_each_by_itself(history: ToldHistory) -> None:
    history.tell("lender_customers", {}, {"customer_ref": "C-2", "surname": "Okafor", "first_name": "Chidi",
                                          "birth_date": "1979-11-03", "national_number": "223456789"})  # fmt: skip
    born = {"birth_date": "1979-11-03"}
    verdict = history.tell("metro2", {"associated": [OTHER]} | born, furnisher="civic")
    assert verdict.found == {1: {"other-birth-date"}}


def test_a_correction_that_another_furnisher_bears_out(history: ToldHistory) -> None:
    wrong = {"birth_date": "1980-02-28"}
    history.tell("lender_customers", {})
    assert history.tell("recurring_payments", wrong, furnisher="civic").found == {1: {"other-birth-date"}}
    assert history.tell("recurring_payments", {"period": "2024-07-31"}, furnisher="civic").is_clean
    assert history.tell("recurring_payments", {"period": "2024-08-31"} | wrong | {"city": "Troy"},
                        furnisher="civic").found == {1: {"other-birth-date"}}  # fmt: skip


def test_the_months_of_a_furnisher_that_told_an_employer_elsewhere_confirm_nothing(history: ToldHistory) -> None:
    history.tell("applications", {"applied_on": "2024-01-11"})
    history.tell("metro2", {"employer": None})
    elsewhere = {"employer": "Erie Cement", "told_on": "2024-06-30"}
    assert history.tell("lender_customers", elsewhere, furnisher="civic").is_clean


def test_names_swapped_when_the_surname_has_changed_since(history: ToldHistory) -> None:
    history.tell("lender_customers", {})
    married = {"surname": "Ada", "first_name": "Marsh", "told_on": "2024-07-10"}
    assert history.tell("lender_customers", married).aside == {1: {"names-swapped"}}


def test_names_told_the_other_way_round_in_another_kind_of_delivery(history: ToldHistory) -> None:
    history.tell("applications", {"surname": "Ada", "first_name": "Okafor"})
    verdict = history.tell("metro2", {})
    assert (verdict.aside, verdict.found) == ({}, {1: {"names-swapped-elsewhere"}})
    assert history.tell("metro2", {"account_information_date": "2024-07-31"}).is_clean
