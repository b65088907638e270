"""``tradeline notices``: letters about decisions: which are due, writing one, and that it was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tradeline.common import HomeOption, JsonOption, now, open_home_of, print_json, settings_of

if TYPE_CHECKING:
    from bureau.casework.records import NoticeRecord
    from scoring.notice.facts import Kind, Offer

__all__ = [
    "DecisionArgument",
    "FormName",
    "KindName",
    "LanguageName",
    "NoticeArgument",
    "OnOption",
    "OutOption",
    "due",
    "fetch",
    "notices",
    "pricing",
    "render",
    "sent",
    "show",
]

notices = typer.Typer(
    help="Notices: letters about decisions, which are due, writing and sending them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class KindName(StrEnum):
    """The kinds of letters."""

    ADVERSE_ACTION = "adverse-action"
    COUNTER_OFFER = "counter-offer"
    INCOMPLETE_APPLICATION = "incomplete-application"
    RISK_BASED_PRICING = "risk-based-pricing"


_KINDS: Final[Mapping[KindName, Kind]] = {
    KindName.ADVERSE_ACTION: "adverse action",
    KindName.COUNTER_OFFER: "counter-offer",
    KindName.INCOMPLETE_APPLICATION: "incomplete application",
    KindName.RISK_BASED_PRICING: "risk-based pricing",
}


class LanguageName(StrEnum):
    """The languages of letters."""

    EN = "en"
    ZH = "zh"


class FormName(StrEnum):
    """The forms of letters."""

    HTML = "html"
    PDF = "pdf"


DecisionArgument = Annotated[str, typer.Argument(metavar="DECISION", help="The decision's identifier.")]
NoticeArgument = Annotated[str, typer.Argument(metavar="NOTICE", help="The letter's identifier, as `render` told it.")]
OnOption = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day; default today.", show_default=False)
]
OutOption = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the letter is written to.")]


@notices.command()
def due(home: HomeOption = None, on: OnOption = None, as_json: JsonOption = False) -> None:
    """List the letters that are owed, the most urgent first; the exit code is 1 if one is late."""
    from bureau.casework.opening import open_casework
    from tradeline.letters import due_of

    opened = open_home_of(settings_of(home))
    with open_casework(opened) as casework:
        owed = due_of(opened, casework, _day(on))
    if as_json:
        print_json([asdict(each) for each in owed])
    else:
        from tradeline.tables import show_table

        rows = [
            {"decision": each.decision_id, "letter": each.kind or "a person has yet to decide"}
            | {"last_day": str(each.last_day), "days left": each.days_left, "state": each.state}
            for each in owed
        ]
        show_table(rows, ("decision", "letter", "last_day"), ("days left",), ("state",))
    late = sum(each.state == "late" for each in owed)
    if late:
        typer.echo(f"{late} letter(s) late", err=True)
        raise typer.Exit(1)


@notices.command()
def render(
    decision: DecisionArgument,
    out: OutOption,
    kind: Annotated[
        KindName | None, typer.Option("--kind", help="Which letter; default the one the decision asks for.")
    ] = None,
    language: Annotated[LanguageName, typer.Option("--language", help="In which language.")] = LanguageName.EN,
    form: Annotated[FormName, typer.Option("--form", help="As a page or on paper.")] = FormName.PDF,
    on: OnOption = None,
    recourse: Annotated[bool, typer.Option("--recourse", help="Tell what would have changed the decision.")] = False,
    offer: Annotated[
        float | None, typer.Option("--offer", min=0, help="Amount of a counter-offer, in the currency asked for.")
    ] = None,
    offer_months: Annotated[int | None, typer.Option("--offer-months", min=1, help="Its term in months.")] = None,
    offer_rate: Annotated[
        float | None, typer.Option("--offer-rate", min=0, help="Its annual percentage rate as a share: 0.129.")
    ] = None,
    offer_until: Annotated[
        datetime | None, typer.Option("--offer-until", formats=["%Y-%m-%d"], help="The last day to accept it.")
    ] = None,
    respond_by: Annotated[
        datetime | None, typer.Option("--respond-by", formats=["%Y-%m-%d"], help="The day by which to answer.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="FILE", help="JSON with name and address lines, where neither is on record; - reads it."
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a letter, keep it, and put it into a file that only its owner can read."""
    from bureau.audit.events import OPERATOR
    from bureau.casework.opening import open_casework
    from serving.letters import Letter
    from tradeline.addressee import addressee_of
    from tradeline.letters import letters_of

    addressee = addressee_of(to) if to is not None else None
    opened = open_home_of(settings_of(home))
    with open_casework(opened) as casework:
        record = casework.decision(decision, None)
        asked = Letter(
            decision,
            "zh" if language is LanguageName.ZH else "en",
            "html" if form is FormName.HTML else "pdf",
            _day(on),
            kind=_KINDS[kind] if kind is not None else None,
            offer=_offer(offer, _currency(record.request), offer_months, offer_rate, offer_until),
            respond_by=respond_by.date() if respond_by is not None else None,
            tells_recourse=recourse,
            to=addressee,
        )
        kept = letters_of(opened, casework).issue(record, asked, now(), OPERATOR)
    _write(out, kept)
    _tell(kept, out, as_json=as_json)


