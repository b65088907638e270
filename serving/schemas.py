"""What a request and its answers look like; the request's fields come from the catalogue."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema, create_model

from features.declaration import Feature
from features.sets import FeatureSet
from features.vectors import application_fields

__all__ = [
    "LARGEST_NUMBER",
    "LONGEST_WORD",
    "Card",
    "CutOffs",
    "Features",
    "Reason",
    "Scale",
    "ScoreAnswer",
    "score_request",
]

LARGEST_NUMBER: Final = 1e12
LONGEST_WORD: Final = 100
_SHARES: Final = ("share", "score")
"""Units of values from 0 to 1; everything else that an applicant states is not negative either."""

_ANSWER: Final = ConfigDict(extra="forbid", frozen=True)


def score_request(features: FeatureSet) -> type[BaseModel]:
    """The model of a request to score a consumer of a portfolio.

    Parameters
    ----------
    features : FeatureSet
        The portfolio's features; those that an applicant states become the fields of the application.

    Examples
    --------
    >>> from features.sets import feature_set
    >>> request = score_request(feature_set("home-credit"))
    >>> body = request.model_validate_json('{"consumer_ref": "100001", "application": {"income": 90000}}')
    >>> body.application.model_dump(exclude_unset=True)
    {'income': 90000.0}
    """
    fields: dict[str, Any] = {name: _field(feature) for name, feature in sorted(application_fields(features).items())}
    example = _example(fields)
    application = create_model(
        "Application",
        __config__=ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [example]}),
        __doc__=f"The fields of an application of {features.portfolio}; null says that nothing was stated.",
        **fields,
    )
    top: dict[str, Any] = {
        "consumer_ref": (_REFERENCE, ...),
        "application": (application, Field(default_factory=application, description=_APPLICATION)),
    }
    whole: dict[str, Any] = {"consumer_ref": "100001", "application": example}
    return create_model(
        "ScoreRequest",
        __config__=ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [whole]}),
        __doc__=f"Whom to score: a consumer of {features.portfolio}.",
        **top,
    )


_APPLICATION: Final = "statements of this application; what is left out is taken from the newest one on file"
_LONGEST_REFERENCE: Final = 64
_LARGEST_REFERENCE: Final = 2**53


def _as_text(reference: object) -> object:
    """A reference as text: many furnishers count their consumers, and JSON then brings a whole number."""
    if isinstance(reference, bool) or not isinstance(reference, int | float):
        return reference
    whole = isinstance(reference, int) or reference.is_integer()  # JSON counts 318.0 among the whole numbers
    return str(int(reference)) if whole and 0 <= reference <= _LARGEST_REFERENCE else reference


_REFERENCE: Final = Annotated[
    str,
    StringConstraints(min_length=1, max_length=_LONGEST_REFERENCE),
    BeforeValidator(_as_text),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": _LONGEST_REFERENCE},
                {"type": "integer", "minimum": 0, "maximum": _LARGEST_REFERENCE},
            ],
            "title": "Consumer Ref",
            "description": "the furnisher's own reference of the consumer, as text or a whole number",
            "examples": ["100001"],
        }
    ),
]


def _field(feature: Feature) -> Any:
    """A field of the application: its type, rules and documentation, and that it may be left out."""
    if feature.levels:
        known = ", ".join(feature.levels)
        return (
            Annotated[
                str | None,
                Field(
                    max_length=LONGEST_WORD,
                    description=f"{feature.meaning}, in words; an unknown one counts as not stated. Known: {known}",
                    examples=[next(iter(feature.levels))],
                    json_schema_extra={"x-unit": "word"},
                ),
            ],
            None,
        )
    return (
        Annotated[
            float | None,
            Field(
                ge=0.0,
                le=1.0 if feature.unit in _SHARES else LARGEST_NUMBER,
                allow_inf_nan=False,
                description=f"{feature.meaning} ({feature.unit})",
                json_schema_extra={"x-unit": feature.unit},
            ),
        ],
        None,
    )


def _example(fields: dict[str, Any]) -> dict[str, Any]:
    """An application that is easy to read."""
    values: dict[str, Any] = {"amount_asked": 450000, "income": 135000, "education": "higher education"}
    return {name: value for name, value in values.items() if name in fields}


class Reason(BaseModel):
    """What weighed against the person."""

    model_config = _ANSWER

    code: str = Field(description="stable code", examples=["T05"])
    statement: str = Field(description="the reason in English", examples=["Late months reported by other lenders"])
    statement_zh: str = Field(description="the reason in Chinese", examples=["其他机构报告的逾期月份"])
    contribution: float = Field(description="what it adds to the log-odds of default", gt=0, examples=[0.41])


class ScoreAnswer(BaseModel):
    """A score, a decision and the reasons for it."""

    model_config = _ANSWER

    default_probability: float = Field(description="calibrated probability of default", ge=0, le=1, examples=[0.137])
    credit_score: int = Field(description="the same on the score's scale; more is better", examples=[556])
    decision: Literal["approve", "refer", "decline"] = Field(description="what the policy does at this score")
    reasons: list[Reason] = Field(description="most weighty first; none when approved", max_length=4)
    model_version: str = Field(description="the model that decided", examples=["home-credit-3"])
    as_of: datetime = Field(description="the moment (UTC) whose knowledge the features hold")
    request_id: str = Field(description="identifies the request; also in X-Request-ID")


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

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    model_version: str = Field(description="its version")
    portfolio: str = Field(description="the portfolio it scores")
    jurisdiction: str = Field(description="under whose rules its features are permitted")
    trained_on: date = Field(description="observation date of the population it was trained on")
    features: Features = Field(description="what it reads")
    score_scale: Scale = Field(description="its score")
    cut_offs: CutOffs = Field(description="its policy")
