"""``tradeline policy``: what is decided at which score and in which circumstances; checked, tried, copied."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradeline.common import (
    HomeOption,
    JsonOption,
    now,
    open_home_of,
    options_after_command,
    print_json,
    settings_of,
)

if TYPE_CHECKING:
    from scoring.policy.book import PolicyBook
    from scoring.policy.policy import Policy

__all__ = [
    "IdentityName",
    "Jurisdiction",
    "JurisdictionOption",
    "OnOption",
    "PortfolioArgument",
    "check",
    "copy",
    "policy",
    "policy_or_show",
    "show",
    "try_out",
]

policy = typer.Typer(
    help="Policy: cut-offs and hard rules of a portfolio, dated and by jurisdiction.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


class Jurisdiction(StrEnum):
    """The jurisdictions that are carried (:data:`features.permitted.JURISDICTIONS`)."""

    US = "us"
    US_CA = "us-ca"
    EU = "eu"
    CN = "cn"


class IdentityName(StrEnum):
    """How a person was found."""

    MATCH = "match"
    NO_MATCH = "no match"
    AMBIGUOUS = "ambiguous"
    GIVEN = "given"


PortfolioArgument = Annotated[str, typer.Argument(metavar="PORTFOLIO", help="Which portfolio.")]
OnOption = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day; default today.", show_default=False)
]
JurisdictionOption = Annotated[Jurisdiction, typer.Option(help="Where.")]


@policy.callback()
def policy_or_show(context: typer.Context, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """What is decided; without a command, the versions of every portfolio."""
    if context.invoked_subcommand is not None:
        options_after_command(context, home, as_json)
        return

    from features.sets import FEATURE_SETS

    books = [_book(portfolio, home) for portfolio in sorted(FEATURE_SETS)]
    if as_json:
        print_json([book.plain() for book in books])
        return
    for book in books:
        for each in book.versions:
            until = f" to {each.base.effective_to}" if each.base.effective_to else ""
            typer.echo(
                f"{book.portfolio:<12} {each.base.version:<16} from {each.base.effective_from}{until}: declined below "
                f"{each.base.decline_below}, approved from {each.base.refer_below}, {len(each.base.rules)} rules; in "
                f"{', '.join(each.jurisdictions)}"
            )


@policy.command()
def show(
    portfolio: PortfolioArgument,
    on: OnOption = None,
    jurisdiction: JurisdictionOption = Jurisdiction.US,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the policy in force on a day in a jurisdiction: its cut-offs, and its rules in their order."""
    from scoring.policy.rule_reasons import RULE_REASONS

    found = _in_force(portfolio, on, jurisdiction, home)
    if as_json:
        rules = [rule.plain() for rule in found.rules]
        print_json(asdict(found) | {"rules": rules})
        return
    until = f" to {found.effective_to}" if found.effective_to else ""
    typer.echo(f"{found.version} in {found.jurisdiction}, from {found.effective_from}{until}")
    typer.echo(f"  declined below {found.decline_below}, approved from {found.refer_below}, between them referred")
    for name, value in found.offers.plain().items():
        typer.echo(f"  {name.replace('_', ' ')} {value:,}")
    for rule in found.rules:
        told = ", ".join(f"{name} {_words(value)}" for name, value in rule.condition.plain().items())
        typer.echo(f"  {rule.name:<22} {rule.outcome:<9} {rule.reason}  {RULE_REASONS[rule.reason].statement}")
        typer.echo(f"  {'':<22} when: {rule.condition.when}{f' ({told})' if told else ''}")


