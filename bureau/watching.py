"""Files that are new in the places where furnishers put theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from bureau.content import FileContent
from bureau.contracts import Contract
from bureau.delivery import Delivery
from bureau.feeds import Feed

__all__ = ["Watch"]

_UNFINISHED: Final = (".part", ".tmp", ".partial", ".filepart", ".crdownload")


@dataclass
class Watch:
    """Looks into the places of the feeds; a file is taken once it no longer grows.

    Parameters
    ----------
    contracts : mapping of str to Contract
        The contracts by name.
    """

    contracts: Mapping[str, Contract]
    _seen: dict[tuple[str, str, Path], object] = field(default_factory=dict)
    _done: dict[tuple[str, str, Path], object] = field(default_factory=dict)

    def look(self, feeds: Iterable[Feed], received_at: datetime) -> list[Delivery]:
        """The files that have not changed since the last look and were not taken before, oldest first.

        Parameters
        ----------
        feeds : iterable of Feed
            The feeds; those without a place are passed over.
        received_at : datetime
            The moment of this look (UTC, naive), at which they count as received.
        """
        ready = []
        for feed in feeds:
            for path in _files(feed.place):
                key = (feed.furnisher_id, feed.contract, path)
                content = FileContent(path)
                try:
                    state = content.state()
                    changed = path.stat().st_mtime_ns
                except FileNotFoundError:
                    continue
                if self._done.get(key) == state:
                    continue
                if self._seen.get(key) == state:
                    self._done[key] = state
                    delivery = Delivery(
                        self.contracts[feed.contract], content, received_at, furnisher_id=feed.furnisher_id
                    )
                    ready.append((changed, str(path), delivery))
                self._seen[key] = state
        return [delivery for _, _, delivery in sorted(ready, key=lambda each: each[:2])]


def _files(place: Path | None) -> Iterator[Path]:
    """Files of a place that are not hidden and do not look unfinished; none where it does not exist yet."""
    if place is None or not place.is_dir():
        return
    for path in sorted(place.iterdir()):
        if path.is_file() and not path.name.startswith(".") and path.suffix.lower() not in _UNFINISHED:
            yield path
