"""From table to matrix: every column of it has an origin, and ordinary values stay in order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from training.encoding import Encoder
from training.errors import UnfitArgument
from training.risk_encoding import RiskEncoding

TABLE = pd.DataFrame(
    {
        "late": [0.0, 1, 2, 3, np.nan, 98, 98, 96],
        "home": ["own", "rent", "rent", None, "own", "own", "rent", "own"],
        "grade": pd.Categorical(list("ABCABCAB"), list("ABC"), ordered=True),
        "income": [10.0, 20, 30, 40, 50, 60, np.nan, np.nan],
    }
)


def _matrix(encoder: Encoder, table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(encoder.apply(table), columns=list(encoder.names))


def test_each_code_and_category_is_a_column_of_its_own() -> None:
    encoder = Encoder.learn(TABLE)
    matrix = _matrix(encoder, TABLE)
    assert list(matrix) == [
        "late", "grade", "income", "late = 96", "late = 98", "late missing", "home = missing", "home = own",
        "home = rent",
    ]  # fmt: skip
    assert encoder.origins == ((0,), (2,), (3,), (0,), (0,), (0,), (1,), (1,), (1,))
    np.testing.assert_array_equal(matrix["late"], [0, 1, 2, 3, *[np.nan] * 4])
    np.testing.assert_array_equal(matrix["late = 98"], [0, 0, 0, 0, 0, 1, 1, 0])
    np.testing.assert_array_equal(matrix["late missing"], [0, 0, 0, 0, 1, 0, 0, 0])
    np.testing.assert_array_equal(matrix["grade"], [0, 1, 2, 0, 1, 2, 0, 1])
    np.testing.assert_array_equal(matrix[["home = missing", "home = own", "home = rent"]].sum(axis=1), np.ones(8))


def test_missing_is_declared_where_a_direction_would_order_it() -> None:
    assert "income missing" in Encoder.learn(TABLE, directions={"income": -1}).names
    assert "income missing" not in Encoder.learn(TABLE).names


def test_without_special_codes_a_table_of_numbers_is_the_matrix() -> None:
    numbers = TABLE[["late", "income"]]
    encoder = Encoder.learn(numbers, special_codes=None, directions={"late": 1})
    assert encoder.names == ("late", "income")
    np.testing.assert_array_equal(encoder.apply(numbers), numbers)


def test_indicators_that_agree_are_one_and_share_their_contribution() -> None:
    table = pd.DataFrame({"a": [-9.0, 1, 2, -9], "b": [-9.0, 4, 5, -9], "c": [-9.0, 0, 3, 7]})
    encoder = Encoder.learn(table)
    assert encoder.names == ("a", "b", "c", "a = -9 and 1 more", "c = -9")
    summed = encoder.by_source(np.array([[1.0, 2.0, 4.0, 8.0, 16.0]]))
    np.testing.assert_array_equal(summed, [[1 + 4, 2 + 4, 4 + 16]])
    apart = pd.DataFrame({"a": [1.0], "b": [-9.0], "c": [0.0]})
    assert encoder.apply(apart)[0, 3] == 1  # where any of them has it


def test_columns_that_say_nothing_stay() -> None:
    table = pd.DataFrame({"gone": [np.nan, np.nan], "same": [1.0, 1.0], "word": ["x", "x"], "a": [1.0, 2.0]})
    assert Encoder.learn(table).names == ("gone", "same", "a")


def test_unseen_categories() -> None:
    encoder = Encoder.learn(TABLE)
    new = TABLE.assign(home="caravan", grade=pd.Categorical(["Z"] * 8))
    matrix = _matrix(encoder, new)
    assert not matrix.filter(like="home").to_numpy().any()
    assert matrix["grade"].isna().all()


def test_ranks_do_not_depend_on_the_categories_that_a_later_frame_declares() -> None:
    encoder = Encoder.learn(TABLE)
    other = TABLE.assign(grade=pd.Categorical(TABLE["grade"].astype(str), list("CBA"), ordered=True))
    np.testing.assert_array_equal(encoder.apply(other), encoder.apply(TABLE))


def test_directions_go_to_the_values_themselves() -> None:
    encoder = Encoder.learn(TABLE)
    assert encoder.directions({"late": 1, "grade": -1, "home": 0}) == (1, -1, 0, *[0] * 6)


@pytest.mark.parametrize(
    ("directions", "words"),
    [
        ({"home": 1}, "'home', whose categories have no order"),
        ({"hom": 1}, "'hom', which is no column"),
        ({"late": 2}, "direction 2 of 'late' is none of"),
    ],
)
def test_directions_that_mean_nothing_are_refused(directions: dict[str, int], words: str) -> None:
    with pytest.raises(UnfitArgument, match=words):
        Encoder.learn(TABLE).directions(directions)


def test_special_codes_of_an_unknown_word_are_refused() -> None:
    with pytest.raises(UnfitArgument, match="special_codes 'all' is none of"):
        Encoder.learn(TABLE, special_codes="all")  # type: ignore[arg-type] # on purpose


# -- the risk of a category -----------------------------------------------------------------------


def test_many_categories_are_encoded_by_their_risk() -> None:
    """Category a: 3 bads of 4, b: 0 of 2; the average is 3 of 6, and 20 rows of it are added to each."""
    encoder = Encoder.learn(pd.DataFrame({"home": list("aaaabb")}), few=1)
    is_bad = np.array([True, True, True, False, False, False])
    places = encoder.apply(pd.DataFrame({"home": list("aaaabb")}))
    risks = RiskEncoding.learn(places, is_bad, encoder.risk_columns, encoder.risk_sizes)
    new = encoder.apply(pd.DataFrame({"home": ["a", "b", "unseen"]}))
    np.testing.assert_allclose(risks.apply(new)[:, 0], [13 / 24, 10 / 22, 0.5])
    assert np.isnan(new[2, 0])  # the matrix given stays as it is


def test_a_row_says_nothing_in_its_own_number() -> None:
    rng = np.random.default_rng(3)
    places = rng.integers(0, 40, size=(300, 1)).astype(float)
    is_bad = rng.random(300) < 0.3
    risks = RiskEncoding.learn(places, is_bad, (0,), (40,))
    # Every row of a category has the number of its fold, so a category has five numbers and a lot of outcomes.
    encoded = risks.apply_out_of_fold(places, is_bad, seed=0)[:, 0]
    plain = risks.apply(places)[:, 0]
    assert np.corrcoef(plain, is_bad)[0, 1] > 0.2  # by lot: it is its own outcome that it sees
    assert np.corrcoef(encoded, is_bad)[0, 1] < 0.1
    np.testing.assert_array_equal(encoded, risks.apply_out_of_fold(places, is_bad, seed=0)[:, 0])