@policy.command()
def check(
    files: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", help="Default those of the home.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check policies: each for itself, and those of the home for whether they fit together."""
    from features.sets import FEATURE_SETS
    from scoring.errors import PolicyRefused
    from scoring.policy.book import OWN_POLICIES, policy_book, read_version

    folder = open_home_of(settings_of(home)).root / OWN_POLICIES if not files else None
    paths = files or (sorted(folder.glob("*.toml")) if folder is not None else [])
    read = {path: read_version(path) for path in paths}
    for path, each in read.items():
        if each.base.portfolio not in FEATURE_SETS:
            known = ", ".join(sorted(FEATURE_SETS))
            raise PolicyRefused(f"{path}: {each.base.portfolio!r} is no portfolio; choose one of {known}")
    if folder is not None:
        for portfolio in sorted({each.base.portfolio for each in read.values()}):
            policy_book(portfolio, folder)
    told = [
        {
            "file": str(path),
            "portfolio": each.base.portfolio,
            "version": each.base.version,
            "effective_from": each.base.effective_from,
            "jurisdictions": each.jurisdictions,
        }
        for path, each in read.items()
    ]
    if as_json:
        print_json(told)
        return
    for path, each in read.items():
        typer.echo(
            f"{path}: {each.base.version} of {each.base.portfolio}, from {each.base.effective_from}; well formed"
        )
    if not read:
        typer.echo("the home has no policies of its own; the shipped ones hold")


@policy.command("try")
def try_out(
    portfolio: PortfolioArgument,
    score: Annotated[int | None, typer.Option("--score", help="The credit score; without it, none is known.")] = None,
    identity: Annotated[IdentityName, typer.Option(help="How the person was found.")] = IdentityName.MATCH,
    flag: Annotated[list[str] | None, typer.Option(help="A flag of the file; may be repeated.")] = None,
    age: Annotated[int | None, typer.Option(min=0, max=150, help="Age in years.")] = None,
    region: Annotated[str | None, typer.Option(help="A state, for example AL.")] = None,
    not_stated: Annotated[list[str] | None, typer.Option(help="A required field left out; may be repeated.")] = None,
    features_age: Annotated[int, typer.Option(min=0, help="Days since the features were computed.")] = 0,
    address_differs: Annotated[
        bool, typer.Option("--address-differs", help="The address stated is not on file.")
    ] = False,
    thin_file: Annotated[bool, typer.Option("--thin-file", help="Little is on file.")] = False,
    on: OnOption = None,
    jurisdiction: JurisdictionOption = Jurisdiction.US,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a policy would decide in made-up circumstances, and why."""
    from scoring.policy.circumstances import FLAGS, Circumstances
    from scoring.policy.rule_reasons import RULE_REASONS

    for each in flag or ():
        if each not in FLAGS:
            raise typer.BadParameter(f"{each!r}: rules know of {', '.join(FLAGS)}", param_hint="--flag")
    found = _in_force(portfolio, on, jurisdiction, home)
    circumstances = Circumstances(
        identity=identity.value,
        address_mismatch=address_differs,
        flags=frozenset(flag or ()),
        age=age,
        not_stated=tuple(not_stated or ()),
        features_age_days=features_age,
        thin_file=thin_file,
        region=region,
    )
    if found.needs_score(circumstances) and score is None:
        raise typer.BadParameter("no rule decides here without a score; give one", param_hint="--score")
    ruling = found.rule(circumstances, score)
    if as_json:
        print_json(asdict(ruling))
        return
    typer.echo(f"{ruling.decision}, by {'rule and score' if ruling.decided_by == 'both' else ruling.decided_by}")
    for code in ruling.reason_codes_of_rules:
        typer.echo(f"  {code}  {RULE_REASONS[code].statement}")
    for code in ruling.notes:
        typer.echo(f"  noted: {code}  {RULE_REASONS[code].statement}")
    if ruling.score_withheld:
        typer.echo("  no score is used or told")


@policy.command()
def copy(portfolio: PortfolioArgument) -> None:
    """Print the newest shipped policy of a portfolio as TOML, to be changed and put into H/policies."""
    from scoring.policy.book import shipped_text

    typer.echo(shipped_text(portfolio), nl=False)


def _book(portfolio: str, home: Path | None) -> PolicyBook:
    """The book of the home, where there is one; else as it is shipped."""
    from scoring.policy.book import OWN_POLICIES, policy_book

    return policy_book(portfolio, settings_of(home).home / OWN_POLICIES)


def _in_force(portfolio: str, on: datetime | None, jurisdiction: Jurisdiction, home: Path | None) -> Policy:
    return _book(portfolio, home).in_force((on or now()).date(), jurisdiction.value)


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
