"""Training sets and online vectors: every row once, in order, as known at its moment, the same offline and online."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from feature_repo.errors import FeatureRepoError
from feature_repo.repository import Repository, repo_config
from features.sets import FeatureSet

MOMENT = datetime(2024, 3, 31, tzinfo=UTC)
Write = Callable[..., Path]


def spine(consumers: list[int], moments: list[datetime] | datetime = MOMENT) -> pd.DataFrame:
    frame = pd.DataFrame({"consumer_id": np.array(consumers, dtype=np.int64)})
    stamps = moments if isinstance(moments, list) else [moments] * len(consumers)
    return frame.assign(event_timestamp=pd.Series(stamps, dtype="datetime64[us, UTC]"))


def written(path: Path, names: tuple[str, ...]) -> pd.DataFrame:
    frame = pq.read_table(path).to_pandas().set_index("consumer_id")
    return frame[[name for name in names if name in frame]]


def assert_same_bits(left: object, right: object) -> None:
    """Equal to the last bit; any missing value equals any other."""
    first, second = np.asarray(left, dtype=np.float64).copy(), np.asarray(right, dtype=np.float64).copy()
    first[np.isnan(first)] = second[np.isnan(second)] = 0.5
    np.testing.assert_array_equal(first.view(np.int64), second.view(np.int64))


@pytest.fixture
def applied(repository: Repository, taiwan: FeatureSet, table: Write) -> Repository:
    table(taiwan, "card_months", range(1, 9))
    repository.apply(taiwan)
    return repository


# -- training sets --------------------------------------------------------------------------------


def test_rows_keep_their_order_and_their_own_columns(applied: Repository, taiwan: FeatureSet, table: Write) -> None:
    asked = spine([5, 1, 8, 3]).assign(is_bad=[True, False, True, False], weight=[1.0, 2.0, 3.0, 4.0])
    asked.index = pd.Index([30, 10, 40, 20])
    got = applied.training_frame(taiwan, asked)
    pd.testing.assert_frame_equal(got[list(asked.columns)], asked)
    assert list(got.columns) == [*asked.columns, *taiwan.counted]
    facts = written(table(taiwan, "card_months", range(1, 9)), taiwan.counted)
    assert_same_bits(got[facts.columns], facts.loc[asked["consumer_id"]])


def test_rows_asked_twice_come_twice(applied: Repository, taiwan: FeatureSet) -> None:
    got = applied.training_frame(taiwan, spine([2, 2, 1, 2]))
    assert got["consumer_id"].tolist() == [2, 2, 1, 2]
    assert_same_bits(got.iloc[0, 2:], got.iloc[3, 2:])


def test_unknown_consumers_are_missing_and_stay(applied: Repository, taiwan: FeatureSet) -> None:
    got = applied.training_frame(taiwan, spine([99, 1, 98]))
    assert got["consumer_id"].tolist() == [99, 1, 98]
    assert got[list(taiwan.counted)].notna().any(axis="columns").tolist() == [False, True, False]


def test_empty_spine_gives_an_empty_frame(applied: Repository, taiwan: FeatureSet) -> None:
    got = applied.training_frame(taiwan, spine([]))
    assert got.empty
    assert list(got.columns) == ["consumer_id", "event_timestamp", *taiwan.counted]


def test_moment_before_all_data_is_missing(applied: Repository, taiwan: FeatureSet) -> None:
    got = applied.training_frame(taiwan, spine([1, 1], [MOMENT - timedelta(microseconds=1), MOMENT]))
    assert got[list(taiwan.counted)].notna().any(axis="columns").tolist() == [False, True]


def test_value_created_after_the_moment_is_not_used(repository: Repository, taiwan: FeatureSet, table: Write) -> None:
    known = table(taiwan, "card_months", [1], moment=MOMENT, seed=1)
    late = MOMENT + timedelta(days=20)
    corrected = table(taiwan, "card_months", [1], moment=MOMENT + timedelta(days=1), created=late, seed=2)
    repository.apply(taiwan)
    asked = spine([1, 1, 1], [MOMENT, late - timedelta(seconds=1), late])
    got = repository.training_frame(taiwan, asked)
    before, after = (written(path, taiwan.counted) for path in (known, corrected))
    assert_same_bits(got[before.columns], pd.concat([before, before, after]))


def test_correction_of_the_same_moment_counts_once_it_was_created(
    repository: Repository, taiwan: FeatureSet, table: Write
) -> None:
    known = table(taiwan, "card_months", [1, 2], seed=1)
    late = MOMENT + timedelta(days=20)
    corrected = table(taiwan, "card_months", [1], created=late, seed=2)
    corrected = corrected.rename(corrected.with_name("correction.parquet"))
    repository.apply(taiwan)
    got = repository.training_frame(taiwan, spine([1, 2, 1], [MOMENT + timedelta(days=1), late, late]))
    before, after = (written(path, taiwan.counted) for path in (known, corrected))
    assert_same_bits(got[before.columns], pd.concat([before.loc[[1, 2]], after]))


def test_older_and_newer_tables_side_by_side(repository: Repository, taiwan: FeatureSet, table: Write) -> None:
    days = [MOMENT, MOMENT + timedelta(days=31), MOMENT + timedelta(days=61)]
    facts = [
        written(table(taiwan, "card_months", [1, 2], moment=day, seed=n), taiwan.counted) for n, day in enumerate(days)
    ]
    repository.apply(taiwan)
    asked = spine([2, 1, 2, 1], [days[2], days[0], days[1] - timedelta(seconds=1), days[1]])
    got = repository.training_frame(taiwan, asked)
    wanted = [facts[2].loc[2], facts[0].loc[1], facts[0].loc[2], facts[1].loc[1]]
    assert_same_bits(got[facts[0].columns], pd.DataFrame(wanted))


def test_another_time_zone_is_the_same_moment(applied: Repository, taiwan: FeatureSet) -> None:
    here = spine([1, 2])
    there = here.assign(event_timestamp=here["event_timestamp"].dt.tz_convert("Asia/Shanghai"))
    assert_same_bits(
        applied.training_frame(taiwan, here)[list(taiwan.counted)],
        applied.training_frame(taiwan, there)[list(taiwan.counted)],
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"consumer_id": ["1", "2"]}, "^consumer_id: whole numbers are wanted"),
        ({"consumer_id": [1.0, 2.0]}, "^consumer_id: whole numbers are wanted"),
        ({"event_timestamp": [pd.Timestamp("2024-03-31")] * 2}, "^event_timestamp: moments with a time zone"),
        ({"event_timestamp": ["2024-03-31"] * 2}, "^event_timestamp: moments with a time zone"),
        ({"event_timestamp": [pd.Timestamp("2024-03-31", tz="UTC"), pd.NaT]}, "^event_timestamp: a moment is missing"),
    ],
)
def test_spine_of_another_kind_is_refused(
    applied: Repository, taiwan: FeatureSet, changed: dict[str, list[object]], message: str
) -> None:
    with pytest.raises(FeatureRepoError, match=message):
        applied.training_frame(taiwan, spine([1, 2]).assign(**changed))


@pytest.mark.parametrize("column", ["consumer_id", "event_timestamp"])
def test_spine_without_a_column_is_refused(applied: Repository, taiwan: FeatureSet, column: str) -> None:
    with pytest.raises(FeatureRepoError, match=f"^{column}: the spine lacks this column"):
        applied.training_frame(taiwan, spine([1]).drop(columns=column))


# -- the online store -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["taiwan", "home_credit"])
def test_offline_equals_online_bit_for_bit(
    repository: Repository, table: Write, name: str, request: pytest.FixtureRequest
) -> None:
    features: FeatureSet = request.getfixturevalue(name)
    consumers = list(range(1, 41))
    tables = {view: table(features, view, consumers, seed=n) for n, view in enumerate(features.views)}
    repository.apply(features)
    assert repository.materialise(features, tables).rows == dict.fromkeys(features.views, len(consumers))
    offline = repository.training_frame(features, spine(consumers))
    for row, consumer_id in enumerate(consumers):
        for fetch in (repository.online_vector, repository.feast_vector):
            vector = fetch(features, consumer_id)
            assert vector is not None
            assert vector.as_of == MOMENT
            assert set(vector.values) == set(features.counted)
            assert_same_bits(
                [vector.values[each] for each in features.counted], offline.loc[row, list(features.counted)]
            )


def test_unknown_consumer_has_no_vector(applied: Repository, taiwan: FeatureSet, table: Write) -> None:
    applied.materialise(taiwan, {"card_months": table(taiwan, "card_months", [1])})
    assert applied.online_vector(taiwan, 2) is None
    assert applied.feast_vector(taiwan, 2) is None


def test_vector_is_as_old_as_its_oldest_view(repository: Repository, home_credit: FeatureSet, table: Write) -> None:
    repository.apply(home_credit)
    newer = {view: table(home_credit, view, [1]) for view in home_credit.views}
    repository.materialise(home_credit, newer)
    later = MOMENT + timedelta(days=1)
    newer["inquiries"] = table(home_credit, "inquiries", [1], moment=later)
    repository.materialise(home_credit, newer)
    vector = repository.online_vector(home_credit, 1)
    assert vector is not None
    assert vector.as_of == MOMENT


def test_older_table_does_not_replace_newer_rows(repository: Repository, taiwan: FeatureSet, table: Write) -> None:
    repository.apply(taiwan)
    older = table(taiwan, "card_months", [1, 2], seed=1)
    newer = table(taiwan, "card_months", [1], moment=MOMENT + timedelta(days=1), seed=2)
    for path in (newer, older):
        repository.materialise(taiwan, {"card_months": path})
    first, second = repository.online_vector(taiwan, 1), repository.online_vector(taiwan, 2)
    assert first is not None
    assert second is not None
    assert (first.as_of, second.as_of) == (MOMENT + timedelta(days=1), MOMENT)
    facts = written(newer, taiwan.counted)
    assert_same_bits([first.values[name] for name in facts.columns], facts.loc[1])


def test_two_portfolios_share_a_view_and_the_store(
    repository: Repository, taiwan: FeatureSet, home_credit: FeatureSet, table: Write
) -> None:
    for features, consumers in ((taiwan, [1]), (home_credit, [2])):
        repository.apply(features)
        repository.materialise(features, {view: table(features, view, consumers) for view in features.views})
    for features, consumer_id in ((taiwan, 1), (home_credit, 2)):
        vector = repository.online_vector(features, consumer_id)
        assert vector is not None
        assert set(vector.values) == set(features.counted)


def test_repository_of_another_process_reads_the_same(applied: Repository, taiwan: FeatureSet, table: Write) -> None:
    applied.materialise(taiwan, {"card_months": table(taiwan, "card_months", [1])})
    again = Repository(applied.folder, applied.tables)
    assert again.online_vector(taiwan, 1) == applied.online_vector(taiwan, 1)


def test_configuration_is_that_of_feasts_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from feast.repo_config import load_repo_config

    monkeypatch.setenv("TRADELINE_HOME", str(tmp_path))
    folder = Path(__file__).parents[2] / "feature_repo"
    loaded = load_repo_config(folder, folder / "feature_store.yaml").model_dump()
    ours = repo_config(tmp_path / "feast").model_dump()
    assert {key: loaded[key] for key in ours if key != "repo_path"} == {
        key: ours[key] for key in ours if key != "repo_path"
    }
