"""From what was told of people to standard columns, those that are compared.

One function puts one telling into standard form; tables go through it value by distinct value, so that bulk
and inquiry cannot differ.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from bureau.identity.addresses import standard_address, standard_city, standard_postcode
from bureau.identity.birth import is_day_first, standard_birth
from bureau.identity.given_names import known_sound
from bureau.identity.names import given_forms, is_pinyin, standard_name
from bureau.identity.numbers import standard_email, standard_number, standard_phone
from bureau.quoting import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["STANDARD_COLUMNS", "STANDARD_SCHEMA", "TOLD_COLUMNS", "standard_record", "standardise"]

TOLD_COLUMNS: Final = (
    "first_name",
    "middle_name",
    "last_name",
    "suffix",
    "birth_date",
    "national_id",
    "phone",
    "email",
    "address",
    "city",
    "region",
    "postcode",
)
"""What can be told of a person; any may be absent."""

STANDARD_COLUMNS: Final = {
    "given": "VARCHAR",
    "given_forms": "VARCHAR[]",
    "given_root": "VARCHAR",
    "given_hanzi": "VARCHAR",
    "given_known": "VARCHAR",
    "is_pinyin": "BOOLEAN",
    "middle": "VARCHAR",
    "surname": "VARCHAR",
    "generation": "VARCHAR",
    "born": "VARCHAR",
    "number": "VARCHAR",
    "number_good": "BOOLEAN",
    "phone": "VARCHAR",
    "email": "VARCHAR",
    "house": "VARCHAR",
    "street": "VARCHAR",
    "city": "VARCHAR",
    "postcode": "VARCHAR",
}
"""Standard column to its type in DuckDB, in order; missing is null, never an empty text."""

_ARROW: Final = {"VARCHAR": pa.string(), "VARCHAR[]": pa.list_(pa.string()), "BOOLEAN": pa.bool_()}

STANDARD_SCHEMA: Final = pa.schema([(name, _ARROW[kind]) for name, kind in STANDARD_COLUMNS.items()])
"""The same for Arrow."""

_Standard = dict[str, Any]


def _name(first: str | None, middle: str | None, last: str | None, suffix: str | None) -> _Standard:
    name = standard_name(first, middle, last, suffix)
    forms = given_forms(name.given)
    return {
        "given": name.given,
        "given_forms": forms if len(forms) > 1 else None,
        # The longest of what a nickname may stand for: any rule does, if it is one.
        "given_root": max(forms, key=lambda form: (len(form), form), default=None),
        "given_hanzi": name.hanzi,
        "given_known": known_sound(name.given),
        "is_pinyin": is_pinyin(name.given, name.surname),
        "middle": name.middle,
        "surname": name.surname,
        "generation": name.generation,
    }


def _number(told: str | None) -> _Standard:
    number = standard_number(told)
    return {"number": number.number, "number_good": number.good}


def _address(told: str | None) -> _Standard:
    address = standard_address(told)
    return {"house": address.house, "street": address.street}


_GROUPS: Final[tuple[tuple[tuple[str, ...], Callable[..., _Standard]], ...]] = (
    (("first_name", "middle_name", "last_name", "suffix"), _name),
    (("national_id",), _number),
    (("phone",), lambda told: {"phone": standard_phone(told)}),
    (("email",), lambda told: {"email": standard_email(told)}),
    (("address",), _address),
    (("city",), lambda told: {"city": standard_city(told)}),
    (("postcode",), lambda told: {"postcode": standard_postcode(told)}),
)
"""Columns told together, and what makes standard columns of them; the birth date stands apart."""


def standard_record(told: Mapping[str, str | None], *, day_first: bool = False) -> dict[str, Any]:
    """One telling in standard form.

    Parameters
    ----------
    told : mapping of str to str or None
        Column of :data:`TOLD_COLUMNS` to what was told; a column may be absent.
    day_first : bool
        How a birth date such as 03/04/1980 is read.

    Returns
    -------
    dict of str to object
        Every column of :data:`STANDARD_COLUMNS`, in order.

    Examples
    --------
    >>> record = standard_record({"first_name": "Bob", "last_name": "O'Hara", "birth_date": "2 Mar 1980"})
    >>> record["given"], record["given_root"], record["surname"], record["born"], record["phone"]
    ('bob', 'robert', 'ohara', '19800302', None)
    """
    get = told.get
    standard = _name(get("first_name"), get("middle_name"), get("last_name"), get("suffix"))
    standard["born"] = standard_birth(get("birth_date"), day_first=day_first)
    standard |= _number(get("national_id"))
    standard["phone"] = standard_phone(get("phone"))
    standard["email"] = standard_email(get("email"))
    standard |= _address(get("address"))
    standard["city"] = standard_city(get("city"))
    standard["postcode"] = standard_postcode(get("postcode"))
    return standard


def standardise(
    connection: DuckDBPyConnection,
    told: str,
    into: str,
    *,
    keep: Iterable[str] = (),
    day_first: bool | None = None,
) -> None:
    """Put a table of tellings into standard form.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the tables are.
    told : str
        Name of a table with a column ``record`` (BIGINT, unique) and text columns of :data:`TOLD_COLUMNS`,
        any of which may be absent.
    into : str
        Name of the table to make: ``record``, the columns kept, then :data:`STANDARD_COLUMNS`.
    keep : iterable of str
        Further columns of the table that are taken over as they are.
    day_first : bool, optional
        How birth dates such as 03/04/1980 are read; None lets the column decide
        (:func:`bureau.identity.birth.is_day_first`).

    Notes
    -----
    Each distinct value is treated once, in Python, and joined back.
    """
    present = {row[0] for row in connection.execute(f"DESCRIBE {quoted(told)}").fetchall()}
    joins, selected = [], dict.fromkeys(STANDARD_COLUMNS, "NULL")
    made = []

    def join(columns: tuple[str, ...], function: Callable[..., _Standard]) -> None:
        here = tuple(column for column in columns if column in present)
        if not here:
            return
        name = f"{into}_of_{here[0]}"
        made.append(name)
        results = _distinct(connection, told, name, columns, here, function)
        joins.append(
            f"LEFT JOIN {quoted(name)} ON "
            + " AND ".join(f"told.{column} IS NOT DISTINCT FROM {quoted(name)}.{column}" for column in here)
        )
        selected.update({column: f"{quoted(name)}.{quoted('standard_' + column)}" for column in results})

    for columns, function in _GROUPS:
        join(columns, function)
    if "birth_date" in present:
        if day_first is None:
            values = connection.execute(
                f"SELECT DISTINCT birth_date FROM {quoted(told)} WHERE NOT regexp_matches(birth_date, ?)", [_YEAR_FIRST]
            )
            day_first = is_day_first(value for (value,) in values.fetchall())
        reading = functools.partial(standard_birth, day_first=day_first)
        join(("birth_date",), lambda text: {"born": reading(text)})
    columns_sql = ", ".join(
        f"CAST({sql} AS {STANDARD_COLUMNS[column]}) AS {column}" for column, sql in selected.items()
    )
    kept = "".join(f", told.{quoted(column)}" for column in keep)
    connection.execute(
        f"CREATE OR REPLACE TABLE {quoted(into)} AS SELECT told.record{kept}, {columns_sql} "
        f"FROM {quoted(told)} AS told {' '.join(joins)}"
    )
    for name in made:
        connection.execute(f"DROP TABLE {quoted(name)}")


def _distinct(
    connection: DuckDBPyConnection,
    told: str,
    name: str,
    columns: tuple[str, ...],
    here: tuple[str, ...],
    function: Callable[..., _Standard],
) -> list[str]:
    """Make a table of the distinct values and their standard form; gives the standard columns."""
    results = list(function(*([None] * len(columns))))
    schema = pa.schema(
        [(column, pa.string()) for column in here]
        + [(f"standard_{column}", STANDARD_SCHEMA.field(column).type) for column in results]
    )
    # The order decides nothing; only the set of values does.
    reader = (
        connection.cursor().execute(f"SELECT DISTINCT {', '.join(here)} FROM {quoted(told)}").to_arrow_reader(_BATCH)
    )
    places = [here.index(column) if column in here else None for column in columns]

    def batches() -> Iterable[pa.RecordBatch]:
        for batch in reader:
            values = [column.to_pylist() for column in batch.columns]
            nothing = [None] * batch.num_rows
            rows = [
                tuple(function(*row).values())
                for row in zip(*(nothing if place is None else values[place] for place in places), strict=True)
            ]
            outcome = list(zip(*rows, strict=True)) if rows else [()] * len(results)
            yield pa.RecordBatch.from_arrays(
                [
                    *batch.columns,
                    *(pa.array(list(each), schema.field(len(here) + at).type) for at, each in enumerate(outcome)),
                ],
                schema=schema,
            )

    source = pa.RecordBatchReader.from_batches(schema, batches())
    connection.register("standard_values", source)
    connection.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT * FROM standard_values")
    connection.unregister("standard_values")
    return results


_BATCH: Final = 100_000
_YEAR_FIRST: Final = r"^\s*([0-9]{4}[^0-9]|(18|19|20)[0-9]{2}(0[1-9]|1[0-2]))"
"""Birth dates that begin with their year; they say nothing of the order of day and month."""
