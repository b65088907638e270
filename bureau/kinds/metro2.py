"""Metro 2: banks and card issuers, one record for each account and month.

The columns are those of the format's reader (:mod:`bureau.metro2`); the rules follow the field
definitions of the format and, for the date of first delinquency, 15 U.S.C. 1681s-2(a)(5) (the month
and year in which the delinquency that led to the present status began; it never moves later).
"""

from __future__ import annotations

from typing import Final

from bureau.contracts import Column, Contract, FactMapping, Rule
from bureau.kinds.columns import in_order, not_after_receipt
from bureau.kinds.identity import identity_fact, identity_rules
from bureau.kinds.metro2_codes import (
    ACCOUNT_TYPES,
    COLLECTIONS,
    COMPLIANCE_CONDITIONS,
    DELETED,
    DELINQUENT,
    GENERATIONS,
    LATE_DAYS,
    OVER,
    PORTFOLIO_PRODUCTS,
    PROFILE_CODES,
    RATED,
    RATINGS,
    ROLES,
    STATUSES,
    chosen,
)
from bureau.kinds.national_numbers import is_possible
from bureau.onfile.accounts import BUYER_CHECK, SELLER_CHECK, WITHDRAWN_CHECK
from bureau.onfile.employers import EMPLOYER_CHECK
from bureau.onfile.month_checks import HISTORY_CHECK, MONTH_CHECKS
from bureau.onfile.persons import PERSON_CHECKS
from bureau.tokens import token_sql

__all__ = ["METRO2"]

_NO_NUMBER: Final = ("000000000", "999999999")
"""How a record says that the social security number is not known."""

_AMOUNT: Final = "[0-9]{1,9}"


def _text(name: str, meaning: str, *, filled: bool = False, pattern: str | None = None) -> Column:
    return Column(name, "text", filled=filled, pattern=pattern, optional=not filled, meaning=meaning)


def _code(name: str, allowed: tuple[str, ...], meaning: str, *, filled: bool = False) -> Column:
    return Column(name, "text", filled=filled, allowed=allowed, optional=not filled, meaning=meaning)


def _amount(name: str, meaning: str) -> Column:
    return Column(name, "number", pattern=_AMOUNT, optional=True, meaning=meaning)


def _day(name: str, meaning: str, *, filled: bool = False) -> Column:
    return Column(name, "date", filled=filled, optional=not filled, meaning=meaning)


_COLUMNS: Final = (
    _code("processing_indicator", ("1",), "that the record is in the present format"),
    _text("time_stamp", "when the record was made"),
    _code("correction_indicator", ("0", "1"), "whether the record takes the place of one told before"),
    _text("identification_number", "the furnisher's number with the bureau", filled=True),
    _text("cycle_identifier", "the billing cycle"),
    _text("account_number", "the furnisher's reference to the account", filled=True),
    _code("portfolio_type", tuple(PORTFOLIO_PRODUCTS), "line, instalment, mortgage, open or revolving", filled=True),
    _code("account_type", tuple(sorted(ACCOUNT_TYPES)), "what kind of account", filled=True),
    _day("date_opened", "date on which the account was opened", filled=True),
    _amount("credit_limit", "limit of a line or revolving account"),
    _amount("highest_credit", "original amount of a closed-end account, else the highest balance so far"),
    _text("terms_duration", "number of payments, or LOC, REV, UNK", filled=True, pattern=" *[0-9]{1,3}|LOC|REV|UNK"),
    _code("terms_frequency", ("B", "D", "E", "L", "M", "P", "Q", "S", "T", "W", "Y"), "how often payments fall due"),
    _amount("scheduled_payment", "what is to be paid each month"),
    _amount("actual_payment", "what was paid in the month"),
    _code("account_status", tuple(STATUSES), "how the account stands", filled=True),
    _code("payment_rating", RATINGS, "how late the account is or was, where its status does not tell"),
    _text(
        "payment_history_profile",
        "the 24 months before, the newest first",
        filled=True,
        pattern="[0-6BDEGHJKL]{24}",
    ),
    _text("special_comment", "remark", pattern="[A-Z]{1,2}"),
    _code("compliance_condition", COMPLIANCE_CONDITIONS, "dispute"),
    _amount("current_balance", "what is owed"),
    _amount("amount_past_due", "the part of the balance that is past due"),
    _amount("charge_off_amount", "what was charged off, whatever was paid later"),
    _day("account_information_date", "date of which the record tells", filled=True),
    _day("first_delinquency_date", "when the delinquency that led to the present status was 30 days old"),
    _day("date_closed", "date on which the account was closed"),
    _day("last_payment_date", "date of the last payment"),
    _code("interest_type", ("F", "V"), "fixed or variable"),
    _text("surname", "surname", filled=True),
    _text("first_name", "first name", filled=True),
    _text("middle_name", "middle name"),
    _code("generation", tuple(GENERATIONS), "what tells father from son"),
    Column("ssn", "text", optional=True, empty=_NO_NUMBER, meaning="social security number"),
    _day("birth_date", "birth date"),
    Column("telephone", "text", optional=True, empty=("0000000000",), pattern="[0-9]{10}", meaning="telephone number"),
    _code("ecoa", tuple(ROLES), "how the consumer answers for the account", filled=True),
    _text("consumer_information", "bankruptcy and the like", pattern="[A-Z0-9]{1,2}"),
    _text("country", "country", pattern="[A-Z]{2}"),
    _text("address_1", "street and house", filled=True),
    _text("address_2", "the rest of the line"),
    _text("city", "city", filled=True),
    _text("state", "state", filled=True),
    _text("zip", "postal code", filled=True),
    _text("address_indicator", "what kind of address", pattern="[A-Z]"),
    _text("residence", "owns or rents", pattern="[A-Z]"),
    _text("original_creditor", "who granted the credit (segment K1)"),
    _text("creditor_classification", "its business (K1)"),
    _code("sale_indicator", ("1", "2", "9"), "purchased from, sold to, or neither any more (K2)"),
    _text("sale_name", "whom it was purchased from or sold to (K2)"),
    _code("change_indicator", ("1", "2", "3"), "which numbers have changed (L1)"),
    _text("new_account_number", "the account's new number (L1)"),
    _text("employer", "name of the employer (N1)"),
    _text("occupation", "occupation (N1)"),
    Column("associated", "list", optional=True, meaning="others who answer for the account (J1, J2)"),
)

