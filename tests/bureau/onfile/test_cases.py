"""Cases in court as two furnishers tell them, and as one tells them twice."""

from __future__ import annotations

from typing import Any, Final

import pytest
from told_history import ToldHistory

FILED: Final = {"status": "filed", "status_on": "2023-05-02"}
BANKRUPTCY: Final = {"kind": "bankruptcy_7"}


@pytest.fixture
def history() -> ToldHistory:
    return ToldHistory()


@pytest.mark.parametrize(
    "change", [{"filed_on": "2023-05-03"}, {"amount": "4200.00"}, {"kind": "tax_lien"}], ids=["filed", "amount", "kind"]
)
def test_what_never_changes_of_a_case(history: ToldHistory, change: dict[str, Any]) -> None:
    history.tell("court_records", FILED)
    verdict = history.tell("court_records", change)
    assert verdict.aside == {1: {"case-changed"}}
    assert verdict.evidence[1, "case-changed"]["before"]["told"]["filed_on"] == "2023-05-02"
    assert history.tell("court_records", {}).is_clean
    verdict = history.tell("court_records", change, furnisher="civic")
    assert verdict.found == {1: {"case-told-otherwise"}}
    assert not verdict.aside


def test_a_case_goes_on(history: ToldHistory) -> None:
    history.tell("court_records", FILED)
    assert history.tell("court_records", FILED, furnisher="civic").is_clean
    assert history.tell("court_records", {}).is_clean
    assert history.tell("court_records", {}, furnisher="civic").is_clean
    assert history.tell("court_records", {"amount": "0"}).is_clean


def test_a_case_that_has_ended_is_filed_again(history: ToldHistory) -> None:
    history.tell("court_records", {})
    again = {"status": "filed", "status_on": "2024-06-01"}
    assert history.tell("court_records", again).aside == {1: {"case-went-back"}}
    assert history.tell("court_records", again, furnisher="civic").found == {1: {"case-told-otherwise"}}


def test_a_filing_that_comes_late_is_no_step_back(history: ToldHistory) -> None:
    history.tell("court_records", {})
    assert history.tell("court_records", FILED).is_clean
    assert history.tell("court_records", FILED, furnisher="civic").is_clean


def test_two_ends_of_one_case(history: ToldHistory) -> None:
    history.tell("court_records", BANKRUPTCY | FILED)
    history.tell("court_records", BANKRUPTCY | {"status": "discharged"})
    verdict = history.tell("court_records", BANKRUPTCY | {"status": "dismissed"}, furnisher="civic")
    assert verdict.found == {1: {"case-told-otherwise"}}
    # The first goes on to tell what it told: whoever disagrees came later.
    assert history.tell("court_records", BANKRUPTCY | {"status": "discharged", "amount": "0"}).is_clean


def test_two_days_of_one_step(history: ToldHistory) -> None:
    history.tell("court_records", {})
    assert history.tell("court_records", {"status_on": "2024-05-21"}, furnisher="civic").found == {
        1: {"case-told-otherwise"}
    }
    assert history.tell("court_records", {}, furnisher="quick").is_clean


def test_other_cases_are_others(history: ToldHistory) -> None:
    history.tell("court_records", {})
    other = {"amount": "77.00", "filed_on": "2024-01-02"}
    assert history.tell("court_records", other | {"case_number": "24-1002"}).is_clean
    assert history.tell("court_records", other | {"court": "Southern District"}, furnisher="civic").is_clean
