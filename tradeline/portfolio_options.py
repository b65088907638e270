"""Options that the commands over a portfolio share, and what they name."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bureau.portfolios.portfolio import Portfolio

__all__ = ["DataOption", "ObservationOption", "PortfolioName", "portfolio_of"]


class PortfolioName(StrEnum):
    """The portfolios that can be read."""

    TAIWAN = "taiwan"
    HOME_CREDIT = "home-credit"


DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="The portfolio's folder (home-credit) or file (taiwan; default the packaged table)."),
]
ObservationOption = Annotated[
    datetime | None,
    typer.Option(
        "--observation-date", formats=["%Y-%m-%d"], help="home-credit: the date its relative days count from."
    ),
]


def portfolio_of(name: str, data: Path | None, observation_date: datetime | None = None) -> tuple[Portfolio, Path]:
    """The portfolio that is named, and where its files are."""
    if name == PortfolioName.TAIWAN:
        from bureau.portfolios.taiwan import Taiwan, packaged_table

        if observation_date is not None:
            raise typer.BadParameter("taiwan has dates of its own", param_hint="--observation-date")
        return Taiwan(), data if data is not None else packaged_table()
    from bureau.portfolios.home_credit import OBSERVED_ON, HomeCredit

    if data is None:
        raise typer.BadParameter("name the folder of the Home Credit tables", param_hint="--data")
    observed_on: date = observation_date.date() if observation_date else OBSERVED_ON
    return HomeCredit(observed_on=observed_on), data
