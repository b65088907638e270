"""What a caller asks for, once the request keeps all its rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from serving.inputs import Statements

__all__ = ["Asked", "AskedCredit", "asked_of"]


@dataclass(frozen=True)
class AskedCredit:
    """The credit that is asked for.

    Parameters
    ----------
    product, currency : str
        Kind of credit, and the currency of the amount.
    amount : float
        How much.
    term_months : int, optional
        Months to pay it back in.
    """

    product: str
    currency: str
    amount: float
    term_months: int | None = None


@dataclass(frozen=True)
class Asked:
    """A request about a person; exactly one of the first three says who.

    Parameters
    ----------
    consumer_ref : str, optional
        A furnisher's reference.
    consumer_id : int, optional
        The bureau's own number.
    applicant : mapping of str to str, optional
        What the application tells of who applies, fields of :data:`bureau.facts.IDENTITY_FIELDS`.
    birth_date : date, optional
        The applicant's date of birth.
    application : mapping
        Statements of the application.
    credit : AskedCredit, optional
        The credit that is asked for; every decision has it.
    jurisdiction : str, optional
        Under whose rules; None for the subscriber's.
    """

    consumer_ref: str | None = field(default=None, repr=False)
    consumer_id: int | None = None
    applicant: Mapping[str, str] | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    application: Statements = field(default_factory=dict, repr=False)
    credit: AskedCredit | None = None
    jurisdiction: str | None = None

    @property
    def stated(self) -> frozenset[str]:
        """Names of the fields that the application states, those of who applies and of the credit included."""
        credit = {} if self.credit is None else {"term_months": self.credit.term_months}
        told = {**(self.applicant or {}), **credit, **self.application}
        always = () if self.credit is None else ("product", "currency", "amount_asked")
        return frozenset(name for name, value in told.items() if value is not None) | frozenset(always)

    @property
    def region(self) -> str | None:
        """The two letters of the applicant's state, if it was stated so."""
        region = ((self.applicant or {}).get("region") or "").strip().upper()
        return region if len(region) == 2 and region.isalpha() else None

    def age(self, on: date) -> int | None:
        """The applicant's age in whole years on a day; None if no date of birth was stated.

        Examples
        --------
        >>> [Asked(birth_date=date(2000, 2, 29)).age(date(2018, *day)) for day in ((2, 28), (3, 1))]
        [17, 18]
        """
        born = self.birth_date
        return None if born is None else on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def asked_of(body: Any) -> Asked:
    """What a body of :mod:`serving.requests` asks for."""
    applicant, credit = body.applicant, getattr(body, "credit", None)
    return Asked(
        consumer_ref=body.consumer_ref,
        consumer_id=body.consumer_id,
        applicant=None if applicant is None else applicant.model_dump(mode="json", exclude_none=True),
        birth_date=None if applicant is None else applicant.birth_date,
        application=body.application.model_dump(exclude_unset=True),
        credit=None
        if credit is None
        else AskedCredit(credit.product, credit.currency, credit.amount, credit.term_months),
        jurisdiction=getattr(body, "jurisdiction", None),
    )
