"""Who a person is: the columns that every kind of delivery writes alike, their rules, and their fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from bureau.contracts import Column, FactMapping, Rule
from bureau.facts import IDENTITY_FIELDS
from bureau.kinds.columns import RECEIVED
from bureau.kinds.national_numbers import birth_date_inside, is_possible
from bureau.tokens import token_sql

__all__ = ["GENERATIONS", "identity_columns", "identity_fact", "identity_rules"]

GENERATIONS: Final = ("Jr", "Sr", "II", "III", "IV")

_OLDEST: Final = "DATE '1900-01-01'"

_COLUMNS: Final = (
    Column("surname", "text", filled=True, meaning="surname"),
    Column("first_name", "text", filled=True, meaning="first name"),
    Column("middle_name", "text", optional=True, meaning="middle name"),
    Column("generation", "text", optional=True, allowed=GENERATIONS, meaning="what tells father from son"),
    Column("birth_date", "date", optional=True, meaning="birth date"),
    Column(
        "national_number",
        "text",
        optional=True,
        meaning="18-character resident number with its check character, or 9-digit social security number",
    ),
    Column("phone", "text", optional=True, pattern="[+0-9()./ x-]{5,30}", meaning="telephone number"),
    Column("email", "text", optional=True, pattern=r"[^@\s]+@[^@\s]+", meaning="e-mail address"),
    Column("address", "text", optional=True, meaning="street and house, or the whole line below the city"),
    Column("city", "text", optional=True, meaning="city"),
    Column("region", "text", optional=True, meaning="state or province"),
    Column("postcode", "text", optional=True, meaning="postal code"),
    Column("country", "text", optional=True, pattern="[A-Z]{2}", meaning="country, two letters (ISO 3166-1)"),
    Column("employer", "text", optional=True, meaning="name of the employer"),
)

_TOKENS: Final = {
    # One field: somebody may have told one name in the place of the other.
    "surname_token": token_sql("name", "upper(surname)"),
    "first_name_token": token_sql("name", "upper(first_name)"),
    "generation_token": token_sql("generation", "generation"),
    "birth_date_token": token_sql("birth_date", "birth_date"),
    "national_number_token": token_sql("national_number", "upper(national_number)"),
    "address_token": token_sql("address", "nullif(upper(concat_ws('|', address, city, postcode)), '')"),
    # Without blanks and points, and as much of it as every format has room for.
    "employer_token": token_sql("employer", r"left(regexp_replace(upper(employer), '[^\p{L}\p{N}]', '', 'g'), 24)"),
}
"""Column of the fact ``identity`` to the SQL that gives it from the fields, which are texts."""


def identity_columns(*, without: Iterable[str] = (), filled: Iterable[str] = ()) -> tuple[Column, ...]:
    """The columns that tell who somebody is.

    Parameters
    ----------
    without : iterable of str
        Columns that this kind of delivery does not have.
    filled : iterable of str
        Columns that must have a value beside the names.
    """
    left_out, required = frozenset(without), frozenset(filled)
    return tuple(
        Column(
            column.name,
            column.type,
            filled=column.filled or column.name in required,
            allowed=column.allowed,
            pattern=column.pattern,
            optional=column.optional and column.name not in required,
            meaning=column.meaning,
        )
        for column in _COLUMNS
        if column.name not in left_out
    )


def identity_rules(
    told_on: str, *, number: str = "national_number", birth_date: str = "birth_date"
) -> tuple[Rule, ...]:
    """What must hold of a person whoever tells it.

    Parameters
    ----------
    told_on : str
        SQL for a date on which the person was alive: an account was opened, an application made.
    number, birth_date : str
        The columns with the national number and the birth date.

    Notes
    -----
    The rules on numbers are those of :mod:`bureau.kinds.national_numbers`.
    """
    return (
        Rule(
            "national-number",
            f"{number} is one that can have been given out: its check character fits, its area, group and serial exist",
            f"NOT ({is_possible(number)})",
        ),
        Rule(
            "national-number-birth",
            f"the birth date inside a resident number is {birth_date}",
            f"{birth_date_inside(number)} <> {birth_date}",
        ),
        Rule(
            "birth-implausible",
            f"{birth_date} lies after 1900 and not after the day on which the delivery was received",
            f"{birth_date} < {_OLDEST} OR {birth_date} > {RECEIVED}",
        ),
        Rule(
            "birth-after",
            f"{birth_date} lies before the day of which the record tells ({told_on})",
            f"{birth_date} >= {told_on}",
        ),
    )


def identity_fact(
    consumer: str,
    effective_on: str,
    columns: Mapping[str, str],
    *,
    relation: str = "good",
    where: str = "true",
    also: str = "",
) -> FactMapping:
    """The person as the furnisher tells it.

    Parameters
    ----------
    consumer : str
        SQL for the furnisher's reference to the person.
    effective_on : str
        SQL for the date from which it is told.
    columns : mapping of str to str
        Field to the SQL that gives it; what is not told is missing.
    relation, where
        As of :class:`bureau.contracts.FactMapping`.
    also : str, optional
        SQL for what else tells one telling from another, such as the reference it is told under.
    """
    told = {name: columns.get(name, "NULL::VARCHAR") for name in IDENTITY_FIELDS}
    texts = [also or "''", *(f"({sql})::VARCHAR" for sql in told.values())]
    said = ", ".join(f"coalesce({text}, '')" for text in texts)
    return FactMapping(
        "identity",
        {
            "consumer_id": consumer,
            "furnisher_id": "getvariable('furnisher_id')",
            "told_as": token_sql("told", f"concat_ws(chr(31), {said})"),
        },
        effective_on=effective_on,
        distinct=True,
        relation=relation,
        where=where,
        sealed={name: f"({sql})::VARCHAR" for name, sql in told.items()},
        tokens=_TOKENS,
    )
