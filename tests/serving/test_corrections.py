"""Corrections, withdrawals and joined files change what is decided next, and nothing of what was decided."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from known_people import resolve_as
from made_champion import make_champion
from made_lender import LENDER, application, bearer
from made_signers import signer_in
from people_told import tell
from starlette.testclient import TestClient
from typer.testing import CliRunner

from bureau.access.access import SCOPES
from bureau.access.subscribers import Subscriber
from bureau.casework.opening import open_casework
from bureau.content import BytesContent
from bureau.delivery import Delivery, Furnisher
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.ingest import ingest, register_furnishers
from bureau.kinds.lender import MONTHS
from features.sets import feature_set
from scoring.bundle import Bundle, save_bundle
from serving.inputs import Inputs
from serving.opening import open_service
from tradeline.cli import app

BANK = "harbour"
NAMES = [
    "Abel", "Berg", "Cole", "Diaz", "Ekman", "Fritz", "Gould", "Hyde", "Irwin", "Jung", "Klein", "Lowe", "Mora", "Nash",
]  # fmt: skip
PEOPLE = len(NAMES)
USED = "revolving_utilisation"
MONTH_ENDS = [date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31)]
DECIDED = datetime(2025, 5, 2, 12, tzinfo=UTC)


def _at(day: str) -> datetime:
    """The beginning of a day (UTC, naive)."""
    return datetime.fromisoformat(day)


def _months(history: History, received: datetime, rows: list[dict[str, Any]]) -> None:
    """The bank tells months of accounts, by the ordinary door."""
    whole = [dict.fromkeys(column.name for column in MONTHS.columns) | row for row in rows]
    schema = pa.schema([(column.name, pa.string()) for column in MONTHS.columns])
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{k: v and str(v) for k, v in row.items()} for row in whole], schema), buffer)
    content = BytesContent(f"months-{received:%Y%m%d}.parquet", buffer.getvalue())
    receipt = ingest(history, Delivery(MONTHS, content, received, furnisher_id=BANK))
    assert (receipt.accepted, receipt.quarantined) == (len(rows), 0), receipt


def _person(number: int) -> dict[str, str | None]:
    """A customer who has nothing in common with another."""
    nothing = dict.fromkeys(("middle_name", "generation", "phone", "email", "employer"))
    named = {"surname": NAMES[number], "first_name": NAMES[-number - 1], "birth_date": f"19{50 + number}-03-14"}
    place = {"address": f"{number + 1} {NAMES[number - 5]} Street", "postcode": str(10000 + 911 * number)}
    return nothing | named | place | {"national_number": str(123456789 + 7654321 * number), "city": NAMES[number - 9]}


def _month(number: int, month: date, balance: int, **others: Any) -> dict[str, Any]:
    card = {"product": "card", "currency": "USD", "opened_on": "2020-03-01", "credit_limit": 1000, "status": "current"}
    told = {"month": month, "balance": balance, "days_past_due": "0", "amount_past_due": "0", "action": "report"}
    return {"account_ref": f"card-{number}", "customer_ref": f"c-{number}", "role": "individual"} | card | told | others


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> History:
    """A home of a bank's customers, each with a card; two of them are one person, which nobody knows yet."""
    history = open_history(open_home(tmp_path_factory.mktemp("bank") / "home", create=True), memory_limit="500MB")
    register_furnishers(history, (Furnisher(BANK, "Harbour Bank", "us", "USD"),))
    tell(history, BANK, {f"c-{number}": _person(number) for number in range(PEOPLE)}, _at("2025-02-05"))
    rows = [_month(number, month, 40 * (number + 1)) for number in range(PEOPLE) for month in MONTH_ENDS]
    _months(history, _at("2025-04-05"), rows)
    return history


