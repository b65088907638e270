"""What a request looks like; the fields of an application come from the catalogue."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bureau.access.purposes import PURPOSES
from features.declaration import Feature
from features.permitted import JURISDICTIONS
from features.sets import FeatureSet
from features.vectors import application_fields

__all__ = [
    "DAY",
    "LARGEST_NUMBER",
    "LINE",
    "LONGEST_WORD",
    "ONE_WHO",
    "Applicant",
    "Consent",
    "Credit",
    "Day",
    "Who",
    "decision_request",
    "score_request",
]

LARGEST_NUMBER: Final = 1e12
LONGEST_WORD: Final = 100
_LONGEST_REFERENCE: Final = 64
_LARGEST_REFERENCE: Final = 2**53
_SHARES: Final = ("share", "score")
"""Units of values from 0 to 1; everything else that an applicant states is not negative either."""

ONE_WHO: Final = "one_who"
"""The kind of the error that a request names nobody, or names somebody twice."""

DAY: Final = "day"
"""The kind of the error that a day is not written as one."""
LINE: Final = "line"
"""The kind of the error that a text is not one line of it."""

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST_CONSENT: Final = date(1900, 1, 1)

_REQUEST: Final = ConfigDict(extra="forbid", strict=True)

_Told = Annotated[str | None, Field(max_length=200)]


def _as_whole(number: object) -> object:
    """A whole number that came with a fraction of nothing, which JSON counts among the whole ones."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _as_day(day: object) -> object:
    """A day as ISO 8601 writes it in full; pydantic takes seconds since 1970 and moments at midnight, too."""
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day if isinstance(day, str) and _DAY.fullmatch(day) else "")
    except ValueError:
        raise PydanticCustomError(DAY, "a day as YYYY-MM-DD") from None


Day = Annotated[date, BeforeValidator(_as_day)]
"""A day, written YYYY-MM-DD."""

_Months = Annotated[int, Field(ge=1, le=1200), BeforeValidator(_as_whole)]
_Number = Annotated[int, Field(ge=0, lt=_LARGEST_REFERENCE), BeforeValidator(_as_whole)]


class Applicant(BaseModel):
    """Who applies, as the application tells it; null or left out says that it was not stated."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"first_name": "Winifred", "surname": "Okafor", "birth_date": "1979-03-14"}],
        },
    )

    surname: str = Field(
        min_length=1, max_length=200, description="family name; who has one name only states it here and as given name"
    )
    first_name: str = Field(min_length=1, max_length=200, description="given name")
    middle_name: _Told = Field(default=None, description="further given names")
    generation: _Told = Field(default=None, description="Jr, Sr, III and the like")
    birth_date: Day | None = Field(default=None, description="date of birth, ISO 8601; not in the future")
    national_number: _Told = Field(default=None, description="national identification number")
    phone: _Told = Field(default=None, description="telephone number")
    email: _Told = Field(default=None, description="e-mail address")
    address: _Told = Field(default=None, description="house number and street")
    city: _Told = Field(default=None, description="city")
    region: _Told = Field(default=None, description="state or province")
    postcode: _Told = Field(default=None, description="postal code")
    country: _Told = Field(default=None, description="country")
    employer: _Told = Field(default=None, description="employer")


class Credit(BaseModel):
    """The credit that is asked for; it becomes an inquiry on the file."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"product": "consumer", "currency": "USD", "amount": 12000}]},
    )

    product: Literal["card", "consumer", "mortgage", "car", "student", "line"] = Field(description="kind of credit")
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="currency of the amount, ISO 4217", examples=["USD"])
    amount: float = Field(ge=0, le=LARGEST_NUMBER, allow_inf_nan=False, description="amount asked for")
    term_months: _Months | None = Field(default=None, description="months to pay it back in")


class Consent(BaseModel):
    """That the person agreed to the inquiry."""

    model_config = _REQUEST

    given_on: Day = Field(
        ge=_EARLIEST_CONSENT, description="day of the consent; from 1900 on, not in the future", examples=["2026-11-02"]
    )
    reference: str | None = Field(default=None, max_length=64, description="where the lender keeps it")


def _as_text(reference: object) -> object:
    """A reference as text: many furnishers count their consumers, and JSON then brings a whole number."""
    if isinstance(reference, bool) or not isinstance(reference, int | float):
        return reference
    whole = isinstance(reference, int) or reference.is_integer()  # JSON counts 318.0 among the whole numbers
    return str(int(reference)) if whole and 0 <= reference <= _LARGEST_REFERENCE else reference


