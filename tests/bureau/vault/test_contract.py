"""What a vault does, on either engine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from bureau.errors import Erased, ErasureRefused, VaultBusy, VaultError
from bureau.vault import Entry, Vault

MONDAY, TUESDAY = datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2024-01-02T03:04:05")
ENDS = (-(2**63), 2**63 - 1)


def seal(vault: Vault, *numbers: int, delivery_no: int = 0) -> None:
    vault.seal("consumer", [(n, n * 10, "identity", b"told %d" % n) for n in numbers], delivery_no=delivery_no)


def numbers(vault: Vault, *asked: int) -> list[int]:
    return [entry.number for entry in vault.open("consumer", asked)]


# -- entries ------------------------------------------------------------------------------------


def test_what_was_sealed_is_opened_in_order(vault: Vault) -> None:
    rows = [
        (7, 2, "identity", b"second"),
        (7, 1, "photo", bytes(100_000)),
        (7, 1, "identity", "宗 \0 first".encode()),
        (3, ENDS[0], "identity", b""),
        (ENDS[1], ENDS[1], "identity", b"last"),
        (ENDS[0], 0, "identity", b"least"),
    ]
    vault.seal("consumer", rows)
    assert list(vault.open("consumer", [7, 3, 7, *ENDS, 12])) == sorted(map(Entry._make, rows))
    assert list(vault.open("consumer", np.array([3]))) == [Entry(3, ENDS[0], "identity", b"")]
    assert list(vault.open("consumer", [])) == []
    named = vault.open_named("consumer", [(7, 1), (3, 1), (ENDS[1], ENDS[1])])
    assert [(entry.number, entry.name, entry.field) for entry in named] == [
        (7, 1, "identity"), (7, 1, "photo"), (ENDS[1], ENDS[1], "identity")
    ]  # fmt: skip


def test_more_than_a_batch(vault: Vault) -> None:
    seal(vault, *range(25_000))
    assert numbers(vault, *range(30_000)) == list(range(25_000))


def test_kinds_are_apart_and_a_foreign_one_is_refused(vault: Vault) -> None:
    seal(vault, 1)
    assert list(vault.open("quarantine", [1])) == []
    with pytest.raises(VaultError, match="'people' is no kind of owner; there are consumer, quarantine, held"):
        vault.open("people", [1])


def test_an_entry_that_is_there_stays(vault: Vault) -> None:
    seal(vault, 1)
    vault.seal("consumer", [(1, 10, "identity", b"another"), (1, 11, "identity", b"new")])
    assert [entry.content for entry in vault.open_one("consumer", 1)] == [b"told 1", b"new"]


def test_reopened_it_holds_the_same(places: Any, opened: Callable[..., Vault]) -> None:
    first = opened(places)
    seal(first, 1, 2)
    tokens = first.index.tokens("phone", ["12345"])
    key = first.named_key("history")
    first.close()
    again = opened(places)
    assert numbers(again, 1, 2) == [1, 2]
    assert again.index.tokens("phone", ["12345"]) == tokens
    assert again.named_key("history") == key != again.named_key("references")


# -- transactions -------------------------------------------------------------------------------


def test_a_block_is_kept_whole_or_not_at_all(vault: Vault) -> None:
    with pytest.raises(ZeroDivisionError), vault.write():  # noqa: PT012
        seal(vault, 1)
        vault.index.add("consumer", [(5, 1)])
        assert numbers(vault, 1) == [1]
        raise ZeroDivisionError
    assert numbers(vault, 1) == []
    assert vault.index.lookup("consumer", [5]).numbers == {}
    with vault.write():
        seal(vault, 1)
        seal(vault, 2)
    assert numbers(vault, 1, 2) == [1, 2]


def test_a_second_writer_waits_and_is_told(places: Any, opened: Callable[..., Vault]) -> None:
    first, second = opened(places), opened(places, wait_seconds=0.2)
    with first.write():
        seal(first, 1)
        with pytest.raises(VaultBusy, match=r"another process has used it for 0\.2 s; wait for its end"):
            seal(second, 2)
        assert numbers(second, 1) == []
    seal(second, 2)
    assert numbers(first, 1, 2) == [1, 2]


def test_many_threads_write_and_read_one_vault(vault: Vault) -> None:
    def work(at: int) -> list[int]:
        seal(vault, *range(at * 50, at * 50 + 50))
        return numbers(vault, *range(at * 50, at * 50 + 50))

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(work, range(12)))
    assert found == [list(range(at * 50, at * 50 + 50)) for at in range(12)]


def test_made_by_many_at_once_it_is_one(places: Any, opened: Callable[..., Vault]) -> None:
    start = threading.Barrier(4)

    def make(at: int) -> Vault:
        start.wait()
        made = opened(places, wait_seconds=20)
        seal(made, at)
        return made

    with ThreadPoolExecutor(4) as pool:
        vaults = list(pool.map(make, range(4)))
    assert [numbers(vault, *range(4)) for vault in vaults] == [[0, 1, 2, 3]] * 4
    assert len({vault.index.tokens("x", ["y"])[0] for vault in vaults}) == 1


# -- the blind index ----------------------------------------------------------------------------


def test_owners_are_found_by_token(vault: Vault) -> None:
    one, two, absent, least, most = *vault.index.tokens("phone", ["1", "2", "3"]), *ENDS
    vault.index.add("consumer", [(one, 8), (one, 7), (two, 7), (one, 8), (least, 1), (most, 2)])
    vault.index.add("quarantine", [(one, 99)])
    found = vault.index.lookup("consumer", [one, absent, two, one, least, most])
    assert found.numbers == {one: [7, 8], two: [7], least: [1], most: [2]}
    assert not found.crowded
    vault.index.remove("consumer", [(one, 7), (absent, 7)])
    assert vault.index.lookup("consumer", [one, two]).numbers == {one: [8], two: [7]}
    assert vault.index.lookup("quarantine", [one]).numbers == {one: [99]}


def test_a_crowded_token_is_told_and_cut_short(vault: Vault) -> None:
    vault.index.add("consumer", [(1, number) for number in range(1000, 0, -1)] + [(2, 5), (2, 6), (2, 7)])
    found = vault.index.lookup("consumer", [1, 2], limit=3)
    assert found.numbers == {1: [1, 2, 3], 2: [5, 6, 7]}
    assert found.crowded == {1}


def test_many_tokens_at_once(vault: Vault) -> None:
    vault.index.add("consumer", ((token, token // 2) for token in range(12_000)))
    found = vault.index.lookup("consumer", range(20_000))
    assert found.numbers == {token: [token // 2] for token in range(12_000)}


# -- deliveries ---------------------------------------------------------------------------------


def test_what_a_delivery_left_is_discarded_alone(vault: Vault) -> None:
    seal(vault, 1, delivery_no=1)
    vault.index.add("consumer", [(5, 1)], delivery_no=1)
    vault.seal("consumer", [(1, 11, "identity", b"more"), (2, 20, "identity", b"x")], delivery_no=2)
    vault.index.add("consumer", [(5, 1), (6, 1), (6, 2)], delivery_no=2)
    seal(vault, 9)
    for _ in range(2):
        vault.discard(2)
        vault.discard(0)
    assert [(entry.number, entry.name) for entry in vault.open("consumer", [1, 2, 9])] == [(1, 10), (9, 90)]
    assert vault.index.lookup("consumer", [5, 6]).numbers == {5: [1]}
    vault.seal("consumer", [(2, 21, "identity", b"somebody else")], delivery_no=2)
    assert [entry.content for entry in vault.open_one("consumer", 2)] == [b"somebody else"]


# -- erasure and holds --------------------------------------------------------------------------


def test_an_erased_owner_is_gone_and_stays_gone(vault: Vault) -> None:
    seal(vault, 1, 2, 3)
    vault.index.add("consumer", [(5, 1), (5, 2), (6, 1)])
    vault.erase("consumer", [1, 77], "asked for it", TUESDAY)
    assert numbers(vault, 1, 2, 3, 77) == [2, 3]
    assert vault.index.lookup("consumer", [5, 6]).numbers == {5: [2]}
    for number in (1, 77):
        with pytest.raises(Erased, match=rf"consumer {number} was erased on 2024-01-02 \(asked for it\)"):
            vault.open_one("consumer", number)
    with pytest.raises(Erased, match="consumer 1 has been erased; nothing can be sealed for it again"):
        seal(vault, 4, 1)
    assert numbers(vault, 4) == []
    assert vault.open_one("consumer", 4) == []
    vault.erase("consumer", [1, 2], "again", MONDAY)
    told = vault.erasures("consumer", [1, 2, 3])
    assert {number: (erasure.moment, erasure.reason) for number, erasure in told.items()} == {
        1: (TUESDAY, "asked for it"), 2: (MONDAY, "again")
    }  # fmt: skip


def test_an_erasure_is_no_part_of_a_transaction(vault: Vault) -> None:
    with pytest.raises(VaultError, match="an erasure is no part of another transaction"), vault.write():
        vault.erase("consumer", [1], "asked", MONDAY)


def test_a_hold_refuses_erasure_until_it_is_lifted(vault: Vault) -> None:
    seal(vault, 1, 2)
    vault.holds.place("consumer", 2, "case 12/24", MONDAY)
    vault.holds.place("consumer", 2, "case 12/24", TUESDAY)
    vault.holds.place("quarantine", 1, "audit", MONDAY)
    refusal = r"consumer 2 is held since 2024-01-01T00:00:00 \(case 12/24\); lift the hold first \(nobody was erased\)"
    with pytest.raises(ErasureRefused, match=refusal):
        vault.erase("consumer", [1, 2], "asked", TUESDAY)
    assert numbers(vault, 1, 2) == [1, 2]
    assert not vault.holds.lift("consumer", 2, "another", TUESDAY)
    assert vault.holds.lift("consumer", 2, "case 12/24", TUESDAY)
    assert [(hold.placed_at, hold.lifted_at) for hold in vault.holds.of("consumer", 2)] == [(MONDAY, TUESDAY)]
    vault.holds.place("consumer", 2, "second case", TUESDAY)
    assert vault.holds.lift("consumer", 2, "second case", TUESDAY)
    vault.erase("consumer", [1, 2], "asked", TUESDAY)
    assert numbers(vault, 1, 2) == []
