"""Accounts that should not be told at all, or not so: taken back before, sold, or of nobody that is known."""

from __future__ import annotations

from typing import Any, Final

import pytest
from clean_records import OTHER
from told_history import ToldHistory

JULY: Final = {"account_information_date": "2024-07-31"}
AUGUST: Final = {"account_information_date": "2024-08-31"}
DELETED: Final = {"account_status": "DA"}
LATE: Final = {
    "account_status": "97",
    "amount_past_due": "9000",
    "charge_off_amount": "9000",
    "first_delinquency_date": "2023-12-01",
    "payment_history_profile": "D" * 24,
}
BOUGHT: Final = {
    "account_number": "Q-7",
    "account_status": "93",
    "amount_past_due": "9000",
    "portfolio_type": "O",
    "account_type": "0C",
    "date_opened": "2024-06-20",
    "last_payment_date": None,
    "payment_history_profile": "D" * 24,
    "first_delinquency_date": "2023-12-01",
    "sale_indicator": "1",
    "sale_name": "HARBOUR BANK NA",
    "original_creditor": "HARBOUR BANK",
}


@pytest.fixture
def history() -> ToldHistory:
    return ToldHistory()


# -- taken back -----------------------------------------------------------------------------------


def test_an_account_that_was_taken_back_comes_back(history: ToldHistory) -> None:
    history.tell("metro2", {})
    assert history.tell("metro2", JULY | DELETED).is_clean
    verdict = history.tell("metro2", AUGUST)
    assert (verdict.aside, verdict.found) == ({}, {1: {"withdrawn-before"}})
    assert verdict.evidence[1, "withdrawn-before"]["before"]["of"] == "2024-07-31"
    # From then on it is there again, and can be taken back again.
    assert history.tell("metro2", JULY, AUGUST).is_clean
    assert history.tell("metro2", AUGUST | DELETED).is_clean


def test_a_lender_takes_an_account_back(history: ToldHistory) -> None:
    history.tell("lender_customers", {})
    history.tell("lender_months", {})
    assert history.tell("lender_months", {"month": "2024-07-31", "action": "delete"}).is_clean
    assert history.tell("lender_months", {"month": "2024-08-31"}).found == {1: {"withdrawn-before"}}
    assert history.tell("lender_months", {"account_ref": "A-2"}).is_clean


def test_a_consumer_who_was_taken_back_from_an_account_that_stays(history: ToldHistory) -> None:
    history.tell("metro2", {"associated": [OTHER]})
    assert history.tell("metro2", JULY | {"associated": [OTHER | {"ecoa": "Z"}]}).is_clean
    assert history.tell("metro2", AUGUST | {"associated": [OTHER | {"ecoa": "Z"}]}).is_clean
    verdict = history.tell("metro2", AUGUST | {"associated": [OTHER]})
    assert (verdict.aside, verdict.found) == ({}, {1: {"withdrawn-before"}})
    assert history.tell("metro2", AUGUST).is_clean


# -- sales ----------------------------------------------------------------------------------------


def test_the_seller_goes_on_by_word_of_the_buyer(history: ToldHistory) -> None:
    history.tell("metro2", LATE)
    assert history.tell("metro2", JULY | BOUGHT, furnisher="quick").is_clean
    verdict = history.tell("metro2", JULY | LATE)
    assert verdict.found == {1: {"sold-by-word-of-buyer"}}
    assert verdict.evidence[1, "sold-by-word-of-buyer"]["before"]["furnisher"] == "quick"
    sold = LATE | {"current_balance": "0", "amount_past_due": "0", "sale_indicator": "2", "sale_name": "QUICK DEBT"}
    assert history.tell("metro2", JULY | sold).is_clean


@pytest.mark.parametrize(
    "change",
    [
        {"sale_name": "OTHER BANK", "original_creditor": "OTHER BANK"},
        {"ssn": "223456789"},
        {"first_delinquency_date": "2023-11-05"},
        JULY,
    ],
    ids=["another seller", "another person", "another account", "sold later"],
)
def test_what_was_bought_is_another_account(history: ToldHistory, change: dict[str, Any]) -> None:
    history.tell("metro2", {"account_information_date": "2024-05-31", "last_payment_date": "2024-05-10"} | LATE)
    history.tell("metro2", BOUGHT | change, furnisher="quick")
    assert history.tell("metro2", LATE).is_clean


def test_a_sale_moves_the_first_delinquency(history: ToldHistory) -> None:
    sold = LATE | {"current_balance": "0", "amount_past_due": "0", "sale_indicator": "2", "sale_name": "QUICK DEBT"}
    history.tell("metro2", sold)
    verdict = history.tell("metro2", JULY | BOUGHT | {"first_delinquency_date": "2024-02-01"}, furnisher="quick")
    assert verdict.found == {1: {"delinquency-moved-by-sale"}}
    other = JULY | BOUGHT | {"account_number": "Q-8", "first_delinquency_date": "2023-12-31"}
    assert history.tell("metro2", other, furnisher="quick").is_clean, "counted from the day due or from 30 days later"


# -- customers ------------------------------------------------------------------------------------


def test_the_customer_of_an_account_is_not_known(history: ToldHistory) -> None:
    history.tell("lender_customers", {})
    verdict = history.tell(
        "lender_months",
        {},
        {"account_ref": "A-2", "customer_ref": "C-2"},
        {"account_ref": "A-2", "customer_ref": "C-2", "month": "2024-05-31", "last_payment_on": None},
    )
    assert verdict.aside == {2: {"unknown-customer"}, 3: {"unknown-customer"}}
    history.tell("lender_customers", {"customer_ref": "C-2", "national_number": "223456789"})
    assert history.tell("lender_months", {"account_ref": "A-2", "customer_ref": "C-2"}).is_clean


def test_a_customer_who_waits_for_review_is_known(history: ToldHistory) -> None:
    history.tell("lender_customers", {})
    history.connection.execute("INSERT INTO quarantine VALUES (1, 2, ['filled:surname'], token('reference', 'C-2'))")
    assert history.tell("lender_months", {"account_ref": "A-2", "customer_ref": "C-2"}).is_clean
    assert history.tell("lender_months", {"account_ref": "A-3", "customer_ref": "C-3"}).aside == {
        1: {"unknown-customer"}
    }
    history.connection.execute("UPDATE delivery SET status = 'held' WHERE delivery_no = 1")
    assert history.tell("lender_months", {"account_ref": "A-4", "customer_ref": "C-4"}).is_clean
