"""The command line. Heavy imports happen inside the commands that need them.

Exit codes: 0 done, 1 failed with one clear line, 2 wrong usage; `retrain` has a third, 3: not better.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from bureau.errors import BureauError
from feature_repo.errors import FeatureRepoError
from features.errors import FeatureError
from scoring.errors import ScoringError
from serving.errors import ServingError
from tradeline.audit_command import audit
from tradeline.casework_command import casework
from tradeline.common import HomeOption, JsonOption, open_home_of, print_json, settings_of
from tradeline.decisions_command import decisions
from tradeline.features_commands import features
from tradeline.flags_command import flags
from tradeline.furnishers_command import furnishers
from tradeline.identity_commands import app as identity
from tradeline.ingest_command import ingest
from tradeline.inquiries_command import inquiries
from tradeline.inventory_command import inventory
from tradeline.keys_command import keys
from tradeline.look_commands import contracts, credit_file, deliveries
from tradeline.metro2_command import app as metro2
from tradeline.monitor_command import monitor
from tradeline.notices_command import notices
from tradeline.policy_command import policy
from tradeline.portfolio_options import DataOption, ObservationOption, PortfolioName, portfolio_of
from tradeline.promote_command import promote, promotions
from tradeline.quality_commands import findings, quality
from tradeline.quarantine_command import quarantine
from tradeline.resolve_command import resolve
from tradeline.retrain_command import retrain
from tradeline.routing_command import routing
from tradeline.self_test_command import app as self_test
from tradeline.signers_command import signers
from tradeline.simulate_command import simulate
from tradeline.subscribers_command import subscribers
from tradeline.train_command import RESUMES, Trainable, train
from tradeline.validate_command import validate
from tradeline.vault_commands import vault
from training.errors import TrainingError

__all__ = [
    "app",
    "demo",
    "main",
    "run",
    "score",
    "serve",
]

_KNOWN: Final = (BureauError, FeatureError, FeatureRepoError, ScoringError, ServingError, TrainingError)

app = typer.Typer(
    name="tradeline",
    help="A credit bureau and a credit-risk modelling platform: from furnishers' files to explained decisions.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


_COMMANDS: Final[tuple[Callable[..., None], ...]] = (
    simulate,
    ingest,
    deliveries,
    findings,
    quality,
    monitor,
    contracts,
    credit_file,
    inventory,
    train,
    validate,
    promote,
    promotions,
    retrain,
)
for each in _COMMANDS:
    app.command()(each)
app.add_typer(quarantine, name="quarantine")
app.add_typer(furnishers, name="furnishers")
app.add_typer(metro2, name="metro2")
app.add_typer(vault, name="vault")
app.add_typer(self_test, name="self-test")
identity.command()(resolve)
app.add_typer(identity, name="identity")
app.add_typer(features, name="features")
app.add_typer(decisions, name="decisions")
app.add_typer(notices, name="notices")
app.add_typer(policy, name="policy")
app.add_typer(routing, name="routing")
app.add_typer(signers, name="signers")
app.add_typer(subscribers, name="subscribers")
app.add_typer(keys, name="keys")
app.add_typer(flags, name="flags")
app.add_typer(inquiries, name="inquiries")
app.add_typer(casework, name="casework")
app.add_typer(audit, name="audit")


@app.command()
def run(
    portfolio: Annotated[PortfolioName, typer.Argument(help="Which portfolio.")],
    data: DataOption = None,
    home: HomeOption = None,
    trials: Annotated[int, typer.Option(min=1, help="Trials of the tuning.")] = 10,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Same seed and data, same model.")] = 2026,
    feature: Annotated[
        list[str] | None, typer.Option(help="Train on the features named this way alone; may be repeated.")
    ] = None,
    observation_date: ObservationOption = None,
    as_json: JsonOption = False,
) -> None:
    """From a portfolio's files to a champion: trained, validated, promoted by gates if it is better."""
    settings = settings_of(home)
    chosen, folder = portfolio_of(portfolio, data, observation_date)
    chosen.history_deliveries(folder, labelled=True)  # says at once what is missing, before a home is made
    opened = open_home_of(settings, create=True)

    from bureau.home import working_in
    from tradeline.console import Stages
    from tradeline.run import run_portfolio
    from tradeline.show import show_run
    from tradeline.termination import ended_by_sigterm
    from training.train import Options

    with working_in(opened), ended_by_sigterm(RESUMES):
        result = run_portfolio(
            opened,
            chosen,
            folder,
            options=Options(trials=trials, seed=seed, processes=settings.processes),
            wanted=feature or (),
            stages=Stages(quiet=as_json),
            memory_limit=settings.memory_limit,
        )
    if as_json:
        print_json(result.summary | {"folder": str(result.folder)})
    else:
        show_run(result)


