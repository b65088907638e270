"""Conditions: what a hard rule looks at, from a closed list.

Each is a value that says whether it holds in given circumstances, reads itself from a table of
configuration, and writes itself back as one.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self

from scoring.errors import PolicyRefused
from scoring.notice.items import ITEMS
from scoring.policy.circumstances import FLAGS, IDENTITIES, Circumstances
from scoring.policy.table import Table

__all__ = [
    "CONDITIONS",
    "AddressDiffers",
    "Condition",
    "FeaturesTooOld",
    "Flagged",
    "Found",
    "NotStated",
    "ThinFile",
    "UnderAge",
]

_OLDEST: Final = 150
_MOST_DAYS: Final = 36_500
_REGION: Final = re.compile(r"[A-Z]{2}")
_OF_FLAG: Final[Mapping[str, str]] = MappingProxyType(
    {
        "active_duty": "R07",
        "deceased": "R02",
        "extended_fraud_alert": "R06",
        "fraud_alert": "R06",
        "frozen": "R01",
        "identity_theft": "R06",
        "sanctions": "R09",
    }
)
_OF_IDENTITY: Final[Mapping[str, str]] = MappingProxyType({"no match": "R03", "ambiguous": "R04"})


@dataclass(frozen=True)
class Condition(ABC):
    """Something that holds in given circumstances, or does not."""

    when: ClassVar[str]
    """Its name in configuration."""

    @property
    @abstractmethod
    def reason(self) -> str | None:
        """The reason that is true wherever it holds (12 CFR 1002.9(b)(2)); None if there is none."""

    @abstractmethod
    def holds(self, circumstances: Circumstances) -> bool:
        """Whether it holds."""

    @classmethod
    def of(cls, table: Table) -> Self:  # noqa: ARG003 - those with parameters read them here
        """The condition with the parameters that a table states."""
        return cls()

    def plain(self) -> dict[str, Any]:
        """Its parameters, as JSON and TOML know them; those that are not stated are left out."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items() if value
        }


@dataclass(frozen=True)
class Flagged(Condition):
    """The file carries one of these flags."""

    when: ClassVar[str] = "flag"
    flags: tuple[str, ...]

    @property
    def reason(self) -> str | None:
        """That of all of its flags."""
        return _common(_OF_FLAG[flag] for flag in self.flags)

    def holds(self, circumstances: Circumstances) -> bool:
        """Whether it holds."""
        return not circumstances.flags.isdisjoint(self.flags)

    @classmethod
    def of(cls, table: Table) -> Self:
        """The condition with the parameters that a table states."""
        return cls(_known(table, "flags", FLAGS))


@dataclass(frozen=True)
class Found(Condition):
    """The person was found in one of these ways: ``no match`` and ``ambiguous`` are what a rule is for."""

    when: ClassVar[str] = "identity"
    identities: tuple[str, ...]

    @property
    def reason(self) -> str | None:
        """That of all of its identities; that somebody was found is no reason."""
        return _common(_OF_IDENTITY.get(identity) for identity in self.identities)

    def holds(self, circumstances: Circumstances) -> bool:
        """Whether it holds."""
        return circumstances.identity in self.identities

    @classmethod
    def of(cls, table: Table) -> Self:
        """The condition with the parameters that a table states."""
        return cls(_known(table, "identities", IDENTITIES))


@dataclass(frozen=True)
class AddressDiffers(Condition):
    """The address stated is none of those on file."""

    when: ClassVar[str] = "address differs"
    reason: ClassVar[str] = "R05"

    def holds(self, circumstances: Circumstances) -> bool:
        """Whether it holds."""
        return circumstances.address_mismatch


