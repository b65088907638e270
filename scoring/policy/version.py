"""A version of a policy as one file states it: for all jurisdictions at once, each with what it has of its own.

::

    portfolio = "bureau"
    version = "bureau-2"
    effective_from = 2026-07-01
    effective_to = 2027-06-30         # may be left out: until a later version takes effect

    [cut_offs]
    refer_below = 565
    decline_below = 542

    [offers]                          # may be left out: what is lent at all, so that nothing else is advised
    least_amount = 45000
    most_instalments = 40

    [[rules]]                         # in the order in which they are looked at
    name = "frozen file"
    when = "flag"
    flags = ["frozen"]
    outcome = "no score"
    reason = "R01"

    [jurisdictions.us]                # a policy applies in the jurisdictions it names
    [jurisdictions.us-ca]             # stands on top of `us`
    without = ["thin file"]           # rules that do not apply here
    cut_offs = { refer_below = 570, decline_below = 545 }
    rules = []                        # others: in the place of one of the same name, or after all
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from features.permitted import JURISDICTIONS
from scoring.errors import PolicyRefused
from scoring.policy.conditions import Flagged, Found
from scoring.policy.offers import Offers, offers_of
from scoring.policy.policy import Policy
from scoring.policy.rules import Rule, rule_of
from scoring.policy.table import Table
from scoring.scale import ScoreScale

__all__ = ["Place", "PolicyVersion", "version_of"]

_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_STANDS_ON: Final = {"us-ca": "us"}
_MUST_STOP: Final = (
    (Flagged(("frozen",)), "flag frozen", "a frozen file yields no score (15 U.S.C. 1681c-1(i); requirements FC-09)"),
    (Found(("no match",)), "identity no match", "there is no file to score"),
    (Found(("ambiguous",)), "identity ambiguous", "it is not known whose file would be scored"),
)
"""What every policy must decide without a score, and why."""


@dataclass(frozen=True)
class Place:
    """What a version has of its own in one jurisdiction.

    Parameters
    ----------
    jurisdiction : str
        Where.
    cut_offs : tuple of (int, int), optional
        Refer below, decline below; None where those below it hold.
    without : tuple of str
        Names of rules that do not apply.
    rules : tuple of Rule
        Rules in the place of those of the same name, or after all.
    """

    jurisdiction: str
    cut_offs: tuple[int, int] | None = None
    without: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()

    def over(self, policy: Policy) -> Policy:
        """A policy with what this place has of its own.

        Raises
        ------
        PolicyRefused
            If it leaves out a rule that is not there, or the cut-offs cross.
        """
        missing = sorted(set(self.without) - {rule.name for rule in policy.rules})
        if missing:
            raise PolicyRefused(
                f"policy {policy.version}, {self.jurisdiction}: leaves out {missing[0]!r}, and no rule has this name; "
                "correct or remove it"
            )
        own = {rule.name: rule for rule in self.rules}
        rules = [own.pop(rule.name, rule) for rule in policy.rules if rule.name not in self.without]
        refer_below, decline_below = self.cut_offs or (policy.refer_below, policy.decline_below)
        return replace(
            policy,
            refer_below=refer_below,
            decline_below=decline_below,
            jurisdiction=self.jurisdiction,
            rules=(*rules, *own.values()),
        )

    def plain(self) -> dict[str, Any]:
        """The place as a table of configuration."""
        told: dict[str, Any] = {}
        if self.cut_offs is not None:
            told["cut_offs"] = {"refer_below": self.cut_offs[0], "decline_below": self.cut_offs[1]}
        if self.without:
            told["without"] = list(self.without)
        if self.rules:
            told["rules"] = [rule.plain() for rule in self.rules]
        return told


@dataclass(frozen=True)
class PolicyVersion:
    """One dated version of a portfolio's policy, for all jurisdictions where it applies.

    Parameters
    ----------
    base : Policy
        What holds everywhere; its jurisdiction means nothing.
    places : tuple of Place
        Where it applies, and what is different there.

    """

    base: Policy
    places: tuple[Place, ...]

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """Where it applies."""
        return tuple(place.jurisdiction for place in self.places)

    def of(self, jurisdiction: str) -> Policy:
        """The policy in one jurisdiction.

        Raises
        ------
        PolicyRefused
            If it does not apply there.
        """
        by_name = {place.jurisdiction: place for place in self.places}
        if jurisdiction not in by_name:
            raise PolicyRefused(
                f"policy {self.base.version}: does not apply in {jurisdiction!r}, only in "
                f"{', '.join(self.jurisdictions)}; add `[jurisdictions.{jurisdiction}]` to it"
            )
        below = _STANDS_ON.get(jurisdiction)
        policy = self.base if below not in by_name else by_name[below].over(self.base)
        return by_name[jurisdiction].over(policy)

    def plain(self) -> dict[str, Any]:
        """The version as tables of configuration, which :func:`version_of` reads."""
        base = self.base
        told: dict[str, Any] = {
            "portfolio": base.portfolio,
            "version": base.version,
            "effective_from": base.effective_from.isoformat(),
        }
        if base.effective_to is not None:
            told["effective_to"] = base.effective_to.isoformat()
        if base.offers != Offers():
            told["offers"] = base.offers.plain()
        return told | {
            "cut_offs": {"refer_below": base.refer_below, "decline_below": base.decline_below},
            "rules": [rule.plain() for rule in base.rules],
            "jurisdictions": {place.jurisdiction: place.plain() for place in self.places},
        }


def version_of(table: Table) -> PolicyVersion:
    """The version that a table states.

    Raises
    ------
    PolicyRefused
        If a key is missing, unknown or of another kind; if a place leaves out a rule that is not there, or
        cut-offs cross; or if a file that is frozen, nobody's or one of several would be scored somewhere.
    """
    portfolio, version = table.text("portfolio"), table.text("version")
    if not _VERSION.fullmatch(version):
        raise PolicyRefused(f"{table.where}: 'version' is not 1 to 64 letters, digits, '.', '_' and '-'; write one")
    effective_from = table.day("effective_from")
    effective_to = table.day("effective_to") if "effective_to" in table else None
    refer_below, decline_below = _cut_offs(table)
    base = Policy(
        portfolio=portfolio,
        version=version,
        effective_from=effective_from,
        effective_to=effective_to,
        refer_below=refer_below,
        decline_below=decline_below,
        rules=tuple(rule_of(each) for each in table.tables("rules")),
        offers=offers_of(table.table("offers")) if "offers" in table else Offers(),
    )
    places = tuple(_place(name, each) for name, each in table.named_tables("jurisdictions").items())
    table.done()
    stated = PolicyVersion(base, places)
    for jurisdiction in stated.jurisdictions:
        _require_stops(stated.of(jurisdiction))
    return stated


def _place(jurisdiction: str, table: Table) -> Place:
    if jurisdiction not in JURISDICTIONS:
        raise PolicyRefused(
            f"{table.where}: jurisdiction {jurisdiction!r} is not carried; choose of {', '.join(JURISDICTIONS)}"
        )
    cut_offs = _cut_offs(table) if "cut_offs" in table else None
    without = table.texts("without") if "without" in table else ()
    rules = tuple(rule_of(each) for each in table.tables("rules"))
    table.done()
    return Place(jurisdiction, cut_offs, without, rules)


def _cut_offs(table: Table) -> tuple[int, int]:
    """Refer below and decline below, which lie on the scale of the score."""
    scale = ScoreScale()
    told = table.table("cut_offs")
    found = tuple(told.whole(name, scale.lowest, scale.highest + 1) for name in ("refer_below", "decline_below"))
    told.done()
    return found[0], found[1]


def _require_stops(policy: Policy) -> None:
    """Refuse a policy that would score what must not be scored."""
    for wanted, told, why in _MUST_STOP:
        kind = type(wanted)
        if not any(
            rule.outcome in ("decline", "no score") and _covers(rule, wanted)
            for rule in policy.rules
            if isinstance(rule.condition, kind)
        ):
            raise PolicyRefused(
                f"policy {policy.version}, {policy.jurisdiction}: no rule declines or gives no score when {told}, but "
                f"{why}; add one"
            )


def _covers(rule: Rule, wanted: Flagged | Found) -> bool:
    """Whether a rule of the same kind holds wherever the wanted one does."""
    if isinstance(wanted, Flagged) and isinstance(rule.condition, Flagged):
        return set(wanted.flags) <= set(rule.condition.flags)
    if isinstance(wanted, Found) and isinstance(rule.condition, Found):
        return set(wanted.identities) <= set(rule.condition.identities)
    return False