@app.command()
def score(
    portfolio: Annotated[PortfolioName, typer.Argument(help="Which portfolio.")],
    out: Annotated[Path, typer.Option("--out", help="The Parquet file to write.")],
    data: DataOption = None,
    home: HomeOption = None,
    observation_date: ObservationOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score further consumers of a portfolio with its champion."""
    settings = settings_of(home)
    chosen, folder = portfolio_of(portfolio, data, observation_date)
    chosen.history_deliveries(folder, labelled=False)
    opened = open_home_of(settings)

    from bureau.home import working_in
    from tradeline.console import Stages
    from tradeline.score import score_portfolio
    from tradeline.show import show_scores

    with working_in(opened):
        result = score_portfolio(
            opened,
            chosen,
            folder,
            out,
            stages=Stages(quiet=as_json),
            memory_limit=settings.memory_limit,
        )
    if as_json:
        print_json(result)
    else:
        show_scores(result)


@app.command()
def serve(
    home: HomeOption = None,
    host: Annotated[
        str | None,
        typer.Option(help="Address; without a certificate loopback alone. Default 127.0.0.1.", show_default=False),
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Default 3000.", show_default=False)] = None,
    portfolio: Annotated[Trainable | None, typer.Option(help="Whose champion; default the newest.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Default 1.", show_default=False)] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="Certificate (PEM); the service then speaks TLS.", show_default=False)
    ] = None,
    private_key: Annotated[
        Path | None, typer.Option(help="The certificate's private key (PEM).", show_default=False)
    ] = None,
) -> None:
    """Serve the champion over HTTP, or HTTPS with a certificate, until interrupted."""
    from serving.process import serve as serve_until_stopped

    def announce(url: str) -> None:
        typer.echo(f"listening on {url}; its interface is described at {url}/openapi.json; Ctrl-C stops it", err=True)
        typer.echo(f"what it says goes to {launch.log}", err=True)

    named = {"host": host, "port": port, "portfolio": portfolio, "workers": workers}
    launch = settings_of(home, **named, certificate=certificate, private_key=private_key).launch()
    typer.echo("starting the service ...", err=True)
    serve_until_stopped(launch, announce)


@app.command()
def demo(home: HomeOption = None, trials: Annotated[int, typer.Option(min=1)] = 10) -> None:
    """The whole way on 30,000 real card holders: run taiwan, serve, score three people, stop."""
    from bureau.home import working_in
    from tradeline.demo import run_demo

    settings = settings_of(home)
    opened = open_home_of(settings, create=True)
    with working_in(opened):
        run_demo(settings, opened, trials=trials)


def main() -> None:
    """Run the command line; known errors become one line and exit code 1."""
    # Before anything imports MLflow, which would note an installation id for its telemetry.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    logging.basicConfig(level=logging.ERROR)
    # Libraries warn their users, that is us, about their own future; the tests turn that into errors.
    logging.captureWarnings(True)
    try:
        app()
    except _KNOWN as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(
            f"error: {where}{error.strerror or type(error).__name__}; check the path, its rights and the disk", err=True
        )
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - its text may hold what was read: tell where it arose, and no more
        typer.echo(
            f"error: {_place_of(error)}: {type(error).__name__}, which should not happen; please report it", err=True
        )
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(130)


def _place_of(error: Exception) -> str:
    """The last place in our own code that an error came through."""
    root = Path(__file__).parent.parent
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(root) and ".venv" not in path.parts:
            return f"{path.relative_to(root)}:{frame.lineno}"
    return "tradeline"