@dataclass(frozen=True)
class UnderAge(Condition):
    """The person is younger than an age, which a region may have its own of; an unknown age is none.

    Parameters
    ----------
    least : int
        The age from which it does not hold, years.
    least_in : tuple of (str, int)
        The same by region.
    """

    when: ClassVar[str] = "under age"
    reason: ClassVar[str] = "R08"
    least: int
    least_in: tuple[tuple[str, int], ...] = ()

    def holds(self, circumstances: Circumstances) -> bool:
        """Whether it holds.

        Examples
        --------
        >>> adult = UnderAge(18, (("AL", 19),))
        >>> [adult.holds(Circumstances(age=18, region=region)) for region in (None, "AL", "CA")]
        [False, True, False]
        """
        least = dict(self.least_in).get(circumstances.region or "", self.least)
        return circumstances.age is not None and circumstances.age < least

    @classmethod
    def of(cls, table: Table) -> Self:
        """The condition with the parameters that a table states."""
        least, least_in = table.whole("least", 0, _OLDEST), table.wholes("least_in", 0, _OLDEST)
        for region in least_in:
            if not _REGION.fullmatch(region):
                raise PolicyRefused(f"{table.where}, least_in: {region!r} is no state; write its two letters, as in AL")
        return cls(least, tuple(sorted(least_in.items())))

    def plain(self) -> dict[str, Any]:
        """Its parameters, as JSON and TOML know them; those that are not stated are left out."""
        return {"least": self.least} | ({"least_in": dict(self.least_in)} if self.least_in else {})


@dataclass(frozen=True)
class NotStated(Condition):
    """The application lacks a field that is required.

    Parameters
    ----------
    fields : tuple of str
        What is required of every application.
    of_applicant : tuple of str
        What is required where the person is found by what the application states, and not given by a reference.
    """

    when: ClassVar[str] = "not stated"
    reason: ClassVar[str] = "R10"
    fields: tuple[str, ...] = ()
    of_applicant: tuple[str, ...] = ()

    def holds(self, circumstances: Circumstances) -> bool:
        """Whether it holds."""
        required = self.fields if circumstances.identity == "given" else (*self.fields, *self.of_applicant)
        return any(name in required for name in circumstances.not_stated)

    @classmethod
    def of(cls, table: Table) -> Self:
        """The condition with the parameters that a table states."""
        told = {name: table.texts(name) for name in ("fields", "of_applicant") if name in table}
        if not told:
            raise PolicyRefused(f"{table.where}: nothing is required; name it in `fields` or in `of_applicant`")
        for field in (field for fields in told.values() for field in fields):
            if field not in ITEMS:
                raise PolicyRefused(
                    f"{table.where}: {field!r} is no field of an application that can be required; choose of "
                    f"{', '.join(ITEMS)}"
                )
        return cls(**told)


@dataclass(frozen=True)
class FeaturesTooOld(Condition):
    """The features speak of a moment too long ago, or there are none."""

    when: ClassVar[str] = "too old"
    reason: ClassVar[str] = "R11"
    days: int

    def holds(self, circumstances: Circumstances) -> bool:
        """Whether it holds; never where nobody was found, who has no features."""
        if circumstances.identity in ("no match", "ambiguous"):
            return False
        return circumstances.features_age_days is None or circumstances.features_age_days > self.days

    @classmethod
    def of(cls, table: Table) -> Self:
        """The condition with the parameters that a table states."""
        return cls(table.whole("days", 0, _MOST_DAYS))

    def plain(self) -> dict[str, Any]:
        """Its parameters, as JSON and TOML know them."""
        return {"days": self.days}


@dataclass(frozen=True)
class ThinFile(Condition):
    """Nothing is on file that could be scored."""

    when: ClassVar[str] = "thin file"
    reason: ClassVar[str] = "R12"

    def holds(self, circumstances: Circumstances) -> bool:
        """Whether it holds."""
        return circumstances.thin_file


_ALL: Final[tuple[type[Condition], ...]] = (
    AddressDiffers,
    FeaturesTooOld,
    Flagged,
    Found,
    NotStated,
    ThinFile,
    UnderAge,
)

CONDITIONS: Final[Mapping[str, type[Condition]]] = MappingProxyType({each.when: each for each in _ALL})
"""Every condition by its name in configuration."""


def _common(reasons: Iterable[str | None]) -> str | None:
    """The one reason that several share."""
    told = set(reasons)
    return told.pop() if len(told) == 1 else None


def _known(table: Table, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Texts of a closed list."""
    told = table.texts(key)
    for each in told:
        if each not in known:
            raise PolicyRefused(
                f"{table.where}: {each!r} is none of the {key} known: {', '.join(known)}; choose of them"
            )
    return told
