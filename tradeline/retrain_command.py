"""``tradeline retrain``: what a scheduler calls."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tradeline.common import HomeOption, JsonOption, now, open_home_of, print_json, settings_of
from tradeline.portfolio_options import DataOption, portfolio_of
from tradeline.train_command import (
    RESUMES,
    BureauOptions,
    CurrencyOption,
    ObserveOption,
    Trainable,
    WindowOption,
    gather,
)

if TYPE_CHECKING:
    from tradeline.populations import Gathered

__all__ = ["retrain"]


def retrain(
    portfolio: Annotated[Trainable, typer.Argument(help="taiwan, home-credit, or the whole bureau.")],
    on: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="For which date; done once for each.")],
    data: DataOption = None,
    home: HomeOption = None,
    trials: Annotated[int, typer.Option(min=1, help="The most trials of the tuning.")] = 50,
    seconds: Annotated[float | None, typer.Option(min=1, help="Begin no round of trials after so many.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Same seed, trials and data, same model.")] = 2026,
    least_gain: Annotated[
        float, typer.Option(min=-1, max=1, help="Better: the interval of the AUC's difference lies above.")
    ] = 0.0,
    again: Annotated[bool, typer.Option("--again", help="Do it anew although it was done for this date.")] = False,
    observe: ObserveOption = None,
    window: WindowOption = 12,
    currency: CurrencyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train, validate and compare with the champion; promote by gates. Exits 0 promoted, 1 failed, 3 not better."""
    settings = settings_of(home)
    if on > now():
        raise typer.BadParameter(f"{on:%Y-%m-%d} is still to come", param_hint="--date")
    chosen = None if portfolio is Trainable.BUREAU else portfolio_of(portfolio, data)
    if chosen is not None:
        chosen[0].history_deliveries(chosen[1], labelled=True)
    opened = open_home_of(settings, create=chosen is not None)

    from bureau.home import working_in
    from tradeline.console import Stages
    from tradeline.retraining import Retraining
    from tradeline.retraining import retrain as retrain_for_date
    from tradeline.show import show_retraining
    from tradeline.termination import ended_by_sigterm
    from training.errors import UnfitPopulation
    from training.gates import Limits
    from training.train import Options

    stages = Stages(quiet=as_json)
    asked = Retraining(
        portfolio.value, on.date(), now(), Options(trials=trials, seconds=seconds, seed=seed,
        processes=settings.processes), Limits(least_gain=least_gain), settings.memory_limit,
    )  # fmt: skip

    def population() -> Gathered:
        if chosen is not None and chosen[0].observed_on >= on.date():
            raise UnfitPopulation(
                f"{portfolio.value}: observed on {chosen[0].observed_on}, its outcomes are not known by {on:%Y-%m-%d}"
            )
        return gather(
            opened, settings, portfolio, data=data, bureau=BureauOptions(observe, window, currency), present=on,
            stages=stages,
        )  # fmt: skip

    with working_in(opened), ended_by_sigterm(RESUMES):
        line = retrain_for_date(opened, asked, population, again=again, stages=stages)
    if as_json:
        print_json(line.plain())
    else:
        show_retraining(line, is_earlier=line.started_at != asked.started_at)
    raise typer.Exit(line.exit_code)