@notices.command()
def sent(
    notice: NoticeArgument,
    home: HomeOption = None,
    on: OnOption = None,
    correct: Annotated[
        bool, typer.Option("--correct", help="Another day was noted by mistake; the audit log keeps both.")
    ] = False,
) -> None:
    """Note that a letter was sent, on a day from that on which it was written until today."""
    from bureau.audit.events import OPERATOR
    from bureau.casework.opening import open_casework

    noted_at = now()
    at = on if on is not None else noted_at
    with open_casework(open_home_of(settings_of(home))) as casework:
        casework.notices.sent(notice, at, OPERATOR, noted_at=noted_at, correct=correct)
    typer.echo(f"{notice} sent on {at.date()}")


@notices.command()
def show(decision: DecisionArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the letters about a decision."""
    from bureau.casework.opening import open_casework

    with open_casework(open_home_of(settings_of(home))) as casework:
        found = casework.notices.of(decision)
    rows = [
        {"notice": each.notice_id, "letter": each.kind, "language": each.language}
        | {"written": each.rendered_at.date(), "sent": each.sent_at.date() if each.sent_at else "not sent"}
        | {"sha256": each.sha256}
        for each in found
    ]
    if as_json:
        print_json(rows)
    else:
        from tradeline.tables import show_table

        show_table(rows, ("notice", "letter", "language", "written", "sent"), ())


@notices.command()
def fetch(decision: DecisionArgument, notice: NoticeArgument, out: OutOption, home: HomeOption = None) -> None:
    """Put a letter that was kept into a file, byte by byte as it was written."""
    from bureau.casework.opening import open_casework
    from bureau.errors import CaseworkError

    with open_casework(open_home_of(settings_of(home))) as casework:
        found = [each for each in casework.notices.of(decision) if each.notice_id == notice]
    if not found:
        raise CaseworkError(f"{notice}: no letter of this decision has this name; see `tradeline notices show`")
    _write(out, found[0])
    _tell(found[0], out, as_json=False)


@notices.command()
def pricing(
    subscriber: Annotated[str, typer.Option("--subscriber", help="Whose approvals.")],
    home: HomeOption = None,
    since: Annotated[datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="From which day on.")] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="Before which day.")] = None,
    cut_off: Annotated[
        int | None, typer.Option("--cut-off", help="The score; default the one that 40 % of the approvals exceed.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the approvals that owe a risk-based pricing notice, by their scores."""
    from bureau.casework.opening import open_casework
    from tradeline.letters import pricing_of

    with open_casework(open_home_of(settings_of(home))) as casework:
        casework.subscribers.get(subscriber)
        found = pricing_of(
            casework,
            subscriber,
            since=since.date() if since is not None else None,
            until=until.date() if until is not None else None,
            cut_off=cut_off,
        )
    if as_json:
        print_json(asdict(found))
        return
    typer.echo(f"{found.approved:,} approvals; a letter is owed below {found.cut_off}, to {len(found.owed):,}")
    for decision in found.owed:
        typer.echo(decision)


def _day(on: datetime | None) -> date:
    return on.date() if on is not None else datetime.now(UTC).date()


def _offer(
    amount: float | None, currency: str, term: int | None, rate: float | None, until: datetime | None
) -> Offer | None:
    from scoring.notice.facts import Offer

    if amount is None:
        return None
    if until is None:
        raise typer.BadParameter("an offer needs a last day to accept it", param_hint="--offer-until")
    return Offer(currency, amount, until.date(), term, rate)


def _currency(request: bytes) -> str:
    credit = json.loads(request).get("credit") or {}
    return str(credit.get("currency", ""))


def _write(out: Path, kept: NoticeRecord) -> None:
    """Write a file that nobody else may read; it is there as a whole, or not at all."""
    unfinished = out.with_name(f"{out.name}.new")
    try:
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(kept.content)
        unfinished.replace(out)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise typer.BadParameter(f"cannot be written: {error.strerror}", param_hint="--out") from None


def _tell(kept: NoticeRecord, out: Path, *, as_json: bool) -> None:
    if as_json:
        told = {"notice": kept.notice_id, "decision": kept.decision_id, "kind": kept.kind, "language": kept.language}
        print_json(told | {"sha256": kept.sha256, "file": str(out)})
    else:
        typer.echo(f"{kept.notice_id}  {kept.kind}, {kept.language}, written to {out}")
        typer.echo(f"when it is on its way: tradeline notices sent {kept.notice_id}")
