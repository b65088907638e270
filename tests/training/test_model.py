"""The estimator as a whole: properties that hold for any table."""

from __future__ import annotations

import pickle
import re
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score

from scoring.calibration import probability
from training import CreditRiskModel
from training.boosting import BoostingParameters
from training.errors import UnfitTable
from training.model import _safe_names

Flags = npt.NDArray[np.bool_]

QUICK = BoostingParameters(rounds=40, learning_rate=0.1, num_leaves=6, max_depth=4, min_data_in_leaf=10)


def loans(size: int, seed: int = 1) -> tuple[pd.DataFrame, Flags]:
    """A table of every kind of column, with the codes 96 and 98 of late counts and -9 of an absent file."""
    rng = np.random.default_rng(seed)
    late = rng.poisson(0.8, size).astype(float)
    income = np.exp(rng.normal(8, 0.6, size))
    home = rng.choice(["own", "rent", "other"], size, p=[0.6, 0.3, 0.1])
    log_odds = -1.0 + 0.9 * late - 0.6 * (np.log(income) - 8) + 0.7 * (home == "rent")
    coded, absent = rng.random(size) < 0.04, rng.random(size) < 0.06
    log_odds = np.where(coded, 1.0, np.where(absent, -0.5, log_odds))
    table = pd.DataFrame(
        {
            "late": np.where(coded, np.where(rng.random(size) < 0.8, 98, 96), np.where(absent, -9, late)),
            "balance": np.where(absent, -9, np.round(rng.gamma(2, 500, size))),
            "income": np.where(rng.random(size) < 0.1, np.nan, income),
            "home": pd.Series(home, dtype=object).where(rng.random(size) > 0.05, None),
            "town": rng.choice([f"town {number}" for number in range(40)], size),
            "grade": pd.Categorical(rng.choice(list("ABCD"), size), list("ABCD"), ordered=True),
            "is_new": rng.random(size) < 0.3,
            "opened": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, size), unit="D"),
        }
    )
    return table, rng.random(size) < probability(log_odds)


@pytest.fixture(scope="module")
def table() -> tuple[pd.DataFrame, Flags]:
    return loans(1200)


@pytest.fixture(scope="module")
def model(table: tuple[pd.DataFrame, Flags]) -> CreditRiskModel:
    return CreditRiskModel(directions={"late": 1, "income": -1, "grade": 1}, parameters=QUICK).fit(*table)


def quick(**options: Any) -> CreditRiskModel:
    return CreditRiskModel(parameters=QUICK, **options)


# -- probabilities, scores, explanations -----------------------------------------------------------


def test_new_people_are_ranked_and_their_mean_is_right(model: CreditRiskModel) -> None:
    new, is_bad = loans(4000, seed=2)
    chance = model.predict_proba(new)[:, 1]
    assert roc_auc_score(is_bad, chance) > 0.68
    assert chance.mean() == pytest.approx(is_bad.mean(), abs=0.06)  # 1,200 rows: four standard errors
    np.testing.assert_allclose(model.predict_proba(new).sum(axis=1), 1)
    np.testing.assert_array_equal(model.predict(new), chance > 0.5)


def test_scores_fall_with_the_odds(model: CreditRiskModel, table: tuple[pd.DataFrame, Flags]) -> None:
    log_odds = model.decision_function(table[0])
    expected = np.rint(600 - 20 / np.log(2) * (log_odds + np.log(30)))
    np.testing.assert_array_equal(model.to_score(table[0]), np.clip(expected, 300, 850))
    other = quick(base_score=500, base_odds=1.0, points_to_double=50.0).fit(*table)
    np.testing.assert_array_equal(
        other.to_score(table[0]), np.rint(500 - 50 / np.log(2) * other.decision_function(table[0]))
    )


def test_explanations_add_up_by_column_of_the_table(model: CreditRiskModel) -> None:
    new = loans(300, seed=3)[0].set_index(np.arange(300) + 7)
    told = model.explain(new)
    assert list(told) == [*new, "base"]
    assert told.index.equals(new.index)
    np.testing.assert_allclose(told.sum(axis=1), model.decision_function(new), atol=1e-6)
    assert told["base"].nunique() == 1
    assert (told["late"].abs().mean() > 2 * told[["is_new", "opened"]].abs().mean()).all()


