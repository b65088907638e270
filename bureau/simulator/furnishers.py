"""Who reports: about ten furnishers, what each sends, when, and whom it knows how well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import numpy as np

from bureau.simulator.options import Calendar
from bureau.simulator.randomness import Chance

__all__ = [
    "BEACON",
    "CIVIC",
    "CORNERSTONE",
    "COURT",
    "ELECTRIC",
    "FEEDS",
    "FURNISHERS",
    "HARBOUR",
    "MARKET",
    "NORTHLIGHT",
    "PRAIRIE",
    "TELECOM",
    "Feed",
    "Furnisher",
    "received_at",
]

_ContractName = Literal[
    "metro2", "lender_customers", "lender_months", "court_records", "recurring_payments", "shop_orders", "applications"
]

HARBOUR, PRAIRIE, BEACON, CORNERSTONE, NORTHLIGHT, COURT, CIVIC, ELECTRIC, TELECOM, MARKET = range(10)


@dataclass(frozen=True)
class Furnisher:
    """Somebody who reports to the bureau.

    Parameters
    ----------
    furnisher_id, name : str
        Its reference in the manifest, and its name.
    knows_number : float
        Share of its people whose national number it knows.
    knows_phone : float
        Share of its people whose telephone and e-mail it knows.
    uses_nicknames : bool
        Whether it takes people's word for their first name.
    learns_moves_within : int
        Most months until it hears of a move or a marriage.
    """

    furnisher_id: str
    name: str
    knows_number: float
    knows_phone: float = 0.9
    uses_nicknames: bool = False
    learns_moves_within: int = 3


FURNISHERS: Final = (
    Furnisher("harbour-bank", "Harbour Bank", 0.97, learns_moves_within=1),
    Furnisher("prairie-bank", "Prairie Bank", 0.95, learns_moves_within=2),
    Furnisher("beacon-card", "Beacon Card Services", 0.93, learns_moves_within=3),
    Furnisher("cornerstone-recovery", "Cornerstone Recovery", 0.85, 0.6, learns_moves_within=5),
    Furnisher("northlight-lending", "Northlight Lending", 0.98, learns_moves_within=1),
    Furnisher("district-court", "District Court Register", 0.75, 0.0, learns_moves_within=2),
    Furnisher("civic-records", "Civic Records Vendor", 0.6, 0.0, learns_moves_within=4),
    Furnisher("tidewater-electric", "Tidewater Electric", 0.6, learns_moves_within=0),
    Furnisher("lantern-telecom", "Lantern Telecom", 0.85, 1.0, uses_nicknames=True, learns_moves_within=4),
    Furnisher("meridian-market", "Meridian Market", 0.04, 1.0, uses_nicknames=True, learns_moves_within=0),
)
"""All of them, by their number."""


@dataclass(frozen=True)
class Feed:
    """One kind of delivery that a furnisher sends every month.

    Parameters
    ----------
    furnisher : int
        The furnisher's number.
    contract : str
        The kind of delivery.
    extension : str
        How its files' names end.
    day : int
        Days after the end of the month by which it usually comes.
    spread : int
        How many days later it may be.
    hour : int
        The hour at which it comes.
    """

    furnisher: int
    contract: _ContractName
    extension: str
    day: int
    spread: int
    hour: int = 6

    @property
    def name(self) -> str:
        """Its name among all feeds."""
        return f"{FURNISHERS[self.furnisher].furnisher_id}/{self.contract}"

    @property
    def stem(self) -> str:
        """How its files' names begin."""
        furnisher_id = FURNISHERS[self.furnisher].furnisher_id
        several = [feed for feed in FEEDS if feed.furnisher == self.furnisher]
        if len(several) == 1 or self.contract == "metro2":
            return furnisher_id
        return f"{furnisher_id}-{self.contract.removeprefix('lender_')}"


FEEDS: Final = (
    Feed(HARBOUR, "applications", "jsonl", 1, 1, 3),
    Feed(NORTHLIGHT, "applications", "jsonl", 1, 2, 4),
    Feed(BEACON, "metro2", "m2", 2, 2, 5),
    Feed(PRAIRIE, "metro2", "m2", 3, 2, 6),
    Feed(HARBOUR, "metro2", "m2", 4, 3, 7),
    Feed(TELECOM, "recurring_payments", "jsonl", 4, 4, 8),
    Feed(MARKET, "shop_orders", "jsonl", 5, 3, 9),
    Feed(COURT, "court_records", "csv", 6, 2, 10),
    Feed(NORTHLIGHT, "lender_customers", "parquet", 8, 2, 11),
    Feed(NORTHLIGHT, "lender_months", "parquet", 8, 2, 12),
    Feed(ELECTRIC, "recurring_payments", "jsonl", 9, 4, 13),
    Feed(CIVIC, "court_records", "csv", 11, 5, 14),
    Feed(CORNERSTONE, "metro2", "m2", 11, 3, 15),
)
"""All kinds of delivery."""


def received_at(feed: Feed, month: int, calendar: Calendar, chance: Chance) -> datetime:
    """When the delivery of a month comes: some days after its end, always before the end of the next.

    Both deliveries of the lender come on one day, customers before months.
    """
    share = float(chance.share("received", feed.furnisher, feed.day, month)[0])
    days = feed.day + int(share * (feed.spread + 1))
    day = calendar.end(month) + np.timedelta64(days, "D")
    moment = datetime.fromisoformat(str(day)).replace(tzinfo=UTC)
    return moment + timedelta(hours=feed.hour)
