"""Every hard inquiry reaches the history exactly once, whenever its delivery is killed; no soft one does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from made_casework import NOW, SUBSCRIBER, add_subscriber, inquiry, record

from bureau.audit.events import Event
from bureau.casework.casework import Casework
from bureau.casework.delivering import deliver_inquiries
from bureau.errors import CaseworkError
from bureau.history import History, open_history
from bureau.home import Home

IDENTITY = {"surname": "Quill", "first_name": "Zora", "birth_date": "1984-05-06", "phone": "call me", "city": "Boston"}
LATER = NOW + timedelta(hours=1)


def keep(casework: Casework) -> None:
    """Two hard inquiries about consumers on file, one about nobody who is, and a soft one."""
    for number, consumer in ((1, 7), (2, 8)):
        casework.keep(record(number, consumer_id=consumer), inquiry(number, consumer_id=consumer))
    casework.keep(record(3, consumer_id=None), inquiry(3, consumer_id=None, identity=IDENTITY, term_months=12))
    casework.keep(record(4), inquiry(4, kind="soft"))


def in_history(history: History) -> list[tuple[object, ...]]:
    with history.read() as connection:
        return connection.execute(
            "SELECT inquiry_ref, consumer_id, effective_on, kind, product, currency, amount_asked, term_months, "
            "recorded_at FROM inquiry WHERE superseded_at IS NULL ORDER BY inquiry_ref"
        ).fetchall()


def test_hard_inquiries_become_facts_of_their_consumers(history: History, either: Casework) -> None:
    casework = either
    keep(casework)
    assert casework.inquiries.waiting() == 3
    (delivered,) = deliver_inquiries(casework, history, LATER)
    assert (delivered.subscriber, delivered.receipt.read, delivered.receipt.accepted) == (SUBSCRIBER, 3, 3)
    assert casework.inquiries.waiting() == 0
    assert deliver_inquiries(casework, history, LATER) == []
    with history.read() as connection:
        ((stranger,),) = connection.execute(
            "SELECT consumer_id FROM consumer WHERE consumer_ref = 'inquiry/decision-000003'"
        ).fetchall()
        assert connection.execute("SELECT consumer_id FROM identity").fetchall() == [(stranger,)]
    on = NOW.date()
    assert in_history(history) == [
        ("decision-000001", 7, on, "hard", "card", "USD", 1200.0, None, LATER),
        ("decision-000002", 8, on, "hard", "card", "USD", 1200.0, None, LATER),
        ("decision-000003", stranger, on, "hard", "card", "USD", 1200.0, 12.0, LATER),
    ]
    ((told,),) = [(entry.content,) for entry in history.vault.open_one("consumer", stranger)]
    assert b"Zora" in told


def test_each_subscriber_furnishes_its_own(history: History, casework: Casework) -> None:
    add_subscriber(casework, "other-bank")
    keep(casework)
    casework.keep(record(5, subscriber="other-bank"), inquiry(5, subscriber="other-bank"))
    delivered = deliver_inquiries(casework, history, LATER)
    assert [(each.subscriber, each.receipt.read) for each in delivered] == [(SUBSCRIBER, 3), ("other-bank", 1)]
    with history.read() as connection:
        furnishers = connection.execute(
            "SELECT inquiry_ref, furnisher_id FROM inquiry JOIN delivery USING (delivery_no) ORDER BY inquiry_ref"
        ).fetchall()
    assert furnishers[-1] == ("decision-000005", "other-bank")


def test_an_inquiry_is_disclosed_to_its_consumer_soft_or_hard(casework: Casework, history: History) -> None:
    keep(casework)
    deliver_inquiries(casework, history, LATER)
    told = casework.inquiries.of_consumer(7, NOW.date())
    assert [(each.inquiry.inquiry_ref, each.inquiry.kind, each.delivered) for each in told] == [
        ("decision-000001", "hard", True),
        ("decision-000004", "soft", False),
    ]
    assert casework.inquiries.of_consumer(7, NOW.date() + timedelta(days=1)) == []


def test_nobody_is_told_who_was_erased_meanwhile(history: History, casework: Casework) -> None:
    from bureau.erasure import erase

    keep(casework)
    deliver_inquiries(casework, history, LATER)
    with history.read() as connection:
        ((stranger,),) = connection.execute("SELECT consumer_id FROM consumer").fetchall()
    casework.keep(record(6, consumer_id=stranger), inquiry(6, consumer_id=stranger))
    erase(history, stranger, "asked for", LATER)
    deliver_inquiries(casework, history, LATER)
    assert casework.inquiries.waiting() == 0
    *known, of_erased = [str(row[0]) for row in in_history(history)]
    assert known == ["decision-000001", "decision-000002"]
    assert of_erased.startswith("erased:")  # what was told before the erasure, and nothing since


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from bureau.casework.delivering import deliver_inquiries
from bureau.casework.opening import open_casework
from bureau.history import open_history
from bureau.home import open_home
root, step = sys.argv[1:]
home = open_home(Path(root))
def end(done):
    if done == step:
        os.kill(os.getpid(), signal.SIGKILL)
with open_casework(home) as casework:
    deliver_inquiries(casework, open_history(home, memory_limit="500MB"), datetime(2026, 11, 28, 13), done=end)
"""


@pytest.mark.parametrize("step", ["put together", "in the history", "noted"])
def test_killed_at_any_step_each_arrives_once(home: Home, history: History, casework: Casework, step: str) -> None:
    keep(casework)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(home.root), step],
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )
    assert killed.returncode == -signal.SIGKILL
    casework.keep(record(5), inquiry(5))  # comes in between, and goes with a delivery of its own
    again = deliver_inquiries(casework, open_history(home, memory_limit="500MB"), NOW + timedelta(hours=2))
    assert [each.receipt.known_before for each in again][:1] == ([False] if step != "in the history" else [True])
    assert [row[0] for row in in_history(history)] == [f"decision-00000{number}" for number in (1, 2, 3, 5)]
    assert casework.inquiries.waiting() == 0
    with history.read() as connection:
        assert connection.execute("SELECT count(*) FROM delivery").fetchone() == (2,)
    told = [Event.of(entry.text)[1] for entry in casework.audit.entries()]
    assert [event.details["outgoing"] for event in told if event.kind == "inquiries delivered"] == [1, 2]


def test_an_identity_has_known_fields_alone(casework: Casework) -> None:
    with pytest.raises(CaseworkError, match="an identity has surname"):
        casework.keep(record(1), inquiry(1, identity=IDENTITY | {"religion": "none"}))
