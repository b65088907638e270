"""The Home Credit Default Risk portfolio: its tables under their contracts."""

from bureau.portfolios.home_credit.portfolio import OBSERVED_ON, HomeCredit

__all__ = ["OBSERVED_ON", "HomeCredit"]
