"""Any sequence of steps against a dictionary, and tokens of any text."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureau.errors import Erased
from bureau.vault import MasterKeys, Vault, open_vault

MOMENT = datetime.fromisoformat("2024-01-01")
NUMBERS = st.integers(0, 4) | st.sampled_from([-(2**63), 2**63 - 1])
INTEGERS = st.integers(-(2**63), 2**63 - 1)
ROWS = st.lists(st.tuples(NUMBERS, INTEGERS | st.integers(0, 1), st.sampled_from(["identity", "宗"]), st.binary()))
PAIRS = st.lists(st.tuples(st.integers(0, 3), NUMBERS))
STEPS = st.lists(
    st.tuples(st.just("seal"), st.integers(1, 3), ROWS)
    | st.tuples(st.just("add"), st.integers(1, 3), PAIRS)
    | st.tuples(st.just("remove"), st.none(), PAIRS)
    | st.tuples(st.just("discard"), st.integers(1, 3), st.none())
    | st.tuples(st.just("erase"), st.none(), st.lists(NUMBERS, max_size=2)),
    max_size=12,
)


@settings(max_examples=40)
@given(STEPS)
def test_it_holds_what_a_dictionary_would(steps: list[tuple[str, int, list]]) -> None:  # type: ignore[type-arg]
    entries: dict[tuple[int, int, str], tuple[bytes, int]] = {}
    tokens: dict[tuple[int, int], int] = {}
    erased: set[int] = set()
    with tempfile.TemporaryDirectory() as folder, open_at(folder) as vault:
        for step, delivery, what in steps:
            if step == "seal" and erased & {number for number, *_ in what}:
                with pytest.raises(Erased, match="has been erased"):
                    vault.seal("consumer", what, delivery_no=delivery)
            elif step == "seal":
                vault.seal("consumer", what, delivery_no=delivery)
                for number, name, field, content in what:
                    entries.setdefault((number, name, field), (content, delivery))
            elif step == "add":
                vault.index.add("consumer", what, delivery_no=delivery)
                for pair in what:
                    tokens.setdefault(pair, delivery)
            elif step == "remove":
                vault.index.remove("consumer", what)
                tokens = {pair: no for pair, no in tokens.items() if pair not in what}
            elif step == "discard":
                vault.discard(delivery)
                entries = {key: value for key, value in entries.items() if value[1] != delivery}
                tokens = {pair: no for pair, no in tokens.items() if no != delivery}
            else:
                vault.erase("consumer", what, "asked", MOMENT)
                erased |= set(what)
                entries = {key: value for key, value in entries.items() if key[0] not in erased}
                tokens = {pair: no for pair, no in tokens.items() if pair[1] not in what}
        everybody = [*range(5), -(2**63), 2**63 - 1]
        assert [tuple(entry) for entry in vault.open("consumer", everybody)] == [
            (*key, content) for key, (content, _) in sorted(entries.items())
        ]
        owners = defaultdict(list)
        for token, number in sorted(tokens):
            owners[token].append(number)
        assert vault.index.lookup("consumer", range(4)).numbers == owners
        assert set(vault.erasures("consumer", everybody)) == erased


def open_at(folder: str) -> Vault:
    return open_vault(Path(folder) / "vault.db", Path(folder) / "keys.db", MasterKeys(bytes(32)))


@pytest.fixture(scope="module")
def index_vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return open_at(str(tmp_path_factory.mktemp("index")))


@given(st.lists(st.tuples(st.text(max_size=3), st.text(st.characters(), max_size=4)), min_size=2, max_size=2))
def test_tokens_are_equal_where_field_and_value_are(index_vault: Vault, values: list[tuple[str, str]]) -> None:
    first, second = (index_vault.index.tokens(field, [value])[0] for field, value in values)
    assert (first == second) == (values[0] == values[1])
    assert -(2**63) <= first < 2**63