_Reference = Annotated[
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

# A purpose that is none of these is refused as one that the caller does not have.
_Purpose = Annotated[str, WithJsonSchema({"type": "string", "enum": list(PURPOSES)})]
_WHO: Final = ("consumer_ref", "consumer_id", "applicant")


class Who(BaseModel):
    """A request that names a consumer in exactly one of three ways, and what it is for."""

    model_config = _REQUEST

    consumer_ref: _Reference | None = None
    consumer_id: _Number | None = Field(default=None, description="the bureau's own number of the consumer")
    applicant: Applicant | None = Field(default=None, description="who applies; the bureau finds the consumer")
    purpose: _Purpose | None = Field(
        default=None,
        max_length=64,
        description="the permissible purpose, one that the subscriber has certified; without one nothing is answered",
    )

    @model_validator(mode="after")
    def _names_one(self) -> Who:
        if sum(getattr(self, name) is not None for name in _WHO) != 1:
            raise PydanticCustomError(ONE_WHO, "one of consumer_ref, consumer_id and applicant")
        return self


_APPLICATION: Final = "statements of this application; what is left out is taken from the newest one on file"


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
    >>> body = request.model_validate_json(
    ...     '{"consumer_ref": "100001", "purpose": "account-review", "application": {"income": 90000}}'
    ... )
    >>> body.application.model_dump(exclude_unset=True)
    {'income': 90000.0}
    """
    application, example = _application(features)
    top: dict[str, Any] = {
        "application": (application, Field(default_factory=application, description=_APPLICATION)),
    }
    whole = {"consumer_ref": "100001", "application": example, "purpose": next(iter(PURPOSES))}
    return _request("ScoreRequest", f"Whom to score: a consumer of {features.portfolio}.", top, whole)


def decision_request(features: FeatureSet) -> type[BaseModel]:
    """The model of a request to decide on an application to a portfolio.

    Parameters
    ----------
    features : FeatureSet
        The portfolio's features.
    """
    application, example = _application(features)
    top: dict[str, Any] = {
        "application": (application, Field(default_factory=application, description=_APPLICATION)),
        "credit": (Credit, Field(description="the credit that is asked for")),
        "consent": (Consent, Field(description="that the person agreed to the inquiry")),
        "jurisdiction": (
            Literal[JURISDICTIONS] | None,
            Field(
                default=None,
                description="under whose rules; by default the subscriber's",
                examples=["us"],
            ),
        ),
    }
    whole = {
        "consumer_ref": "100001",
        "application": example,
        "credit": {"product": "consumer", "currency": "USD", "amount": 12000, "term_months": 36},
        "consent": {"given_on": "2026-11-02"},
        "purpose": next(iter(PURPOSES)),
    }
    return _request("DecisionRequest", f"An application to {features.portfolio}.", top, whole)


def _request(name: str, meaning: str, fields: dict[str, Any], example: dict[str, Any]) -> type[BaseModel]:
    model = create_model(name, __base__=Who, __doc__=meaning, **fields)
    model.model_config["json_schema_extra"] = {"examples": [example], "oneOf": [_by(way) for way in _WHO]}
    model.model_rebuild(force=True)
    return model


def _by(way: str) -> dict[str, Any]:
    """That somebody is named in one way, and in no other."""
    kinds = {"consumer_ref": ["string", "integer"], "consumer_id": ["integer"], "applicant": ["object"]}
    named = {name: {"type": kinds[name] if name == way else "null"} for name in _WHO}
    return {"required": [way], "properties": named}


def _application(features: FeatureSet) -> tuple[type[BaseModel], dict[str, Any]]:
    """The fields of an application as a model, and an example of it."""
    fields: dict[str, Any] = {name: _field(feature) for name, feature in sorted(application_fields(features).items())}
    values: dict[str, Any] = {"amount_asked": 450000, "income": 135000, "education": "higher education"}
    example = {name: value for name, value in values.items() if name in fields}
    model = create_model(
        "Application",
        __config__=ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [example]}),
        __doc__=f"The fields of an application of {features.portfolio}; null says that nothing was stated.",
        **fields,
    )
    return model, example


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
