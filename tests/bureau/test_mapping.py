"""Who is who: what a record that is set aside must not change."""

from __future__ import annotations

import json
from datetime import datetime

from bureau.content import BytesContent
from bureau.credit_file import consumers_of, credit_file
from bureau.delivery import Delivery, Receipt
from bureau.history import History
from bureau.ingest import ingest
from bureau.kinds.all import KINDS

NUMBER, OTHER = "313456782", "414567893"
LAST = {"01": 31, "02": 29, "03": 31}


def tell(history: History, furnisher: str, month: str, **fields: object) -> Receipt:
    record = {
        "account_ref": "A",
        "service": "water",
        "period": f"2024-{month}-{LAST[month]}",
        "currency": "EUR",
        "billed": 40,
        "paid": 40,
        "due_on": f"2024-{month}-20",
        "paid_on": f"2024-{month}-18",
        "days_late": 0,
        "status": "paid",
        "surname": "Jones",
        "first_name": "Bob",
        "birth_date": "1970-01-02",
        "address": "Ring 1",
        "city": "Graz",
        "country": "AT",
    } | fields
    content = BytesContent(f"{month}.jsonl", json.dumps(record).encode())
    received = datetime.fromisoformat(f"2024-{month}-{LAST[month]}T12:00:00")
    return ingest(history, Delivery(KINDS["recurring_payments"], content, received, furnisher_id=furnisher))


def test_a_number_told_in_a_record_set_aside_joins_nobody(history: History) -> None:
    tell(history, "tel", "01", national_number=NUMBER)
    assert tell(history, "tel", "02", national_number=OTHER).quarantined == 1
    assert tell(history, "wat", "03", national_number=OTHER, surname="Other", first_name="Zoe").accepted == 1
    (bob,) = consumers_of(history, "tel", "A")
    (zoe,) = consumers_of(history, "wat", "A")
    assert bob != zoe
    told = credit_file(history, zoe, datetime.fromisoformat("2024-12-31")).identities
    assert told["surname"].tolist() == ["Other"]


def test_the_same_number_and_birth_date_join_a_new_reference(history: History) -> None:
    tell(history, "tel", "01", national_number=NUMBER)
    tell(history, "wat", "02", national_number=NUMBER, account_ref="B")
    (first,), (second,) = consumers_of(history, "tel", "A"), consumers_of(history, "wat", "B")
    assert first != second
    with history.as_of(datetime.fromisoformat("2100-01-01")) as known:
        assert known.consumer(first) == known.consumer(second)


def test_twins_stay_apart(history: History) -> None:
    tell(history, "tel", "01", national_number=NUMBER)
    tell(history, "tel", "01", national_number=OTHER, first_name="Rob", account_ref="B")
    assert consumers_of(history, "tel", "A") != consumers_of(history, "tel", "B")


def test_a_first_telling_that_comes_late_is_the_first(history: History) -> None:
    tell(history, "tel", "03", national_number=NUMBER)
    tell(history, "tel", "01", national_number=NUMBER)
    (bob,) = consumers_of(history, "tel", "A")
    (told,) = credit_file(history, bob, datetime.fromisoformat("2024-12-31")).identities.to_dict("records")
    assert str(told["recorded_at"]) == "2024-01-31 12:00:00"
    assert not credit_file(history, bob, datetime.fromisoformat("2024-01-27")).identities.size
