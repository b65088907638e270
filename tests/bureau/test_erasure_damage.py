"""Erasing where something is damaged, and what people have typed about whom is erased."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from clean_records import CLEAN
from erasing import only, rows_of

from bureau.credit_file import consumer_id_of
from bureau.delivery import Receipt
from bureau.erasure import erase
from bureau.errors import ErasureRefused, VaultDamaged
from bureau.history import History
from bureau.kinds.all import KINDS
from bureau.quarantine import Decision, reject, turn_away
from bureau.set_aside import list_quarantine
from bureau.vault import Vault
from bureau.vault.tables import kind_code

MOMENT = datetime.fromisoformat("2024-09-01")
DECISION = Decision("A. Steward", "sent in error", MOMENT)


def _damage(history: History, table: str, kind: str, number: int) -> None:
    column, file = {
        "entry": ("sealed", history.home.root / "vault" / "vault.db"),
        "data_key": ("wrapped", history.home.root / "keys" / "data-keys.db"),
    }[table]
    with sqlite3.connect(file) as rows:
        change = f"UPDATE {table} SET {column} = CAST(substr({column}, 1, 20) || x'00' AS BLOB)"
        assert rows.execute(f"{change} WHERE kind = ? AND number = ?", [kind_code(kind), number]).rowcount
    rows.close()


@pytest.mark.parametrize("table", ["entry", "data_key"])
def test_a_damaged_record_in_quarantine_goes_and_stops_nobodys_erasure(
    table: str, history: History, told: Callable[..., Receipt]
) -> None:
    told("court_records", {"case_number": "24-1"})
    other = {"surname": "Else", "first_name": "Bea", "national_number": "541236789", "birth_date": "1971-01-01",
             "status": "odd"}  # fmt: skip
    told("court_records", *({"case_number": f"24-{n}", **other} for n in range(2, 9)))
    aside = history.vault.numbers("quarantine")
    assert len(aside) == 7
    _damage(history, table, "quarantine", aside[3])
    assert erase(history, only(history), "asked", MOMENT).quarantined == 1
    assert history.vault.numbers("quarantine") == aside[:3] + aside[4:]
    assert len(list(history.vault.open("quarantine", aside))) >= 6  # nothing is damaged any more


@pytest.mark.parametrize("table", ["entry", "data_key"])
def test_a_person_whose_own_entry_is_damaged_is_erased(
    table: str, history: History, told: Callable[..., Receipt]
) -> None:
    told("court_records", {})
    consumer = only(history)
    _damage(history, table, "consumer", consumer)
    erase(history, consumer, "asked", MOMENT)
    assert not list(history.vault.open("consumer", [consumer]))


def test_a_damaged_database_stops_the_erasure(
    history: History, told: Callable[..., Receipt], monkeypatch: pytest.MonkeyPatch
) -> None:
    told("court_records", {"case_number": "24-1"})
    told("court_records", {"case_number": "24-2", "status": "odd"})
    opened = Vault.open

    def damaged(vault: Vault, kind: str, numbers: Any) -> Any:
        if kind == "quarantine":
            raise VaultDamaged("vault.db: it is damaged or cut short; restore it from a backup")
        return opened(vault, kind, numbers)

    with monkeypatch.context() as patched:
        patched.setattr(Vault, "open", damaged)
        with pytest.raises(VaultDamaged, match="cut short"):
            erase(history, only(history), "asked", MOMENT)
    assert list(history.vault.open("consumer", [only(history)]))


def test_a_damaged_delivery_that_was_turned_away_goes(history: History, told: Callable[..., Receipt]) -> None:
    told("shop_orders", {"customer_ref": "C-7"})
    other = {"surname": "Else", "first_name": "Bea", "national_number": "541236789", "phone": None, "email": None,
             "service": "steam"}  # fmt: skip
    held = told("recurring_payments", *({"account_ref": f"H-{n}", **other} for n in range(200)), furnisher="new")
    ((number,),) = rows_of(history, "SELECT delivery_no FROM delivery WHERE status = 'held'")
    _damage(history, "entry", "held", number)
    consumer = consumer_id_of(history, "f-shop_orders", "C-7")
    with pytest.raises(ErasureRefused, match="is held and tells of the person"):
        erase(history, consumer, "asked", MOMENT)
    turn_away(history, KINDS, held.delivery_id, DECISION)
    assert erase(history, consumer, "asked", MOMENT).deliveries == (held.delivery_id,)


def test_what_people_typed_about_the_person_goes(history: History, told: Callable[..., Receipt]) -> None:
    told("court_records", {"case_number": "24-1"})
    told("court_records", {"case_number": "24-2", "status": "odd"}, {"case_number": "24-3", "status": "odd"})
    ids = [(each.delivery_id, each.line) for each in list_quarantine(history)]
    surname, first = CLEAN["court_records"]["surname"], CLEAN["court_records"]["first_name"]
    for (delivery, line), reason in zip(ids, (f"{first} {surname} rang us up", "sent in error"), strict=True):
        reject(history, delivery, line, Decision("A. Steward", reason, MOMENT))
    with history.write() as connection:
        connection.execute(
            f"INSERT INTO identity_decision VALUES (901, 902, 'same', 'A. Steward', 'brother of {first} {surname}', "
            "TIMESTAMP '2024-08-01')"
        )
    erase(history, only(history), "asked", MOMENT)
    assert rows_of(history, "SELECT reason FROM review WHERE decision = 'rejected' ORDER BY ALL") == [
        ("(erased)",),
        ("sent in error",),
    ]
    assert rows_of(history, "SELECT reason FROM identity_decision") == [("(erased)",)]
