"""Content is kept for as long as the rules say, longer on hold, and then nothing opens it, in no backup either."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_casework import NOW, SUBSCRIBER, behind, inquiry, record

from bureau.casework.casework import Casework
from bureau.casework.holds import Destroyed
from bureau.casework.opening import open_casework
from bureau.casework.records import Idempotency, NoticeRecord
from bureau.casework.retention import RETENTION, Retention, kept_until, key_number, retention_of
from bureau.errors import CaseworkError, ContentGone
from bureau.home import Home, open_home

END = NOW.replace(year=2029, month=4, day=1)
"""Decided on 28 November 2026, 90 days for a notice, then 25 months: 26 March 2029; gone once the month is over."""


def test_the_days_are_those_of_the_rule() -> None:
    assert kept_until("us", date(2026, 11, 28)) == date(2029, 3, 26)  # 26 February 2027 and 25 months
    assert kept_until("us-ca", date(2026, 11, 28)) == date(2029, 3, 26)  # as in the whole country
    later = Retention("us", date(2027, 1, 1), 36, 0, "a later rule", "a later duty")
    assert kept_until("us", date(2026, 12, 31), (*RETENTION, later)) < kept_until("us", date(2027, 1, 1), (later,))
    assert retention_of("us", date(2027, 1, 1), (*RETENTION, later)) is later
    assert kept_until("us", date(2027, 1, 31), (Retention("us", date(1900, 1, 1), 1, 0, "", ""),)) == date(2027, 2, 28)
    with pytest.raises(CaseworkError, match="no rule says how long"):
        kept_until("xx", date(2026, 11, 28))


@given(on=st.dates(date(2000, 1, 1), date(2090, 1, 1)), jurisdiction=st.sampled_from(["us", "us-ca", "eu", "cn"]))
def test_nothing_is_kept_for_less_than_the_months(on: date, jurisdiction: str) -> None:
    until, rule = kept_until(jurisdiction, on), retention_of(jurisdiction, on)
    months = (until.year - on.year) * 12 + until.month - on.month
    assert months >= rule.months
    assert key_number(until) % 100 == until.month


def test_content_is_gone_when_its_month_is_over_and_not_before(either: Casework) -> None:
    either.keep(record(1), inquiry(1), Idempotency("key", b"body"))
    either.keep(record(2, decided_at=NOW + timedelta(days=60)))
    assert either.holds.destroy_expired(END - timedelta(days=1)) == Destroyed(0, 0, 0, 0)
    assert either.decision("decision-000001", None) == record(1)
    assert either.holds.destroy_expired(END) == Destroyed(1, 1, 1, 0)
    with pytest.raises(ContentGone, match="decision decision-000001: its content is gone"):
        either.decision("decision-000001", None)
    assert either.decision("decision-000002", None).answer == record(2).answer
    assert [each.decision_id for each in either.decisions.all()] == ["decision-000002"]
    assert either.holds.destroy_expired(END) == Destroyed(0, 0, 0, 0)
    (kept,) = either.inquiries.of_consumer(7, NOW.date())
    assert (kept.inquiry.inquiry_ref, kept.inquiry.identity) == ("decision-000001", None)
    assert either.idempotent(SUBSCRIBER, Idempotency("key", b"body")) is None
    with pytest.raises(ContentGone, match="it was destroyed"):
        either.keep(record(3))  # nothing is sealed under a key that is gone


def test_a_hold_keeps_a_decision_and_what_belongs_to_it(either: Casework) -> None:
    notice = NoticeRecord("n-1", "decision-000001", "adverse-action", "en", NOW, None, "cd" * 32, b"Dear applicant")
    for number in (1, 2):
        either.keep(record(number), inquiry(number))
    either.notices.keep(notice, "operator")
    either.holds.place("decision-000001", "case 12", NOW)
    either.holds.place("decision-000001", "case 12", NOW)
    either.holds.place("decision-000001", "case 13", NOW)
    assert [each.reason for each in either.holds.in_force("decision-000001")] == ["case 12", "case 13"]
    assert either.holds.destroy_expired(END) == Destroyed(1, 1, 1, 0)
    assert either.decision("decision-000001", None) == record(1)
    assert either.notices.of("decision-000001") == [notice]
    assert either.holds.lift("decision-000001", "case 12", END)
    assert not either.holds.lift("decision-000001", "case 12", END)
    assert either.holds.destroy_expired(END).keys == 0
    assert either.holds.lift("decision-000001", "case 13", END)
    assert either.holds.destroy_expired(END) == Destroyed(1, 1, 1, 1)
    with pytest.raises(ContentGone, match="decision-000001: its content is gone"):
        either.decision("decision-000001", None)
    with pytest.raises(ContentGone, match="nothing can be held"):
        either.holds.place("decision-000001", "case 14", END)


def test_a_notice_about_a_held_decision_stays_with_it(casework: Casework) -> None:
    casework.keep(record(1))
    casework.holds.place("decision-000001", "case 12", NOW)
    written = NOW + timedelta(days=3)
    casework.notices.keep(
        NoticeRecord("n-1", "decision-000001", "notice", "en", written, None, "cd" * 32, b"Dear"), "x"
    )
    assert casework.holds.destroy_expired(END + timedelta(days=400)) == Destroyed(1, 0, 0, 0)
    assert [each.content for each in casework.notices.of("decision-000001")] == [b"Dear"]
    casework.holds.lift("decision-000001", "case 12", END)
    assert casework.holds.destroy_expired(END + timedelta(days=400)) == Destroyed(1, 1, 0, 1)


def test_a_hold_that_is_lifted_in_time_changes_nothing(casework: Casework) -> None:
    casework.keep(record(1))
    casework.holds.place("decision-000001", "case 12", NOW)
    casework.holds.lift("decision-000001", "case 12", NOW)
    assert casework.holds.destroy_expired(END - timedelta(days=1)).keys == 0
    assert casework.decision("decision-000001", None) == record(1)
    assert casework.holds.destroy_expired(END) == Destroyed(2, 1, 0, 0)  # that of the month, and that of the hold
    with pytest.raises(CaseworkError, match="no such decision"):
        casework.holds.place("decision-000009", "case 12", NOW)


def test_a_backup_of_the_casework_does_not_bring_it_back(home: Home, casework: Casework, tmp_path: Path) -> None:
    casework.keep(record(1))
    assert isinstance(home.casework, Path)
    casework._store.flush()
    backup = Path(shutil.copy(home.casework, tmp_path / "backup.db"))
    casework.holds.destroy_expired(END)
    casework.close()
    for path in home.casework_folder.glob("casework.db*"):
        path.unlink()
    shutil.copy(backup, home.casework)
    with open_casework(open_home(home.root)) as restored, pytest.raises(ContentGone, match="it was destroyed"):
        restored.decision("decision-000001", None)


def test_cut_short_it_is_finished_next_time(home: Home, casework: Casework) -> None:
    """Killed after the content was removed and before its key was destroyed."""
    casework.keep(record(1))
    behind(home.casework, "UPDATE decision SET request = x'', inputs = x'', answer = x'', shadow = x''")
    assert casework.holds.destroy_expired(END).keys == 1
    assert casework.content.live_keys() == []