def test_bad_may_be_either_label(table: tuple[pd.DataFrame, Flags]) -> None:
    """With the labels good and bad, classes_[1] is good: scores still fall with the risk, log-odds turn."""
    frame, is_bad = table
    told = quick().fit(frame, np.where(is_bad, "bad", "good"))
    plain = quick().fit(frame, is_bad)
    assert list(told.classes_) == ["bad", "good"]
    assert told.bad_label_ == "bad"
    np.testing.assert_array_equal(told.to_score(frame), plain.to_score(frame))
    np.testing.assert_array_equal(told.decision_function(frame), -plain.decision_function(frame))
    np.testing.assert_allclose(told.explain(frame).sum(axis=1), told.decision_function(frame), atol=1e-6)
    repaid = quick(bad_label=0).fit(frame, (~is_bad).astype(int))
    np.testing.assert_array_equal(repaid.to_score(frame), plain.to_score(frame))


# -- directions ------------------------------------------------------------------------------------


def test_directions_hold_on_ordinary_values_by_brute_force(model: CreditRiskModel) -> None:
    rows = loans(60, seed=4)[0]
    for name, values in (("late", range(18)), ("income", np.geomspace(100, 1e5, 50)), ("grade", "ABCD")):
        direction = {"late": 1, "income": -1, "grade": 1}[name]
        log_odds = []
        for value in values:
            moved = rows.copy()
            moved[name] = pd.Categorical([value] * 60, list("ABCD"), ordered=True) if name == "grade" else value
            log_odds.append(model.decision_function(moved))
        assert (direction * np.diff(log_odds, axis=0) >= -1e-12).all(), name
    assert {each.feature: each.by for each in model.verified_directions_} == dict.fromkeys(
        ("late", "income", "grade"), "every tree"
    )


def test_codes_are_words_apart_from_the_order(model: CreditRiskModel) -> None:
    """98 is told from 96, from missing and from 20, though all of these lie above 17."""
    assert {"late = 96", "late = 98", "late = -9 and 1 more", "late missing"} & set(model.encoder_.names) == {
        "late = 96", "late = 98", "late = -9 and 1 more",
    }  # fmt: skip
    row = loans(1, seed=5)[0]
    chance = {late: model.decision_function(row.assign(late=float(late)))[0] for late in (0, 17, 98)}
    assert chance[98] < chance[17]  # about the risk of two late payments, by the way it was drawn


# -- the same model, however it is asked for --------------------------------------------------------


def test_rows_are_told_alone_as_in_company(model: CreditRiskModel, table: tuple[pd.DataFrame, Flags]) -> None:
    frame = table[0].iloc[:40]
    together = model.decision_function(frame)
    np.testing.assert_array_equal(together[::-1], model.decision_function(frame.iloc[::-1]))
    np.testing.assert_array_equal(
        together, np.concatenate([model.decision_function(frame.iloc[[row]]) for row in range(40)])
    )


def test_units_do_not_matter() -> None:
    """Powers of two scale floats exactly, so bins and trees stay the same."""
    frame, is_bad = loans(600)
    scaled = frame.assign(income=frame["income"] * 4)
    first = quick().fit(frame, is_bad).decision_function(frame)
    np.testing.assert_allclose(quick().fit(scaled, is_bad).decision_function(scaled), first, atol=1e-9)


def test_the_order_of_rows_hardly_matters() -> None:
    """Folds are drawn by place, so that another order is another draw, and no more."""
    frame, is_bad = loans(1200)
    order = np.random.default_rng(1).permutation(1200)
    new = loans(500, seed=6)[0]
    first = quick().fit(frame, is_bad).decision_function(new)
    second = quick().fit(frame.iloc[order], is_bad[order]).decision_function(new)
    assert np.corrcoef(first, second)[0, 1] > 0.85


def test_another_order_of_columns_is_refused_and_another_model(model: CreditRiskModel) -> None:
    new = loans(20, seed=7)[0]
    with pytest.raises(ValueError, match="must be in the same order as they were in fit"):
        model.predict(new[new.columns[::-1]])
    with pytest.raises(ValueError, match="missing:\n- town"):
        model.predict(new.drop(columns="town"))
    with pytest.raises(ValueError, match="unseen at fit time:\n- more"):
        model.predict(new.assign(more=1))


def test_refitting_gives_the_same_bytes_whatever_the_number_of_processes() -> None:
    frame, is_bad = loans(240)
    numbers = frame[["late", "income"]]
    first, second = (
        CreditRiskModel(n_trials=2, n_processes=processes, random_state=5).fit(numbers, is_bad) for processes in (1, 2)
    )
    assert first.tuned_ is not None
    assert len(first.tuned_.trials) == 2
    assert len(first.averaged_) == 2  # the table is small
    assert first.booster_.num_trees() == sum(each.rounds for each in first.averaged_)
    assert second.booster_.model_to_string() == first.booster_.model_to_string()
    assert second.calibration_ == first.calibration_
    assert (second.out_of_fold_log_odds_ == first.out_of_fold_log_odds_).all()


