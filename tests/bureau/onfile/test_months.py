"""Months beside what was told before: each check fires on a contradiction and is silent on what only looks like one."""

from __future__ import annotations

from calendar import monthrange
from typing import Any, Final

import pytest
from told_history import ToldHistory, Verdict

DELINQUENT: Final = {"account_status": "78", "amount_past_due": "800", "payment_history_profile": "D" * 24}
LATE: Final = {"status": "late", "amount_past_due": "600", "days_past_due": "31"}


@pytest.fixture
def history() -> ToldHistory:
    return ToldHistory()


def month_end(month: int) -> str:
    """Last day of the month, counted from January 2024."""
    year, place = 2024 + (month - 1) // 12, (month - 1) % 12 + 1
    return f"{year}-{place:02}-{monthrange(year, place)[1]}"


def metro2(month: int, **changes: Any) -> dict[str, Any]:
    """A Metro 2 month, paid in it."""
    end = month_end(month)
    return {"account_information_date": end, "last_payment_date": f"{end[:8]}10", **changes}


def lender(month: int, **changes: Any) -> dict[str, Any]:
    """A lender's month."""
    end = month_end(month)
    return {"month": end, "last_payment_on": f"{end[:8]}12", **changes}


def rules_of(verdict: Verdict) -> dict[int, set[str]]:
    """Every rule of every line, whatever its severity."""
    lines = verdict.aside.keys() | verdict.found.keys()
    return {line: verdict.aside.get(line, set()) | verdict.found.get(line, set()) for line in lines}


# -- what never changes ---------------------------------------------------------------------------


def test_opened_on_another_day(history: ToldHistory) -> None:
    assert history.tell("metro2", metro2(1)).is_clean
    verdict = history.tell("metro2", metro2(2, date_opened="2021-03-16"))
    assert verdict.aside == {1: {"opened-changed"}}
    assert verdict.evidence[1, "opened-changed"] == {
        "now": "2021-03-16",
        "of": "2024-02-29",
        "before": {"told": "2021-03-15", "furnisher": "harbour", "of": "2024-01-31", "delivery": 1, "line": 1},
    }
    # What was set aside bears no witness later.
    assert history.tell("metro2", metro2(3)).is_clean
    assert history.tell("metro2", metro2(4, date_opened="2021-03-16")).aside == {1: {"opened-changed"}}


def test_opened_is_judged_by_earlier_deliveries_first(history: ToldHistory) -> None:
    history.tell("metro2", metro2(1))
    wrong = {"date_opened": "2021-03-16"}
    verdict = history.tell("metro2", metro2(2, **wrong), metro2(3, **wrong), metro2(4, **wrong), metro2(5))
    assert verdict.aside == {line: {"opened-changed"} for line in (1, 2, 3)}


def test_opened_is_judged_by_most_months_of_a_first_delivery(history: ToldHistory) -> None:
    told = [metro2(month) for month in range(1, 7)]
    told[2]["date_opened"] = "2021-03-16"
    assert history.tell("metro2", *told).aside == {3: {"opened-changed"}}


def test_original_amount_of_a_loan_changed_and_the_limit_of_a_card_raised(history: ToldHistory) -> None:
    card = {"account_number": "B", "portfolio_type": "R", "account_type": "18", "credit_limit": "5000"}
    history.tell("metro2", metro2(1), metro2(1, **card, highest_credit="4000"))
    verdict = history.tell(
        "metro2",
        metro2(2, highest_credit="21000"),
        metro2(2, **card | {"credit_limit": "6000"}, highest_credit="5100"),
    )
    assert verdict.aside == {1: {"original-amount-changed"}}
    assert not verdict.found


def test_a_lender_s_months_are_judged_alike(history: ToldHistory) -> None:
    history.tell("lender_customers", {})
    assert history.tell("lender_months", lender(1)).is_clean
    verdict = history.tell(
        "lender_months", lender(2, opened_on="2022-01-16"), lender(3, credit_amount="12000.01"), lender(4)
    )
    assert verdict.aside == {1: {"opened-changed"}, 2: {"original-amount-changed"}}


# -- the date of first delinquency ----------------------------------------------------------------


def test_delinquency_that_goes_on_moves_later(history: ToldHistory) -> None:
    history.tell("metro2", metro2(1, **DELINQUENT, first_delinquency_date="2023-12-31"))
    assert history.tell("metro2", metro2(2, **DELINQUENT, first_delinquency_date="2023-12-31")).is_clean
    verdict = history.tell("metro2", metro2(3, **DELINQUENT, first_delinquency_date="2024-02-29"))
    assert verdict.aside == {1: {"delinquency-moved"}}
    assert verdict.evidence[1, "delinquency-moved"]["before"]["told"] == "2023-12-31"


