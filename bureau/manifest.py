"""A folder of deliveries and its manifest: who furnishes, and which file was received when.

``manifest.json`` holds one JSON object::

    {
      "format": 1,
      "furnishers": [
        {"furnisher_id": "harbour-bank", "name": "Harbour Bank", "jurisdiction": "us",
         "currency": "USD", "contract": "metro2", "cadence": "monthly"}
      ],
      "deliveries": [
        {"file": "2019-01/harbour-bank.m2", "furnisher_id": "harbour-bank", "contract": "metro2",
         "received_at": "2019-02-04T06:00:00Z", "covers": "2019-01-31"}
      ]
    }

A furnisher of several kinds has ``contracts``, a list, in place of ``contract``. ``received_at``
(UTC where it names no zone) may be absent, as may ``covers``, the end of the period reported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from bureau.content import FileContent
from bureau.contracts import Contract
from bureau.delivery import Delivery
from bureau.errors import ManifestError
from bureau.feeds import Feed
from bureau.moments import FIRST_YEAR, LAST_YEAR, moment_from

__all__ = ["MANIFEST", "Manifest", "read_manifest"]

MANIFEST: Final = "manifest.json"
_FORMAT: Final = 1


@dataclass(frozen=True)
class Manifest:
    """What a folder holds.

    Parameters
    ----------
    feeds : tuple of Feed
        Who furnishes what.
    deliveries : tuple of Delivery
        The files, in the order of the manifest.
    """

    feeds: tuple[Feed, ...]
    deliveries: tuple[Delivery, ...]


def read_manifest(folder: Path, contracts: Mapping[str, Contract], *, received_at: datetime) -> Manifest:
    """Read the manifest of a folder.

    Parameters
    ----------
    folder : Path
        The folder.
    contracts : mapping of str to Contract
        The contracts by name.
    received_at : datetime
        When files were received whose entry does not say (UTC, naive).

    Raises
    ------
    ManifestError
        If there is none, or it cannot be understood. Nothing of the folder is read then.
    """
    path = folder / MANIFEST
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ManifestError(
            f"{folder}: there is no {MANIFEST} in it; write one (docs/deliveries.md), or name single files"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ManifestError(f"{path}: it is not readable JSON ({type(error).__name__}); write it anew") from None
    reading = _Reading(path, contracts, received_at)
    if not isinstance(told, dict) or told.get("format") is not _FORMAT:
        raise reading.error("format", f'must be {_FORMAT}: {{"format": {_FORMAT}, ...}}')
    feeds = tuple(feed for place, entry in reading.entries(told, "furnishers") for feed in reading.feeds(place, entry))
    known = {(feed.furnisher_id, feed.contract) for feed in feeds}
    deliveries = tuple(reading.delivery(place, entry, known) for place, entry in reading.entries(told, "deliveries"))
    return Manifest(feeds, deliveries)


@dataclass(frozen=True)
class _Reading:
    """The reading of one manifest; every error says where in it something is wrong."""

    path: Path
    contracts: Mapping[str, Contract]
    received_at: datetime

    def error(self, place: str, rule: str) -> ManifestError:
        return ManifestError(f"{self.path}: {place}: {rule} (nothing was read)")

    def entries(self, told: Mapping[str, Any], name: str) -> list[tuple[str, dict[str, Any]]]:
        listed = told.get(name)
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            raise self.error(name, "must be a list of objects")
        return [(f"{name}[{number}]", entry) for number, entry in enumerate(listed)]

    def text(self, place: str, entry: Mapping[str, Any], name: str) -> str:
        value = entry.get(name)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise self.error(f"{place}.{name}", "must be a text of printable characters")
        return value

    def feeds(self, place: str, entry: Mapping[str, Any]) -> list[Feed]:
        listed = entry.get("contracts", [entry.get("contract")])
        if not isinstance(listed, list):
            raise self.error(f"{place}.contracts", "must be a list of names of contracts")
        return [
            Feed(
                furnisher_id=self.text(place, entry, "furnisher_id"),
                name=self.text(place, entry, "name"),
                jurisdiction=self.text(place, entry, "jurisdiction"),
                currency=self.text(place, entry, "currency"),
                contract=self.contract(f"{place}.contract", name).name,
                cadence=entry.get("cadence", self.contract(f"{place}.contract", name).cadence),
                place=None,
            )
            for name in listed
        ]

    def contract(self, place: str, name: object) -> Contract:
        if not isinstance(name, str) or name not in self.contracts:
            raise self.error(place, f"must be one of {', '.join(self.contracts)}")
        return self.contracts[name]

    def delivery(self, place: str, entry: Mapping[str, Any], known: set[tuple[str, str]]) -> Delivery:
        furnisher_id = self.text(place, entry, "furnisher_id")
        contract = self.contract(f"{place}.contract", entry.get("contract"))
        if (furnisher_id, contract.name) not in known:
            raise self.error(f"{place}.furnisher_id", f"{furnisher_id!r} is no furnisher of {contract.name} above")
        return Delivery(
            contract,
            FileContent(self.file(place, self.text(place, entry, "file"))),
            received_at=self.moment(place, entry.get("received_at")),
            furnisher_id=furnisher_id,
            covers=self.day(place, entry.get("covers")),
        )

    def file(self, place: str, name: str) -> Path:
        folder = self.path.parent.resolve()
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            raise self.error(f"{place}.file", "must lie in the folder of the manifest")
        if not path.is_file():
            raise self.error(f"{place}.file", f"{name}: there is no such file")
        return path

    def moment(self, place: str, value: object) -> datetime:
        if value is None:
            return self.received_at
        try:
            return moment_from(str(value))
        except ValueError:
            raise self.error(
                f"{place}.received_at",
                f"must be a moment from {FIRST_YEAR} to {LAST_YEAR}, such as 2019-02-04T06:00:00Z",
            ) from None

    def day(self, place: str, value: object) -> date | None:
        if value is None:
            return None
        try:
            return moment_from(date.fromisoformat(str(value)).isoformat()).date()
        except ValueError:
            raise self.error(
                f"{place}.covers", f"must be a date from {FIRST_YEAR} to {LAST_YEAR}, such as 2019-01-31"
            ) from None
