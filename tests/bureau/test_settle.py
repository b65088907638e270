"""Versions and what is visible as of a moment, against a model that keeps everything in lists."""

import itertools
from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bureau.content import FileContent
from bureau.contracts import Contract
from bureau.delivery import Delivery
from bureau.history import History, open_history
from bureau.home import open_home
from bureau.ingest import ingest_within

START = datetime.fromisoformat("2024-01-01")
_ROUND = itertools.count()

record = st.tuples(st.sampled_from("ab"), st.integers(1, 2), st.sampled_from(["1", "2", "", "x"]), st.integers(0, 4))
deliveries = st.lists(st.lists(record, min_size=1, max_size=6), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> History:
    """One history for all examples, each of which has people of its own."""
    return open_history(open_home(tmp_path_factory.mktemp("settle") / "home", create=True), memory_limit="500MB")


class Model:
    """All versions of a key in order, as the words of :mod:`bureau.settle` describe them."""

    def __init__(self) -> None:
        self.versions: dict[tuple[str, int], list[tuple[int, int, int, str]]] = defaultdict(list)

    def take(self, delivery_no: int, records: list[tuple[str, int, str, int]]) -> tuple[int, int]:
        """Accept a delivery; how many were bad and how many duplicates."""
        bad = duplicate = 0
        for line, (person, month, balance, day) in enumerate(records):
            if balance == "x":
                bad += 1
            else:
                self.versions[person, month].append((day, delivery_no, line, balance))
        for key, versions in self.versions.items():
            versions.sort()
            kept = [
                version
                for before, version in itertools.pairwise([None, *versions])
                if not (
                    before is not None and version is not None and version[1] == delivery_no and before[3] == version[3]
                )
            ]
            duplicate += len(versions) - len(kept)
            self.versions[key] = [version for version in kept if version is not None]
        return bad, duplicate

    def visible(self, day: int) -> dict[tuple[str, int], str]:
        """The last version recorded by a day."""
        known = {key: [v for v in versions if v[0] <= day] for key, versions in self.versions.items()}
        return {key: versions[-1][3] for key, versions in known.items() if versions}


@given(deliveries)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_counts_and_visibility_agree_with_the_model(
    shared: History, contract: Contract, tmp_path: Path, rounds: list[list[tuple[str, int, str, int]]]
) -> None:
    example = next(_ROUND)
    model = Model()
    padding = "".join(f"padding{n},1,A,1,0\n" for n in range(200))  # keeps the share of bad records small
    path = tmp_path / "statement.csv"
    for delivery_no, records in enumerate(rounds):
        rows = "".join(f"{example}-{person},{month},A,{balance},{day}\n" for person, month, balance, day in records)
        path.write_text(f"PERSON,MONTH,STATUS,BALANCE,DAY\n{rows}new{example}-{delivery_no},1,A,1,0\n{padding}")
        with shared.write() as connection:
            receipt = ingest_within(
                connection, shared.vault, Delivery(contract, FileContent(path), START, date(2024, 1, 1))
            )
        bad, duplicate = model.take(delivery_no, records)
        known_padding = 200 if example or delivery_no else 0
        assert receipt.read == len(records) + 201 == receipt.accepted + receipt.quarantined + receipt.duplicate
        assert receipt.quarantined == bad
        assert receipt.duplicate == duplicate + known_padding
        with shared.read() as connection:
            for day in range(-1, 6):
                rows_seen = connection.execute(
                    "SELECT tradeline_ref, month(effective_on), balance FROM tradeline_month "
                    "JOIN tradeline_reference USING (tradeline_id) WHERE starts_with(tradeline_ref, $prefix) "
                    "AND recorded_at <= $t AND coalesce(superseded_at > $t, true)",
                    {"prefix": f"{example}-", "t": START + timedelta(days=day)},
                ).fetchall()
                seen = {
                    (ref.removeprefix(f"{example}-"), month): "" if balance is None else f"{balance:.0f}"
                    for ref, month, balance in rows_seen
                }
                assert len(seen) == len(rows_seen), "two versions are visible at once"
                assert seen == model.visible(day)
