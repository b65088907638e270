"""The Home Credit Default Risk portfolio, in the layout of its public download.

``data`` is a folder with ``application_train`` (with outcomes) or ``application_test`` (without),
and any of ``bureau``, ``bureau_balance``, ``credit_card_balance``, ``POS_CASH_balance`` and
``previous_application``, each as CSV, plain or packed with gzip or zip.

Times in the files are relative to the applicant's own application, which the files do not date.
They become dates before one observation date. A month of a balance stands for its last day, and
no date on which something became known lies after the observation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, NoReturn

from bureau.content import FileContent
from bureau.contracts import Contract
from bureau.delivery import Delivery, Furnisher
from bureau.errors import DeliveryRefused
from bureau.portfolios.home_credit.application import application_contract, outcome_contract
from bureau.portfolios.home_credit.columns import BUREAU, OUTCOME_AFTER, OWN, SPACE
from bureau.portfolios.home_credit.inquiries import inquiry_contract
from bureau.portfolios.home_credit.tradelines import (
    bureau_balance_contract,
    bureau_contract,
    card_contract,
    instalment_contract,
)
from bureau.portfolios.portfolio import Portfolio

__all__ = ["OBSERVED_ON", "HomeCredit"]

OBSERVED_ON: Final = date(2018, 5, 1)
"""The observation date unless another is given; the data themselves name none."""
_SUFFIXES: Final = (".csv", ".csv.gz", ".csv.zip", ".zip", ".gz")


@dataclass(frozen=True)
class HomeCredit(Portfolio):
    """The portfolio of one lender and of the bureau it asked; ``data`` is its folder."""

    observed_on: date = OBSERVED_ON
    name: str = SPACE
    currency: str = "currency 1"
    furnishers: tuple[Furnisher, ...] = (
        Furnisher(OWN, "Home Credit, own records", "eu", "currency 1"),
        Furnisher(BUREAU, "Other lenders, through a credit bureau", "eu", "currency 1"),
    )

    def history_deliveries(self, data: Path, *, labelled: bool) -> tuple[Delivery, ...]:
        """The applications and every other table that is there."""
        names = ("application_train",) if labelled else ("application_test", "application_train")
        applications = next((path for name in names if (path := _find(data, name))), None)
        if applications is None:
            _refuse_folder(data, names)
        tables = [(application_contract(), applications)]
        tables += [
            (contract, path) for name, contract in _tables().items() for path in [_find(data, name)] if path is not None
        ]
        return tuple(self._delivery(contract, path) for contract, path in tables)

    def outcome_delivery(self, data: Path) -> Delivery:
        """Who had payment difficulties."""
        path = _find(data, "application_train")
        if path is None:
            _refuse_folder(data, ("application_train",))
        known_on = self.observed_on + OUTCOME_AFTER
        return Delivery(outcome_contract(), FileContent(path), _midnight(known_on), self.observed_on)

    def contracts(self) -> tuple[Contract, ...]:
        """The application, its outcome, and the five other tables."""
        return (application_contract(), outcome_contract(), *_tables().values())

    def _delivery(self, contract: Contract, path: Path) -> Delivery:
        return Delivery(contract, FileContent(path), _midnight(self.observed_on), self.observed_on)


def _find(folder: Path, name: str) -> Path | None:
    return next((path for suffix in _SUFFIXES if (path := folder / f"{name}{suffix}").is_file()), None)


def _refuse_folder(folder: Path, names: tuple[str, ...]) -> NoReturn:
    if not folder.is_dir():
        raise DeliveryRefused(str(folder), "no such folder", "name the folder of the Home Credit tables with --data")
    wanted = " or ".join(f"{name}.csv[.gz|.zip]" for name in names)
    raise DeliveryRefused(names[0], f"the table is not in the folder {folder}", f"put {wanted} there")


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).replace(tzinfo=None)


def _tables() -> dict[str, Contract]:
    return {
        "bureau": bureau_contract(),
        "bureau_balance": bureau_balance_contract(),
        "credit_card_balance": card_contract(),
        "POS_CASH_balance": instalment_contract(),
        "previous_application": inquiry_contract(),
    }
