"""The mistakes: as many as asked for, of every kind, where the key says, and noticeable where the key says so."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from simulated import Delivery, StrictReader, read_deliveries

RECORD_KINDS = {
    *("amount_text", "amount_negative", "amount_wrong", "amount_shifted", "code_unknown", "mandatory_missing"),
    *("broken_line", "date_impossible", "date_contradiction", "status_contradiction", "swapped_fields"),
    *("national_number_typed", "duplicate_record", "contradictory_duplicate", "reaged", "profile_contradiction"),
    *("opened_changed", "birth_date_contradiction", "employer_contradiction", "public_record_contradiction"),
    *("sold_twice", "over_limit"),
}
FILE_KINDS = {"duplicate_file", "stale_file"}


@pytest.fixture(scope="module")
def faults(faulty: Path) -> list[dict[str, object]]:
    return _answer(faulty, "faults")


def _answer(world: Path, name: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(world / "answers" / f"{name}.parquet").to_pylist()
    return rows


def _deliveries(world: Path) -> dict[str, Delivery]:
    return {delivery.file: delivery for delivery in read_deliveries(world / "deliveries")}


def test_as_many_as_asked_for(faulty: Path, faults: list[dict[str, object]]) -> None:
    records = sum(sum(1 for _ in delivery.records()) for delivery in read_deliveries(faulty / "deliveries"))
    assert 0.8 * 0.02 < len(faults) / records < 1.15 * 0.02


def test_every_kind_occurs_several_times(faults: list[dict[str, object]]) -> None:
    counted = Counter(fault["kind"] for fault in faults)
    assert set(counted) == RECORD_KINDS | FILE_KINDS
    assert min(counted.values()) >= 3
    for kind in ("amount_wrong", "amount_shifted", "national_number_typed", "opened_changed", "over_limit"):
        assert {bool(fault["detectable"]) for fault in faults if fault["kind"] == kind} == {True, False}, kind


def test_a_record_carries_at_most_one(faults: list[dict[str, object]]) -> None:
    places = Counter((fault["delivery_file"], fault["line"]) for fault in faults)
    assert max(places.values()) == 1
    assert [fault["fault_id"] for fault in faults] == list(range(len(faults)))


def test_detectable_is_what_has_a_criterion(faults: list[dict[str, object]]) -> None:
    for fault in faults:
        assert fault["detectable"] == (fault["criterion"] is not None)
        assert fault["criterion"] in (None, "D1", "D2", "D3", "D4", "D5", "D6")
        assert (fault["line"] is None) == (fault["kind"] in FILE_KINDS)


def test_a_strict_reader_notices_all_that_can_be_noticed_and_nothing_else(
    faulty: Path, faults: list[dict[str, object]]
) -> None:
    whole = {fault["delivery_file"] for fault in faults if fault["line"] is None}
    reader = StrictReader()
    reader.read_all([one for one in read_deliveries(faulty / "deliveries") if one.file not in whole])
    noticed = set()
    for alarm in reader.alarms:
        file, line = alarm.split(": ", 1)[0].rsplit(":", 1)
        noticed.add((file, int(line)))
    by_kind = defaultdict(list)
    for fault in faults:
        if fault["line"] is not None and fault["detectable"]:
            by_kind[fault["kind"]].append((fault["delivery_file"], fault["line"]) in noticed)
    missed = {kind: found.count(False) for kind, found in by_kind.items() if not all(found)}
    assert sum(missed.values()) <= 0.002 * len(faults), missed
    explained = {
        (one["delivery_file"], one["line"]) for name in ("faults", "consequences") for one in _answer(faulty, name)
    }
    # A month that is told again to correct one that was believed is no alarm, though the reader says "told twice".
    explained |= {
        (one["delivery_file"], one["line"]) for one in _answer(faulty, "events") if one["kind"] == "correction"
    }
    false = noticed - explained
    assert len(false) <= 0.0002 * reader.read, sorted(false)[:10]


def test_values_stand_where_the_key_says(faulty: Path, faults: list[dict[str, object]]) -> None:
    """For amounts, codes and dates: the faulty value is in that line and field."""
    wanted = defaultdict(dict)
    kinds = {"amount_text", "amount_negative", "amount_wrong", "code_unknown", "date_impossible", "amount_shifted"}
    for fault in faults:
        if fault["kind"] in kinds:
            wanted[fault["delivery_file"]][fault["line"]] = fault
    assert sum(map(len, wanted.values())) > 300
    for file, expected in wanted.items():
        delivery = _deliveries(faulty)[str(file)]
        for line, text in _texts(delivery):
            if (fault := expected.pop(line, None)) is not None:
                value = str(fault["faulty_value"])
                if delivery.contract == "metro2" and fault["kind"] == "date_impossible":
                    value = value[5:7] + value[8:] + value[:4]
                assert value in text, fault
        assert not expected


def _texts(delivery: Delivery) -> list[tuple[int, str]]:
    if delivery.path.suffix == ".parquet":
        return [(number, str(record)) for number, record in delivery.records()]
    return [(number, line.decode()) for number, line in delivery.lines()]


def test_a_file_sent_twice_is_the_same_bytes(faulty: Path, faults: list[dict[str, object]]) -> None:
    copies = [fault for fault in faults if fault["kind"] == "duplicate_file"]
    for fault in copies:
        one, other = (faulty / "deliveries" / str(fault[name]) for name in ("delivery_file", "faulty_value"))
        assert one.read_bytes() == other.read_bytes()
        received = _deliveries(faulty)
        assert received[str(fault["faulty_value"])].received_at < received[str(fault["delivery_file"])].received_at


def test_a_stale_file_holds_the_month_before_and_is_made_good(faulty: Path, faults: list[dict[str, object]]) -> None:
    events = {event["delivery_file"] for event in _answer(faulty, "events") if event["kind"] == "delivered_again"}
    stale = [fault for fault in faults if fault["kind"] == "stale_file"]
    assert len(stale) >= 3
    for fault in stale:
        path = faulty / "deliveries" / str(fault["delivery_file"])
        before = path.parent.parent / str(fault["faulty_value"]) / path.name
        lines, old = (_lines(each) for each in (path, before))
        if path.suffix == ".m2":
            assert lines[1:] == old[1:]
            assert lines[0] != old[0]
        else:
            assert lines != old
            assert Counter(map(str, lines)) == Counter(map(str, old))
        assert path.with_name(f"{path.stem}-corrected{path.suffix}").exists()
        assert f"{path.parent.name}/{path.stem}-corrected{path.suffix}" in events


def _lines(path: Path) -> list[object]:
    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist())
    return list(path.read_bytes().split(b"\n"))


def test_late_months_and_corrections_come_later(faulty: Path) -> None:
    deliveries = _deliveries(faulty)
    events = [event for event in _answer(faulty, "events") if event["kind"] in ("late_month", "correction")]
    assert {event["kind"] for event in events} == {"late_month", "correction"}
    faults = {fault["fault_id"]: fault for fault in _answer(faulty, "faults")}
    by_file = defaultdict(list)
    for event in events:
        by_file[event["delivery_file"]].append(event)
    for file, told in by_file.items():
        delivery = deliveries[str(file)]
        records = dict(delivery.records())
        for event in told:
            assert str(event["month"]) < delivery.covers
            if event["kind"] == "correction":
                fault = faults[event["because_of"]]
                assert (fault["account_ref"], fault["month"]) == (event["account_ref"], event["month"])
                if delivery.contract == "metro2":
                    assert records[event["line"]]["correction"] == "1"


def test_an_account_taken_back_is_silent_until_it_is_told_again(faulty: Path) -> None:
    events = _answer(faulty, "events")
    deleted = {(one["furnisher_id"], one["account_ref"]): one for one in events if one["kind"] == "deletion"}
    again = defaultdict(list)
    for one in events:
        if one["kind"] == "refurnished":
            again[one["furnisher_id"], one["account_ref"]].append(one["month"])
    assert len(deleted) > 10
    assert set(again) <= set(deleted)
    assert again
    for delivery in read_deliveries(faulty / "deliveries"):
        if delivery.contract not in ("metro2", "lender_months"):
            continue
        for _, record in delivery.records():
            if isinstance(record, Exception):
                continue
            reference = record["account_number" if delivery.contract == "metro2" else "account_ref"]
            key = (delivery.furnisher, reference)
            if key in deleted and "copy" not in delivery.file:
                month = record["told_on" if delivery.contract == "metro2" else "month"]
                assert month is None or month <= deleted[key]["month"] or month in again[key], (
                    delivery.file,
                    reference,
                )


def test_consequences_name_faults_that_came_before(faulty: Path, faults: list[dict[str, object]]) -> None:
    order = {file: place for place, file in enumerate(_deliveries(faulty))}
    faulty_lines = {(fault["delivery_file"], fault["line"]) for fault in faults}
    consequences = _answer(faulty, "consequences")
    assert consequences
    for one in consequences:
        because = faults[int(str(one["because_of"]))]
        assert order[str(because["delivery_file"])] <= order[str(one["delivery_file"])]
        assert (one["delivery_file"], one["line"]) not in faulty_lines


def test_keys_tables_have_the_documented_columns(faulty: Path, clean: Path) -> None:
    """Also where nothing is to be told."""
    documented = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text()
    for world in (faulty, clean):
        for path in sorted((world / "answers").iterdir()):
            for name in pq.read_schema(path).names:
                assert f"`{name}`" in documented, f"{path.name}: {name}"
    assert pq.read_table(clean / "answers" / "faults.parquet").num_rows == 0
    assert pq.read_schema(clean / "answers" / "faults.parquet") == pq.read_schema(faulty / "answers" / "faults.parquet")
    assert isinstance(pq.read_schema(clean / "answers" / "faults.parquet"), pa.Schema)
    assert json.loads((clean / "deliveries" / "manifest.json").read_text())["deliveries"]