_LATE: Final = tuple(LATE_DAYS)
_IS_DELETED: Final = f"coalesce(account_status IN {DELETED}, false)"
_IS_LATE_BY_RATING: Final = f"account_status IN {RATED} AND payment_rating <> '0'"
_DAYS_LATE: Final = chosen("account_status", {status: str(days) for status, days in LATE_DAYS.items()}) + "::INTEGER"

_RULES: Final = (
    not_after_receipt("account_information_date"),
    in_order("date_opened", "account_information_date"),
    in_order("date_opened", "date_closed"),
    in_order("date_closed", "account_information_date"),
    in_order("date_opened", "last_payment_date"),
    in_order("last_payment_date", "account_information_date"),
    in_order("first_delinquency_date", "account_information_date"),
    Rule(
        "first_delinquency_date-before-date_opened",
        "an account that was not bought is not delinquent before it is opened",
        "first_delinquency_date < date_opened AND original_creditor IS NULL AND sale_indicator IS DISTINCT FROM '1'",
        "finding",
    ),
    Rule(
        "current-past-due",
        "an account that is current has nothing past due",
        "account_status = '11' AND amount_past_due > 0",
    ),
    Rule(
        "late-with-nothing-due",
        "an account that is late has an amount past due",
        f"account_status IN {_LATE} AND coalesce(amount_past_due, 0) = 0",
    ),
    Rule(
        "past-due-over-balance",
        "the amount past due is not over the balance",
        "amount_past_due > current_balance",
    ),
    Rule(
        "over-with-balance",
        "an account that is paid has no balance and nothing past due",
        f"account_status IN {OVER} AND (current_balance > 0 OR amount_past_due > 0)",
    ),
    Rule(
        "sold-with-balance",
        "an account that is told as sold has no balance and nothing past due",
        "sale_indicator = '2' AND (current_balance > 0 OR amount_past_due > 0)",
    ),
    Rule(
        "balance-over-original",
        "the balance of a closed-end account is not over 1.5 times its original amount",
        "current_balance > 1.5 * highest_credit AND highest_credit > 0 AND portfolio_type IN ('I', 'M')",
    ),
    Rule(
        "charged-off-nothing",
        "an account that is or was charged off tells the amount",
        "account_status IN ('64', '97') AND coalesce(charge_off_amount, 0) = 0",
    ),
    Rule(
        "charge-off-unsaid",
        "an account that is current or merely late has no charge-off amount",
        f"account_status IN {('11', *_LATE)} AND charge_off_amount > 0",
    ),
    Rule(
        "delinquency-undated",
        "an account whose status comes from a delinquency tells its date of first delinquency",
        f"first_delinquency_date IS NULL AND (account_status IN {DELINQUENT} OR ({_IS_LATE_BY_RATING}))",
    ),
    Rule(
        "current-delinquent",
        "an account that is current tells no date of first delinquency",
        "account_status = '11' AND first_delinquency_date IS NOT NULL",
    ),
    Rule(
        "delinquency-too-young",
        "the first delinquency of a late account is as old as its status, give or take a month",
        f"first_delinquency_date > account_information_date - ({_DAYS_LATE}) + 61",
    ),
    Rule(
        "rating-missing",
        "an account whose status does not tell how late it is or was tells its payment rating",
        f"account_status IN {RATED} AND payment_rating IS NULL",
        "finding",
    ),
    Rule(
        "rating-unwanted",
        "an account whose status tells how late it is tells no payment rating",
        f"account_status NOT IN {RATED} AND payment_rating IS NOT NULL",
        "finding",
    ),
    Rule(
        "history-inside",
        "B only pads the end of the payment history profile",
        "regexp_matches(payment_history_profile, 'B[^B]')",
        "finding",
    ),
    Rule(
        "unidentified",
        "a record tells a social security number or a birth date",
        "ssn IS NULL AND birth_date IS NULL",
        "finding",
    ),
    *identity_rules("date_opened", number="ssn"),
    Rule(
        "associated-number",
        "the social security numbers of the others who answer for the account can have been given out",
        "len(associated) > 0 AND len(list_filter(associated, other -> NOT coalesce("
        f"{is_possible('other.ssn')}, true) AND other.ssn NOT IN {('', *_NO_NUMBER)})) > 0",
    ),
)

