"""Every kind of delivery by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bureau.contracts import Contract
from bureau.kinds.applications import APPLICATIONS
from bureau.kinds.court import COURT_RECORDS
from bureau.kinds.lender import CUSTOMERS, MONTHS
from bureau.kinds.metro2 import METRO2
from bureau.kinds.recurring import RECURRING_PAYMENTS
from bureau.kinds.shop import SHOP_ORDERS

__all__ = ["KINDS"]

KINDS: Final[Mapping[str, Contract]] = MappingProxyType(
    {
        contract.name: contract
        for contract in (METRO2, CUSTOMERS, MONTHS, COURT_RECORDS, RECURRING_PAYMENTS, SHOP_ORDERS, APPLICATIONS)
    }
)
"""Name to contract."""
