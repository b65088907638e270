"""Policy: what is decided at which score and in which circumstances, as dated, declarative configuration.

::

    circumstances   what is known beside the features: identity, flags of the file, age, ...
    conditions      what a rule looks at        rules   a condition, its outcome, its reason
    policy          cut-offs and rules of one jurisdiction while one version is in force
    ruling          what a policy decides, and which component decided it
    version, book   what files state, and all versions of a portfolio
"""

from __future__ import annotations

from scoring.policy.book import PolicyBook, policy_book, policy_of, shipped_book
from scoring.policy.circumstances import Circumstances
from scoring.policy.policy import Policy
from scoring.policy.rule_reasons import RULE_REASONS, RuleReason
from scoring.policy.ruling import Decision, Ruling

__all__ = [
    "RULE_REASONS",
    "Circumstances",
    "Decision",
    "Policy",
    "PolicyBook",
    "RuleReason",
    "Ruling",
    "policy_book",
    "policy_of",
    "shipped_book",
]