_SSN: Final = f"nullif(nullif(nullif(other.ssn, ''), '{_NO_NUMBER[0]}'), '{_NO_NUMBER[1]}')"
_OTHER_BORN: Final = "TRY_CAST(nullif(other.birth_date, '') AS DATE)"

_EVERY_ROLE: Final = ", ".join(f"'{role}'" for role in ROLES.values())


def _answering(relation: str) -> str:
    """A query over a relation of consumers with their role; who is taken back by Z is so in every role."""
    return (
        f"SELECT *, {chosen('ecoa', ROLES)} AS told_role, {_IS_DELETED} AS taken_back FROM {relation} "
        f"WHERE ecoa <> 'Z' UNION ALL "
        f"SELECT *, unnest([{_EVERY_ROLE}]) AS told_role, true AS taken_back FROM {relation} WHERE ecoa = 'Z'"
    )


_HOLDERS: Final = _answering("good")
"""The consumer of each record's base segment."""

_OTHERS: Final = _answering(
    "(SELECT line_no, account_number, account_status, account_information_date, "
    "country AS base_country, address_1 AS base_address_1, address_2 AS base_address_2, city AS base_city, "
    "state AS base_state, zip AS base_zip, nullif(other.surname, '') AS surname, "
    "nullif(other.first_name, '') AS first_name, nullif(other.middle_name, '') AS middle_name, "
    f"other.generation AS generation, {_SSN} AS ssn, {_OTHER_BORN} AS birth_date, other.telephone AS telephone, "
    "other.ecoa AS ecoa, other.kind = 'J2' AS lives_elsewhere, nullif(other.country, '') AS country, "
    "nullif(other.address_1, '') AS address_1, nullif(other.address_2, '') AS address_2, "
    "nullif(other.city, '') AS city, nullif(other.state, '') AS state, nullif(other.zip, '') AS zip "
    "FROM (SELECT *, unnest(associated) AS other FROM good WHERE len(associated) > 0) "
    "WHERE other.surname <> '')"
)
"""The others who answer for the account, a row each."""

_HOLDER: Final = "account_number || '/0'"
_OTHER: Final = "account_number || '/' || " + token_sql(
    "other", "coalesce(ssn, concat_ws(' ', surname, first_name, generation, birth_date))"
)
"""A file gives the others no number of their own: the reference names them, by a token."""


def _address(columns: str, *, base: str = "") -> dict[str, str]:
    """Part of the address to the SQL that gives it; that of a J1 stands in the base segment."""

    def of(column: str) -> str:
        return f"CASE WHEN lives_elsewhere THEN {column} ELSE {base}{column} END" if base else column

    first, second, city, state, postcode, country = (of(column) for column in columns.split())
    return {
        "address": f"nullif(concat_ws(', ', {first}, {second}), '')",
        "city": city,
        "region": state,
        "postcode": postcode,
        "country": country,
    }