def test_pickled_and_cloned(model: CreditRiskModel, table: tuple[pd.DataFrame, Flags]) -> None:
    again = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own
    np.testing.assert_array_equal(again.decision_function(table[0]), model.decision_function(table[0]))
    pd.testing.assert_frame_equal(again.explain(table[0]), model.explain(table[0]))
    fresh = clone(model)
    assert fresh.get_params() == model.get_params()
    assert not hasattr(fresh, "booster_")
    assert len(repr(CreditRiskModel(n_trials=2))) < 40


def test_tables_of_other_kinds(table: tuple[pd.DataFrame, Flags]) -> None:
    frame, is_bad = table[0][["late", "income", "home"]], table[1]
    fitted = quick().fit(frame, is_bad)
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    np.testing.assert_array_equal(quick().fit(arrow, is_bad).predict(arrow), fitted.predict(frame))
    rows = frame[["late", "income"]].fillna(-1).to_numpy().tolist()
    told = quick().fit(rows, is_bad.tolist()).explain(rows[:3])
    assert list(told) == ["x0", "x1", "base"]


def test_sklearns_cross_validation_takes_a_frame(table: tuple[pd.DataFrame, Flags]) -> None:
    assert cross_val_score(quick(), *table, cv=2, scoring="roc_auc").mean() > 0.6


def test_a_table_of_numbers_without_codes_is_fitted_as_it_is() -> None:
    values = np.random.default_rng(8).normal(size=(300, 3))
    fitted = quick(special_codes=None).fit(values, values[:, 0] + np.sin(9 * values[:, 1]) > 0)
    margins = fitted.booster_.predict(values, raw_score=True)
    np.testing.assert_array_equal(fitted.calibration_.log_odds(margins), fitted.decision_function(values))


# -- bad input --------------------------------------------------------------------------------------


def test_columns_that_say_nothing_contribute_nothing(table: tuple[pd.DataFrame, Flags]) -> None:
    frame = table[0].assign(gone=np.nan, same=7, empty=None)
    told = quick().fit(frame, table[1]).explain(frame)
    assert not told[["gone", "same", "empty"]].to_numpy().any()


def test_unseen_categories_count_as_the_average(model: CreditRiskModel) -> None:
    row = loans(1, seed=9)[0]
    unseen = model.decision_function(row.assign(home="caravan", town="Atlantis"))[0]
    seen = [model.decision_function(row.assign(home=home, town="town 3"))[0] for home in ("own", "rent", "other")]
    assert np.isfinite(unseen)
    assert unseen < max(seen) + 0.5
    assert unseen > min(seen) - 0.5


def test_dates_come_back_from_a_file_as_texts(model: CreditRiskModel) -> None:
    new, _ = loans(50, seed=6)
    new.loc[3, "opened"] = pd.NaT
    expected = model.predict_proba(new)
    for column in (new["opened"].dt.strftime("%Y-%m-%d"), new["opened"].dt.date, new["opened"].astype(str)):
        np.testing.assert_array_equal(model.predict_proba(new.assign(opened=column)), expected)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("opened", 20200101, "column 'opened' was one of dates .* give it as dates, or texts such as 2024-01-31"),
        ("income", pd.Timestamp("2020-01-01"), "column 'income' was one of numbers"),
        ("income", "2020-01-01", "column 'income' was one of numbers"),
        ("income", 10**400, "column 'income' holds a number too large for a float"),
    ],
)
def test_a_column_of_something_else_is_told(model: CreditRiskModel, column: str, value: Any, words: str) -> None:
    with pytest.raises(UnfitTable, match=words):
        model.predict_proba(loans(5, seed=6)[0].assign(**{column: value}))


def test_no_end_is_a_date() -> None:
    frame, is_bad = loans(200, seed=6)
    ends = [date(9999, 12, 31) if bad else opened.date() for bad, opened in zip(is_bad, frame["opened"], strict=True)]
    ends[:40] = [date(1, 1, 1)] * 40
    fitted = quick().fit(frame[["income"]].assign(ends=ends), is_bad)
    last = fitted.predict_proba(frame[["income"]].assign(ends="9999-12-31"))[:, 1]
    assert (last > fitted.predict_proba(frame[["income"]].assign(ends="2020-01-01"))[:, 1]).all()


def test_fewer_bads_than_folds_are_fewer_folds() -> None:
    frame, _ = loans(300)
    is_bad = np.zeros(300, dtype=bool)
    is_bad[[7, 90, 200]] = True
    fitted = CreditRiskModel().fit(frame, is_bad)
    assert fitted.tuned_ is None
    assert fitted.predict_proba(frame)[:, 1].mean() < 0.1


