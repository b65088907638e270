"""Feature sets: which features a portfolio's models draw on.

A set takes every permitted feature of the views its furnishers deliver, less those that say the
same as another one there (six months of history make a window of twelve the same as one of six).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

from features.catalogue import Catalogue
from features.declaration import Derived
from features.definitions.all import CATALOGUE
from features.errors import UnknownFeature
from features.permitted import REVIEWED_ON

__all__ = ["BUREAU_VIEWS", "FEATURE_SETS", "FeatureSet", "feature_set"]


@dataclass(frozen=True)
class FeatureSet:
    """The features of a portfolio.

    Parameters
    ----------
    portfolio : str
        Name of the portfolio.
    views : tuple of str
        The views its furnishers deliver.
    left_out : frozenset of str
        Features of those views that are not used, though permitted.
    catalogue : Catalogue
        Where they are declared.

    Raises
    ------
    UnknownFeature
        If a view, or a feature that is left out, is not declared.
    """

    portfolio: str
    views: tuple[str, ...]
    left_out: frozenset[str]
    catalogue: Catalogue = CATALOGUE

    def __post_init__(self) -> None:
        for view in self.views:
            self.catalogue.view(view)
        for name in sorted(self.left_out):
            if name not in self.catalogue:
                raise UnknownFeature(f"{name}: left out of {self.portfolio}, but no feature has this name")

    @cached_property
    def counted(self) -> tuple[str, ...]:
        """Features that are computed from the history and served by Feast."""
        return tuple(
            item.name
            for view in self.views
            for item in self.catalogue.of_view(view)
            if item.name not in self.left_out and self.catalogue.use(item.name)[0] == "permitted"
        )

    @cached_property
    def derived(self) -> tuple[Derived, ...]:
        """Features that are computed from those, offline and online."""
        have = set(self.counted)
        return tuple(
            item
            for item in self.catalogue.derived
            if item.expression.operands <= have and item.name not in self.left_out
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All features, in the order of their declaration."""
        return (*self.counted, *(item.name for item in self.derived))

    def permitted(self, jurisdiction: str, on: date = REVIEWED_ON, *, consented: bool = False) -> tuple[str, ...]:
        """Those of its features that may be used in a jurisdiction on a day, with or without the person's consent."""
        allowed = ("permitted", "consent") if consented else ("permitted",)
        return tuple(name for name in self.names if self.catalogue.use(name, jurisdiction, on)[0] in allowed)

    def require(
        self, names: Iterable[str], jurisdiction: str = "us", on: date = REVIEWED_ON, *, consented: bool = False
    ) -> None:
        """Refuse features that may not be used, are not declared, or are not delivered in this portfolio.

        The parameters are those of :meth:`features.catalogue.Catalogue.require_permitted`.

        Raises
        ------
        ProhibitedFeature, UnknownFeature
            The error names the feature.
        """
        names = tuple(names)
        self.catalogue.require_permitted(names, jurisdiction, on, consented=consented)
        for name in names:
            if name not in self.names:
                raise UnknownFeature(f"{name}: no feature of {self.portfolio}; `tradeline features` lists them all")

    @cached_property
    def fingerprint(self) -> str:
        """A digest of everything that determines their values."""
        return self.catalogue.fingerprint(self.names)

    @cached_property
    def service(self) -> str:
        """Name of Feast's feature service; another definition has another name."""
        return f"{self.portfolio}-{self.catalogue.fingerprint(self.counted)}"


_SIX_MONTHS_ARE_ALL: Final = frozenset(
    {
        "card_utilisation_mean_12m",
        "card_utilisation_slope_12m",
        "card_days_past_due_max_12m",
        "card_days_past_due_max",
        "card_days_past_due_tolerated_max",
        "card_late_months_12m",
        "card_months_known",
        "card_cash_share_12m",
        "card_drawings_mean_12m",
        "card_drawings_mean",
    }
)

_SINGLE_CARD_DETAIL: Final = frozenset(
    {
        "card_utilisation_1_month_ago",
        "card_utilisation_2_months_ago",
        "card_days_past_due_sum_6m",
        "card_days_past_due_sum_3m",
        "card_late_60_months_6m",
        "card_months_since_late_60",
        "card_standing_latest",
        "card_standing_mean_3m",
        "card_standing_mean_6m",
        "card_standing_slope_6m",
        "card_paid_in_full_months_6m",
        "card_balance_1_month_ago",
        "card_balance_2_months_ago",
        "card_payment_0_months_ago",
        "card_payment_1_months_ago",
        "card_payment_2_months_ago",
        "card_payment_3_months_ago",
        "card_payment_5_months_ago",
    }
)

BUREAU_VIEWS: Final = (
    "accounts",
    "account_months",
    "credit_inquiries",
    "public_records",
    "recurring",
    "shop_orders",
    "income",
    "stability",
    "file",
)
"""The views over what furnishers of every kind tell; disputes are counted beside them, and never scored."""

FEATURE_SETS: Final = {
    "taiwan": FeatureSet("taiwan", ("card_months",), _SIX_MONTHS_ARE_ALL),
    "home-credit": FeatureSet(
        "home-credit",
        ("application", "card_months", "instalment_months", "tradelines", "tradeline_months", "inquiries"),
        _SINGLE_CARD_DETAIL,
    ),
    "bureau": FeatureSet("bureau", BUREAU_VIEWS, frozenset()),
}
"""Feature set by portfolio."""


def feature_set(portfolio: str) -> FeatureSet:
    """The feature set of a portfolio.

    Raises
    ------
    UnknownFeature
        If there is none.
    """
    try:
        return FEATURE_SETS[portfolio]
    except KeyError:
        raise UnknownFeature(f"{portfolio}: no feature set; known are {', '.join(sorted(FEATURE_SETS))}") from None
