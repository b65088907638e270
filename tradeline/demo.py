"""The demonstration: the whole way on real card holders, then three of them decided on over HTTP."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from bureau.home import Home
from bureau.portfolios.taiwan import Taiwan, packaged_table
from bureau.signers import trusted_signers
from scoring.bundle import load_bundle
from scoring.champion import champion_folder
from serving.process import running
from tradeline.common import now
from tradeline.console import Stages
from tradeline.prepare import Prepared
from tradeline.run import run_portfolio
from tradeline.score import observed_spine, score_spine
from tradeline.settings import Settings
from tradeline.show import show_run
from training.train import Options

__all__ = ["run_demo"]

_COLOURS: Mapping[str, str] = {"approve": "green", "refer": "yellow", "decline": "red"}
_BAR_CELLS = 24
_LOOKED_AT = 500


def run_demo(settings: Settings, home: Home, *, trials: int) -> None:
    """Run the Taiwanese portfolio, start the service, score three card holders over HTTP, stop it.

    Parameters
    ----------
    settings : Settings
        The settings of this process.
    home : Home
        The home to work in.
    trials : int
        Trials of the tuning.
    """
    stages = Stages()
    portfolio = Taiwan()
    result = run_portfolio(
        home,
        portfolio,
        packaged_table(),
        options=Options(trials=trials, processes=settings.processes),
        stages=stages,
        memory_limit=settings.memory_limit,
    )
    show_run(result)
    console = Console()
    people = _one_of_each(home, result.prepared)
    launch = settings.model_copy(update={"portfolio": portfolio.name, "port": 0}).launch()
    key = _key_for_an_hour(home, now())
    with ExitStack() as stack:
        with stages.stage("start the service"):
            url = stack.enter_context(running(launch))
        for consumer_ref in people:
            _show_answer(console, consumer_ref, _ask(url, key, consumer_ref))
    console.print("The service is stopped. Start it again with `tradeline serve`.", highlight=False)


def _one_of_each(home: Home, prepared: Prepared) -> list[str]:
    """References of card holders that the champion approves, refers and declines, one of each that there is."""
    trusted = trusted_signers(home.signers)
    bundle = load_bundle(champion_folder(home.bundles, prepared.features.portfolio, trusted), trusted)
    spine = observed_spine(prepared).head(_LOOKED_AT)
    tables = score_spine(prepared.repository, bundle, spine)
    decisions = [decision for table in tables for decision in table["decision"].to_pylist()]
    references = spine["consumer_ref"].tolist()
    return [references[decisions.index(wanted)] for wanted in ("approve", "refer", "decline") if wanted in decisions]


def _key_for_an_hour(home: Home, at: datetime) -> str:
    """A key of a made-up lender, which may ask for decisions on applications."""
    from bureau.access.subscribers import Subscriber
    from bureau.casework.opening import open_casework

    purposes = ("credit-application",)
    with open_casework(home) as casework:
        casework.subscribers.add(Subscriber("demo", "Demonstration", "of no address", "us", "", at))
        casework.subscribers.certify("demo", purposes, at)
        expires_at = at + timedelta(hours=1)
        issued = casework.keys.create("demo", scopes=("decide",), purposes=purposes, now=at, expires_at=expires_at)
    return issued.text


def _ask(url: str, key: str, consumer_ref: str) -> dict[str, Any]:
    asked = {
        "consumer_ref": consumer_ref,
        "credit": {"product": "card", "currency": "TWD", "amount": 50_000},
        "consent": {"given_on": now().date().isoformat()},
        "purpose": "credit-application",
    }
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(f"{url}/v1/decisions", json.dumps(asked).encode(), headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 (loopback, our own service)
        answer: dict[str, Any] = json.load(response)
    return answer


def _show_answer(console: Console, consumer_ref: str, answer: Mapping[str, Any]) -> None:
    """One answer as a lender reads it."""
    decision = answer["decision"]
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="dim")
    table.add_column()
    table.add_row("default probability", f"{answer['default_probability']:.1%}")
    table.add_row("credit score", str(answer["credit_score"]))
    table.add_row("decision", f"[bold {_COLOURS[decision]}]{decision}[/]")
    largest = max((reason["contribution"] for reason in answer["reasons"]), default=1.0)
    for place, reason in enumerate(answer["reasons"]):
        cells = max(1, round(_BAR_CELLS * reason["contribution"] / largest))
        label = "reasons against" if place == 0 else ""
        bar = f"[{_COLOURS[decision]}]{'█' * cells}[/] {reason['contribution']:+.2f}"
        table.add_row(label, f"{reason['told']}\n{bar}")
    table.add_row("as of", f"{answer['known_at'][:10]}, model {answer['model_version']}")
    console.print(Panel(table, title=f"card holder {consumer_ref}", title_align="left", width=88))
