"""A generation becomes current only when a sample of it is, bit for bit, what training sets hold."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from feature_repo.errors import FeatureRepoError, ParityBroken, StoreUnavailable
from feature_repo.packed_store import PackedOnlineStore
from feature_repo.repository import Repository
from feature_repo.valkey_store import PackedValkeyOnlineStoreConfig
from features.sets import FeatureSet

MOMENT = datetime(2024, 3, 31, tzinfo=UTC)
Write = Callable[..., Path]


@pytest.fixture(params=["sqlite", "valkey"])
def repository(request: pytest.FixtureRequest, tmp_path: Path, valkey: str) -> Repository:
    address = PackedValkeyOnlineStoreConfig(connection_string=f"redis://{valkey}")
    return Repository(tmp_path / "feast", tmp_path / "features", address if request.param == "valkey" else None)


@pytest.fixture
def current(repository: Repository, home_credit: FeatureSet, table: Write) -> Repository:
    """A repository whose first generation is current, of consumers 1 to 30."""
    repository.apply(home_credit)
    repository.materialise(home_credit, {view: table(home_credit, view, range(1, 31)) for view in home_credit.views})
    return repository


def newer(features: FeatureSet, table: Write, **how: object) -> dict[str, Path]:
    """Tables of a day later."""
    moment = MOMENT + timedelta(days=1)
    return {
        view: table(features, view, range(1, 31), moment=moment, seed=100 + n, **how)
        for n, view in enumerate(features.views)
    }


def changed(path: Path, column: str, rows: int) -> Path:
    """The same table with other values of a column in its first rows, elsewhere: not what training sets read."""
    read = pq.read_table(path)
    values = read[column].to_numpy().copy()
    values[:rows] = np.nextafter(np.nan_to_num(values[:rows]), 0.5)
    other = path.parents[1] / f"changed-{path.name}"
    pq.write_table(read.set_column(read.column_names.index(column), column, pa.array(values)), other)
    return other


def shown(repository: Repository, features: FeatureSet) -> list[str]:
    """All vectors as text, in which a missing value equals another and every bit of a number counts."""
    return [repr(vector) for vector in repository.online_vectors(features, range(1, 31))]


def as_of(repository: Repository, features: FeatureSet, consumer_id: int = 1) -> datetime:
    vector = repository.online_vector(features, consumer_id)
    assert vector is not None
    return vector.as_of


def test_record_tells_what_was_done(current: Repository, home_credit: FeatureSet) -> None:
    (record,) = current.materialisations
    assert record.service == home_credit.service
    assert record.as_of == "2024-03-31T00:00:00+00:00"
    assert record.rows == dict.fromkeys(home_credit.views, 30)
    assert record.sample == 30 * len(home_credit.views)
    assert (record.seed, record.refused) == (0, "")
    assert record.seconds > 0


def test_newer_generation_takes_the_place_of_the_older(
    current: Repository, home_credit: FeatureSet, table: Write
) -> None:
    first = current.materialisations[0]
    second = current.materialise(home_credit, newer(home_credit, table), sample=7, seed=3)
    assert as_of(current, home_credit) == MOMENT + timedelta(days=1)
    assert (second.sample, second.seed) == (7 * len(home_credit.views), 3)
    assert current.materialisations == [first, second]


def test_a_difference_in_the_last_bit_of_one_value_leaves_the_current_generation(
    current: Repository, home_credit: FeatureSet, table: Write
) -> None:
    before = shown(current, home_credit)
    tables = newer(home_credit, table)
    tables["inquiries"] = changed(tables["inquiries"], "inquiry_count", 1)
    with pytest.raises(
        ParityBroken, match=r"^inquiries: online is not what training sets hold: inquiry_count in 1 of 30 sampled rows;"
    ) as caught:
        current.materialise(home_credit, tables)
    assert shown(current, home_credit) == before
    assert current.materialisations[-1].refused == str(caught.value)
    current.materialise(home_credit, newer(home_credit, table))
    assert as_of(current, home_credit) == MOMENT + timedelta(days=1)


def test_error_names_features_and_no_consumer(current: Repository, home_credit: FeatureSet, table: Write) -> None:
    tables = newer(home_credit, table)
    path = tables["application"]
    names = sorted(set(pq.read_schema(path).names) & set(home_credit.counted))[:5]
    for count, name in enumerate(names, start=1):
        path = changed(path, name, count)
    wanted = ", ".join(f"{name} in {count}" for count, name in enumerate(names[:3], start=1))
    with pytest.raises(ParityBroken, match=rf"^application: .*: {wanted} of 30 sampled rows, and 2 more;"):
        current.materialise(home_credit, tables | {"application": path})


def test_sample_is_drawn_by_the_seed(repository: Repository, taiwan: FeatureSet, table: Write) -> None:
    """One of thirty rows differs: some seeds meet it, others do not, each always."""
    repository.apply(taiwan)
    path = changed(table(taiwan, "card_months", range(1, 31)), "card_limit_latest", 1)
    met = []
    for seed in [*range(6), *range(6)]:
        try:
            repository.materialise(taiwan, {"card_months": path}, sample=15, seed=seed)
        except ParityBroken:
            met.append(True)
        else:
            met.append(False)
    assert met[:6] == met[6:]
    assert set(met) == {True, False}


def test_correction_that_was_created_later_is_compared_as_of_then(
    current: Repository, home_credit: FeatureSet, table: Write
) -> None:
    current.materialise(home_credit, newer(home_credit, table, created=MOMENT + timedelta(days=9)))
    assert as_of(current, home_credit) == MOMENT + timedelta(days=1)


def test_older_tables_are_compared_and_change_nothing(
    current: Repository, home_credit: FeatureSet, table: Write
) -> None:
    older = MOMENT - timedelta(days=40)
    current.materialise(
        home_credit, {view: table(home_credit, view, range(1, 31), moment=older) for view in home_credit.views}
    )
    assert as_of(current, home_credit) == MOMENT


def test_empty_tables_are_nothing_to_compare(current: Repository, home_credit: FeatureSet, table: Write) -> None:
    moment = MOMENT + timedelta(days=3)
    empty = {view: table(home_credit, view, [], moment=moment) for view in home_credit.views}
    record = current.materialise(home_credit, empty)
    assert (record.sample, record.as_of) == (0, "")
    assert as_of(current, home_credit) == MOMENT


def test_one_at_a_time(current: Repository, home_credit: FeatureSet, table: Write) -> None:
    with (current.folder / "materialising.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(FeatureRepoError, match="another materialisation is under way; wait until it has ended"):
            current.materialise(home_credit, newer(home_credit, table))
    assert as_of(current, home_credit) == MOMENT


def test_failure_underway_leaves_the_current_generation(
    current: Repository, home_credit: FeatureSet, table: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    online = current.store.provider.online_store
    assert isinstance(online, PackedOnlineStore)
    stage = type(online).stage

    def fail_at_the_last(self: object, config: object, generation: str, layout: object, rows: object) -> None:
        if getattr(layout, "view", "") == home_credit.views[-1]:
            raise StoreUnavailable("gone")
        stage(self, config, generation, layout, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(type(online), "stage", fail_at_the_last)
    with pytest.raises(StoreUnavailable, match="gone"):
        current.materialise(home_credit, newer(home_credit, table))
    monkeypatch.undo()
    assert as_of(current, home_credit) == MOMENT
    assert current.materialisations[-1].refused == "StoreUnavailable"


def test_feasts_own_materialize_writes_the_same(
    repository: Repository, taiwan: FeatureSet, table: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(taiwan, "card_months", range(1, 31))
    repository.apply(taiwan)
    repository.store.materialize(MOMENT - timedelta(days=1), MOMENT)
    by_feast = [repository.online_vector(taiwan, consumer_id) for consumer_id in range(1, 31)]
    repository.store.teardown()
    repository.apply(taiwan)
    repository.materialise(taiwan, {"card_months": path})
    for feast, consumer_id in zip(by_feast, range(1, 31), strict=True):
        ours = repository.online_vector(taiwan, consumer_id)
        assert feast is not None
        assert ours is not None
        assert ours.as_of_views == feast.as_of_views
        pd.testing.assert_series_equal(pd.Series(ours.values), pd.Series(feast.values), check_exact=True)
    assert "Materializing" in capsys.readouterr().out
