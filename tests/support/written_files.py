"""Records of every kind as the files that furnishers send."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from clean_records import CLEAN

from bureau.contracts import Contract
from bureau.kinds.all import KINDS
from bureau.metro2.encode import encode_header, encode_records, encode_trailer
from bureau.metro2.layout import BASE_COLUMNS
from bureau.metro2.totals import Totals

NUMBERED: Final = {
    "metro2": ("account_number", "ssn"),
    "lender_customers": ("customer_ref", "national_number"),
    "lender_months": ("account_ref", "customer_ref"),
    "court_records": ("case_number", "national_number"),
    "recurring_payments": ("account_ref", "national_number"),
    "shop_orders": ("order_ref", "national_number"),
    "applications": ("application_ref", "national_number"),
}
"""Kind to the key of its records and the column that tells their people apart."""


def numbered(kind: str, count: int, start: int = 0) -> list[dict[str, Any]]:
    """Clean records, each under another key and of another person; what a lender tells is of its customers."""
    key, person = NUMBERED[kind]
    records = []
    for number in range(start, start + count):
        record = {**CLEAN[kind], key: f"K-{number}", person: f"{123_450_001 + number}"}
        if "customer_ref" in record:
            record["customer_ref"] = f"C-{number}"
        records.append(record)
    return records


def written(kind: str, records: Sequence[dict[str, Any]]) -> bytes:
    """The file with some records."""
    contract = KINDS[kind]
    names = [column.name for column in contract.columns]
    match contract.format:
        case "csv":
            text = io.StringIO()
            writer = csv.DictWriter(text, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(records)
            return text.getvalue().encode()
        case "jsonl":
            lines = [json.dumps({name: _typed(contract, name, record[name]) for name in names}) for record in records]
            return "".join(f"{line}\n" for line in lines).encode()
        case "parquet":
            return _parquet(contract, records)
        case "metro2":
            return _metro2(records)


def _typed(contract: Contract, name: str, value: str | None) -> Any:
    kind = next(column.type for column in contract.columns if column.name == name)
    return float(value) if value is not None and kind in ("number", "integer") else value


def _parquet(contract: Contract, records: Sequence[dict[str, Any]]) -> bytes:
    types = {"text": pa.string(), "number": pa.float64(), "integer": pa.int64(), "date": pa.date32()}
    read: dict[str, Any] = {"text": str, "number": float, "integer": int, "date": date.fromisoformat}
    columns = {
        column.name: pa.array(
            [None if record[column.name] is None else read[column.type](record[column.name]) for record in records],
            types[column.type],
        )
        for column in contract.columns
    }
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def _metro2(records: Sequence[dict[str, Any]]) -> bytes:
    totals = Totals()
    columns = {
        name: pa.array(["" if record[name] is None else record[name] for record in records], pa.string())
        for name in BASE_COLUMNS
        if name in records[0] and name != "time_stamp"
    }
    header = encode_header({"reporter_name": "HARBOUR BANK", "activity_date": "2024-06-30"})
    return header + encode_records(columns, totals=totals) + encode_trailer(totals)
