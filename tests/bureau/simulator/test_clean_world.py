"""A world without mistakes holds none: a strict reader, which shares no code with it, finds nothing."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
from simulated import Delivery, StrictReader, read_deliveries

from bureau.simulator import Options, simulate
from bureau.simulator.definitions import DEFINITIONS
from bureau.simulator.furnishers import FEEDS
from bureau.simulator.reporting import Reporting
from bureau.simulator.world import World


def test_a_strict_reader_raises_no_alarm(clean: Path) -> None:
    reader = StrictReader()
    reader.read_all(read_deliveries(clean / "deliveries"))
    assert reader.read > 80_000
    assert not reader.alarms[:20]


def test_no_record_contradicts_itself_by_its_definition() -> None:
    world = World(Options(1_500, 9, seed=8))
    reporting = Reporting(world)
    for _ in range(9):
        world.live()
        for feed in FEEDS:
            batch, definition = reporting.batch(feed), DEFINITIONS[feed.contract]
            for record in batch.build(np.arange(len(batch))).rows() if len(batch) else ():
                assert not definition.contradicts(record), (feed.name, record)
                assert all(record[name] not in (None, "") for name in definition.mandatory)


def test_manifest_names_every_file_in_the_order_of_receipt(clean: Path) -> None:
    folder = clean / "deliveries"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["format"] == 1
    named = [one["file"] for one in manifest["deliveries"]]
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(named) | {"manifest.json"} == there
    assert len(set(named)) == len(named)
    moments = [one["received_at"] for one in manifest["deliveries"]]
    assert moments == sorted(moments)
    contracts = {
        one["furnisher_id"]: set(one.get("contracts", [one.get("contract")])) for one in manifest["furnishers"]
    }
    for one in manifest["deliveries"]:
        assert one["contract"] in contracts[one["furnisher_id"]]
        received, covers = datetime.fromisoformat(one["received_at"]), date.fromisoformat(one["covers"])
        assert 0 < (received.date() - covers).days < 28
        assert one["file"].startswith(one["covers"][:7])
    assert len(contracts) == 10
    assert {name for names in contracts.values() for name in names} == set(DEFINITIONS)


def test_metro2_trailers_count_their_records(clean: Path) -> None:
    """The trailer by its positions: base records 12-20, J1 39-47, J2 48-56, status 11 in the fourth total after."""
    for delivery in read_deliveries(clean / "deliveries"):
        if delivery.contract != "metro2":
            continue
        lines = [line.decode() for _, line in delivery.lines()]
        records = lines[1:-1]
        trailer = lines[-1]
        assert trailer[4:11] == "TRAILER"
        counted = Counter(line[123:125] for line in records)
        kinds = Counter(kind for line in records for kind in _segments(line))
        assert int(trailer[11:20]) == len(records)
        assert int(trailer[38:47]) == kinds["J1"]
        assert int(trailer[47:56]) == kinds["J2"]
        assert int(trailer[83:92]) == counted["11"]
        created = lines[0][55:63]
        assert lines[0][47:55] == delivery.covers[5:7] + delivery.covers[8:] + delivery.covers[:4]
        assert created[:4] == f"{int(delivery.covers[5:7]) % 12 + 1:02d}01"


def _segments(line: str) -> list[str]:
    lengths = {"J1": 100, "J2": 200, "K1": 34, "K2": 34, "K3": 40, "K4": 30, "L1": 54, "N1": 146}
    found, at = [], 426
    while at < len(line):
        found.append(line[at : at + 2])
        at += lengths[found[-1]]
    return found


def test_every_kind_of_segment_and_event_of_a_life_occurs(clean: Path) -> None:
    kinds: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    for delivery in read_deliveries(clean / "deliveries"):
        for _, record in delivery.records():
            if delivery.contract == "metro2":
                kinds.update(list(record["segments"]))
                kinds[f"ecoa {record['ecoa']}"] += 1
                kinds[f"country {record['country']}"] += 1
                kinds[f"condition {record['compliance']}"] += 1
                kinds[f"bankruptcy {record['consumer_information']}"] += 1
                statuses[record["account_status"]] += 1
            elif "status" in record:
                statuses[f"{delivery.contract} {record['status']}"] += 1
    for kind in ("J1", "J2", "K1", "K2", "K3", "L1", "N1", "ecoa 2", "ecoa 7", "ecoa X", "country CN", "condition XB"):
        assert kinds[kind], kind
    assert kinds["bankruptcy A"]
    assert kinds["bankruptcy E"]
    for status in ("11", "13", "62", "71", "78", "80", "82", "83", "84", "93", "96", "97", "DA"):
        assert statuses[status], status
    for contract, told in (
        ("lender_months", "current late charged_off paid closed sold"),
        ("court_records", "filed discharged satisfied released"),
        ("recurring_payments", "paid late unpaid closed"),
        ("shop_orders", "paid open late returned written_off"),
    ):
        for status in told.split():
            assert statuses[f"{contract} {status}"], (contract, status)


def test_a_sold_account_is_told_by_its_buyer_with_the_same_first_delinquency(clean: Path) -> None:
    deliveries = read_deliveries(clean / "deliveries")
    bought = defaultdict(list)
    sold = []
    for delivery in deliveries:
        if delivery.contract != "metro2":
            continue
        for _, record in delivery.records():
            if delivery.furnisher == "cornerstone-recovery":
                person = (record["surname"], record["birth_date"], record["first_delinquency"])
                bought[person].append((delivery, record))
            elif record["special_comment"] == "AH":
                sold.append((delivery, record))
    assert len(sold) > 10
    for delivery, record in sold:
        buyers = bought[record["surname"], record["birth_date"], record["first_delinquency"]]
        name = delivery.furnisher.replace("-", " ").upper()
        assert any(
            other["told_on"] == record["told_on"] and name in "".join(other["segments"]["K1"]).replace(" SERVICES", "")
            for _, other in buyers
        )


def test_chinese_people_are_told_in_two_scripts(clean: Path) -> None:
    in_hanzi = in_pinyin = 0
    for delivery in read_deliveries(clean / "deliveries"):
        for _, record in delivery.records():
            if delivery.contract == "metro2":
                if record["country"] == "CN":
                    in_pinyin += 1
                    assert record["ssn"] == "000000000"
                    assert record["birth_date"] is not None
            elif record.get("country") == "CN":
                in_hanzi += 1
                assert not record["surname"].isascii()
                assert record["national_number"] is None or len(record["national_number"]) == 18
    assert in_hanzi > 1_000
    assert in_pinyin > 1_000


def test_each_furnisher_has_days_of_its_own(clean: Path) -> None:
    days = defaultdict(set)
    for one in read_deliveries(clean / "deliveries"):
        received, covers = date.fromisoformat(one.received_at[:10]), date.fromisoformat(one.covers)
        days[one.furnisher, one.contract].add((received - covers).days)
    assert len({min(each) for each in days.values()}) > 5
    assert all(len(each) > 1 for each in days.values())


@pytest.mark.parametrize("consumers", [10, 60])
def test_a_tiny_world_is_a_world(tmp_path: Path, consumers: int) -> None:
    summary = simulate(Options(consumers, 3, seed=3, fault_rate=0.2), tmp_path / "world")
    deliveries: list[Delivery] = read_deliveries(tmp_path / "world" / "deliveries")
    assert len(deliveries) == summary.deliveries
    assert all(any(True for _ in delivery.records()) for delivery in deliveries)
