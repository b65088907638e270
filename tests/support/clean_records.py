"""One clean record of every kind of delivery, as text, and what the bureau's rules say of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import duckdb
import pyarrow as pa

from bureau.contracts import Contract
from bureau.verify import broken_rules_sql, findings_sql, is_bad_sql, typed_sql

RECEIVED_ON: Final = date(2024, 7, 4)

RESIDENT: Final = "11010519491231002X"
"""The number that GB 11643-1999 itself gives as its example: born on 31 December 1949."""

_PERSON: Final = {
    "surname": "Okafor",
    "first_name": "Ada",
    "middle_name": None,
    "generation": None,
    "birth_date": "1980-02-29",
    "national_number": "123456789",
    "phone": "+1 (212) 555-0100",
    "email": "ada@example.net",
    "address": "12 Quay Street",
    "city": "Albany",
    "region": "NY",
    "postcode": "12207",
    "country": "US",
    "employer": "Hudson Mills",
}


def _person(*without: str) -> dict[str, Any]:
    return {name: value for name, value in _PERSON.items() if name not in without}


CLEAN: Final[Mapping[str, Mapping[str, Any]]] = {
    "metro2": {
        "processing_indicator": "1",
        "time_stamp": "2024-07-03",
        "correction_indicator": "0",
        "identification_number": "HARBOUR",
        "cycle_identifier": None,
        "account_number": "A-1",
        "portfolio_type": "I",
        "account_type": "00",
        "date_opened": "2021-03-15",
        "credit_limit": "000000000",
        "highest_credit": "000020000",
        "terms_duration": "060",
        "terms_frequency": "M",
        "scheduled_payment": "000000400",
        "actual_payment": "000000400",
        "account_status": "11",
        "payment_rating": None,
        "payment_history_profile": "0" * 24,
        "special_comment": None,
        "compliance_condition": None,
        "current_balance": "000009000",
        "amount_past_due": "000000000",
        "charge_off_amount": "000000000",
        "account_information_date": "2024-06-30",
        "first_delinquency_date": None,
        "date_closed": None,
        "last_payment_date": "2024-06-10",
        "interest_type": "F",
        "surname": "OKAFOR",
        "first_name": "ADA",
        "middle_name": None,
        "generation": None,
        "ssn": "123456789",
        "birth_date": "1980-02-29",
        "telephone": "2125550100",
        "ecoa": "1",
        "consumer_information": None,
        "country": "US",
        "address_1": "12 QUAY STREET",
        "address_2": None,
        "city": "ALBANY",
        "state": "NY",
        "zip": "12207",
        "address_indicator": "Y",
        "residence": "O",
        "original_creditor": None,
        "creditor_classification": None,
        "sale_indicator": None,
        "sale_name": None,
        "change_indicator": None,
        "new_account_number": None,
        "employer": None,
        "occupation": None,
        "associated": [],
    },
    "lender_customers": {"customer_ref": "C-1", "told_on": "2024-06-30", **_person()},
    "lender_months": {
        "account_ref": "A-1",
        "customer_ref": "C-1",
        "role": "individual",
        "month": "2024-06-30",
        "product": "consumer",
        "currency": "USD",
        "opened_on": "2022-01-15",
        "closed_on": None,
        "term_months": "48",
        "credit_limit": None,
        "credit_amount": "12000.00",
        "balance": "6000.50",
        "scheduled_payment": "310.25",
        "payment": "310.25",
        "amount_past_due": "0",
        "days_past_due": "0",
        "status": "current",
        "first_delinquency_on": None,
        "last_payment_on": "2024-06-12",
        "action": "report",
    },
    "court_records": {
        "case_number": "24-1001",
        "court": "Northern District",
        "kind": "civil_judgment",
        "filed_on": "2023-05-02",
        "status": "satisfied",
        "status_on": "2024-05-20",
        "amount": "4100.00",
        "currency": "USD",
        **_person("phone", "email", "employer"),
    },
    "recurring_payments": {
        "account_ref": "U-1",
        "service": "electricity",
        "period": "2024-06-30",
        "currency": "USD",
        "billed": "88.40",
        "paid": "88.40",
        "due_on": "2024-06-20",
        "paid_on": "2024-06-18",
        "days_late": "0",
        "status": "paid",
        **_person("employer"),
    },
    "shop_orders": {
        "order_ref": "O-1",
        "customer_ref": "S-1",
        "ordered_on": "2024-05-02",
        "status_on": "2024-06-05",
        "currency": "USD",
        "amount": "240.00",
        "payment_kind": "invoice",
        "instalments": None,
        "due_on": "2024-06-01",
        "paid_on": "2024-05-28",
        "paid": "240.00",
        "status": "paid",
        **_person("employer"),
    },
    "applications": {
        "application_ref": "P-1",
        "applied_on": "2024-06-11",
        "product": "car",
        "currency": "USD",
        "amount_asked": "18000",
        "term_months": "60",
        "decision": "approved",
        "income": "54000.00",
        "income_kind": "salary",
        "employed_since": "2019-09-01",
        "housing": "rent",
        **_person(),
    },
}
"""Kind to a record that breaks no rule."""

OTHER: Final = {
    "kind": "J1",
    "surname": "OKAFOR",
    "first_name": "CHIDI",
    "middle_name": "",
    "generation": "",
    "ssn": "223456789",
    "birth_date": "1979-11-03",
    "telephone": "2125550101",
    "ecoa": "2",
    "consumer_information": "",
    "country": "",
    "address_1": "",
    "address_2": "",
    "city": "",
    "state": "",
    "zip": "",
}
"""Another consumer who answers for a Metro 2 account, as the reader gives it."""

_OTHERS: Final = pa.list_(pa.struct([pa.field(name, pa.string()) for name in OTHER]))


def table_of(contract: Contract, records: list[dict[str, Any]]) -> pa.Table:
    """Records as the readers of text give them, numbered from 1 in the column ``line``."""
    columns: dict[str, Any] = {"line": pa.array(range(1, len(records) + 1), pa.int64())}
    for column in contract.columns:
        kind = _OTHERS if column.type == "list" else pa.string()
        columns[column.name] = pa.array([record.get(column.name) for record in records], kind)
    return pa.table(columns)


def judged(contract: Contract, records: list[dict[str, Any]]) -> list[tuple[set[str], set[str]]]:
    """For each record the rules that set it aside, and the findings."""
    names: dict[str, str | None] = {column.name: column.name for column in contract.columns}
    with duckdb.connect() as connection:
        connection.register("raw", table_of(contract, records))
        connection.execute(f"SET VARIABLE received_on = DATE '{RECEIVED_ON}'")
        noticed = findings_sql(contract) or "[]::VARCHAR[]"
        rows = connection.execute(
            f"SELECT {broken_rules_sql(contract, names)}, {noticed}, {is_bad_sql(contract, names)} "
            f"FROM ({typed_sql(contract, names, 'raw', 'line', {'associated': 'LIST'})}) ORDER BY line_no"
        ).fetchall()
    for aside, _, is_bad in rows:
        assert is_bad == bool(aside)
    return [(set(aside), set(found)) for aside, found, _ in rows]