def test_delinquency_moves_earlier_or_begins_anew_after_a_cure(history: ToldHistory) -> None:
    history.tell("metro2", metro2(1, **DELINQUENT, first_delinquency_date="2023-12-31"))
    assert history.tell("metro2", metro2(2, **DELINQUENT, first_delinquency_date="2023-11-30")).is_clean
    history.tell("metro2", metro2(3, payment_history_profile="22" + "D" * 22))
    anew = metro2(5, **DELINQUENT, first_delinquency_date="2024-04-30")
    assert history.tell("metro2", anew).is_clean


@pytest.mark.parametrize(
    ("moved_to", "profile", "moved"),
    [
        # March and April are not told; by their end a cure and a new delinquency are possible.
        ("2024-04-30", "D" * 3 + "2" + "0" * 20, False),
        # The history tells them as late: no cure.
        ("2024-04-30", "432" + "2" + "0" * 20, True),
        # It began while the one told before went on.
        ("2024-02-15", "D" * 3 + "2" + "0" * 20, True),
    ],
)
def test_over_months_that_are_missing(history: ToldHistory, moved_to: str, profile: str, *, moved: bool) -> None:
    history.tell("metro2", metro2(2, **DELINQUENT, first_delinquency_date="2023-12-31"))
    now = DELINQUENT | {"first_delinquency_date": moved_to, "payment_history_profile": profile}
    verdict = history.tell("metro2", metro2(6, **now))
    assert verdict.aside == ({1: {"delinquency-moved"}} if moved else {})


def test_a_charged_off_account_is_never_cured(history: ToldHistory) -> None:
    lost = DELINQUENT | {"account_status": "97", "amount_past_due": "9000", "charge_off_amount": "9000"}
    history.tell("metro2", metro2(1, **lost, first_delinquency_date="2023-06-30"))
    verdict = history.tell("metro2", metro2(6, **lost, first_delinquency_date="2024-05-31"))
    assert verdict.aside == {1: {"delinquency-moved"}}


def test_delinquency_of_a_lender_s_account_within_one_delivery(history: ToldHistory) -> None:
    history.tell("lender_customers", {})
    verdict = history.tell(
        "lender_months",
        lender(1, **LATE, first_delinquency_on="2023-12-15"),
        lender(2, **LATE, first_delinquency_on="2024-01-31"),
        lender(3, **LATE, first_delinquency_on="2024-01-31"),
        lender(4, **LATE, first_delinquency_on="2023-12-15"),
        lender(5),
        lender(6, status="late", amount_past_due="10", days_past_due="31", first_delinquency_on="2024-06-01"),
    )
    assert verdict.aside == {2: {"delinquency-moved"}, 3: {"delinquency-moved"}}


# -- the payment history profile ------------------------------------------------------------------


def late_then_current(month: int, profile: str) -> dict[str, Any]:
    return metro2(month, payment_history_profile=profile + "0" * (24 - len(profile)))


def test_history_contradicts_the_month_itself(history: ToldHistory) -> None:
    history.tell("metro2", metro2(1, **DELINQUENT, first_delinquency_date="2023-12-31"))
    assert history.tell("metro2", late_then_current(2, "2")).is_clean
    verdict = history.tell("metro2", late_then_current(3, "00"))
    assert verdict.aside == {1: {"history-contradicts"}}
    evidence = verdict.evidence[1, "history-contradicts"]
    assert (evidence["now"], evidence["before"]["told"]) == ("0", "2")
    assert history.tell("metro2", late_then_current(4, "002")).is_clean


def test_history_contradicts_an_earlier_history(history: ToldHistory) -> None:
    history.tell("metro2", late_then_current(1, "0012"))
    assert history.tell("metro2", late_then_current(2, "00012")).is_clean
    assert history.tell("metro2", late_then_current(3, "000013")).aside == {1: {"history-contradicts"}}


def test_history_over_missing_months(history: ToldHistory) -> None:
    history.tell("metro2", metro2(1, **DELINQUENT, first_delinquency_date="2023-12-31"))
    assert history.tell("metro2", late_then_current(5, "1002")).is_clean
    assert history.tell("metro2", late_then_current(8, "0001001")).aside == {1: {"history-contradicts"}}


