"""What is answered, as OpenAPI describes it.

The answer to a decision is put together by :mod:`serving.deciding`, whose bytes are kept; the models here describe
it, and a test holds the one against the other.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "BatchAnswer",
    "Card",
    "CutOffs",
    "DecisionAnswer",
    "Features",
    "Note",
    "NoticeAnswer",
    "NoticesAnswer",
    "Reason",
    "RecourseAnswer",
    "RecourseChange",
    "Scale",
    "ScoreAnswer",
    "ScoreRange",
]

_ANSWER: Final = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class Reason(BaseModel):
    """What weighed against the person."""

    model_config = _ANSWER

    code: str = Field(description="stable code", examples=["T05"])
    statement: str = Field(description="the reason in English", examples=["Late months reported by other lenders"])
    statement_zh: str = Field(description="the reason in Chinese", examples=["其他机构报告的逾期月份"])
    told: str = Field(
        description="the whole sentence, with the person's own value and what approved applicants typically show"
    )
    told_zh: str = Field(description="the same in Chinese")
    component: Literal["score", "rule"] = Field(description="what the reason comes from: the score, or a hard rule")
    contribution: float | None = Field(
        description="what it adds to the log-odds of default beside applicants just above the cut-off (reasons) or "
        "all applicants (key factors); null for a rule",
        examples=[0.41],
    )


class Note(BaseModel):
    """What a rule noticed and what did not decide."""

    model_config = _ANSWER

    code: str = Field(description="stable code", examples=["R05"])
    statement: str = Field(description="in English")
    statement_zh: str = Field(description="in Chinese")


class ScoreRange(BaseModel):
    """The scores there are."""

    model_config = _ANSWER

    lowest: int = Field(description="lowest score")
    highest: int = Field(description="highest score; more is better")


class DecisionAnswer(BaseModel):
    """A decision and the reasons for it; it is kept, and told again by its identifier to the byte."""

    model_config = _ANSWER

    decision_id: str = Field(description="identifies the decision", examples=["d-5b1c1c0e6f2a4d0f9c3b7a58d1e2f304"])
    decided_at: datetime = Field(description="the moment (UTC) of the decision")
    decision: Literal["approve", "refer", "decline"] = Field(description="what is done; refer: a person decides")
    decided_by: Literal["score", "rule", "both"] = Field(description="the component that decided")
    rule: str | None = Field(description="the rule that decided, the first of several")
    identity: Literal["match", "no match", "ambiguous", "given"] = Field(
        description="how the person was found; given: by a reference or consumer_id"
    )
    address_mismatch: bool = Field(description="whether the address stated fits none on file")
    credit_score: int | None = Field(description="more is better; null where rules decided before any score")
    default_probability: float | None = Field(description="calibrated probability of default", ge=0, le=1)
    score_range: ScoreRange = Field(description="the scores there are")
    reasons: list[Reason] = Field(description="principal reasons, most weighty first; none when approved", max_length=4)
    key_factors: list[Reason] = Field(
        description="what weighed most against the score itself, for everybody who has one; a fifth if inquiries did",
        max_length=5,
    )
    baselines_agree_on: int | None = Field(
        description="how many of the score's reasons are among the four that weigh most beside all applicants too"
    )
    notes: list[Note] = Field(description="what rules noticed and what did not decide")
    jurisdiction: str = Field(description="under whose rules it was decided", examples=["us"])
    policy_version: str = Field(description="the policy in force")
    model_version: str = Field(description="the model that scored, or would have")
    known_at: datetime | None = Field(description="the moment (UTC) whose knowledge the features hold")


class ScoreAnswer(BaseModel):
    """A score and what weighed against it; it decides nothing and is no decision."""

    model_config = _ANSWER

    credit_score: int | None = Field(description="more is better; null where the file yields none")
    default_probability: float | None = Field(description="calibrated probability of default", ge=0, le=1)
    score_range: ScoreRange = Field(description="the scores there are")
    key_factors: list[Reason] = Field(description="what weighed most against the score", max_length=5)
    withheld: list[Note] = Field(description="the rules for which no score is told, such as a frozen file")
    identity: Literal["match", "no match", "ambiguous", "given"] = Field(description="how the person was found")
    model_version: str = Field(description="the model that scored", examples=["home-credit-3"])
    known_at: datetime | None = Field(description="the moment (UTC) whose knowledge the features hold")
    request_id: str = Field(description="identifies the request; also in X-Request-ID")


class RecourseChange(BaseModel):
    """One change that a person can make."""

    model_config = _ANSWER

    action: str = Field(description="stable name of the action")
    text: str = Field(description="the change in English")
    text_zh: str = Field(description="the same in Chinese")


class RecourseAnswer(BaseModel):
    """The smallest realistic change that would have approved, scored anew; or that there is none."""

    model_config = _ANSWER

    decision_id: str = Field(description="identifies the decision")
    found: bool = Field(description="whether there is one")
    changes: list[RecourseChange] = Field(description="the changes, all of them together")
    credit_score: int | None = Field(description="the score after them")
    why_none: str | None = Field(description="why there is none, if there is none")
    why_none_zh: str | None = Field(description="the same in Chinese")


class NoticeAnswer(BaseModel):
    """A letter that was issued."""

    model_config = _ANSWER

    notice_id: str = Field(description="identifies the letter", examples=["n-0c1e7d2f9b8a4c6d8e5f3a2b1c0d9e8f"])
    decision_id: str = Field(description="the decision that it tells of")
    kind: str = Field(description="what it is", examples=["adverse-action"])
    language: Literal["en", "zh"] = Field(description="its language")
    form: Literal["html", "pdf"] = Field(description="its form")
    issued_at: datetime = Field(description="the moment (UTC) it was issued")
    sent_on: date | None = Field(description="the day (UTC) it was sent; null: nobody has said so")
    sha256: str = Field(description="SHA-256 of its bytes, in hexadecimal digits")


class NoticesAnswer(BaseModel):
    """The letters that were issued about a decision."""

    model_config = _ANSWER

    notices: list[NoticeAnswer] = Field(description="in the order in which they were issued")


class BatchAnswer(BaseModel):
    """A batch and how far it has come."""

    model_config = _ANSWER

    batch_id: str = Field(description="identifies the batch")
    state: Literal["waiting", "running", "done", "failed"] = Field(description="where it stands")
    rows: int = Field(description="rows of the file", ge=0)
    done: int = Field(description="rows that were handled", ge=0)
    failed: int = Field(description="rows among those that could not be scored", ge=0)
    created_at: datetime = Field(description="the moment (UTC) it was taken in")
    updated_at: datetime = Field(description="the moment (UTC) it last moved on")
    model_version: str = Field(description="the model that scores it; empty until it runs")
    why_failed: str = Field(description="why it failed; empty if it did not")


class Features(BaseModel):
    """The features a model reads."""

    model_config = _ANSWER

    count: int = Field(description="how many")
    names: list[str] = Field(description="their names, in the model's order")


class Scale(BaseModel):
    """How log-odds become a score."""

    model_config = _ANSWER

    base_score: int = Field(description="score at the base odds")
    base_odds: float = Field(description="good:bad odds at the base score")
    points_to_double: float = Field(description="points by which the score grows when the odds double")
    lowest: int = Field(description="lowest score")
    highest: int = Field(description="highest score")


class CutOffs(BaseModel):
    """At which scores what is done."""

    model_config = _ANSWER

    policy_version: str = Field(description="version of the policy")
    effective_from: date = Field(description="first day of the policy")
    refer_below: int = Field(description="scores at or above it are approved")
    decline_below: int = Field(description="scores below it are declined; those between are referred to a person")


class Card(BaseModel):
    """The model in service."""

    model_config = _ANSWER

    model_version: str = Field(description="its version")
    manifest_sha256: str = Field(description="SHA-256 of its manifest: two bundles of one version differ in it")
    portfolio: str = Field(description="the portfolio it scores")
    jurisdiction: str = Field(description="under whose rules its features are permitted")
    trained_on: date = Field(description="observation date of the population it was trained on")
    features: Features = Field(description="what it reads")
    score_scale: Scale = Field(description="its score")
    cut_offs: CutOffs = Field(description="its policy on this day")
