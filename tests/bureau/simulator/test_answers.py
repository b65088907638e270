"""Who is who: every reference in the deliveries leads to the person it is about."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from simulated import read_deliveries

_REFERENCES = {
    "metro2": "account_number",
    "lender_customers": "customer_ref",
    "lender_months": "account_ref",
    "court_records": "case_number",
    "recurring_payments": "account_ref",
    "shop_orders": "order_ref",
    "applications": "application_ref",
}


@pytest.fixture(scope="module")
def people(clean: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(clean / "answers" / "people.parquet").to_pylist()
    assert [row["person_id"] for row in rows] == list(range(len(rows)))
    return rows


@pytest.fixture(scope="module")
def who(clean: Path) -> dict[tuple[str, str, str], int]:
    rows = pq.read_table(clean / "answers" / "who.parquet").to_pylist()
    found = {
        (row["furnisher_id"], row["contract"], row["reference"], row["slot"] == "beside"): row["person_id"]
        for row in rows
    }
    assert len(found) == len(rows)
    return found


def test_every_reference_leads_to_the_person_told(
    clean: Path, people: list[dict[str, Any]], who: dict[tuple[str, str, str, bool], int]
) -> None:
    told: Counter[str] = Counter()
    for delivery in read_deliveries(clean / "deliveries"):
        for _, record in delivery.records():
            contract = delivery.contract
            reference = record[_REFERENCES[contract]]
            person = people[who[delivery.furnisher, contract, reference, False]]
            told[contract] += 1
            if contract == "lender_months":
                customer = who[delivery.furnisher, "lender_customers", record["customer_ref"], False]
                assert customer == person["person_id"]
                continue
            assert record["birth_date"] == person["birth_date"]
            number = record["ssn"] if contract == "metro2" else record["national_number"]
            assert number in (None, "000000000", person["national_number"])
            if contract == "metro2":
                assert record["first_name"] == person["latin_first_name"]
                for kind in ("J1", "J2"):
                    for segment in record["segments"].get(kind, []):
                        beside = people[who[delivery.furnisher, contract, reference, True]]
                        assert segment[28:48].strip() == beside["latin_first_name"]
            else:
                names = {person["surname"], person["surname_later"]}
                assert record["surname"] in names
    assert set(told) == set(_REFERENCES)


def test_accounts_tell_their_history(clean: Path) -> None:
    accounts = {row["account_id"]: row for row in pq.read_table(clean / "answers" / "accounts.parquet").to_pylist()}
    sold = [row for row in accounts.values() if row["ending"] == "sold"]
    assert len(sold) > 20
    for row in sold:
        bought = accounts[row["sold_to"]]
        assert bought["bought_as"] == row["account_id"]
        assert bought["person_id"] == row["person_id"]
        assert bought["furnisher_id"] == "cornerstone-recovery"
        assert bought["product"] == "collection"
        assert bought["opened_on"].replace(day=1) == row["last_month"].replace(day=1)
    renumbered = [row for row in accounts.values() if row["renumbered"] is not None]
    assert renumbered
    assert all(row["later_account_ref"] != row["account_ref"] for row in renumbered)
    assert {row["other_role"] for row in accounts.values()} == {None, "joint", "authorised_user", "co_maker"}


def test_probabilities_are_told_of_each_account_that_is_not_bad(clean: Path) -> None:
    rows = pq.read_table(clean / "answers" / "default_probability.parquet")
    assert rows.group_by(["account_id", "month"]).aggregate([]).num_rows == rows.num_rows
    probability = rows["default_probability"].to_numpy()
    assert ((probability >= 0) & (probability < 1)).all()
    accounts = pq.read_table(clean / "answers" / "accounts.parquet")
    assert set(rows["account_id"].to_pylist()) <= set(accounts["account_id"].to_pylist())


def test_a_bad_outcome_is_seen_in_what_the_lender_reports(clean: Path) -> None:
    """Of the accounts of the lender: bad within a year is 90 days late in one of its months."""
    accounts = {row["account_id"]: row for row in pq.read_table(clean / "answers" / "accounts.parquet").to_pylist()}
    late: dict[str, list[Any]] = {}
    for delivery in read_deliveries(clean / "deliveries"):
        if delivery.contract == "lender_months":
            for _, record in delivery.records():
                if record["days_past_due"] >= 90 or record["status"] == "charged_off":
                    late.setdefault(record["account_ref"], []).append(record["month"])
    checked = 0
    for row in pq.read_table(clean / "answers" / "default_probability.parquet").to_pylist():
        account = accounts[row["account_id"]]
        if account["furnisher_id"] != "northlight-lending" or row["is_bad"] is None:
            continue
        month = row["month"]
        until = month.replace(year=month.year + 1, day=28)
        months = [
            each for each in late.get(account["account_ref"], []) if month < each and each.replace(day=28) <= until
        ]
        if bool(months) != row["is_bad"]:
            assert account["ending"] == "foreclosed" or _is_deleted(clean, account["account_ref"]), row
        checked += 1
    assert checked > 5_000


def _is_deleted(world: Path, reference: str) -> bool:
    events = pq.read_table(world / "answers" / "events.parquet").to_pylist()
    return any(one["account_ref"] == reference for one in events)