BAD_INPUT: dict[str, tuple[Any, Any, dict[str, Any], str]] = {
    "one class": ({}, lambda bad: bad | True, {}, "there is one class only in y"),
    "one row of a class": ({}, lambda bad: np.arange(len(bad)) == 3, {}, "one row only of a class in y"),
    "three classes": ({}, lambda bad: np.arange(len(bad)) % 3, {}, "Only binary classification is supported"),
    "unknown outcome": ({}, lambda bad: np.where(bad, 1.0, np.nan), {}, "Input y contains NaN"),
    "infinity": ({"income": np.inf}, None, {}, "column 'income' contains infinity"),
    "outcome among the columns": ({"late": "outcome"}, None, {}, "column 'late' alone tells the two classes apart"),
    "direction of a category": ({}, None, {"directions": {"home": 1}}, "'home', whose categories have no order"),
    "direction of no column": ({}, None, {"directions": {"hone": 1}}, "'hone', which is no column"),
    "codes of no column": ({}, None, {"special_codes": {"hone": [9]}}, "'hone', which is no column of numbers"),
    "another label": ({}, None, {"bad_label": "bad"}, "bad_label 'bad' is none of the labels"),
    "no odds": ({}, None, {"base_odds": -1.0}, "base_odds is -1.0; give a finite number above 0"),
}


@pytest.mark.parametrize("kind", BAD_INPUT)
def test_bad_input_is_one_clear_error(kind: str, table: tuple[pd.DataFrame, Flags]) -> None:
    columns, outcome, options, words = BAD_INPUT[kind]
    frame, is_bad = table
    columns = {name: is_bad if value == "outcome" else value for name, value in columns.items()}
    with pytest.raises(ValueError, match=words):
        quick(**options).fit(frame.assign(**columns), is_bad if outcome is None else outcome(is_bad))


def test_nothing_that_varies() -> None:
    with pytest.raises(UnfitTable, match="no column varies"):
        quick().fit(pd.DataFrame({"a": [1.0] * 50, "b": [None] * 50}), np.arange(50) % 2)


def test_two_columns_of_one_name() -> None:
    with pytest.raises(UnfitTable, match="column 'a' is there more than once"):
        quick().fit(pd.DataFrame(np.eye(4), columns=list("abca")), [0, 1, 0, 1])


def test_names_that_lightgbm_refuses_are_told_as_they_are() -> None:
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(120, 3)), columns=['a "1"', "a [1]", "余额"])
    fitted = quick(directions={"余额": 1}).fit(frame, frame["余额"] > 0)
    assert list(fitted.explain(frame)) == ['a "1"', "a [1]", "余额", "base"]
    renamed = frame.set_axis(["a", "base", "base_"], axis=1)
    assert list(quick().fit(renamed, frame["余额"] > 0).explain(renamed)) == ["a", "base", "base_", "base__"]


@given(st.lists(st.text(alphabet="a1_ -é中", max_size=6), max_size=12, unique=True))
@example(["a_b_2", "a b", "a-b"])
def test_every_column_has_a_name_of_its_own(names: list[str]) -> None:
    safe = _safe_names(tuple(names))
    assert len(set(safe)) == len(names)
    assert all(re.fullmatch(r"\w+", name) for name in safe)


def test_numbered_columns_take_directions_and_codes() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({0: rng.random(400), 1: np.where(rng.random(400) < 0.1, -9, rng.random(400))})
    is_bad = rng.random(400) < 0.1 + 0.5 * frame[0]
    model = CreditRiskModel(directions={0: 1}, special_codes={1: [-9]}, n_trials=1, n_processes=-1).fit(frame, is_bad)
    low, high = frame.copy(), frame.copy()
    low[0], high[0] = 0.1, 0.9
    assert (model.decision_function(high) >= model.decision_function(low)).all()


@pytest.mark.parametrize(
    ("labels", "bad"),
    [
        (("default", "paid"), "default"),
        (("Charged Off", "Fully Paid"), "Charged Off"),
        (("no_default", "yes"), "yes"),
        (("a", "b"), "b"),
    ],
)
def test_bad_is_the_label_that_reads_so(labels: tuple[str, str], bad: str) -> None:
    rng = np.random.default_rng(6)
    risk = rng.random((150, 1))
    other = next(label for label in labels if label != bad)
    model = CreditRiskModel().fit(risk, np.where(rng.random(150) < 0.1 + 0.8 * risk[:, 0], bad, other))
    assert model.bad_label_ == bad
    assert model.to_score([[0.05]])[0] > model.to_score([[0.95]])[0]
