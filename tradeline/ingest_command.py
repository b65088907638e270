"""``tradeline ingest``: deliveries from a folder with its manifest, single files, or the places of the furnishers."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradeline.common import HomeOption, JsonOption, moment_of, now, open_history_of, print_json

if TYPE_CHECKING:
    from bureau.delivery import Delivery, Receipt
    from bureau.feeds import Feed
    from bureau.history import History

__all__ = ["Outcome", "ingest", "take_all"]


@dataclass
class Outcome:
    """What became of several deliveries.

    Parameters
    ----------
    receipts : list of Receipt
        Of those that were taken in, held, or known before.
    refused : list of dict
        Those that could not be read: ``file``, ``furnisher``, ``error``.
    """

    receipts: list[Receipt] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)

    @property
    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "deliveries": [asdict(receipt) | {"furnisher": receipt.furnisher_id} for receipt in self.receipts],
            "refused": self.refused,
        }


def ingest(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, help="Folders with a manifest.json, or single files.", show_default=False),
    ] = None,
    home: HomeOption = None,
    furnisher: Annotated[str | None, typer.Option(help="Who sent the files; see `tradeline furnishers`.")] = None,
    contract: Annotated[
        str | None, typer.Option(help="What they hold, where the furnisher sends several kinds.")
    ] = None,
    received: Annotated[
        str | None,
        typer.Option(help="When they were received (UTC), where no manifest says so; default now.", metavar="MOMENT"),
    ] = None,
    covers: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The end of the period the files report.")
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Take what is new in the places of the furnishers, until interrupted.")
    ] = False,
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks of --watch.")] = 5.0,
    looks: Annotated[int | None, typer.Option(min=1, help="End --watch after so many looks.", hidden=True)] = None,
    as_json: JsonOption = False,
) -> None:
    """Take deliveries into the history: verified, set aside or held, nothing lost."""
    if watch == bool(paths):
        raise typer.BadParameter("name folders or files, or --watch, not both", param_hint="PATHS")
    received_at = moment_of(received, "--received") if received else None
    history = open_history_of(home, create=True)
    if watch:
        _watch(history, interval, looks, as_json=as_json)
        return
    deliveries: list[Delivery] = []
    for path in paths or ():
        if path.is_dir():
            deliveries += _of_folder(history, path, received_at or now())
        else:
            deliveries.append(
                _of_file(history, path, furnisher, contract, received_at or now(), covers.date() if covers else None)
            )
    outcome = take_all(history, deliveries, quiet=as_json)
    if as_json:
        print_json(outcome.as_json)
    else:
        from tradeline.show_bureau import show_outcome

        show_outcome(outcome.receipts)
    _end(outcome)


def take_all(history: History, deliveries: Iterable[Delivery], *, quiet: bool) -> Outcome:
    """Take deliveries in, one after the other; one that is refused does not stop the others."""
    from bureau.errors import DeliveryRefused
    from bureau.ingest import ingest as take
    from tradeline.console import Stages

    deliveries = list(deliveries)
    outcome = Outcome()
    with Stages(quiet=quiet).stage("deliveries") as stage:
        for number, delivery in enumerate(deliveries):
            label = f"{delivery.content.name} ({number + 1} of {len(deliveries)})"

            def tell(share: float, number: int = number, label: str = label) -> None:
                stage(label, (number + share) / len(deliveries))

            tell(0.0)
            try:
                outcome.receipts.append(take(history, delivery, tell))
            except DeliveryRefused as error:
                outcome.refused.append(
                    {"file": delivery.content.name, "furnisher": delivery.furnisher, "error": str(error)}
                )
    return outcome


def _of_folder(history: History, folder: Path, received_at: datetime) -> tuple[Delivery, ...]:
    from bureau.feeds import register
    from bureau.kinds.all import KINDS
    from bureau.manifest import read_manifest

    manifest = read_manifest(folder, KINDS, received_at=received_at)
    with history.write() as connection:
        for feed in manifest.feeds:
            register(connection, feed, KINDS)
    return manifest.deliveries


def _of_file(
    history: History,
    path: Path,
    furnisher: str | None,
    contract: str | None,
    received_at: datetime,
    covers: date | None,
) -> Delivery:
    from bureau.content import FileContent
    from bureau.delivery import Delivery
    from bureau.kinds.all import KINDS

    feed = _feed(history, furnisher, contract)
    return Delivery(KINDS[feed.contract], FileContent(path), received_at, furnisher_id=feed.furnisher_id, covers=covers)


def _feed(history: History, furnisher: str | None, contract: str | None) -> Feed:
    """The feed that the options name."""
    from bureau.feeds import list_feeds

    if furnisher is None:
        raise typer.BadParameter("say who sent the files", param_hint="--furnisher")
    with history.read() as connection:
        feeds = [feed for feed in list_feeds(connection) if feed.furnisher_id == furnisher]
    if not feeds:
        raise typer.BadParameter(
            f"{furnisher!r} is not registered; register it with `tradeline furnishers add`", param_hint="--furnisher"
        )
    chosen = [feed for feed in feeds if contract in (None, feed.contract)]
    if len(chosen) != 1:
        kinds = ", ".join(feed.contract for feed in feeds)
        raise typer.BadParameter(f"{furnisher!r} sends {kinds}; say which", param_hint="--contract")
    return chosen[0]


def _watch(history: History, interval: float, looks: int | None, *, as_json: bool) -> None:
    from bureau.feeds import list_feeds
    from bureau.kinds.all import KINDS
    from bureau.watching import Watch
    from tradeline.show_bureau import show_outcome

    watch = Watch(KINDS)
    done = 0
    while looks is None or done < looks:
        with history.read() as connection:
            feeds = list_feeds(connection)
        if done == 0:
            places = sum(feed.place is not None for feed in feeds)
            if not places:
                raise typer.BadParameter(
                    "no furnisher has a place; name one with `tradeline furnishers add ... --place DIR`",
                    param_hint="--watch",
                )
            typer.echo(f"watching {places} places; Ctrl-C stops it", err=True)
        _deliver_inquiries(history)
        ready = watch.look(feeds, now())
        if ready:
            outcome = take_all(history, ready, quiet=True)
            fresh = [receipt for receipt in outcome.receipts if not receipt.known_before]
            if as_json and (fresh or outcome.refused):
                print_json(outcome.as_json)
            elif fresh:
                show_outcome(fresh)
            _tell_refused(outcome)
        done += 1
        if looks is None or done < looks:
            time.sleep(interval)


def _deliver_inquiries(history: History) -> None:
    """Deliver the inquiries of the service that wait, if the home has any casework."""
    if isinstance(history.home.casework, Path) and not history.home.casework.exists():
        return
    from bureau.casework.delivering import deliver_inquiries
    from bureau.casework.opening import open_casework

    with open_casework(history.home, wait_seconds=30.0) as casework:
        if casework.inquiries.waiting():
            deliver_inquiries(casework, history, now())


def _tell_refused(outcome: Outcome) -> None:
    for refused in outcome.refused:
        typer.echo(f"error: {refused['error']}", err=True)


def _end(outcome: Outcome) -> None:
    _tell_refused(outcome)
    if outcome.refused:
        raise typer.Exit(1)