def test_padding_and_zero_balances_contradict_nothing(history: ToldHistory) -> None:
    history.tell("metro2", metro2(1, payment_history_profile="000" + "B" * 21))
    assert history.tell("metro2", metro2(2, payment_history_profile="E0E0" + "1" + "B" * 19)).is_clean
    assert history.tell("metro2", metro2(3, payment_history_profile="D" * 24)).is_clean


def test_a_corrected_month_agrees_with_the_histories_before_and_after(history: ToldHistory) -> None:
    history.tell("metro2", metro2(1))
    history.tell("metro2", metro2(2, **DELINQUENT, first_delinquency_date="2024-01-31"))
    assert history.tell("metro2", late_then_current(3, "2")).is_clean
    # February was a mistake: the month is told again, and later histories tell it as it was.
    assert history.tell("metro2", metro2(2)).is_clean
    assert history.tell("metro2", late_then_current(4, "000")).is_clean
    # A furnisher that goes on telling the old version is contradicted by nobody.
    assert history.tell("metro2", late_then_current(5, "0020")).is_clean
    assert history.tell("metro2", late_then_current(6, "00030")).aside == {1: {"history-contradicts"}}


def test_a_month_that_comes_late_is_no_contradiction(history: ToldHistory) -> None:
    history.tell("metro2", late_then_current(1, ""))
    history.tell("metro2", late_then_current(3, "10"))
    assert history.tell("metro2", metro2(2, account_status="71", amount_past_due="400",
                                         first_delinquency_date="2024-02-28")).is_clean  # fmt: skip
    assert history.tell("metro2", late_then_current(4, "010")).is_clean
    assert history.tell("metro2", late_then_current(5, "0000")).aside == {1: {"history-contradicts"}}


def test_history_in_a_first_delivery_of_many_months(history: ToldHistory) -> None:
    told = [late_then_current(month, "") for month in range(1, 9)]
    told[4]["payment_history_profile"] = "0003" + "0" * 20
    # Before the first month nobody but the histories themselves tells.
    told[6]["payment_history_profile"] = "0" * 12 + "1" + "0" * 11
    assert history.tell("metro2", *told).aside == {5: {"history-contradicts"}, 7: {"history-contradicts"}}


# -- balances over the limit, and sales -----------------------------------------------------------


def test_over_limit_three_months_running(history: ToldHistory) -> None:
    card = {"portfolio_type": "R", "account_type": "18", "highest_credit": "9000", "credit_limit": "8000"}
    for month in (1, 2):
        assert history.tell("metro2", metro2(month, **card)).is_clean
    assert history.tell("metro2", metro2(3, **card)).found == {1: {"over-limit"}}
    assert history.tell("metro2", metro2(4, **card)).found == {1: {"over-limit"}}
    assert history.tell("metro2", metro2(5, **card, current_balance="8000")).is_clean
    for month in (6, 7):
        assert history.tell("metro2", metro2(month, **card)).is_clean


def test_balance_after_the_sale(history: ToldHistory) -> None:
    sold = {"account_status": "05", "payment_rating": "0", "current_balance": "0", "sale_indicator": "2"}
    history.tell("metro2", metro2(1))
    assert history.tell("metro2", metro2(2, **sold)).is_clean
    assert history.tell("metro2", metro2(3, **sold)).is_clean
    assert history.tell("metro2", metro2(4)).aside == {1: {"reported-after-sale"}}
    assert history.tell("metro2", metro2(5, sale_indicator="9")).is_clean


def test_lines_told_twice_bear_no_witness(history: ToldHistory) -> None:
    wrong = {"date_opened": "2021-03-16"}
    verdict = history.tell("metro2", metro2(1, **wrong), metro2(1), metro2(2), unique=[1, 2])
    assert verdict.is_clean
    assert history.tell("metro2", metro2(3)).is_clean


def test_a_deletion_is_not_judged(history: ToldHistory) -> None:
    history.tell("metro2", metro2(1))
    assert history.tell("metro2", metro2(2, account_status="DA", date_opened="2021-03-16")).is_clean


def test_accounts_are_told_apart(history: ToldHistory) -> None:
    history.tell("metro2", metro2(1, account_number="A"), metro2(1, account_number="B", date_opened="2020-01-01"))
    verdict = history.tell(
        "metro2", metro2(2, account_number="B"), metro2(2, account_number="A"), metro2(2, account_number="C")
    )
    assert rules_of(verdict) == {1: {"opened-changed"}}
