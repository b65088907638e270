"""Birth dates as they are told, and what a column of them says of the order of day and month."""

import duckdb
import pytest

from bureau.identity.birth import is_day_first, standard_birth
from bureau.identity.standard import standardise


@pytest.mark.parametrize(
    "told",
    [
        "29FEB1984", "29feb84", "29FEB1984:00:00:00", "Wed, 29 Feb 1984", "Wednesday 29 February 1984", "1984-Feb-29",
        "1984 Feb 29", "1984FEB29", "29-FEB-84 12.00.00 AM", "Wed Feb 29 00:00:00 EST 1984", "Feb. 29th, 1984",
        "February 29 '84", "29th of February 1984", "29. Februar 1984", "Mittwoch, 29. Feb. 1984", "29 févr. 1984",
        "29 de febrero de 1984", "29 . 2 . 1984", "1984 / 02 / 29", "29/2/84", "84-02-29", "1984年2月29日",
        "29021984", "02291984", "19840229", "19840229000000", "29021984 00:00", "19840229T00:00", "30741", "30741.0",
        "١٩٨٤٠٢٢٩",
    ],
)  # fmt: skip
@pytest.mark.parametrize("day_first", [False, True])
def test_a_date_of_any_form_is_read(told: str, day_first: bool) -> None:
    assert standard_birth(told, day_first=day_first) == "19840229"


@pytest.mark.parametrize(
    ("told", "born"),
    [
        ("3. März 1980", "19800303"), ("3. Maerz 1980", "19800303"), ("3 août 1980", "19800803"),
        ("3 juin 1980", "19800603"), ("3 juillet 1980", "19800703"), ("3 Dez 1980", "19801203"),
        ("3. Okt. 1980", "19801003"), ("3 mai 1980", "19800503"), ("3 September 1980", "19800903"),
        ("May 3, 1980", "19800503"), ("20101935", "19351020"), ("19111911", "19111119"), ("20121012", "20121012"),
    ],
)  # fmt: skip
def test_months_have_names_in_many_languages_and_years_stand_at_either_end(told: str, born: str) -> None:
    assert standard_birth(told) == born


@pytest.mark.parametrize("told", ["03021980", "03/02/1980", "03-02-1980", "03 02 1980"])
def test_the_order_of_day_and_month_is_told(told: str) -> None:
    assert (standard_birth(told), standard_birth(told, day_first=True)) == ("19800302", "19800203")


@pytest.mark.parametrize("told", ["19801341", "19800230", "19840229", "29991340", "31023102"])
def test_eight_digits_that_are_no_date_stay(told: str) -> None:
    assert standard_birth(told) == told


@pytest.mark.parametrize(
    "told", ["840229", "1984", "99999", "60060", "09999", "3 Foo 1980", "unknown", "01011900", "31129999", "Feb 1984"]
)
def test_what_may_be_anything_is_not_read(told: str) -> None:
    assert standard_birth(told) is None


@pytest.mark.parametrize("sign", ["-", " ", ".", "/", "", " / "])
def test_a_column_says_which_of_day_and_month_is_first(sign: str) -> None:
    told = [sign.join(("31", "12", "1980")), sign.join(("03", "04", "1980")), "1980-12-31", "80-02-29", None]
    assert is_day_first(told)
    assert not is_day_first([sign.join(("12", "31", "1980")), *told[1:]])
    connection = duckdb.connect()
    connection.execute("CREATE TABLE told (record BIGINT, birth_date VARCHAR)")
    connection.executemany("INSERT INTO told VALUES (?, ?)", list(enumerate(told)))
    standardise(connection, "told", "standard")
    born = [born for (born,) in connection.execute("SELECT born FROM standard ORDER BY record").fetchall()]
    assert born == ["19801231", "19800403", "19801231", "19800229", None]
