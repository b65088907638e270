"""Candidate pairs: few, the same in bulk and one by one, never a hub."""

from __future__ import annotations

import itertools
import random

import duckdb
import numpy as np
import pytest
from told_people import person, population, told_table

from bureau.identity.blocking import NEIGHBOURS, candidate_pairs, is_chain, key_tokens, limit_of, record_tokens
from bureau.identity.clusters import components
from bureau.identity.standard import standard_record, standardise


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def test_tokens_in_bulk_are_those_of_one_record(connection: duckdb.DuckDBPyConnection) -> None:
    told, _ = population(80, seed=1)
    told_table(connection, told)
    standardise(connection, "told", "standard", day_first=False)
    key_tokens(connection, "standard", "tokens", salt="s")
    found: dict[int, list[int]] = {}
    for token, record in connection.execute("FROM tokens ORDER BY token").fetchall():
        found.setdefault(record, []).append(token)
    for record, each in enumerate(told):
        assert found.get(record, []) == record_tokens(standard_record(each), salt="s")


def _pairs(token: int, records: list[int]) -> list[tuple[int, int]]:
    """Neighbours in a chain; of other keys every pair, where few share one."""
    if is_chain(token):
        return [(records[at], each) for at in range(len(records)) for each in records[at + 1 : at + 1 + NEIGHBOURS]]
    return list(itertools.combinations(records, 2)) if len(records) <= limit_of(token, 9) else []


def test_candidates_are_the_pairs_that_share_a_token_of_few(connection: duckdb.DuckDBPyConnection) -> None:
    told, _ = population(60, seed=2)
    tokens = {record: record_tokens(standard_record(each)) for record, each in enumerate(told)}
    shared: dict[int, list[int]] = {}
    for record, each in tokens.items():
        for token in each:
            shared.setdefault(token, []).append(record)
    expected = {pair for token, records in shared.items() for pair in _pairs(token, sorted(records))}
    told_table(connection, told)
    standardise(connection, "told", "standard", day_first=False)
    key_tokens(connection, "standard", "tokens")
    assert candidate_pairs(connection, "tokens", "pairs", key_limit=9, pairs_per_record=8) == 9
    assert set(connection.execute("FROM pairs").fetchall()) == expected


def test_new_records_meet_the_old_ones_and_one_another(connection: duckdb.DuckDBPyConnection) -> None:
    told, _ = population(60, seed=3)
    told_table(connection, told)
    standardise(connection, "told", "standard", day_first=False)
    key_tokens(connection, "standard", "tokens")
    connection.execute("CREATE TABLE new_tokens AS FROM tokens WHERE record >= 150")
    candidate_pairs(connection, "tokens", "everything", key_limit=9, pairs_per_record=8)
    candidate_pairs(connection, "tokens", "fresh", key_limit=9, pairs_per_record=80, new="new_tokens")
    everything = {
        tuple(sorted(pair)) for pair in connection.execute("FROM everything WHERE right_record >= 150").fetchall()
    }
    fresh = connection.execute("FROM fresh").fetchall()
    assert {tuple(sorted(pair)) for pair in fresh} == everything
    assert len(fresh) == len(everything)
    assert all(left >= 150 for left, _ in fresh)


def test_no_hub_is_ever_compared(connection: duckdb.DuckDBPyConnection) -> None:
    rng = random.Random(4)  # noqa: S311 - invented people
    told = [
        {**person(rng), "phone": "8005550100", "national_id": "536-22-8741", "email": "x1@y.example"}
        for _ in range(900)
    ]
    told_table(connection, told)
    standardise(connection, "told", "standard", day_first=False)
    key_tokens(connection, "standard", "tokens")
    candidate_pairs(connection, "tokens", "pairs", key_limit=24, pairs_per_record=8)
    (pairs,) = connection.execute("SELECT count(*) FROM pairs").fetchone() or (0,)
    assert pairs <= 8 * 900


def test_forty_accounts_of_one_person_hang_together(connection: duckdb.DuckDBPyConnection) -> None:
    told = [person(random.Random(9)) | {"address": f"{at} Larch Ave", "phone": f"312555{at:04}"} for at in range(40)]  # noqa: S311
    told_table(connection, told)
    standardise(connection, "told", "standard", day_first=False)
    key_tokens(connection, "standard", "tokens")
    candidate_pairs(connection, "tokens", "pairs", key_limit=24, pairs_per_record=8)
    left, right = np.array(connection.execute("FROM pairs").fetchall(), np.int64).T
    assert set(components(40, left, right).tolist()) == {0}


def test_limit_is_lowered_until_the_budget_is_kept(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE tokens AS SELECT 4 * (i // 20) AS token, i AS record FROM range(400) t(i)")
    limit = candidate_pairs(connection, "tokens", "pairs", key_limit=24, pairs_per_record=8)
    assert limit < 20
    assert connection.execute("SELECT count(*) FROM pairs").fetchone() == (0,)
