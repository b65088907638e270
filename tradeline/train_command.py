"""``tradeline train``: a population in, a challenger out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tradeline.common import HomeOption, JsonOption, now, open_home_of, print_json, settings_of
from tradeline.portfolio_options import DataOption, ObservationOption, portfolio_of
from tradeline.signers_command import KeyOption

if TYPE_CHECKING:
    from bureau.home import Home
    from tradeline.console import Stages
    from tradeline.populations import Gathered
    from tradeline.settings import Settings

__all__ = [
    "RESUMES",
    "BureauOptions",
    "CurrencyOption",
    "ObserveOption",
    "Trainable",
    "WindowOption",
    "gather",
    "train",
]

RESUMES: Final = "the same command goes on from the trials that were judged"
"""What can be done after a training that was ended."""

_MONTHS: Final = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))\.\.(\d{4}-(?:0[1-9]|1[0-2]))")


class Trainable(StrEnum):
    """What a model can be trained on: two portfolios, and the whole bureau."""

    TAIWAN = "taiwan"
    HOME_CREDIT = "home-credit"
    BUREAU = "bureau"


ObserveOption = Annotated[
    str | None,
    typer.Option(
        metavar="DATE,...|FROM..TO",
        help="bureau: observation dates, or the month ends of 2023-01..2023-12; default the newest that have matured.",
    ),
]
WindowOption = Annotated[int, typer.Option(min=1, max=120, help="bureau: months of the performance window.")]
CurrencyOption = Annotated[
    str | None,
    typer.Option(metavar="CODE", help="bureau: of the amounts; needed where the history has several currencies."),
]


@dataclass(frozen=True)
class BureauOptions:
    """What concerns a population of the bureau alone."""

    observe: str | None = None
    window: int = 12
    currency: str | None = None


def train(
    portfolio: Annotated[Trainable, typer.Argument(help="taiwan, home-credit, or the whole bureau.")],
    data: DataOption = None,
    home: HomeOption = None,
    trials: Annotated[int, typer.Option(min=1, help="The most trials of the tuning.")] = 50,
    seconds: Annotated[
        float | None,
        typer.Option(min=1, help="Begin no round of trials after so many; the model then depends on the machine."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Same seed, trials and data, same model.")] = 2026,
    signer: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Who signs as its developer; default a service.")
    ] = None,
    key: KeyOption = None,
    storage: Annotated[
        str | None, typer.Option(metavar="URL", help="Database of the trials (sqlite:///..., postgresql://...).")
    ] = None,
    feature: Annotated[
        list[str] | None, typer.Option(help="Train on the features named this way alone; may be repeated.")
    ] = None,
    observe: ObserveOption = None,
    window: WindowOption = 12,
    currency: CurrencyOption = None,
    observation_date: ObservationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a challenger: tuned, calibrated, recorded, signed and registered; not yet validated."""
    settings = settings_of(home)
    chosen = None if portfolio is Trainable.BUREAU else portfolio_of(portfolio, data, observation_date)
    if chosen is not None:
        chosen[0].history_deliveries(chosen[1], labelled=True)  # says at once what is missing
    opened = open_home_of(settings, create=chosen is not None)

    from bureau.home import working_in
    from tradeline.challenger import make_challenger
    from tradeline.console import Stages
    from tradeline.run import point_latest, summarise
    from tradeline.services import TRAINER, signer_of
    from tradeline.show import show_training
    from tradeline.termination import ended_by_sigterm
    from training.train import Options
    from training.training_record import write_json

    developer = signer_of(opened, signer, key, "developer", TRAINER)
    stages = Stages(quiet=as_json)
    with working_in(opened), ended_by_sigterm(RESUMES):
        gathered = gather(
            opened, settings, portfolio, data=data, observation_date=observation_date, wanted=feature or (),
            bureau=BureauOptions(observe, window, currency), present=now(), stages=stages,
        )  # fmt: skip
        options = Options(trials=trials, seconds=seconds, seed=seed, processes=settings.processes)
        challenger = make_challenger(
            opened, gathered, options=options, signer=developer, storage=storage, stages=stages
        )
        summary = summarise(gathered, challenger) | {"stage_seconds": dict(stages.seconds)}
        write_json(challenger.folder / "summary.json", summary)
        point_latest(opened.runs, challenger.folder)
    if as_json:
        print_json(summary | {"developer": developer.name, "folder": str(challenger.folder)})
    else:
        show_training(summary, challenger.folder)


def gather(
    home: Home,
    settings: Settings,
    portfolio: Trainable,
    *,
    data: Path | None,
    observation_date: datetime | None = None,
    wanted: Sequence[str] = (),
    bureau: BureauOptions,
    present: datetime,
    stages: Stages,
) -> Gathered:
    """The population that the command line names; what it names wrongly is an error of usage, no failed training."""
    from tradeline.build_features import UnclearCurrency
    from tradeline.populations import gather_bureau, gather_portfolio
    from training.errors import UnfitDates

    if portfolio is Trainable.BUREAU:
        from training.labels import LabelDefinition

        try:
            return gather_bureau(
                home, _dates(bureau.observe), present=present, definition=LabelDefinition(window_months=bureau.window),
                currency=bureau.currency, wanted=wanted, stages=stages, memory_limit=settings.memory_limit,
            )  # fmt: skip
        except UnclearCurrency as error:
            raise typer.BadParameter(str(error), param_hint="--currency") from None
        except UnfitDates as error:
            raise typer.BadParameter(str(error), param_hint="--observe") from None
    chosen, folder = portfolio_of(portfolio, data, observation_date)
    return gather_portfolio(home, chosen, folder, wanted, stages=stages, memory_limit=settings.memory_limit)[0]


def _dates(text: str | None) -> list[date]:
    """The observation dates that are named: some, or the month ends from one month to another."""
    if text is None:
        return []
    months = _MONTHS.fullmatch(text)
    if months is None:
        return [_date(part.strip()) for part in text.split(",")]
    if months[2] < months[1]:
        raise typer.BadParameter(
            f"{text!r} ends before it begins; write the earlier month first", param_hint="--observe"
        )
    found, month = [], f"{months[1]}-01"
    while month[:7] <= months[2]:
        following = (_date(month) + timedelta(days=31)).replace(day=1)
        found.append(following - timedelta(days=1))
        month = following.isoformat()
    return found


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no date; write 2023-12-31,2024-01-31 or months as 2023-01..2023-12", param_hint="--observe"
        ) from None
