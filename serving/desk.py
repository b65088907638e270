"""The desk: from what a caller asks to a decision that is on record, the stages of a request in their order.

Nothing is answered that was not kept first: decision, inquiry, audit entry and idempotency key are one transaction of
the casework, and where it fails there is no decision.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from bureau.access.access import Access
from bureau.access.purposes import purpose_of
from bureau.audit.events import Event
from bureau.casework.casework import Casework
from bureau.casework.records import DecisionRecord, Idempotency, NewInquiry
from feature_repo.vector import OnlineVector
from scoring.policy.circumstances import Circumstances
from scoring.policy.policy import Policy
from scoring.scorer import Scored
from serving.asked import Asked
from serving.deciding import Decided, decide, score_of
from serving.engine import Engine
from serving.inputs import Inputs
from serving.metrics import Metrics
from serving.online import Online, Subject
from serving.shadows import shadow_record
from serving.standing import Standing

__all__ = ["Desk", "Question", "ScoreTold", "as_ruled", "circumstances_of"]


@dataclass(frozen=True)
class Question:
    """A request, and who makes it when.

    Parameters
    ----------
    asked : Asked
        What is asked for.
    body : bytes
        The request as it came.
    access : Access
        The caller.
    purpose : str
        The permissible purpose, which the caller has.
    at : datetime
        The moment (UTC).
    key : str, optional
        The caller's idempotency key.
    """

    asked: Asked
    body: bytes = field(repr=False)
    access: Access
    purpose: str
    at: datetime
    key: str | None = field(default=None, repr=False)

    @property
    def idempotency(self) -> Idempotency | None:
        """By what the request is known when it comes again."""
        return None if self.key is None else Idempotency(self.key, self.body)


@dataclass(frozen=True)
class ScoreTold:
    """What is told of a consumer who was only scored.

    Parameters
    ----------
    subject : Subject
        Who it is.
    engine : Engine
        What scored.
    scored : Scored, optional
        The score; None where rules yield none.
    withheld : tuple of str
        Codes of the rules for which none is told.
    known_at : datetime, optional
        The moment (UTC) whose knowledge the features hold.
    """

    subject: Subject
    engine: Engine
    scored: Scored | None
    withheld: tuple[str, ...]
    known_at: datetime | None


class Desk:
    """Decides and scores.

    Parameters
    ----------
    online : Online
        What is known of people.
    standing : Standing
        Which engines are in service.
    casework : Casework
        Where decisions are kept.
    metrics : Metrics
        Where they are counted.
    """

    def __init__(self, online: Online, standing: Standing, casework: Casework, metrics: Metrics) -> None:
        self._online = online
        self._standing = standing
        self._casework = casework
        self._metrics = metrics

    def decide(self, question: Question) -> bytes:
        """Decide, and put the decision on record; the answer's bytes.

        Raises
        ------
        UnknownConsumer, NoFeatures, NoFinder
            If nobody is known under what was given, or nothing of them.
        FeatureRepoError
            If the online store holds values of other definitions.
        PolicyRefused
            If no policy is in force under the rules asked for.
        AlreadyKept
            If a request under the same idempotency key was answered before.
        CaseworkError, VaultError, DiskFull
            If the decision cannot be kept; then there is none.
        """
        stage = self._metrics.stage
        asked, at = question.asked, question.at
        with stage("identity"):
            subject = self._online.subject(asked)
            flags = self._flags(subject, at.date())
        lineup = self._standing.lineup
        engine = lineup.engine_for(subject.consumer_id)
        jurisdiction = asked.jurisdiction or question.access.jurisdiction
        policy = engine.policies.in_force(at.date(), jurisdiction)
        with stage("features"):
            vector = None if subject.consumer_id is None else self._online.vector(subject.consumer_id)
        inputs = Inputs(
            decision_id=f"d-{secrets.token_hex(16)}",
            decided_at=at,
            jurisdiction=jurisdiction,
            model_version=engine.version,
            manifest_sha256=engine.manifest_sha256,
            values=None if vector is None else vector.values,
            known_at=None if vector is None else vector.as_of,
            application=asked.application,
            circumstances=circumstances_of(asked, subject, flags, vector, policy, at),
        )
        with stage("decide"):
            decided = decide(inputs, engine)
        with stage("shadow"):
            shadow = shadow_record(inputs, lineup.shadows)
        with stage("record"):
            self._keep(question, subject, inputs, decided, shadow)
        self._metrics.decided(decided.ruling, decided.scored, engine.version, at, inputs.known_at)
        return decided.answer

    def score(self, question: Question) -> ScoreTold:
        """Score without deciding, and note in the audit log who asked.

        Raises
        ------
        UnknownConsumer, NoFeatures, NoFinder, FeatureRepoError, PolicyRefused, CaseworkError, VaultError, DiskFull
            As :meth:`decide`.
        """
        asked, at, access = question.asked, question.at, question.access
        subject = self._online.subject(asked)
        flags = self._flags(subject, at.date())
        engine = self._standing.lineup.champion
        policy = engine.policies.in_force(at.date(), asked.jurisdiction or access.jurisdiction)
        vector = None if subject.consumer_id is None else self._online.vector(subject.consumer_id)
        circumstances = circumstances_of(asked, subject, flags, vector, policy, at)
        scored: Scored | None = None
        withheld: tuple[str, ...] = ()
        if policy.needs_score(circumstances):
            scored = score_of(None if vector is None else vector.values, asked.application, engine, policy)
        else:
            withheld = policy.rule(circumstances, None).reason_codes_of_rules
        self._note_score(question, subject, engine.version, told=scored is not None)
        return ScoreTold(subject, engine, scored, withheld, None if vector is None else vector.as_of)

    def _flags(self, subject: Subject, on: date) -> frozenset[str]:
        """Flags on any file of the person, under the names that rules have for them."""
        if subject.consumer_id is None:
            return frozenset()
        flags = self._casework.flags_of(self._online.references_of(subject.consumer_id), on)
        return frozenset(map(as_ruled, flags))

    def _note_score(self, question: Question, subject: Subject, model_version: str, *, told: bool) -> None:
        access = question.access
        event = Event(
            "score",
            question.at.replace(tzinfo=None),
            actor=access.key_id,
            subscriber=access.subscriber,
            consumer_id=subject.consumer_id,
            details={"purpose": question.purpose, "model": model_version, "told": told},
        )
        self._casework.audit.append(event)

    def _keep(self, question: Question, subject: Subject, inputs: Inputs, decided: Decided, shadow: bytes) -> None:
        access, at, ruling = question.access, question.at.replace(tzinfo=None), decided.ruling
        record = DecisionRecord(
            decision_id=inputs.decision_id,
            decided_at=at,
            subscriber=access.subscriber,
            key_id=access.key_id,
            purpose=question.purpose,
            consumer_id=subject.consumer_id,
            portfolio=self._online.features.portfolio,
            jurisdiction=inputs.jurisdiction,
            model_version=inputs.model_version,
            manifest_sha256=inputs.manifest_sha256,
            policy_version=ruling.policy_version,
            known_at=None if inputs.known_at is None else inputs.known_at.replace(tzinfo=None),
            decision=ruling.decision,
            request=question.body,
            inputs=inputs.to_bytes(),
            answer=decided.answer,
            shadow=shadow,
        )
        inquiry = _inquiry(question, subject, inputs.decision_id, at.date())
        self._casework.keep(record, inquiry, question.idempotency)


_AS_RULED: Final = {"extended_fraud_alert": "fraud_alert", "identity_theft": "fraud_alert"}
"""Flags that ask for the same as another: the identity is to be verified."""
_KNOWN: Final = ("match", "given")


def as_ruled(flag: str) -> str:
    """The name that rules have for a flag of a file."""
    return _AS_RULED.get(flag, flag)


def circumstances_of(
    asked: Asked,
    subject: Subject,
    flags: frozenset[str],
    vector: OnlineVector | None,
    policy: Policy,
    at: datetime,
) -> Circumstances:
    """What the rules of a policy look at.

    Parameters
    ----------
    asked : Asked
        The request.
    subject : Subject
        Who it is about.
    flags : frozenset of str
        Flags of the file.
    vector : OnlineVector, optional
        What is on file; None if nothing is.
    policy : Policy
        The policy in force.
    at : datetime
        The moment (UTC) of the request.
    """
    stated = asked.stated
    return Circumstances(
        identity=subject.identity,
        address_mismatch=subject.address_mismatch,
        flags=flags,
        age=asked.age(at.date()),
        not_stated=tuple(name for name in policy.required_fields if name not in stated),
        features_age_days=None if vector is None else max(0, (at - vector.as_of).days),
        thin_file=vector is None and subject.identity in _KNOWN,
        region=asked.region,
    )


def _inquiry(question: Question, subject: Subject, decision_id: str, on: date) -> NewInquiry:
    asked = question.asked
    credit = asked.credit
    if credit is None:
        raise ValueError("a decision is about credit that is asked for; state it, or ask for a score alone")
    return NewInquiry(
        inquiry_ref=decision_id,
        subscriber=question.access.subscriber,
        applied_on=on,
        kind=purpose_of(question.purpose).inquiry,
        product=credit.product,
        currency=credit.currency,
        consumer_id=subject.consumer_id,
        identity=asked.applicant,
        amount_asked=credit.amount,
        term_months=credit.term_months,
    )