_ADDRESS: Final = "address_1 address_2 city state zip country"
_NAMES: Final = {
    "surname": "surname",
    "first_name": "first_name",
    "middle_name": "middle_name",
    "generation": chosen("generation", GENERATIONS),
    "birth_date": "birth_date",
    "national_number": "ssn",
    "phone": "nullif(nullif(telephone, '0000000000'), '')",
}


def _told_of(consumer: str, relation: str, address: dict[str, str]) -> tuple[FactMapping, FactMapping]:
    """That a consumer answers for the account, and who it is."""
    told_on = "account_information_date"
    association = FactMapping(
        "association",
        {
            "consumer_id": consumer,
            "tradeline_id": "account_number",
            "role": "told_role",
            "withdrawn": "taken_back",
        },
        effective_on=told_on,
        distinct=True,
        relation=relation,
    )
    return association, identity_fact(consumer, told_on, _NAMES | address, relation=relation)


_DAYS: Final = (
    f"CASE WHEN account_status = '11' THEN 0 WHEN account_status IN {_LATE} THEN {_DAYS_LATE} "
    f"WHEN account_status IN {RATED} THEN 30 * TRY_CAST(payment_rating AS INTEGER) "
    "WHEN account_status IN ('93', '96', '97') THEN account_information_date - first_delinquency_date + 30 END"
)
"""Days past due: what the status or the rating says; for what was lost, since the first missed payment."""

_MONTH: Final = FactMapping(
    "tradeline_month",
    {
        "tradeline_id": "account_number",
        "effective_on": "account_information_date",
        "product": (
            f"coalesce({chosen('account_type', ACCOUNT_TYPES)}, {chosen('portfolio_type', PORTFOLIO_PRODUCTS)})"
        ),
        "currency": "getvariable('currency')",
        "payment_status": chosen("account_status", STATUSES),
        "days_past_due": _DAYS,
        "balance": "current_balance",
        "credit_limit": "CASE WHEN portfolio_type IN ('C', 'R', 'O') THEN nullif(credit_limit, 0) END",
        "payment": "actual_payment",
        "minimum_payment": "scheduled_payment",
        "amount_past_due": "amount_past_due",
        "charge_off_amount": "nullif(charge_off_amount, 0)",
        "credit_amount": (
            f"CASE WHEN portfolio_type IN ('I', 'M') OR account_type IN {COLLECTIONS} "
            "THEN nullif(highest_credit, 0) END"
        ),
        "term_months": "CASE WHEN terms_frequency = 'M' THEN TRY_CAST(terms_duration AS INTEGER) END",
        "opened_on": "date_opened",
        "closed_on": "date_closed",
        "last_payment_on": "last_payment_date",
        "first_delinquency_on": "first_delinquency_date",
        "payment_code": (
            f"coalesce({chosen('account_status', PROFILE_CODES)}, "
            f"CASE WHEN account_status IN {RATED} THEN payment_rating END)"
        ),
        "payment_profile": "payment_history_profile",
        "special_comment": "special_comment",
        "compliance_condition": "compliance_condition",
        "sold_to": "CASE sale_indicator WHEN '2' THEN coalesce(sale_name, '?') WHEN '9' THEN '' END",
        "bought_from": "CASE WHEN sale_indicator = '1' THEN coalesce(sale_name, original_creditor, '?') END",
        "original_creditor": "original_creditor",
    },
)

METRO2: Final = Contract(
    name="metro2",
    furnisher_id="",
    record_kind="tradeline_month",
    format="metro2",
    meaning="Metro 2: the accounts of a bank or card issuer, one record for each account and month.",
    columns=_COLUMNS,
    rules=_RULES,
    unique=("tradeline_id", "date_trunc('month', effective_on)"),
    checks=(*MONTH_CHECKS, HISTORY_CHECK, WITHDRAWN_CHECK, SELLER_CHECK, BUYER_CHECK, *PERSON_CHECKS, EMPLOYER_CHECK),
    withdraws=_IS_DELETED,
    facts=(
        _MONTH,
        *_told_of(_HOLDER, _HOLDERS, _address(_ADDRESS) | {"employer": "employer"}),
        *_told_of(_OTHER, _OTHERS, _address(_ADDRESS, base="base_")),
    ),
    profiled=(
        "portfolio_type",
        "account_type",
        "account_status",
        "current_balance",
        "amount_past_due",
        "actual_payment",
        "account_information_date",
        "date_opened",
    ),
    not_taken={"new_identification_number": "the bureau's own numbers tell furnishers apart"},
)
