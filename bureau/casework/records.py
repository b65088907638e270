"""What the casework keeps: decisions, inquiries, idempotency, notices and batch jobs, as values.

Moments are UTC and naive. What is personal stands in fields that are sealed when they are kept
(``request``, ``inputs``, ``answer``, ``shadow``, ``identity``, ``content``) and that ``repr`` never shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal, get_args

__all__ = [
    "BATCH_STATES",
    "BatchJob",
    "BatchState",
    "DecisionRecord",
    "Idempotency",
    "InquiryKind",
    "NewInquiry",
    "NoticeRecord",
]

InquiryKind = Literal["hard", "soft"]

BatchState = Literal["waiting", "running", "done", "failed"]
BATCH_STATES: Final[tuple[BatchState, ...]] = get_args(BatchState)


@dataclass(frozen=True)
class DecisionRecord:
    """One decision, as it was made and answered.

    Parameters
    ----------
    decision_id : str
        Its name: 8 to 64 of ``A-Z a-z 0-9 . _ -``.
    decided_at : datetime
        When (UTC, naive).
    subscriber : str
        Who asked.
    key_id : str
        Under which key.
    purpose : str
        The permissible purpose, a code of :data:`bureau.access.purposes.PURPOSES`.
    consumer_id : int, optional
        Of whom; None if nobody was found.
    portfolio, jurisdiction : str
        Of the policy and the model.
    model_version, manifest_sha256 : str
        The bundle that decided: its version and the digest of its manifest.
    policy_version : str
        The policy that decided.
    known_at : datetime, optional
        As of when the history was read (UTC, naive); None if no features were.
    decision : str
        What was decided.
    request, inputs, answer : bytes
        What was asked, what was decided from, and what was answered.
    shadow : bytes
        What other models and policies would have decided; empty if none did.
    """

    decision_id: str
    decided_at: datetime
    subscriber: str
    key_id: str
    purpose: str
    consumer_id: int | None
    portfolio: str
    jurisdiction: str
    model_version: str
    manifest_sha256: str
    policy_version: str
    known_at: datetime | None
    decision: str
    request: bytes = field(repr=False)
    inputs: bytes = field(repr=False)
    answer: bytes = field(repr=False)
    shadow: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class NewInquiry:
    """That somebody asked about a consumer.

    Parameters
    ----------
    inquiry_ref : str
        Its name, that of the decision.
    subscriber : str
        Who asked.
    applied_on : date
        The day of the application.
    kind : {'hard', 'soft'}
        A soft one is shown to the consumer alone, is delivered to no history and so never scored.
    product : str
        What was applied for: a product of the contract ``applications``, such as ``card``.
    currency : str
        Of the amount, three letters.
    consumer_id : int, optional
        Of whom, if that is known.
    identity : mapping of str to str, optional
        Who the applicant says to be (fields of :data:`bureau.facts.IDENTITY_FIELDS`); needed where the
        consumer is not known.
    amount_asked : float, optional
        What was asked for.
    term_months : int, optional
        Months in which it is to be paid back.
    """

    inquiry_ref: str
    subscriber: str
    applied_on: date
    kind: InquiryKind
    product: str
    currency: str
    consumer_id: int | None = None
    identity: Mapping[str, str] | None = field(default=None, repr=False)
    amount_asked: float | None = None
    term_months: int | None = None


@dataclass(frozen=True)
class Idempotency:
    """What makes a request that is sent twice count once.

    Parameters
    ----------
    key : str
        The caller's key; only a keyed digest of it is kept.
    request : bytes
        The request's body; only a keyed digest of it is kept.
    """

    key: str = field(repr=False)
    request: bytes = field(repr=False)


@dataclass(frozen=True)
class NoticeRecord:
    """One notice to a consumer, as it was written and sent.

    Parameters
    ----------
    notice_id : str
        Its name.
    decision_id : str
        About which decision.
    kind : str
        What it is, for example ``adverse-action``.
    language : str
        ``en`` or ``zh``.
    rendered_at : datetime
        When it was written (UTC, naive).
    sent_at : datetime, optional
        When it was sent.
    sha256 : str
        Digest of its content.
    content : bytes
        The notice itself.
    """

    notice_id: str
    decision_id: str
    kind: str
    language: str
    rendered_at: datetime
    sent_at: datetime | None
    sha256: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class BatchJob:
    """A batch of consumers to be scored.

    Parameters
    ----------
    batch_id : str
        Its name.
    subscriber, key_id, purpose : str
        Who asked, under which key, and for which purpose.
    form : str
        ``csv`` or ``parquet``.
    created_at, updated_at : datetime
        When it was handed in, and when it last moved on (UTC, naive).
    state : {'waiting', 'running', 'done', 'failed'}
        Where it stands.
    rows, done, failed : int
        Rows handed in, handled, and among those the ones that could not be scored.
    model_version : str
        The model that scores it; empty until it runs.
    why : str
        Why it failed, as a code.
    """

    batch_id: str
    subscriber: str
    key_id: str
    purpose: str
    form: str
    created_at: datetime
    updated_at: datetime
    state: BatchState = "waiting"
    rows: int = 0
    done: int = 0
    failed: int = 0
    model_version: str = ""
    why: str = ""
