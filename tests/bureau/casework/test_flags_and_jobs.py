"""Flags on files, notices to consumers, and batch jobs that one worker has at a time."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, timedelta

import pytest
from made_casework import NOW, SUBSCRIBER, inquiry, record

from bureau.audit.events import Event
from bureau.casework.casework import Casework
from bureau.casework.flags import FLAGS
from bureau.casework.notices import SentNotice
from bureau.casework.records import BatchJob, NoticeRecord
from bureau.errors import AccessError, CaseworkError, NotOnRecord

TODAY = NOW.date()
MINUTE = timedelta(minutes=1)


def test_a_flag_is_in_force_from_one_day_to_another(either: Casework) -> None:
    either.flags.place(7, "fraud_alert", NOW, reason="asked for")
    either.flags.place(8, "frozen", NOW, reason="asked for")
    assert either.flags_of([7, 8, 9], TODAY) == {"fraud_alert", "frozen"}
    assert either.flags_of([9], TODAY) == frozenset()
    assert either.flags_of([7], date(2027, 11, 27)) == {"fraud_alert"}
    assert either.flags_of([7], date(2027, 11, 28)) == frozenset()  # one year (FCRA 605A(a))
    assert either.flags_of([8], date(2099, 1, 1)) == {"frozen"}
    assert either.flags.lift(8, "frozen", NOW)
    assert not either.flags.lift(8, "frozen", NOW)
    assert either.flags_of([8], TODAY) == frozenset()
    assert [(each.consumer_id, each.flag) for each in either.flags.history()] == [(7, "fraud_alert"), (8, "frozen")]


def test_how_long_flags_last_is_the_laws() -> None:
    assert {code: flag.years for code, flag in FLAGS.items() if flag.years} == {
        "fraud_alert": 1,
        "extended_fraud_alert": 7,
        "active_duty": 1,
    }


def test_a_flag_that_is_none_is_refused(casework: Casework) -> None:
    with pytest.raises(AccessError, match="no flag of a file; there are frozen"):
        casework.flags.place(7, "suspicious", NOW, reason="")
    with pytest.raises(AccessError, match="before it is in force"):
        casework.flags.place(7, "frozen", NOW, reason="", expires_on=TODAY)
    leap = casework.flags.place(7, "active_duty", NOW.replace(year=2028, month=2, day=29), reason="asked for")
    assert leap.expires_on == date(2029, 3, 1)


def test_a_notice_is_kept_and_sent_once(either: Casework) -> None:
    notice = NoticeRecord("n-1", "decision-000001", "adverse-action", "zh", NOW, None, "cd" * 32, "您好".encode())
    with pytest.raises(CaseworkError, match="no such decision"):
        either.notices.keep(notice, "operator")
    either.keep(record(1), inquiry(1))
    assert either.notices.keep(notice, "operator") == notice
    again = dataclasses.replace(notice, rendered_at=NOW + MINUTE)
    assert either.notices.keep(again, "operator") == notice  # the first time counts
    with pytest.raises(CaseworkError, match="another notice has this name"):
        either.notices.keep(dataclasses.replace(notice, sha256="ef" * 32), "operator")
    assert either.notices.all_sent() == []
    either.notices.sent("n-1", NOW + MINUTE, "operator", noted_at=NOW + MINUTE)
    told = Event.of(list(either.audit.entries())[-1].text)[1]
    assert (told.kind, told.subscriber, told.consumer_id) == ("notice sent", SUBSCRIBER, 7)
    either.notices.sent("n-1", NOW + 2 * MINUTE, "operator", noted_at=NOW + 2 * MINUTE)
    assert either.notices.all_sent() == [SentNotice("decision-000001", "adverse-action", NOW, NOW + MINUTE)]
    assert either.notices.of("decision-000001") == [dataclasses.replace(notice, sent_at=NOW + MINUTE)]
    with pytest.raises(CaseworkError, match="no such notice"):
        either.notices.sent("n-2", NOW, "operator", noted_at=NOW)


def test_the_day_on_which_a_notice_was_sent_can_be_and_can_be_corrected(either: Casework) -> None:
    either.keep(record(1))
    either.notices.keep(NoticeRecord("n-1", "decision-000001", "a", "en", NOW, None, "cd" * 32, b"Dear"), "operator")
    day, today = timedelta(days=1), NOW + timedelta(days=9)
    with pytest.raises(CaseworkError, match="not noted as sent, so nothing is corrected"):
        either.notices.sent("n-1", NOW, "operator", noted_at=today, correct=True)
    for wrong in (NOW - day, today + day):
        with pytest.raises(
            CaseworkError, match=r"cannot have been sent on .*written on 2026-11-28, and today is 2026-12-07"
        ):
            either.notices.sent("n-1", wrong, "operator", noted_at=today)
    either.notices.sent("n-1", NOW, "operator", noted_at=today)
    with pytest.raises(CaseworkError, match="is noted as sent on 2026-11-28; correct it with `--correct`"):
        either.notices.sent("n-1", today, "operator", noted_at=today)
    either.notices.sent("n-1", today, "operator", noted_at=today, correct=True)
    assert [each.sent_at for each in either.notices.all_sent()] == [today]
    told = [json.loads(entry.text) for entry in either.audit.entries()][-2:]
    assert [each["details"] for each in told] == [
        {"notice": "n-1", "sent_on": "2026-11-28"},
        {"notice": "n-1", "sent_on": "2026-12-07", "corrects": "2026-11-28"},
    ]


def test_one_worker_has_a_job_and_another_takes_it_over(either: Casework) -> None:
    jobs = [
        BatchJob(f"b-{number}", SUBSCRIBER, "a-key", "account-review", "csv", NOW + number * MINUTE, NOW)
        for number in (2, 1)
    ]
    for job in jobs:
        either.batches.add(job)
    first = either.batches.claim("one", NOW, lease=5 * MINUTE)
    second = either.batches.claim("two", NOW, lease=5 * MINUTE)
    assert first is not None
    assert second is not None
    assert (first.batch_id, first.state, second.batch_id) == ("b-1", "running", "b-2")
    assert either.batches.claim("three", NOW + 4 * MINUTE, lease=5 * MINUTE) is None
    progress = {"rows": 10, "done": 4, "failed": 1, "model_version": "home-credit-1"}
    assert either.batches.progress("b-1", "one", NOW + 3 * MINUTE, **progress)
    taken = either.batches.claim("three", NOW + 6 * MINUTE, lease=5 * MINUTE)
    assert taken is not None
    assert taken.batch_id == "b-2"  # its worker has not moved on
    assert not either.batches.progress("b-2", "two", NOW + 6 * MINUTE, **progress)
    assert not either.batches.finish("b-2", "two", NOW + 6 * MINUTE, "done")
    assert either.batches.finish("b-1", "one", NOW + 6 * MINUTE, "done")
    done = either.batches.of("b-1", SUBSCRIBER)
    assert (done.state, done.rows, done.done, done.failed) == ("done", 10, 4, 1)
    with pytest.raises(NotOnRecord, match="no such batch"):
        either.batches.of("b-1", "another-bank")
    assert [job.batch_id for job in either.batches.all()] == ["b-1", "b-2"]


def test_subscribers_take_turns_however_many_jobs_one_of_them_has(either: Casework) -> None:
    for number, subscriber in enumerate(["many"] * 5 + ["few", "few", "one"]):
        at = NOW + number * MINUTE
        either.batches.add(BatchJob(f"b-{number}", subscriber, "a-key", "account-review", "csv", at, at))
    moment, order = NOW + 60 * MINUTE, []
    for worker in ("one", "two"):  # two workers have begun at once
        first = either.batches.claim(worker, moment, lease=5 * MINUTE)
        assert first is not None
        order.append(first.batch_id)
    assert order == ["b-0", "b-5"]
    worker, running = "one", order[0]
    while running:
        moment += MINUTE
        assert either.batches.progress("b-5", "two", moment, rows=9, done=1, failed=0, model_version="m-1")
        assert either.batches.finish(running, worker, moment, "done")
        taken = either.batches.claim(worker, moment, lease=5 * MINUTE)
        running = taken.batch_id if taken is not None else ""
        order.append(running)
    # `few` has a job that runs all the while, so its other one waits until nobody else does.
    assert order == ["b-0", "b-5", "b-7", "b-1", "b-2", "b-3", "b-4", "b-6", ""]
