"""The likeness of references: the same one by one and in bulk, and what counts of several tellings."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from bureau.engine import connect
from bureau.identity import likeness as module
from bureau.identity.likeness import Likeness, likenesses
from bureau.identity.model import default_model
from bureau.identity.told import TELLING

MODEL = default_model(10_000)
FIRST, LAST = ("Winifred", "Winnie", "Rosalind", "Umberto", "晓梅"), ("Okafor", "Okafer", "Castellano", "欧阳", None)


def telling(node: int, told_as: int, **told: Any) -> dict[str, Any]:
    return dict.fromkeys(TELLING.names) | {"node": node, "told_as": told_as, **told}


def random_tellings(seed: int, nodes: int) -> pa.Table:
    dice = random.Random(seed)  # noqa: S311
    rows = [
        telling(
            node,
            told_as,
            first_name=dice.choice(FIRST),
            last_name=dice.choice(LAST),
            suffix=dice.choice([None, None, None, "Jr", "Sr"]),
            birth_date=dice.choice(["1979-03-14", "1979-03-15", "1951-05-02", None]),
            national_id=dice.choice(["123456789", "123456798", "321549876", None, "999999999"]),
            phone=dice.choice(["3125550147", None]),
            address=dice.choice(["17 Larch Ave", "5 Quarry Rd", None]),
            postcode=dice.choice(["60432", "60441", None]),
        )
        for node in range(1, nodes + 1)
        for told_as in range(dice.choice([1, 1, 2, 3]))
    ]
    return pa.Table.from_pylist(rows, schema=TELLING)


@pytest.mark.parametrize("seed", range(3))
def test_bulk_and_one_by_one_agree(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tellings = random_tellings(seed, 40)
    pairs = np.array(list(combinations(range(1, 41), 2)), np.int64)
    with connect(tmp_path / "spill", "500MB") as connection:
        single = list(likenesses(connection, MODEL, tellings, pairs))
        monkeypatch.setattr(module, "_FEW", 0)
        bulk = list(likenesses(connection, MODEL, tellings, pairs))
    assert [(each.left, each.right, each.veto) for each in single] == [(e.left, e.right, e.veto) for e in bulk]
    assert [each.weight for each in single] == pytest.approx([each.weight for each in bulk], abs=1e-9)


def likeness_of(tmp_path: Path, *rows: dict[str, Any]) -> Likeness:
    with connect(tmp_path / "spill", "500MB") as connection:
        table = pa.Table.from_pylist(list(rows), schema=TELLING)
        (found,) = likenesses(connection, MODEL, table, np.array([[1, 2]], np.int64))
        return found


WINIFRED = {"first_name": "Winifred", "last_name": "Okafor", "birth_date": "1979-03-14", "phone": "3125550147"}


def test_the_likest_telling_counts(tmp_path: Path) -> None:
    married = WINIFRED | {"last_name": "Halloran", "phone": None}
    alone = likeness_of(tmp_path, telling(1, 1, **WINIFRED), telling(2, 1, **married))
    both = likeness_of(tmp_path, telling(1, 1, **WINIFRED), telling(1, 2, **married), telling(2, 1, **married))
    assert both.weight > alone.weight
    assert both.veto is None


def test_another_first_name_told_once_is_taken_back_but_a_generation_is_not(tmp_path: Path) -> None:
    wrong = {"first_name": "Rosalind", "last_name": "Okafor"}
    taken_back = likeness_of(tmp_path, telling(1, 1, **WINIFRED), telling(1, 2, **wrong), telling(2, 1, **WINIFRED))
    assert taken_back.veto is None
    junior = likeness_of(
        tmp_path,
        telling(1, 1, **WINIFRED, suffix="Sr"),
        telling(1, 2, **WINIFRED),
        telling(2, 1, **WINIFRED, suffix="Jr"),
        telling(2, 2, **WINIFRED),
    )
    assert junior.veto == "generation"
