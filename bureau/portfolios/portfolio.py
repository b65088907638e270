"""A portfolio: who furnishes what, in which files, and what is observed."""

from __future__ import annotations

import dataclasses
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from bureau.content import Content
from bureau.contracts import Contract
from bureau.delivery import Delivery, Furnisher, Receipt
from bureau.history import History
from bureau.ingest import ingest_within, register_furnishers
from bureau.vault import Vault

__all__ = ["Loaded", "Portfolio", "Step", "load"]

_log = logging.getLogger(__name__)

Step = Callable[[str, float], None]
"""Told the file that is being taken in and the share of it that has been read."""


class Portfolio(ABC):
    """What a lender's portfolio delivers.

    Attributes
    ----------
    name : str
        Name of the portfolio and of its reference space.
    currency : str
        Currency of its amounts; amounts in another are never added to them.
    furnishers : tuple of Furnisher
        Who reports.
    observed_on : date
        The observation date: what is known by its beginning may be used to predict.
    """

    name: str
    currency: str
    furnishers: tuple[Furnisher, ...]
    observed_on: date

    @abstractmethod
    def history_deliveries(self, data: Path, *, labelled: bool) -> tuple[Delivery, ...]:
        """The deliveries that tell about the consumers; one of them names who is observed.

        Parameters
        ----------
        data : Path
            The file or folder of the portfolio.
        labelled : bool
            Whether the consumers whose outcome is known are meant, or those to be scored.

        Raises
        ------
        DeliveryRefused
            If the portfolio's own file is not there.
        """

    @abstractmethod
    def outcome_delivery(self, data: Path) -> Delivery:
        """The delivery that tells how it went with the labelled consumers."""

    @abstractmethod
    def contracts(self) -> tuple[Contract, ...]:
        """All contracts of the portfolio."""


@dataclass(frozen=True)
class Loaded:
    """What a load brought.

    Parameters
    ----------
    receipts : tuple of Receipt
        One a delivery, in order.
    observed : Receipt
        The delivery that names the observed consumers.
    """

    receipts: tuple[Receipt, ...]
    observed: Receipt

    @property
    def observed_by(self) -> str:
        """Fingerprint of the delivery that names the observed consumers."""
        return self.observed.delivery_id

    @property
    def ignored_columns(self) -> dict[str, tuple[str, ...]]:
        """Columns that no contract knows, by file."""
        return {receipt.file: receipt.unknown_columns for receipt in self.receipts if receipt.unknown_columns}


def load(history: History, portfolio: Portfolio, data: Path, *, labelled: bool, step: Step | None = None) -> Loaded:
    """Take in a portfolio's deliveries and note whom they cover.

    Parameters
    ----------
    history : History
        Where the facts go.
    portfolio : Portfolio
        The portfolio.
    data : Path
        Its file or folder.
    labelled : bool
        Take the consumers whose outcome is known, and their outcomes; else those to be scored.
    step : callable, optional
        Told of progress.

    Raises
    ------
    DeliveryRefused
        If a file cannot be taken in. Nothing of the whole load is kept then: it is one transaction.
    """
    register_furnishers(history, portfolio.furnishers)
    deliveries = portfolio.history_deliveries(data, labelled=labelled)
    if labelled:
        deliveries = (*deliveries, portfolio.outcome_delivery(data))
    kinds = sorted({delivery.contract.record_kind for delivery in deliveries} - {"outcome"})  # it comes later
    with history.write() as connection:
        taken = [_take(connection, history.vault, delivery, step) for delivery in deliveries]
        observed = next(
            receipt
            for delivery, receipt in zip(deliveries, taken, strict=True)
            if delivery.contract.observes is not None
        )
        _note_coverage(connection, kinds, observed.delivery_id, portfolio.observed_on)
    for receipt in taken:
        counts = {name: getattr(receipt, name) for name in _LOGGED}
        _log.info("delivery taken in", extra={"file": receipt.file, "contract": receipt.contract} | counts)
    return Loaded(_name_unknown_columns_once(deliveries, taken), observed)


_LOGGED = ("read", "accepted", "quarantined", "duplicate", "known_before")


def _take(connection: duckdb.DuckDBPyConnection, vault: Vault, delivery: Delivery, step: Step | None) -> Receipt:
    tell = step or (lambda _label, _share: None)
    label = f"{delivery.content.name} ({delivery.contract.record_kind.replace('_', ' ')})"
    receipt = ingest_within(connection, vault, delivery, lambda share: tell(label, share))
    tell(label, 1.0)
    return receipt


def _name_unknown_columns_once(deliveries: tuple[Delivery, ...], receipts: list[Receipt]) -> tuple[Receipt, ...]:
    """Leave a column that nobody knows in the first receipt alone, where many deliveries come in one file."""
    named: dict[Content, set[str]] = {}
    once = []
    for delivery, receipt in zip(deliveries, receipts, strict=True):
        before = named.setdefault(delivery.content, set())
        new = tuple(name for name in receipt.unknown_columns if name not in before)
        before.update(new)
        once.append(dataclasses.replace(receipt, unknown_columns=new))
        if new:
            _log.warning("columns ignored", extra={"file": receipt.file, "columns": new})
    return tuple(once)


def _note_coverage(
    connection: duckdb.DuckDBPyConnection, kinds: list[str], observed_by: str, observed_on: date
) -> None:
    """Note that these deliveries hold all there is about the observed consumers, as of the observation."""
    connection.execute(
        "INSERT INTO coverage (consumer_id, record_kind, effective_on, recorded_at, delivery_no) "
        "SELECT observed.consumer_id, kind, $on, $on::TIMESTAMP, observed.delivery_no "
        "FROM observed_consumer AS observed JOIN delivery USING (delivery_no) "
        "CROSS JOIN (SELECT unnest($kinds::VARCHAR[]) AS kind) AS kinds "
        "ANTI JOIN coverage ON coverage.consumer_id = observed.consumer_id "
        "AND coverage.record_kind = kind AND coverage.recorded_at <= $on::TIMESTAMP "
        "WHERE delivery.delivery_id = $delivery_id",
        {"on": observed_on, "delivery_id": observed_by, "kinds": kinds},
    )
