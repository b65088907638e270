"""What can go wrong between features and a decision, under one base class.

::

    ScoringError
    ├── BundleRefused       parts that do not belong together, or were changed
    ├── ChampionRefused     a champion that was not promoted, or a promotion log that was changed
    ├── NoticeRefused       a letter that lacks what the law asks for, or rules that are none
    │   └── ScriptRefused   a letter in characters that cannot be set
    ├── PolicyRefused       a policy that is not one, or is in force nowhere
    └── RoutingRefused      challengers and shadows that do not belong here, or were changed
"""

from __future__ import annotations

__all__ = [
    "BundleRefused",
    "ChampionRefused",
    "NotExplainable",
    "NoticeRefused",
    "PolicyRefused",
    "RoutingRefused",
    "ScoringError",
    "ScriptRefused",
]


class ScoringError(Exception):
    """Base of the errors raised by :mod:`scoring`; its text is one line for people."""


class BundleRefused(ScoringError):
    """A bundle is incomplete, was changed, or belongs to other definitions than those installed."""


class ChampionRefused(ScoringError):
    """The champion that is named is not the one that was promoted, or the promotion log was changed."""


class NoticeRefused(ScoringError):
    """A notice lacks an element that it must hold, or what it asks for is in force nowhere.

    Parameters
    ----------
    told : str
        The error.
    need : str
        The fact that is missing, by its name in the rules, such as ``agency.phone``; empty where none is.
    """

    def __init__(self, told: str, need: str = "") -> None:
        self.need = need
        super().__init__(told)


class ScriptRefused(NoticeRefused):
    """A notice to somebody whose name or address is in characters that cannot be set.

    Parameters
    ----------
    told : str
        The error.
    page_can : bool
        Whether a page (HTML) can show them where a PDF cannot.
    """

    def __init__(self, told: str, *, page_can: bool) -> None:
        self.page_can = page_can
        super().__init__(told)


class PolicyRefused(ScoringError, ValueError):
    """A policy is not well formed, or none is in force; the error names the place, the rule and the remedy."""


class RoutingRefused(ScoringError):
    """A routing was changed, or names models that may not decide beside the champion."""


class NotExplainable(ScoringError):
    """A model is of a kind, or of a size, whose reasons cannot be told exactly."""