@pytest.fixture(scope="module")
def key(bank: History, make_model: Callable[..., Bundle]) -> str:
    """The bank's features online, a champion that reads the use of a card, and a lender's key."""
    home, features = bank.home, feature_set("bureau")
    _command(bank, "features", "build", "--at", "2025-05-01", "--online", "--currency", "USD")
    tables = [pd.read_parquet(path) for path in sorted(home.features.rglob("*.parquet"))]
    frame = next(table for table in tables if USED in table.columns)
    many = pd.concat([frame] * 20, ignore_index=True)[[USED]].reindex(columns=[*features.counted])
    is_bad = (many[USED] > many[USED].median()) ^ (np.arange(len(many)) % 5 == 0)
    many = pd.concat([many, is_bad.rename("is_bad")], axis=1)
    bundle = make_model((USED,), many, 20, "bureau-1", portfolio="bureau", trained_on=date(2025, 5, 1))
    save_bundle(bundle, home.bundles / "bureau-1", signer_in(home.signers))
    make_champion(home.root, "bureau-1")
    at = DECIDED.replace(tzinfo=None)
    with open_casework(home) as casework:
        casework.subscribers.add(Subscriber(LENDER, "First Lender", "1 Main Street", "us", "ftc", at))
        casework.subscribers.certify(LENDER, ["credit-application"], at)
        issued = casework.keys.create(
            LENDER, scopes=SCOPES, purposes=["credit-application"], now=at, expires_at=at + timedelta(days=90)
        )
    return issued.text


def test_what_was_decided_stays_whatever_is_known_later(bank: History, key: str) -> None:
    with bank.read() as connection:
        who = dict(connection.execute("SELECT consumer_ref, consumer_id FROM consumer").fetchall())
    corrected, withdrawn, joined, other = (who[f"c-{number}"] for number in (3, 5, 7, 8))
    before = _decided(bank, key, DECIDED, (corrected, withdrawn, joined))

    # A correction, an account taken back after a dispute, and two files that turn out to be one person's.
    _months(bank, _at("2025-05-03"), [_month(3, MONTH_ENDS[-1], 990)])
    _months(bank, _at("2025-05-04"), [_month(5, MONTH_ENDS[-1], 240, action="delete")])
    resolve_as(bank, {other: joined}, _at("2025-05-05"))
    _command(bank, "features", "refresh", "--at", "2025-05-06", "--currency", "USD")
    after = _decided(bank, key, DECIDED + timedelta(days=5), (corrected, withdrawn, joined))

    assert [_used(bank, told) for told in before] == pytest.approx([0.16, 0.24, 0.32])
    assert [_used(bank, told) for told in after] == pytest.approx([0.99, None, (0.32 + 0.36) / 2])
    assert after[0]["credit_score"] < before[0]["credit_score"]
    for told in before:  # the history still gives what was known when it was decided
        replayed = _command(bank, "decisions", "replay", told["decision_id"], "--features", "--json")
        assert json.loads(replayed)["differing_features"] == []


def _decided(bank: History, key: str, at: datetime, people: tuple[int, ...]) -> list[dict[str, Any]]:
    """Decisions of a moment, each told again to the byte, with those that were made before."""
    opened = open_service(bank.home, "bureau", start_batch=lambda *_: pytest.fail("no batch"), clock=lambda: at)
    try:
        with TestClient(opened.app, headers=bearer(key)) as client:
            made = [client.post("/v1/decisions", json=_application(number)).json() for number in people]
            for record in opened.casework.decisions.all():
                assert client.get(f"/v1/decisions/{record.decision_id}").content == record.answer
            return made
    finally:
        opened.close()


def _application(number: int) -> dict[str, Any]:
    return application(consumer_id=number) | {"consent": {"given_on": "2025-05-01"}}


def _used(bank: History, told: dict[str, Any]) -> float | None:
    """The share of the card's limit that a decision went by."""
    with open_casework(bank.home) as casework:
        values = Inputs.of_bytes(casework.decision(told["decision_id"], LENDER).inputs).values
    return (values or {}).get(USED)


def _command(bank: History, *arguments: str) -> str:
    done = CliRunner().invoke(app, [*arguments, "--home", str(bank.home.root)])
    assert done.exit_code == 0, done.output
    return done.stdout
