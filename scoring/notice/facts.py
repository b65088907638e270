"""What a letter tells of: one decision, who took it, about whom, and on what grounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from scoring.reasons import ToldReason

__all__ = [
    "Application",
    "Creditor",
    "Kind",
    "Language",
    "NoticeFacts",
    "Offer",
    "Party",
    "ScoreTold",
    "Statement",
    "statements_of",
]

Kind = Literal["adverse action", "counter-offer", "incomplete application", "risk-based pricing"]
Language = Literal["en", "zh"]


@dataclass(frozen=True)
class Party:
    """Somebody with a name and an address.

    Parameters
    ----------
    name : str
        The name, as it stands on a letter.
    address : tuple of str
        The lines of the postal address.
    phone, website : str
        How to reach them otherwise; empty where there is none.
    """

    name: str
    address: tuple[str, ...]
    phone: str = ""
    website: str = ""


@dataclass(frozen=True)
class Creditor(Party):
    """Who decided, and sends the letter.

    Parameters
    ----------
    regulator : str
        The authority that the letter names, by its key in the rules (``ftc``, ``occ``, ...).
    """

    regulator: str = ""


@dataclass(frozen=True)
class Application:
    """What was applied for.

    Parameters
    ----------
    product : str
        A product of the bureau's contracts (``personal_loan``, ``credit_card``, ...).
    received_on : date
        The day on which the creditor received it.
    currency : str
        ISO 4217.
    amount : float or None
        In units of the currency; None where no amount was named.
    term_months : int or None
        Months in which it is to be paid back.
    """

    product: str
    received_on: date
    currency: str = ""
    amount: float | None = None
    term_months: int | None = None


@dataclass(frozen=True)
class Offer:
    """What the creditor offers instead of what was asked for.

    Parameters
    ----------
    currency : str
        ISO 4217.
    amount : float
        In units of the currency.
    valid_until : date
        The last day on which it can be accepted.
    term_months : int or None
        Months in which it is to be paid back.
    yearly_rate : float or None
        Annual percentage rate, as a share: 0.129 is 12.9 %.
    """

    currency: str
    amount: float
    valid_until: date
    term_months: int | None = None
    yearly_rate: float | None = None


@dataclass(frozen=True)
class ScoreTold:
    """The score that was used.

    Parameters
    ----------
    score, lowest, highest : int
        The score, and the range of scores that the model can give.
    created_on : date
        The day on which it was computed.
    provider : Party
        Who computed it.
    """

    score: int
    lowest: int
    highest: int
    created_on: date
    provider: Party


@dataclass(frozen=True)
class Statement:
    """Something told to a person: a reason, a factor, a change, a missing item.

    Parameters
    ----------
    code : str
        Its stable code.
    statement, statement_zh : str
        It in a few words, in English and Chinese.
    told, told_zh : str
        It with the person's own value and what is typical; empty where there are none.
    """

    code: str
    statement: str
    statement_zh: str
    told: str = ""
    told_zh: str = ""


@dataclass(frozen=True)
class NoticeFacts:
    """The facts of one decision.

    Parameters
    ----------
    decision_id : str
        The reference of the decision.
    jurisdiction : str
        Whose law applies: ``us``, ``us-ca``, ``eu``, ``cn``.
    decided_on : date
        The day of the decision.
    creditor : Creditor
        Who decided.
    consumer : Party
        About whom.
    application : Application
        What was applied for.
    reasons : tuple of Statement
        The principal reasons, the weightiest first: those of the component that decided.
    report_used : bool
        Whether a consumer report counted in the decision.
    agency : Party or None
        The bureau that the report came from.
    score_used : bool
        Whether a credit score counted in the decision.
    score : ScoreTold or None
        That score.
    key_factors : tuple of Statement
        What weighed against the score: at most four, and as a fifth that of inquiries.
    automated : bool
        Whether no person took part in the decision.
    recourse : tuple of Statement
        Changes that would have led to an approval, verified; empty where there are none.
    no_recourse : Statement or None
        Why there are none, where they were looked for.
    offer : Offer or None
        What is offered instead.
    missing : tuple of Statement
        What the application lacks.
    respond_by : date or None
        The day by which the applicant is asked to answer.
    """

    decision_id: str
    jurisdiction: str
    decided_on: date
    creditor: Creditor
    consumer: Party
    application: Application
    reasons: tuple[Statement, ...] = ()
    report_used: bool = True
    agency: Party | None = None
    score_used: bool = False
    score: ScoreTold | None = None
    key_factors: tuple[Statement, ...] = ()
    automated: bool = True
    recourse: tuple[Statement, ...] = ()
    no_recourse: Statement | None = None
    offer: Offer | None = None
    missing: tuple[Statement, ...] = ()
    respond_by: date | None = None


def statements_of(reasons: Sequence[ToldReason]) -> tuple[Statement, ...]:
    """The reasons of a score as statements of a letter."""
    return tuple(Statement(each.code, each.statement, each.statement_zh, each.told, each.told_zh) for each in reasons)
