"""A clock that is set back: nothing crashes, nobody gets in who must not, and the order is that of the numbers."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from made_casework import NOW, SUBSCRIBER, inquiry, record

from bureau.audit.events import Event
from bureau.audit.verify import verify
from bureau.casework.casework import Casework
from bureau.casework.conclusions import Conclusion
from bureau.casework.opening import audit_signer
from bureau.casework.records import BatchJob, Idempotency
from bureau.errors import AlreadyKept
from bureau.home import Home
from bureau.signers import trusted_signers

BACK = NOW - timedelta(hours=1)
REPEATED = Idempotency("order-1", b"a request")


def test_the_log_is_whole_and_in_the_order_of_its_numbers(home: Home, casework: Casework) -> None:
    for number, at in ((1, NOW), (2, BACK), (3, NOW)):
        casework.keep(record(number, decided_at=at), inquiry(number))
        casework.audit.checkpoint(audit_signer(home), at)
    casework.flags.place(7, "frozen", NOW, reason="asked for")
    assert casework.flags.lift(7, "frozen", BACK)
    casework.holds.place("decision-000001", "case 12", NOW)
    assert casework.holds.lift("decision-000001", "case 12", BACK)
    casework.holds.place("decision-000001", "case 12", BACK)
    casework.conclusions.keep(Conclusion("decision-000001", NOW, "approve", "A. Person"))
    casework.conclusions.keep(Conclusion("decision-000001", BACK, "decline", "A. Person", ("A01",)), correct=True)
    casework.subscribers.withdraw(SUBSCRIBER, "account-review", BACK)
    casework.subscribers.certify(SUBSCRIBER, ["account-review"], BACK)

    last = casework.conclusions.last("decision-000001")
    assert last is not None
    assert (last.number, last.outcome) == (2, "decline")  # the later one, whatever its clock said
    assert [each.decision_id[-1] for each in casework.decisions.all()] == ["1", "2", "3"]
    moments = [Event.of(entry.text)[1].at for entry in casework.audit.entries()]
    assert moments != sorted(moments)
    found = verify(
        casework.audit,
        trusted_signers(home.signers),
        decisions=partial(casework.decisions.between, deep=True),
        others=casework.compared(deep=True),
    )
    assert (found.faults, found.checkpoints, found.decisions) == ((), 3, 3)


def test_a_request_counts_once_before_and_after(casework: Casework) -> None:
    casework.keep(record(1), inquiry(1), REPEATED)
    with pytest.raises(AlreadyKept, match="decision-000001: the same request"):
        casework.keep(record(2, decided_at=BACK), inquiry(2), REPEATED)
    casework.holds.destroy_expired(BACK)
    assert casework.idempotent(SUBSCRIBER, REPEATED) == "decision-000001"


def test_a_revoked_key_stays_so(casework: Casework) -> None:
    life = {"now": NOW, "expires_at": NOW + timedelta(days=30)}
    issued = casework.keys.create(SUBSCRIBER, scopes=["score"], purposes=["account-review"], **life)
    assert not isinstance(casework.keys.authenticate(issued.text, BACK), str)  # good from when it was made, at least
    assert casework.keys.authenticate(issued.text, NOW + timedelta(days=30)) == "expired"
    casework.keys.revoke(issued.key.key_id, NOW)
    assert casework.keys.authenticate(issued.text, BACK) == "revoked"


def test_a_batch_is_taken_by_one_worker(casework: Casework) -> None:
    lease = timedelta(minutes=1)
    casework.batches.add(BatchJob("b-1", SUBSCRIBER, "a-key", "account-review", "csv", NOW, NOW))
    taken = casework.batches.claim("one", NOW, lease=lease)
    assert taken is not None
    assert casework.batches.claim("two", BACK, lease=lease) is None  # the first one may be at work yet
    told = {"rows": 3, "done": 1, "failed": 0, "model_version": "home-credit-1"}
    assert casework.batches.progress("b-1", "one", BACK, **told)
    assert casework.batches.claim("two", BACK + lease, lease=lease) is not None
