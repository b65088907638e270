"""The online store as the service reads it, and what a home must hold to be served."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from copied_home import copied_home

from bureau.erasure import erase
from bureau.errors import UnknownConsumer
from bureau.history import open_history
from bureau.home import Home
from bureau.identity import open_finder
from bureau.identity.decisions import Decision, merge
from bureau.references import open_references, publish_references
from feature_repo.errors import FeatureRepoError
from feature_repo.repository import Repository
from features.sets import feature_set
from scoring.errors import BundleRefused, ScoringError
from serving.asked import Asked
from serving.errors import NoFinder, NotServable
from serving.online import Online, open_online
from serving.opening import OpenedService, open_service
from tradeline.online_features import withdraw_online


def test_packed_rows_are_what_feast_answers(served: Any) -> None:
    repository = Repository(served.home.feast, served.home.features)
    features = feature_set("home-credit")
    for consumer_id in served.frame.consumer_id[::10]:
        packed, feast = (read(features, consumer_id) for read in (repository.online_vector, repository.feast_vector))
        assert packed is not None
        assert feast is not None
        assert packed.as_of == feast.as_of
        assert set(packed.values) == set(feast.values) == set(features.counted)
        for name in features.counted:
            assert np.array_equal(packed.values[name], feast.values[name], equal_nan=True), name
    assert repository.online_vector(features, -1) is None
    assert repository.feast_vector(features, -1) is None


@pytest.fixture
def online(opened: OpenedService) -> Online:
    return opened.online


def test_online_values_are_the_offline_values(served: Any, online: Online) -> None:
    for row in served.frame.iloc[::10].to_dict("records"):
        vector = online.vector(row["consumer_id"])
        assert vector is not None
        values = vector.values
        assert all(np.array_equal(values[name], row[name], equal_nan=True) for name in values)


def test_every_number_of_a_person_has_the_features_of_the_person(served: Any, tmp_path: Path) -> None:
    home = _copy(served.home, tmp_path)
    one, other = (int(each) for each in served.frame.consumer_id[:2])
    merge(open_history(home), one, other, Decision("a.reviewer", "one person", datetime.fromisoformat("2026-01-31")))
    online = open_online(home, feature_set("home-credit"))
    online.refresh()
    person = online.references_of(one)[0]
    assert online.references_of(other)[0] == person
    wanted = Repository(home.feast, home.features).online_vector(online.features, person)
    assert wanted is not None
    for number in (one, other):
        assert online.subject(Asked(consumer_id=number)).consumer_id == person
        told = online.vector(number)
        assert told is not None
        assert all(np.array_equal(told.values[name], wanted.values[name], equal_nan=True) for name in wanted.values)


def test_view_without_a_row_is_missing_there_and_here(served: Any, tmp_path: Path) -> None:
    home = _copy(served.home, tmp_path)
    with sqlite3.connect(home.feast / "online.db") as rows:
        rows.execute("DELETE FROM tradelines")
    rows.close()
    repository, features = Repository(home.feast, home.features), feature_set("home-credit")
    consumer_id = int(served.frame.consumer_id[0])
    packed, feast = repository.online_vector(features, consumer_id), repository.feast_vector(features, consumer_id)
    assert packed is not None
    assert feast is not None
    assert np.array_equal(
        [packed.values[name] for name in features.counted],
        [feast.values[name] for name in features.counted],
        equal_nan=True,
    )
    assert np.isnan(packed.values[features.catalogue.of_view("tradelines")[0].name])


def test_row_of_another_definition_is_not_served(served: Any, tmp_path: Path) -> None:
    home = _copy(served.home, tmp_path)
    with sqlite3.connect(home.feast / "online.db") as rows:
        rows.execute("UPDATE inquiries SET packed = CAST(x'00' || packed AS BLOB)")
    rows.close()
    online = _open(home)
    with pytest.raises(FeatureRepoError, match="inquiries: the online store holds values of another definition"):
        online.vector(online.consumer(served.refs[0]))


def test_unknown_consumers(online: Online, served: Any) -> None:
    with pytest.raises(UnknownConsumer, match="no consumer of home-credit has this reference"):
        online.subject(Asked(consumer_ref="nobody"))
    with pytest.raises(UnknownConsumer, match="no consumer has this number"):
        online.subject(Asked(consumer_id=987_654_322))
    assert online.vector(online.consumer(served.unseen_ref)) is None


def test_erased_number_is_answered_by_nothing_that_is_left_of_it(served: Any, tmp_path: Path) -> None:
    """Before the look-ups were read anew as after it, before the store was cleared as after it."""
    home = _copy(served.home, tmp_path)
    gone, other = (int(each) for each in served.frame.consumer_id[:2])
    online = _open(home)
    online.refresh()
    assert online.subject(Asked(consumer_id=gone)).consumer_id == gone
    asked = (Asked(consumer_id=gone), Asked(consumer_ref=served.refs[0]))
    erase(open_history(home), gone, "asked", datetime.fromisoformat("2026-01-31"))
    publish_references(open_history(home), open_references(home, "home-credit"))
    for look in (online, _open(home)):  # what the service had open, and what a new one opens
        for each in asked:
            with pytest.raises(UnknownConsumer):
                look.subject(each)
        look.refresh()
        assert online.subject(Asked(consumer_id=other)).consumer_id == other
    assert online.vector(gone) is not None
    withdraw_online(home, [gone])
    assert online.vector(gone) is None
    assert online.vector(other) is not None


def test_applicants_wait_until_the_history_can_be_read(served: Any) -> None:
    online = _open(served.home)
    with pytest.raises(NoFinder, match="the history is being written to"):
        online.subject(Asked(applicant={"surname": "Moore"}))
    with open_history(served.home).write():
        online._open_finder = lambda: open_finder(open_history(served.home).waiting(-1.0))
        online.refresh()  # cannot be opened now, and does not fail
    with pytest.raises(NoFinder, match="the history is being written to"):
        online.subject(Asked(applicant={"surname": "Moore"}))
    online.refresh()
    assert online.subject(Asked(applicant={"surname": "Moore"})).identity == "no match"


def test_home_without_champion(served: Any, tmp_path: Path) -> None:
    home = _copy(served.home, tmp_path)
    for name in ("champion-home-credit", "promotions.jsonl", "promotions.head"):
        (home.bundles / name).unlink()
    with pytest.raises(ScoringError, match="no champion is here; train and promote one"):
        open_service(home, None, start_batch=_no_batch, clock=_no_time)


def test_bundle_that_was_changed(served: Any, tmp_path: Path) -> None:
    home = _copy(served.home, tmp_path)
    with (home.bundles / "home-credit-1" / "model.txt").open("a") as model:
        model.write("\n")
    with pytest.raises(BundleRefused, match=r"model\.txt .*was changed"):
        open_service(home, None, start_batch=_no_batch, clock=_no_time)


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        ("references.db", r"references\.db: not there, and home-credit needs it"),
        ("feast/online.db", r"online\.db: not there, and home-credit needs it"),
        ("feast/registry.db", "Feast does not know the features of home-credit as"),
    ],
)
def test_home_without_a_part(served: Any, tmp_path: Path, gone: str, told: str) -> None:
    home = _copy(served.home, tmp_path)
    (home.root / gone).unlink()
    with pytest.raises(NotServable, match=told):
        _open(home)


def test_online_store_that_cannot_be_read(served: Any, tmp_path: Path) -> None:
    home = _copy(served.home, tmp_path)
    (home.feast / "online.db").write_bytes(b"no database" * 1000)
    for path in home.feast.glob("online.db-*"):
        path.unlink()
    with pytest.raises(NotServable, match="it or the online store cannot be read"):
        _open(home)


def _open(home: Home) -> Online:
    return open_online(home, feature_set("home-credit"))


def _no_batch(*_: str) -> Any:
    raise AssertionError


def _no_time() -> datetime:
    raise AssertionError


def _copy(home: Home, folder: Path) -> Home:
    copied_home(home.root, folder / "home")
    return Home(folder / "home", home.master_key)
